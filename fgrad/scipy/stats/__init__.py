"""Densities and distribution functions that take traced values, in every argument.

    >>> import fgrad
    >>> from fgrad.scipy import stats
    >>> fgrad.grad(lambda scale: stats.norm.logpdf(2.0, 0.0, scale))(1.0)
    np.float64(3.0)

Names, parameters and values are those of ``scipy.stats``. Outside of the support a
log-density is -inf with the gradient 0; for parameters without a distribution all is
nan. float32 stays float32.
"""

from .continuous import beta as beta
from .continuous import cauchy as cauchy
from .continuous import chi2 as chi2
from .continuous import expon as expon
from .continuous import gamma as gamma
from .continuous import gennorm as gennorm
from .continuous import gumbel_l as gumbel_l
from .continuous import gumbel_r as gumbel_r
from .continuous import laplace as laplace
from .continuous import logistic as logistic
from .continuous import norm as norm
from .continuous import pareto as pareto
from .continuous import t as t
from .continuous import truncnorm as truncnorm
from .continuous import uniform as uniform
from .continuous import vonmises as vonmises
from .continuous import wrapcauchy as wrapcauchy
from .discrete import bernoulli as bernoulli
from .discrete import betabinom as betabinom
from .discrete import binom as binom
from .discrete import geom as geom
from .discrete import nbinom as nbinom
from .discrete import poisson as poisson
from .kde import gaussian_kde as gaussian_kde
from .multivariate import dirichlet as dirichlet
from .multivariate import multinomial as multinomial
from .multivariate import multivariate_normal as multivariate_normal
from .summaries import mode as mode
from .summaries import rankdata as rankdata
from .summaries import sem as sem
