"""Samples for reductions, scans and the square root that ends norms."""

from __future__ import annotations

import numpy as np

from fgrad.ops import reduce as ops
from fgrad.ops.reduce import cumprod, cumsum, root

from . import Sample

X = np.array([[0.5, -1.5, 2.5], [3.0, 0.7, -0.4]])
ZEROS = np.array([[0.0, 2.0, 3.0], [0.0, 5.0, 0.0]])
CUBE = np.linspace(-1.0, 1.3, 24).reshape(2, 3, 4)
COMPLEX = np.array([1 + 2j, 0.5 - 1j, 2j])
SINGLE = CUBE.astype(np.float32)
TIES = np.array([[1.0, 3.0, 3.0], [-2.0, -2.0, -2.0]])
MASK = np.array([[True, False], [False, False]])


def reduction(prim, x, axes, keepdims=False, smooth=True, **params):
    return Sample(prim, (x,), {"axes": axes, "keepdims": keepdims, **params}, smooth)


def products():
    axes = [(X, (0,)), (X, (0, 1)), (CUBE, (0, 2)), (ZEROS, (1,)), (ZEROS, (0, 1))]
    for x, axis in [*axes, (X[::-1, ::2], (1,)), (SINGLE, (1,)), (COMPLEX, (0,))]:
        yield reduction(ops.reduce_prod, x, axis, dtype=None)
    yield reduction(ops.reduce_prod, X, (1,), keepdims=True, dtype=None)
    yield reduction(ops.reduce_prod, 2.5, (), dtype=None)
    yield reduction(ops.reduce_prod, X, (), dtype=None)
    yield reduction(ops.reduce_prod, np.zeros((2, 0)), (1,), dtype=None)
    yield reduction(ops.reduce_prod, SINGLE, (0, 1), dtype=np.dtype(np.float64))
    yield reduction(ops.reduce_prod, MASK, (0,), dtype=None)


def extrema():
    for prim in (ops.reduce_max, ops.reduce_min, ops.reduce_fmax, ops.reduce_fmin):
        yield reduction(prim, X, (0,))
        yield reduction(prim, CUBE[:, ::-1], (0, 2), keepdims=True)
        yield reduction(prim, SINGLE, (0, 1, 2))
        yield reduction(prim, TIES, (1,), smooth=False)
        yield reduction(prim, np.zeros((0, 3)), (1,))
        yield reduction(prim, np.ones((1, 1)), (0, 1))
        yield reduction(prim, 2.5, ())


def truths():
    for prim in (ops.reduce_any, ops.reduce_all):
        yield reduction(prim, MASK, (1,))
        yield reduction(prim, X, (0, 1), keepdims=True)
        yield reduction(prim, np.zeros((0, 2)), (0,))


def places():
    for prim in (ops.argmax, ops.argmin):
        yield Sample(prim, (X,), {"axis": 1, "keepdims": False})
        yield Sample(prim, (CUBE[..., ::-1],), {"axis": 0, "keepdims": True})
        yield Sample(prim, (TIES,), {"axis": 1, "keepdims": False})


def scans():
    for prim in (cumsum, cumprod):
        for x in (X, ZEROS, SINGLE, X[:, ::-1], np.ones((2, 1)), np.zeros((2, 0))):
            yield Sample(prim, (x,), {"axis": 1, "dtype": None})
        yield Sample(prim, (COMPLEX,), {"axis": 0, "dtype": None})
        yield Sample(prim, (CUBE,), {"axis": 0, "dtype": None})
        yield Sample(prim, (MASK,), {"axis": 1, "dtype": None})
        yield Sample(prim, (SINGLE,), {"axis": 2, "dtype": np.dtype(np.float64)})


SAMPLES = [
    *products(),
    *extrema(),
    *truths(),
    *places(),
    *scans(),
    *(Sample(ops.norm_p, (x,)) for x in (X, X.T, CUBE[:, 0], SINGLE, X[0, ::-1], 2.5)),
    Sample(ops.norm_p, (ZEROS[:, 0],), smooth=False),
    Sample(ops.norm_p, (np.zeros((2, 0)),), smooth=False),
    Sample(root, (np.array([0.25, 4.0]),)),
    Sample(root, (np.float32(2.25),)),
    Sample(root, (np.array([0.0, 4.0]),), smooth=False),
]
