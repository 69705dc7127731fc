"""NumPy's functions that pack bits into bytes and back."""

from __future__ import annotations

import operator

import numpy as np

from ..core import dtype_of
from ..ops import elementwise as ew
from ..ops import packing as ops
from ..ops.axes import normalize_axis
from .arrays import arraylike, strong
from .shapes import ravel
from .table import traceable


def _prepared(a, axis, bitorder, name):
    """Return an array, the axis, and whether the lowest bit comes first."""
    if bitorder not in ("big", "little"):
        raise ValueError(f"{name}: bitorder is 'big' or 'little', got {bitorder!r}")
    a, axis = (ravel(a), 0) if axis is None else (strong(arraylike(a)), axis)
    axis = normalize_axis(axis, a.ndim, name, a.shape)
    return a, axis, bitorder == "little"


@traceable(np.packbits)
def packbits(a, /, axis=None, bitorder="big"):
    """Pack booleans, or what is not zero, into bytes along an axis."""
    a, axis, little = _prepared(a, axis, bitorder, "packbits")
    if dtype_of(a).kind not in "biu":
        raise TypeError(f"packbits: needs booleans or integers, got {dtype_of(a)}")
    return ops.pack_bits(ew.ne(a, 0), axis=axis, little=little)


@traceable(np.unpackbits)
def unpackbits(a, /, axis=None, count=None, bitorder="big"):
    """Unpack bytes into bits along an axis, ``count``, or all but ``-count``."""
    a, axis, little = _prepared(a, axis, bitorder, "unpackbits")
    if dtype_of(a) != np.uint8:
        raise TypeError(f"unpackbits: needs bytes (uint8), got {dtype_of(a)}")
    n = 8 * a.shape[axis]
    count = n if count is None else operator.index(count)
    if count < -n:
        raise ValueError(f"unpackbits: count {count} leaves out more than {n} bits")
    count = n + count if count < 0 else count
    return ops.unpack_bits(a, axis=axis, count=count, little=little)
