"""More calls of NumPy's main namespace: sets, histograms, polynomials, windows."""

import numpy as np

import fgrad.numpy.rare  # noqa: F401
from fgrad.core import DISPATCH

from . import Table

CALLS = """
histogram(V) histogram(A,5) histogram(A,bins=4,range=(-1.,1.))
histogram(A,[-2.,-.5,.5,2.]) histogram(V,weights=W) histogram(A,4,weights=B)
histogram(A,4,density=True) histogram(A,UP,weights=B) histogram(F,3,weights=F)
histogram(V,3,(-1,1),True,W) histogram(ODD,3) histogram(V,UP,density=True,weights=P)
histogram(TIES,3) histogram(NONE) histogram(ONE,2) histogram(V,2,weights=QV)
histogram(V,UP[::2],weights=QV) histogram(K,weights=V[:3]) histogram(V,weights=N)
histogram(BACK,4,weights=P) histogram_bin_edges(A,4) histogram_bin_edges(V,3,(0,1))
histogram_bin_edges(F,2) histogram2d(V,W) histogram2d(V,W,3,weights=P)
histogram2d(V,W,[2,3],density=True) histogram2d(V,W,UP)
histogram2d(V,W,[UP,3],[[-1,1],[-2.,2.]]) histogram2d(V,BACK,(2,4)) histogramdd(A,2)
histogramdd(A.T,[2,3,4],weights=V[:4]) histogramdd(A,2,density=True)
histogramdd([V,W,P],[2,UP,3]) histogramdd(F,2) histogramdd(ODD[:,:2],(3,UP)) i0(V)
i0(A*9) i0(F) i0(NONE) i0(SCALAR) i0(ODD) sort_complex(V) sort_complex(Q)
sort_complex(F) sort_complex(A[:,::-1]) apply_along_axis(np.sort,0,A)
apply_along_axis(np.sum,-1,A) apply_along_axis(lambda v:v[::2]*v[0],1,T)
apply_along_axis(np.outer,0,A,W) apply_along_axis(np.cumsum,1,F)
apply_along_axis(np.max,0,ODD) apply_along_axis(np.diff,0,ONE.repeat(3,0))
polymul(V,A[0]) polymul(F[0],F[1][:2]) polydiv(V,W[:3]) polydiv(V[:2],W)
polydiv(F[0],F[1][:2]) polydiv(QV,W[:2]) polydiv(V,ONE[0]) poly(V) poly(F[0]) poly(QV)
poly(NONE.ravel()) poly(BACK) polyval(QV,QV[0]) polyder(QV,2) polyint(F[0],2)
polyadd(QV,V[:2]) vander(QV,3) vander(F[0]) unravel_index(K,(2,3))
ravel_multi_index((K,K[::-1]),(3,3)) packbits(A>0) packbits(A>0,0)
packbits(T>0,-1,bitorder="little") packbits(NONE>0,0)
unpackbits((9*V).astype(np.uint8),count=-3)
unpackbits((99*A).astype(np.uint8),axis=0,count=40,bitorder="little")
unpackbits(K.astype(np.uint8)) unpackbits(K.astype(np.uint8),count=-3,bitorder="little")
isin(A,V) isin(TIES,[1.]) isin(V,[]) isin(QV,QV[:2],invert=True) digitize(A,UP)
digitize(TIES,[3.,2.,2.,1.]) digitize(TIES,[3.,2.,1.],True) digitize(A,UP[::-1])
digitize(SCALAR,UP) searchsorted(UP,F) searchsorted(UP[:0],V)
searchsorted(V,W,sorter=np.argsort(V)) real_if_close(A) real_if_close(QV) array_str(K)
emath.sqrt(P) emath.log(P) emath.log2(F*F) emath.log10(P) emath.arcsin(P)
emath.arccos(P) emath.arctanh(P) emath.logn(2,P) emath.power(P,W) emath.power(P,-2)
emath.sqrt(QV) emath.power(QV,2) emath.sqrt(FV) emath.logn(P,FV) repeat(A,N[:4],axis=1)
repeat(T,[2],axis=-1) repeat(ODD,2,axis=0) repeat(SCALAR,3) compress([1,0,1],T,axis=-1)
extract([[1,0],[0,1]],S[:2,:2]) argwhere(SCALAR) nonzero(A>0) trim_zeros(V) unique(TIES)
unique(TIES,True,True,True) unique(ODD,axis=1) unique(NAN) unique(NAN,equal_nan=False)
unique(F,return_counts=True) unique(NONE) unique_all(TIES) unique_counts(A)
unique_inverse(TIES) unique_inverse(A) unique_values(TIES) unique_values(NAN)
union1d(V,TIES) intersect1d(TIES,[2.,1.5]) setdiff1d(TIES,[2.])
intersect1d(TIES,[1.,2.],return_indices=True) setxor1d(V,W[:2]) setxor1d(TIES,NONE)
union1d(F,V) setdiff1d(V,W,True) correlate(QV,V) correlate(V,QV[:2],"same")
convolve(V,QV[:2],"valid") convolve(W[:2],V) correlate(W[:2],V,"full")
unwrap(4*A,axis=0) unwrap(9*V,period=4.) unwrap(5*V,4.) unwrap(F*8)
insert(T,1,A[0,:3],axis=-1) delete(T,-1,1) insert(A,slice(0,3,2),V[:2],axis=1)
delete(A,MASK[:,0],0) delete(A,5) delete(V,[]) delete(A,np.argmax(W[:3]),0)
append(ODD,F.T) piecewise(A,[A<0,A>1],[lambda v:-v,np.square,np.exp])
piecewise(F,[F<0],[-1.,1.]) piecewise(SCALAR,[SCALAR>0],[np.exp])
select([A>1,MASK],[A,F],default=A[0]) block([[SCALAR]])
block([[A,ODD[:3,:1]],[B,ODD[:3,:1]]]) choose(K,[V[:3],W[:3],P[:3]])
choose(K,T[:,0,:3],mode="clip") array_split(A,3,axis=1) array_split(V,[1,9])
resize(A,(0,2)) resize(F,(3,5)) cov(A,F) cov(A,fweights=N[:4],aweights=P[:4])
cov(A,bias=True) corrcoef(Q) cov(V) corrcoef(V,W) corrcoef(A,B,False) modf(F) frexp(F)
ldexp(F,K[1]) float_power(FV,FV) heaviside(TIES-1.,.5) nextafter(F,A) spacing(F)
gradient(F) gradient(F,axis=0) gradient(F,.5,axis=1) gradient(F,UP[:4],axis=1)
geomspace(FV[0],FV[1],4) geomspace(P[:2],P[2:4],3,axis=1) quantile(F,.3) median(F,1)
percentile(FV,30.) nanmedian(F,0) meshgrid(F[0],V) ix_(K,K) ix_(K,K[:0])
cross(F[:,:3],A[:,:3]) trace(ODD,1) diag(ODD[0]) tri(3) vander(QV) lexsort((TIES,V))
lexsort(A) einsum_path("ij,jk",A,C) lib.stride_tricks.sliding_window_view(A,2,axis=1)
lib.stride_tricks.sliding_window_view(T,(2,2),(0,2))
"""
# calls that need a factorisation, where it has a definition
NEEDING = {
    np.linalg.eigvals: "roots(V) roots(F[0]) roots(QV) roots(ONE[0]) poly(S)",
    np.linalg.lstsq: """
        polyfit(UP,V,2) polyfit(UP,V,1,w=P) polyfit(UP,V,2,cov=True) polyfit(FV,FV,1)
        polyfit(UP[:3],A,1,cov="unscaled") polyfit(UP,V,1,full=True)
    """,
}

TABLE = Table(
    ours="fgrad.numpy",
    plain="numpy",
    calls=" ".join([CALLS, *(c for f, c in NEEDING.items() if f in DISPATCH)]),
    coarse=("convolve", "correlate", "polymul", "poly(", "cov", "corrcoef"),
    kinked=("nextafter", "spacing", "histogram(TIES", "heaviside"),
    by_value=("nonzero", "argwhere", "trim_zeros", "unique", "union1d", "intersect1d",
              "setdiff1d", "setxor1d", "real_if_close(QV", "emath", "extract",
              "polydiv", "roots", "poly(S"),
)  # fmt: skip
