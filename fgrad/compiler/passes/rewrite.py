"""One walk for all passes that replace an equation by something simpler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core import Eqn, Jaxpr, Var

Producers = dict[Var, Eqn]
Rule = Callable[[Eqn, Producers], Any]


def rewrite(jaxpr: Jaxpr, rule: Rule) -> Jaxpr:
    """Apply a rule to every equation in order.

    The rule gets an equation whose inputs are rewritten already, and the equations
    that produced them; it returns an equation in its place, or a list of atoms that
    its outputs equal. Where nothing is replaced, the result is the jaxpr itself.
    """
    env: dict[Var, Any] = {}
    producers: Producers = {}
    eqns = []
    changed = False

    def read(atom: Any) -> Any:
        return env.get(atom, atom) if type(atom) is Var else atom

    for old in jaxpr.eqns:
        eqn = old
        if env and any(type(a) is Var and a in env for a in old.inputs):
            eqn = old._replace(inputs=tuple(map(read, old.inputs)))
        result = rule(eqn, producers)
        changed = changed or result is not old
        if isinstance(result, list):
            env.update(zip(old.outs, result, strict=True))
            continue
        eqns.append(result)
        for out in result.outs:
            producers[out] = result
    if not changed:
        return jaxpr
    return jaxpr.replace(eqns=tuple(eqns), outs=tuple(map(read, jaxpr.outs)))
