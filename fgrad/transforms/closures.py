"""The tracers that functions close over, found and replaced."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from inspect import Signature
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..core import Primitive, Trace, Tracer, is_inexact
from ..pytree import is_tree_node, tree_flatten, tree_leaves, tree_unflatten
from .arguments import Transformed


class Closure:
    """Some objects, and the tracers that their functions close over.

    Functions, methods, partials, transformed functions and pytrees are looked into;
    ``replaced(values)`` gives the same objects with other values for the tracers.
    """

    def __init__(self, *objects: Any) -> None:
        self.objects = objects
        self._tracers: dict[int, Tracer] = {}
        self._alive: dict[int, Any] = {}
        self._parents: dict[int, list[int]] = {}
        for x in objects:
            self._scan(x)
        self.tracers = list(self._tracers.values())

    def _scan(self, root: Any) -> None:
        todo = [root]
        while todo:
            x = todo.pop()
            if id(x) in self._alive:
                continue
            self._alive[id(x)] = x
            if type(x) is Tracer:
                self._tracers[id(x)] = x
            for part in _parts(x):
                if type(part) in _OPAQUE:
                    continue
                self._parents.setdefault(id(part), []).append(id(x))
                todo.append(part)

    def replaced(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Return the objects with these values in place of the tracers."""
        if not self._tracers:
            return self.objects
        todo, stale = list(self._tracers), set()
        while todo:
            key = todo.pop()
            if key not in stale:
                stale.add(key)
                todo += self._parents.get(key, ())
        done = dict(zip(self._tracers, values, strict=True))
        return tuple(_rebuilt(x, stale, done) for x in self.objects)


_OPAQUE = {str, int, float, bool, type(None), type, np.ndarray, ModuleType, Signature}


def _parts(x: Any) -> list[Any]:
    if isinstance(x, FunctionType):
        cells = [c.cell_contents for c in x.__closure__ or () if _is_filled(c)]
        return [*cells, x.__defaults__, x.__kwdefaults__]
    if isinstance(x, MethodType):
        return [x.__func__, x.__self__]
    if isinstance(x, partial):
        return [x.func, x.args, x.keywords]
    if isinstance(x, Transformed):
        return list(vars(x).values())
    if not is_tree_node(type(x)):
        return []
    try:
        return tree_leaves(x)
    except (TypeError, ValueError):  # a dict whose keys have no order is no tree
        return []


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _rebuilt(x: Any, stale: set[int], done: dict[int, Any]) -> Any:
    if id(x) not in stale:
        return x
    if id(x) in done:
        return done[id(x)]
    again = lambda part: _rebuilt(part, stale, done)
    if isinstance(x, FunctionType):
        return _rebuilt_function(x, stale, done)
    if isinstance(x, MethodType):
        return MethodType(again(x.__func__), again(x.__self__))
    if isinstance(x, partial):
        return partial(again(x.func), *again(x.args), **again(x.keywords))
    if isinstance(x, Transformed):
        done[id(x)] = new = object.__new__(type(x))
        vars(new).update({key: again(value) for key, value in vars(x).items()})
        return new
    leaves, treedef = tree_flatten(x)
    return tree_unflatten(treedef, map(again, leaves))


def _rebuilt_function(f: Any, stale: set[int], done: dict[int, Any]) -> Any:
    # Only cells that change are new: the others stay shared with the original.
    cells = [
        CellType() if _is_filled(c) and id(c.cell_contents) in stale else c
        for c in f.__closure__ or ()
    ]
    new = FunctionType(f.__code__, f.__globals__, f.__name__, None, tuple(cells))
    done[id(f)] = new  # before its parts are made: a function may refer to itself
    for cell, old in zip(cells, f.__closure__ or ()):
        if cell is not old:
            cell.cell_contents = _rebuilt(old.cell_contents, stale, done)
    new.__defaults__ = _rebuilt(f.__defaults__, stale, done)
    new.__kwdefaults__ = _rebuilt(f.__kwdefaults__, stale, done)
    new.__dict__.update(f.__dict__)
    new.__qualname__ = f.__qualname__
    return new


class Watch(Trace):
    """Finds out what depends on some values: what is computed from them is followed.

    Derivatives are left to the traces below.
    """

    def lift(self, value: Any) -> Tracer:
        """Return a tracer of a value to watch."""
        return Tracer(self, value, None, None)

    def lifted(self, value: Any) -> Tracer:
        """Return a tracer of a new constant."""
        return self.lift(value)

    def record(self, prim: Primitive, args: tuple[Any, ...], params: Any) -> Any:
        """Run the primitive one level down."""
        if self.ended:
            self.check_alive(prim, args)
        z = prim(*(self.lowered(a) for a in args), **params)
        if prim.flat:
            return z
        if prim.multi:
            return [self.lift(one) if is_inexact(one) else one for one in z]
        return self.lift(z)

    def sees(self, x: Any) -> bool:
        """Say whether a value depends on what is watched."""
        return type(x) is Tracer and x.owner is self

    def lowered(self, x: Any) -> Any:
        """Return what a value stands for one level down."""
        return x.value if self.sees(x) else x
