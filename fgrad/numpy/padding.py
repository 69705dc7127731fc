"""``np.pad``, in all of its modes: one axis after the other, as in NumPy.

Every mode makes what stands before and after an axis, and joins it on.
"""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np

from ..core import shape_of
from ..ops import elementwise as ew
from ..ops import join as ops
from ..ops.basic import astype, broadcast_to
from ..ops.index import getitem, take
from ..ops.join import slice_axis
from ..ops.shape import broadcast_to_shape, flip
from . import reductions
from .arrays import arraylike, strong
from .calculus import linspace
from .joining import concatenate, stack
from .quantiles import median
from .shapes import moveaxis
from .table import traceable


@traceable(np.pad)
def pad(array, pad_width, mode="constant", **kwargs):
    """Surround an array with constants, or with what its own elements give.

    A function as ``mode`` gets each vector, padded with zeros, and returns it filled,
    or fills it by item assignment.
    """
    x = strong(arraylike(array))
    widths = _pairs(_listed(pad_width, x.ndim), x.ndim, "pad_width")
    if callable(mode):
        return _by_function(x, widths, mode, kwargs)
    allowed = _MODES.get(mode)
    if allowed is None:
        raise ValueError(f"pad: {mode!r} is no mode; they are {', '.join(_MODES)}")
    if kwargs.keys() - {allowed}:
        raise ValueError(
            f"pad: mode {mode!r} takes {allowed or 'no keyword'}, got {[*kwargs]}"
        )
    option = kwargs.get(allowed)
    if mode in ("constant", "empty"):
        return _constant(x, widths, 0 if option is None else option)
    for axis, (before, after) in enumerate(widths):
        if (before or after) and not shape_of(x)[axis]:
            raise ValueError(f"pad: mode {mode!r} cannot extend the empty axis {axis}")
    return _axis_by_axis(x, widths, mode, option)


# fmt: off
_MODES = {
    "constant": "constant_values", "edge": "", "linear_ramp": "end_values",
    "maximum": "stat_length", "mean": "stat_length", "median": "stat_length",
    "minimum": "stat_length", "reflect": "reflect_type", "symmetric": "reflect_type",
    "wrap": "", "empty": "",
}
# fmt: on


def _listed(pad_width, ndim):
    if not isinstance(pad_width, dict):
        return np.asarray(pad_width)
    pairs = [(0, 0)] * ndim
    for axis, width in pad_width.items():
        pairs[axis] = width if isinstance(width, tuple) else (width, width)
    return np.asarray(pairs)


def _pairs(values, ndim, name):
    """Return a pair of natural numbers for each axis."""
    if values.dtype.kind not in "iu":
        raise TypeError(f"pad: {name} is of integers, got {values}")
    if values.size and values.min() < 0:
        raise ValueError(f"pad: {name} cannot be negative, got {values.tolist()}")
    return np.broadcast_to(values, (ndim, 2)).tolist()


def _axis_by_axis(x, widths, mode, option):
    if mode in ("edge", "wrap") or (mode in _SOURCES and option in (None, "even")):
        for axis, (before, after) in enumerate(widths):
            if before or after:
                n = x.shape[axis]
                x = take(x, _SOURCES[mode](np.arange(-before, n + after), n), axis)
        return x
    if mode in _SOURCES and option != "odd":
        raise ValueError(f"pad: reflect_type is 'even' or 'odd', got {option!r}")
    if mode == "linear_ramp":
        ends = broadcast_to_shape(arraylike(0 if option is None else option),
                                  (x.ndim, 2))  # fmt: skip
        extend = partial(_ramp, ends=ends)
    elif mode in _SOURCES:
        extend = partial(_odd, include=mode == "symmetric")
    else:
        lengths = [(None, None)] * x.ndim
        if option is not None:
            lengths = _pairs(np.asarray(option), x.ndim, "stat_length")
        extend = partial(_statistic, function=_STATISTICS[mode], lengths=lengths)
    for axis, (before, after) in enumerate(widths):
        if before or after:
            x = extend(x, axis, before, after)
    return x


_SOURCES = {
    "edge": lambda i, n: np.clip(i, 0, n - 1),
    "wrap": lambda i, n: i % n,
    "reflect": lambda i, n: n - 1 - np.abs(n - 1 - i % max(2 * n - 2, 1)),
    "symmetric": lambda i, n: n - 1 - (np.abs(2 * (i % (2 * n)) - 2 * n + 1) - 1) // 2,
}
"""The places that the elements of an axis come from."""

_STATISTICS = {
    "maximum": reductions.max, "minimum": reductions.min, "mean": reductions.mean,
    "median": median,
}  # fmt: skip


def _ramp(x, axis, before, after, *, ends):
    n, parts = x.shape[axis], [x]
    for end, width in ((0, before), (1, after)):
        if width:
            edge = take(x, -end % n, axis)
            value = getitem(ends, (axis, end))
            ramp = linspace(value, edge, width, endpoint=False, dtype=x.dtype,
                            axis=axis)  # fmt: skip
            ramp = flip(ramp, axes=(axis,)) if end else ramp
            parts = [*parts, ramp] if end else [ramp, *parts]
    return concatenate(parts, axis)


def _statistic(x, axis, before, after, *, function, lengths):
    n, parts = x.shape[axis], [x]
    first, last = (n if k is None else min(k, n) for k in lengths[axis])
    if not (first and last) and function in (reductions.max, reductions.min):
        raise ValueError("pad: stat_length of 0 yields no value for padding")
    for end, width in ((0, before), (1, after)):
        if width:
            piece = slice_axis(x, axis, *((n - last, n) if end else (0, first)))
            value = function(piece, axis, keepdims=True)
            value = ew.rint(value) if x.dtype.kind in "iu" else value
            shape = (*x.shape[:axis], width, *x.shape[axis + 1 :])
            filled = broadcast_to(astype(value, x.dtype), shape=shape)
            parts = [*parts, filled] if end else [filled, *parts]
    return concatenate(parts, axis)


def _odd(x, axis, before, after, *, include):
    """Reflect with the sign turned at the edge, over and over if there is room."""
    period = x.shape[axis] - (not include)
    if not period:  # a single element has nothing to reflect
        return take(x, np.zeros(before + 1 + after, int), axis)
    while before or after:
        n, off = x.shape[axis], int(not include)
        length = (n - off) // period * period
        left, right = min(length, before), min(length, after)
        ahead = flip(slice_axis(x, axis, off, off + left), axes=(axis,))
        behind = slice_axis(x, axis, n - off - right, n - off)
        behind = flip(behind, axes=(axis,))
        first, last = slice_axis(x, axis, 0, 1), slice_axis(x, axis, n - 1, n)
        x = concatenate([2 * first - ahead, x, 2 * last - behind], axis)
        before, after = before - left, after - right
    return x


def _by_function(x, widths, function, kwargs):
    x = _constant(x, widths, 0)
    for axis, width in enumerate(widths):
        lines = moveaxis(x, axis, -1)
        rest, filled = shape_of(lines)[:-1], []
        for place in product(*map(range, rest)):
            line = getitem(lines, place)
            returned = function(line, tuple(width), axis, kwargs)
            filled.append(line if returned is None else returned)
        x = moveaxis(stack(filled).reshape(shape_of(lines)), -1, axis)
    return x


def _constant(x, widths, values):
    values = arraylike(values)
    if shape_of(values) in ((), (1,)):
        value = values if shape_of(values) == () else getitem(values, 0)
        return ops.pad_constant(x, widths, astype(value, x.dtype))
    values = broadcast_to_shape(values, (x.ndim, 2))
    for axis in range(x.ndim):  # the later axes own the corners, as in NumPy
        for end in (0, 1):
            width = [(0, 0)] * x.ndim
            width[axis] = (widths[axis][0], 0) if end == 0 else (0, widths[axis][1])
            value = astype(getitem(values, (axis, end)), x.dtype)
            x = ops.pad_constant(x, width, value)
    return x
