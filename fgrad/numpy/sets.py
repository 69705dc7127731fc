"""NumPy's sets: the different elements of arrays, and operations on two such sets.

Where the values are known they do what NumPy does. With ``size=`` the shape is fixed,
as in JAX, and everything works under jit and vmap: one sort finds equal elements.
"""

from __future__ import annotations

import numpy as np

from ..core import dtype_of
from ..ops import elementwise as ew
from ..ops import sort as sorting
from ..ops.axes import normalize_axis
from ..ops.basic import astype, reshape
from ..ops.index import getitem
from ..ops.index import take as take_p
from ..ops.reduce import any_
from ..ops.scan import cum_sum
from ..ops.search import search_sorted
from .arrays import arraylike, known_array, strong
from .joining import concatenate
from .searching import lexsort
from .shapes import broadcast_to, moveaxis, ravel
from .sized import SIZED, filled, length, places
from .table import traceable


def _advice(name):
    return f"Give fgrad.numpy.{name} a size=, call it outside the transformed function"


# -- unique --------------------------------------------------------------------------


@traceable(np.unique, more=SIZED)
def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None,
           *, equal_nan=True, size=None, fill_value=None, **options):  # fmt: skip
    """Return the different elements, sorted, and what else is asked for.

    Without a ``size`` the values must be known. With it, what is missing is the first
    of the different elements, or ``fill_value``; its index is that of the first
    element, its count 0.
    """
    asked = return_index, return_inverse, return_counts
    return _unique(ar, asked, axis, equal_nan, size, fill_value, "unique", options)


def _unique(ar, asked, axis, equal_nan, size, fill_value, name, options):
    ar = strong(arraylike(ar))
    if size is not None:
        found = _unique_sized(ar, axis, equal_nan, length(size, name), fill_value)
        extra = [z for z, wanted in zip(found[1:], asked) if wanted]
        return (found[0], *extra) if extra else found[0]
    known = known_array(ar, name, _advice(name))
    options["equal_nan"] = equal_nan
    ar, line = (ravel(ar), 0) if axis is None else (ar, axis)
    if not any(asked):
        _, index = np.unique(known, True, axis=axis, **options)
        given = np.unique(known, axis=axis, **options)
        return take_p(ar, _as_given(index, given), line)
    _, index, *rest = np.unique(known, True, *asked[1:], axis, **options)
    extra = ([index] if asked[0] else []) + rest
    return (take_p(ar, index, line), *extra)


def _as_given(index, given):
    """Return the places of sorted values in the order that NumPy gave the values."""
    if given.ndim != 1:
        return index
    order = np.empty_like(index)  # without sorted=True the order may be any
    order[np.argsort(given, kind="stable")] = index
    return order


def _unique_sized(ar, axis, equal_nan, size, fill_value):
    """Return values, the first index of each, the inverse and the counts."""
    shape = ar.shape
    ar, axis = (ravel(ar), 0) if axis is None else (ar, axis)
    axis = normalize_axis(axis, ar.ndim, "unique", shape)
    n = ar.shape[axis]
    if n == 0:
        return _unique_of_nothing(ar, axis, size, fill_value)
    order, first = _sorted_rows(ar, axis, equal_nan)
    start, valid = places(first, size + 1)
    ends = ew.where(valid, start, n)
    start, valid = getitem(start, slice(size)), getitem(valid, slice(size))
    index = take_p(order, start)
    values = take_p(ar, index, axis)
    if fill_value is not None:
        values = filled(values, valid, fill_value, axis)
    number = cum_sum(astype(first, np.intp), 0) - 1
    inverse = sorting.put_along(number, order, axis=0, length=n, unique=True)
    inverse = reshape(inverse, shape=shape) if len(shape) != ar.ndim else inverse
    counts = getitem(ends, slice(1, None)) - getitem(ends, slice(None, -1))
    return values, index, inverse, counts


def _unique_of_nothing(ar, axis, size, fill_value):
    if size and fill_value is None:
        raise ValueError(
            f"unique: shape {ar.shape} has no elements to fill {size} places with: "
            "give a fill_value"
        )
    fill = astype(strong(arraylike(fill_value or 0)), ar.dtype)
    shape = (*ar.shape[:axis], size, *ar.shape[axis + 1 :])
    none = np.zeros(size, np.intp)
    return broadcast_to(fill, shape), none, np.zeros(0, np.intp), none


def _sorted_rows(ar, axis, equal_nan):
    """Return the order that sorts slices, and which of them differ from the last."""
    if ar.ndim == 1:
        order, _, first = _sorted(ar, equal_nan)
        return order, first
    n = ar.shape[axis]
    rows = reshape(moveaxis(ar, axis, 0), shape=(n, ar.size // n))
    columns = [getitem(rows, (slice(None), j)) for j in range(rows.shape[1])]
    order = lexsort(columns[::-1]) if columns else np.arange(n)
    rows = take_p(rows, order, 0)
    other = ew.ne(getitem(rows, slice(1, None)), getitem(rows, slice(None, -1)))
    return order, concatenate([np.ones(1, bool), any_(other, 1)])


def _sorted(x, equal_nan=True):
    """Return the order that sorts a vector, its sorted values, and what is new."""
    order = sorting.arg_sort(x, stable=True)
    values = take_p(x, order)
    this, last = getitem(values, slice(1, None)), getitem(values, slice(None, -1))
    new = ew.ne(this, last)
    if equal_nan and dtype_of(x).kind in "fc":
        new = new & ~(ew.isnan(this) & ew.isnan(last))
    return order, values, concatenate([np.ones(min(x.size, 1), bool), new])


def _named(name, *extras):
    """Enter one of the Array API's functions, which returns a named tuple."""
    function = getattr(np, name)
    kind = type(function(np.zeros(1)))
    asked = [extra in extras for extra in ("index", "inverse", "counts")]

    def definition(x, *, size=None, fill_value=None):
        return kind(*_unique(x, asked, None, False, size, fill_value, name, {}))

    traceable(function, more=SIZED)(definition)


_named("unique_all", "index", "inverse", "counts")
_named("unique_counts", "counts")
_named("unique_inverse", "inverse")


@traceable(np.unique_values, more=SIZED)
def unique_values(x, *, size=None, fill_value=None):
    """Return the different elements, in the order in which NumPy gives them."""
    if size is not None:
        return unique(x, equal_nan=False, size=size, fill_value=fill_value)
    x = ravel(x)
    known = known_array(x, "unique_values", _advice("unique_values"))
    _, index = np.unique(known, True, equal_nan=False)
    return take_p(x, _as_given(index, np.unique_values(known)))


# -- two sets ------------------------------------------------------------------------


@traceable(np.isin)
def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    """Say which elements are among others."""
    x, values = strong(arraylike(element)), ravel(test_elements)
    if not values.size:
        return np.full(x.shape, bool(invert))
    values = sorting.sort(values)
    near = ew.minimum(search_sorted(values, x), values.size - 1)
    return (ew.ne if invert else ew.eq)(take_p(values, near), x)


@traceable(np.union1d, more=SIZED)
def union1d(ar1, ar2, *, size=None, fill_value=None):
    """Return the different elements of two arrays, sorted."""
    both = concatenate((ar1, ar2), axis=None)
    if size is None:
        known_array(both, "union1d", _advice("union1d"))
    return unique(both, size=size, fill_value=fill_value)


@traceable(np.intersect1d, more=SIZED)
def intersect1d(ar1, ar2, assume_unique=False, return_indices=False, *, size=None,
                fill_value=None):  # fmt: skip
    """Return the elements that are in both arrays, sorted."""
    x, y = ravel(ar1), ravel(ar2)
    dtype = np.result_type(x.dtype, y.dtype)
    if size is None:
        known = [known_array(v, "intersect1d", _advice("intersect1d")) for v in (x, y)]
        _, first, second = np.intersect1d(*known, assume_unique, True)
        valid = None
    else:
        first, second, valid = _common(x, y, assume_unique, size)
    z = take_p(x, first) if x.size else np.zeros(first.shape, dtype)
    z = astype(z, dtype)
    if valid is not None:
        z = _filled(z, valid, fill_value)
    if not return_indices:
        return z
    if valid is not None:
        first, second = filled(first, valid, x.size), filled(second, valid, y.size)
    return z, first, second


def _common(x, y, assume_unique, size):
    """Return where common elements are in both vectors, and which places count."""
    order, values, new = _sorted(x)
    new = np.ones(x.size, bool) if assume_unique else new
    place, valid = places(new & isin(values, y), length(size, "intersect1d"))
    if not (x.size and y.size):
        return place, place, valid
    other, sorted_y, _ = _sorted(y)
    near = ew.minimum(search_sorted(sorted_y, take_p(values, place)), y.size - 1)
    return take_p(order, place), take_p(other, near), valid


@traceable(np.setdiff1d, more=SIZED)
def setdiff1d(ar1, ar2, assume_unique=False, *, size=None, fill_value=None):
    """Return the elements of one array that are not in another, sorted."""
    x, y = ravel(ar1), ravel(ar2)
    if size is None:
        for v in (x, y):
            known_array(v, "setdiff1d", _advice("setdiff1d"))
        x = x if assume_unique else unique(x)
        there = known_array(isin(x, y, invert=True), "setdiff1d")
        return take_p(x, np.flatnonzero(there))
    new = np.ones(x.size, bool)
    if not assume_unique:
        _, x, new = _sorted(x)
    fill_value = 0 if fill_value is None else fill_value
    return _chosen(
        x, new & isin(x, y, invert=True), length(size, "setdiff1d"), fill_value
    )


@traceable(np.setxor1d, more=SIZED)
def setxor1d(ar1, ar2, assume_unique=False, *, size=None, fill_value=None):
    """Return the elements that are in one array only, sorted."""
    x, y = ravel(ar1), ravel(ar2)
    if size is None:
        for v in (x, y):
            known_array(v, "setxor1d", _advice("setxor1d"))
        both = concatenate([v if assume_unique else unique(v) for v in (x, y)])
        both = sorting.sort(both, stable=True)
        known = known_array(both, "setxor1d")
        edge = np.concatenate([[True], known[1:] != known[:-1], [True]])
        return take_p(both, np.flatnonzero(edge[1:] & edge[:-1]) if known.size else [])
    parts = []
    for v, other in ((x, y), (y, x)):
        _, values, new = _sorted(v)
        new = np.ones(v.size, bool) if assume_unique else new
        parts.append((values, new & isin(values, other, invert=True)))
    both, alone = (concatenate(each) for each in zip(*parts, strict=True))
    order = sorting.arg_sort(both, stable=True)
    return _chosen(
        take_p(both, order), take_p(alone, order), length(size, "setxor1d"), fill_value
    )


def _chosen(x, mask, size, fill_value):
    index, valid = places(mask, size)
    if not x.size:
        x, index = np.zeros(1, x.dtype), np.zeros(len(index), np.intp)
    return _filled(take_p(x, index), valid, fill_value)


def _filled(x, valid, fill_value):
    """Fill places up with a value, or the first valid element, or with zeros."""
    if fill_value is not None:
        return filled(x, valid, fill_value)
    first = getitem(x, slice(1)), getitem(valid, slice(1))
    return ew.where(valid, x, ew.where(first[1], first[0], x.dtype.type(0)))
