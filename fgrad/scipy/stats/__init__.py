"""Densities and distribution functions that take traced values, in every argument.

    >>> import fgrad
    >>> from fgrad.scipy import stats
    >>> fgrad.grad(lambda scale: stats.norm.logpdf(2.0, 0.0, scale))(1.0)
    np.float64(3.0)

Names, parameters and values are those of ``scipy.stats``. Outside of the support a
log-density is -inf with the gradient 0; for parameters without a distribution all is
nan. float32 stays float32.
"""

from .continuous import (
    beta,
    cauchy,
    chi2,
    expon,
    gamma,
    gennorm,
    gumbel_l,
    gumbel_r,
    laplace,
    logistic,
    norm,
    pareto,
    t,
    truncnorm,
    uniform,
    vonmises,
    wrapcauchy,
)
from .discrete import bernoulli, betabinom, binom, geom, nbinom, poisson
from .kde import gaussian_kde
from .multivariate import dirichlet, multinomial, multivariate_normal
from .summaries import mode, rankdata, sem

__all__ = [
    "bernoulli",
    "beta",
    "betabinom",
    "binom",
    "cauchy",
    "chi2",
    "dirichlet",
    "expon",
    "gamma",
    "gaussian_kde",
    "gennorm",
    "geom",
    "gumbel_l",
    "gumbel_r",
    "laplace",
    "logistic",
    "mode",
    "multinomial",
    "multivariate_normal",
    "nbinom",
    "norm",
    "pareto",
    "poisson",
    "rankdata",
    "sem",
    "t",
    "truncnorm",
    "uniform",
    "vonmises",
    "wrapcauchy",
]
