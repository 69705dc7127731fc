"""Families of SciPy's ufuncs: one line each.

SciPy is imported with this module and nowhere else in `fgrad.ops` but in the files of
special functions, which all import this one.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..core import Aval, broadcast_shapes
from ..errors import MissingRuleError
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


def recent(name, version):
    """Return a function of SciPy, or one that says which SciPy has it."""

    def missing(*args):
        raise NotImplementedError(f"scipy.special.{name} is in SciPy from {version} on")

    return getattr(scipy_special, name, missing)


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
