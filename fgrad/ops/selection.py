"""Selection by a mask without branches.

``np.where`` and masked copies branch at every element: where a mask has no pattern, the
processor guesses wrong half of the time, and waits ten times as long as for the data.
Masks and shifted bits need no guess, and give the very same bits.
"""

from __future__ import annotations

import numpy as np

_LARGE = 4096  # below, a processor knows a mask by heart
_BLOCK = 16384
_NUMBERS = (int, float, complex)
_WORDS = ("", "i1", "i2", "", "i4", "", "", "", "i8")  # by their bytes


def choose(mask, x, y, out):
    """Write ``np.where(mask, x, y)`` into ``out``, which may be the memory of ``y``.

    >>> out = np.array([1.0, 2.0, 3.0])
    >>> choose(np.array([True, False, False]), 0, out, out=out)
    array([0., 2., 3.])
    """
    word = _WORDS[out.itemsize] if out.itemsize < len(_WORDS) else ""
    operands = [v for v in (mask, x, y) if isinstance(v, np.ndarray)]
    plain = all(v.shape == out.shape and v.flags.c_contiguous for v in operands)
    if not word or not plain or type(mask) is bool or mask.size < _LARGE:
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
    plain = all(v.shape == mask.shape and v.flags.c_contiguous for v in operands)
    dtype = np.result_type(x, y)
    if not plain or (dtype.kind in "iu" and int in (type(x), type(y))):
        return np.where(mask, x, y)  # it says whether an integer fits
    return choose(mask, x, y, np.empty(mask.shape, dtype))


def safe_divide(c, x, out=None):
    """Return ``c / x``, but 0 where ``c`` is 0.

    >>> with np.errstate(divide="ignore", invalid="ignore"):
    ...     safe_divide(np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.0, 2.0]))
    array([0. , inf, 0.5])
    """
    number = type(c) in _NUMBERS
    some = np.count_nonzero(c) != (1 if number else c.size)
    zero = some and c == 0  # known before the quotient, which may be written over it
    z = np.divide(c, x, out=out)
    if some:
        if isinstance(z, np.ndarray):
            np.copyto(z, 0, where=zero)
        else:
            z = type(z)(0)
    return z.item() if number and type(x) in _NUMBERS else z


def chosen_part(c, x, y, z, out=None):
    """Return ``c`` where ``x`` equals ``z``, half of it where ``y`` does, too, else 0.

    >>> x, y = np.array([1.0, 2.0, 3.0]), 2.0
    >>> chosen_part(np.ones(3), x, y, np.maximum(x, y))
    array([0. , 0.5, 1. ])
    """
    hit, tie = x == z, y == z
    if out is not None:
        part = choose(hit, c, 0, out=out)
    elif np.shape(hit) == np.shape(tie) and np.shape(c) in ((), np.shape(hit)):
        part = where(hit, c, 0)
    else:
        return np.where(hit, np.where(tie, c * 0.5, c), 0)[()]
    tie = hit & tie
    if np.any(tie):
        np.copyto(part, c * 0.5, where=tie)
    return part if out is not None else part[()]


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
