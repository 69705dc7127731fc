"""Reductions over axes under JAX's names. Results keep the dtype of the operand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np

from ..core import aval_of, dtype_of, ndim_of, shape_of, short_errors
from ..ops import elementwise as ew
from ..ops.axes import normalize_axes, normalize_axis
from ..ops.basic import astype, reduced_shape, reshape
from ..ops.basic import reduce_sum as sum_p
from ..ops.reduce import reduce_all, reduce_any
from ..ops.reduce import reduce_max as max_p
from ..ops.reduce import reduce_min as min_p
from ..ops.reduce import reduce_prod as prod_p
from ..pytree import tree_flatten, tree_leaves, tree_unflatten
from .monoids import (
    elementwise,
    folded,
    identity_of,
    is_identity,
    known_computation,
    on_leaves,
)
from .shapes import array_of

Axes = Sequence[int]


def _axes(x: Any, axes: Any, name: str) -> tuple[int, ...]:
    given = tuple(axes) if hasattr(axes, "__iter__") else axes
    return normalize_axes(given, ndim_of(x), name, shape_of(x))


@short_errors
def reduce_sum(operand: Any, axes: Axes, *, out_sharding: Any = None) -> Any:
    """Add elements over axes.

    >>> reduce_sum(np.array([[1, 2], [3, 4]], np.int8), (0,))
    array([4, 6], dtype=int8)
    """
    x = array_of(operand)
    axes = _axes(x, axes, "reduce_sum")
    return sum_p(x, axes=axes, keepdims=False, dtype=dtype_of(x))


@short_errors
def reduce_prod(operand: Any, axes: Axes, *, out_sharding: Any = None) -> Any:
    """Multiply elements over axes."""
    x = array_of(operand)
    axes = _axes(x, axes, "reduce_prod")
    return prod_p(x, axes=axes, keepdims=False, dtype=dtype_of(x))


@short_errors
def reduce_max(operand: Any, axes: Axes, *, out_sharding: Any = None) -> Any:
    """Return the largest element over axes; the least number if there is none."""
    return _extremum("reduce_max", max_p, ew.maximum, operand, axes)


@short_errors
def reduce_min(operand: Any, axes: Axes, *, out_sharding: Any = None) -> Any:
    """Return the smallest element over axes; the largest number if there is none.

    >>> reduce_min(np.zeros((0, 2)), (0,))
    array([inf, inf])
    """
    return _extremum("reduce_min", min_p, ew.minimum, operand, axes)


def _extremum(name: str, prim: Any, pairwise: Any, operand: Any, axes: Any) -> Any:
    x = array_of(operand)
    axes = _axes(x, axes, name)
    shape = shape_of(x)
    if not prod(shape[a] for a in axes):
        least = identity_of(pairwise, dtype_of(x))
        return np.full(reduced_shape(shape, axes, False), least)
    return prim(x, axes=axes, keepdims=False)


@short_errors
def reduce_and(operand: Any, axes: Axes) -> Any:
    """Combine the bits of integers or booleans over axes with ``&``."""
    return _bits("reduce_and", np.bitwise_and, operand, axes)


@short_errors
def reduce_or(operand: Any, axes: Axes) -> Any:
    """Combine the bits of integers or booleans over axes with ``|``."""
    return _bits("reduce_or", np.bitwise_or, operand, axes)


@short_errors
def reduce_xor(operand: Any, axes: Axes) -> Any:
    """Combine the bits of integers or booleans over axes with ``^``.

    >>> reduce_xor(np.array([5, 3, 1]), (0,))
    np.int64(7)
    """
    return _bits("reduce_xor", np.bitwise_xor, operand, axes)


def _bits(name: str, ufunc: Any, operand: Any, axes: Any) -> Any:
    x = array_of(operand)
    axes = _axes(x, axes, name)
    if dtype_of(x).kind not in "biu":
        raise TypeError(f"{name}: booleans or integers are needed, got {dtype_of(x)}")
    if dtype_of(x).kind == "b" and ufunc is not np.bitwise_xor:
        known = reduce_all if ufunc is np.bitwise_and else reduce_any
        return known(x, axes=axes, keepdims=False)
    zero = dtype_of(x).type(0)
    start = ~zero if ufunc is np.bitwise_and else zero
    return folded(lambda a, b: [ufunc(a[0], b[0])], [_rows(x, axes)], [start])[0]


def _rows(x: Any, axes: tuple[int, ...]) -> Any:
    """Return an array with one axis in front that stands for all of those axes."""
    rest = tuple(a for a in range(ndim_of(x)) if a not in axes)
    x = np.transpose(x, (*axes, *rest))
    shape, k = shape_of(x), len(axes)
    return reshape(x, shape=(prod(shape[:k]), *shape[k:]))


@short_errors
def reduce(
    operands: Any,
    init_values: Any,
    computation: Callable[[Any, Any], Any],
    dimensions: Axes,
    out_sharding: Any = None,
) -> Any:
    """Reduce arrays over axes with an associative function of scalars.

    Sums, products, maxima and minima are recognised and take NumPy's own way. Other
    functions are mapped over pairs of neighbours, until one is left, about ``log2(n)``
    times; they are traced, so they may use control flow.

    Args:
        operands: an array, or a tree of arrays of one shape.
        init_values: scalars in the same structure that reductions begin with.
        computation: a function of two elements, each in that structure.
        dimensions: the axes that go.

    Raises:
        ValueError: if structures or shapes differ.

    >>> reduce(np.arange(6.0).reshape(2, 3), -1.0, np.maximum, (1,))
    array([2., 5.])
    >>> import fgrad
    >>> values, places = reduce(
    ...     (np.array([3, 9, 4]), np.arange(3)),
    ...     (-1, -1),
    ...     lambda x, y: fgrad.lax.cond(x[0] >= y[0], lambda: x, lambda: y),
    ...     (0,),
    ... )
    >>> print(values, places)
    9 1
    """
    leaves, tree = tree_flatten(operands)
    xs = list(map(array_of, leaves))
    starts = list(map(array_of, tree_leaves(init_values)))
    _check_operands(xs, starts)
    axes = _axes(xs[0], dimensions, "reduce")
    starts = [astype(s, dtype_of(x)) for s, x in zip(starts, xs)]
    if tree_unflatten(tree, xs) is xs[0]:
        prim = known_computation(computation, dtype_of(xs[0]), "reduce")
        if prim is not None:
            return _known(prim, xs[0], starts[0], axes)

    mapped = elementwise(on_leaves(computation, tree, xs))
    return tree_unflatten(tree, folded(mapped, [_rows(x, axes) for x in xs], starts))


def _check_operands(xs: list[Any], starts: list[Any]) -> None:
    shapes = {shape_of(x) for x in xs}
    if len(shapes) != 1 or len(xs) != len(starts) or any(map(shape_of, starts)):
        raise ValueError(
            f"reduce: operands {', '.join(str(aval_of(x)) for x in xs)} must have one "
            "shape, and there must be a scalar of init_values for each, got "
            f"{', '.join(str(aval_of(x)) for x in starts)}"
        )


def _known(prim: Any, x: Any, start: Any, axes: tuple[int, ...]) -> Any:
    reductions = {
        ew.add: partial(sum_p, dtype=dtype_of(x)),
        ew.mul: partial(prod_p, dtype=dtype_of(x)),
        ew.maximum: max_p,
        ew.minimum: min_p,
    }
    if not prod(shape_of(x)[a] for a in axes):
        return np.broadcast_to(start, reduced_shape(shape_of(x), axes, False))
    z = reductions[prim](x, axes=axes, keepdims=False)
    return z if is_identity(start, prim, dtype_of(x)) else prim(z, start)


# -- places of extrema -----------------------------------------------------------------


@short_errors
def argmax(operand: Any, axis: int, index_dtype: Any) -> Any:
    """Return the place of the first largest element along an axis.

    >>> argmax(np.array([1.0, 3.0, 3.0]), 0, np.int32)
    np.int32(1)
    """
    return _located(np.argmax, operand, axis, index_dtype)


@short_errors
def argmin(operand: Any, axis: int, index_dtype: Any) -> Any:
    """Return the place of the first smallest element along an axis."""
    return _located(np.argmin, operand, axis, index_dtype)


def _located(function: Any, operand: Any, axis: int, index_dtype: Any) -> Any:
    x, dtype, name = array_of(operand), np.dtype(index_dtype), function.__name__
    axis = normalize_axis(axis, ndim_of(x), name, shape_of(x))
    if dtype.kind not in "iu":
        raise TypeError(f"{name}: index_dtype must be an integer dtype, got {dtype}")
    return astype(function(x, axis=axis), dtype)
