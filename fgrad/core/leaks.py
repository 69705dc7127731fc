"""Finding tracers that outlive the function they were made for."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from types import (
    CellType,
    CodeType,
    FrameType,
    FunctionType,
    GeneratorType,
    ModuleType,
)
from typing import Any

from ..errors import UnexpectedTracerError
from .source import is_internal
from .tracer import Tracer

_followed: ContextVar[list[Any] | None] = ContextVar("fgrad.followed", default=None)


def follow(trace: Any) -> None:
    """Note a trace that was made inside of a checked call."""
    found = _followed.get()
    if found is not None:
        found.append(trace)


def checked_for_leaks(
    fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Call a function, and raise if a tracer of a trace in it is kept afterwards."""
    traces: list[Any] = []
    token = _followed.set(traces)
    try:
        result = fun(*args, **kwargs)
    finally:
        _followed.reset(token)
    if _survivors(traces):
        gc.collect()  # what only refers to itself is no leak
        _complain(_survivors(traces), traces, result)
    return result


def _survivors(traces: Iterable[Any]) -> list[Tracer]:
    ended = [trace for trace in traces if trace.ended]
    return [
        x
        for x in gc.get_referrers(*ended)
        if type(x) is Tracer and any(x.owner is trace for trace in ended)
    ]


def _complain(leaked: list[Tracer], traces: list[Any], result: Any) -> None:
    returned = _reachable(result)
    ours = {id(leaked), id(traces)}
    for tracer in leaked:
        if id(tracer) in returned:
            continue
        holder = _holder(tracer, ours, 4)
        if holder is not None:
            raise UnexpectedTracerError(
                f"{tracer.owner.name} leaks {tracer.describe()}: it is kept by "
                f"{holder}. Return the value from the function instead of storing it"
                f"{tracer.owner.leak_hint}"
            )


def _reachable(root: Any) -> set[int]:
    """Return the ids of what an object holds; modules and classes are not entered."""
    found: dict[int, Any] = {}
    todo = [root]
    while todo:
        x = todo.pop()
        if id(x) in found or isinstance(x, ModuleType | type | FrameType | CodeType):
            continue
        found[id(x)] = x
        if isinstance(x, FunctionType):
            todo += [x.__closure__, x.__defaults__, x.__kwdefaults__, x.__dict__]
        else:
            todo += gc.get_referents(x)
    return set(found)


# -- who holds it --------------------------------------------------------------------


def _holder(x: Any, ours: set[int], depth: int) -> str | None:
    """Say who holds an object; None if only fgrad or the frames of an error do."""
    ours = {*ours, id(x)}
    holders = [h for h in gc.get_referrers(x) if id(h) not in ours]
    try:
        return _said_of(holders, x, {*ours, id(holders)}, depth)
    finally:
        holders.clear()  # frames that have ended may keep the list itself


def _said_of(holders: list[Any], x: Any, ours: set[int], depth: int) -> str | None:
    running = set(map(id, _running()))
    dead = False
    found = ""
    for holder in holders:
        if isinstance(holder, FrameType):
            if id(holder) not in running:
                dead = True
                continue
            if holder.f_code.co_filename == __file__:
                continue
        said = _described(holder, x, ours, depth)
        if said is None:
            dead = True
        else:
            found = found or said
    if found:
        return found
    return None if dead else "a variable of a running function"


def _described(holder: Any, x: Any, ours: set[int], depth: int) -> str | None:
    """Say what a holder is; None if it is fgrad's own."""
    if isinstance(holder, FrameType):
        code = holder.f_code
        if is_internal[code.co_filename]:  # from Python 3.12 on, such are seen
            return None
        names = [k for k, v in holder.f_locals.items() if v is x]
        return f"the variable {_first(names)}of {code.co_name}"
    if isinstance(holder, GeneratorType):
        return f"the generator {holder.__name__}"
    if isinstance(holder, dict):
        return _of_dict(holder, x, ours, depth)
    if isinstance(holder, CellType):
        return _of_cell(holder)
    if _is_ours(holder):
        return None
    if isinstance(holder, list | tuple | set | frozenset):
        kind = f"a {type(holder).__name__}"
        outer = _holder(holder, ours, depth - 1) if depth else ""
        return None if outer is None else f"{kind} in {outer}" if outer else kind
    names = [k for k, v in getattr(holder, "__dict__", {}).items() if v is x]
    kind = f"an object of type {type(holder).__name__}"
    return f"the attribute {_first(names)}of {kind}" if names else kind


def _of_dict(holder: dict[Any, Any], x: Any, ours: set[int], depth: int) -> str | None:
    key = next((k for k, v in holder.items() if v is x), None)
    if "__builtins__" in holder or "__spec__" in holder:
        return f"the global variable {key} of {holder.get('__name__', 'a module')}"
    for owner in gc.get_referrers(holder):
        if getattr(owner, "__dict__", None) is holder:
            if _is_ours(owner):
                return None
            return f"the attribute {key} of an object of type {type(owner).__name__}"
    outer = _holder(holder, ours, depth - 1) if depth else ""
    if outer is None:
        return None
    return f"the entry {key!r} of a dict" + (f" in {outer}" if outer else "")


def _is_ours(x: Any) -> bool:
    """Say whether an object is a part of fgrad's records: they end by themselves."""
    return type(x).__module__.startswith("fgrad.")


def _of_cell(cell: CellType) -> str | None:
    for cells in gc.get_referrers(cell):
        if type(cells) is not tuple:
            continue
        place = next(i for i, one in enumerate(cells) if one is cell)
        for function in gc.get_referrers(cells):
            if isinstance(function, FunctionType):
                if is_internal[function.__code__.co_filename]:
                    return None
                name = function.__code__.co_freevars[place]
                return f"the closure variable {name} of {function.__name__}"
    return "a closure variable"


def _first(names: list[str]) -> str:
    return f"{names[0]} " if names else ""


def _running() -> Iterator[FrameType]:
    for frame in sys._current_frames().values():
        current: FrameType | None = frame
        while current is not None:
            yield current
            current = current.f_back
