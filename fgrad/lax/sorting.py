"""Sorting and the largest elements under JAX's names."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from ..core import aval_of, ndim_of, shape_of, short_errors
from ..ops.axes import normalize_axis
from ..ops.basic import astype
from ..ops.shape import flip
from ..ops.sort import argsort, sort_p, take_along
from .shapes import array_of


@short_errors
def sort(
    operand: Any, dimension: int = -1, is_stable: bool = True, num_keys: int = 1
) -> Any:
    """Sort along an axis; of several arrays all follow the order of the first ones.

    nan comes last. Derivatives follow the (stable) order.

    Args:
        operand: an array, or a sequence of arrays of one shape.
        dimension: the axis.
        is_stable: whether equal elements keep their order.
        num_keys: how many of the arrays decide, earlier ones first.

    Raises:
        ValueError: if shapes differ, or ``num_keys`` is out of bounds.

    >>> sort(np.array([3.0, 1.0, 2.0]))
    array([1., 2., 3.])
    >>> sort((np.array([1, 0, 1]), np.array([5, 6, 4])), num_keys=2)
    (array([0, 1, 1]), array([6, 4, 5]))
    """
    if hasattr(operand, "shape"):
        axis = normalize_axis(dimension, ndim_of(operand), "sort", shape_of(operand))
        return sort_p(operand, axis=axis, stable=bool(is_stable))
    xs = list(map(array_of, operand))
    if not xs or len({shape_of(x) for x in xs}) > 1:
        raise ValueError(
            "sort: one array or more of one shape are needed, got "
            f"{', '.join(str(aval_of(x)) for x in xs) or 'none'}"
        )
    if not 1 <= index(num_keys) <= len(xs):
        raise ValueError(f"sort: num_keys={num_keys} must be in 1 to {len(xs)}")
    axis = normalize_axis(dimension, ndim_of(xs[0]), "sort", shape_of(xs[0]))
    last, *earlier = reversed(xs[:num_keys])
    order = argsort(last, axis=axis, stable=True)
    for key in earlier:
        step = argsort(take_along(key, order, axis=axis), axis=axis, stable=True)
        order = take_along(order, step, axis=axis)
    return tuple(take_along(x, order, axis=axis) for x in xs)


@short_errors
def sort_key_val(
    keys: Any, values: Any, dimension: int = -1, is_stable: bool = True
) -> tuple[Any, Any]:
    """Sort keys along an axis, and move values alike.

    >>> sort_key_val(np.array([2, 1]), np.array([0.5, 0.7]))
    (array([1, 2]), array([0.7, 0.5]))
    """
    k, v = sort((array_of(keys), array_of(values)), dimension, is_stable)
    return k, v


@short_errors
def top_k(operand: Any, k: int, *, axis: int = -1) -> tuple[Any, Any]:
    """Return the largest elements along an axis, in order, and their places (int32).

    Equal elements keep their order; nan counts as largest.

    Raises:
        ValueError: if the axis is not that long.

    >>> top_k(np.array([1.0, 5.0, 3.0]), 2)
    (array([5., 3.]), array([1, 2], dtype=int32))
    """
    return _largest("top_k", operand, k, axis)


def _largest(name: str, operand: Any, k: int, axis: int) -> tuple[Any, Any]:
    x, k = array_of(operand), index(k)
    shape = shape_of(x)
    axis = normalize_axis(axis, len(shape), name, shape)
    if not 0 <= k <= shape[axis]:
        raise ValueError(
            f"{name}: k={k} must be in 0 to {shape[axis]}, the length of axis {axis} "
            f"of shape {shape}"
        )
    rising = argsort(flip(x, axes=(axis,)), axis=axis, stable=True)
    falling = shape[axis] - 1 - flip(rising, axes=(axis,))
    order = falling[(slice(None),) * axis + (slice(k),)]
    return take_along(x, order, axis=axis), astype(order, np.int32)


@short_errors
def approx_max_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Any, Any]:
    """Return the largest elements and their places; here exactly, as `top_k`.

    >>> approx_max_k(np.array([1.0, 5.0, 3.0]), 1)
    (array([5.]), array([1], dtype=int32))
    """
    return _largest("approx_max_k", operand, k, reduction_dimension)


@short_errors
def approx_min_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Any, Any]:
    """Return the smallest elements and their places, exactly.

    >>> approx_min_k(np.array([1.0, 5.0, 3.0]), 2)
    (array([1., 3.]), array([0, 2], dtype=int32))
    """
    x, k = array_of(operand), index(k)
    shape = shape_of(x)
    axis = normalize_axis(reduction_dimension, len(shape), "approx_min_k", shape)
    if not 0 <= k <= shape[axis]:
        raise ValueError(
            f"approx_min_k: k={k} must be in 0 to {shape[axis]}, the length of axis "
            f"{axis} of shape {shape}"
        )
    order = argsort(x, axis=axis, stable=True)
    order = order[(slice(None),) * axis + (slice(k),)]
    return take_along(x, order, axis=axis), astype(order, np.int32)
