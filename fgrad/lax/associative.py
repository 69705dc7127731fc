"""``associative_scan``: running results of an associative function, in few calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import aval_of, dtype_of, shape_of, short_errors
from ..ops.axes import normalize_axis
from ..ops.basic import reshape
from ..ops.index import getitem
from ..ops.join import concat, stack_arrays
from ..ops.shape import flip_axes
from ..pytree import PyTreeDef, first_difference, tree_unflatten
from ..transforms.arguments import check_callable, name_of
from .bodies import checked_leaves, leaves_of, paths_of, place

Leaves = list[Any]


@short_errors
def associative_scan(
    fn: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """Return the running results of an associative function along an axis.

    Entry ``i`` of the result is ``fn(...fn(fn(x0, x1), x2)..., xi)``. Because ``fn`` is
    associative it may be bracketed otherwise: ``fn`` is called about ``2 log2(n)``
    times, each time on batches, and `scan` would call it ``n`` times. Last bits differ
    from those of a loop.

    Args:
        fn: an associative function of two trees like ``elems``, with any length along
            the axis; ``fn(a, b)[i]`` must depend on ``a[i]`` and ``b[i]`` only. What
            comes first in ``elems`` is its first argument.
        elems: a tree of arrays of one length along the axis.
        reverse: begin at the end.
        axis: the axis; negative ones count from the end of each array.

    Raises:
        TypeError: if ``fn`` returns another structure or dtype.
        ValueError: if lengths differ, or ``fn`` returns another shape.
        AxisError: if an array does not have the axis.

    >>> import numpy as np
    >>> associative_scan(np.add, np.arange(5))
    array([ 0,  1,  3,  6, 10])
    >>> def after(f, g):  # lines x -> a * x + b, one after the other
    ...     return f[0] * g[0], f[1] * g[0] + g[1]
    >>> a, b = associative_scan(after, (np.array([0.5, 0.5, 0.5]), np.ones(3)))
    >>> b  # of x -> 0.5 * x + 1, started at 0
    array([1.  , 1.5 , 1.75])
    """
    check_callable(fn, "associative_scan")
    name = f"associative_scan({name_of(fn)})"
    leaves, tree = leaves_of(elems, name, "elems")
    axes = _axes(leaves, tree, axis, name)
    if reverse:
        leaves = [flip_axes(x, a) for x, a in zip(leaves, axes)]

    def combine(a: Leaves, b: Leaves) -> Leaves:
        out = fn(tree_unflatten(tree, a), tree_unflatten(tree, b))
        return _checked(out, b, tree, name)

    outs = _scanned(combine, leaves, axes)
    return tree_unflatten(
        tree, [flip_axes(x, a) for x, a in zip(outs, axes)] if reverse else outs
    )


def _axes(leaves: Leaves, tree: PyTreeDef, axis: int, name: str) -> list[int]:
    """Return the axis of every leaf; raise if their lengths differ."""
    if not leaves:
        raise ValueError(f"{name}: elems has no arrays, there is nothing to scan")
    paths = paths_of(tree)
    axes = [
        normalize_axis(axis, len(shape_of(x)), f"{name}: elems{path}", shape_of(x))
        for x, path in zip(leaves, paths)
    ]
    lengths = [shape_of(x)[a] for x, a in zip(leaves, axes)]
    if len(set(lengths)) > 1:
        lines = [
            f"\n  elems{path} {aval_of(x)}: {n}"
            for path, x, n in zip(paths, leaves, lengths)
        ]
        raise ValueError(
            f"{name}: the lengths along axis {axis} disagree:{''.join(lines)}"
        )
    return axes


def _checked(out: Any, like: Leaves, tree: PyTreeDef, name: str) -> Leaves:
    """Return the leaves of what ``fn`` returned, which look like its arguments."""
    outs, out_tree = checked_leaves(out, name)
    if out_tree != tree:
        raise TypeError(
            f"{name}: the function must return the structure of elems: "
            f"{first_difference(tree, out_tree)}"
        )
    for i, (x, want) in enumerate(zip(outs, like)):
        at = (
            f"the function must return what it takes, but the output{paths_of(tree)[i]}"
        )
        text = f"{name}: {at} is {aval_of(x)}{place(x)} for two {aval_of(want)}"
        if shape_of(x) != shape_of(want):
            raise ValueError(
                f"{text}: it is called on whole batches; work elementwise, or map it "
                "with vmap"
            )
        if dtype_of(x) != dtype_of(want):
            raise TypeError(f"{text}: write elems.astype({dtype_of(x).name!r})")
    return outs


def _scanned(
    combine: Callable[[Leaves, Leaves], Leaves], xs: Leaves, axes: list[int]
) -> Leaves:
    """Combine neighbours, scan the half as many results, fill in what is between."""

    def part(xs: Leaves, start: int, stop: int | None, step: int = 1) -> Leaves:
        piece = slice(start, stop, step)
        return [getitem(x, (slice(None),) * a + (piece,)) for x, a in zip(xs, axes)]

    n = shape_of(xs[0])[axes[0]]
    if n < 2:
        return [x.copy() for x in xs]
    odd = _scanned(combine, combine(part(xs, 0, n - 1, 2), part(xs, 1, n, 2)), axes)
    even = part(xs, 0, 1)
    if n > 2:
        before = part(odd, 0, (n - 1) // 2)
        rest = combine(before, part(xs, 2, n, 2))
        even = [concat([x, y], a) for x, y, a in zip(even, rest, axes)]
    return list(map(_interleaved, even, odd, axes))


def _interleaved(even: Any, odd: Any, axis: int) -> Any:
    """Return ``even[0], odd[0], even[1], odd[1], ...`` along an axis."""
    shape = shape_of(odd)
    n = shape[axis]
    index = (slice(None),) * axis
    pairs = stack_arrays([getitem(even, (*index, slice(n))), odd], axis + 1)
    z = reshape(pairs, shape=(*shape[:axis], 2 * n, *shape[axis + 1 :]))
    if shape_of(even)[axis] == n:
        return z
    return concat([z, getitem(even, (*index, slice(n, None)))], axis)
