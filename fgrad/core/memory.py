"""What an array and its views have in common: the memory that NumPy would share."""

from __future__ import annotations

from contextvars import ContextVar
from itertools import count
from math import inf, prod
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

if TYPE_CHECKING:
    from .tracer import Tracer

moments = count()
"""What counts traces, and the arrays that functions make for themselves."""

INSIDE: ContextVar[int] = ContextVar("fgrad inside", default=-1)
"""The level of the innermost function in progress that does not run once: it is mapped
over elements, or runs while its program is written."""

_CROWD = 8  # so many members are looked through for dead ones, then twice as many ...


class Memory:
    """What an array and its views have in common.

    ``members`` are weak links to them, each with the base of a view and its steps: how
    the view was made from the root, as (steps of the base, primitive, params); None if
    that is not known. ``shape`` is the root's.
    ``born`` is the moment when a function made the memory for itself, if it is known.
    ``argument`` says whose memory it is if the function got it.
    """

    __slots__ = ("__weakref__", "argument", "born", "crowd", "members", "shape")

    def __init__(self, root: Tracer, born: int = -1) -> None:
        self.argument: Any = None
        self.born = born
        self.crowd = _CROWD
        self.shape = root.shape
        self.members: list[tuple[ref[Tracer], ref[Tracer] | None, Any]] = []
        self.add(root, None, ())

    def add(self, member: Tracer, base: ref[Tracer] | None, steps: Any) -> None:
        """Note that a tracer has this memory."""
        member.memory = self
        if len(self.members) >= self.crowd:
            self.members = [m for m in self.members if m[0]() is not None]
            self.crowd = max(_CROWD, 2 * len(self.members))
        self.members.append((ref(member), base, steps))

    def others(self, member: Tracer) -> list[Tracer]:
        """Return who else shows some of the memory of a member."""
        mine = self.places(self.link_of(member)[1])
        found = []
        for link, _, steps in self.members:
            one = link()
            if one is None or one is member or one.owner.level == inf:  # out of date
                continue
            theirs = None if mine is None else self.places(steps)
            if mine is None or theirs is None or (mine & theirs).any():
                found.append(one)
        return found

    def link_of(self, member: Tracer) -> tuple[ref[Tracer] | None, Any]:
        """Return the base of a view, None if it is no view, and its steps."""
        return next((m[1], m[2]) for m in self.members if m[0]() is member)

    def places(self, steps: Any) -> Any:
        """Return which elements of the root a view shows; None if that is not known."""
        if steps is None:
            return None
        applied = []
        while steps:
            steps, prim, params = steps
            applied.append((prim, params))
        ids = np.arange(prod(self.shape)).reshape(self.shape)
        for prim, params in reversed(applied):
            ids = prim.impl(ids, **params)
        shown = np.zeros(prod(self.shape), bool)
        shown[ids] = True
        return shown
