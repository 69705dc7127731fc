"""NumPy's functions that sort, and that search what is sorted."""

from __future__ import annotations

import numpy as np

from ..core import dtype_of, known_value, ndim_of, shape_of
from ..ops import elementwise as ew
from ..ops import sort as ops
from ..ops.axes import normalize_axis
from ..ops.basic import astype
from ..ops.index import take as take_p
from ..ops.search import search_sorted
from .arrays import arraylike, as_scalar, strong
from .table import traceable

# -- sorting -------------------------------------------------------------------------


def _no_order(order):
    if order is not None:
        raise ValueError("order= names fields, and a traced array has none")


@traceable(np.sort, more=["descending"])
def sort(a, axis=-1, kind=None, order=None, *, stable=None, descending=None):
    """Return a sorted copy; ``descending`` sorts downwards, as from NumPy 2.5 on.

    >>> from fgrad.numpy import sort
    >>> sort(np.array([1.0, 3.0, 2.0]), descending=True)
    array([3., 2., 1.])
    """
    _no_order(order)
    if descending:
        a = arraylike(a)
        if axis is not None:
            normalize_axis(axis, ndim_of(a), "sort", shape_of(a))
        places = ops.arg_sort(_downwards(a), axis, None, True)
        return np.take_along_axis(a, places, axis)
    return ops.sort(arraylike(a), axis, kind, stable)


@traceable(np.sort_complex)
def sort_complex(a):
    """Return a sorted copy as complex numbers, by real part first."""
    z = ops.sort(strong(arraylike(a)))
    if z.dtype.kind == "c":
        return z
    small = z.dtype.char in "bhBH"
    return astype(z, np.complex64 if small else np.result_type(z, np.complex128))


@traceable(np.argsort, more=["descending"])
def argsort(a, axis=-1, kind=None, order=None, *, stable=None, descending=None):
    """Return the indices that sort, downwards if ``descending``.

    What is equal keeps its order then, and nan comes last.

    >>> from fgrad.numpy import argsort
    >>> argsort(np.array([1, 3, 3]), descending=True)
    array([1, 2, 0])
    """
    _no_order(order)
    a = arraylike(a)
    if descending:
        return ops.arg_sort(_downwards(a), axis, None, True)
    return ops.arg_sort(a, axis, kind, stable)


def _downwards(x):
    """Return what has the opposite order, of integers without overflow."""
    return ew.invert(x) if dtype_of(x).kind in "iub" else -x


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


# -- searching -----------------------------------------------------------------------


@traceable(np.searchsorted, more=["method"])
def searchsorted(a, v, side="left", sorter=None, *, method=None):
    """Return where to insert values so that a sorted vector stays sorted.

    JAX's ``method`` is accepted: the values are found by bisection.
    """
    a, v = arraylike(a), arraylike(v)
    a = a if sorter is None else take_p(a, sorter, 0)
    return search_sorted(a, v, side)


@traceable(np.digitize, more=["method"])
def digitize(x, bins, right=False, *, method=None):
    """Return the number of the bin that each value falls into.

    JAX's ``method`` is accepted: the bins are found by bisection.
    """
    side, bins = "left" if right else "right", arraylike(bins)
    if dtype_of(arraylike(x)).kind == "c":
        raise TypeError("digitize: complex values are in no bins")
    known = known_value(bins)
    if known is not None:
        np.digitize(np.zeros(0), known)  # raises if they do not rise or fall
    n = shape_of(bins)[0]
    rising = searchsorted(bins, x, side)
    if n < 2:
        return rising
    falling = n - searchsorted(bins[::-1], x, side)
    return as_scalar(ew.where(ew.gt(bins[0], bins[-1]), falling, rising))


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
