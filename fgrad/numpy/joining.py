"""NumPy's functions that join arrays, or lay them out in a grid."""

from __future__ import annotations

import numpy as np

from ..core import ndim_of
from ..ops import join as ops
from ..ops.basic import astype
from ..ops.basic import reshape as reshape_p
from ..ops.shape import reshape_to
from .arrays import arraylike, strong
from .shapes import atleast_1d, atleast_2d, atleast_3d, broadcast_arrays, ravel
from .table import refuse_out, traceable, views


def _parts(arrays, dtype=None, casting="same_kind"):
    """Return the arrays to be joined, cast to a dtype if one is asked for."""
    parts = [strong(arraylike(a)) for a in arrays]
    if dtype is None:
        return parts
    dtype = np.dtype(dtype)
    for part in parts:
        if not np.can_cast(part.dtype, dtype, casting):
            raise TypeError(
                f"cannot cast {part.dtype} to {dtype} with casting={casting!r}"
            )
    return [astype(part, dtype) for part in parts]


@traceable(np.concatenate, np.concat)
def concatenate(arrays, /, axis=0, out=None, *, dtype=None, casting="same_kind"):
    """Join arrays along an axis that they have."""
    refuse_out(out)
    return ops.concat(_parts(arrays, dtype, casting), axis)


@traceable(np.stack)
def stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    """Join arrays along a new axis."""
    refuse_out(out)
    return ops.stack_arrays(_parts(arrays, dtype, casting), axis)


def _each(widen, arrays):
    return [widen(a) for a in arrays]


@traceable(np.vstack)
def vstack(tup, *, dtype=None, casting="same_kind"):
    """Stack arrays as rows."""
    return concatenate(_each(atleast_2d, tup), 0, dtype=dtype, casting=casting)


@traceable(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    """Join arrays along axis 1, vectors along axis 0."""
    parts = _each(atleast_1d, tup)
    axis = 0 if parts and parts[0].ndim == 1 else 1
    return concatenate(parts, axis, dtype=dtype, casting=casting)


@traceable(np.dstack)
def dstack(tup):
    """Stack arrays along a third axis."""
    return concatenate(_each(atleast_3d, tup), 2)


@traceable(np.column_stack)
def column_stack(tup):
    """Stack vectors as columns."""
    columns = [strong(arraylike(a)) for a in tup]
    columns = [atleast_2d(c).T if c.ndim < 2 else c for c in columns]
    return concatenate(columns, 1)


@traceable(np.block)
def block(arrays):
    """Join nested lists of blocks."""
    depth = _depth(arrays)
    rank = max(depth, *(ndim_of(arraylike(x)) for x in _leaves(arrays)))
    return _block(arrays, rank, rank - depth)


def _depth(x):
    return 1 + _depth(x[0]) if isinstance(x, list) else 0


def _leaves(x):
    return [leaf for y in x for leaf in _leaves(y)] if isinstance(x, list) else [x]


def _block(x, rank, axis):
    if not isinstance(x, list):
        x = strong(arraylike(x))
        return reshape_p(x, shape=(1,) * (rank - x.ndim) + x.shape)
    return concatenate([_block(part, rank, axis + 1) for part in x], axis)


@traceable(np.append)
def append(arr, values, axis=None):
    """Join values to the end of an array."""
    if axis is None:
        arr, values, axis = ravel(arr), ravel(values), 0
    return concatenate((arr, values), axis)


# -- grids ---------------------------------------------------------------------------


@traceable(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    """Return coordinate matrices from coordinate vectors."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is 'xy' or 'ij', got {indexing!r}")
    n = len(xi)
    places = [*range(n)]
    if indexing == "xy" and n > 1:
        places[:2] = [1, 0]
    shapes = [(1,) * p + (-1,) + (1,) * (n - p - 1) for p in places]
    grid = [reshape_to(arraylike(x), s) for x, s in zip(xi, shapes, strict=True)]
    grid = tuple(grid) if sparse else broadcast_arrays(*grid)
    return tuple(np.copy(x) for x in grid) if copy else grid


views(np.meshgrid)  # with copy=False
