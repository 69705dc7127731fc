"""The pseudo-inverse and least squares, at a rank that does not change.

The rule is that of Golub and Pereyra, "The differentiation of pseudo-inverses and
nonlinear least squares problems whose variables separate" (1973).
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..core import Aval, Primitive, shape_of
from .basic import fit, fit_dtype, mapped, real, reshape, to_front
from .contract import matmul
from .elementwise import gt
from .frames import column_products, hermitian_part, times_diagonal
from .reduce import amax, sum_
from .solve import batch_one, conj_of, matrices, mH, result_dtype
from .stacks import batch_stacks, stacked_like
from .svd import svd_p

# -- Hermitian matrices of which one triangle is read --------------------------------


def _reflected(a):
    n = a.shape[-1]
    full = np.where(np.tri(n, dtype=bool), a, a.swapaxes(-1, -2).conj())
    return np.where(np.eye(n, dtype=bool), a.real, full)


hermitian_p = Primitive(
    "hermitian",
    impl=_reflected,
    abstract=lambda a: Aval(a.shape, a.dtype),
    vjp=(lambda ct, z, a: hermitian_part(ct),),
    jvp=lambda ts, z, a: hermitian_part(ts[0]),
    batch=batch_one(lambda: hermitian_p),
)
"""The Hermitian matrix with a lower triangle; its derivative is the Hermitian part."""

# -- the pseudo-inverse ------------------------------------------------------------


def _abstract_pinv(a, rtol, *, hermitian):
    *lead, m, n = a.shape
    dtype = result_dtype(a) if prod(a.shape) else a.dtype
    return Aval((*lead, n, m), dtype)


def _pulled_inverse(a, p, g):
    """Return the adjoint of the matrix, from that of its pseudo-inverse."""
    h = mH(p)
    to_rows = _outside(a, p, matmul(mH(g), matmul(p, h)))
    to_columns = mH(_outside(p, a, matmul(g, matmul(h, p))))
    return to_rows + to_columns - matmul(h, matmul(g, h))


def _outside(x, y, z):
    """Return ``(1 - x y) z``."""
    return z - matmul(x, matmul(y, z))


def _pinv_vjp(ct, p, a, rtol, *, hermitian):
    a = hermitian_p(a) if hermitian else a
    pulled = _pulled_inverse(a, p, conj_of(ct))
    pulled = hermitian_part(pulled) if hermitian else pulled
    return fit_dtype(conj_of(pulled), a)


def _pinv_jvp(ts, p, a, rtol, *, hermitian):
    t, a = (hermitian_part(ts[0]), hermitian_p(a)) if hermitian else (ts[0], a)
    h, th = mH(p), mH(t)
    outer = mH(_outside(a, p, matmul(t, matmul(p, h))))  # P P^H dA^H (1 - A P)
    inner = _outside(p, a, matmul(th, matmul(h, p)))
    return fit_dtype(outer + inner - matmul(p, matmul(t, p)), p)


def _batch_pinv(args, dims, size, **params):
    (a, rtol), (dim, dim_r) = args, dims
    if dim_r is not None:
        a, rtol = mapped(a, dim, size), to_front(rtol, dim_r)
        ones = (1,) * (a.ndim - 2 - rtol.ndim)
        rtol = reshape(rtol, shape=(size, *ones, *rtol.shape[1:]))
        return pinv_p(a, rtol, **params), 0
    return pinv_p(to_front(a, dim), rtol, **params), 0


pinv_p = Primitive(
    "pinv",
    impl=lambda a, rtol, *, hermitian: np.linalg.pinv(a, rtol, hermitian),
    abstract=_abstract_pinv,
    vjp=(_pinv_vjp, None),
    jvp=_pinv_jvp,
    batch=_batch_pinv,
    emit="np.linalg.pinv({0}, {1}, {hermitian})",
)


def pinv(a, rtol, hermitian=False):
    """Return the pseudo-inverse of every matrix of a stack.

    Singular values up to ``rtol`` times the largest one count as zero; their number is
    taken as fixed. With ``hermitian`` the lower triangle is read, and the derivative
    is that for Hermitian matrices.

    >>> pinv(np.array([[2.0, 0.0], [0.0, 0.0]]), 1e-15)
    array([[0.5, 0. ],
           [0. , 0. ]])
    """
    return pinv_p(matrices("pinv", a), rtol, hermitian=hermitian)


# -- least squares -----------------------------------------------------------------


def _lstsq(a, b, *, rtol):
    """Solve every system of a stack; residuals that NumPy leaves out are nan."""
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    zs = [np.empty(z.shape, z.dtype) for z in _abstract_lstsq(a, b, rtol=rtol)]
    a = np.broadcast_to(a, lead + a.shape[-2:])
    b = np.broadcast_to(b, lead + b.shape[-2:])
    for place in np.ndindex(lead):
        x, residuals, _, s = np.linalg.lstsq(a[place], b[place], rtol)
        for z, one in zip(zs, (x, residuals, s), strict=True):
            z[place] = one if np.shape(one) == z[place].shape else np.nan
    return [z[()] for z in zs]


def _abstract_lstsq(a, b, *, rtol):
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    (m, n), count, dtype = a.shape[-2:], b.shape[-1], result_dtype(a, b)
    wide = np.empty(0, dtype).real.dtype
    return [
        Aval((*lead, n, count), dtype),
        Aval((*lead, count if m > n else 0), wide),
        Aval((*lead, min(m, n)), wide),
    ]


def _inverse(a, rtol):
    return pinv_p(a, _tolerance(rtol), hermitian=False)


def _tolerance(rtol):
    """Return what LAPACK makes of a tolerance."""
    return rtol if 0 < rtol < 1 else np.finfo(float).eps / 2


def _has_residuals(a):
    return shape_of(a)[-2] > shape_of(a)[-1]


def _lstsq_vjp_a(cts, z, a, b, *, rtol):
    (ct_x, ct_left, ct_s), x = cts, z[0]
    if ct_x is ct_left is ct_s is None:
        return None
    left, pulled = b - matmul(a, x), np.zeros((1, 1))
    if ct_x is not None:
        g, p = conj_of(ct_x), _inverse(a, rtol)
        y = matmul(mH(p), g)
        pulled = matmul(left, mH(matmul(p, y))) - matmul(y, mH(x))
        back = matmul(mH(p), x)
        pulled = pulled + matmul(back, mH(_outside(p, a, g)))
    if ct_left is not None and _has_residuals(a):
        pulled = pulled - matmul(times_diagonal(left, ct_left * 2.0), mH(x))
    if ct_s is not None:
        u, _, vh = svd_p(a, full=False)
        pulled = pulled + matmul(times_diagonal(u, ct_s), vh)
    return fit(conj_of(pulled), a, stacked_like(a, x))


def _lstsq_vjp_b(cts, z, a, b, *, rtol):
    (ct_x, ct_left, _), x = cts, z[0]
    if ct_x is ct_left is None:
        return None
    pulled = np.zeros((1, 1))
    if ct_x is not None:
        pulled = matmul(mH(_inverse(a, rtol)), conj_of(ct_x))
    if ct_left is not None and _has_residuals(a):
        pulled = pulled + times_diagonal(b - matmul(a, x), ct_left * 2.0)
    return fit(conj_of(pulled), b, stacked_like(b, x))


def _lstsq_jvp(ts, z, a, b, *, rtol):
    (ta, tb), (x, residuals, s) = ts, z
    p, left = _inverse(a, rtol), b - matmul(a, x)
    change = tb if ta is None else -matmul(ta, x) if tb is None else tb - matmul(ta, x)
    t_x, t_s = matmul(p, change), None
    if ta is not None:
        t_x = t_x + matmul(p, matmul(mH(p), matmul(mH(ta), left)))
        t_x = t_x + _outside(p, a, matmul(mH(ta), matmul(mH(p), x)))
        u, _, vh = svd_p(a, full=False)
        t_s = fit_dtype(real(column_products(u, matmul(ta, mH(vh)))), s)
    t_left = None
    if _has_residuals(a):
        t_left = fit_dtype(real(column_products(left, change)) * 2.0, residuals)
    return [fit_dtype(t_x, x), t_left, t_s]


lstsq_p = Primitive(
    "lstsq",
    impl=_lstsq,
    abstract=_abstract_lstsq,
    vjp=(_lstsq_vjp_a, _lstsq_vjp_b),
    jvp=_lstsq_jvp,
    batch=lambda args, dims, size, **params: (
        batch_stacks(lambda: lstsq_p)(args, dims, size, **params)[0],
        [0, 0, 0],
    ),
    multi=True,
)


def lstsq(a, b, rtol):
    """Return the shortest least-squares solution of ``a @ x = b``, for matrices.

    Also returns the sums of squared residuals (nan where the rank is too low for
    them, none unless ``a`` is tall), the rank, and the singular values of ``a``.

    >>> x, _, rank, _ = lstsq(np.array([[1.0], [1.0]]), np.array([[1.0], [3.0]]), 0.0)
    >>> x, int(rank)
    (array([[2.]]), 1)
    """
    x, residuals, s = lstsq_p(a, b, rtol=rtol)
    if not shape_of(s)[-1]:
        return x, residuals, np.zeros(shape_of(s)[:-1], np.int32)[()], s
    large = gt(s, amax(s, -1, keepdims=True) * _tolerance(rtol))
    return x, residuals, sum_(large, -1, np.int32), s
