"""Poisson and binomial samples.

Small means: Knuth's product of uniform numbers, and the sums of geometric waiting times
(Kachitvichyanukul and Schmeiser, "Binomial random variate generation", CACM 31, 1988).
Large ones: Hörmann's transformed rejection, "The transformed rejection method for
generating Poisson random variables" (Insurance: Mathematics and Economics 12, 1993)
and "The generation of binomial random variates" (J. Stat. Comput. Simul. 46, 1993).

One key is for a whole array of samples, and splits once in every round.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Aval, Primitive
from .basic import mapped
from .threefry import random_numbers, threefry

_SINGLE = np.dtype(np.float32)
_FEW = 10  # from this mean on, rejection takes less rounds


def _draws(key: Any, parts: int, shape: tuple[int, ...], dtype: np.dtype) -> list[Any]:
    """Split a key; draw uniform numbers with all of its parts but the first.

    Returns the first part, and an array per other part.
    """
    keys = [threefry(key, np.uint64(i)) for i in range(parts)]
    return [keys[0], *(_uniform(k, shape, dtype) for k in keys[1:])]


def _uniform(key: Any, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    return random_numbers(key, shape=shape[np.ndim(key) :], dtype=dtype)


def _rejection(key: Any, proposal: Callable[..., Any], z: Any) -> Any:
    """Propose numbers from pairs of uniform ones until all of a key are accepted.

    The last accepted one counts, as in JAX.
    """
    axes = tuple(range(np.ndim(key), z.ndim))
    done = np.zeros(z.shape, bool)
    while (running := ~done.all(axes, keepdims=True)).any():
        key, u, v = _draws(key, 3, z.shape, z.dtype)
        k, accepted = proposal(u - z.dtype.type(0.5), v)
        z = np.where(accepted & running, k, z)
        done |= accepted
    return z


# -- Poisson -----------------------------------------------------------------------


# Lanczos, "A precision approximation of the gamma function" (SIAM J. Numer. Anal. B 1,
# 1964), with g = 7 and nine coefficients; the logarithm as one product, so that it
# keeps its digits in single precision.
# fmt: off
_LANCZOS = (
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.984369578019572e-6,
    1.5056327351493116e-7,
)
# fmt: on


def _log_factorial(k: Any) -> Any:
    """Return the logarithm of ``k!``, in the dtype of ``k``."""
    number = k.dtype.type
    total = np.full_like(k, 0.9999999999998099)
    for i, c in enumerate(_LANCZOS):
        total += number(c) / (k + number(i + 1))
    t = k + number(7.5)
    log_t = number(np.log(7.5)) + np.log1p(k / number(7.5))
    power = (k + number(0.5) - t / log_t) * log_t
    return number(np.log(2 * np.pi) / 2) + power + np.log(total)


def _by_product(key: Any, mean: Any) -> Any:
    """Count the uniform numbers whose product stays above ``exp(-mean)``."""
    z, total = np.zeros(mean.shape), np.zeros_like(mean)
    while (still := total > -mean).any():
        z += still
        key, u = _draws(key, 2, mean.shape, mean.dtype)
        total += np.log(u)
    return z - 1


def _by_rejection(key: Any, mean: Any) -> Any:
    one = mean.dtype.type
    b = one(0.931) + one(2.53) * np.sqrt(mean)
    a = one(-0.059) + one(0.02483) * b
    height = one(1.1239) + one(1.1328) / (b - one(3.4))
    enough, log_mean = one(0.9277) - one(3.6224) / (b - 2), np.log(mean)

    def proposal(u: Any, v: Any) -> tuple[Any, Any]:
        near = one(0.5) - np.abs(u)
        k = np.floor((2 * a / near + b) * u + mean + one(0.43))
        s = np.log(v * height / (a / (near * near) + b))
        t = k * log_mean - mean - _log_factorial(np.maximum(k, 0))
        surely = (near >= one(0.07)) & (v <= enough)
        never = (k < 0) | ((near < one(0.013)) & (v > near))
        return k, surely | (~never & (s <= t))

    return _rejection(key, proposal, np.full_like(mean, -1))


def poisson_samples(key: Any, mean: Any) -> Any:
    """Draw a count for every mean, as a float64.

    The first axes of means are those of the keys. Means that are negative, infinite or
    nan give -1.

    >>> poisson_samples(np.uint64(0), np.array([0.0, 3.0, 1000.0]))
    array([  0.,   0., 959.])
    """
    mean = np.asarray(mean, _SINGLE)
    small = ~(mean >= _FEW) | np.isinf(mean)
    with np.errstate(all="ignore"):
        few = _by_product(key, np.where(mean < _FEW, mean, 0))
        many = _by_rejection(key, np.where(small, np.float32(1e5), mean))
    return np.where(mean == 0, 0, np.where(small, few, many.astype(float)))


# -- binomial ----------------------------------------------------------------------


def _by_waiting(key: Any, n: Any, p: Any) -> Any:
    """Count the successes: the sums of waiting times that do not go beyond ``n``."""
    z, total, base = np.zeros_like(n), np.zeros_like(n), np.log1p(-p)
    while (still := total <= n).any():
        z += still
        u, key = (
            _uniform(threefry(key, np.uint64(0)), n.shape, n.dtype),
            threefry(key, np.uint64(1)),
        )
        total += np.ceil(np.log(u) / base)
    return z - 1


def _stirling_rest(k: Any) -> Any:
    """Return what Stirling's formula for ``log(k!)`` lacks.

    Beyond 9 it is taken to be that of 9, as in JAX: of four such terms, two are
    subtracted.
    """
    few = np.clip(k, 0, 9)
    square = (few + 1) * (few + 1)
    series = (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (few + 1)
    return np.where(k <= 9, _STIRLING[np.nan_to_num(few).astype(int)], series)


def _rest(k: int) -> float:
    half_log = math.log(2 * math.pi) / 2
    return math.lgamma(k + 1) - (k + 0.5) * math.log(k + 1) + (k + 1) - half_log


_STIRLING = np.array([_rest(k) for k in range(10)])


def _by_transformed(key: Any, n: Any, p: Any) -> Any:
    spread = np.sqrt(n * p * (1 - p))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre, enough, odds = n * p + 0.5, 0.92 - 4.2 / b, p / (1 - p)
    alpha, mode = (2.83 + 5.1 / b) * spread, np.floor((n + 1) * p)

    def proposal(u: Any, v: Any) -> tuple[Any, Any]:
        near = 0.5 - np.abs(u)
        k = np.floor((2 * a / near + b) * u + centre)
        s = np.log(v * alpha / (a / (near * near) + b))
        t = (mode + 0.5) * np.log((mode + 1) / (odds * (n - mode + 1)))
        t = t + (n + 1) * np.log((n - mode + 1) / (n - k + 1))
        t = t + (k + 0.5) * np.log(odds * (n - k + 1) / (k + 1))
        t = t + _stirling_rest(mode) + _stirling_rest(n - mode)
        t = t - _stirling_rest(k) - _stirling_rest(n - k)
        surely, never = (near >= 0.07) & (v <= enough), (k < 0) | (k > n)
        return k, surely | (~never & (s <= t))

    return _rejection(key, proposal, np.full_like(n, -1))


def binomial_samples(key: Any, n: Any, p: Any) -> Any:
    """Draw the number of successes in ``n`` trials, as a float of their dtype.

    ``n`` and ``p`` have one shape, whose first axes are those of the keys. Samples are
    nan where ``p`` is not in [0, 1], or ``n`` is negative.

    >>> binomial_samples(np.uint64(0), np.array([10.0, 1e6]), np.array([0.5, 0.5]))
    array([4.00000e+00, 4.99114e+05])
    """
    n, p = np.asarray(n), np.asarray(p)
    rare = p < 0.5
    q = np.where(rare, p, 1 - p)
    bad_n, bad_q = np.isnan(n) | (n < 0), np.isnan(q) | (q < 0)
    endless = np.isinf(n)
    with np.errstate(all="ignore"):
        q = np.where(bad_q, q.dtype.type(0.01), q)
        few = bad_n | endless | (n * q <= _FEW)
        whole = np.floor(n)
        z = _by_waiting(key, np.where(few & ~endless, whole, 0), q)
        many = np.where(few, n.dtype.type(1e4), whole)
        many = _by_transformed(key, many, np.where(few, n.dtype.type(0.5), q))
        z = np.where(few, z, many)
        z = np.where(bad_q | bad_n, np.nan, np.where(endless, np.inf, z))
        return np.where(rare | bad_n | bad_q | endless, z, whole - z).astype(n.dtype)


# -- the primitives ----------------------------------------------------------------


def _sampler(name, impl, abstract):
    """Return a primitive whose parameters have the axes of the key, and their own."""

    def batch(args, dims, size):
        return prim(*(mapped(x, d, size) for x, d in zip(args, dims))), 0

    prim = Primitive(name, impl=impl, abstract=abstract, batch=batch, flat=True)
    return prim


poisson_p = _sampler(
    "random_poisson",
    poisson_samples,
    lambda key, mean: Aval(mean.shape, np.dtype(float)),
)
binomial_p = _sampler(
    "random_binomial", binomial_samples, lambda key, n, p: Aval(n.shape, n.dtype)
)
