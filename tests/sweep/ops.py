"""The public functions of ``fgrad.ops``."""

from . import Table

CALLS = """
segment_sum(A,K) segment_sum(V,N) segment_sum(A,K-1,2) segment_sum(F,K,5)
segment_sum(NONE,K[:0],2) segment_sum(A,K+1,2,mode="clip") segment_sum(A,(A>0)*1,3)
segment_sum(N,K[[0,0,1,1,2]],3) segment_prod(V,N) segment_prod(A,K%2,3)
segment_prod(TIES-1,N%2) segment_max(V,N,6) segment_max(A,K%2) segment_max(ODD,N[:4],9)
segment_min(ODD,np.array([0,0,1,1])) segment_min(V,N%2,None,False,False)
segment_max(A,np.array([9,0,0]),2) segment_min(F,K,3,True,True)
"""

TABLE = Table(
    ours="fgrad.ops",
    calls=CALLS,
    kinked=(
        "segment_max(V,N,6)",
        "segment_max(ODD",
        "segment_max(A,np.array",
        "segment_max(V",
    ),
)
