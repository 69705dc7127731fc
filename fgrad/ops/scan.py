"""Scans: cumulative sums and products, and linear recurrences."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..core import Aval, Primitive, dtype_of, ndim_of, shape_of
from .axes import normalize_axis
from .basic import astype, dtype_text, fit, kept_shape, reshape
from .join import concatenate, slice_axis
from .shape import flip
from .stacks import batch_along


@lru_cache(maxsize=1024)
def accumulated(ufunc, dtype):
    """Return the dtype in which a ufunc accumulates another (small integers grow)."""
    return ufunc.reduce(np.zeros(1, dtype)).dtype


# -- the products of earlier elements -----------------------------------------------


def products_before(x, axis):
    """Return the product of all elements before each one."""
    shape = kept_shape(x.shape, (axis,))
    head = slice_axis(x, axis, 0, max(x.shape[axis] - 1, 0))
    ones = np.ones(shape if x.shape[axis] else x.shape, x.dtype)
    return concatenate(ones, cumprod(head, axis=axis, dtype=None), axis=axis)


# -- cumsum, cumprod ---------------------------------------------------------------


def _scan(name, ufunc, vjp, jvp, **fields):
    def emit(names, *, axis, dtype):
        text = f"np.{ufunc.__name__}.accumulate({names[0]}, axis={axis}"
        return text + (")" if dtype is None else f", dtype={dtype_text(dtype)})")

    prim = Primitive(
        name,
        impl=lambda x, *, axis, dtype: ufunc.accumulate(x, axis=axis, dtype=dtype),
        abstract=lambda x, *, axis, dtype: Aval(
            x.shape, dtype or accumulated(ufunc, x.dtype)
        ),
        vjp=(vjp,),
        jvp=jvp,
        batch=batch_along(lambda: prim),
        emit=emit,
        **fields,
    )
    return prim


def _cumsum_vjp(ct, z, x, *, axis, dtype):
    ct = cumsum(flip(ct, axes=(axis,)), axis=axis, dtype=None)
    return fit(flip(ct, axes=(axis,)), x, x)


def _cumsum_jvp(tangents, z, x, *, axis, dtype):
    return cumsum(tangents[0], axis=axis, dtype=dtype)


# z[k] = z[k-1] * x[k], so t[k] = x[k] t[k-1] + z[k-1] dx[k]: a linear recurrence,
# finite where x is zero, which cumsum(ct * z) / x is not.
def _cumprod_vjp(ct, z, x, *, axis, dtype):
    y, n = x if dtype is None else astype(x, dtype), x.shape[axis]
    if n == 0:
        return fit(ct, x, x)
    later = slice_axis(y, axis, 1, n)
    factors = concatenate(later, slice_axis(y, axis, 0, 1), axis=axis)  # last: unused
    total = recurrence(flip(factors, axes=(axis,)), flip(ct, axes=(axis,)), axis)
    return fit(products_before(y, axis) * flip(total, axes=(axis,)), x, x)


def _cumprod_jvp(tangents, z, x, *, axis, dtype):
    y = x if dtype is None else astype(x, dtype)
    t = recurrence(y, tangents[0] * products_before(y, axis), axis)
    return astype(t, dtype_of(z))


def recurrence(a, b, axis):
    """Solve ``s[k] = a[k] * s[k-1] + b[k]`` along an axis, in log2(n) steps.

    Before a step, b[k] is the sum of the last ``width`` terms of s[k], and a[k] the
    factor that carries s[k - width] to k.
    """
    n, width = shape_of(b)[axis], 1
    while width < n:
        factors = slice_axis(a, axis, width, n)
        reached = factors * slice_axis(b, axis, 0, n - width)
        reached = slice_axis(b, axis, width, n) + reached
        b = concatenate(slice_axis(b, axis, 0, width), reached, axis=axis)
        if 2 * width < n:
            factors = factors * slice_axis(a, axis, 0, n - width)
            a = concatenate(slice_axis(a, axis, 0, width), factors, axis=axis)
        width *= 2
    return b


cumsum = _scan("cumsum", np.add, _cumsum_vjp, _cumsum_jvp, linear=True)
cumprod = _scan("cumprod", np.multiply, _cumprod_vjp, _cumprod_jvp)


def _line(x, axis, name):
    if axis is None or not shape_of(x):
        n = int(np.prod(shape_of(x)))
        normalize_axis(0 if axis is None else axis, 1, name)
        return reshape(x, shape=(n,)), 0
    return x, normalize_axis(axis, ndim_of(x), name, shape_of(x))


def cum_sum(x, axis=None, dtype=None):
    """Return the sums of the elements up to each one; ``axis=None`` flattens.

    >>> cum_sum(np.array([1.0, 2.0, 3.0]))
    array([1., 3., 6.])
    """
    x, axis = _line(x, axis, "cumsum")
    return cumsum(x, axis=axis, dtype=None if dtype is None else np.dtype(dtype))


def cum_prod(x, axis=None, dtype=None):
    """Return the products of the elements up to each one; ``axis=None`` flattens.

    >>> cum_prod(np.array([1.0, 2.0, 3.0]))
    array([1., 2., 6.])
    """
    x, axis = _line(x, axis, "cumprod")
    return cumprod(x, axis=axis, dtype=None if dtype is None else np.dtype(dtype))
