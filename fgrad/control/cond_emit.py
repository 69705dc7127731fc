"""Branches as Python source: an ``if`` in the function that is emitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..compiler.call import derived
from ..compiler.emit import Emitter
from ..compiler.emit_planned import PlannedEmitter
from ..compiler.layout import contiguous_vars, in_c_order
from ..compiler.runtime import alone
from ..core import Aval, Eqn, Jaxpr, Var, atom_aval
from .loop_parts import body_of

if TYPE_CHECKING:
    from ..core import Primitive

Branches = tuple[Jaxpr, ...]


def lowered(prim: Primitive, branches: Branches, name: str) -> Callable[..., Any]:
    """Return a function of the index and the operands; made at first use."""

    def make() -> Callable[..., Any]:
        index = Var(Aval((), np.dtype(int)))
        operands = map(Var, branches[0].in_avals)
        outs = tuple(map(Var, branches[0].out_avals))
        params = {"branches": branches, "name": name}
        eqn = Eqn(prim, (index, *operands), params, outs, None)
        names = ["index", *(f"x{i}" for i in range(len(branches[0].invars)))]
        return alone(eqn, name, names)

    return derived(branches[0], ("cond", branches[1:], "lowered", name), make)


def write(emitter: Emitter, eqn: Eqn) -> bool:
    """Write the branches into a function."""
    bodies = list(map(body_of, eqn.params["branches"]))
    if not emitter.admits(*bodies):
        return False
    index, *operands = map(emitter.operand, eqn.inputs)
    names = [emitter.fresh() if emitter.uses[v] else "" for v in eqn.outs]
    for test, i in _tests(index, atom_aval(eqn.inputs[0]), len(bodies)):
        emitter.line(test)
        pairs = zip(bodies[i].invars, eqn.inputs[1:])
        ordered = [v for v, atom in pairs if emitter.in_order(atom)]
        inner = emitter.inner(bodies[i], operands, emitter.numbers, ordered)
        start = len(emitter.lines)
        inner.body(bodies[i].eqns)
        _require(emitter, inner, eqn)
        taken: set[Any] = set()
        outs = [
            (name, inner.output(atom, taken))
            for name, atom in zip(names, bodies[i].outs)
            if name
        ]
        if outs:
            given = (", ".join(out[k] for out in outs) for k in (0, 1))
            inner.line(" = ".join(given))
        elif len(emitter.lines) == start:
            inner.line("pass")
        inner.end()
    emitter.text.update(zip(eqn.outs, (name or "None" for name in names)))
    return True


def _require(emitter: Emitter, inner: Emitter, eqn: Eqn) -> None:
    """Have those operands in C order that the plan of a branch needs."""
    if isinstance(emitter, PlannedEmitter) and isinstance(inner, PlannedEmitter):
        needed = set(inner.decisive())
        pairs = zip(inner.jaxpr.invars, eqn.inputs[1:])
        emitter.require(atom for var, atom in pairs if var in needed)


def in_order(flags: Sequence[bool], branches: Branches, name: str) -> list[bool]:
    """Return which outputs lie in C order, whichever branch is taken."""
    found = []
    for body in map(body_of, branches):
        known = contiguous_vars(body, [v for v, f in zip(body.invars, flags[1:]) if f])
        found.append([in_c_order(out, known) for out in body.outs])
    return [all(each) for each in zip(*found)]


def _tests(index: str, aval: Aval, n: int) -> list[tuple[str, int]]:
    """Return the lines that choose a branch, and which one follows each."""
    if n == 1:
        return [("if True:", 0)]
    if n == 2:
        test = index if aval.dtype.kind == "b" else f"{index} > 0"
        return [(f"if {test}:", 1), ("else:", 0)]
    between = [(f"elif {index} == {i}:", i) for i in range(1, n - 1)]
    return [(f"if {index} <= 0:", 0), *between, ("else:", n - 1)]
