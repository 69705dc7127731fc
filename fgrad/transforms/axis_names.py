"""The names of mapped axes: which are in scope while a mapped function runs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from ..core import user_source, where


class Axis(NamedTuple):
    """An axis that vmap maps over: its size and its name, None if it has none.

    ``depth`` counts the axes of the same name outside of it, which it hides.
    """

    size: int
    name: Hashable = None
    depth: int = 0

    def __repr__(self) -> str:
        return f"{self.name}:{self.size}"


axes_in_scope: ContextVar[tuple[Axis, ...]] = ContextVar("axes in scope", default=())
"""The named axes; what is staged may depend on them, so cache keys include them."""

_indices: ContextVar[Mapping[Axis, Callable[[], Any]]] = ContextVar("their indices")


def new_axis(size: int, name: Hashable) -> Axis:
    """Return the axis of a new vmap; it hides an axis of the same name."""
    scope = axes_in_scope.get() if name is not None else ()
    return Axis(size, name, next((a.depth + 1 for a in scope if a.name == name), 0))


@contextmanager
def bound(indices: Mapping[Axis, Callable[[], Any]]) -> Iterator[None]:
    """Have axes in scope by their names; what is given makes the indices along them."""
    names = {axis.name for axis in indices}
    kept = (axis for axis in axes_in_scope.get() if axis.name not in names)
    scope = axes_in_scope.set((*kept, *indices))
    made = _indices.set({**_indices.get({}), **indices})
    try:
        yield
    finally:
        axes_in_scope.reset(scope)
        _indices.reset(made)


def index_along(axis: Axis) -> Any:
    """Return the place of an element along an axis in scope."""
    if axis not in axes_in_scope.get():
        raise unbound(axis.name, "axis_index")
    return _indices.get()[axis]()


def named_axes(names: Any, collective: str) -> tuple[Axis, ...]:
    """Return the axes that a name, or a tuple of names, means here."""
    several = names if isinstance(names, tuple | list) else (names,)
    scope = {axis.name: axis for axis in axes_in_scope.get()}
    for name in several:
        if name not in scope:
            raise unbound(name, collective)
    if len(set(several)) < len(several):
        raise ValueError(f"{collective}: an axis is named twice in {names!r}")
    return tuple(scope[name] for name in several)


def unbound(name: Hashable, collective: str) -> NameError:
    """Return the error about a name that no vmap around the caller gave."""
    known = [axis.name for axis in axes_in_scope.get()]
    names = f"the names in scope are {known}" if known else "no axis has a name here"
    return NameError(
        f"{collective}: unbound axis name {name!r} at {where(user_source())}; {names}. "
        f"Name the axis where it is mapped: vmap(f, axis_name={name!r})"
    )
