"""NumPy's functions that rearrange one array."""

from __future__ import annotations

import numpy as np

from ..core import apart, ndim_of, protected, shape_of
from ..ops import join
from ..ops import shape as ops
from ..ops.axes import normalize_axis
from ..ops.basic import reshape as reshape_p
from ..ops.index import getitem
from ..ops.windows import sliding_windows
from .arrays import arraylike, arraylikes, strong
from .table import traceable, views


@traceable(np.reshape)
def reshape(a, /, shape, order="C", *, copy=None):
    """Return the elements in another shape."""
    z = ops.reshape_to(arraylike(a), shape, order)
    return apart(z, (a,)) if copy else z


@traceable(np.ravel)
def ravel(a, order="C"):
    """Return the elements in one axis."""
    return reshape(a, (-1,), order)


@traceable(np.transpose, np.permute_dims)
def transpose(a, axes=None):
    """Permute the axes."""
    return ops.transpose_axes(arraylike(a), axes)


@traceable(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x, /):
    """Exchange the last two axes."""
    if ndim_of(x) < 2:
        raise ValueError(
            f"matrix_transpose: needs two axes or more, got shape {shape_of(x)}"
        )
    return ops.swapaxes(x, -1, -2)


@traceable(np.swapaxes)
def swapaxes(a, axis1, axis2):
    """Exchange two axes."""
    return ops.swapaxes(arraylike(a), axis1, axis2)


@traceable(np.moveaxis)
def moveaxis(a, source, destination):
    """Move axes to other places."""
    return ops.moveaxis(arraylike(a), _listed(source), _listed(destination))


def _listed(axis):
    return tuple(axis) if hasattr(axis, "__iter__") else axis


@traceable(np.rollaxis)
def rollaxis(a, axis, start=0):
    """Move an axis backwards until it stands before ``start``."""
    n = ndim_of(a)
    axis = normalize_axis(axis, n, "rollaxis")
    start = normalize_axis(start, n + 1, "rollaxis") if start >= 0 else start + n
    return moveaxis(a, axis, start - (axis < start))


@traceable(np.expand_dims)
def expand_dims(a, axis):
    """Insert axes of length 1."""
    return ops.expand_dims(arraylike(a), axis)


@traceable(np.squeeze)
def squeeze(a, axis=None):
    """Drop axes of length 1."""
    return ops.squeeze(arraylike(a), axis)


@traceable(np.broadcast_to)
def broadcast_to(array, shape, subok=False):
    """Return an array that repeats along new or stretched axes."""
    return protected(ops.broadcast_to_shape(strong(arraylike(array)), shape))


@traceable(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    """Broadcast arrays to their common shape."""
    args = [strong(arraylike(a)) for a in args]
    shapes = [shape_of(a) for a in args]
    shape = np.broadcast_shapes(*shapes)
    if set(shapes) == {shape}:
        return tuple(args)
    return tuple(broadcast_to(a, shape) for a in args)


@traceable(np.flip)
def flip(m, axis=None):
    """Reverse the order along axes."""
    return ops.flip_axes(arraylike(m), axis)


@traceable(np.fliplr)
def fliplr(m):
    """Reverse the order along axis 1."""
    return ops.flip_axes(m, 1)


@traceable(np.flipud)
def flipud(m):
    """Reverse the order along axis 0."""
    return ops.flip_axes(m, 0)


@traceable(np.roll)
def roll(a, shift, axis=None):
    """Roll elements along axes; what leaves at the end enters at the start."""
    return ops.roll(arraylike(a), shift, axis)


@traceable(np.rot90)
def rot90(m, k=1, axes=(0, 1)):
    """Rotate by quarter turns in the plane of two axes."""
    m, (first, second) = arraylike(m), axes
    first = normalize_axis(first, ndim_of(m), "rot90", shape_of(m))
    second = normalize_axis(second, ndim_of(m), "rot90", shape_of(m))
    if first == second:
        raise ValueError(f"rot90: axes {axes} must be two different axes")
    if k % 4 == 0:
        return m
    if k % 4 == 2:
        return ops.flip_axes(ops.flip_axes(m, first), second)
    if k % 4 == 1:
        return ops.swapaxes(ops.flip_axes(m, second), first, second)
    return ops.flip_axes(ops.swapaxes(m, first, second), second)


@traceable(np.tile)
def tile(A, reps):
    """Repeat an array as a whole."""
    return ops.tile(arraylike(A), reps)


@traceable(np.resize)
def resize(a, new_shape):
    """Return an array of a shape, filled with repetitions of another."""
    a = ravel(a)
    shape = new_shape if isinstance(new_shape, list | tuple) else (new_shape,)
    size = int(np.prod(shape))
    if min(shape, default=0) < 0:
        raise ValueError(f"resize: shape {shape} must not be negative")
    if a.size == 0 or size == 0:
        return np.zeros(shape, a.dtype)
    return reshape(getitem(ops.tile(a, -(-size // a.size)), slice(size)), shape)


def _at_least(rank, widen):
    def definition(*arys):
        wide = []
        for x in arraylikes(*arys):
            shape = shape_of(x)
            new = widen(shape) if len(shape) < rank else shape
            wide.append(strong(x) if new == shape else reshape_p(x, shape=new))
        return wide[0] if len(wide) == 1 else tuple(wide)

    return definition


def _widen_3d(shape):
    if len(shape) == 2:
        return (*shape, 1)
    return (1, *(shape or (1,)), 1)


atleast_1d = traceable(np.atleast_1d)(_at_least(1, lambda shape: (1,)))
atleast_2d = traceable(np.atleast_2d)(_at_least(2, lambda s: (1,) * (2 - len(s)) + s))
atleast_3d = traceable(np.atleast_3d)(_at_least(3, _widen_3d))


# -- splitting -----------------------------------------------------------------------


@traceable(np.split)
def split(ary, indices_or_sections, axis=0):
    """Split into parts of equal length, or at indices."""
    return join.split(arraylike(ary), indices_or_sections, axis)


@traceable(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    """Split into parts of nearly equal length, or at indices."""
    return join.array_split(arraylike(ary), indices_or_sections, axis)


@traceable(np.vsplit)
def vsplit(ary, indices_or_sections):
    """Split along axis 0."""
    return join.split(_rank(ary, 2, "vsplit"), indices_or_sections, 0)


@traceable(np.hsplit)
def hsplit(ary, indices_or_sections):
    """Split along axis 1 (axis 0 of a vector)."""
    ary = _rank(ary, 1, "hsplit")
    return join.split(ary, indices_or_sections, 0 if ndim_of(ary) == 1 else 1)


@traceable(np.dsplit)
def dsplit(ary, indices_or_sections):
    """Split along axis 2."""
    return join.split(_rank(ary, 3, "dsplit"), indices_or_sections, 2)


def _rank(x, rank, name):
    if ndim_of(x) < rank:
        raise ValueError(f"{name}: needs {rank} axes or more, got shape {shape_of(x)}")
    return x


@traceable("unstack")
def unstack(x, /, *, axis=0):
    """Return the arrays along an axis as a tuple."""
    axis = normalize_axis(axis, ndim_of(x), "unstack", shape_of(x))
    lead = (slice(None),) * axis
    return tuple(getitem(x, (*lead, i)) for i in range(shape_of(x)[axis]))


@traceable(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    """Return all windows of a shape, as the last axes of the result."""
    z = sliding_windows(arraylike(x), window_shape, axis)
    return z if writeable else protected(z)


# -- what shares memory --------------------------------------------------------------

views(np.reshape, np.ravel, np.transpose, np.permute_dims, np.matrix_transpose,
      np.linalg.matrix_transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.expand_dims,
      np.squeeze, np.broadcast_to, np.broadcast_arrays, np.flip, np.fliplr, np.flipud,
      np.rot90, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.split, np.array_split,
      np.vsplit, np.hsplit, np.dsplit, "unstack", np.diagonal, np.linalg.diagonal,
      np.diag, np.real, np.imag, np.real_if_close, np.einsum, np.trim_zeros, np.ix_,
      np.linalg.matrix_power, np.nan_to_num,
      np.lib.stride_tricks.sliding_window_view)  # fmt: skip
