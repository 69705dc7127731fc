"""The operators of ``fgrad.lax``."""

import operator

import numpy as np

from fgrad import lax

from . import Table

ROW = lax.GatherDimensionNumbers((1,), (0,), (0,))
CELL = lax.GatherDimensionNumbers((), (0, 1), (0, 1))
BLOCK = lax.GatherDimensionNumbers((1, 2), (), (0, 1))
PAIR = lax.GatherDimensionNumbers((1,), (), (1,), (0,), (0,))
PUT_ROW = lax.ScatterDimensionNumbers((1,), (0,), (0,))
PUT_CELL = lax.ScatterDimensionNumbers((), (0, 1), (0, 1))
IMAGE = np.random.default_rng(3).normal(size=(2, 4, 5))
KERNEL = np.random.default_rng(4).normal(size=(3, 4, 2))
LOCAL = np.random.default_rng(5).normal(size=(3, 8, 4))
I8 = np.array([5, -3, 127, -128, 0], np.int8)
U8 = np.array([5, 3, 255, 1, 0], np.uint8)
I64 = np.array([2**62, -5, 3, -(2**63), 7])
NAMES = {
    "ROW": ROW, "CELL": CELL, "BLOCK": BLOCK, "PAIR": PAIR, "PUT_ROW": PUT_ROW,
    "PUT_CELL": PUT_CELL, "IMAGE": IMAGE, "KERNEL": KERNEL, "LOCAL": LOCAL,
    "I8": I8, "U8": U8, "I64": I64, "operator": operator, "lax": lax,
}  # fmt: skip

ELEMENTWISE = """
abs(A) abs(Q) acos(A/9) acos(NONE) acosh(A+9) asin(P) asin(F/9) asinh(V) atan(ODD)
atanh(P) cbrt(A) cbrt(F) ceil(V) cos(T) cosh(BACK) exp(A) exp(Q) exp2(F) expm1(V)
floor(BACK) imag(Q) integer_pow(A,3) integer_pow(V,-2) integer_pow(F,0) is_finite(NAN)
log(P) log(Q) log1p(P) logistic(A) logistic(F*200) logistic(NONE) neg(A) neg(Q) real(Q)
reciprocal(A) reciprocal(Q) round(A*3) round(V,lax.RoundingMethod.TO_NEAREST_EVEN)
rsqrt(P) rsqrt(FV) sign(A) sign(F) sin(A) sin(Q) sin(1.0) sinh(V) sqrt(P) sqrt(Q)
square(A) square(Q) tan(P) tanh(A) tanh(SCALAR) conj(Q) conj(A) bitwise_not(I8) clz(I8)
clz(U8) clz(I64) population_count(I8) population_count(I64) add(A,B) add(F,1.0)
sub(A,V[:4]) mul(Q,A) div(A,B) div(N,2) div(I8,U8.astype(np.int8)) rem(A,B) rem(I8,3)
pow(P,V) pow(P,N) pow(F,2) max(A,B) max(TIES,1.5) min(ODD,C[:,:1]) atan2(A,B)
complex(A,B) complex(F,F) complex(A,2.0) nextafter(A,B) eq(A,B) ne(A,A) ge(A,B) gt(A,B)
le(A,B) lt(A,0.0) clamp(-0.5,A,0.5) clamp(A,B,A+1) clamp(0.0,F,1.0) select(MASK,A,B)
select(True,A,B) select_n(K,V[:3],W[:3],P[:3]) select_n(MASK,A,B) select_n(0,A,B)
bitwise_and(N,3) bitwise_or(I8,1) bitwise_xor(I64,N) shift_left(I8,1) shift_left(N,70)
shift_right_arithmetic(I8,2) shift_right_arithmetic(U8,1) shift_right_logical(I8,2)
shift_right_logical(I64,1) mulhi(I8,I8) mulhi(I64,I64)
mulhi(I64.astype(np.uint64),I64.astype(np.uint64)) convert_element_type(A,np.float32)
convert_element_type(F,float) convert_element_type(Q,float)
convert_element_type(A*9,int) bitcast_convert_type(A,np.int64)
bitcast_convert_type(F[:,:2],np.int64) bitcast_convert_type(A,np.uint8)
reduce_precision(A,5,10) reduce_precision(F,8,3) reduce_precision(A*1e5,5,10)
stop_gradient(A) optimization_barrier((A,V)) stage(A) composite(np.sin,"s")(A)
dce_sink(A)
"""

SHAPES = """
full((2,3),V[0]) full((),1.0) full_like(A,V[0],np.float32) full_like(A,2,shape=(2,))
iota(int,3) broadcasted_iota(float,(2,3),1) broadcast(A,(2,)) broadcast(SCALAR,(2,0))
broadcast_in_dim(V,(5,3),(0,)) broadcast_in_dim(ONE,(2,3,4),(0,2))
broadcast_like(V[:4],A) broadcast_shapes((2,1),(3,)) broadcast_to_rank(A,4)
collapse(T,0,2) collapse(T,1) collapse(T,-2) concatenate([A,B],0)
concatenate((A,NONE.T[:,:0]),1) concatenate([ODD,A.T],1) expand_dims(A,(0,3))
expand_dims(V,(-1,)) reshape(A,(2,6)) reshape(T,(4,-1),(2,0,1)) rev(A,(1,)) rev(T,(0,2))
split(A,(1,3),1) split(V,(0,5)) squeeze(ONE,(0,)) squeeze(T[:1],(0,)) stack([A,B],1)
stack([V,W]) tile(A,(2,1)) tile(ONE,(2,3)) transpose(T,(2,0,1)) transpose(ODD,(1,0))
unstack(A) unstack(T,-1) pad(A,0.0,[(1,0,1),(-1,2,0)])
padtype_to_pads((5,),(3,),(2,),"SAME") slice(A,(0,1),(3,4),(1,2))
slice(T,(0,0,1),(2,1,3)) slice_in_dim(A,0,-1,2,1) slice_in_dim(V,None,None)
index_in_dim(A,-1,1) index_in_dim(T,1,0,False) index_take(T,[K%2,K],(0,1))
index_take(A,[K-4],(-1,)) dynamic_slice(A,(K[2],-1),(2,3)) dynamic_slice(A,K[:2],(2,2))
dynamic_slice(T,(9,0,0),(1,3,4))
dynamic_slice(V,(-9,),(2,),allow_negative_indices=False)
dynamic_slice_in_dim(A,K[0],2,axis=-1) dynamic_slice_in_dim(V,2,0)
dynamic_index_in_dim(T,K[0],1) dynamic_index_in_dim(A,5,0,False)
dynamic_update_slice(A,B[:2,:2],(K[0],3)) dynamic_update_slice(T,A[None,:2,:3],(0,1,1))
dynamic_update_slice_in_dim(V,W[:2],4,0) dynamic_update_slice_in_dim(A,C.T[:,:3].T,1,1)
dynamic_update_index_in_dim(A,V[:3],2,1) dynamic_update_index_in_dim(F,FV[:4],-1,0)
gather(A,K[:,None],ROW,(1,4)) gather(A,K[:,None]+1,ROW,(1,2),mode="fill")
gather(A,K[:,None]+1,ROW,(1,4),mode="clip")
gather(A,K[:,None]*2,ROW,(1,3),mode="fill",fill_value=7)
gather(ODD,np.stack([K,K],1),CELL,(1,1))
gather(A,np.array([[0,1],[2,2]]),BLOCK,(2,2),mode="fill")
gather(A,np.array([[0,1],[2,2]]),BLOCK,(2,2),mode="clip") gather(A,K[:,None],PAIR,(1,2))
gather(A,K[:,None],ROW,(1,4),mode="promise_in_bounds") gather(NONE,K[:0,None],ROW,(0,3))
scatter(A,K[:2,None],B[:2],PUT_ROW) scatter(A,K[:,None]+1,B,PUT_ROW)
scatter(F,K[:,None]+1,F,PUT_ROW,mode="clip")
scatter_add(A,np.zeros((3,1),int),B,PUT_ROW)
scatter_add(A,np.stack([K,K],1),V[:3],PUT_CELL) scatter_sub(A,K[:,None]+1,B,PUT_ROW)
scatter_mul(A,K[:,None],B,PUT_ROW) scatter_mul(A,np.zeros((3,1),int),B[:,:2],PUT_ROW)
scatter_min(A,K[:,None],B,PUT_ROW) scatter_max(A,np.zeros((3,1),int),B,PUT_ROW)
scatter_apply(A,K[:2,None],np.sin,PUT_ROW,update_shape=(2,4))
"""

REDUCTIONS = """
argmax(A,1,np.int32) argmin(T,-1,int) argmax(NAN,0,int) reduce_sum(A,(0,))
reduce_sum(T,(0,2)) reduce_sum(F,(0,1)) reduce_sum(N.astype(np.int8),(0,))
reduce_sum(A,()) reduce_prod(A,(1,)) reduce_prod(TIES-1,(0,)) reduce_max(A,(0,))
reduce_max(NONE,(0,)) reduce_max(TIES,(0,)) reduce_min(T,(1,)) reduce_min(NONE,(0,))
reduce_and(MASK,(0,)) reduce_or(MASK,(0,1)) reduce_xor(MASK,(1,)) reduce_xor(N,(0,))
reduce_and(I8,(0,)) reduce_or(N,(0,)) reduce(A,0.0,np.add,(0,))
reduce(A,1.0,operator.mul,(0,1)) reduce(T,-1.0,lambda_max,(2,)) reduce(A,0.0,hypot,(1,))
reduce((A,B),(0.0,1.0),both,(0,)) reduce(NONE,3.0,hypot,(0,))
reduce_window(V,0.0,np.add,(2,)) reduce_window(A,-np.inf,np.maximum,(2,2),(1,2),"SAME")
reduce_window(A,1.0,np.multiply,(2,1),window_dilation=(2,1))
reduce_window(A,0.0,hypot,(2,2)) reduce_window((V,W),(0.0,1.0),both,(3,),(2,))
reduce_window_shape_tuple((5,),(2,),(2,),"SAME") cumsum(A) cumsum(A,1,True)
cumsum(N.astype(np.int8)) cumprod(A,1) cumprod(V,reverse=True) cummax(A,0) cummax(TIES)
cummax(NONE) cummin(T,2,reverse=True) cummin(F) cumlogsumexp(A)
cumlogsumexp(V*300,reverse=True) cumlogsumexp(F,1) sort(A) sort(TIES) sort(A,0)
sort((A,B)) sort((TIES,W),num_keys=2) sort([N,V,W],num_keys=1) sort_key_val(V,W)
sort_key_val(N,V,is_stable=False) top_k(A,2) top_k(TIES,3) top_k(T,1,axis=0) top_k(N,2)
approx_max_k(A,2,0) approx_min_k(A,3) approx_min_k(V,0)
"""

PRODUCTS = """
dot(A,C) dot(A,V[:4]) dot(V,W) dot(F,F.T,preferred_element_type=float)
dot_general(T,A,(((1,2),(0,1)),((),()))) dot_general(T,S3,(((1,),(1,)),((0,),(0,))))
dot_general(A,B,(((),()),((0,),(0,)))) dot_general(T,A,(((2,),(1,)),((1,),(0,))))
dot_general(F,A,(((0,),(0,)),((),())))
dot(N,N.astype(np.int8),preferred_element_type=int) batch_matmul(S3,S3)
batch_matmul(S3,D3[...,:2]) ragged_dot(A,T.mT[:,:,:2],np.array([2,1]))
ragged_dot(A,T.mT,np.array([1,0])) ragged_dot(F,F.T[None],np.array([3]))
conv(IMAGE*V[0],KERNEL,(1,),"SAME")
conv_general_dilated(IMAGE*V[0],KERNEL*W[0],(2,),[(1,0)])
conv_with_general_padding(IMAGE,KERNEL*V[0],(1,),[(1,1)],None,(2,))
conv_transpose(IMAGE*V[0],KERNEL.transpose(2,1,0)[:,:4].repeat(2,1)[:,:5],(2,),"SAME")
conv_dimension_numbers((1,2,3),(4,2,2),None)
conv_general_permutations(("NHC","HIO","NCH"))
conv_general_dilated_patches(IMAGE*V[0],(2,),(1,),"SAME")
conv_general_dilated_patches(IMAGE*V[0],(3,),(2,),"VALID",dimension_numbers=("NHC",
 "HIO","NCH")) conv_general_dilated_local(IMAGE*V[0],LOCAL*W[0],(1,),"VALID",(2,))
conv_shape_tuple((2,3,9),(4,3,3),(2,),"SAME")
conv_general_shape_tuple((2,9,3),(3,3,4),(1,),"VALID",("NHC","HIO","NHC"))
conv_transpose_shape_tuple((2,9,3),(3,3,4),(2,),"SAME",("NHC","HIO","NHC"))
"""


def _hypot(x, y):
    return np.sqrt(x * x + y * y)


def _both(x, y):
    return x[0] + y[0], x[1] * y[1]


KINKED = (
    "reduce_precision", "nextafter", "stop_gradient", "reduce_max(NONE",
    "reduce_min(NONE", "reduce_max(TIES", "cummax(TIES", "sort(TIES", "sort((TIES",
    "top_k(TIES", "gather(A,K[:,None]+1,ROW,(1,2)",
    "gather(A,np.array([[0,1],[2,2]]),BLOCK,(2,2)",
)  # fmt: skip
TABLE = Table(
    ours="fgrad.lax",
    calls=ELEMENTWISE + SHAPES + REDUCTIONS + PRODUCTS,
    kinked=KINKED,
    names={
        **NAMES,
        "hypot": _hypot,
        "both": _both,
        "lambda_max": lambda x, y: np.maximum(x, y),
    },
)
