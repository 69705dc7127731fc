"""Calls of fgrad.random, and the numbers that JAX has for them.

``python -m tests.random_calls`` computes what is missing with JAX and stores it in
``tests/golden/random.npz``: values, values mapped over keys, derivatives, and values of
initializers. In a call ``r`` is the namespace and ``k`` a key.
"""

from functools import partial
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
r.randint(k,(),-2**31,2**31,np.int32) r.uniform(k,np.array([2,3]))
r.key_data(r.fold_in(k,np.int64(2**33+1))) r.key_data(r.fold_in(k,np.int64(-1)))
r.key_data(r.split(k,())) r.split(r.PRNGKey(3),(2,3)) r.split(r.PRNGKey(3),0)
r.key_data(r.key(np.int8(-5))) r.key_data(r.key(-2**63))
r.randint(k,(9,),-500,500,np.int8) r.randint(k,(9,),-3,255,np.uint8)
r.randint(k,(9,),0,65536,np.uint16) r.randint(k,(9,),-2**40,2**40,np.int32)
r.randint(k,(9,),0,2**32,np.uint32)
r.randint(k,(5,),-1.7,2.9) r.randint(k,(3,),False,True)
r.randint(k,(3,),np.uint64(2**63),np.uint64(2**64-1),np.uint64)
r.randint(k,(3,),0,np.uint64(2**64-1),np.int64) r.permutation(k,np.zeros((3,0)))
r.permutation(k,np.arange(24).reshape(2,3,4),-2) r.permutation(k,L,1,independent=True)
r.choice(k,np.arange(24).reshape(2,3,4),(2,),axis=2,replace=False,p=P)
r.choice(k,4,(3,),p=np.array([1,2,3,4])) r.bernoulli(k,np.nan,(3,))
r.bernoulli(k,np.float16(.3),(9,)) r.bernoulli(k,1e-20,(3,),"high")
r.categorical(k,np.array([-np.inf,0,-np.inf]),shape=(5,))
r.categorical(k,np.array([-np.inf,-np.inf]),shape=(5,)) r.categorical(k,L[0],shape=(0,))
r.poisson(k,np.array([-1.,5.,500.]),dtype=np.uint8) r.poisson(k,1e12,(3,))
r.poisson(k,1e12,(3,),np.int32) r.poisson(k,1e-30,(3,)) r.poisson(k,A,(0,5))
r.binomial(k,1e15,.3,(9,)) r.binomial(k,1e9,1e-9,(9,)) r.binomial(k,1e9,1-1e-9,(9,))
r.binomial(k,10.5,.5,(5,)) r.binomial(k,1e300,.3,(3,)) r.binomial(k,10,1.,(3,))
r.geometric(k,1e-5,(5,),np.uint8) r.geometric(k,1.,(3,))
r.geometric(k,f4(.5),(9,)) r.geometric(k,1e-12,(3,),np.int32)
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
r.multivariate_normal(k,M[0],COV,method="svd") r.dirichlet(k,np.ones(0))
r.dirichlet(k,np.full(3,1e-10),(4,)) r.dirichlet(k,np.full(3,1e-4),(4,),f4)
r.dirichlet(k,np.ones(1)) r.gamma(k,1e10,(3,)) r.gamma(k,-1.,(3,))
r.gamma(k,np.inf,(3,)) r.loggamma(k,0.,(3,)) r.orthogonal(k,0)
"""
# mapped over keys of shape (2, 3)
MAPPED = """
r.normal(k,(3,)) r.gamma(k,A) r.randint(k,(4,),0,100) r.poisson(k,A*20)
r.binomial(k,100.,A/41) r.permutation(k,10) r.categorical(k,L)
"""
# functions of x
DIFFERENTIABLE = """
r.uniform(k,(5,),minval=x,maxval=x+2.) r.truncated_normal(k,-x,2*x) r.lognormal(k,x)
r.double_sided_maxwell(k,x,2*x,(2,)) r.wald(k,x) r.pareto(k,x) r.rayleigh(k,x)
r.weibull_min(k,x,x,(5,)) r.triangular(k,-x,0.,2*x) r.gamma(k,x) r.gamma(k,x*20)
r.gamma(k,x*.01) r.loggamma(k,x) r.chisquare(k,x) r.f(k,x,2*x)
r.t(k,x) r.beta(k,x,2*x) r.dirichlet(k,x) r.dirichlet(k,x,(3,))
r.generalized_normal(k,x,(5,)) r.multivariate_normal(k,x,np.eye(5)*x[:,None]+.1)
r.choice(k,x,(4,)) r.permutation(k,x)
"""
X = np.array([0.4, 0.9, 1.3, 2.1, 3.0])
T = np.array([1.0, -0.5, 0.3, 2.0, 0.7])
INITIALIZERS = """
zeros|(2,3) ones|(2,3) constant(2.5)|(2,3) uniform()|(2,3) uniform(3.,np.float32)|(4,)
normal()|(2,3) normal(2.)|(5,) truncated_normal()|(7,)
truncated_normal(1.,float,-1.,.5)|(7,) glorot_uniform()|(3,4) glorot_normal()|(3,4)
lecun_uniform()|(3,4) lecun_normal()|(5,3,4) he_uniform()|(3,4) he_normal()|(2,3,4)
xavier_uniform()|(3,4) kaiming_normal()|(3,4) he_normal(0,1)|(3,4)
lecun_normal(batch_axis=0)|(3,4,5) glorot_normal(dtype=np.float32)|(3,4)
variance_scaling(2.,"fan_out","normal")|(3,4)
variance_scaling(2.,"fan_geo_avg","uniform",(0,1),2)|(3,4,5) orthogonal()|(3,3)
orthogonal(2.)|(2,5) orthogonal(1.,0)|(5,2) orthogonal()|(2,3,4)
delta_orthogonal()|(3,2,4) delta_orthogonal()|(3,5,2,2) delta_orthogonal(2.)|(4,2,2,2,3)
"""


def value(call, namespace, key):
    """Return what a call gives."""
    return eval(call, {"r": namespace, "k": key, **NAMES})


def calls(text):
    """Return the calls of a text; there is no space inside of one."""
    return text.split()


def slope(call, namespace, key, numpy, jvp):
    """Return the value and the derivative of a call at X in the direction T."""
    names = {**NAMES, "r": namespace, "k": key, "np": numpy}
    return jvp(lambda x: eval(call, {**names, "x": x}), (X,), (T,))


def initial(case, namespace, key):
    """Return what an initializer gives."""
    call, shape = case.split("|")
    return eval(call, {"np": np, **vars(namespace)})(key, eval(shape))


def expected():
    """Yield names and functions that compute with JAX what is stored."""
    import jax

    jax.config.update("jax_enable_x64", True)
    r, key = jax.random, jax.random.key(42)
    keys = r.split(jax.random.key(3), (2, 3))
    for call in calls(EXACT + CLOSE):
        yield call, partial(value, call, r, key)
    for call in calls(MAPPED):
        yield f"vmap {call}", partial(jax.vmap(jax.vmap(partial(value, call, r))), keys)
    for call in calls(DIFFERENTIABLE):
        slopes = partial(slope, call, r, jax.random.key(9), jax.numpy, jax.jvp)
        yield f"jvp {call}", slopes
    for case in calls(INITIALIZERS):
        yield f"init {case}", partial(initial, case, jax.nn.initializers, r.key(3))


def store():
    """Compute what is not stored yet with JAX, and forget what is not asked for."""
    with np.load(STORED) as file:
        found = dict(file)
    asked = dict(expected())
    found = {name: found[name] for name in found if name in asked}
    for name, compute in asked.items():
        if name not in found:
            found[name] = np.asarray(compute())
    np.savez_compressed(STORED, **found)


if __name__ == "__main__":
    store()
