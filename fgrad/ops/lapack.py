"""Systems and factors as SciPy computes them: solve, inverse, Cholesky, triangular.

Rules are those of their twins in `fgrad.ops.linalg`, which NumPy computes; a matrix of
which SciPy reads one triangle has the derivative of a symmetric one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..core import Aval, Primitive
from .basic import fit, fit_dtype
from .contract import matmul
from .linalg import cholesky_p, det_p
from .solve import (
    batch_one,
    inv_p,
    mT,
    right_side,
    solve_p,
    triangular_rules,
    tril_p,
    triu_p,
)
from .stacks import batch_stacks, double, over_stack, stacked_like

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


def _solve_jvp(ts, z, a, b, **params):
    ta = None if ts[0] is None else _part(ts[0], params["assume"])
    return fit_dtype(scipy_solve(a, right_side(ta, ts[1], z), **params), z)


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


def _scipy_cholesky(a, *, upper):
    from scipy.linalg import cholesky

    return over_stack(lambda a: cholesky(a, lower=not upper), a)


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


scipy_triangular = Primitive(
    "scipy_triangular",
    impl=_triangular,
    **triangular_rules(lambda: scipy_triangular),
)


def solved(a, b, *, lower=False, transpose=False, unit=False):
    """Return the solution of a triangular system, stacked or not."""
    return scipy_triangular(a, b, lower=lower, transpose=transpose, unit=unit)
