"""Local identities that keep every bit of the result."""

from __future__ import annotations

from collections.abc import Callable
from math import copysign
from typing import Any

import numpy as np

from ...core import Eqn, Jaxpr, Tracer, Var, atom_aval
from ...ops import basic
from ...ops import elementwise as ew
from ...ops.dot_general import dot_general_p
from .rewrite import Producers, rewrite

_SMALL = 64  # larger constants are not looked into
# Their loops give the same bits for every layout of their operands in memory.
_EXACT = (
    ew.add, ew.sub, ew.mul, ew.div, ew.neg, ew.positive, ew.absolute, ew.sqrt,
    ew.square, ew.where, ew.lt, ew.le, ew.gt, ew.ge, ew.eq, ew.ne, ew.logical_and,
    ew.logical_or, ew.logical_not, ew.sign, ew.floor, ew.ceil, ew.trunc, ew.isnan,
)  # fmt: skip


def simplify(jaxpr: Jaxpr) -> Jaxpr:
    """Apply identities such as ``1 * x = x`` where they are exact.

    >>> from fgrad import make_jaxpr
    >>> f = lambda x: -(-(x * 1.0)) / 1.0
    >>> simplify(make_jaxpr(f)(np.ones(3)))
    { lambda a:f64[3] . let
        b:f64[3] = neg a
      in (a) }
    """
    inexact = _read_inexactly(jaxpr)
    return rewrite(jaxpr, lambda eqn, producers: _simplify(eqn, producers, inexact))


def _simplify(eqn: Eqn, producers: Producers, inexact: set[Var]) -> Any:
    if eqn.prim.elementwise and eqn.prim is not basic.reduce_sum:
        eqn = _use_scalars(eqn, producers)  # a sum counts how often it reads one
    if eqn.prim.elementwise and eqn.outs[0].aval.dtype.kind == "c":
        return eqn  # even 1 * z has other bits where z is infinite or -0
    for rule in RULES.get(eqn.prim.name, ()):
        atom = rule(eqn, producers)
        if atom is None or atom_aval(atom) != eqn.outs[0].aval:
            continue
        if eqn.prim.view or eqn.outs[0] not in inexact or _is_dense(atom, producers):
            return [atom]
    return eqn


def _read_inexactly(jaxpr: Jaxpr) -> set[Var]:
    """Return the vars whose layout in memory may matter to the last bit.

    ``x * 1`` is dense where ``x`` may be strided, and NumPy's loops of, say, ``exp``
    and ``sum`` round in one way or another for that. Those of arithmetic do not.
    """
    readers = (eqn for eqn in jaxpr.eqns if eqn.prim not in _EXACT)
    return {atom for eqn in readers for atom in eqn.inputs if type(atom) is Var}


def _is_dense(atom: Any, producers: Producers) -> bool:
    """Say whether the elements of a value are known to have no gaps between them."""
    if not atom_aval(atom).shape:
        return True
    producer = producers.get(atom) if type(atom) is Var else None
    return producer is not None and not (producer.prim.view or producer.prim.multi)


def _use_scalars(eqn: Eqn, producers: Producers) -> Eqn:
    """Read a scalar instead of its broadcast, and numbers instead of 0-d arrays."""
    inputs = tuple(_scalar(a, producers) for a in eqn.inputs)
    if inputs == eqn.inputs:
        return eqn
    try:
        same = eqn.prim.abstract(*map(atom_aval, inputs), **eqn.params)
    except TypeError:
        return eqn
    return eqn._replace(inputs=inputs) if same == eqn.outs[0].aval else eqn


def _scalar(atom: Any, producers: Producers) -> Any:
    if isinstance(atom, np.float64):
        return float(atom)
    producer = producers.get(atom) if type(atom) is Var else None
    if producer is not None and producer.prim is basic.broadcast_to:
        source = producer.inputs[0]
        if not atom_aval(source).shape:
            return source
    return atom


def _is_number(atom: Any, number: float) -> bool:
    """Say whether a constant is one number, with its sign, in every element."""
    if type(atom) is float:  # mostly: be quick
        return atom == number and copysign(1.0, atom) == 1.0
    if type(atom) in (Var, Tracer) or not 0 < atom_aval(atom).size <= _SMALL:
        return False
    return bool(np.all(atom == number) and not np.any(np.signbit(np.real(atom))))


def _right_identity(number: float) -> Callable[[Eqn, Producers], Any]:
    return lambda e, _: e.inputs[0] if _is_number(e.inputs[1], number) else None


def _left_identity(number: float) -> Callable[[Eqn, Producers], Any]:
    return lambda e, _: e.inputs[1] if _is_number(e.inputs[0], number) else None


def _scaled_by_one(eqn: Eqn, producers: Producers) -> Any:
    """Return what a product without a sum multiplies by 1."""
    if eqn.outs[0].aval.dtype.kind == "c":
        return None
    x, y = eqn.inputs
    if _is_number(x, 1) and not atom_aval(x).shape:
        return y
    return x if _is_number(y, 1) and not atom_aval(y).shape else None


def _undoes_itself(eqn: Eqn, producers: Producers) -> Any:
    before = producers.get(eqn.inputs[0]) if type(eqn.inputs[0]) is Var else None
    return before.inputs[0] if before is not None and before.prim is eqn.prim else None


def _unchanged(eqn: Eqn, producers: Producers) -> Any:
    return eqn.inputs[0]


def _unchanged_transpose(eqn: Eqn, producers: Producers) -> Any:
    axes = eqn.params["axes"]
    return eqn.inputs[0] if axes == tuple(range(len(axes))) else None


# A rule gives an atom that equals the output; it is used if the avals agree too.
RULES: dict[str, tuple[Callable[[Eqn, Producers], Any], ...]] = {
    ew.mul.name: (_right_identity(1), _left_identity(1)),
    ew.div.name: (_right_identity(1),),
    ew.power.name: (_right_identity(1),),
    ew.sub.name: (_right_identity(0),),
    ew.neg.name: (_undoes_itself,),
    dot_general_p.name: (_scaled_by_one,),
    ew.conj.name: (_undoes_itself,),
    basic.cast.name: (_unchanged,),
    basic.reshape.name: (_unchanged,),
    basic.broadcast_to.name: (_unchanged,),
    basic.transpose.name: (_unchanged_transpose,),
}


def drop_marks(jaxpr: Jaxpr) -> Jaxpr:
    """Drop ``stop_gradient`` and names once no more derivatives will be taken.

    >>> from fgrad import make_jaxpr, stop_gradient
    >>> drop_marks(make_jaxpr(lambda x: stop_gradient(x))(np.ones(3)))
    { lambda a:f64[3] . let in (a) }
    """
    marks = (ew.stop_gradient_p, ew.name_p)
    return rewrite(jaxpr, lambda e, _: [e.inputs[0]] if e.prim in marks else e)
