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
multivariate_normal(k,V[:3],D) multivariate_normal(k,A[:,:3],D,(2,3))
""",
    names={"k": np.uint64(7)},
)
