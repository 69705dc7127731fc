"""Calls of NumPy's linear algebra.

Vectors whose phase or basis is arbitrary are put together before they are compared with
difference quotients: ``_`` is the namespace of a call.
"""

import numpy as np

from . import Table


def conjugate(x):
    return np.conj(np.swapaxes(x, -1, -2))


def of_eigen(z):
    """Return two factors of ``v sin(w) v^-1``, which is real for real matrices."""
    w, v = z
    return v * np.sin(w)[..., None, :], np.linalg.inv(v)


def of_svd(z):
    """Return two factors of ``u sin(s) vh``, of the vectors that have an ``s``."""
    u, s, vh = z
    k = s.shape[-1]
    return u[..., :k] * np.sin(s)[..., None, :], vh[..., :k, :]


def of_rest(q, k):
    """Return two factors of the projector on the columns from ``k`` on."""
    return q[..., k:], conjugate(q[..., k:])


TABLE = Table(
    ours="fgrad.numpy.linalg",
    plain="numpy.linalg",
    names={
        "conjugate": conjugate,
        "of_eigen": of_eigen,
        "of_rest": of_rest,
        "of_svd": of_svd,
        "LIST": [[4.0, 1.0], [1.0, 3.0]],
        "EMPTY": np.zeros((0, 0)),
    },
    calls="""
norm(V) norm(A) norm(A,axis=0) norm(V,1) norm(V,np.inf) norm(V,-np.inf) norm(V,3)
norm(V,0) norm(A,.5,axis=1) norm(A,"fro") norm(A,1) norm(A,-1) norm(A,np.inf)
norm(A,-np.inf) norm(T,axis=(0,2)) norm(A,keepdims=True) norm(A,2,axis=1,keepdims=True)
norm(V,-2) norm(ODD) norm(A.T) norm(A[:,0]) norm(TURNED) norm(A[::2,::-1],keepdims=True)
vector_norm(A) vector_norm(T,axis=(0,2))
vector_norm(A,axis=1,ord=1,keepdims=True) matrix_norm(T) matrix_norm(A,ord=1) norm(A,2)
norm(A,-2) norm(A,"nuc") norm(T,2,axis=(2,0)) norm(T,"nuc",(-2,-1),True)
norm(T,-2,axis=(0,1)) norm(Q,2) norm(Q,"nuc") norm(F,2) norm(F,"nuc") norm(NONE,"fro")
norm(NONE,2) norm(NONE,"nuc") norm(ODD,2) matrix_norm(T,ord=2) matrix_norm(T,ord=-2)
matrix_norm(A,ord="nuc",keepdims=True) norm(ONE,2) norm(NONE,1) solve(S,V[:3])
solve(S,A) solve(S3,T) solve(S,T) solve(S3,S) solve(FS,F) solve(S,F) solve(S.T[::-1],A)
solve(S,A[:,:0]) solve(ONE,ONE) solve(QS,V[:3]) inv(S) inv(S3) inv(FS) inv(QS) inv(ONE)
inv(S[::-1].T) inv(T[:0,:,:3]) det(S) det(S3) det(FS) det(QS) det(S-S)
det(A[:,:1]@A[:1,:3]) det(ONE) slogdet(S) slogdet(S3) slogdet(FS) slogdet(QS)
slogdet(-S) cholesky(S@S.T) cholesky(S@S.T,upper=True) cholesky(S3@S3.mT)
cholesky(QS@conjugate(QS)) cholesky(QS@conjugate(QS),upper=True) cholesky(FS@FS.T)
cholesky(ONE*ONE) matrix_power(S,0) matrix_power(S,1) matrix_power(S,2)
matrix_power(S,3) matrix_power(S,7) matrix_power(S,-2) matrix_power(S3,5)
matrix_power(QS,-1) multi_dot([A,C,C.T]) multi_dot([V[:3],A,C,C.T]) multi_dot([A,C])
multi_dot([V[:3],A,V[:4]]) multi_dot([F,C,C.T,C]) matrix_transpose(T)
matrix_transpose(Q) trace(T[:,:,:3]) trace(Q,offset=1)
trace(A,offset=-1,dtype=np.float32) diagonal(T,offset=1) diagonal(A,offset=-2)
outer(V,W) outer(QV,V) outer(V[:0],W) cross(V[:3],W[:3]) cross(A,B,axis=0)
tensordot(T,C,axes=1) tensordot(T,T,axes=((0,2),(0,2))) tensordot(A,B,axes=0)
matmul(A,C) matmul(T,C) matmul(V[:3],A) matmul(Q,C) vecdot(A,B) vecdot(Q,Q[::-1])
vecdot(A,V[:4]) vecdot(A,B,axis=0) tensorinv(S,ind=1)
tensorinv(T[:,:,:1]+3*np.eye(6).reshape(2,3,6)) tensorsolve(S,V[:3])
tensorsolve(S3[0][:,None]+S[:,None]*0,V[:3,None]) tensorsolve(S,V[:3],axes=(0,))
norm(A.astype(np.float32)) norm(Q) norm(Q,1,axis=0) norm(Q,axis=1) norm(Q,"fro")
solve(S+0j,Q) inv(Q[:,:3]) det(Q[:,:3]) eigh(S@S.T) eigh(S@S.T,UPLO="U") eigh(S3@S3.mT)
eigh(FS@FS.T) eigh(ONE) eigh(D) eigh(D,"u") eigh(QS@conjugate(QS))
matmul(*of_eigen(_.eigh(QS@conjugate(QS)))) eigh(EMPTY) eigh(LIST)
matmul(*of_eigen(_.eigh((S@S.T)[::-1,::-1]))) eigvalsh(S@S.T) eigvalsh(S@S.T,"U")
eigvalsh(S3@S3.mT) eigvalsh(FS@FS.T) eigvalsh(QS@conjugate(QS)) eigvalsh(D)
eigvalsh(T[:0,:,:3]) eig(D[::-1]+UP[:3])
matmul(*of_eigen(_.eig(np.diag(V)+np.tri(5)))).real eig(QS)
matmul(*of_eigen(_.eig(S))).real matmul(*of_eigen(_.eig(QS)))
matmul(*of_eigen(_.eig(S3))).real eig(FS).eigenvalues.real eigvals(S).real
eigvals(S).imag eigvals(QS) eigvals(S3).real eigvals(FS).real
eigvals(np.diag(V)+np.tri(5)).real eigvals(ONE).real svd(A) svd(A,False)
svd(C,full_matrices=False) svd(S) svd(T) svd(F) svd(ODD[::-1]) svd(A,compute_uv=False)
svd(Q,compute_uv=False) svd(ONE) svd(NONE) svd(A[:,:0]) svd(C) svd(Q)
matmul(*of_svd(_.svd(Q))) matmul(*of_svd(_.svd(Q.T,False))) matmul(*of_svd(_.svd(C)))
matmul(*of_rest(_.svd(C).U,2)) matmul(*of_rest(conjugate(_.svd(Q).Vh),3))
svd(S+S.T,hermitian=True) svd(S+S.T,compute_uv=False,hermitian=True)
svd(S3+S3.mT-5*np.eye(3),hermitian=True) svd(QS+conjugate(QS),hermitian=True)
matmul(*of_svd(_.svd(QS+conjugate(QS),hermitian=True))) svdvals(A) svdvals(T) svdvals(Q)
svdvals(F) svdvals(NONE) svdvals(BACK[:,None]) qr(A) qr(C) qr(S) qr(T) qr(F) qr(Q)
qr(Q.T) qr(C,mode="r") qr(T,"r") qr(C,"complete") qr(Q[:,:2],"complete")
matmul(*of_rest(_.qr(C,"complete").Q,2)) qr(A,"complete") qr(NONE)
matmul(*of_rest(_.qr(Q.T,"complete")[0],3)) qr(ODD) qr(ONE) qr(QS) pinv(A) pinv(C)
pinv(T) pinv(Q) pinv(F) pinv(NONE) pinv(S) pinv(A,1e-8) pinv(A,rtol=1e-8)
pinv(A,rtol=None) pinv(A[:,:2]@A[:2],rcond=1e-10) pinv(S+S.T,hermitian=True)
pinv(QS+conjugate(QS),hermitian=True) pinv(T,np.array([1e-12,1e-3])) pinv(ODD)
lstsq(A,V[:3]) lstsq(C,V[:4]) lstsq(C,S3[0,0,0]*A.T) lstsq(S,A,1e-8) lstsq(F,FV[:3])
lstsq(Q.T,QV[:4]) lstsq(C,Q.T) lstsq(C,A.T,rcond=-1)
lstsq(A.T@A[:,:2]@C[:2],V[:4],1e-10) lstsq(C,A.T[:,:0]) lstsq(NONE,V[:0])
lstsq(ODD,V[:4]) matrix_rank(A) matrix_rank(A[:,:2]@A[:2]) matrix_rank(T)
matrix_rank(V)+np.int64(0) matrix_rank(V-V)+np.int64(0) matrix_rank(D,hermitian=True)
matrix_rank(A,tol=1.0) matrix_rank(T,rtol=np.array([.1,.9])) matrix_rank(Q)
matrix_rank(F) matrix_rank(NONE) matrix_rank(SCALAR)+np.int64(0) cond(A) cond(S)
cond(S,-2) cond(S,2) cond(S,1) cond(S,np.inf) cond(S,-1) cond(S,"fro") cond(S3)
cond(S3,1) cond(QS) cond(QS,1) cond(FS) cond(FS,"fro") cond(S,"nuc") cond(T) cond(S-S)
cond(S-S,-2) cond(S3-S3,1) cond(S-S,np.inf)
""",
    kinked=(
        "norm(V,0)",
        "eigh(D",  # a quotient moves one triangle alone
        "eigvalsh(D)",
        "eigh(QS",  # the phases of complex vectors
        "eig(QS)",
        "svd(Q)",
        "svd(QS",
        "svd(C)",  # the basis of a complement
        'qr(C,"complete")',
        'qr(Q[:,:2],"complete")',
        "svd(NONE",
        "svd(A[:,:0])",
        "cond(S-S",  # infinite
        "cond(S3-S3",
    ),
    by_value=("eig(D[::-1]+UP[:3])",),  # a dtype that depends on values
)
