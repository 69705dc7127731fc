"""The convolution: windows of one array, multiplied by another and summed."""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, promoted, shape_of
from .basic import fit_dtype, moved, reshape, to_front, transpose
from .conv_compute import convolve
from .shape import flip
from .window_places import dilated, window_count

# Operands are lhs (batch, features, *space) and rhs (features out, features in,
# *kernel). Features of one group, and parts of the batch, meet their part of rhs only.


def _impl(x, w, *, window_strides, padding, lhs_dilation, rhs_dilation,
          feature_group_count, batch_group_count):  # fmt: skip
    dtype = np.result_type(x, w)
    x, w = x.astype(dtype, copy=False), w.astype(dtype, copy=False)
    g = feature_group_count * batch_group_count
    n, c = x.shape[0] // batch_group_count, x.shape[1] // feature_group_count
    if batch_group_count > 1:
        x = x.reshape(g, n, c, *x.shape[2:])
    else:
        x = x.reshape(n, g, c, *x.shape[2:]).swapaxes(0, 1)
    w = w.reshape(g, w.shape[0] // g, *w.shape[1:])
    return convolve(x, w, window_strides, padding, lhs_dilation, rhs_dilation)


def _abstract(x, w, *, window_strides, padding, lhs_dilation, rhs_dilation,
              feature_group_count, batch_group_count):  # fmt: skip
    space = [
        window_count(dilated(n, d) + low + high, k, stride, gap)
        for n, d, (low, high), k, stride, gap in zip(
            x.shape[2:], lhs_dilation, padding, w.shape[2:], window_strides,
            rhs_dilation,
        )
    ]  # fmt: skip
    n = x.shape[0] // batch_group_count
    return Aval((n, w.shape[0], *space), promoted(x, w))


# -- axes that split and move --------------------------------------------------------


def _regrouped(x, axis, groups, to):
    """Return ``x`` with the groups of an axis moved to the front of another axis."""
    shape = list(shape_of(x))
    n = shape[axis] // groups
    shape[axis] = n
    x = reshape(x, shape=(*shape[:axis], groups, n, *shape[axis + 1 :]))
    x = moved(x, axis, to)
    shape[to] *= groups
    return reshape(x, shape=tuple(shape))


def _exchanged(x):
    """Return ``x`` with its first two axes exchanged."""
    return transpose(x, axes=(1, 0, *range(2, x.ndim)))


# -- derivatives: each is a convolution ----------------------------------------------


def _vjp_x(ct, z, x, w, *, window_strides, padding, lhs_dilation, rhs_dilation,
           feature_group_count, batch_group_count):  # fmt: skip
    groups = feature_group_count * batch_group_count
    pads = []
    for n, ld, k, rd, m, stride, (low, _) in zip(
        x.shape[2:], lhs_dilation, w.shape[2:], rhs_dilation, z.shape[2:],
        window_strides, padding,
    ):  # fmt: skip
        before = dilated(k, rd) - low - 1
        whole = dilated(n, ld) + dilated(k, rd) - 1
        pads.append((before, whole - dilated(m, stride) - before))
    w = flip(w, axes=tuple(range(2, w.ndim))) if w.ndim > 2 else w
    w = _exchanged(w) if groups == 1 else _exchanged(_regrouped(w, 0, groups, 1))
    ct = conv(
        ct, w, window_strides=lhs_dilation, padding=tuple(pads),
        lhs_dilation=window_strides, rhs_dilation=rhs_dilation,
        feature_group_count=groups, batch_group_count=1,
    )  # fmt: skip
    if batch_group_count > 1:
        ct = _regrouped(ct, 1, batch_group_count, 0)
    return fit_dtype(ct, x)


def _vjp_w(ct, z, x, w, *, window_strides, padding, lhs_dilation, rhs_dilation,
           feature_group_count, batch_group_count):  # fmt: skip
    pads = []
    for n, ld, k, rd, m, stride, (low, _) in zip(
        x.shape[2:], lhs_dilation, w.shape[2:], rhs_dilation, z.shape[2:],
        window_strides, padding,
    ):  # fmt: skip
        whole = dilated(m, stride) + dilated(k, rd) - 1
        pads.append((low, whole - dilated(n, ld) - low))
    ct = conv(
        _exchanged(x), _exchanged(ct), window_strides=rhs_dilation,
        padding=tuple(pads), lhs_dilation=lhs_dilation, rhs_dilation=window_strides,
        feature_group_count=batch_group_count, batch_group_count=feature_group_count,
    )  # fmt: skip
    return fit_dtype(_exchanged(ct), w)


def _jvp(tangents, z, x, w, **params):
    tx, tw = tangents
    if tw is None:
        return fit_dtype(conv(tx, w, **params), z)
    t = conv(x, tw, **params)
    return fit_dtype(t if tx is None else conv(tx, w, **params) + t, z)


# -- batching: the batch becomes part of the batch, of the features, or of the groups --


def _batch(args, dims, size, **params):
    (x, w), (dx, dw) = args, dims
    if dw is None:
        return _batch_x(to_front(x, dx), w, size, **params)
    if dx is None:
        return _batch_w(x, to_front(w, dw), size, **params)
    x, w = to_front(x, dx), to_front(w, dw)
    o, count = w.shape[1], "feature_group_count"
    if params["batch_group_count"] > 1:
        x, count = _merged(x, 0), "batch_group_count"
    else:
        x = _merged(moved(x, 0, 1), 1)
    z = conv(x, _merged(w, 0), **{**params, count: max(size, 1) * params[count]})
    return reshape(z, shape=(z.shape[0], size, o, *z.shape[2:])), 1


def _batch_x(x, w, size, **params):
    groups, (n, *rest) = params["batch_group_count"], x.shape[1:]
    if groups > 1:
        x = reshape(x, shape=(size, groups, n // groups, *rest))
        x = moved(x, 0, 1)
    z = conv(reshape(x, shape=(size * n, *rest)), w, **params)
    return reshape(z, shape=(size, n // groups, *z.shape[1:])), 0


def _batch_w(x, w, size, **params):
    groups = params["feature_group_count"] * params["batch_group_count"]
    o, *rest = w.shape[1:]
    w = reshape(w, shape=(size, groups, o // groups, *rest))
    z = conv(x, reshape(moved(w, 0, 1), shape=(size * o, *rest)), **params)
    n, space = z.shape[0], z.shape[2:]
    z = reshape(z, shape=(n, groups, size, o // groups, *space))
    return reshape(moved(z, 2, 0), shape=(size, n, o, *space)), 0


def _merged(x, axis):
    """Return ``x`` with two neighbouring axes made one."""
    shape = x.shape
    merged = shape[axis] * shape[axis + 1]
    return reshape(x, shape=(*shape[:axis], merged, *shape[axis + 2 :]))


conv = Primitive(
    "conv",
    impl=_impl,
    abstract=_abstract,
    vjp=(_vjp_x, _vjp_w),
    jvp=_jvp,
    batch=_batch,
)
