"""Reductions of windows (pooling) under JAX's name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from ..core import aval_of, dtype_of, shape_of, short_errors
from ..ops import elementwise as ew
from ..ops import windows as ops
from ..ops.basic import astype, reshape
from ..ops.window_places import dilated, window_count
from ..pytree import PyTreeDef, tree_flatten, tree_leaves, tree_unflatten
from .monoids import elementwise, folded, is_identity, known_computation, on_leaves
from .padding import Padding, padded, steps, window_pads
from .shapes import array_of

_WINDOWS: dict[Any, Any] = {
    ew.add: ops.window_sum,
    ew.mul: ops.window_prod,
    ew.maximum: ops.window_max,
    ew.minimum: ops.window_min,
}


@short_errors
def reduce_window(
    operand: Any,
    init_value: Any,
    computation: Callable[[Any, Any], Any],
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: Padding = "VALID",
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Any:
    """Reduce each of the windows that slide over an array to one element.

    The gradient of a maximum (or minimum) goes to the first element of a window that
    attains it, as in JAX; `max` over axes shares it among ties.

    Args:
        operand: an array, or a tree of arrays of one shape.
        init_value: a scalar that each reduction begins with and that stands in the
            padding: 0 for sums, 1 for products, ``-np.inf`` for maxima, ``np.inf`` for
            minima.
        computation: an associative function of two scalars. ``np.add``,
            ``np.multiply``, ``np.maximum``, ``np.minimum`` and functions that are one
            of these are fast; others are mapped over pairs of a window.
        window_dimensions: the length of windows along every axis of the array.
        window_strides: how far apart windows are; 1 by default.
        padding: ``"VALID"``, ``"SAME"``, ``"SAME_LOWER"``, or a pair (before, after)
            for every axis; negative numbers drop elements.
        base_dilation: the distance of the array's elements, with ``init_value`` in
            between.
        window_dilation: the distance of neighbours in a window.

    Raises:
        ValueError: if there is not one number for every axis, or padding is unknown.

    >>> image, window = np.arange(16.0).reshape(4, 4), (2, 2)
    >>> reduce_window(image, -np.inf, np.maximum, window, window)
    array([[ 5.,  7.],
           [13., 15.]])
    >>> reduce_window(np.arange(5.0), 0.0, np.add, (3,), padding="SAME")
    array([1., 3., 6., 9., 7.])
    """
    name = "reduce_window"
    leaves, tree = tree_flatten(operand)
    xs, starts = list(map(array_of, leaves)), tree_leaves(init_value)
    shape = _common_shape(name, xs, starts)
    rank = len(shape)
    sizes = steps(name, "window_dimensions", window_dimensions, rank)
    strides = steps(name, "window_strides", window_strides, rank)
    gaps = steps(name, "base_dilation", base_dilation, rank)
    dilations = steps(name, "window_dilation", window_dilation, rank)
    pads = window_pads(
        name, padding, shape,
        list(map(dilated, sizes, dilations)), strides,
    )  # fmt: skip
    starts = [astype(s, dtype_of(x)) for s, x in zip(starts, xs)]
    config = [(*pair, gap - 1) for pair, gap in zip(pads, gaps)]
    xs = [padded(x, s, config) for x, s in zip(xs, starts)]
    window = list(zip(sizes, strides, dilations))
    if tree_unflatten(tree, xs) is xs[0]:
        prim = known_computation(computation, dtype_of(xs[0]), name)
        if prim is not None:
            return _known(prim, xs[0], starts[0], window)
    return tree_unflatten(tree, _general(xs, starts, computation, tree, window))


def _common_shape(name: str, xs: list[Any], starts: list[Any]) -> tuple[int, ...]:
    """Return the shape of all operands; raise if they differ or starts do not fit."""
    if not xs or len({shape_of(x) for x in xs}) > 1 or len(starts) != len(xs):
        raise ValueError(
            f"{name}: operands {', '.join(str(aval_of(x)) for x in xs)} must have one "
            f"shape, with an init_value for each, got {len(starts)}"
        )
    for start in starts:
        if shape_of(start):
            raise ValueError(
                f"{name}: init_value must be a scalar, got shape {shape_of(start)}"
            )
    return shape_of(xs[0])


def _known(prim: Any, x: Any, start: Any, window: Any) -> Any:
    # From the last axis to the first: ties then go to the first in memory.
    for axis, (size, stride, dilation) in reversed([*enumerate(window)]):
        if size > 1 or stride > 1:
            x = _WINDOWS[prim](
                x, axis=axis, width=size, stride=stride, dilation=dilation
            )
    return x if is_identity(start, prim, dtype_of(x)) else prim(x, start)


def _general(
    xs: list[Any], starts: list[Any], computation: Any, tree: PyTreeDef, window: Any
) -> list[Any]:
    """Reduce windows with any associative function, all of them at once."""
    rank, rows = len(window), []
    for x in xs:
        for axis, (size, stride, gap) in enumerate(window):
            x = ops.window_view(x, axis=axis, width=size, stride=stride, dilation=gap)
        x = np.transpose(x, (*range(rank, 2 * rank), *range(rank)))
        shape = shape_of(x)
        rows.append(reshape(x, shape=(prod(shape[:rank]), *shape[rank:])))
    return folded(elementwise(on_leaves(computation, tree, xs)), rows, starts)


@short_errors
def reduce_window_shape_tuple(
    operand_shape: Sequence[int],
    window_dimensions: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """Return the shape that `reduce_window` gives.

    >>> reduce_window_shape_tuple((5, 6), (2, 3), (2, 1), "VALID")
    (2, 4)
    """
    name, rank = "reduce_window_shape_tuple", len(operand_shape)
    sizes = steps(name, "window_dimensions", window_dimensions, rank)
    strides = steps(name, "window_strides", window_strides, rank)
    gaps = steps(name, "window_dilation", window_dilation, rank)
    spread = list(map(dilated, sizes, gaps))
    base = steps(name, "base_dilation", base_dilation, rank)
    lengths = list(map(dilated, operand_shape, base))
    pads = window_pads(name, padding, lengths, spread, strides)
    return tuple(
        window_count(n + sum(pair), size, stride)
        for n, pair, size, stride in zip(lengths, pads, spread, strides)
    )
