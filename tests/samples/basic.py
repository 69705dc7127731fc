"""Samples for casts, parts of complex numbers, shapes and sums."""

from __future__ import annotations

import numpy as np

from fgrad.ops.basic import (
    broadcast_to,
    cast,
    cast_discrete,
    imag,
    real,
    reduce_sum,
    reshape,
    transpose,
)

from . import Sample

X = np.array([[0.5, -1.5, 2.5], [3.0, 0.7, -0.4]])
CUBE = np.linspace(-1.0, 1.3, 24).reshape(2, 3, 4)
SINGLE = CUBE.astype(np.float32)
COMPLEX = np.array([1 + 2j, 0.5 - 1j, 2j])
PAIR = COMPLEX.astype(np.complex64)
EMPTY = np.zeros((0, 3))
F32, F64 = np.dtype(np.float32), np.dtype(np.float64)


def casts():
    for x in (X, X[::-1, ::2], SINGLE, EMPTY, 2.5, np.float32(1.5), np.array(0.5)):
        for dtype in (F32, F64, np.dtype(complex)):
            yield Sample(cast, (x,), {"dtype": dtype})
        yield Sample(cast_discrete, (x,), {"dtype": np.dtype(np.int32)})
    yield Sample(cast, (COMPLEX,), {"dtype": np.dtype(np.complex64)})
    yield Sample(cast, (np.arange(3),), {"dtype": F64})
    yield Sample(cast, (3,), {"dtype": F32})
    yield Sample(cast, (True,), {"dtype": F64})
    yield Sample(cast_discrete, (X,), {"dtype": np.dtype(bool)})


def parts():
    for prim in (real, imag):
        for x in (COMPLEX, COMPLEX[::-2], PAIR, COMPLEX[0], COMPLEX[:0], 1 + 2j):
            yield Sample(prim, (x,))
    yield Sample(real, (X,))


def shapes():
    for x in (X, X[::-1], X.T, X.astype(np.float32), X + 1j, np.arange(6)):
        yield Sample(reshape, (x,), {"shape": (3, 1, 2)})
    yield Sample(reshape, (EMPTY,), {"shape": (3, 0, 2)})
    yield Sample(reshape, (2.5,), {"shape": (1, 1)})
    yield Sample(reshape, (X[:1, :1],), {"shape": ()})
    for axes in ((2, 0, 1), (2, 1, 0), (0, 2, 1), (0, 1, 2)):
        yield Sample(transpose, (CUBE,), {"axes": axes})
        yield Sample(transpose, (SINGLE[:, ::-1, ::2],), {"axes": axes})
    yield Sample(transpose, (EMPTY,), {"axes": (1, 0)})
    yield Sample(transpose, (X + 1j,), {"axes": (1, 0)})
    yield Sample(transpose, (np.array(2.0),), {"axes": ()})
    for x in (X, X[:, ::-1], X[:1], X[:, :1], X[0], 2.5, X.astype(np.float32)):
        yield Sample(broadcast_to, (x,), {"shape": (2, 2, 3)})
    yield Sample(broadcast_to, (np.float32(2.5),), {"shape": (0, 2)})
    yield Sample(broadcast_to, (np.ones((1, 3)),), {"shape": (0, 3)})
    yield Sample(broadcast_to, (COMPLEX,), {"shape": (2, 3)})


def reduced(x, axes, keepdims=False, dtype=None):
    params = {"axes": axes, "keepdims": keepdims, "dtype": dtype}
    return Sample(reduce_sum, (x,), params)


SAMPLES = [
    *casts(),
    *parts(),
    *shapes(),
    *(reduced(CUBE, axes) for axes in [(), (0,), (2,), (0, 2), (0, 1, 2)]),
    *(reduced(CUBE[::-1, :, ::2], axes, True) for axes in [(1,), (0, 1, 2)]),
    *(reduced(SINGLE, axes) for axes in [(1,), (0, 2)]),
    reduced(SINGLE, (0,), dtype=F64),
    reduced(CUBE, (0,), dtype=F32),
    reduced(COMPLEX, (0,)),
    reduced(PAIR, (0,), keepdims=True),
    reduced(EMPTY, (0,)),
    reduced(EMPTY, (1,)),
    reduced(2.5, ()),
    reduced(np.ones((1, 1)), (0, 1)),
    reduced(np.arange(6).reshape(2, 3), (1,)),
    reduced(np.array([True, False]), (0,)),
]
