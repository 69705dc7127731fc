"""Compute equal things once."""

from __future__ import annotations

from operator import itemgetter
from struct import pack
from typing import Any

import numpy as np

from ...core import Eqn, Jaxpr, Tracer, Var, has_effects
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

    def rule(eqn: Eqn, producers: Producers) -> Any:
        if has_effects(eqn):
            return eqn
        atoms = tuple(map(content_key, eqn.inputs))
        if eqn.prim in _COMMUTE and eqn.outs[0].aval.dtype.kind != "c":
            atoms = tuple(sorted(atoms, key=hash))
        key = (eqn.prim, atoms, tuple(sorted(eqn.params.items(), key=_FIRST)))
        if key in seen:
            return seen[key]
        seen[key] = list(eqn.outs)
        return eqn

    return rewrite(jaxpr, rule)


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
