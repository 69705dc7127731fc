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
    its outputs equal.
    """
    env: dict[Var, Any] = {}
    producers: Producers = {}
    eqns = []

    def read(atom: Any) -> Any:
        return env.get(atom, atom) if type(atom) is Var else atom

    for old in jaxpr.eqns:
        result = rule(old._replace(inputs=tuple(map(read, old.inputs))), producers)
        if isinstance(result, list):
            env.update(zip(old.outs, result, strict=True))
            continue
        eqns.append(result)
        producers.update(dict.fromkeys(result.outs, result))
    return jaxpr.replace(eqns=tuple(eqns), outs=tuple(map(read, jaxpr.outs)))
