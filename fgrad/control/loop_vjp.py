"""Reverse mode of loops: a loop that stacks residuals, and a scan back over them.

The backward loop carries the cotangents of the carry, and sums up those of the consts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..compiler.call import derived
from ..compiler.passes import optimize
from ..core import Jaxpr, Var
from ..ops.basic import zeros
from ..transforms.staging import stage
from .halves import Flags, backward_halves, kept, present, spread, strong
from .loop_residuals import Residuals, residuals_of, run_early
from .loop_rules import settled
from .scalars import choose_if

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
            if not eqn.prim.flat and any(map(reached.__contains__, _vars(eqn.inputs))):
                reached.update(v for v in eqn.outs if v.aval.dtype.kind in "fc")
        outs = loop.jaxpr.outs[: loop.n_carry]
        after = [type(a) is Var and a in reached for a in outs]
        return after, flags

    return settled(carry, step)[1]


def _vars(atoms: Any) -> list[Var]:
    return [a for a in atoms if type(a) is Var]


def _pull(
    loop: Loop,
    moves: Flags,
    residuals: Residuals,
    consts: Sequence[Any],
    fixed: Sequence[Any],
    stacks: Sequence[Any],
    cts: list[Any],
) -> list[Any]:
    ct_carry, ct_ys = cts[: loop.n_carry], cts[loop.n_carry :]
    ys_given = present(ct_ys)
    body = derived(
        residuals.body,
        loop.key("pull", moves, ys_given),
        lambda: _backward_body(loop, moves, residuals, ys_given),
    )
    summed, _, mapped = loop.divide(residuals.halved.gives)
    _, carry_moves, _ = loop.divide(moves)
    n = sum(carry_moves)
    starts = [
        zeros(a) if ct is None else ct for ct, a in zip(ct_carry, loop.jaxpr.out_avals)
    ]
    sums = [zeros(x) for x in kept(consts, summed)]
    pulled = loop._replace(
        jaxpr=body,
        n_consts=len(fixed),
        n_carry=n + len(sums),
        length=None if loop.until else loop.length,
        reverse=not loop.reverse,
        name=f"{loop.name}_backward",
        until=False,
    )
    carry, xs = [*kept(starts, carry_moves), *sums], [*stacks, *kept(ct_ys, ys_given)]
    done, ct_xs = pulled(fixed, carry, xs)
    return [
        *spread(done[n:], summed),
        *spread(done[:n], carry_moves),
        *spread(ct_xs, mapped),
    ]


def _backward_body(
    loop: Loop, moves: Flags, residuals: Residuals, ys_given: Flags
) -> Jaxpr:
    """Return the body of the backward loop."""
    halved = residuals.halved
    summed, _, mapped = loop.divide(halved.gives)
    _, carry_moves, _ = loop.divide(moves)
    consts, carry, _ = loop.divide(strong(loop.jaxpr.in_avals))
    ct_avals = strong(loop.jaxpr.out_avals)
    groups = [
        residuals.fixed_avals(loop),
        kept(ct_avals[: loop.n_carry], carry_moves),
        kept(consts, summed),
        residuals.element_avals(loop),
        kept(ct_avals[loop.n_carry :], ys_given),
    ]

    def pull_body(*tracers: Any) -> list[Any]:
        given = iter(tracers)
        fixed, cts, sums, elements, ct_ys = ([next(given) for _ in g] for g in groups)
        cts, sums = spread(cts, carry_moves), spread(sums, summed)
        values = residuals.ordered(fixed, elements)
        grads = halved.pull(values, [*cts, *spread(ct_ys, ys_given)], ct_avals)
        ct_consts, ct_carry, ct_xs = loop.divide(grads)
        runs = residuals.running(elements)
        pulled = [zeros(a) if g is None else g for g, a in zip(ct_carry, carry)]
        return [
            *(choose_if(runs, *p) for p in kept(list(zip(pulled, cts)), carry_moves)),
            *(choose_if(runs, s + g, s) for g, s in zip(kept(ct_consts, summed),
                                                        kept(sums, summed))),
            *kept(ct_xs, mapped),
        ]  # fmt: skip

    avals = [a for group in groups for a in group]
    return optimize(stage(pull_body, avals, f"{loop.name}_backward"))
