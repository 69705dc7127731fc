"""Carries: what goes into an iteration, comes out of it, and keeps its type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..core import Aval, aval_of, promoted
from ..ops.basic import cast
from ..pytree import PyTreeDef, first_difference
from .bodies import Body, paths_of


def joined(before: Aval, after: Aval) -> Aval | None:
    """Return the type of a carry that goes in and comes out so; None if it cannot.

    >>> import numpy as np
    >>> joined(aval_of(0.0), aval_of(np.float32(1.0)))
    f32[]
    >>> joined(aval_of(np.float32(1.0)), aval_of(np.float64(1.0)))
    """
    if before == after:
        return before
    if before.shape != after.shape:
        return None
    if before.weak:
        return Aval(before.shape, promoted(before, after))
    kept = after.weak and promoted(before, after) == before.dtype
    return before if kept else None


def in_type(x: Any, aval: Aval) -> Any:
    """Return a value in a carry's type: Python numbers take the dtype of arrays."""
    return x if aval_of(x) == aval or aval.weak else cast(x, dtype=aval.dtype)


def kept_type(x: Any, aval: Aval) -> Any:
    """Return what a body carries on: a Python number becomes an array if it must."""
    weak = aval_of(x).weak and not aval.shape and joined(aval, aval_of(x)) == aval
    return in_type(x, aval) if weak else x


def settled_carry(
    stage_body: Callable[[list[Aval]], Body],
    carry: Sequence[Any],
    tree: PyTreeDef,
    name: str,
) -> tuple[Body, list[Any]]:
    """Stage a body until its carry comes out as it goes in; return the body and carry.

    ``stage_body(avals)`` stages the body for some carry; the body's first outputs are
    the next carry, with the tree ``body.carry_tree``. Python numbers in the carry
    become arrays of the dtype that the body gives them.

    Raises:
        TypeError: if the carry changes its structure, shape or dtype.
    """
    avals = [aval_of(x) for x in carry]
    while True:
        body = stage_body(avals)
        if body.carry_tree != tree:
            raise TypeError(
                f"{name}: {body.fun} must return the carry in the structure in which "
                f"it got it: {first_difference(tree, body.carry_tree)}"
            )
        after = body.carry_avals
        new = [joined(a, b) for a, b in zip(avals, after)]
        for i, aval in enumerate(new):
            if aval is None:
                raise _changed(avals[i], after[i], body.places[i], tree, i, name)
        if new == avals:
            return body, [in_type(x, a) for x, a in zip(carry, avals)]
        avals = new  # type: ignore[assignment]


def _changed(
    before: Aval, after: Aval, place: str, tree: PyTreeDef, i: int, name: str
) -> TypeError:
    path = paths_of(tree)[i]
    if before.shape != after.shape:
        fix = "every iteration must keep the shape"
    else:
        fix = f"write new.astype({before.dtype.name!r}), or start with {after.dtype}"
    return TypeError(
        f"{name}: the carry{path and f' at {path}'} goes into the body as {before} and "
        f"comes out as {after}{place}: {fix}"
    )
