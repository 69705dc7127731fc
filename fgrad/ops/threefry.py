"""Threefry-2x32: random bits as a function of a key and a count.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011),
with 20 rounds. A key is a 64-bit number, and so is a count; the cipher makes a 64-bit
number of the two. All randomness of fgrad comes from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from ..core import Aval, Primitive, broadcast_shapes
from .basic import to_front
from .families import elementwise

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)
_BLOCK = 1 << 14  # elements that stay in the cache for all rounds
_U32, _U64 = np.dtype(np.uint32), np.dtype(np.uint64)


# -- the cipher --------------------------------------------------------------------


def _halves(x: Any) -> tuple[Any, Any]:
    """Return the upper and the lower 32 bits, as new arrays."""
    return (x >> np.uint64(32)).astype(_U32), x.astype(_U32)


def _encrypt(keys: Any, counts: Any) -> tuple[Any, Any]:
    """Return both halves of what vectors of keys and counts are encrypted to.

    Either vector may have one element for all of the other.
    """
    k0, k1 = _halves(keys)
    schedule = (k0, k1, k0 ^ k1 ^ _PARITY)
    x0, x1 = _halves(counts)
    x0, x1 = x0 + k0, x1 + k1
    turned = np.empty_like(x1)
    for i in range(5):
        for r in _ROTATIONS[i % 2]:
            x0 += x1
            np.left_shift(x1, r, out=turned)
            x1 >>= 32 - r
            x1 |= turned
            x1 ^= x0
        x0 += schedule[(i + 1) % 3]
        x1 += schedule[(i + 2) % 3]
        x1 += i + 1
    return x0, x1


def _joined(x0: Any, x1: Any) -> Any:
    """Return the 64-bit numbers of two halves."""
    z = x0.astype(_U64)
    z <<= np.uint64(32)
    z |= x1
    return z


def threefry(key: Any, count: Any) -> Any:
    """Encrypt counts with keys, which broadcast; all are 64-bit numbers.

    >>> threefry(np.uint64(0), np.arange(2, dtype=np.uint64))
    array([7719171245655871230, 3989946895414531357], dtype=uint64)
    """
    shape = np.broadcast_shapes(np.shape(key), np.shape(count))
    out = np.empty(shape, _U64)
    flat = out.reshape(-1)
    keys = np.broadcast_to(key, shape).reshape(-1) if np.ndim(key) else key
    counts = np.broadcast_to(count, shape).reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        own = keys[part] if np.ndim(keys) else np.reshape(keys, 1)
        flat[part] = _joined(*_encrypt(own, counts[part]))
    return out[()]


# -- numbers from bits -------------------------------------------------------------


def _numbers(x0: Any, x1: Any, dtype: np.dtype) -> Any:
    """Return unsigned integers, or floats in [0, 1), made of two halves of bits.

    A float gets the upper bits as its fraction, and the exponent of 1.
    """
    bits = _joined(x0, x1) if dtype.itemsize == 8 else x0 ^ x1
    if dtype.kind == "u":
        return bits.astype(dtype, copy=False)
    width, fraction = 8 * dtype.itemsize, np.finfo(dtype).nmant
    words = bits.astype(f"u{dtype.itemsize}", copy=False)
    words >>= words.dtype.type(width - fraction)
    words |= np.ones((), dtype).view(words.dtype)
    return words.view(dtype) - dtype.type(1)


def _blocks(rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
    """Yield the blocks of a matrix: parts of one row, or several rows."""
    height, width = max(1, _BLOCK // max(columns, 1)), min(columns, _BLOCK)
    for row in range(0, rows, height):
        for column in range(0, columns, max(width, 1)):
            yield slice(row, row + height), slice(column, column + width)


def random_numbers(key: Any, *, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """Draw numbers of some shape with every key: bits, or floats in [0, 1).

    Element number ``i`` depends on the key and on ``i`` alone.

    >>> random_numbers(np.uint64(0), shape=(2,), dtype=np.dtype(np.uint8))
    array([167, 146], dtype=uint8)
    """
    keys = np.reshape(key, -1)
    out = np.empty((keys.size, prod(shape)), dtype)
    for rows, columns in _blocks(*out.shape):
        counts = np.arange(columns.start, min(columns.stop, out.shape[1]), dtype=_U64)
        part = out[rows, columns]
        own = np.repeat(keys[rows], counts.size) if len(part) > 1 else keys[rows]
        words = _encrypt(own, np.tile(counts, len(part)))
        part[...] = _numbers(*words, dtype).reshape(part.shape)
    return out.reshape(np.shape(key) + shape)[()]


# -- the primitives ----------------------------------------------------------------


threefry_p = elementwise(
    "threefry",
    impl=threefry,
    abstract=lambda key, count: Aval(broadcast_shapes(key.shape, count.shape), _U64),
    rules=None,
    emit="",
    flat=True,
)

random_p = Primitive(
    "random",
    impl=random_numbers,
    abstract=lambda key, *, shape, dtype: Aval((*key.shape, *shape), dtype),
    batch=lambda args, dims, size, **params: (
        random_p(to_front(args[0], dims[0]), **params),
        0,
    ),
    flat=True,
)


def integers(first: Any, second: Any, low: Any, high: Any, beyond: Any) -> Any:
    """Return integers from ``low`` to ``high - 1`` out of two words of bits each.

    The words are the digits of a number, modulo the count of integers. Where the bound
    is ``beyond`` what the dtype can hold, ``high`` is the last of them. Where there are
    none, ``low``.

    >>> words = np.uint32(1), np.uint32(5)
    >>> int(integers(*words, np.int32(3), np.int32(13), np.bool(False)))
    4
    """
    first, low, high = np.asarray(first), np.asarray(low), np.asarray(high)
    word = first.dtype
    with np.errstate(over="ignore"):  # scalars would warn that words wrap around
        count = high.astype(word) - low.astype(word) + (beyond & (high > low))
        every = (count == 0) & (high > low)  # as many integers as there are words
        count = np.where((high > low) & ~every, count, 1).astype(word)
        digit = word.type(1 << (4 * word.itemsize)) % count
        digit = digit * digit % count
        offset = (first % count * digit + second % count) % count
        return low + np.where(every, second, offset).astype(low.dtype)


integers_p = elementwise(
    "integers_from_bits",
    impl=integers,
    abstract=lambda first, second, low, high, beyond: Aval(
        broadcast_shapes(first.shape, low.shape, high.shape, beyond.shape), low.dtype
    ),
    rules=None,
    emit="",
    flat=True,
)
