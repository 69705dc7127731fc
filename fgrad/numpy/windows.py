"""NumPy's window functions, and the Bessel function that one of them needs."""

from __future__ import annotations

import operator

import numpy as np

from ..ops import bessel
from ..ops.basic import astype
from .arrays import arraylike, strong
from .table import traceable


@traceable(np.i0)
def i0(x):
    """Return the modified Bessel function of the first kind, of order 0."""
    x = strong(arraylike(x))
    if x.dtype.kind == "c":
        raise TypeError("i0: complex values are not supported")
    return bessel.i0(x if x.dtype.kind == "f" else astype(x, np.float64))


@traceable(np.kaiser)
def kaiser(M, beta):
    """Return a Kaiser window of a known number of points."""
    M = operator.index(M)
    beta = strong(arraylike(beta))
    beta = astype(beta, np.result_type(beta.dtype, np.float64))
    if M == 1:
        return np.ones(1, beta.dtype)
    n, alpha = np.arange(0, float(M)), (M - 1) / 2.0
    return i0(beta * np.sqrt(1 - ((n - alpha) / alpha) ** 2.0)) / i0(beta)


def _of_points(window):
    def definition(M):
        return window(operator.index(M))

    traceable(window)(definition)


for _window in (np.bartlett, np.blackman, np.hamming, np.hanning):
    _of_points(_window)
