"""What pays: the measured constants by which programs are planned."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from ..core import Var, atom_aval
from .cost import is_transcendental, nbytes
from .fusion import Group, Role


class Model(NamedTuple):
    """Sizes in bytes, or elements."""

    buffered: int = 1 << 15
    """From here on a value is written into a reused buffer: below, allocating one is
    as cheap as the argument ``out``."""
    fused: int = 1 << 13
    """The elements from which on an operation may run in blocks."""
    cached: int = 1 << 21
    """A group whose arrays together are larger runs in blocks: they do not fit into
    the second cache."""
    block: int = 1 << 20
    """What one block of a group touches."""
    fewest: int = 1 << 14
    """The fewest elements of a block: below, NumPy's cost per call shows."""
    threaded: float = 4e5
    """The nanoseconds of elementwise work from which on two threads share it."""
    simple: float = 0.5
    """Nanoseconds per element of what the processor does in one instruction."""
    transcendental: float = 6.0
    """Nanoseconds per element of exp, sin and their like."""


MODEL = Model()


def pays(group: Group) -> bool:
    """Say whether a group is to run block by block."""
    working = [e for e in group.eqns if not e.prim.view]
    if len(working) < 2:
        return False
    full = [v for v, role in group.roles.items() if role is Role.FULL]
    read = {a for e in group.eqns for a in e.inputs if type(a) is Var}
    return sum(nbytes(v.aval) for v in {*full, *read}) >= MODEL.cached


def block_rows(space: tuple[int, ...], flat: bool, row_bytes: int) -> int:
    """Return how many rows a block has (of a flat space: elements)."""
    inner = 1 if flat else space[-1]
    rows = prod(space) // inner
    fitting = max(MODEL.block // max(row_bytes, 1), -(-MODEL.fewest // inner))
    if flat:
        fitting -= fitting % 64  # every vector loop starts where it did
    return max(1, min(rows, fitting))


def in_two_threads(group: Group) -> bool:
    """Say whether the blocks of a group are shared between two threads."""
    work = 0.0
    for eqn in group.eqns:
        size = max(atom_aval(a).size for a in (*eqn.inputs, *eqn.outs))
        slow = is_transcendental(eqn)
        work += size * (MODEL.transcendental if slow else MODEL.simple)
    return work >= MODEL.threaded
