"""SciPy's interpolation of images, on arrays and on traced values alike.

>>> from fgrad.scipy.ndimage import map_coordinates
>>> map_coordinates(np.array([0.0, 10.0, 30.0]), [[0.5, 1.5]], order=1)
array([ 5., 20.])
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import scipy.ndimage as _scipy

from ..core import dtype_of
from ..numpy.arrays import arraylike, strong
from ..numpy.table import traceable
from ..ops import elementwise as ew
from ..ops.basic import astype
from ..ops.index import getitem
from .naming import attributes as _attributes

__all__ = [n for n in _scipy.__all__ if not n.startswith("_")]


def _mirrored(x, n):
    if n == 1:
        return x * 0
    x = ew.mod(x, 2 * n - 2)
    return ew.minimum(x, 2 * n - 2 - x)


def _reflected(i, n):
    i = ew.mod(i, 2 * n)
    return ew.minimum(i, 2 * n - 1 - i)


def _wrapped(x, n):
    if n == 1:
        return x * 0
    inside = ew.ge(x, 0) & ew.le(x, n - 1)
    return ew.where(inside, x, ew.mod(x, n - 1))


# What becomes of a coordinate, and of the index of a neighbour that lies outside.
_MODES = {
    "constant": (lambda x, n: x, None),
    "nearest": (lambda x, n: ew.minimum(ew.maximum(x, 0.0), n - 1.0), None),
    "mirror": (_mirrored, _mirrored),
    "reflect": (lambda x, n: x, _reflected),
    "grid-mirror": (lambda x, n: x, _reflected),
    "wrap": (_wrapped, None),
    "grid-wrap": (lambda x, n: x, ew.mod),
}


@traceable(_scipy.map_coordinates)
def _map_coordinates(input, coordinates, output=None, order=3, mode="constant",
                     cval=0.0, prefilter=True):  # fmt: skip
    """Interpolate by the nearest element (order 0) or linearly (order 1)."""
    x = strong(arraylike(input))
    coordinates = [strong(arraylike(c)) for c in _rows(coordinates)]
    if order not in (0, 1):
        raise ValueError(
            f"map_coordinates: order={order} of traced values; there are 0 and 1"
        )
    if mode not in _MODES:
        raise ValueError(
            f"map_coordinates: mode={mode!r}; there are {', '.join(_MODES)}"
        )
    if output is not None or len(coordinates) != x.ndim:
        raise ValueError(
            f"map_coordinates: input of shape {x.shape} needs {x.ndim} coordinates, "
            f"got {len(coordinates)}; output= of traced values must be left out"
        )
    moved, index = _MODES[mode]
    index = index or _clipped
    places = [moved(c, n) for c, n in zip(coordinates, x.shape)]
    choices = [_neighbours(c, n, order, index) for c, n in zip(places, x.shape)]
    total = 0.0
    for chosen in itertools.product(*choices):
        value = getitem(x, tuple(i for i, _ in chosen))
        for _, weight in chosen:
            value = value if weight is None else value * weight
        total = total + value
    if mode == "constant":
        for c, n in zip(coordinates, x.shape):
            total = ew.where(ew.ge(c, 0) & ew.le(c, n - 1), total, cval)
    if x.dtype.kind not in "fc":
        total = astype(total if order == 0 else ew.rint(total), x.dtype)
    return astype(total, dtype_of(x))


def _rows(coordinates: Any) -> Any:
    if isinstance(coordinates, list | tuple):
        return coordinates
    return [coordinates[i] for i in range(coordinates.shape[0])]


def _clipped(i, n):
    return ew.minimum(ew.maximum(i, 0), n - 1)


def _neighbours(c, n, order, index):
    """Return the indices that a coordinate reads, and their weights."""
    if order == 0:
        return [(index(astype(ew.floor(c + 0.5), np.intp), n), None)]
    low = ew.floor(c)
    share = c - low
    low = astype(low, np.intp)
    return [(index(low, n), 1 - share), (index(low + 1, n), share)]


__getattr__ = _attributes(_scipy, globals())
