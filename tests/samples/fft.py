"""Samples of fgrad/ops/fft.py."""

import numpy as np

from fgrad.ops.fft import fft, ifft, irfft, rfft

from . import Sample

rng = np.random.default_rng(0)


def array(*shape, dtype=float):
    x = rng.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.normal(size=shape)
    return np.asarray(x, dtype)


REAL = [array(5), array(4, 3), array(2, 4, 3), array(6, 4)[::2].T, array(1),
        array(0, 3), array(4, dtype="f4")]  # fmt: skip
COMPLEX = [array(5, dtype=complex), array(3, 4, dtype=complex).T,
           array(4, dtype=np.complex64)]  # fmt: skip
WAYS = [(4, 0), (5, 1), (2, 2), (1, 0), (7, 1)]

SAMPLES = [
    Sample(prim, (x,), {"n": n, "axis": x.ndim - 1, "norm": norm})
    for prims, arrays in (((fft, ifft, rfft, irfft), REAL),
                          ((fft, ifft, irfft), COMPLEX))
    for prim in prims
    for x in arrays
    for n, norm in WAYS[: 5 if x.ndim == 1 else 2]
] + [
    Sample(prim, (x,), {"n": 4, "axis": 0, "norm": 1})
    for prim in (fft, ifft, rfft, irfft)
    for x in (array(3, 2), array(4, 3, 2))
]  # fmt: skip
