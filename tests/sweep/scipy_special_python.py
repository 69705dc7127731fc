"""Calls of SciPy's special functions that SciPy writes in Python: no dispatch there."""

from . import Table

TABLE = Table(
    ours="fgrad.scipy.special",
    reference="scipy.special",
    calls="""
polygamma(1,P) polygamma(2,P) polygamma(N,P) polygamma(0,FV) multigammaln(P+2,3)
multigammaln(FV+2,2) factorial(P) factorial(N) comb(P+3,P) comb(5,N)
comb(P+3,P,repetition=True) perm(P+3,P) spherical_jn(2,V) spherical_jn(N,P)
spherical_yn(1,P) spherical_in(1,P) spherical_kn(1,P) spherical_jn(2,V,derivative=True)
lambertw(P) lambertw(QV,1) sph_harm_y(2,1,P,P[:,None]) sph_harm_y(N,1,P,V) diric(V,3)
logsumexp(A) logsumexp(A,axis=-1) logsumexp(T,axis=(0,2))
logsumexp(A,axis=0,keepdims=True) logsumexp(A,b=B*B,axis=1)
logsumexp(A,b=B,axis=1,return_sign=True) logsumexp(F,axis=0) logsumexp(A*1000,axis=1)
logsumexp(QV) logsumexp(TIES) logsumexp(ODD,axis=0) softmax(A) softmax(A,axis=1)
softmax(F,axis=0) softmax(T,axis=(0,2)) softmax(A*500,axis=-1) log_softmax(A)
log_softmax(A,axis=1) log_softmax(F,axis=-1) log_softmax(ODD,axis=0)
""",
    coarse=(
        "logsumexp",
        "softmax",
        "log_softmax",
        "diric",
        "multigammaln",
        "perm",
        "spherical_jn(2,V,derivative",
    ),
    kinked=("logsumexp(A,b=B,axis=1", "logsumexp(TIES"),
)
