"""The gamma function and its kin: DLMF chapters 5 and 25."""

from __future__ import annotations

from math import pi

from ..core import dtype_of
from ..errors import MissingRuleError
from .basic import astype
from .differences import by_difference
from .elementwise import absolute, cos, floor, log, power, where
from .scipy_ufuncs import scipy_special, special


class _Probe:
    """An argument that gives away which ufunc a Python function of SciPy calls."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return ufunc


def _trigamma(x):
    """Return the derivative of digamma; SciPy has no complex polygamma functions."""
    if dtype_of(x).kind == "c":
        raise MissingRuleError(
            "scipy.special.digamma of a complex argument has no derivative (SciPy has "
            "no complex trigamma function): differentiate gamma or loggamma once only"
        )
    return zeta_p(2.0, x)


def _pole(x):
    return (x <= 0) & (x == floor(x))


def _rgamma(c, z, x):
    """-z psi(x); at the poles of the gamma function the limit, (-1)^n n!."""
    if dtype_of(x).kind == "c":
        return c * (-z * digamma(x))
    pole = _pole(x)
    limit = cos(pi * x) * gamma(where(pole, 1.0 - x, 1.0))
    return c * where(pole, limit, -z * digamma(where(pole, 0.5, x)))


def _zeta_s(c, z, s, q):
    """Take out the first term, q^-s, which may be nearly all of the sum."""
    rest = q + 1.0
    rate = 1.0 + 1.0 / absolute(s - 1.0) + absolute(log(absolute(rest)))
    first = -log(q) * power(q, -s)
    return c * (first + by_difference(zeta_p, 0, rate, s, rest))


def _riemann(c, z, s):
    if dtype_of(s).kind == "c":
        raise MissingRuleError("scipy.special.zeta of a complex argument has no rule")
    # Differences of zeta - 1: far out, zeta is 1 and a tiny rest.
    rate = 1.0 + 1.0 / absolute(s - 1.0)
    return c * astype(by_difference(zetac, 0, rate, s), dtype_of(z))


# fmt: off
zeta_p = special("zeta", _zeta_s,
                 lambda c, z, s, q: c * (-s * zeta_p(s + 1.0, q)),
                 ufunc=scipy_special.zeta(_Probe(), _Probe()))
riemann_zeta = special("riemann_zeta", _riemann, ufunc=scipy_special.zeta(_Probe()))
zetac = special("zetac", _riemann)
digamma = special("digamma", lambda c, z, x: c * _trigamma(x))
gamma = special("gamma", lambda c, z, x: c * (z * digamma(x)))
gammaln = special("gammaln", lambda c, z, x: c * digamma(x))
loggamma = special("loggamma", lambda c, z, x: c * digamma(x))
gammasgn = special("gammasgn")
rgamma = special("rgamma", _rgamma)
beta = special("beta", lambda c, z, a, b: c * (z * (digamma(a) - digamma(a + b))),
               lambda c, z, a, b: c * (z * (digamma(b) - digamma(a + b))))
betaln = special("betaln", lambda c, z, a, b: c * (digamma(a) - digamma(a + b)),
                 lambda c, z, a, b: c * (digamma(b) - digamma(a + b)))
poch = special("poch", lambda c, z, a, m: c * (z * (digamma(a + m) - digamma(a))),
               lambda c, z, a, m: c * (z * digamma(a + m)))
binom = special("binom",
                lambda c, z, n, k: c * (z * (digamma(n + 1.0) - digamma(n - k + 1.0))),
                lambda c, z, n, k: c * (z * (digamma(n - k + 1.0) - digamma(k + 1.0))))
# fmt: on


def polygamma(n, x):
    """Return the n-th derivative of digamma: (-1)^(n+1) n! zeta(n + 1, x)."""
    scale = power(-1.0, n + 1) * gamma(n + 1.0)
    return where(n == 0, digamma(x), scale * zeta_p(n + 1, x))
