"""Reverse mode of loops: a loop that stacks residuals, and a scan back over them.

The backward loop carries the cotangents of the carry. It adds up those of the consts,
or stacks what they are computed from after the loop.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..compiler.call import derived
from ..compiler.passes import optimize
from ..core import Eqn, Jaxpr, Var, variables
from ..ops.basic import zeros
from ..ops.elementwise import add
from ..transforms.staging import stage
from .halves import Flags, backward_halves, kept, present, spread, strong
from .loop_residuals import Residuals, residuals_of, run_early
from .loop_rules import settled
from .loop_sums import Sums, sums_after
from .scalars import choose, choose_if

if TYPE_CHECKING:
    from .loop import Loop


def forward(
    loop: Loop, needed: Flags, args: Sequence[Any]
) -> tuple[list[Any], Callable[..., Any]]:
    """Return the outputs of a loop, and the pullback of their cotangents."""

    def make() -> tuple[Flags, Residuals]:
        moves = _moving(loop, needed)
        halved = backward_halves(loop.jaxpr, moves, loop.name, loop.iterated)
        return moves, residuals_of(loop, halved)

    moves, residuals = derived(loop.jaxpr, loop.key("vjp", needed), make)
    outs, fixed, stacks = run_early(loop, residuals, args)

    def pullback(cts: list[Any]) -> list[Any]:
        consts, _, _ = loop.divide(args)
        return _pull(loop, moves, residuals, consts, fixed, stacks, cts)

    return outs, pullback


def _moving(loop: Loop, needed: Flags) -> Flags:
    """Say which arguments of the body depend on the needed arguments of the loop."""
    consts, carry, xs = loop.divide(needed)

    def step(carry: Flags) -> Any:
        flags = (*consts, *carry, *xs)
        reached = set(kept(loop.jaxpr.invars, flags))
        for eqn in loop.jaxpr.eqns:
            if not eqn.prim.flat and any(
                map(reached.__contains__, variables(eqn.inputs))
            ):
                reached.update(v for v in eqn.outs if v.aval.dtype.kind in "fc")
        outs = loop.jaxpr.outs[: loop.n_carry]
        after = [type(a) is Var and a in reached for a in outs]
        return after, flags

    return settled(carry, step)[1]


class Backward(NamedTuple):
    """The body of a backward loop, and what follows it."""

    body: Jaxpr
    steady: Flags  # the cotangents of the carry that stay the same
    sums: Sums


def _pull(
    loop: Loop,
    moves: Flags,
    residuals: Residuals,
    consts: Sequence[Any],
    fixed: Sequence[Any],
    stacks: Sequence[Any],
    cts: list[Any],
) -> list[Any]:
    summed, _, mapped = loop.divide(residuals.halved.gives)
    _, carry_moves, _ = loop.divide(moves)
    if not any((*summed, *carry_moves, *mapped)):  # say, of what only decides the end
        return [None] * len(moves)
    ct_carry, ct_ys = cts[: loop.n_carry], cts[loop.n_carry :]
    ys_given = present(ct_ys)
    body, steady, sums = derived(
        residuals.body,
        loop.key("pull", moves, ys_given),
        lambda: _backward(loop, moves, residuals, ys_given),
    )
    starts = [
        zeros(a) if ct is None else ct for ct, a in zip(ct_carry, loop.jaxpr.out_avals)
    ]
    starts = kept(starts, carry_moves)
    changing = tuple(not same for same in steady)
    carry = kept(starts, changing)
    added = [zeros(x) for x in sums.others(kept(consts, summed))]
    fixed = [*fixed, *kept(starts, steady)]
    xs = [*stacks, *kept(ct_ys, ys_given)]
    pulled = loop._replace(
        jaxpr=body,
        n_consts=len(fixed),
        n_carry=len(carry) + len(added),
        length=None if loop.until else loop.length,
        reverse=not loop.reverse,
        name=f"{loop.name}_backward",
        until=False,
    )
    done, ys = pulled(fixed, [*carry, *added], xs)
    n, m = len(carry), sum(mapped)
    new = spread(done[:n], changing)
    ends = [old if same else z for same, old, z in zip(steady, starts, new)]
    totals = sums.totals(sum(summed), done[n:], [*xs, *ys[m:]])
    return [
        *spread(totals, summed),
        *spread(ends, carry_moves),
        *spread(ys[:m], mapped),
    ]


def _backward(
    loop: Loop, moves: Flags, residuals: Residuals, ys_given: Flags
) -> Backward:
    """Return a backward loop, which adds up what is not summed up after it."""
    step, (n_fixed, n, n_elements) = _step(loop, moves, residuals, ys_given)
    summed = loop.divide(residuals.halved.gives)[0]
    consts = loop.divide(strong(loop.jaxpr.in_avals))[0]
    fixed, given = step.invars[:n_fixed], step.invars[n_fixed + n :]
    cts, pulled = step.invars[n_fixed : n_fixed + n], step.outs[:n]
    steady = tuple(map(operator.is_, pulled, cts))
    changing = tuple(not same for same in steady)
    n_sums = sum(summed)
    static = loop.length is not None and not loop.until
    sums = sums_after(step, range(n, n + n_sums) if static else (), n_fixed, given)
    runs = residuals.running(given[:n_elements])
    added = [Var(a) for a in sums.others(kept(consts, summed))]
    eqns = [*step.eqns]
    results = [
        _sum(eqns, s, g, runs)
        for s, g in zip(added, sums.others(step.outs[n : n + n_sums]))
    ]
    invars = (*fixed, *kept(cts, steady), *kept(cts, changing), *added, *given)
    outs = (*kept(pulled, changing), *results, *step.outs[n + n_sums :], *sums.stacked)
    return Backward(optimize(Jaxpr(invars, tuple(eqns), outs)), steady, sums)


def _sum(eqns: list[Eqn], total: Var, ct: Any, runs: Any) -> Var:
    """Append what adds a cotangent to a total, if the iteration took place."""
    out = Var(total.aval)
    eqns.append(Eqn(add, (total, ct), {}, (out,), None))
    if runs is not None:
        eqns.append(Eqn(choose, (out, total, runs), {}, (Var(total.aval),), None))
    return eqns[-1].outs[0]


def _step(
    loop: Loop, moves: Flags, residuals: Residuals, ys_given: Flags
) -> tuple[Jaxpr, tuple[int, int, int]]:
    """Return what an iteration gives: cotangents of the carry, of consts, and of xs.

    It takes what is fixed, cotangents of the carry, elements, and cotangents of ys;
    the numbers of the former are returned, too.
    """
    halved = residuals.halved
    summed, _, mapped = loop.divide(halved.gives)
    _, carry_moves, _ = loop.divide(moves)
    _, carry, _ = loop.divide(strong(loop.jaxpr.in_avals))
    ct_avals = strong(loop.jaxpr.out_avals)
    groups = [
        residuals.fixed_avals(loop),
        kept(ct_avals[: loop.n_carry], carry_moves),
        residuals.element_avals(loop),
        kept(ct_avals[loop.n_carry :], ys_given),
    ]

    def pull_body(*tracers: Any) -> list[Any]:
        given = iter(tracers)
        fixed, cts, elements, ct_ys = ([next(given) for _ in g] for g in groups)
        cts = spread(cts, carry_moves)
        values = residuals.ordered(fixed, elements)
        grads = halved.pull(values, [*cts, *spread(ct_ys, ys_given)], ct_avals)
        ct_consts, ct_carry, ct_xs = loop.divide(grads)
        runs = residuals.running(elements)
        pulled = [zeros(a) if g is None else g for g, a in zip(ct_carry, carry)]
        return [
            *(choose_if(runs, *p) for p in kept(list(zip(pulled, cts)), carry_moves)),
            *kept(ct_consts, summed),
            *kept(ct_xs, mapped),
        ]

    avals = [a for group in groups for a in group]
    step = optimize(stage(pull_body, avals, f"{loop.name}_backward"))
    return step, (len(groups[0]), len(groups[1]), len(groups[2]))
