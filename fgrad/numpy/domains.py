"""The functions of ``np.emath``: complex results where real ones do not exist.

Whether they are needed depends on values, and so does the dtype of the result. Known
real values decide as in NumPy; staged ones raise, and complex ones always work.
"""

from __future__ import annotations

import numpy as np

from ..core import known_value
from ..errors import ConcretizationTypeError
from ..ops import elementwise as ops
from ..ops.basic import astype
from .arrays import arraylike, strong
from .table import traceable


def _complex_if(outside, x, name):
    """Return an array as complex numbers if some of its values are outside."""
    x = strong(arraylike(x))
    if x.dtype.kind == "c":
        return x
    known = known_value(x)
    if known is None:
        raise ConcretizationTypeError(
            f"np.emath.{name} of {x.describe()} is complex or real, depending on "
            f"values, but {x.owner.unknown}. Write np.emath.{name}(x.astype(complex)), "
            f"or np.{'log' if name == 'logn' else name}(x) for a real result"
        )
    if not np.any(outside(known)):
        return x
    small = x.dtype.char in "fbhBH"
    return astype(x, np.complex64 if small else np.complex128)


def _negative(x):
    return x < 0


def _beyond_one(x):
    return np.abs(x) > 1


def _unary(name, outside, prim):
    traceable(getattr(np.emath, name))(lambda x: prim(_complex_if(outside, x, name)))


_unary("sqrt", _negative, ops.sqrt)
_unary("log", _negative, ops.log)
_unary("log2", _negative, ops.log2)
_unary("log10", _negative, ops.log10)
_unary("arcsin", _beyond_one, ops.arcsin)
_unary("arccos", _beyond_one, ops.arccos)
_unary("arctanh", _beyond_one, ops.arctanh)


@traceable(np.emath.logn)
def logn(n, x):
    """Return the logarithm to a base."""
    x, n = (_complex_if(_negative, v, "logn") for v in (x, n))
    return ops.log(x) / ops.log(n)


@traceable(np.emath.power)
def power(x, p):
    """Return powers; those of negative numbers are complex."""
    x, p = _complex_if(_negative, x, "power"), strong(arraylike(p))
    if p.dtype.kind in "iub":
        known = known_value(p)
        if known is None or np.any(known < 0):
            p = astype(p, np.float64)
    return ops.power(x, p)
