"""The singular value decomposition, thin and full.

The rule is written so that it divides by differences of singular values only what
turns both sides alike, and by their sums only what turns them apart; see "Derivation"
in docs/linalg.md. Equal singular values have no vectors of their own: what turns these
into each other on both sides is taken as zero, and so is what divides by a singular
value that is zero. A singular value at zero has the derivative 0, as ``abs`` has.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, shape_of
from .basic import fit_dtype, real
from .contract import matmul
from .elementwise import eq, where
from .frames import (
    column_products,
    columns,
    diagonal_of,
    hermitian_part,
    inverse_gaps,
    inverse_or_zero,
    pairs,
    plus_diagonal,
    skew_part,
    times_diagonal,
    turned,
    turned_inside,
    turned_out,
)
from .solve import batch_each, batch_one, conj_of, matrices, mH, mT, result_dtype

# -- the decomposition -------------------------------------------------------------


def _abstract_svd(a, *, full):
    *lead, m, n = a.shape
    k, dtype = min(m, n), result_dtype(a)
    return [
        Aval((*lead, m, m if full else k), dtype),
        Aval((*lead, k), np.empty(0, dtype).real.dtype),
        Aval((*lead, n if full else k, n), dtype),
    ]


def _inverse_sums(s):
    right, left = pairs(s)
    return inverse_or_zero(right + left)


def _svd_vjp(cts, z, a, *, full):
    (ct_u, ct_s, ct_vh), (u, s, vh) = cts, z
    if ct_s is not None:
        ct_s = where(eq(s, 0), 0, ct_s)
    if ct_u is None and ct_vh is None:
        return _pulled_values(ct_s, u, s, vh, a)
    k, v, over = shape_of(s)[-1], mH(vh), inverse_or_zero(s)
    first, second = columns(u, 0, k), columns(v, 0, k)
    g_u = None if ct_u is None else conj_of(ct_u)
    g_v = None if ct_vh is None else mT(ct_vh)  # of v, not of its adjoint
    inner = plus_diagonal(_pulled_turns(u, v, s, g_u, g_v), ct_s)
    pulled = matmul(first, matmul(inner, mH(second)))
    out = None if g_u is None else turned_out(u, k, g_u)
    if out is not None:
        pulled = pulled + matmul(times_diagonal(out, over), mH(second))
    out = None if g_v is None else turned_out(v, k, g_v)
    if out is not None:
        pulled = pulled + matmul(first, mH(times_diagonal(out, over)))
    return fit_dtype(conj_of(pulled), a)


def _pulled_turns(u, v, s, g_u, g_v):
    """Return the adjoint of ``u^H da v``, through what turns the vectors."""
    k = shape_of(s)[-1]
    left = 0.0 if g_u is None else turned_inside(u, k, g_u)
    right = 0.0 if g_v is None else turned_inside(v, k, g_v)
    alike = hermitian_part(inverse_gaps(s) * (left + right))
    return alike + skew_part(_inverse_sums(s) * (left - right))


def _pulled_values(ct_s, u, s, vh, a):
    if ct_s is None:
        return None
    k = shape_of(s)[-1]
    rows = mH(columns(mH(vh), 0, k))
    pulled = matmul(times_diagonal(columns(u, 0, k), ct_s), rows)
    return fit_dtype(conj_of(pulled), a)


def _svd_jvp(ts, z, a, *, full):
    (t,), (u, s, vh) = ts, z
    k, v, over = shape_of(s)[-1], mH(vh), inverse_or_zero(s)
    first, second = columns(u, 0, k), columns(v, 0, k)
    right = matmul(t, second)
    inner = matmul(mH(first), right)
    alike = inverse_gaps(s) * hermitian_part(inner)
    apart = _inverse_sums(s) * skew_part(inner)
    left = matmul(mH(t), first)
    t_u = turned(u, k, alike + apart, times_diagonal(right, over))
    t_v = turned(v, k, alike - apart, times_diagonal(left, over))
    t_s = where(eq(s, 0), 0, real(diagonal_of(inner)))
    return [fit_dtype(t_u, u), fit_dtype(t_s, s), fit_dtype(mH(t_v), vh)]


svd_p = Primitive(
    "svd",
    impl=lambda a, *, full: list(np.linalg.svd(a, full)),
    abstract=_abstract_svd,
    vjp=(_svd_vjp,),
    jvp=_svd_jvp,
    batch=batch_each(lambda: svd_p, 3),
    emit="np.linalg.svd({0}, {full})",
    multi=True,
)


def svd(a, full=True):
    """Return the singular value decomposition ``u @ diag(s) @ vh`` of matrices.

    ``full`` gives square ``u`` and ``vh``; without it they are as thin as the matrix.
    Returns NumPy's named tuple.

    >>> svd(np.array([[0.0, 2.0], [1.0, 0.0], [0.0, 0.0]]), full=False).S
    array([2., 1.])
    """
    return SVD(*svd_p(matrices("svd", a), full=full))


SVD = type(np.linalg.svd(np.eye(1)))

# -- singular values alone ---------------------------------------------------------


def _svdvals_vjp(ct, z, a):
    u, s, vh = svd_p(a, full=False)
    return _pulled_values(where(eq(z, 0), 0, ct), u, s, vh, a)


def _svdvals_jvp(ts, z, a):
    u, _, vh = svd_p(a, full=False)
    t = real(column_products(u, matmul(ts[0], mH(vh))))
    return fit_dtype(where(eq(z, 0), 0, t), z)


svdvals_p = Primitive(
    "svdvals",
    impl=lambda a: np.linalg.svd(a, compute_uv=False),
    abstract=lambda a: _abstract_svd(a, full=False)[1],
    vjp=(_svdvals_vjp,),
    jvp=_svdvals_jvp,
    batch=batch_one(lambda: svdvals_p),
    emit="np.linalg.svd({0}, compute_uv=False)",
)


def svdvals(a):
    """Return the singular values of matrices, in descending order.

    >>> svdvals(np.array([[3.0, 0.0], [0.0, -4.0]]))
    array([4., 3.])
    """
    return svdvals_p(matrices("svd", a))
