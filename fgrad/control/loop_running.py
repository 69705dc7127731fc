"""Mapped ``while`` loops, whose elements end one by one.

The loop goes on as long as one element does. Elements that have ended keep their carry.
The body is computed for them all the same; it gets the last inputs with which it ran in
earnest, since it may divide by zero or the like where the loop has ended, and the
backward pass would make ``0 * inf`` of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..ops.elementwise import logical_and, where
from ..ops.index import getitem
from ..ops.reduce import any_, arg_max
from .scalars import like


def first_inputs(carry: Sequence[Any]) -> list[Any]:
    """Return inputs with which the body may run, from a mapped carry.

    Elements that do not even begin get those of an element that does.
    """
    runs, *values = carry
    begun = _some(runs)
    first = arg_max(begun, axis=0)
    return [where(like(begun, x), x, getitem(x, first)) for x in values]


def next_inputs(carry: Sequence[Any], last: Sequence[Any]) -> list[Any]:
    """Return the body's inputs: the carry of what runs, the last inputs of the rest."""
    runs, *values = carry
    now = _some(runs)
    return [runs, *(where(like(now, x), x, old) for x, old in zip(values, last))]


def next_carry(carry: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
    """Return the carry after an iteration, which changes only what still runs."""
    runs, *before = carry
    goes_on, *after = outs
    changed = [where(like(runs, z), z, x) for z, x in zip(after, before)]
    return [logical_and(goes_on, runs), *changed]


def _some(runs: Any) -> Any:
    """Say for each element of the outermost batch whether any part of it runs."""
    return runs if runs.ndim == 1 else any_(runs, axis=tuple(range(1, runs.ndim)))
