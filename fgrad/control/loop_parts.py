"""What a loop's source is made of: counters, rows, the line that begins it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..compiler.call import derived
from ..compiler.emit import Emitter
from ..compiler.numbers import is_number
from ..compiler.passes import LOWERING, optimize
from ..core import Aval, Eqn, Jaxpr, Var, atom_aval, has_effects, substitute
from .stacks import DYNAMIC

if TYPE_CHECKING:
    from .loop import Loop

MANY = 1 << 20  # numbers in lists take four times the memory of an array


class Kept(NamedTuple):
    """A stack that is a list of rows: its place in them; empty: true in every row."""

    rows: str
    place: int
    reverse: bool


def body_of(jaxpr: Jaxpr) -> Jaxpr:
    """Return a body or a branch as it is emitted."""
    return derived(jaxpr, "body", lambda: optimize(jaxpr, LOWERING))


def counter_of(loop: Loop, body: Jaxpr, carry: Sequence[Any]) -> int | None:
    """Return the place of a carry that counts the iterations, from a known number."""
    if loop.length is None:
        return None
    made = {v: e for e in body.eqns for v in e.outs}
    for k, var in enumerate(body.invars[loop.n_consts :][: loop.n_carry]):
        out = body.outs[k]
        eqn = made.get(out) if type(out) is Var else None
        if eqn is not None and eqn.prim.name == "add" and type(carry[k]) is int:
            if eqn.inputs[0] is var and type(eqn.inputs[1]) is int:
                if eqn.inputs[1] == 1:
                    return k
    return None


def without_choices(body: Jaxpr, known: Sequence[Var]) -> Jaxpr:
    """Return a body without the choices by a flag that is known to hold."""
    env: dict[Var, Any] = {}
    eqns = []
    for eqn in body.eqns:
        if eqn.prim.name == "choose" and reads(known, eqn.inputs[2]):
            atom = eqn.inputs[0]
            if atom_aval(atom) == eqn.outs[0].aval:
                env[eqn.outs[0]] = env.get(atom, atom) if type(atom) is Var else atom
                continue
        eqns.append(eqn)
    return substitute(body.replace(eqns=tuple(eqns)), env) if env else body


def reads(atoms: Sequence[Any], *variables: Any) -> bool:
    """Say whether one of some variables is among some atoms."""
    return any(a is var for a in atoms for var in variables)


def is_listed(atom: Any) -> bool:
    """Say whether the elements of a stack are read from a list of numbers."""
    aval = atom_aval(atom)
    return is_number(Aval(aval.shape[1:], aval.dtype)) and aval.size <= MANY


def head(pairs: Sequence[tuple[str, str]], outer: Emitter) -> str:
    """Return the line that begins a loop over several things at once."""
    targets, sources = ([p[i] for p in pairs] for i in (0, 1))
    if len(pairs) == 1:
        return f"for {targets[0]} in {sources[0]}:"
    every = outer.bind("zip", zip)
    return f"for {', '.join(targets)} in {every}({', '.join(sources)}):"


def item(inner: Emitter, atom: Any) -> str:
    """Return an item of a row: an array in the memory order that a stack would have."""
    shape, text = atom_aval(atom).shape, inner.number(atom)
    if not shape or DYNAMIC in shape:
        return text
    return f"{inner.bind('contiguous', np.ascontiguousarray)}({text})"


def divided(body: Jaxpr, n_consts: int) -> tuple[list[Eqn], list[Eqn]]:
    """Divide a body's equations into those that only depend on consts, and others."""
    varying = set(body.invars[n_consts:])
    parts: tuple[list[Eqn], list[Eqn]] = ([], [])
    for eqn in body.eqns:
        depends = any(a in varying for a in eqn.inputs if type(a) is Var)
        depends = depends or has_effects(eqn)
        parts[depends].append(eqn)
        if depends:
            varying.update(eqn.outs)
    return parts


def fresh(carry: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    """Return the final carry in memory of its own."""
    taken = set(map(id, given))
    outs = []
    for x in carry:
        if type(x) is np.ndarray and (id(x) in taken or x.base is not None):
            x = x.copy("K")
        taken.add(id(x))
        outs.append(x)
    return outs
