"""The tangents of a loop as a loop of their own, over what another loop has kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..compiler.call import derived
from ..compiler.passes import optimize
from ..core import Jaxpr
from ..ops.basic import zeros
from ..transforms.staging import stage
from .halves import Flags, kept, spread, strong, tangent_halves
from .loop_residuals import Residuals, residuals_of, run_early
from .scalars import choose_if

if TYPE_CHECKING:
    from .loop import Loop


def push_apart(
    loop: Loop, flags: Any, primals: Any, tangents: Any
) -> tuple[list[Any], list[Any]]:
    """Run a loop for the outputs, and another one for the tangents.

    `linearize` needs this: it knows the primals, and stages the tangents.
    """
    moving = tuple(flag for group in flags for flag in group)

    def make() -> tuple[Residuals, Jaxpr]:
        halved = tangent_halves(loop.jaxpr, moving, loop.name, loop.iterated)
        residuals = residuals_of(loop, halved)
        return residuals, _tangent_body(loop, flags, residuals)

    residuals, body = derived(loop.jaxpr, loop.key("linear", moving), make)
    outs, fixed, stacks = run_early(loop, residuals, primals)
    t_consts, t_carry, t_xs = (kept(ts, group) for ts, group in zip(tangents, flags))
    pushed = loop._replace(
        jaxpr=body,
        n_consts=len(fixed) + len(t_consts),
        n_carry=len(t_carry),
        length=None if loop.until else loop.length,
        name=f"{loop.name}_tangents",
        until=False,
    )
    done, t_ys = pushed([*fixed, *t_consts], t_carry, [*stacks, *t_xs])
    return outs, [*done, *t_ys]


def _tangent_body(loop: Loop, flags: Any, residuals: Residuals) -> Jaxpr:
    """Return the body of the loop over the tangents."""
    moves: Flags = flags[1]
    t_avals = [
        kept(group, flag)
        for group, flag in zip(loop.divide(strong(loop.jaxpr.in_avals)), flags)
    ]
    groups = [
        residuals.fixed_avals(loop),
        t_avals[0],
        t_avals[1],
        residuals.element_avals(loop),
        t_avals[2],
    ]

    def push_body(*tracers: Any) -> list[Any]:
        given = iter(tracers)
        fixed, consts, carry, elements, xs = ([next(given) for _ in g] for g in groups)
        values = residuals.ordered(fixed, elements)
        outs = residuals.halved.run_late(values, [*consts, *carry, *xs])
        old = spread(carry, moves)
        new = [
            zeros(a) if t is None else t
            for t, a in zip(outs, strong(loop.jaxpr.out_avals[: loop.n_carry]))
        ]
        runs = residuals.running(elements)
        pairs = kept(list(zip(new, old)), moves)
        ys = [t for t in outs[loop.n_carry :] if t is not None]
        return [*(choose_if(runs, *pair) for pair in pairs), *ys]

    avals = [a for group in groups for a in group]
    return optimize(stage(push_body, avals, f"{loop.name}_tangents"))
