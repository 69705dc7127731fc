"""Hypergeometric functions (DLMF chapters 13, 15, 16) and elliptic integrals (19)."""

from __future__ import annotations

from .differences import by_difference
from .elementwise import absolute, log, sin, sqrt, square
from .scipy_ufuncs import special

# -- hypergeometric functions ----------------------------------------------------------


def _growth(x):
    return 1.0 + absolute(log(1.0 + absolute(x)))


def _by_upper(prim, place):
    """Return the rule of a parameter without singularities."""
    return lambda c, z, *args: (
        c * by_difference(prim(), place, _growth(args[-1]), *args)
    )


def _by_lower(prim, place):
    """Return the rule of a parameter that has a pole at 0 (and below)."""
    return lambda c, z, *args: (
        c
        * by_difference(
            prim(), place, _growth(args[-1]) + 1.0 / absolute(args[place]), *args
        )
    )


# fmt: off
hyp0f1 = special("hyp0f1", _by_lower(lambda: hyp0f1, 0),
                 lambda c, z, v, x: c * (hyp0f1(v + 1.0, x) / v))
hyp1f1 = special("hyp1f1", _by_upper(lambda: hyp1f1, 0), _by_lower(lambda: hyp1f1, 1),
                 lambda c, z, a, b, x: c * (a / b * hyp1f1(a + 1.0, b + 1.0, x)))
hyp2f1 = special("hyp2f1", _by_upper(lambda: hyp2f1, 0), _by_upper(lambda: hyp2f1, 1),
                 _by_lower(lambda: hyp2f1, 2),
                 lambda c, z, a, b, d, x:
                 c * (a * b / d * hyp2f1(a + 1.0, b + 1.0, d + 1.0, x)))
hyperu = special("hyperu", _by_upper(lambda: hyperu, 0), _by_upper(lambda: hyperu, 1),
                 lambda c, z, a, b, x: c * (-a * hyperu(a + 1.0, b + 1.0, x)))

# -- elliptic integrals ----------------------------------------------------------------


def _symmetric(prim, place):
    """Return the rule of an argument of Carlson's integrals, singular at 0."""
    return lambda c, z, *args: (
        c * by_difference(prim(), place, 1.0 / absolute(args[place]), *args)
    )


def _carlson_f(x, y, z):
    return elliprd(x, y, z) / -6


def _by_parameter(prim):
    return lambda c, z, phi, m: (
        c * by_difference(prim(), 1, 1.0 + 1.0 / (1.0 - m * square(sin(phi))), phi, m)
    )


elliprc = special("elliprc", _symmetric(lambda: elliprc, 0),
                  _symmetric(lambda: elliprc, 1))
elliprd = special("elliprd", *(_symmetric(lambda: elliprd, i) for i in range(3)))
elliprf = special("elliprf", lambda c, f, x, y, z: c * _carlson_f(y, z, x),
                  lambda c, f, x, y, z: c * _carlson_f(x, z, y),
                  lambda c, f, x, y, z: c * _carlson_f(x, y, z))
elliprg = special("elliprg", *(_symmetric(lambda: elliprg, i) for i in range(3)))
elliprj = special("elliprj", *(_symmetric(lambda: elliprj, i) for i in range(4)))
# By DLMF 19.25.1, with the differences there written as Carlson's integrals.
ellipk = special("ellipk", lambda c, z, m: c * (elliprd(0.0, 1.0, 1.0 - m) / 6))
ellipkm1 = special("ellipkm1", lambda c, z, p: c * (elliprd(0.0, 1.0, p) / -6))
ellipe = special("ellipe", lambda c, z, m: c * (elliprd(0.0, 1.0 - m, 1.0) / -6))
ellipkinc = special("ellipkinc",
                    lambda c, z, phi, m: c / sqrt(1.0 - m * square(sin(phi))),
                    _by_parameter(lambda: ellipkinc))
ellipeinc = special("ellipeinc",
                    lambda c, z, phi, m: c * sqrt(1.0 - m * square(sin(phi))),
                    _by_parameter(lambda: ellipeinc))
agm = special("agm", _symmetric(lambda: agm, 0), _symmetric(lambda: agm, 1))
# fmt: on
