"""NumPy's functions that sort and search, and those whose shape depends on values."""

from __future__ import annotations

import numpy as np

from ..core import known_value, shape_of
from ..ops import elementwise as ew
from ..ops import sort as ops
from ..ops.basic import astype, reshape
from ..ops.index import at
from ..ops.index import take as take_p
from ..ops.reduce import sum_
from .arrays import arraylike, known_array, strong
from .elementwise import where as where_p
from .shapes import ravel
from .table import traceable

# -- sorting -------------------------------------------------------------------------


def _no_order(order):
    if order is not None:
        raise ValueError("order= names fields, and a traced array has none")


@traceable(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    """Return a sorted copy."""
    _no_order(order)
    return ops.sort(arraylike(a), axis, kind, stable)


@traceable(np.argsort)
def argsort(a, axis=-1, kind=None, order=None, *, stable=None):
    """Return the indices that sort."""
    _no_order(order)
    return ops.arg_sort(arraylike(a), axis, kind, stable)


@traceable(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    """Return a copy whose k-th smallest elements are in place."""
    _no_order(order)
    return ops.partition(arraylike(a), kth, axis, kind)


@traceable(np.argpartition)
def argpartition(a, kth, axis=-1, kind="introselect", order=None):
    """Return the indices that partition."""
    _no_order(order)
    return ops.arg_partition(arraylike(a), kth, axis, kind)


# -- results whose shape depends on values -------------------------------------------

_OUTSIDE = "Call it outside the transformed function"


@traceable(np.nonzero)
def nonzero(a):
    """Return the indices of what is not zero, if it is known."""
    return np.nonzero(known_array(a, "nonzero"))


@traceable(np.flatnonzero)
def flatnonzero(a):
    """Return the flat indices of what is not zero, if it is known."""
    return np.flatnonzero(known_array(a, "flatnonzero"))


@traceable(np.argwhere)
def argwhere(a):
    """Return the indices of what is not zero as rows, if it is known."""
    return np.argwhere(known_array(a, "argwhere"))


@traceable(np.where)
def where(condition, x=None, y=None, /):
    """Choose from ``x`` or ``y``; with one argument it is ``nonzero``."""
    if x is None and y is None:
        return np.nonzero(known_array(condition, "where(condition)"))
    if x is None or y is None:
        raise ValueError("where: give both x and y, or neither")
    return where_p(condition, x, y)


@traceable(np.unique)
def unique(ar, return_index=False, return_inverse=False, return_counts=False,
           axis=None, **options):  # fmt: skip
    """Return the different elements, sorted; which ones they are must be known."""
    ar = ravel(ar) if axis is None else arraylike(ar)
    known = known_array(ar, "unique", _OUTSIDE)
    _, index, *rest = np.unique(known, True, return_inverse, return_counts,
                                0 if axis is None else axis, **options)  # fmt: skip
    values = take_p(ar, index, 0 if axis is None else axis)
    extra = ([index] if return_index else []) + rest
    return (values, *extra) if extra else values


@traceable(np.searchsorted)
def searchsorted(a, v, side="left", sorter=None):
    """Return where to insert values so that a sorted vector stays sorted."""
    a, v = arraylike(a), arraylike(v)
    a = a if sorter is None else take_p(a, sorter, 0)
    known = known_value(a), known_value(v)
    if known[0] is not None and known[1] is not None:
        return np.searchsorted(*known, side)
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side must be 'left' or 'right', got {side!r}")
    v = reshape(strong(v), shape=(*shape_of(v), 1))
    before = (ew.lt if side == "left" else ew.le)(a, v)
    last = ew.isnan(v) & (~ew.isnan(a) if side == "left" else True)
    return sum_(before | last, -1, np.intp)


@traceable(np.digitize)
def digitize(x, bins, right=False):
    """Return the number of the bin that each value falls into."""
    sides = ("left", "right") if right else ("right", "left")
    bins = arraylike(bins)
    n = shape_of(bins)[0]
    rising = searchsorted(bins, x, sides[0])
    if n < 2:
        return rising
    falling = n - searchsorted(bins[::-1], x, sides[1])
    return ew.where(ew.gt(bins[0], bins[-1]), falling, rising)


@traceable(np.lexsort)
def lexsort(keys, axis=-1):
    """Return the indices that sort by several keys, the last one first."""
    first, *others = (arraylike(key) for key in keys)
    order = ops.arg_sort(first, axis, stable=True)
    for key in others:
        key = ops.take_along_axis(key, order, axis)
        later = ops.arg_sort(key, axis, stable=True)
        order = ops.take_along_axis(order, later, axis)
    return order


@traceable(np.bincount)
def bincount(x, /, weights=None, minlength=0):
    """Count, or sum the weights of, each small integer; the integers are known."""
    x = known_array(x, "bincount", "Write fgrad.numpy.at(np.zeros(n))[x].add(1)")
    if weights is None:
        return np.bincount(x, None, minlength)
    n = max(minlength, int(x.max()) + 1 if np.size(x) else 0)
    weights = astype(arraylike(weights), np.float64)
    return at(np.zeros(n))[x].add(weights)


@traceable(np.isin)
def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    """Say which elements are among others."""
    x, values = arraylike(element), ravel(test_elements)
    hit = ew.eq(reshape(x, shape=(*shape_of(x), 1)), values)
    z = sum_(hit, -1, np.intp)
    return ew.eq(z, 0) if invert else ew.ne(z, 0)
