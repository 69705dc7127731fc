"""What memory a program holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core import Aval, Jaxpr, Var
from .cost import nbytes
from .plan import Plan


@dataclass(frozen=True)
class MemoryStats:
    """What arrays a program holds, in bytes."""

    argument_size_in_bytes: int
    output_size_in_bytes: int
    alias_size_in_bytes: int
    """Outputs that take the place of donated arguments."""
    temp_size_in_bytes: int
    """An upper bound: the buffers, and all intermediate arrays without one."""
    generated_code_size_in_bytes: int
    """The source and the constants."""


def memory_of(
    jaxpr: Jaxpr, aliased: list[Aval], source: Any, plan: Plan | None = None
) -> MemoryStats:
    """Return the bytes of arguments, outputs, intermediates and constants."""
    outs = {a for a in jaxpr.outs if type(a) is Var}
    made = [v for e in jaxpr.eqns if not e.prim.view for v in e.outs if v not in outs]
    temporary = sum(nbytes(v.aval) for v in made)
    if plan is not None:
        rest = (nbytes(v.aval) for v in made if v not in plan.placed)
        temporary = sum(rest) + plan.nbytes
    constants = [getattr(value, "nbytes", 0) for value in source.namespace.values()]
    return MemoryStats(
        argument_size_in_bytes=sum(map(nbytes, jaxpr.in_avals)),
        output_size_in_bytes=sum(map(nbytes, jaxpr.out_avals)),
        alias_size_in_bytes=sum(map(nbytes, aliased)),
        temp_size_in_bytes=temporary,
        generated_code_size_in_bytes=len(source.raw) + sum(constants),
    )
