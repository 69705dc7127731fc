"""Jaxprs derived from a jaxpr: its cotangents, its transpose, its tangents, batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..compiler.call import derived, joint
from ..compiler.passes import drop_dead, optimize
from ..core import Aval, Jaxpr, Var, evaluate, where
from ..ops.basic import expand, mapped, to_front, zeros
from ..transforms.axis_names import Axis
from ..transforms.jvp import push
from ..transforms.staging import stage
from ..transforms.vmap import batched
from .halves import Flags, kept, present, spread, strong
from .stacks import zero_of


class Pulled(NamedTuple):
    """What takes arguments and cotangents of outputs to cotangents of arguments."""

    jaxpr: Jaxpr
    reached: tuple[int, ...]  # the arguments that have a cotangent


def pulled(jaxpr: Jaxpr, needed: Flags, name: str) -> Pulled:
    """Return the pullback of a jaxpr to the needed arguments."""

    def make() -> Pulled:
        program, reached = joint(jaxpr, needed, name)
        grads = program.outs[len(jaxpr.outs) :]
        return Pulled(drop_dead(program.replace(outs=grads)), reached)

    return derived(jaxpr, ("pulled", needed), make)


class NotLinear(TypeError):
    """A function that has to be linear is not."""


def transposed(jaxpr: Jaxpr, n_fixed: int, name: str) -> Jaxpr:
    """Return the transpose of a jaxpr that is linear in all but its first arguments.

    It takes the fixed arguments and a cotangent for each output.
    """
    n = len(jaxpr.invars)
    needed = tuple(i >= n_fixed for i in range(n))
    program, reached = pulled(jaxpr, needed, name)
    fixed, variables = program.invars[:n_fixed], set(program.invars[n_fixed:n])
    for eqn in program.eqns:
        if any(type(a) is Var and a in variables for a in eqn.inputs):
            raise NotLinear(f'"{eqn.prim.name}" at {where(eqn.source)}')
    found = dict(zip(reached, program.outs))
    avals = strong(jaxpr.in_avals)
    outs = [found.get(i, zero_of(avals[i], None)) for i in range(n_fixed, n)]
    return Jaxpr((*fixed, *program.invars[n:]), program.eqns, tuple(outs))


def tangents_of(jaxpr: Jaxpr, moves: Flags, name: str) -> tuple[Jaxpr, Flags]:
    """Return what takes primals and tangents to tangents, and the outputs that move."""
    avals = jaxpr.in_avals
    found: list[Flags] = []

    def run(*tracers: Any) -> list[Any]:
        primals, ts = tracers[: len(avals)], spread(tracers[len(avals) :], moves)
        outs, t_outs, _ = push(lambda *xs: evaluate(jaxpr, xs), primals, ts, name)
        found.append(present(t_outs))
        return [expand(t, z) for t, z in zip(t_outs, outs) if t is not None]

    def make() -> tuple[Jaxpr, Flags]:
        staged = stage(run, [*avals, *strong(kept(avals, moves))], name)
        return optimize(staged), found[0]

    return derived(jaxpr, ("tangents", moves), make)


def batch_of(jaxpr: Jaxpr, flags: Flags, axis: Axis, name: str) -> Jaxpr:
    """Return a jaxpr over batches in front; all outputs have the batch axis."""
    avals = [
        Aval((axis.size, *a.shape), a.dtype) if flag else a
        for a, flag in zip(jaxpr.in_avals, flags, strict=True)
    ]
    dims = [0 if flag else None for flag in flags]

    def run(*tracers: Any) -> list[Any]:
        call = lambda *args: evaluate(jaxpr, args)
        outs, out_dims = batched(call, tracers, dims, axis, name)
        return [mapped(z, d, axis.size) for z, d in zip(outs, out_dims)]

    def make() -> Jaxpr:
        return optimize(stage(run, avals, name))

    return derived(jaxpr, ("batch", flags, axis), make)


def fronts(args: Sequence[Any], dims: Sequence[int | None]) -> list[Any]:
    """Return batches with the batch axis in front."""
    return [x if d is None else to_front(x, d) for x, d in zip(args, dims)]


def first_outs(jaxpr: Jaxpr, n: int) -> Jaxpr:
    """Return a jaxpr that has the first ``n`` outputs only."""
    if len(jaxpr.outs) == n:
        return jaxpr
    make = lambda: drop_dead(jaxpr.replace(outs=jaxpr.outs[:n]))
    return derived(jaxpr, ("first", n), make)


def full(values: Sequence[Any], avals: Sequence[Aval]) -> list[Any]:
    """Return values with explicit zeros for None."""
    return [zeros(a) if v is None else v for v, a in zip(values, avals)]


def body_of(args: Sequence[Aval], jaxpr: Jaxpr, first: int, last: int) -> Jaxpr:
    """Return the jaxpr of ``args`` that gives ``jaxpr`` those from first, and the last.

    ``jaxpr`` takes the arguments from ``first`` on and the ``last`` ones at the end.
    """
    n = len(jaxpr.invars) - last
    invars = list(map(Var, args))
    invars[first : first + n] = jaxpr.invars[:n]
    if last:
        invars[-last:] = jaxpr.invars[n:]
    return jaxpr.replace(invars=tuple(invars))
