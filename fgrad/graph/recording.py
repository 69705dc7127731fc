"""Watching a function run: every operation, and every value that it made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from ..ops.basic import broadcast_to
from ..pytree import keystr, tree_flatten, tree_flatten_with_path, tree_unflatten
from ..transforms.arguments import argument_names, name_of, shown


class WatchedTrace(Trace):
    """The record of a run with all of its values, so that Python sees them as well."""

    __slots__ = ("eqns", "invars", "values")

    plain = "the graph would lose it"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.eqns: list[Eqn] = []
        self.invars: list[Var] = []
        self.values: dict[Var, Any] = {}

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

    def value(self, atom: Any) -> Any:
        """Return the value of a variable or a constant."""
        return self.values[atom] if type(atom) is Var else atom


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


def check_scalar(outs: list[Any], call: str, example: str) -> None:
    """Raise unless the outputs are one float; ``example`` has {} for what to write."""
    if len(outs) == 1 and not aval_of(outs[0]).shape and is_inexact(outs[0]):
        return
    if len(outs) > 1:
        hint = f". Choose one of them: {example.format('f(x)[0]')}"
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
        outs, _ = tree_flatten(fun(*tree_unflatten(tree, lifted)))
    finally:
        trace.ended = True
    if not outs:
        raise TypeError(f"{name}: the function returned no array")
    for out in outs:
        if not is_array(out):
            raise TypeError(f"{name}: the function returned {shown(out)}, no array")
    atoms = tuple(o.note if type(o) is Tracer and o.owner is trace else o for o in outs)
    jaxpr = drop_dead(Jaxpr(tuple(trace.invars), tuple(trace.eqns), atoms))
    names = (label.removeprefix("argument ") for label in arrays)
    return Record(name_of(fun), jaxpr, trace.values, dict(zip(trace.invars, names)))
