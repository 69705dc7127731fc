"""Iterative solvers of linear systems on trees, differentiated implicitly.

>>> import numpy as np
>>> x, _ = cg(lambda v: {"a": 2.0 * v["a"]}, {"a": np.array([2.0, 4.0])})
>>> x["a"]
array([1., 2.])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiler.linear_transpose import linear_transpose
from ...core import Tracer, dtype_of, ndim_of, shape_of, short_errors
from ...flatten_util import ravel_pytree
from ...lax import custom_linear_solve, stop_gradient, while_loop
from ...ops import elementwise as ew
from ...ops.basic import astype, real
from ...ops.contract import dot, matmul, vdot
from ...ops.index import at
from ...pytree import tree_structure
from ...transforms.arguments import check_callable

__all__ = ["bicgstab", "cg", "gmres"]


@short_errors
def cg(
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    tol: float = 1e-5,
    atol: float = 0.0,
    maxiter: int | None = None,
    M: Any = None,
) -> tuple[Any, None]:
    """Solve ``A(x) = b`` by conjugate gradients; ``A`` is Hermitian and positive.

    Derivatives solve the same system with another right-hand side; they reach ``b``
    and what ``A`` closes over, and are as exact as the solutions.

    Args:
        A: a linear function of trees like ``b``, or a matrix for a vector ``b``.
        b: the right-hand side, a tree of arrays.
        x0: where to start, by default zero; it has no derivative.
        tol: the residual is at most ``max(tol * norm(b), atol)``.
        atol: see ``tol``.
        maxiter: the most iterations, by default ten times the number of unknowns.
        M: an approximation of the inverse of ``A``, a function or a matrix.

    Returns:
        The solution, a tree like ``b``, and None (as in JAX, nothing is told of
        convergence).

    Raises:
        TypeError: if trees or shapes do not fit.

    >>> cg(np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]), tol=1e-9)[0]
    array([0.09090909, 0.63636364])
    """
    return _solved("cg", _cg, A, b, x0, tol, atol, maxiter, M, symmetric=True)


@short_errors
def bicgstab(
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    tol: float = 1e-5,
    atol: float = 0.0,
    maxiter: int | None = None,
    M: Any = None,
) -> tuple[Any, None]:
    """Solve ``A(x) = b`` by the stabilised biconjugate gradient method.

    Arguments and results are those of `cg`, for any invertible ``A``.

    >>> bicgstab(np.array([[4.0, 1.0], [0.0, 3.0]]), np.array([5.0, 3.0]))[0].round(6)
    array([1., 1.])
    """
    return _solved("bicgstab", _bicgstab, A, b, x0, tol, atol, maxiter, M)


@short_errors
def gmres(
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    tol: float = 1e-5,
    atol: float = 0.0,
    restart: int = 20,
    maxiter: int | None = None,
    M: Any = None,
    solve_method: str = "batched",
) -> tuple[Any, None]:
    """Solve ``A(x) = b`` with the smallest residual in a Krylov space.

    Arguments and results are those of `cg`, for any invertible ``A``. The space starts
    anew after ``restart`` products with ``A``; ``maxiter`` counts starts.
    ``solve_method`` is for programs written for JAX, and has no effect.

    >>> gmres(np.array([[4.0, 1.0], [0.0, 3.0]]), np.array([1.0, 3.0]))[0].round(6)
    array([0., 1.])
    """

    def method(A: Any, b: Any, x: Any, M: Any, limit: Any, most: Any) -> Any:
        return _gmres(A, b, x, M, limit, most, min(restart, shape_of(b)[0]))

    most = None if maxiter is None else maxiter * restart
    return _solved("gmres", method, A, b, x0, tol, atol, most, M)


# -- from trees to vectors -----------------------------------------------------------


def _solved(name: str, method: Any, A: Any, b: Any, x0: Any, tol: Any, atol: Any,
            maxiter: Any, M: Any, symmetric: bool = False) -> Any:  # fmt: skip
    flat, unravel = ravel_pytree(b)
    if dtype_of(flat).kind not in "fc":
        raise TypeError(f"{name}: b has dtype {dtype_of(flat)}: write b.astype(float)")
    matvec = _on_vectors(name, "A", A, b, unravel)
    prepared = (lambda v: v) if M is None else _on_vectors(name, "M", M, b, unravel)
    start = np.zeros(shape_of(flat), dtype_of(flat))
    if x0 is not None:
        if tree_structure(x0) != tree_structure(b):
            raise TypeError(f"{name}: x0 and b must have the same tree")
        start = stop_gradient(ravel_pytree(x0)[0])
    most = 10 * shape_of(flat)[0] if maxiter is None else maxiter

    def solve(matvec: Any, b: Any, M: Any = prepared, start: Any = start) -> Any:
        limit = ew.maximum(tol * _norm(b), atol)
        return method(matvec, b, start, M, limit, most)

    def back(vecmat: Any, b: Any) -> Any:
        turned = (lambda v: v) if M is None else (
            lambda v: linear_transpose(prepared, v)(v)[0]
        )  # fmt: skip
        return solve(vecmat, b, turned, np.zeros(shape_of(b), dtype_of(b)))

    x = custom_linear_solve(
        matvec, flat, solve, None if symmetric else back, symmetric=symmetric
    )
    return unravel(x), None


def _on_vectors(name: str, which: str, A: Any, b: Any, unravel: Any) -> Any:
    """Return a linear function of trees, or a matrix, as a function of vectors."""
    if not callable(A) or type(A) is Tracer:
        if ndim_of(A) != 2 or getattr(b, "ndim", 0) != 1:
            raise TypeError(
                f"{name}: {which} must be a function, or a matrix for a vector b: got "
                f"shape {shape_of(A)}, and b of shape {getattr(b, 'shape', 'a tree')}"
            )
        if shape_of(A) != (shape_of(b)[0],) * 2:
            raise TypeError(
                f"{name}: {which} of shape {shape_of(A)} does not fit b of shape "
                f"{shape_of(b)}"
            )
        return lambda v: matmul(A, v)
    check_callable(A, name)
    function: Callable[..., Any] = A

    def matvec(v: Any) -> Any:
        out = function(unravel(v))
        if tree_structure(out) != tree_structure(b):
            raise TypeError(f"{name}: {which} must return a tree like b")
        out = ravel_pytree(out)[0]
        if shape_of(out) != shape_of(v):
            raise TypeError(
                f"{name}: {which} must return the shapes of b, {shape_of(v)[0]} "
                f"numbers, but returned {shape_of(out)[0]}"
            )
        return astype(out, dtype_of(v))

    return matvec


def _norm(v: Any) -> Any:
    return ew.sqrt(_real_dot(v, v))


def _real_dot(u: Any, v: Any) -> Any:
    z = vdot(u, v)
    return real(z) if z.dtype.kind == "c" else z


def _ratio(x: Any, y: Any) -> Any:
    """Return a quotient, and zero where the method has broken down."""
    zero = ew.eq(y, 0)
    return ew.where(zero, 0.0, x / ew.where(zero, 1.0, y))


# -- the methods ---------------------------------------------------------------------


def _cg(A: Any, b: Any, x: Any, M: Any, limit: Any, most: Any) -> Any:
    """Hestenes and Stiefel (1952)."""

    def open_(state: Any) -> Any:
        _, r, _, _, k = state
        return ew.gt(_norm(r), limit) & ew.lt(k, most)

    def step(state: Any) -> Any:
        x, r, p, rho, k = state
        q = A(p)
        alpha = _ratio(rho, _real_dot(p, q))
        x, r = x + alpha * p, r - alpha * q
        z = M(r)
        new = _real_dot(r, z)
        return x, r, z + _ratio(new, rho) * p, new, k + 1

    r = b - A(x)
    z = M(r)
    return while_loop(open_, step, (x, r, z, _real_dot(r, z), 0))[0]


def _bicgstab(A: Any, b: Any, x: Any, M: Any, limit: Any, most: Any) -> Any:
    """Van der Vorst (1992)."""

    def open_(state: Any) -> Any:
        r, k, stuck = state[1], state[-2], state[-1]
        return ew.gt(_norm(r), limit) & ew.lt(k, most) & ew.logical_not(stuck)

    def step(state: Any) -> Any:
        x, r, p, v, rho, alpha, omega, k, _ = state
        new = vdot(first, r)
        p = r + _ratio(new, rho) * _ratio(alpha, omega) * (p - omega * v)
        p_ = M(p)
        v = A(p_)
        alpha = _ratio(new, vdot(first, v))
        s = r - alpha * v
        s_ = M(s)
        t = A(s_)
        omega = _ratio(vdot(t, s), vdot(t, t))
        stuck = ew.eq(new, 0) | (ew.eq(omega, 0) & ew.eq(alpha, 0))
        x = x + alpha * p_ + omega * s_
        return x, s - omega * t, p, v, new, alpha, omega, k + 1, stuck

    first = r = b - A(x)
    one = np.ones((), dtype_of(b))[()]
    zero = np.zeros(shape_of(b), dtype_of(b))
    init = (x, r, zero, zero, one, one, one, 0, np.False_)
    return while_loop(open_, step, init)[0]


def _gmres(A: Any, b: Any, x: Any, M: Any, limit: Any, most: Any, m: int) -> Any:
    """Saad and Schultz (1986), in the form of Orthodir (Young and Jea, 1980).

    The columns of ``q`` are orthonormal, and products of ``A`` with those of ``p``; so
    the residual that is smallest is orthogonal to ``q``.
    """

    def open_(state: Any) -> Any:
        return ew.gt(_norm(state[1]), limit) & ew.lt(state[-1], most)

    def step(state: Any) -> Any:
        x, r, v, p, q, k = state
        place = k % m
        fresh = ew.eq(place, 0)
        v, p, q = (ew.where(fresh, new, old) for new, old in
                   ((r, v), (0.0, p), (0.0, q)))  # fmt: skip
        ahead = M(v)
        product = A(ahead)
        for _ in range(2):  # the second time takes away what rounding left
            share = dot(ew.conj(q), product)
            product, ahead = product - dot(share, q), ahead - dot(share, p)
        size = _norm(product)
        product, ahead = _ratio(product, size), _ratio(ahead, size)
        length = vdot(product, r)
        x, r = x + length * ahead, r - length * product
        p, q = at(p)[place].set(ahead), at(q)[place].set(product)
        return x, r, product, p, q, k + 1

    r = b - A(x)
    zero = np.zeros((m, *shape_of(b)), dtype_of(b))
    return while_loop(open_, step, (x, r, r, zero, zero, 0))[0]
