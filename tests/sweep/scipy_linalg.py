"""Calls of SciPy's linear algebra."""

import numpy as np

from . import Table

TABLE = Table(
    ours="fgrad.scipy.linalg",
    calls="""
solve_triangular(S,V[:3]) solve_triangular(S,A,lower=True)
solve_triangular(S,A,1,unit_diagonal=True) solve_triangular(S3,T,lower=True,trans="T")
solve_triangular(QS,Q,trans=2) solve_triangular(FS,F)
solve(S,V[:3]) solve(S,A) solve(QS,Q) solve(FS,F[:,0]) solve(S,A,assume_a="gen")
solve(S,A,transposed=True) solve(S,A,assume_a="lower triangular")
solve(D,A,assume_a="sym") solve(D,A,assume_a="pos",lower=True) inv(S) inv(QS) inv(FS)
det(S) det(QS) det(S3) det(FS) det(ONE)
cholesky(D@D.T) cholesky(D@D.T,lower=True) cho_factor(D@D.T)[0]
cho_factor(D@D.T,lower=True)[0] cho_solve((S,False),V[:3]) cho_solve((S,True),A)
lu(S) lu(A) lu(ODD) lu(S3) lu(S,permute_l=True) lu(QS,p_indices=True) lu(FS)
lu_factor(S)[0] lu_factor(A)[0] lu_factor(ODD)[0] lu_solve((S,PIVOTS),V[:3])
lu_solve((S,PIVOTS),A) lu_solve((S,PIVOTS),A,trans=1) lu_solve((QS,PIVOTS),Q,2)
expm(S) expm(S3) expm(QS) expm(FS) expm(ONE) expm(-S.T[::-1]) expm_frechet(S,D)
expm_frechet(S,D,compute_expm=False) sqrtm(D) sqrtm(QS) logm(D) logm(QS)
solve_sylvester(S,D,S.T) solve_sylvester(S,S[:2,:2]+2,A[:,:2])
solve_continuous_lyapunov(S,D) solve_discrete_lyapunov(S/9,D)
solve_discrete_lyapunov(S/9,D,method="bilinear") polar(S) polar(S,"left") polar(ODD)
polar(A) polar(ODD,side="left") norm(A) norm(V,1) block_diag(A,S) block_diag(V,2.,C)
toeplitz(V) toeplitz(V,W[:3]) toeplitz(QV) hankel(V) hankel(V,W[:3]) circulant(V)
circulant(A) companion(V) companion(A) convolution_matrix(V,3)
convolution_matrix(V,3,"same") convolution_matrix(V,7,mode="valid") leslie(V,W[:4])
fiedler(V) fiedler_companion(V) fiedler_companion(P[:2]) fiedler_companion(P[:4])
eigh(D) eigh(D,eigvals_only=True) eigh(D,lower=False) eigh(D,S@S.T+D,eigvals_only=True)
eigvalsh(D) eigvalsh(D,lower=False) eigvalsh(FS@FS.T) eigvalsh(ONE)
eigh(QS@QS.conj().T) eigh_tridiagonal(V,W[:4])
eigh_tridiagonal(V,W[:4],eigvals_only=True) hadamard(4) helmert(3) hilbert(3)
invhilbert(3) pascal(3) invpascal(3) dft(3)
pinv(A) pinv(C,rtol=1e-8) pinv(FS) pinv(Q) pinv(ODD) qr(S)
qr(C,mode="economic") qr(A,mode="r") qr(A) qr(ODD[::-1],mode="r") qr(FS) qr(ONE)
qr_multiply(S,A.T) qr_multiply(C,V[:4]) qr_multiply(S,A,"left")
qr_multiply(C,A[:2,:2],"left") qr_multiply(QS,Q.T,conjugate=True) svd(A)
svd(C,full_matrices=False) svd(S) svd(F)
svd(ONE) svd(ODD,compute_uv=False) svdvals(A) svdvals(ODD) svdvals(Q) svdvals(FS)
solve_lyapunov(S,D) solve_lyapunov(QS,QS) solve_lyapunov(ONE,ONE) schur(S) schur(QS)
schur(S,"complex") schur(ONE) rsf2csf(*_.schur(S)) rsf2csf(ONE,ONE) hessenberg(S)
hessenberg(QS,calc_q=True) hessenberg(ONE)
""",
    coarse=("cho_solve", "lu_solve", "solve_continuous", "solve_discrete", "polar(",
            "eigh(D,S", "solve_sylvester", "cholesky(", "cho_factor",
            "solve(S,A,transposed",
            "eigh(D,eigvals", "eigvalsh", "eigh_tridiagonal(V,W[:4],eig",
            "expm_frechet(S,D)", "svd(", "svdvals", "pinv", "qr", "solve_lyapunov"),
    kinked=("cholesky", "cho_factor", "solve(D", "eigh(", "eigvalsh", "expm(FS"),
    refused=("schur", "rsf2csf", "hessenberg"),
    names={"PIVOTS": np.array([2, 2, 2])},
)  # fmt: skip
