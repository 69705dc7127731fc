"""Special functions under JAX's names: SciPy's, imported when one is first called."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import dtype_of, short_errors
from ..numpy.arrays import arraylikes
from ..ops.optional import scipy_special
from ..transforms.jvp import jvp


def _call(name: str, caller: str, *args: Any) -> Any:
    return scipy_special(name, f"fgrad.lax.{caller}")(*arraylikes(*args))


@short_errors
def bessel_i0e(x: Any) -> Any:
    """Return ``exp(-abs(x))`` times the modified Bessel function of order 0."""
    return _call("i0e", "bessel_i0e", x)


@short_errors
def bessel_i1e(x: Any) -> Any:
    """Return ``exp(-abs(x))`` times the modified Bessel function of order 1."""
    return _call("i1e", "bessel_i1e", x)


@short_errors
def betainc(a: Any, b: Any, x: Any) -> Any:
    """Return the regularised incomplete beta function."""
    return _call("betainc", "betainc", a, b, x)


@short_errors
def digamma(x: Any) -> Any:
    """Return the derivative of `lgamma`."""
    return _call("psi", "digamma", x)


@short_errors
def erf(x: Any) -> Any:
    """Return the error function."""
    return _call("erf", "erf", x)


@short_errors
def erfc(x: Any) -> Any:
    """Return ``1 - erf(x)``, accurate where that is small."""
    return _call("erfc", "erfc", x)


@short_errors
def erf_inv(x: Any) -> Any:
    """Return the inverse of the error function."""
    return _call("erfinv", "erf_inv", x)


@short_errors
def lgamma(x: Any) -> Any:
    """Return the logarithm of the magnitude of the gamma function."""
    return _call("gammaln", "lgamma", x)


@short_errors
def igamma(a: Any, x: Any) -> Any:
    """Return the regularised lower incomplete gamma function."""
    return _call("gammainc", "igamma", a, x)


@short_errors
def igammac(a: Any, x: Any) -> Any:
    """Return the regularised upper incomplete gamma function."""
    return _call("gammaincc", "igammac", a, x)


@short_errors
def igamma_grad_a(a: Any, x: Any) -> Any:
    """Return the derivative of `igamma` by its first argument."""
    a, x = np.broadcast_arrays(*arraylikes(a, x))
    one = np.ones(np.shape(a), dtype_of(a))
    return jvp(lambda a: igamma(a, x), (a,), (one,))[1]


@short_errors
def random_gamma_grad(a: Any, x: Any) -> Any:
    """Return the derivative of a gamma variate ``x`` by its shape parameter ``a``.

    With the quantile held fixed, that is the derivative of `igamma` by ``a`` over the
    density, negated (implicit reparametrisation; Figurnov et al., 2018).
    """
    a, x = arraylikes(a, x)
    density = np.exp((a - 1) * np.log(x) - x - lgamma(a))
    return -igamma_grad_a(a, x) / density


@short_errors
def zeta(x: Any, q: Any) -> Any:
    """Return Hurwitz's zeta function."""
    return _call("zeta", "zeta", x, q)


@short_errors
def polygamma(m: Any, x: Any) -> Any:
    """Return the derivative of `digamma` of order ``m``.

    Source: NIST DLMF 5.15.1.
    """
    m, x = arraylikes(m, x)
    sign = np.where(m % 2 == 0, -1, 1)
    factorial = _call("gamma", "polygamma", m + 1.0)
    series = sign * factorial * zeta(np.where(m == 0, 2.0, m + 1.0), x)
    return np.where(m == 0, digamma(x), series)


__all__ = [
    "bessel_i0e",
    "bessel_i1e",
    "betainc",
    "digamma",
    "erf",
    "erf_inv",
    "erfc",
    "igamma",
    "igamma_grad_a",
    "igammac",
    "lgamma",
    "polygamma",
    "random_gamma_grad",
    "zeta",
]
