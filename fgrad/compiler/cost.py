"""What a program costs, counted from its equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from ..core import Aval, Eqn, Jaxpr, Var, atom_aval

_TRANSCENDENTAL = frozenset(
    "arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt cos cosh exp exp2 expm1 "
    "float_power hypot log log10 log1p log2 logaddexp logaddexp2 pow sin sinc sinh "
    "tan tanh".split()
)
_REDUCTIONS = frozenset("sum prod max min all any argmax argmin cumsum cumprod".split())


def _matrix(power: Callable[..., float]) -> Callable[..., float]:
    """Return the flops of an operation on a stack of n by n matrices."""
    return lambda x, *rest, **_: prod(x.shape[:-2]) * power(x.shape[-1], *rest)


def _columns(x: Aval) -> int:
    return x.shape[-1] if x.ndim > 1 else 1


_LINEAR_ALGEBRA = {
    "cholesky": _matrix(lambda n: n**3 / 3),
    "det": _matrix(lambda n: 2 * n**3 / 3),
    "slogdet": _matrix(lambda n: 2 * n**3 / 3),
    "inv": _matrix(lambda n: 2 * n**3),
    "solve": _matrix(lambda n, b: 2 * n**3 / 3 + 2 * n**2 * _columns(b)),
    "triangular_solve": _matrix(lambda n, b: n**2 * _columns(b)),
}


def cost_of(jaxpr: Jaxpr) -> dict[str, float]:
    """Return flops, transcendentals and bytes accessed, as sums over equations.

    An element of an elementwise operation or of what is reduced counts one flop, or
    one transcendental; a product of matrices two flops per multiplication; a loop as
    often as its trip count says. Moving, sorting and indexing count bytes only.

    >>> import numpy as np
    >>> from fgrad import make_jaxpr
    >>> cost_of(make_jaxpr(lambda x, y: x @ y)(np.ones((2, 3)), np.ones(3)))
    {'flops': 12.0, 'transcendentals': 0.0, 'bytes accessed': 88.0}
    """
    total = {"flops": 0.0, "transcendentals": 0.0, "bytes accessed": 0.0}
    for eqn in jaxpr.eqns:
        if eqn.prim.body is not None:
            avals = map(atom_aval, eqn.inputs)
            inner = cost_of(eqn.prim.body(*avals, **eqn.params))
            times = eqn.params.get("length", 1)
            total = {k: v + times * inner[k] for k, v in total.items()}
            continue
        kind = "transcendentals" if is_transcendental(eqn) else "flops"
        total[kind] += _operations(eqn)
        total["bytes accessed"] += _bytes(eqn)
    return total


def is_transcendental(eqn: Eqn) -> bool:
    """Say whether an operation takes far longer than arithmetic."""
    squares = eqn.prim.name == "pow" and type(eqn.inputs[1]) is int
    return eqn.prim.name in _TRANSCENDENTAL and not squares


def _operations(eqn: Eqn) -> float:
    name, out = eqn.prim.name, eqn.outs[0].aval
    avals = [atom_aval(a) for a in eqn.inputs]
    if name in _LINEAR_ALGEBRA:
        return _LINEAR_ALGEBRA[name](*avals)
    if name == "dot_general":
        axes = eqn.params["contract"][0]
        return 2.0 * out.size * prod(avals[0].shape[i] for i in axes)
    if name == "dot":
        return 2.0 * out.size * avals[0].shape[-1]
    if name in _REDUCTIONS:
        return avals[0].size
    return out.size if eqn.prim.elementwise and not eqn.prim.view else 0.0


def _bytes(eqn: Eqn) -> int:
    if eqn.prim.view:
        return 0
    avals = [*map(atom_aval, eqn.inputs), *(v.aval for v in eqn.outs)]
    return sum(map(nbytes, avals))


def nbytes(aval: Aval) -> int:
    """Return the bytes of an array."""
    return aval.size * aval.dtype.itemsize


@dataclass(frozen=True)
class MemoryStats:
    """What arrays a program holds, in bytes."""

    argument_size_in_bytes: int
    output_size_in_bytes: int
    alias_size_in_bytes: int
    """Outputs that take the place of donated arguments."""
    temp_size_in_bytes: int
    """An upper bound: all intermediate arrays together."""
    generated_code_size_in_bytes: int
    """The source and the constants."""


def memory_of(jaxpr: Jaxpr, aliased: list[Aval], source: Any) -> MemoryStats:
    """Return the bytes of arguments, outputs, intermediates and constants."""
    outs = {a for a in jaxpr.outs if type(a) is Var}
    made = [v for e in jaxpr.eqns if not e.prim.view for v in e.outs if v not in outs]
    constants = [getattr(value, "nbytes", 0) for value in source.namespace.values()]
    return MemoryStats(
        argument_size_in_bytes=sum(map(nbytes, jaxpr.in_avals)),
        output_size_in_bytes=sum(map(nbytes, jaxpr.out_avals)),
        alias_size_in_bytes=sum(map(nbytes, aliased)),
        temp_size_in_bytes=sum(nbytes(v.aval) for v in made),
        generated_code_size_in_bytes=len(source.raw) + sum(constants),
    )
