"""Calls of NumPy's linear algebra."""

from . import Table

TABLE = Table(
    ours="fgrad.numpy.linalg",
    plain="numpy.linalg",
    calls="""
norm(V) norm(A) norm(A,axis=0) norm(V,1) norm(V,np.inf) norm(V,-np.inf) norm(V,3)
norm(V,0) norm(A,.5,axis=1) norm(A,"fro") norm(A,1) norm(A,-1) norm(A,np.inf)
norm(A,-np.inf) norm(T,axis=(0,2)) norm(A,keepdims=True) norm(A,2,axis=1,keepdims=True)
norm(V,-2) norm(ODD) vector_norm(A) vector_norm(T,axis=(0,2))
vector_norm(A,axis=1,ord=1,keepdims=True) matrix_norm(T) matrix_norm(A,ord=1)
solve(S,V[:3]) solve(S,A) solve(S3,T) inv(S) inv(S3) det(S) det(S3) slogdet(S)
slogdet(S3) cholesky(S@S.T) cholesky(S@S.T,upper=True) matrix_power(S,0)
matrix_power(S,1) matrix_power(S,2) matrix_power(S,3) matrix_power(S,7)
matrix_power(S,-2) multi_dot([A,C,C.T]) multi_dot([V[:3],A,C,C.T]) multi_dot([A,C])
multi_dot([V[:3],A,V[:4]]) matrix_transpose(T) trace(T[:,:,:3]) diagonal(T,offset=1)
outer(V,W) cross(V[:3],W[:3]) tensordot(T,C,axes=1) matmul(A,C) vecdot(A,B)
tensorinv(S,ind=1) tensorsolve(S,V[:3]) norm(A.astype(np.float32)) norm(Q)
norm(Q,1,axis=0) norm(Q,axis=1) norm(Q,"fro") solve(S+0j,Q) inv(Q[:,:3]) det(Q[:,:3])
pinv(A) pinv(C)
""",
    coarse=("cholesky(S@S.T,upper", "pinv"),
    kinked=("norm(V,0)",),
)
