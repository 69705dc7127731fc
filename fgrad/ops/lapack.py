"""Systems and factors as SciPy computes them: triangular, LU, Cholesky, Sylvester.

SciPy works on one matrix at a time where it has to; stacks are looped over. Rules for
LU are those of de Hoog, Anderssen and Lukas, "Differentiation of matrix functionals
using triangular factorization" (2011); the others follow Giles (2008), as in
`fgrad.ops.linalg`. Cotangents are not conjugated.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..core import Aval, Primitive, ndim_of, shape_of
from .basic import fit, fit_dtype, reshape, to_front
from .contract import matmul
from .join import concat, pad_constant
from .linalg import cholesky_p, det_p
from .solve import batch_one, inv_p, mT, result_dtype, solve_p, tril_p, triu_p
from .sort import arg_sort, take_along_axis


def over_stack(function, *arrays):
    """Call a function of matrices for each of a stack; one or more results each.

    >>> over_stack(np.linalg.inv, 2 * np.eye(2))
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    lead = np.broadcast_shapes(*(x.shape[:-2] for x in arrays))
    if not lead:
        return function(*arrays)
    wide = [np.broadcast_to(x, lead + x.shape[-2:]) for x in arrays]
    found = [function(*(x[i] for x in wide)) for i in np.ndindex(lead)]
    if not found:  # an empty stack: its results have the shapes of any other's
        one = function(*(np.eye(*x.shape[-2:], dtype=x.dtype) for x in arrays))
        parts = one if isinstance(one, list) else [one]
        zeros = [np.zeros(lead + p.shape, p.dtype) for p in parts]
        return zeros if isinstance(one, list) else zeros[0]
    if isinstance(found[0], list):
        return [np.stack(p).reshape(lead + p[0].shape) for p in zip(*found)]
    return np.stack(found).reshape(lead + found[0].shape)


def batch_last(prim, count):
    """Return the batch rule of a primitive of stacks over the last ``count`` axes."""

    def batch(args, dims, size, **params):
        ranks = [ndim_of(x) - (d is not None) for x, d in zip(args, dims)]
        rank = max(ranks + [count])
        args = [
            x if d is None else _with_axes(to_front(x, d), rank - own)
            for x, d, own in zip(args, dims, ranks)
        ]
        return prim()(*args, **params), 0

    return batch


def batch_stacks(prim):
    """Return the batch rule of a primitive of stacks of matrices."""
    return batch_last(prim, 2)


def _with_axes(x, count):
    return reshape(x, shape=(x.shape[0], *(1,) * count, *x.shape[1:])) if count else x


def stacked_like(a, z):
    """Return the aval of ``a`` stacked as often as the result is."""
    return Aval(z.shape[:-2] + a.shape[-2:], z.dtype)


# -- solve, inv, det, cholesky: SciPy's values, the rules of NumPy's -------------------

ASSUMED = (None, "diagonal", "tridiagonal", "banded", "upper triangular",
           "lower triangular", "sym", "her", "pos")  # fmt: skip
"""What may be known of a matrix; params have the index."""
_SYMMETRIC = 6  # and later ones: one triangle is read


def _options(assume, lower):
    if not assume:
        return {"lower": True} if lower else {}
    return {"assume_a": ASSUMED[assume], "lower": lower}


def _scipy_solve(a, b, *, assume, lower):
    from scipy.linalg import solve

    return over_stack(lambda a, b: solve(a, b, **_options(assume, lower)), a, b)


def _even(x, assume):
    """Return the symmetric part of a matrix of which one triangle is read."""
    if assume < _SYMMETRIC:
        return x
    other = mT(x)
    other = other.conj() if ASSUMED[assume] != "sym" and x.dtype.kind == "c" else other
    return (x + other) * 0.5


def _part(x, assume):
    """Return the part of a matrix that a solver reads, as the derivative sees it."""
    if ASSUMED[assume] == "upper triangular":
        return triu_p(x, k=0)
    if ASSUMED[assume] == "lower triangular":
        return tril_p(x, k=0)
    return _even(x, assume)


_OPPOSITE = {4: 5, 5: 4}  # the transpose of an upper triangle is a lower one


def _pulled(ct, a, *, assume, lower):
    assume = _OPPOSITE.get(assume, assume)
    flipped = assume >= _SYMMETRIC and not lower
    return scipy_solve(mT(a), ct, assume=assume, lower=flipped)


def _solve_vjp_a(ct, z, a, b, **params):
    product = -matmul(_pulled(ct, a, **params), mT(z))
    return fit(_part(product, params["assume"]), a, stacked_like(a, z))


def _right_side(ta, tb, z):
    """Return the right-hand side that gives the tangent of ``a @ z = b``."""
    if ta is None:
        return tb
    product = matmul(ta, z)
    return -product if tb is None else tb - product


def _solve_jvp(ts, z, a, b, **params):
    ta = None if ts[0] is None else _part(ts[0], params["assume"])
    return fit_dtype(scipy_solve(a, _right_side(ta, ts[1], z), **params), z)


scipy_solve = Primitive(
    "scipy_solve",
    impl=_scipy_solve,
    abstract=lambda a, b, **params: solve_p.abstract(a, b),
    vjp=(
        _solve_vjp_a,
        lambda ct, z, a, b, **params: fit(_pulled(ct, a, **params), b, z),
    ),
    jvp=_solve_jvp,
    batch=batch_stacks(lambda: scipy_solve),
)


def _scipy_inv(a):
    from scipy.linalg import inv

    return over_stack(inv, a)


def _scipy_det(a):
    from scipy.linalg import det

    return np.asarray(over_stack(lambda a: np.asarray(det(a)), a))[()]


def _scipy_cholesky(a):
    from scipy.linalg import cholesky

    return over_stack(lambda a: cholesky(a, lower=True), a)


def double(a):
    """Return the dtype of what SciPy computes in double precision."""
    return np.result_type(a.dtype, np.float64)


def _twin(prim, name, impl, **fields):
    """Return a primitive with the rules of another, and values by SciPy."""
    fields.update(name=name, impl=impl, emit="", batch=batch_one(lambda: twin))
    twin = replace(prim, **fields)
    return twin


scipy_inv = _twin(inv_p, "scipy_inv", _scipy_inv)
scipy_det = _twin(
    det_p, "scipy_det", _scipy_det, abstract=lambda a: Aval(a.shape[:-2], double(a))
)
scipy_cholesky = _twin(cholesky_p, "scipy_cholesky", _scipy_cholesky)


# -- triangular systems --------------------------------------------------------------


def _triangular(a, b, *, lower, transpose, unit):
    from scipy.linalg import solve_triangular

    options = {"trans": int(transpose), "lower": lower, "unit_diagonal": unit}
    return over_stack(lambda a, b: solve_triangular(a, b, **options), a, b)


def _triangle(x, lower, unit):
    return tril_p(x, k=-int(unit)) if lower else triu_p(x, k=int(unit))


def _triangular_pulled(ct, a, *, lower, transpose, unit):
    return scipy_triangular(a, ct, lower=lower, transpose=not transpose, unit=unit)


def _triangular_vjp_a(ct, z, a, b, *, lower, transpose, unit):
    ct = _triangular_pulled(ct, a, lower=lower, transpose=transpose, unit=unit)
    product = matmul(z, mT(ct)) if transpose else matmul(ct, mT(z))
    return fit(-_triangle(product, lower, unit), a, stacked_like(a, z))


def _triangular_jvp(ts, z, a, b, *, lower, transpose, unit):
    ta, tb = ts
    if ta is not None:
        ta = _triangle(ta, lower, unit)
        ta = mT(ta) if transpose else ta
    params = {"lower": lower, "transpose": transpose, "unit": unit}
    return fit_dtype(scipy_triangular(a, _right_side(ta, tb, z), **params), z)


scipy_triangular = Primitive(
    "scipy_triangular",
    impl=_triangular,
    abstract=lambda a, b, **params: solve_p.abstract(a, b),
    vjp=(
        _triangular_vjp_a,
        lambda ct, z, a, b, **params: fit(_triangular_pulled(ct, a, **params), b, z),
    ),
    jvp=_triangular_jvp,
    batch=batch_stacks(lambda: scipy_triangular),
)


def solved(a, b, *, lower=False, transpose=False, unit=False):
    """Return the solution of a triangular system, stacked or not."""
    return scipy_triangular(a, b, lower=lower, transpose=transpose, unit=unit)


# -- lu ------------------------------------------------------------------------------

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


def _batch_list(prim, count):
    return lambda args, dims, size: (prim()(to_front(args[0], dims[0])), [0] * count)


lu_p = Primitive(
    "lu",
    impl=_lu,
    abstract=_abstract_lu,
    vjp=(_lu_vjp,),
    jvp=_lu_jvp,
    batch=_batch_list(lambda: lu_p, 3),
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
    batch=_batch_list(lambda: lu_factor_p, 2),
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
    batch=lambda args, dims, size, **params: (
        permutation(to_front(args[0], dims[0]), **params),
        0,
    ),
    flat=True,
)
