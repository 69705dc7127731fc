"""Factors of a matrix with its rows in another order, as SciPy computes them.

Rules are those of de Hoog, Anderssen and Lukas, "Differentiation of matrix functionals
using triangular factorization" (2011). Cotangents are not conjugated.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, ndim_of, shape_of
from .basic import fit_dtype
from .contract import matmul
from .join import concat, pad_constant
from .lapack import solved
from .solve import batch_each, batch_one, mT, result_dtype, tril_p, triu_p
from .sort import arg_sort, take_along_axis
from .stacks import over_stack

# With x = P da: inv(l) x inv(u) = inv(l) dl + du inv(u), a strictly lower and an upper
# matrix. Factors that are not square are filled up with the identity.


def _filled(x, n):
    """Return a factor as a square matrix of order n."""
    rows, columns = shape_of(x)[-2:]
    lead = shape_of(x)[:-2]
    if columns < n:
        rest = np.eye(n, dtype=x.dtype)[:, columns:]
        return concat([x, np.broadcast_to(rest, (*lead, n, n - columns))], -1)
    if rows < n:
        rest = np.eye(n, dtype=x.dtype)[rows:]
        return concat([x, np.broadcast_to(rest, (*lead, n - rows, n))], -2)
    return x


def _resized(x, m, n):
    """Return matrices cut or padded with zeros to m rows and n columns."""
    x = x[..., :m, :n]
    widths = [(0, 0)] * (ndim_of(x) - 2)
    return pad_constant(x, [*widths, (0, m - x.shape[-2]), (0, n - x.shape[-1])])


def _lu_pushed(x, l, u):
    """Return the tangents of both factors for that of their product."""
    m, n, k = l.shape[-2], u.shape[-1], l.shape[-1]
    full_l, full_u = _filled(l, m), _filled(u, n)
    left = solved(full_l, x, lower=True, unit=True)
    f = mT(solved(full_u, mT(left), transpose=True))
    tl = matmul(full_l, tril_p(f, k=-1))[..., :k]
    return tl, matmul(triu_p(f, k=0), full_u)[..., :k, :]


def _lu_pulled(ct_l, ct_u, l, u):
    """Return the cotangent of the product of both factors for theirs."""
    m, n = l.shape[-2], u.shape[-1]
    full_l, full_u, f = _filled(l, m), _filled(u, n), None
    if ct_l is not None:
        f = tril_p(matmul(mT(full_l), _resized(ct_l, m, n)), k=-1)
    if ct_u is not None:
        upper = triu_p(matmul(_resized(ct_u, m, n), mT(full_u)), k=0)
        f = upper if f is None else f + upper
    left = solved(full_l, f, lower=True, transpose=True, unit=True)
    return mT(solved(full_u, mT(left)))


def rows(x, order):
    """Return the rows of matrices in another order."""
    return take_along_axis(x, order[..., None], -2)


def _lu(a):
    from scipy.linalg import lu

    def factors(a):
        order, l, u = lu(a, p_indices=True)
        return [np.asarray(order, np.int32), l, u]

    return over_stack(factors, a)


def _abstract_lu(a):
    (m, n), lead, dtype = a.shape[-2:], a.shape[:-2], result_dtype(a)
    k = min(m, n)
    order = Aval((*lead, m), np.dtype(np.int32))
    return [order, Aval((*lead, m, k), dtype), Aval((*lead, k, n), dtype)]


def _lu_vjp(cts, z, a):
    order, l, u = z
    if cts[1] is None and cts[2] is None:
        return None
    return fit_dtype(rows(_lu_pulled(cts[1], cts[2], l, u), order), a)


def _lu_jvp(ts, z, a):
    order, l, u = z
    return [None, *_lu_pushed(rows(ts[0], arg_sort(order)), l, u)]


lu_p = Primitive(
    "lu",
    impl=_lu,
    abstract=_abstract_lu,
    vjp=(_lu_vjp,),
    jvp=_lu_jvp,
    batch=batch_each(lambda: lu_p, 3),
    multi=True,
)


def _lu_factor(a):
    from scipy.linalg import lu_factor

    return over_stack(lambda a: list(lu_factor(a)), a)


def _abstract_lu_factor(a):
    pivots = Aval((*a.shape[:-2], min(a.shape[-2:])), np.dtype(np.int32))
    return [Aval(a.shape, result_dtype(a)), pivots]


def split_lu(lu):
    """Return the lower factor, with ones on its diagonal, and the upper one."""
    m, n = lu.shape[-2:]
    k = min(m, n)
    lower = tril_p(lu, k=-1)[..., :k] + np.eye(m, k, dtype=lu.dtype)
    return lower, triu_p(lu, k=0)[..., :k, :]


def _lu_factor_vjp(cts, z, a):
    if cts[0] is None:
        return None
    m = a.shape[-2]
    ct_l, ct_u = tril_p(cts[0], k=-1), triu_p(cts[0], k=0)
    ct = _lu_pulled(ct_l[..., : min(a.shape[-2:])], ct_u, *split_lu(z[0]))
    return fit_dtype(rows(ct, arg_sort(permutation(z[1], length=m))), a)


def _lu_factor_jvp(ts, z, a):
    m, n = a.shape[-2:]
    order = permutation(z[1], length=m)
    tl, tu = _lu_pushed(rows(ts[0], order), *split_lu(z[0]))
    return [tril_p(_resized(tl, m, n), k=-1) + _resized(tu, m, n), None]


lu_factor_p = Primitive(
    "lu_factor",
    impl=_lu_factor,
    abstract=_abstract_lu_factor,
    vjp=(_lu_factor_vjp,),
    jvp=_lu_factor_jvp,
    batch=batch_each(lambda: lu_factor_p, 2),
    multi=True,
)


def _permutation(pivots, *, length):
    order = np.tile(np.arange(length), (*pivots.shape[:-1], 1))
    for place in np.ndindex(pivots.shape[:-1]):
        row = order[place]
        for i, other in enumerate(pivots[place]):
            row[[i, other]] = row[[other, i]]
    return order


permutation = Primitive(
    "permutation",
    impl=_permutation,
    abstract=lambda pivots, *, length: Aval(
        (*pivots.shape[:-1], length), np.dtype(np.intp)
    ),
    batch=batch_one(lambda: permutation),
    flat=True,
)
