"""What the transformations share about functions and their arguments."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from types import FunctionType, MethodType
from typing import Any

from ..core import (
    Trace,
    Tracer,
    aval_of,
    checked_for_leaks,
    held,
    is_array,
    owned,
    trimmed,
    user_source,
)
from ..pytree import keystr, tree_flatten, tree_flatten_with_path, tree_unflatten
from ..settings import config


def name_of(fun: Any) -> str:
    """Return a function's name for messages."""
    if isinstance(fun, functools.partial):
        return name_of(fun.func)
    name = getattr(fun, "__name__", None) or type(fun).__name__
    return "lambda" if name == "<lambda>" else name


def check_callable(fun: Any, transformation: str) -> None:
    """Raise unless a transformation got a plain function."""
    if not callable(fun):
        raise TypeError(
            f"{transformation} needs a function, got {fun!r} of type "
            f"{type(fun).__name__}. Write {transformation}(f)(x), not "
            f"{transformation}(f(x))"
        )
    call = inspect.unwrap(fun) if hasattr(fun, "__wrapped__") else fun
    lazy = inspect.isgeneratorfunction, inspect.iscoroutinefunction
    if any(test(call) for test in (*lazy, inspect.isasyncgenfunction)):
        raise TypeError(
            f"{transformation} needs a function that returns arrays; "
            f"{name_of(fun)} is a generator or async function"
        )


class Transformed:
    """A callable made from a function; it pickles and binds as a method does."""

    transformation = ""

    def __init__(self, fun: Callable[..., Any]) -> None:
        check_callable(fun, self.transformation)
        # the attributes of a function go along, those of other objects stay there
        updated = ("__dict__",) if isinstance(fun, FunctionType) else ()
        functools.update_wrapper(self, fun, updated=updated)
        self.fun = fun
        self.name = f"{self.transformation}({name_of(fun)})"
        self.__name__ = getattr(fun, "__name__", type(fun).__name__)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if config.touched and config.check_tracer_leaks:
                return checked_for_leaks(self.run, (args, kwargs), {})
            return self.run(args, kwargs)
        except Exception as error:
            __tracebackhide__ = True
            raise trimmed(error)

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Apply the transformed function."""
        raise NotImplementedError

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickle what a module or a class has under its name by that name."""
        path = getattr(self, "__qualname__", "")
        found: Any = sys.modules.get(self.__module__)
        for part in path.split("."):
            found = getattr(found, part, None)
        return path if found is self else super().__reduce_ex__(protocol)

    def __repr__(self) -> str:
        return f"<{self.name}>"


def argument_names(
    fun: Any, positions: Sequence[int], trees: Any, whole: bool = False
) -> list[str]:
    """Return ``argument x['w']`` for every leaf of some positional arguments.

    With ``whole``, return ``argument x`` for every argument.
    """
    try:
        parameters = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = []
    for position, tree in zip(positions, trees, strict=True):
        base = f"argument {_called(parameters, position)}"
        leaves, _ = ([((), tree)], None) if whole else tree_flatten_with_path(tree)
        names += [base + keystr(path) for path, _ in leaves]
    return names


def _called(parameters: Sequence[inspect.Parameter], position: int) -> str:
    """Return ``x`` or, of a function of ``*args``, ``args[0]``; or the position."""
    for i, parameter in enumerate(parameters[: position + 1]):
        if parameter.kind == parameter.VAR_POSITIONAL:
            return f"{parameter.name}[{position - i}]"
    named = position < len(parameters) and parameters[position].kind < 2
    return parameters[position].name if named else str(position)


def checked_argnums(argnums: Any, count: int, name: str) -> tuple[int, ...]:
    """Return argnums as non-negative positions; raise if they are no positions."""
    if type(argnums) is int and 0 <= argnums < count:
        return (argnums,)
    several = isinstance(argnums, tuple | list)
    positions = []
    for argnum in argnums if several else (argnums,):
        if isinstance(argnum, bool) or not hasattr(argnum, "__index__"):
            raise TypeError(
                f"{name}: argnums must be an int or a sequence of ints, got "
                f"{argnums!r}: they count positional arguments from 0"
            )
        position = argnum.__index__()
        if not -count <= position < count:
            raise ValueError(
                f"{name}: argnums={argnums!r} names positional argument {position}, "
                f"but the function was called with {count} of them"
                + (": pass the argument by position" if count == 0 else "")
            )
        positions.append(position % count)
    if len(set(positions)) < len(positions):
        raise ValueError(f"{name}: argnums={argnums!r} names an argument twice")
    return tuple(positions)


def shown(x: Any) -> str:
    """Return how messages show a value: its aval, or the value and its type.

    >>> shown(1.0), shown("mean"), shown(None)
    ('float[]', "'mean' (str)", 'None')
    """
    if is_array(x):
        return str(aval_of(x))
    text = repr(x)
    text = text if len(text) <= 60 else text[:57] + "..."
    return "None" if x is None else f"{text} ({type(x).__name__})"


def split_aux(out: Any, name: str, main: str = "output") -> tuple[Any, Any]:
    """Return a function's output and its aux, which have to come as a pair."""
    if not isinstance(out, tuple | list) or len(out) != 2:
        raise TypeError(
            f"{name} with has_aux=True needs the function to return a pair "
            f"({main}, aux), got {shown(out)}: return {main}, aux"
        )
    return out[0], out[1]


def check_live(values: Iterable[Any], name: str) -> None:
    """Raise if a tracer that was kept from an ended transformation is among values."""
    for x in values:
        if type(x) is Tracer and x.owner.ended:
            x.check_alive(f"the output of {name}", user_source())


def run_in(
    trace: Trace, fun: Callable[..., Any], values: Iterable[Any], notes: Iterable[Any]
) -> tuple[list[Any], list[Any]]:
    """Run a flat function in a trace, and end the trace.

    Values with a note go in as tracers. The results are the values of the outputs and
    their notes, None for what the trace does not follow.
    """
    lifted = [
        x if note is None else Tracer(trace, _now(x), _now(note), i)
        for i, (x, note) in enumerate(zip(values, notes, strict=True))
    ]
    try:
        outs = fun(*lifted)
    finally:
        trace.ended = True
    own = [type(o) is Tracer and o.owner is trace for o in outs]
    return (
        [own_copy(o.value) if mine else o for o, mine in zip(outs, own)],
        [own_copy(o.note) if mine else None for o, mine in zip(outs, own)],
    )


def _now(x: Any) -> Any:
    return held(x) if type(x) is Tracer else x


def own_copy(x: Any) -> Any:
    """Return a value for the user, who may write to it; a record may hold it too."""
    return owned(x) if type(x) is Tracer and x.shape else x


def unlift(tree: Any, trace: Trace) -> Any:
    """Replace a trace's tracers in a tree by the values they stand for."""
    leaves, treedef = tree_flatten(tree)
    own = (type(x) is Tracer and x.owner is trace for x in leaves)
    values = [own_copy(x.value) if mine else x for x, mine in zip(leaves, own)]
    return tree_unflatten(treedef, values)


def refuse_reduce_axes(reduce_axes: Any, name: str) -> None:
    """Raise if an option is used that JAX keeps without a meaning."""
    if reduce_axes != ():
        raise TypeError(f"{name}: reduce_axes has no effect any more; leave it out")


def user_pair(result: Any, name: str, rule: Any, meaning: str) -> tuple[Any, Any]:
    """Return the two parts of what a user's rule returned."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise TypeError(
            f"{name}: the rule {name_of(rule)} must return a pair {meaning}, got "
            f"{kind(result)}"
        )
    return result[0], result[1]


def kind(result: Any) -> str:
    """Return what a message calls the container that a rule returned."""
    if isinstance(result, tuple | list):
        return f"a {type(result).__name__} of length {len(result)}"
    return describe_leaf(result)


def describe_leaf(x: Any) -> str:
    """Return what a message calls a value that a rule returned."""
    return str(aval_of(x)) if is_array(x) else f"{x!r} of type {type(x).__name__}"
