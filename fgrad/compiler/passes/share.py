"""Compute equal things once."""

from __future__ import annotations

from operator import itemgetter
from struct import pack
from typing import Any

import numpy as np

from ...core import Eqn, Jaxpr, Tracer, Var, has_effects
from ...ops.dot_general import dot_general_p
from ...ops.elementwise import add, mul
from .rewrite import Producers, rewrite

_FIRST = itemgetter(0)
_COMMUTE = (add, mul)
_COMPARED = 1 << 16  # constants up to this many bytes are compared by content


def share_common(jaxpr: Jaxpr) -> Jaxpr:
    """Let equations with equal primitive, inputs and params share one result.

    Effects happen as often as they were written.

    >>> from fgrad import make_jaxpr
    >>> share_common(make_jaxpr(lambda x: np.sin(x) * np.sin(x))(np.ones(3)))
    { lambda a:f64[3] . let
        b:f64[3] = sin a
        c:f64[3] = mul b b
      in (c) }
    """
    seen: dict[Any, list[Any]] = {}
    apart = factors(jaxpr)

    def rule(eqn: Eqn, producers: Producers) -> Any:
        if has_effects(eqn):
            return eqn
        atoms = tuple(map(content_key, eqn.inputs))
        if eqn.prim in _COMMUTE and eqn.outs[0].aval.dtype.kind != "c":
            atoms = tuple(sorted(atoms, key=hash))
        key = (eqn.prim, atoms, tuple(sorted(eqn.params.items(), key=_FIRST)))
        if key in seen and not any(
            one in apart.get(out, ()) for one, out in zip(seen[key], eqn.outs)
        ):
            return seen[key]
        seen[key] = list(eqn.outs)
        return eqn

    return rewrite(jaxpr, rule)


def factors(jaxpr: Jaxpr) -> dict[Var, set[Var]]:
    """Return what each var is multiplied by as a matrix, if that is another var.

    BLAS rounds the product of one array with its own transpose in a way of its own:
    two equal arrays must not become one. What is seen through views counts.
    """
    roots: dict[Var, Any] = {}
    found: dict[Var, set[Var]] = {}
    for eqn in jaxpr.eqns:
        if eqn.prim.view and type(eqn.inputs[0]) is Var:
            roots[eqn.outs[0]] = roots.get(eqn.inputs[0], eqn.inputs[0])
        if eqn.prim is dot_general_p and all(type(a) is Var for a in eqn.inputs):
            one, other = (roots.get(a, a) for a in eqn.inputs)
            if one is not other:
                found.setdefault(one, set()).add(other)
                found.setdefault(other, set()).add(one)
    return found


def content_key(atom: Any) -> Any:
    """Return what identifies an atom: a var itself, a constant's type and bits."""
    if type(atom) is Var:
        return atom
    if type(atom) is float:
        return float, pack("d", atom)
    if type(atom) is Tracer:
        return id(atom)
    array = np.asarray(atom)
    if array.nbytes > _COMPARED:
        return id(atom)
    return type(atom), array.dtype, array.shape, array.strides, array.tobytes()
