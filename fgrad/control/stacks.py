"""Stacks whose length is only known when a loop has run.

What a ``while`` stacks has an axis of the length `DYNAMIC` in its aval and is an
ordinary array when the program runs. If such arrays are stacked themselves, as by a
``scan`` around a ``while``, they have different lengths: then they stay apart, in a
`Ragged` stack. Programs only take elements of stacks and add stacks up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Aval, Primitive

DYNAMIC = (1 << 40) - 87
"""Stands in shapes for the number of iterations of a ``while`` (it is a prime)."""


class Ragged:
    """A stack of arrays of different lengths; without items, of zeros of any length."""

    __slots__ = ("aval", "items")

    def __init__(self, aval: Aval, items: list[Any] | None) -> None:
        self.aval = aval
        self.items = items

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, `DYNAMIC` where lengths differ."""
        return self.aval.shape

    @property
    def dtype(self) -> np.dtype:
        """The dtype."""
        return self.aval.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.aval.ndim

    def __array__(self, *args: Any, **options: Any) -> Any:
        raise NotImplementedError(
            "vmap of a gradient through a cond with a while loop in a branch"
        )

    def __len__(self) -> int:
        return 0 if self.items is None else len(self.items)

    def __getitem__(self, i: int) -> Any:
        if self.items is None:
            return _zero(Aval(self.shape[1:], self.dtype))
        return self.items[i]

    def __setitem__(self, i: int, item: Any) -> None:
        assert self.items is not None
        self.items[i] = item

    def __add__(self, other: Ragged) -> Ragged:
        if self.items is None or other.items is None:
            return other if self.items is None else self
        return Ragged(self.aval, [a + b for a, b in zip(self.items, other.items)])

    def copy(self) -> Ragged:
        """Return the stack itself: it does not change any more."""
        return self

    def transpose(self, axes: Sequence[int]) -> Ragged:
        """Return the stack with other axes permuted; the first one stays."""
        aval = Aval(tuple(self.shape[a] for a in axes), self.dtype)
        if self.items is None:
            return Ragged(aval, None)
        inner = tuple(a - 1 for a in axes[1:])
        return Ragged(aval, [item.transpose(inner) for item in self.items])


def _zero(aval: Aval) -> Any:
    if DYNAMIC in aval.shape:
        return Ragged(aval, None)
    return np.broadcast_to(aval.dtype.type(0), aval.shape)[()]


def buffer(length: int, aval: Aval) -> Ragged:
    """Return room for a number of arrays whose lengths are not known."""
    return Ragged(Aval((length, *aval.shape), aval.dtype), [None] * length)


def stacked(items: list[Any], aval: Aval) -> Any:
    """Return arrays of one aval as a stack."""
    if DYNAMIC in aval.shape:
        return Ragged(Aval((len(items), *aval.shape), aval.dtype), items)
    stack = np.empty((len(items), *aval.shape), aval.dtype)
    for i, item in enumerate(items):
        stack[i] = item
    return stack


def _batch(args, dims, size, *, aval):
    return nothing(*args, aval=aval), None


nothing = Primitive(
    "nothing",
    impl=lambda *anchor, aval: Ragged(aval, None),
    abstract=lambda *anchor, aval: aval,
    batch=_batch,
    flat=True,
)
"""``nothing(x, aval=...)`` is a stack of zeros of unknown length; ``x`` only says in
which program."""


def zero_of(aval: Aval, anchor: Any) -> Any:
    """Return a zero that takes no memory; ``anchor`` is a value of the program."""
    if DYNAMIC in aval.shape:
        return nothing(anchor, aval=aval)
    if aval.weak:
        return aval.dtype.type(0).item()
    return np.broadcast_to(aval.dtype.type(0), aval.shape)
