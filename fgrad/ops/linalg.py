"""Determinants and the Cholesky factor, on stacks of matrices.

Rules are those of Giles, "Collected matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008), and
of Murray, "Differentiation of the Cholesky decomposition" (2016). Cotangents are not
conjugated.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive
from .basic import fit_dtype, imag, real, to_front
from .contract import matmul
from .solve import (
    batch_one,
    conj_of,
    inv,
    inv_p,
    mH,
    mT,
    result_dtype,
    scaled,
    solve,
    solve_p,
    square,
    trace,
    triangular_solve,
    triangular_solve_p,
    tril_p,
    triu_p,
)

# fmt: off
__all__ = [
    "cholesky", "cholesky_p", "cofactor_p", "conj_of", "det", "det_p", "inv", "inv_p",
    "mH", "mT", "slogdet", "slogdet_p", "solve", "solve_p", "triangular_solve",
    "triangular_solve_p", "tril_p", "triu_p",
]
# fmt: on

# -- det ---------------------------------------------------------------------------

_CONDITION = 1e6  # beyond it, minors are taken from singular values


def _cofactor(a):
    """Return the matrices of cofactors, which exist for singular matrices too."""
    if a.size == 0:
        return a.copy()
    with np.errstate(all="ignore"):
        d = np.linalg.det(a)
        try:
            inverse = np.linalg.inv(a)
        except np.linalg.LinAlgError:
            return _cofactor_svd(a)
        norms = np.linalg.norm(a, 1, (-2, -1)) * np.linalg.norm(inverse, 1, (-2, -1))
        z = d[..., None, None] * inverse.swapaxes(-1, -2)
    poor = ~(norms < _CONDITION) & np.isfinite(a).all((-2, -1))
    if poor.any():
        z[poor] = _cofactor_svd(a[poor])
    return z


def _cofactor_svd(a):
    # C(u s v) = C(u) C(s) C(v), C(u) = det(u) conj(u) for unitary u, and C(s) has
    # the products of all singular values but one.
    u, s, v = np.linalg.svd(a)
    n = s.shape[-1]
    others = np.where(np.eye(n, dtype=bool), 1, s[..., None, :]).prod(-1)
    scale = (np.linalg.det(u) * np.linalg.det(v))[..., None]
    return (u.conj() * (scale * others)[..., None, :]) @ v.conj()


def _cofactor_jvp(t, a):
    # C = det(a) inv(a).T, so dC = tr(inv(a) da) C - inv(a).T da.T C.
    c, inverse_t = cofactor_p(a), mT(inv_p(a))
    return scaled(trace(inverse_t, t), c) - matmul(inverse_t, matmul(mT(t), c))


def _cofactor_vjp(ct, a):
    c, inverse_t = cofactor_p(a), mT(inv_p(a))
    # sum(ct * (q t.T c)) = sum(t * (c ct.T q)), with q = inv(a).T
    return scaled(trace(ct, c), inverse_t) - matmul(matmul(c, mT(ct)), inverse_t)


cofactor_p = Primitive(
    "cofactor",
    impl=_cofactor,
    abstract=lambda a: Aval(a.shape, result_dtype(a)),
    vjp=(lambda ct, z, a: fit_dtype(_cofactor_vjp(ct, a), a),),
    jvp=lambda ts, z, a: fit_dtype(_cofactor_jvp(ts[0], a), z),
    batch=batch_one(lambda: cofactor_p),
)

det_p = Primitive(
    "det",
    impl=lambda a: np.linalg.det(a),
    abstract=lambda a: Aval(a.shape[:-2], result_dtype(a)),
    vjp=(lambda ct, z, a: fit_dtype(scaled(ct, cofactor_p(a)), a),),
    jvp=lambda ts, z, a: fit_dtype(trace(cofactor_p(a), ts[0]), z),
    batch=batch_one(lambda: det_p),
    emit="np.linalg.det({0})",
)


def det(a):
    """Return the determinants of a stack of matrices.

    The gradient is the matrix of cofactors, so that it is right for singular
    matrices too; second derivatives need an inverse.

    >>> float(det(np.diag([2.0, 3.0])))
    6.0
    """
    return det_p(square("det", a))


# -- slogdet -----------------------------------------------------------------------


def _abstract_slogdet(a):
    dtype = result_dtype(a)
    return [
        Aval(a.shape[:-2], dtype),
        Aval(a.shape[:-2], np.empty(0, dtype).real.dtype),
    ]


def _slogdet_vjp(cts, z, a):
    # With T = tr(inv(a) da): d log|det| = Re T, d sign = sign * i * Im T.
    ct_sign, ct_log = cts
    factor = ct_log
    if ct_sign is not None and a.dtype.kind == "c":
        turned = imag(ct_sign * z[0]) * 1j
        factor = turned if ct_log is None else ct_log + turned
    if factor is None:
        return None
    return fit_dtype(scaled(factor, mT(inv_p(a))), a)


def _slogdet_jvp(ts, z, a):
    t = trace(mT(inv_p(a)), ts[0])
    if a.dtype.kind != "c":
        return [None, t]
    return [z[0] * (imag(t) * 1j), real(t)]


def _batch_slogdet(args, dims, size):
    return slogdet_p(to_front(args[0], dims[0])), [0, 0]


slogdet_p = Primitive(
    "slogdet",
    impl=lambda a: list(np.linalg.slogdet(a)),
    abstract=_abstract_slogdet,
    vjp=(_slogdet_vjp,),
    jvp=_slogdet_jvp,
    batch=_batch_slogdet,
    emit="np.linalg.slogdet({0})",
    multi=True,
)


def slogdet(a):
    """Return sign and logarithm of the absolute value of the determinants.

    Like ``np.linalg.slogdet`` it returns a named tuple.

    >>> slogdet(np.diag([1.0, -1.0])).sign
    np.float64(-1.0)
    """
    return _SLOGDET(*slogdet_p(square("slogdet", a)))


_SLOGDET = type(np.linalg.slogdet(np.eye(1)))

# -- cholesky ----------------------------------------------------------------------


def _half(x):
    """Return the lower triangle with half of the diagonal."""
    return (tril_p(x, k=0) + tril_p(x, k=-1)) * 0.5


def _hermitian(x):
    return (x + mH(x)) * 0.5


def _lower_solve(l, b, transpose=False):
    return triangular_solve_p(l, b, lower=True, transpose=transpose, unit=False)


def _cholesky_vjp(ct, z, a):
    # l^-T half(l^T ct) conj(l)^-1, made Hermitian
    p = _half(matmul(mT(z), ct))
    left = _lower_solve(z, p, transpose=True)
    right = mT(_lower_solve(conj_of(z), mT(left), transpose=True))
    return fit_dtype(_hermitian(right), a)


def _cholesky_jvp(ts, z, a):
    # l half(l^-1 da l^-H)
    left = _lower_solve(z, _hermitian(ts[0]))
    inner = mT(_lower_solve(conj_of(z), mT(left)))
    return fit_dtype(matmul(z, _half(inner)), z)


cholesky_p = Primitive(
    "cholesky",
    impl=lambda a: np.linalg.cholesky(a),
    abstract=lambda a: Aval(a.shape, result_dtype(a)),
    vjp=(_cholesky_vjp,),
    jvp=_cholesky_jvp,
    batch=batch_one(lambda: cholesky_p),
    emit="np.linalg.cholesky({0})",
)


def cholesky(a, *, upper=False):
    """Return the lower Cholesky factor of Hermitian positive definite matrices.

    As in NumPy only the lower triangle is read (with ``upper``, the upper one, and
    the upper factor is returned). The derivative is that for the symmetric matrix:
    a gradient is symmetric, and of a tangent the symmetric part counts. Raises
    `numpy.linalg.LinAlgError` if a matrix is not positive definite.

    >>> cholesky(np.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[2., 0.],
           [1., 2.]])
    """
    a = square("cholesky", a)
    return mH(cholesky_p(mH(a))) if upper else cholesky_p(a)
