"""Samples of fgrad/ops/cosine.py."""

import numpy as np

from fgrad.ops.cosine import dct_p

from . import Sample

rng = np.random.default_rng(0)
X, Y = rng.normal(size=5), rng.normal(size=(2, 4, 3))
ARRAYS = [(X, 0), (Y, 1), (Y[..., :2].T, 0), (X.astype("f4"), 0), (X + 1j, 0)]

SAMPLES = [
    Sample(dct_p, (x,), {"kind": kind, "axis": axis, "norm": norm})
    for kind in (1, 2, 3, 4)
    for norm in (0, 1, 2)
    for x, axis in (ARRAYS if norm == 0 else ARRAYS[:2])
]
