"""From source to a function, which tracebacks and profilers can show."""

from __future__ import annotations

import contextlib
import linecache
import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

from .source import Source, readable

_numbers = count()
_ended: list[str] = []  # not forgotten at once: linecache may be reading its cache


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
