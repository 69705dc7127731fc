"""Calls of what takes traced values in fgrad.numpy only, not in NumPy."""

import numpy as np

import fgrad.numpy.rare  # noqa: F401
from fgrad.core import DISPATCH

from . import Table

CALLS = """
polydiv(V,W[:3],trim_leading_zeros=False)
polydiv(F[0],F[1][:2],trim_leading_zeros=False)
polydiv(QV,W[:2],trim_leading_zeros=False) polydiv(V,ONE[0],trim_leading_zeros=False)
asarray_chkfinite(V) require(ODD,None,"C") asanyarray(V) ascontiguousarray(ODD)
asfortranarray(A) ascontiguousarray(SCALAR) kaiser(5,P[0]*9) kaiser(1,P[0])
kaiser(4,FV[0]) kaiser(0,P[0]) kaiser(6,SCALAR*14) full((2,3),V[0])
full(4,P[:4],np.float32) array([V,W]) array([[V[0],1.],[2.,W[1]]]) r_[V,0.,W]
r_[V[0],V[1],2] r_[F[0],1] r_[0:P[0]:5j,V] r_["-1",A,B] r_["0,2",V,W] r_["0,2,0",V,W]
r_["1,3,1",A,B] r_[1:4,V] c_[V,W] c_[A,V[:3]] c_[A,A] c_[V] c_[0:P[0]:5j,BACK]
mgrid[0:P[0]:3j] mgrid[0:V[0]:3j,W[0]:W[1]:4j] ogrid[0:V[0]:3j,W[0]:W[1]:4j]
mgrid[0:FV[0]:1j,0:2] ogrid[FV[0]:FV[1]:3j] vectorize(abs)(A)
vectorize(lambda x,y:x*np.exp(y))(A,V[:4])
vectorize(np.dot,signature="(n),(n)->()")(A,V[:4])
vectorize(lambda v,n:v[::n],signature="(k)->(m)",excluded=[1])(T,2)
vectorize(lambda x,y:x*y,excluded=["y"])(V,y=2.) vectorize(divmod)(V,P)
linspace(V[0],W[0],5)[::2] interp(V[0],UP,W) take(A,2) where(MASK,V[0],0.)
put(A,[1,5],V[:2],inplace=False) place(A,MASK,V,inplace=False)
fill_diagonal(S,V[:3],inplace=False)
put_along_axis(A,K[:,None],W[:3,None],1,inplace=False) extract(MASK,A,size=9)
compress(MASK[0],A,1,size=3,fill_value=2) repeat(V,N,total_repeat_length=9)
unique(TIES,size=3,fill_value=0) unique(A,True,True,True,0,size=4) union1d(V,W,size=12)
intersect1d(TIES,[2.,1.5],size=2) setdiff1d(V,W[:1],size=4) setxor1d(V,TIES,size=7)
nonzero(A>0,size=4) argwhere(V,size=6) unique_all(TIES,size=3) where(A>1,size=2)
bincount(K,weights=V[:3],length=4) bincount(K,length=2) flatnonzero(A,size=5)
emath.sqrt(-P) emath.log(V) emath.log2(-FV) emath.log10(V) emath.arcsin(9*V)
emath.arccos(V) emath.arctanh(5*P) emath.logn(-2,P) emath.power(V,.5) emath.sqrt(QV)
"""

# calls that need eigenvalues, where they have a definition
ROOTS = """
roots(V,strip_zeros=False) roots(F[0],strip_zeros=False) roots(QV,strip_zeros=False)
"""

TABLE = Table(
    ours="fgrad.numpy",
    calls=CALLS + ROOTS * (np.linalg.eigvals in DISPATCH),
    by_value=("emath",),
    kinked=("unique(TIES", "unique_all(TIES", "intersect1d(TIES", "setxor1d(V,TIES"),
)
