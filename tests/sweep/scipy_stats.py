"""Calls of SciPy's distributions and summaries."""

from . import Table

TABLE = Table(
    ours="fgrad.scipy.stats",
    reference="scipy.stats",
    calls="""
norm.logpdf(A) norm.logpdf(A,B,P[:4]) norm.pdf(ODD,scale=2) norm.cdf(V,loc=W) norm.sf(V)
norm.logcdf(V*20) norm.logsf(V*20) norm.ppf(P) norm.isf(P,1,2) norm.logpdf(NONE)
norm.logpdf(ONE) norm.pdf(SCALAR) uniform.pdf(V) uniform.logpdf(V,-1,3) uniform.cdf(V)
uniform.ppf(P,V,P) uniform.sf(V) expon.pdf(V) expon.logpdf(V,scale=P) expon.cdf(P)
expon.sf(P) expon.logcdf(P) expon.ppf(P) expon.logsf(P) expon.isf(P) laplace.pdf(V)
laplace.logpdf(V,W,P) laplace.cdf(V) laplace.sf(V) laplace.logcdf(V) laplace.logsf(V)
laplace.ppf(P) laplace.isf(P) logistic.pdf(V) logistic.logpdf(V,W,P) logistic.cdf(V)
logistic.sf(V) logistic.ppf(P) logistic.isf(P) logistic.logcdf(V) logistic.logsf(V)
cauchy.pdf(V) cauchy.logpdf(V,W,P) cauchy.cdf(V) cauchy.logcdf(V) cauchy.sf(V)
cauchy.logsf(V) cauchy.ppf(P) cauchy.isf(P) gumbel_r.pdf(V) gumbel_r.logpdf(V,W,P)
gumbel_r.cdf(V) gumbel_r.logcdf(V) gumbel_r.sf(V) gumbel_r.logsf(V) gumbel_r.ppf(P)
gumbel_l.pdf(V) gumbel_l.logpdf(V,W,P) gumbel_l.cdf(V) gumbel_l.logcdf(V) gumbel_l.sf(V)
gumbel_l.logsf(V) gumbel_l.ppf(P) gamma.pdf(P,P+1) gamma.logpdf(P,P,0,P)
gamma.logpdf(V,2.0) gamma.cdf(P,P) gamma.sf(P,P) gamma.logcdf(P,P) gamma.logsf(P,P)
gamma.ppf(P,P) gamma.isf(P,P[:,None]) chi2.pdf(P,P+1) chi2.logpdf(P,P) chi2.cdf(P,P)
chi2.sf(P,P) chi2.logcdf(P,P) chi2.logsf(P,P) chi2.ppf(P,P+1) chi2.isf(P,P+1)
beta.pdf(P,P+1,P+2) beta.logpdf(P,P,P[::-1]) beta.logpdf(V,2,3) beta.cdf(P,P,2.0)
beta.logcdf(P,P,P) beta.sf(P,P,P) beta.logsf(P,P,P) beta.ppf(P,P,P+1) beta.isf(P,P,P+1)
t.pdf(V,P+1) t.logpdf(V,P,W,P) t.cdf(V,P+2) t.sf(V,P+2) t.ppf(P,P+2) t.isf(P,P+2)
pareto.pdf(P+1,P) pareto.logpdf(P+1,P,.1,P) pareto.cdf(P+1,P) pareto.sf(P+1,P)
pareto.logcdf(P+1,P) pareto.logsf(P+1,P) pareto.ppf(P,P+1) pareto.isf(P,P+1)
gennorm.pdf(V,P+1) gennorm.logpdf(V,P,W,P) gennorm.cdf(V,P+1) gennorm.sf(V,P+1)
gennorm.ppf(P,P+1) gennorm.isf(P,P+1) truncnorm.pdf(V/4,-P-1,P+1)
truncnorm.logpdf(V/4,-P-1,P+1,.1,2) truncnorm.cdf(P,-P,P+1) truncnorm.sf(P,-P,P+1)
truncnorm.logcdf(P,-P,P+1) truncnorm.logsf(P,-P,P+1) truncnorm.ppf(P,-P,P)
truncnorm.ppf(P,P,P+1) truncnorm.isf(P,-P,P) vonmises.pdf(V,P) vonmises.logpdf(V,P*10)
wrapcauchy.pdf(P,P) wrapcauchy.logpdf(P*6,P) wrapcauchy.cdf(P*6,P) wrapcauchy.ppf(P,P)
bernoulli.pmf(K,P[:3]) bernoulli.logpmf(K,P[:3]) bernoulli.cdf(K,P[:3])
bernoulli.ppf(P,.4) binom.pmf(N,5,P) binom.logpmf(N,6,P,1) binom.cdf(N,5,P)
binom.sf(N,5,P) binom.logcdf(N,5,P) poisson.pmf(N,P) poisson.logpmf(N,P,1)
poisson.cdf(N,P) poisson.sf(N,P) poisson.logsf(N,P) geom.pmf(N,P) geom.logpmf(N,P)
geom.cdf(N,P) geom.sf(N,P) geom.logsf(N,P) geom.ppf(P,.3) nbinom.pmf(N,P+1,P)
nbinom.logpmf(N,3,P) nbinom.cdf(N,P+1,P) nbinom.sf(N,2,P) betabinom.pmf(N,6,P,P+1)
betabinom.logpmf(N,6,P,P) multinomial.logpmf([1,2],3,P[:2]/P[:2].sum())
multinomial.pmf([1,2],3,[.4,.6]) dirichlet.logpdf(P/P.sum(),P+1)
dirichlet.pdf(P[:4]/4,P) dirichlet.logpdf(P[:2]/2,P[:3])
multivariate_normal.logpdf(V[:3],W[:3],S@S.T)
multivariate_normal.logpdf(A[:,:3],None,S@S.T) multivariate_normal.pdf(V,W,P)
multivariate_normal.logpdf(V,.5,2.0) multivariate_normal.logpdf(A,B[0],.7)
multivariate_normal.logpdf(T[...,:3],V[:3],S@S.T) gaussian_kde(V)(W)
gaussian_kde(A[:2]).logpdf(B[:2]) gaussian_kde(V,"silverman")(W)
gaussian_kde(V,.4,P).evaluate(W) gaussian_kde(V).integrate_box_1d(-1,SCALAR)
gaussian_kde(A[:2]).integrate_gaussian(V[:2],(S@S.T)[:2,:2])
gaussian_kde(V).integrate_kde(_.gaussian_kde(W)) rankdata(TIES) rankdata(A) mode(TIES)
mode(A,axis=1) mode(T,axis=None) mode(A,keepdims=True) sem(A) sem(A,axis=1)
sem(A,axis=None,ddof=0) sem(ODD,axis=-1,keepdims=True)
""",
    coarse=("",),
    kinked=(
        "rankdata",
        "geom.ppf",
        "bernoulli.ppf",
        "mode(TIES)",
        "expon.logpdf(V",
        "gamma.logpdf(V",
        "beta.logpdf(V",
        "bernoulli.logpmf",
    ),
)
