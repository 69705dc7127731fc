"""Bits packed into bytes, and bytes unpacked into bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Aval, Primitive
from .stacks import batch_along

_ORDERS: Any = ("big", "little")


def _sized(x, axis, n):
    return Aval((*x.shape[:axis], n, *x.shape[axis + 1 :]), np.dtype(np.uint8))


pack_bits = Primitive(
    "pack_bits",
    impl=lambda x, *, axis, little: np.packbits(x, axis, _ORDERS[little]),
    abstract=lambda x, *, axis, little: _sized(x, axis, -(-x.shape[axis] // 8)),
    batch=batch_along(lambda: pack_bits),
    emit=lambda names, *, axis, little: (
        f'np.packbits({names[0]}, {axis}, "{_ORDERS[little]}")'
    ),
    flat=True,
)

unpack_bits = Primitive(
    "unpack_bits",
    impl=lambda x, *, axis, count, little: np.unpackbits(
        x, axis, count, _ORDERS[little]
    ),
    abstract=lambda x, *, axis, count, little: _sized(x, axis, count),
    batch=batch_along(lambda: unpack_bits),
    emit=lambda names, *, axis, count, little: (
        f'np.unpackbits({names[0]}, {axis}, {count}, "{_ORDERS[little]}")'
    ),
    flat=True,
)
