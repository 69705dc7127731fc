"""Flattening a tree of arrays into one vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .core import aval_of, is_array, not_numeric, shape_of
from .ops.basic import astype, reshape
from .ops.index import getitem
from .ops.join import concat
from .pytree import keystr, tree_flatten, tree_flatten_with_path, tree_unflatten


def ravel_pytree(pytree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return the arrays of a tree as one vector, and the function that undoes it.

    The vector has the promoted dtype of all arrays; ``unravel`` gives each array its
    shape and dtype back. Both work on traced values.

    Raises:
        TypeError: for a leaf that is no array.
        ValueError: if ``unravel`` gets a vector of another length.

    >>> vector, unravel = ravel_pytree({"b": 1.0, "w": np.ones((2, 2))})
    >>> vector
    array([1., 1., 1., 1., 1.])
    >>> unravel(vector * 2)["w"]
    array([[2., 2.],
           [2., 2.]])
    """
    leaves, treedef = tree_flatten(pytree)
    for path, leaf in tree_flatten_with_path(pytree)[0]:
        if not is_array(leaf):
            raise TypeError(f"ravel_pytree{keystr(path)}: {not_numeric(leaf)}")
    avals = list(map(aval_of, leaves))
    sizes = [aval.size for aval in avals]

    def unravel(vector: Any) -> Any:
        if shape_of(vector) != (sum(sizes),):
            raise ValueError(
                f"unravel needs a vector of {sum(sizes)} elements, got shape "
                f"{shape_of(vector)}"
            )
        ends = np.cumsum([0, *sizes])
        parts = [
            astype(
                reshape(getitem(vector, slice(start, end)), shape=aval.shape),
                aval.dtype,
            )
            for start, end, aval in zip(ends, ends[1:], avals)
        ]
        return tree_unflatten(treedef, parts)

    if not leaves:
        return np.zeros(0), unravel
    flat = [reshape(x, shape=(aval.size,)) for x, aval in zip(leaves, avals)]
    return concat(flat), unravel
