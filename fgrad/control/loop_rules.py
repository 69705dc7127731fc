"""Forward mode and vmap of loops: the body is transformed, and looped again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..compiler.call import are_apart, derived
from ..compiler.passes import optimize
from ..core import Aval, Jaxpr, evaluate
from ..ops.basic import astype, expand, moved, zeros
from ..transforms.axis_names import Axis
from ..transforms.jvp import push
from ..transforms.staging import stage
from ..transforms.vmap import batched
from .callback import refuse_io
from .halves import Flags, kept, present, spread, strong
from .loop_linear import push_apart
from .loop_running import first_inputs, next_carry, next_inputs
from .stacks import batch_axis, batched_aval, mapped_as

if TYPE_CHECKING:
    from .loop import Loop


def settled(carry: Sequence[bool], step: Callable[[Flags], Any]) -> tuple[Flags, Any]:
    """Find the carries that have a property which a body may spread to more of them.

    ``step(carry)`` returns the property after the body, and a result; it is repeated
    until nothing is added, and then its result is returned.
    """
    now = tuple(carry)
    while True:
        after, result = step(now)
        more = tuple(a or b for a, b in zip(now, after, strict=True))
        if more == now:
            return now, result
        now = more


# -- forward mode ------------------------------------------------------------------


def dual(loop: Loop, primals: Any, tangents: Any) -> tuple[list[Any], list[Any]]:
    """Return the outputs of a loop and their tangents."""
    ts = [None if t is None else expand(t, x) for t, x in zip(tangents, primals)]
    flags = loop.divide(present(ts))
    moves, (body, ys_move) = derived(
        loop.jaxpr, loop.key("jvp", flags), lambda: _settled_push(loop, *flags)
    )
    _, carry, _ = loop.divide(primals)
    t_consts, t_carry, t_xs = loop.divide(ts)
    starts = [
        expand(0.0, x) if t is None and move else t
        for t, x, move in zip(t_carry, carry, moves)
    ]
    flags = (flags[0], moves, flags[2])
    given = [*kept(t_consts, flags[0]), *kept(starts, moves), *kept(t_xs, flags[2])]
    tangents = t_consts, starts, t_xs
    if are_apart(primals, given):
        outs, ts = push_apart(loop, flags, primals, tangents)
    else:
        outs, ts = _push_together(loop, flags, body, primals, tangents)
    n = sum(moves)
    return outs, [*spread(ts[:n], moves), *spread(ts[n:], ys_move)]


def _push_together(
    loop: Loop, flags: Any, body: Jaxpr, primals: Any, tangents: Any
) -> tuple[list[Any], list[Any]]:
    """Run one loop that carries the tangents along."""
    given = [kept(ts, group) for ts, group in zip(tangents, flags)]
    consts, carry, xs = loop.divide(primals)
    pushed = loop._replace(
        jaxpr=body,
        n_consts=loop.n_consts + len(given[0]),
        n_carry=loop.n_carry + len(given[1]),
        name=f"{loop.name}_jvp",
    )
    done, stacks = pushed([*consts, *given[0]], [*carry, *given[1]], [*xs, *given[2]])
    n, m = loop.n_carry, len(loop.jaxpr.outs) - loop.n_carry
    return [*done[:n], *stacks[:m]], [*done[n:], *stacks[m:]]


def _settled_push(loop: Loop, consts: Any, carry: Any, xs: Any) -> Any:
    n = loop.n_carry

    def step(moves: Flags) -> Any:
        body, outs_move = _push_body(loop, consts, moves, xs)
        return outs_move[:n], (body, outs_move[n:])

    return settled(carry, step)


def _push_body(loop: Loop, consts: Any, carry: Any, xs: Any) -> tuple[Jaxpr, Any]:
    """Return the body over primals and tangents, and which outputs move."""
    groups = list(zip(loop.divide(loop.jaxpr.in_avals), (consts, carry, xs)))
    avals: list[Aval] = []
    for group, flags in groups:
        avals += [*group, *strong(kept(group, flags))]
    outs_move: list[bool] = []

    def pushed(*tracers: Any) -> list[Any]:
        given = iter(tracers)
        primals: list[Any] = []
        tangents: list[Any] = []
        for group, flags in groups:
            primals += [next(given) for _ in group]
            tangents += [next(given) if flag else None for flag in flags]
        run = lambda *args: evaluate(loop.jaxpr, args)
        outs, ts, _ = push(run, primals, tangents, loop.name)
        outs_move.extend(present(ts))
        wanted = [*carry, *outs_move[loop.n_carry :]]
        full = [
            zeros(z) if t is None else expand(t, z)
            for t, z in kept(list(zip(ts, outs)), wanted)
        ]
        moving = sum(carry)
        n = loop.n_carry
        return [*outs[:n], *full[:moving], *outs[n:], *full[moving:]]

    body = optimize(stage(pushed, avals, loop.name))
    return body, tuple(outs_move)


# -- vmap --------------------------------------------------------------------------


def batch(
    loop: Loop, args: Any, dims: Any, axis: Axis
) -> tuple[list[Any], list[int | None]]:
    """Return the outputs of a loop over batches, and their dims."""
    consts, carry, xs = loop.divide(args)
    d_consts, d_carry, d_xs = loop.divide(dims)
    a_consts, a_carry, a_xs = loop.divide(loop.jaxpr.in_avals)
    consts = [moved(*each) for each in zip(consts, d_consts, map(batch_axis, a_consts))]
    xs = [moved(x, d, 1 + batch_axis(a)) for x, d, a in zip(xs, d_xs, a_xs)]
    flags = present(d_consts), present(d_carry), present(d_xs)
    maps, (body, ys_map) = derived(
        loop.jaxpr,
        loop.key("vmap", flags, axis),
        lambda: _settled_batch(loop, *flags, axis),
    )
    starts = [
        mapped_as(x, d, axis.size, a) if is_mapped else x
        for x, d, a, is_mapped in zip(carry, d_carry, a_carry, maps)
    ]
    if loop.until and maps[0] and axis.size:
        refuse_io([loop.jaxpr], "a loop")
        starts += first_inputs(starts)
    carry, ys = loop._replace(jaxpr=body, n_carry=len(starts))(consts, starts, xs)
    carry = carry[: loop.n_carry]
    axes = list(map(batch_axis, loop.jaxpr.out_avals))
    axes = [*axes[: loop.n_carry], *(1 + a for a in axes[loop.n_carry :])]
    dims = [a if is_mapped else None for a, is_mapped in zip(axes, [*maps, *ys_map])]
    return [*carry, *ys], dims


def _settled_batch(loop: Loop, consts: Any, carry: Any, xs: Any, axis: Axis) -> Any:
    n = loop.n_carry

    def step(maps: Flags) -> Any:
        if loop.until and maps[0]:  # elements end one by one: each has its own carry
            maps = (True,) * n
        body, outs_map = _batch_body(loop, consts, maps, xs, axis)
        if loop.until and outs_map[0]:
            outs_map = (True,) * n + outs_map[n:]
        return outs_map[:n], (body, outs_map[n:])

    return settled(carry, step)


def _batch_body(
    loop: Loop, consts: Any, carry: Any, xs: Any, axis: Axis
) -> tuple[Jaxpr, Any]:
    """Return the body over batches, and which outputs are mapped."""
    flags = [*consts, *carry, *xs]
    element = loop.jaxpr.in_avals
    avals = [
        batched_aval(a, axis.size) if flag else a for a, flag in zip(element, flags)
    ]
    dims = [batch_axis(a) if flag else None for a, flag in zip(element, flags)]
    one_by_one = loop.until and carry[0] and axis.size
    if one_by_one:
        avals += avals[loop.n_consts + 1 :]  # the last inputs
    outs_map: list[bool] = []

    def mapped_body(*tracers: Any) -> list[Any]:
        given, last = tracers[: len(flags)], tracers[len(flags) :]
        now, old, rest = loop.divide(given)
        inputs = next_inputs(old, last) if one_by_one else old
        run = lambda *args: evaluate(loop.jaxpr, args)
        args = [*now, *inputs, *rest]
        outs, out_dims = batched(run, args, dims, axis, loop.name)
        outs_map.extend(present(out_dims))
        wanted = [*carry, *outs_map[loop.n_carry :]]
        outs = [
            astype(mapped_as(z, d, axis.size, a), a.dtype) if flag else z
            for z, d, a, flag in zip(outs, out_dims, loop.jaxpr.out_avals, wanted)
        ]
        if one_by_one:
            after, ys = outs[: loop.n_carry], outs[loop.n_carry :]
            outs = [*next_carry(old, after), *inputs[1:], *ys]
        return outs

    body = optimize(stage(mapped_body, avals, loop.name))
    return body, tuple(outs_map)
