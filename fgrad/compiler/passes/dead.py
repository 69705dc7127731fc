"""Drop what no output needs and has no effect."""

from __future__ import annotations

from ...core import Jaxpr, Var, has_effects


def drop_dead(jaxpr: Jaxpr) -> Jaxpr:
    """Keep only the equations that some output or effect depends on.

    >>> import numpy as np
    >>> from fgrad import make_jaxpr
    >>> drop_dead(make_jaxpr(lambda x: (np.sin(x), x * 2.0)[1])(np.ones(3)))
    { lambda a:f64[3] . let
        b:f64[3] = mul a 2.0
      in (b) }
    """
    live = {atom for atom in jaxpr.outs if type(atom) is Var}
    kept = []
    for eqn in reversed(jaxpr.eqns):
        if any(out in live for out in eqn.outs) or has_effects(eqn):
            live.update(atom for atom in eqn.inputs if type(atom) is Var)
            kept.append(eqn)
    if len(kept) == len(jaxpr.eqns):
        return jaxpr
    return jaxpr.replace(eqns=tuple(reversed(kept)))
