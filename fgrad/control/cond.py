"""The primitive ``cond``: one of several jaxprs, chosen by an index.

The index is a boolean or an integer scalar, which is clamped to the branches there
are. All branches take the same operands and give outputs of the same avals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..compiler.call import are_apart, derived, push_together
from ..compiler.passes import drop_dead, optimize
from ..core import Aval, Eqn, Jaxpr, Primitive, Var, check_program, evaluate
from ..ops.basic import expand, moved
from ..ops.elementwise import where
from ..settings import config
from ..transforms.axis_names import Axis
from ..transforms.staging import stage
from ..transforms.vmap import batched
from .callback import refuse_io
from .cond_emit import Branches, in_order, lowered, write
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
from .linear import mapped_jaxpr
from .scalars import like
from .stacks import (
    absent,
    batch_axis,
    mapped_as,
    selected,
    zero_of,
)


def _lowered(branches: Branches, name: str) -> Callable[..., Any]:
    """Return a function of the index and the operands."""
    return lowered(cond_p, branches, name)


def _made(branches: Branches, key: Any, make: Callable[[], Any]) -> Any:
    """Return what was derived from some branches before, or derive it now."""
    return derived(branches[0], ("cond", branches[1:], *key), make)


def _runs(index, *operands, branches, name):
    """Yield the branch that is taken, with its operands."""
    i = min(max(int(index), 0), len(branches) - 1)
    yield branches[i], operands, f"branch {i} of {name}"


def _impl(index, *operands, branches, name):
    """Run one branch as a program of its own."""
    outs = list(_lowered(branches, name)(index, *operands))
    if config.touched and config.checks_values:
        (jaxpr, args, label), *_ = _runs(index, *operands, branches=branches, name=name)
        check_program(jaxpr, args, outs, label)
    return outs


# -- derivatives in two halves -----------------------------------------------------


class Plan(NamedTuple):
    """How to go through the branches early and late."""

    halves: tuple[Halved, ...]
    early: Branches  # with a slot as a further output for each residual of a branch
    reads: tuple[int, ...]  # the operands, outputs and slots that are residuals
    order: tuple[tuple[int, ...], ...]  # by branch: which of those its residuals are


def _plan(halves: Sequence[Halved], n_outs: int) -> Plan:
    slots: list[Var] = []
    places = [_places(half, n_outs, slots) for half in halves]
    reads = tuple(sorted({i for own in places for i in own}))
    return Plan(
        tuple(halves),
        tuple(_with_slots(half.early, n_outs, slots) for half in halves),
        reads,
        tuple(tuple(map(reads.index, own)) for own in places),
    )


def _places(half: Halved, n_outs: int, slots: list[Var]) -> list[int]:
    """Say where each residual of a branch is: an operand, an output, or a slot.

    Branches share no slots: where every branch runs for its elements, each needs its
    own residuals for all of them.
    """
    known = [*half.early.invars, *half.early.outs[:n_outs]]
    place = {id(atom): i for i, atom in reversed([*enumerate(known)])}
    places = []
    for var in half.residuals:
        if id(var) not in place:
            place[id(var)] = len(known) + len(slots)
            slots.append(var)
        places.append(place[id(var)])
    return places


def _with_slots(early: Jaxpr, n_outs: int, slots: Sequence[Var]) -> Jaxpr:
    """Return a branch that gives all slots, also those of other branches."""
    own = {v for eqn in early.eqns for v in eqn.outs}
    eqns, outs = list(early.eqns), list(early.outs[:n_outs])
    for var in slots:
        out = var if var in own else Var(var.aval)
        if out is not var:
            aval = {"aval": var.aval}
            eqns.append(Eqn(absent, early.invars, aval, (out,), None))
        outs.append(out)
    return drop_dead(early.replace(eqns=tuple(eqns), outs=tuple(outs)))


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
    pushed = [push_together(branch, moves, name) for branch in branches]
    moving = tuple(map(any, zip(*(flags for _, flags in pushed))))
    avals = branches[0].out_avals

    def completed(jaxpr: Jaxpr, flags: Flags) -> Jaxpr:
        def run(*tracers: Any) -> list[Any]:
            outs = evaluate(jaxpr, tracers)
            ts = spread(outs[len(avals) :], flags)
            return [*outs[: len(avals)], *_all(ts, avals, moving, tracers[0])]

        return optimize(stage(run, jaxpr.in_avals, name))

    return tuple(completed(*each) for each in pushed), moving


def _batch(args, dims, axis, *, branches, name):
    (index, *operands), (dim, *d_operands) = args, dims
    if dim is not None:  # every branch runs, and each element takes its own
        return _select(index, operands, d_operands, axis, branches)
    places = map(batch_axis, branches[0].in_avals)
    placed = [moved(*each) for each in zip(operands, d_operands, places)]
    flags = present(d_operands)
    mapped_branches, outs_map = _made(
        branches, ("vmap", flags, axis), lambda: _mapped(branches, flags, axis, name)
    )
    outs = cond_p(index, *placed, branches=mapped_branches, name=name)
    places = map(batch_axis, branches[0].out_avals)
    return outs, [a if is_mapped else None for a, is_mapped in zip(places, outs_map)]


def _mapped(branches: Branches, flags: Flags, axis: Axis, name: str) -> Any:
    """Return the branches over batches, and which outputs are mapped."""
    found = [mapped_jaxpr(b, flags, (), axis, name)[1] for b in branches]
    outs_map = tuple(map(any, zip(*found)))
    staged = (mapped_jaxpr(b, flags, outs_map, axis, name)[0] for b in branches)
    return tuple(map(optimize, staged)), outs_map


def _select(index, operands, dims, axis, branches):
    """Run all branches, and let each element take its own."""
    refuse_io(branches, "a branch")
    avals = branches[0].out_avals
    chosen = lacking = None
    for i, branch in enumerate(branches):
        run = lambda *args, branch=branch: evaluate(branch, args)
        outs, out_dims = batched(run, operands, dims, axis, "cond")
        new = [mapped_as(*z, axis.size, a) for *z, a in zip(outs, out_dims, avals)]
        lacks = _lacking(branch)
        if chosen is None:
            chosen, lacking = new, lacks
            continue
        takes = index if index.dtype.kind == "b" else index >= i
        rows = zip(new, chosen, map(batch_axis, avals), lacks, lacking)
        chosen = [_chosen(takes, *row) for row in rows]
        lacking = [a and b for a, b in zip(lacking, lacks)]
    return chosen, list(map(batch_axis, avals))


def _chosen(takes, new, old, place, no_new, no_old):
    if no_new or no_old:
        return old if no_new else new
    if place:
        return selected(takes, new, old, axis=place)
    return where(like(takes, new), new, old)


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
    lower=_lowered,
    in_order=in_order,
    write=write,
    runs=_runs,
)
