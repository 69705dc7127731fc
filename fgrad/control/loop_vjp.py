"""Reverse mode of loops: a loop that stacks residuals, and a scan back over them.

The body is split into a forward and a backward half. What the backward half reads is
stacked by the forward loop, unless it does not change (then it is a constant of the
backward loop) or is one of the ``xs`` (which are stacked already). The backward loop
carries the cotangents of the carry, and sums up those of the constants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..compiler.call import Split, call, derived, split
from ..compiler.passes import drop_dead, optimize
from ..core import Jaxpr, Var
from ..ops.basic import zeros
from ..transforms.staging import stage
from .halves import Flags, kept, present, pull_half, spread, strong
from .loop_rules import settled
from .scalars import choose

if TYPE_CHECKING:
    from .loop import Loop


class Plan(NamedTuple):
    """How to go forward and backward through a loop."""

    moves: Flags  # the arguments of the body that have cotangents
    halves: Split
    forward: Jaxpr  # the body, with the residuals to stack as further ys
    invariant: Jaxpr  # consts -> the residuals that depend on nothing else
    from_consts: tuple[int, ...]  # the consts that are residuals
    from_xs: tuple[int, ...]  # the xs that are residuals
    order: tuple[tuple[str, int], ...]  # where each residual comes from


def forward(
    loop: Loop, needed: Flags, args: Sequence[Any]
) -> tuple[list[Any], Callable[..., Any]]:
    """Return the outputs of a loop, and the pullback of their cotangents."""
    plan = derived(loop.jaxpr, loop.key("vjp", needed), lambda: _plan(loop, needed))
    consts, carry, xs = loop.divide(args)
    n_ys = len(loop.jaxpr.outs) - loop.n_carry
    outs, stacks = loop._replace(jaxpr=plan.forward)(consts, carry, xs)
    residuals = [xs[i] for i in plan.from_xs] + list(stacks[n_ys:])
    fixed = [consts[i] for i in plan.from_consts]
    if plan.invariant.outs:
        fixed += call(*consts, jaxpr=plan.invariant, name=f"{loop.name}_invariants")

    def pullback(cts: list[Any]) -> list[Any]:
        return _pull(loop, plan, args, fixed, residuals, cts)

    return [*outs, *stacks[:n_ys]], pullback


# -- the forward half --------------------------------------------------------------


def _plan(loop: Loop, needed: Flags) -> Plan:
    moves = _moving(loop, needed)
    halves = split(loop.jaxpr, moves, loop.name)
    body = halves.forward
    consts, _, xs = loop.divide(body.invars)
    unchanging = _unchanging(body, consts)
    groups: dict[str, list[Var]] = {"consts": [], "fixed": [], "xs": [], "stacked": []}
    if loop.until:  # which iterations took place, if not the same for all elements
        groups["stacked"].append(body.invars[loop.n_consts])
    elif loop.length is None:  # how many there were
        groups["xs"].append(xs[0])
    order = []
    for var in body.outs[len(loop.jaxpr.outs) :]:
        place = (
            "consts" if var in consts
            else "fixed" if var in unchanging
            else "xs" if var in xs
            else "stacked"
        )  # fmt: skip
        if var not in groups[place]:
            groups[place].append(var)
        order.append((place, groups[place].index(var)))
    outs = body.outs[: len(loop.jaxpr.outs)]
    eqns = tuple(e for e in body.eqns if all(v in unchanging for v in e.outs))
    return Plan(
        moves,
        halves,
        drop_dead(body.replace(outs=(*outs, *groups["stacked"]))),
        drop_dead(Jaxpr(consts, eqns, tuple(groups["fixed"]))),
        tuple(map(consts.index, groups["consts"])),
        tuple(map(xs.index, groups["xs"])),
        tuple(order),
    )


def _moving(loop: Loop, needed: Flags) -> Flags:
    """Say which arguments of the body depend on the needed arguments of the loop."""
    consts, carry, xs = loop.divide(needed)

    def step(carry: Flags) -> Any:
        flags = (*consts, *carry, *xs)
        reached = set(kept(loop.jaxpr.invars, flags))
        for eqn in loop.jaxpr.eqns:
            if not eqn.prim.flat and any(
                a in reached for a in eqn.inputs if _is_var(a)
            ):
                reached.update(v for v in eqn.outs if v.aval.dtype.kind in "fc")
        after = [_is_var(a) and a in reached for a in loop.jaxpr.outs[: loop.n_carry]]
        return after, flags

    return settled(carry, step)[1]


def _is_var(atom: Any) -> bool:
    return type(atom) is Var


def _unchanging(body: Jaxpr, consts: Sequence[Var]) -> set[Var]:
    """Return the variables that are the same in every iteration."""
    found = set(consts)
    for eqn in body.eqns:
        if all(a in found for a in eqn.inputs if _is_var(a)):
            found.update(eqn.outs)
    return found


# -- the backward half -------------------------------------------------------------


def _pull(
    loop: Loop, plan: Plan, args: Any, fixed: Any, residuals: Any, cts: list[Any]
) -> list[Any]:
    ct_carry, ct_ys = cts[: loop.n_carry], cts[loop.n_carry :]
    flags = present(ct_ys)
    body, summed, mapped = derived(
        plan.forward,
        loop.key("pull", plan.moves, flags),
        lambda: _backward_body(loop, plan, flags),
    )
    consts, _, _ = loop.divide(args)
    _, moves, _ = loop.divide(plan.moves)
    starts = [
        zeros(a) if ct is None else ct for ct, a in zip(ct_carry, loop.jaxpr.out_avals)
    ]
    sums = [zeros(x) for x in kept(consts, summed)]
    pulled = loop._replace(
        jaxpr=body,
        n_consts=len(fixed),
        n_carry=sum(moves) + len(sums),
        length=None if loop.until else loop.length,
        reverse=not loop.reverse,
        name=f"{loop.name}_backward",
        until=False,
    )
    done, stacks = pulled(
        fixed, [*kept(starts, moves), *sums], [*residuals, *kept(ct_ys, flags)]
    )
    n = sum(moves)
    return [
        *spread(done[n:], summed),
        *spread(done[:n], moves),
        *spread(stacks, mapped),
    ]


def _backward_body(loop: Loop, plan: Plan, ys_given: Flags) -> Any:
    """Return the body of the backward loop, and which consts and xs get cotangents."""
    reached = [i in plan.halves.reached for i in range(len(plan.moves))]
    summed, _, mapped = loop.divide(reached)
    _, moves, _ = loop.divide(plan.moves)
    const_avals, carry_avals, x_avals = loop.divide(strong(loop.jaxpr.in_avals))
    ct_avals = strong(loop.jaxpr.out_avals)
    stacked = plan.forward.out_avals[len(ct_avals) :]
    groups = {
        "consts": [loop.jaxpr.in_avals[i] for i in plan.from_consts],
        "fixed": list(plan.invariant.out_avals),
        "cts": kept(ct_avals[: loop.n_carry], moves),
        "sums": kept(const_avals, summed),
        "xs": [x_avals[i] for i in plan.from_xs],
        "stacked": strong(stacked),
        "ct_ys": kept(ct_avals[loop.n_carry :], ys_given),
    }

    # If a predicate is an array, the body selects what has ended by itself.
    one_runs = loop.until and not stacked[0].shape

    def pull_body(*tracers: Any) -> list[Any]:
        given = iter(tracers)
        at = {name: [next(given) for _ in avals] for name, avals in groups.items()}
        cts, sums = spread(at["cts"], moves), spread(at["sums"], summed)
        seeds = [*cts, *spread(at["ct_ys"], ys_given)]
        residuals = [at[place][i] for place, i in plan.order]
        grads = pull_half(plan.halves, residuals, seeds, ct_avals, len(reached))
        ct_consts, ct_carry, ct_xs = loop.divide(grads)
        runs = at["stacked"][0] if one_runs else None
        pulled = [zeros(a) if g is None else g for g, a in zip(ct_carry, carry_avals)]
        return [
            *(_if(runs, g, ct) for g, ct in kept(list(zip(pulled, cts)), moves)),
            *(_if(runs, s + g, s) for g, s in kept(list(zip(ct_consts, sums)), summed)),
            *kept(ct_xs, mapped),
        ]

    avals = [a for group in groups.values() for a in group]
    body = optimize(stage(pull_body, avals, f"{loop.name}_backward"))
    return body, summed, mapped


def _if(runs: Any, a: Any, b: Any) -> Any:
    return a if runs is None else choose(a, b, runs)
