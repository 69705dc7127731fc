"""Exponential, sine and cosine integrals, the dilogarithm (DLMF chapters 6, 8, 25),
Airy functions (9) and Owen's T (D. B. Owen, Ann. Math. Statist. 27, 1956).
"""

from __future__ import annotations

from math import pi

from .elementwise import (
    absolute,
    cos,
    cosh,
    exp,
    log,
    maximum,
    sin,
    sinh,
    square,
    unless_zero,
    where,
)
from .scipy_ufuncs import (
    ORDER,
    called,
    part,
    recent,
    scipy_special,
    special,
    unruled,
)
from .special import ROOT_2, erf, gaussian
from .special_hypergeometric import hyp0f1, hyp2f1

SICI, SHICHI, AIRY = scipy_special.sici, scipy_special.shichi, scipy_special.airy


def _over(f, kind, x):
    """Return ``f(x) / x`` of a (hyperbolic) sine, near 0 as 0F1(3/2; kind x^2 / 4)."""
    near = absolute(x) < 1
    series = hyp0f1(1.5, kind / 4 * square(where(near, x, 0)))
    far = where(near, 1, x)
    return where(near, series, f(far) / far)


def _expn(c, z, n, x):
    first = n == 0
    lower = expn(maximum(n - 1, 0), x)
    return -c * where(first, exp(-x) * (1.0 + x) / square(x), lower)


def _spence(c, z, x):
    """log(x) / (1 - x), near 1 as -2F1(1, 1; 2; 1 - x)."""
    u = 1.0 - x
    near = absolute(u) < 0.5
    series = hyp2f1(1.0, 1.0, 2.0, where(near, u, 0))
    far = where(near, 0.5, x)
    return unless_zero(c, -c * where(near, series, log(far) / (far - 1.0)))


def _owens_t_a(c, t, h, a):
    edge = 1.0 + square(a)
    return c * (exp(-0.5 * square(h) * edge) / (2 * pi * edge))


# fmt: off
exp1 = special("exp1", lambda c, z, x: -c * (exp(-x) / x))
expi = special("expi", lambda c, z, x: c * (exp(x) / x))
expn = special("expn", unruled("expn", "n", ORDER), _expn)
spence = special("spence", _spence)
sine_integral = part("sine_integral", SICI, 0, lambda c, z, x: c * _over(sin, -1.0, x))
cosine_integral = part("cosine_integral", SICI, 1, lambda c, z, x: c * (cos(x) / x))
sinh_integral = part("sinh_integral", SHICHI, 0,
                     lambda c, z, x: c * _over(sinh, 1.0, x))
cosh_integral = part("cosh_integral", SHICHI, 1, lambda c, z, x: c * (cosh(x) / x))
airy_ai = part("airy_ai", AIRY, 0, lambda c, z, x: c * airy_aip(x))
airy_aip = part("airy_aip", AIRY, 1, lambda c, z, x: c * (x * airy_ai(x)))
airy_bi = part("airy_bi", AIRY, 2, lambda c, z, x: c * airy_bip(x))
airy_bip = part("airy_bip", AIRY, 3, lambda c, z, x: c * (x * airy_bi(x)))
owens_t = special("owens_t",
                  lambda c, t, h, a: c * (-0.5 * gaussian(h) * erf(a * h / ROOT_2)),
                  _owens_t_a)

# -- spherical harmonics ---------------------------------------------------------------


def _harmonic_theta(c, y, n, m, theta, phi):
    """By the ladder operators (DLMF 14.10, 14.30), which are smooth at the poles."""
    up = ((n - m) * (n + m + 1.0)) ** 0.5 * exp(-1j * phi)
    down = ((n + m) * (n - m + 1.0)) ** 0.5 * exp(1j * phi)
    raised, lowered = (sph_harm_y_p(n, m + k, theta, phi) for k in (1, -1))
    return c * (0.5 * (up * raised - down * lowered))


sph_harm_y_p = called("sph_harm_y", recent("sph_harm_y", "1.15"), None, None,
                      _harmonic_theta, lambda c, y, n, m, t, p: c * (1j * m * y))
# fmt: on
