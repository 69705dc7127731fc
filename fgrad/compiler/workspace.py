"""What planned programs call while they run: buffers, guards, blocks, threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextvars import copy_context
from functools import cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..settings import config

_ALIGNED = 64  # bytes: a cache line, and the widest vector


class Buffer(NamedTuple):
    """An array in a slot of memory; those of one slot share it, one after another."""

    slot: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """The bytes of the array."""
        return prod(self.shape) * self.dtype.itemsize


class Workspaces:
    """The buffers of a program: each call takes a set, and gives it back at its end.

    Calls at the same time, of several threads or nested ones, have sets of their own.

    >>> spaces = Workspaces([Buffer(0, (2,), np.dtype(float))])
    >>> first, second = spaces.take(), spaces.take()
    >>> first[0] is second[0]
    False
    >>> spaces.give(first)
    >>> spaces.take() is first
    True
    """

    def __init__(self, buffers: Sequence[Buffer]) -> None:
        self.buffers = list(buffers)
        self.free: list[tuple[Any, ...]] = []

    def take(self) -> tuple[Any, ...]:
        """Return a set of buffers that no other call has."""
        try:
            return self.free.pop()
        except IndexError:
            return self._new()

    def give(self, arrays: tuple[Any, ...]) -> None:
        """Give a set of buffers back."""
        self.free.append(arrays)

    @property
    def nbytes(self) -> int:
        """The bytes of one set."""
        return sum(self._sizes().values())

    def _sizes(self) -> dict[int, int]:
        sizes: dict[int, int] = {}
        for buffer in self.buffers:
            sizes[buffer.slot] = max(sizes.get(buffer.slot, 0), buffer.nbytes)
        return sizes

    def _new(self) -> tuple[Any, ...]:
        memory = {slot: _aligned(size) for slot, size in self._sizes().items()}
        return tuple(
            memory[b.slot][: b.nbytes].view(b.dtype).reshape(b.shape)
            for b in self.buffers
        )

    def __repr__(self) -> str:
        return f"buffers, {self.nbytes} bytes, taken for the time of a call"


def _aligned(size: int) -> np.ndarray[Any, Any]:
    memory = np.empty(size + _ALIGNED, np.uint8)
    start = -memory.ctypes.data % _ALIGNED
    return memory[start : start + size]


def contiguous(*arrays: Any) -> bool:
    """Say whether arrays lie in memory in C order, as the planned program needs."""
    for x in arrays:
        flags = x.flags
        if not (flags.c_contiguous and flags.aligned):
            return False
    return True


def in_blocks(
    step: Callable[..., Any],
    size: int,
    arrays: Sequence[Any],
    shared: Sequence[Any],
    buffers: Sequence[Any],
) -> None:
    """Run a step on ``size`` rows of all arrays at a time, with the shared values.

    >>> x, y, b = np.arange(5.0), np.empty(5), np.empty(2)
    >>> def step(x, y, one, b):
    ...     np.add(np.multiply(x, x, out=b), one, out=y)
    >>> in_blocks(step, 2, (x, y), (1.0,), (b,))
    >>> y
    array([ 1.,  2.,  5., 10., 17.])
    """
    n = len(arrays[0])
    whole = n - n % size
    for i in range(0, whole, size):
        j = i + size
        step(*[x[i:j] for x in arrays], *shared, *buffers)
    if whole < n:
        rest = n - whole
        step(*[x[whole:] for x in arrays], *shared, *[b[:rest] for b in buffers])


def in_threads(
    step: Callable[..., Any],
    size: int,
    arrays: Sequence[Any],
    shared: Sequence[Any],
    buffers: Sequence[Any],
) -> None:
    """Run the two halves of the blocks at the same time; NumPy lets go of the GIL.

    `config.num_threads` and the cores of the process may forbid that.
    """
    n = len(arrays[0])
    half = n // size // 2 * size
    if not half or config.num_threads == 1 or _cores() == 1:
        in_blocks(step, size, arrays, shared, buffers)
        return
    first, second = [x[:half] for x in arrays], [x[half:] for x in arrays]
    others = [np.empty_like(b) for b in buffers]
    run = copy_context().run  # with the caller's errstate
    try:
        other = _helper().submit(run, in_blocks, step, size, second, shared, others)
    except RuntimeError:  # the interpreter is about to end
        in_blocks(step, size, arrays, shared, buffers)
        return
    try:
        in_blocks(step, size, first, shared, buffers)
    finally:
        other.result()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _helper() -> Executor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1, "fgrad")


if hasattr(os, "register_at_fork"):  # a child has none of its parent's threads
    os.register_at_fork(after_in_child=_helper.cache_clear)
