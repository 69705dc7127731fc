"""Interpolation of values on a regular grid, on arrays and on traced values alike.

>>> table = RegularGridInterpolator((np.arange(3.0),), np.array([0.0, 10.0, 30.0]))
>>> table(np.array([[0.5], [1.5]]))
array([ 5., 20.])
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..core import dtype_of, known_value, shape_of
from ..numpy.arrays import arraylike, strong
from ..numpy.joining import stack
from ..numpy.searching import searchsorted
from ..ops import elementwise as ew
from ..ops.basic import astype, reshape
from ..ops.index import getitem

__all__ = ["RegularGridInterpolator"]


class RegularGridInterpolator:
    """Interpolate values that are given on a grid of any number of axes.

    Values, the points of the grid and the places to interpolate at may be traced.

    Args:
        points: a strictly increasing vector for each axis of the grid.
        values: an array whose first axes are those of the grid.
        method: "linear" or "nearest".
        bounds_error: raise for a place outside of the grid, where its value is known
            (under ``jit`` it is not, and the place counts as outside).
        fill_value: the value outside; None continues the nearest cell.

    Raises:
        ValueError: if shapes do not fit, or for a place outside.

    >>> from fgrad import grad
    >>> grid = (np.arange(2.0), np.arange(3.0))
    >>> f = RegularGridInterpolator(grid, np.arange(6.0).reshape(2, 3))
    >>> grad(lambda x: f(x)[0])(np.array([0.5, 0.25]))
    array([3., 1.])
    """

    def __init__(
        self,
        points: Any,
        values: Any,
        method: str = "linear",
        bounds_error: bool = True,
        fill_value: Any = np.nan,
    ) -> None:
        if method not in ("linear", "nearest"):
            raise ValueError(
                f"RegularGridInterpolator: method={method!r}; there are 'linear' and "
                "'nearest'"
            )
        self.method, self.bounds_error = method, bounds_error
        self.fill_value = fill_value
        self.grid = tuple(strong(arraylike(p)) for p in points)
        values = strong(arraylike(values))
        inexact = values.dtype.kind in "fc"
        self.values = values if inexact else astype(values, float)
        have = tuple(shape_of(p) for p in self.grid)
        if have != tuple((n,) for n in self.values.shape[: len(have)]):
            raise ValueError(
                f"RegularGridInterpolator: points of shapes {have} do not fit values "
                f"of shape {self.values.shape}"
            )
        for i, p in enumerate(self.grid):
            known = known_value(p)
            if known is not None and not (np.diff(known) > 0).all():
                raise ValueError(
                    f"RegularGridInterpolator: the points of axis {i} must increase"
                )

    def __call__(self, xi: Any, method: str | None = None) -> Any:
        """Return the values at places, whose coordinates are the last axis of ``xi``.

        A tuple has an array for each coordinate, which broadcast.
        """
        x = self._places(xi)
        lead = x.shape[:-1]
        x = reshape(x, shape=(int(np.prod(lead)), x.shape[-1]))
        cells = [self._cell(i, x[:, i]) for i in range(len(self.grid))]
        trailing = (1,) * (self.values.ndim - len(self.grid))
        choices = [self._weights(low, share, method or self.method)
                   for low, share, _ in cells]  # fmt: skip
        total = 0.0
        for chosen in itertools.product(*choices):
            value = getitem(self.values, tuple(i for i, _ in chosen))
            for _, weight in chosen:
                if weight is not None:
                    weight = reshape(weight, shape=(*weight.shape, *trailing))
                    value = value * weight
            total = total + value
        total = self._filled(total, [inside for *_, inside in cells], trailing)
        return reshape(total, shape=(*lead, *total.shape[1:]))

    def _places(self, xi: Any) -> Any:
        if isinstance(xi, tuple):
            xi = stack(np.broadcast_arrays(*(strong(arraylike(x)) for x in xi)), -1)
        x = strong(arraylike(xi))
        x = x if x.dtype.kind == "f" else astype(x, float)
        if x.ndim == 1:
            x = x[:, None] if len(self.grid) == 1 else x[None]
        if x.ndim == 0 or x.shape[-1] != len(self.grid):
            raise ValueError(
                f"RegularGridInterpolator: the last axis of places of shape {x.shape} "
                f"must have the {len(self.grid)} coordinates"
            )
        return x

    def _cell(self, axis: int, x: Any) -> Any:
        """Return the cells of places, how far they are in it, and if in one at all."""
        points = self.grid[axis]
        n = points.shape[0]
        inside = ew.ge(x, points[0]) & ew.le(x, points[-1])
        known = known_value(inside)
        if self.bounds_error and known is not None and not np.all(known):
            raise ValueError(
                f"RegularGridInterpolator: a place is outside of axis {axis}; with "
                "bounds_error=False it gets the fill_value"
            )
        low = searchsorted(points, x, "right") - 1
        low = ew.minimum(ew.maximum(low, 0), max(n - 2, 0))
        if n == 1:
            return low, x * 0, inside
        start, end = getitem(points, low), getitem(points, low + 1)
        return low, (x - start) / (end - start), inside

    def _weights(self, low: Any, share: Any, method: str) -> Any:
        if method == "nearest":
            return [(ew.where(ew.le(share, 0.5), low, low + 1), None)]
        return [(low, 1 - share), (low + 1, share)]

    def _filled(self, total: Any, insides: Any, trailing: Any) -> Any:
        if self.fill_value is None:
            return total
        inside = insides[0]
        for other in insides[1:]:
            inside = inside & other
        inside = reshape(inside, shape=(*inside.shape, *trailing))
        return astype(ew.where(inside, total, self.fill_value), dtype_of(total))
