"""Iterative solvers: solutions, derivatives, preconditioners, trees, messages."""

import numpy as np
import pytest

import fgrad

pytest.importorskip("scipy")
from fgrad.scipy.sparse import linalg

rng = np.random.default_rng(0)
S = rng.normal(size=(6, 6)) + 5 * np.eye(6)
D = S @ S.T
B = rng.normal(size=6)
SOLVERS = {"cg": (linalg.cg, D), "bicgstab": (linalg.bicgstab, S),
           "gmres": (linalg.gmres, S)}  # fmt: skip
every = pytest.mark.parametrize("name", SOLVERS)


@every
def test_solutions_and_derivatives_are_those_of_solve(name):
    solver, a = SOLVERS[name]
    f = lambda a, b: solver(lambda v: a @ v, b, tol=1e-11)[0]
    np.testing.assert_allclose(f(a, B), np.linalg.solve(a, B), rtol=1e-8)
    np.testing.assert_allclose(fgrad.jit(f)(a, B), f(a, B), rtol=1e-12)
    w = np.cos(np.arange(6))
    got = fgrad.grad(lambda a, b: f(a, b) @ w, (0, 1))(a, B)
    expected = fgrad.grad(lambda a, b: np.linalg.solve(a, b) @ w, (0, 1))(a, B)
    for x, y in zip(got, expected):
        np.testing.assert_allclose(x, y, rtol=1e-6, atol=1e-8)
    t = fgrad.jvp(lambda b: f(a, b), (B,), (w,))[1]
    np.testing.assert_allclose(t, np.linalg.solve(a, w), rtol=1e-6)


@every
def test_a_matrix_a_start_and_a_preconditioner(name):
    solver, a = SOLVERS[name]
    m = np.linalg.inv(a)
    x = solver(a, B, B, tol=1e-9, maxiter=3, M=lambda v: m @ v)[0]
    np.testing.assert_allclose(a @ x, B, rtol=1e-6, atol=1e-7)
    g = fgrad.grad(lambda b: solver(a, b, tol=1e-9, M=m)[0].sum())(B)
    np.testing.assert_allclose(g, np.linalg.solve(a.T, np.ones(6)), rtol=1e-6)


@every
def test_trees_maps_and_complex_numbers(name):
    solver, a = SOLVERS[name]
    A = lambda v: {"u": a @ v["u"], "w": 3.0 * v["w"]}
    x = solver(A, {"u": B, "w": np.ones((2, 2))}, tol=1e-10)[0]
    np.testing.assert_allclose(a @ x["u"], B, rtol=1e-7)
    np.testing.assert_allclose(x["w"], np.full((2, 2), 1 / 3), rtol=1e-7)
    rows = fgrad.vmap(lambda b: solver(a, b, tol=1e-10)[0])(np.stack([B, 0 * B]))
    np.testing.assert_allclose(rows[0], np.linalg.solve(a, B), rtol=1e-7)
    assert not rows[1].any()
    z = a + 1j * (a - a.T)
    np.testing.assert_allclose(z @ solver(z, B + 0j, tol=1e-10)[0], B, rtol=1e-6)


def test_restarts():
    x = linalg.gmres(S, B, tol=1e-10, restart=2, maxiter=200)[0]
    np.testing.assert_allclose(S @ x, B, rtol=1e-7)


BAD = {
    "matrix": (lambda: linalg.cg(S[:2], B), r"shape \(2, 6\) does not fit"),
    "tree": (lambda: linalg.gmres(S, {"x": B}), "a function, or a matrix"),
    "shape": (lambda: linalg.cg(lambda v: v[:2], B), "6 numbers, but returned 2"),
    "other tree": (lambda: linalg.cg(lambda v: [v], B), "tree like b"),
    "integers": (lambda: linalg.bicgstab(S, np.arange(6)), r"astype\(float\)"),
}


@pytest.mark.parametrize("name", BAD)
def test_messages(name):
    call, words = BAD[name]
    with pytest.raises(TypeError, match=words):
        call()
