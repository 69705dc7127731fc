"""Distributions of vectors: normal, Dirichlet, multinomial."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import numpy as fnp
from ...core import ndim_of, shape_of
from ...ops.elementwise import absolute, exp, floor, log, where
from ...ops.solve import triangular_solve
from ...ops.special_elementary import xlogy
from ...ops.special_gamma import gammaln
from ..exponential_sums import floating
from .continuous import LOG_2PI


class _MultivariateNormal:
    """The normal distribution of vectors.

    >>> from fgrad.scipy import stats
    >>> stats.multivariate_normal.logpdf([0.0, 1.0], cov=[2.0, 1.0]).round(4)
    np.float64(-2.6845)
    """

    def logpdf(
        self, x: Any, mean: Any = None, cov: Any = 1.0, allow_singular: bool = False
    ) -> Any:
        """Return the logarithm of the density; vectors are the last axis of ``x``.

        ``cov`` is a matrix (of which the lower triangle is read), the variances of
        independent components, or the variance of them all.
        """
        if allow_singular:
            raise NotImplementedError(
                "multivariate_normal: allow_singular=True has no definition here. Add "
                "a small multiple of the identity to cov"
            )
        y, cov, size = _centred(floating(x), mean, floating(cov))
        if ndim_of(cov) < 2:
            squares = fnp.sum(y * y / cov, axis=-1)
            logs = fnp.sum(log(fnp.broadcast_to(cov, (size,))))
        else:
            factor = fnp.linalg.cholesky(cov)
            white = triangular_solve(factor, y[..., None], lower=True)[..., 0]
            squares = fnp.sum(white * white, axis=-1)
            logs = 2 * fnp.sum(log(fnp.diagonal(factor, axis1=-2, axis2=-1)), axis=-1)
        return -0.5 * (squares + logs + size * LOG_2PI)

    def pdf(
        self, x: Any, mean: Any = None, cov: Any = 1.0, allow_singular: bool = False
    ) -> Any:
        """Return the density."""
        return exp(self.logpdf(x, mean, cov, allow_singular))


def _centred(x: Any, mean: Any, cov: Any) -> tuple[Any, Any, int]:
    """Return ``x - mean`` as vectors, the covariance, and the number of components."""
    mean = None if mean is None else floating(mean)
    known = cov if mean is None else mean
    size = shape_of(known)[-1] if ndim_of(known) else 1
    if size == 1 and ndim_of(x) < 2:  # numbers, which are vectors of one component
        x = x[..., None]
    fits = shape_of(x)[-1:] == (size,)
    if not fits or shape_of(cov)[-2:] not in ((), (1,), (size,), (size, size)):
        raise ValueError(
            f"multivariate_normal: x of shape {shape_of(x)} and cov of shape "
            f"{shape_of(cov)} do not fit together: vectors of {size} components are "
            f"the last axis of x, and cov has the shape {(size, size)}, {(size,)} or ()"
        )
    return x if mean is None else x - mean, cov, size


class _Dirichlet:
    """The Dirichlet distribution, on vectors of shares that add up to 1.

    >>> from fgrad.scipy import stats
    >>> stats.dirichlet.logpdf([0.2, 0.3, 0.5], [1.0, 2.0, 3.0]).round(4)
    np.float64(1.5041)
    """

    def logpdf(self, x: Any, alpha: Any) -> Any:
        """Return the logarithm of the density; components are the first axis of ``x``.

        The last component may be left out. Where ``x`` is no vector of shares, the
        result is -inf.
        """
        x, alpha = floating(x), floating(alpha)
        if ndim_of(alpha) != 1 or not ndim_of(x):
            raise ValueError(
                f"dirichlet: alpha of shape {shape_of(alpha)} must be a vector, and x "
                f"of shape {shape_of(x)} must have its components as first axis"
            )
        size = shape_of(alpha)[0]
        if shape_of(x)[0] == size - 1:
            x = fnp.concatenate([x, 1.0 - fnp.sum(x, axis=0, keepdims=True)])
        if shape_of(x)[0] != size:
            raise ValueError(
                f"dirichlet: x of shape {shape_of(x)} has {shape_of(x)[0]} components, "
                f"and alpha has {size}"
            )
        shares = fnp.all(x >= 0, axis=0) & (absolute(fnp.sum(x, axis=0) - 1) < 1e-6)
        x = where(shares, x, 1.0 / size)
        powers = xlogy(fnp.reshape(alpha - 1.0, (size,) + (1,) * (ndim_of(x) - 1)), x)
        constant = gammaln(fnp.sum(alpha)) - fnp.sum(gammaln(alpha))
        out = where(shares, constant + fnp.sum(powers, axis=0), -np.inf)
        return where(fnp.all(alpha > 0), out, np.nan)[()]

    def pdf(self, x: Any, alpha: Any) -> Any:
        """Return the density."""
        return exp(self.logpdf(x, alpha))


class _Multinomial:
    """The multinomial distribution: how often each of several outcomes occurs.

    >>> from fgrad.scipy import stats
    >>> stats.multinomial.pmf([1, 2], 3, [0.5, 0.5]).round(4)
    np.float64(0.375)
    """

    def logpmf(self, x: Any, n: Any, p: Any) -> Any:
        """Return the logarithm of the probability; counts are the last axis of ``x``.

        ``p`` is taken as it is: it should add up to 1.
        """
        x, n, p = floating(x), floating(n), floating(p)
        counts = fnp.all((x >= 0) & (x == floor(x)), axis=-1) & (fnp.sum(x, -1) == n)
        x = where(fnp.expand_dims(counts, -1), x, 0.0)
        terms = xlogy(x, p) - gammaln(x + 1.0)
        out = gammaln(n + 1.0) + fnp.sum(terms, axis=-1)
        valid = fnp.all((p >= 0) & (p <= 1), axis=-1) & (n >= 0)
        return where(valid, where(counts, out, -np.inf), np.nan)[()]

    def pmf(self, x: Any, n: Any, p: Any) -> Any:
        """Return the probability."""
        return exp(self.logpmf(x, n, p))


multivariate_normal = _MultivariateNormal()
dirichlet = _Dirichlet()
multinomial = _Multinomial()
