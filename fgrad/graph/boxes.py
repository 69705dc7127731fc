"""Programs that are called inside of a program: what they are called, and one run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from types import MappingProxyType
from typing import Any

import numpy as np

from ..core import Aval, Eqn, Jaxpr, Var, atom_aval, aval_of, jaxprs_in
from ..core.source import replays
from .gradients import Gradients, gradients_of
from .recording import Record, once_more
from .wording import constant, expression

_LOOPS = ("scan", "while")
_NAMED = ("fori_loop", "map", "while_loop")  # what users call some loops
_DERIVED = ("_backward", "_vjp", "_jvp", "_tangents", "_tangent", "_transposed")
_OPEN = ("jit", "checkpoint", "cond", *_LOOPS)
"""Calls whose gradient flows through their body; others have rules of their own."""


@dataclass
class Box:
    """What a call runs: of a loop one iteration, of a choice what was chosen."""

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


def texts_of(eqn: Eqn, names: Mapping[Var, str]) -> list[str]:
    """Return what the arguments of an operation are called."""
    return [names[a] if type(a) is Var else constant(a) for a in eqn.inputs]


def code_of(eqn: Eqn, found: Record, texts: Sequence[str]) -> str:
    """Return an operation as code, a call by its title."""
    if is_call(eqn):
        return f"{title(eqn, found)}({', '.join(texts)})"
    return expression(eqn, texts)


def box_of(
    eqn: Eqn, found: Record, texts: Sequence[str], flows: Gradients, iteration: int
) -> Box | None:
    """Return what a call runs, with the values and gradients of one run.

    ``texts`` are the names of its arguments. A loop that runs no iteration has none,
    nor has what gets results from outside, which cannot run once more.
    """
    args = found.arguments(eqn)
    if not _runs_again(eqn, list(map(aval_of, args))):
        return None
    with once_more():
        runs = list(_runs(eqn, args))
        return _box(eqn, found, texts, flows, runs, iteration) if runs else None


def _box(
    eqn: Eqn,
    found: Record,
    texts: Sequence[str],
    flows: Gradients,
    runs: list[Any],
    iteration: int,
) -> Box:
    args = found.arguments(eqn)
    n = len(runs)
    k = min(max(iteration + n if iteration < 0 else iteration, 0), n - 1)
    jaxpr, inputs = runs[k]
    extra = len(args) - len(inputs)
    name = title(eqn, found)
    if eqn.prim.name in _LOOPS:
        last = "the last" if k == n - 1 else f"iteration={k}"
        name += f" ×{n} iterations, {last if k else 'the first'}"
    body = rerun(jaxpr, inputs, name, _labels(eqn, texts[extra:], k), _outputs(eqn))
    if str(eqn.params.get("name", "")).endswith(_DERIVED):
        body.derived = {v for e in jaxpr.eqns for v in e.outs}
    cts = [flows.cotangents.get(v) for v in eqn.outs]
    gradients = None
    if is_open(eqn) and any(ct is not None for ct in cts):
        gradients = gradients_of(body, _seeds(eqn, runs, cts, found, k))
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


@replays
def rerun(
    jaxpr: Jaxpr,
    args: Sequence[Any],
    name: str = "",
    labels: Sequence[str] = (),
    outputs: Sequence[str] = (),
    outside: Mapping[Var, Any] = MappingProxyType({}),
) -> Record:
    """Return a program with its values for some arguments.

    ``outside`` has what came from outside: the results of callbacks with effects.
    """
    values: dict[Var, Any] = dict(zip(jaxpr.invars, args))
    for prim, inputs, params, outs, source in jaxpr.eqns:  # noqa: B007
        if prim.effect and outs and outs[0] in outside:
            values.update((v, outside[v]) for v in outs)
            continue
        made = prim(*(values[a] if type(a) is Var else a for a in inputs), **params)
        values.update(zip(outs, made if prim.multi else [made]))
    return Record(name, jaxpr, values, dict(zip(jaxpr.invars, labels)), outputs)


# -- names -----------------------------------------------------------------------------


def _labels(eqn: Eqn, texts: Sequence[str], iteration: int) -> list[str]:
    """Return the names of a body's inputs: the caller's, or carry and elements.

    A carry or element may not have the name of something else that the body reads.
    """
    if eqn.prim.name not in _LOOPS:
        return list(texts)
    k, c = eqn.params["n_consts"], eqn.params["n_consts"] + eqn.params["n_carry"]
    at = -1 - iteration if eqn.params["reverse"] else iteration
    stacks = [text if _PLAIN.fullmatch(text) else "xs" for text in texts[c:]]
    labels = list(texts[:k])
    for name in [*_carries(eqn), *(f"{stack}[{at}]" for stack in stacks)]:
        word, index = _WORD.fullmatch(name).groups()  # type: ignore[union-attr]
        versions = (f"{word}_{i}{index}" for i in count(2))
        labels.append(next(n for n in chain([name], versions) if n not in labels))
    return labels


_PLAIN = re.compile(r"[A-Za-z_]\w*(\[[^\]]*\])*")
_WORD = re.compile(r"(\w+)(.*)")


def _carries(eqn: Eqn) -> list[str]:
    until = eqn.prim.name == "while"
    n = eqn.params["n_carry"] - until
    names = _numbered("carry", n)
    if str(eqn.params["name"]).startswith("fori_loop"):
        names = ["i", *_numbered("carry", n - 1)]
    return ["goes_on", *names] if until else names


def _outputs(eqn: Eqn) -> list[str]:
    if eqn.prim.name not in _LOOPS:
        return _numbered("output", len(eqn.outs))
    carries = [f"{name}'" for name in _carries(eqn)]
    return [*carries, *_numbered("y", len(eqn.outs) - len(carries))]


def _numbered(name: str, n: int) -> list[str]:
    return [name] if n == 1 else [f"{name}{i}" for i in range(n)]


# -- gradients -------------------------------------------------------------------------


def _seeds(eqn: Eqn, runs: Any, cts: list[Any], found: Record, at: int) -> list[Any]:
    """Return what flows back into the outputs of a run of a call."""
    cts = [
        np.zeros_like(found.values[v]) if ct is None else ct
        for v, ct in zip(eqn.outs, cts)
    ]
    if eqn.prim.name not in _LOOPS:
        return cts
    k, n = eqn.params["n_consts"], eqn.params["n_carry"]
    carry, ys = cts[:n], cts[n:]
    order = range(len(runs))[::-1] if eqn.params["reverse"] else range(len(runs))
    for step, (jaxpr, inputs) in zip(order[:at:-1], runs[:at:-1]):  # the last one first
        body = rerun(jaxpr, inputs)
        back = gradients_of(body, [*carry, *(y[step] for y in ys)]).cotangents
        carry = [
            back.get(v, np.zeros_like(x))
            for v, x in zip(jaxpr.invars[k : k + n], inputs[k : k + n])
        ]
    return [*carry, *(y[order[at]] for y in ys)]


# -- how much a call does --------------------------------------------------------------


def operations(found: Record) -> int:
    """Return how many operations a program runs, those inside of calls counted."""
    return sum(operations_in(eqn, found) for eqn in found.jaxpr.eqns)


def operations_in(eqn: Eqn, found: Record) -> int:
    """Return how many operations one of a program runs, those of its body if a call."""
    args = found.arguments(eqn)
    if not is_call(eqn) or not _runs_again(eqn, list(map(aval_of, args))):
        return 1
    total = 0
    with once_more():
        for jaxpr, inputs in _runs(eqn, args):
            plain = not any(map(is_call, jaxpr.eqns))
            total += len(jaxpr.eqns) if plain else operations(rerun(jaxpr, inputs))
    return total
