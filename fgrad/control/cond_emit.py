"""Branches as Python source: an ``if`` in the function that is emitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..compiler.call import derived
from ..compiler.emit import Emitter, emit, identifier
from ..compiler.loading import load
from ..core import Aval, Eqn, Jaxpr, Var, atom_aval
from .loop_emit import body_of

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
        source = emit(Jaxpr(eqn.inputs, (eqn,), outs), identifier(name), names)
        del source.blocks[0]  # nothing but the branches; it would keep their jaxprs
        return load(source)

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
        inner = emitter.inner(bodies[i], operands, emitter.numbers)
        start = len(emitter.lines)
        for step in bodies[i].eqns:
            inner.equation(step)
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


def _tests(index: str, aval: Aval, n: int) -> list[tuple[str, int]]:
    """Return the lines that choose a branch, and which one follows each."""
    if n == 1:
        return [("if True:", 0)]
    if n == 2:
        test = index if aval.dtype.kind == "b" else f"{index} > 0"
        return [(f"if {test}:", 1), ("else:", 0)]
    between = [(f"elif {index} == {i}:", i) for i in range(1, n - 1)]
    return [(f"if {index} <= 0:", 0), *between, ("else:", n - 1)]
