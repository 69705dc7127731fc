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


READ_ONLY: dict[str, Any] = {}
"""Instead of the parameters of a step: the same elements, which nobody may write to."""


def read_only(member: Tracer) -> bool:
    """Say whether an array is, or is a view of, one that NumPy makes read-only."""
    steps = member.steps
    while steps:
        steps, _, params = steps
        if params is READ_ONLY:
            return True
    return False


class Memory:
    """What an array and its views have in common.

    ``members`` are weak links to them. Each has its ``steps``: how it was made from the
    root, as (steps of its base, primitive, params); () for the root itself. The
    primitive is None if no single one made it.
    ``aval`` is the root's.
    ``born`` is the moment when a function made the memory for itself, if it is known.
    ``argument`` says whose memory it is if the function got it.
    """

    __slots__ = ("argument", "aval", "born", "crowd", "members")

    def __init__(self, root: Tracer, born: int = -1) -> None:
        self.argument: Any = None
        self.born = born
        self.crowd = _CROWD
        self.aval = root.owner.aval(root)
        self.members = [ref(root)]
        root.memory = self
        root.steps = ()

    def thin(self) -> None:
        """Forget the members that are not alive any more."""
        self.members = [one for one in self.members if one() is not None]
        self.crowd = max(_CROWD, 2 * len(self.members))

    def shared(self, member: Tracer) -> bool:
        """Say whether a member is not an array of its own, which all may write to."""
        return bool(self.argument or read_only(member) or self.others(member))

    def others(self, member: Tracer) -> list[Tracer]:
        """Return who else shows some of the memory of a member."""
        mine = self.places(member)
        found = []
        for link in self.members:
            one = link()
            if one is None or one is member or one.owner.level == inf:  # out of date
                continue
            theirs = None if mine is None else self.places(one)
            if mine is None or theirs is None or (mine & theirs).any():
                found.append(one)
        return found

    def places(self, member: Tracer) -> Any:
        """Return which elements of the root a view shows; None if that is not known."""
        shape, dtype, _ = self.aval
        if member.dtype != dtype:  # parts of elements
            return None
        applied = []
        steps = member.steps
        while steps:
            steps, prim, params = steps
            if params is READ_ONLY:
                continue
            if prim is None:
                return None
            applied.append((prim, params))
        ids = np.arange(prod(shape)).reshape(shape)
        for prim, params in reversed(applied):
            ids = prim.impl(ids, **params)
        shown = np.zeros(prod(shape), bool)
        shown[ids] = True
        return shown
