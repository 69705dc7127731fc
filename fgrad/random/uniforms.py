"""Bits, uniform numbers and what is a choice among few values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import dtype_of, is_array
from ..ops.basic import astype
from ..ops.threefry import integers_p, random_p
from .arguments import (
    checked_shape,
    float_dtype,
    int_dtype,
    own_dtype,
    parameter,
    sample_shape,
)
from .keys import Key, consumed, subkeys

Shape = Any  # an int, or a sequence of ints


def bits(key: Key, shape: Shape = (), dtype: Any = None) -> Any:
    """Return random bits as unsigned integers: every number is equally likely.

    ``dtype`` is uint8, uint16, uint32 or uint64, which is the default.

    >>> from fgrad import random
    >>> bits(random.key(0), (3,), np.uint8)
    array([167, 146,  40], dtype=uint8)
    """
    shape = checked_shape(shape, "bits")
    found = np.dtype(np.uint64 if dtype is None else dtype)
    if found.kind != "u":
        raise ValueError(f"bits: dtype must be an unsigned dtype, got {found}")
    return random_p(consumed(key, "bits"), shape=shape, dtype=found)


def unit(key: Key, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """Return uniform numbers in [0, 1) for a key that was checked."""
    return random_p(key, shape=shape, dtype=dtype)


def between(
    key: Key, shape: tuple[int, ...], dtype: np.dtype, low: Any, high: Any
) -> Any:
    """Return uniform numbers in [low, high) for a key that was checked."""
    span = high - low
    return np.maximum(low, unit(key, shape, dtype) * span + low)


def uniform(
    key: Key,
    shape: Shape = (),
    dtype: Any = None,
    minval: Any = 0.0,
    maxval: Any = 1.0,
) -> Any:
    """Return uniform numbers in [minval, maxval).

    Derivatives with respect to both bounds exist. The bounds broadcast to ``shape``.

    >>> from fgrad import grad, random
    >>> uniform(random.key(0), (2,)).round(6)
    array([0.418457, 0.216295])
    """
    shape, dtype = checked_shape(shape, "uniform"), float_dtype(dtype, "uniform")
    low = parameter(minval, dtype, "uniform", "minval")
    high = parameter(maxval, dtype, "uniform", "maxval")
    sample_shape(shape, "uniform", minval=low, maxval=high)
    used = consumed(key, "uniform")
    if type(minval) in (int, float) and type(maxval) in (int, float):
        if (minval, maxval) == (0, 1):
            return unit(used, shape, dtype)
    return between(used, shape, dtype, low, high)


def randint(key: Key, shape: Shape, minval: Any, maxval: Any, dtype: Any = None) -> Any:
    """Return integers from ``minval`` to ``maxval - 1``, of dtype int64 by default.

    The bounds broadcast to ``shape``. Where no integer is between them, ``minval``.

    >>> from fgrad import random
    >>> randint(random.key(0), (5,), 0, 10)
    array([5, 1, 5, 7, 3])
    """
    dtype = int_dtype(dtype, "randint")
    narrow = dtype if dtype.itemsize >= 4 else np.dtype(f"{dtype.kind}4")
    low, _ = _bound(minval, dtype, narrow, "minval")
    high, beyond = _bound(maxval, dtype, narrow, "maxval")
    shape = sample_shape(shape, "randint", minval=low, maxval=high)
    word = np.dtype(f"u{narrow.itemsize}")
    keys = subkeys(consumed(key, "randint"), (2,))
    words = (random_p(keys[i], shape=shape, dtype=word) for i in range(2))
    return astype(integers_p(*words, low, high, beyond), dtype)


def _bound(x: Any, dtype: np.dtype, wide: np.dtype, argument: str) -> tuple[Any, Any]:
    """Return a bound in the range of a dtype, and whether it was above that range."""
    if not is_array(x) or dtype_of(x).kind not in "iufb":
        parameter(x, dtype, "randint", argument)  # which says what is wrong
    top = np.iinfo(dtype).max
    end = top + (wide != dtype)  # a wider dtype holds the end of the range too
    if isinstance(x, int | float):
        x = int(x)
        clipped = wide.type(min(max(x, np.iinfo(dtype).min), end))
        return clipped, np.bool(x > top and wide == dtype)
    if dtype_of(x).kind == "f":
        x = astype(x, np.dtype(np.int64))
    least, most = np.iinfo(dtype_of(x)).min, np.iinfo(dtype_of(x)).max
    low, high = max(np.iinfo(dtype).min, least), min(end, most)
    above = x > top if most > top and wide == dtype else np.bool(False)
    return astype(np.clip(x, low, high), wide), above


def bernoulli(
    key: Key, p: Any = 0.5, shape: Shape | None = None, mode: str = "low"
) -> Any:
    """Return booleans that are True with probability ``p``.

    ``mode="high"`` draws twice the bits, for probabilities close to 0.

    >>> from fgrad import random
    >>> bernoulli(random.key(0), 0.3, (4,))
    array([False,  True, False, False])
    """
    dtype = own_dtype(p)
    p = parameter(p, dtype, "bernoulli", "p")
    shape = sample_shape(shape, "bernoulli", p=p)
    if mode not in ("low", "high"):
        raise ValueError(f'bernoulli: mode must be "low" or "high", got {mode!r}')
    key = consumed(key, "bernoulli")
    if mode == "low":
        return unit(key, shape, dtype) < p
    u = unit(key, (2, *shape), dtype)
    return u[1] * np.finfo(dtype).eps < p - u[0]


def rademacher(key: Key, shape: Shape = (), dtype: Any = None) -> Any:
    """Return numbers that are 1 or -1 with the same probability, int64 by default.

    >>> from fgrad import random
    >>> rademacher(random.key(0), (4,))
    array([ 1,  1, -1, -1])
    """
    dtype = np.dtype(np.int64 if dtype is None else dtype)
    return signs(consumed(key, "rademacher"), checked_shape(shape, "rademacher"), dtype)


def signs(key: Key, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """Return 1 or -1, for a key that was checked."""
    heads = unit(key, shape, np.dtype(np.float64)) < 0.5
    return astype(2 * astype(heads, dtype) - 1, dtype)
