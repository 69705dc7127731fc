"""What collectives are made of: the elements that take part, and their values."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from operator import index
from typing import Any

import numpy as np

from ..core import dtype_of, is_array, not_numeric, shape_of
from ..ops.basic import astype, reduce_sum, reshape
from ..ops.index import getitem
from ..ops.shape import moveaxis
from ..pytree import keystr, tree_flatten_with_path, tree_unflatten
from ..transforms.axis_names import named_axes
from ..transforms.collectives import all_gather_p, axis_index_p, psum_p


class Members:
    """The elements that take part with each other: all of them, or a group."""

    def __init__(self, axis_name: Any, groups: Any, name: str) -> None:
        self.axes = named_axes(axis_name, name)
        self.size = prod(axis.size for axis in self.axes)
        self.groups: np.ndarray | None = None
        if groups is not None:
            self.groups = _checked_groups(groups, self.size, name)
            self.size = self.groups.shape[1]

    def of(self, x: Any) -> Any:
        """Return the members' values, stacked in front."""
        shape = shape_of(x)
        for axis in reversed(self.axes):
            x = all_gather_p(x, axis_index_p(axis=axis), axis=axis)
        if len(self.axes) != 1:
            x = reshape(x, shape=(prod(a.size for a in self.axes), *shape))
        if self.groups is None:
            return x
        group = np.argsort(self.groups, axis=None) // self.size
        return getitem(x, getitem(self.groups, getitem(group, self._index())))

    def place(self) -> Any:
        """Return which of the members an element is."""
        place = self._index()
        if self.groups is None:
            return place
        return getitem(np.argsort(self.groups, axis=None) % self.size, place)

    def _index(self) -> Any:
        """Return the place along all axes, the last one fastest."""
        places = [axis_index_p(axis=axis) for axis in self.axes]
        place = places[0] if places else 0
        for axis, inner in zip(self.axes[1:], places[1:]):
            place = place * axis.size + inner
        return place

    def reduce(self, x: Any, collective: Any, reduction: Any) -> Any:
        """Return a reduction of the members' values."""
        if self.groups is not None:
            return reduction(self.of(x), axes=(0,), keepdims=False)
        return collective(x, axes=self.axes) if self.axes else x

    def sum(self, x: Any) -> Any:
        """Return the sum of the members' values; booleans count as integers."""
        x = astype(x, np.intp) if dtype_of(x).kind == "b" else x
        total = lambda x, **params: reduce_sum(x, dtype=dtype_of(x), **params)
        return self.reduce(x, psum_p, total)


def _checked_groups(groups: Any, count: int, name: str) -> np.ndarray:
    try:
        table = np.array([[index(i) for i in group] for group in groups])
        fits = table.ndim == 2 and sorted(table.ravel().tolist()) == list(range(count))
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise ValueError(
            f"{name}: axis_index_groups must be lists of one length which have every "
            f"index from 0 to {count - 1} once, got {groups!r}"
        )
    return table


def each(fun: Callable[[Any], Any], tree: Any, name: str) -> Any:
    """Apply a function to every array of a tree."""
    leaves, treedef = tree_flatten_with_path(tree)
    for path, leaf in leaves:
        if not is_array(leaf):
            raise TypeError(f"{name}: argument x{keystr(path)}: {not_numeric(leaf)}")
    return tree_unflatten(treedef, [fun(leaf) for _, leaf in leaves])


def part(x: Any, axis: int, members: Members, tiled: bool) -> Any:
    """Return an element's own part of an axis: one of as many as there are members."""
    if tiled:
        shape, n = shape_of(x), members.size
        split = (n, shape[axis] // n)
        x = reshape(x, shape=(*shape[:axis], *split, *shape[axis + 1 :]))
    return getitem(x, (slice(None),) * axis + (members.place(),))


def placed(rows: Any, axis: int, tiled: bool) -> Any:
    """Return rows with the leading axis moved, and joined to the next one if tiled."""
    x = moveaxis(rows, 0, axis)
    if not tiled:
        return x
    shape = shape_of(x)
    joined = shape[axis] * shape[axis + 1]
    return reshape(x, shape=(*shape[:axis], joined, *shape[axis + 2 :]))


def check_split(
    x: Any, axis: int, members: Members, tiled: bool, name: str, what: str
) -> None:
    """Raise unless an axis has a part for every member."""
    length, n = shape_of(x)[axis], members.size
    if length % n if tiled else length != n:
        must = f"a multiple of {n}" if tiled else f"{n}, or a multiple with tiled=True"
        raise ValueError(
            f"{name}: {what} {axis} of an array of shape {shape_of(x)} has size "
            f"{length}; {n} elements take part, so that it must be {must}"
        )
