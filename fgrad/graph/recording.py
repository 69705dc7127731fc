"""Watching a function run: every operation, and every value that it made."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import numpy as np

from ..compiler.passes import drop_dead
from ..core import (
    REPEATED,
    Eqn,
    Jaxpr,
    Trace,
    Tracer,
    Var,
    aval_of,
    is_array,
    is_inexact,
    not_numeric,
    user_source,
)
from ..core.source import entered, from_a_record
from ..ops.basic import broadcast_to
from ..pytree import keystr, tree_flatten, tree_flatten_with_path, tree_unflatten
from ..transforms.arguments import argument_names, name_of, shown


class WatchedTrace(Trace):
    """The record of a run with all of its values, so that Python sees them as well."""

    __slots__ = ("derived", "entered", "eqns", "invars", "values", "visit", "visits")

    plain = "the graph would lose it"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.eqns: list[Eqn] = []
        self.invars: list[Var] = []
        self.values: dict[Var, Any] = {}
        self.derived: set[Var] = set()
        self.visits: dict[Var, int] = {}
        self.visit = 0
        self.entered: Any = None

    def lift(self, value: Any, source: int) -> Tracer:
        """Return a tracer of an input value."""
        var = Var(aval_of(value))
        self.invars.append(var)
        self.values[var] = _own(value)
        return Tracer(self, self.values[var], var, source)

    def lifted(self, value: np.ndarray) -> Any:
        """Return a tracer of a new constant, which the function may write to."""
        uniform = value.size > 1 and not any(value.strides)
        one = value[(0,) * value.ndim] if uniform else value
        return self.record(broadcast_to, (one,), {"shape": value.shape})

    def record(self, prim: Any, args: tuple[Any, ...], params: Any) -> Any:
        """Run a primitive, and keep the equation and what it gave."""
        if self.ended:
            self.check_alive(prim, args)
        mine = [type(a) is Tracer and a.owner is self for a in args]
        atoms = tuple(a.note if own else _own(a) for a, own in zip(args, mine))
        result = prim(*(a.value if own else a for a, own in zip(args, mine)), **params)
        source = user_source()
        made = list(result) if prim.multi else [result]
        outs = tuple(Var(aval_of(z)) for z in made)
        self.eqns.append(Eqn(prim, atoms, params, outs, source))
        self.values.update(zip(outs, made))
        if from_a_record():
            self.derived.update(outs)
        frame, self.entered = self.entered, entered()
        visit = len(self.eqns) if frame is not self.entered else self.visit
        self.visits.update((v, visit) for v in outs)
        self.visit = visit
        tracers = [Tracer(self, z, v, source) for z, v in zip(made, outs)]
        return tracers if prim.multi else tracers[0]

    def written(self) -> list[Any]:
        """Return the equations."""
        return self.eqns


@contextmanager
def once_more() -> Iterator[None]:
    """Let what ran before run again, without effects: nothing is printed twice."""
    token = REPEATED.set(True)
    try:
        yield
    finally:
        REPEATED.reset(token)


def _own(value: Any) -> Any:
    """Return a copy of what the user could write to."""
    return value.copy() if type(value) is np.ndarray else value


@dataclass
class Record:
    """A program with the values of one run."""

    name: str
    jaxpr: Jaxpr
    values: dict[Var, Any]
    labels: dict[Var, str]
    """What the inputs are called: ``w``, ``params['W'][0]``."""
    outputs: Sequence[str]
    """What the outputs are called: ``output``, ``output['loss']``."""
    derived: Set[Var] = frozenset()
    """What stands on the line of something else, whose derivative it is."""
    visits: Mapping[Var, int] = field(default_factory=dict)
    """Values of the same number were made by one expression, at one time."""

    @property
    def results(self) -> dict[str, Any]:
        """The outputs with their names."""
        return dict(zip(self.outputs, map(self.value, self.jaxpr.outs)))

    def value(self, atom: Any) -> Any:
        """Return the value of a variable or a constant."""
        return self.values[atom] if type(atom) is Var else atom

    def arguments(self, eqn: Eqn) -> list[Any]:
        """Return the values that an operation got."""
        return [self.value(atom) for atom in eqn.inputs]


def by_position(
    fun: Callable[..., Any],
    args: Sequence[Any],
    keywords: Mapping[str, Any],
    transformation: str,
) -> tuple[Callable[..., Any], list[Any], list[str]]:
    """Return a function of positions only, its arguments, and what their leaves are.

    >>> fun, args, labels = by_position(np.clip, ([2.0, 3.0],), {"max": 2.5}, "draw")
    >>> labels
    ['argument a[0]', 'argument a[1]', 'argument max']
    """
    count = len(args)

    @wraps(fun)
    def called(*values: Any) -> Any:
        return fun(*values[:count], **dict(zip(keywords, values[count:])))

    called.__name__ = name_of(fun)  # of a partial, too
    labels = list(argument_names(fun, range(count), args))
    for keyword, tree in keywords.items():
        paths, _ = tree_flatten_with_path(tree)
        labels += [f"argument {keyword}{keystr(path)}" for path, _ in paths]
    values = [*args, *keywords.values()]
    for leaf, label in zip(tree_flatten(values)[0], labels):
        if isinstance(leaf, np.ndarray) and not is_array(leaf):
            raise TypeError(
                f"{transformation}({name_of(fun)}): {label}: {not_numeric(leaf)}"
            )
    return called, values, labels


NO_FLOATS = (
    "{}: no argument has floats, and only floats have a gradient. Write 3.0 or "
    "x.astype(float)"
)


def checked_count(value: Any, least: int, what: str) -> int:
    """Return an option that is a whole number."""
    if not hasattr(value, "__index__") or isinstance(value, bool) or value < least:
        raise ValueError(f"{what} >= {least}, got {value!r}")
    return operator.index(value)


def named_outputs(result: Any, name: str) -> dict[str, Any]:
    """Return the arrays in what a function returned, with what they are called.

    >>> named_outputs({"loss": 0.5, "grads": [1.0]}, "draw(f)")
    {"output['grads'][0]": 1.0, "output['loss']": 0.5}
    """
    paths, _ = tree_flatten_with_path(result)
    if not paths:
        raise TypeError(f"{name}: the function returned no array")
    for _, out in paths:
        if not is_array(out):
            raise TypeError(f"{name}: the function returned {shown(out)}, no array")
    return {f"output{keystr(path)}": out for path, out in paths}


def check_iteration(value: Any, name: str) -> None:
    """Raise unless an option is the number of an iteration."""
    if not hasattr(value, "__index__") or isinstance(value, bool):
        raise ValueError(
            f"{name}: iteration is a number from 0, or -1 for the last, got {value!r}"
        )


def check_scalar(named: Mapping[str, Any], call: str, example: str) -> None:
    """Raise unless the output is one float; ``example`` has {} for what to write."""
    outs = list(named.values())
    if len(outs) == 1 and not aval_of(outs[0]).shape and is_inexact(outs[0]):
        return
    if len(outs) > 1:
        one = next(iter(named)).replace("output", "f(x)", 1)
        hint = f". Choose one of them: {example.format(one)}"
    elif aval_of(outs[0]).shape:
        hint = f". Sum it: {example.format('np.sum(f(x))')}"
    else:
        hint = ": only floats have a derivative"
    shapes = ", ".join(str(aval_of(v)) for v in outs)
    raise TypeError(
        f"{call} needs a function that returns a scalar float, got {shapes}{hint}"
    )


def record(
    fun: Callable[..., Any],
    args: Sequence[Any],
    transformation: str,
    labels: Sequence[str],
) -> Record:
    """Run a function on arguments, and return what happened.

    ``labels`` say what the leaves of the arguments are. What is no array (a string, a
    function) is handed over as it is.

    >>> found = record(lambda x: np.sin(x) * 2.0, (0.0,), "draw", ["x"])
    >>> [eqn.prim.name for eqn in found.jaxpr.eqns]
    ['sin', 'mul']
    """
    name = f"{transformation}({name_of(fun)})"
    leaves, tree = tree_flatten(list(args))
    trace = WatchedTrace(name)
    arrays = [label for x, label in zip(leaves, labels) if is_array(x)]
    trace.inputs = arrays.__getitem__
    lifted = [trace.lift(x, len(trace.invars)) if is_array(x) else x for x in leaves]
    try:
        outputs = named_outputs(fun(*tree_unflatten(tree, lifted)), name)
    finally:
        trace.ended, trace.entered = True, None
    atoms = tuple(
        out.note if type(out) is Tracer and out.owner is trace else out
        for out in outputs.values()
    )
    jaxpr = drop_dead(Jaxpr(tuple(trace.invars), tuple(trace.eqns), atoms))
    names = (label.removeprefix("argument ") for label in arrays)
    labelled = dict(zip(trace.invars, names))
    made = trace.values, labelled, list(outputs), trace.derived, trace.visits
    return Record(name_of(fun), jaxpr, *made)
