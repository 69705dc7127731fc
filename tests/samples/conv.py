"""Samples for convolutions and for reductions of windows."""

from __future__ import annotations

import numpy as np

from fgrad.ops.conv import conv
from fgrad.ops.windows import (
    window_fold,
    window_max,
    window_min,
    window_put,
    window_spread,
    window_sum,
    window_take,
    window_view,
)

from . import Sample

RNG = np.random.default_rng(0)


def _conv(x, w, strides=None, padding=None, inside=None, between=None, f=1, b=1):
    """Return a sample on random operands of given shapes."""
    d = len(x) - 2
    params = {
        "window_strides": strides or (1,) * d,
        "padding": padding or ((0, 0),) * d,
        "lhs_dilation": inside or (1,) * d,
        "rhs_dilation": between or (1,) * d,
        "feature_group_count": f,
        "batch_group_count": b,
    }
    return Sample(conv, (RNG.standard_normal(x), RNG.standard_normal(w)), params)


def _with(sample, change):
    """Return a sample with other operands."""
    return Sample(sample.prim, tuple(map(change, sample.args)), sample.params)


def _features_last(x):
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


PLAIN = _conv((2, 3, 5, 4), (4, 3, 3, 2))
PADDED = _conv((2, 2, 5, 4), (3, 2, 3, 2), (2, 1), ((1, 2), (-1, 2)), None, (1, 2))

CONVOLUTIONS = [
    PLAIN,
    _with(PLAIN, _features_last),
    _with(PLAIN, lambda x: x.astype(np.float32)),
    _with(PLAIN, lambda x: x + 1j * x[::-1, ::-1, ::-1]),
    Sample(conv, (PLAIN.args[0].astype(np.float32), PLAIN.args[1]), PLAIN.params),
    Sample(conv, (PLAIN.args[0], PLAIN.args[1] * 1j), PLAIN.params),
    Sample(conv, (np.arange(120).reshape(2, 3, 5, 4), PLAIN.args[1]), PLAIN.params),
    PADDED,
    _with(PADDED, _features_last),
    _conv((1, 4, 6), (2, 4, 3), inside=(2,), padding=((3, 1),)),
    _conv((1, 2, 6), (6, 2, 3), inside=(3,), padding=((0, -1),), strides=(2,)),
    _conv((2, 4, 5), (6, 2, 2), f=2, strides=(2,)),
    _conv((2, 3, 5), (3, 1, 3), f=3, padding=((2, 2),)),
    _conv((4, 2, 5), (6, 2, 2), b=2, between=(2,)),
    _conv((2, 3, 4, 4), (5, 3, 1, 1)),
    _conv((2, 3, 4), (5, 3, 2), (2,)),
    _conv((3, 2), (4, 2)),
    _conv((1, 2, 3, 4, 3), (2, 2, 2, 2, 2), (1, 2, 1)),
    _conv((0, 2, 5), (3, 2, 2)),
    _conv((2, 2, 2), (3, 2, 3)),
    _conv((2, 0, 4), (3, 0, 2)),
]


def _window(axis, width, stride=1, dilation=1):
    return {"axis": axis, "width": width, "stride": stride, "dilation": dilation}


X = RNG.permutation(40).reshape(2, 5, 4) / 8 - 2.0
TIES = np.array([1.0, 1.0, 0.0, 0.0, 2.0, 2.0, 2.0])
KINDS = [_window(1, 2, 2), _window(1, 3), _window(2, 2, 1, 2), _window(0, 1, 2)]


def _chosen(x, params):
    """Return an array, the maxima of its windows, a tangent, a cotangent."""
    z = window_max(x, **params)
    t, ct = RNG.standard_normal(x.shape), RNG.standard_normal(z.shape)
    return x, z, t.astype(x.dtype), ct.astype(x.dtype)


def _choices(x, params):
    x, z, t, ct = _chosen(x, params)
    yield Sample(window_put, (ct, x, z), params, smooth=False)
    yield Sample(window_take, (t, x, z), params, smooth=False)


WINDOWS = [
    *(Sample(p, (X,), k) for p in (window_sum, window_max, window_min) for k in KINDS),
    *(
        Sample(p, (X.astype(np.float32),), KINDS[0])
        for p in (window_sum, window_max, window_min)
    ),
    Sample(window_sum, (X + 1j * X[::-1],), KINDS[1]),
    Sample(window_max, (np.arange(12).reshape(3, 4),), _window(1, 2)),
    Sample(window_max, (np.zeros((0, 4)),), _window(1, 2)),
    Sample(window_max, (TIES,), _window(0, 3, 2), smooth=False),
    Sample(window_min, (TIES,), _window(0, 2), smooth=False),
    Sample(window_spread, (X,), {**_window(1, 2, 2), "length": 11}),
    Sample(window_spread, (X + 1j * X,), {**_window(1, 3), "length": 7}),
    *(Sample(window_view, (X,), k) for k in KINDS),
    Sample(window_view, (X + 1j * X,), KINDS[1]),
    Sample(window_fold, (X,), {"axis": 1, "stride": 2, "dilation": 1, "length": 13}),
    Sample(window_fold, (X,), {"axis": 0, "stride": 1, "dilation": 2, "length": 8}),
    *(s for kind in KINDS for s in _choices(X, kind)),
    *_choices(TIES, _window(0, 3, 2)),
    *_choices(X.astype(np.float32), KINDS[0]),
]

SAMPLES = CONVOLUTIONS + WINDOWS
