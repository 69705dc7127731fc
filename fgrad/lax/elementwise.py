"""Elementwise functions of one array under JAX's names.

They are NumPy's ufuncs with the derivatives of `fgrad.numpy`. ``accuracy`` is accepted
where JAX has it, and ignored: NumPy has one accuracy.
"""

from __future__ import annotations

import enum
from operator import index
from typing import Any

import numpy as np

from ..core import short_errors
from ..numpy.arrays import arraylike
from ..ops.logistic import logistic as logistic_p


@short_errors
def acos(x: Any) -> Any:
    """Return the angle whose cosine is ``x``."""
    return np.arccos(arraylike(x))


@short_errors
def acosh(x: Any) -> Any:
    """Return the inverse of the hyperbolic cosine."""
    return np.arccosh(arraylike(x))


@short_errors
def asin(x: Any) -> Any:
    """Return the angle whose sine is ``x``."""
    return np.arcsin(arraylike(x))


@short_errors
def asinh(x: Any) -> Any:
    """Return the inverse of the hyperbolic sine."""
    return np.arcsinh(arraylike(x))


@short_errors
def atan(x: Any) -> Any:
    """Return the angle whose tangent is ``x``."""
    return np.arctan(arraylike(x))


@short_errors
def atanh(x: Any) -> Any:
    """Return the inverse of the hyperbolic tangent."""
    return np.arctanh(arraylike(x))


@short_errors
def cbrt(x: Any, *, accuracy: Any = None) -> Any:
    """Return the cube root."""
    return np.cbrt(arraylike(x))


@short_errors
def ceil(x: Any) -> Any:
    """Return the nearest integer above."""
    return np.ceil(arraylike(x))


@short_errors
def cos(x: Any, *, accuracy: Any = None) -> Any:
    """Return the cosine of angles in radians."""
    return np.cos(arraylike(x))


@short_errors
def cosh(x: Any) -> Any:
    """Return the hyperbolic cosine."""
    return np.cosh(arraylike(x))


@short_errors
def exp(x: Any, *, accuracy: Any = None) -> Any:
    """Return e to the power ``x``."""
    return np.exp(arraylike(x))


@short_errors
def exp2(x: Any, *, accuracy: Any = None) -> Any:
    """Return 2 to the power ``x``."""
    return np.exp2(arraylike(x))


@short_errors
def expm1(x: Any, *, accuracy: Any = None) -> Any:
    """Return ``exp(x) - 1``, accurate near 0."""
    return np.expm1(arraylike(x))


@short_errors
def floor(x: Any) -> Any:
    """Return the nearest integer below."""
    return np.floor(arraylike(x))


@short_errors
def is_finite(x: Any) -> Any:
    """Say which elements are neither infinite nor nan."""
    return np.isfinite(arraylike(x))


@short_errors
def log(x: Any, *, accuracy: Any = None) -> Any:
    """Return the natural logarithm."""
    return np.log(arraylike(x))


@short_errors
def log1p(x: Any, *, accuracy: Any = None) -> Any:
    """Return ``log(1 + x)``, accurate near 0."""
    return np.log1p(arraylike(x))


@short_errors
def neg(x: Any) -> Any:
    """Return ``-x``."""
    return np.negative(arraylike(x))


@short_errors
def sin(x: Any, *, accuracy: Any = None) -> Any:
    """Return the sine of angles in radians."""
    return np.sin(arraylike(x))


@short_errors
def sinh(x: Any) -> Any:
    """Return the hyperbolic sine."""
    return np.sinh(arraylike(x))


@short_errors
def sqrt(x: Any, *, accuracy: Any = None) -> Any:
    """Return the square root."""
    return np.sqrt(arraylike(x))


@short_errors
def square(x: Any) -> Any:
    """Return ``x * x``."""
    return np.square(arraylike(x))


@short_errors
def tan(x: Any, *, accuracy: Any = None) -> Any:
    """Return the tangent of angles in radians."""
    return np.tan(arraylike(x))


@short_errors
def tanh(x: Any, *, accuracy: Any = None) -> Any:
    """Return the hyperbolic tangent."""
    return np.tanh(arraylike(x))


@short_errors
def abs(x: Any) -> Any:
    """Return the magnitude; its derivative at 0 is 0.

    >>> abs(np.array([-2.0, 3.0]))
    array([2., 3.])
    """
    return np.abs(arraylike(x))


@short_errors
def sign(x: Any) -> Any:
    """Return -1, 0 or 1; of a complex number ``x / abs(x)``."""
    return np.sign(arraylike(x))


@short_errors
def conj(x: Any, input_dtype: Any = None) -> Any:
    """Return the complex conjugate; real arrays stay real, as in NumPy."""
    return np.conj(arraylike(x))


@short_errors
def real(x: Any) -> Any:
    """Return the real part."""
    return np.real(arraylike(x))


@short_errors
def imag(x: Any) -> Any:
    """Return the imaginary part."""
    return np.imag(arraylike(x))


@short_errors
def logistic(x: Any, *, accuracy: Any = None) -> Any:
    """Return ``1 / (1 + exp(-x))``, accurate in both tails.

    >>> logistic(np.array([-800.0, 0.0, 800.0]))
    array([0. , 0.5, 1. ])
    """
    return logistic_p(arraylike(x))


@short_errors
def reciprocal(x: Any) -> Any:
    """Return ``1 / x``."""
    return 1 / arraylike(x)


@short_errors
def rsqrt(x: Any, *, accuracy: Any = None) -> Any:
    """Return ``1 / sqrt(x)``.

    >>> rsqrt(np.array([4.0, 0.25]))
    array([0.5, 2. ])
    """
    return 1 / np.sqrt(arraylike(x))


@short_errors
def integer_pow(x: Any, y: int) -> Any:
    """Return ``x`` to the power of a Python integer, negative ones too.

    >>> integer_pow(np.array([2.0, 4.0]), -1)
    array([0.5 , 0.25])
    """
    return np.power(arraylike(x), index(y))


class RoundingMethod(enum.Enum):
    """What `round` does with halves."""

    AWAY_FROM_ZERO = 0
    TO_NEAREST_EVEN = 1


@short_errors
def round(
    x: Any, rounding_method: RoundingMethod = RoundingMethod.AWAY_FROM_ZERO
) -> Any:
    """Return the nearest integer; halves go away from zero, unlike ``np.round``.

    Raises:
        TypeError: if the method is none of `RoundingMethod`.

    >>> round(np.array([0.5, 1.5, -2.5]))
    array([ 1.,  2., -3.])
    >>> round(np.array([0.5, 1.5, -2.5]), RoundingMethod.TO_NEAREST_EVEN)
    array([ 0.,  2., -2.])
    """
    if getattr(rounding_method, "name", None) not in RoundingMethod.__members__:
        raise TypeError(
            "round: rounding_method must be RoundingMethod.AWAY_FROM_ZERO or "
            f".TO_NEAREST_EVEN, got {rounding_method!r}"
        )
    x = arraylike(x)
    if rounding_method.name == "TO_NEAREST_EVEN":
        return np.rint(x)
    finite = np.where(np.isfinite(x), x, 0)
    inner = np.trunc(finite)  # the rest is exact
    away = np.where(np.abs(finite - inner) >= 0.5, inner + np.sign(finite), inner)
    return np.where(np.isfinite(x), away, np.trunc(x))
