"""Avals: what is known of a value before it is computed (shape, dtype, weakness)."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

_LETTER = {"f": "f", "c": "c", "i": "i", "u": "u"}


class Aval(NamedTuple):
    """An abstract value: a shape, a dtype, and whether it is a Python scalar.

    Python scalars are weak: they take the dtype of the array that they meet.

    >>> Aval((2, 3), np.dtype("float32"))
    f32[2,3]
    >>> aval_of(1.0)
    float[]
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    weak: bool = False

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    def __repr__(self) -> str:
        return f"{dtype_name(self)}[{','.join(map(str, self.shape))}]"


def dtype_name(aval: Aval) -> str:
    """Return the short name of a dtype: ``f64``, ``i32``, ``bool``, ``float``."""
    kind = aval.dtype.kind
    if aval.weak:
        return {"f": "float", "i": "int", "c": "complex", "b": "bool"}[kind]
    if kind in _LETTER:
        return f"{kind}{8 * aval.dtype.itemsize}"
    return aval.dtype.name


_SCALARS: dict[Any, Aval] = {
    float: Aval((), np.dtype(float), True),
    int: Aval((), np.dtype(int), True),
    complex: Aval((), np.dtype(complex), True),
    bool: Aval((), np.dtype(bool), True),
    **{np.dtype(c).type: Aval((), np.dtype(c)) for c in "?bhilqBHILQefdgFDG"},
}
_new = tuple.__new__


def aval_of(x: Any) -> Aval:
    """Return the aval of an array, a scalar or a tracer."""
    kind = type(x)
    if kind is np.ndarray:
        if x.dtype.kind not in "fiubc":
            raise TypeError(not_numeric(x))
        return _new(Aval, (x.shape, x.dtype, False))
    if kind in _SCALARS:
        return _SCALARS[kind]
    aval = getattr(x, "aval", None)
    if aval is not None:
        return aval
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiubc":
        if kind.__mul__ is np.ndarray.__mul__:
            return Aval(x.shape, x.dtype)
    raise TypeError(not_numeric(x))


def is_array(x: Any) -> bool:
    """Say whether ``x`` is a numeric array or scalar (or a tracer of one)."""
    try:
        aval_of(x)
    except TypeError:
        return False
    return True


def not_numeric(x: Any) -> str:
    """Say why a value cannot be traced."""
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiubc":
        return (
            f"{type(x).__name__} has arithmetic of its own, which traced arrays do not "
            "have: pass a plain array, np.asarray(x) or x.filled(...)"
        )
    dtype = getattr(x, "dtype", None)
    kind = f"an array of dtype {dtype}" if dtype is not None else _shown(x)
    return (
        f"{kind} is not a number or an array of numbers; fgrad works with "
        "bool, integer, float and complex arrays and Python scalars"
    )


def _shown(x: Any) -> str:
    text = repr(x)
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"{text} of type {type(x).__name__}"


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of an array, a scalar, a tracer or an aval."""
    return () if type(x) in _SCALARS else x.shape


def ndim_of(x: Any) -> int:
    """Return the number of axes of an array, a scalar, a tracer or an aval."""
    return 0 if type(x) in _SCALARS else len(x.shape)


def dtype_of(x: Any) -> np.dtype:
    """Return the dtype of an array, a scalar, a tracer or an aval."""
    scalar = _SCALARS.get(type(x))
    return x.dtype if scalar is None else scalar.dtype


def is_inexact(x: Any) -> bool:
    """Say whether a value is float or complex, so that it has derivatives."""
    return dtype_of(x).kind in "fc"


def scalar_type(aval: Aval) -> Any:
    """Return what NumPy's promotion should see: a dtype, or a Python type."""
    if not aval.weak or aval.dtype.kind == "b":  # NumPy knows no weak bool
        return aval.dtype
    return {"f": float, "i": int, "c": complex}[aval.dtype.kind]


@lru_cache(maxsize=4096)
def result_aval_dtype(*kinds: Any) -> np.dtype:
    """Return NumPy's promoted dtype of dtypes and Python scalar types."""
    return np.result_type(*(k(0) if isinstance(k, type) else k for k in kinds))


def promoted(*avals: Aval) -> np.dtype:
    """Return the dtype that NumPy promotes some avals to.

    >>> promoted(Aval((3,), np.dtype("float32")), aval_of(2.0))
    dtype('float32')
    """
    return result_aval_dtype(*map(scalar_type, avals))


@lru_cache(maxsize=4096)
def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return NumPy's broadcast of some shapes (cached; NumPy's takes 2 us)."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(
            f"shapes {' and '.join(map(str, shapes))} do not broadcast: counted from "
            "the last, axes must be equally long or have length 1"
        ) from None
