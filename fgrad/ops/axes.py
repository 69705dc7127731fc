"""Axis arguments as NumPy takes them, made non-negative and checked."""

from __future__ import annotations

import operator

import numpy as np


def normalize_axis(axis, ndim, name, shape=None):
    """Return one axis as a non-negative number.

    >>> normalize_axis(-1, 3, "argmax")
    2
    """
    try:
        number = operator.index(axis)
    except TypeError as error:
        raise TypeError(f"{name}: an axis must be an integer, got {axis!r}") from error
    if not -ndim <= number < ndim:
        what = f"with {ndim} axes" if shape is None else f"of shape {shape}"
        raise np.exceptions.AxisError(
            f"{name}: axis {number} is out of bounds for an array {what}"
        )
    return number % ndim


def ordered_axes(axis, ndim, name, shape=None):
    """Return one axis or a sequence of axes as non-negative numbers, in order.

    >>> ordered_axes([-1, 0], 3, "moveaxis")
    (2, 0)
    """
    given = axis if isinstance(axis, tuple | list) else (axis,)
    axes = tuple(normalize_axis(a, ndim, name, shape) for a in given)
    if len(set(axes)) != len(axes):
        raise ValueError(f"{name}: axis {axis} names an axis twice")
    return axes


def normalize_axes(axis, ndim, name, shape=None):
    """Return ``axis`` (an integer, a sequence of them, or None) as sorted numbers.

    >>> normalize_axes(-1, 3, "sum")
    (2,)
    >>> normalize_axes(None, 2, "sum")
    (0, 1)
    """
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(ordered_axes(axis, ndim, name, shape)))


def is_sequence(value):
    """Return whether a value has a length: a 0-d array has none."""
    try:
        len(value)
    except TypeError:
        return False
    return True


def integers(value, what):
    """Return one integer, or a sequence of them, as a tuple; ``what`` names them.

    >>> integers(3, "tile: reps"), integers([2, 3], "reshape: the shape")
    ((3,), (2, 3))
    """
    try:
        return tuple(map(operator.index, value if is_sequence(value) else (value,)))
    except TypeError as error:
        if type(error) is not TypeError:  # a traced value, which says so itself
            raise
        message = f"{what} must be an integer or a tuple of them, got {value!r}"
        raise TypeError(message) from error
