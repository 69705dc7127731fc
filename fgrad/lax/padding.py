"""Padding: ``pad`` itself, and what windows need around an array to fit."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any, TypeAlias

import numpy as np

from ..core import dtype_of, is_array, shape_of, short_errors
from ..ops.basic import astype, broadcast_to
from ..ops.index import getitem
from ..ops.index_spec import parse
from ..ops.join import pad as pad_p
from ..ops.scatter import scatter_set_p
from ..ops.window_places import dilated, placed

Padding: TypeAlias = str | Sequence[tuple[int, int]]


@short_errors
def pad(
    operand: Any, padding_value: Any, padding_config: Sequence[tuple[int, int, int]]
) -> Any:
    """Put a value around the elements of an array and between them, or drop elements.

    Args:
        operand: an array.
        padding_value: a scalar; it is cast to the dtype of the array.
        padding_config: for each axis how many to put (before, after, between) elements;
            negative numbers before and after drop elements instead.

    Raises:
        ValueError: if there is no triple for each axis, or the value is no scalar.

    >>> pad(np.array([1, 2, 3]), 0, [(1, 2, 0)])
    array([0, 1, 2, 3, 0, 0])
    >>> pad(np.array([1, 2, 3]), 0, [(-1, 0, 2)])
    array([0, 0, 2, 0, 0, 3])
    """
    x = operand if is_array(operand) else np.asarray(operand)
    shape = shape_of(x)
    config = [tuple(map(index, triple)) for triple in padding_config]
    if len(config) != len(shape) or any(len(t) != 3 or t[2] < 0 for t in config):
        raise ValueError(
            f"pad: an array of shape {shape} needs a triple (before, after, between) "
            f"for each axis, with nothing negative between, got {padding_config}"
        )
    if shape_of(padding_value):
        raise ValueError(
            f"pad: padding_value must be a scalar, got shape {shape_of(padding_value)}"
        )
    return padded(x, padding_value, config) if config else x


def padded(x: Any, value: Any, config: Sequence[tuple[int, ...]]) -> Any:
    """Return ``x`` padded with (before, after, between) elements along each axis."""
    shape = shape_of(x)
    if all(low >= 0 and high >= 0 and not gap for low, high, gap in config):
        widths = tuple((low, high) for low, high, _ in config)
        return pad_p(x, value, widths=widths) if any(map(any, widths)) else x
    full = tuple(
        max(low + dilated(n, gap + 1) + high, 0)
        for n, (low, high, gap) in zip(shape, config)
    )
    pairs = [
        placed(n, gap + 1, low, length)
        for n, (low, _, gap), length in zip(shape, config, full)
    ]
    x = getitem(x, tuple(source for source, _ in pairs))
    if shape_of(x) == full:
        return x
    z = broadcast_to(astype(value, dtype_of(x)), shape=full)
    target, _ = parse(tuple(target for _, target in pairs), full)
    return scatter_set_p(z, x, index=target)


# -- the arguments of windows ------------------------------------------------------


def steps(
    name: str, what: str, values: Sequence[int] | None, rank: int
) -> tuple[int, ...]:
    """Return strides or dilations as positive integers, one for each axis."""
    if values is None:
        return (1,) * rank
    numbers = tuple(map(index, values))
    if len(numbers) != rank or any(n < 1 for n in numbers):
        raise ValueError(
            f"{name}: {what} must be {rank} positive integers, one for each axis of "
            f"the windows, got {values}"
        )
    return numbers


def window_pads(
    name: str,
    padding: Padding,
    lengths: Sequence[int],
    sizes: Sequence[int],
    strides: Sequence[int],
) -> tuple[tuple[int, int], ...]:
    """Return padding as pairs (before, after) for windows over axes of some lengths."""
    if not isinstance(padding, str):
        pairs = tuple((index(low), index(high)) for low, high in padding)
        if len(pairs) != len(lengths):
            raise ValueError(
                f"{name}: padding {padding} must have a pair (before, after) for each "
                f"of the {len(lengths)} axes of the windows"
            )
        return pairs
    kind = padding.upper()
    if kind == "VALID":
        return ((0, 0),) * len(lengths)
    if kind not in ("SAME", "SAME_LOWER"):
        raise ValueError(
            f"{name}: padding must be 'SAME', 'SAME_LOWER', 'VALID' or pairs (before, "
            f"after), got {padding!r}"
        )
    totals = [
        max((-(-n // stride) - 1) * stride + size - n, 0)
        for n, size, stride in zip(lengths, sizes, strides)
    ]
    pairs = tuple((total // 2, total - total // 2) for total in totals)
    return pairs if kind == "SAME" else tuple((b, a) for a, b in pairs)


@short_errors
def padtype_to_pads(
    in_shape: Sequence[int],
    window_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
) -> list[tuple[int, int]]:
    """Return how many elements ``"SAME"`` or ``"VALID"`` put (before, after) each axis.

    With ``"SAME"`` there are as many windows as strides fit, and an odd element goes
    behind; with ``"SAME_LOWER"`` it goes in front.

    >>> padtype_to_pads((10, 9), (3, 2), (2, 1), "SAME")
    [(0, 1), (0, 1)]
    """
    name, rank = "padtype_to_pads", len(in_shape)
    if not rank == len(window_shape) == len(window_strides):
        raise ValueError(
            f"{name}: {rank} lengths, {len(window_shape)} windows and "
            f"{len(window_strides)} strides: there must be one of each for every axis"
        )
    return list(window_pads(name, padding, in_shape, window_shape, window_strides))
