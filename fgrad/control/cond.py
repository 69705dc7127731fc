"""The primitive ``cond``: one of several jaxprs, chosen by an index.

The index is a boolean or an integer scalar, which is clamped to the branches there
are. All branches take the same operands and give outputs of the same avals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..compiler.call import are_apart, derived
from ..compiler.emit import Source, identifier
from ..compiler.passes import drop_dead, optimize
from ..compiler.runtime import compiled, load
from ..core import Aval, Eqn, Jaxpr, Primitive, Var, aval_of, evaluate
from ..ops.basic import expand, mapped, to_front
from ..ops.elementwise import where
from ..transforms.axis_names import Axis
from ..transforms.jvp import push
from ..transforms.staging import stage
from ..transforms.vmap import batched
from .halves import (
    Flags,
    Halved,
    backward_halves,
    kept,
    present,
    spread,
    strong,
    tangent_halves,
)
from .scalars import like
from .stacks import DYNAMIC, nothing, zero_of

Branches = tuple[Jaxpr, ...]


def _lowered(branches: Branches, name: str) -> Callable[..., Any]:
    """Return a function of the index and the operands; made at first use."""

    def make() -> Callable[..., Any]:
        labels = ("false", "true") if len(branches) == 2 else range(len(branches))
        functions = {
            f"{identifier(name)}_{label}": compiled(branch, f"{name}_{label}").function
            for label, branch in zip(labels, branches)
        }
        operands = [f"x{i}" for i in range(len(branches[0].invars))]
        calls = [f"{function}({', '.join(operands)})" for function in functions]
        if len(calls) == 2:
            chosen = f"{calls[1]} if index > 0 else {calls[0]}"
        else:
            at = f"min(max(index, 0), {len(calls) - 1})"
            chosen = f"({', '.join(functions)},)[{at}]({', '.join(operands)})"
        head = f"def {identifier(name)}({', '.join(['index', *operands])}):"
        lines = [head, f"return {chosen}"]
        return load(Source(identifier(name), lines, functions), None)

    return _made(branches, ("lowered", name), make)


def _made(branches: Branches, key: Any, make: Callable[[], Any]) -> Any:
    """Return what was derived from some branches before, or derive it now."""
    return derived(branches[0], ("cond", branches[1:], *key), make)


# -- derivatives in two halves -----------------------------------------------------


class Plan(NamedTuple):
    """How to go through the branches early and late."""

    halves: tuple[Halved, ...]
    early: Branches  # with slots as further outputs: branches share those of equal aval
    reads: tuple[int, ...]  # the operands, outputs and slots that are residuals
    order: tuple[tuple[int, ...], ...]  # by branch: which of those its residuals are


def _plan(halves: Sequence[Halved], n_outs: int) -> Plan:
    slots: list[Aval] = []
    places = [_places(half, n_outs, slots) for half in halves]
    first = len(halves[0].early.invars) + n_outs
    early = tuple(
        _with_slots(half, n_outs, slots, [i - first for i in own])
        for half, own in zip(halves, places)
    )
    reads = tuple(sorted({i for own in places for i in own}))
    order = tuple(tuple(map(reads.index, own)) for own in places)
    return Plan(tuple(halves), early, reads, order)


def _places(half: Halved, n_outs: int, slots: list[Aval]) -> tuple[int, ...]:
    """Say where each residual of a branch is: an operand, an output, or a slot."""
    known = [*half.early.invars, *half.early.outs[:n_outs]]
    place = {id(atom): i for i, atom in reversed([*enumerate(known)])}
    free = dict(enumerate(slots))
    places = []
    for var in half.residuals:
        at = place.get(id(var))
        if at is None:
            slot = next((i for i, a in free.items() if a == var.aval), len(slots))
            if slot == len(slots):
                slots.append(var.aval)
            free.pop(slot, None)
            at = len(known) + slot
        places.append(at)
    return tuple(places)


def _with_slots(
    half: Halved, n_outs: int, slots: Sequence[Aval], places: Sequence[int]
) -> Jaxpr:
    """Return a branch that gives all slots, zeros where it has no residual."""
    held = {i: var for i, var in zip(places, half.residuals) if i >= 0}
    eqns, outs = list(half.early.eqns), list(half.early.outs[:n_outs])
    for i, aval in enumerate(slots):
        if i not in held and DYNAMIC in aval.shape:
            held[i] = Var(aval)
            eqns.append(Eqn(nothing, (), {"aval": aval}, (held[i],), None))
        outs.append(held[i] if i in held else zero_of(aval, None))
    return drop_dead(half.early.replace(eqns=tuple(eqns), outs=tuple(outs)))


def _late_branches(
    plan: Plan, avals: Sequence[Aval], run: Callable[..., Any], name: str
) -> Branches:
    """Return the late branches, of what they read of the early ones, and ``avals``."""
    known = [*plan.early[0].in_avals, *plan.early[0].out_avals]
    inputs = [*(known[i] for i in plan.reads), *avals]
    n = len(plan.reads)

    def late(half: Halved, order: tuple[int, ...]) -> Jaxpr:
        def staged(*tracers: Any) -> list[Any]:
            return run(half, [tracers[i] for i in order], tracers[n:], tracers[0])

        return optimize(stage(staged, inputs, name))

    return tuple(map(late, plan.halves, plan.order))


def _residuals(plan: Plan, operands: Any, results: Any) -> list[Any]:
    known = [*operands, *results]
    return [known[i] for i in plan.reads]


def _union(plan: Plan) -> Flags:
    """Say for which arguments (or outputs) some branch has a late result."""
    return tuple(map(any, zip(*(half.gives for half in plan.halves))))


def _all(
    values: Sequence[Any], avals: Sequence[Aval], flags: Flags, anchor: Any
) -> Any:
    """Return the values that are wanted, zero where a branch gives none."""
    wanted = kept(list(zip(values, strong(avals))), flags)
    return [zero_of(a, anchor) if x is None else x for x, a in wanted]


def _forward(needed, index, *operands, branches, name):
    needed = needed[1:]
    n = len(branches[0].outs)

    def make() -> Plan:
        return _plan([backward_halves(b, needed, name) for b in branches], n)

    plan = _made(branches, ("vjp", needed), make)
    results = cond_p(index, *operands, branches=plan.early, name=name)
    residuals = _residuals(plan, operands, results)
    reached = _union(plan)
    in_avals, out_avals = branches[0].in_avals, strong(branches[0].out_avals)

    def pullback(cts):
        flags = present(cts)

        def pull(half, residuals, given, anchor):
            grads = half.pull(residuals, spread(given, flags), out_avals)
            return _all(grads, in_avals, reached, anchor)

        late_name = f"{name}_backward"
        late = _made(
            plan.early,
            ("pull", flags),
            lambda: _late_branches(plan, kept(out_avals, flags), pull, late_name),
        )
        given = kept(cts, flags)
        outs = cond_p(index, *residuals, *given, branches=late, name=late_name)
        return [None, *spread(outs, reached)]

    return results[:n], pullback


def _push_apart(index, operands, ts, moves, branches, name):
    """Run one branch for the outputs, and another one for the tangents."""
    n = len(branches[0].outs)
    avals = branches[0].in_avals

    def make() -> tuple[Plan, Branches]:
        plan = _plan([tangent_halves(b, moves, name) for b in branches], n)
        gives, outs = _union(plan), branches[0].out_avals

        def push(half, residuals, given, anchor):
            return _all(half.run_late(residuals, given), outs, gives, anchor)

        t_avals = kept(strong(avals), moves)
        return plan, _late_branches(plan, t_avals, push, f"{name}_tangents")

    plan, late = _made(branches, ("linear", moves), make)
    results = cond_p(index, *operands, branches=plan.early, name=name)
    residuals = _residuals(plan, operands, results)
    t_outs = cond_p(index, *residuals, *ts, branches=late, name=f"{name}_tangents")
    return results[:n], spread(t_outs, _union(plan))


# -- forward mode and vmap ---------------------------------------------------------


def _dual(primals, tangents, *, branches, name):
    index, *operands = primals
    ts = [None if t is None else expand(t, x) for t, x in zip(tangents[1:], operands)]
    moves = present(ts)
    ts = kept(ts, moves)
    if are_apart(primals, ts):
        return _push_apart(index, operands, ts, moves, branches, name)
    pushed, outs_move = _made(
        branches, ("jvp", moves), lambda: _pushed(branches, moves, name)
    )
    outs = cond_p(index, *operands, *ts, branches=pushed, name=f"{name}_jvp")
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


def _batch(args, dims, axis, *, branches, name):
    (index, *operands), (dim, *d_operands) = args, dims
    if dim is not None:  # every branch runs, and each element takes its own
        return _select(index, operands, d_operands, axis, branches)
    fronts = [x if d is None else to_front(x, d) for x, d in zip(operands, d_operands)]
    flags = present(d_operands)
    mapped_branches, outs_map = _made(
        branches, ("vmap", flags, axis), lambda: _mapped(branches, flags, axis, name)
    )
    outs = cond_p(index, *fronts, branches=mapped_branches, name=name)
    return outs, [0 if is_mapped else None for is_mapped in outs_map]


def _mapped(branches: Branches, flags: Flags, axis: Axis, name: str) -> Any:
    """Return the branches over batches, and which outputs are mapped."""
    dims = [0 if flag else None for flag in flags]
    avals = [
        Aval((axis.size, *a.shape), a.dtype) if flag else a
        for a, flag in zip(branches[0].in_avals, flags)
    ]
    found: list[Flags] = []

    def staged(branch: Jaxpr, wanted: Flags | None) -> Jaxpr:
        def run(*tracers: Any) -> list[Any]:
            call = lambda *args: evaluate(branch, args)
            outs, out_dims = batched(call, tracers, dims, axis, name)
            found.append(present(out_dims))
            return [
                mapped(z, d, axis.size) if flag else z
                for z, d, flag in zip(outs, out_dims, wanted or found[-1])
            ]

        return stage(run, avals, name)

    for branch in branches:
        staged(branch, None)
    outs_map = tuple(map(any, zip(*found)))
    return tuple(optimize(staged(branch, outs_map)) for branch in branches), outs_map


def _select(index, operands, dims, axis, branches):
    results = []
    for branch in branches:
        run = lambda *args, branch=branch: evaluate(branch, args)
        outs, out_dims = batched(run, operands, dims, axis, "cond")
        results.append([mapped(z, d, axis.size) for z, d in zip(outs, out_dims)])
    chosen = results[0]
    for i, later in enumerate(results[1:], 1):
        takes = index if index.dtype.kind == "b" else index >= i
        chosen = [where(like(takes, b), b, a) for a, b in zip(chosen, later)]
    return chosen, [0] * len(chosen)


cond_p = Primitive(
    "cond",
    impl=lambda *args, branches, name: list(_lowered(branches, name)(*args)),
    abstract=lambda *avals, branches, name: list(branches[0].out_avals),
    batch=_batch,
    multi=True,
    forward=_forward,
    dual=_dual,
    lower=_lowered,
)
