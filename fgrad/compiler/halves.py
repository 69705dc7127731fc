"""A program in two halves: what can be computed early, and what reads late inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..core import Eqn, Jaxpr, Var, has_effects, substitute, variables
from ..ops.elementwise import name_p
from .keeping import Iterated, Prices, computed_again
from .passes import drop_dead

Saves = Callable[[Eqn], bool]


class Halves(NamedTuple):
    """Two programs that, one after the other, compute what one program did."""

    early: Jaxpr  # early inputs -> early outputs, and what else is saved
    late: Jaxpr  # what it reads of the above, late inputs -> late outputs
    reads: tuple[int, ...]  # which of the early inputs and results those are


def divide(
    program: Jaxpr,
    n_inputs: int,
    n_outs: int,
    saves: Saves | None = None,
    loop: Iterated | None = None,
) -> Halves:
    """Cut a program between its early and its late inputs and outputs.

    The late half reads early inputs and the results of early equations that ``saves``
    accepts. Everything else that it needs, it computes again. Without ``saves`` it
    reads what is cheapest to keep; a ``loop`` whose body this is stacks that.

    >>> import numpy as np
    >>> from fgrad import make_jaxpr
    >>> program = make_jaxpr(lambda x, t: (np.sin(x), np.cos(x) * t))(1.0, 2.0)
    >>> early, late, reads = divide(program, 1, 1, lambda eqn: True)
    >>> [e.prim.name for e in early.eqns], [e.prim.name for e in late.eqns], reads
    (['sin', 'cos'], ['mul'], (2,))
    >>> early, late, reads = divide(program, 1, 1, lambda eqn: False)
    >>> [e.prim.name for e in early.eqns], [e.prim.name for e in late.eqns], reads
    (['sin'], ['cos', 'mul'], (0,))
    >>> divide(program, 1, 1).reads  # what only the late half needs, it computes
    (0,)
    """
    inputs, late_inputs = program.invars[:n_inputs], program.invars[n_inputs:]
    first, second = _by_dependence(program.eqns, late_inputs)
    # What has an effect is not computed again, or the effect would be repeated.
    saved = [e for e in first if saves is None or saves(e) or has_effects(e)]
    # A value that is saved under a name need not be computed again without it.
    named = {e.inputs[0]: e.outs[0] for e in saved if e.prim is name_p}
    kept = {*inputs, *(v for e in saved for v in e.outs)}
    rest = Jaxpr(late_inputs, (*first, *second), program.outs[n_outs:])
    rest, outs = substitute(rest, named), program.outs[:n_outs]
    late = _without(rest, kept, len(first))
    if saves is None:
        prices = Prices(inputs, first, outs, loop)
        again = computed_again(first, _free_vars(late), prices)
        late = _without(rest, kept - again, len(first)) if again else late
    residuals = _free_vars(late)
    known = {*inputs, *variables(outs)}
    results = (*outs, *(v for v in residuals if v not in known))
    places = reversed([*enumerate((*inputs, *results))])  # the first of equals counts
    place = {atom: i for i, atom in places if type(atom) is Var}
    early = Jaxpr(inputs, tuple(first), results)
    reads = tuple(place[v] for v in residuals)
    late = late.replace(invars=(*residuals, *late_inputs))
    return Halves(drop_dead(early), late, reads)


def _by_dependence(eqns: Iterable[Eqn], inputs: Any) -> tuple[list[Eqn], list[Eqn]]:
    """Return the equations that do not depend on some variables, and the others."""
    late = set(inputs)
    first: list[Eqn] = []
    second: list[Eqn] = []
    for eqn in eqns:
        if any(a in late for a in eqn.inputs if type(a) is Var):
            late.update(eqn.outs)
            second.append(eqn)
        else:
            first.append(eqn)
    return first, second


def _without(jaxpr: Jaxpr, kept: set[Var], n_first: int) -> Jaxpr:
    """Drop the equations that nobody needs who is given some variables.

    Effects stay, but those of the first equations, which happen elsewhere.
    """
    wanted = {a for a in jaxpr.outs if type(a) is Var}
    eqns = []
    for i, eqn in reversed([*enumerate(jaxpr.eqns)]):
        acts = i >= n_first and has_effects(eqn)
        if acts or any(v in wanted and v not in kept for v in eqn.outs):
            wanted.update(a for a in eqn.inputs if type(a) is Var)
            eqns.append(eqn)
    return jaxpr.replace(eqns=tuple(reversed(eqns)))


def _free_vars(jaxpr: Jaxpr) -> list[Var]:
    """Return the variables that a program reads and does not define, each once."""
    made = {*jaxpr.invars, *(v for e in jaxpr.eqns for v in e.outs)}
    atoms = [*(a for e in jaxpr.eqns for a in e.inputs), *jaxpr.outs]
    return [v for v in dict.fromkeys(variables(atoms)) if v not in made]
