"""Joining, padding and splitting arrays."""

from __future__ import annotations

import operator
from itertools import accumulate, count, pairwise
from typing import Any

import numpy as np

from ..core import (
    Aval,
    Primitive,
    aval_of,
    dtype_of,
    is_array,
    ndim_of,
    promoted,
    shape_of,
)
from .axes import is_sequence, normalize_axis
from .basic import fit, mapped, reshape, sum_axes, zeros
from .elementwise import where
from .index import getitem
from .stacks import batch_along


class EveryArgument:
    """The vjp rules of a primitive with any number of arguments.

    ``rule(i)`` gives the rule of argument ``i``.
    """

    def __init__(self, rule):
        self.rule = rule

    def __getitem__(self, i):
        return self.rule(i)

    def __iter__(self):
        return map(self.rule, count())


def _strong(*avals):
    """Return the dtype that arrays promote to where Python scalars are arrays too."""
    return promoted(*(Aval(a.shape, a.dtype) for a in avals))


def _filled(tangents, xs):
    """Return the tangents with explicit zeros for the missing ones."""
    return [
        zeros(aval_of(x)) if t is None else t for t, x in zip(tangents, xs, strict=True)
    ]


def _joined(names):
    return f"({', '.join(names)}{',' * (len(names) == 1)})"


def _into(function):
    def into(names, out, *, axis):
        return f"{function}({_joined(names)}, axis={axis}, out={out})"

    return into


def slice_axis(x, axis, start, stop):
    """Return ``x[start:stop]`` along an axis."""
    return getitem(x, (slice(None),) * axis + (slice(start, stop),))


# -- concatenate -------------------------------------------------------------------


def _concatenate_vjp(i):
    def rule(ct, z, *xs, axis):
        start = sum(x.shape[axis] for x in xs[:i])
        piece = slice_axis(ct, axis, start, start + xs[i].shape[axis])
        return fit(piece, xs[i], xs[i])

    return rule


def _abstract_concatenate(*xs, axis):
    length, shape = sum(x.shape[axis] for x in xs), xs[0].shape
    return Aval((*shape[:axis], length, *shape[axis + 1 :]), _strong(*xs))


_PIECES: Any = EveryArgument(_concatenate_vjp)

concatenate = Primitive(
    "concatenate",
    impl=lambda *xs, axis: np.concatenate(xs, axis),
    abstract=_abstract_concatenate,
    vjp=_PIECES,
    jvp=lambda ts, z, *xs, axis: concatenate(*_filled(ts, xs), axis=axis),
    batch=batch_along(lambda: concatenate),
    emit=lambda names, *, axis: f"np.concatenate({_joined(names)}, axis={axis})",
    into=_into("np.concatenate"),
    linear=True,
)


def _arrays(arrays, name):
    """Return what is to be joined as arrays, and refuse to join nothing."""
    if not hasattr(arrays, "__iter__") or (is_array(arrays) and not ndim_of(arrays)):
        raise TypeError(f"{name}: expected a sequence of arrays, got {arrays!r}")
    arrays = [x if is_array(x) else np.asarray(x) for x in arrays]
    if not arrays:
        raise ValueError(f"{name}: need at least one array")
    return arrays


def concat(arrays, axis=0):
    """Join arrays along an axis that they have; ``axis=None`` flattens them."""
    arrays = _arrays(arrays, "concatenate")
    if is_array(axis) and ndim_of(axis):
        raise TypeError(
            f"concatenate: axis must be an integer, got {aval_of(axis)}: arrays are "
            "joined as one sequence, concatenate((x, y))"
        )
    if axis is None:
        arrays, axis = [reshape(x, shape=(aval_of(x).size,)) for x in arrays], 0
    shapes = [shape_of(x) for x in arrays]
    if () in shapes:
        raise ValueError(
            f"concatenate: arrays of shapes {shapes} include a scalar; use stack, or "
            "give the scalar an axis with reshape(x, (1,))"
        )
    axis = normalize_axis(axis, len(shapes[0]), "concatenate", shapes[0])
    if len({(*s[:axis], -1, *s[axis + 1 :]) for s in shapes}) > 1:
        raise ValueError(
            f"concatenate: shapes {shapes} must agree in all axes but axis {axis}"
        )
    return concatenate(*arrays, axis=axis)


# -- stack -------------------------------------------------------------------------


def _stack_vjp(i):
    def rule(ct, z, *xs, axis):
        return fit(getitem(ct, (slice(None),) * axis + (i,)), xs[i], xs[i])

    return rule


def _abstract_stack(*xs, axis):
    shape = xs[0].shape
    return Aval((*shape[:axis], len(xs), *shape[axis:]), _strong(*xs))


_LAYERS: Any = EveryArgument(_stack_vjp)

stack = Primitive(
    "stack",
    impl=lambda *xs, axis: np.stack(xs, axis),
    abstract=_abstract_stack,
    vjp=_LAYERS,
    jvp=lambda ts, z, *xs, axis: stack(*_filled(ts, xs), axis=axis),
    batch=batch_along(lambda: stack),
    emit=lambda names, *, axis: f"np.stack({_joined(names)}, axis={axis})",
    into=_into("np.stack"),
    linear=True,
)


def stack_arrays(arrays, axis=0):
    """Join arrays of one shape along a new axis."""
    arrays = _arrays(arrays, "stack")
    shapes = [shape_of(x) for x in arrays]
    if len(set(shapes)) > 1:
        raise ValueError(f"stack: all shapes must be the same, got {shapes}")
    axis = normalize_axis(axis, len(shapes[0]) + 1, "stack")
    return stack(*arrays, axis=axis)


# -- pad ---------------------------------------------------------------------------


def _inner(x, widths):
    return tuple(slice(a, a + n) for (a, _), n in zip(widths, x.shape, strict=True))


def _pad_vjp(ct, z, x, value, *, widths):
    return fit(getitem(ct, _inner(x, widths)), x, x)


def _pad_value_vjp(ct, z, x, value, *, widths):
    border = np.ones(z.shape, bool)
    border[_inner(x, widths)] = False
    return fit(sum_axes(where(border, ct, 0), tuple(range(z.ndim))), value, value)


def _pad_jvp(tangents, z, x, value, *, widths):
    t, t_value = _filled(tangents, (x, value))
    return pad(t, t_value, widths=widths)


def _batch_pad(args, dims, size, *, widths):
    (x, value), (dim, value_dim) = args, dims
    x, widths = mapped(x, dim, size), ((0, 0), *widths)
    if value_dim is None:
        return pad(x, value, widths=widths), 0
    z = pad(x, dtype_of(x).type(0), widths=widths)
    border = np.ones(shape_of(z), bool)
    border[_inner(x, widths)] = False
    value = reshape(value, shape=(size, *(1,) * (len(widths) - 1)))
    return fit(where(border, value, z), z, z), 0


pad = Primitive(
    "pad",
    impl=lambda x, value, *, widths: np.pad(x, widths, constant_values=value),
    abstract=lambda x, value, *, widths: Aval(
        tuple(a + n + b for (a, b), n in zip(widths, x.shape, strict=True)), x.dtype
    ),
    vjp=(_pad_vjp, _pad_value_vjp),
    jvp=_pad_jvp,
    batch=_batch_pad,
    emit="np.pad({0}, {widths}, constant_values={1})",
    in_order=lambda flags, **params: flags[:1],
    linear=True,
)


def pad_constant(x, widths, value=0):
    """Surround an array with a value: ``widths`` is (before, after) for each axis.

    As in NumPy one pair or one number serves all axes, and the value is cast to the
    dtype of the array.
    """
    shape = shape_of(x)
    widths = widths if shape else 0
    try:
        pairs = np.broadcast_to(np.asarray(widths), (len(shape), 2)).tolist()
    except ValueError as error:
        raise ValueError(
            f"pad: widths {widths} do not fit an array of shape {shape}; give one "
            "(before, after) pair for each axis"
        ) from error
    pairs = tuple((operator.index(a), operator.index(b)) for a, b in pairs)
    if any(a < 0 or b < 0 for a, b in pairs):
        raise ValueError(f"pad: widths {widths} must not be negative")
    if shape_of(value):
        raise ValueError(f"pad: the value must be a scalar, got {shape_of(value)}")
    return pad(x, value, widths=pairs) if pairs else x


# -- split -------------------------------------------------------------------------


def split(x, indices_or_sections, axis=0):
    """Split into equal parts, or at given indices; return a list."""
    n = _length(x, axis, "split")
    if not is_sequence(indices_or_sections):
        sections = operator.index(indices_or_sections)
        if sections <= 0 or n % sections:
            raise ValueError(
                f"split: {sections} sections do not divide axis {axis} of shape "
                f"{shape_of(x)} equally; array_split allows unequal ones"
            )
    return array_split(x, indices_or_sections, axis)


def array_split(x, indices_or_sections, axis=0):
    """Split into parts of nearly equal length, or at given indices."""
    n = _length(x, axis, "array_split")
    axis = normalize_axis(axis, ndim_of(x), "array_split", shape_of(x))
    if is_sequence(indices_or_sections):
        points = [0, *map(operator.index, indices_or_sections), n]
    else:
        sections = operator.index(indices_or_sections)
        if sections <= 0:
            raise ValueError("array_split: the number of sections must be positive")
        size, longer = divmod(n, sections)
        sizes = [size + 1] * longer + [size] * (sections - longer)
        points = list(accumulate(sizes, initial=0))
    return [slice_axis(x, axis, a, b) for a, b in pairwise(points)]


def _length(x, axis, name):
    return shape_of(x)[normalize_axis(axis, ndim_of(x), name, shape_of(x))]
