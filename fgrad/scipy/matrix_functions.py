"""SciPy's functions of whole matrices on traced values."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from ..errors import UntraceableError
from ..numpy.arrays import arraylike, arraylikes, strong
from ..numpy.decompositions import pinv as numpy_pinv
from ..numpy.linear import kron
from ..numpy.norms import norm as numpy_norm
from ..numpy.table import traceable
from ..ops import lapack
from ..ops import matrix_functions as ops
from ..ops.basic import reshape
from ..ops.contract import matmul
from ..ops.solve import mH, square


@traceable(scipy.linalg.expm)
def expm(A):
    """Return the exponential of a matrix."""
    return ops.expm_p(strong(square("expm", arraylike(A))))


@traceable(scipy.linalg.expm_frechet)
def expm_frechet(A, E, method=None, compute_expm=True, check_finite=True):
    """Return the exponential of a matrix, and its derivative in a direction."""
    A, E = (strong(square("expm_frechet", arraylike(x))) for x in (A, E))
    if A.shape != E.shape:
        raise ValueError(
            f"expm_frechet: A of shape {A.shape} and E of shape {E.shape} must match"
        )
    slope = ops.expm_frechet_p(A, E)
    return (ops.expm_p(A), slope) if compute_expm else slope


@traceable(scipy.linalg.sqrtm)
def sqrtm(A, disp=True, blocksize=None):
    """Return a square root; that of a real traced matrix must be real."""
    return ops.sqrtm_p(strong(square("sqrtm", arraylike(A))))


@traceable(scipy.linalg.logm)
def logm(A, disp=True):
    """Return the logarithm; that of a real traced matrix must be real."""
    return ops.logm_p(strong(square("logm", arraylike(A))))


@traceable(scipy.linalg.funm)
def funm(A, func, disp=True):
    """Refuse: the derivative of an arbitrary function of a matrix is not known."""
    raise UntraceableError(
        "funm has no traceable definition in fgrad: write the function with expm, "
        "logm and sqrtm, or for a symmetric matrix w, v = eigh(A); (v * f(w)) @ v.T"
    )


@traceable(scipy.linalg.polar)
def polar(a, side="right"):
    """Return the factors of ``a = u @ p``, or ``a = p @ u`` for the left side."""
    a = strong(arraylike(a))
    if side not in ("left", "right"):
        raise ValueError(f"polar: side must be 'left' or 'right', got {side!r}")
    tall = a.shape[-2] >= a.shape[-1]
    u, p = ops.polar_p(a if tall else mH(a))
    u, right = (u, tall) if tall else (mH(u), tall)
    if right == (side == "right"):
        return u, p
    return u, matmul(matmul(u, p), mH(u)) if tall else matmul(matmul(mH(u), p), u)


# -- matrix equations ----------------------------------------------------------------


@traceable(scipy.linalg.solve_sylvester)
def solve_sylvester(a, b, q):
    """Return the solution of ``a @ x + x @ b = q``."""
    a, b, q = (strong(x) for x in arraylikes(a, b, q))
    square("solve_sylvester", a), square("solve_sylvester", b)
    return ops.sylvester_p(a, b, q)


@traceable(scipy.linalg.solve_continuous_lyapunov)
def solve_continuous_lyapunov(a, q):
    """Return the solution of ``a @ x + x @ a.conj().T = q``."""
    return solve_sylvester(a, mH(strong(arraylike(a))), q)


@traceable(scipy.linalg.solve_discrete_lyapunov)
def solve_discrete_lyapunov(a, q, method=None):
    """Return the solution of ``a @ x @ a.conj().T - x + q = 0``."""
    a, q = (strong(x) for x in arraylikes(a, q))
    n = square("solve_discrete_lyapunov", a).shape[-1]
    if method not in (None, "direct", "bilinear"):
        raise ValueError(f"solve_discrete_lyapunov: there is no method {method!r}")
    eye, a_h = np.eye(n), mH(a)
    if method == "direct" or (method is None and n < 10):
        lhs = np.eye(n * n) - kron(a, a.conj())
        flat = reshape(q, shape=(n * n, 1))
        solution = lapack.scipy_solve(lhs, flat, assume=0, lower=False)
        return reshape(solution, shape=(n, n))
    inverse = lapack.scipy_inv(a_h + eye)
    b = matmul(a_h - eye, inverse)
    c = 2 * matmul(matmul(lapack.scipy_inv(a + eye), q), inverse)
    return solve_continuous_lyapunov(mH(b), -c)


# -- what NumPy has too --------------------------------------------------------------


@traceable(scipy.linalg.norm)
def norm(a, ord=None, axis=None, keepdims=False, check_finite=True):
    """Return a norm."""
    return numpy_norm(a, ord, axis, keepdims)


@traceable(scipy.linalg.pinv)
def pinv(a, *, atol=None, rtol=None, return_rank=False, check_finite=True):
    """Return the pseudo-inverse of a matrix of full rank."""
    if atol is not None or return_rank:
        raise ValueError("pinv of a traced matrix takes neither atol nor return_rank")
    return numpy_pinv(a, rtol=rtol)
