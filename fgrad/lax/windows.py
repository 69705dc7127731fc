"""Reductions of windows (pooling) under JAX's name."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core import Aval, Tracer, dtype_of, is_array, shape_of, short_errors
from ..ops import elementwise as ew
from ..ops import windows as ops
from ..ops.basic import astype
from ..ops.window_places import dilated
from ..transforms.arguments import check_callable, name_of
from ..transforms.staging import stage
from .padding import Padding, padded, steps, window_pads

_OPS: dict[Any, Any] = {
    np.add: ew.add, operator.add: ew.add,
    np.multiply: ew.mul, operator.mul: ew.mul,
    np.maximum: ew.maximum, builtins.max: ew.maximum,
    np.minimum: ew.minimum, builtins.min: ew.minimum,
}  # fmt: skip
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
        operand: an array.
        init_value: a scalar that each reduction begins with and that stands in the
            padding: 0 for sums, 1 for products, ``-np.inf`` for maxima, ``np.inf`` for
            minima.
        computation: ``np.add``, ``np.multiply``, ``np.maximum``, ``np.minimum``, or a
            function of two scalars that is one of these.
        window_dimensions: the length of windows along every axis of the array.
        window_strides: how far apart windows are; 1 by default.
        padding: ``"VALID"``, ``"SAME"``, ``"SAME_LOWER"``, or a pair (before, after)
            for every axis; negative numbers drop elements.
        base_dilation: the distance of the array's elements, with ``init_value`` in
            between.
        window_dilation: the distance of neighbours in a window.

    Raises:
        ValueError: if there is not one number for every axis, or padding is unknown.
        TypeError: if the computation is another one.

    >>> image, window = np.arange(16.0).reshape(4, 4), (2, 2)
    >>> reduce_window(image, -np.inf, np.maximum, window, window)
    array([[ 5.,  7.],
           [13., 15.]])
    >>> reduce_window(np.arange(5.0), 0.0, np.add, (3,), padding="SAME")
    array([1., 3., 6., 9., 7.])
    """
    name = "reduce_window"
    x = operand if is_array(operand) else np.asarray(operand)
    shape = shape_of(x)
    rank, dtype = len(shape), dtype_of(x)
    prim = _primitive(computation, dtype, name)
    sizes = steps(name, "window_dimensions", window_dimensions, rank)
    strides = steps(name, "window_strides", window_strides, rank)
    gaps = steps(name, "base_dilation", base_dilation, rank)
    dilations = steps(name, "window_dilation", window_dilation, rank)
    pads = window_pads(
        name, padding, shape,
        list(map(dilated, sizes, dilations)), strides,
    )  # fmt: skip
    if shape_of(init_value):
        raise ValueError(
            f"{name}: init_value must be a scalar, got shape {shape_of(init_value)}"
        )
    start = astype(init_value, dtype)
    x = padded(x, start, [(*pair, gap - 1) for pair, gap in zip(pads, gaps)])
    # From the last axis to the first: ties then go to the first in memory.
    for axis in reversed(range(rank)):
        if sizes[axis] > 1 or strides[axis] > 1:
            x = _WINDOWS[prim](
                x, axis=axis, width=sizes[axis], stride=strides[axis],
                dilation=dilations[axis],
            )  # fmt: skip
    return x if _is_identity(start, prim, dtype) else prim(x, start)


def _primitive(computation: Any, dtype: np.dtype, name: str) -> Any:
    """Return which of the four a function of two scalars is."""
    check_callable(computation, name)
    known = _OPS.get(computation) if computation.__hash__ else None
    if known is not None:
        return known
    scalar = Aval((), dtype)
    jaxpr = stage(lambda x, y: [computation(x, y)], [scalar, scalar], name)
    if len(jaxpr.eqns) == 1:
        (eqn,) = jaxpr.eqns
        whole = {*eqn.inputs} == {*jaxpr.invars} and jaxpr.outs == eqn.outs
        if whole and eqn.prim in _WINDOWS:
            return eqn.prim
    raise TypeError(
        f"{name}: {name_of(computation)} is none of np.add, np.multiply, np.maximum "
        "and np.minimum. For other reductions take the windows apart, with "
        "np.lib.stride_tricks.sliding_window_view, and reduce its last axes"
    )


def _is_identity(start: Any, prim: Any, dtype: np.dtype) -> bool:
    """Say whether beginning with a value changes no result."""
    if type(start) is Tracer:
        return False
    if prim is ew.add or prim is ew.mul:
        return bool(start == (prim is ew.mul))
    if dtype.kind == "f":
        return bool(start == (-np.inf if prim is ew.maximum else np.inf))
    if dtype.kind == "b":
        return bool(start == (prim is ew.minimum))
    info = np.iinfo(dtype)
    return bool(start == (info.min if prim is ew.maximum else info.max))
