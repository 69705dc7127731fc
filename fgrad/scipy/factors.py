"""SciPy's solvers and triangular factors on traced values."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.lib import NumpyVersion

from ..core import shape_of
from ..numpy.arrays import arraylike, arraylikes, strong
from ..numpy.table import traceable
from ..ops import lapack as ops
from ..ops import lu as lu_ops
from ..ops.basic import reshape
from ..ops.solve import conj_of, mT, square, tril_p, triu_p
from ..ops.sort import arg_sort

# overwrite_a, overwrite_b and check_finite are accepted: nothing is ever overwritten,
# and SciPy checks when it computes.


def _against(name, prim, a, b):
    """Call a solver of matrices for ``b`` a vector or a matrix."""
    a, b = strong(square(name, a)), strong(b)
    vector = b.ndim == 1
    rows = b.shape[-1 if vector else -2] if b.ndim else None
    if rows != a.shape[-1]:
        raise ValueError(
            f"{name}: a of shape {a.shape} and b of shape {b.shape}: b must have "
            f"{a.shape[-1]} rows"
        )
    if not vector:
        return prim(a, b)
    z = prim(a, reshape(b, shape=(*b.shape, 1)))
    return reshape(z, shape=z.shape[:-1])


@traceable(scipy.linalg.solve_triangular)
def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False,
                     overwrite_b=False, check_finite=True):  # fmt: skip
    """Return the solution of a triangular system; the other triangle is not read."""
    a, b = arraylikes(a, b)
    kind = {0: 0, 1: 1, 2: 2, "N": 0, "T": 1, "C": 2}[trans]
    if kind == 2:
        a = conj_of(a)
    return _against(
        "solve_triangular",
        lambda a, b: ops.solved(
            a, b, lower=bool(lower), transpose=kind > 0, unit=bool(unit_diagonal)
        ),
        a,
        b,
    )


_ASSUMED = {
    "gen": 0,
    "general": 0,
    "symmetric": 6,
    "hermitian": 7,
    "positive definite": 8,
    **{name: i for i, name in enumerate(ops.ASSUMED)},
}


@traceable(scipy.linalg.solve)
def solve(a, b, lower=False, overwrite_a=False, overwrite_b=False, check_finite=True,
          assume_a=None, transposed=False):  # fmt: skip
    """Return the solution of a square system.

    Of a matrix that ``assume_a`` says is symmetric, Hermitian or positive definite one
    triangle is read, and the derivative is that for matrices of that kind.
    """
    a, b = arraylikes(a, b)
    if assume_a not in _ASSUMED:
        raise ValueError(
            f"solve: assume_a={assume_a!r} of a traced matrix; "
            f"there are {', '.join(map(repr, _ASSUMED))}"
        )
    assume, lower = _ASSUMED[assume_a], bool(lower)
    if transposed:
        a, assume = mT(a), {4: 5, 5: 4}.get(assume, assume)
        lower = not lower if assume >= 6 else lower
    lower = lower and assume >= 6
    return _against(
        "solve", lambda a, b: ops.scipy_solve(a, b, assume=assume, lower=lower), a, b
    )


@traceable(scipy.linalg.inv)
def inv(a, overwrite_a=False, check_finite=True, *, assume_a=None, lower=False):
    """Return the inverse; what ``assume_a`` says may only make SciPy faster."""
    a = strong(square("inv", arraylike(a)))
    if assume_a in (None, "gen", "general"):
        return ops.scipy_inv(a)
    return solve(a, np.eye(a.shape[-1], dtype=a.dtype), lower, assume_a=assume_a)


@traceable(scipy.linalg.det)
def det(a, overwrite_a=False, check_finite=True):
    """Return the determinant."""
    return ops.scipy_det(strong(square("det", arraylike(a))))


# -- cholesky ------------------------------------------------------------------------


@traceable(scipy.linalg.cholesky)
def cholesky(a, lower=False, overwrite_a=False, check_finite=True):
    """Return the Cholesky factor, the upper one unless ``lower``.

    The derivative is that for symmetric matrices, of which one triangle is read.
    """
    a = strong(square("cholesky", arraylike(a)))
    return ops.scipy_cholesky(a, upper=not lower)


@traceable(scipy.linalg.cho_factor)
def cho_factor(a, lower=False, overwrite_a=False, check_finite=True):
    """Return what `cho_solve` takes; before SciPy 1.18 ``a`` in the other triangle."""
    c = cholesky(a, lower)
    if NumpyVersion(scipy.__version__) >= "1.18.0":
        return c, lower
    rest = triu_p(a, k=1) if lower else tril_p(a, k=-1)
    return c + rest, lower


@traceable(scipy.linalg.cho_solve)
def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True):
    """Return the solution of a system whose matrix `cho_factor` has factored."""
    c, lower = c_and_lower
    first, second = (0, 2) if lower else (2, 0)
    return solve_triangular(c, solve_triangular(c, b, first, lower), second, lower)


# -- lu ------------------------------------------------------------------------------


@traceable(scipy.linalg.lu)
def lu(a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False):
    """Return the permutation and the triangular factors of ``a = p @ l @ u``."""
    order, l, u = lu_ops.lu_p(_matrix("lu", a))
    if permute_l:
        return lu_ops.rows(l, order), u
    if p_indices:
        return order, l, u
    n = shape_of(l)[-2]
    return lu_ops.rows(np.broadcast_to(np.eye(n, dtype=u.dtype), (*shape_of(order), n)),
                    order), l, u  # fmt: skip


@traceable(scipy.linalg.lu_factor)
def lu_factor(a, overwrite_a=False, check_finite=True):
    """Return both triangular factors in one matrix, and the pivots."""
    return tuple(lu_ops.lu_factor_p(_matrix("lu_factor", a)))


def _matrix(name, a):
    a = strong(arraylike(a))
    if a.ndim < 2:
        raise ValueError(f"{name}: a matrix needs two axes, got shape {a.shape}")
    return a


@traceable(scipy.linalg.lu_solve)
def lu_solve(lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True):
    """Return the solution of a system whose matrix `lu_factor` has factored."""
    lu, pivots = arraylikes(*lu_and_piv)
    order = lu_ops.permutation(pivots, length=shape_of(lu)[-1])
    b = strong(arraylike(b))
    x = reshape(b, shape=(*b.shape, 1)) if b.ndim == 1 else b
    lu = lu if trans != 2 else conj_of(lu)
    if trans == 0:
        x = ops.solved(lu, lu_ops.rows(x, order), lower=True, unit=True)
        x = ops.solved(lu, x)
    else:
        x = ops.solved(lu, x, transpose=True)
        x = ops.solved(lu, x, lower=True, transpose=True, unit=True)
        x = lu_ops.rows(x, arg_sort(order))
    return reshape(x, shape=x.shape[:-1]) if b.ndim == 1 else x
