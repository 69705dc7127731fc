"""Stacks whose length is only known when a loop has run.

What a ``while`` stacks has an axis of the length `DYNAMIC` in its aval and is an
ordinary array when the program runs. If such arrays are stacked themselves, as by a
``scan`` around a ``while``, they have different lengths: then they stay apart, in a
`Ragged` stack. Programs only take elements of stacks, add stacks up, and choose
between them. `vmap` gives stacks an axis behind those of unknown length: the leading
axes are always those of the stacking.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np

from ..core import Aval, Primitive
from ..ops.basic import mapped, moved, sum_axes
from ..ops.elementwise import logical_not

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

    def __len__(self) -> int:
        return 0 if self.items is None else len(self.items)

    def __getitem__(self, i: int) -> Any:
        if self.items is None:
            return _zero(Aval(self.shape[1:], self.dtype))
        return self.items[i]

    def __setitem__(self, i: int, item: Any) -> None:
        assert self.items is not None
        self.items[i] = item

    def __array_ufunc__(
        self, ufunc: Any, method: str, *args: Any, **options: Any
    ) -> Any:
        if method == "reduce":
            return self._reduced(ufunc, tuple(np.atleast_1d(options["axis"])))
        return _each(ufunc, args)

    def _reduced(self, ufunc: Any, axes: tuple[int, ...]) -> Ragged:
        shape = tuple(n for i, n in enumerate(self.shape) if i not in axes)
        inner = tuple(a - 1 for a in axes)
        items = self.items and [ufunc.reduce(item, axis=inner) for item in self.items]
        return Ragged(Aval(shape, self.dtype), items)

    def __add__(self, other: Any) -> Any:
        return _each(operator.add, (self, other))

    def copy(self, order: str = "K") -> Ragged:
        """Return the stack itself: it does not change any more, in any order."""
        return self

    def transpose(self, axes: Sequence[int]) -> Ragged:
        """Return the stack with other axes permuted; the first one stays."""
        assert axes[0] == 0
        aval = Aval(tuple(self.shape[a] for a in axes), self.dtype)
        if self.items is None:
            return Ragged(aval, None)
        inner = tuple(a - 1 for a in axes[1:])
        return Ragged(aval, [item.transpose(inner) for item in self.items])


def _zero(aval: Aval) -> Any:
    if DYNAMIC in aval.shape:
        return Ragged(aval, None)
    if aval.weak:
        return aval.dtype.type(0).item()
    return np.broadcast_to(aval.dtype.type(0), aval.shape)[()]


def _each(fun: Any, args: Sequence[Any]) -> Any:
    """Apply a function to the items of stacks, and to other arrays as they are."""
    args = [0 if type(x) is Ragged and x.items is None else x for x in args]
    stacks = [x for x in args if type(x) is Ragged]
    if not stacks:  # what is left are arrays of one length
        return fun(*args)
    rows = zip(*(x.items if type(x) is Ragged else repeat(x) for x in args))
    items = [fun(*row) for row in rows]
    return Ragged(stacks[0].aval, items)


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


def _batch_absent(args, dims, size, *, aval):
    return absent(*args, aval=batched_aval(aval, size)), batch_axis(aval)


absent = Primitive(
    "absent",
    impl=lambda *anchors, aval: _zero(aval),
    abstract=lambda *anchors, aval: aval,
    batch=_batch_absent,
    flat=True,
)
"""``absent(*xs, aval=...)`` stands for a residual of another branch than the one that
runs; the ``xs`` only say in which program."""


# -- batches of stacks -------------------------------------------------------------


def batch_axis(aval: Aval) -> int:
    """Return where the batch axis of a value stands: behind those of stacking."""
    return max((i + 1 for i, n in enumerate(aval.shape) if n == DYNAMIC), default=0)


def batched_aval(aval: Aval, size: int) -> Aval:
    """Return the aval of a batch."""
    axis = batch_axis(aval)
    return Aval((*aval.shape[:axis], size, *aval.shape[axis:]), aval.dtype)


def mapped_as(x: Any, dim: int | None, size: int, aval: Aval) -> Any:
    """Return a batch of what has an aval, broadcast if it has no batch axis."""
    axis = batch_axis(aval)
    if axis and dim is None:
        return repeated(x, size=size, axis=axis)
    return moved(x, dim, axis) if axis else mapped(x, dim, size)


def _repeat(x, *, size, axis):
    if type(x) is Ragged:
        aval = Aval((*x.shape[:axis], size, *x.shape[axis:]), x.dtype)
        inner = lambda item: _repeat(item, size=size, axis=axis - 1)
        return Ragged(aval, x.items and list(map(inner, x.items)))
    shape = (*x.shape[:axis], size, *x.shape[axis:])
    return np.broadcast_to(np.expand_dims(x, axis), shape)


def _batch_repeated(args, dims, n, *, size, axis):
    dim = dims[0]
    if dim <= axis:
        return repeated(args[0], size=size, axis=axis + 1), dim
    return repeated(args[0], size=size, axis=axis), dim + 1


repeated = Primitive(
    "repeated",
    impl=_repeat,
    abstract=lambda x, *, size, axis: Aval(
        (*x.shape[:axis], size, *x.shape[axis:]), x.dtype
    ),
    vjp=(lambda ct, z, x, *, size, axis: sum_axes(ct, (axis,)),),
    jvp=lambda ts, z, x, **params: repeated(ts[0], **params),
    batch=_batch_repeated,
    linear=True,
)
"""``repeated(x, size=..., axis=...)`` has a stack's values along a new axis."""


def _over(p, x, axis):
    return p.reshape(*p.shape, *(1,) * (x.ndim - axis - p.ndim))


def _batch_choice(prim, batch, axis):
    args, dims, size = batch
    flags = mapped(args[0], dims[0], size)
    rows = [
        repeated(x, size=size, axis=axis) if d is None else moved(x, d, axis)
        for x, d in zip(args[1:], dims[1:])
    ]
    return prim(flags, *rows, axis=axis), axis


masked = Primitive(
    "masked",
    impl=lambda p, x, *, axis: _each(np.where, (_over(p, x, axis), x, 0)),
    abstract=lambda p, x, *, axis: x,
    vjp=(None, lambda ct, z, p, x, *, axis: masked(p, ct, axis=axis)),
    jvp=lambda ts, z, p, x, *, axis: masked(p, ts[1], axis=axis),
    batch=lambda *args, axis: _batch_choice(masked, args, axis),
)
"""``masked(p, x, axis=...)`` is ``x`` where ``p`` holds, else 0: ``p`` has the axes of
``x`` from ``axis`` on."""


def _jvp_selected(ts, z, p, a, b, *, axis):
    if ts[1] is None:
        return masked(logical_not(p), ts[2], axis=axis)
    if ts[2] is None:
        return masked(p, ts[1], axis=axis)
    return selected(p, *ts[1:], axis=axis)


selected = Primitive(
    "selected",
    impl=lambda p, a, b, *, axis: _each(np.where, (_over(p, a, axis), a, b)),
    abstract=lambda p, a, b, *, axis: a,
    vjp=(
        None,
        lambda ct, z, p, a, b, *, axis: masked(p, ct, axis=axis),
        lambda ct, z, p, a, b, *, axis: masked(logical_not(p), ct, axis=axis),
    ),
    jvp=_jvp_selected,
    batch=lambda *args, axis: _batch_choice(selected, args, axis),
)
"""``selected(p, a, b, axis=...)`` chooses between two batches of stacks: ``p`` has
their axes from ``axis`` on."""


def zero_of(aval: Aval, anchor: Any) -> Any:
    """Return a zero that takes no memory; ``anchor`` is a value of the program."""
    if DYNAMIC in aval.shape:
        return nothing(anchor, aval=aval)
    if aval.weak:
        return aval.dtype.type(0).item()
    return np.broadcast_to(aval.dtype.type(0), aval.shape)
