"""NumPy's reductions that leave nan out."""

from __future__ import annotations

import functools

import numpy as np

from ..core import dtype_of, known_value, shape_of
from ..ops import elementwise as ew
from ..ops import reduce as ops
from ..ops.axes import normalize_axes
from ..ops.basic import astype
from ..ops.reduce import reduce_fmax, reduce_fmin
from . import reductions as whole
from .arrays import arraylike
from .reductions import given
from .table import refuse_out, traceable


def _replaced(a, value):
    """Return an array without nan, and where nan was (None if it cannot have any)."""
    a = arraylike(a)
    if dtype_of(a).kind not in "fc":
        return a, None
    mask = ew.isnan(a)
    return ew.where(mask, dtype_of(a).type(value), a), mask


def _without_nan(numpy_function, function, value):
    @traceable(numpy_function)
    @functools.wraps(function)
    def definition(a, *args, **kwargs):
        return function(_replaced(a, value)[0], *args, **kwargs)

    return definition


nansum = _without_nan(np.nansum, whole.sum, 0)
nanprod = _without_nan(np.nanprod, whole.prod, 1)
nancumsum = _without_nan(np.nancumsum, whole.cumsum, 0)
nancumprod = _without_nan(np.nancumprod, whole.cumprod, 1)

# -- extrema -------------------------------------------------------------------------


def _reduced(prim):
    def function(a, axis, keepdims):
        if not all(shape_of(a)):
            ops.amax(a, axis)  # says that there is nothing to reduce
        axes = normalize_axes(axis, len(shape_of(a)), prim.name, shape_of(a))
        return prim(a, axes=axes, keepdims=keepdims)

    return function


nanmax = traceable(np.nanmax)(whole.extremum(_reduced(reduce_fmax), np.fmax))
nanmin = traceable(np.nanmin)(whole.extremum(_reduced(reduce_fmin), np.fmin))


def _nan_place(numpy_function, function, value):
    @traceable(numpy_function)
    def definition(a, axis=None, out=None, *, keepdims=False):
        refuse_out(out)
        a, mask = _replaced(a, value)
        only_nan = False if mask is None else known_value(ops.all_(mask, axis))
        if only_nan is not None and np.any(only_nan):
            raise ValueError("All-NaN slice encountered")
        return function(a, axis, keepdims=bool(given(keepdims)))

    return definition


nanargmax = _nan_place(np.nanargmax, whole.argmax, -np.inf)
nanargmin = _nan_place(np.nanargmin, whole.argmin, np.inf)

# -- mean, var, std ------------------------------------------------------------------


@traceable(np.nanmean)
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=None):
    """Return the mean of what is not nan."""
    refuse_out(out)
    a, mask = _replaced(a, 0)
    if mask is None:
        return whole.mean(a, axis, dtype, None, keepdims, where=where)
    total = whole.sum(a, axis, dtype, None, keepdims, where=where)
    return astype(total / _present(mask, axis, keepdims, where), dtype_of(total))


def _present(mask, axis, keepdims, where):
    mask = ew.logical_not(mask)
    return whole.sum(mask, axis, np.intp, None, keepdims, where=where)


@traceable(np.nanvar)
def nanvar(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=None,
           mean=None, correction=None):  # fmt: skip
    """Return the variance of what is not nan."""
    refuse_out(out)
    a, mask = _replaced(a, 0)
    ddof = whole.degrees(ddof, correction)
    if mask is None:
        return whole.var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean)
    if (mean := given(mean)) is None:
        total = whole.sum(a, axis, dtype, None, True, where=where)
        mean = astype(total / _present(mask, axis, True, where), dtype_of(total))
    d = ew.where(mask, 0, astype(a - mean, dtype_of(a)))
    squares = ops.real(d * ew.conj(d)) if dtype_of(d).kind == "c" else d * d
    total = whole.sum(squares, axis, dtype, None, keepdims, where=where)
    n = _present(mask, axis, keepdims, where) - ddof
    return ew.where(ew.le(n, 0), np.nan, astype(total / n, dtype_of(total)))


@traceable(np.nanstd)
def nanstd(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=None,
           mean=None, correction=None):  # fmt: skip
    """Return the standard deviation of what is not nan."""
    return ops.root(nanvar(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean,
                           correction=correction))  # fmt: skip
