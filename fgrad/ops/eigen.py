"""Eigenvalues and eigenvectors: eigh and eigvalsh, eig and eigvals.

Rules are those of Giles, "Collected matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008), with unit eigenvectors. An eigenvector
is known up to a factor; its tangent is the one orthogonal to it. Equal eigenvalues
have no eigenvectors of their own: what turns these into each other is taken as zero.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive
from .basic import fit_dtype, real, real_dtype
from .contract import matmul
from .frames import (
    column_products,
    diagonal_of,
    hermitian_part,
    inverse_gaps,
    plus_diagonal,
    times_diagonal,
)
from .solve import batch_each, batch_one, conj_of, mH, result_dtype, solve_p, square


def _complex_dtype(a):
    return np.result_type(result_dtype(a), np.complex64)


# -- Hermitian matrices ------------------------------------------------------------


def _abstract_eigh(a, *, upper):
    dtype = result_dtype(a)
    return [Aval(a.shape[:-1], real_dtype(dtype)), Aval(a.shape, dtype)]


def _eigh_vjp(cts, z, a, *, upper):
    (ct_w, ct_v), (w, v) = cts, z
    if ct_v is None:
        return _pulled_values(ct_w, v, a)
    turn = inverse_gaps(w) * matmul(mH(v), conj_of(ct_v))
    inner = matmul(v, matmul(plus_diagonal(turn, ct_w), mH(v)))
    return fit_dtype(conj_of(hermitian_part(inner)), a)


def _pulled_values(ct_w, v, a):
    if ct_w is None:
        return None
    inner = matmul(times_diagonal(v, ct_w), mH(v))
    return fit_dtype(conj_of(hermitian_part(inner)), a)


def _eigh_jvp(ts, z, a, *, upper):
    w, v = z
    inner = matmul(mH(v), matmul(hermitian_part(ts[0]), v))
    tangent = matmul(v, inverse_gaps(w) * inner)
    return [fit_dtype(real(diagonal_of(inner)), w), fit_dtype(tangent, v)]


eigh_p = Primitive(
    "eigh",
    impl=lambda a, *, upper: list(np.linalg.eigh(a, "U" if upper else "L")),
    abstract=_abstract_eigh,
    vjp=(_eigh_vjp,),
    jvp=_eigh_jvp,
    batch=batch_each(lambda: eigh_p, 2),
    emit=lambda names, *, upper: f"np.linalg.eigh({names[0]}, {'LU'[upper]!r})",
    multi=True,
)


def _eigvalsh_jvp(ts, z, a, *, upper):
    _, v = eigh_p(a, upper=upper)
    moved = matmul(hermitian_part(ts[0]), v)
    return fit_dtype(real(column_products(v, moved)), z)


eigvalsh_p = Primitive(
    "eigvalsh",
    impl=lambda a, *, upper: np.linalg.eigvalsh(a, "U" if upper else "L"),
    abstract=lambda a, *, upper: Aval(a.shape[:-1], real_dtype(result_dtype(a))),
    vjp=(lambda ct, z, a, *, upper: _pulled_values(ct, eigh_p(a, upper=upper)[1], a),),
    jvp=_eigvalsh_jvp,
    batch=batch_one(lambda: eigvalsh_p),
    emit=lambda names, *, upper: f"np.linalg.eigvalsh({names[0]}, {'LU'[upper]!r})",
)


def _is_upper(name, uplo):
    if uplo.upper() not in ("L", "U"):
        raise ValueError(f"{name}: UPLO must be 'L' or 'U', got {uplo!r}")
    return uplo.upper() == "U"


def eigh(a, uplo="L"):
    """Return eigenvalues, in ascending order, and eigenvectors of Hermitian matrices.

    As in NumPy one triangle is read. The derivative is that for Hermitian matrices: a
    gradient is Hermitian, and of a tangent the Hermitian part counts. Returns NumPy's
    named tuple.

    >>> eigh(np.diag([3.0, 2.0])).eigenvalues
    array([2., 3.])
    """
    return _EIGH(*eigh_p(square("eigh", a), upper=_is_upper("eigh", uplo)))


def eigvalsh(a, uplo="L"):
    """Return the eigenvalues of Hermitian matrices, in ascending order.

    >>> eigvalsh(np.array([[0.0, 1.0], [1.0, 0.0]]))
    array([-1.,  1.])
    """
    return eigvalsh_p(square("eigvalsh", a), upper=_is_upper("eigvalsh", uplo))


_EIGH = type(np.linalg.eigh(np.eye(1)))

# -- all square matrices -----------------------------------------------------------


def _eig(a):
    w, v = np.linalg.eig(a)  # real if all of them are: a dtype that depends on values
    dtype = np.result_type(w, np.complex64)
    return [w.astype(dtype), v.astype(dtype)]


def _eigvals(a):
    w = np.linalg.eigvals(a)
    return w.astype(np.result_type(w, np.complex64))


def _eig_vjp(cts, z, a):
    (ct_w, ct_v), (w, v) = cts, z
    turn = None
    if ct_v is not None:
        g = _orthogonal(v, conj_of(ct_v))
        turn = conj_of(inverse_gaps(w)) * matmul(mH(v), g)
    inner = plus_diagonal(turn, None if ct_w is None else conj_of(ct_w))
    if inner is None:
        return None
    pulled = solve_p(mH(v), matmul(inner, mH(v)))
    return fit_dtype(conj_of(pulled), a)


def _eig_jvp(ts, z, a):
    w, v = z
    inner = solve_p(v, matmul(ts[0], v))
    tangent = _orthogonal(v, matmul(v, inverse_gaps(w) * inner))
    return [fit_dtype(diagonal_of(inner), w), fit_dtype(tangent, v)]


def _orthogonal(v, x):
    """Return the part of each column that is orthogonal to that of ``v``."""
    return x - times_diagonal(v, column_products(v, x))


eig_p = Primitive(
    "eig",
    impl=_eig,
    abstract=lambda a: [
        Aval(a.shape[:-1], _complex_dtype(a)),
        Aval(a.shape, _complex_dtype(a)),
    ],
    vjp=(_eig_vjp,),
    jvp=_eig_jvp,
    batch=batch_each(lambda: eig_p, 2),
    multi=True,
)

eigvals_p = Primitive(
    "eigvals",
    impl=_eigvals,
    abstract=lambda a: Aval(a.shape[:-1], _complex_dtype(a)),
    vjp=(lambda ct, z, a: _eig_vjp((ct, None), eig_p(a), a),),
    jvp=lambda ts, z, a: fit_dtype(_eig_jvp(ts, eig_p(a), a)[0], z),
    batch=batch_one(lambda: eigvals_p),
)


def eig(a):
    """Return eigenvalues and unit eigenvectors of square matrices, always complex.

    Derivatives need a basis of eigenvectors: they raise
    `numpy.linalg.LinAlgError` where LAPACK finds them dependent. Returns NumPy's named
    tuple.

    >>> eig(np.array([[0.0, 1.0], [-1.0, 0.0]])).eigenvalues
    array([0.+1.j, 0.-1.j])
    """
    return _EIG(*eig_p(square("eig", a)))


def eigvals(a):
    """Return the eigenvalues of square matrices, always complex.

    >>> eigvals(np.array([[2.0, 1.0], [0.0, 3.0]]))
    array([2.+0.j, 3.+0.j])
    """
    return eigvals_p(square("eigvals", a))


_EIG = type(np.linalg.eig(np.eye(1)))
