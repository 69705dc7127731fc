"""NumPy's differences, integrals, interpolation and number sequences."""

from __future__ import annotations

import operator
from math import pi

import numpy as np

from ..core import dtype_of, known_value, ndim_of, shape_of
from ..ops import elementwise as ew
from ..ops.axes import normalize_axes, normalize_axis
from ..ops.basic import astype, reshape
from ..ops.index import at, getitem, take
from ..ops.reduce import sum_
from ..ops.scan import cum_sum
from .arrays import arraylike, arraylikes, as_scalar, strong
from .facts import result_type
from .joining import concatenate
from .reductions import given
from .searching import argsort, searchsorted
from .shapes import broadcast_to, moveaxis, ravel
from .table import traceable


def _part(x, axis, *bounds):
    """Return ``x[start:stop]`` along an axis."""
    return getitem(x, (slice(None),) * axis + (slice(*bounds),))


@traceable(np.diff)
def diff(a, n=1, axis=-1, prepend=None, append=None):
    """Return the differences of neighbours along an axis, ``n`` times."""
    a = arraylike(a)
    if n < 0 or not shape_of(a):
        raise ValueError(f"diff: order {n} of shape {shape_of(a)} is not defined")
    if n == 0:
        return a
    axis = normalize_axis(axis, ndim_of(a), "diff", shape_of(a))
    ends = [_end(x, a, axis) for x in (prepend, append)]
    if any(ends):
        a = concatenate([*ends[0], a, *ends[1]], axis)
    subtract = ew.ne if dtype_of(a).kind == "b" else ew.sub
    for _ in range(n):
        a = subtract(_part(a, axis, 1, None), _part(a, axis, None, -1))
    return a


def _end(x, a, axis):
    if given(x) is None:
        return []
    x, shape = strong(arraylike(x)), shape_of(a)
    return [x if x.ndim else broadcast_to(x, (*shape[:axis], 1, *shape[axis + 1 :]))]


@traceable(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    """Return the differences of neighbours, with values before and after."""
    x = ravel(ary)
    ends = [
        [] if e is None else [astype(ravel(e), x.dtype)] for e in (to_begin, to_end)
    ]
    z = ew.sub(_part(x, 0, 1, None), _part(x, 0, None, -1))
    return concatenate([*ends[0], z, *ends[1]]) if any(ends) else z


@traceable(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Integrate along an axis by the trapezoidal rule."""
    y = arraylike(y)
    axis = normalize_axis(axis, ndim_of(y), "trapezoid", shape_of(y))
    d = arraylike(dx)
    if x is not None:
        x = arraylike(x)
        d = diff(x, axis=-1 if ndim_of(x) == 1 else axis)
        if ndim_of(x) == 1:
            d = reshape(d, shape=tuple(
                d.size if a == axis else 1 for a in range(ndim_of(y))))  # fmt: skip
    return sum_(d * (_part(y, axis, 1, None) + _part(y, axis, None, -1)) / 2.0, axis)


@traceable(np.unwrap)
def unwrap(p, discont=None, axis=-1, *, period=2 * pi):
    """Add periods so that no jump is larger than half of one."""
    p = strong(arraylike(p))
    axis = normalize_axis(axis, p.ndim, "unwrap", p.shape)
    dd = diff(p, axis=axis)
    discont = period / 2 if discont is None else discont
    dtype = np.result_type(dd.dtype, period)
    high, odd = divmod(period, 2) if dtype.kind in "iu" else (period / 2, 0)
    modulo = ew.mod(dd + high, period) - high
    if odd == 0:
        modulo = ew.where(ew.eq(modulo, -high) & ew.gt(dd, 0), high, modulo)
    correction = ew.where(ew.lt(ew.absolute(dd), discont), 0, modulo - dd)
    periods = ew.stop_gradient_p(correction)  # whole ones, which jump or stay
    rest = _part(p, axis, 1, None) + cum_sum(periods, axis)
    return concatenate([astype(_part(p, axis, 0, 1), dtype), rest], axis)


# -- gradient ------------------------------------------------------------------------


@traceable(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    """Return finite differences of samples along axes, of second order inside."""
    f = strong(arraylike(f))
    f = astype(f, np.float64) if f.dtype.kind in "iu" else f
    axes = _ordered(axis, f.ndim)
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, got {edge_order}")
    spacing = _spacings(f, axes, varargs)
    for a in axes:
        if f.shape[a] < edge_order + 1:
            raise ValueError(
                f"gradient: axis {a} of shape {f.shape} has too few samples for "
                f"edge_order={edge_order}; it needs {edge_order + 1}"
            )
    result = tuple(
        _slope(f, a, dx, edge_order) for a, dx in zip(axes, spacing, strict=True)
    )
    return result[0] if len(axes) == 1 else result


def _ordered(axis, ndim):
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    normalize_axes(axes, ndim, "gradient")
    return tuple(normalize_axis(a, ndim, "gradient") for a in axes)


def _spacings(f, axes, varargs):
    given = arraylikes(*varargs)
    if not given:
        return [1.0] * len(axes)
    if len(given) == 1 and ndim_of(given[0]) == 0:
        return given * len(axes)
    if len(given) != len(axes):
        raise TypeError(f"gradient: {len(given)} spacings for {len(axes)} axes")
    return [_spacing(dx, f.shape[a]) for dx, a in zip(given, axes, strict=True)]


def _spacing(dx, n):
    if ndim_of(dx) == 0:
        return dx
    if shape_of(dx) != (n,):
        raise ValueError(f"gradient: {shape_of(dx)} coordinates for {n} samples")
    dx = astype(dx, np.float64) if dtype_of(dx).kind in "iu" else dx
    d = diff(dx)
    equal = type(d) is np.ndarray and (d == d[0]).all()
    return d[0] if equal else d


def _slope(f, axis, dx, edge_order):
    def at_(i):
        return getitem(f, (slice(None),) * axis + (slice(i, i + 1 or None),))

    even = ndim_of(dx) == 0
    left, middle = _part(f, axis, None, -2), _part(f, axis, 1, -1)
    right = _part(f, axis, 2, None)
    if even:
        inner = (right - left) / (2.0 * dx)
        first, last = dx, dx
    else:
        dx1, dx2 = getitem(dx, slice(0, -1)), getitem(dx, slice(1, None))
        shape = tuple(-1 if a == axis else 1 for a in range(f.ndim))
        a, b, c = (w.reshape(shape) for w in _inner_weights(dx1, dx2))
        inner = a * left + b * middle + c * right
        first, last = getitem(dx, 0), getitem(dx, -1)
    if edge_order == 1:
        ends = (at_(1) - at_(0)) / first, (at_(-1) - at_(-2)) / last
    else:
        ends = _second_order_ends(at_, dx, even)
    return astype(concatenate([ends[0], inner, ends[1]], axis), f.dtype)


def _inner_weights(dx1, dx2):
    return (-dx2 / (dx1 * (dx1 + dx2)), (dx2 - dx1) / (dx1 * dx2),
            dx1 / (dx2 * (dx1 + dx2)))  # fmt: skip


def _second_order_ends(at_, dx, even):
    if even:
        head = (-1.5 / dx, 2.0 / dx, -0.5 / dx)
        tail = (0.5 / dx, -2.0 / dx, 1.5 / dx)
    else:
        p, q = getitem(dx, 0), getitem(dx, 1)
        head = (-(2.0 * p + q) / (p * (p + q)), (p + q) / (p * q), -p / (q * (p + q)))
        p, q = getitem(dx, -2), getitem(dx, -1)
        tail = (q / (p * (p + q)), -(q + p) / (p * q), (2.0 * q + p) / (q * (p + q)))
    return (head[0] * at_(0) + head[1] * at_(1) + head[2] * at_(2),
            tail[0] * at_(-3) + tail[1] * at_(-2) + tail[2] * at_(-1))  # fmt: skip


# -- interpolation -------------------------------------------------------------------


@traceable(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    """Interpolate linearly between points whose ``xp`` increase."""
    x, xp, fp = (strong(arraylike(v)) for v in (x, xp, fp))
    if "c" in (x.dtype.kind, xp.dtype.kind):
        raise TypeError(
            f"interp: x and xp must be real, got dtypes {x.dtype} and {xp.dtype}"
        )
    if xp.ndim != 1 or fp.shape != xp.shape or not xp.size:
        raise ValueError(
            f"interp: xp and fp must be vectors of one length, got shapes {xp.shape} "
            f"and {fp.shape}"
        )
    x, xp = astype(x, np.float64), astype(xp, np.float64)
    fp = astype(fp, np.complex128 if fp.dtype.kind == "c" else np.float64)
    if period is not None:
        if known_value(period) == 0:
            raise ValueError("interp: the period must not be 0")
        x, xp, fp, left, right = _periodic(x, xp, fp, abs(period))
    if xp.size == 1:
        inside = broadcast_to(getitem(fp, 0), x.shape)
    else:
        j = searchsorted(xp, x, "right") - 1
        j = ew.minimum(ew.maximum(j, 0), xp.size - 2)
        x0, x1, y0, y1 = (take(v, i) for v in (xp, fp) for i in (j, j + 1))
        piece = _between if _tame(xp, fp) else _carefully_between
        inside = piece(x, x0, x1, y0, y1)
        inside = ew.where(ew.eq(x, getitem(xp, -1)), getitem(fp, -1), inside)
    left = getitem(fp, 0) if left is None else left
    right = getitem(fp, -1) if right is None else right
    z = ew.where(ew.lt(x, getitem(xp, 0)), left, inside)
    return as_scalar(ew.where(ew.gt(x, getitem(xp, -1)), right, z))


def _tame(xp, fp):
    """Say whether all slopes between some points are known to be finite."""
    xp, fp = known_value(xp), known_value(fp)
    if xp is None or fp is None:
        return False
    with np.errstate(all="ignore"):
        return np.isfinite(np.diff(fp) / np.diff(xp)).all()


def _between(x, x0, x1, y0, y1):
    return (y1 - y0) / (x1 - x0) * (x - x0) + y0


def _carefully_between(x, x0, x1, y0, y1):
    """Interpolate between ends that may be infinite or nan, as NumPy does."""
    slope = (y1 - y0) / (x1 - x0)
    knot = (ew.eq(x, x0) | ew.eq(x, x1)) & ew.logical_not(ew.isfinite(slope))
    slope = ew.where(knot, 0, slope)
    z, back = slope * (x - x0) + y0, slope * (x - x1) + y1
    level = ew.isnan(back) & ew.eq(y0, y1) & ew.eq(x, x)
    back = ew.where(level | ew.eq(x, x0), y0, back)
    return ew.where(ew.isnan(z), back, z)


def _periodic(x, xp, fp, period):
    x, xp = ew.mod(x, period), ew.mod(xp, period)
    order = argsort(xp)
    xp, fp = take(xp, order), take(fp, order)
    ends = (slice(-1, None), slice(0, 1))
    before, after = (getitem(xp, e) for e in ends)
    xp = concatenate([before - period, xp, after + period])
    before, after = (getitem(fp, e) for e in ends)
    return x, xp, concatenate([before, fp, after]), None, None


# -- sequences of numbers ------------------------------------------------------------


@traceable(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *,
             device=None):  # fmt: skip
    """Return evenly spaced numbers between traced ends."""
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"linspace: cannot make {num} samples")
    start, stop = arraylikes(start, stop)
    inexact = result_type(start, stop, 1.0)
    start, stop = astype(start, inexact), astype(stop, inexact)
    delta, div = stop - start, (num - 1 if endpoint else num)
    y = np.arange(num, dtype=inexact).reshape((-1,) + (1,) * ndim_of(delta))
    step = delta / div if div > 0 else np.nan
    y = _steps(y, delta, step, div) + start
    if endpoint and num > 1:
        y = at(y)[-1].set(stop)
    y = y if axis == 0 else moveaxis(y, 0, axis)
    if dtype is not None:
        y = ew.floor(y) if np.issubdtype(dtype, np.integer) else y
        y = astype(y, np.dtype(dtype))
    return (y, step) if retstep else y


def _steps(y, delta, step, div):
    """Return ``y * step``, computed with care where a step underflows to zero."""
    if div <= 0:
        return y * delta
    from .elementwise import truth
    from .reductions import any as any_

    vanishes = truth(any_(ew.eq(step, 0)))
    if vanishes is False:
        return y * step
    exact = (y / div) * delta
    return exact if vanishes is True else ew.where(vanishes, exact, y * step)


@traceable(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    """Return numbers evenly spaced on a logarithmic scale."""
    start, stop, base = arraylikes(start, stop, base)
    if ndim_of(base):
        rank = max(map(ndim_of, (start, stop, base)))
        start, stop, base = (
            reshape(strong(x), shape=(1,) * (rank - ndim_of(x)) + shape_of(x))
            for x in (start, stop, base)
        )
        at_ = normalize_axis(axis, rank + 1, "logspace")
        base = reshape(base, shape=(*base.shape[:at_], 1, *base.shape[at_:]))
    z = ew.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return z if dtype is None else astype(z, np.dtype(dtype))


@traceable(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Return numbers evenly spaced as a geometric progression."""
    start, stop = strong(arraylike(start)), strong(arraylike(stop))
    if any(np.any(known_value(end) == 0) for end in (start, stop)):
        raise ValueError("geomspace: a geometric sequence cannot include zero")
    dt = np.result_type(start.dtype, stop.dtype, np.dtype(dtype))  # of None: float64
    dt = np.result_type(dt, np.float16)
    start, stop = astype(start, dt), astype(stop, dt)
    sign = ew.sign(start)
    start, stop = start / sign, stop / sign
    z = logspace(ew.log10(start), ew.log10(stop), num, endpoint, 10.0, dt)
    if num > 0:
        z = at(z)[0].set(start)
    if num > 1 and endpoint:
        z = at(z)[-1].set(stop)
    z = z * sign
    z = z if axis == 0 else moveaxis(z, 0, axis)
    return astype(z, dt if dtype is None else np.dtype(dtype))
