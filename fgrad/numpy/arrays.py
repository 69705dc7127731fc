"""From anything array-like to what primitives take, and NumPy's creation functions."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import (
    CREATE,
    StagedTrace,
    Trace,
    Tracer,
    apart,
    aval_of,
    dtype_of,
    is_inexact,
    known_value,
    mutable,
    ndim_of,
    not_numeric,
    owned,
    shape_of,
)
from ..ops.basic import astype as cast_to
from ..ops.basic import broadcast_to, reshape
from ..ops.index import getitem
from ..ops.join import stack_arrays
from .table import has_tracer, traceable, value_needed, views

NUMBERS = frozenset(
    {Tracer, np.ndarray, bool, int, float, complex}
    | {np.dtype(c).type for c in "?bhilqBHILQefdgFDG"}
)
"""The types that primitives take as they are."""


def arraylike(x: Any) -> Any:
    """Return ``x`` as a tracer, an array or a scalar; lists become arrays.

    >>> arraylike([1.0, 2.0])
    array([1., 2.])
    """
    if type(x) in NUMBERS:
        return x
    if isinstance(x, list | tuple) and has_tracer(x):
        return stack_nested(x)
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError("masked arrays cannot be traced: use np.where and x.filled()")
    array = np.asarray(x)
    if array.dtype == object and not isinstance(x, np.ndarray | list | tuple):
        raise TypeError(not_numeric(x))
    aval_of(array)  # raises for strings, objects and dates
    return array


def arraylikes(*values: Any) -> list[Any]:
    """Return some values as tracers, arrays or scalars."""
    return list(map(arraylike, values))


def operand(x: Any) -> Any:
    """Return the other operand of an operator, or ``NotImplemented``."""
    if isinstance(x, list | tuple | np.ndarray | np.generic) or (
        hasattr(x, "__array__") and not hasattr(x, "__array_ufunc__")
    ):
        return arraylike(x)
    if isinstance(x, str | bytes | dict | set):
        raise TypeError(f"operand: {not_numeric(x)}")
    return NotImplemented


def stack_nested(x: Any) -> Any:
    """Return nested lists with tracers in them as one array."""
    parts = [stack_nested(p) if isinstance(p, list | tuple) else arraylike(p)
             for p in x]  # fmt: skip
    shapes = {shape_of(p) for p in parts}
    if len(shapes) > 1:
        raise ValueError(
            f"a list of arrays of different shapes {sorted(shapes)} is not an array: "
            "pad them to one shape, or keep the list"
        )
    return stack_arrays(parts, 0)


def strong(x: Any) -> Any:
    """Return ``x``, a Python scalar as NumPy's scalar of its dtype."""
    if type(x) is Tracer:
        aval = x.aval
        return cast_to(x, aval.dtype) if aval.weak else x
    return x if hasattr(x, "dtype") else np.asarray(x)[()]


def as_scalar(x: Any) -> Any:
    """Return an array of no axes as a scalar, as NumPy's functions do."""
    value = known_value(x)
    is_scalar = isinstance(value, np.generic) or shape_of(x) != ()
    return x if is_scalar else getitem(x, ())


_MASK = "Use three-argument np.where(condition, x, 0.0) or a weighted sum"


def known_array(x, name, instead=_MASK):
    """Return the values of an array, or teach that ``np.name`` needs to know them."""
    x = arraylike(x)
    return value_needed(x, f"np.{name}", instead) if type(x) is Tracer else x


# -- constants that may be written to ------------------------------------------------


def lift(constant: np.ndarray, like: Tracer) -> Any:
    """Return a new array as a tracer of the same trace as another.

    What has no derivative stays a plain array under `grad` and `jvp`, as everywhere.
    """
    like.check_alive("a creation function", None)
    return lift_into(constant, traces_of(like))


def traces_of(x: Any) -> tuple[Trace, ...]:
    """Return the trace of a tracer, and those below it, the youngest first."""
    traces = []
    while type(x) is Tracer:
        traces.append(x.owner)
        x = x.value
    return tuple(traces)


def lift_into(constant: np.ndarray, traces: Sequence[Trace]) -> Any:
    """Return a new array as a tracer of the first trace that follows such values."""
    inexact = is_inexact(constant)
    for trace in traces:
        if isinstance(trace, StagedTrace):
            uniform = constant.size > 1 and not any(constant.strides)
            value = constant[(0,) * constant.ndim] if uniform else constant
            shape = {"shape": constant.shape}
            return mutable(trace.record(broadcast_to, (value,), shape))
        if trace.known and trace.keeps:
            return mutable(trace.constant(constant))
        if inexact or not trace.known:
            return mutable(trace.lifted(constant))
    return constant


# -- array and asarray ---------------------------------------------------------------


@traceable(np.array)
def array(object: Any, dtype: Any = None, *, copy: Any = True, order: str = "K",
          subok: bool = False, ndmin: int = 0, ndmax: int = 0, like: Any = None,
          ) -> Any:  # fmt: skip
    """Return an array of traced values, from a tracer or nested lists of them."""
    x = strong(arraylike(object))
    x = x if dtype is None else cast_to(x, np.dtype(dtype))
    missing = ndmin - ndim_of(x)
    x = reshape(x, shape=(1,) * missing + shape_of(x)) if missing > 0 else x
    x = apart(x, (object,)) if copy else x
    return lift(np.array(x), like) if type(like) is Tracer is not type(x) else x


@traceable(np.asarray, np.asanyarray)
def asarray(a: Any, dtype: Any = None, order: Any = None, *, device: Any = None,
            copy: Any = None, like: Any = None) -> Any:  # fmt: skip
    """Return an array of traced values."""
    return array(a, dtype, copy=copy, like=like)


@traceable(np.ascontiguousarray, np.asfortranarray)
def _ascontiguousarray(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    return array(a, dtype, copy=None, ndmin=1, like=like)


@traceable(np.asarray_chkfinite)
def _asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> Any:
    known = known_value(arraylike(a))
    if known is not None:
        np.asarray_chkfinite(known)  # raises
    return array(a, dtype, copy=None)


@traceable(np.require)
def require(a: Any, dtype: Any = None, requirements: Any = None, *, like: Any = None,
            ) -> Any:  # fmt: skip
    """Return an array of traced values, which has no memory to ask anything of."""
    return array(a, dtype, copy=None)


@traceable(np.copy)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """Return a copy: an array of the same values that can be written to."""
    return array(a)


@traceable("astype")
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """Return an array as another dtype."""
    z = cast_to(x, np.dtype(dtype))
    return apart(z, (x,)) if copy else z


views(np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray,
      np.asarray_chkfinite, np.require, "astype")  # fmt: skip


# -- constants in the shape of another array -----------------------------------------


@traceable(np.full_like)
def full_like(a: Any, fill_value: Any, dtype: Any = None, order: str = "K",
              subok: bool = True, shape: Any = None, *, device: Any = None,
              ) -> Any:  # fmt: skip
    """Return a value in the shape and dtype of another array."""
    a = arraylike(a)
    dtype = np.dtype(dtype_of(a) if dtype is None else dtype)
    made = full(shape_of(a) if shape is None else shape, fill_value, dtype)
    return lift(made, a) if type(made) is np.ndarray and type(a) is Tracer else made


def _like(fill: int) -> Any:
    def definition(a: Any, dtype: Any = None, order: str = "K", subok: bool = True,
                   shape: Any = None, *, device: Any = None) -> Any:  # fmt: skip
        return full_like(a, fill, dtype, order, subok, shape)

    return definition


zeros_like = traceable(np.zeros_like)(_like(0))
ones_like = traceable(np.ones_like)(_like(1))


@traceable(np.empty_like)
def empty_like(prototype, /, dtype=None, order="K", subok=True, shape=None, *,
               device=None):  # fmt: skip
    """Return zeros in the shape and dtype of another array."""
    return full_like(prototype, 0, dtype, order, subok, shape)


@traceable(np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *,
         device: Any = None, like: Any = None) -> Any:  # fmt: skip
    """Return an array full of a value, which may be traced."""
    shape = shape if isinstance(shape, list | tuple) else (shape,)
    shape = tuple(operator.index(n) for n in shape)
    x = strong(arraylike(fill_value))
    x = x if dtype is None else cast_to(x, np.dtype(dtype))
    if type(x) is Tracer:
        return owned(broadcast_to(x, shape=shape))
    made = np.full(shape, x)
    return lift(made, like) if type(like) is Tracer else made


def _unlike(function: Any) -> None:
    """Enter a creation function for ``like=tracer``: the function may write to it."""

    @traceable(function)
    @functools.wraps(function)
    def definition(*args: Any, like: Any = None, **kwargs: Any) -> Any:
        made = function(*args, **kwargs)
        return lift(made, like) if type(like) is Tracer else made


for _function in (np.zeros, np.ones, np.empty, np.eye, np.identity, np.arange, np.tri):
    _unlike(_function)

CREATE.update((np.zeros, np.ones, np.empty, np.full, np.eye, np.identity, np.arange,
               np.tri, np.array, np.asarray, np.asanyarray, np.ascontiguousarray,
               np.asfortranarray))  # fmt: skip
