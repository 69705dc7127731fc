"""NumPy's functions on arrays that are easy to get wrong: empty, strided, float32."""

from . import Table, each, split
from .numpy import NEWER, RECENT

UNARY = """
sin cos tan exp exp2 expm1 log log2 log10 log1p sqrt cbrt arcsin arccos arctan sinh cosh
tanh arcsinh arctanh deg2rad rad2deg degrees radians fabs absolute negative positive
square reciprocal conjugate sign floor ceil trunc rint signbit isnan isfinite isinf
isposinf isneginf iscomplex isreal logical_not zeros_like ones_like copy real imag angle
sinc nan_to_num spacing modf frexp shape size ndim iscomplexobj isrealobj
"""
COMPLEX = """
sin cos tan exp exp2 expm1 log log2 log10 log1p sqrt arcsin arccos arctan sinh cosh tanh
arcsinh arccosh arctanh positive negative reciprocal square sign isnan isfinite isinf
iscomplex isreal logical_not zeros_like ones_like copy sinc
"""
BINARY = """
add subtract multiply divide power float_power mod fmod remainder maximum minimum fmax
fmin hypot arctan2 logaddexp logaddexp2 copysign floor_divide heaviside greater
greater_equal less less_equal equal not_equal logical_and logical_or logical_xor
nextafter isclose
"""
ALONG_AXES = """
sum prod max min mean var std any all argmax argmin cumsum cumprod median ptp sort
argsort diff flip count_nonzero nansum nanprod nanmax nanmin nanmean nanvar
nanstd nancumsum nancumprod nanmedian nanargmax nanargmin
"""
OTHERS = """
trapezoid(T,axis=-2) trapezoid(TURNED,axis=0)
matvec(T,V[:4]) vecmat(V[:3],T) cumulative_prod(V,include_initial=True) amax(T,(0,-1))
amin(F,-1) nanprod(NAN,0,keepdims=True) nancumsum(NAN,1) nancumprod(F) nanargmax(NAN,1)
nanargmin(NAN) permute_dims(T,(-1,0,1)) matrix_transpose(Q) swapaxes(A,-1,-2)
broadcast_to(ONE,(2,3)) broadcast_to(NONE,(2,0,3)) broadcast_arrays(SCALAR,NONE,ONE)
atleast_1d(SCALAR) atleast_1d(SCALAR,A) vsplit(T,2) hsplit(V,5) dsplit(T,[1,3])
concat([NONE,A[:,:3]],axis=0) take_along_axis(T,K[None,:,None]%2,-1) partition(A,1,0)
logspace(P[0],SCALAR,3,base=2.) polysub(A[0],2.) full_like(A,V[0]) full_like(F,A[0])
copy(ODD,order="F") apply_over_axes(np.max,A,0) diag_indices_from(A[:,:3])
tril_indices_from(ODD,-1) lcm(N[:,None],N) right_shift(K,K) bitwise_count(K-1)
bitwise_invert(MASK) unravel_index(N,(3,2)) ravel_multi_index((K,K),(3,3))
nanpercentile(F,[5,50],1) heaviside(V,V[0]) sum(NONE) prod(NONE) mean(ONE) var(ONE)
cumsum(NONE,0) sort(NONE) median(SCALAR) max(NONE,1) std(SCALAR) argsort(NONE,0)
diff(ONE) dot(NONE.T,NONE) matmul(NONE,S) einsum("ij,kj->ik",NONE,S) outer(NONE,V)
kron(ONE,A) concatenate([NONE,NONE]) stack([SCALAR,SCALAR]) where(NONE>0,NONE,1.)
tril(NONE) trace(NONE) tile(NONE,2) repeat(SCALAR,3) roll(NONE,1) unstack(ONE)
tensordot(NONE,NONE,axes=2) interp(NONE[0:,0],UP,V) clip(NONE,0,1) pad(SCALAR,0)
"""

CALLS = " ".join(
    (
        each(UNARY, "FV", "P[:0]", "P[::-2,None]", "SCALAR", "ODD[:0]"),
        each("arccosh", "FV+1", "P[:0]+1", "ODD*ODD+1"),
        each(COMPLEX, "Q/3", "QV[::-2]"),
        each(BINARY, "FV,P[:,None]", "P[:0],2.", "P[::-2],W[:1]", "SCALAR,FV[:1]"),
        each(ALONG_AXES, "T,axis=-2", "TURNED,axis=0", "F,1", "BACK[::2]"),
        OTHERS,
    )
)
TABLE = Table(
    ours="fgrad.numpy",
    plain="numpy",
    calls=" ".join(c for c in split(CALLS) if RECENT or not c.startswith(NEWER)),
    coarse=("einsum",),
    kinked=("copysign", "mod", "remainder", "nextafter", "spacing"),
)
