"""Initial value problems, and SciPy's rules for integrals of samples.

>>> odeint(lambda y, t: -y, 1.0, np.array([0.0, 1.0])).round(6)
array([1.      , 0.367879])
"""

from __future__ import annotations

import numpy as np
import scipy.integrate as _scipy

from ..core import dtype_of, shape_of
from ..numpy.arrays import arraylike, strong
from ..numpy.calculus import diff as _diff
from ..numpy.calculus import trapezoid as _trapezoid
from ..numpy.joining import concatenate as _concatenate
from ..numpy.shapes import moveaxis as _moveaxis
from ..numpy.table import traceable
from ..ops.axes import normalize_axis
from ..ops.basic import astype as _astype
from ..ops.reduce import sum_
from ..ops.scan import cum_sum
from .naming import attributes as _attributes
from .ode import odeint as odeint


@traceable(_scipy.trapezoid)
def _traced_trapezoid(y, x=None, dx=1.0, axis=-1):
    return _trapezoid(y, x, dx, axis)


def _samples(y, x, dx, axis, name):
    """Return samples along their last axis, and how far they are apart."""
    y = strong(arraylike(y))
    y = y if y.dtype.kind in "fc" else _astype(y, float)
    axis = normalize_axis(axis, y.ndim, name, y.shape)
    if x is not None:
        x = strong(arraylike(x))
        dx = _diff(x if x.ndim < 2 else _moveaxis(x, axis, -1), axis=-1)
        if dx.shape[-1] != y.shape[axis] - 1:
            raise ValueError(
                f"{name}: y of shape {y.shape} along axis {axis} and x of shape "
                f"{x.shape} must have the same length"
            )
    else:
        dx = np.broadcast_to(strong(arraylike(dx)), (y.shape[axis] - 1,))
    return _moveaxis(y, axis, -1), dx, axis


@traceable(_scipy.cumulative_trapezoid)
def _traced_cumulative_trapezoid(y, x=None, dx=1.0, axis=-1, initial=None):
    y, dx, axis = _samples(y, x, dx, axis, "cumulative_trapezoid")
    z = cum_sum(dx * (y[..., 1:] + y[..., :-1]) / 2.0, -1)
    if initial is not None:
        first = np.zeros((*z.shape[:-1], 1), dtype_of(z)) + initial
        z = _concatenate([first, z], -1)
    return _moveaxis(z, -1, axis)


@traceable(_scipy.simpson)
def _traced_simpson(y, x=None, *, dx=1.0, axis=-1):
    """Sum up parabolas; an even number of samples ends with half of one."""
    y, d, _ = _samples(y, x, dx, axis, "simpson")
    n = shape_of(y)[-1]
    if n < 3:
        return sum_(d * (y[..., 1:] + y[..., :-1]) / 2.0, -1)
    stop = n if n % 2 else n - 1
    a, b = d[..., 0 : stop - 1 : 2], d[..., 1:stop:2]
    y0, y1, y2 = (y[..., i : stop - 2 + i : 2] for i in range(3))
    total = (
        (a + b)
        / 6.0
        * (y0 * (2.0 - b / a) + y1 * ((a + b) * (a + b) / (a * b)) + y2 * (2.0 - a / b))
    )
    z = sum_(total, -1)
    if n % 2:
        return z
    a, b = d[..., -2], d[..., -1]  # Cartwright, Journal of Mathematical Sciences 2017
    last = (2 * b**2 + 3 * a * b) / (6 * (a + b)) * y[..., -1]
    last = last + (b**2 + 3 * a * b) / (6 * a) * y[..., -2]
    return z + last - b**3 / (6 * a * (a + b)) * y[..., -3]


__getattr__ = _attributes(_scipy, globals())
