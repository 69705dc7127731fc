"""Which values of a program lie in memory in C order, as far as that is known.

The last bits of what NumPy computes can depend on the layout of its operands. A step
that writes into a buffer, or that goes block by block, sees C order; so it takes the
place of plain NumPy only where NumPy would have seen and made C order as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..core import Eqn, Jaxpr, Var, atom_aval
from ..ops.basic import cast, reshape
from ..ops.dot_general import dot_general_p, dot_p, matmul_p

_COPIES = frozenset({"concatenate", "stack", "cast_discrete"})


def contiguous_vars(jaxpr: Jaxpr) -> set[Var]:
    """Return the variables that are C-contiguous if all arguments are.

    >>> from fgrad import make_jaxpr
    >>> jaxpr = make_jaxpr(lambda x: (np.sin(x), x.T))(np.ones((2, 3)))
    >>> [v in contiguous_vars(jaxpr) for v in jaxpr.outs]
    [True, False]
    """
    known = set(jaxpr.invars)
    for eqn in jaxpr.eqns:
        if _makes_c_order(eqn, known):
            known.update(eqn.outs)
    return known


def in_c_order(atom: Any, known: set[Var]) -> bool:
    """Say whether an atom is a scalar or certainly a C-contiguous array."""
    if type(atom) is Var:
        return atom in known or not atom.aval.shape
    if isinstance(atom, np.ndarray):
        return bool(atom.flags.c_contiguous and atom.flags.aligned)
    return not atom_aval(atom).shape


def _makes_c_order(eqn: Eqn, known: set[Var]) -> bool:
    prim = eqn.prim
    follows = all(in_c_order(a, known) for a in eqn.inputs)
    if prim.view:
        return prim is reshape and follows
    if prim is dot_general_p:
        return _is_plain_product(eqn, follows)
    if prim is dot_p:
        return True
    reduces = "keepdims" in eqn.params
    return follows and (
        prim.elementwise or reduces or prim in (cast, matmul_p) or prim.name in _COPIES
    )


def _is_plain_product(eqn: Eqn, follows: bool) -> bool:
    """Say whether a contraction is what one product gives, in the order it gives it."""
    assert callable(eqn.prim.emit)
    text = eqn.prim.emit(["x", "y"], **eqn.params)
    if not text.startswith("(") or not text.endswith(")") or ".transpose(" in text:
        return False
    return follows or (" @ " in text and eqn.outs[0].aval.ndim <= 2)


def decisive_inputs(jaxpr: Jaxpr, wanted: Iterable[Var], known: set[Var]) -> list[Var]:
    """Return the arguments whose layout decides that of some variables."""
    reached = set(wanted)
    for eqn in reversed(jaxpr.eqns):
        matrix = eqn.prim in (dot_general_p, dot_p) and eqn.outs[0].aval.ndim <= 2
        if not matrix and any(v in reached and v in known for v in eqn.outs):
            reached.update(a for a in eqn.inputs if type(a) is Var and a.aval.shape)
    return [v for v in jaxpr.invars if v in reached and v.aval.shape]
