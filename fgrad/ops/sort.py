"""Sorting, selecting and moving elements along an axis by index.

The derivative of a sort follows the permutation. Equal elements keep their order
(whatever NumPy's algorithm did with them), so a tie has one definite gradient.
"""

from __future__ import annotations

import operator
from math import prod

import numpy as np

from ..core import Aval, Primitive, broadcast_shapes, dtype_of, ndim_of, shape_of
from .axes import normalize_axis
from .basic import broadcast_to, reshape
from .stacks import batch_along

# -- take_along, put_along ---------------------------------------------------------


def _resized(shape, axis, n):
    return (*shape[:axis], n, *shape[axis + 1 :])


def _take_along_vjp(ct, z, x, indices, *, axis):
    n = shape_of(x)[axis]
    return put_along(ct, indices, axis=axis, length=n, unique=False)


take_along = Primitive(
    "take_along",
    impl=lambda x, indices, *, axis: np.take_along_axis(x, indices, axis),
    abstract=lambda x, indices, *, axis: Aval(indices.shape, x.dtype),
    vjp=(_take_along_vjp, None),
    jvp=lambda ts, z, x, indices, *, axis: take_along(ts[0], indices, axis=axis),
    batch=batch_along(lambda: take_along),
    emit="np.take_along_axis({0}, {1}, {axis})",
)


def _put_along(x, indices, *, axis, length, unique):
    if unique:
        z = np.zeros(_resized(x.shape, axis, length), x.dtype)
        np.put_along_axis(z, indices, x, axis)
        return z
    # One index for each element of a flat array is the fast case of np.add.at.
    rows = np.moveaxis(indices, axis, -1)
    lead = rows.shape[:-1]
    first = np.arange(prod(lead)).reshape((*lead, 1)) * length
    flat = np.where(rows < 0, rows + length, rows) + first
    z = np.zeros(prod(lead) * length, x.dtype)
    np.add.at(z, flat.ravel(), np.moveaxis(x, axis, -1).ravel())
    return np.ascontiguousarray(np.moveaxis(z.reshape((*lead, length)), -1, axis))


put_along = Primitive(
    "put_along",
    impl=_put_along,
    abstract=lambda x, indices, *, axis, length, unique: Aval(
        _resized(x.shape, axis, length), x.dtype
    ),
    vjp=(
        lambda ct, z, x, indices, *, axis, **_: take_along(ct, indices, axis=axis),
        None,
    ),
    jvp=lambda ts, z, x, indices, **params: put_along(ts[0], indices, **params),
    batch=batch_along(lambda: put_along),
)


def take_along_axis(x, indices, axis=-1):
    """Return the elements of ``x`` that integer indices point at along an axis.

    ``indices`` has the shape of ``x`` but for that axis, or broadcasts with it;
    ``axis=None`` flattens ``x``.
    """
    if axis is None:
        x, axis = reshape(x, shape=(prod(shape_of(x)),)), 0
    shape, wanted = shape_of(x), shape_of(indices)
    axis = normalize_axis(axis, len(shape), "take_along_axis", shape)
    if dtype_of(indices).kind not in "iu":
        raise IndexError(
            f"take_along_axis: indices must be integers, got {dtype_of(indices)}"
        )
    if len(wanted) != len(shape):
        raise ValueError(
            f"take_along_axis: indices of shape {wanted} and an array of shape {shape} "
            "must have the same number of axes"
        )
    full = broadcast_shapes(_resized(shape, axis, 1), _resized(wanted, axis, 1))
    inner, outer = (_resized(full, axis, s[axis]) for s in (shape, wanted))
    x = x if inner == shape else broadcast_to(x, shape=inner)
    indices = indices if outer == wanted else broadcast_to(indices, shape=outer)
    return take_along(x, indices, axis=axis)


# -- argsort, argpartition ---------------------------------------------------------


def _indices_of(x, **params):
    return Aval(x.shape, np.dtype(np.intp))


argsort = Primitive(
    "argsort",
    impl=lambda x, *, axis, stable: np.argsort(x, axis, stable=stable),
    abstract=_indices_of,
    batch=batch_along(lambda: argsort),
    emit="np.argsort({0}, {axis}, stable={stable})",
    flat=True,
)

argpartition = Primitive(
    "argpartition",
    impl=lambda x, *, kth, axis: np.argpartition(x, kth, axis),
    abstract=_indices_of,
    batch=batch_along(lambda: argpartition),
    emit="np.argpartition({0}, {kth}, {axis})",
    flat=True,
)

# -- sort, partition ---------------------------------------------------------------


def _ranks(x, axis):
    return argsort(x, axis=axis, stable=True)


def _move_back(ct, indices, axis):
    """Return the cotangent of ``x`` where ``z = take_along(x, permutation)``."""
    size = shape_of(ct)[axis]
    return put_along(ct, indices, axis=axis, length=size, unique=True)


sort_p = Primitive(
    "sort",
    impl=lambda x, *, axis, stable: np.sort(x, axis, stable=stable),
    abstract=lambda x, *, axis, stable: Aval(x.shape, x.dtype),
    vjp=(lambda ct, z, x, *, axis, stable: _move_back(ct, _ranks(x, axis), axis),),
    jvp=lambda ts, z, x, *, axis, stable: take_along(ts[0], _ranks(x, axis), axis=axis),
    batch=batch_along(lambda: sort_p),
    emit="np.sort({0}, {axis}, stable={stable})",
)


# NumPy does not say which permutation its partition applied, and argpartition may
# apply another. Sorting both sides finds one: the k-th smallest of x went to where
# the k-th smallest of z is.
def _partition_vjp(ct, z, x, *, kth, axis):
    ct = take_along(ct, _ranks(z, axis), axis=axis)
    return _move_back(ct, _ranks(x, axis), axis)


def _partition_jvp(tangents, z, x, *, kth, axis):
    t = take_along(tangents[0], _ranks(x, axis), axis=axis)
    return _move_back(t, _ranks(z, axis), axis)


partition_p = Primitive(
    "partition",
    impl=lambda x, *, kth, axis: np.partition(x, kth, axis),
    abstract=lambda x, *, kth, axis: Aval(x.shape, x.dtype),
    vjp=(_partition_vjp,),
    jvp=_partition_jvp,
    batch=batch_along(lambda: partition_p),
    emit="np.partition({0}, {kth}, {axis})",
)

# -- as NumPy calls them -----------------------------------------------------------

_STABLE = {None: False, "quicksort": False, "heapsort": False}
_STABLE |= {"stable": True, "mergesort": True}


def _prepared(x, axis, name):
    if axis is None:
        return reshape(x, shape=(prod(shape_of(x)),)), 0
    return x, normalize_axis(axis, ndim_of(x), name, shape_of(x))


def _is_stable(kind, stable, name):
    if kind is not None and stable is not None:
        raise ValueError(f"{name}: give kind or stable, not both")
    if kind not in _STABLE:
        raise ValueError(f"{name}: kind must be 'quicksort' or 'stable', got {kind!r}")
    return bool(stable) or _STABLE[kind]


def sort(x, axis=-1, kind=None, stable=None):
    """Return a sorted copy; its derivative follows the (stable) permutation.

    >>> sort(np.array([3.0, 1.0, 2.0]))
    array([1., 2., 3.])
    """
    stable = _is_stable(kind, stable, "sort")
    x, axis = _prepared(x, axis, "sort")
    return sort_p(x, axis=axis, stable=stable)


def arg_sort(x, axis=-1, kind=None, stable=None):
    """Return the indices that sort ``x``; they have no derivative."""
    stable = _is_stable(kind, stable, "argsort")
    x, axis = _prepared(x, axis, "argsort")
    return argsort(x, axis=axis, stable=stable)


def _places(kth, x, axis, name):
    n = shape_of(x)[axis]
    given = kth if isinstance(kth, tuple | list | np.ndarray) else (kth,)
    places = tuple(operator.index(k) for k in given)
    if 0 in shape_of(x):  # NumPy takes any place among no elements
        return (0,)
    if any(not -n <= k < n for k in places):
        raise ValueError(f"{name}: kth={kth} is out of bounds for length {n}")
    return tuple(k % n for k in places)


def partition(x, kth, axis=-1, kind="introselect"):
    """Return ``x`` with its k-th smallest elements in place, smaller ones before."""
    x, axis = _prepared(x, axis, "partition")
    return partition_p(x, kth=_places(kth, x, axis, "partition"), axis=axis)


def arg_partition(x, kth, axis=-1, kind="introselect"):
    """Return the indices that partition ``x``; they have no derivative."""
    x, axis = _prepared(x, axis, "argpartition")
    kth = _places(kth, x, axis, "argpartition")
    return argpartition(x, kth=kth, axis=axis)
