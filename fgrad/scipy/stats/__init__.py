"""Densities and distribution functions that take traced values, in every argument.

    >>> import fgrad
    >>> from fgrad.scipy import stats
    >>> fgrad.grad(lambda scale: stats.norm.logpdf(2.0, 0.0, scale))(1.0)
    np.float64(3.0)

Names, parameters and values are those of ``scipy.stats``. Outside of the support a
log-density is -inf with the gradient 0; for parameters without a distribution all is
nan. float32 stays float32.
"""

from .continuous import beta
from .continuous import cauchy
from .continuous import chi2
from .continuous import expon
from .continuous import gamma
from .continuous import gennorm
from .continuous import gumbel_l
from .continuous import gumbel_r
from .continuous import laplace
from .continuous import logistic
from .continuous import norm
from .continuous import pareto
from .continuous import t
from .continuous import truncnorm
from .continuous import uniform
from .continuous import vonmises
from .continuous import wrapcauchy
from .discrete import bernoulli
from .discrete import betabinom
from .discrete import binom
from .discrete import geom
from .discrete import nbinom
from .discrete import poisson
from .kde import gaussian_kde
from .multivariate import dirichlet
from .multivariate import multinomial
from .multivariate import multivariate_normal
from .summaries import mode
from .summaries import rankdata
from .summaries import sem

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
