"""Gamma samples by rejection, and their derivative with respect to the shape.

Samples: Marsaglia and Tsang, "A simple method for generating gamma variables" (ACM
TOMS 26, 2000); shapes below 1 are drawn one higher and scaled by ``u^(1 / alpha)``.
Every sample has a key of its own, so that it depends on no other sample.

Derivative: a sample keeps its quantile as the shape changes (implicit
reparameterisation: Figurnov, Mohamed and Mnih, NeurIPS 2018).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Aval, broadcast_shapes, dtype_of
from .basic import astype
from .differences import by_difference
from .elementwise import absolute, exp, log, maximum
from .erf import inverse_erf
from .families import elementwise
from .gamma_slope import log_slope
from .threefry import random_numbers, threefry

# -- drawing -----------------------------------------------------------------------


def child(keys: Any, i: int) -> Any:
    """Return key number ``i`` of those that each key splits into.

    >>> child(np.array([0, 1], np.uint64), 1)
    array([3989946895414531357, 8370371427069427784], dtype=uint64)
    """
    return threefry(keys, np.uint64(i))


def _normal(keys: Any, dtype: np.dtype) -> Any:
    """Draw a normal number with each key."""
    low = np.nextafter(dtype.type(-1), dtype.type(0))
    u = random_numbers(keys, shape=(), dtype=dtype) * (dtype.type(1) - low) + low
    return inverse_erf(u) * dtype.type(np.sqrt(2))


def _near_normal(keys: Any, c: Any) -> tuple[Any, Any]:
    """Draw normal numbers ``x`` until ``v = 1 + c x`` is positive; return both."""
    x, v = np.zeros_like(c), np.full_like(c, -1)
    open_ = np.arange(c.size)
    while open_.size:
        x[open_] = _normal(child(keys[open_], 1), c.dtype)
        v[open_] = 1 + x[open_] * c[open_]
        keys[open_] = child(keys[open_], 0)
        open_ = open_[v[open_] <= 0]
    return x, v


def _accepted_cubes(keys: Any, d: Any) -> Any:
    """Return the first accepted ``v^3`` for each key: samples divided by ``d``."""
    third = d.dtype.type(1 / 3)
    c, cubes = third / np.sqrt(d), np.ones_like(d)
    open_ = np.flatnonzero(np.log(d.dtype.type(2)) >= d * 0)  # not where d is nan
    while open_.size:
        own = keys[open_]
        x, v = _near_normal(child(own, 1), c[open_])
        square, cube = x * x, v * v * v
        u = random_numbers(child(own, 2), shape=(), dtype=d.dtype)
        keys[open_], cubes[open_] = child(own, 0), cube
        bound = square * d.dtype.type(0.5) + d[open_] * ((1 - cube) + np.log(cube))
        surely = u < 1 - d.dtype.type(0.0331) * (square * square)
        open_ = open_[~surely & (np.log(u) >= bound)]
    return cubes


def _parts(key: Any, alpha: Any) -> tuple[Any, ...]:
    """Return what a sample is the product of, and the shape of all samples.

    These are ``d``, ``v^3``, the base ``u`` of the scale of shapes below 1 and its
    exponent, which is zero for the others.
    """
    alpha = np.asarray(alpha)  # compiled programs have numbers in place of scalars
    shape = np.broadcast_shapes(np.shape(key), alpha.shape)
    keys = np.broadcast_to(key, shape).reshape(-1)
    alphas = np.broadcast_to(alpha, shape).reshape(-1)
    large = alphas >= 1
    d = np.where(large, alphas, alphas + 1) - alpha.dtype.type(1 / 3)
    cubes = _accepted_cubes(child(keys, 0), d)
    u = random_numbers(child(keys, 1), shape=(), dtype=alpha.dtype)
    return d, cubes, u, np.where(large, 0, 1 / alphas), shape


def gamma_samples(key: Any, alpha: Any) -> Any:
    """Draw a gamma sample with each key.

    >>> gamma_samples(np.uint64(0), np.float64(2.0)).round(6)
    np.float64(0.866808)
    """
    with np.errstate(all="ignore"):
        d, cubes, u, power, shape = _parts(key, alpha)
        return (d * cubes * (1 - u) ** power).reshape(shape)[()]


def loggamma_samples(key: Any, alpha: Any) -> Any:
    """Draw the logarithm of a gamma sample with each key; it does not underflow.

    >>> loggamma_samples(np.uint64(0), np.float64(1e-5)).round(6)
    np.float64(-8407.566788)
    """
    with np.errstate(all="ignore"):
        d, cubes, u, power, shape = _parts(key, alpha)
        scale = np.log1p(-u)
        scale = np.where(scale == 0, 0, scale * power)
        return (np.log(d) + np.log(cubes) + scale).reshape(shape)[()]


# -- the primitives ----------------------------------------------------------------


def _slope_by_alpha(c, z, alpha, log_x):
    # The density is a power of x, as wide as sqrt(alpha), and singular at alpha = 0.
    rate = 1.0 / alpha + alpha**-0.5 + absolute(log_x - log(alpha))
    return c * astype(by_difference(log_slope_p, 0, rate, alpha, log_x), dtype_of(z))


def _slope_by_log_x(c, z, alpha, log_x):
    rate = 1.0 + alpha**0.5 + absolute(exp(log_x) - alpha)
    return c * astype(by_difference(log_slope_p, 1, rate, alpha, log_x), dtype_of(z))


log_slope_p = elementwise(
    "gamma_log_slope",
    impl=log_slope,
    abstract=lambda alpha, log_x: Aval(
        broadcast_shapes(alpha.shape, log_x.shape), alpha.dtype
    ),
    rules=(_slope_by_alpha, _slope_by_log_x),
    emit="",
)


def _slope(c, z, key, alpha):
    # Where a sample is too small for its dtype, so is its derivative.
    tiny = np.finfo(alpha.dtype).tiny
    return c * (z * log_slope_p(alpha, log(maximum(z, tiny))))


def _sampler(name, impl, rule):
    return elementwise(
        name,
        impl=impl,
        abstract=lambda key, alpha: Aval(
            broadcast_shapes(key.shape, alpha.shape), alpha.dtype
        ),
        rules=(None, rule),
        emit="",
    )


random_gamma_p = _sampler("random_gamma", gamma_samples, _slope)
random_loggamma_p = _sampler(
    "random_loggamma",
    loggamma_samples,
    lambda c, z, key, alpha: c * log_slope_p(alpha, z),
)
