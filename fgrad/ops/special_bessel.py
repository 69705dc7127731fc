"""Bessel functions: DLMF chapter 10, recurrences 10.6.1, 10.29.1 and 10.51.2.

Derivatives by the order are numerical; of negative arguments they are nan, for there
a function of another than an integer order is not real.
"""

from __future__ import annotations

from ..core import dtype_of
from ..errors import MissingRuleError
from .differences import by_difference
from .elementwise import absolute, log, maximum, sign, where
from .scipy_ufuncs import (
    NOT_HOLOMORPHIC,
    ORDER,
    called,
    scipy_special,
    special,
    unruled,
)


def _order(prim):
    """Return the rule of the order ``v`` of a function that is like x^v or v^v."""

    def rule(c, z, v, x):
        size = absolute(x) + absolute(v)
        safe = where(x == 0, 1, absolute(x))
        rate = 1.0 + absolute(log(safe / 2)) + absolute(log(1.0 + size))
        return c * by_difference(prim(), 0, rate, v, x)

    return rule


def _lower_less_higher(prim):
    return lambda c, z, v, x: c * ((prim()(v - 1, x) - prim()(v + 1, x)) / 2)


def _lower_and_higher(prim, sign_):
    return lambda c, z, v, x: c * (sign_ * (prim()(v - 1, x) + prim()(v + 1, x)) / 2)


def _first_and(rule, more):
    return lambda c, z, v, x: rule(c, z, v, x) + c * (more * z)


def _real_only(name, other, rule):
    """Return a rule that a scaled function has for real arguments only."""

    def real_rule(c, z, *args):
        if dtype_of(args[-1]).kind == "c":
            raise MissingRuleError(
                f"scipy.special.{name} has no derivative there: "
                + NOT_HOLOMORPHIC.format(f"{other} and the factor")
            )
        return rule(c, z, *args)

    return real_rule


def _ive(c, z, v, x):
    return c * ((ive(v - 1, x) + ive(v + 1, x)) / 2 - sign(x) * z)


def _i2e(x):
    """Return ive(2, x); far out, where ive gives nan, by the recurrence."""
    far = absolute(x) > 100
    large, small = where(far, x, 1.0), where(far, 1.0, x)
    return where(far, i0e(large) - 2 * (i1e(large) / large), ive(2, small))


# fmt: off
jv = special("jv", _order(lambda: jv), _lower_less_higher(lambda: jv))
yv = special("yv", _order(lambda: yv), _lower_less_higher(lambda: yv))
yn = special("yn", unruled("yn", "n", ORDER + ", or use yv"),
             _lower_less_higher(lambda: yn))
jve = special("jve", _order(lambda: jve),
              _real_only("jve", "jv", _lower_less_higher(lambda: jve)))
yve = special("yve", _order(lambda: yve),
              _real_only("yve", "yv", _lower_less_higher(lambda: yve)))
hankel1 = special("hankel1", _order(lambda: hankel1),
                  _lower_less_higher(lambda: hankel1))
hankel2 = special("hankel2", _order(lambda: hankel2),
                  _lower_less_higher(lambda: hankel2))
hankel1e = special("hankel1e", _order(lambda: hankel1e),
                   _first_and(_lower_less_higher(lambda: hankel1e), -1j))
hankel2e = special("hankel2e", _order(lambda: hankel2e),
                   _first_and(_lower_less_higher(lambda: hankel2e), 1j))
iv = special("iv", _order(lambda: iv), _lower_and_higher(lambda: iv, 1))
kv = special("kv", _order(lambda: kv), _lower_and_higher(lambda: kv, -1))
kn = special("kn", unruled("kn", "n", ORDER + ", or use kv"),
             lambda c, z, n, x: c * ((kv(n - 1, x) + kv(n + 1, x)) / -2))
ive = special("ive", _order(lambda: ive), _real_only("ive", "iv", _ive))
kve = special("kve", _order(lambda: kve),
              _first_and(_lower_and_higher(lambda: kve, -1), 1.0))

j0 = special("j0", lambda c, z, x: c * -j1(x))
j1 = special("j1", lambda c, z, x: c * ((j0(x) - jv(2, x)) / 2))
y0 = special("y0", lambda c, z, x: c * -y1(x))
y1 = special("y1", lambda c, z, x: c * ((y0(x) - yv(2, x)) / 2))
special_i0 = special("special_i0", lambda c, z, x: c * special_i1(x),
                     ufunc=scipy_special.i0)
special_i1 = special("special_i1", lambda c, z, x: c * ((special_i0(x) + iv(2, x)) / 2),
                     ufunc=scipy_special.i1)
i0e = special("i0e", lambda c, z, x: c * (i1e(x) - sign(x) * z))
i1e = special("i1e", lambda c, z, x: c * ((i0e(x) + _i2e(x)) / 2 - sign(x) * z))
k0 = special("k0", lambda c, z, x: c * -k1(x))
k1 = special("k1", lambda c, z, x: c * ((k0(x) + kv(2, x)) / -2))
k0e = special("k0e", lambda c, z, x: c * (z - k1e(x)))
k1e = special("k1e", lambda c, z, x: c * (z - (k0e(x) + kve(2, x)) / 2))
struve = special("struve", _order(lambda: struve),
                 lambda c, z, v, x: c * (struve(v - 1, x) - v * z / x))
modstruve = special("modstruve", _order(lambda: modstruve),
                    lambda c, z, v, x: c * (modstruve(v - 1, x) - v * z / x))

# -- spherical Bessel functions --------------------------------------------------------


def _spherical(prim, kind, second):
    """(n f[n-1] + kind (n + 1) f[n+1]) / (2n + 1), and f[0]' = kind f[1]."""

    def rule(c, z, n, x):
        lower = where(n == 0, 0, prim()(maximum(n - 1, 0), x))
        total = n * lower + kind * (n + 1) * prim()(n + 1, x)
        return c * (second * total / (2 * n + 1))

    return rule


spherical_jn_p = called("spherical_jn", scipy_special.spherical_jn, None,
                        _spherical(lambda: spherical_jn_p, -1, 1))
spherical_yn_p = called("spherical_yn", scipy_special.spherical_yn, None,
                        _spherical(lambda: spherical_yn_p, -1, 1))
spherical_in_p = called("spherical_in", scipy_special.spherical_in, None,
                        _spherical(lambda: spherical_in_p, 1, 1))
spherical_kn_p = called("spherical_kn", scipy_special.spherical_kn, None,
                        _spherical(lambda: spherical_kn_p, 1, -1))
# fmt: on
