"""SciPy's eigenvalues, singular values and orthogonal factors on traced values."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from ..numpy.arrays import arraylike, arraylikes, strong
from ..numpy.joining import concatenate
from ..numpy.table import traceable
from ..ops.contract import matmul
from ..ops.elementwise import where
from ..ops.solve import conj_of, mH, square
from .factors import cholesky, solve_triangular
from .naming import computed

# -- eigh: SciPy's driver chooses other signs than NumPy's, so SciPy computes ----------


def _gaps(w):
    """Return 1 / (w[j] - w[i]), and 0 between equal eigenvalues."""
    d = w[..., None, :] - w[..., :, None]
    return where(d == 0, 0.0, 1 / where(d == 0, 1.0, d))


def _eigen_tangents(call, primals, pushed):
    """Return eigenvalues and vectors, and their tangents for that of ``a @ v``."""
    w, v = call(*primals)
    inner = matmul(mH(v), pushed(v))
    tw = inner.diagonal(0, -2, -1).real
    return (w, v), (tw, matmul(v, _gaps(w).astype(v.dtype) * inner))


def _eigh(a, lower, driver):
    def value(a):
        return scipy.linalg.eigh(a, lower=lower, driver=driver)

    def rule(call, primals, ts):
        t = (ts[0] + mH(ts[0])) * 0.5
        return _eigen_tangents(call, primals, lambda v: matmul(t, v))

    return computed("eigh", value, a, tangents=rule)


@traceable(scipy.linalg.eigh)
def eigh(a, b=None, *, lower=True, eigvals_only=False, overwrite_a=False,
         overwrite_b=False, type=1, check_finite=True, subset_by_index=None,
         subset_by_value=None, driver=None):  # fmt: skip
    """Return eigenvalues and vectors of a Hermitian matrix, also ``a @ v = w b @ v``.

    One triangle is read; the derivative is that for Hermitian matrices. Vectors of
    equal eigenvalues are not defined, and their derivative leaves each other out.
    """
    if subset_by_index is not None or subset_by_value is not None:
        raise ValueError("eigh of a traced matrix gives all eigenvalues: index them")
    if type != 1:
        raise ValueError(f"eigh of traced matrices solves type 1 only, not {type}")
    a = strong(square("eigh", arraylike(a)))
    if b is None:
        w, v = _eigh(a, bool(lower), driver)
        return w if eigvals_only else (w, v)
    a = a if lower else mH(a)
    factor = cholesky(b, lower) if lower else mH(cholesky(b, False))
    a = _whole(a)
    inner = solve_triangular(factor, a, lower=True)
    inner = mH(solve_triangular(factor, mH(inner), lower=True))
    w, v = _eigh(inner, True, None)
    return w if eigvals_only else (w, solve_triangular(factor, v, 2, True))


def _whole(a):
    """Return the Hermitian matrix whose lower triangle is given."""
    return np.tril(a) + mH(np.tril(a, -1))


@traceable(scipy.linalg.eigvalsh)
def eigvalsh(a, b=None, **options):
    """Return the eigenvalues of a Hermitian matrix."""
    return eigh(a, b, eigvals_only=True, **options)


@traceable(scipy.linalg.eigh_tridiagonal)
def eigh_tridiagonal(d, e, eigvals_only=False, select="a", select_range=None,
                     check_finite=True, tol=0.0, lapack_driver="auto"):  # fmt: skip
    """Return eigenvalues and vectors of a symmetric tridiagonal matrix."""
    if select not in ("a", "all", 0):
        raise ValueError("eigh_tridiagonal of traced values gives all: index them")
    d, e = (strong(x) for x in arraylikes(d, e))

    def value(d, e):
        return scipy.linalg.eigh_tridiagonal(d, e, tol=tol, lapack_driver=lapack_driver)

    def rule(call, primals, ts):
        td, te = ts
        zero = np.zeros((1, primals[0].shape[0]))

        def pushed(v):
            above = concatenate([te[:, None] * v[1:], zero])
            return td[:, None] * v + above + concatenate([zero, te[:, None] * v[:-1]])

        return _eigen_tangents(call, primals, pushed)

    w, v = computed("eigh_tridiagonal", value, d, e, tangents=rule)
    return w if eigvals_only else (w, v)


# -- svd and qr: LAPACK's routines are those behind NumPy ------------------------------


@traceable(scipy.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, overwrite_a=False, check_finite=True,
        lapack_driver="gesdd"):  # fmt: skip
    """Return the singular value decomposition."""
    return np.linalg.svd(arraylike(a), full_matrices, compute_uv)


@traceable(scipy.linalg.svdvals)
def svdvals(a, overwrite_a=False, check_finite=True):
    """Return the singular values."""
    return np.linalg.svd(arraylike(a), compute_uv=False)


_QR_MODES = {"full": "complete", "r": "r", "economic": "reduced"}


@traceable(scipy.linalg.qr)
def qr(a, overwrite_a=False, lwork=None, mode="full", pivoting=False,
       check_finite=True):  # fmt: skip
    """Return an orthogonal and an upper triangular factor."""
    if pivoting:
        raise ValueError(
            "qr: pivoting=True of a traced matrix: the order of the columns depends on "
            "values. Leave it out, or order the columns yourself"
        )
    if mode not in _QR_MODES:
        raise ValueError(f"qr: mode={mode!r} of a traced matrix; there are "
                         f"{', '.join(map(repr, _QR_MODES))}")  # fmt: skip
    z = np.linalg.qr(arraylike(a), _QR_MODES[mode])
    if mode == "r":
        rest = a.shape[-2] - z.shape[-2]
        widths = [(0, 0)] * (z.ndim - 2) + [(0, rest), (0, 0)]
        return (np.pad(z, widths),)
    return tuple(z)


@traceable(scipy.linalg.qr_multiply)
def qr_multiply(a, c, mode="right", pivoting=False, conjugate=False,
                overwrite_a=False, overwrite_c=False):  # fmt: skip
    """Return the product of ``c`` with the orthogonal factor of ``a``, and the other.

    With ``mode="left"`` it is ``q @ c``, otherwise ``c @ q``.
    """
    c = strong(arraylike(c))
    q, r = qr(a, mode="economic", pivoting=pivoting)
    q = conj_of(q) if conjugate else q
    column = c[..., None] if c.ndim == 1 and mode == "left" else c
    if mode == "left":
        q = q if column.shape[-2] == q.shape[-1] else qr(a)[0]
    z = matmul(q, column) if mode == "left" else matmul(c, q)
    return (z[..., 0] if column is not c else z), r


# -- factors without a derivative ----------------------------------------------------

_BLOCKS = "its blocks change their form where eigenvalues meet. For functions of a " \
          "matrix use expm, logm, sqrtm; for eigenvalues np.linalg.eig"  # fmt: skip


@traceable(scipy.linalg.schur)
def schur(a, output="real", lwork=None, overwrite_a=False, sort=None,
          check_finite=True):  # fmt: skip
    """Return the Schur form and its basis, which have no derivative."""
    if sort is not None:
        raise ValueError("schur: sort= of a traced matrix depends on values")
    a = strong(square("schur", arraylike(a)))
    value = lambda a: scipy.linalg.schur(a, output)
    return computed("schur", value, a, tangents=_BLOCKS)


@traceable(scipy.linalg.rsf2csf)
def rsf2csf(T, Z, check_finite=True):
    """Return the complex Schur form of a real one, which has no derivative."""
    args = [strong(x) for x in arraylikes(T, Z)]
    return computed("rsf2csf", scipy.linalg.rsf2csf, *args, tangents=_BLOCKS)


@traceable(scipy.linalg.hessenberg)
def hessenberg(a, calc_q=False, overwrite_a=False, check_finite=True):
    """Return the Hessenberg form, and its basis; they have no derivative."""
    a = strong(square("hessenberg", arraylike(a)))
    value = lambda a: scipy.linalg.hessenberg(a, calc_q=True)
    why = (
        "reflections choose it. Use the matrix itself, or schur's relatives expm, logm"
    )
    h, q = computed("hessenberg", value, a, tangents=why)
    return (h, q) if calc_q else h
