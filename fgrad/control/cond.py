"""The primitive ``cond``: one of several jaxprs, chosen by an index.

The index is a boolean or an integer scalar, which is clamped to the branches there
are. All branches take the same operands and give outputs of the same avals.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..compiler.call import Split, derived, split
from ..compiler.passes import drop_dead, optimize
from ..compiler.runtime import compiled
from ..core import Aval, Eqn, Jaxpr, Primitive, Var, aval_of, evaluate
from ..ops.basic import expand
from ..ops.elementwise import where
from ..transforms.jvp import push
from ..transforms.staging import stage
from ..transforms.vmap import batched
from .halves import Flags, kept, present, pull_half, spread, strong
from .scalars import like
from .stacks import (
    absent,
    batch_axis,
    batched_aval,
    mapped_as,
    moved,
    selected,
    zero_of,
)

Branches = tuple[Jaxpr, ...]


def _lowered(branches: Branches, name: str) -> Callable[..., Any]:
    functions = [compiled(branch, name).function for branch in branches]
    last = len(functions) - 1

    def cond(index: Any, *operands: Any) -> Any:
        """Run the chosen branch."""
        return functions[min(max(int(index), 0), last)](*operands)

    return cond


def _impl(index, *operands, branches, name):
    i = min(max(int(index), 0), len(branches) - 1)
    return list(compiled(branches[i], name).function(*operands))


def _made(branches: Branches, key: Any, make: Callable[[], Any]) -> Any:
    """Return what was derived from some branches before, or derive it now."""
    return derived(branches[0], ("cond", branches[1:], *key), make)


# -- reverse mode ------------------------------------------------------------------


class Plan(NamedTuple):
    """How to go forward and backward through the branches."""

    halves: tuple[Split, ...]
    forward: Branches  # with the slots as further outputs
    slots: tuple[Aval, ...]  # the residuals of all branches
    operands: tuple[int, ...]  # the operands that are residuals
    order: tuple[tuple[tuple[bool, int], ...], ...]  # (in a slot?, which) by branch


def _plan(branches: Branches, needed: Flags, name: str) -> Plan:
    halves = tuple(split(branch, needed, name) for branch in branches)
    n = len(branches[0].outs)
    slots: list[Aval] = []
    placed = [_place(half.forward, n, slots) for half in halves]
    operands = [i for places in placed for slot, i, _ in places if not slot]
    forward = (
        _with_slots(half.forward, n, slots, {i: v for slot, i, v in places if slot})
        for half, places in zip(halves, placed)
    )
    order = (tuple((slot, i) for slot, i, _ in places) for places in placed)
    return Plan(
        halves,
        tuple(forward),
        tuple(slots),
        tuple(dict.fromkeys(operands)),
        tuple(order),
    )


def _place(forward: Jaxpr, n: int, slots: list[Aval]) -> list[tuple[bool, int, Var]]:
    """Say where each residual of a branch is kept: in a slot, or as an operand."""
    places: list[tuple[bool, int, Var]] = []
    for var in forward.outs[n:]:
        if var in forward.invars:
            places.append((False, forward.invars.index(var), var))
            continue
        places.append((True, len(slots), var))
        slots.append(var.aval)
    return places


def _with_slots(
    forward: Jaxpr, n: int, slots: list[Aval], held: dict[int, Var]
) -> Jaxpr:
    """Return a branch that gives all slots, also those of other branches."""
    eqns = list(forward.eqns)
    for i, aval in enumerate(slots):
        if i not in held:
            held[i] = Var(aval)
            eqns.append(Eqn(absent, forward.invars, {"aval": aval}, (held[i],), None))
    outs = (*forward.outs[:n], *(held[i] for i in range(len(slots))))
    return drop_dead(forward.replace(eqns=tuple(eqns), outs=outs))


def _forward(needed, index, *operands, branches, name):
    plan = _made(
        branches, ("vjp", needed[1:]), lambda: _plan(branches, needed[1:], name)
    )
    results = cond_p(index, *operands, branches=plan.forward, name=name)
    n = len(branches[0].outs)
    residuals = [*(operands[i] for i in plan.operands), *results[n:]]
    avals = branches[0].in_avals

    def pullback(cts):
        flags = present(cts)
        backward, reached = _made(
            plan.forward, ("pull", flags), lambda: _backward(plan, avals, flags, name)
        )
        outs = cond_p(
            index,
            *residuals,
            *kept(cts, flags),
            branches=backward,
            name=f"{name}_backward",
        )
        return [None, *spread(outs, reached)]

    return results[:n], pullback


def _backward(
    plan: Plan, avals: Any, flags: Flags, name: str
) -> tuple[Branches, Flags]:
    reached = tuple(
        any(i in half.reached for half in plan.halves) for i in range(len(avals))
    )
    outs = strong(plan.forward[0].out_avals[: len(flags)])
    given = [avals[i] for i in plan.operands], plan.slots, kept(outs, flags)

    def pulled(half: Split, places: Any) -> Callable[..., list[Any]]:
        def run(*tracers: Any) -> list[Any]:
            operands = dict(zip(plan.operands, tracers))
            slots = tracers[len(operands) : len(operands) + len(plan.slots)]
            cts = spread(tracers[len(operands) + len(slots) :], flags)
            residuals = [slots[i] if slot else operands[i] for slot, i in places]
            grads = pull_half(half, residuals, cts, outs, len(avals))
            return [
                zero_of(a, tracers[0]) if g is None else g
                for g, a in kept(list(zip(grads, strong(avals))), reached)
            ]

        return run

    inputs = [a for group in given for a in group]
    branches = tuple(
        optimize(stage(pulled(half, places), inputs, name))
        for half, places in zip(plan.halves, plan.order)
    )
    return branches, reached


# -- forward mode and vmap ---------------------------------------------------------


def _dual(primals, tangents, *, branches, name):
    index, *operands = primals
    ts = [None if t is None else expand(t, x) for t, x in zip(tangents[1:], operands)]
    moves = present(ts)
    pushed, outs_move = _made(
        branches, ("jvp", moves), lambda: _pushed(branches, moves, name)
    )
    outs = cond_p(
        index, *operands, *kept(ts, moves), branches=pushed, name=f"{name}_jvp"
    )
    n = len(branches[0].outs)
    return outs[:n], spread(outs[n:], outs_move)


def _pushed(branches: Branches, moves: Flags, name: str) -> tuple[Branches, Flags]:
    """Return the branches over primals and tangents, and which outputs move."""
    avals = branches[0].in_avals
    inputs = [*avals, *strong(kept(avals, moves))]
    found: list[Flags] = []

    def staged(branch: Jaxpr, wanted: Flags | None) -> Jaxpr:
        def run(*tracers: Any) -> list[Any]:
            primals, ts = tracers[: len(avals)], spread(tracers[len(avals) :], moves)
            call = lambda *args: evaluate(branch, args)
            outs, t_outs, _ = push(call, primals, ts, name)
            found.append(present(t_outs))
            pairs = kept(list(zip(t_outs, outs)), wanted or found[-1])
            full = [
                zero_of(aval_of(z)._replace(weak=False), tracers[0])
                if t is None
                else expand(t, z)
                for t, z in pairs
            ]
            return [*outs, *full]

        return stage(run, inputs, name)

    for branch in branches:
        staged(branch, None)
    moving = tuple(map(any, zip(*found)))
    return tuple(optimize(staged(branch, moving)) for branch in branches), moving


def _batch(args, dims, size, *, branches, name):
    (index, *operands), (dim, *d_operands) = args, dims
    if dim is not None:  # every branch runs, and each element takes its own
        return _select(index, operands, d_operands, size, branches)
    axes = map(batch_axis, branches[0].in_avals)
    placed = [moved(*each) for each in zip(operands, d_operands, axes)]
    flags = present(d_operands)
    mapped_branches, outs_map = _made(
        branches, ("vmap", flags, size), lambda: _mapped(branches, flags, size, name)
    )
    outs = cond_p(index, *placed, branches=mapped_branches, name=name)
    axes = map(batch_axis, branches[0].out_avals)
    return outs, [a if is_mapped else None for a, is_mapped in zip(axes, outs_map)]


def _mapped(branches: Branches, flags: Flags, size: int, name: str) -> Any:
    """Return the branches over batches, and which outputs are mapped."""
    inputs = list(zip(branches[0].in_avals, flags))
    dims = [batch_axis(a) if flag else None for a, flag in inputs]
    avals = [batched_aval(a, size) if flag else a for a, flag in inputs]
    found: list[Flags] = []

    def staged(branch: Jaxpr, wanted: Flags | None) -> Jaxpr:
        def run(*tracers: Any) -> list[Any]:
            call = lambda *args: evaluate(branch, args)
            outs, out_dims = batched(call, tracers, dims, size, name)
            found.append(present(out_dims))
            flags = wanted or found[-1]
            return [
                mapped_as(z, d, size, a) if flag else z
                for z, d, a, flag in zip(outs, out_dims, branch.out_avals, flags)
            ]

        return stage(run, avals, name)

    for branch in branches:
        staged(branch, None)
    outs_map = tuple(map(any, zip(*found)))
    return tuple(optimize(staged(branch, outs_map)) for branch in branches), outs_map


def _select(index, operands, dims, size, branches):
    avals = branches[0].out_avals
    axes = list(map(batch_axis, avals))
    results = []
    for branch in branches:
        run = lambda *args, branch=branch: evaluate(branch, args)
        outs, out_dims = batched(run, operands, dims, size, "cond")
        results.append(
            [mapped_as(z, d, size, a) for z, d, a in zip(outs, out_dims, avals)]
        )
    chosen = results[0]
    lacking = _lacking(branches[0])
    for i, later in enumerate(results[1:], 1):
        takes = index if index.dtype.kind == "b" else index >= i
        lacks = _lacking(branches[i])
        chosen = [
            z if no_y else y if no_z
            else selected(takes, z, y, axis=axis) if axis
            else where(like(takes, z), z, y)
            for y, z, axis, no_y, no_z in zip(chosen, later, axes, lacking, lacks)
        ]  # fmt: skip
        lacking = [a and b for a, b in zip(lacking, lacks)]
    return chosen, axes


def _lacking(branch):
    """Say which outputs of a branch are slots of another one.

    Elements that do not take the other branch have a residual all the same: zero in
    its place might be divided by.
    """
    made = {v: eqn.prim for eqn in branch.eqns for v in eqn.outs}
    return [type(a) is Var and made.get(a) is absent for a in branch.outs]


cond_p = Primitive(
    "cond",
    impl=_impl,
    abstract=lambda *avals, branches, name: list(branches[0].out_avals),
    batch=_batch,
    multi=True,
    forward=_forward,
    dual=_dual,
    lower=lambda *, branches, name: _lowered(branches, name),
)
