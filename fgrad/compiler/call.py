"""The call primitive: a jaxpr applied to arguments, as jit leaves it in a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..core import (
    Aval,
    Eqn,
    Jaxpr,
    KnownTrace,
    Primitive,
    Var,
    atom_aval,
    evaluate,
)
from ..ops.basic import expand, zeros
from ..transforms.jvp import push
from ..transforms.pull import follows, place_of, pull
from ..transforms.staging import stage
from ..transforms.vmap import batched
from .passes import drop_dead, optimize
from .runtime import compiled


def derived(jaxpr: Jaxpr, key: Any, make: Callable[[], Any]) -> Any:
    """Return what was derived from a jaxpr before, or derive it now."""
    found = jaxpr.cache.get(key)
    if found is None:
        found = jaxpr.cache[key] = make()
    return found


def _impl(*args: Any, jaxpr: Jaxpr, name: str) -> list[Any]:
    return list(compiled(jaxpr, name).function(*args))


# -- reverse mode: one joint program, split into forward and backward --------------


class Split(NamedTuple):
    """The two halves of a function's joint program."""

    forward: Jaxpr  # args -> outs and residuals
    backward: Jaxpr  # residuals and cotangents -> cotangents of needed args
    reached: tuple[int, ...]  # the args that have a cotangent


def split(jaxpr: Jaxpr, needed: tuple[bool, ...], name: str) -> Split:
    """Trace outputs and cotangents together, and split by dependence on the latter."""
    program, reached = joint(jaxpr, needed, name)
    return Split(*_divide(program, len(needed), len(jaxpr.outs)), reached)


def joint(
    jaxpr: Jaxpr, needed: tuple[bool, ...], name: str
) -> tuple[Jaxpr, tuple[int, ...]]:
    """Return a program of outputs and cotangents, and the args that have cotangents.

    It takes the args, then the cotangents of the outputs that are floats.
    """
    reached: list[int] = []
    ct_avals = [a._replace(weak=False) for a in jaxpr.out_avals if a.dtype.kind in "fc"]

    def run(*tracers: Any) -> list[Any]:
        args, cts = tracers[: len(needed)], tracers[len(needed) :]
        outs, grads = _outs_and_grads(jaxpr, needed, args, cts, name)
        reached.extend(i for i, g in enumerate(grads) if g is not None)
        return [*outs, *(g for g in grads if g is not None)]

    program = optimize(stage(run, [*jaxpr.in_avals, *ct_avals], name))
    return program, tuple(reached)


def _outs_and_grads(
    jaxpr: Jaxpr, needed: Any, args: Any, cts: Any, name: str
) -> tuple[list[Any], list[Any]]:
    trace = KnownTrace(name)
    lifted = [
        trace.lift(x) if need and a.dtype.kind in "fc" else x
        for x, need, a in zip(args, needed, jaxpr.in_avals)
    ]
    outs = evaluate(jaxpr, lifted)
    trace.end()
    given = iter(cts)
    seeds = [next(given) if a.dtype.kind in "fc" else None for a in jaxpr.out_avals]
    places = [place_of(out, trace) for out in outs]
    inputs = [place_of(x, trace) for x in lifted]
    found = pull(trace.entries, places, seeds, inputs)
    grads = [
        None if ct is None else expand(ct, aval)
        for ct, aval in zip(found, jaxpr.in_avals)
    ]
    return [o.value if follows(o, trace) else o for o in outs], grads


def _divide(program: Jaxpr, n_args: int, n_outs: int) -> tuple[Jaxpr, Jaxpr]:
    late = set(program.invars[n_args:])  # what depends on a cotangent
    first: list[Eqn] = []
    second: list[Eqn] = []
    for eqn in program.eqns:
        if any(a in late for a in eqn.inputs if type(a) is Var):
            late.update(eqn.outs)
            second.append(eqn)
        else:
            first.append(eqn)
    outs, grads = program.outs[:n_outs], program.outs[n_outs:]
    read = [a for e in second for a in e.inputs] + list(grads)
    residuals = [a for a in dict.fromkeys(_vars(read)) if a not in late]
    forward = Jaxpr(program.invars[:n_args], tuple(first), (*outs, *residuals))
    backward = Jaxpr((*residuals, *program.invars[n_args:]), tuple(second), grads)
    return drop_dead(forward), backward


def _vars(atoms: Any) -> list[Var]:
    return [a for a in atoms if type(a) is Var]


def _forward(
    needed: tuple[bool, ...], *args: Any, jaxpr: Jaxpr, name: str
) -> tuple[list[Any], Callable[..., Any]]:
    halves = derived(jaxpr, ("vjp", needed), lambda: split(jaxpr, needed, name))
    results = call(*args, jaxpr=halves.forward, name=name)
    count = len(jaxpr.outs)
    outs, residuals = results[:count], results[count:]

    def pullback(cts: list[Any]) -> list[Any]:
        given = [
            zeros(a) if ct is None else ct
            for ct, a in zip(cts, jaxpr.out_avals)
            if a.dtype.kind in "fc"
        ]
        grads = call(*residuals, *given, jaxpr=halves.backward, name=f"{name}_backward")
        found: list[Any] = [None] * len(needed)
        for i, g in zip(halves.reached, grads, strict=True):
            found[i] = g
        return found

    return outs, pullback


# -- forward mode and vmap: derive a jaxpr once, call it ---------------------------


def _dual(
    primals: Any, tangents: Any, *, jaxpr: Jaxpr, name: str
) -> tuple[list[Any], list[Any]]:
    moving = tuple(t is not None for t in tangents)
    pushed, present = derived(
        jaxpr, ("jvp", moving), lambda: _push_jaxpr(jaxpr, moving, name)
    )
    given = [expand(t, x) for t, x in zip(tangents, primals) if t is not None]
    results = call(*primals, *given, jaxpr=pushed, name=f"{name}_jvp")
    count = len(jaxpr.outs)
    ts = iter(results[count:])
    return results[:count], [next(ts) if there else None for there in present]


def _push_jaxpr(
    jaxpr: Jaxpr, moving: tuple[bool, ...], name: str
) -> tuple[Jaxpr, list[bool]]:
    present: list[bool] = []
    t_avals = [
        a._replace(weak=False) for a, moves in zip(jaxpr.in_avals, moving) if moves
    ]

    def pushed(*tracers: Any) -> list[Any]:
        given = iter(tracers[len(moving) :])
        ts = [next(given) if moves else None for moves in moving]
        run = lambda *xs: evaluate(jaxpr, xs)
        outs, t_outs, _ = push(run, tracers[: len(moving)], ts, name)
        present.extend(t is not None for t in t_outs)
        full = [expand(t, z) for t, z in zip(t_outs, outs) if t is not None]
        return [*outs, *full]

    return optimize(stage(pushed, [*jaxpr.in_avals, *t_avals], name)), present


def _batch(
    args: Any, dims: Any, size: int, *, jaxpr: Jaxpr, name: str
) -> tuple[list[Any], list[int | None]]:
    key = ("vmap", tuple(dims), size)
    mapped, out_dims = derived(
        jaxpr, key, lambda: _batch_jaxpr(jaxpr, tuple(dims), size, name)
    )
    return call(*args, jaxpr=mapped, name=name), out_dims


def _batch_jaxpr(
    jaxpr: Jaxpr, dims: tuple[int | None, ...], size: int, name: str
) -> tuple[Jaxpr, list[int | None]]:
    found: list[int | None] = []

    def mapped(*tracers: Any) -> list[Any]:
        run = lambda *xs: evaluate(jaxpr, xs)
        outs, out_dims = batched(run, tracers, dims, size, name)
        found.extend(out_dims)
        return outs

    avals = [_with_dim(a, d, size) for a, d in zip(jaxpr.in_avals, dims)]
    return optimize(stage(mapped, avals, name)), found


def _with_dim(aval: Aval, dim: int | None, size: int) -> Aval:
    if dim is None:
        return aval
    return Aval((*aval.shape[:dim], size, *aval.shape[dim:]), aval.dtype)


call = Primitive(
    "jit",
    impl=_impl,
    abstract=lambda *avals, jaxpr, name: [atom_aval(out) for out in jaxpr.outs],
    batch=_batch,
    multi=True,
    forward=_forward,
    dual=_dual,
    body=lambda *avals, jaxpr, name: jaxpr,
)
