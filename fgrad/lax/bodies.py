"""Staging the functions that control flow calls: trees in, trees out."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from ..core import Aval, Jaxpr, Tracer, is_array, not_numeric, where
from ..pytree import (
    PyTreeDef,
    keystr,
    tree_flatten,
    tree_flatten_with_path,
    tree_unflatten,
)
from ..transforms.arguments import check_callable, name_of
from ..transforms.staging import check_staged_outputs


class Body(NamedTuple):
    """A staged function; what control flow needs to know of its outputs."""

    jaxpr: Jaxpr
    carry_tree: PyTreeDef  # of the outputs that are carried, or of all
    carry_avals: tuple[Aval, ...]  # before they were cast to the carry's type
    places: tuple[str, ...]  # where they were made
    ys_tree: PyTreeDef  # of the outputs that are stacked
    fun: str  # the function, and where it is defined


def check_function(fun: Any, name: str, argument: str) -> None:
    """Raise unless an argument of control flow is a plain function."""
    if not callable(fun):
        got = f"{fun!r} of type {type(fun).__name__}"
        raise TypeError(f"{name}: {argument} must be a function, got {got}")
    check_callable(fun, name)


def users(fun: Any) -> Any:
    """Return the function that the user wrote, inside of wrappers and partials."""
    while True:
        if isinstance(fun, functools.partial):
            fun = fun.func
        elif hasattr(fun, "__wrapped__"):
            fun = fun.__wrapped__
        else:
            return fun


def defined(fun: Callable[..., Any]) -> str:
    """Name a function and say where it is defined, if that is known."""
    code = getattr(users(fun), "__code__", None)
    if code is None:
        return name_of(fun)
    file = os.path.basename(code.co_filename)  # noqa: PTH119 (pathlib is slow)
    return f"{name_of(fun)} ({file}:{code.co_firstlineno})"


def checked_leaves(out: Any, name: str) -> tuple[list[Any], PyTreeDef]:
    """Return the leaves of what a staged function returned; they must be arrays."""
    outs, tree = tree_flatten(out)
    check_staged_outputs(outs, tree, name)
    return outs, tree


def place(x: Any) -> str:
    """Say where a value was made, if that is known."""
    made = type(x) is Tracer and isinstance(x.source, tuple)
    return f" (made at {where(x.source)})" if made else ""


def leaves_of(tree: Any, name: str, what: str) -> tuple[list[Any], PyTreeDef]:
    """Return the leaves of an argument, which have to be arrays or numbers."""
    leaves, treedef = tree_flatten(tree)
    for i, leaf in enumerate(leaves):
        if not is_array(leaf):
            path = paths_of(treedef)[i]
            raise TypeError(f"{name}: {what}{path}: {not_numeric(leaf)}")
    return leaves, treedef


def paths_of(treedef: PyTreeDef) -> list[str]:
    """Return the path of every leaf, as messages show it."""
    tree = tree_unflatten(treedef, range(treedef.num_leaves))
    return [keystr(path) for path, _ in tree_flatten_with_path(tree)[0]]


def label_of(fun: Any, otherwise: str) -> str:
    """Return what a program calls a function: its name, if it has one."""
    name = name_of(fun)
    return otherwise if name == "lambda" else name
