"""Methods, attributes and operators of arrays: the same on traced values."""

from . import Table

METHODS = """
A.sum() A.sum(axis=-1) T.sum((0,-1),keepdims=True) F.sum(1,dtype=float) NONE.sum(0)
A.sum(where=MASK,initial=2.) A.prod() A.prod(-1) NONE.prod() A.mean() T.mean((0,2))
F.mean(0,keepdims=True) A.var() ODD.var(1,ddof=1) Q.var() A.std(0) F.std(-1) A.max()
A.max(-1,keepdims=True) A.max(0,initial=.5) ONE.max() A.min() T.min((0,1)) F.min()
A.argmax() A.argmax(-1) A.argmin(0,keepdims=True) BACK.argmin() MASK.any() MASK.any(-1)
A.any() MASK.all() F.all(0) A.cumsum() A.cumsum(-1) F.cumsum(0,dtype=float) A.cumprod(1)
Q.cumprod() NONE.cumsum(1) A.clip(-.5,.5) F.clip(max=.2) A.clip(V[:4],None) A.round(1)
F.round() Q.round(2) A.conj() Q.conj() Q.conjugate() ODD.conjugate() A.copy()
ODD.copy("K") A.astype(np.float32) F.astype(float) A.astype(complex) A.astype(int)
A.reshape(2,6) A.reshape(-1) A.reshape((4,-1),order="F") NONE.reshape(3,0) A.ravel()
ODD.ravel() A.ravel("F") A.flatten() ODD.flatten("F") T.transpose() T.transpose(2,0,1)
T.transpose((1,0,-1)) ODD.transpose(None) T.swapaxes(0,-1) A.swapaxes(0,1) ONE.squeeze()
ONE.squeeze(-1) T[:1].squeeze(axis=0) A.repeat(2) A.repeat([1,0,2],axis=0)
F.repeat(2,-1) A.take([0,2],axis=0) A.take(K,axis=-1) V.take([7,-1],mode="wrap")
A.compress([True,False,True],axis=0) V.compress([True,False,True]) A.diagonal()
A.diagonal(-1) T.diagonal(1,0,-1) A.trace() T.trace(0,1,2) Q.trace(1) A.dot(C)
V.dot(W) A.dot(2.)
F.dot(FV[:4]) UP.searchsorted(V) UP.searchsorted(A,side="right") A.argsort()
A.argsort(0,kind="stable") A.argpartition(1) V.argpartition([1,3]) A.nonzero()
MASK.nonzero() A.to_device("cpu") ONE.to_device("cpu")
"""
ATTRIBUTES = """
A.T T.T SCALAR.T A.mT T.mT Q.real A.real Q.imag A.imag F.imag A.shape T.shape T.size
NONE.size A.ndim T.ndim F.dtype Q.dtype F.itemsize Q.itemsize A.nbytes F.nbytes
A[0] A[-1,1:] A[:,None,::-2] A[K] A[K,K] A[...,0] T[:,K[:2]]
T[0,...,[1,2]] NONE[:0] A[MASK] A[::-1,::-1] F[1:2] ODD[::2] BACK[[0,-1]] SCALAR[()]
SCALAR[None] len(A) list(V) [*A][1]
"""
OPERATORS = """
A+B A+1 2.0+F A+V[:4] NONE+1 Q+A A-B 1-A F-A BACK-V A*B A*2 3*F Q*A A*SCALAR A/B A/2 1/P
F/FV[:4] NONE/2 A//P[:4] A//1 7.0//P A%P[:4] A%2 7.0%P divmod(A,P[:4]) divmod(7.0,P)
P**P P**2 P**-1 P**.5 2**P F**2 F**3 Q**2 P**V A@C V@W A.T@B T@C Q@C F@F.T NONE@S
NONE.T@NONE -A -Q +A +F abs(A) abs(Q) abs(F) A<B A<0 0<A A<=B A>B A>=1 A==B A==0 A!=B
A!=Q MASK&MASK MASK|True MASK^MASK ~MASK N&3 N|K[0] N^1 ~N N<<1 1<<K N>>1 9>>K
"""

TABLE = Table(
    ours="numpy.ndarray",
    calls=METHODS + ATTRIBUTES + OPERATORS,
    kinked=("A.round",),
    by_value=("A.nonzero", "MASK.nonzero", "A[MASK]", "A.compress"),
    expressions=True,
)
