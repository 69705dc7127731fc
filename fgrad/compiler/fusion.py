"""Groups of elementwise equations that run block by block, through the cache.

The members of a group share a *space*: rows of an inner axis. A value in a space is
``FULL``, or a ``COLUMN`` with one element per row, as reductions over the inner axis
make them. What a group reads from outside is that, a ``ROW`` for all rows, or a
``SCALAR``. Every row of a group is computed from the same rows of what it reads, so
that some rows can be computed from the first operation to the last before the next
ones: what lies between stays in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from math import prod
from typing import Any

from ..core import Eqn, Jaxpr, Var, atom_aval, variables
from ..ops.basic import reshape
from .cost import nbytes
from .layout import in_c_order
from .storage import can_write

Shape = tuple[int, ...]


class Role(Enum):
    """What part of a space a value fills."""

    FULL = "full"
    COLUMN = "column"
    ROW = "row"
    SCALAR = "scalar"


def role_in(shape: Shape, space: Shape) -> Role | None:
    """Return what a value of some shape is in a space that it broadcasts to.

    >>> [role_in(s, (4, 3)).name for s in [(4, 3), (4, 1), (3,), (1, 3), ()]]
    ['FULL', 'COLUMN', 'ROW', 'ROW', 'SCALAR']
    >>> role_in((5, 1, 3), (5, 4, 3)) is None
    True
    """
    if shape == space:
        return Role.FULL
    if prod(shape) == 1:
        return Role.SCALAR
    if shape == (*space[:-1], 1):
        return Role.COLUMN
    if shape[-1:] == space[-1:] and prod(shape) == space[-1]:
        return Role.ROW
    return None


@dataclass
class Group:
    """Equations that run block by block."""

    space: Shape
    eqns: list[Eqn] = field(default_factory=list)
    roles: dict[Var, Role] = field(default_factory=dict)
    """What the members' outputs are in the space."""

    @cached_property
    def flat(self) -> bool:
        """Whether all that it reads and makes is full or scalar: one long row."""
        roles = {self.role(e, a) for e in self.eqns for a in e.inputs}
        return {*roles, *self.roles.values()} <= {Role.FULL, Role.SCALAR}

    def role(self, eqn: Eqn, atom: Any) -> Role | None:
        """Return what an input of a member is in the space."""
        if type(atom) is Var and atom in self.roles:
            return self.roles[atom]
        shape, out = atom_aval(atom).shape, eqn.outs[0]
        if self.roles[out] is Role.COLUMN and "keepdims" not in eqn.params:
            return Role.COLUMN if shape == out.aval.shape else Role.SCALAR
        return role_in(shape, self.space)


class Fusion:
    """Finds the space of every equation, and the order that lets them run in groups.

    Equations have levels: one that reads what a group makes, and is not in the group,
    is a level above it. All equations of one level and space are a group; within a
    level the others come first.
    """

    def __init__(self, jaxpr: Jaxpr, known: set[Var], smallest: int) -> None:
        self.known = known
        self.smallest = smallest
        self.space: dict[Var, Shape] = {}  # of what members make
        self.roles: dict[Var, Role] = {}
        self.level: dict[Var, int] = {}
        self.placed: list[tuple[int, Shape | None, Eqn]] = []
        for eqn in jaxpr.eqns:
            self._place(eqn)
        self._sink(jaxpr)

    def order(self) -> list[Eqn | Group]:
        """Return the equations in an order to run in, those of a space in groups."""
        levels: dict[int, list[Eqn | Group]] = {}
        groups: dict[tuple[int, Shape], Group] = {}
        for level, space, eqn in self.placed:
            if space is None:
                levels.setdefault(level, []).append(eqn)
                continue
            group = groups.setdefault((level, space), Group(space))
            group.eqns.append(eqn)
            group.roles.update((v, self.roles[v]) for v in eqn.outs)
        for (level, _), group in groups.items():
            levels.setdefault(level, []).append(group)
        return [item for level in sorted(levels) for item in levels[level]]

    # -- which space an equation belongs to ------------------------------------------

    def _place(self, eqn: Eqn) -> None:
        space = self._space_of(eqn)
        level = 0
        for atom in eqn.inputs:
            if type(atom) is Var and atom in self.level:
                made_in = self.space.get(atom)
                outside = made_in is not None and not self._joins(atom, eqn, space)
                level = max(level, self.level[atom] + outside)
        for var in eqn.outs:
            self.level[var] = level
            if space is not None:
                self.space[var] = space
                self.roles[var] = self._role_of(eqn, space)
        self.placed.append((level, space, eqn))

    def _space_of(self, eqn: Eqn) -> Shape | None:
        """Return the space in which an equation can run block by block."""
        if not eqn.outs or eqn.prim.multi:
            return None
        out = eqn.outs[0].aval
        columns = [a for a in eqn.inputs if self._is_column(a, out.shape)]
        writes = can_write(eqn)
        if columns and (writes or eqn.prim is reshape):
            return self._space_of_columns(eqn, self.space[columns[0]])
        if not writes or not all(in_c_order(a, self.known) for a in eqn.inputs):
            return None
        if "keepdims" in eqn.params:
            return self._space_of_reduction(eqn)
        if not eqn.prim.elementwise and not _is_cast(eqn):
            return None
        big = out.size >= self.smallest
        fits = all(role_in(atom_aval(a).shape, out.shape) for a in eqn.inputs)
        return out.shape if big and fits and out.shape[-1:] else None

    def _is_column(self, atom: Any, shape: Shape) -> bool:
        if type(atom) is not Var or self.roles.get(atom) is not Role.COLUMN:
            return False
        return atom.aval.size == prod(shape) and self.space[atom] != shape

    def _space_of_columns(self, eqn: Eqn, space: Shape) -> Shape | None:
        """Return the space of an operation on columns, if it gives a column."""
        shape = eqn.outs[0].aval.shape
        if shape not in (space[:-1], (*space[:-1], 1)) or "keepdims" in eqn.params:
            return None
        if eqn.prim is reshape:
            return space
        for atom in eqn.inputs:
            same = atom_aval(atom).shape == shape
            if not same and atom_aval(atom).size != 1:
                return None
            if not in_c_order(atom, self.known):
                return None
        return space if eqn.prim.elementwise or _is_cast(eqn) else None

    def _space_of_reduction(self, eqn: Eqn) -> Shape | None:
        """Return the space of a reduction over the inner axis of something large.

        A single row is no block: NumPy has loops of its own for what it leaves, arrays
        of one element.
        """
        x = atom_aval(eqn.inputs[0])
        inner = eqn.params.get("axes") == (x.ndim - 1,) and x.ndim > 1
        big = x.size >= self.smallest
        return x.shape if inner and big and 1 < x.shape[-1] < x.size else None

    def _role_of(self, eqn: Eqn, space: Shape) -> Role:
        return Role.FULL if eqn.outs[0].aval.shape == space else Role.COLUMN

    def _joins(self, var: Var, eqn: Eqn, space: Shape | None) -> bool:
        """Say whether an equation can read a member's output within the group."""
        if space is None or self.space[var] != space:
            return False
        if self.roles[var] is Role.FULL:
            return True
        out, shape = eqn.outs[0].aval.shape, var.aval.shape
        return shape == (*space[:-1], 1) or out != space  # columns, as columns

    # -- later, where that needs no more memory ---------------------------------------

    def _sink(self, jaxpr: Jaxpr) -> None:
        """Move members to the group that first reads them, if that keeps less alive."""
        never = len(self.placed)
        bound = dict.fromkeys(variables(jaxpr.outs), -1)  # the highest level to move to
        last = dict.fromkeys([*jaxpr.invars, *variables(jaxpr.outs)], never)
        for i, (level, space, eqn) in reversed([*enumerate(self.placed)]):
            level = self._lowered(eqn, level, space, bound, last)
            self.placed[i] = (level, space, eqn)
            for var in variables(eqn.inputs):
                joins = var in self.space and self._joins(var, eqn, space)
                highest = level if joins else level - 1
                bound[var] = min(bound.get(var, never), highest)
                last[var] = max(last.get(var, -1), level)

    def _lowered(self, eqn: Eqn, level: int, space: Any, bound: Any, last: Any) -> int:
        """Return the level that a member moves to, so that less is kept."""
        if space is None or eqn.prim.view:
            return level
        goal = bound.get(eqn.outs[0], -1)
        inputs = set(variables(eqn.inputs))
        kept = sum(nbytes(v.aval) for v in inputs if last.get(v, -1) < goal)
        return goal if goal > level and kept <= nbytes(eqn.outs[0].aval) else level


def _is_cast(eqn: Eqn) -> bool:
    return eqn.prim.name in ("cast", "cast_discrete")
