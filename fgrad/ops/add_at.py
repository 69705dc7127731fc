"""``np.add.at``, bit for bit, in the time that it could take."""

from __future__ import annotations

from math import prod

import numpy as np

_FEW = 2048  # terms: up to here np.add.at is done before any preparation is
_NARROW = 32  # terms in a row: below, one term after the other is fastest
_WIDE = 384  # from here on, rows one by one in Python beat terms one by one
_BLOCK = 1 << 16  # terms that are added at a time, so that temporaries stay in cache
_ROUNDS = 4
_ENOUGH = 0.3  # of the rows left: a round that adds fewer of them does not pay


def add_at(z, idx, y):
    """Add ``y`` to elements of ``z``, in place, as often as the index names them.

    ``np.add.at`` is fast on flat arrays only. Here, too, an element gets its terms in
    the order of the index, so that bits are the same.

    >>> z = np.zeros((3, 2))
    >>> add_at(z, (np.array([0, 2, 0]),), np.ones((3, 2)))
    >>> z[:, 0]
    array([2., 0., 1.])
    """
    named = None
    if z.ndim > 1 and z.flags.c_contiguous and _terms(idx, y) > _FEW:
        named = _row_numbers(z.shape, idx)
    if named is None:
        np.add.at(z, idx, y)
        return
    rows, width, slot = named
    y = y if y.shape == slot else np.broadcast_to(y, slot)
    add_rows(z.reshape(-1, width), rows, y.reshape(-1, width))


def _terms(idx, y):
    """Return at least how many terms are added, without working out the index."""
    return max([y.size, *(i.size for i in idx if isinstance(i, np.ndarray))])


def _row_numbers(shape, idx):
    """Return rows of ``z.reshape(-1, width)``, the width, and the shape of ``z[idx]``.

    None if the index is not full slices, then arrays and integers, then full slices,
    or if it is out of bounds, or names rows without an element.
    """
    for dots in [k for k, item in enumerate(idx) if item is Ellipsis]:
        missing = (slice(None),) * (len(shape) - len(idx) + 1)
        idx = idx[:dots] + missing + idx[dots + 1 :]
    names = [k for k, item in enumerate(idx) if not _is_full(item)]
    lead, end = names[0], names[-1] + 1
    if end - lead != len(names):
        return None
    rows = 0
    for i, size in zip(idx[lead:end], shape[lead:end], strict=True):
        i = _from_start(i, size)
        if i is None:
            return None
        rows = rows * size + i
    if lead:
        before = np.arange(prod(shape[:lead])) * prod(shape[lead:end])
        rows = before.reshape(*shape[:lead], *(1,) * np.ndim(rows)) + rows
    width = prod(shape[end:])
    slot = (*rows.shape, *shape[end:])
    return (rows.reshape(-1), width, slot) if prod(slot) else None


def _is_full(item):
    return type(item) is slice and item == slice(None)


def _from_start(i, size):
    """Return an index counted from the start of its axis, or None."""
    if type(i) is not int:
        if not isinstance(i, np.ndarray) or not np.can_cast(i.dtype, np.intp):
            return None
        i = i.astype(np.intp, copy=False)
    lowest, highest = np.min(i, initial=size), np.max(i, initial=-1)
    if lowest < -size or highest >= size:
        return None  # np.add.at says what is wrong
    return i if lowest >= 0 else np.where(np.less(i, 0), np.add(i, size), i)


def add_rows(z, rows, y):
    """Add each row of ``y`` to a row of ``z``, in order."""
    width = z.shape[1]
    if width < _NARROW:
        _add_one_by_one(z, rows, y)
        return
    place = np.empty(len(z), np.intp)
    step = max(_BLOCK // width, 1)
    for start in range(0, len(rows), step):
        _add_block(z, rows[start : start + step], y[start : start + step], place)


def _add_block(z, rows, y, place):
    """Add in rounds: first what comes first in its row, then what comes second.

    A round names no row twice. Assignment keeps the last value of repeats, which in
    reverse is the first one: so ``place`` finds it.
    """
    for _ in range(_ROUNDS):
        order = np.arange(len(rows))
        place[rows[::-1]] = order[::-1]
        is_first = place[rows] == order
        count = np.count_nonzero(is_first)
        if count == len(rows):
            _add_unique(z, rows, y)
            return
        if count < _ENOUGH * len(rows):
            break
        first, later = np.flatnonzero(is_first), np.flatnonzero(~is_first)
        _add_unique(z, rows[first], y.take(first, axis=0))
        rows, y = rows[later], y.take(later, axis=0)
    _add_one_by_one(z, rows, y)


def _add_unique(z, rows, y):
    sums = z.take(rows, axis=0)
    sums += y
    z[rows] = sums


def _add_one_by_one(z, rows, y):
    """Add terms, or whole rows where they are long, one after the other."""
    width = z.shape[1]
    if width < _WIDE:
        flat = rows[:, None] * width + np.arange(width)
        np.add.at(z.reshape(-1), flat.reshape(-1), y.reshape(-1))
        return
    for i, row in zip(rows.tolist(), y, strict=True):
        np.add(z[i], row, z[i])
