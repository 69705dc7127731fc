"""Kernel density estimation with normal kernels (D. W. Scott, 1992)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import numpy as fnp
from ...core import Tracer, ndim_of, shape_of
from ...ops.elementwise import exp, log
from ...ops.solve import triangular_solve
from ...ops.special import ndtr
from ...tree_util import register_pytree_node_class
from ..exponential_sums import floating, logsumexp
from .continuous import LOG_2PI

Bandwidth = str | float | Callable[["gaussian_kde"], Any] | None


@register_pytree_node_class
class gaussian_kde:
    """A density estimated from a sample: the mean of normal densities around it.

    ``dataset`` has the shape (n,) or (d, n); the covariance of the kernels is that of
    the weighted sample times the square of a factor, which is Scott's rule, Silverman's
    (``bw_method="silverman"``), a number, or a function of the estimate.

    It is a pytree, so that it can be an argument of transformed functions, and all of
    its methods take traced values. The weights are normalised.

    >>> from fgrad.scipy.stats import gaussian_kde
    >>> gaussian_kde([0.0, 1.0, 3.0])([0.5]).round(4)
    array([0.2132])
    """

    dataset: Any
    weights: Any
    covariance: Any
    inv_cov: Any
    factor: Any

    def __init__(
        self, dataset: Any, bw_method: Bandwidth = None, weights: Any = None
    ) -> None:
        data = floating(dataset)
        data = fnp.reshape(data, (1, -1)) if ndim_of(data) < 2 else data
        if ndim_of(data) != 2 or shape_of(data)[1] < 2:
            raise ValueError(
                f"gaussian_kde: dataset has the shape (d, n) or (n,) with n of 2 at "
                f"least, got {shape_of(data)}"
            )
        n = shape_of(data)[1]
        weights = np.full(n, 1.0 / n) if weights is None else floating(weights)
        if shape_of(weights) != (n,):
            raise ValueError(
                f"gaussian_kde: weights of shape {shape_of(weights)} are not one for "
                f"each of the {n} points of the dataset"
            )
        self.dataset, self.weights = data, weights / fnp.sum(weights)
        self.factor = self._factor(bw_method)
        spread = data - fnp.sum(self.weights * data, axis=1, keepdims=True)
        unbiased = 1.0 - fnp.sum(self.weights * self.weights)
        sample = (self.weights * spread) @ spread.T / unbiased
        self.covariance = sample * (self.factor * self.factor)
        self.inv_cov = fnp.linalg.inv(self.covariance)

    def _factor(self, bw_method: Bandwidth) -> Any:
        name = "scott" if bw_method is None else bw_method
        if isinstance(name, str):
            bases = {"scott": 1.0, "silverman": (self.d + 2) / 4.0}
            if name in bases:
                return (self.neff * bases[name]) ** (-1.0 / (self.d + 4))
            raise ValueError(
                'gaussian_kde: bw_method is "scott", "silverman", a number or a '
                f"function, got {bw_method!r}"
            )
        return name(self) if callable(name) else floating(name)

    def tree_flatten(self) -> tuple[Any, None]:
        """Return the arrays that make up the estimate."""
        names = ("dataset", "weights", "covariance", "inv_cov", "factor")
        return tuple(getattr(self, name) for name in names), None

    @classmethod
    def tree_unflatten(cls, _: None, children: Any) -> gaussian_kde:
        """Return the estimate that consists of some arrays."""
        names = ("dataset", "weights", "covariance", "inv_cov", "factor")
        kde = cls.__new__(cls)
        for name, child in zip(names, children):
            setattr(kde, name, child)
        return kde

    @property
    def d(self) -> int:
        """The number of components."""
        return shape_of(self.dataset)[0]

    @property
    def n(self) -> int:
        """The number of points."""
        return shape_of(self.dataset)[1]

    @property
    def neff(self) -> Any:
        """The number of points of equal weight that say as much."""
        return 1.0 / fnp.sum(self.weights * self.weights)

    def logpdf(self, x: Any) -> Any:
        """Return the logarithm of the density at points of shape (d, m) or (m,)."""
        points = self._points(x, "logpdf")
        exponents = _exponents(self.dataset, points, self.covariance)
        return logsumexp(exponents, axis=0, b=self.weights[:, None])

    def evaluate(self, points: Any) -> Any:
        """Return the density at points of shape (d, m) or (m,)."""
        points = self._points(points, "evaluate")
        return self.weights @ exp(_exponents(self.dataset, points, self.covariance))

    def pdf(self, x: Any) -> Any:
        """Return the density: another name of `evaluate`."""
        return self.evaluate(x)

    __call__ = evaluate

    def _points(self, points: Any, name: str) -> Any:
        points = floating(points)
        given = shape_of(points)
        if ndim_of(points) < 2:  # d numbers are one point, others are many numbers
            one = self.d > 1 and given == (self.d,)
            points = fnp.reshape(points, (self.d, 1) if one else (1, -1))
        if shape_of(points)[0] != self.d:
            raise ValueError(
                f"gaussian_kde.{name}: points of shape {given} have not the "
                f"{self.d} components of the dataset: their shape is (d, m)"
            )
        return points

    def integrate_gaussian(self, mean: Any, cov: Any) -> Any:
        """Return the integral of the density times that of a normal distribution."""
        mean, cov = fnp.atleast_1d(floating(mean)), fnp.atleast_2d(floating(cov))
        if shape_of(mean) != (self.d,) or shape_of(cov) != (self.d, self.d):
            raise ValueError(
                f"gaussian_kde.integrate_gaussian: mean of shape {shape_of(mean)} and "
                f"cov of shape {shape_of(cov)} must have {self.d} components"
            )
        total = self.covariance + cov
        return self.weights @ exp(_exponents(self.dataset, mean[:, None], total))[:, 0]

    def integrate_kde(self, other: gaussian_kde) -> Any:
        """Return the integral of the product of two estimates."""
        if other.d != self.d:
            raise ValueError(
                f"gaussian_kde.integrate_kde: one estimate has {self.d} components, "
                f"the other {other.d}"
            )
        total = self.covariance + other.covariance
        terms = exp(_exponents(self.dataset, other.dataset, total))
        return self.weights @ terms @ other.weights

    def integrate_box_1d(self, low: Any, high: Any) -> Any:
        """Return the probability of an interval, for numbers."""
        if self.d != 1:
            raise ValueError(
                f"gaussian_kde.integrate_box_1d: the dataset has {self.d} components"
            )
        width = self.covariance[0, 0] ** 0.5
        ends = [ndtr((floating(x) - self.dataset[0]) / width) for x in (high, low)]
        return fnp.sum(self.weights * (ends[0] - ends[1]), axis=-1)

    def resample(self, size: int | None = None, seed: Any = None) -> Any:
        """Return points drawn from the estimate, of shape (d, size): plain values.

        ``seed`` is what ``np.random.default_rng`` takes.
        """
        if any(type(x) is Tracer for x in (self.dataset, self.covariance)):
            raise TypeError(
                "gaussian_kde.resample draws from plain arrays: it has no derivative"
            )
        rng = np.random.default_rng(seed)
        size = int(self.neff) if size is None else size
        noise = rng.multivariate_normal(np.zeros(self.d), self.covariance, size=size)
        return self.dataset[:, rng.choice(self.n, size, p=self.weights)] + noise.T


def _exponents(data: Any, points: Any, cov: Any) -> Any:
    """Return the log-densities of points around data, of shape (n, m)."""
    factor = fnp.linalg.cholesky(cov)
    white = triangular_solve(factor, fnp.concatenate([data, points], 1), lower=True)
    n, d = shape_of(data)[1], shape_of(data)[0]
    gaps = white[:, :n, None] - white[:, None, n:]
    logs = fnp.sum(log(fnp.diagonal(factor)))
    return -0.5 * fnp.sum(gaps * gaps, axis=0) - logs - 0.5 * d * LOG_2PI
