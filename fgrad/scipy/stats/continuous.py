"""Continuous distributions of one number, in their standard form."""

from __future__ import annotations

from math import log as real_log
from math import pi
from typing import Any

import numpy as np

from ...ops.elementwise import (
    absolute,
    arctan2,
    cos,
    exp,
    expm1,
    log,
    log1p,
    logaddexp,
    minimum,
    power,
    sign,
    sin,
    square,
    tan,
    where,
)
from ...ops.logistic import log1mexp
from ...ops.special import expit, log_expit, log_ndtr, logit, ndtr, ndtri, ndtri_exp
from ...ops.special_bessel import i0e
from ...ops.special_cdfs import (
    betainc,
    betaincc,
    betainccinv,
    betaincinv,
    chdtr,
    chdtrc,
    chdtri,
    gammainc,
    gammaincc,
    gammainccinv,
    gammaincinv,
    stdtr,
    stdtrit,
)
from ...ops.special_elementary import cosm1, xlog1py, xlogy
from ...ops.special_gamma import betaln, gammaln
from .families import LN2, Continuous

LOG_2PI = real_log(2 * pi)

norm = Continuous(
    "norm",
    log_density=lambda y: -0.5 * square(y) - 0.5 * LOG_2PI,
    cumulative=ndtr,
    survival=lambda y: ndtr(-y),
    log_cumulative=log_ndtr,
    log_survival=lambda y: log_ndtr(-y),
    quantile=ndtri,
    upper_quantile=lambda q: -ndtri(q),
)

uniform = Continuous(
    "uniform",
    support=lambda: (0.0, 1.0),
    log_density=lambda y: y * 0.0,
    cumulative=lambda y: y,
    survival=lambda y: 1.0 - y,
    quantile=lambda q: q,
    upper_quantile=lambda q: 1.0 - q,
)

expon = Continuous(
    "expon",
    support=lambda: (0.0, np.inf),
    log_density=lambda y: -y,
    cumulative=lambda y: -expm1(-y),
    survival=lambda y: exp(-y),
    log_cumulative=log1mexp,
    log_survival=lambda y: -y,
    quantile=lambda q: -log1p(-q),
    upper_quantile=lambda q: -log(q),
)


def _laplace_cdf(y: Any) -> Any:
    tail = 0.5 * exp(-absolute(y))
    return where(y < 0, tail, 1.0 - tail)


def _laplace_logcdf(y: Any) -> Any:
    left = y < 0
    right = log1p(-0.5 * exp(-where(left, 0, y)))
    return where(left, y - LN2, right)


def _laplace_ppf(q: Any) -> Any:
    left = q < 0.5
    tail = log(2 * where(left, q, 1.0 - q))
    return where(left, tail, -tail)


laplace = Continuous(
    "laplace",
    log_density=lambda y: -absolute(y) - LN2,
    cumulative=_laplace_cdf,
    survival=lambda y: _laplace_cdf(-y),
    log_cumulative=_laplace_logcdf,
    log_survival=lambda y: _laplace_logcdf(-y),
    quantile=_laplace_ppf,
    upper_quantile=lambda q: -_laplace_ppf(q),
)

logistic = Continuous(
    "logistic",
    log_density=lambda y: log_expit(y) + log_expit(-y),
    cumulative=expit,
    survival=lambda y: expit(-y),
    log_cumulative=log_expit,
    log_survival=lambda y: log_expit(-y),
    quantile=logit,
    upper_quantile=lambda q: -logit(q),
)


def _cauchy_ppf(q: Any) -> Any:
    middle = absolute(q - 0.5) < 0.25
    tail = pi * where(middle, 0.25, minimum(q, 1.0 - q))
    inner = tan(pi * where(middle, q - 0.5, 0))
    return where(middle, inner, sign(q - 0.5) * cos(tail) / sin(tail))


cauchy = Continuous(
    "cauchy",
    log_density=lambda y: -real_log(pi) - log1p(square(y)),
    cumulative=lambda y: arctan2(1.0, -y) / pi,
    survival=lambda y: arctan2(1.0, y) / pi,
    quantile=_cauchy_ppf,
    upper_quantile=lambda q: -_cauchy_ppf(q),
)


def _grown(y: Any) -> Any:
    """Return exp(-y), and inf without a slope where that overflows."""
    over = y < -700
    return where(over, np.inf, exp(-where(over, 0, y)))


def _gumbel_logsf(y: Any) -> Any:
    """Return log(1 - exp(-exp(-y))); far out, exp(-y) is all that counts."""
    far = y > 30
    return where(far, -where(far, y, 0), log1mexp(_grown(where(far, 0, y))))


def _gumbel_r() -> dict[str, Any]:
    return {
        "log_density": lambda y: -(y + _grown(y)),
        "cumulative": lambda y: exp(-_grown(y)),
        "survival": lambda y: -expm1(-_grown(y)),
        "log_cumulative": lambda y: -_grown(y),
        "log_survival": _gumbel_logsf,
        "quantile": lambda q: -log(-log(q)),
        "upper_quantile": lambda q: -log(-log1p(-q)),
    }


_MIRRORED = {
    "log_density": "log_density",
    "cumulative": "survival",
    "survival": "cumulative",
    "log_cumulative": "log_survival",
    "log_survival": "log_cumulative",
}


def _mirror(formulas: dict[str, Any]) -> dict[str, Any]:
    """Return the formulas of the distribution of ``-y``."""
    tails = {k: (lambda y, f=formulas[v]: f(-y)) for k, v in _MIRRORED.items()}
    return {
        **tails,
        "quantile": lambda q: -formulas["upper_quantile"](q),
        "upper_quantile": lambda q: -formulas["quantile"](q),
    }


gumbel_r = Continuous("gumbel_r", **_gumbel_r())
gumbel_l = Continuous("gumbel_l", **_mirror(_gumbel_r()))

gamma = Continuous(
    "gamma",
    shapes=("a",),
    valid=lambda a: a > 0,
    support=lambda a: (0.0, np.inf),
    pole=lambda y, a: where(y == 0, 1.0 - a, 0),
    log_density=lambda y, a: xlogy(a - 1.0, y) - y - gammaln(a),
    cumulative=lambda y, a: gammainc(a, y),
    survival=lambda y, a: gammaincc(a, y),
    quantile=lambda q, a: gammaincinv(a, q),
    upper_quantile=lambda q, a: gammainccinv(a, q),
)

chi2 = Continuous(
    "chi2",
    shapes=("df",),
    valid=lambda df: df > 0,
    support=lambda df: (0.0, np.inf),
    pole=lambda y, df: where(y == 0, 2.0 - df, 0),
    log_density=lambda y, df: (
        xlogy(0.5 * df - 1.0, y) - 0.5 * y - gammaln(0.5 * df) - LN2 * (0.5 * df)
    ),
    cumulative=lambda y, df: chdtr(df, y),
    survival=lambda y, df: chdtrc(df, y),
    quantile=lambda q, df: 2.0 * gammaincinv(0.5 * df, q),
    upper_quantile=lambda q, df: chdtri(df, q),
)

beta = Continuous(
    "beta",
    shapes=("a", "b"),
    valid=lambda a, b: (a > 0) & (b > 0),
    support=lambda a, b: (0.0, 1.0),
    pole=lambda y, a, b: where(y == 0, 1.0 - a, where(y == 1, 1.0 - b, 0)),
    log_density=lambda y, a, b: xlog1py(b - 1.0, -y) + xlogy(a - 1.0, y) - betaln(a, b),
    cumulative=lambda y, a, b: betainc(a, b, y),
    survival=lambda y, a, b: betaincc(a, b, y),
    quantile=lambda q, a, b: betaincinv(a, b, q),
    upper_quantile=lambda q, a, b: betainccinv(a, b, q),
)

t = Continuous(
    "t",
    shapes=("df",),
    valid=lambda df: df > 0,
    log_density=lambda y, df: (
        -0.5 * (df + 1.0) * log1p(square(y) / df)
        - 0.5 * log(df)
        - betaln(np.full_like(df, 0.5), 0.5 * df)
    ),
    cumulative=lambda y, df: stdtr(df, y),
    survival=lambda y, df: stdtr(df, -y),
    quantile=lambda q, df: stdtrit(df, q),
    upper_quantile=lambda q, df: -stdtrit(df, q),
)

pareto = Continuous(
    "pareto",
    shapes=("b",),
    valid=lambda b: b > 0,
    support=lambda b: (1.0, np.inf),
    centre=lambda b: 2.0,
    log_density=lambda y, b: log(b) - (b + 1.0) * log(y),
    cumulative=lambda y, b: -expm1(-b * log(y)),
    survival=lambda y, b: power(y, -b),
    log_cumulative=lambda y, b: log1mexp(b * log(y)),
    log_survival=lambda y, b: -b * log(y),
    quantile=lambda q, b: exp(-log1p(-q) / b),
    upper_quantile=lambda q, b: power(q, -1.0 / b),
)


def _gennorm_cdf(y: Any, beta: Any) -> Any:
    none = y == 0  # there the two factors of the derivative are 0 and inf
    size = power(absolute(where(none, 1, y)), beta)
    tail = 0.5 * gammaincc(1.0 / beta, size)
    middle = 0.5 + y * (0.5 * beta / exp(gammaln(1.0 / beta)))
    return where(none, middle, where(y < 0, tail, 1.0 - tail))


def _gennorm_ppf(q: Any, beta: Any) -> Any:
    tail = 2 * minimum(q, 1.0 - q)
    return sign(q - 0.5) * power(gammainccinv(1.0 / beta, tail), 1.0 / beta)


gennorm = Continuous(
    "gennorm",
    shapes=("beta",),
    valid=lambda beta: beta > 0,
    log_density=lambda y, beta: (
        log(0.5 * beta) - gammaln(1.0 / beta) - power(absolute(y), beta)
    ),
    cumulative=_gennorm_cdf,
    survival=lambda y, beta: _gennorm_cdf(-y, beta),
    quantile=_gennorm_ppf,
    upper_quantile=lambda q, beta: -_gennorm_ppf(q, beta),
)


def _log_mass(a: Any, b: Any) -> Any:
    """Return the logarithm of what the normal distribution has between two points.

    By symmetry in the left tail, in which probabilities have all of their digits.
    """
    right = a > 0
    low, high = log_ndtr(where(right, -b, a)), log_ndtr(where(right, -a, b))
    return high + log1mexp(where(high > low, high - where(high > low, low, 0), 1))


def _truncnorm_ppf(q: Any, a: Any, b: Any) -> Any:
    right, mass = a > 0, _log_mass(a, b)
    base = log_ndtr(where(right, -b, a))
    share = where(right, log1p(-q), log(q)) + mass
    y = ndtri_exp(logaddexp(base, share))
    return where(right, -y, y)


truncnorm = Continuous(
    "truncnorm",
    shapes=("a", "b"),
    valid=lambda a, b: a < b,
    support=lambda a, b: (a, b),
    centre=lambda a, b: where(a > 0, a, where(b < 0, b, 0)),
    log_density=lambda y, a, b: norm.log_density(y) - _log_mass(a, b),
    cumulative=lambda y, a, b: exp(_log_mass(a, y) - _log_mass(a, b)),
    survival=lambda y, a, b: exp(_log_mass(y, b) - _log_mass(a, b)),
    log_cumulative=lambda y, a, b: _log_mass(a, y) - _log_mass(a, b),
    log_survival=lambda y, a, b: _log_mass(y, b) - _log_mass(a, b),
    quantile=_truncnorm_ppf,
)

vonmises = Continuous(
    "vonmises",
    shapes=("kappa",),
    valid=lambda kappa: kappa >= 0,
    log_density=lambda y, kappa: kappa * cosm1(y) - LOG_2PI - log(i0e(kappa)),
)


def _ratio(c: Any) -> Any:
    return (1.0 + c) / (1.0 - c)


wrapcauchy = Continuous(
    "wrapcauchy",
    shapes=("c",),
    valid=lambda c: (c > 0) & (c < 1),
    support=lambda c: (0.0, 2 * pi),
    log_density=lambda y, c: (
        log1p(-square(c)) - LOG_2PI - log(1.0 + square(c) - 2 * c * cos(y))
    ),
    cumulative=lambda y, c: arctan2(_ratio(c) * sin(0.5 * y), cos(0.5 * y)) / pi,
    quantile=lambda q, c: 2 * arctan2(sin(pi * q), _ratio(c) * cos(pi * q)),
)
