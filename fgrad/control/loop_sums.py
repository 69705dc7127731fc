"""The cotangents of a loop's consts, which are sums over its iterations.

What adds up a product of matrices in every iteration is one product of larger matrices
after the loop, and so are sums over axes: then the loop stacks the factors instead of
adding up the products. That is worth it where the factors take less room than the sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..compiler.cost import nbytes
from ..core import Eqn, Jaxpr, Var, atom_aval, shape_of
from ..ops.basic import cast, moved, reduce_sum, reshape, transpose
from ..ops.dot_general import dot_general, dot_general_p
from ..ops.elementwise import add, mul, neg
from .stacks import DYNAMIC

_MORE = 4  # so many times what is stacked anyway may be stacked for sums


class Term(NamedTuple):
    """A contraction of each iteration, and what happens to its result."""

    eqn: Eqn
    after: tuple[Eqn, ...]


class Sums(NamedTuple):
    """The sums that are computed after a loop."""

    terms: dict[int, list[Term]]  # by the number of the const
    stacked: tuple[Var, ...]  # what they need of the body, and is not stacked yet
    given: tuple[Var, ...]  # inputs of the body that are elements of stacks
    views: dict[Var, Eqn]

    def others(self, values: Sequence[Any]) -> list[Any]:
        """Return those of some values that belong to sums within the loop."""
        return [v for i, v in enumerate(values) if i not in self.terms]

    def totals(self, n: int, within: Sequence[Any], stacks: Sequence[Any]) -> list[Any]:
        """Return all sums, from those within the loop, and stacks given and made."""
        made = dict(zip((*self.given, *self.stacked), stacks)) if self.terms else {}
        rest = iter(within)
        return [
            self._compute(i, made) if i in self.terms else next(rest) for i in range(n)
        ]

    def _compute(self, number: int, made: dict[Var, Any]) -> Any:
        total = None
        for term in self.terms[number]:
            z = _contracted(term.eqn, [self._stack(a, made) for a in term.eqn.inputs])
            for eqn in term.after:
                inputs = [z if type(a) is Var else a for a in eqn.inputs]
                z = eqn.prim(*inputs, **eqn.params)
            total = z if total is None else total + z
        return total

    def _stack(self, var: Any, made: dict[Var, Any]) -> Any:
        """Return the stack of a variable, which may be a view of one."""
        if var in made:
            return made[var]
        eqn = self.views[var]
        x = self._stack(eqn.inputs[0], made)
        rule: Any = eqn.prim.batch
        z, dim = rule([x], [0], shape_of(x)[0], **eqn.params)
        return moved(z, dim, 0)


def sums_after(
    step: Jaxpr, places: Sequence[int], n_fixed: int, given: Sequence[Var]
) -> Sums:
    """Find which outputs of a loop's body may be summed up after the loop.

    ``places`` are those of the outputs, ``given`` the inputs that are stacked anyway.
    """
    producers = {v: e for e in step.eqns for v in e.outs}
    varying = _varying(step, n_fixed)
    terms: dict[int, list[Term]] = {}
    for number, place in enumerate(places):
        found = _terms(step.outs[place], producers, varying)
        if found is not None:
            terms[number] = found
    views = {v: e for v, e in producers.items() if e.prim in (reshape, transpose)}
    factors = [a for ts in terms.values() for t in ts for a in t.eqn.inputs]
    bases = dict.fromkeys(_base(a, views) for a in factors)
    stacked = tuple(v for v in bases if v not in given)
    size = sum(nbytes(v.aval) for v in stacked)
    replaced = sum(nbytes(atom_aval(step.outs[places[i]])) for i in terms)
    if size > min(replaced, _MORE * sum(nbytes(v.aval) for v in given)):
        return Sums({}, (), (), {})
    return Sums(terms, stacked, tuple(given), views)


def _varying(step: Jaxpr, n_fixed: int) -> set[Var]:
    found = set(step.invars[n_fixed:])
    for eqn in step.eqns:
        if any(a in found for a in eqn.inputs if type(a) is Var):
            found.update(eqn.outs)
    return found


def _terms(
    atom: Any, producers: dict[Var, Eqn], varying: set[Var]
) -> list[Term] | None:
    """Return the contractions that an output is the sum of; None if it is not."""
    eqn = producers.get(atom) if type(atom) is Var else None
    if eqn is None:
        return None
    if eqn.prim in (dot_general_p, reduce_sum):
        plain = all(a in varying and DYNAMIC not in a.aval.shape for a in eqn.inputs)
        return [Term(eqn, ())] if plain else None
    inputs = [a for a in eqn.inputs if type(a) is Var]
    if eqn.prim is add and len(inputs) == 2:
        if any(a.aval != eqn.outs[0].aval for a in inputs):
            return None
        left, right = (_terms(a, producers, varying) for a in inputs)
        return None if left is None or right is None else [*left, *right]
    numbers = all(not atom_aval(a).shape for a in eqn.inputs if type(a) is not Var)
    linear = eqn.prim in (cast, neg, reshape, transpose) or (
        eqn.prim is mul and numbers
    )
    if not linear or len(inputs) != 1:
        return None
    found = _terms(inputs[0], producers, varying)
    return found and [Term(t.eqn, (*t.after, eqn)) for t in found]


def _base(var: Any, views: dict[Var, Eqn]) -> Any:
    while var in views:
        var = views[var].inputs[0]
    return var


def _contracted(eqn: Eqn, stacks: Sequence[Any]) -> Any:
    """Contract stacks as an equation does their elements, and over the iterations."""
    if eqn.prim is reduce_sum:
        axes = (0, *_shifted(eqn.params["axes"]))
        dtype = eqn.params["dtype"]
        z = reduce_sum(stacks[0], axes=axes, keepdims=False, dtype=dtype)
        shape = eqn.outs[0].aval.shape
        return z if shape_of(z) == shape else reshape(z, shape=shape)
    contract, batch = (
        tuple(map(_shifted, eqn.params[key])) for key in ("contract", "batch")
    )
    cx, cy = contract
    return dot_general(*stacks, contract=((0, *cx), (0, *cy)), batch=batch)


def _shifted(axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(a + 1 for a in axes)
