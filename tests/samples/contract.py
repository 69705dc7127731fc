"""Samples of fgrad/ops/dot_general.py."""

import numpy as np

from fgrad.ops.dot_general import dot_general_p, dot_p, matmul_p

from . import Sample

rng = np.random.default_rng(0)


def array(*shape, dtype=float):
    x = rng.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.normal(size=shape)
    return np.asarray(x, dtype)


def sample(x, y, contract, batch=((), ())):
    params = {"contract": contract, "batch": batch, "ndims": (x.ndim, y.ndim)}
    return Sample(dot_general_p, (x, y), params)


SAMPLES = [
    sample(array(3), array(3), ((0,), (0,))),
    sample(array(2, 3), array(3), ((1,), (0,))),
    sample(array(3, 2), array(3), ((0,), (0,))),
    sample(array(3), array(3, 2), ((0,), (0,))),
    sample(array(3), array(2, 3), ((0,), (1,))),
    sample(array(2, 3), array(3, 4), ((1,), (0,))),
    sample(array(3, 2), array(3, 4), ((0,), (0,))),
    sample(array(2, 3), array(4, 3), ((1,), (1,))),
    sample(array(3, 2), array(4, 3), ((0,), (1,))),
    sample(array(5, 2, 3), array(5, 3, 4), ((2,), (1,)), ((0,), (0,))),
    sample(array(2, 3, 5), array(3, 5, 4), ((1,), (0,)), ((2,), (1,))),
    sample(array(5, 3), array(5, 3), ((1,), (1,)), ((0,), (0,))),
    sample(array(5, 3), array(5, 3, 2), ((1,), (1,)), ((0,), (0,))),
    sample(array(2, 3, 5), array(5, 3), ((1,), (1,)), ((2,), (0,))),
    sample(array(6, 5, 2, 3), array(5, 6, 3, 4), ((3,), (2,)), ((0, 1), (1, 0))),
    sample(array(2), array(3), ((), ())),
    sample(array(2, 2), array(3), ((), ())),
    sample(array(), array(3), ((), ())),
    sample(array(3), array(), ((), ())),
    sample(array(5, 2), array(3, 5), ((), ()), ((0,), (1,))),
    sample(array(5), array(5), ((), ()), ((0,), (0,))),
    sample(array(0, 3), array(3, 2), ((1,), (0,))),
    sample(array(2, 0), array(0, 2), ((1,), (0,))),
    sample(array(6, 6)[::-2, ::2], array(3, 4), ((1,), (0,))),
    sample(array(2, 3, dtype="f4"), array(3, 4, dtype="f4"), ((1,), (0,))),
    sample(array(2, 3, dtype="f4"), array(3, 4), ((1,), (0,))),
    sample(array(2, 3, dtype=complex), array(3, 4), ((1,), (0,))),
    sample(array(2, 3, dtype=complex), array(3, 4, dtype=complex), ((1,), (0,))),
    Sample(dot_p, (array(5, 2, 3), array(3))),
    Sample(dot_p, (array(3), array(5, 3, 2))),
    Sample(dot_p, (array(2, 3), array(4, 3, 2))),
    Sample(dot_p, (array(5, 2, 3), array(4, 3, 2))),
    Sample(dot_p, (array(5, 2, 3, dtype="f4"), array(3, 4))),
    Sample(dot_p, (array(3), array(3))),
    Sample(dot_p, (array(2, 3), array(3))),
    Sample(dot_p, (array(3), array(3, 2))),
    Sample(dot_p, (array(2, 3, dtype=complex), array(3, 4))),
    Sample(dot_p, (array(6, 6)[::-2, ::2], array(4, 3).T)),
    Sample(matmul_p, (array(5, 2, 3), array(3, 4))),
    Sample(matmul_p, (array(5, 2, 3), array(3))),
    Sample(matmul_p, (array(6, 5, 2, 3), array(4, 3).T)),
    Sample(matmul_p, (array(3), array(5, 3, 2))),
    Sample(matmul_p, (array(4, 3), array(5, 3, 2))),
    Sample(matmul_p, (array(4, 3), array(6, 5, 3, 2))),
    Sample(matmul_p, (array(4, 3), array(2, 3, 5).T)),
    Sample(matmul_p, (array(5, 2, 3, dtype="f4"), array(3, 4))),
    Sample(matmul_p, (array(4, 3), array(5, 3, 2, dtype=complex))),
]
