"""The functions of ``fgrad.nn``."""

import numpy as np

from . import Table

rng = np.random.default_rng(6)
FAR = np.array([-800.0, -30.0, -0.3, 0.4, 30.0, 800.0])
KEYS = rng.normal(size=(2, 5, 2, 3))
WEIGHTS = rng.normal(size=(2, 4, 4, 3))

CALLS = """
celu(A) celu(FAR,2.0) celu(F) elu(A) elu(FAR) elu(FV-0.5,2.0) gelu(A) gelu(FAR) gelu(F)
glu(A) glu(C.T[:,:2],0) hard_sigmoid(A*4) hard_sigmoid(F) hard_silu(A*4) hard_swish(V)
hard_tanh(A) hard_tanh(F) identity(A) leaky_relu(A) leaky_relu(F,0.2) log1mexp(P)
log1mexp(P*2) log1mexp(FV) log_sigmoid(A) log_sigmoid(FAR) mish(A) mish(FAR) mish(F)
relu(A) relu(F) relu(NONE) relu(NAN) relu6(A*4) selu(A) selu(FAR) sigmoid(A)
sigmoid(FAR) sigmoid(F) silu(A) silu(FAR) silu(ODD) soft_sign(A) soft_sign(F)
softplus(A) softplus(FAR) softplus(F) sparse_plus(A) sparse_plus(FAR) sparse_plus(F)
sparse_sigmoid(A) squareplus(A) squareplus(F,2.0) swish(BACK) swish(NONE) tanh(A)
tanh(SCALAR) softmax(A) softmax(A,0) softmax(T,(0,2)) softmax(F) softmax(A,where=MASK)
softmax(V,None) softmax(FAR) softmax(NONE) softmax(ODD,axis=0) softmax(ONE)
log_softmax(A) log_softmax(A,0) log_softmax(F,None) log_softmax(FAR) log_softmax(NONE)
log_softmax(T,axis=(1,2)) logsumexp(A) logsumexp(A,0) logsumexp(T,(0,-1),keepdims=True)
logsumexp(F,1) logsumexp(A,1,b=B*B) logsumexp(A,1,b=np.abs(B[:1]))
logsumexp(A,1,B,True,True) logsumexp(A,where=MASK) logsumexp(Q,1) logsumexp(FAR)
logsumexp(NONE,0) logsumexp(NONE,1) logmeanexp(A) logmeanexp(A,0,MASK)
logmeanexp(F,1,keepdims=True) standardize(A) standardize(A,0)
standardize(T,(0,2),algorithm="stable") standardize(A,where=MASK|(B>0)|(A<0))
standardize(A,mean=V[:4],variance=P[:4]+1) standardize(F,None,epsilon=0.1) one_hot(K,3)
one_hot(K,2,axis=0) one_hot(N.reshape(5,1),4,dtype=np.float32,axis=1)
dot_product_attention(WEIGHTS*V[0],KEYS,KEYS*W[0])
dot_product_attention(WEIGHTS,KEYS*V[0],KEYS,is_causal=True,scale=0.5)
dot_product_attention(WEIGHTS*V[0],KEYS,KEYS,local_window_size=(1,0))
dot_product_attention(WEIGHTS,KEYS,KEYS*V[0],query_seq_lengths=K[:2]+1,
    key_value_seq_lengths=K[1:]+1)
dot_product_attention(WEIGHTS*V[0],KEYS,KEYS,mask=KEYS[:,None,:4,0,:1]>-1)
dot_product_attention(WEIGHTS,KEYS,KEYS,bias=V[None,None,None])
dot_product_attention(WEIGHTS[0]*V[0],KEYS[0],KEYS[0],return_residual=True)
scaled_matmul(T,T*2.0,T[...,:2],T[...,2:],float)
scaled_matmul(T[:1],T[:1,:2],T[:1,:,:1],T[:1,:2,1:2],np.float32)
"""
NAMES = {"FAR": FAR, "KEYS": KEYS, "WEIGHTS": WEIGHTS}

TABLE = Table(
    ours="fgrad.nn",
    calls=CALLS,
    kinked=(
        "relu(NAN",
        "logsumexp(NONE",
        "dot_product_attention(WEIGHTS[0]",
    ),
    names=NAMES,
)
