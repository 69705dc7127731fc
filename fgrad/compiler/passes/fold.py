"""Compute at compile time what does not depend on the arguments."""

from __future__ import annotations

from typing import Any

from ...core import Eqn, Jaxpr, Tracer, Var, has_effects
from .rewrite import Producers, rewrite

_LARGEST = 64  # a larger constant is worse than computing it from a smaller one


def fold_constants(jaxpr: Jaxpr) -> Jaxpr:
    """Replace equations of constants by their values.

    >>> import numpy as np
    >>> from fgrad.core import Aval, Eqn, Var
    >>> from fgrad.ops.elementwise import mul
    >>> out = Var(Aval((), np.dtype(float), weak=True))
    >>> fold_constants(Jaxpr((), (Eqn(mul, (2.0, 3.0), {}, (out,), None),), (out,)))
    { lambda  . let in (6.0) }
    """
    return rewrite(jaxpr, _fold)


def _fold(eqn: Eqn, producers: Producers) -> Any:
    constant = not any(type(a) in (Var, Tracer) for a in eqn.inputs)
    small = all(v.aval.size <= _LARGEST for v in eqn.outs)
    if not constant or not small or eqn.prim.multi or has_effects(eqn):
        return eqn
    return [eqn.prim.impl(*eqn.inputs, **eqn.params)]
