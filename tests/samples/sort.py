"""Samples for sorting, partitioning and moving elements by index."""

from __future__ import annotations

import numpy as np

from fgrad.ops.sort import (
    argpartition,
    argsort,
    partition_p,
    put_along,
    sort_p,
    take_along,
)

from . import Sample

X = np.array([[3.0, -1.0, 2.0, 0.5], [0.1, 0.9, -4.0, 7.0], [5.0, 6.0, 1.0, -2.0]])
SINGLE = X.astype(np.float32)
TIES = np.array([2.0, 1.0, 2.0, 1.0, 2.0])
ONE = np.array([[1, 0, 3], [2, 2, -1], [0, 3, 3]])
ORDER = np.array([[2, 0, 3, 1], [0, 1, 2, 3], [3, 2, 1, 0]])


def sorts():
    for prim in (sort_p, argsort):
        for stable in (False, True):
            yield Sample(prim, (X,), {"axis": 0, "stable": stable})
            yield Sample(prim, (SINGLE[:, ::-1],), {"axis": 1, "stable": stable})
        yield Sample(prim, (TIES,), {"axis": 0, "stable": True}, smooth=False)
        yield Sample(prim, (np.zeros((2, 0)),), {"axis": 1, "stable": False})
        yield Sample(prim, (np.ones((1, 2)),), {"axis": 0, "stable": False})


def partitions():
    for prim in (partition_p, argpartition):
        yield Sample(prim, (X,), {"kth": (1,), "axis": 1})
        yield Sample(prim, (SINGLE.T,), {"kth": (2, 0), "axis": 0})
        yield Sample(prim, (TIES,), {"kth": (2,), "axis": 0}, smooth=False)


SAMPLES = [
    *sorts(),
    *partitions(),
    Sample(take_along, (X, ONE), {"axis": 1}),
    Sample(take_along, (SINGLE[:2], ONE[:2]), {"axis": 1}),
    Sample(take_along, (X[::-1, ::2].T, ONE[:2] % 3), {"axis": 1}),
    Sample(take_along, (X, ORDER[:1] % 3), {"axis": 0}),
    Sample(put_along, (X[:, 1:], ONE), {"axis": 1, "length": 4, "unique": False}),
    Sample(put_along, (X, ORDER), {"axis": 1, "length": 4, "unique": True}),
    Sample(put_along, (SINGLE.T, ORDER.T), {"axis": 0, "length": 5, "unique": True}),
    Sample(
        put_along,
        (np.zeros((2, 0)), np.zeros((2, 0), int)),
        {"axis": 1, "length": 3, "unique": False},
    ),
]
