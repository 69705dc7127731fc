"""Reductions of windows: sums and extrema of what a window slides over, axis by axis.

A window of several axes is reduced along one after the other, from the last to the
first: each step reads an array that is smaller already. An extremum's gradient goes to
the first element of the window, in the order of memory, that attains it.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, dtype_of, shape_of
from .basic import mapped, to_front
from .index import getitem
from .join import stack_arrays
from .reduce import reduce_prod
from .window_places import window_count, window_slice


def _pieces(x, axis, width, stride, dilation):
    """Yield the first elements of all windows, then the second ones, and so on."""
    count = window_count(shape_of(x)[axis], width, stride, dilation)
    for k in range(width):
        yield x[_piece(axis, k, count, stride, dilation)]


def _piece(axis, k, count, stride, dilation):
    return (slice(None),) * axis + (window_slice(k * dilation, count, stride),)


def _abstract(x, *, axis, width, stride, dilation):
    count = window_count(x.shape[axis], width, stride, dilation)
    return Aval((*x.shape[:axis], count, *x.shape[axis + 1 :]), x.dtype)


def _reduction(name, ufunc, vjp, jvp, **fields):
    def impl(x, *, axis, width, stride, dilation):
        pieces = _pieces(x, axis, width, stride, dilation)
        first = next(pieces)
        if width == 1:
            return first.copy("K")
        z = ufunc(first, next(pieces))
        for piece in pieces:
            ufunc(z, piece, out=z)
        return z

    def batch(args, dims, size, *, axis, **params):
        return prim(to_front(args[0], dims[0]), axis=axis + 1, **params), 0

    prim = Primitive(name, impl, _abstract, vjp=(vjp,), jvp=jvp, batch=batch, **fields)
    return prim


# -- sum ---------------------------------------------------------------------------


def _sum_vjp(ct, z, x, *, axis, **params):
    return window_spread(ct, axis=axis, length=x.shape[axis], **params)


window_sum = _reduction(
    "window_sum",
    np.add,
    _sum_vjp,
    lambda ts, z, x, **params: window_sum(ts[0], **params),
    linear=True,
)


def _spread(y, *, axis, width, stride, dilation, length):
    shape = (*y.shape[:axis], length, *y.shape[axis + 1 :])
    z = np.zeros_like(y, shape=shape)
    for k in range(width):
        z[_piece(axis, k, y.shape[axis], stride, dilation)] += y
    return z


def _abstract_spread(y, *, axis, width, stride, dilation, length):
    return Aval((*y.shape[:axis], length, *y.shape[axis + 1 :]), y.dtype)


def _batch_spread(args, dims, size, *, axis, **params):
    return window_spread(to_front(args[0], dims[0]), axis=axis + 1, **params), 0


window_spread = Primitive(
    "window_spread",
    impl=_spread,
    abstract=_abstract_spread,
    vjp=(lambda ct, z, y, *, length, **params: window_sum(ct, **params),),
    jvp=lambda ts, z, y, **params: window_spread(ts[0], **params),
    batch=_batch_spread,
    linear=True,
)

# -- max, min ----------------------------------------------------------------------


def _extremum_vjp(ct, z, x, **params):
    return window_put(ct, x, z, **params)


def _extremum_jvp(tangents, z, x, **params):
    return window_take(tangents[0], x, z, **params)


window_max = _reduction("window_max", np.maximum, _extremum_vjp, _extremum_jvp)
window_min = _reduction("window_min", np.minimum, _extremum_vjp, _extremum_jvp)


def _winners(x, z, params):
    """Yield where each place of the windows is the first that attains ``z``.

    Where none does, because of a nan, it is the last.
    """
    left = None
    for k, piece in enumerate(_pieces(x, **params)):
        if k == params["width"] - 1:
            yield True if left is None else left
            return
        won = piece == z
        if left is not None:
            won &= left
            left &= ~won
        else:
            left = ~won
        yield won


def _put(ct, x, z, *, axis, width, stride, dilation):
    params = {"axis": axis, "width": width, "stride": stride, "dilation": dilation}
    out = np.zeros_like(x, dtype=ct.dtype)
    apart = stride > (width - 1) * dilation
    for k, won in enumerate(_winners(x, z, params)):
        part = out[_piece(axis, k, z.shape[axis], stride, dilation)]
        if apart:
            np.copyto(part, ct, where=won)
        else:
            np.add(part, ct, out=part, where=won)
    return out


def _take(t, x, z, *, axis, width, stride, dilation):
    params = {"axis": axis, "width": width, "stride": stride, "dilation": dilation}
    out = np.zeros_like(z, dtype=t.dtype)
    for piece, won in zip(_pieces(t, **params), _winners(x, z, params)):
        np.copyto(out, piece, where=won)
    return out


def _along(prim, tangents, out, ct, x, z, **params):
    """Return the tangent of a choice: where it falls does not depend on ``x``."""
    return None if tangents[0] is None else prim(tangents[0], x, z, **params)


def _batch_choice(prim):
    def batch(args, dims, size, *, axis, **params):
        args = [mapped(x, dim, size) for x, dim in zip(args, dims)]
        return prim()(*args, axis=axis + 1, **params), 0

    return batch


window_put = Primitive(
    "window_put",
    impl=_put,
    abstract=lambda ct, x, z, **params: Aval(x.shape, ct.dtype),
    vjp=(
        lambda ct, _, __, x, z, **params: window_take(ct, x, z, **params),
        None,
        None,
    ),
    jvp=lambda ts, *args, **params: _along(window_put, ts, *args, **params),
    batch=_batch_choice(lambda: window_put),
)

window_take = Primitive(
    "window_take",
    impl=_take,
    abstract=lambda t, x, z, **params: Aval(z.shape, t.dtype),
    vjp=(lambda ct, _, __, x, z, **params: window_put(ct, x, z, **params), None, None),
    jvp=lambda ts, *args, **params: _along(window_take, ts, *args, **params),
    batch=_batch_choice(lambda: window_take),
)

# -- product -----------------------------------------------------------------------


def window_prod(x, *, axis, width, stride, dilation):
    """Return the product over windows along an axis.

    >>> window_prod(np.arange(1, 5), axis=0, width=2, stride=1, dilation=1)
    array([ 2,  6, 12])
    """
    count = window_count(shape_of(x)[axis], width, stride, dilation)
    pieces = [
        getitem(x, _piece(axis, k, count, stride, dilation)) for k in range(width)
    ]
    dtype = dtype_of(x)
    return reduce_prod(stack_arrays(pieces), axes=(0,), keepdims=False, dtype=dtype)
