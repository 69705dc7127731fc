"""NumPy's histograms: counts, or sums of weights, of the values in each bin.

A bin number has no derivative; weights have one, and so have edges between traced
ends. The bins are NumPy's to the last bit, and so is the order of the sums.
"""

from __future__ import annotations

import operator
from builtins import range as python_range

import numpy as np

from ..core import dtype_of, known_value, ndim_of, shape_of
from ..ops import elementwise as ew
from ..ops.basic import astype, reshape
from ..ops.index import at, getitem
from ..ops.index import take as take_p
from ..ops.reduce import sum_
from ..ops.scan import cum_sum
from ..ops.search import search_sorted
from ..ops.sort import arg_sort
from .arrays import arraylike, known_array, strong
from .calculus import diff, linspace
from .facts import result_type
from .joining import concatenate
from .reductions import max as max_
from .reductions import min as min_
from .shapes import atleast_2d, ravel
from .sized import ravel_multi_index
from .table import traceable, views

_BLOCK = 65536  # NumPy adds up so many elements at a time


# -- bincount ------------------------------------------------------------------------


@traceable(np.bincount, more=["length"])
def bincount(x, /, weights=None, minlength=0, *, length=None):
    """Count, or sum the weights of, each small integer.

    The integers must be known, unless there is a ``length``: larger ones are left
    out, and negative ones counted as 0.
    """
    x = arraylike(x)
    if length is None:
        instead = "Give it a length=, or write fgrad.numpy.at(np.zeros(n))[x].add(1)"
        known = known_array(x, "bincount", instead)
        if weights is None:
            return np.bincount(known, None, minlength)
        if known.ndim != 1 or dtype_of(known).kind not in "iub" or (known < 0).any():
            np.bincount(known)  # raises
        x, length = known, max(minlength, int(known.max()) + 1 if known.size else 0)
    n = operator.index(length)
    x = ew.maximum(astype(x, np.intp), 0)
    y = 1 if weights is None else strong(arraylike(weights))
    if weights is not None and (y.dtype.kind == "c" or y.shape != shape_of(x)):
        raise (TypeError if y.dtype.kind == "c" else ValueError)(
            f"bincount: needs a real weight for each of {shape_of(x)} integers, got "
            f"{y.dtype} of shape {y.shape}"
        )
    zeros = np.zeros(n, np.intp if weights is None else np.float64)
    y = y if weights is None else astype(y, np.float64)
    return at(zeros)[x].add(y, mode="drop")


# -- edges ---------------------------------------------------------------------------


def _ends(a, range, name):
    """Return the first and the last edge of bins over some values."""
    if range is not None:
        first, last = map(arraylike, range)
    elif not a.size:
        first, last = 0, 1
    else:
        first, last = min_(a), max_(a)
    known = [known_value(end) for end in (first, last)]
    if not any(end is None for end in known):
        low, high = known
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ValueError(f"{name}: the range [{low}, {high}] is not finite")
        if low > high:
            raise ValueError(f"{name}: the range [{low}, {high}] must increase")
        return (first - 0.5, last + 0.5) if low == high else (first, last)
    empty = ew.eq(first, last)
    return ew.where(empty, first - 0.5, first), ew.where(empty, last + 0.5, last)


def _given_edges(bins, name):
    edges = strong(arraylike(bins))
    known = known_value(edges)
    if edges.ndim != 1 or (known is not None and (known[:-1] > known[1:]).any()):
        raise ValueError(f"{name}: bins {edges} must be a vector that increases")
    return edges


def _edges(a, bins, range, name="histogram"):
    """Return the edges of bins, and ends and number if the bins are equal."""
    if isinstance(bins, str):
        known = known_array(a, f"{name}(bins={bins!r})", "Give the number of bins")
        bins = len(np.histogram_bin_edges(known, bins, range)) - 1
    if ndim_of(arraylike(bins)):
        return _given_edges(bins, name), None
    n = operator.index(bins)
    if n < 1:
        raise ValueError(f"{name}: the number of bins must be positive, got {n}")
    first, last = _ends(a, range, name)
    dtype = result_type(first, last, a)
    dtype = np.result_type(dtype, float) if dtype.kind in "iu" else dtype
    edges = linspace(first, last, n + 1, dtype=dtype)
    known = known_value(edges)
    if known is not None and (known[:-1] >= known[1:]).any():
        raise ValueError(f"{name}: {n} bins are too many for the range of the values")
    return edges, (first, last, n)


def _values(a):
    a = ravel(strong(arraylike(a)))
    return astype(a, np.uint8) if a.dtype.kind == "b" else a


@traceable(np.histogram_bin_edges)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    """Return the edges of the bins of `histogram`."""
    return _edges(_values(a), bins, range, "histogram_bin_edges")[0]


# -- histogram -----------------------------------------------------------------------


@traceable(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    """Return counts, or sums of weights, of the values in each bin, and the edges."""
    if weights is not None:
        weights = strong(arraylike(weights))
        if weights.shape != shape_of(arraylike(a)):
            raise ValueError(
                f"histogram: weights of shape {weights.shape} for values of shape "
                f"{shape_of(arraylike(a))}"
            )
        weights = ravel(weights)
    a = _values(a)
    edges, equal = _edges(a, bins, range)
    simple = weights is None or np.can_cast(weights.dtype, complex)
    count = _count_equal if equal is not None and simple else _count_sorted
    n = count(a, weights, edges, equal)
    if not density:
        return n, edges
    return n / astype(diff(edges), np.float64) / sum_(n), edges


def _blocks(a, weights):
    for i in python_range(0, a.size, _BLOCK):
        part = slice(i, i + _BLOCK)
        yield getitem(a, part), None if weights is None else getitem(weights, part)


def _count_equal(a, weights, edges, equal):
    """Return the sums in bins of equal width, whose number is computed."""
    n = equal[2]
    dtype = np.dtype(np.intp) if weights is None else weights.dtype
    wide = np.result_type(dtype, np.float64)
    total = np.zeros(n, dtype)
    for x, w in _blocks(a, weights):
        number = _bin_numbers(x, edges, *equal)
        y = 1 if w is None else astype(w, wide)
        sums = at(np.zeros(n + 1, dtype if w is None else wide))[number].add(y)
        total = total + astype(getitem(sums, slice(n)), dtype)
    return total


def _bin_numbers(x, edges, first, last, n):
    """Return the number of the bin of each value, ``n`` for values outside."""
    inside = ew.ge(x, first) & ew.le(x, last)
    x = astype(x, edges.dtype)
    place = _distance(x, first) / _distance(last, first) * n
    number = astype(ew.where(inside, place, 0), np.intp)
    number = number - ew.eq(number, n)
    number = number - ew.lt(x, take_p(edges, number))  # rounding: by 1 at most
    number = ew.where(inside, number, 0)
    later = ew.ge(x, take_p(edges, number + 1)) & ew.ne(number, n - 1)
    return ew.where(inside, number + later, n)


def _distance(high, low):
    """Return a difference of numbers of which the first is not smaller.

    That of integers may not fit their dtype, but the unsigned one of that size.
    """
    dtype = result_type(high, low)
    if dtype.kind != "i":
        return astype(ew.sub(high, low), dtype)
    unsigned = np.dtype(f"u{dtype.itemsize}")
    high, low = (astype(astype(x, dtype), unsigned) for x in (high, low))
    return ew.sub(high, reshape(low, shape=(1,)))  # of scalars, NumPy would warn


def _count_sorted(a, weights, edges, equal):
    """Return the sums in any bins, as differences of sums over sorted values."""
    dtype = np.dtype(np.intp) if weights is None else weights.dtype
    total = np.zeros(edges.shape, dtype)
    inner, last = getitem(edges, slice(None, -1)), getitem(edges, slice(-1, None))
    for x, w in _blocks(a, weights):
        order = arg_sort(x)
        x = take_p(x, order)
        ends = [search_sorted(x, inner, "left"), search_sorted(x, last, "right")]
        ends = concatenate(ends)
        if w is not None:
            sums = concatenate([np.zeros(1, dtype), cum_sum(take_p(w, order), 0)])
            ends = astype(take_p(sums, ends), dtype)
        total = total + ends
    return diff(total)


# -- more dimensions -----------------------------------------------------------------


@traceable(np.histogramdd)
def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    """Return the histogram of points, which are the rows of the sample, and edges."""
    if ndim_of(sample) != 2 if hasattr(sample, "shape") else True:
        sample = atleast_2d(sample).T
    sample = strong(arraylike(sample))
    rank = sample.shape[1]
    columns = [getitem(sample, (slice(None), i)) for i in python_range(rank)]
    bins = list(bins) if np.iterable(bins) else [bins] * rank
    ranges = (None,) * rank if range is None else range
    if len(bins) != rank or len(ranges) != rank:
        raise ValueError(
            f"histogramdd: {len(bins)} bins and {len(ranges)} ranges for points of "
            f"{rank} coordinates"
        )
    edges = [_edges_dd(*each) for each in zip(columns, bins, ranges, strict=True)]
    sizes = [edge.shape[0] + 1 for edge in edges]  # and outside, at both ends
    numbers = []
    for x, edge in zip(columns, edges, strict=True):
        number = search_sorted(edge, x, "right")
        numbers.append(number - ew.eq(x, getitem(edge, -1)))
    flat = ravel_multi_index(tuple(numbers), tuple(sizes))
    hist = astype(bincount(flat, weights, length=int(np.prod(sizes))), np.float64)
    hist = getitem(reshape(hist, shape=tuple(sizes)), (slice(1, -1),) * rank)
    return _densities(hist, edges) if density else hist, edges


def _edges_dd(x, bins, range):
    if ndim_of(arraylike(bins)):
        return _given_edges(bins, "histogramdd")
    n = operator.index(bins)
    if n < 1:
        raise ValueError(f"histogramdd: the number of bins must be positive, got {n}")
    return linspace(*_ends(x, range, "histogramdd"), n + 1)


def _densities(hist, edges):
    total = sum_(hist)
    for i, edge in enumerate(edges):
        shape = tuple(-1 if i == j else 1 for j in python_range(len(edges)))
        hist = hist / diff(edge).reshape(shape)
    return hist / total


@traceable(np.histogram2d)
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    """Return the histogram of points in the plane, and the edges along x and y."""
    if shape_of(arraylike(x)) != shape_of(arraylike(y)):
        raise ValueError(
            f"histogram2d: x and y must have the same length, got shapes "
            f"{shape_of(arraylike(x))} and {shape_of(arraylike(y))}"
        )
    if not np.iterable(bins) or len(bins) not in (1, 2):
        bins = [bins, bins]
    hist, edges = histogramdd([x, y], bins, range, density, weights)
    return hist, *edges


views(np.histogram, np.histogram2d, np.histogramdd)  # their bin edges
