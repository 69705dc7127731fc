"""Samples for modified Bessel functions."""

from __future__ import annotations

import numpy as np

from fgrad.ops.bessel import i0, i1

from . import Sample

X = np.array([[-20.0, -3.0, 0.0], [0.3, 7.9, 9.0]])


def samples(prim):
    yield Sample(prim, (X,))
    yield Sample(prim, (X.T[::-1].astype(np.float32) / 4,))
    yield Sample(prim, (np.float64(1.5),))
    yield Sample(prim, (np.zeros((0, 2)),))


SAMPLES = [*samples(i0), *samples(i1)]
