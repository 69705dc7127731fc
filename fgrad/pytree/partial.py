"""Partial application that is a pytree."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .registry import register_pytree_node


class _Opaque:
    """A callable that functools.partial does not merge into its own arguments."""

    __slots__ = ("func",)

    def __init__(self, func: Callable[..., Any]):
        self.func = func

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.func(*args, **kwargs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Opaque) and self.func == other.func

    def __hash__(self) -> int:
        return hash(self.func)

    def __repr__(self) -> str:
        return repr(self.func)


class Partial(functools.partial):
    """A `functools.partial` whose bound arguments are the leaves of a pytree.

    So a function that carries arrays can be an argument of a transformed function;
    the function itself is static data.

    >>> from fgrad.tree_util import tree_leaves
    >>> power = Partial(pow, 2)
    >>> power(3), tree_leaves(power)
    (8, [2])
    """

    def __new__(cls, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Partial:
        if isinstance(func, functools.partial):
            func = _Opaque(func)  # else the leaves of `func` would move to this node
        return super().__new__(cls, func, *args, **kwargs)


register_pytree_node(
    Partial,
    lambda partial: ((partial.args, partial.keywords), partial.func),
    lambda func, children: Partial(func, *children[0], **children[1]),
)
