"""Calls: primitives that apply a jaxpr to arguments, as jit leaves one in a program."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..core import (
    Aval,
    Eqn,
    Jaxpr,
    KnownTrace,
    Primitive,
    StagedTrace,
    Tracer,
    check_program,
    evaluate,
)
from ..ops.basic import expand, zeros
from ..settings import config
from ..transforms.axis_names import Axis
from ..transforms.jvp import push
from ..transforms.pull import follows, place_of, pull
from ..transforms.staging import stage
from ..transforms.vmap import batched
from .halves import Halves, Saves, divide
from .keeping import Iterated
from .passes import optimize
from .runtime import compiled


def derived(jaxpr: Jaxpr, key: Any, make: Callable[[], Any]) -> Any:
    """Return what was derived from a jaxpr before, or derive it now."""
    found = jaxpr.cache.get(key)
    if found is None:
        found = jaxpr.cache[key] = make()
    return found


def _impl(*args: Any, jaxpr: Jaxpr, name: str, **how: Any) -> list[Any]:
    """Run a compiled program."""
    outs = list(compiled(jaxpr, name).function(*args))
    if config.touched and config.checks_values:
        check_program(jaxpr, args, outs, name)
    return outs


# -- reverse mode: one joint program, split into forward and backward --------------


def split(
    jaxpr: Jaxpr,
    needed: tuple[bool, ...],
    name: str,
    saves: Saves | None = None,
    loop: Iterated | None = None,
) -> tuple[Halves, tuple[int, ...]]:
    """Trace outputs and cotangents together, and split by dependence on the latter.

    The second result says which of the arguments have a cotangent. An effect stays in
    one of the halves: the late one if it reads a cotangent.
    """
    program, reached = joint(jaxpr, needed, name)
    return divide(program, len(needed), len(jaxpr.outs), saves, loop), reached


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


# -- forward mode and vmap: derive a jaxpr once ------------------------------------


Pushed = tuple[Jaxpr, tuple[bool, ...]]


def push_together(jaxpr: Jaxpr, moving: tuple[bool, ...], name: str) -> Pushed:
    """Return a program over primals and tangents, and which outputs have a tangent."""
    present: list[bool] = []

    def pushed(*tracers: Any) -> list[Any]:
        given = iter(tracers[len(moving) :])
        ts = [next(given) if moves else None for moves in moving]
        outs, t_outs = _pushed(jaxpr, tracers[: len(moving)], ts, name)
        present.extend(t is not None for t in t_outs)
        return [*outs, *(t for t in t_outs if t is not None)]

    avals = [*jaxpr.in_avals, *_t_avals(jaxpr, moving)]
    return optimize(stage(pushed, avals, name)), tuple(present)


def push_apart(jaxpr: Jaxpr, moving: tuple[bool, ...], name: str) -> Pushed:
    """Return what `push_together` does; no equation gives both outputs and tangents."""
    present: list[bool] = []
    ended: list[Jaxpr] = []

    def early(*primals: Any) -> list[Any]:
        late = StagedTrace(name)  # younger than the primals, as for `linearize`
        given = iter(map(late.lift, _t_avals(jaxpr, moving)))
        ts = [next(given) if moves else None for moves in moving]
        outs, t_outs = _pushed(jaxpr, primals, ts, name)
        present.extend(t is not None for t in t_outs)
        ended.append(late.end([t for t in t_outs if t is not None]))
        return outs

    first = stage(early, jaxpr.in_avals, name)
    second = ended[0]
    read = lambda atoms: tuple(a.note if type(a) is Tracer else a for a in atoms)
    eqns = (e._replace(inputs=read(e.inputs)) for e in second.eqns)
    program = Jaxpr(
        (*first.invars, *second.invars),
        (*first.eqns, *eqns),
        (*first.outs, *read(second.outs)),
    )
    return optimize(program), tuple(present)


def _pushed(
    jaxpr: Jaxpr, primals: Any, ts: Any, name: str
) -> tuple[list[Any], list[Any]]:
    outs, t_outs, _ = push(lambda *xs: evaluate(jaxpr, xs), primals, ts, name)
    return outs, [None if t is None else expand(t, z) for t, z in zip(t_outs, outs)]


def _t_avals(jaxpr: Jaxpr, moving: tuple[bool, ...]) -> list[Aval]:
    avals = zip(jaxpr.in_avals, moving)
    return [a._replace(weak=False) for a, moves in avals if moves]


def _batch_jaxpr(
    jaxpr: Jaxpr, dims: tuple[int | None, ...], axis: Axis, name: str
) -> tuple[Jaxpr, list[int | None]]:
    found: list[int | None] = []

    def mapped(*tracers: Any) -> list[Any]:
        run = lambda *xs: evaluate(jaxpr, xs)
        outs, out_dims = batched(run, tracers, dims, axis, name)
        found.extend(out_dims)
        return outs

    avals = [_with_dim(a, d, axis.size) for a, d in zip(jaxpr.in_avals, dims)]
    return optimize(stage(mapped, avals, name)), found


def _with_dim(aval: Aval, dim: int | None, size: int) -> Aval:
    if dim is None:
        return aval
    return Aval((*aval.shape[:dim], size, *aval.shape[dim:]), aval.dtype)


# -- the primitives ----------------------------------------------------------------


def _anything(eqn: Eqn, **how: Any) -> bool:
    return True


class Calls:
    """The rules of a primitive that applies a jaxpr: what they derive, they call.

    ``saves(eqn, **how)`` says which results a backward pass may read, those that are
    cheapest to keep if there is no such function; ``late(**how)`` gives the primitive
    that applies the program of the backward pass. ``how`` are the
    params besides ``jaxpr`` and ``name``.
    """

    def __init__(
        self,
        prim_name: str,
        saves: Callable[..., bool] | None = None,
        late: Callable[..., Primitive] | None = None,
        inlined: bool = True,
    ) -> None:
        self.saves = saves
        self.late = late or (lambda **how: self.prim)
        self.prim = Primitive(
            prim_name,
            impl=_impl,
            abstract=lambda *avals, jaxpr, name, **how: list(jaxpr.out_avals),
            batch=self.batch,
            multi=True,
            forward=self.forward,
            dual=self.dual,
            body=(lambda *avals, jaxpr, **how: jaxpr) if inlined else None,
            lower=lambda *, jaxpr, name, **how: compiled(jaxpr, name).function,
        )

    def forward(
        self, needed: tuple[bool, ...], *args: Any, jaxpr: Jaxpr, name: str, **how: Any
    ) -> tuple[list[Any], Callable[..., Any]]:
        """Return the outputs, and the function that pulls cotangents back."""
        key = ("vjp", needed, *how.values())
        saves = None if self.saves is None else partial(self.saves, **how)
        halves, reached = derived(jaxpr, key, lambda: split(jaxpr, needed, name, saves))
        outs, residuals = self._run_early(halves, args, jaxpr, name, how)

        def pullback(cts: list[Any]) -> list[Any]:
            given = [
                zeros(a) if ct is None else ct
                for ct, a in zip(cts, jaxpr.out_avals)
                if a.dtype.kind in "fc"
            ]
            grads = self.late(**how)(
                *residuals, *given, jaxpr=halves.late, name=f"{name}_backward", **how
            )
            found: list[Any] = [None] * len(needed)
            for i, g in zip(reached, grads, strict=True):
                found[i] = g
            return found

        return outs, pullback

    def _run_early(
        self, halves: Halves, args: Any, jaxpr: Jaxpr, name: str, how: Any
    ) -> tuple[list[Any], list[Any]]:
        """Run the early half; return its outputs and what the late half reads."""
        results = self.prim(*args, jaxpr=halves.early, name=name, **how)
        values = [*args, *results]
        return results[: len(jaxpr.outs)], [values[i] for i in halves.reads]

    def dual(
        self, primals: Any, tangents: Any, *, jaxpr: Jaxpr, name: str, **how: Any
    ) -> tuple[list[Any], list[Any]]:
        """Return the outputs and their tangents."""
        moving = tuple(t is not None for t in tangents)
        given = [expand(t, x) for t, x in zip(tangents, primals) if t is not None]
        apart = are_apart(primals, given)
        pushed, present = derived(
            jaxpr,
            ("jvp", moving, apart),
            lambda: (push_apart if apart else push_together)(jaxpr, moving, name),
        )
        count = len(jaxpr.outs)
        named: dict[str, Any] = {"name": f"{name}_jvp", **how}
        if apart:
            # Tangents may be pushed many times: nothing is computed again unasked.
            saves = partial(self.saves or _anything, **how)
            key = ("linearize", *how.values())
            halves = derived(
                pushed, key, lambda: divide(pushed, len(primals), count, saves)
            )
            outs, residuals = self._run_early(halves, primals, jaxpr, name, how)
            late = self.late(**how)
            ts = iter(late(*residuals, *given, jaxpr=halves.late, **named))
        else:
            results = self.prim(*primals, *given, jaxpr=pushed, **named)
            outs, ts = results[:count], iter(results[count:])
        return outs, [next(ts) if there else None for there in present]

    def batch(
        self, args: Any, dims: Any, axis: Axis, *, jaxpr: Jaxpr, name: str, **how: Any
    ) -> tuple[list[Any], list[int | None]]:
        """Return the outputs for whole batches, and their dims."""
        key = ("vmap", tuple(dims), axis)
        mapped, out_dims = derived(
            jaxpr, key, lambda: _batch_jaxpr(jaxpr, tuple(dims), axis, name)
        )
        return self.prim(*args, jaxpr=mapped, name=name, **how), out_dims


def are_apart(primals: Any, tangents: Any) -> bool:
    """Say whether tangents belong to a program that does not know the primals.

    Then outputs have to be computed apart from their tangents, as for `linearize`.
    """
    return _level(tangents) > _level(primals)


def _level(values: Any) -> int:
    """Return the level of the youngest staged trace among values."""
    owners = [x.owner for x in values if type(x) is Tracer]
    staged = (owner for owner in owners if isinstance(owner, StagedTrace))
    return max((owner.level for owner in staged), default=-1)


call = Calls("jit").prim
