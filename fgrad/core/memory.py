"""What an array and its views have in common: the memory that NumPy would share."""

from __future__ import annotations

from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import ref

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

    ``members`` are weak links to them, each with the base and the index of a view.
    ``born`` is the moment when a function made the memory for itself, if it is known.
    ``argument`` says whose memory it is if the function got it.
    """

    __slots__ = ("__weakref__", "argument", "born", "crowd", "members")

    def __init__(self, born: int = -1) -> None:
        self.argument: Any = None
        self.born = born
        self.crowd = _CROWD
        self.members: list[tuple[ref[Tracer], ref[Tracer] | None, Any]] = []

    def add(self, member: Tracer, base: ref[Tracer] | None, index: Any) -> None:
        """Note that a tracer has this memory."""
        member.memory = self
        if len(self.members) >= self.crowd:
            self.members = [m for m in self.members if m[0]() is not None]
            self.crowd = max(_CROWD, 2 * len(self.members))
        self.members.append((ref(member), base, index))

    def others(self, member: Tracer) -> list[Tracer]:
        """Return who else has this memory."""
        alive = (m[0]() for m in self.members)
        return [one for one in alive if one is not None and one is not member]

    def link_of(self, member: Tracer) -> tuple[ref[Tracer] | None, Any]:
        """Return the base of a view and its index there; None if it is no view."""
        return next((m[1], m[2]) for m in self.members if m[0]() is member)
