"""Incomplete gamma and beta functions, and the distributions that are made of them.

DLMF chapter 8. Derivatives by shape parameters are numerical: of the smaller tail, in
which nothing cancels. Those of an inverse follow from those of the function.
"""

from __future__ import annotations

from .differences import by_difference
from .elementwise import absolute, exp, floor, log, log1p, safe_div, sqrt, square, where
from .scipy_ufuncs import ORDER, special, unruled
from .special_elementary import xlog1py, xlogy
from .special_gamma import betaln, gammaln

# -- densities, and how fast a distribution changes with a shape -----------------------


def _gamma_density(a, x):
    return exp(xlogy(a - 1.0, x) - x - gammaln(a))


def _beta_density(a, b, x):
    return exp(xlogy(a - 1.0, x) + xlog1py(b - 1.0, -x) - betaln(a, b))


def _chi_density(v, x):
    return 0.5 * _gamma_density(0.5 * v, 0.5 * x)


def _t_density(df, t):
    scale = -0.5 * (df + 1.0) * log1p(square(t) / df) - betaln(0.5, 0.5 * df)
    return exp(scale - 0.5 * log(df))


def _f_density(m, n, x):
    ratio = m / n
    power = xlogy(0.5 * m - 1.0, x) - 0.5 * (m + n) * log1p(ratio * x)
    return exp(power + 0.5 * m * log(ratio) - betaln(0.5 * m, 0.5 * n))


def _rate(a, ratio):
    """Return the rate of ``ratio ** a``, a tail, and of what has the width sqrt(a)."""
    a = absolute(a)
    return 1.0 / a + 1.0 / sqrt(a) + absolute(log(where(ratio <= 0, 1, ratio)))


def _rate_gamma(a, x):
    return _rate(a, x / a)


def _rate_a(a, b, x):
    return _rate(a, x * (a + b) / a)


def _rate_b(a, b, x):
    return _rate(b, (1.0 - x) * (a + b) / b)


def _rate_m(m, n, x):
    return _rate(m, m * x / (m * x + n))


def _rate_n(m, n, x):
    return _rate(n, n / (m * x + n))


def _shape(lower, upper, place, rate, sign=1):
    """Return the derivative of a distribution by a shape, from its smaller tail.

    ``lower`` and ``upper`` give the primitives that add up to 1.
    """

    def slope(*args):
        found = (by_difference(prim(), place, rate(*args), *args)
                 for prim in (lower, upper))  # fmt: skip
        below, above = found
        return sign * where(lower()(*args) < 0.5, below, -above)

    return slope


_gamma_a = _shape(lambda: gammainc, lambda: gammaincc, 0, _rate_gamma)
_beta_a = _shape(lambda: betainc, lambda: betaincc, 0, _rate_a)
_beta_b = _shape(lambda: betainc, lambda: betaincc, 1, _rate_b)
_chi_df = _shape(lambda: chdtr, lambda: chdtrc, 0, lambda v, x: _rate_gamma(v, x / 2))
_f_m = _shape(lambda: fdtr, lambda: fdtrc, 0, _rate_m)
_f_n = _shape(lambda: fdtr, lambda: fdtrc, 1, _rate_n)
_gdtr_b = _shape(lambda: gdtr, lambda: gdtrc, 1, lambda a, b, x: _rate_gamma(b, a * x))


def _t_df(df, t):
    """Return the derivative by the degrees of freedom; the left tail is the smaller."""
    rate = _rate(df, 1.0 + square(t) / df)
    left = by_difference(stdtr, 0, rate, df, -absolute(t))
    return where(t < 0, left, -left)


def _gamma_inverse(c, z, a):
    return -safe_div(c * _gamma_a(a, z), _gamma_density(a, z))


def _beta_inverse(c, z, a, b, slope):
    return -safe_div(c * slope(a, b, z), _beta_density(a, b, z))


def _f_inverse(c, z, m, n, slope):
    return -safe_div(c * slope(m, n, z), _f_density(m, n, z))


# fmt: off
gammainc = special("gammainc", lambda c, z, a, x: c * _gamma_a(a, x),
                   lambda c, z, a, x: c * _gamma_density(a, x))
gammaincc = special("gammaincc", lambda c, z, a, x: -c * _gamma_a(a, x),
                    lambda c, z, a, x: -c * _gamma_density(a, x))
gammaincinv = special("gammaincinv", lambda c, z, a, y: _gamma_inverse(c, z, a),
                      lambda c, z, a, y: safe_div(c, _gamma_density(a, z)))
gammainccinv = special("gammainccinv", lambda c, z, a, y: _gamma_inverse(c, z, a),
                       lambda c, z, a, y: -safe_div(c, _gamma_density(a, z)))
betainc = special("betainc", lambda c, z, a, b, x: c * _beta_a(a, b, x),
                  lambda c, z, a, b, x: c * _beta_b(a, b, x),
                  lambda c, z, a, b, x: c * _beta_density(a, b, x))
betaincc = special("betaincc", lambda c, z, a, b, x: -c * _beta_a(a, b, x),
                   lambda c, z, a, b, x: -c * _beta_b(a, b, x),
                   lambda c, z, a, b, x: -c * _beta_density(a, b, x))


betaincinv = special("betaincinv",
                     lambda c, z, a, b, y: _beta_inverse(c, z, a, b, _beta_a),
                     lambda c, z, a, b, y: _beta_inverse(c, z, a, b, _beta_b),
                     lambda c, z, a, b, y: safe_div(c, _beta_density(a, b, z)))
betainccinv = special("betainccinv",
                      lambda c, z, a, b, y: _beta_inverse(c, z, a, b, _beta_a),
                      lambda c, z, a, b, y: _beta_inverse(c, z, a, b, _beta_b),
                      lambda c, z, a, b, y: -safe_div(c, _beta_density(a, b, z)))

# -- distributions of real numbers -----------------------------------------------------

chdtr = special("chdtr", lambda c, z, v, x: c * _chi_df(v, x),
                lambda c, z, v, x: c * _chi_density(v, x))
chdtrc = special("chdtrc", lambda c, z, v, x: -c * _chi_df(v, x),
                 lambda c, z, v, x: -c * _chi_density(v, x))
chdtri = special("chdtri",
                 lambda c, z, v, p: -safe_div(c * _chi_df(v, z), _chi_density(v, z)),
                 lambda c, z, v, p: -safe_div(c, _chi_density(v, z)))
fdtr = special("fdtr", lambda c, z, m, n, x: c * _f_m(m, n, x),
               lambda c, z, m, n, x: c * _f_n(m, n, x),
               lambda c, z, m, n, x: c * _f_density(m, n, x))
fdtrc = special("fdtrc", lambda c, z, m, n, x: -c * _f_m(m, n, x),
                lambda c, z, m, n, x: -c * _f_n(m, n, x),
                lambda c, z, m, n, x: -c * _f_density(m, n, x))
fdtri = special("fdtri", lambda c, z, m, n, p: _f_inverse(c, z, m, n, _f_m),
                lambda c, z, m, n, p: _f_inverse(c, z, m, n, _f_n),
                lambda c, z, m, n, p: safe_div(c, _f_density(m, n, z)))
gdtr = special("gdtr", lambda c, z, a, b, x: c * (x * _gamma_density(b, a * x)),
               lambda c, z, a, b, x: c * _gdtr_b(a, b, x),
               lambda c, z, a, b, x: c * (a * _gamma_density(b, a * x)))
gdtrc = special("gdtrc", lambda c, z, a, b, x: -c * (x * _gamma_density(b, a * x)),
                lambda c, z, a, b, x: -c * _gdtr_b(a, b, x),
                lambda c, z, a, b, x: -c * (a * _gamma_density(b, a * x)))
stdtr = special("stdtr", lambda c, z, df, t: c * _t_df(df, t),
                lambda c, z, df, t: c * _t_density(df, t))
stdtrit = special("stdtrit",
                  lambda c, z, df, p: -safe_div(c * _t_df(df, z), _t_density(df, z)),
                  lambda c, z, df, p: safe_div(c, _t_density(df, z)))

# -- distributions of counts: SciPy rounds the counts down, so they have no slope ------


def _count(function, argument):
    return unruled(function, argument, ORDER)


def _poisson(k, m):
    k = floor(k)
    return exp(xlogy(k, m) - m - gammaln(k + 1.0))


def _binomial(k, n, p):
    k = floor(k)  # of n trials: (n - k) C(n, k) p^k (1 - p)^(n - k - 1)
    return exp(xlogy(k, p) + xlog1py(n - k - 1.0, -p) - betaln(k + 1.0, n - k))


def _negative_binomial(k, n, p):
    return exp(xlogy(n - 1.0, p) + xlog1py(k, -p) - betaln(n, k + 1.0))


pdtr = special("pdtr", lambda c, z, k, m: c * 0.0,
               lambda c, z, k, m: -c * _poisson(k, m))
pdtrc = special("pdtrc", lambda c, z, k, m: c * 0.0,
                lambda c, z, k, m: c * _poisson(k, m))
bdtr = special("bdtr", lambda c, z, k, n, p: c * 0.0, _count("bdtr", "n"),
               lambda c, z, k, n, p: -c * where(floor(k) >= n, 0, _binomial(k, n, p)))
bdtrc = special("bdtrc", lambda c, z, k, n, p: c * 0.0, _count("bdtrc", "n"),
                lambda c, z, k, n, p: c * where(floor(k) >= n, 0, _binomial(k, n, p)))
nbdtr = special("nbdtr", _count("nbdtr", "k"), _count("nbdtr", "n"),
                lambda c, z, k, n, p: c * _negative_binomial(k, n, p))
nbdtrc = special("nbdtrc", _count("nbdtrc", "k"), _count("nbdtrc", "n"),
                 lambda c, z, k, n, p: -c * _negative_binomial(k, n, p))
# fmt: on
