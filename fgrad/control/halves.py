"""What the rules of loops and branches share: flags per argument, and two halves.

A derivative is computed in two halves: an early one, which gives the outputs and what
else is to be kept, and a late one, which reads that and cotangents (or tangents).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..compiler.call import push_apart, split
from ..compiler.halves import Halves, divide
from ..compiler.keeping import Iterated
from ..core import Aval, Jaxpr, Var, aval_of, evaluate
from .scalars import weaken
from .stacks import zero_of

Flags = tuple[bool, ...]


def present(values: Sequence[Any]) -> Flags:
    """Say which values there are: a tangent or a cotangent of None is zero."""
    return tuple(v is not None for v in values)


def kept(values: Sequence[Any], flags: Sequence[bool]) -> list[Any]:
    """Return the values whose flag is set."""
    return [v for v, flag in zip(values, flags, strict=True) if flag]


def spread(values: Sequence[Any], flags: Sequence[bool]) -> list[Any]:
    """Undo `kept`: None where the flag is not set."""
    given = iter(values)
    return [next(given) if flag else None for flag in flags]


def strong(avals: Sequence[Aval]) -> list[Aval]:
    """Return the avals of arrays, also where there are Python numbers."""
    return [a._replace(weak=False) for a in avals]


class Halved(NamedTuple):
    """A derivative in two halves."""

    early: Jaxpr  # arguments -> outputs, and residuals that are neither
    late: Jaxpr  # residuals, late inputs -> late outputs
    residuals: tuple[Var, ...]  # variables of the early half
    gives: Flags  # the arguments (or outputs) for which the late half has a result

    def run_late(self, residuals: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
        """Run the late half; the result is None where it gives nothing (zero)."""
        given = [
            weaken(r) if var.aval.weak and not aval_of(r).weak else r
            for r, var in zip(residuals, self.residuals, strict=True)
        ]
        return spread(evaluate(self.late, [*given, *inputs]), self.gives)

    def pull(
        self, residuals: Sequence[Any], cts: Sequence[Any], ct_avals: Sequence[Aval]
    ) -> list[Any]:
        """Return the cotangents of the arguments; None is zero, also in ``cts``."""
        anchor = next(x for x in (*cts, *residuals) if x is not None)
        seeds = [
            zero_of(aval, anchor) if ct is None else ct
            for ct, aval in zip(cts, ct_avals, strict=True)
            if aval.dtype.kind in "fc"
        ]
        return self.run_late(residuals, seeds)


def backward_halves(
    jaxpr: Jaxpr, needed: Flags, name: str, loop: Iterated | None = None
) -> Halved:
    """Return outputs first, and the cotangents of needed arguments later."""
    halves, reached = split(jaxpr, needed, name, loop=loop)
    return _halved(halves, tuple(i in reached for i in range(len(needed))))


def tangent_halves(
    jaxpr: Jaxpr, moving: Flags, name: str, loop: Iterated | None = None
) -> Halved:
    """Return outputs first, and their tangents later."""
    pushed, outs_move = push_apart(jaxpr, moving, name)
    n_in, n_out = len(jaxpr.invars), len(jaxpr.outs)
    return _halved(divide(pushed, n_in, n_out, loop=loop), outs_move)


def _halved(halves: Halves, gives: Flags) -> Halved:
    early, late, reads = halves
    atoms = (*early.invars, *early.outs)
    return Halved(early, late, tuple(atoms[i] for i in reads), gives)
