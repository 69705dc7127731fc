"""What a loop keeps of its iterations for a later loop over the same iterations.

A residual that does not change is computed once, before the loop; one that is among the
``xs`` or the ``ys`` is stacked already; the others are stacked by the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..compiler.call import call
from ..compiler.passes import drop_dead
from ..core import Aval, Jaxpr, Var
from .halves import Halved, strong

if TYPE_CHECKING:
    from .loop import Loop


class Residuals(NamedTuple):
    """Where the residuals of a body come from."""

    halved: Halved
    body: Jaxpr  # the early half, with what has to be stacked as further ys
    invariant: Jaxpr  # consts -> the residuals that depend on nothing else
    from_consts: tuple[int, ...]
    from_xs: tuple[int, ...]
    from_ys: tuple[int, ...]
    order: tuple[tuple[str, int], ...]  # the group and the place of each residual
    runs: bool  # whether the first that is stacked says which iterations took place

    def fixed_avals(self, loop: Loop) -> list[Aval]:
        """The avals of what stays the same in all iterations."""
        consts, _, _ = loop.divide(loop.jaxpr.in_avals)
        return [*(consts[i] for i in self.from_consts), *self.invariant.out_avals]

    def element_avals(self, loop: Loop) -> list[Aval]:
        """The avals of one element of what is stacked."""
        _, _, xs = loop.divide(loop.jaxpr.in_avals)
        outs = self.body.out_avals
        ys, stacked = outs[loop.n_carry :], outs[len(loop.jaxpr.outs) :]
        found = [*(xs[i] for i in self.from_xs), *(ys[i] for i in self.from_ys)]
        return strong([*found, *stacked])

    def ordered(self, fixed: Sequence[Any], elements: Sequence[Any]) -> list[Any]:
        """Return the residuals of one iteration, as the late half reads them."""
        x, y = len(self.from_xs), len(self.from_xs) + len(self.from_ys)
        at = {
            "consts": fixed,
            "invariant": fixed[len(self.from_consts) :],
            "xs": elements,
            "ys": elements[x:],
            "stacked": elements[y:],
        }
        return [at[place][i] for place, i in self.order]

    def running(self, elements: Sequence[Any]) -> Any:
        """Return whether an iteration took place; None if all did."""
        first = len(self.from_xs) + len(self.from_ys)
        return elements[first] if self.runs else None


def residuals_of(loop: Loop, halved: Halved) -> Residuals:
    """Find out where the residuals of a loop's body come from."""
    body = halved.early
    n_out = len(loop.jaxpr.outs)
    consts, _, xs = loop.divide(body.invars)
    ys = [a if type(a) is Var else None for a in body.outs[loop.n_carry : n_out]]
    unchanging = _unchanging(body, consts)
    groups: dict[str, list[Var]] = {
        "consts": [], "invariant": [], "xs": [], "ys": [], "stacked": []
    }  # fmt: skip
    # If a predicate is an array, the body selects what has ended by itself.
    running = body.invars[loop.n_consts] if loop.until else None
    if running is not None:
        groups["stacked"].append(running)
    elif loop.length is None:  # how many iterations there were
        groups["xs"].append(xs[0])
    order = []
    for var in halved.residuals:
        place = (
            "consts" if var in consts
            else "invariant" if var in unchanging
            else "xs" if var in xs
            else "ys" if var in ys
            else "stacked"
        )  # fmt: skip
        if var not in groups[place]:
            groups[place].append(var)
        order.append((place, groups[place].index(var)))
    eqns = tuple(e for e in body.eqns if all(v in unchanging for v in e.outs))
    return Residuals(
        halved,
        drop_dead(body.replace(outs=(*body.outs[:n_out], *groups["stacked"]))),
        drop_dead(Jaxpr(consts, eqns, tuple(groups["invariant"]))),
        tuple(map(consts.index, groups["consts"])),
        tuple(map(xs.index, groups["xs"])),
        tuple(map(ys.index, groups["ys"])),
        tuple(order),
        running is not None and not running.aval.shape,
    )


def _unchanging(body: Jaxpr, consts: Sequence[Var]) -> set[Var]:
    """Return the variables that are the same in every iteration."""
    found = set(consts)
    for eqn in body.eqns:
        if all(a in found for a in eqn.inputs if type(a) is Var) and eqn.outs:
            found.update(eqn.outs)
    return found


def run_early(
    loop: Loop, kept: Residuals, args: Sequence[Any]
) -> tuple[list[Any], list[Any], list[Any]]:
    """Run a loop; return its outputs, and the residuals, fixed ones and stacks."""
    consts, carry, xs = loop.divide(args)
    outs, stacks = loop._replace(jaxpr=kept.body)(consts, carry, xs)
    n_ys = len(loop.jaxpr.outs) - loop.n_carry
    fixed = [consts[i] for i in kept.from_consts]
    if kept.invariant.outs:
        fixed += call(*consts, jaxpr=kept.invariant, name=f"{loop.name}_invariants")
    found = [*(xs[i] for i in kept.from_xs), *(stacks[i] for i in kept.from_ys)]
    return [*outs, *stacks[:n_ys]], fixed, [*found, *stacks[n_ys:]]
