"""Where the large values of a program live: buffers, reused as soon as they can be.

Values die after their last reader. A large value that does not leave the program is
written into a buffer of the workspace: into the memory of an operand that dies with it
where the operation allows that, or else into memory that nobody reads any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ..core import Eqn, Jaxpr, Var, has_effects, jaxprs_in, variables
from . import cost_model
from .blocks import BlockPlanner, Blocks
from .cost import nbytes
from .cost_model import pays
from .fusion import Fusion, Group
from .layout import contiguous_vars
from .storage import Slots, can_write, may_overwrite
from .workspace import Buffer, Workspaces

Home = Buffer | Var
"""A buffer of the workspace, or the memory of an argument that is given away."""


@dataclass
class Plan:
    """The equations in the order in which they run, and the homes of large values."""

    items: list[Eqn | Blocks]
    homes: dict[Var, Home]
    dying: dict[int, list[Var]]
    """After which item which large values without a home are forgotten."""
    written: list[Var]
    """The values that are made in C order: NumPy has to make them so, too."""
    known: set[Var]
    """The values that lie in C order if the arguments do."""
    slots: Slots
    bodies: list[Plan] = field(default_factory=list)
    """The plans of loops and branches, once they are emitted."""
    swapped: list[Buffer] = field(default_factory=list)
    """The buffers of carries, two for each."""

    @property
    def buffers(self) -> list[Buffer]:
        """All buffers of the workspace."""
        homes = self.homes.values()
        found = dict.fromkeys(b for b in homes if isinstance(b, Buffer))
        for blocks in self.groups:
            found.update(dict.fromkeys(blocks.buffers))
        return [*found, *self.swapped]

    @property
    def groups(self) -> list[Blocks]:
        """The items that run block by block."""
        return [item for item in self.items if isinstance(item, Blocks)]

    def whole(self) -> Iterator[Plan]:
        """Yield the plan itself and those of all bodies in it."""
        yield self
        for body in self.bodies:
            yield from body.whole()

    @property
    def nbytes(self) -> int:
        """The bytes of the workspace of one call."""
        return Workspaces([b for plan in self.whole() for b in plan.buffers]).nbytes

    @property
    def placed(self) -> set[Var]:
        """The values that are in a buffer, or in one for a block."""
        found = set(self.homes)
        for blocks in self.groups:
            found.update(blocks.temporary)
        return found


def plan_of(
    jaxpr: Jaxpr, given: Mapping[Var, Var] = MappingProxyType({})
) -> Plan | None:
    """Return how to run a program with buffers, None if that is not worth it.

    ``given`` has outputs that are to be written into arguments.
    """
    if jaxpr.effectful or not _is_large(jaxpr):
        return None
    plan = Planner(jaxpr, given, contiguous_vars(jaxpr), Slots()).plan()
    inside = any(map(_is_large, _bodies(jaxpr)))
    return plan if inside or _is_planned(plan, jaxpr) else None


def plan_body(
    jaxpr: Jaxpr, given: Mapping[Var, Var], known: set[Var], slots: Slots
) -> Plan | None:
    """Return how to run the body of a loop or a branch, as `plan_of` does.

    ``known`` are the values in C order; the memory is among some slots.
    """
    if any(map(has_effects, jaxpr.eqns)) or not _is_large(jaxpr):
        return None
    plan = Planner(jaxpr, given, known, slots).plan()
    return plan if _is_planned(plan, jaxpr) else None


def _is_planned(plan: Plan, jaxpr: Jaxpr) -> bool:
    return bool(plan.groups or plan.homes.keys() - set(jaxpr.invars))


def _is_large(jaxpr: Jaxpr) -> bool:
    """Say whether a program makes an array that is worth a buffer."""
    least = cost_model.MODEL.buffered
    own = any(nbytes(v.aval) >= least for e in jaxpr.eqns for v in e.outs)
    return own or any(map(_is_large, _bodies(jaxpr)))


def _bodies(jaxpr: Jaxpr) -> list[Jaxpr]:
    return [b for e in jaxpr.eqns if e.params for b in jaxprs_in((*e.params.values(),))]


class Planner:
    """Walks the items of a program in order, and keeps track of what is alive."""

    def __init__(
        self, jaxpr: Jaxpr, given: Mapping[Var, Var], known: set[Var], slots: Slots
    ) -> None:
        self.jaxpr = jaxpr
        self.given = given
        self.known = known
        self.items = _ordered(jaxpr, self.known)
        self.roots = roots_of(jaxpr)
        self.last: dict[Var, int] = {}  # the last item that reads a root
        for i, item in enumerate(self.items):
            for eqn in _eqns(item):
                self.last.update((self.root(a), i) for a in variables(eqn.inputs))
        self.uses = Counter(a for e in jaxpr.eqns for a in variables(e.inputs))
        self.uses.update(variables(jaxpr.outs))
        self.leaving = {self.root(a) for a in variables(jaxpr.outs)}
        for eqn in jaxpr.eqns:
            if may_show_inputs(eqn):
                self.leaving.update(map(self.root, variables(eqn.inputs)))
        self.slots = slots
        # Arguments that are given away have memory as well, for one output each, or
        # for several that are made of each other.
        self.homes: dict[Var, Home] = {x: x for x in given.values()}
        self.held = set(self.homes)  # those whose memory nobody else has by now
        self.passing: set[Var] = set()  # those that only live within a block
        self.dying: dict[int, list[Var]] = {}

    def plan(self) -> Plan:
        items: list[Eqn | Blocks] = []
        written: list[Var] = []
        for i, item in enumerate(self.items):
            if isinstance(item, Group):
                blocks = BlockPlanner(self, i, item).plan()
                written += blocks.written
                self.passing.update(blocks.temporary)
                items.append(blocks)
            else:
                self._place(i, item)
                items.append(item)
                written += [v for v in item.outs if v in self.homes]
            self._bury(i, item)
        written += [v for v in self.homes if v in self.given.values()]
        return Plan(items, self.homes, self.dying, written, self.known, self.slots)

    def root(self, var: Var) -> Var:
        return self.roots.get(var, var)

    def stays(self, var: Var) -> bool:
        """Say whether a value's memory is only read by the program itself."""
        return self.root(var) not in self.leaving

    def dies(self, var: Var, i: int, out: Var) -> bool:
        """Say whether an output may take a value's memory once an item has read it."""
        if var not in self.held or var.aval[:2] != out.aval[:2]:
            return False
        if var in self.given.values() and self.given.get(out) is not var:
            return False
        return var not in self.leaving and self.last.get(var, -1) <= i

    def _place(self, i: int, eqn: Eqn) -> None:
        """Give the output of an equation a home, if it is large."""
        if len(eqn.outs) != 1:
            return
        out = eqn.outs[0]
        large = out.aval.shape and nbytes(out.aval) >= cost_model.MODEL.buffered
        if not large or out not in self.known:
            return
        if not can_write(eqn):
            return
        over = self._overwritten(i, eqn, out)
        if over is not None or self.stays(out):
            self.settle(out, over)

    def _overwritten(self, i: int, eqn: Eqn, out: Var) -> Var | None:
        """Return a value that dies here and whose memory the output may take."""
        own = self.given.get(out)
        if own is not None:  # another value may be in that memory by now
            inputs = variables(eqn.inputs)
            own = next((v for v in inputs if self.homes.get(v) is own), own)
            free = self.dies(own, i - 1, out)
            return own if free or self._takes(i, eqn, out, own) else None
        if self.stays(out):
            for atom in variables(eqn.inputs):
                if self._takes(i, eqn, out, atom):
                    return atom
        return None

    def _takes(self, i: int, eqn: Eqn, out: Var, var: Var) -> bool:
        over = may_overwrite(eqn, var)
        alone = self.is_alone(var, variables(eqn.inputs))
        return over and alone and self.dies(var, i, out)

    def is_alone(self, var: Var, others: Iterable[Var]) -> bool:
        """Say whether none of some other values is a view of a value."""
        return all(a is var or self.root(a) is not var for a in others)

    def settle(self, var: Var, over: Var | None) -> None:
        """Give a value a home: the memory of another one, or memory nobody reads."""
        if over is not None:
            self.held.remove(over)
            self.homes[var] = self.homes[over]
        else:
            slot = self.slots.take(nbytes(var.aval))
            self.homes[var] = Buffer(slot, var.aval.shape, var.aval.dtype)
        self.held.add(var)

    def _bury(self, i: int, item: Eqn | Group) -> None:
        """Give back the memory of what has been read for the last time."""
        read = {self.root(a) for e in _eqns(item) for a in variables(e.inputs)}
        for var in read:
            if self.last.get(var) != i or var in self.leaving:
                continue
            home = self.homes.get(var)
            if isinstance(home, Buffer) and var in self.held:
                self.held.remove(var)
                self.slots.give(home.slot)
            elif self._is_large_local(var):
                self.dying.setdefault(i, []).append(var)

    def _is_large_local(self, var: Var) -> bool:
        elsewhere = (self.homes, self.leaving, self.passing, self.jaxpr.invars)
        known = any(var in values for values in elsewhere)
        return not known and nbytes(var.aval) >= cost_model.MODEL.buffered


def _ordered(jaxpr: Jaxpr, known: set[Var]) -> list[Eqn | Group]:
    """Return the equations in order, in groups where that pays."""
    items: list[Eqn | Group] = []
    grouped = False
    for item in Fusion(jaxpr, known, cost_model.MODEL.fused).order():
        if isinstance(item, Group) and not pays(item):
            items += item.eqns
        else:
            grouped = grouped or isinstance(item, Group)
            items.append(item)
    return items if grouped else list(jaxpr.eqns)


def roots_of(jaxpr: Jaxpr) -> dict[Var, Var]:
    """Return for views whose memory they show."""
    roots: dict[Var, Var] = {}
    for eqn in jaxpr.eqns:
        if eqn.prim.view and type(eqn.inputs[0]) is Var:
            roots[eqn.outs[0]] = roots.get(eqn.inputs[0], eqn.inputs[0])
    return roots


def may_show_inputs(eqn: Eqn) -> bool:
    """Say whether outputs might be memory of the inputs, though it is no view."""
    return bool(eqn.prim.calls or eqn.prim.lower or eqn.prim.multi)


def _eqns(item: Eqn | Group) -> list[Eqn]:
    return item.eqns if isinstance(item, Group) else [item]
