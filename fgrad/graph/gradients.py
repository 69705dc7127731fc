"""The chain rule, operation by operation, on the values of one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core import Aval, Eqn, Var, aval_of, is_inexact
from ..ops.basic import zeros
from ..transforms.vjp import vjp
from .recording import Record, once_more


@dataclass
class Gradients:
    """What flows backwards through a program."""

    seeds: list[Any] = field(default_factory=list)
    """What flows into each output; None where nothing can."""
    cotangents: dict[Var, Any] = field(default_factory=dict)
    """The gradient of the output with respect to every value, summed over its uses."""
    flows: dict[tuple[Var, int], Any] = field(default_factory=dict)
    """What the operation that makes a value hands to its argument of that number."""
    locals: dict[tuple[Var, int], Any] = field(default_factory=dict)
    """The local gradient, where it is a number for each element."""


def gradients_of(record: Record, seeds: list[Any]) -> Gradients:
    """Pull cotangents of the outputs back through every operation.

    >>> from .recording import record
    >>> found = record(lambda x, y: x * y, (3.0, 4.0), "draw", ["x", "y"])
    >>> gradients = gradients_of(found, [1.0])
    >>> [float(gradients.cotangents[v]) for v in found.jaxpr.invars]
    [4.0, 3.0]
    """
    found = Gradients()
    for atom, seed in zip(record.jaxpr.outs, seeds):
        flows = type(atom) is Var and is_inexact(record.values[atom])
        found.seeds.append(seed if flows else None)
        if flows:
            _add(found.cotangents, atom, seed)
    with once_more():
        for eqn in reversed(record.jaxpr.eqns):
            if any(v in found.cotangents for v in eqn.outs):
                _pull(record, eqn, found)
    return found


def _pull(record: Record, eqn: Eqn, found: Gradients) -> None:
    """Hand the gradient of an operation's output to its arguments."""
    values = record.arguments(eqn)
    places = [
        i for i, a in enumerate(eqn.inputs) if type(a) is Var and is_inexact(values[i])
    ]
    if not places or eqn.prim.effect:
        return
    if eqn.prim.flat:  # here the gradient ends
        found.flows.update({(eqn.outs[0], i): zeros(values[i]) for i in places})
        return

    def applied(*xs: Any) -> Any:
        filled = dict(zip(places, xs))
        args = [filled.get(i, value) for i, value in enumerate(values)]
        return eqn.prim(*args, **eqn.params)

    outs, pullback = vjp(applied, *(values[i] for i in places))
    cts = [
        found.cotangents.get(v, zeros(record.values[v]))
        if is_inexact(record.values[v])
        else record.values[v]
        for v in eqn.outs
    ]
    handed = pullback(cts if eqn.prim.multi else like(cts[0], outs))
    slopes: Sequence[Any] = ()
    if _is_diagonal(eqn, record):
        one = like(1.0, outs[0] if eqn.prim.multi else outs)
        slopes = pullback([one] if eqn.prim.multi else one)
    for i, ct in zip(places, handed):
        found.flows[eqn.outs[0], i] = ct
        _add(found.cotangents, eqn.inputs[i], ct)
    out = aval_of(record.values[eqn.outs[0]])
    for i, slope in zip(places, slopes):
        if _is_number_each(aval_of(slope), out) and eqn.prim.name != "conj":
            found.locals[eqn.outs[0], i] = slope


def like(ct: Any, out: Any) -> Any:
    """Return a cotangent with the shape and dtype of an output."""
    aval = aval_of(out)
    return ct if aval.weak else np.broadcast_to(ct, aval.shape).astype(aval.dtype)


def _is_diagonal(eqn: Eqn, record: Record) -> bool:
    """Say whether each element of the output depends on one of each argument."""
    number = all(not aval_of(record.value(a)).shape for a in (*eqn.inputs, *eqn.outs))
    return len(eqn.outs) == 1 and (eqn.prim.elementwise or number)


def _is_number_each(slope: Aval, out: Aval) -> bool:
    """Say whether a slope has a number for each element, real or complex like them."""
    complex_ = [aval.dtype.kind == "c" for aval in (slope, out)]
    return slope.shape == out.shape and complex_[0] == complex_[1]


def _add(cotangents: dict[Var, Any], var: Var, ct: Any) -> None:
    cotangents[var] = cotangents[var] + ct if var in cotangents else ct
