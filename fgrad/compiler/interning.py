"""Equal programs, found again: what was derived from one serves the other.

A function that is made anew at every call, such as a lambda in a loop, is staged anew.
Its program is compared with earlier ones, by structure and by the user's lines, so
that it is not optimised, differentiated and compiled again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core import Jaxpr, Var
from .cache import Programs
from .passes.share import content_key

_LARGEST = 4096  # bytes of a constant in a program that is kept
_known = Programs(maximum=512)


def interned(jaxpr: Jaxpr) -> Jaxpr:
    """Return an earlier jaxpr that equals this one, or this one.

    >>> import numpy as np
    >>> from fgrad import make_jaxpr
    >>> one, two = (make_jaxpr(lambda x: x * 2.0)(np.ones(3)) for _ in range(2))
    >>> one is two, interned(one) is interned(two)
    (False, True)
    """
    if any(map(_is_large, _constants(jaxpr))):
        return jaxpr  # it would be kept in memory
    key = _structure(jaxpr)
    try:
        hash(key)
    except TypeError:
        return jaxpr
    found = _known.find(key)
    if found is None:
        _known.keep(key, jaxpr)
        return jaxpr
    return found


def _constants(jaxpr: Jaxpr) -> Iterator[Any]:
    atoms = (a for e in jaxpr.eqns for a in e.inputs)
    return (a for a in (*atoms, *jaxpr.outs) if type(a) is not Var)


def _is_large(constant: Any) -> bool:
    return isinstance(constant, np.ndarray) and constant.nbytes > _LARGEST


def _structure(jaxpr: Jaxpr) -> tuple[Any, ...]:
    """Return what makes two jaxprs equal: everything but the identity of variables."""
    numbers: dict[Var, int] = {}

    def name(atom: Any) -> Any:
        return numbers[atom] if type(atom) is Var else (content_key(atom),)

    def define(variables: Any) -> tuple[Any, ...]:
        for var in variables:
            numbers[var] = len(numbers)
        return tuple(var.aval for var in variables)

    invars = define(jaxpr.invars)
    eqns = []
    for prim, inputs, params, outs, source in jaxpr.eqns:
        read = tuple(map(name, inputs))
        eqns.append((prim, read, *params.items(), define(outs), source))
    return invars, tuple(eqns), tuple(map(name, jaxpr.outs))
