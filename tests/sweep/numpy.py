"""Calls of NumPy's main namespace."""

from math import pi

import numpy as np

from . import Table, split

CALLS = """
sin(V) cos(V) tan(V) exp(V) exp2(V) expm1(V) log(P) log2(P) log10(P) log1p(P) sqrt(P)
cbrt(V) arcsin(P) arccos(P) arctan(V) sinh(V) cosh(V) tanh(V) arcsinh(V) arccosh(P+1)
arctanh(P) deg2rad(V) rad2deg(V) absolute(V) fabs(V) negative(V) positive(V) square(V)
reciprocal(P) conjugate(V) sign(V) floor(V) ceil(V) trunc(V) rint(V) isnan(V) signbit(V)
add(A,B) subtract(A,B) multiply(A,B) divide(A,B) power(P,W) float_power(P,W) mod(V,P)
fmod(V,P) maximum(A,B) minimum(A,B) fmax(A,B) fmin(A,B) hypot(A,B) arctan2(A,B)
logaddexp(A,B) logaddexp2(A,B) copysign(A,B) floor_divide(A,B) heaviside(V,.5) less(A,B)
equal(A,B) logical_and(A,B) logical_not(A) add(A,[1.,2.,3.,4.]) divmod(V,P) modf(V)
frexp(V) matmul(A,C) matmul(T,C) vecdot(A,B) matvec(A,C[:,0]) vecmat(V[:3],A)
add.reduce(A) multiply.reduce(A,axis=1) maximum.reduce(A) add.accumulate(A)
multiply.accumulate(A,axis=1) multiply.outer(V,W) add.outer(A,V)
minimum.reduce(A,axis=1) round(V,1) around(V) clip(A,-.5,.5) clip(A,min=-.5)
clip(A,None,B) where(MASK,A,B) where(A>B,A,0.) select([A>1,B>0],[A,B],.5)
piecewise(V,[V<0,V>=0],[-1.,2.]) nan_to_num(NAN) nan_to_num(NAN,nan=2.) real(A) imag(A)
angle(A) sinc(V) sinc(A,) isclose(A,B) isposinf(A) isneginf(A) iscomplex(A) isreal(A)
fix(V) sum(A) sum(A,axis=0) sum(A,1,keepdims=True) sum(T,axis=(0,2)) sum(A,initial=2.)
sum(A,where=MASK) sum(A,-1,where=MASK,initial=1.) prod(A) prod(A,0)
prod(A,axis=1,initial=2.) prod(A,where=MASK) max(A) max(A,0) max(A,axis=1,initial=0.)
min(A) min(A,1,keepdims=True) max(A,axis=0,initial=-9.,where=MASK) amax(A) amin(A,0)
mean(A) mean(A,0) mean(A,axis=1,where=MASK|True) mean(A,where=MASK) var(A)
var(A,0,ddof=1) var(A,axis=1,keepdims=True) var(A,where=MASK) var(A,correction=1) std(A)
std(A,0) std(A,1,ddof=1) ptp(A) ptp(A,0) any(A>1) all(A,0) argmax(A) argmax(A,1)
argmin(A,0,keepdims=True) count_nonzero(A) count_nonzero(A,axis=0) cumsum(A) cumsum(A,1)
cumprod(A) cumprod(A,axis=0) cumulative_sum(V) cumulative_prod(A,axis=1)
cumulative_sum(A,axis=0,include_initial=True) average(A) average(A,0)
average(A,1,weights=P[:4]) average(A,weights=np.exp(B)) nansum(NAN) nansum(NAN,0)
nanprod(NAN) nanmax(NAN) nanmin(NAN,1) nanmean(NAN) nanmean(NAN,1) nanvar(NAN)
nanstd(NAN,1) nancumsum(NAN) nancumprod(NAN,0) nanargmax(NAN) nanargmin(NAN,0) median(V)
median(A) median(A,0) median(A,1,keepdims=True) median(T,axis=(0,2)) median(C[:,0])
quantile(V,.3) quantile(A,.7,axis=0) quantile(A,np.array([.1,.5]),axis=1)
percentile(A,30.) quantile(T,.4,axis=(0,1),keepdims=True) quantile(V,.3,method="hazen")
quantile(V,.3,method="lower") quantile(V,.33,method="nearest")
quantile(V,.33,method="midpoint") quantile(V,[.2,.9],method="weibull") cov(A)
cov(A,rowvar=False) cov(V,W) corrcoef(A) cov(A,ddof=0) cov(A,aweights=P[:4])
reshape(A,(2,6)) reshape(A,-1) reshape(A,(4,-1),order="F") ravel(A) ravel(A,"F")
transpose(T) transpose(T,(1,0,2)) permute_dims(A,(1,0)) matrix_transpose(T)
swapaxes(T,0,2) moveaxis(T,0,-1) moveaxis(T,[0,1],[2,0]) rollaxis(T,2) rollaxis(T,0,3)
rollaxis(T,1,-1) expand_dims(A,1) expand_dims(A,(0,2)) squeeze(A[None])
squeeze(A[None],axis=0) broadcast_to(V,(3,5)) broadcast_arrays(A,V[:4]) flip(A)
flip(A,0) fliplr(A) flipud(A) roll(A,2) roll(A,1,axis=0) roll(A,(1,2),axis=(0,1))
rot90(A) rot90(A,2) rot90(A,3) rot90(T,1,(1,2)) repeat(V,2) repeat(A,[1,0,2],axis=0)
tile(A,2) tile(V,(2,2)) resize(A,(2,7)) resize(V,3) atleast_1d(V) atleast_2d(V)
atleast_3d(V) atleast_3d(A) atleast_2d(V,A) split(V,[2,3]) split(A,2,axis=1)
array_split(V,3) vsplit(A,3) hsplit(A,2) dsplit(T,2) unstack(A) unstack(A,axis=1)
concatenate([A,B]) concatenate((A,B),axis=1) concatenate([A,V],axis=None) concat([A,B])
concatenate([V,np.float32([1,2])]) stack([A,B]) stack([A,B],axis=-1) vstack([V,W])
vstack([A,B]) hstack([V,W]) hstack([A,B]) dstack([A,B]) dstack([V,W])
column_stack([V,W]) column_stack([A,A]) block([[A,B],[B,A]]) block([V,W]) append(V,W)
append(A,B,axis=0) append(A,3.) pad(A,1) pad(A,((1,2),(0,1)),constant_values=2.)
pad(V,2,mode="edge") pad(A,1,"reflect") pad(A,(1,2),"symmetric") pad(V,(3,4),"wrap")
pad(V,9,"reflect") pad(V,12,"symmetric")
pad(A,((1,2),(2,1)),constant_values=((1.,2.),(3.,4.))) meshgrid(V,W)
meshgrid(V,W,indexing="ij") meshgrid(V,W,P,sparse=True) take(A,[0,2],axis=0) take(A,5)
take(A,L,axis=1) take(A,[[0,1],[1,2]],axis=1) take(V,[7,-1],mode="clip")
take(V,[7,-1],mode="wrap") take_along_axis(A,np.argsort(B,1),1)
compress([True,False,True],A,axis=0) extract(MASK,A) choose(np.array([0,1,0,1,1]),[V,W])
choose(np.array([0,3,0,1,1]),[V,W],mode="wrap") diagonal(A) diagonal(A,1)
diagonal(T,-1,1,2) trace(A) trace(T,0,1,2) trace(A,-1) diagflat(V,1) diagflat(A) diag(V)
diag(V,-2) diag(A) diag(A,2) tril(A) tril(A,-1) triu(A) triu(T,1) tril(V) delete(V,2)
delete(A,[0,2],axis=1) delete(A,slice(0,2),axis=0) insert(V,2,9.) insert(V,[1,3],W[:2])
insert(A,1,V[:4],axis=0) insert(A,[0,2],5.,axis=1) insert(V,[1,1],[2.,3.])
insert(A,1,B[:,:1].T[0,0],axis=1) sort(V) sort(A) sort(A,0) sort(A,axis=None) argsort(A)
argsort(V,kind="stable") partition(V,2) argpartition(V,2) searchsorted(UP,V)
searchsorted(UP,A,side="right") nonzero(MASK*1.) flatnonzero(V>0) argwhere(V>0)
unique(V) isin(V,W) where(V>0) unique(A,axis=0) unique(V,return_inverse=True) diff(V)
diff(A,axis=0) diff(V,2) diff(A,prepend=0.) diff(A,append=B[:,:2],axis=1) ediff1d(A)
ediff1d(V,to_begin=1.,to_end=[2.,3.]) trapezoid(V) trapezoid(A,dx=.5) trapezoid(V,UP)
trapezoid(A,axis=0) trapezoid(A,x=B,axis=1) unwrap(4*V) gradient(V) gradient(A)
gradient(V,.5) gradient(V,UP) gradient(A,axis=0,edge_order=2)
gradient(V,UP,edge_order=2) gradient(A,2.,UP[:4]) interp(V,UP,W) interp(V/9,UP,W,-1.,2.)
interp(4*V,P,W,period=1.) interp(UP,UP,W) linspace(V[0],W[0],7) linspace(V,W,4)
linspace(V,W,4,endpoint=False,axis=1) linspace(V[0],3,5,retstep=True)
logspace(P[0],1.,5) geomspace(P[0],P[1],5) linspace(V[0],V[1],1) polyval(V,P)
polyval([1.,2.],A) polyder(V) polyder(V,2) polyint(V) polyint(V,2,[1.,2.])
polyadd(V,W[:3]) polysub(V[:2],W) vander(V) vander(V,3) vander(V,4,increasing=True)
dot(A,C) dot(V,W) dot(T,C) vdot(A,B) inner(A,B) inner(V,W) outer(V,W) outer(A,V)
tensordot(T,C,1) tensordot(T,A,((1,2),(0,1))) tensordot(V,W,0) einsum("ij,jk->ik",A,C)
einsum("ij->j",A) einsum("ii",S) einsum(A,[0,1],C,[1,2],[0,2])
einsum("ijk,kl,l->i",T,C,V[:2]) kron(A,C) kron(V,A) kron(P[0],A) cross(A[:,:3],B[:,:3])
cross(V[:3],B[:,:3]) cross(A[:,:3],B[:,:3],axis=0) zeros_like(A) ones_like(A)
empty_like(A)*0 full_like(A,2.) copy(A) astype(A,np.float32) shape(A) ndim(A) size(A)
size(A,0) astype(A,int) array_equal(A,B) allclose(A,A) array_equiv(A,B)
sin(A.astype(np.float32)) mean(A.astype(np.float32)) var(A.astype(np.float32),0)
std(ODD,0) sum(ODD) mean(ODD,1) median(A.astype(np.float32))
average(A.astype(np.float32),0) linspace(np.float32(1),np.float32(2),5)*V
result_type(A,np.float32) can_cast(np.float32,A.dtype) iscomplexobj(A) isrealobj(A)
convolve(V,W[:3]) convolve(V,W,"same") correlate(V,W[:2]) correlate(V,W,"full")
polymul(V,W[:3]) add(A,B,dtype=np.float32) sin(A,dtype=np.float32)
power(A,2,dtype=float) sum(A,dtype=np.float32) add.reduce(A,axis=None)
add.reduce(A,axis=(0,1),keepdims=True) multiply.outer(A,Q[0]) logical_and.reduce(A>0)
exp(Q) sin(Q) log(Q) sqrt(Q) absolute(Q) multiply(Q,A) divide(A,Q) square(Q)
conjugate(Q) real(Q) imag(Q) angle(Q) sum(Q,0) mean(Q,1) prod(Q,0) var(Q) std(Q,0)
vdot(Q,Q) dot(Q,A.T) matmul(Q,Q.T) vecdot(Q,A) inner(Q,Q) cumsum(Q) cumprod(Q,1) diff(Q)
where(A>0,Q,A) concatenate([Q,A]) stack([A,Q]) nan_to_num(Q) interp(V,UP,Q.ravel()[:5])
linspace(Q[0,0],Q[0,1],4) cov(Q) average(Q,1,weights=P[:4]) trace(Q) polyval(Q[0],V)
kron(Q,C) outer(Q[0],V) cross(Q[:,:3],A[:,:3]) digitize(V,UP)
digitize(V,UP[::-1],right=True) bincount([0,2,2,1,0],weights=V) nanmedian(NAN)
nanmedian(NAN,0) nanmedian(NAN,1,keepdims=True) apply_over_axes(np.sum,T,[0,2])
diag_indices_from(S) tril_indices_from(A) triu_indices_from(A,1) lexsort((V,W))
degrees(V) radians(V) greater(A,B) greater_equal(A,B) less_equal(A,B) not_equal(A,B)
logical_or(A>0,B>0) logical_xor(A>0,B>0) isfinite(NAN) isinf(NAN) remainder(V,P)
ldexp(V,L[0]) nextafter(V,W) spacing(V) invert(A>0) bitwise_and(A>0,B>0)
bitwise_or(A>0,B>0) bitwise_xor(A>0,B>0)
"""

METHODS = """
add.reduce(A,1,initial=2.) add.reduce(F,axis=0,where=MASK,keepdims=True) add.reduce(Q)
add.reduce(NONE) add.reduce(A,dtype=np.float32) multiply.reduce(ODD,0,where=ODD>0)
multiply.reduce(A,axis=(0,1),initial=2.) subtract.reduce(V) subtract.reduce(F,1)
divide.reduce(A) divide.reduce(T,-1) float_power.reduce(P) maximum.reduce(T,(0,-1))
maximum.reduce(NONE,axis=0,initial=1.) minimum.reduce(A,0,initial=.1,where=MASK)
fmax.reduce(NAN,1) fmin.reduce(NAN,axis=None) fmax.reduce(NAN,0,initial=.2,where=MASK)
logaddexp.reduce(A) logaddexp.reduce(T,axis=(0,2),keepdims=True) logaddexp.reduce(F,1)
logaddexp.reduce(A,1,where=MASK) logaddexp.reduce(NONE) logaddexp.reduce(ONE,0)
logaddexp2.reduce(V,initial=1.) logaddexp2.reduce(BACK) hypot.reduce(A,axis=None)
hypot.reduce(A,0,where=MASK,initial=.5) logical_or.reduce(A>0,axis=1)
logical_and.reduce(A>0,None,where=MASK) logical_xor.reduce(A>0) bitwise_and.reduce(N)
bitwise_xor.reduce(N,initial=3) gcd.reduce(N) equal.reduce(A>0,1) fmod.reduce(V+9.)
remainder.reduce(P) copysign.reduce(V)
add.accumulate(Q,1) multiply.accumulate(ODD) subtract.accumulate(A)
divide.accumulate(A,1) divide.accumulate(Q) maximum.accumulate(V) maximum.accumulate(T,-2)
minimum.accumulate(F,axis=1) minimum.accumulate(BACK) fmax.accumulate(NAN,1)
fmin.accumulate(A) logaddexp.accumulate(A) logaddexp.accumulate(F,-1)
logaddexp.accumulate(NONE) logaddexp2.accumulate(T,1) hypot.accumulate(A,1)
maximum.accumulate(ONE) maximum.accumulate(NONE,1) bitwise_or.accumulate(N)
logical_and.accumulate(A>0,1) add.accumulate(F,dtype=float) power.accumulate(P)
add.reduceat(V,[0,3,1]) add.reduceat(A,[2,0],axis=1) add.reduceat(T,[0,0,1],-2)
add.reduceat(F,[0,1]) add.reduceat(ODD,[3,0]) add.reduceat(Q,[0,2],1)
multiply.reduceat(V,[0,3,1]) multiply.reduceat(F,[1,0],-1) maximum.reduceat(A,[0,2],1)
minimum.reduceat(BACK,[0,2,4]) logaddexp.reduceat(V,[0,2]) hypot.reduce(BACK[:1])
hypot.reduce(A[:1])
logical_or.reduceat(A>0,[0,2],axis=1) add.reduceat(V,[1],dtype=np.float32)
subtract.outer(V,W) logaddexp.outer(V,P) maximum.outer(A,V) less.outer(V,W)
power.outer(P,[1.,2.]) hypot.outer(F,FV) divide.outer(SCALAR,V)
"""

KEYWORDS = """
add(A,B,casting="safe") sin(A,dtype=np.float32,casting="same_kind") sin(N,dtype=float)
multiply(F,F,dtype=np.float64) exp(F,dtype="d",order="F",subok=False) sqrt(N,dtype="f4")
add(A,B,signature="dd->d") add(F,FV[:4],signature=(None,None,"d")) less(A,B,dtype=bool)
divmod(F,P[:4],dtype=float) modf(F,dtype=float) power(F,2,dtype=float) frexp(F)
logical_and(A,B,dtype=bool) matmul(A,B,axes=[(0,1),(1,0),(0,1)])
matmul(A,C,dtype=np.float32) matmul(T,C,axes=[(1,2),(0,1),(0,1)]) vecdot(A,B,axis=0) vecdot(A,B,axes=[0,0])
vecdot(A,B,keepdims=True) vecdot(A,B,axis=0,keepdims=True) add(Q,A,dtype=complex)
negative(A,where=True) maximum(A,B,out=None) isnan(A,dtype=bool)
"""

RECENT = np.lib.NumpyVersion(np.__version__) >= "2.3.0"
# functions, arguments and bits that NumPy 2.0 does not have
NEWER = ("matvec", "vecmat", "cumulative_", "unstack", "clip(A,min", "count_nonzero",
         "power(A,2,dtype")  # fmt: skip

TABLE = Table(
    ours="fgrad.numpy",
    plain="numpy",
    calls=" ".join(c for c in split(CALLS + METHODS + KEYWORDS)
                   if RECENT or not c.startswith(NEWER)),
    coarse=("einsum", "convolve", "correlate", "polymul"),
    kinked=("copysign", "mod", "remainder", "nextafter", "spacing",
            "logaddexp.reduce(NONE)"),
    by_value=("extract", "nonzero", "flatnonzero", "argwhere", "unique", "where(V>0)",
              "compress"),
    names={"L": [1, 0, 2], "pi": pi},
)  # fmt: skip
