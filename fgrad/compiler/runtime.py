"""From a jaxpr to a function that runs: optimise, emit, exec once, keep."""

from __future__ import annotations

import contextlib
import linecache
import weakref
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from ..core import Jaxpr
from .emit import emit, identifier
from .passes import LOWERING, optimize
from .source import Source, readable

_numbers = count()
_ended: list[str] = []  # not forgotten at once: linecache may be reading its cache


class Executable:
    """A jaxpr as a function of NumPy calls: flat arrays in, a tuple of arrays out."""

    __slots__ = ("function", "jaxpr", "source")

    def __init__(self, jaxpr: Jaxpr, name: str, arguments: Iterable[str] = ()) -> None:
        self.jaxpr = optimize(jaxpr, LOWERING)
        self.source = emit(self.jaxpr, name, arguments)
        self.function = load(self.source)


def load(source: Source) -> Callable[..., Any]:
    """Return the function that a source defines; tracebacks and pdb show its text."""
    with contextlib.suppress(IndexError):  # other threads take from it, too
        while _ended:
            linecache.cache.pop(_ended.pop(), None)
    filename = f"<fgrad>/{source.name}_{next(_numbers)}.py"

    raw = source.raw

    def shown() -> str:
        return readable(raw)

    linecache.cache[filename] = (shown,)
    namespace = {
        **source.namespace,
        "__blocks__": source.blocks,  # for messages
    }
    exec(compile(raw, filename, "exec"), namespace)
    function = namespace.pop(source.name)  # no cycle: it is freed at its last use
    function.source = source  # what calls it shows it
    weakref.finalize(function, _ended.append, filename)
    return function


def compiled(jaxpr: Jaxpr, name: str, arguments: Iterable[str] = ()) -> Executable:
    """Return a jaxpr's compiled form, made at its first use."""
    found = jaxpr.cache.get("compiled")
    if found is None:
        found = jaxpr.cache["compiled"] = Executable(jaxpr, identifier(name), arguments)
    return found
