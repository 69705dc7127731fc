"""Calls of fgrad.random, as functions of the parameters of distributions."""

import numpy as np

from . import Table

TABLE = Table(
    ours="fgrad.random",
    calls="""
uniform(k,(5,),None,V,V+1) uniform(k,(3,4),None,A,2.) uniform(k,(0,3),None,NONE)
uniform(k,(5,),np.float32,FV) truncated_normal(k,-P,P) truncated_normal(k,-1.,P,(2,5))
lognormal(k,P) lognormal(k,SCALAR) lognormal(k,FV,dtype=np.float32)
double_sided_maxwell(k,V,P) double_sided_maxwell(k,V,P,(2,)) wald(k,P) pareto(k,P)
rayleigh(k,P) rayleigh(k,P,(2,5)) weibull_min(k,P,P+1,(5,)) triangular(k,-P,0.,P)
choice(k,V,(4,)) choice(k,A,(3,),axis=1) choice(k,V,(3,),False) permutation(k,V)
permutation(k,A,-1) permutation(k,ODD,1,True) permutation(k,BACK)
multivariate_normal(k,V[:3],D@D.T+np.eye(3)) multivariate_normal(k,A[:,:3],S@S.T,(2,3))
multivariate_normal(k,V[:3],D@D.T+np.eye(3),method="eigh")
multivariate_normal(k,V[:3],D@D.T+np.eye(3),(0,),method="svd")
bernoulli(k,np.exp(-P)) bernoulli(k,np.exp(-FV),(2,5)) categorical(k,A)
categorical(k,A,0,(2,4)) categorical(k,ODD,shape=(2,4),replace=False) poisson(k,P)
poisson(k,P*30,(2,5)) binomial(k,9.,np.exp(-P)) binomial(k,np.floor(P*99),.4)
multinomial(k,9.,P) multinomial(k,9.,P/np.sum(P),shape=(2,5)) geometric(k,np.exp(-P))
geometric(k,SCALAR) randint(k,(5,),0,V*10) randint(k,(0,3),0,9)
gamma(k,P) gamma(k,P,(2,5)) gamma(k,SCALAR) gamma(k,NONE)
gamma(k,FV**2,dtype=np.float32) loggamma(k,P) loggamma(k,P/1000) chisquare(k,P)
f(k,P,P+1) t(k,P,(2,5)) beta(k,P,P+1) dirichlet(k,P) dirichlet(k,P,(0,))
generalized_normal(k,P+1,(5,)) ball(k,5,P[0]) ball(k,2,P[0],(3,))
""",
    kinked=(
        "gamma",
        "loggamma",
        "chisquare",
        "f(",
        "t(",
        "beta",
        "dirichlet",
        "generalized_normal",
        "ball",
    ),  # the samples that rejection leaves jump; see tests/test_random.py
    names={"k": np.uint64(7)},
)
