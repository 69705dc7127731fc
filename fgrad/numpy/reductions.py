"""NumPy's reductions, with ``where=``, ``initial=`` and their kin."""

from __future__ import annotations

import numpy as np

from ..core import Tracer, dtype_of, known_value, ndim_of, shape_of
from ..ops import elementwise as ew
from ..ops import reduce as ops
from ..ops import scan
from ..ops.axes import normalize_axes
from ..ops.basic import astype, broadcast_to, reduce_sum, reshape
from ..ops.fold import fold
from .arrays import arraylike, strong
from .table import refuse_out, traceable, views


def given(value):
    """Return an argument, or None where NumPy's marker says that there is none."""
    return None if value is np._NoValue else value


def whole(where, initial=None):
    """Say whether a reduction is of all elements, and of nothing else."""
    return (given(where) is None or where is True) and given(initial) is None


def folded(function, a, axis, dtype, keepdims, initial, where):
    """Return ``function.reduce`` with an initial value or a mask."""
    a, where, initial = arraylike(a), given(where), given(initial)
    mask = True if where is None or where is True else arraylike(where)
    if mask is not True:
        if dtype_of(mask).kind != "b":
            raise TypeError(
                f"{function.__name__}: where= is boolean, got {dtype_of(mask)}"
            )
        shape = np.broadcast_shapes(shape_of(a), shape_of(mask))
        a, mask = (broadcast_to(strong(x), shape=shape) for x in (a, mask))
    axes = normalize_axes(axis, ndim_of(a), function.__name__, shape_of(a))
    started = initial is not None
    return fold(a, mask, arraylike(initial) if started else 0, function=function,
                axes=axes, keepdims=bool(given(keepdims)), started=started,
                dtype=None if dtype is None else np.dtype(dtype))  # fmt: skip


_SUM_OF_ALL = [
    {"axes": tuple(range(ndim)), "keepdims": False, "dtype": None} for ndim in range(65)
]


@traceable(np.sum)
def sum(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    """Sum elements over axes."""
    if axis is dtype is out is initial is where is None and type(a) is Tracer:
        if keepdims is False:  # most calls: be quick
            return a.owner.record(reduce_sum, (a,), _SUM_OF_ALL[a.ndim])
    refuse_out(out)
    if whole(where, initial):
        return ops.sum_(arraylike(a), axis, dtype, bool(given(keepdims)))
    return folded(np.add, a, axis, dtype, keepdims, initial, where)


@traceable(np.prod)
def prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    """Multiply elements over axes."""
    refuse_out(out)
    if whole(where, initial):
        return ops.prod(arraylike(a), axis, dtype, bool(given(keepdims)))
    return folded(np.multiply, a, axis, dtype, keepdims, initial, where)


def extremum(function, ufunc):
    """Return the definition of a maximum or minimum along axes."""

    def definition(a, axis=None, out=None, keepdims=False, initial=None, where=None):
        refuse_out(out)
        if whole(where, initial):
            return function(arraylike(a), axis, bool(given(keepdims)))
        return folded(ufunc, a, axis, None, keepdims, initial, where)

    return definition


max = traceable(np.max, np.amax)(extremum(ops.amax, np.maximum))
min = traceable(np.min, np.amin)(extremum(ops.amin, np.minimum))


@traceable(np.any)
def any(a, axis=None, out=None, keepdims=False, *, where=None):
    """Say whether any element is true."""
    refuse_out(out)
    if whole(where):
        return ops.any_(arraylike(a), axis, bool(given(keepdims)))
    return folded(np.logical_or, a, axis, None, keepdims, None, where)


@traceable(np.all)
def all_(a, axis=None, out=None, keepdims=False, *, where=None):
    """Say whether all elements are true."""
    refuse_out(out)
    if whole(where):
        return ops.all_(arraylike(a), axis, bool(given(keepdims)))
    return folded(np.logical_and, a, axis, None, keepdims, None, where)


@traceable(np.ptp)
def ptp(a, axis=None, out=None, keepdims=False):
    """Return the range of values."""
    refuse_out(out)
    return ops.ptp(arraylike(a), axis, bool(given(keepdims)))


@traceable(np.argmax)
def argmax(a, axis=None, out=None, *, keepdims=False):
    """Return the index of the first largest element."""
    refuse_out(out)
    return ops.arg_max(arraylike(a), axis, bool(given(keepdims)))


@traceable(np.argmin)
def argmin(a, axis=None, out=None, *, keepdims=False):
    """Return the index of the first smallest element."""
    refuse_out(out)
    return ops.arg_min(arraylike(a), axis, bool(given(keepdims)))


@traceable(np.count_nonzero)
def count_nonzero(a, axis=None, *, keepdims=False):
    """Count the elements that are not zero."""
    return ops.sum_(ew.ne(arraylike(a), 0), axis, np.intp, keepdims)


# -- mean, var, std ------------------------------------------------------------------


@traceable(np.mean)
def mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=None):
    """Return the arithmetic mean."""
    refuse_out(out)
    a, keepdims = arraylike(a), bool(given(keepdims))
    if whole(where):
        return ops.mean(a, axis, dtype, keepdims)
    half = dtype is None and dtype_of(a) == np.float16
    if dtype is None and dtype_of(a).kind in "iub":
        dtype = np.float64
    total = sum(a, axis, np.float32 if half else dtype, None, keepdims, where=where)
    z = astype(total / _count(a, axis, keepdims, where), dtype_of(total))
    return astype(z, np.float16) if half else z


def _count(a, axis, keepdims, where):
    where = broadcast_to(arraylike(where), shape=shape_of(a))
    return ops.sum_(where, axis, np.intp, keepdims)


@traceable(np.var)
def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=None,
        mean=None, correction=None):  # fmt: skip
    """Return the variance."""
    refuse_out(out)
    a, keepdims, mean = arraylike(a), bool(given(keepdims)), given(mean)
    ddof = degrees(ddof, correction)
    if whole(where) and mean is None:
        return ops.var(a, axis, dtype, ddof, keepdims)
    where = True if given(where) is None else where
    d = a - (_mean_kept(a, axis, dtype, where) if mean is None else mean)
    squares = ew.square(d)
    if dtype_of(d).kind == "c":
        squares = ew.square(ops.real(d)) + ew.square(ops.imag(d))
    total = sum(squares, axis, dtype, None, keepdims, where=where)
    n = _count(a, axis, keepdims, where)
    return astype(total / ew.maximum(n - ddof, 0), dtype_of(total))


def degrees(ddof, correction):
    """Return the one of ``ddof`` and ``correction`` that is given."""
    if given(correction) is None:
        return ddof
    if ddof != 0:
        raise ValueError("ddof and correction are one thing: give one of them")
    return correction


def _mean_kept(a, axis, dtype, where):
    return mean(a, axis, dtype, keepdims=True, where=where)


@traceable(np.std)
def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=None,
        mean=None, correction=None):  # fmt: skip
    """Return the standard deviation; of a constant it has gradient 0."""
    return ops.root(var(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean,
                        correction=correction))  # fmt: skip


@traceable(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    """Return the weighted mean."""
    a, keepdims = strong(arraylike(a)), bool(given(keepdims))
    if weights is None:
        z = ops.mean(a, axis, None, keepdims)
        n = np.asarray(a.size / z.size, z.dtype)
    else:
        w = weights_like(strong(arraylike(weights)), a, axis, "average")
        kinds = (a.dtype, w.dtype) + (("f8",) if a.dtype.kind in "iub" else ())
        dtype = np.result_type(*kinds)
        n = ops.sum_(w, axis, dtype, keepdims)
        if np.any(known_value(n) == 0):
            raise ZeroDivisionError("average: the weights add up to zero")
        product = ew.mul(astype(a, dtype), astype(w, dtype))
        z = ops.sum_(product, axis, None, keepdims) / n
    return (z, broadcast_to(n, shape=z.shape)) if returned else z


def weights_like(w, a, axis, name):
    """Return weights with an axis for each axis of an array."""
    if w.shape == a.shape:
        return w
    if axis is None:
        raise TypeError(
            f"{name}: weights of shape {w.shape} for an array of shape {a.shape} "
            "need an axis"
        )
    axes = (axis,) if not isinstance(axis, tuple) else axis
    axes = [ops.normalize_axis(i, a.ndim, name) for i in axes]
    if w.shape != tuple(a.shape[i] for i in axes):
        raise ValueError(
            f"{name}: weights of shape {w.shape} do not fit axes {tuple(axes)} of "
            f"shape {a.shape}"
        )
    order = sorted(range(len(axes)), key=axes.__getitem__)
    w = w.transpose(*order) if len(axes) > 1 else w
    return w.reshape(tuple(n if i in axes else 1 for i, n in enumerate(a.shape)))


# -- cumulative ----------------------------------------------------------------------


@traceable(np.cumsum)
def cumsum(a, axis=None, dtype=None, out=None):
    """Return the sums up to each element."""
    refuse_out(out)
    return scan.cum_sum(arraylike(a), axis, dtype)


@traceable(np.cumprod)
def cumprod(a, axis=None, dtype=None, out=None):
    """Return the products up to each element."""
    refuse_out(out)
    return scan.cum_prod(arraylike(a), axis, dtype)


def _cumulative(function, identity):
    def definition(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
        from .joining import concatenate

        refuse_out(out)
        if axis is None and ndim_of(x) > 1:
            raise ValueError(
                f"{function.__name__}: shape {shape_of(x)} has several axes: give axis"
            )
        axis = ops.normalize_axis(axis or 0, ndim_of(x) or 1, function.__name__)
        z = function(x, axis, dtype)
        if not include_initial:
            return z
        shape = (*z.shape[:axis], 1, *z.shape[axis + 1 :])
        return concatenate([np.full(shape, identity, z.dtype), z], axis)

    return definition


traceable("cumulative_sum")(_cumulative(scan.cum_sum, 0))
traceable("cumulative_prod")(_cumulative(scan.cum_prod, 1))


@traceable(np.apply_over_axes)
def apply_over_axes(func, a, axes):
    """Apply a reduction over one axis after the other, keeping them all."""
    z = arraylike(a)
    for axis in np.atleast_1d(axes).tolist():
        reduced = func(z, axis)
        kept = ndim_of(reduced) == ndim_of(z)
        shape = ops.kept_shape(shape_of(z), (axis % ndim_of(z),))
        z = reduced if kept else reshape(reduced, shape=shape)
    return z


views(np.apply_over_axes)  # it returns its argument if there are no axes
