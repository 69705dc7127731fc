"""Shapes, dtypes and parameters of samplers, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import aval_of, broadcast_shapes, dtype_of, is_array, shape_of
from ..errors import ConcretizationTypeError
from ..ops.basic import astype
from ..transforms.arguments import shown

FLOATS = (np.float16, np.float32, np.float64)


def checked_shape(
    shape: int | Sequence[int], name: str, argument: str = "shape"
) -> tuple[int, ...]:
    """Return a shape as a tuple of numbers that are not negative.

    >>> checked_shape(3, "normal"), checked_shape(np.array([2, 3]), "normal")
    ((3,), (2, 3))
    """
    several = getattr(shape, "ndim", 0) or not hasattr(shape, "__index__")
    sizes: Any = shape if several else (shape,)
    try:
        sizes = tuple(n.__index__() for n in sizes)
    except ConcretizationTypeError:
        raise
    except (AttributeError, TypeError):
        raise TypeError(
            f"{name}: {argument} must be an integer or a tuple of them, got "
            f"{shown(shape)}"
        ) from None
    if any(n < 0 for n in sizes):
        raise ValueError(f"{name}: {argument} must not be negative, got {sizes}")
    return sizes


def float_dtype(dtype: Any, name: str) -> np.dtype:
    """Return the dtype of float samples; None is float64."""
    found = np.dtype(np.float64 if dtype is None else dtype)
    if found.type not in FLOATS:
        raise ValueError(
            f"{name}: dtype must be float16, float32 or float64, got {found}"
        )
    return found


def int_dtype(dtype: Any, name: str) -> np.dtype:
    """Return the dtype of integer samples; None is int64."""
    found = np.dtype(np.int64 if dtype is None else dtype)
    if found.kind not in "iu":
        raise ValueError(f"{name}: dtype must be an integer dtype, got {found}")
    return found


def own_dtype(x: Any) -> np.dtype:
    """Return the dtype of a parameter that samples are compared with, if it is float.

    >>> own_dtype(np.ones(2, np.float32)), own_dtype(1)
    (dtype('float32'), dtype('float64'))
    """
    kept = is_array(x) and dtype_of(x).kind == "f"
    return dtype_of(x) if kept else np.dtype(np.float64)


def joint_dtype(*parameters: Any) -> np.dtype:
    """Return float32 if all parameters are, apart from Python numbers; else float64.

    >>> joint_dtype(10, np.float32(0.5)), joint_dtype(10, 0.5)
    (dtype('float32'), dtype('float64'))
    """
    known = [x for x in parameters if not (is_array(x) and aval_of(x).weak)]
    single = all(is_array(x) and dtype_of(x) == np.float32 for x in known)
    return np.dtype(np.float32 if known and single else np.float64)


def counts(x: Any, dtype: np.dtype) -> Any:
    """Return floats as integers; the largest of the dtype where they are beyond it.

    >>> counts(np.array([-1.0, 5.0, 300.0]), np.dtype(np.uint8))
    array([255,   5, 255], dtype=uint8)
    """
    top = np.iinfo(dtype).max
    fits = x < float(top)
    whole = astype(np.where(fits, x, 0), np.dtype(np.int64))
    return np.where(fits, astype(whole, dtype), dtype.type(top))


def parameter(x: Any, dtype: np.dtype, name: str, argument: str) -> Any:
    """Return a parameter of a distribution as an array of some dtype."""
    if isinstance(x, list | tuple):
        x = np.asarray(x)
    if not is_array(x) or dtype_of(x).kind not in "fiub":
        raise TypeError(f"{name}: {argument} must be real numbers, got {shown(x)}")
    return astype(x, dtype)


def sample_shape(shape: Any, name: str, **parameters: Any) -> tuple[int, ...]:
    """Return the shape of samples: the one given, or that of the parameters.

    Raises ValueError if the parameters do not broadcast to it.
    """
    shapes = {argument: shape_of(x) for argument, x in parameters.items()}
    found = None if shape is None else checked_shape(shape, name)
    try:
        full = broadcast_shapes(*shapes.values(), *(() if found is None else (found,)))
    except ValueError:
        full = None
    if full is None or (found is not None and full != found):
        told = ", ".join(f"{argument} {own}" for argument, own in shapes.items())
        fits = "each other" if found is None else f"the shape {found}"
        raise ValueError(f"{name}: the parameters do not broadcast to {fits}: {told}")
    return full


def spread(x: Any, shape: tuple[int, ...]) -> Any:
    """Return a parameter in the shape of the samples."""
    return x if shape_of(x) == shape else np.broadcast_to(x, shape)
