"""Variants of elementary functions: entropies, powers, exponentials, angles.

At the edge of a domain a derivative is the limit if that is finite, and 0 where the
function has the limit 0 by convention (``0 log 0``).
"""

from __future__ import annotations

from math import pi

from ..core import dtype_of
from .elementwise import (
    LN10,
    absolute,
    exp,
    log,
    log1p,
    power,
    safe_div,
    sin,
    square,
    unless_zero,
    where,
)
from .scipy_ufuncs import called, scipy_special, special
from .special_hypergeometric import hyp1f1

# -- entropies -------------------------------------------------------------------------


def _entr(c, z, x):
    inside = x >= 0
    return where(inside, unless_zero(c, c * (-1.0 - log(where(inside, x, 1)))), 0)


def _weight(c, empty, y):
    """Return ``c * log(y)``; 0 where ``x`` and ``y`` are at their edges both."""
    return where(empty, 0, unless_zero(c, c * log(where(empty, 1, y))))


def _ratio(c, x, y):
    none = x == 0
    return where(none, 0, unless_zero(c, c * (x / where(none, 1, y))))


def _xlogy_x(c, z, x, y):
    edge = y == 0 if dtype_of(y).kind == "c" else y <= 0
    return _weight(c, (x == 0) & edge, y)


def _xlog1py_x(c, z, x, y):
    edge = y == -1 if dtype_of(y).kind == "c" else y <= -1
    empty = (x == 0) & edge
    return where(empty, 0, unless_zero(c, c * log1p(where(empty, 0, y))))


def _rel_entr(c, x, y, more):
    inside = (x > 0) & (y > 0)
    edge = (x == 0) & (y > 0)  # the slope is -inf there
    quotient = where(inside, x, 1) / where(inside, y, 1)
    inner = c * (log(quotient) + more)
    return where(inside, inner, where(edge, unless_zero(c, c * log(0.0 * x)), 0))


def _rel_entr_y(c, x, y, more):
    inside = (x >= 0) & (y > 0)
    return where(inside, c * (more - x / where(inside, y, 1)), 0)


# fmt: off
entr = special("entr", _entr)
xlogy = special("xlogy", _xlogy_x, lambda c, z, x, y: _ratio(c, x, y))
xlog1py = special("xlog1py", _xlog1py_x, lambda c, z, x, y: _ratio(c, x, 1.0 + y))
rel_entr = special("rel_entr", lambda c, z, x, y: _rel_entr(c, x, y, 1.0),
                   lambda c, z, x, y: _rel_entr_y(c, x, y, 0.0))
kl_div = special("kl_div", lambda c, z, x, y: _rel_entr(c, x, y, 0.0),
                 lambda c, z, x, y: _rel_entr_y(c, x, y, 1.0))

# -- exponentials and angles -----------------------------------------------------------

DEGREE = pi / 180
exprel = special("exprel", lambda c, z, x: c * exprel_slope(x))
cosm1 = special("cosm1", lambda c, z, x: c * -sin(x))
special_log1p = special("special_log1p", lambda c, z, x: safe_div(c, x + 1.0),
                        ufunc=scipy_special.log1p)
special_expm1 = special("special_expm1", lambda c, z, x: c * (z + 1.0),
                        ufunc=scipy_special.expm1)
special_exp2 = special("special_exp2", lambda c, z, x: c * (z * float(log(2.0))),
                       ufunc=scipy_special.exp2)
special_cbrt = special("special_cbrt", lambda c, z, x: safe_div(c, 3.0 * z * z),
                       ufunc=scipy_special.cbrt)
special_round = special("special_round", ufunc=scipy_special.round)
exp10 = special("exp10", lambda c, z, x: c * (z * LN10))
sindg = special("sindg", lambda c, z, x: c * (cosdg(x) * DEGREE))
cosdg = special("cosdg", lambda c, z, x: c * (sindg(x) * -DEGREE))
tandg = special("tandg", lambda c, z, x: c * ((z * z + 1.0) * DEGREE))
cotdg = special("cotdg", lambda c, z, x: c * ((z * z + 1.0) * -DEGREE))
radian = special("radian", lambda c, z, d, m, s: c * DEGREE,
                 lambda c, z, d, m, s: c * (DEGREE / 60),
                 lambda c, z, d, m, s: c * (DEGREE / 3600))
# fmt: on


def exprel_slope(x):
    """Return the derivative of (e^x - 1) / x: (e^x - exprel) / x without cancelling."""
    far = absolute(x) > 1
    safe = where(far, x, 1)
    return where(far, (exp(safe) - exprel(safe)) / safe, hyp1f1(2.0, 3.0, x) / 2)


# -- powers ----------------------------------------------------------------------------


def _by_lambda(logarithm, lam):
    """Return the derivative of (x^lam - 1) / lam by lam, which is smooth at 0."""
    return square(logarithm) * exprel_slope(lam * logarithm)


def _powm1_y(c, z, x, y):
    return where(x == 0, 0, c * ((z + 1.0) * log(where(x == 0, 1, x))))


# fmt: off
powm1 = special("powm1", lambda c, z, x, y: c * (y * power(x, y - 1.0)), _powm1_y)
boxcox = special("boxcox",
                 lambda c, z, x, lam: unless_zero(c, c * power(x, lam - 1.0)),
                 lambda c, z, x, lam: c * _by_lambda(log(x), lam))
boxcox1p = special("boxcox1p",
                   lambda c, z, x, lam: unless_zero(c, c * exp((lam - 1.0) * log1p(x))),
                   lambda c, z, x, lam: c * _by_lambda(log1p(x), lam))
# x(y, lam) is defined by boxcox(x, lam) = y
inv_boxcox = special("inv_boxcox", lambda c, z, y, lam: c * power(z, 1.0 - lam),
                     lambda c, z, y, lam: -c * (power(z, 1.0 - lam)
                                                * _by_lambda(log(z), lam)))
inv_boxcox1p = special("inv_boxcox1p",
                       lambda c, z, y, lam: c * exp((1.0 - lam) * log1p(z)),
                       lambda c, z, y, lam: -c * (exp((1.0 - lam) * log1p(z))
                                                  * _by_lambda(log1p(z), lam)))
# fmt: on

# -- the product logarithm (DLMF 4.13.4) -----------------------------------------------

wrightomega = special("wrightomega", lambda c, z, x: c * (z / (1.0 + z)))
lambertw_p = called(
    "lambertw",
    scipy_special.lambertw,
    lambda c, w, z, k, tol: c / (exp(w) * (1.0 + w)),
    None,
    None,
)
