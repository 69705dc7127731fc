"""NumPy's functions that join arrays, pad them, or lay them out in a grid."""

from __future__ import annotations

import numpy as np

from ..core import ndim_of, shape_of
from ..ops import join as ops
from ..ops.basic import astype
from ..ops.basic import reshape as reshape_p
from ..ops.index import getitem, take
from ..ops.shape import broadcast_to_shape, reshape_to
from .arrays import arraylike, strong
from .shapes import atleast_1d, atleast_2d, atleast_3d, broadcast_arrays, ravel
from .table import refuse_out, traceable


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


# -- padding -------------------------------------------------------------------------


@traceable(np.pad)
def pad(array, pad_width, mode="constant", *, constant_values=0, reflect_type="even"):
    """Surround an array with a constant, or with elements of its own."""
    x = strong(arraylike(array))
    if isinstance(pad_width, dict):
        pairs = [(0, 0)] * x.ndim
        for axis, width in pad_width.items():
            pairs[axis] = width if isinstance(width, tuple) else (width, width)
        pad_width = pairs
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2)).tolist()
    if mode == "constant":
        return _pad_constant(x, widths, constant_values)
    if mode not in _SOURCES or reflect_type != "even":
        raise ValueError(
            f"pad: mode {mode!r} with reflect_type {reflect_type!r} of a traced "
            f"array; the traceable modes are constant, {', '.join(_SOURCES)}"
        )
    for axis, (before, after) in enumerate(widths):
        if before or after:
            n = x.shape[axis]
            if n == 0:
                raise ValueError(f"pad: cannot extend the empty axis {axis}")
            x = take(x, _SOURCES[mode](np.arange(-before, n + after), n), axis)
    return x


_SOURCES = {
    "edge": lambda i, n: np.clip(i, 0, n - 1),
    "wrap": lambda i, n: i % n,
    "reflect": lambda i, n: n - 1 - np.abs(n - 1 - i % max(2 * n - 2, 1)),
    "symmetric": lambda i, n: n - 1 - (np.abs(2 * (i % (2 * n)) - 2 * n + 1) - 1) // 2,
}


def _pad_constant(x, widths, values):
    values = arraylike(values)
    if shape_of(values) in ((), (1,)):
        value = values if shape_of(values) == () else getitem(values, 0)
        return ops.pad_constant(x, widths, astype(value, x.dtype))
    values = broadcast_to_shape(values, (x.ndim, 2))
    for axis in range(x.ndim):  # the later axes own the corners, as in NumPy
        for end in (0, 1):
            width = [(0, 0)] * x.ndim
            width[axis] = (widths[axis][0], 0) if end == 0 else (0, widths[axis][1])
            value = astype(getitem(values, (axis, end)), x.dtype)
            x = ops.pad_constant(x, width, value)
    return x


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
    return tuple(grid) if sparse else broadcast_arrays(*grid)
