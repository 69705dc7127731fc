"""Shapes: broadcasting, joining, cutting and rearranging under JAX's names."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index
from typing import Any

import numpy as np

from ..core import broadcast_shapes as broadcast_shapes_of
from ..core import dtype_of, shape_of, short_errors
from ..numpy.arrays import arraylike, arraylikes
from ..ops.axes import normalize_axes, normalize_axis
from ..ops.basic import astype, broadcast_to
from ..ops.basic import reshape as reshape_p
from ..ops.join import concat, slice_axis

Shape = Sequence[int]


def array_of(x: Any) -> Any:
    """Return ``x`` as something with a shape: an array, an array scalar, a tracer."""
    x = arraylike(x)
    return x if hasattr(x, "shape") else np.asarray(x)


def integers(name: str, what: str, values: Any) -> tuple[int, ...]:
    """Return an argument as integers; one number stands for itself."""
    try:
        return tuple(map(index, values))
    except TypeError:
        pass
    try:
        return (index(values),)
    except TypeError:
        raise TypeError(f"{name}: {what} must be integers, got {values!r}") from None


# -- filled arrays ---------------------------------------------------------------------


@short_errors
def full(
    shape: Shape, fill_value: Any, dtype: Any = None, *, sharding: Any = None
) -> Any:
    """Return an array full of a value, which may be traced.

    >>> full((2,), 7.0)
    array([7., 7.])
    """
    fill = array_of(fill_value)
    if shape_of(fill):
        raise ValueError(
            f"full: fill_value must be a scalar, got shape {shape_of(fill)}"
        )
    dtype = dtype_of(fill) if dtype is None else np.dtype(dtype)
    shape = integers("full", "shape", shape)
    if isinstance(fill, np.ndarray | np.generic):
        return np.full(shape, fill.real if dtype.kind != "c" else fill, dtype)
    return broadcast_to(astype(fill, dtype), shape=shape)


@short_errors
def full_like(
    x: Any,
    fill_value: Any,
    dtype: Any = None,
    shape: Shape | None = None,
    sharding: Any = None,
) -> Any:
    """Return an array full of a value, with the shape and dtype of another.

    >>> full_like(np.zeros(2, np.float32), 7)
    array([7., 7.], dtype=float32)
    """
    x = x if hasattr(x, "shape") and hasattr(x, "dtype") else array_of(x)
    return full(x.shape if shape is None else shape, fill_value, dtype or x.dtype)


@short_errors
def iota(dtype: Any, size: int) -> np.ndarray:
    """Return 0, 1, 2 ... in a dtype.

    >>> iota(np.float32, 3)
    array([0., 1., 2.], dtype=float32)
    """
    return np.arange(index(size)).astype(dtype)


@short_errors
def broadcasted_iota(
    dtype: Any, shape: Shape, dimension: int, *, out_sharding: Any = None
) -> np.ndarray:
    """Return each element's place along one axis.

    >>> broadcasted_iota(int, (2, 3), 1)
    array([[0, 1, 2],
           [0, 1, 2]])
    """
    shape = integers("broadcasted_iota", "shape", shape)
    axis = normalize_axis(dimension, len(shape), "broadcasted_iota", shape)
    line = iota(dtype, shape[axis]).reshape((-1,) + (1,) * (len(shape) - axis - 1))
    return np.broadcast_to(line, shape).copy()


# -- broadcasting ----------------------------------------------------------------------


@short_errors
def broadcast(operand: Any, sizes: Shape, *, out_sharding: Any = None) -> Any:
    """Put new axes of some lengths in front, along which the array repeats.

    >>> broadcast(np.arange(2), (3,)).shape
    (3, 2)
    """
    x = array_of(operand)
    sizes = integers("broadcast", "sizes", sizes)
    return broadcast_to(x, shape=(*sizes, *shape_of(x)))


@short_errors
def broadcast_in_dim(
    operand: Any,
    shape: Shape,
    broadcast_dimensions: Sequence[int],
    *,
    out_sharding: Any = None,
) -> Any:
    """Repeat an array along new axes; ``broadcast_dimensions`` says where its own go.

    Raises:
        ValueError: if there is not one increasing axis of the result for each of the
            array, or lengths do not fit.

    >>> broadcast_in_dim(np.array([1, 2]), (2, 3), (0,))
    array([[1, 1, 1],
           [2, 2, 2]])
    """
    x, name = array_of(operand), "broadcast_in_dim"
    shape = integers(name, "shape", shape)
    axes = integers(name, "broadcast_dimensions", broadcast_dimensions)
    have = shape_of(x)
    good = len(axes) == len(have) and list(axes) == sorted({*axes})
    if not good or any(not 0 <= a < len(shape) for a in axes):
        raise ValueError(
            f"{name}: broadcast_dimensions {axes} must give, in increasing order, one "
            f"axis of the result {shape} for each axis of the operand {have}"
        )
    if any(n not in (1, shape[a]) for n, a in zip(have, axes)):
        raise ValueError(
            f"{name}: an operand of shape {have} does not fit axes {axes} of {shape}: "
            "lengths must be equal, or 1"
        )
    middle = [1] * len(shape)
    for n, a in zip(have, axes):
        middle[a] = n
    return broadcast_to(_reshaped(x, tuple(middle)), shape=shape)


@short_errors
def broadcast_like(arr: Any, like_arr: Any) -> Any:
    """Broadcast an array to the shape of another."""
    return np.broadcast_to(array_of(arr), shape_of(array_of(like_arr)))


@short_errors
def broadcast_shapes(*shapes: Shape) -> tuple[int, ...]:
    """Return the shape that some shapes broadcast to.

    >>> broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    return broadcast_shapes_of(*map(tuple, shapes))


@short_errors
def broadcast_to_rank(x: Any, rank: int) -> Any:
    """Put axes of length 1 in front until there are ``rank``.

    >>> broadcast_to_rank(np.zeros(2), 3).shape
    (1, 1, 2)
    """
    x = array_of(x)
    shape = shape_of(x)
    if rank < len(shape):
        raise ValueError(f"broadcast_to_rank: rank {rank} is less than that of {shape}")
    return _reshaped(x, (1,) * (rank - len(shape)) + shape)


def _reshaped(x: Any, shape: tuple[int, ...]) -> Any:
    return x if shape_of(x) == shape else reshape_p(x, shape=shape)


@short_errors
def expand_dims(array: Any, dimensions: Sequence[int]) -> Any:
    """Insert axes of length 1, which have these numbers in the result."""
    axes = integers("expand_dims", "dimensions", dimensions)
    return np.expand_dims(array_of(array), axes)


@short_errors
def squeeze(array: Any, dimensions: Sequence[int]) -> Any:
    """Drop axes of length 1."""
    axes = integers("squeeze", "dimensions", dimensions)
    return np.squeeze(array_of(array), axes)


@short_errors
def collapse(
    operand: Any, start_dimension: int, stop_dimension: int | None = None
) -> Any:
    """Make one axis of those from ``start_dimension`` up to ``stop_dimension``.

    >>> collapse(np.zeros((2, 3, 4)), 1).shape
    (2, 12)
    """
    x = array_of(operand)
    shape = shape_of(x)
    start, stop, _ = slice(start_dimension, stop_dimension).indices(len(shape))
    if stop < start:
        raise ValueError(
            f"collapse: axes from {start_dimension} up to {stop_dimension} of shape "
            f"{shape} are no range"
        )
    return _reshaped(x, (*shape[:start], prod(shape[start:stop]), *shape[stop:]))


@short_errors
def reshape(
    operand: Any,
    new_sizes: Shape,
    dimensions: Sequence[int] | None = None,
    *,
    out_sharding: Any = None,
) -> Any:
    """Lay the elements out in another shape; ``dimensions`` permutes axes before.

    >>> reshape(np.arange(4).reshape(2, 2), (4,), dimensions=(1, 0))
    array([0, 2, 1, 3])
    """
    x = array_of(operand)
    if dimensions is not None:
        x = transpose(x, dimensions)
    return np.reshape(x, integers("reshape", "new_sizes", new_sizes))


@short_errors
def transpose(operand: Any, permutation: Sequence[int]) -> Any:
    """Put axes in another order."""
    axes = integers("transpose", "permutation", permutation)
    return np.transpose(array_of(operand), axes)


@short_errors
def rev(operand: Any, dimensions: Sequence[int]) -> Any:
    """Reverse the order of elements along axes."""
    x = array_of(operand)
    axes = integers("rev", "dimensions", dimensions)
    normalize_axes(axes, len(shape_of(x)), "rev", shape_of(x))
    return np.flip(x, axes)


@short_errors
def tile(operand: Any, reps: Sequence[int]) -> Any:
    """Repeat an array along its axes as often as ``reps`` says."""
    return np.tile(array_of(operand), integers("tile", "reps", reps))


# -- joining and cutting ---------------------------------------------------------------


@short_errors
def concatenate(operands: Any, dimension: int) -> Any:
    """Join arrays along an axis."""
    if hasattr(operands, "shape"):  # the rows of one array
        operands = [operands[i] for i in range(shape_of(operands)[0])]
    return concat(arraylikes(*operands), dimension)


@short_errors
def stack(operands: Sequence[Any], axis: int = 0) -> Any:
    """Join arrays along a new axis."""
    return np.stack(arraylikes(*operands), axis)


@short_errors
def unstack(x: Any, axis: int = 0) -> tuple[Any, ...]:
    """Return the parts of an array along an axis, without it.

    >>> unstack(np.array([[1, 2], [3, 4]]), axis=1)
    (array([1, 3]), array([2, 4]))
    """
    x = array_of(x)
    shape = shape_of(x)
    axis = normalize_axis(axis, len(shape), "unstack", shape)
    return tuple(x[(slice(None),) * axis + (i,)] for i in range(shape[axis]))


@short_errors
def split(operand: Any, sizes: Sequence[int], axis: int = 0) -> list[Any]:
    """Cut an array along an axis into parts of some lengths.

    Raises:
        ValueError: if the lengths do not add up to that of the axis.

    >>> split(np.arange(5), (2, 3))
    [array([0, 1]), array([2, 3, 4])]
    """
    x, name = array_of(operand), "split"
    shape = shape_of(x)
    axis = normalize_axis(axis, len(shape), name, shape)
    sizes = integers(name, "sizes", sizes)
    if sum(sizes) != shape[axis] or any(n < 0 for n in sizes):
        raise ValueError(
            f"{name}: sizes {sizes} must add up to {shape[axis]}, the length of axis "
            f"{axis} of shape {shape}"
        )
    stops = np.cumsum(sizes, dtype=int).tolist()
    return [slice_axis(x, axis, stop - n, stop) for n, stop in zip(sizes, stops)]
