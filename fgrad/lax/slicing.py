"""Slices, at places that are known or computed, under JAX's names."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from operator import index as integer
from typing import Any

import numpy as np

from ..core import Tracer, dtype_of, shape_of, short_errors
from ..ops.axes import normalize_axis
from ..ops.basic import astype
from ..ops.index import at, getitem
from .shapes import array_of, integers

_ALL = builtins.slice(None)

# -- at known places -----------------------------------------------------------------


@short_errors
def slice(
    operand: Any,
    start_indices: Sequence[int],
    limit_indices: Sequence[int],
    strides: Sequence[int] | None = None,
) -> Any:
    """Cut out a box: from ``start_indices`` up to ``limit_indices``.

    Raises:
        ValueError: if there is not one number for each axis, or the box is not inside.

    >>> slice(np.arange(6).reshape(2, 3), (0, 0), (2, 3), (1, 2))
    array([[0, 2],
           [3, 5]])
    """
    x, name = array_of(operand), "slice"
    shape = shape_of(x)
    starts = integers(name, "start_indices", start_indices)
    limits = integers(name, "limit_indices", limit_indices)
    steps = (1,) * len(shape) if strides is None else integers(name, "strides", strides)
    counts = {len(starts), len(limits), len(steps)}
    inside = all(0 <= a <= b <= n for a, b, n in zip(starts, limits, shape))
    if counts != {len(shape)} or not inside or any(step < 1 for step in steps):
        raise ValueError(
            f"{name}: start_indices {starts}, limit_indices {limits} and strides "
            f"{steps} must have a number for each axis of shape {shape}, with 0 <= "
            "start <= limit <= length and stride > 0"
        )
    return getitem(x, tuple(map(builtins.slice, starts, limits, steps)))


@short_errors
def slice_in_dim(
    operand: Any,
    start_index: int | None,
    limit_index: int | None,
    stride: int = 1,
    axis: int = 0,
) -> Any:
    """Cut along one axis; negative places count from the end.

    >>> slice_in_dim(np.arange(6), 1, -1, stride=2)
    array([1, 3])
    """
    x = array_of(operand)
    axis = normalize_axis(axis, len(shape_of(x)), "slice_in_dim", shape_of(x))
    cut = builtins.slice(start_index, limit_index, integer(stride))
    return getitem(x, (*(_ALL,) * axis, cut))


@short_errors
def index_in_dim(operand: Any, index: int, axis: int = 0, keepdims: bool = True) -> Any:
    """Return one place along an axis, which stays with length 1, or goes.

    >>> index_in_dim(np.arange(6).reshape(2, 3), 1, axis=1, keepdims=False)
    array([1, 4])
    """
    x, i = array_of(operand), integer(index)
    shape = shape_of(x)
    axis = normalize_axis(axis, len(shape), "index_in_dim", shape)
    if not -shape[axis] <= i < shape[axis]:
        raise IndexError(
            f"index_in_dim: {i} is out of bounds for axis {axis} of shape {shape}"
        )
    i %= shape[axis]
    return getitem(x, (*(_ALL,) * axis, builtins.slice(i, i + 1) if keepdims else i))


# -- at computed places ----------------------------------------------------------------


def _starts(
    name: str, starts: Any, shape: tuple[int, ...], sizes: Any, negative: Any
) -> list[Any]:
    """Return where a box begins along each axis, moved inside the array."""
    if hasattr(starts, "shape") and len(shape_of(starts)) == 1:
        starts = [starts[i] for i in range(shape_of(starts)[0])]
    starts = list(starts)
    if len(starts) != len(shape) or len(sizes) != len(shape):
        raise ValueError(
            f"{name}: {len(starts)} starts and a box of shape {tuple(sizes)} for an "
            f"array of shape {shape}: there must be one for each axis"
        )
    if any(not 0 <= size <= n for size, n in zip(sizes, shape)):
        raise ValueError(
            f"{name}: a box of shape {tuple(sizes)} does not fit into shape {shape}"
        )
    flags = [negative] * len(shape) if isinstance(negative, bool) else negative
    return [
        _inside(name, start, n, size, flag)
        for start, n, size, flag in zip(starts, shape, sizes, flags, strict=True)
    ]


def _inside(name: str, start: Any, n: int, size: int, negative: bool) -> Any:
    start = array_of(start)
    if dtype_of(start).kind not in "iu" or shape_of(start):
        raise TypeError(
            f"{name}: a start must be an integer scalar, got {dtype_of(start)} of "
            f"shape {shape_of(start)}"
        )
    if type(start) is not Tracer:
        start = int(start)
        return max(0, min(start + n if negative and start < 0 else start, n - size))
    start = astype(start, np.intp)
    if negative:
        start = np.where(start < 0, start + n, start)
    return np.minimum(np.maximum(start, 0), n - size)


def _box(starts: list[Any], sizes: Sequence[int], shape: tuple[int, ...]) -> Any:
    """Return a NumPy index of a box.

    Between the first and the last axis with a traced start all items are arrays, so
    that axes stay in order.
    """
    traced = [a for a, start in enumerate(starts) if type(start) is Tracer]
    first, last = (traced[0], traced[-1]) if traced else (len(shape), -1)
    items: list[Any] = []
    for a, (start, size) in enumerate(zip(starts, sizes)):
        if first <= a <= last:
            line = np.arange(size).reshape((-1,) + (1,) * (last - a))
            items.append(start + line)
        else:
            items.append(builtins.slice(start, start + size))
    return tuple(items)


@short_errors
def dynamic_slice(
    operand: Any,
    start_indices: Any,
    slice_sizes: Sequence[int],
    *,
    allow_negative_indices: bool | Sequence[bool] = True,
) -> Any:
    """Cut out a box of known lengths at a place that may be traced.

    A box that would reach over an end is moved inside. Negative starts count from the
    end first, unless ``allow_negative_indices`` is false.

    Raises:
        ValueError: if the box does not fit, or there is not one number for each axis.

    >>> dynamic_slice(np.arange(5), (3,), (3,))
    array([2, 3, 4])
    """
    x, name = array_of(operand), "dynamic_slice"
    sizes = integers(name, "slice_sizes", slice_sizes)
    shape = shape_of(x)
    starts = _starts(name, start_indices, shape, sizes, allow_negative_indices)
    return getitem(x, _box(starts, sizes, shape))


@short_errors
def dynamic_update_slice(
    operand: Any,
    update: Any,
    start_indices: Any,
    *,
    allow_negative_indices: bool | Sequence[bool] = True,
) -> Any:
    """Return a copy with a box replaced, at a place that may be traced.

    A box that would reach over an end is moved inside. The update is cast to the dtype
    of the array.

    Raises:
        ValueError: if the box does not fit, or there is not one start for each axis.

    >>> dynamic_update_slice(np.zeros(4), np.ones(2), (3,))
    array([0., 0., 1., 1.])
    """
    x, y = array_of(operand), array_of(update)
    shape, sizes, name = shape_of(x), shape_of(y), "dynamic_update_slice"
    starts = _starts(name, start_indices, shape, sizes, allow_negative_indices)
    y = astype(y, dtype_of(x))
    return at(x)[_box(starts, sizes, shape)].set(y) if shape else y


def _along(name: str, x: Any, start: Any, axis: int) -> tuple[list[Any], int]:
    """Return starts that are 0 but along one axis, and that axis."""
    shape = shape_of(x)
    axis = normalize_axis(axis, len(shape), name, shape)
    return [start if a == axis else 0 for a in range(len(shape))], axis


@short_errors
def dynamic_slice_in_dim(
    operand: Any,
    start_index: Any,
    slice_size: int,
    axis: int = 0,
    *,
    allow_negative_indices: bool = True,
) -> Any:
    """Cut along one axis at a place that may be traced; see `dynamic_slice`.

    >>> dynamic_slice_in_dim(np.arange(5), 1, 2)
    array([1, 2])
    """
    x = array_of(operand)
    starts, axis = _along("dynamic_slice_in_dim", x, start_index, axis)
    sizes = [integer(slice_size) if a == axis else n for a, n in enumerate(x.shape)]
    return dynamic_slice(
        x, starts, sizes, allow_negative_indices=allow_negative_indices
    )


@short_errors
def dynamic_index_in_dim(
    operand: Any,
    index: Any,
    axis: int = 0,
    keepdims: bool = True,
    *,
    allow_negative_indices: bool = True,
) -> Any:
    """Return one place along an axis, which may be traced; see `dynamic_slice`.

    >>> dynamic_index_in_dim(np.arange(5), 9, keepdims=False)
    np.int64(4)
    """
    x = array_of(operand)
    z = dynamic_slice_in_dim(
        x, index, 1, axis, allow_negative_indices=allow_negative_indices
    )
    axis = normalize_axis(axis, len(shape_of(x)), "dynamic_index_in_dim", shape_of(x))
    return z if keepdims else getitem(z, (*(_ALL,) * axis, 0))


@short_errors
def dynamic_update_slice_in_dim(
    operand: Any,
    update: Any,
    start_index: Any,
    axis: int,
    *,
    allow_negative_indices: bool = True,
) -> Any:
    """Replace a part along one axis; see `dynamic_update_slice`.

    >>> dynamic_update_slice_in_dim(np.zeros(4), np.ones(2), 1, axis=0)
    array([0., 1., 1., 0.])
    """
    x = array_of(operand)
    starts, _ = _along("dynamic_update_slice_in_dim", x, start_index, axis)
    return dynamic_update_slice(
        x, update, starts, allow_negative_indices=allow_negative_indices
    )


@short_errors
def dynamic_update_index_in_dim(
    operand: Any,
    update: Any,
    index: Any,
    axis: int,
    *,
    allow_negative_indices: bool = True,
) -> Any:
    """Replace one place along an axis; see `dynamic_update_slice`.

    >>> dynamic_update_index_in_dim(np.zeros((2, 2)), np.ones(2), 1, axis=1)
    array([[0., 1.],
           [0., 1.]])
    """
    x, y = array_of(operand), array_of(update)
    _, place = _along("dynamic_update_index_in_dim", x, index, axis)
    if len(shape_of(y)) != len(shape_of(x)):
        y = np.expand_dims(y, place)
    return dynamic_update_slice_in_dim(
        x, y, index, axis, allow_negative_indices=allow_negative_indices
    )


@short_errors
def index_take(src: Any, idxs: Sequence[Any], axes: Sequence[int]) -> Any:
    """Take elements along some axes at once; indices wrap around.

    >>> index_take(np.arange(6).reshape(2, 3), [np.array([0, -1])] * 2, (0, 1))
    array([0, 5])
    """
    x = array_of(src)
    shape = shape_of(x)
    places = [normalize_axis(a, len(shape), "index_take", shape) for a in axes]
    front = np.moveaxis(x, places, tuple(range(len(places))))
    indices = [array_of(i) % shape[a] for i, a in zip(idxs, places, strict=True)]
    return getitem(front, tuple(indices))
