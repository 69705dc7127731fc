"""What of SciPy's special functions is written in Python, for traced values.

Orders and counts must be integers (or, if traced, arrays of integers).
"""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..core import Tracer
from ..numpy.arrays import arraylike, known_array
from ..numpy.special import on_arrays
from ..ops import special_bessel, special_elementary, special_gamma, special_integrals
from ..ops.elementwise import where
from ..ops.scipy_ufuncs import scipy_special
from ..ops.special_bessel import jv
from ..ops.special_gamma import binom, gamma, loggamma


def polygamma(n: Any, x: Any) -> Any:
    """Return the ``n``-th derivative of `digamma` at ``x``.

    >>> from fgrad.scipy import special
    >>> special.polygamma(1, 1.0).round(6)
    np.float64(1.644934)
    """
    n, x = arraylike(n), arraylike(x)
    return special_gamma.polygamma(n, x)


def multigammaln(a: Any, d: Any) -> Any:
    """Return the logarithm of the multivariate gamma function of dimension ``d``.

    >>> from fgrad.scipy import special
    >>> special.multigammaln(2.5, 1) == special.gammaln(2.5)
    np.True_
    """
    a = arraylike(a)
    if isinstance(d, Tracer) or int(d) != d or d < 1:
        raise ValueError(
            f"multigammaln: d must be a known positive integer, got {d!r}: it says how "
            "many terms there are"
        )
    d = int(d)
    terms = fnp.stack([loggamma(a - (j - 1.0) / 2) for j in range(1, d + 1)])
    return d * (d - 1) * 0.25 * np.log(pi) + fnp.sum(terms, axis=0)


def factorial(n: Any, exact: bool = False, extend: str = "zero") -> Any:
    """Return ``gamma(n + 1)``, and 0 for negative ``n``.

    ``exact=True`` and ``extend="complex"`` are SciPy's own: for plain values only.

    >>> from fgrad.scipy import special
    >>> special.factorial(4.0)
    np.float64(24.0)
    """
    if exact or extend != "zero":
        return scipy_special.factorial(known_array(n, "factorial"), exact, extend)
    n = arraylike(n)
    negative = n < 0
    return where(negative, 0, gamma(where(negative, 0, n) + 1.0))[()]


def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """Return the number of ways to choose ``k`` of ``N``.

    >>> from fgrad.scipy import special
    >>> special.comb(5, 2)
    np.float64(10.0)
    """
    if exact:
        return scipy_special.comb(N, k, exact=True, repetition=repetition)
    N, k = arraylike(N), arraylike(k)
    if repetition:
        return comb(N + k - 1, k)
    inside = (k <= N) & (N >= 0) & (k >= 0)
    return where(inside, binom(where(inside, N, 1), where(inside, k, 1)), 0)[()]


def perm(N: Any, k: Any, exact: bool = False) -> Any:
    """Return the number of sequences of ``k`` of ``N``.

    >>> from fgrad.scipy import special
    >>> special.perm(5, 2)
    np.float64(20.0)
    """
    if exact:
        return scipy_special.perm(N, k, exact=True)
    N, k = arraylike(N), arraylike(k)
    inside = (k <= N) & (N >= 0) & (k >= 0)
    first, length = where(inside, N - k + 1, 1), where(inside, k, 1)
    return where(inside, special_gamma.poch(first, length), 0)[()]


def zeta(x: Any, q: Any = None, out: None = None) -> Any:
    """Return Riemann's zeta function, or Hurwitz' with a second argument.

    >>> from fgrad.scipy import special
    >>> float(special.zeta(2.0)) == np.pi**2 / 6
    True
    """
    if q is None:
        return on_arrays(special_gamma.riemann_zeta)(x)
    return on_arrays(special_gamma.zeta_p)(x, q)


def lambertw(z: Any, k: Any = 0, tol: float = 1e-8) -> Any:
    """Return a branch of the inverse of ``w * exp(w)``; the result is complex.

    >>> from fgrad.scipy import special
    >>> special.lambertw(np.e).real.round(12)
    np.float64(1.0)
    """
    return special_elementary.lambertw_p(*map(arraylike, (z, k, tol)))


def _spherical(name: str) -> Any:
    prim = getattr(special_bessel, f"{name}_p")

    def function(n: Any, z: Any, derivative: bool = False) -> Any:
        n, z = arraylike(n), arraylike(z)
        if derivative:
            return prim.jvp((None, 1.0), prim(n, z), n, z)
        return prim(n, z)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Return SciPy's ``{name}``, a spherical Bessel function."
    return function


spherical_jn = _spherical("spherical_jn")
spherical_yn = _spherical("spherical_yn")
spherical_in = _spherical("spherical_in")
spherical_kn = _spherical("spherical_kn")


def sph_harm_y(n: Any, m: Any, theta: Any, phi: Any) -> Any:
    """Return spherical harmonics, complex; ``theta`` is the polar angle.

    >>> from fgrad.scipy import special
    >>> special.sph_harm_y(1, 0, 0.0, 0.0).real.round(6)
    np.float64(0.488603)
    """
    args = map(arraylike, (n, m, theta, phi))
    return special_integrals.sph_harm_y_p(*args)


def bessel_jn(z: Any, *, v: int, n_iter: int = 50) -> Any:
    """Return Bessel functions of the orders 0 to ``v`` (JAX's name), stacked.

    ``n_iter`` is accepted and has no effect: SciPy computes the values.

    >>> from fgrad.scipy import special
    >>> special.bessel_jn(0.0, v=2)
    array([1., 0., 0.])
    """
    z = arraylike(z)
    return fnp.stack([jv(k, z) for k in range(v + 1)])


def softplus(x: Any) -> Any:
    """Return ``log(1 + exp(x))`` without overflow.

    >>> from fgrad.scipy import special
    >>> special.softplus(1000.0)
    np.float64(1000.0)
    """
    return fnp.logaddexp(0, x)


def diric(x: Any, n: Any) -> Any:
    """Return the periodic sinc: ``sin(n x / 2) / (n sin(x / 2))``.

    >>> from fgrad.scipy import special
    >>> special.diric(0.0, 3)
    np.float64(1.0)
    """
    x = arraylike(x)
    if isinstance(n, Tracer) or n != int(n) or n < 1:
        raise ValueError(f"diric: n must be a known positive integer, got {n!r}")
    # The sum of cosines that the quotient is, which has no singular points.
    angles = [(k - (n - 1) / 2) * x for k in range(int(n))]
    return sum(fnp.cos(a) for a in angles) / n
