"""Orthogonal polynomials: derivatives by DLMF 18.9.15 to 18.9.26, of lower degree.

The degree has no derivative. That of a parameter is numerical.
"""

from __future__ import annotations

from .differences import by_difference
from .elementwise import absolute, log, where
from .scipy_ufuncs import ORDER, special, unruled


def _degree(name):
    return unruled(name, "n", ORDER)


def _lower(derivative):
    """Return the rule of ``x``; a polynomial of degree 0 is constant."""

    def rule(c, z, n, *args):
        constant = n == 0
        return c * where(constant, 0, derivative(where(constant, 1, n), *args))

    return rule


def _parameter(prim, place):
    """Return the rule of a parameter, which has a pole at -1."""

    def rule(c, z, n, *args):
        rate = 1.0 + absolute(log(1.0 + absolute(n))) + 1.0 / absolute(args[place] + 1)
        return c * by_difference(prim(), place + 1, rate, n, *args)

    return rule


# fmt: off
eval_jacobi = special(
    "eval_jacobi", _degree("eval_jacobi"), _parameter(lambda: eval_jacobi, 0),
    _parameter(lambda: eval_jacobi, 1),
    _lower(lambda n, a, b, x:
           (n + a + b + 1) / 2 * eval_jacobi(n - 1, a + 1, b + 1, x)))
eval_gegenbauer = special(
    "eval_gegenbauer", _degree("eval_gegenbauer"),
    _parameter(lambda: eval_gegenbauer, 0),
    _lower(lambda n, a, x: 2 * a * eval_gegenbauer(n - 1, a + 1, x)))
eval_legendre = special(
    "eval_legendre", _degree("eval_legendre"),
    _lower(lambda n, x: (n + 1) / 2 * eval_jacobi(n - 1, 1.0, 1.0, x)))
eval_sh_legendre = special(
    "eval_sh_legendre", _degree("eval_sh_legendre"),
    _lower(lambda n, x: (n + 1) * eval_jacobi(n - 1, 1.0, 1.0, 2 * x - 1)))
eval_chebyt = special("eval_chebyt", _degree("eval_chebyt"),
                      _lower(lambda n, x: n * eval_chebyu(n - 1, x)))
eval_chebyu = special("eval_chebyu", _degree("eval_chebyu"),
                      _lower(lambda n, x: 2 * eval_gegenbauer(n - 1, 2.0, x)))
eval_chebyc = special("eval_chebyc", _degree("eval_chebyc"),
                      _lower(lambda n, x: n * eval_chebys(n - 1, x)))
eval_chebys = special("eval_chebys", _degree("eval_chebys"),
                      _lower(lambda n, x: eval_gegenbauer(n - 1, 2.0, x / 2)))
eval_hermite = special("eval_hermite", _degree("eval_hermite"),
                       _lower(lambda n, x: 2 * n * eval_hermite(n - 1, x)))
eval_hermitenorm = special("eval_hermitenorm", _degree("eval_hermitenorm"),
                           _lower(lambda n, x: n * eval_hermitenorm(n - 1, x)))
eval_laguerre = special("eval_laguerre", _degree("eval_laguerre"),
                        _lower(lambda n, x: -eval_genlaguerre(n - 1, 1.0, x)))
eval_genlaguerre = special(
    "eval_genlaguerre", _degree("eval_genlaguerre"),
    _parameter(lambda: eval_genlaguerre, 0),
    _lower(lambda n, a, x: -eval_genlaguerre(n - 1, a + 1, x)))
# fmt: on
