"""Programs by signature: bounded, shared by the jits of one function, and weak.

There is no lock: every step is one operation of a dict. Two threads that meet here
may both stage a function, and then either's program is right; a fork finds nothing
locked.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import FunctionType
from typing import Any

MAXIMUM = 4096
"""How many programs `jit` keeps for a function."""

_live: dict[int, weakref.ref[Programs]] = {}
_shared: weakref.WeakKeyDictionary[Any, dict[Any, Programs]] = (
    weakref.WeakKeyDictionary()
)


class Programs(dict[Any, Any]):
    """Programs by signature; when there are too many, those long unused go.

    There are two generations. A lookup is that of a plain dict, the younger one. When
    it is full it becomes the older one, from which `find` fetches what is used again;
    the older one before it is dropped.
    """

    __slots__ = ("__weakref__", "maximum", "older")

    def __init__(self, maximum: int | None = None) -> None:
        super().__init__()
        self.maximum = maximum or MAXIMUM
        self.older: dict[Any, Any] = {}
        number = id(self)
        _live[number] = weakref.ref(self, lambda _: _live.pop(number, None))

    def find(self, key: Any) -> Any:
        """Return the program of either generation, or None."""
        found = self.get(key)
        if found is None:
            found = self.older.get(key)
            if found is not None:
                self.keep(key, found)
        return found

    def keep(self, key: Any, program: Any) -> None:
        """Add a program."""
        if len(self) >= self.maximum // 2 and key not in self:
            self.older = dict(self)
            super().clear()
        self[key] = program

    def clear(self) -> None:
        self.older = {}
        super().clear()


def programs_of(fun: Callable[..., Any], options: Any) -> Programs:
    """Return the programs of a function, the same ones for the same options.

    They live as long as the function or what `jit` made of it. Callables that are no
    plain functions do not share: they may be equal and yet differ.

    >>> f = lambda x: x
    >>> programs_of(f, "a") is programs_of(f, "a")
    True
    """
    if type(fun) is not FunctionType:
        return Programs()
    if len(_shared) >= MAXIMUM:  # then later ones share among themselves
        _shared.clear()
    return _shared.setdefault(fun, {}).setdefault(options, Programs())


def clear_caches() -> None:
    """Forget the programs of all jitted functions; the next calls compile anew.

    For one function there is ``f.clear_cache()``.

    >>> import fgrad
    >>> f = fgrad.jit(lambda x: print("staging") or x * 2.0)
    >>> f(1.0), f(2.0)
    staging
    (2.0, 4.0)
    >>> fgrad.clear_caches()
    >>> f(1.0)
    staging
    2.0
    """
    for alive in list(_live.values()):
        programs = alive()
        if programs is not None:
            programs.clear()
