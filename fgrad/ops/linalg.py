"""Determinants and the Cholesky factor, on stacks of matrices.

Rules are those of Giles, "Collected matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008), and
of Murray, "Differentiation of the Cholesky decomposition" (2016). Cotangents are not
conjugated.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive
from .basic import fit_dtype, imag, mapped, real
from .contract import matmul
from .solve import (
    batch_each,
    batch_one,
    conj_of,
    inv,
    inv_p,
    mH,
    mT,
    result_dtype,
    scaled,
    singular_p,
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
    "cholesky", "cholesky_p", "cofactor_p", "cofactor_slope_p", "conj_of", "det",
    "det_p", "inv", "inv_p", "mH", "mT", "singular_p", "slogdet", "slogdet_p", "solve",
    "solve_p", "triangular_solve", "triangular_solve_p", "tril_p", "triu_p",
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
    u, s, v = np.linalg.svd(a)
    minors = _products_before(s) * _products_before(s[..., ::-1])[..., ::-1]
    return _turned_cofactor(u, minors[..., None] * np.eye(s.shape[-1]), v)


def _turned_cofactor(u, inner, v):
    # C(u s v) = C(u) C(s) C(v), and C(u) = det(u) conj(u) for unitary u.
    scale = (np.linalg.det(u) * np.linalg.det(v))[..., None, None]
    return (u.conj() @ (scale * inner) @ v.conj()).astype(u.dtype)


def _products_before(x):
    z = np.ones_like(x)
    np.cumprod(x[..., :-1], axis=-1, out=z[..., 1:])
    return z


def _products_of_others(s):
    """Return for each two elements the product of all others, 0 for twice the same."""
    after = np.triu(np.ones((s.shape[-1],) * 2, bool), 1)
    between = _products_before(np.where(after, s[..., None, :], 1))
    before = _products_before(s)[..., :, None]
    behind = _products_before(s[..., ::-1])[..., None, ::-1]
    upper = np.where(after, before * between * behind, 0)
    return upper + upper.swapaxes(-1, -2)


def _cofactor_slope(a, t):
    """Return the derivative of the cofactors in a direction, dividing by nothing."""
    if a.size == 0:
        return a * t
    u, s, v = np.linalg.svd(a)
    t = u.conj().swapaxes(-1, -2) @ t @ v.conj().swapaxes(-1, -2)
    others = _products_of_others(s)
    sums = others @ np.diagonal(t, axis1=-2, axis2=-1)[..., None]
    inner = sums * np.eye(s.shape[-1]) - others * t.swapaxes(-1, -2)
    return _turned_cofactor(u, inner, v)


def _cofactor_curvature(a, t, u):
    """Return the second derivative of the cofactors, for invertible matrices."""
    # With q = inv(a).T the first one, in the direction t, is tr(q.T t) c - q t.T c.
    c, slope, q = cofactor_p(a), cofactor_slope_p(a, u), mT(inv_p(a))
    turned = matmul(q, matmul(mT(u), q))
    direct = scaled(trace(q, t), slope) - matmul(q, matmul(mT(t), slope))
    return direct - scaled(trace(turned, t), c) + matmul(turned, matmul(mT(t), c))


def _slope_jvp(ts, z, a, t):
    ta, tt = ts
    parts = [] if tt is None else [cofactor_slope_p(a, tt)]
    parts += [] if ta is None else [_cofactor_curvature(a, t, ta)]
    return fit_dtype(sum(parts[1:], parts[0]), z)


# Both are derivatives of det, so that they are symmetric in all directions.
cofactor_slope_p = Primitive(
    "cofactor_slope",
    impl=_cofactor_slope,
    abstract=lambda a, t: Aval(a.shape, result_dtype(a, t)),
    vjp=(
        lambda ct, z, a, t: fit_dtype(_cofactor_curvature(a, t, ct), a),
        lambda ct, z, a, t: fit_dtype(cofactor_slope_p(a, ct), t),
    ),
    jvp=_slope_jvp,
    batch=lambda args, dims, size: (
        cofactor_slope_p(*(mapped(x, d, size) for x, d in zip(args, dims))),
        0,
    ),
)

cofactor_p = Primitive(
    "cofactor",
    impl=_cofactor,
    abstract=lambda a: Aval(a.shape, result_dtype(a)),
    vjp=(lambda ct, z, a: fit_dtype(cofactor_slope_p(a, ct), a),),
    jvp=lambda ts, z, a: fit_dtype(cofactor_slope_p(a, ts[0]), z),
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
    matrices too, and so are second derivatives; third ones need an inverse.

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


slogdet_p = Primitive(
    "slogdet",
    impl=lambda a: list(np.linalg.slogdet(a)),
    abstract=_abstract_slogdet,
    vjp=(_slogdet_vjp,),
    jvp=_slogdet_jvp,
    batch=batch_each(lambda: slogdet_p, 2),
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


def _cholesky_vjp(ct, z, a, *, upper):
    # l^-T half(l^T ct) conj(l)^-1, made Hermitian
    z, ct = (mH(z), mH(ct)) if upper else (z, ct)
    p = _half(matmul(mT(z), ct))
    left = _lower_solve(z, p, transpose=True)
    right = mT(_lower_solve(conj_of(z), mT(left), transpose=True))
    return fit_dtype(_hermitian(right), a)


def _cholesky_jvp(ts, z, a, *, upper):
    # l half(l^-1 da l^-H)
    lower = mH(z) if upper else z
    left = _lower_solve(lower, _hermitian(ts[0]))
    inner = mT(_lower_solve(conj_of(lower), mT(left)))
    t = matmul(lower, _half(inner))
    return fit_dtype(mH(t) if upper else t, z)


cholesky_p = Primitive(
    "cholesky",
    impl=lambda a, *, upper: np.linalg.cholesky(a, upper=upper),
    abstract=lambda a, *, upper: Aval(a.shape, result_dtype(a)),
    vjp=(_cholesky_vjp,),
    jvp=_cholesky_jvp,
    batch=batch_one(lambda: cholesky_p),
    emit="np.linalg.cholesky({0}, upper={upper})",
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
    return cholesky_p(square("cholesky", a), upper=upper)
