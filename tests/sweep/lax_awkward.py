"""Operators of ``fgrad.lax`` and activations on arrays that are easy to get wrong."""

from . import Table, each

UNARY = """
acosh asinh atan atanh cbrt ceil cos cosh exp exp2 expm1 floor imag is_finite log log1p
logistic neg real reciprocal round rsqrt sign sin sinh sqrt square tan tanh conj
stop_gradient
"""
COMPLEX = "cos cosh exp imag real sign log1p expm1 tan atan square is_finite rsqrt"
BINARY = """
sub mul div max min pow rem add atan2 nextafter eq ne ge gt le lt
"""

TABLE = Table(
    ours="fgrad.lax",
    calls=" ".join(
        (
            each(UNARY.replace("acosh", ""), "FV", "P[:0]", "P[::-2]", "SCALAR"),
            each("acosh", "FV+1", "BACK[:0]", "ODD*ODD+1"),
            each(COMPLEX, "Q/3", "QV[::-2]"),
            each(BINARY, "FV,P", "P[:0],2.", "ODD*ODD,TURNED.T"),
            """
argmin(TURNED,0,int) argmin(F,-1,np.int8) bitwise_and(MASK,True) bitwise_not(MASK)
bitwise_or(K,N[:3]) bitwise_xor(MASK,MASK) reduce_and(MASK[:0],(0,))
pad(NONE,1.,[(1,1,0),(0,0,1)]) pad(F,0.5,[(0,0,2),(-1,-1,0)]) cumsum(NONE)
concatenate([SCALAR[None],V],0) reduce_sum(NONE,(0,1)) reduce_prod(NONE,(0,))
sort(NONE,0) top_k(ODD,0) dot(NONE,S) rev(NONE,(1,)) transpose(NONE,(1,0))
reshape(NONE,(3,0)) squeeze(ONE,(0,1)) select(MASK,TURNED,F) clamp(0.,NONE,1.)
""",
        )
    ),
    kinked=("nextafter", "stop_gradient", "rem"),
)
