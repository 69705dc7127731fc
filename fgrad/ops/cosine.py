"""Cosine transforms along an axis, as SciPy computes them; they are linear.

The matrices of kinds 2 and 3 are transposes of each other but for the weight of the
first element, those of kinds 1 and 4 are symmetric but for the weights of the ends:
see the definitions in SciPy's documentation of ``dct``.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..core import Aval, Primitive, dtype_of
from .basic import fit_dtype
from .fft import NORMS


def _impl(x, *, kind, axis, norm):
    from scipy.fft import dct

    return dct(x, kind, axis=axis, norm=NORMS[norm])


@lru_cache(maxsize=64)
def _dtype(dtype):
    return _impl(np.ones(2, dtype), kind=2, axis=0, norm=0).dtype


def _weighted(ct, axis, first, last=1.0):
    """Multiply the ends of an axis by numbers."""
    n = ct.shape[axis]
    weights = np.ones(n, np.empty(0, dtype_of(ct)).real.dtype)
    weights[0] = first
    weights[-1] *= last
    return ct * weights.reshape((-1,) + (1,) * (ct.ndim - 1 - axis))


_TRANSPOSED = {1: 1, 2: 3, 3: 2, 4: 4}


def _vjp(ct, z, x, *, kind, axis, norm):
    params = {"kind": _TRANSPOSED[kind], "axis": axis, "norm": norm}
    if norm == 1 or kind == 4:  # "ortho": the matrix is orthogonal
        return fit_dtype(dct_p(ct, **params), x)
    if kind == 2:
        return fit_dtype(dct_p(_weighted(ct, axis, 2.0), **params), x)
    if kind == 3:
        return fit_dtype(_weighted(dct_p(ct, **params), axis, 0.5), x)
    return fit_dtype(
        _weighted(dct_p(_weighted(ct, axis, 2.0, 2.0), **params), axis, 0.5, 0.5), x
    )


def _batch(args, dims, size, *, axis, **params):
    (x,), (dim,) = args, dims
    return dct_p(x, axis=axis + (dim <= axis), **params), dim


dct_p = Primitive(
    "dct",
    impl=_impl,
    abstract=lambda x, **params: Aval(x.shape, _dtype(x.dtype)),
    vjp=(_vjp,),
    jvp=lambda ts, z, x, **params: fit_dtype(dct_p(ts[0], **params), z),
    batch=_batch,
    linear=True,
)
