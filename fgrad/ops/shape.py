"""Rearranging the elements of arrays: flip, repeat, reshape, transpose, roll."""

from __future__ import annotations

import operator
from math import prod

import numpy as np

from ..core import Aval, Primitive, Tracer, ndim_of, shape_of
from .axes import integers, normalize_axes, normalize_axis, ordered_axes
from .basic import (
    batch_axes,
    broadcast_to,
    reshape,
    sum_axes,
    transpose,
)
from .join import (
    EveryArgument,
    array_split,
    concat,
    concatenate,
    pad,
    pad_constant,
    slice_axis,
    split,
    stack,
    stack_arrays,
)
from .sort import put_along
from .stacks import batch_along

# fmt: off
__all__ = [
    "EveryArgument", "array_split", "broadcast_to_shape", "concat", "concatenate",
    "expand_dims", "flip", "flip_axes", "moveaxis", "pad", "pad_constant", "ravel",
    "repeat", "repeat_elements", "reshape_to", "roll", "slice_axis", "split",
    "squeeze", "stack", "stack_arrays", "swapaxes", "tile", "transpose_axes",
]
# fmt: on

# -- flip --------------------------------------------------------------------------


def _batch_flip(args, dims, size, *, axes):
    return flip(args[0], axes=batch_axes(axes, dims[0])), dims[0]


def _emit_flip(names, *, axes):
    steps = ["::-1" if a in axes else ":" for a in range(max(axes, default=-1) + 1)]
    return f"{names[0]}[{', '.join(steps)}]" if steps else f"np.flip({names[0]}, ())"


flip = Primitive(
    "flip",
    impl=lambda x, *, axes: np.flip(x, axes),
    abstract=lambda x, *, axes: Aval(x.shape, x.dtype),
    vjp=(lambda ct, z, x, *, axes: flip(ct, axes=axes),),
    jvp=lambda ts, z, x, *, axes: flip(ts[0], axes=axes),
    batch=_batch_flip,
    emit=_emit_flip,
    linear=True,
    view=True,
)


def flip_axes(x, axis=None):
    """Reverse the order of the elements along some axes (all if None)."""
    axes = normalize_axes(axis, ndim_of(x), "flip", shape_of(x))
    return flip(x, axes=axes) if axes else x


# -- repeat ------------------------------------------------------------------------


def _repeat_vjp(ct, z, x, *, repeats, axis):
    before, n, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    if type(repeats) is int:
        ct = reshape(ct, shape=(*before, n, repeats, *after))
        return sum_axes(ct, (axis + 1,))
    source = np.repeat(np.arange(n), repeats).reshape((-1,) + (1,) * len(after))
    source = np.broadcast_to(source, z.shape)
    return put_along(ct, source, axis=axis, length=n, unique=False)


def _abstract_repeat(x, *, repeats, axis):
    n = x.shape[axis]
    n = n * repeats if type(repeats) is int else sum(repeats)
    return Aval((*x.shape[:axis], n, *x.shape[axis + 1 :]), x.dtype)


repeat = Primitive(
    "repeat",
    impl=lambda x, *, repeats, axis: np.repeat(x, repeats, axis),
    abstract=_abstract_repeat,
    vjp=(_repeat_vjp,),
    jvp=lambda ts, z, x, **params: repeat(ts[0], **params),
    batch=batch_along(lambda: repeat),
    emit="np.repeat({0}, {repeats}, axis={axis})",
    linear=True,
)


def repeat_elements(x, repeats, axis=None):
    """Repeat each element along an axis; ``axis=None`` flattens first.

    ``repeats`` is one count, or one for each element of the axis.
    """
    if axis is None:
        x, axis = reshape_to(x, -1), 0
    axis = normalize_axis(axis, ndim_of(x), "repeat", shape_of(x))
    if type(repeats) is Tracer:
        repeats = operator.index(repeats)  # raises, and says how to make it static
    counts = np.asarray(repeats)
    if counts.ndim > 1 or counts.dtype.kind not in "iu" or (counts < 0).any():
        raise ValueError(
            f"repeat: repeats must be an integer or one per element, and not negative, "
            f"got {repeats!r}"
        )
    if counts.size == 1:
        return repeat(x, repeats=int(counts.item()), axis=axis)
    if counts.size != shape_of(x)[axis]:
        raise ValueError(
            f"repeat: {counts.size} repeats for axis {axis} of shape {shape_of(x)}"
        )
    return repeat(x, repeats=tuple(counts.tolist()), axis=axis)


def tile(x, reps):
    """Repeat the whole array ``reps`` times along each axis."""
    reps = integers(reps, "tile: reps")
    shape = shape_of(x)
    rank = max(len(shape), len(reps))
    shape = (1,) * (rank - len(shape)) + shape
    reps = (1,) * (rank - len(reps)) + reps
    pairs = [n for pair in zip(reps, shape, strict=True) for n in pair]
    z = reshape(x, shape=tuple(n for pair in shape for n in (1, pair)))
    z = broadcast_to(z, shape=tuple(pairs))
    return reshape(z, shape=tuple(r * n for r, n in zip(reps, shape, strict=True)))


# -- the same elements in another shape --------------------------------------------


def _checked_order(x, order, name):
    """Return "C" or "F"; orders of the memory if that can only be C."""
    if order in ("C", "F"):
        return order
    shape = shape_of(x)
    if order in ("A", "K") and (prod(shape) == 0 or sum(n > 1 for n in shape) < 2):
        return "C"
    raise ValueError(
        f"{name}: order must be 'C' or 'F', got {order!r}: the memory layout of a "
        f"traced array (here of shape {shape}) is not defined. Write order='C' for "
        "the elements row by row, or order='F' for column by column"
    )


def reshape_to(x, shape, order="C"):
    """Return ``x`` in another shape; one length may be -1, which is worked out.

    >>> reshape_to(np.arange(6), (-1, 2)).shape
    (3, 2)
    """
    order = _checked_order(x, order, "reshape")
    old, new = shape_of(x), integers(shape, "reshape: the shape")
    size, known = prod(old), prod(n for n in new if n != -1)
    if new.count(-1) == 1 and known and size % known == 0:
        new = tuple(size // known if n == -1 else n for n in new)
    if min(new, default=0) < 0 or prod(new) != size:
        raise ValueError(
            f"reshape: cannot reshape an array of shape {old} ({size} elements) into "
            f"shape {integers(shape, 'shape')}"
        )
    if order == "C":
        return reshape(x, shape=new)
    return transpose_axes(reshape(transpose_axes(x), shape=new[::-1]))


def ravel(x, order="C"):
    """Return the elements as a vector."""
    return reshape_to(x, -1, order)


def expand_dims(x, axis):
    """Insert axes of length 1 where they will stand in the result."""
    shape = shape_of(x)
    rank = len(shape) + (len(axis) if isinstance(axis, tuple | list) else 1)
    axes = normalize_axes(axis if axis is not None else (), rank, "expand_dims")
    lengths = iter(shape)
    new = tuple(1 if i in axes else next(lengths) for i in range(rank))
    return reshape(x, shape=new)


def squeeze(x, axis=None):
    """Drop axes of length 1 (all of them if None)."""
    shape = shape_of(x)
    if axis is None:
        axes = tuple(i for i, n in enumerate(shape) if n == 1)
    else:
        axes = normalize_axes(axis, len(shape), "squeeze", shape)
    if any(shape[a] != 1 for a in axes):
        raise ValueError(
            f"squeeze: axis {axis} of shape {shape} has not length 1 and cannot go"
        )
    return reshape(x, shape=tuple(n for i, n in enumerate(shape) if i not in axes))


def broadcast_to_shape(x, shape):
    """Return ``x`` repeated, without copying, to a shape that it broadcasts to."""
    old, new = shape_of(x), integers(shape, "broadcast_to: the shape")
    tail = new[len(new) - len(old) :]
    if len(old) > len(new) or any(
        n not in (1, m) for n, m in zip(old, tail, strict=True)
    ):
        raise ValueError(f"broadcast_to: shape {old} does not broadcast to {new}")
    return broadcast_to(x, shape=new)


# -- axes in another order ---------------------------------------------------------


def transpose_axes(x, axes=None):
    """Permute the axes (reverse them if None)."""
    shape = shape_of(x)
    if axes is None:
        axes = tuple(reversed(range(len(shape))))
    elif len(axes := ordered_axes(axes, len(shape), "transpose", shape)) != len(shape):
        raise ValueError(f"transpose: axes {axes} do not match shape {shape}")
    return transpose(x, axes=axes) if shape else x


def moveaxis(x, source, destination):
    """Move axes to new places; the others keep their order."""
    shape = shape_of(x)
    rank = len(shape)
    source = ordered_axes(source, rank, "moveaxis", shape)
    destination = ordered_axes(destination, rank, "moveaxis", shape)
    if len(source) != len(destination):
        raise ValueError(
            f"moveaxis: {len(source)} source axes for {len(destination)} destinations"
        )
    order = [a for a in range(rank) if a not in source]
    for place, axis in sorted(zip(destination, source, strict=True)):
        order.insert(place, axis)
    return transpose(x, axes=tuple(order))


def swapaxes(x, a, b):
    """Exchange two axes."""
    shape = shape_of(x)
    a, b = (normalize_axis(i, len(shape), "swapaxes", shape) for i in (a, b))
    order = list(range(len(shape)))
    order[a], order[b] = b, a
    return transpose(x, axes=tuple(order))


# -- roll --------------------------------------------------------------------------


def roll(x, shift, axis=None):
    """Shift elements along axes; those that fall off come back at the other end."""
    shape = shape_of(x)
    if axis is None:
        return reshape(roll(reshape_to(x, -1), shift, 0), shape=shape)
    if type(shift) is Tracer:
        shift = operator.index(shift)  # raises, and says how to make it static
    shifts, axes = np.broadcast_arrays(shift, axis)
    if shifts.ndim > 1:
        raise ValueError("roll: shift and axis must be integers or flat sequences")
    for step, a in zip(shifts.ravel().tolist(), axes.ravel().tolist(), strict=True):
        a = normalize_axis(a, len(shape), "roll", shape)
        cut = shape[a] - operator.index(step) % max(shape[a], 1)
        head, tail = slice_axis(x, a, 0, cut), slice_axis(x, a, cut, shape[a])
        x = concatenate(tail, head, axis=a) if 0 < cut < shape[a] else x
    return x
