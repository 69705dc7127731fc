"""Elementwise functions of two arrays or three under JAX's names.

JAX refuses operands of different dtypes or shapes. Here they promote and broadcast as
in NumPy; where JAX accepts them, values agree.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import aval_of, dtype_of, promoted, shape_of, short_errors
from ..numpy.arrays import arraylikes
from ..ops.basic import astype
from ..ops.bits import complex_p
from ..ops.elementwise import stop_gradient_p


@short_errors
def add(x: Any, y: Any) -> Any:
    """Return ``x + y``."""
    return np.add(*arraylikes(x, y))


@short_errors
def sub(x: Any, y: Any) -> Any:
    """Return ``x - y``."""
    return np.subtract(*arraylikes(x, y))


@short_errors
def mul(x: Any, y: Any) -> Any:
    """Return ``x * y``."""
    return np.multiply(*arraylikes(x, y))


@short_errors
def div(x: Any, y: Any) -> Any:
    """Return ``x / y``; of integers the quotient without its fraction.

    Integers divided by zero give -1, as in JAX.

    >>> div(np.array([7, -7]), 2)
    array([ 3, -3])
    >>> div(np.array([7.0, -7.0]), 2)
    array([ 3.5, -3.5])
    """
    x, y = arraylikes(x, y)
    if not _are_integers(x, y):
        return np.divide(x, y)
    safe = np.where(y == 0, 1, y)
    return np.where(y == 0, -1, np.floor_divide(x - np.fmod(x, safe), safe))


@short_errors
def rem(x: Any, y: Any) -> Any:
    """Return the remainder of `div`, which has the sign of ``x``.

    >>> rem(np.array([7, -7]), 3)
    array([ 1, -1])
    """
    x, y = arraylikes(x, y)
    if not _are_integers(x, y):
        return np.fmod(x, y)
    return np.where(y == 0, x, np.fmod(x, np.where(y == 0, 1, y)))


def _are_integers(x: Any, y: Any) -> bool:
    return dtype_of(x).kind in "iu" and dtype_of(y).kind in "iu"


@short_errors
def pow(x: Any, y: Any) -> Any:
    """Return ``x`` to the power ``y``; integer powers keep the dtype of ``x``.

    >>> pow(np.float32([2.0, 3.0]), np.array([2, 1]))
    array([4., 3.], dtype=float32)
    """
    x, y = arraylikes(x, y)
    if dtype_of(y).kind in "iu" and dtype_of(x).kind in "fc" and shape_of(y):
        y = astype(y, dtype_of(x))
    return np.power(x, y)


@short_errors
def max(x: Any, y: Any) -> Any:
    """Return the larger elements; nan where there is one, ties share the gradient."""
    return np.maximum(*arraylikes(x, y))


@short_errors
def min(x: Any, y: Any) -> Any:
    """Return the smaller elements; nan where there is one, ties share the gradient."""
    return np.minimum(*arraylikes(x, y))


@short_errors
def atan2(x: Any, y: Any) -> Any:
    """Return the angle of the points ``(y, x)``, as ``np.arctan2(x, y)``."""
    return np.arctan2(*arraylikes(x, y))


@short_errors
def nextafter(x1: Any, x2: Any) -> Any:
    """Return the next floating-point number after ``x1`` towards ``x2``."""
    return np.nextafter(*arraylikes(x1, x2))


@short_errors
def complex(x: Any, y: Any) -> Any:
    """Return ``x + iy`` from real and imaginary parts.

    >>> complex(1.0, np.array([2.0, np.inf]))
    array([1. +2.j, 1.+infj])
    """
    return complex_p(*arraylikes(x, y))


@short_errors
def eq(x: Any, y: Any) -> Any:
    """Return ``x == y``."""
    return np.equal(*arraylikes(x, y))


@short_errors
def ne(x: Any, y: Any) -> Any:
    """Return ``x != y``."""
    return np.not_equal(*arraylikes(x, y))


@short_errors
def ge(x: Any, y: Any) -> Any:
    """Return ``x >= y``."""
    return np.greater_equal(*arraylikes(x, y))


@short_errors
def gt(x: Any, y: Any) -> Any:
    """Return ``x > y``."""
    return np.greater(*arraylikes(x, y))


@short_errors
def le(x: Any, y: Any) -> Any:
    """Return ``x <= y``."""
    return np.less_equal(*arraylikes(x, y))


@short_errors
def lt(x: Any, y: Any) -> Any:
    """Return ``x < y``."""
    return np.less(*arraylikes(x, y))


# -- selection -----------------------------------------------------------------------


@short_errors
def clamp(min: Any, x: Any, max: Any) -> Any:
    """Move elements into an interval; outside and on its ends ``x`` has no gradient.

    The result has the dtype of ``x``.

    Raises:
        ValueError: if a bound has another shape than ``x`` and is no scalar.

    >>> clamp(0.0, np.array([-1.0, 0.5, 2.0]), 1.0)
    array([0. , 0.5, 1. ])
    """
    low, x, high = arraylikes(min, x, max)
    for name, bound in (("min", low), ("max", high)):
        if shape_of(bound) not in ((), shape_of(x)):
            raise ValueError(
                f"clamp: {name} of shape {shape_of(bound)} must be a scalar or "
                f"have the shape {shape_of(x)} of x"
            )
    low, high = (astype(bound, dtype_of(x)) for bound in (low, high))
    inside = (x > low) & (x < high)
    edge = np.where(x < low, low, stop_gradient_p(x))
    edge = np.where((x > high) | (low > high), high, edge)
    return np.where(inside, x, edge)


@short_errors
def select(pred: Any, on_true: Any, on_false: Any) -> Any:
    """Return elements of ``on_true`` where ``pred`` holds, else of ``on_false``.

    Raises:
        TypeError: if ``pred`` is not boolean.

    >>> select(np.array([True, False]), np.array([1, 2]), np.array([3, 4]))
    array([1, 4])
    """
    pred, x, y = arraylikes(pred, on_true, on_false)
    if dtype_of(pred).kind != "b":
        raise TypeError(
            f"select: pred must be boolean, got {dtype_of(pred)}: write pred != 0"
        )
    return np.where(pred, x, y)


@short_errors
def select_n(which: Any, *cases: Any) -> Any:
    """Return elements of the case that ``which`` numbers; False is the first of two.

    Numbers out of bounds choose the nearest case.

    Raises:
        TypeError: if ``which`` is neither boolean nor an integer.
        ValueError: if there is no case, or a boolean has more than two.

    >>> select_n(np.array([2, 0, 1]), np.zeros(3), np.ones(3), np.full(3, 2.0))
    array([2., 0., 1.])
    """
    which, *cases = arraylikes(which, *cases)  # type: ignore[assignment]
    kind = dtype_of(which).kind
    if kind not in "biu":
        raise TypeError(
            f"select_n: which must be boolean or an integer, got {dtype_of(which)}"
        )
    if not cases or (kind == "b" and len(cases) > 2):
        count = "one or two cases" if kind == "b" else "one case or more"
        raise ValueError(f"select_n: {count} are needed, got {len(cases)}")
    dtype = promoted(*map(aval_of, cases))
    *rest, z = (astype(case, dtype) for case in cases)
    for number, case in reversed([*enumerate(rest)]):
        z = np.where(~which if kind == "b" else which <= number, case, z)
    if not rest and shape_of(which) != shape_of(z):
        z = np.broadcast_to(z, shape_of(which))
    return z
