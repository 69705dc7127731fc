"""The QR decomposition, of tall, square and wide matrices.

With ``x = da r^-1`` of the first columns, ``dq = q w + (1 - q q^H) x`` and
``dr = q^H da - w r``, where the skew-Hermitian ``w`` has the strictly lower triangle of
``q^H x``: what keeps ``r`` triangular with a real diagonal. See Walter and Lehmann,
"On evaluating higher-order derivatives of the QR decomposition of tall matrices with
full column rank in forward and reverse mode algorithmic differentiation" (2010).
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, shape_of
from .basic import fit_dtype, imag
from .contract import matmul
from .frames import (
    columns,
    diagonal_of,
    plus_diagonal,
    turned,
    turned_inside,
    turned_out,
)
from .index import getitem
from .join import pad_constant
from .solve import (
    batch_each,
    conj_of,
    matrices,
    mH,
    mT,
    result_dtype,
    triangular_solve_p,
    tril_p,
    triu_p,
)


def _abstract_qr(a, *, full):
    *lead, m, n = a.shape
    k, dtype = m if full else min(m, n), result_dtype(a)
    return [Aval((*lead, m, k), dtype), Aval((*lead, k, n), dtype)]


def _over(x, r):
    """Return ``x r^-1`` for an upper triangular matrix."""
    z = triangular_solve_p(r, mT(x), lower=False, transpose=True, unit=False)
    return mT(z)


def _over_adjoint(x, r):
    """Return ``x r^-H`` for an upper triangular matrix."""
    r = conj_of(r)
    return mT(triangular_solve_p(r, mT(x), lower=False, transpose=False, unit=False))


def _skew_of(x):
    """Return the skew-Hermitian matrix with the strictly lower triangle of ``x``."""
    low = tril_p(x, k=-1)
    return _with_phases(low - mH(low), x)


def _skew_of_adjoint(g):
    return _with_phases(tril_p(g - mH(g), k=-1), g)


def _with_phases(z, x):
    if x.dtype.kind != "c":
        return z
    return plus_diagonal(z, imag(diagonal_of(x)) * 1j)


def _rows(x, stop):
    return getitem(x, (..., slice(0, stop), slice(None)))


def _qr_vjp(cts, z, a, *, full):
    (ct_q, ct_r), (q, r) = cts, z
    if ct_q is None and ct_r is None:
        return None
    n = shape_of(a)[-1]
    k = min(shape_of(a)[-2:])
    first, top = columns(q, 0, k), _rows(r, k)
    g_q = None if ct_q is None else conj_of(ct_q)
    g_r = None if ct_r is None else triu_p(_rows(conj_of(ct_r), k), k=0)
    turn = 0.0 if g_q is None else turned_inside(q, k, g_q)
    if g_r is not None:
        turn = turn - matmul(g_r, mH(top))
    x = matmul(first, _skew_of_adjoint(turn))
    out = None if g_q is None else turned_out(q, k, g_q)
    pulled = _over_adjoint(x if out is None else x + out, columns(top, 0, k))
    if n > k:
        pulled = pad_constant(pulled, [(0, 0)] * (len(shape_of(a)) - 1) + [(0, n - k)])
    if g_r is not None:
        pulled = pulled + matmul(first, g_r)
    return fit_dtype(conj_of(pulled), a)


def _qr_jvp(ts, z, a, *, full):
    (t,), (q, r) = ts, z
    k = min(shape_of(a)[-2:])
    first, top = columns(q, 0, k), _rows(r, k)
    x = _over(columns(t, 0, k), columns(top, 0, k))
    w = _skew_of(matmul(mH(first), x))
    t_r = triu_p(matmul(mH(first), t) - matmul(w, top), k=0)
    missing = shape_of(r)[-2] - k
    if missing:
        widths = [(0, 0)] * (len(shape_of(a)) - 2) + [(0, missing), (0, 0)]
        t_r = pad_constant(t_r, widths)
    return [fit_dtype(turned(q, k, w, x), q), fit_dtype(t_r, r)]


qr_p = Primitive(
    "qr",
    impl=lambda a, *, full: list(np.linalg.qr(a, "complete" if full else "reduced")),
    abstract=_abstract_qr,
    vjp=(_qr_vjp,),
    jvp=_qr_jvp,
    batch=batch_each(lambda: qr_p, 2),
    emit=lambda names, *, full: (
        f"np.linalg.qr({names[0]}, {'complete' if full else 'reduced'!r})"
    ),
    multi=True,
)


def qr(a, full=False):
    """Return ``q`` with orthonormal columns and upper triangular ``r``: ``a = q @ r``.

    ``full`` makes ``q`` square. Derivatives need a first square block of ``r`` that is
    invertible: they raise `numpy.linalg.LinAlgError` where it is singular. Returns
    NumPy's named tuple.

    >>> abs(qr(np.array([[3.0], [4.0]])).R)
    array([[5.]])
    """
    return _QR(*qr_p(matrices("qr", a), full=full))


_QR = type(np.linalg.qr(np.eye(1)))
