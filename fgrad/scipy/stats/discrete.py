"""Distributions on integers."""

from __future__ import annotations

from math import e, pi
from typing import Any

import numpy as np

from ... import numpy as fnp
from ...ops.elementwise import ceil, exp, expm1, floor, log, log1p, where
from ...ops.special_cdfs import betainc, betaincc, pdtr, pdtrc
from ...ops.special_elementary import xlog1py, xlogy
from ...ops.special_gamma import betaln, gammaln
from ..exponential_sums import floating
from .families import Discrete


def _is_count(n):
    return (n >= 0) & (n == floor(n))


def _is_share(p):
    return (p >= 0) & (p <= 1)


bernoulli = Discrete(
    "bernoulli",
    shapes=("p",),
    valid=_is_share,
    last=lambda p: 1,
    log_mass=lambda k, p: xlogy(k, p) + xlog1py(1.0 - k, -p),
    cumulative=lambda k, p: 1.0 - p,
    survival=lambda k, p: p,
    quantile=lambda q, p: where(q <= 1.0 - p, 0.0, 1.0),
)

binom = Discrete(
    "binom",
    shapes=("n", "p"),
    valid=lambda n, p: _is_count(n) & _is_share(p),
    last=lambda n, p: n,
    log_mass=lambda k, n, p: (
        gammaln(n + 1.0)
        - gammaln(k + 1.0)
        - gammaln(n - k + 1.0)
        + xlogy(k, p)
        + xlog1py(n - k, -p)
    ),
    cumulative=lambda k, n, p: betaincc(k + 1.0, n - k, p),
    survival=lambda k, n, p: betainc(k + 1.0, n - k, p),
)


class _Poisson(Discrete):
    def entropy(self, mu: Any, loc: Any = 0) -> Any:
        """Return the entropy: a sum, or beyond a mean of 100 its asymptotic series."""
        mu = floating(mu)
        large = mu > 100
        k = np.arange(300.0)
        logs = self.log_mass(k, where(large, 1.0, mu)[..., None])
        u = 1.0 / where(large, mu, 1.0)
        # R. J. Evans, J. Boersma, N. M. Blachman, A. A. Jagers, SIAM Review 30 (1988)
        series = -u / 12 - u * u / 24 - 19 / 360 * u * u * u
        far = 0.5 * log(2 * pi * e / u) + series
        some = logs > -np.inf  # at a mean of 0 all but one are impossible
        near = -fnp.sum(where(some, exp(logs) * where(some, logs, 0), 0), axis=-1)
        return where(mu >= 0, where(large, far, near), np.nan)


poisson = _Poisson(
    "poisson",
    shapes=("mu",),
    valid=lambda mu: mu >= 0,
    log_mass=lambda k, mu: xlogy(k, mu) - gammaln(k + 1.0) - mu,
    cumulative=lambda k, mu: pdtr(k, mu),
    survival=lambda k, mu: pdtrc(k, mu),
)

geom = Discrete(
    "geom",
    shapes=("p",),
    valid=lambda p: (p > 0) & (p <= 1),
    first=1,
    log_mass=lambda k, p: xlog1py(k - 1.0, -p) + log(p),
    cumulative=lambda k, p: -expm1(log1p(-p) * k),
    survival=lambda k, p: exp(log1p(-p) * k),
    log_survival=lambda k, p: log1p(-p) * k,
    quantile=lambda q, p: ceil(log1p(-q) / log1p(-p)),
)

nbinom = Discrete(
    "nbinom",
    shapes=("n", "p"),
    valid=lambda n, p: (n > 0) & (p > 0) & (p <= 1),
    log_mass=lambda k, n, p: (
        gammaln(n + k) - gammaln(k + 1.0) - gammaln(n) + xlogy(n, p) + xlog1py(k, -p)
    ),
    cumulative=lambda k, n, p: betainc(n, k + 1.0, p),
    survival=lambda k, n, p: betaincc(n, k + 1.0, p),
)

betabinom = Discrete(
    "betabinom",
    shapes=("n", "a", "b"),
    valid=lambda n, a, b: _is_count(n) & (a > 0) & (b > 0),
    last=lambda n, a, b: n,
    log_mass=lambda k, n, a, b: (
        -log(n + 1.0)
        - betaln(n - k + 1.0, k + 1.0)
        + betaln(k + a, n - k + b)
        - betaln(a, b)
    ),
)
