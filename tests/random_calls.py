"""Calls of fgrad.random, and the numbers that JAX has for them.

``python -m tests.random_calls`` computes them with JAX and stores them in
``tests/golden/random.npz``. In a call ``r`` is the namespace and ``k`` a key.
"""

from pathlib import Path

import numpy as np

STORED = Path(__file__).parent / "golden" / "random.npz"

rng = np.random.default_rng(0)
NAMES = {
    "np": np,
    "A": np.array([0.02, 0.4, 1.0, 2.5, 40.0]),
    "B": np.array([1.5, 0.3, 3.0, 0.01, 7.0]),
    "P": np.array([0.1, 0.4, 0.2, 0.3]),
    "L": rng.normal(size=(3, 4)),
    "M": rng.normal(size=(4, 3)),
    "COV": np.array([[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 0.5]]),
    "f4": np.float32,
    "f2": np.float16,
}

# exact: made of bits by exactly rounded operations, or compared only
EXACT = """
r.bits(k,(5,)) r.bits(k,(2,3),np.uint32) r.bits(k,(7,),np.uint16) r.bits(k,(),np.uint8)
r.bits(k,(0,3)) r.bits(k,(40000,),np.uint8)[::1000] r.uniform(k,(5,))
r.uniform(k,(2,3),f4) r.uniform(k,4,f2) r.uniform(k,(),f4)
r.uniform(k,(3,),minval=-1.,maxval=1.) r.uniform(k,(20000,))[::1000]
r.key_data(r.split(k)) r.key_data(r.split(k,3)) r.key_data(r.split(k,(2,3)))
r.key_data(r.fold_in(k,7)) r.key_data(r.fold_in(k,np.int32(9))) r.key_data(k)
r.key_data(r.key(-1)) r.key_data(r.key(2**40+3)) r.key_data(r.key(np.int32(-3)))
r.key_data(r.key(np.uint32(7))) r.key_data(r.key(True)) r.PRNGKey(-5) r.PRNGKey(77)
r.split(r.PRNGKey(3)) r.fold_in(r.PRNGKey(3),1) r.bits(r.PRNGKey(3),(4,))
r.key_data(r.wrap_key_data(r.PRNGKey(2**33+1))) r.uniform(r.PRNGKey(2),(3,))
r.randint(k,(6,),0,10) r.randint(k,(6,),-5,np.arange(6)) r.randint(k,(),0,2**40)
r.randint(k,(6,),0,100,np.int8) r.randint(k,(6,),-128,128,np.int8)
r.randint(k,(6,),0,256,np.uint8) r.randint(k,(6,),0,1000,np.int16)
r.randint(k,(6,),-2**31,2**31,np.int32) r.randint(k,(6,),0,7,np.uint32)
r.randint(k,(6,),5,3) r.randint(k,(6,),-2**63,2**63-1) r.randint(k,(3,),0,1)
r.randint(k,(4,),0,2**62,np.uint64) r.randint(k,(4,),-9,300,np.int8)
r.randint(k,(2,3),np.array([[0],[100]]),np.array([10,200,300])) r.permutation(k,10)
r.permutation(k,0) r.permutation(k,1) r.permutation(k,100) r.permutation(k,5000)[::100]
r.permutation(k,L) r.permutation(k,L,axis=1) r.permutation(k,L,axis=-1,independent=True)
r.permutation(k,L,independent=True) r.permutation(k,A) r.choice(k,10,(3,))
r.choice(k,10) r.choice(k,10,(2,3),replace=False) r.choice(k,A,(4,))
r.choice(k,L,(2,),axis=1) r.choice(k,L,(2,2),False,axis=1) r.choice(k,4,(50,),p=P)
r.choice(k,L,(5,),axis=1,p=P) r.choice(k,4,(3,),False,P)
r.choice(k,4,(4,),False,np.array([0.,.5,.5,0.])) r.choice(k,4,(9,),p=P.astype(f4))
r.choice(k,4,(3,),False,P,mode="high") r.choice(k,5,(0,)) r.bernoulli(k)
r.bernoulli(k,.3,(9,)) r.bernoulli(k,P) r.bernoulli(k,P.astype(f4),(3,4))
r.bernoulli(k,.3,(9,),mode="high") r.rademacher(k,(9,)) r.rademacher(k,(9,),np.int8)
r.rademacher(k,(5,),float) r.categorical(k,L) r.categorical(k,L,axis=0)
r.categorical(k,L,shape=(5,3)) r.categorical(k,L,axis=0,shape=(2,5,4))
r.categorical(k,L,shape=(2,3),replace=False).astype(int)
r.categorical(k,L[0],shape=(3,),replace=False).astype(int)
r.categorical(k,L,axis=0,shape=(2,4),replace=False).astype(int)
r.categorical(k,L.astype(f4)) r.categorical(k,L,mode="high")
r.categorical(k,L[0],shape=(50,)) r.poisson(k,3.,(9,)) r.poisson(k,A*20)
r.poisson(k,np.array([0.,-1.,5.,50.,1000.])) r.poisson(k,15.,(3,),np.int32)
r.binomial(k,10,.3,(9,)) r.binomial(k,100.,A/41)
r.binomial(k,np.array([[5.],[50.],[5000.]]),P) r.binomial(k,10,.7,(3,),f4)
r.binomial(k,np.array([3.,-1.,3.,3.]),np.array([1.5,.5,0.,1.])) r.multinomial(k,10,P)
r.multinomial(k,np.array([10.,20.]),np.stack([P,1-P])) r.multinomial(k,50,P,shape=(2,4))
r.geometric(k,.3,(9,)) r.geometric(k,P) r.geometric(k,.3,(9,),np.int32)
r.binomial(k,f4(10),f4(.7),(3,)) r.binomial(k,10,f4(.7),(3,))
r.randint(k,(),-2**31,2**31,np.int32)
"""
# close: the last bits are those of logarithms, roots and the like
CLOSE = """
r.uniform(k,(5,),minval=-3.7,maxval=11.3) r.uniform(k,(2,4),f4,P,2.) r.normal(k,(5,))
r.normal(k,(2,3),f4) r.normal(k,4,f2) r.normal(k) r.normal(k,(20000,))[::999]
r.normal(k,(3,),complex) r.normal(k,(3,),np.complex64) r.lognormal(k,.5,(3,))
r.lognormal(k,P) r.lognormal(k,shape=(3,)) r.truncated_normal(k,-1.,2.,(5,))
r.truncated_normal(k,-B,B) r.truncated_normal(k,-1,1,(5,),f4)
r.truncated_normal(k,5.,9.,(5,)) r.maxwell(k,(3,)) r.double_sided_maxwell(k,1.,2.,(3,))
r.double_sided_maxwell(k,P,2.,(3,)) r.wald(k,2.,(3,)) r.wald(k,B) r.exponential(k,(5,))
r.exponential(k,(5,),f4) r.laplace(k,(5,)) r.laplace(k,(5,),f4) r.logistic(k,(5,))
r.cauchy(k,(5,)) r.gumbel(k,(5,)) r.gumbel(k,(5,),f4) r.gumbel(k,(5,),mode="high")
r.pareto(k,2.,(3,)) r.pareto(k,B) r.rayleigh(k,2.,(3,)) r.rayleigh(k,B,(2,5))
r.weibull_min(k,2.,3.,(3,)) r.weibull_min(k,2.,B,(5,)) r.triangular(k,0.,1.,2.,(5,))
r.triangular(k,-B,0.,A) r.gamma(k,A) r.gamma(k,2.5,(2,3)) r.gamma(k,A,dtype=f4)
r.gamma(k,0.,(2,)) r.gamma(k,np.nan) r.loggamma(k,A) r.loggamma(k,1e-4,(4,))
r.loggamma(k,A,(2,5)) r.chisquare(k,A) r.chisquare(k,3,(4,)) r.f(k,A,B)
r.f(k,2.,3.,(4,)) r.t(k,A) r.t(k,3.,(4,)) r.beta(k,A,B) r.beta(k,.01,.01,(5,))
r.beta(k,2.,3.,(2,2),f4) r.dirichlet(k,A) r.dirichlet(k,A,(3,))
r.dirichlet(k,np.ones((2,3))) r.dirichlet(k,np.full(3,1e-3))
r.generalized_normal(k,3.,(4,)) r.ball(k,3) r.ball(k,3,1.,(4,)) r.ball(k,2,3.,(2,2))
r.multivariate_normal(k,M[0],COV) r.multivariate_normal(k,M,COV)
r.multivariate_normal(k,M[0],COV,(5,)) r.multivariate_normal(k,M,COV,(2,4))
r.multivariate_normal(k,M[0].astype(f4),COV.astype(f4)) r.orthogonal(k,3)
r.orthogonal(k,3,(2,)) r.orthogonal(k,3,(2,),m=5) r.orthogonal(k,4,m=2)
r.orthogonal(k,3,(),complex) r.multivariate_normal(k,M[0],COV,method="eigh")
r.multivariate_normal(k,M[0],COV,method="svd")
"""


def value(call, namespace, key):
    """Return what a call gives."""
    return eval(call, {"r": namespace, "k": key, **NAMES})


def calls(text):
    """Return the calls of a text; there is no space inside of one."""
    return text.split()


def store():
    """Compute the numbers with JAX, and store them."""
    import jax

    jax.config.update("jax_enable_x64", True)
    key = jax.random.key(42)
    found = {c: value(c, jax.random, key) for c in calls(EXACT + CLOSE)}
    STORED.parent.mkdir(exist_ok=True)
    np.savez_compressed(STORED, **{c: np.asarray(v) for c, v in found.items()})


if __name__ == "__main__":
    store()
