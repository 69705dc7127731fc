"""Samples of fgrad/ops/gather.py and fgrad/ops/scatter.py."""

import numpy as np

from fgrad.ops.gather import gather_p, pick_p, rows_p, scatter_p, slice_p, unslice_p
from fgrad.ops.index_spec import ARRAY, FULL, make_index
from fgrad.ops.scatter import (
    scatter_add_p,
    scatter_max_p,
    scatter_min_p,
    scatter_mul_p,
    scatter_set_p,
    slice_set_p,
)

from . import Sample

rng = np.random.default_rng(0)
X = rng.normal(size=(3, 4, 5))
M = rng.normal(size=(4, 3))
C = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))
F = M.astype(np.float32)
I = np.array([0, -1, 2, 0])
J = np.array([[1], [2]])


def at(*items):
    return {"index": make_index(items)}


def into(shape, *items):
    return {"shape": shape, **at(*items)}


BASIC = [
    (X, (0,)),
    (X, (-1, (None, None, -2))),
    (X, (FULL, 1, None, (1, 4, 2))),
    (X, (..., 2)),
    (X[::-1, ::2], (..., None, 0, (3, None, -1))),
    (F, ((1, None, None),)),
    (C, (FULL, 0)),
    (X, (2, 3, 4)),
    (np.ones((0, 3)), (FULL, 1)),
    (M, ((4, 2, None),)),
    (np.float64(2.0), (None,)),
    (np.array(2.0), ()),
]

ADVANCED = [
    (X, (ARRAY,), (I,)),
    (X, (FULL, ARRAY), (I,)),
    (X, (ARRAY, FULL, ARRAY), (I, I)),
    (X, (FULL, ARRAY, ARRAY), (J, I)),
    (X, (0, FULL, ARRAY), (I,)),
    (X, (..., ARRAY, None), (I,)),
    (X, (ARRAY, None, ARRAY), (J, I)),
    (X[::-1], (FULL, ARRAY, (1, None, 2)), (J,)),
    (F, (ARRAY,), (np.array([], int),)),
    (C, (ARRAY, 1), (np.array([2, 2], np.int32),)),
    (M, (ARRAY,), (np.int64(1),)),
    (M, (FULL, ARRAY), (np.array(2),)),
    (np.arange(20.0), (ARRAY,), (rng.integers(0, 20, (30, 3)),)),
    (rng.normal(size=(6, 9)), (ARRAY,), (rng.integers(-6, 6, 40),)),
]


def slot(x, items, arrays=()):
    return rng.permutation(gather_p(x, *arrays, **at(*items)).size) + 0.5


def updates(prim):
    """Yield samples of an update with a full operand, and one that broadcasts."""
    for x, items, *arrays in [*BASIC[:8], BASIC[9], *ADVANCED]:
        arrays = arrays[0] if arrays else ()
        old = x[make_index(items)(*arrays)]
        y = (slot(x, items, arrays).reshape(old.shape) - 3).astype(x.dtype)
        ordered = prim in (scatter_min_p, scatter_max_p)
        if ordered and x.dtype.kind == "c":
            continue
        yield Sample(prim, (x, y, *arrays), at(*items))
    yield Sample(prim, (M, np.float64(1.5)), at(FULL, 1))
    yield Sample(
        prim, (M, np.array([[2.0], [3.0], [4.0], [5.0]]), I[:3]), at(FULL, ARRAY)
    )
    if prim is not scatter_set_p:
        zeros = np.array([0.0, 0.0, 2.0, 0.0])
        index = at(ARRAY)
        ties = Sample(prim, (np.zeros(3), zeros, I), index, smooth=False)
        yield ties


SAMPLES = [
    *(Sample(slice_p, (x,), at(*items)) for x, items in BASIC),
    *(
        Sample(unslice_p, (x[make_index(items).basic],), into(x.shape, *items))
        for x, items in BASIC
    ),
    *(
        Sample(
            gather_p if any(np.ndim(a) for a in arrays) else pick_p,
            (x, *arrays),
            at(*items),
        )
        for x, items, arrays in ADVANCED
    ),
    *(Sample(rows_p, (x, i)) for x in (X, M.T, C, F) for i in (I % 2, J, J.T % 2)),
    *(
        Sample(
            scatter_p,
            (x[make_index(items)(*arrays)], *arrays),
            into(x.shape, *items),
        )
        for x, items, arrays in ADVANCED
    ),
    *updates(scatter_add_p),
    *updates(scatter_set_p),
    *(
        Sample(slice_set_p, (x, 2 * x[make_index(items).basic]), at(*items))
        for x, items in BASIC
    ),
    Sample(slice_set_p, (M, np.float64(1.5)), at(FULL, 1)),
    *updates(scatter_mul_p),
    *updates(scatter_min_p),
    *updates(scatter_max_p),
]
