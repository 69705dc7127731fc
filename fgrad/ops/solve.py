"""Linear systems on stacks of matrices: solve, triangular_solve, inv.

Rules are those of Giles, "Collected matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008).
Cotangents are not conjugated.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, broadcast_shapes, ndim_of, shape_of
from .basic import fit, fit_dtype, reshape, sum_axes, to_front, transpose
from .contract import matmul
from .elementwise import conj
from .stacks import batch_stacks, stacked_like

# -- parts and products ------------------------------------------------------------


def mT(x):
    """Return the matrices of a stack transposed."""
    n = ndim_of(x)
    return transpose(x, axes=(*range(n - 2), n - 1, n - 2))


def conj_of(x):
    """Return the conjugate, which is the array itself if it is real."""
    return conj(x) if x.dtype.kind == "c" else x


def mH(x):
    """Return the matrices of a stack transposed and conjugated."""
    return mT(conj_of(x))


def batch_one(prim):
    """Return the batch rule of a primitive that maps over leading axes."""
    return lambda args, dims, size, **params: (
        prim()(to_front(args[0], dims[0]), **params),
        0,
    )


def batch_each(prim, count):
    """Return the batch rule of one that gives ``count`` arrays for each matrix."""
    return lambda args, dims, size, **params: (
        prim()(to_front(args[0], dims[0]), **params),
        [0] * count,
    )


def _triangle(name, function):
    """Return the linear primitive that keeps a triangle of every matrix."""
    prim = Primitive(
        name,
        impl=lambda x, *, k: function(x, k),
        abstract=lambda x, *, k: Aval(x.shape, x.dtype),
        vjp=(lambda ct, z, x, *, k: prim(ct, k=k),),
        jvp=lambda ts, z, x, *, k: prim(ts[0], k=k),
        batch=batch_one(lambda: prim),
        emit=f"np.{name}({{0}}, {{k}})",
        linear=True,
    )
    return prim


tril_p = _triangle("tril", np.tril)
triu_p = _triangle("triu", np.triu)


def scaled(factor, matrix):
    """Multiply a stack of numbers with a stack of matrices."""
    return reshape(factor, shape=(*shape_of(factor), 1, 1)) * matrix


def trace(x, y):
    """Return the sum of ``x * y`` over the axes of each matrix."""
    n = ndim_of(x)
    return sum_axes(x * y, (n - 2, n - 1))


def matrices(name, a):
    """Return an operand as an array, if it is a stack of matrices."""
    a = a if hasattr(a, "shape") else np.asarray(a)
    if len(a.shape) < 2:
        raise np.linalg.LinAlgError(
            f"{name}: a matrix needs two axes at least, got shape {a.shape}"
        )
    return a


def square(name, a):
    """Return an operand as an array, if it is a stack of square matrices."""
    a = matrices(name, a)
    shape = a.shape
    if shape[-1] != shape[-2]:
        raise np.linalg.LinAlgError(
            f"{name}: the last two axes must be equally long, got shape {shape}"
        )
    return a


def result_dtype(*xs):
    """Return the dtype that LAPACK gives: float64 for integers."""
    return np.linalg.inv(np.ones((1, 1), np.result_type(*(x.dtype for x in xs)))).dtype


# -- solve -------------------------------------------------------------------------


def _abstract_solve(a, b, **params):
    lead = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return Aval(lead + b.shape[-2:], result_dtype(a, b))


solve_p = Primitive(
    "solve",
    impl=lambda a, b: np.linalg.solve(a, b),
    abstract=_abstract_solve,
    vjp=(
        lambda ct, z, a, b: fit(
            -matmul(solve_p(mT(a), ct), mT(z)), a, stacked_like(a, z)
        ),
        lambda ct, z, a, b: fit(solve_p(mT(a), ct), b, z),
    ),
    jvp=lambda ts, z, a, b: fit_dtype(solve_p(a, right_side(ts[0], ts[1], z)), z),
    batch=batch_stacks(lambda: solve_p),
    emit="np.linalg.solve({0}, {1})",
)


def right_side(ta, tb, z):
    """Return the right-hand side that gives the tangent of ``a @ z = b``."""
    if ta is None:
        return tb
    product = matmul(ta, z)
    return -product if tb is None else tb - product


def solve(a, b):
    """Return the solution of ``a @ x = b``; b is a vector only if it is 1-d.

    Raises `numpy.linalg.LinAlgError` if a matrix is singular.

    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, 2.0]))
    array([1. , 0.5])
    """
    a = square("solve", a)
    return _with_matrix(solve_p, "solve", a, b)


def _with_matrix(prim, name, a, b, **params):
    """Call a solver, which takes matrices only, for a vector or matrices."""
    b = b if hasattr(b, "shape") else np.asarray(b)
    vector = len(b.shape) == 1
    rows = b.shape[-1 if vector else -2] if b.shape else None
    if rows != a.shape[-1]:
        raise ValueError(
            f"{name}: a of shape {a.shape} and b of shape {b.shape}: b must have "
            f"{a.shape[-1]} rows"
        )
    if not vector:
        return prim(a, b, **params)
    z = prim(a, reshape(b, shape=(*b.shape, 1)), **params)
    return reshape(z, shape=z.shape[:-1])


# -- triangular solve --------------------------------------------------------------


def _triangular_solve(a, b, *, lower, transpose, unit):
    a = np.tril(a, -unit) if lower else np.triu(a, unit)
    if unit:
        a = a + np.eye(a.shape[-1], dtype=a.dtype)
    return np.linalg.solve(a.swapaxes(-1, -2) if transpose else a, b)


def triangular_rules(prim):
    """Return the fields of a primitive that solves triangular systems, but its impl."""

    def part(x, lower, unit):
        return tril_p(x, k=-int(unit)) if lower else triu_p(x, k=int(unit))

    def pulled(ct, a, *, transpose, **params):
        return prim()(a, ct, transpose=not transpose, **params)

    def vjp_a(ct, z, a, b, *, lower, transpose, unit):
        ct = pulled(ct, a, lower=lower, transpose=transpose, unit=unit)
        product = matmul(z, mT(ct)) if transpose else matmul(ct, mT(z))
        return fit(-part(product, lower, unit), a, stacked_like(a, z))

    def jvp(ts, z, a, b, *, lower, transpose, unit):
        ta, tb = ts
        if ta is not None:
            ta = part(ta, lower, unit)
            ta = mT(ta) if transpose else ta
        t = right_side(ta, tb, z)
        t = prim()(a, t, lower=lower, transpose=transpose, unit=unit)
        return fit_dtype(t, z)

    def vjp_b(ct, z, a, b, **params):
        return fit(pulled(ct, a, **params), b, z)

    return {
        "abstract": _abstract_solve,
        "vjp": (vjp_a, vjp_b),
        "jvp": jvp,
        "batch": batch_stacks(prim),
    }


triangular_solve_p = Primitive(
    "triangular_solve",
    impl=_triangular_solve,
    **triangular_rules(lambda: triangular_solve_p),
)


def triangular_solve(a, b, *, lower=False, transpose=False, unit=False):
    """Return the solution of ``a @ x = b`` for triangular matrices ``a``.

    Only the lower (or upper) triangle is read; ``transpose`` solves with ``a.T``,
    ``unit`` takes the diagonal as ones. NumPy has no triangular solver, so the
    triangle is given to its general one: the result is the same, the cost that of
    a factorisation.

    >>> a = np.array([[2.0, 9.0], [1.0, 1.0]])
    >>> triangular_solve(a, np.array([2.0, 3.0]), lower=True)
    array([1., 2.])
    """
    a = square("triangular_solve", a)
    params = {"lower": lower, "transpose": transpose, "unit": unit}
    return _with_matrix(triangular_solve_p, "triangular_solve", a, b, **params)


# -- inv ---------------------------------------------------------------------------


def _minus_sandwich(z, t):
    return -matmul(matmul(z, t), z)


inv_p = Primitive(
    "inv",
    impl=lambda a: np.linalg.inv(a),
    abstract=lambda a: Aval(a.shape, result_dtype(a)),
    vjp=(lambda ct, z, a: fit_dtype(_minus_sandwich(mT(z), ct), a),),
    jvp=lambda ts, z, a: fit_dtype(_minus_sandwich(z, ts[0]), z),
    batch=batch_one(lambda: inv_p),
    emit="np.linalg.inv({0})",
)


def inv(a):
    """Return the inverse of every matrix of a stack."""
    return inv_p(square("inv", a))


def _singular(a):
    """Say of every matrix of a stack whether LAPACK finds no inverse."""
    found = np.zeros(a.shape[:-2], bool)
    try:
        np.linalg.inv(a)
    except np.linalg.LinAlgError:
        for place in np.ndindex(found.shape):
            try:
                np.linalg.inv(a[place])
            except np.linalg.LinAlgError:
                found[place] = True
    return found[()]


singular_p = Primitive(
    "singular",
    impl=_singular,
    abstract=lambda a: Aval(a.shape[:-2], np.dtype(bool)),
    batch=batch_one(lambda: singular_p),
    flat=True,
)
