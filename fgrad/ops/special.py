"""Error functions, the logistic function, and the functions of sigmoid shape.

Formulas: NIST Digital Library of Mathematical Functions (DLMF), chapters 4 and 7.
"""

from __future__ import annotations

from math import pi, sqrt

from ..core import dtype_of
from .elementwise import absolute, cos, exp, safe_div, sin, square, unless_zero, where
from .scipy_ufuncs import part, scipy_special, special

ROOT_PI = sqrt(pi)
SLOPE = 2 / ROOT_PI  # of erf at 0
ROOT_2 = sqrt(2.0)
ROOT_2PI = sqrt(2 * pi)


def _far_series(x, sign):
    """Sum (2k-1)!! (sign / 2x^2)^k over k >= 1, which is asymptotic (DLMF 7.12.1)."""
    u, total = sign / (2 * square(x)), 0.0
    for k in range(8, 0, -1):
        total = (2 * k - 1) * u * (1.0 + total)
    return total


def _less_cancelling(x, near, far, sign):
    """Return a derivative, from its asymptotic series where the formula cancels."""
    if dtype_of(x).kind == "c":
        return near(x)
    is_far = x * sign_of(sign, x) > 25.0
    return where(is_far, far * _far_series(where(is_far, x, 1), sign), near(x))


def sign_of(sign, x):
    """Return what makes an argument positive where a series holds: odd or even."""
    return 1.0 if sign < 0 else where(x < 0, -1.0, 1.0)


def gaussian(x):
    """Return the density of the standard normal distribution."""
    return exp(-0.5 * square(x)) / ROOT_2PI


# fmt: off
erf = special("erf", lambda c, z, x: c * (SLOPE * exp(-square(x))))
erfc = special("erfc", lambda c, z, x: c * (-SLOPE * exp(-square(x))))
erfcx = special("erfcx", lambda c, z, x: c * _less_cancelling(
    x, lambda x: 2 * x * erfcx(x) - SLOPE, SLOPE, -1.0))
erfi = special("erfi", lambda c, z, x: c * (SLOPE * exp(square(x))))
erfinv = special("erfinv", lambda c, z, x: unless_zero(c, c * exp(square(z)) / SLOPE))
erfcinv = special("erfcinv",
                  lambda c, z, x: unless_zero(c, c * exp(square(z)) / -SLOPE))
dawsn = special("dawsn", lambda c, z, x: c * _less_cancelling(
    x, lambda x: 1.0 - 2 * x * dawsn(x), -1.0, 1.0))
wofz = special("wofz", lambda c, z, x: c * (1j * SLOPE - 2 * x * z))
ndtr = special("ndtr", lambda c, z, x: c * gaussian(x))
ndtri = special("ndtri", lambda c, z, x: unless_zero(c, safe_div(c, gaussian(z))))
log_ndtr = special("log_ndtr", lambda c, z, x: unless_zero(c, c * log_ndtr_slope(x)))
ndtri_exp = special("ndtri_exp", lambda c, z, x: safe_div(c, log_ndtr_slope(z)))
logit = special("logit", lambda c, z, x: safe_div(c, x * (1.0 - x)))
expit = special("expit", lambda c, z, x: c * (z * expit(-x)))
log_expit = special("log_expit", lambda c, z, x: c * expit(-x))

FRESNEL = scipy_special.fresnel
fresnel_s = part("fresnel_s", FRESNEL, 0, lambda c, z, x: c * sin(pi / 2 * square(x)))
fresnel_c = part("fresnel_c", FRESNEL, 1, lambda c, z, x: c * cos(pi / 2 * square(x)))
# fmt: on


def log_ndtr_slope(x):
    """Return the ratio of the normal density and distribution, also far out."""
    if dtype_of(x).kind == "c":
        return gaussian(x) / ndtr(x)
    return (2 / ROOT_2PI) / erfcx(x / -ROOT_2)


# -- losses ----------------------------------------------------------------------------


def _huber_delta(c, z, delta, r):
    excess = absolute(r) - delta
    return where((excess > 0) & (delta >= 0), c * excess, 0)


def _huber_r(c, z, delta, r):
    inside = where(absolute(r) <= delta, r, where(r < 0, -delta, delta))
    return where(delta < 0, 0, c * inside)


def _pseudo_huber_delta(c, z, delta, r):
    safe = where(delta == 0, 1, delta)
    u = square(r / safe)
    root = (1.0 + u) ** 0.5
    # 2 delta (root - 1) - delta u / root, without its cancellation
    return c * where(delta > 0, safe * u * u / (root * square(root + 1.0)), 0)


def _pseudo_huber_r(c, z, delta, r):
    safe = where(delta == 0, 1, delta)
    return where(delta > 0, c * r / (1.0 + square(r / safe)) ** 0.5, 0)


huber = special("huber", _huber_delta, _huber_r)
pseudo_huber = special("pseudo_huber", _pseudo_huber_delta, _pseudo_huber_r)
