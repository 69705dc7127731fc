"""Families of SciPy's ufuncs: one line each, and derivatives that have no formula.

SciPy is imported with this module and nowhere else in `fgrad.ops` but in the files of
special functions, which all import this one.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..core import Aval, aval_of, broadcast_shapes, dtype_of
from ..errors import MissingRuleError
from .basic import astype
from .elementwise import stop_gradient_p
from .families import elementwise, ufunc_aval
from .optional import bare, without_scipy

try:
    from scipy import special as _special
except ModuleNotFoundError:
    raise without_scipy("fgrad.scipy") from None


class _Special:
    """The names of ``scipy.special``, without what SciPy may wrap around them."""

    def __getattr__(self, name):
        return bare(getattr(_special, name))

    def __dir__(self):
        return dir(_special)


scipy_special = _Special()

# Derivatives of a parameter by central differences of order 10: Fornberg, Generation
# of finite difference formulas on arbitrarily spaced grids, Math. Comp. 51 (1988).
WEIGHTS = (5 / 6, -5 / 21, 5 / 84, -5 / 504, 1 / 1260)
STEP = 0.03  # in units in which the function changes by a factor of about e


def special(name, *rules, ufunc=None):
    """Return the primitive of a ufunc of SciPy, with a rule for each argument.

    A rule ``(c, z, x, ...)`` multiplies the cotangent or tangent ``c``; without rules
    the derivative is zero everywhere.
    """
    ufunc = ufunc or getattr(scipy_special, name)
    assert len(rules) in (0, ufunc.nin), name
    args = ", ".join(f"{{{i}}}" for i in range(ufunc.nin))
    return elementwise(
        name,
        impl=ufunc,
        abstract=lambda *avals: ufunc_aval(ufunc, None, *avals),
        rules=rules or None,
        emit="",
        into=f"{{{ufunc.__name__}}}({args}, out={{out}})",
        over=None,
        uses=(ufunc,),
        flat=not rules,
    )


def part(name, ufunc, place, rule):
    """Return the primitive of one output of a ufunc that has several."""
    return elementwise(
        name,
        impl=lambda x: ufunc(x)[place],
        abstract=lambda x: _part_aval(ufunc, x),
        rules=(rule,),
        emit="",
    )


@lru_cache(maxsize=1024)
def _part_aval(ufunc, x):
    first = ufunc_aval(ufunc, None, x)
    return Aval(first.shape, first.dtype)


def called(name, function, *rules):
    """Return the primitive of an elementwise Python function of SciPy."""
    return elementwise(
        name,
        impl=function,
        abstract=lambda *avals: _called_aval(function, *avals),
        rules=rules,
        emit="",
    )


@lru_cache(maxsize=1024)
def _called_aval(function, *avals):
    ones = (a.dtype.type(1) if a.dtype.kind in "iub" or a.weak else
            np.ones((), a.dtype)[()] for a in avals)  # fmt: skip
    ones = (x.item() if a.weak else x for x, a in zip(ones, avals))
    shape = broadcast_shapes(*(a.shape for a in avals))
    return Aval(shape, np.asarray(function(*ones)).dtype)


def unruled(function, argument, instead):
    """Return a rule that raises: there is no derivative by an argument."""

    def rule(*args):
        raise MissingRuleError(
            f"scipy.special.{function} has no derivative by {argument!r}: {instead}"
        )

    return rule


ORDER = "it is an order that only integers are meant for. Pass it as an integer"
NOT_HOLOMORPHIC = "it is no holomorphic function of a complex argument. Use {}"


def by_difference(prim, place, rate, *args):
    """Return the derivative of a primitive by one of its arguments, numerically.

    ``rate`` bounds how fast the function changes: of a power it is a logarithm, beside
    a singularity the inverse of the distance. The relative error is about 1e-12. The
    terms are primitives, so the result has derivatives of its own.
    """
    args = [_double(x) for x in args]
    step = stop_gradient_p(STEP / rate)

    def at(k):
        moved = args[place] + k * step
        return prim(*args[:place], moved, *args[place + 1 :])

    total = 0.0
    for k, weight in enumerate(WEIGHTS, 1):
        total = total + weight * (at(k) - at(-k))
    return total / step


def _double(x):
    if aval_of(x).weak:
        return x
    kind = dtype_of(x).kind
    return astype(x, np.complex128 if kind == "c" else np.float64)
