"""Choosing, shuffling, and counts: what has no derivative."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..core import dtype_of, is_array, shape_of
from ..ops.basic import astype
from ..ops.count_samples import binomial_p, poisson_p
from ..ops.threefry import random_p
from ..transforms.arguments import shown
from .arguments import (
    checked_shape,
    counts,
    float_dtype,
    int_dtype,
    joint_dtype,
    own_dtype,
    parameter,
    sample_shape,
    spread,
)
from .keys import Key, consumed, subkeys
from .transformed import extremes
from .uniforms import Shape, randint, unit

# -- order -------------------------------------------------------------------------


def permutation(key: Key, x: Any, axis: int = 0, independent: bool = False) -> Any:
    """Return an array with its slices along an axis in random order.

    An integer stands for ``np.arange(x)``. With ``independent`` every line along the
    axis has an order of its own.

    >>> from fgrad import random
    >>> permutation(random.key(0), 5)
    array([0, 1, 4, 3, 2])
    """
    key = consumed(key, "permutation")
    if is_array(x) and not shape_of(x) and dtype_of(x).kind in "iu":
        shape = checked_shape((x,), "permutation", "x")
        return _order(key, shape, _axis(axis, np.empty(shape), "permutation"))
    if not is_array(x) or not shape_of(x):
        raise TypeError(
            f"permutation: x must be an integer or have an axis, got {shown(x)}"
        )
    axis = _axis(axis, x, "permutation")
    if independent:
        return fnp.take_along_axis(x, _order(key, shape_of(x), axis), axis)
    return fnp.take(x, _order(key, (shape_of(x)[axis],), 0), axis=axis)


def _order(key: Key, shape: tuple[int, ...], axis: int) -> Any:
    """Return indices in the order of 32 bits each; again where ties are likely."""
    column = [1] * len(shape)
    column[axis] = shape[axis]
    order: Any = np.broadcast_to(np.arange(shape[axis]).reshape(column), shape)
    rounds = math.ceil(3 * math.log(max(math.prod(shape), 1)) / math.log(2**32 - 1))
    for _ in range(rounds):
        key, own = subkeys(key, (2,))
        words = random_p(own, shape=shape, dtype=np.dtype(np.uint32))
        ranks = np.argsort(words, axis=axis, kind="stable")
        order = fnp.take_along_axis(order, ranks, axis)
    return order if rounds else np.copy(order)


def _axis(axis: int, x: Any, name: str) -> int:
    n = len(shape_of(x))
    if not -n <= axis < n:
        raise ValueError(f"{name}: axis {axis} is out of bounds for {shown(x)}")
    return axis % n


def choice(
    key: Key,
    a: Any,
    shape: Shape = (),
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    mode: str | None = None,
) -> Any:
    """Return randomly chosen slices of an array, or integers below ``a``.

    ``p`` has the probability of each. Without ``replace`` none is chosen twice.

    >>> from fgrad import random
    >>> choice(random.key(0), np.array([10, 20, 30]), (4,))
    array([10, 30, 30, 30])
    """
    shape = checked_shape(shape, "choice")
    if not is_array(a) or (not shape_of(a) and dtype_of(a).kind not in "iu"):
        raise TypeError(f"choice: a must be an integer or have an axis, got {shown(a)}")
    axis = _axis(axis, a, "choice") if shape_of(a) else 0
    n = shape_of(a)[axis] if shape_of(a) else a.__index__()
    draws = math.prod(shape)
    if n <= 0 and draws:
        raise ValueError("choice: there is nothing to choose from")
    if not replace and draws > n:
        raise ValueError(
            f"choice: {draws} samples without replacement cannot be taken from {n}"
        )
    if p is None and replace:
        picked = randint(key, shape, 0, max(n, 1))
    elif p is None:
        order = _order(consumed(key, "choice"), (n,), 0)
        picked = np.reshape(order[:draws], shape)
    else:
        picked = _weighted(consumed(key, "choice"), n, shape, replace, p, mode)
    return fnp.take(a, picked, axis=axis) if shape_of(a) else picked


def _weighted(
    key: Key, n: int, shape: tuple[int, ...], replace: bool, p: Any, mode: str | None
) -> Any:
    if isinstance(p, list | tuple):
        p = np.asarray(p)
    if not is_array(p) or shape_of(p) != (n,):
        raise ValueError(
            f"choice: p must have a probability for each of {n}, got {shown(p)}"
        )
    dtype = own_dtype(p)
    p = parameter(p, dtype, "choice", "p")
    if replace:
        total = np.cumsum(p)
        return np.searchsorted(total, total[-1] * (1 - unit(key, shape, dtype)))
    with np.errstate(divide="ignore"):  # of probabilities that are 0
        scores = extremes(key, (n,), dtype, mode, "choice") + np.log(p)
    return np.reshape(_largest(scores, math.prod(shape), 0), shape)


def _largest(x: Any, count: int, axis: int) -> Any:
    """Return the indices of the largest elements along an axis, in falling order."""
    order = np.argsort(-x, axis=axis, kind="stable")
    return np.take(order, np.arange(count), axis=axis)


def categorical(
    key: Key,
    logits: Any,
    axis: int = -1,
    shape: Shape | None = None,
    replace: bool = True,
    mode: str | None = None,
) -> Any:
    """Return indices, with probabilities proportional to ``exp(logits)`` along an axis.

    ``shape`` ends with the shape of ``logits`` without that axis. Without ``replace``
    the indices along the axes before those are distinct.

    >>> from fgrad import random
    >>> categorical(random.key(0), np.log([0.1, 0.6, 0.3]), shape=(4,))
    array([2, 1, 1, 1])
    """
    if not is_array(logits) or not shape_of(logits):
        raise TypeError(f"categorical: logits must have an axis, got {shown(logits)}")
    dtype = own_dtype(logits)
    logits = parameter(logits, dtype, "categorical", "logits")
    axis = _axis(axis, logits, "categorical")
    full = shape_of(logits)
    batch = full[:axis] + full[axis + 1 :]
    shape = sample_shape(shape, "categorical", logits=np.broadcast_to(0, batch))
    before = shape[: len(shape) - len(batch)]
    key = consumed(key, "categorical")
    if replace:
        scores = extremes(key, (*before, *full), dtype, mode, "categorical") + logits
        return np.argmax(scores, axis=axis - len(full))
    count = math.prod(before)
    if count > full[axis]:
        raise ValueError(
            f"categorical: {count} samples without replacement cannot be taken from "
            f"{full[axis]} categories"
        )
    scores = logits + extremes(key, full, dtype, mode, "categorical")
    return np.reshape(np.moveaxis(_largest(scores, count, axis), axis, 0), shape)


# -- counts ------------------------------------------------------------------------


def poisson(key: Key, lam: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Return Poisson numbers of mean ``lam``; -1 where that is negative or not finite.

    They are computed from means in single precision, as in JAX. A count that is too
    large for the dtype is its largest number.

    >>> from fgrad import random
    >>> poisson(random.key(0), 3.0, (4,))
    array([0, 0, 4, 4])
    """
    dtype = int_dtype(dtype, "poisson")
    lam = parameter(lam, np.dtype(np.float32), "poisson", "lam")
    shape = sample_shape(shape, "poisson", lam=lam)
    return counts(poisson_p(consumed(key, "poisson"), spread(lam, shape)), dtype)


def binomial(
    key: Key, n: Any, p: Any, shape: Shape | None = None, dtype: Any = None
) -> Any:
    """Return numbers of successes in ``n`` trials of probability ``p``, as floats.

    >>> from fgrad import random
    >>> binomial(random.key(0), 10, 0.5, (4,))
    array([4., 7., 6., 6.])
    """
    dtype, own = float_dtype(dtype, "binomial"), joint_dtype(n, p)
    n, p = parameter(n, own, "binomial", "n"), parameter(p, own, "binomial", "p")
    shape = sample_shape(shape, "binomial", n=n, p=p)
    key = consumed(key, "binomial")
    return astype(binomial_p(key, spread(n, shape), spread(p, shape)), dtype)


def multinomial(
    key: Key,
    n: Any,
    p: Any,
    *,
    shape: Shape | None = None,
    dtype: Any = None,
    unroll: int | bool = 1,
) -> Any:
    """Return how often each of several outcomes occurs in ``n`` trials, as floats.

    ``p`` has the probabilities along its last axis; ``shape`` ends with it. The
    outcomes are drawn one after the other. ``unroll`` has no effect.

    >>> from fgrad import random
    >>> float(multinomial(random.key(0), 10, np.array([0.2, 0.3, 0.5])).sum())
    10.0
    """
    dtype, own = float_dtype(dtype, "multinomial"), joint_dtype(n, p)
    n, p = parameter(n, own, "multinomial", "n"), parameter(p, own, "multinomial", "p")
    if not shape_of(p):
        raise ValueError("multinomial: p must have an axis, that of the outcomes")
    shape = sample_shape(
        shape, "multinomial", n=np.broadcast_to(0, (*shape_of(n), 1)), p=p
    )
    p = np.moveaxis(spread(p, shape), -1, 0)
    left = np.flip(np.cumsum(np.flip(p, 0), axis=0), 0)
    ratios = p / np.where(left == 0, 1, left)
    keys = subkeys(consumed(key, "multinomial"), (shape[-1],))
    rest, drawn = spread(n, shape[:-1]), []
    for i in range(shape[-1]):
        chance = np.minimum(np.maximum(ratios[i], 0), 1)
        drawn.append(binomial_p(keys[i], rest, chance))
        rest = rest - drawn[-1]
    return astype(np.stack(drawn, axis=-1), dtype) if drawn else np.zeros(shape, dtype)
