"""NumPy's questions about shapes and dtypes; the answers are plain Python values."""

from __future__ import annotations

import numpy as np

from ..core import (
    Tracer,
    aval_of,
    dtype_of,
    known_value,
    ndim_of,
    scalar_type,
    shape_of,
)
from ..ops.axes import normalize_axis
from .arrays import arraylike
from .table import traceable

traceable(np.shape)(lambda a: shape_of(arraylike(a)))
traceable(np.ndim)(lambda a: ndim_of(arraylike(a)))
traceable(np.iscomplexobj)(lambda x: dtype_of(arraylike(x)).kind == "c")
traceable(np.isrealobj)(lambda x: dtype_of(arraylike(x)).kind != "c")
traceable(np.isscalar)(lambda element: not shape_of(arraylike(element)))
traceable(np.min_scalar_type)(lambda a, /: dtype_of(arraylike(a)))
traceable(np.shares_memory)(lambda a, b, /, max_work=-1: False)
traceable(np.may_share_memory)(lambda a, b, /, max_work=0: False)


def _printed(function):
    """Enter a function that prints an array: the known value, or what is known of it.

    A text carries no derivative, and none is expected of it.
    """

    def definition(a, *args, **kwargs):
        known = known_value(arraylike(a))
        if known is None:
            return repr(a)
        return function(np.asarray(known), *args, **kwargs)

    traceable(function)(definition)


_printed(np.array_str)
_printed(np.array_repr)
_printed(np.array2string)


@traceable(np.size)
def size(a, axis=None):
    """Return the number of elements, or the length of axes."""
    shape = shape_of(arraylike(a))
    if axis is None:
        return int(np.prod(shape, dtype=np.intp))
    axes = axis if isinstance(axis, tuple) else (axis,)
    axes = {normalize_axis(a, len(shape), "size", shape) for a in axes}
    return int(np.prod([shape[a] for a in axes], dtype=np.intp))


def _kind(x):
    """Return what stands for a value in NumPy's rules of promotion."""
    if type(x) is not Tracer:
        return x
    kind = scalar_type(aval_of(x))
    return kind(0) if isinstance(kind, type) else kind


@traceable(np.result_type)
def result_type(*arrays_and_dtypes):
    """Return the dtype that NumPy promotes arrays and dtypes to."""
    return np.result_type(*map(_kind, arrays_and_dtypes))


@traceable(np.can_cast)
def can_cast(from_, to, casting="safe"):
    """Say whether a dtype can be cast to another."""
    from_ = dtype_of(from_) if type(from_) is Tracer else from_
    return np.can_cast(from_, to, casting)


@traceable(np.common_type)
def common_type(*arrays):
    """Return the inexact scalar type that arrays have in common."""
    return np.common_type(*(np.empty(0, dtype_of(arraylike(a))) for a in arrays))
