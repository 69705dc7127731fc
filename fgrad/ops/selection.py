"""Selection by a mask without branches.

``np.where`` and masked copies branch at every element: where a mask has no pattern, the
processor guesses wrong half of the time, and waits ten times as long as for the data.
Masks and shifted bits need no guess, and give the very same bits.
"""

from __future__ import annotations

import numpy as np

_LARGE = 4096  # below, a processor knows a mask by heart
_BLOCK = 16384
_WORDS = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}


def choose(mask, x, y, out):
    """Write ``np.where(mask, x, y)`` into ``out``, which may be the memory of ``y``.

    >>> out = np.array([1.0, 2.0, 3.0])
    >>> choose(np.array([True, False, False]), 0, out, out=out)
    array([0., 2., 3.])
    """
    word = _WORDS.get(out.itemsize)
    operands = [v for v in (mask, x, y) if isinstance(v, np.ndarray)]
    plain = all(v.shape == out.shape and v.flags.c_contiguous for v in operands)
    if word is None or not plain or type(mask) is bool or mask.size < _LARGE:
        return _copied(mask, x, y, out)
    mask, x, y, whole = (
        v.reshape(-1) if isinstance(v, np.ndarray) else v for v in (mask, x, y, out)
    )
    for i in range(0, mask.size, _BLOCK):
        part = slice(i, i + _BLOCK)
        _choose(mask[part], _part(x, part), _part(y, part), whole[part], word)
    return out


def _choose(mask, x, y, out, word):
    count = np.count_nonzero(mask)
    if count == 0 or count == mask.size:
        np.copyto(out, x if count else y)
        return
    if count * 32 < mask.size:  # the guess is mostly right
        _copied(mask, x, y, out)
        return
    bits, ones = out.view(word), mask.view(np.int8)
    if _is_zero(y):
        chosen = np.negative(ones, dtype=word)  # all bits of what is true
        np.bitwise_and(chosen, _bits(x, out, word), out=bits)
        return
    chosen = np.subtract(ones, 1, dtype=word)  # all bits of what is false
    if _is_zero(x):
        np.bitwise_and(chosen, _bits(y, out, word), out=bits)
        return
    first = _bits(x, out, word)
    np.bitwise_and(chosen, np.bitwise_xor(first, _bits(y, out, word)), out=chosen)
    np.bitwise_xor(chosen, first, out=bits)


def where(mask, x, y):
    """Return ``np.where(mask, x, y)``, sooner where that is large."""
    if type(mask) is not np.ndarray or mask.size < _LARGE or mask.dtype.kind != "b":
        return np.where(mask, x, y)
    operands = [v for v in (mask, x, y) if isinstance(v, np.ndarray)]
    if not all(v.shape == mask.shape and v.flags.c_contiguous for v in operands):
        return np.where(mask, x, y)
    return choose(mask, x, y, np.empty(mask.shape, np.result_type(x, y)))


def _part(x, part):
    return x[part] if isinstance(x, np.ndarray) else x


def _copied(mask, x, y, out):
    if y is not out:
        np.copyto(out, y)
    np.copyto(out, x, where=mask)
    return out


def _is_zero(x):
    return type(x) in (int, float) and x == 0 and str(x)[0] != "-"


def _bits(x, out, word):
    return np.asarray(x, out.dtype).view(word)
