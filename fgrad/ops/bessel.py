"""The modified Bessel function that NumPy has, and the one that is its derivative."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..core import Aval
from .elementwise import where
from .families import elementwise

_MIDDLE = 8.0  # up to here one series, beyond it another one in 8 / x


@lru_cache(maxsize=1)
def _series():
    """Return the Chebyshev coefficients of two functions that make up i1.

    They are ``exp(-x) i1(x) / x`` of ``x / 4 - 1`` below 8, and ``exp(-x) sqrt(x)
    i1(x)`` of ``16 / x - 1`` above. Values: the integral of exp(x cos t) cos t over t
    (Abramowitz and Stegun, 9.6.19), by the trapezoidal rule, exact for periods.
    """
    t = (np.arange(2000) + 0.5) * np.pi / 2000

    def scaled(x):
        return np.mean(np.exp(x[:, None] * (np.cos(t) - 1)) * np.cos(t), axis=1)

    def low(s):
        x = (s + 1) * (_MIDDLE / 2)
        return np.where(x > 0, scaled(x) / np.where(x > 0, x, 1), 0.5)

    def high(s):
        x = 2 * _MIDDLE / np.maximum(s + 1, 1e-5)
        return scaled(x) * np.sqrt(x)

    interpolate = np.polynomial.chebyshev.chebinterpolate
    return interpolate(low, 30), interpolate(high, 24)


def _clenshaw(coefficients, s):
    """Return the sum of a Chebyshev series."""
    last = before = 0.0
    for c in coefficients[:0:-1]:
        last, before = float(c) + 2.0 * s * last - before, last
    return float(coefficients[0]) + s * last - before


def _i1(x):
    low, high = _series()
    size = np.abs(x)
    near, far = np.minimum(size, _MIDDLE), np.maximum(size, _MIDDLE)
    inner = near * _clenshaw(low, near / (_MIDDLE / 2) - 1.0)
    outer = _clenshaw(high, 2.0 * _MIDDLE / far - 1.0) / np.sqrt(far)
    return np.sign(x) * np.exp(size) * np.where(size <= _MIDDLE, inner, outer)


def _i1_rule(c, z, x):
    """Return the derivative of i1, which is i0 - i1 / x (1 / 2 at 0)."""
    ratio = where(x == 0, 0.5, z / where(x == 0, 1.0, x))
    return c * (i0(x) - ratio)


i0 = elementwise(
    "i0",
    impl=lambda x: np.i0(x)[()],
    abstract=lambda x: Aval(x.shape, x.dtype),
    rules=(lambda c, z, x: c * i1(x),),
    emit="np.i0({0})[()]",
)

i1 = elementwise(
    "i1",
    impl=_i1,
    abstract=lambda x: Aval(x.shape, x.dtype),
    rules=(_i1_rule,),
    emit="",
)
