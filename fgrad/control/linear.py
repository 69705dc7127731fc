"""Jaxprs derived from a jaxpr: its cotangents, its transpose, its tangents, batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..compiler.call import derived, joint, push_together
from ..compiler.passes import drop_dead, optimize
from ..core import Aval, Jaxpr, Var, evaluate, where
from ..ops.basic import to_front, zeros
from ..transforms.axis_names import Axis
from ..transforms.staging import stage
from ..transforms.vmap import batched
from .halves import Flags, present, strong
from .stacks import batch_axis, batched_aval, mapped_as, zero_of


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

    def make() -> tuple[Jaxpr, Flags]:
        program, outs_move = push_together(jaxpr, moves, name)
        ts = program.outs[len(jaxpr.outs) :]
        return drop_dead(program.replace(outs=ts)), outs_move

    return derived(jaxpr, ("tangents", moves), make)


def mapped_jaxpr(
    jaxpr: Jaxpr, flags: Flags, wanted: Flags, axis: Axis, name: str
) -> tuple[Jaxpr, Flags]:
    """Return a jaxpr over batches, which maps ``wanted`` outputs, and what it maps.

    Without ``wanted`` it maps the outputs that depend on a mapped input.
    """
    inputs = list(zip(jaxpr.in_avals, flags, strict=True))
    dims = [batch_axis(a) if flag else None for a, flag in inputs]
    avals = [batched_aval(a, axis.size) if flag else a for a, flag in inputs]
    found: list[bool] = []

    def run(*tracers: Any) -> list[Any]:
        call = lambda *args: evaluate(jaxpr, args)
        outs, out_dims = batched(call, tracers, dims, axis, name)
        found.extend(present(out_dims))
        return [
            mapped_as(z, d, axis.size, a) if flag else z
            for z, d, a, flag in zip(outs, out_dims, jaxpr.out_avals, wanted or found)
        ]

    return stage(run, avals, name), tuple(found)


def batch_of(jaxpr: Jaxpr, flags: Flags, axis: Axis, name: str) -> Jaxpr:
    """Return a jaxpr over batches; all outputs have the batch axis."""
    every = (True,) * len(jaxpr.outs)
    make = lambda: optimize(mapped_jaxpr(jaxpr, flags, every, axis, name)[0])
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
