"""What a late half reads, and what it rather computes again: the cheapest choice.

Computing an operation again on the same values gives the same bits, so that only time
and memory decide. An operation that the early half does not need costs the same in
either half; a view costs nothing. A loop writes what is kept into a stack, and reads it
back: it computes simple arithmetic again instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Any, NamedTuple

from ..core import Eqn, Var, has_effects, variables
from ..ops.basic import cast, reduce_sum
from ..ops.elementwise import name_p
from .cost import is_transcendental, nbytes

_AGAIN = 1 / 8  # the price of computing an array again, in bytes, if keeping is 1


class Iterated(NamedTuple):
    """The arguments of a loop's body: consts, then the carry, then what is stacked."""

    n_consts: int
    n_carry: int  # also among the outputs, where it comes first


class Prices:
    """What it costs to keep a value of an early half, or to compute it again: bytes.

    Inputs and outputs are there anyway; of a loop's body, but for the carry.
    """

    def __init__(
        self,
        inputs: Sequence[Var],
        eqns: Sequence[Eqn],
        outs: Sequence[Any],
        loop: Iterated | None,
    ) -> None:
        self.loop = loop
        self.early = _needed(eqns, outs)
        k, n = loop or (len(inputs), 0)
        there = (*inputs[k + n :], *outs[n:])
        self.free = {*inputs[:k], *(a for a in there if type(a) is Var)}
        fixed = set(inputs[:k])
        for eqn in eqns if loop else ():  # a loop computes what is fixed only once
            if _vars(eqn) <= fixed:
                fixed.update(eqn.outs)
        self.free |= fixed

    def of_keeping(self, var: Var) -> float:
        """The bytes that have to be kept."""
        return 0 if var in self.free else nbytes(var.aval)

    def of_again(self, eqn: Eqn) -> float:
        """What computing an equation again costs; infinite if that is out of place."""
        prim = eqn.prim
        if prim.multi or has_effects(eqn) or prim is name_p:
            return inf
        if prim.view:
            return 0
        if prim is reduce_sum or not (prim.elementwise or prim is cast):
            return inf
        if eqn.outs[0] not in self.early:
            return 0
        if self.loop is None or is_transcendental(eqn):
            return inf
        return nbytes(eqn.outs[0].aval) * _AGAIN


def computed_again(
    eqns: Iterable[Eqn], read: Iterable[Var], prices: Prices
) -> set[Var]:
    """Return which of the results of early equations a late half computes again.

    ``read`` is what it needs; what is not computed again, it is given.
    """
    needed = set(read)
    price: dict[Var, float] = dict.fromkeys(needed, 0)  # there will be these anyway
    again: dict[Var, Eqn] = {}
    for eqn in eqns:
        cost = prices.of_again(eqn)
        cost += sum(price.get(a, prices.of_keeping(a)) for a in _vars(eqn))
        if cost < inf and cost < prices.of_keeping(eqn.outs[0]):
            again[eqn.outs[0]] = eqn
            price.setdefault(eqn.outs[0], cost)
    chosen: set[Var] = set()
    wanted = [var for var in needed if var in again]
    while wanted:
        chosen.add(var := wanted.pop())
        wanted += [a for a in _vars(again[var]) if a in again and a not in chosen]
    return chosen


def _needed(eqns: Iterable[Eqn], outs: Iterable[Any]) -> set[Var]:
    """Return the variables that some outputs or effects depend on."""
    needed = {a for a in outs if type(a) is Var}
    for eqn in reversed(list(eqns)):
        if any(v in needed for v in eqn.outs) or has_effects(eqn):
            needed.update(_vars(eqn))
    return needed


def _vars(eqn: Eqn) -> set[Var]:
    return set(variables(eqn.inputs))
