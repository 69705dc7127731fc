"""Reductions and scans along axes, and the statistics that are made of them."""

from __future__ import annotations

import warnings
from math import prod as product

import numpy as np

from ..core import Aval, Primitive, dtype_of, ndim_of, shape_of
from .axes import normalize_axes, normalize_axis
from .basic import (
    astype,
    batch_reduction,
    emit_reduction,
    fit,
    imag,
    inverse_axes,
    kept_shape,
    real,
    reduce_sum,
    reduced_shape,
    reduction_into,
    reshape,
    size_of,
    sum_axes,
    to_front,
    transpose,
)
from .elementwise import div, exp, log, maximum, minimum, square, stop_gradient_p, where
from .families import unary
from .scan import accumulated, cum_prod, cum_sum, cumprod, cumsum, products_before
from .shape import flip
from .stacks import batch_along

# fmt: off
__all__ = [
    "all_", "amax", "amin", "any_", "arg_max", "arg_min", "argmax", "argmin",
    "cum_prod", "cum_sum", "cumprod", "cumsum", "logsumexp", "mean", "norm_p",
    "normalize_axes", "normalize_axis", "prod", "ptp", "reduce_all", "reduce_any",
    "reduce_fmax", "reduce_fmin", "reduce_max", "reduce_min", "reduce_prod", "root",
    "std", "sum_", "var",
]
# fmt: on

# -- what reductions share ----------------------------------------------------------


def _axes_of(x, axis, name):
    shape = shape_of(x)
    if not shape and isinstance(axis, int) and axis in (0, -1):
        return ()  # NumPy lets a scalar be reduced over its "only" axis
    return normalize_axes(axis, len(shape), name, shape)


def _keep(z, x, axes):
    """Return a reduction of ``x`` with its axes kept, whether or not it kept them."""
    shape = kept_shape(shape_of(x), axes)
    return z if shape_of(z) == shape else reshape(z, shape=shape)


def _reduction(name, ufunc, abstract, **rules):
    function = f"np.{ufunc.__name__}.reduce"

    def impl(x, *, axes, keepdims, **params):
        return ufunc.reduce(x, axis=axes, keepdims=keepdims, **params)

    def batch(args, dims, size, **params):
        return batch_reduction(prim)(args, dims, size, **params)

    prim = Primitive(
        name,
        impl,
        abstract,
        batch=batch,
        emit=emit_reduction(function),
        into=reduction_into(function),
        **rules,
    )
    return prim


# -- prod --------------------------------------------------------------------------


def _prod_vjp(ct, z, x, *, axes, keepdims, dtype):
    return fit(_keep(ct, x, axes) * _others(x, axes, dtype), x, x)


def _prod_jvp(tangents, z, x, *, axes, keepdims, dtype):
    terms = tangents[0] * _others(x, axes, dtype)
    return astype(sum_axes(terms, axes, keepdims), dtype_of(z))


def _others(x, axes, dtype):
    """Return for each element the product of all others (no division by zeros)."""
    x = x if dtype is None else astype(x, dtype)
    if not axes:
        return np.ones(shape_of(x), dtype_of(x))[()]
    order = (*(a for a in range(x.ndim) if a not in axes), *axes)
    flat = transpose(x, axes=order)
    shape, axis = flat.shape, x.ndim - len(axes)
    flat = reshape(flat, shape=(*shape[:axis], product(shape[axis:])))
    z = products_before(flat, axis) * flip(
        products_before(flip(flat, axes=(axis,)), axis), axes=(axis,)
    )
    return transpose(reshape(z, shape=shape), axes=inverse_axes(order))


def _accumulating(ufunc):
    return lambda x, *, axes, keepdims, dtype: Aval(
        reduced_shape(x.shape, axes, keepdims), dtype or accumulated(ufunc, x.dtype)
    )


reduce_prod = _reduction(
    "prod",
    np.multiply,
    _accumulating(np.multiply),
    vjp=(_prod_vjp,),
    jvp=_prod_jvp,
)

# -- max, min ----------------------------------------------------------------------


def _ties(z, x, axes):
    """Return where ``x`` attains its extremum, and in how many places."""
    ties = x == _keep(z, x, axes)
    dtype = dtype_of(z)
    wide = dtype if dtype.char in "fd" else None  # others cannot count far enough
    count = reduce_sum(ties, axes=axes, keepdims=True, dtype=wide)
    count = maximum(count, 1)  # a nan equals nothing
    return ties, count if wide else astype(count, dtype)


def _extremum_vjp(ct, z, x, *, axes, keepdims):
    ties, count = _ties(z, x, axes)
    return where(ties, _keep(ct, x, axes) / count, 0)


def _extremum_jvp(tangents, z, x, *, axes, keepdims):
    ties, count = _ties(z, x, axes)
    total = sum_axes(where(ties, tangents[0] / count, 0), axes, keepdims=True)
    return reshape(total, shape=shape_of(z))


def _same_dtype(x, *, axes, keepdims):
    return Aval(reduced_shape(x.shape, axes, keepdims), x.dtype)


def _extremum(name, ufunc):
    return _reduction(name, ufunc, _same_dtype, vjp=(_extremum_vjp,), jvp=_extremum_jvp)


def _truth(x, *, axes, keepdims):
    return Aval(reduced_shape(x.shape, axes, keepdims), np.dtype(bool))


reduce_max = _extremum("max", np.maximum)
reduce_min = _extremum("min", np.minimum)
reduce_fmax = _extremum("max_but_nan", np.fmax)
reduce_fmin = _extremum("min_but_nan", np.fmin)
reduce_any = _reduction("any", np.logical_or, _truth, flat=True)
reduce_all = _reduction("all", np.logical_and, _truth, flat=True)

# -- argmax, argmin ----------------------------------------------------------------


def _locate(name):
    function = getattr(np, name)

    def emit(names, *, axis, keepdims):
        return f"{names[0]}.{name}(axis={axis}{', keepdims=True' * keepdims})"

    prim = Primitive(
        name,
        impl=lambda x, *, axis, keepdims: function(x, axis=axis, keepdims=keepdims),
        abstract=lambda x, *, axis, keepdims: Aval(
            reduced_shape(x.shape, (axis,), keepdims), np.dtype(np.intp)
        ),
        batch=batch_along(lambda: prim),
        emit=emit,
        flat=True,
    )
    return prim


argmax = _locate("argmax")
argmin = _locate("argmin")

# -- as NumPy calls them -----------------------------------------------------------


def _dtype(dtype):
    return None if dtype is None else np.dtype(dtype)


def sum_(x, axis=None, dtype=None, keepdims=False):
    """Sum elements over some axes (all if None)."""
    axes = _axes_of(x, axis, "sum")
    return reduce_sum(x, axes=axes, keepdims=bool(keepdims), dtype=_dtype(dtype))


def prod(x, axis=None, dtype=None, keepdims=False):
    """Multiply elements over some axes; exact derivatives where some are zero."""
    axes = _axes_of(x, axis, "prod")
    return reduce_prod(x, axes=axes, keepdims=bool(keepdims), dtype=_dtype(dtype))


def _nonempty(x, axis, name):
    axes, shape = _axes_of(x, axis, name), shape_of(x)
    if not size_of(shape, axes) and product(reduced_shape(shape, axes, False)):
        raise ValueError(
            f"{name}: axis {axis} of shape {shape} has no elements, and {name} of "
            "nothing is not defined"
        )
    return axes


def amax(x, axis=None, keepdims=False):
    """Return the largest elements over some axes; ties share the gradient equally."""
    axes = _nonempty(x, axis, "max")
    return reduce_max(x, axes=axes, keepdims=bool(keepdims))


def amin(x, axis=None, keepdims=False):
    """Return the smallest elements over some axes; ties share the gradient equally."""
    axes = _nonempty(x, axis, "min")
    return reduce_min(x, axes=axes, keepdims=bool(keepdims))


def any_(x, axis=None, keepdims=False):
    """Return whether any element is true (not zero) over some axes."""
    return reduce_any(x, axes=_axes_of(x, axis, "any"), keepdims=bool(keepdims))


def all_(x, axis=None, keepdims=False):
    """Return whether all elements are true (not zero) over some axes."""
    return reduce_all(x, axes=_axes_of(x, axis, "all"), keepdims=bool(keepdims))


def _located(prim, x, axis, keepdims):
    shape = shape_of(x)
    flat = axis is None or not shape
    number = normalize_axis(axis or 0, len(shape) or 1, prim.name, shape)
    if not (product(shape) if flat else shape[number]):
        raise ValueError(f"{prim.name}: axis {axis} of shape {shape} has no elements")
    if not flat:
        return prim(x, axis=number, keepdims=bool(keepdims))
    z = prim(reshape(x, shape=(product(shape),)), axis=0, keepdims=False)
    return reshape(z, shape=(1,) * len(shape)) if keepdims and shape else z


def arg_max(x, axis=None, keepdims=False):
    """Return the index of the first largest element; it has no derivative."""
    return _located(argmax, x, axis, keepdims)


def arg_min(x, axis=None, keepdims=False):
    """Return the index of the first smallest element; it has no derivative."""
    return _located(argmin, x, axis, keepdims)


# -- statistics, by NumPy's own algorithms so that every bit agrees ----------------


def _over(total, n):
    """Divide by a count as NumPy does: as if in float64, in the dtype of the total."""
    dtype = dtype_of(total)
    exact = {"f2": 2**11, "f4": 2**24, "f8": np.inf, "c16": np.inf}
    if n == int(n) and n <= exact.get(dtype.str[1:], 0):
        return div(total, int(n))
    return astype(div(total, np.float64(n)), dtype)


def _mean_dtype(x, dtype):
    if dtype is None and dtype_of(x).kind in "iub":
        return np.dtype(np.float64)
    return _dtype(dtype)


def mean(x, axis=None, dtype=None, keepdims=False):
    """Return the arithmetic mean over some axes."""
    axes = normalize_axes(axis, ndim_of(x), "mean", shape_of(x))
    n = size_of(shape_of(x), axes)
    if n == 0:
        warnings.warn("Mean of empty slice", RuntimeWarning, stacklevel=2)
    half = dtype is None and dtype_of(x) == np.float16
    dtype = np.dtype(np.float32) if half else _mean_dtype(x, dtype)
    z = _over(reduce_sum(x, axes=axes, keepdims=bool(keepdims), dtype=dtype), n)
    return astype(z, np.float16) if half else z


def var(x, axis=None, dtype=None, ddof=0, keepdims=False):
    """Return the variance over some axes, divided by the count less ``ddof``."""
    axes = normalize_axes(axis, ndim_of(x), "var", shape_of(x))
    dtype = _mean_dtype(x, dtype)
    n = size_of(shape_of(x), axes)
    if ddof >= n:
        message = "Degrees of freedom <= 0 for slice"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
    d = x - _over(reduce_sum(x, axes=axes, keepdims=True, dtype=dtype), n)
    if dtype_of(x).kind == "c":
        squares = square(real(d)) + square(imag(d))
    else:
        squares = square(d)
    total = reduce_sum(squares, axes=axes, keepdims=bool(keepdims), dtype=dtype)
    return _over(total, max(n - ddof, 0))


root = unary(
    "root",
    np.sqrt,
    lambda c, z, x: where(z == 0, 0, c * 0.5 / where(z == 0, 1, z)),
    emit="np.sqrt({0})",
)
"""The square root whose derivative at 0 is 0, the least of its subgradients' norms.

It is the end of norms and standard deviations, which are smooth but for a corner at 0.
"""


def std(x, axis=None, dtype=None, ddof=0, keepdims=False):
    """Return the standard deviation over some axes; constants have gradient 0."""
    return root(var(x, axis, dtype, ddof, keepdims))


def ptp(x, axis=None, keepdims=False):
    """Return the largest less the smallest element over some axes."""
    return amax(x, axis, keepdims) - amin(x, axis, keepdims)


def logsumexp(x, axis=None, keepdims=False):
    """Return ``log(sum(exp(x)))`` over some axes without overflow.

    >>> float(logsumexp(np.array([1000.0, -np.inf])))
    1000.0
    """
    if dtype_of(x).kind in "iub":
        x = astype(x, np.float64)
    axes = _nonempty(x, axis, "logsumexp")
    key = real(x) if dtype_of(x).kind == "c" else x
    top = stop_gradient_p(reduce_max(key, axes=axes, keepdims=True))
    # Infinities are taken off as 0 and the largest number, for inf - inf is nan.
    largest = float(np.finfo(dtype_of(top)).max)
    finite = where(top == -np.inf, 0, minimum(top, largest))
    total = sum_axes(exp(x - finite), axes, keepdims=True)
    z = log(where(total == 0, 1, total)) + top
    return z if keepdims else reshape(z, shape=reduced_shape(shape_of(x), axes, False))


def _direction(x, z):
    """Return the derivative of the norm: ``x / z``, and 0 where the norm is 0."""
    return where(z == 0, 0, x / where(z == 0, 1, z))


def _batch_norm(args, dims, size):
    x = to_front(args[0], dims[0])
    return root(sum_axes(square(x), tuple(range(1, x.ndim)))), 0


norm_p = Primitive(
    "norm",
    impl=np.linalg.norm,
    abstract=lambda x: Aval((), x.dtype),
    vjp=(lambda ct, z, x: ct * _direction(x, z),),
    jvp=lambda ts, z, x: sum_axes(ts[0] * _direction(x, z), tuple(range(ndim_of(x)))),
    batch=_batch_norm,
    emit="np.linalg.norm({0})",
)
"""The root of the sum of squares of a real array of any shape.

NumPy adds up the squares in the order of the memory, which shows in the last bit alone.
"""
