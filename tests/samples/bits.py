"""Samples for bits as other dtypes, complex numbers, and the logistic function."""

from __future__ import annotations

import numpy as np

from fgrad.ops.bits import bitcast_p, complex_p, direction
from fgrad.ops.logistic import logistic

from . import Sample

X = np.array([[1.5, -0.25, 3.0], [0.0, -7.0, 1e-3]])
SINGLE = X.astype(np.float32)


def casts():
    for x, dtype in (
        (X, "uint64"),
        (X.T, "int64"),
        (SINGLE, "int32"),
        (X, "float32"),
        (SINGLE[:, :2], "float64"),
        (X[:0], "uint8"),
        (np.float64(2.0), "int64"),
        (np.arange(4, dtype=np.int8), "uint8"),
    ):
        yield Sample(bitcast_p, (x,), {"dtype": np.dtype(dtype)})


def complexes():
    for x, y in ((X, X.T[:, ::-1].T), (X, X[:1]), (SINGLE, SINGLE), (X[:0], X[:0])):
        yield Sample(complex_p, (x, y))
    yield Sample(complex_p, (X, 2.0))
    yield Sample(complex_p, (np.float64(2.0), X[0]))


def logistics():
    for x in (X, X.T, SINGLE, X[:0], np.float64(0.3), np.array([[2.0]])):
        yield Sample(logistic, (x,))
    yield Sample(logistic, (np.array([-800.0, 800.0, -40.0, 40.0]),))


def directions():
    z = X + 1j * X.T.reshape(2, 3)[::-1]
    for x in (z, z.T, z.astype(np.complex64), z[:0], np.complex128(3 - 4j)):
        yield Sample(direction, (x,))


SAMPLES = [*directions(), *casts(), *complexes(), *logistics()]
