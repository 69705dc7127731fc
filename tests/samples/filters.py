"""Samples of fgrad/ops/filters.py."""

import numpy as np

from fgrad.ops.filters import filter_p

from . import Sample

rng = np.random.default_rng(0)


def array(*shape, dtype=float):
    x = rng.normal(size=shape)
    return np.asarray(
        x + 1j * x[..., ::-1] if np.dtype(dtype).kind == "c" else x, dtype
    )


A = np.array([1.5, 0.3, -0.2])
SAMPLES = [
    Sample(filter_p, (array(2), A, array(6))),
    Sample(filter_p, (array(4), A, array(2, 3))),
    Sample(filter_p, (array(1), A[:1], array(1))),
    Sample(filter_p, (array(2), np.stack([A, A[::-1] + 2]), array(5))),
    Sample(filter_p, (array(2, 3), A, array(2, 5))),
    Sample(filter_p, (array(2, dtype="f4"), A.astype("f4"), array(4, dtype="f4"))),
    Sample(filter_p, (array(2, dtype=complex), A, array(4, dtype=complex))),
]
