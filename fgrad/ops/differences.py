"""Derivatives that have no formula: by differences.

Central differences of order 10: Fornberg, Generation of finite difference formulas on
arbitrarily spaced grids, Math. Comp. 51 (1988).
"""

from __future__ import annotations

import numpy as np

from ..core import aval_of, dtype_of
from .basic import astype
from .elementwise import stop_gradient_p

WEIGHTS = (5 / 6, -5 / 21, 5 / 84, -5 / 504, 1 / 1260)
STEP = 0.03  # in units in which the function changes by a factor of about e


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
