"""Where a loop keeps large values: in rows of its stacks, in two buffers for a carry.

A planned loop writes what it stacks straight into the stack. A carry goes back and
forth between two buffers: while an iteration reads one, it writes the other. That is
only right where nothing else remembers the old value, or the new one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..compiler.emit import Emitter
from ..compiler.emit_planned import PlannedEmitter
from ..compiler.layout import contiguous_vars, in_c_order
from ..compiler.plan import may_show_inputs, roots_of
from ..compiler.storage import can_write
from ..core import Eqn, Jaxpr, Var, variables
from .loop_parts import body_of
from .stacks import DYNAMIC

if TYPE_CHECKING:
    from .loop import Loop


def ordered_inputs(loop: Loop, body: Jaxpr, flags: Sequence[bool]) -> set[Var]:
    """Return the inputs of a body that lie in C order in every iteration.

    ``flags`` say which arguments of the loop do. A carry stays in order if the body
    makes it so of what is in order.
    """
    ordered = {var for var, flag in zip(body.invars, flags) if flag}
    _, carry, _ = loop.divide(body.invars)
    while ordered:
        known = contiguous_vars(body, ordered)
        pairs = zip(carry, body.outs)
        lost = {v for v, out in pairs if v in ordered and not in_c_order(out, known)}
        if not lost:
            break
        ordered -= lost
    return ordered


def in_order(loop: Loop, flags: Sequence[bool]) -> list[bool]:
    """Return which outputs of a loop lie in C order if those arguments do."""
    body = body_of(loop.jaxpr)
    ordered = ordered_inputs(loop, body, flags)
    _, carry, _ = loop.divide(body.invars)
    stacks = loop.out_avals[loop.n_carry :]
    return [v in ordered for v in carry] + [DYNAMIC not in a.shape for a in stacks]


class Homes:
    """The homes of what one loop makes in each iteration: of one not planned, none."""

    def __init__(self) -> None:
        self.given: dict[Var, Var] = {}  # values, and the memory they are put into
        self.updated: list[int] = []  # carries that are changed in place

    def put(self, out: Any, place: str) -> None:
        """Have a value written into memory that an expression names, if it can be."""

    def swap(self, carries: Sequence[int], kept: Sequence[Any]) -> None:
        """Give carries two buffers each, if nothing else remembers what is in them.

        ``kept`` are the outputs that outlive an iteration as they are.
        """

    def holds(self, out: Any) -> bool:
        """Say whether a value was written into the memory given for it."""
        return False

    def exchanged(self) -> list[tuple[str, str]]:
        """Return assignments that swap the buffers of carries, after an iteration."""
        return []

    def require(self, outer: Emitter, atoms: Sequence[Any]) -> None:
        """Have those arguments in C order for which the plan of the body needs it."""


def homes_of(loop: Loop, inner: Emitter, eqns: Sequence[Eqn]) -> Homes:
    """Return the homes of what a loop makes, whose body is about to be written."""
    if isinstance(inner, PlannedEmitter):
        return PlannedHomes(loop, inner, eqns)
    return Homes()


class PlannedHomes(Homes):
    """The homes of what one planned loop makes in each iteration."""

    def __init__(self, loop: Loop, inner: PlannedEmitter, eqns: Sequence[Eqn]) -> None:
        super().__init__()
        self.loop = loop
        self.inner = inner
        self.body = inner.jaxpr
        self.eqns = eqns
        self.made = {v: e for e in eqns if can_write(e) for v in e.outs}
        self.pairs: dict[int, tuple[str, str]] = {}  # carries, and their two buffers

    @cached_property
    def roots(self) -> dict[Var, Var]:
        """Whose memory the views of the body show."""
        return roots_of(self.body)

    def _shown(self, atoms: Iterable[Any]) -> list[Var]:
        """Return whose memory some atoms have."""
        return [self.roots.get(a, a) for a in variables(atoms)]

    def put(self, out: Any, place: str) -> None:
        if self._is_free(out):
            memory = self.given[out] = Var(out.aval)
            self.inner.text[memory] = place

    def swap(self, carries: Sequence[int], kept: Sequence[Any]) -> None:
        remembered = Counter(self._shown(kept))
        for eqn in self.eqns:
            if may_show_inputs(eqn):
                remembered.update(2 * self._shown(eqn.inputs))
        for k in carries:
            old, out = self.body.invars[self.loop.n_consts + k], self.body.outs[k]
            if not self._is_free(out) or remembered[old] or remembered[out] > 1:
                continue
            if changes := self._changes(old, out):
                self.given.update((e.outs[0], old) for e in changes)
                self.updated.append(k)
            elif (pair := self.inner.pair(out.aval)) is not None:
                self.pairs[k] = pair
                self.put(out, pair[0])

    def _changes(self, old: Var, out: Var) -> list[Eqn]:
        """Return what changes a carry in some places, one after the other.

        All else has to read it before the next change. Then one array is enough, which
        the loop has for itself; if it is not, nothing is returned.
        """
        changes: list[Eqn] = []
        at: Any = out
        while at is not old:
            eqn = self.made.get(at) if type(at) is Var else None
            if eqn is None or eqn.prim.over != (0,) or at in self.given:
                return []
            if not self._is_read_before(eqn):
                return []
            changes.append(eqn)
            at = eqn.inputs[0]
        large = self.inner.is_large(old.aval) and old in self.inner.known
        return changes if large else []

    def _is_read_before(self, eqn: Eqn) -> bool:
        """Say whether a change is after everything else that reads what it changes."""
        old = eqn.inputs[0]
        needed = set(variables(eqn.inputs))  # what is computed before the change
        for e in reversed(self.eqns):
            if needed.intersection(e.outs):
                needed.update(variables(e.inputs))
        later = [e for e in self.eqns if e is not eqn and needed.isdisjoint(e.outs)]
        read = [a for e in later for a in e.inputs]
        return old not in self._shown((*eqn.inputs[1:], *self.body.outs, *read))

    def _is_free(self, out: Any) -> bool:
        return type(out) is Var and out in self.made and out not in self.given

    def holds(self, out: Any) -> bool:
        if type(out) is not Var or out not in self.given:
            return False
        return self.inner.homes.get(out) is self.given[out]

    def exchanged(self) -> list[tuple[str, str]]:
        used = [pair for k, pair in self.pairs.items() if self.holds(self.body.outs[k])]
        return [pair for a, b in used for pair in ((a, b), (b, a))]

    def require(self, outer: Emitter, atoms: Sequence[Any]) -> None:
        assert isinstance(outer, PlannedEmitter)
        inner = self.inner
        _, carry, _ = self.loop.divide(self.body.invars)
        needed: set[Var] = set()
        while not needed.issuperset(inner.decisive()):
            needed.update(inner.decisive())
            inner.require(out for v, out in zip(carry, self.body.outs) if v in needed)
        pairs = zip(self.body.invars, atoms)
        outer.require(a for v, a in pairs if v in needed)
