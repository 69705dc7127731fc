"""What ufuncs do along an axis: accumulate and reduce, for all of them.

A fold is ``z[k] = f(z[k-1], x[k])``. With the partial derivatives a and b of ``f``
there, its tangent is a linear recurrence, ``t[k] = a[k] t[k-1] + b[k] dx[k]``, and its
cotangent runs the same one backwards. Sums, products and extrema have shorter rules.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

import numpy as np

from ..core import Aval, Primitive, dtype_of, shape_of
from . import elementwise as ew
from .basic import (
    astype,
    broadcast_to,
    dtype_text,
    expand,
    fit,
    inverse_axes,
    kept_shape,
    mapped,
    reduce_sum,
    reduced_shape,
    reshape,
    transpose,
)
from .index import getitem
from .join import concatenate, slice_axis
from .reduce import reduce_fmax, reduce_fmin, reduce_max, reduce_min, reduce_prod
from .scan import recurrence
from .shape import flip
from .stacks import batch_along

FUNCTIONS = {
    np.add: ew.add, np.subtract: ew.sub, np.multiply: ew.mul, np.divide: ew.div,
    np.power: ew.power_ufunc, np.float_power: ew.float_power, np.remainder: ew.mod,
    np.fmod: ew.fmod, np.maximum: ew.maximum, np.minimum: ew.minimum, np.fmax: ew.fmax,
    np.fmin: ew.fmin, np.hypot: ew.hypot, np.arctan2: ew.arctan2,
    np.logaddexp: ew.logaddexp, np.logaddexp2: ew.logaddexp2, np.copysign: ew.copysign,
    np.heaviside: ew.heaviside,
}  # fmt: skip
"""The differentiable functions by their ufuncs; others are flat."""

_WHOLE = {
    np.add: reduce_sum, np.multiply: reduce_prod, np.maximum: reduce_max,
    np.minimum: reduce_min, np.fmax: reduce_fmax, np.fmin: reduce_fmin,
}  # fmt: skip
_DTYPED = (np.add, np.multiply)
_LEAST = {np.maximum: -np.inf, np.minimum: np.inf, np.fmax: -np.inf, np.fmin: np.inf}


def identity(function, dtype):
    """Return what a fold may start from without changing, or None.

    >>> identity(np.multiply, np.dtype(float)), identity(np.maximum, np.dtype("i1"))
    (np.float64(1.0), np.int8(-128))
    """
    value = function.identity
    if function in _LEAST:
        value = _LEAST[function]
        if dtype.kind in "iu":
            value = np.iinfo(dtype).min if value < 0 else np.iinfo(dtype).max
    return None if value is None else dtype.type(value)


def needs_start(function):
    """Say whether NumPy wants a start for a fold with a mask."""
    return function.identity is None


# -- accumulate --------------------------------------------------------------------


@lru_cache(maxsize=1024)
def result_dtype(function, method, x_dtype, shape, **options):
    """Return the dtype of a fold, or NumPy's complaint about it."""
    x = np.ones(shape, x_dtype)
    if options.pop("masked", False):
        options["where"] = np.ones(shape, bool)
    return np.asarray(getattr(function, method)(x, **options)).dtype


def _partials(function, z, x, axis):
    """Return the derivatives of each step after the first by both of its arguments."""
    n, (by_z, by_x) = shape_of(x)[axis], FUNCTIONS[function].vjp
    before, after = slice_axis(z, axis, 0, n - 1), slice_axis(x, axis, 1, n)
    reached = slice_axis(z, axis, 1, n)
    return (expand(rule(1.0, reached, before, after), after) for rule in (by_z, by_x))


def _first(x, axis):
    return kept_shape(shape_of(x), (axis,))


def _accumulate_vjp(ct, z, x, *, function, axis, dtype):
    y = astype(x, dtype_of(z))
    if not shape_of(x)[axis]:
        return fit(ct, x, x)
    a, b = _partials(function, z, y, axis)
    one = np.ones(_first(x, axis), dtype_of(z))
    a = flip(concatenate(a, one, axis=axis), axes=(axis,))  # the last one is unused
    total = flip(recurrence(a, flip(ct, axes=(axis,)), axis), axes=(axis,))
    return fit(total * concatenate(one, b, axis=axis), x, x)


def _accumulate_jvp(tangents, z, x, *, function, axis, dtype):
    y, t = astype(x, dtype_of(z)), astype(tangents[0], dtype_of(z))
    if not shape_of(x)[axis]:
        return t
    a, b = _partials(function, z, y, axis)
    one = np.ones(_first(x, axis), dtype_of(z))
    a, b = (concatenate(one, part, axis=axis) for part in (a, b))
    return recurrence(a, t * b, axis)


def _accumulate(name, **rules):
    def emit(names, *, function, axis, dtype):
        text = f"np.{function.__name__}.accumulate({names[0]}, axis={axis}"
        return text + (")" if dtype is None else f", dtype={dtype_text(dtype)})")

    prim = Primitive(
        name,
        impl=lambda x, *, function, axis, dtype: function.accumulate(
            x, axis=axis, dtype=dtype
        ),
        abstract=lambda x, *, function, axis, dtype: Aval(
            x.shape,
            result_dtype(function, "accumulate", x.dtype, (1,) * x.ndim, dtype=dtype),
        ),
        batch=batch_along(lambda: prim),
        emit=emit,
        **rules,
    )
    return prim


accumulate_smooth = _accumulate(
    "accumulate", vjp=(_accumulate_vjp,), jvp=_accumulate_jvp
)
accumulate_flat = _accumulate("accumulate_flat", flat=True)


def accumulate(x, *, function, axis, dtype=None):
    """Return ``function.accumulate(x)``: the folds up to each element."""
    prim = accumulate_smooth if function in FUNCTIONS else accumulate_flat
    return prim(x, function=function, axis=axis, dtype=dtype)


# -- reduce ------------------------------------------------------------------------


def _lined(x, axes):
    """Return an array with the axes of a reduction as one last axis."""
    shape = shape_of(x)
    order = (*(i for i in range(len(shape)) if i not in axes), *axes)
    rest = tuple(shape[i] for i in order[: len(order) - len(axes)])
    return reshape(
        transpose(x, axes=order), shape=(*rest, prod(shape[i] for i in axes))
    )


def _line(x, mask, initial, dtype, axes, started, nothing):
    """Return all that is folded along one last axis, ``nothing`` where masked."""
    y = astype(x, dtype)
    y = _lined(y if mask is True else ew.where(mask, y, nothing), axes)
    if not started:
        return y
    first = broadcast_to(astype(initial, dtype), shape=(*y.shape[:-1], 1))
    return concatenate(first, y, axis=y.ndim - 1)


def _whole(function):
    extra = {"dtype": None} if function in _DTYPED else {}
    return _WHOLE[function], {"keepdims": False, **extra}


def _line_vjp(ct, z, s, function):
    """Pull the cotangent of a fold of the last axis back to what was folded."""
    last = s.ndim - 1
    if function in _WHOLE:
        prim, params = _whole(function)
        return expand(prim.vjp[0](ct, z, s, axes=(last,), **params), s)
    n, ct = s.shape[last], reshape(ct, shape=(*shape_of(ct), 1))
    before = np.zeros((*s.shape[:last], max(n - 1, 0)), s.dtype)
    params = {"function": function, "axis": last, "dtype": None}
    ct = slice_axis(concatenate(before, ct, axis=last), last, 0, n)
    return _accumulate_vjp(ct, accumulate(s, **params), s, **params)


def _line_jvp(t, z, s, function):
    last = s.ndim - 1
    if function in _WHOLE:
        prim, params = _whole(function)
        return prim.jvp([t], z, s, axes=(last,), **params)
    if not s.shape[last]:
        return np.zeros(shape_of(z), s.dtype)
    params = {"function": function, "axis": last, "dtype": None}
    z = accumulate(s, **params)
    return getitem(_accumulate_jvp([t], z, s, **params), (..., -1))


def _fold_vjp(ct, z, x, mask, initial, *, function, axes, dtype, started, **_):
    known = True if mask is True or not shape_of(mask) else mask
    kind, shape = dtype_of(z), reduced_shape(shape_of(x), axes, False)
    nothing = identity(function, kind)
    s = _line(x, known, initial, kind, axes, started, nothing)
    ct = _line_vjp(reshape(ct, shape=shape), reshape(z, shape=shape), s, function)
    return ct, known


def _fold_x_vjp(ct, z, x, mask, initial, **params):
    ct, known = _fold_vjp(ct, z, x, mask, initial, **params)
    axes, shape = params["axes"], shape_of(x)
    ct = slice_axis(ct, ct.ndim - 1, int(params["started"]), shape_of(ct)[-1])
    order = (*(i for i in range(len(shape)) if i not in axes), *axes)
    ct = reshape(ct, shape=tuple(shape[i] for i in order))
    ct = transpose(ct, axes=inverse_axes(order))
    return fit(ct if known is True else ew.where(known, ct, 0), x, x)


def _fold_initial_vjp(ct, z, x, mask, initial, **params):
    ct, _ = _fold_vjp(ct, z, x, mask, initial, **params)
    ct = getitem(ct, (..., 0))
    return fit(ct, initial, ct)


def _fold_jvp(tangents, z, x, mask, initial, **params):
    function, axes, started = (params[k] for k in ("function", "axes", "started"))
    known = mask if shape_of(mask) else True
    kind, shape = dtype_of(z), reduced_shape(shape_of(x), axes, False)
    t, _, t_initial = tangents
    t = np.zeros(shape_of(x), kind) if t is None else t
    t_initial = kind.type(0) if t_initial is None else t_initial
    s = _line(x, known, initial, kind, axes, started, identity(function, kind))
    t = _line(t, known, t_initial, kind, axes, started, kind.type(0))
    t = _line_jvp(t, reshape(z, shape=shape), s, function)
    return reshape(astype(t, kind), shape=shape_of(z))


def _options(mask, initial, axes, keepdims, dtype, started):
    options = {"axis": axes, "keepdims": keepdims, "dtype": dtype}
    options |= {"initial": initial} if started else {}
    return options | ({"where": mask} if shape_of(mask) else {})


def _fold_impl(x, mask, initial, *, function, axes, keepdims, dtype, started):
    options = _options(mask, initial, axes, keepdims, dtype, started)
    return function.reduce(x, **options)


def _fold_abstract(x, mask, initial, *, function, axes, keepdims, dtype, started):
    options = {"dtype": dtype, "axis": axes}
    options |= {"initial": 1} if started else {}
    options |= {"masked": bool(mask.shape)}
    kind = result_dtype(function, "reduce", x.dtype, (1,) * x.ndim, **options)
    return Aval(reduced_shape(x.shape, axes, keepdims), kind)


def _fold_emit(names, *, function, axes, keepdims, dtype, started):
    x, mask, initial = names
    text = f"np.{function.__name__}.reduce({x}, axis={axes}"
    text += f", dtype={dtype_text(dtype)}" if dtype is not None else ""
    text += ", keepdims=True" * keepdims + f", initial={initial}" * started
    return text + ("" if mask in ("True", "np.True_") else f", where={mask}") + ")"


def _fold_batch(args, dims, size, *, axes, keepdims, started, **params):
    (x, mask, initial), (dim, mask_dim, initial_dim) = args, dims
    x = mapped(x, dim, size)
    mask = mapped(mask, mask_dim, size) if shape_of(mask) else mask
    inner = tuple(a + 1 for a in axes)
    if initial_dim is None:
        z = fold(x, mask, initial, axes=inner, keepdims=keepdims, started=started,
                 **params)  # fmt: skip
        return z, 0
    function, tried = params["function"], {"dtype": params["dtype"]}
    kind = result_dtype(function, "reduce", dtype_of(x), (1,), **tried)
    initial = reshape(initial, shape=(size, *(1,) * (x.ndim - len(axes))))
    nothing = identity(function, kind)
    s = _line(x, mask if shape_of(mask) else True, initial, kind, inner, True, nothing)
    z = fold(s, True, 0, axes=(s.ndim - 1,), keepdims=False, started=False, **params)
    shape = kept_shape(shape_of(x), inner) if keepdims else shape_of(z)
    return reshape(z, shape=shape), 0


def _fold(name, **rules):
    return Primitive(
        name, impl=_fold_impl, abstract=_fold_abstract, emit=_fold_emit,
        batch=_fold_batch, **rules,
    )  # fmt: skip


fold_smooth = _fold("fold", vjp=(_fold_x_vjp, None, _fold_initial_vjp), jvp=_fold_jvp)
fold_flat = _fold("fold_flat", flat=True)


def fold(x, mask, initial, *, function, axes, keepdims, dtype, started):
    """Return ``function.reduce(x)``, with a mask in the shape of ``x`` or True.

    ``started`` says that the fold starts from ``initial``, as if it were one more
    element, the first one.
    """
    prim = fold_smooth if function in FUNCTIONS else fold_flat
    if function is np.hypot and not started:  # NumPy starts from 0: it has no sign
        initial, started = 0, True
    return prim(x, mask, initial, function=function, axes=axes, keepdims=keepdims,
                dtype=dtype, started=started)  # fmt: skip
