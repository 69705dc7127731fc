"""NumPy's reductions, with ``where=``, ``initial=`` and their kin."""

from __future__ import annotations

import numpy as np

from ..core import UFUNC_METHODS, Tracer, dtype_of, ndim_of, shape_of
from ..errors import UntraceableError
from ..ops import elementwise as ew
from ..ops import reduce as ops
from ..ops import scan
from ..ops.basic import astype, broadcast_to, reduce_sum, reshape
from .arrays import arraylike, strong
from .table import refuse_out, traceable


def given(value):
    """Return an argument, or None where NumPy's marker says that there is none."""
    return None if value is np._NoValue else value


def _chosen(a, where, identity):
    """Return an array with what ``where`` excludes replaced by an identity."""
    a, where = arraylike(a), given(where)
    if where is None or where is True:
        return a
    where = arraylike(where)
    shape = np.broadcast_shapes(shape_of(a), shape_of(where))
    if identity is None:
        raise ValueError("max and min with where= need initial=")
    z = ew.where(where, a, dtype_of(a).type(identity))
    return z if shape_of(z) == shape else broadcast_to(z, shape=shape)


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
    z = ops.sum_(_chosen(a, where, 0), axis, dtype, bool(given(keepdims)))
    return z if (initial := given(initial)) is None else initial + z


@traceable(np.prod)
def prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    """Multiply elements over axes."""
    refuse_out(out)
    z = ops.prod(_chosen(a, where, 1), axis, dtype, bool(given(keepdims)))
    return z if (initial := given(initial)) is None else initial * z


def _extremum(function, pair):
    def definition(a, axis=None, out=None, keepdims=False, initial=None, where=None):
        refuse_out(out)
        initial = given(initial)
        if given(where) is None and initial is None:
            return function(arraylike(a), axis, bool(given(keepdims)))
        a = arraylike(a)
        if given(where) is not None and given(where) is not True:
            if initial is None:
                raise ValueError(f"np.{pair.name} of traced values with where= needs "
                                 "initial=, a value for nothing")  # fmt: skip
            a = ew.where(arraylike(where), a, initial)
        z = _or_empty(function, a, axis, bool(given(keepdims)), initial)
        return z if initial is None else pair(z, initial)

    return definition


def _or_empty(function, a, axis, keepdims, initial):
    """Reduce, or give the initial value where there is nothing to reduce."""
    axes = ops.normalize_axes(axis, ndim_of(a), "max", shape_of(a))
    shape = shape_of(a)
    if initial is None or all(shape[i] for i in axes):
        return function(a, axis, keepdims)
    shape = ops.reduced_shape(shape, axes, keepdims)
    return broadcast_to(astype(initial, dtype_of(a)), shape=shape)


max = traceable(np.max, np.amax)(_extremum(ops.amax, ew.maximum))
min = traceable(np.min, np.amin)(_extremum(ops.amin, ew.minimum))


@traceable(np.any)
def any(a, axis=None, out=None, keepdims=False, *, where=None):
    """Say whether any element is true."""
    refuse_out(out)
    return ops.any_(_chosen(a, where, 0), axis, bool(given(keepdims)))


@traceable(np.all)
def all_(a, axis=None, out=None, keepdims=False, *, where=None):
    """Say whether all elements are true."""
    refuse_out(out)
    return ops.all_(_chosen(a, where, 1), axis, bool(given(keepdims)))


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
    if given(where) is None or where is True:
        return ops.mean(a, axis, dtype, keepdims)
    if dtype is None and dtype_of(a).kind in "iub":
        dtype = np.float64
    total = sum(a, axis, dtype, None, keepdims, where=where)
    return astype(total / _count(a, axis, keepdims, where), dtype_of(total))


def _count(a, axis, keepdims, where):
    where = broadcast_to(arraylike(where), shape=shape_of(a))
    return ops.sum_(where, axis, np.intp, keepdims)


@traceable(np.var)
def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=None,
        mean=None, correction=None):  # fmt: skip
    """Return the variance."""
    refuse_out(out)
    a, keepdims, mean = arraylike(a), bool(given(keepdims)), given(mean)
    ddof = ddof if given(correction) is None else correction
    if (given(where) is None or where is True) and mean is None:
        return ops.var(a, axis, dtype, ddof, keepdims)
    where = True if given(where) is None else where
    d = a - (_mean_kept(a, axis, dtype, where) if mean is None else mean)
    squares = ew.square(d)
    if dtype_of(d).kind == "c":
        squares = ew.square(ops.real(d)) + ew.square(ops.imag(d))
    total = sum(squares, axis, dtype, None, keepdims, where=where)
    n = _count(a, axis, keepdims, where)
    return astype(total / ew.maximum(n - ddof, 0), dtype_of(total))


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
        w = _weights(strong(arraylike(weights)), a, axis)
        kinds = (a.dtype, w.dtype) + (("f8",) if a.dtype.kind in "iub" else ())
        dtype = np.result_type(*kinds)
        n = ops.sum_(w, axis, dtype, keepdims)
        product = ew.mul(astype(a, dtype), astype(w, dtype))
        z = ops.sum_(product, axis, None, keepdims) / n
    return (z, broadcast_to(n, shape=z.shape)) if returned else z


def _weights(w, a, axis):
    if w.shape == a.shape:
        return w
    if axis is None:
        raise TypeError(
            f"average: weights of shape {w.shape} for an array of shape {a.shape} "
            "need an axis"
        )
    axes = (axis,) if not isinstance(axis, tuple) else axis
    axes = [ops.normalize_axis(i, a.ndim, "average") for i in axes]
    if w.shape != tuple(a.shape[i] for i in axes):
        raise ValueError(
            f"average: weights of shape {w.shape} do not fit axes {tuple(axes)} of "
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

# -- leaving nan out -----------------------------------------------------------------


def _replaced(a, value):
    """Return an array without nan, and where nan was (None if it cannot have any)."""
    a = arraylike(a)
    if dtype_of(a).kind not in "fc":
        return a, None
    mask = ew.isnan(a)
    return ew.where(mask, dtype_of(a).type(value), a), mask


def _without_nan(function, value):
    def definition(a, *args, **kwargs):
        return function(_replaced(a, value)[0], *args, **kwargs)

    return definition


nansum = traceable(np.nansum)(_without_nan(sum, 0))
nanprod = traceable(np.nanprod)(_without_nan(prod, 1))
traceable(np.nancumsum)(_without_nan(cumsum, 0))
traceable(np.nancumprod)(_without_nan(cumprod, 1))
traceable(np.nanargmax)(_without_nan(argmax, -np.inf))
traceable(np.nanargmin)(_without_nan(argmin, np.inf))


def _nan_extremum(function, value):
    def definition(a, axis=None, out=None, keepdims=False, initial=None, where=None):
        a, mask = _replaced(a, value)
        keepdims = bool(given(keepdims))
        z = function(a, axis, out, keepdims, initial, where)
        if mask is None:
            return z
        return ew.where(ops.all_(mask, axis, keepdims), dtype_of(z).type(np.nan), z)

    return definition


traceable(np.nanmax)(_nan_extremum(max, -np.inf))
traceable(np.nanmin)(_nan_extremum(min, np.inf))


@traceable(np.nanmean)
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=None):
    """Return the mean of what is not nan."""
    a, mask = _replaced(a, 0)
    if mask is None:
        return mean(a, axis, dtype, out, keepdims, where=where)
    total = sum(a, axis, dtype, out, keepdims, where=where)
    return astype(total / _present(mask, axis, keepdims, where), dtype_of(total))


def _present(mask, axis, keepdims, where):
    return sum(ew.logical_not(mask), axis, np.intp, None, keepdims, where=where)


@traceable(np.nanvar)
def nanvar(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=None,
           mean=None, correction=None):  # fmt: skip
    """Return the variance of what is not nan."""
    a, mask = _replaced(a, 0)
    ddof = ddof if given(correction) is None else correction
    if mask is None:
        return var(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean)
    if (mean := given(mean)) is None:
        total = sum(a, axis, dtype, None, True, where=where)
        mean = astype(total / _present(mask, axis, True, where), dtype_of(total))
    d = ew.where(mask, 0, a - mean)
    squares = ops.real(d * ew.conj(d)) if dtype_of(d).kind == "c" else d * d
    total = sum(squares, axis, dtype, out, keepdims, where=where)
    n = _present(mask, axis, keepdims, where) - ddof
    return ew.where(ew.le(n, 0), np.nan, astype(total / n, dtype_of(total)))


@traceable(np.nanstd)
def nanstd(*args, **kwargs):
    """Return the standard deviation of what is not nan."""
    return ops.root(nanvar(*args, **kwargs))


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


# -- as methods of ufuncs ------------------------------------------------------------

REDUCE = {
    np.add: sum,
    np.multiply: prod,
    np.maximum: max,
    np.minimum: min,
    np.logical_and: all_,
    np.logical_or: any,
}
ACCUMULATE = {np.add: cumsum, np.multiply: cumprod}


def _reduce(ufunc, array, axis=0, dtype=None, out=None, keepdims=False, initial=None,
            where=True):  # fmt: skip
    function = _known_method(REDUCE, ufunc, "reduce")
    options = {} if given(initial) is None else {"initial": initial}
    if dtype is not None:
        array = astype(arraylike(array), np.dtype(dtype))
    options |= {"dtype": dtype} if function in (sum, prod) else {}
    return function(array, axis, out=out, keepdims=keepdims,
                    where=None if where is True else where, **options)  # fmt: skip


def _accumulate(ufunc, array, axis=0, dtype=None, out=None):
    return _known_method(ACCUMULATE, ufunc, "accumulate")(array, axis, dtype, out)


def _known_method(table, ufunc, method):
    if ufunc not in table:
        names = ", ".join(f"np.{u.__name__}" for u in table)
        raise UntraceableError(
            f"np.{ufunc.__name__}.{method} has no traceable definition in fgrad; "
            f"the ufuncs that have are {names}"
        )
    return table[ufunc]


UFUNC_METHODS["reduce"] = _reduce
UFUNC_METHODS["accumulate"] = _accumulate
