"""Reductions of segments: rows that share an id, added up or compared."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from ..core import aval_of, dtype_of, is_array, known_value, shape_of, short_errors
from ..errors import ConcretizationTypeError
from .elementwise import logical_or, lt, maximum, minimum, where
from .index import at


def _array(x: Any) -> Any:
    return x if is_array(x) and hasattr(x, "shape") else np.asarray(x)


def _count(name: str, ids: Any, num_segments: int | None) -> int:
    """Return how many segments there are: one more than the largest id, if not told."""
    if num_segments is not None:
        count = index(num_segments)
        if count < 0:
            raise ValueError(f"{name}: num_segments={count} must not be negative")
        return count
    value = known_value(ids)
    if value is None:
        raise ConcretizationTypeError(
            f"{name}: how many segments there are depends on the values of "
            f"{ids.describe()}, but {ids.owner.unknown}. Give num_segments"
        )
    value = np.asarray(value)
    return max(int(value.max()) + 1, 0) if value.size else 0


def _reduced(name, method, start, data, ids, num_segments, mode):
    x, ids = _array(data), _array(ids)
    if dtype_of(ids).kind not in "iu":
        raise TypeError(f"{name}: segment_ids must be integers, got {aval_of(ids)}")
    rank = len(shape_of(ids))
    if not rank or shape_of(x)[:rank] != shape_of(ids):
        raise ValueError(
            f"{name}: segment_ids of shape {shape_of(ids)} must number the rows of "
            f"data of shape {shape_of(x)}"
        )
    count = _count(name, ids, num_segments)
    z = np.full((count, *shape_of(x)[rank:]), start, dtype_of(x))
    kind = getattr(mode, "name", mode)
    kind = kind.lower() if isinstance(kind, str) else kind
    if kind == "clip":
        ids = minimum(maximum(ids, 0), count - 1)
    if kind in ("clip", "promise_in_bounds"):
        return getattr(at(z)[ids], method)(x, mode=kind)
    if kind not in (None, "fill", "drop", "fill_or_drop"):
        raise ValueError(
            f"{name}: mode must be 'drop', 'clip' or 'promise_in_bounds', got {mode!r}"
        )
    outside = where(logical_or(lt(ids, 0), lt(count - 1, ids)), count, ids)
    return getattr(at(z)[outside], method)(x, mode="drop")


def _limits(x: Any) -> tuple[Any, Any]:
    """Return the least and the largest number of a dtype."""
    dtype = dtype_of(_array(x))
    if dtype.kind == "b":
        return False, True
    if dtype.kind in "iu":
        return np.iinfo(dtype).min, np.iinfo(dtype).max
    return -np.inf, np.inf


@short_errors
def segment_sum(
    data: Any,
    segment_ids: Any,
    num_segments: int | None = None,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: Any = None,
    out_sharding: Any = None,
) -> Any:
    """Add up the rows of ``data`` that share an id.

    Args:
        data: an array; its rows are what the ids number.
        segment_ids: an integer for each row, in any order. Rows whose id is negative or
            not below ``num_segments`` are left out.
        num_segments: how many rows the result has; by default one more than the
            largest id, which must then be known (it is not under `jit`).
        indices_are_sorted: a promise, which is not needed.
        unique_indices: a promise, which is not needed.
        bucket_size: ignored: NumPy adds one row after the other.
        mode: ``"clip"`` moves ids to the nearest segment instead of leaving rows out.
        out_sharding: ignored.

    Raises:
        TypeError: if ids are no integers.
        ValueError: if there is not one id for each row.

    >>> segment_sum(np.array([1.0, 2.0, 3.0]), np.array([0, 1, 0]))
    array([4., 2.])
    """
    return _reduced("segment_sum", "add", 0, data, segment_ids, num_segments, mode)


@short_errors
def segment_prod(
    data: Any,
    segment_ids: Any,
    num_segments: int | None = None,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: Any = None,
    out_sharding: Any = None,
) -> Any:
    """Multiply the rows that share an id; arguments are those of `segment_sum`.

    >>> segment_prod(np.array([2.0, 5.0, 3.0]), np.array([0, 1, 0]), 3)
    array([6., 5., 1.])
    """
    name = "segment_prod"
    return _reduced(name, "multiply", 1, data, segment_ids, num_segments, mode)


@short_errors
def segment_max(
    data: Any,
    segment_ids: Any,
    num_segments: int | None = None,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: Any = None,
    out_sharding: Any = None,
) -> Any:
    """Return the largest of the rows that share an id; see `segment_sum`.

    Without rows that is the least number of the dtype. Ties share the gradient.

    >>> segment_max(np.array([2.0, 5.0, 3.0]), np.array([0, 1, 0]))
    array([3., 5.])
    """
    least, _ = _limits(data)
    return _reduced("segment_max", "max", least, data, segment_ids, num_segments, mode)


@short_errors
def segment_min(
    data: Any,
    segment_ids: Any,
    num_segments: int | None = None,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: Any = None,
    out_sharding: Any = None,
) -> Any:
    """Return the smallest of the rows that share an id; see `segment_sum`.

    Without rows that is the largest number of the dtype. Ties share the gradient.

    >>> segment_min(np.array([2.0, 5.0, 3.0]), np.array([0, 1, 0]))
    array([2., 5.])
    """
    _, most = _limits(data)
    return _reduced("segment_min", "min", most, data, segment_ids, num_segments, mode)
