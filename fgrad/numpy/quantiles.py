"""NumPy's order statistics: medians, quantiles, and the same without nan."""

from __future__ import annotations

import numpy as np

from ..core import Tracer, aval_of, dtype_of, known_value, ndim_of, shape_of
from ..ops import elementwise as ew
from ..ops import sort as sorting
from ..ops.axes import normalize_axes
from ..ops.basic import astype, broadcast_to, reshape
from ..ops.index import getitem, take
from ..ops.reduce import mean, sum_
from ..ops.scan import cum_sum
from .arrays import arraylike, as_scalar, strong
from .joining import concatenate
from .reductions import given, weights_like
from .shapes import moveaxis
from .table import refuse_out, traceable


def merged(a, axis, name):
    """Return an array with the axes of a reduction as its last axis, and those axes."""
    a = strong(arraylike(a))
    axes = normalize_axes(axis, a.ndim, name, a.shape)
    rest = [i for i in range(a.ndim) if i not in axes]
    if len(axes) != 1:
        a = moveaxis(a, rest, list(range(len(rest))))
        a = a.reshape((*a.shape[: len(rest)], -1))
        return a, axes, a.ndim - 1
    return a, axes, axes[0]


def kept(z, axes, keepdims, lead=0):
    """Return a reduction with its axes kept, if they are to be."""
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
    x, axes, axis = merged(a, axis, "median")
    n = x.shape[axis]
    if n == 0:
        return kept(mean(x, axis), axes, keepdims)
    first, last = (n - 1) // 2, n // 2
    inexact = x.dtype.kind in "fc"
    places = (first, last, n - 1) if inexact else (first, last)
    part = sorting.partition(x, places, axis)
    lead = (slice(None),) * axis
    z = mean(getitem(part, (*lead, slice(first, last + 1))), axis)
    if inexact:
        top = getitem(part, (*lead, -1))
        z = ew.where(ew.isnan(top), top, z)
    return as_scalar(kept(z, axes, keepdims))


@traceable(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """Return the median of what is not nan."""
    refuse_out(out)
    x, axes, axis = merged(a, axis, "nanmedian")
    if x.dtype.kind not in "fc":
        return median(a, axes, keepdims=bool(given(keepdims)))
    x = moveaxis(sorting.sort(x, axis), axis, -1)
    n = sum_(ew.logical_not(ew.isnan(x)), -1, np.intp, True)
    places = concatenate([ew.maximum((n - 1) // 2, 0), n // 2], -1)
    places = ew.minimum(places, x.shape[-1] - 1)
    return kept(mean(sorting.take_along_axis(x, places, -1), -1), axes, keepdims)


# -- quantiles -----------------------------------------------------------------------


@traceable(np.quantile)
def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear",
             keepdims=False, *, weights=None):  # fmt: skip
    """Return quantiles, by one of NumPy's methods.

    The derivative with respect to ``q`` is that of the piece which begins there, and
    zero for the methods that choose one element.
    """
    refuse_out(out)
    return _quantile("quantile", a, q, 1, axis, method, keepdims, weights)


@traceable(np.percentile)
def percentile(a, q, axis=None, out=None, overwrite_input=False, method="linear",
               keepdims=False, *, weights=None):  # fmt: skip
    """Return quantiles, given in percent."""
    refuse_out(out)
    return _quantile("percentile", a, q, 100, axis, method, keepdims, weights)


@traceable(np.nanquantile)
def nanquantile(a, q, axis=None, out=None, overwrite_input=False, method="linear",
                keepdims=False, *, weights=None):  # fmt: skip
    """Return quantiles of what is not nan."""
    refuse_out(out)
    return _quantile("nanquantile", a, q, 1, axis, method, keepdims, weights)


@traceable(np.nanpercentile)
def nanpercentile(a, q, axis=None, out=None, overwrite_input=False, method="linear",
                  keepdims=False, *, weights=None):  # fmt: skip
    """Return quantiles of what is not nan, given in percent."""
    refuse_out(out)
    return _quantile("nanpercentile", a, q, 100, axis, method, keepdims, weights)


def _quantile(name, a, q, percent, axis, method, keepdims, weights):
    q = arraylike(q)
    weak = aval_of(q).weak
    q = ew.div(q, 100) if percent == 100 else q
    _check(name, a, q, percent, method, weights)
    inside = None
    if known_value(q) is None:
        inside = ew.ge(q, 0) & ew.le(q, 1)
        q = ew.where(inside, q, 0)
    x, axes, place = merged(a, axis, name)
    skip = name.startswith("nan") and x.dtype.kind == "f"
    if weights is not None:
        w = weights_like(strong(arraylike(weights)), strong(arraylike(a)), axis, name)
        w, _, _ = merged(broadcast_to(w, shape=shape_of(a)), axis, name)
        z = _weighted(moveaxis(x, place, 0), moveaxis(w, place, 0), q, skip)
    elif skip:
        z = _present(moveaxis(x, place, 0), q, method, weak)
    else:
        z = _whole(moveaxis(x, place, 0), q, method, weak)
    if inside is not None and z.dtype.kind == "f":
        inside = reshape(inside, shape=shape_of(q) + (1,) * (z.ndim - ndim_of(q)))
        z = ew.where(inside, z, z.dtype.type(np.nan))
    return as_scalar(kept(z, axes, keepdims, ndim_of(q)))


def _check(name, a, q, percent, method, weights):
    if dtype_of(a).kind == "c":
        raise TypeError(f"{name}: complex numbers have no order, got {dtype_of(a)}")
    if method not in METHODS:
        raise ValueError(
            f"{name}: {method!r} is no method; they are {', '.join(METHODS)}"
        )
    if weights is not None and method != "inverted_cdf":
        raise ValueError(
            f"{name}: only the method 'inverted_cdf' takes weights, got {method!r}"
        )
    if ndim_of(q) > 1:
        raise ValueError(f"{name}: q is a number or a vector, got shape {shape_of(q)}")
    if (known := known_value(q)) is not None and not np.all(
        (known >= 0) & (known <= 1)
    ):
        raise ValueError(f"{name}: q is in the range [0, {percent}]")
    if weights is not None:
        known = known_value(arraylike(weights))
        if known is not None and np.any(known < 0):
            raise ValueError(f"{name}: weights must not be negative")


def _whole(x, q, method, weak):
    """Return quantiles along the first axis; a nan makes them nan."""
    n = x.shape[0]
    places = METHODS[method](n, q)
    x = sorting.sort(x, 0)
    if method in CHOOSING or (method == "linear" and dtype_of(places).kind in "iu"):
        z = take(x, places, 0)
    else:
        below, above, share = _neighbours(method, n, places)
        if ndim_of(share):
            share = reshape(share, shape=shape_of(share) + (1,) * (x.ndim - 1))
        z = _between(take(x, below, 0), take(x, above, 0), share, weak)
    if x.dtype.kind == "f":
        top = getitem(x, -1)
        z = ew.where(ew.isnan(top), top, z)
    return z


def _present(x, q, method, weak):
    """Return quantiles along the first axis of what is not nan."""
    n = sum_(ew.logical_not(ew.isnan(x)), 0, np.intp)
    q = reshape(strong(q), shape=shape_of(q) + (1,) * (x.ndim - 1))
    kind = dtype_of(q) if dtype_of(q).kind == "f" else np.float64
    places = METHODS[method](astype(n, kind), q)
    x = sorting.sort(x, 0)
    if method in CHOOSING:
        z = _along(x, ew.minimum(places, ew.maximum(n - 1, 0)))
    else:
        below, above, share = _neighbours(method, ew.maximum(n, 1), places)
        z = _between(_along(x, below), _along(x, above), share, weak)
    return ew.where(ew.eq(n, 0), dtype_of(z).type(np.nan), z)


def _along(x, places):
    """Return the elements along the first axis at places of the shape of the rest."""
    shape = shape_of(places)
    lead = shape[: len(shape) - (x.ndim - 1)]
    rows = reshape(places, shape=(int(np.prod(lead)), *shape[len(lead) :]))
    return reshape(sorting.take_along_axis(x, rows, 0), shape=shape)


def _neighbours(method, n, places):
    """Return the places before and after, and how far it is from the first."""
    kind, first = dtype_of(places), ew.lt(places, 0)
    places = ew.where(first, 0, places)
    places = ew.where(ew.gt(places, n - 1), n - 1, places)
    floor = ew.floor(places)
    share = places - floor
    if method == "averaged_inverted_cdf":
        share = ew.where(ew.eq(share, 0), 0.5, 1.0)
    elif method == "midpoint":
        share = ew.where(ew.eq(share, 0), 0.0, 0.5)
    below = astype(floor, np.intp)
    above = ew.where(first, 0, ew.minimum(below + 1, n - 1))
    return below, above, astype(share, kind)


def _between(low, high, t, weak):
    """Interpolate from both ends, so that the result is monotonic in ``t``."""
    d = high - low
    late, rest = ew.ge(t, 0.5), 1 - t
    if weak:
        t, rest = _weakly(t, d), _weakly(rest, d)
    return ew.where(late, high - d * rest, low + d * t)


def _weakly(share, d):
    """Return the share of a number ``q``: it does not widen the dtype."""
    if type(share) is not Tracer and ndim_of(share) == 0:
        return float(share)
    return astype(share, dtype_of(d) if dtype_of(d).kind == "f" else np.float64)


def _weighted(x, w, q, skip):
    """Return the first elements at which the weights add up to a share ``q``."""
    order = sorting.arg_sort(x, 0)
    x, w = (sorting.take_along_axis(y, order, 0) for y in (x, w))
    n = x.shape[0]
    if skip:
        w = ew.where(ew.isnan(x), 0, w)
        n = sum_(ew.logical_not(ew.isnan(x)), 0, np.intp)
    cdf = cum_sum(w, 0, np.float64)
    cdf = cdf / getitem(cdf, -1)
    known = known_value(cdf)
    if known is not None and not skip and np.isnan(known[-1]).any():
        raise ValueError("Weights included NaN, inf or were all zero.")
    cdf = astype(cdf, dtype_of(q)) if dtype_of(q).kind == "f" else cdf
    cdf = ew.where(ew.eq(cdf, 0), -1, cdf)  # what has no weight is not the first
    share = reshape(strong(q), shape=(*(shape_of(q) or (1,)), *(1,) * x.ndim))
    places = ew.minimum(sum_(ew.lt(cdf, share), 1, np.intp), n - 1)
    z = sorting.take_along_axis(x, ew.maximum(places, 0), 0)
    z = z if ndim_of(q) else getitem(z, 0)
    if x.dtype.kind == "f" and not skip:
        top = getitem(x, -1)
        z = ew.where(ew.isnan(top), top, z)
    return z


# -- the methods: where a quantile lies among the sorted elements --------------------


def _virtual(alpha, beta):
    return lambda n, q: n * q + (alpha + q * (1 - alpha - beta)) - 1


def _rounded(rounding):
    return lambda n, q: astype(rounding((n - 1) * q), np.intp)


def _at_boundary(shift, first):
    """Return a method that takes the element after a place, or the one at it."""

    def method(n, q):
        place = n * q - 1 - shift if shift else n * q - 1
        floor = ew.floor(place)
        z = ew.where(first(place - floor, floor), floor, floor + 1)
        return astype(ew.maximum(z, 0), np.intp)

    return method


def _linear(n, q):
    return (n - 1) * q


# fmt: off
METHODS = {
    "inverted_cdf": _at_boundary(0, lambda share, floor: ew.eq(share, 0)),
    "averaged_inverted_cdf": lambda n, q: n * q - 1,
    "closest_observation": _at_boundary(
        0.5, lambda share, floor: ew.eq(share, 0) & ew.eq(ew.mod(floor, 2), 1)),
    "interpolated_inverted_cdf": _virtual(0, 1),
    "hazen": _virtual(0.5, 0.5),
    "weibull": _virtual(0, 0),
    "linear": _linear,
    "median_unbiased": _virtual(1 / 3.0, 1 / 3.0),
    "normal_unbiased": _virtual(3 / 8.0, 3 / 8.0),
    "lower": _rounded(ew.floor),
    "higher": _rounded(ew.ceil),
    "midpoint": lambda n, q: 0.5 * (ew.floor((n - 1) * q) + ew.ceil((n - 1) * q)),
    "nearest": _rounded(ew.rint),
}
# fmt: on
CHOOSING = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")
