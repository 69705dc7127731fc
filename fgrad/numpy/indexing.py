"""NumPy's functions that pick elements, and those whose result depends on values."""

from __future__ import annotations

import operator

import numpy as np

from ..core import dtype_of, known_value, link, ndim_of, protected, shape_of
from ..ops import elementwise as ew
from ..ops import sort as ops
from ..ops.axes import normalize_axis
from ..ops.basic import astype, broadcast_to, reshape
from ..ops.index import at, getitem
from ..ops.index import take as take_p
from ..ops.reduce import sum_
from .arrays import arraylike, arraylikes, as_scalar, known_array, strong
from .joining import concatenate
from .shapes import moveaxis, ravel
from .sized import places as sized_places
from .table import refuse_out, traceable

# -- picking -------------------------------------------------------------------------


@traceable(np.take)
def take(a, indices, axis=None, out=None, mode="raise"):
    """Return elements along an axis."""
    refuse_out(out)
    return take_p(arraylike(a), arraylike(indices), axis, mode)


@traceable(np.take_along_axis)
def take_along_axis(arr, indices, axis=-1):
    """Return elements by an array of indices of the same rank."""
    return ops.take_along_axis(arraylike(arr), arraylike(indices), axis)


@traceable(np.choose)
def choose(a, choices, out=None, mode="raise"):
    """Choose each element from one of several arrays, by number."""
    refuse_out(out)
    a, *choices = arraylikes(a, *choices)
    shape = np.broadcast_shapes(shape_of(a), *map(shape_of, choices))
    number = broadcast_to(strong(a), shape=shape)
    layers = [broadcast_to(strong(c), shape=shape) for c in choices]
    stacked = reshape(concatenate([reshape(c, shape=(1, *shape)) for c in layers]),
                      shape=(len(layers), int(np.prod(shape))))  # fmt: skip
    number = reshape(number, shape=(1, int(np.prod(shape))))
    number = _in_range(number, len(layers), mode)
    return as_scalar(reshape(ops.take_along_axis(stacked, number, 0), shape=shape))


def _in_range(number, n, mode):
    if mode == "wrap":
        return number % n
    if mode == "clip":
        return ew.minimum(ew.maximum(number, 0), n - 1)
    known = known_value(number)
    if known is not None and known.size and (known.min() < 0 or known.max() >= n):
        raise ValueError(f"choose: a number is out of range for {n} choices")
    return number


@traceable(np.diagonal)
def diagonal(a, offset=0, axis1=0, axis2=1):
    """Return the diagonals of the plane of two axes, as a last axis."""
    a = arraylike(a)
    shape = shape_of(a)
    axis1 = normalize_axis(axis1, len(shape), "diagonal", shape)
    axis2 = normalize_axis(axis2, len(shape), "diagonal", shape)
    if axis1 == axis2:
        raise ValueError(f"diagonal: axis1 and axis2 are both {axis1}")
    rows, columns = shape[axis1], shape[axis2]
    first = np.arange(max(min(rows + min(offset, 0), columns - max(offset, 0)), 0))
    moved = moveaxis(a, (axis1, axis2), (-2, -1))
    z = getitem(moved, (..., first - min(offset, 0), first + max(offset, 0)))
    link(a, z)  # in NumPy it is a view
    return protected(z)


@traceable(np.trace)
def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    """Sum the diagonals of the plane of two axes."""
    refuse_out(out)
    return sum_(diagonal(a, offset, axis1, axis2), -1, dtype)


@traceable(np.diagflat)
def diagflat(v, k=0):
    """Return a matrix with the elements on a diagonal."""
    v = ravel(v)
    n = v.size + abs(k)
    matrix = np.eye(n, k=k, dtype=bool)
    places = np.zeros((n, n), np.intp)
    places[matrix] = np.arange(v.size)
    if not v.size:
        return np.zeros((n, n), v.dtype)
    return ew.where(matrix, getitem(v, places), v.dtype.type(0))


@traceable(np.diag)
def diag(v, k=0):
    """Return the diagonal of a matrix, or a matrix with a diagonal."""
    v = arraylike(v)
    if ndim_of(v) not in (1, 2):
        raise ValueError(f"diag: needs one or two axes, got shape {shape_of(v)}")
    return diagflat(v, k) if ndim_of(v) == 1 else diagonal(v, k)


def _triangle(keep):
    def definition(m, k=0):
        m = arraylike(m)
        if ndim_of(m) == 1:
            m = broadcast_to(m, shape=shape_of(m) * 2)
        return ew.where(keep(shape_of(m)[-2:], k), m, dtype_of(m).type(0))

    return definition


def _lower(shape, k):
    return np.tri(*shape, k=k, dtype=bool)


tril = traceable(np.tril)(_triangle(_lower))
triu = traceable(np.triu)(_triangle(lambda shape, k: ~_lower(shape, k - 1)))
traceable(np.tril_indices_from)(lambda arr, k=0: np.tril_indices(*_square(arr, k)))
traceable(np.triu_indices_from)(lambda arr, k=0: np.triu_indices(*_square(arr, k)))


def _square(arr, k):
    return arr.shape[-2], k, arr.shape[-1]


@traceable(np.diag_indices_from)
def diag_indices_from(arr):
    """Return the indices of the main diagonal."""
    return np.diag_indices(arr.shape[0], arr.ndim)


# -- inserting and deleting ----------------------------------------------------------


def _places(obj, n, name):
    """Return places along an axis of length ``n``; a mask must be known."""
    if isinstance(obj, slice):
        return np.arange(n)[obj]
    places = strong(arraylike(obj))
    if places.dtype.kind == "b":
        return np.flatnonzero(known_array(places, name))
    return places if places.size else astype(places, np.intp)


@traceable(np.delete, more=["assume_unique_indices"])
def delete(arr, obj, axis=None, *, assume_unique_indices=False):
    """Leave out the slices at some places along an axis.

    Several places must be known, unless they are promised to be different.
    """
    arr, axis = _line(arr, axis, "delete")
    n = arr.shape[axis]
    places = _places(obj, n, "delete")
    known = known_value(places)
    if known is None and not (assume_unique_indices or places.size == 1):
        known = known_array(places, "delete", "Promise assume_unique_indices=True")
    if known is not None:
        keep = np.ones(n, bool)
        keep[known] = False
        return take_p(arr, np.flatnonzero(keep), axis)
    keep = at(np.ones(n, bool))[places].set(False)
    return take_p(arr, sized_places(keep, n - places.size)[0], axis)


@traceable(np.insert)
def insert(arr, obj, values, axis=None):
    """Put values before some places along an axis."""
    arr, axis = _line(arr, axis, "insert")
    n, values = arr.shape[axis], arraylike(values)
    places = _places(obj, n, "insert")
    known = known_value(places)
    if known is not None and known.size and (known.min() < -n or known.max() > n):
        raise IndexError(f"insert: place {obj} is out of bounds for length {n}")
    scalar = places.ndim == 0
    places = ravel(ew.where(ew.lt(places, 0), places + n, places))
    if known is None:
        places = getitem(np.arange(n + 1), places)  # raises where it runs
    rank = arr.ndim - ndim_of(values)
    values = reshape(strong(values), shape=(1,) * rank + shape_of(values))
    if scalar:
        values = moveaxis(values, 0, axis)
    count = values.shape[axis] if places.size == 1 else places.size
    places = broadcast_to(places, shape=(count,)) if places.size == 1 else places
    shape = (*arr.shape[:axis], count, *arr.shape[axis + 1 :])
    values = astype(broadcast_to(values, shape=shape), arr.dtype)
    order = ops.arg_sort(concatenate([places, np.arange(n)]), stable=True)
    return take_p(concatenate([values, arr], axis), order, axis)


def _line(arr, axis, name):
    arr = arraylike(arr)
    if axis is None:
        return ravel(arr), 0
    return arr, normalize_axis(operator.index(axis), arr.ndim, name, arr.shape)
