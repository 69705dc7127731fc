"""NumPy's eigenvalues and singular values, and what is computed from them."""

from __future__ import annotations

import numpy as np
from numpy.lib import NumpyVersion

from ..core import dtype_of, known_value, ndim_of, shape_of
from ..ops import eigen
from ..ops import elementwise as ew
from ..ops import svd as ops
from ..ops.basic import astype, real, reshape
from ..ops.index import getitem
from ..ops.linalg import inv, singular_p
from ..ops.reduce import all_, any_, sum_
from ..ops.solve import conj_of, mT, square
from ..ops.sort import sort, take_along_axis
from .arrays import arraylike, as_scalar, strong
from .norms import norm
from .reductions import max as max_
from .searching import argsort
from .table import traceable

# -- eigenvalues -------------------------------------------------------------------


@traceable(np.linalg.eigh)
def eigh(a, UPLO="L"):
    """Return eigenvalues and eigenvectors of Hermitian matrices."""
    return eigen.eigh(arraylike(a), UPLO)


@traceable(np.linalg.eigvalsh)
def eigvalsh(a, UPLO="L"):
    """Return eigenvalues of Hermitian matrices."""
    return eigen.eigvalsh(arraylike(a), UPLO)


@traceable(np.linalg.eig)
def eig(a):
    """Return eigenvalues and eigenvectors of square matrices."""
    a = arraylike(a)
    z = eigen.eig(a)
    return type(z)(*map(real, z)) if _is_real(a, z[0]) else z


@traceable(np.linalg.eigvals)
def eigvals(a):
    """Return eigenvalues of square matrices."""
    a = arraylike(a)
    w = eigen.eigvals(a)
    return real(w) if _is_real(a, w) else w


COMPLEX = NumpyVersion(np.__version__) >= "2.5.0"  # whatever the eigenvalues are


def _is_real(a, w):
    """Say whether NumPy would give real eigenvalues, as far as they are known."""
    if COMPLEX or dtype_of(a).kind == "c" or (values := known_value(w)) is None:
        return False
    return bool((values.imag == 0).all())


# -- singular values ---------------------------------------------------------------


@traceable(np.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    """Return the singular value decomposition, or singular values alone."""
    a = arraylike(a)
    if hermitian:
        return _hermitian_svd(a) if compute_uv else _hermitian_svdvals(a)
    return ops.svd(a, bool(full_matrices)) if compute_uv else ops.svdvals(a)


def _hermitian_svd(a):
    w, u = eigen.eigh(a)
    s = ew.absolute(w)
    order = getitem(argsort(s), (..., slice(None, None, -1)))
    sign = take_along_axis(ew.copysign(1.0, w), order, -1)
    shape = (*shape_of(order)[:-1], 1, shape_of(order)[-1])
    u = take_along_axis(u, reshape(order, shape=shape), -1)
    vh = conj_of(mT(u * reshape(sign, shape=shape)))
    return ops.SVD(u, take_along_axis(s, order, -1), vh)


def _hermitian_svdvals(a):
    s = sort(ew.absolute(eigen.eigvalsh(a)), -1)
    return getitem(s, (..., slice(None, None, -1)))


@traceable(np.linalg.svdvals)
def svdvals(x, /):
    """Return singular values."""
    return ops.svdvals(arraylike(x))


# -- rank and condition ------------------------------------------------------------


@traceable(np.linalg.matrix_rank)
def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    """Return how many singular values are not zero to rounding."""
    if rtol is not None and tol is not None:
        raise ValueError("matrix_rank: tol and rtol cannot both be given")
    a = arraylike(A)
    if ndim_of(a) < 2:
        return astype(any_(ew.ne(a, 0)), np.intp)
    s = svd(a, compute_uv=False, hermitian=hermitian)
    if tol is None:
        if rtol is None:
            rtol = max(shape_of(a)[-2:]) * np.finfo(dtype_of(s)).eps
        tol = max_(s, -1, None, True, 0) * _column(rtol)
    else:
        tol = _column(tol)
    return sum_(ew.gt(s, tol), -1)


def _column(x):
    x = strong(arraylike(x))
    return reshape(x, shape=(*shape_of(x), 1))


@traceable(np.linalg.cond)
def cond(x, p=None):
    """Return condition numbers, infinite for singular matrices."""
    x = strong(arraylike(x))
    if ndim_of(x) >= 2 and 0 in shape_of(x)[-2:]:
        raise np.linalg.LinAlgError(
            f"cond: a matrix must not be empty, got shape {shape_of(x)}"
        )
    if p is None or p in {2, -2}:  # of what is not finite, svd may raise
        finite = all_(ew.isfinite(x), (-2, -1))
        whole = reshape(finite, shape=(*shape_of(finite), 1, 1))
        plain = ew.where(whole, x, np.eye(*shape_of(x)[-2:], dtype=dtype_of(x)))
        z = ew.where(finite, _spectral_cond(ops.svdvals(plain), p), np.nan)
    else:
        z = _inverse_cond(square("cond", x), p)
    unknown = any_(ew.isnan(x), (-2, -1))
    return as_scalar(ew.where(unknown, np.nan, ew.where(ew.isnan(z), np.inf, z)))


def _inverse_cond(x, p):
    """Return the product of the norms of a matrix and its inverse, nan without one."""
    none = singular_p(x)
    matrix = reshape(none, shape=(*shape_of(none), 1, 1))
    wide = astype(x, np.result_type(dtype_of(x), np.float64))  # as NumPy inverts
    inverse = inv(ew.where(matrix, np.eye(shape_of(x)[-1]), wide))
    size = norm(x, p, (-2, -1))
    z = astype(size * norm(inverse, p, (-2, -1)), dtype_of(size))
    return ew.where(none, np.nan, z)


def _spectral_cond(s, p):
    first, last = getitem(s, (..., 0)), getitem(s, (..., -1))
    top, bottom = (last, first) if p == -2 else (first, last)
    none = ew.eq(bottom, 0)
    return as_scalar(ew.where(none, np.inf, top / ew.where(none, 1, bottom)))
