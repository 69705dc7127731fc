"""Products that sum over axes, under JAX's names.

``precision`` is accepted and ignored: products are as precise as their dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from ..core import aval_of, dtype_of, promoted, shape_of, short_errors
from ..ops.basic import astype
from ..ops.contract import matmul
from ..ops.dot_general import dot_general as general
from ..ops.sort import take_along
from .shapes import array_of

Axes = Sequence[int]
DotDimensionNumbers: TypeAlias = tuple[tuple[Axes, Axes], tuple[Axes, Axes]]


def _wide(lhs: Any, rhs: Any, preferred: Any) -> tuple[Any, Any, np.dtype]:
    """Return operands wide enough for the sum, and the dtype of the result."""
    x, y = array_of(lhs), array_of(rhs)
    dtype = promoted(aval_of(x), aval_of(y))
    wanted = dtype if preferred is None else np.dtype(preferred)
    wide = np.result_type(dtype, wanted)
    if wide != dtype:
        x, y = astype(x, wide), astype(y, wide)
    return x, y, wanted


def _finished(z: Any, dtype: np.dtype) -> Any:
    return z if dtype_of(z) == dtype else astype(z, dtype)


@short_errors
def dot(
    lhs: Any,
    rhs: Any,
    *,
    dimension_numbers: DotDimensionNumbers | None = None,
    precision: Any = None,
    preferred_element_type: Any = None,
    out_sharding: Any = None,
) -> Any:
    """Multiply vectors or matrices, or as `dot_general` with dimension numbers.

    Raises:
        ValueError: if an operand has no axis or more than two, or lengths differ.

    >>> dot(np.array([[1, 2], [3, 4]]), np.array([1, 10]))
    array([21, 43])
    """
    x, y = array_of(lhs), array_of(rhs)
    if dimension_numbers is None:
        nx, ny = len(shape_of(x)), len(shape_of(y))
        fit = nx in (1, 2) and ny in (1, 2) and shape_of(x)[-1] == shape_of(y)[0]
        if not fit:
            raise ValueError(
                f"dot: shapes {shape_of(x)} and {shape_of(y)} must be those of vectors "
                "or matrices, the last axis of the first as long as the first of the "
                "second; dot_general and batch_matmul take more axes"
            )
        dimension_numbers = (((nx - 1,), (0,)), ((), ()))
    return dot_general(
        x, y, dimension_numbers, preferred_element_type=preferred_element_type
    )


@short_errors
def dot_general(
    lhs: Any,
    rhs: Any,
    dimension_numbers: DotDimensionNumbers,
    precision: Any = None,
    preferred_element_type: Any = None,
    *,
    out_sharding: Any = None,
) -> Any:
    """Multiply arrays, summing over some axes, along others.

    The result has the batch axes, then what is left of ``lhs``, then of ``rhs``.

    Args:
        lhs: an array.
        rhs: an array.
        dimension_numbers: ``((lhs, rhs) axes to sum over, (lhs, rhs) batch axes)``.
        precision: ignored.
        preferred_element_type: the dtype of the sums and the result.

    Raises:
        ValueError: if axes repeat, are out of bounds, or differ in length.

    >>> x, y = np.ones((5, 2, 3)), np.ones((5, 3, 4))
    >>> dot_general(x, y, (((2,), (1,)), ((0,), (0,)))).shape
    (5, 2, 4)
    """
    x, y, wanted = _wide(lhs, rhs, preferred_element_type)
    contract, batch = (tuple(map(tuple, pair)) for pair in dimension_numbers)
    _check_axes(shape_of(x), shape_of(y), contract, batch)
    return _finished(general(x, y, contract=contract, batch=batch), wanted)


def _check_axes(x: Any, y: Any, contract: Any, batch: Any) -> None:
    for shape, mine in zip((x, y), zip(contract, batch)):
        axes = mine[0] + mine[1]
        if len({*axes}) < len(axes) or any(not 0 <= a < len(shape) for a in axes):
            raise ValueError(
                f"dot_general: axes {axes} of shape {shape} must be different ones of "
                f"0 to {len(shape) - 1}"
            )
    for what, (mine, other) in (("summed", contract), ("batch", batch)):
        if [x[a] for a in mine] != [y[a] for a in other]:
            raise ValueError(
                f"dot_general: {what} axes {mine} of shape {x} and {other} of shape "
                f"{y} differ in number or length"
            )


@short_errors
def batch_matmul(lhs: Any, rhs: Any, precision: Any = None) -> Any:
    """Multiply stacks of matrices, which lie in the last two axes.

    >>> batch_matmul(np.ones((5, 2, 3)), np.ones((5, 3, 4))).shape
    (5, 2, 4)
    """
    x, y = array_of(lhs), array_of(rhs)
    if len(shape_of(x)) < 2 or shape_of(x)[:-2] != shape_of(y)[:-2]:
        raise ValueError(
            f"batch_matmul: shapes {shape_of(x)} and {shape_of(y)} must be those of "
            "stacks of as many matrices"
        )
    return matmul(x, y)


@short_errors
def ragged_dot(
    lhs: Any,
    rhs: Any,
    group_sizes: Any,
    precision: Any = None,
    preferred_element_type: Any = None,
    group_offset: Any = None,
    out_sharding: Any = None,
) -> Any:
    """Multiply each group of consecutive rows by a matrix of its own.

    Every row is multiplied by every matrix, and one product is kept: that is simple,
    and costs as many products as there are groups.

    Args:
        lhs: rows ``(m, k)``.
        rhs: a matrix for each group, ``(g, k, n)``.
        group_sizes: how many rows belong to each group ``(g,)``; rows behind the last
            group become zero.
        precision: ignored.
        preferred_element_type: the dtype of the sums and the result.
        group_offset: not supported.

    Raises:
        ValueError: if shapes do not fit.

    >>> ragged_dot(np.ones((3, 1)), np.array([[[2.0]], [[5.0]]]), np.array([1, 2]))
    array([[2.],
           [5.],
           [5.]])
    """
    if group_offset is not None:
        raise ValueError("ragged_dot: group_offset is not supported: slice rhs instead")
    x, y, wanted = _wide(lhs, rhs, preferred_element_type)
    sizes = array_of(group_sizes)
    shapes = (shape_of(x), shape_of(y), shape_of(sizes))
    ranks = tuple(map(len, shapes))
    if ranks != (2, 3, 1) or x.shape[1] != y.shape[1] or y.shape[:1] != sizes.shape:
        raise ValueError(
            "ragged_dot: lhs (m, k), rhs (g, k, n) and group_sizes (g,) are needed, "
            f"got shapes {shapes[0]}, {shapes[1]} and {shapes[2]}"
        )
    (m, _), (g, _, n) = shapes[:2]
    ends = np.cumsum(sizes)
    rows = np.arange(m)[:, None]
    group = np.sum(rows >= ends, axis=1)
    every = matmul(x, y)
    place = np.broadcast_to(np.minimum(group, g - 1)[None, :, None], (1, m, n))
    z = take_along(every, place, axis=0)[0]
    return _finished(np.where(group[:, None] < g, z, 0), wanted)
