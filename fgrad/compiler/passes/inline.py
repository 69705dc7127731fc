"""Replace calls by the equations of what they call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core import Eqn, Jaxpr, Var, atom_aval


def inline_calls(jaxpr: Jaxpr) -> Jaxpr:
    """Replace jit's calls by their bodies; custom rules keep theirs.

    >>> import numpy as np
    >>> from fgrad import jit, make_jaxpr
    >>> jaxpr = make_jaxpr(lambda x: jit(lambda y: y * 2.0)(x) + 1.0)(np.ones(3))
    >>> [eqn.prim.name for eqn in jaxpr.eqns]
    ['jit', 'add']
    >>> inline_calls(jaxpr)
    { lambda a:f64[3] . let
        b:f64[3] = mul a 2.0
        c:f64[3] = add b 1.0
      in (c) }
    """
    return inline(jaxpr, lambda eqn: eqn.prim.name == "jit")


def inline_custom(jaxpr: Jaxpr) -> Jaxpr:
    """Replace every call by its body, once no more derivatives will be taken.

    >>> import numpy as np
    >>> from fgrad import custom_jvp, make_jaxpr
    >>> f = custom_jvp(lambda x: x * 2.0)
    >>> _ = f.defjvp(lambda primals, tangents: (f(*primals), tangents[0] * 2.0))
    >>> inline_custom(make_jaxpr(lambda x: f(x))(np.ones(3)))
    { lambda a:f64[3] . let
        b:f64[3] = mul a 2.0
      in (b) }
    """
    return inline(jaxpr, lambda eqn: True)


def inline(jaxpr: Jaxpr, wanted: Callable[[Eqn], bool]) -> Jaxpr:
    """Replace the calls that are wanted by the equations of what they call."""
    if not any(eqn.prim.body is not None and wanted(eqn) for eqn in jaxpr.eqns):
        return jaxpr
    env: dict[Var, Any] = {}
    eqns: list[Eqn] = []
    _append(jaxpr, env, eqns, wanted)
    return jaxpr.replace(eqns=tuple(eqns), outs=_read(env, jaxpr.outs))


def _append(jaxpr: Jaxpr, env: dict[Var, Any], eqns: list[Eqn], wanted: Any) -> None:
    for eqn in jaxpr.eqns:
        inputs = _read(env, eqn.inputs)
        if eqn.prim.body is None or not wanted(eqn):
            outs = tuple(Var(v.aval) for v in eqn.outs)
            env.update(zip(eqn.outs, outs, strict=True))
            eqns.append(eqn._replace(inputs=inputs, outs=outs))
            continue
        avals = [atom_aval(a) for a in eqn.inputs]
        body = eqn.prim.body(*avals, **eqn.params)
        inner = dict(zip(body.invars, inputs, strict=True))
        _append(body, inner, eqns, wanted)
        env.update(zip(eqn.outs, _read(inner, body.outs), strict=True))


def _read(env: dict[Var, Any], atoms: Any) -> tuple[Any, ...]:
    return tuple(env.get(a, a) if type(a) is Var else a for a in atoms)
