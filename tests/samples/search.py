"""Samples for searching sorted vectors and for packing bits."""

from __future__ import annotations

import numpy as np

from fgrad.ops.packing import pack_bits, unpack_bits
from fgrad.ops.search import search, search_rows

from . import Sample

rng = np.random.default_rng(0)
UP = np.sort(rng.normal(size=(3, 5)))
V = rng.normal(size=(3, 4))
BITS = rng.integers(0, 2, (3, 11)).astype(bool)
BYTES = rng.integers(0, 256, (2, 3)).astype(np.uint8)


def searches():
    for right in (False, True):
        yield Sample(search, (UP[0], V), {"right": right})
        yield Sample(search, (UP[0, ::2], UP.T), {"right": right})
        yield Sample(search_rows, (UP, V), {"right": right})
        yield Sample(search_rows, (UP.astype(np.float32), UP[:, ::2]), {"right": right})
    yield Sample(search, (np.zeros(0), V[0, 0]), {"right": False})
    yield Sample(search, (np.array([1, 3]), np.array([[2, 3, 4]])), {"right": False})
    yield Sample(search_rows, (np.zeros((0, 2)), np.zeros((0, 3))), {"right": False})
    yield Sample(search_rows, (np.zeros((2, 0)), np.zeros((2, 3))), {"right": False})


SAMPLES = [
    *searches(),
    Sample(pack_bits, (BITS,), {"axis": 1, "little": False}),
    Sample(pack_bits, (BITS[:, ::-2],), {"axis": 0, "little": True}),
    Sample(pack_bits, (np.zeros((0, 2), np.uint8),), {"axis": 0, "little": False}),
    Sample(unpack_bits, (BYTES,), {"axis": 1, "count": 24, "little": False}),
    Sample(unpack_bits, (BYTES.T,), {"axis": 0, "count": 5, "little": True}),
]
