"""NumPy's order statistics, covariances and histograms."""

from __future__ import annotations

import numpy as np

from ..core import dtype_of, ndim_of, shape_of
from ..ops import elementwise as ew
from ..ops import sort as sorting
from ..ops.axes import normalize_axes
from ..ops.basic import astype, reshape
from ..ops.contract import dot
from ..ops.index import getitem, take
from ..ops.reduce import mean, sum_
from .arrays import arraylike, strong
from .elementwise import complex_of
from .joining import concatenate
from .reductions import average, given
from .shapes import atleast_2d, moveaxis
from .table import refuse_out, traceable


def _merged(a, axis, name):
    """Return an array with the axes of a reduction as its last axis, and those axes."""
    a = strong(arraylike(a))
    axes = normalize_axes(axis, a.ndim, name, a.shape)
    rest = [i for i in range(a.ndim) if i not in axes]
    if len(axes) != 1:
        a = moveaxis(a, rest, list(range(len(rest))))
        a = a.reshape((*a.shape[: len(rest)], -1))
        return a, axes, a.ndim - 1
    return a, axes, axes[0]


def _kept(z, axes, keepdims, lead=0):
    if not given(keepdims):
        return z
    shape = list(shape_of(z))
    for axis in axes:
        shape.insert(lead + axis, 1)
    return reshape(z, shape=tuple(shape))


@traceable(np.median)
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """Return the median."""
    refuse_out(out)
    x, axes, axis = _merged(a, axis, "median")
    n = x.shape[axis]
    if n == 0:
        return _kept(mean(x, axis), axes, keepdims)
    first, last = (n - 1) // 2, n // 2
    inexact = x.dtype.kind in "fc"
    places = (first, last, n - 1) if inexact else (first, last)
    part = sorting.partition(x, places, axis)
    lead = (slice(None),) * axis
    z = mean(getitem(part, (*lead, slice(first, last + 1))), axis)
    if inexact:
        top = getitem(part, (*lead, -1))
        z = ew.where(ew.isnan(top), top, z)
    return _kept(z, axes, keepdims)


@traceable(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """Return the median of what is not nan."""
    refuse_out(out)
    x, axes, axis = _merged(a, axis, "nanmedian")
    if x.dtype.kind not in "fc":
        return median(a, axes, keepdims=bool(given(keepdims)))
    x = moveaxis(sorting.sort(x, axis), axis, -1)
    n = sum_(ew.logical_not(ew.isnan(x)), -1, np.intp, True)
    places = concatenate([ew.maximum((n - 1) // 2, 0), n // 2], -1)
    places = ew.minimum(places, x.shape[-1] - 1)
    return _kept(mean(sorting.take_along_axis(x, places, -1), -1), axes, keepdims)


@traceable(np.quantile)
def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear",
             keepdims=False, *, weights=None):  # fmt: skip
    """Return quantiles, by linear interpolation or one of its relatives."""
    refuse_out(out)
    if weights is not None or method not in _METHODS:
        raise ValueError(
            f"quantile: method {method!r} (weights: {weights is not None}) of a traced "
            f"array; the traceable methods are {', '.join(_METHODS)}"
        )
    q = arraylike(q)
    x, axes, axis = _merged(a, axis, "quantile")
    x = moveaxis(x, axis, 0)
    n = x.shape[0]
    place = ew.minimum(ew.maximum(_METHODS[method](n, q), 0.0), float(n - 1))
    below = astype(ew.floor(place), np.intp)
    above = ew.minimum(below + 1, n - 1)
    x = sorting.sort(x, 0)
    low, high = take(x, below, 0), take(x, above, 0)
    share = place - below
    share = reshape(strong(share), shape=shape_of(share) + (1,) * (x.ndim - 1))
    if not hasattr(q, "dtype"):
        share = float(share) if ndim_of(share) == 0 else share
    z = _between(low, high, share)
    if x.dtype.kind in "fc":
        top = getitem(x, -1)
        z = ew.where(ew.isnan(top), top, z)
    return _kept(z, axes, keepdims, ndim_of(q))


_METHODS = {
    "linear": lambda n, q: (n - 1) * q,
    "lower": lambda n, q: ew.floor((n - 1) * q),
    "higher": lambda n, q: ew.ceil((n - 1) * q),
    "midpoint": lambda n, q: 0.5 * (ew.floor((n - 1) * q) + ew.ceil((n - 1) * q)),
    "nearest": lambda n, q: ew.rint((n - 1) * q),
    "weibull": lambda n, q: _virtual(n, q, 0, 0),
    "hazen": lambda n, q: _virtual(n, q, 0.5, 0.5),
    "median_unbiased": lambda n, q: _virtual(n, q, 1 / 3.0, 1 / 3.0),
    "normal_unbiased": lambda n, q: _virtual(n, q, 3 / 8.0, 3 / 8.0),
}


def _virtual(n, q, alpha, beta):
    return n * q + (alpha + q * (1 - alpha - beta)) - 1


def _between(low, high, t):
    """Interpolate from both ends, so that the result is monotonic in ``t``."""
    d = high - low
    near, far = low + d * t, high - d * (1 - t)
    return ew.where(ew.eq(low, high), low, ew.where(ew.ge(t, 0.5), far, near))


@traceable(np.percentile)
def percentile(a, q, *args, **kwargs):
    """Return quantiles, given in percent."""
    return quantile(a, ew.div(arraylike(q), 100), *args, **kwargs)


@traceable(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *,
        dtype=None):  # fmt: skip
    """Return the covariance matrix of variables in rows."""
    x = _variables(m, y, rowvar, dtype)
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = [strong(arraylike(w)) for w in (fweights, aweights) if w is not None]
    w = None
    for one in weights:
        w = astype(one, np.float64) if w is None else w * one
    middle, total = average(x, 1, w, returned=True)
    if w is None:
        count = x.shape[1] - ddof
    elif ddof == 0:
        count = getitem(total, 0)
    elif aweights is None:
        count = getitem(total, 0) - ddof
    else:
        total = getitem(total, 0)
        count = total - ddof * sum_(w * aweights) / total
    x = x - getitem(middle, (slice(None), None))
    other = x if w is None else x * w
    z = dot(x, ew.conj(other.T) if other.dtype.kind == "c" else other.T)
    return _squeezed(z * (1 / count))


def _squeezed(z):
    return z.reshape(tuple(n for n in z.shape if n != 1))


def _variables(m, y, rowvar, dtype):
    rows = [atleast_2d(x) for x in (m, y) if x is not None]
    if dtype is None:
        dtype = np.result_type(*(dtype_of(x) for x in rows), np.float64)
    if not rowvar and ndim_of(m) > 1:
        rows[0] = rows[0].T
    if not rowvar and y is not None and rows[1].shape[0] != 1:
        rows[1] = rows[1].T
    rows = [astype(x, dtype) for x in rows]
    return concatenate(rows, 0) if len(rows) > 1 else rows[0]


@traceable(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """Return correlation coefficients of variables in rows."""
    c = cov(x, y, rowvar, dtype=dtype)
    if not shape_of(c):
        return c / c
    d = getitem(c, (np.arange(c.shape[0]),) * 2)
    s = ew.sqrt(d.real)
    c = c / getitem(s, (slice(None), None)) / getitem(s, (None, slice(None)))
    if c.dtype.kind == "c":
        parts = (ew.minimum(ew.maximum(part, -1), 1) for part in (c.real, c.imag))
        return complex_of(*parts, c.dtype)
    return ew.minimum(ew.maximum(c, -1), 1)
