"""Samplers that transform one uniform number each, by the inverse distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arguments import (
    checked_shape,
    counts,
    float_dtype,
    int_dtype,
    own_dtype,
    parameter,
    sample_shape,
)
from .keys import Key, consumed
from .uniforms import Shape, between, unit


def waiting(key: Key, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """Return exponential numbers for a key that was checked."""
    return -np.log1p(-unit(key, shape, dtype))


def exponential(key: Key, shape: Shape = (), dtype: Any = None) -> Any:
    """Return exponential numbers of mean 1.

    >>> from fgrad import random
    >>> exponential(random.key(0)).round(6)
    np.float64(0.542071)
    """
    shape, dtype = (
        checked_shape(shape, "exponential"),
        float_dtype(dtype, "exponential"),
    )
    return waiting(consumed(key, "exponential"), shape, dtype)


def laplace(key: Key, shape: Shape = (), dtype: Any = None) -> Any:
    """Return Laplace numbers of mean 0 and scale 1.

    >>> from fgrad import random
    >>> laplace(random.key(0)).round(6)
    np.float64(0.178034)
    """
    shape, dtype = checked_shape(shape, "laplace"), float_dtype(dtype, "laplace")
    low = np.nextafter(dtype.type(-1), dtype.type(0))
    u = between(consumed(key, "laplace"), shape, dtype, low, dtype.type(1))
    return np.sign(u) * np.log1p(-np.abs(u))


def logistic(key: Key, shape: Shape = (), dtype: Any = None) -> Any:
    """Return logistic numbers of mean 0 and scale 1.

    >>> from fgrad import random
    >>> logistic(random.key(0)).round(6)
    np.float64(-0.32911)
    """
    shape, dtype = checked_shape(shape, "logistic"), float_dtype(dtype, "logistic")
    low = np.finfo(dtype).tiny
    u = between(consumed(key, "logistic"), shape, dtype, low, dtype.type(1))
    return np.log(u) - np.log1p(-u)


def cauchy(key: Key, shape: Shape = (), dtype: Any = None) -> Any:
    """Return Cauchy numbers of location 0 and scale 1.

    >>> from fgrad import random
    >>> cauchy(random.key(0)).round(6)
    np.float64(-0.26193)
    """
    shape, dtype = checked_shape(shape, "cauchy"), float_dtype(dtype, "cauchy")
    low = np.finfo(dtype).eps
    u = between(consumed(key, "cauchy"), shape, dtype, low, dtype.type(1))
    return np.tan(dtype.type(np.pi) * (u - dtype.type(0.5)))


def gumbel(
    key: Key, shape: Shape = (), dtype: Any = None, mode: str | None = None
) -> Any:
    """Return Gumbel numbers of location 0 and scale 1.

    ``mode="high"`` draws twice the bits, for the tail of large numbers.

    >>> from fgrad import random
    >>> gumbel(random.key(0)).round(6)
    np.float64(0.137906)
    """
    shape, dtype = checked_shape(shape, "gumbel"), float_dtype(dtype, "gumbel")
    return extremes(consumed(key, "gumbel"), shape, dtype, mode, "gumbel")


def extremes(
    key: Key, shape: tuple[int, ...], dtype: np.dtype, mode: str | None, name: str
) -> Any:
    """Return Gumbel numbers for a key that was checked."""
    if mode not in (None, "low", "high"):
        raise ValueError(f'{name}: mode must be "low" or "high", got {mode!r}')
    tiny = np.finfo(dtype).tiny
    if mode != "high":
        u = between(key, shape, dtype, tiny, dtype.type(1))
        return -np.log(-np.log(u))
    u = unit(key, (2, *shape), dtype)
    u = np.where(u[0] >= 0.5, u[0], u[0] + np.finfo(dtype).eps * u[1] + tiny)
    return -np.log(-np.log1p(-u))


def pareto(key: Key, b: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Return Pareto numbers with the exponent ``b``; they are 1 at least.

    >>> from fgrad import random
    >>> pareto(random.key(0), 2.0).round(6)
    np.float64(1.311321)
    """
    dtype = float_dtype(dtype, "pareto")
    b = parameter(b, dtype, "pareto", "b")
    shape = sample_shape(shape, "pareto", b=b)
    return np.exp(waiting(consumed(key, "pareto"), shape, dtype) / b)


def rayleigh(
    key: Key, scale: Any, shape: Shape | None = None, dtype: Any = None
) -> Any:
    """Return Rayleigh numbers: lengths of normal vectors in the plane, times ``scale``.

    >>> from fgrad import random
    >>> rayleigh(random.key(0), 1.0).round(6)
    np.float64(1.319986)
    """
    dtype = float_dtype(dtype, "rayleigh")
    scale = parameter(scale, dtype, "rayleigh", "scale")
    shape = sample_shape(shape, "rayleigh", scale=scale)
    u = unit(consumed(key, "rayleigh"), shape, dtype)
    with np.errstate(divide="ignore"):  # of 0, which may be drawn
        return scale * np.sqrt(np.log(u) * -2)


def weibull_min(
    key: Key, scale: Any, concentration: Any, shape: Shape = (), dtype: Any = None
) -> Any:
    """Return Weibull numbers.

    The parameters broadcast against ``shape``, as in a product with samples of it.

    >>> from fgrad import random
    >>> weibull_min(random.key(0), 1.0, 2.0).round(6)
    np.float64(0.736254)
    """
    name = "weibull_min"
    shape, dtype = checked_shape(shape, name), float_dtype(dtype, name)
    scale = parameter(scale, dtype, name, "scale")
    power = 1 / parameter(concentration, dtype, name, "concentration")
    return waiting(consumed(key, name), shape, dtype) ** power * scale


def triangular(
    key: Key,
    left: Any,
    mode: Any,
    right: Any,
    shape: Shape | None = None,
    dtype: Any = None,
) -> Any:
    """Return numbers of the triangular distribution on [left, right].

    >>> from fgrad import random
    >>> triangular(random.key(0), 0.0, 1.0, 2.0).round(6)
    np.float64(0.91483)
    """
    name = "triangular"
    dtype = float_dtype(dtype, name)
    left, mode = (
        parameter(left, dtype, name, "left"),
        parameter(mode, dtype, name, "mode"),
    )
    right = parameter(right, dtype, name, "right")
    shape = sample_shape(shape, name, left=left, mode=mode, right=right)
    u = unit(consumed(key, name), shape, dtype)
    rising = u < (mode - left) / (right - left)
    share = np.where(rising, u, 1 - u) * (right - left)
    root = np.sqrt(share * np.where(rising, mode - left, right - mode))
    return np.where(rising, left + root, right - root)


def geometric(key: Key, p: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Return numbers of trials up to the first success, of probability ``p``.

    A number that is too large for the dtype is its largest one.

    >>> from fgrad import random
    >>> geometric(random.key(0), 0.3, (4,))
    array([3, 5, 1, 2])
    """
    dtype = int_dtype(dtype, "geometric")
    own = own_dtype(p)
    p = parameter(p, own, "geometric", "p")
    shape = sample_shape(shape, "geometric", p=p)
    u = unit(consumed(key, "geometric"), shape, own)
    u = np.where(u == 0, 1, u)
    with np.errstate(divide="ignore", invalid="ignore"):  # of p = 0, 1 and beyond
        return counts(np.floor(np.log(u) / np.log1p(-p)) + 1, dtype)
