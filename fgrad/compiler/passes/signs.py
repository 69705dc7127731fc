"""Let negations pass through products, to where they cancel or subtract."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...core import Eqn, Jaxpr, Primitive, Var, atom_aval
from ...ops import basic
from ...ops import elementwise as ew
from ...ops.dot_general import dot_general_p


def carry_signs(jaxpr: Jaxpr) -> Jaxpr:
    """Replace ``a + -b`` by ``a - b``, ``-a * 2`` by ``a * -2``, and so on.

    Rounding is symmetric, so that every bit stays (but the sign of a nan). Negations
    that nobody reads any more are left to `drop_dead`.

    >>> import numpy as np
    >>> from fgrad import make_jaxpr
    >>> from fgrad.compiler.passes import drop_dead
    >>> f = lambda x: x - -(-np.sin(x) * x)
    >>> drop_dead(carry_signs(make_jaxpr(f)(np.ones(3))))
    { lambda a:f64[3] . let
        b:f64[3] = sin a
        c:f64[3] = mul b a
        d:f64[3] = sub a c
      in (d) }
    """
    walk = _Signs(jaxpr)
    for eqn in jaxpr.eqns:
        walk.step(eqn)
    if not walk.changed:
        return jaxpr
    outs = tuple(walk.same.get(a, a) if type(a) is Var else a for a in jaxpr.outs)
    return jaxpr.replace(eqns=tuple(walk.eqns), outs=outs)


class _Signs:
    """The equations so far, and which variables are the negation of another one."""

    def __init__(self, jaxpr: Jaxpr) -> None:
        self.eqns: list[Eqn] = []
        self.changed = False
        self.negated: dict[Any, Var] = {}
        self.same: dict[Any, Var] = {}
        self.producers: dict[Any, Eqn] = {}
        self.uses = Counter(a for e in jaxpr.eqns for a in e.inputs if type(a) is Var)
        self.uses.update(a for a in jaxpr.outs if type(a) is Var)

    def step(self, old: Eqn) -> None:
        inputs = (self.same.get(a, a) if type(a) is Var else a for a in old.inputs)
        eqn = old._replace(inputs=tuple(inputs))
        rule = _RULES.get(eqn.prim)
        if rule is not None and _is_real(eqn) and rule(self, eqn):
            self.changed = True
        else:
            self.append(eqn)

    def append(self, eqn: Eqn) -> None:
        self.eqns.append(eqn)
        self.producers.update(dict.fromkeys(eqn.outs, eqn))

    def replace(self, eqn: Eqn, prim: Primitive, *inputs: Any) -> bool:
        """Append another equation with the same output, if it has the same aval."""
        if prim.abstract(*map(atom_aval, inputs)) != eqn.outs[0].aval:
            return False
        self.append(eqn._replace(prim=prim, inputs=inputs))
        return True

    def negate(self, eqn: Eqn, x: Var) -> None:
        """Append that the output of an equation is ``-x``."""
        out = eqn.outs[0]
        self.append(Eqn(ew.neg, (x,), {}, (out,), eqn.source))
        self.negated[out] = x

    def is_dense(self, x: Var) -> bool:
        """Say whether a variable is laid out as its negation is."""
        eqn = self.producers.get(x)
        while eqn is not None and eqn.prim in (basic.transpose, basic.reshape):
            eqn = self.producers.get(eqn.inputs[0])
        if eqn is None or eqn.prim.view:
            return False
        return eqn.prim.elementwise or eqn.prim is dot_general_p

    def moves(self, a: Any, eqn: Eqn) -> bool:
        """Say whether a negation may be taken after an equation, at the same cost."""
        if _source(self, a) is None or self.uses[a] > 1:
            return False
        return a.aval.size == eqn.outs[0].aval.size


def _is_real(eqn: Eqn) -> bool:
    aval = eqn.outs[0].aval
    return aval.dtype.kind == "f" and not aval.weak


def _number(atom: Any) -> Any:
    """Return the negation of a number; None for anything else."""
    return -atom if type(atom) in (int, float) and atom else None


def _neg(walk: _Signs, eqn: Eqn) -> bool:
    (x,) = eqn.inputs
    if type(x) is not Var:
        return False
    if (same := _source(walk, x)) is not None:
        walk.same[eqn.outs[0]] = same
        return True
    product = walk.producers.get(x)
    if product is not None and product.prim is ew.mul and walk.uses[x] == 1:
        a, b = product.inputs
        if (number := _number(a)) is not None:
            return walk.replace(eqn, ew.mul, number, b)
        if (number := _number(b)) is not None:
            return walk.replace(eqn, ew.mul, a, number)
    walk.negate(eqn, x)
    return True


def _mul(walk: _Signs, eqn: Eqn) -> bool:
    a, b = eqn.inputs
    x, y = _source(walk, a), _source(walk, b)
    if x is not None and y is not None:
        return walk.replace(eqn, eqn.prim, x, y)
    if type(a) is Var and a in walk.negated:
        if (number := _number(b)) is not None:
            return walk.replace(eqn, eqn.prim, walk.negated[a], number)
    if type(b) is Var and b in walk.negated:
        if (number := _number(a)) is not None:
            return walk.replace(eqn, eqn.prim, number, walk.negated[b])
    if walk.moves(a, eqn):
        inputs = (x, b)
    elif walk.moves(b, eqn):
        inputs = (a, y)
    else:
        return False
    out = Var(eqn.outs[0].aval)
    walk.append(eqn._replace(inputs=inputs, outs=(out,)))
    walk.negate(eqn, out)
    return True


def _transpose(walk: _Signs, eqn: Eqn) -> bool:
    (a,) = eqn.inputs
    if not walk.moves(a, eqn):
        return False
    out = Var(eqn.outs[0].aval)
    walk.append(eqn._replace(inputs=(walk.negated[a],), outs=(out,)))
    walk.negate(eqn, out)
    return True


def _add(walk: _Signs, eqn: Eqn) -> bool:
    a, b = eqn.inputs
    if (y := _source(walk, b)) is not None:
        return walk.replace(eqn, ew.sub, a, y)
    x = _source(walk, a)
    return x is not None and walk.replace(eqn, ew.sub, b, x)


def _sub(walk: _Signs, eqn: Eqn) -> bool:
    y = _source(walk, eqn.inputs[1])
    return y is not None and walk.replace(eqn, ew.add, eqn.inputs[0], y)


def _source(walk: _Signs, atom: Any) -> Any:
    """Return what an atom is the negation of, if it takes its place in any layout."""
    x = walk.negated.get(atom) if type(atom) is Var else None
    return x if x is not None and walk.is_dense(x) else None


_RULES = {
    ew.neg: _neg,
    ew.mul: _mul,
    ew.div: _mul,
    ew.add: _add,
    ew.sub: _sub,
    basic.transpose: _transpose,
}
