"""Programs that are called inside of a program: what they are called, and one run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import Aval, Eqn, Jaxpr, Var, atom_aval, aval_of, jaxprs_in
from .gradients import Gradients, gradients_of
from .recording import Record, once_more

_LOOPS = ("scan", "while")
_NAMED = ("fori_loop", "map", "while_loop")  # what users call some loops
_OPEN = ("jit", "checkpoint", "cond", *_LOOPS)
"""Calls whose gradient flows through their body; others have rules of their own."""


@dataclass
class Box:
    """What a call runs: of a loop the first iteration, of a choice what was chosen."""

    found: Record
    gradients: Gradients | None
    """What flows back inside; None if nothing does, or a rule of its own is used."""
    choice: Sequence[Any] = ()
    """The arguments that the body does not take: what chooses among several."""


def is_call(eqn: Eqn) -> bool:
    """Say whether an operation runs a program that can be looked into."""
    return eqn.prim.body is not None or eqn.prim.runs is not None


def is_open(eqn: Eqn) -> bool:
    """Say whether the gradient of a call is that of its body, by no other rule."""
    return eqn.prim.name in _OPEN


def title(eqn: Eqn, found: Record) -> str:
    """Return what a call is called: ``step``, ``scan body``, ``custom_jvp(f)``.

    >>> import fgrad
    >>> from .recording import record
    >>> wave = fgrad.checkpoint(np.sin)
    >>> found = record(lambda x: wave(x), (1.0,), "draw", ["x"])
    >>> title(found.jaxpr.eqns[0], found)
    'checkpoint sin'
    """
    if "rule" in eqn.params:
        return str(eqn.params["rule"].name)
    kind, name = eqn.prim.name, str(eqn.params.get("name", ""))
    name = "lambda" if name == "<lambda>" else name
    if kind == "cond":
        index, last = found.value(eqn.inputs[0]), len(eqn.params["branches"]) - 1
        number = min(max(int(index), 0), last)
        which = bool(index) if aval_of(index).dtype == bool else number
        return f"{name}, branch {which}"
    plain = kind == "jit" or name.startswith((kind, *_NAMED))
    return name if name and plain else f"{kind} {name}".strip()


def box_of(
    eqn: Eqn, found: Record, texts: Sequence[str], flows: Gradients
) -> Box | None:
    """Return what a call runs, with the values and gradients of its first run.

    ``texts`` are the names of its arguments. A loop that runs no iteration has none,
    nor has what gets results from outside, which cannot run once more.
    """
    args = [found.value(a) for a in eqn.inputs]
    if not _runs_again(eqn, list(map(aval_of, args))):
        return None
    with once_more():
        runs = list(_runs(eqn, args))
        return _box(eqn, found, texts, flows, runs) if runs else None


def _box(
    eqn: Eqn, found: Record, texts: Sequence[str], flows: Gradients, runs: list[Any]
) -> Box:
    args = [found.value(a) for a in eqn.inputs]
    jaxpr, inputs = runs[0]
    extra = len(args) - len(inputs)
    name = title(eqn, found)
    if eqn.prim.name in _LOOPS:
        name += f" ×{len(runs)} iterations, the first"
    body = rerun(jaxpr, inputs, name, _labels(eqn, texts[extra:]), _outputs(eqn))
    cts = [flows.cotangents.get(v) for v in eqn.outs]
    gradients = None
    if is_open(eqn) and any(ct is not None for ct in cts):
        gradients = gradients_of(body, _seeds(eqn, runs, cts, found))
    return Box(body, gradients, args[:extra])


def _runs_again(eqn: Eqn, avals: Sequence[Aval]) -> bool:
    """Say whether nothing inside of a call gets results from outside."""
    programs = list(jaxprs_in(tuple(eqn.params.values())))
    if not programs and eqn.prim.body is not None:
        programs = [eqn.prim.body(*avals, **eqn.params)]
    inner = [e for jaxpr in programs for e in jaxpr.eqns]
    return all(
        not (e.prim.effect and e.outs) and _runs_again(e, [*map(atom_aval, e.inputs)])
        for e in inner
    )


def _runs(eqn: Eqn, args: Sequence[Any]) -> Iterator[tuple[Jaxpr, Sequence[Any]]]:
    """Yield the programs that a call runs, with their inputs."""
    if eqn.prim.runs is not None:
        for jaxpr, inputs, _ in eqn.prim.runs(*args, **eqn.params):
            yield jaxpr, inputs
    elif eqn.prim.body is not None:
        yield eqn.prim.body(*map(aval_of, args), **eqn.params), args


def rerun(
    jaxpr: Jaxpr,
    args: Sequence[Any],
    name: str = "",
    labels: Sequence[str] = (),
    outputs: Sequence[str] = (),
) -> Record:
    """Return a program with its values for some arguments."""
    values: dict[Var, Any] = dict(zip(jaxpr.invars, args))
    for eqn in jaxpr.eqns:
        inputs = [values[a] if type(a) is Var else a for a in eqn.inputs]
        made = eqn.prim(*inputs, **eqn.params)
        values.update(zip(eqn.outs, made if eqn.prim.multi else [made]))
    return Record(name, jaxpr, values, dict(zip(jaxpr.invars, labels)), outputs)


# -- names -----------------------------------------------------------------------------


def _labels(eqn: Eqn, texts: Sequence[str]) -> list[str]:
    """Return the names of a body's inputs: the caller's, or carry and elements."""
    if eqn.prim.name not in _LOOPS:
        return list(texts)
    k, c = eqn.params["n_consts"], eqn.params["n_consts"] + eqn.params["n_carry"]
    first = -1 if eqn.params["reverse"] else 0
    elements = [
        f"{text if text.isidentifier() else 'x'}[{first}]" for text in texts[c:]
    ]
    return [*texts[:k], *_carries(eqn), *elements]


def _carries(eqn: Eqn) -> list[str]:
    until = eqn.prim.name == "while"
    count = eqn.params["n_carry"] - until
    names = _numbered("carry", count)
    if str(eqn.params["name"]).startswith("fori_loop"):
        names = ["i", *_numbered("carry", count - 1)]
    return ["goes_on", *names] if until else names


def _outputs(eqn: Eqn) -> list[str]:
    if eqn.prim.name not in _LOOPS:
        return _numbered("output", len(eqn.outs))
    carries = [f"{name}'" for name in _carries(eqn)]
    count = len(eqn.outs) - len(carries)
    return [*carries, *_numbered("y", count)]


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}{i}" for i in range(count)]


# -- gradients -------------------------------------------------------------------------


def _seeds(eqn: Eqn, runs: Any, cts: list[Any], found: Record) -> list[Any]:
    """Return what flows back into the outputs of the first run of a call."""
    cts = [
        np.zeros_like(found.values[v]) if ct is None else ct
        for v, ct in zip(eqn.outs, cts)
    ]
    if eqn.prim.name not in _LOOPS:
        return cts
    k, n = eqn.params["n_consts"], eqn.params["n_carry"]
    carry, ys = cts[:n], cts[n:]
    order = range(len(runs))[::-1] if eqn.params["reverse"] else range(len(runs))
    for step, (jaxpr, inputs) in zip(order[:0:-1], runs[:0:-1]):  # the last one first
        body = rerun(jaxpr, inputs)
        back = gradients_of(body, [*carry, *(y[step] for y in ys)]).cotangents
        carry = [
            back.get(v, np.zeros_like(x))
            for v, x in zip(jaxpr.invars[k : k + n], inputs[k : k + n])
        ]
    return [*carry, *(y[order[0]] for y in ys)]
