"""How a group runs: how many rows at a time, and where its values live meanwhile."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from ..core import Eqn, Var, variables
from .cost import nbytes
from .cost_model import block_rows
from .fusion import Group, Role
from .storage import may_overwrite
from .workspace import Buffer

if TYPE_CHECKING:
    from .plan import Planner

Kind = tuple[Any, Role]  # dtype, and how much of a block it fills


@dataclass
class Blocks:
    """A group with its homes."""

    group: Group
    written: list[Var]
    """The members' outputs that others read: whole arrays."""
    after: list[Eqn]
    """Members that are only views of what was written, for those others."""
    shown: dict[Var, Var]
    """What the views among the members show."""
    temporary: dict[Var, int] = field(default_factory=dict)
    """Which of the block's buffers the other outputs are in."""
    buffers: list[Buffer] = field(default_factory=list)
    rows: int = 0
    """How many rows a block has; of a flat group, how many elements."""

    @property
    def eqns(self) -> list[Eqn]:
        """The members that compute something."""
        return [e for e in self.group.eqns if not e.prim.view]

    def same(self, var: Var) -> Var:
        """Return what a view among the members shows."""
        return self.shown.get(var, var)


class BlockPlanner:
    """Finds homes for the values of one group."""

    def __init__(self, planner: Planner, i: int, group: Group) -> None:
        self.planner = planner
        self.i = i
        self.group = group
        inside = Counter(a for e in group.eqns for a in variables(e.inputs))
        uses = planner.uses
        shown = _shown(group)
        outside = {v for v in group.roles if uses[v] > inside[v]}
        written = {shown.get(v, v) for v in outside}
        whole = [v for v in group.roles if v in written]
        self.blocks = Blocks(group, whole, _after(group, outside), shown)
        self.last: dict[Var, int] = {}
        for k, eqn in enumerate(self.blocks.eqns):
            self.last.update((shown.get(a, a), k) for a in variables(eqn.inputs))
        self.shares = Counter(map(planner.root, self.last))  # values in one memory
        self.ended: dict[Any, list[Var]] = {}  # arrays from outside, read by now
        self.kinds: list[Kind] = []  # of the block's buffers
        self.free: dict[Kind, list[int]] = {}

    def plan(self) -> Blocks:
        """Return the group with homes for everything that it writes."""
        blocks = self.blocks
        written = set(blocks.written)
        for k, eqn in enumerate(blocks.eqns):
            out = eqn.outs[0]
            if out not in written:
                blocks.temporary[out] = self._buffer(k, eqn)
            else:
                over = self._overwritten(k, eqn)
                if over is not None or self.planner.stays(out):
                    self.planner.settle(out, over)
            self._bury(k, eqn)
        self._shape()
        return blocks

    def _buffer(self, k: int, eqn: Eqn) -> int:
        """Return a buffer for the output of a member: an operand's, a free one, new."""
        out = eqn.outs[0]
        kind = (out.aval.dtype, self.group.roles[out])
        for atom in eqn.inputs:
            found = self._ending(k, atom)
            if found is not None and may_overwrite(eqn, atom):
                if self.kinds[found] == kind:
                    self.last[self.blocks.same(atom)] = -1  # it is taken over
                    return found
        if self.free.get(kind):
            return self.free[kind].pop()
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def _ending(self, k: int, atom: Any) -> int | None:
        """Return the buffer of an operand that is read for the last time."""
        if type(atom) is not Var:
            return None
        atom = self.blocks.same(atom)
        return self.blocks.temporary.get(atom) if self.last.get(atom) == k else None

    def _bury(self, k: int, eqn: Eqn) -> None:
        for atom in dict.fromkeys(variables(eqn.inputs)):
            found = self._ending(k, atom)
            if found is not None:
                self.last[self.blocks.same(atom)] = -1
                self.free.setdefault(self.kinds[found], []).append(found)
            elif self.last.get(atom) == k and atom in self.planner.held:
                self.ended.setdefault(atom.aval[:2], []).append(atom)

    def _overwritten(self, k: int, eqn: Eqn) -> Var | None:
        """Return an array from outside that ends here, and can be written over."""
        out, planner = eqn.outs[0], self.planner
        if self.group.roles[out] is not Role.FULL:
            return None
        own = planner.given.get(out)
        if own is None and not planner.stays(out):
            return None
        if own is not None and planner.dies(own, self.i - 1, out):
            return own
        for var in eqn.inputs:
            if type(var) is Var and self.last.get(var) == k:
                if may_overwrite(eqn, var) and self._is_free(var, out):
                    return var
        return self._ended_before(out)

    def _ended_before(self, out: Var) -> Var | None:
        """Return an array from outside that no member reads any more."""
        kind = out.aval[:2]
        while self.ended.get(kind):
            var = self.ended[kind].pop()
            if self._is_free(var, out):
                return var
        return None

    def _is_free(self, var: Var, out: Var) -> bool:
        alone = self.shares[self.planner.root(var)] == 1
        return alone and self.planner.dies(var, self.i, out)

    def _shape(self) -> None:
        """Choose how many rows a block has, and make the buffers."""
        group, blocks, slots = self.group, self.blocks, self.planner.slots
        inner = 1 if group.flat else group.space[-1]
        widths = {Role.FULL: inner, Role.COLUMN: 1}
        bytes_per_row = sum(d.itemsize * widths[r] for d, r in self.kinds)
        whole = {v for e in blocks.eqns for v in (*variables(e.inputs), *e.outs)}
        rows = prod(group.space) // inner
        bytes_per_row += sum(
            nbytes(v.aval) // rows
            for v in whole
            if v not in blocks.temporary and v.aval.size >= rows
        )
        blocks.rows = block_rows(group.space, group.flat, bytes_per_row)
        for dtype, role in self.kinds:
            width = () if group.flat else (widths[role],)
            shape = (blocks.rows, *width)
            slot = slots.take(prod(shape) * dtype.itemsize)
            blocks.buffers.append(Buffer(slot, shape, dtype))
        for buffer in blocks.buffers:  # the next group may have them
            slots.give(buffer.slot)


def _after(group: Group, outside: set[Var]) -> list[Eqn]:
    """Return the views that are read outside of a group, and those they are made of."""
    read, found = set(outside), []
    for eqn in reversed(group.eqns):
        if eqn.prim.view and eqn.outs[0] in read:
            read.update(variables(eqn.inputs))
            found.append(eqn)
    return found[::-1]


def _shown(group: Group) -> dict[Var, Var]:
    """Return for the views among the members what they show."""
    shown: dict[Var, Var] = {}
    for eqn in group.eqns:
        if eqn.prim.view:
            shown[eqn.outs[0]] = shown.get(eqn.inputs[0], eqn.inputs[0])
    return shown
