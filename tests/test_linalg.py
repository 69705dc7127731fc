"""NumPy's linear algebra on traced values: JAX's derivatives, and the points JAX lacks.

What `np.linalg` gives is compared call by call in ``tests/sweep/linalg.py``. Here are
functions that do not depend on the phase, sign or basis of vectors.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import fgrad.numpy
from fgrad import grad, hessian, jacfwd, jacrev, jit, jvp, tree, vjp, vmap
from fgrad.errors import UntraceableError

from .messages import raised, table

linalg = np.linalg
rng = np.random.default_rng(0)


def normal(*shape, dtype=float):
    x = rng.normal(size=shape)
    return x + 1j * rng.normal(size=shape) if dtype is complex else x


A, TALL, WIDE = normal(3, 3), normal(4, 2), normal(2, 4)
C, TALL_C, WIDE_C = (normal(*x.shape, dtype=complex) for x in (A, TALL, WIDE))
LOW = normal(4, 2) @ normal(2, 3)
B = normal(4, 3)


def conjugate(x):
    return x.swapaxes(-1, -2).conj()


def hermitian(a):
    return (a + conjugate(a)) / 2


def weighted(np, z):
    """Return a real number that sees every element of an array."""
    weights = np.cos(np.arange(1.0, 1 + z.size)).reshape(z.shape)
    return np.sum(weights * np.real(z)) + np.sum(weights**2 * np.imag(z))


def eigh_function(np, a):
    w, v = np.linalg.eigh(hermitian(a))
    return weighted(np, v * np.sin(w) @ conjugate(v))


def eig_function(np, a):
    w, v = np.linalg.eig(a)
    return weighted(np, v * np.sin(w) @ np.linalg.inv(v))


def eig_length(np, a):
    w, v = np.linalg.eig(a)
    return np.sum(np.abs(v) ** 4 * np.real(w))


def svd_function(np, a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return weighted(np, (u * np.sin(s)) @ vh) + weighted(np, (u * s) @ conjugate(u))


def full_svd_function(np, a):
    u, s, vh = np.linalg.svd(a)
    k = s.shape[-1]
    rest, rows = u[:, k:], vh[k:]
    outer = weighted(np, rest @ conjugate(rest)) + weighted(np, conjugate(rows) @ rows)
    return outer + weighted(np, (u[:, :k] * s**3) @ vh[:k])


def qr_function(np, a):
    q, r = np.linalg.qr(a)
    return weighted(np, q) + weighted(np, np.sin(r))


def lstsq_function(np, a):
    x, residuals, _, s = np.linalg.lstsq(a, np.ones((a.shape[0], 2)))
    return weighted(np, x) + np.sum(np.sin(s)) + weighted(np, residuals)


JAXS = {
    "eigvalsh": (lambda np, a: np.sum(np.sin(np.linalg.eigvalsh(hermitian(a)))), A, C),
    "eigh": (eigh_function, A, C),
    "svdvals": (lambda np, a: np.sum(np.sin(np.linalg.svdvals(a))), TALL, WIDE_C),
    "svd, tall": (svd_function, TALL, TALL_C),
    "svd, wide": (svd_function, WIDE, WIDE_C),
    "svd, square": (svd_function, A, C),
    "qr, tall": (qr_function, TALL, TALL_C),
    "qr, square": (qr_function, A, C),
    "pinv, tall": (lambda np, a: weighted(np, np.linalg.pinv(a)), TALL, TALL_C),
    "pinv, wide": (lambda np, a: weighted(np, np.linalg.pinv(a)), WIDE, WIDE_C),
    "lstsq, wide": (lstsq_function, WIDE, WIDE_C),
    "norm 2": (lambda np, a: np.linalg.norm(a, 2), A, C),
    "norm -2": (lambda np, a: np.linalg.norm(a, -2), A, C),
    "nuclear": (lambda np, a: np.linalg.matrix_norm(a, ord="nuc"), TALL, C),
    "cond": (lambda np, a: np.linalg.cond(a), A, TALL_C),
    "cond 1": (lambda np, a: np.linalg.cond(a, 1), A, C),
    "det": (lambda np, a: weighted(np, np.linalg.det(a)[None]), A, C),
    "upper": (
        lambda np, a: weighted(
            np, np.linalg.cholesky(a @ conjugate(a) + np.eye(3), upper=True)
        ), A, C),
    "matrix_power": (lambda np, a: weighted(np, np.linalg.matrix_power(a, -3)), A, C),
    "multi_dot": (
        lambda np, a: weighted(np, np.linalg.multi_dot([a, a.T, a])), WIDE, WIDE_C),
    "tensorinv": (lambda np, a: weighted(np, np.linalg.tensorinv(a, ind=1)), A, C),
}  # fmt: skip


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def gradient(f):
    return lambda a: vjp(f, a)[1](1.0)[0]


def by_jax(jax, fun):
    """Return JAX's value, gradient, slope and second derivative, as one program."""
    f = lambda a: fun(jax.numpy, a)
    g = lambda a: jax.vjp(f, a)[1](jax.numpy.ones(()))[0]
    every = lambda a, t: (*jax.jvp(f, (a,), (t,)), *jax.jvp(g, (a,), (t,)))
    return jax.jit(every)


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("case", JAXS)
def test_derivatives_are_jaxs(jax, case, kind):
    fun, real, complex_ = JAXS[case]
    a = real if kind == "real" else complex_
    t = rng.normal(size=a.shape).astype(a.dtype)
    value, slope, pulled, second = by_jax(jax, fun)(a, t)
    f = lambda a: fun(np, a)
    g = gradient(f)
    assert_allclose(f(a), value, rtol=1e-11)
    assert_allclose(g(a), pulled, rtol=1e-8, atol=1e-10)
    assert_allclose(jvp(f, (a,), (t,))[1], slope, rtol=1e-9)
    assert_allclose(jvp(g, (a,), (t,))[1], second, rtol=1e-7, atol=1e-8)
    if a.dtype == float:  # reverse over reverse
        h = grad(lambda a: np.sum(grad(f)(a) * t))(a)
        assert_allclose(h, second, rtol=1e-7, atol=1e-8)


def eigvals_function(np, a):
    return np.sum(np.real(np.sin(np.linalg.eigvals(a)) * (1 + 2j)))


@pytest.mark.parametrize("a", [A, C], ids=["real", "complex"])
def test_eigenvalues_of_any_matrix_move_as_jaxs(jax, a):
    theirs = lambda a: eigvals_function(jax.numpy, a)
    t = rng.normal(size=a.shape).astype(a.dtype)
    pushed = jvp(lambda a: eigvals_function(np, a), (a,), (t,))[1]
    assert_allclose(pushed, jax.jvp(theirs, (a,), (t,))[1], 1e-9)
    pulled = gradient(lambda a: eigvals_function(np, a))(a)
    assert_allclose(pulled, jax.vjp(theirs, a)[1](jax.numpy.ones(()))[0], 1e-9)


def check_slope(f, a, *directions, tol=1e-6):
    """Compare both modes with difference quotients of a real function."""
    for t in directions or [normal(*a.shape).astype(a.dtype) for _ in range(3)]:
        quotient = (f(a + 1e-6 * t) - f(a - 1e-6 * t)) / 2e-6
        assert_allclose(jvp(f, (a,), (t,))[1], quotient, tol, tol)
        assert_allclose(np.sum(np.real(gradient(f)(a) * t)), quotient, tol, tol)


BEYOND = {
    "eigvals": (eigvals_function, A, C),
    "eig": (eig_function, A, C),
    "lengths of eigenvectors": (eig_length, A, C),
    "full svd, tall": (full_svd_function, TALL, TALL_C),
    "full svd, wide": (full_svd_function, WIDE, WIDE_C),
    "qr, wide": (qr_function, WIDE, WIDE_C),
    "complete qr": (
        lambda np, a: weighted(
            np, (q := np.linalg.qr(a, "complete").Q[:, 2:]) @ conjugate(q)
        ), TALL, TALL_C),
    "lstsq, tall": (lstsq_function, TALL, TALL_C),
    "pinv of a Hermitian matrix": (
        lambda np, a: weighted(np, np.linalg.pinv(hermitian(a), hermitian=True)), A, C),
    "svd of a Hermitian matrix": (
        lambda np, a: weighted(
            np, (z := np.linalg.svd(hermitian(a), hermitian=True)).U * z.S**2 @ z.Vh
        ), A, C),
    "one triangle": (
        lambda np, a: weighted(np, np.linalg.eigvalsh(hermitian(a), "U")), A, C),
}  # fmt: skip


@pytest.mark.parametrize("case", BEYOND)
def test_what_jax_does_not_differentiate(case):
    fun, *arrays = BEYOND[case]
    f = lambda a: fun(np, a)
    for a in arrays:
        check_slope(f, a)
        check_slope(lambda a: np.sum(np.real(gradient(f)(a)) ** 2), a, tol=1e-5)


ALL = {**JAXS, **BEYOND}


@pytest.mark.parametrize("case", ALL)
def test_compositions(case):
    fun, *arrays = ALL[case]
    f = lambda a: fun(np, a)
    for a in arrays:
        g, rows = gradient(f), np.stack([a, 2 * a, a + 1])
        assert_array_equal(jit(f)(a), f(a))
        assert_allclose(jit(g)(a), g(a), rtol=1e-10, atol=1e-12)
        assert_allclose(vmap(f)(rows), [f(a) for a in rows], rtol=1e-10)
        mapped = [g(a) for a in rows]
        assert_allclose(jit(vmap(g))(rows), mapped, rtol=1e-8, atol=1e-10)
        if a.dtype == float:
            single = g(a.astype(np.float32))
            assert single.dtype == np.float32
            assert_allclose(single, g(a), rtol=2e-2, atol=2e-2)


CALLS = {
    "eigh": lambda a: linalg.eigh(a @ a.T),
    "eig": linalg.eig,
    "svd": lambda a: linalg.svd(a),
    "qr": lambda a: linalg.qr(a),
    "slogdet": linalg.slogdet,
}


@pytest.mark.parametrize("name", CALLS)
def test_results_are_numpys_named_tuples(name):
    f, rows = CALLS[name], np.stack([A, A + 1])
    kind = type(f(A))
    assert kind.__name__.endswith("Result")
    results = (jit(f)(A), vmap(f)(rows), jvp(f, (A,), (A,))[1], vjp(f, A)[0])
    assert all(type(z) is kind for z in results)
    assert len(tree.leaves(jit(f)(A))) == len(kind._fields)
    assert jit(f)(A)._fields == kind._fields


def test_a_stack_is_one_call(monkeypatch):
    calls = []
    for name in ("eigh", "svd", "qr", "eig"):
        plain = getattr(linalg, name)
        count = lambda *args, _plain=plain, **kwargs: (
            calls.append(0) or _plain(*args, **kwargs)
        )
        stack = np.stack([A] * 5)
        traced = vmap(plain)
        monkeypatch.setattr(linalg, name, count)
        traced(stack)
        assert len(calls) == 1
        calls.clear()


# -- equal values ------------------------------------------------------------------

Q = linalg.qr(normal(4, 4))[0]
TIED = hermitian(Q * [1.0, 1.0, 1.0, 3.0] @ Q.T)
SYMMETRIC = [hermitian(normal(4, 4)) for _ in range(3)]


def projector(a):
    v = linalg.eigh(a)[1][:, :3]
    return weighted(np, v @ v.T)


@pytest.mark.parametrize("a", [TIED, np.diag([1.0, 1.0, 1.0, 3.0])])
def test_equal_eigenvalues(a):
    check_slope(lambda a: np.sum(np.sin(linalg.eigvalsh(a))), a, *SYMMETRIC)
    check_slope(lambda a: np.sum(linalg.eigh(a)[0] ** 3), a, *SYMMETRIC)
    check_slope(projector, a, *SYMMETRIC)
    check_slope(lambda a: np.real(np.sum(np.exp(linalg.eigvals(a)))), a)
    g = gradient(lambda a: weighted(np, linalg.eigh(a)[1]))(a)
    assert np.isfinite(g).all()
    assert abs(g).max() < 10


@pytest.mark.xfail(strict=True, reason="equal eigenvalues lose their off-diagonal part")
def test_function_of_a_matrix_with_equal_eigenvalues():
    def f(a):
        w, v = linalg.eigh(a)
        return weighted(np, v * np.exp(w) @ v.T)

    check_slope(f, TIED, *SYMMETRIC)


@pytest.mark.xfail(strict=True, reason="equal eigenvalues lose their off-diagonal part")
def test_second_derivative_at_equal_eigenvalues():
    assert_allclose(
        hessian(lambda a: np.sum(linalg.eigvalsh(hermitian(a)) ** 2))(np.eye(2)),
        hessian(lambda a: np.sum(hermitian(a) ** 2))(np.eye(2)),
    )


def test_the_polar_factor_of_a_matrix_with_equal_singular_values():
    def polar(a):
        u, _, vh = linalg.svd(a, full_matrices=False)
        return weighted(np, u @ vh)

    for a in (Q, 2 * Q[:, :3], np.eye(3), C / abs(C) @ np.diag([1, 0, 0]) + np.eye(3)):
        check_slope(polar, a)
    check_slope(lambda a: np.sum(linalg.svdvals(a) ** 4), Q)


def test_equal_singular_values_share_a_norm():
    eye = np.eye(4)
    assert_allclose(grad(lambda a: linalg.norm(a, 2))(eye), eye / 4, atol=1e-14)
    assert_allclose(grad(lambda a: linalg.norm(a, "nuc"))(Q), Q, atol=1e-14)


# -- zero, empty, singular ---------------------------------------------------------

ZEROS = np.zeros((3, 2))


@pytest.mark.parametrize("ord", [2, -2, "nuc", "fro"])
def test_norms_at_zero(ord):
    f = lambda a: linalg.norm(a, ord)
    assert_array_equal(grad(f)(ZEROS), ZEROS)
    assert jvp(f, (ZEROS,), (ZEROS + 1,))[1] == 0
    assert_array_equal(jit(grad(f))(ZEROS), ZEROS)


ZERO_CALLS = {
    "eigh": lambda a: linalg.eigh(a),
    "eig": lambda a: tuple(np.real(x) for x in linalg.eig(a)),
    "svd": lambda a: linalg.svd(a),
    "pinv": lambda a: linalg.pinv(a),
    "lstsq": lambda a: linalg.lstsq(a, np.ones(len(a)))[0],
    "det": linalg.det,
}


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("name", ZERO_CALLS)
def test_zero_and_empty_matrices_have_finite_derivatives(name, n):
    f, a = ZERO_CALLS[name], np.zeros((n, n))
    for jacobian in (jacfwd(f), jacrev(f), jit(jacrev(f))):
        assert all(np.isfinite(x).all() for x in tree.leaves(jacobian(a)))


@pytest.mark.parametrize("call", [linalg.eigvalsh, linalg.svdvals, linalg.det])
def test_one_element(call):
    assert_allclose(grad(lambda a: np.sum(call(a)))(np.array([[2.0]])), [[1.0]])


def test_a_singular_value_at_zero_has_no_slope():
    a = np.diag([2.0, 0.0])
    assert_array_equal(jacrev(linalg.svdvals)(a)[1], np.zeros((2, 2)))
    assert_array_equal(jacfwd(linalg.svdvals)(a), jacrev(linalg.svdvals)(a))


def test_pinv_at_a_fixed_rank():
    left, right = normal(4, 2), normal(2, 3)

    def f(x):  # of rank two, whatever x is
        return weighted(np, linalg.pinv((left + x) @ right, rcond=1e-10))

    check_slope(f, normal(4, 2))
    check_slope(lambda x: np.sum(gradient(f)(x) ** 2), normal(4, 2), tol=1e-4)
    low = lambda x: np.outer(x, x) + 0.0
    check_slope(lambda x: weighted(np, linalg.pinv(low(x), 1e-10, True)), normal(3))
    g = grad(lambda a: np.sum(linalg.pinv(a)))(ZEROS)
    assert_array_equal(g, ZEROS)


def test_pinv_takes_its_tolerance_from_anywhere():
    stack = np.stack([A, A.T])
    f = lambda a, rtol: fgrad.numpy.linalg.pinv(a, rtol=rtol)
    small = np.array([1e-10, 0.9])
    expected = [linalg.pinv(a, rtol=r) for a, r in zip(stack, small)]
    assert_allclose(vmap(f)(stack, small), expected, rtol=1e-12)
    assert_allclose(vmap(f, (None, 0))(A, small)[1], linalg.pinv(A, rtol=0.9))
    assert_array_equal(jit(f)(stack, small), linalg.pinv(stack, rtol=small))


def test_least_squares_of_low_rank():
    b = np.ones(4)

    def f(x):  # of rank two, whatever x is
        return weighted(np, linalg.lstsq(np.sin(x) @ B[:2], b, 1e-8)[0])

    check_slope(f, normal(4, 2))
    plain = linalg.lstsq(LOW, b)
    _, residuals, rank, _ = vjp(lambda a: linalg.lstsq(a, b), LOW)[0]
    assert rank == plain[2] == 2
    assert residuals.shape == plain[1].shape == (0,)
    x, residuals, rank, s = jit(linalg.lstsq)(LOW, b)
    assert_array_equal(x, plain[0])
    assert_array_equal(s, plain[3])
    assert rank == 2
    assert residuals.shape == (1,)  # a shape cannot depend on values
    assert np.isnan(residuals).all()
    g = jit(grad(lambda a: np.sum(linalg.lstsq(a, b)[0])))(LOW)
    assert np.isfinite(g).all()


def test_mapped_least_squares():
    rows = np.stack([TALL, TALL + 1])
    f = lambda a, b: linalg.lstsq(a, b)
    for z, *each in zip(vmap(f)(rows, B.T[:2]), *map(f, rows, B.T[:2]), strict=True):
        assert_allclose(z, each, rtol=1e-12)
    z = vmap(f, (None, 1))(TALL, B)[0]
    assert_allclose(z, linalg.lstsq(TALL, B)[0].T, rtol=1e-12)


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
@pytest.mark.parametrize("dtype", [float, complex])
def test_second_derivatives_of_det(rank, dtype):
    a = normal(4, rank, dtype=dtype) @ normal(rank, 4, dtype=dtype)
    t, u = normal(4, 4).astype(dtype), normal(4, 4).astype(dtype)
    slope = lambda a: jvp(linalg.det, (a,), (t,))[1]
    # det along a line is a polynomial, which a few differences give exactly
    line = lambda x: linalg.det(a + x[0] * t + x[1] * u)
    at = lambda i, j: line((i * 0.01, j * 0.01))
    mixed = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4e-4
    assert_allclose(jvp(slope, (a,), (u,))[1], mixed, rtol=2e-2, atol=2e-2)
    pulled = jvp(lambda a: vjp(linalg.det, a)[1](dtype(1))[0], (a,), (u,))[1]
    assert_allclose(np.sum(pulled * t), jvp(slope, (a,), (u,))[1], atol=1e-12)


def test_third_derivatives_of_det():
    line = lambda x: linalg.det(A + x * B[:3])
    third = grad(grad(grad(line)))(0.0)
    assert_allclose(third, 6 * linalg.det(B[:3]), rtol=1e-10)
    diagonal = lambda x: linalg.det(np.diag(x))
    assert_allclose(hessian(diagonal)(np.zeros(2)), [[0, 1], [1, 0]])
    assert_allclose(hessian(diagonal)(np.array([0.0, 0.0, 5.0]))[0], [0, 5, 0])


def test_condition_of_singular_matrices():
    for p in (None, 2, -2, 1, -1, np.inf, "fro"):
        for a in (
            np.zeros((2, 2)),
            np.ones((2, 2)),
            np.stack([np.eye(2), 0 * A[:2, :2]]),
        ):
            z = jit(linalg.cond, static_argnums=1)(a, p)
            assert_array_equal(z, linalg.cond(a, p))
            g = grad(lambda a, p=p: np.sum(linalg.cond(a, p)))(a)
            assert p not in (1, np.inf) or np.isfinite(g).all()
    g = grad(lambda a: linalg.cond(a, 1))(np.zeros((2, 2)))
    assert_array_equal(g, np.zeros((2, 2)))


def test_rank_has_no_derivative():
    f = lambda a: linalg.matrix_rank(a) * np.sum(a)
    assert_array_equal(grad(f)(LOW), np.full(LOW.shape, 2.0))
    assert jit(linalg.matrix_rank)(LOW) == 2
    assert_array_equal(vmap(linalg.matrix_rank)(np.stack([LOW, LOW * 0])), [2, 0])
    assert jit(linalg.matrix_rank)(np.zeros(3)) == 0


def trace(a):
    return np.real(np.sum(linalg.eigvals(a)))


def squares(a):
    return np.real(np.sum(linalg.eigvals(a) ** 2))


def test_defective_matrices():
    a = np.array([[0.0, 1.0], [0.0, 0.0]])
    assert_allclose(grad(trace)(a), np.eye(2))
    assert_allclose(grad(squares)(a), np.zeros((2, 2)))


def test_dtypes_that_depend_on_values():
    triangular = np.triu(A)
    plain = np.linalg.eigvals(triangular)  # real before NumPy 2.5
    assert vjp(linalg.eigvals, triangular)[0].dtype == plain.dtype
    assert linalg.eigvals(triangular).dtype == plain.dtype
    assert jit(linalg.eigvals)(triangular).dtype == complex
    assert_array_equal(jit(linalg.eigvals)(triangular), np.diag(A))
    assert_allclose(grad(trace)(triangular), np.eye(3),
                    atol=1e-14)  # fmt: skip


# -- mistakes ----------------------------------------------------------------------

ERROR = linalg.LinAlgError


def first(f):
    return lambda a: np.real(tree.leaves(f(a))[0]).sum()


def of(f, a):
    return lambda: grad(first(f))(a)


HALVES = np.ones((2, 3))
MISTAKES = {
    "eigh": (ERROR, of(linalg.eigh, HALVES), "eigh", "(2, 3)"),
    "eig": (ERROR, of(linalg.eig, HALVES), "eig", "(2, 3)"),
    "eigvals": (ERROR, of(linalg.eigvals, np.ones(3)), "eigvals", "(3,)"),
    "eigvalsh": (ERROR, of(linalg.eigvalsh, HALVES), "eigvalsh", "(2, 3)"),
    "svd": (ERROR, of(linalg.svd, np.ones(3)), "svd", "two axes", "(3,)"),
    "qr": (ERROR, of(linalg.qr, np.ones(3)), "qr", "two axes"),
    "pinv": (ERROR, of(linalg.pinv, np.ones(3)), "pinv", "(3,)"),
    "cond": (ERROR, of(linalg.cond, np.ones((0, 3))), "empty", "(0, 3)"),
    "cond 1": (ERROR, of(lambda a: linalg.cond(a, 1), HALVES), "cond", "(2, 3)"),
    "lstsq": (ERROR, of(lambda a: linalg.lstsq(a, np.ones(3))[0], HALVES),
              "(2, 3)", "(3,)", "rows"),
    "stack": (ERROR, of(lambda a: linalg.lstsq(a, a[0])[0], HALVES[None]), "vmap"),
    "UPLO": (ValueError, of(lambda a: linalg.eigh(a, "X"), A), "'L' or 'U'", "'X'"),
    "qr mode": (ValueError, of(lambda a: linalg.qr(a, "thin"), A), "'thin'", "raw"),
    "two tolerances": (ValueError, of(lambda a: linalg.pinv(a, 1e-3, rtol=1e-3), A),
                       "rtol and rcond"),
    "no r": (ERROR, of(linalg.qr, ZEROS), "Singular"),
    "nan": (ERROR, of(linalg.eig, A * np.nan), "infs or NaNs"),
}  # fmt: skip


@table(MISTAKES)
def test_mistakes(case):
    error, fun, *parts = case
    raised(error, fun, *parts, frames=99)


def test_raw_qr_is_refused():
    with pytest.raises(UntraceableError, match="mode='reduced'"):
        jit(lambda a: linalg.qr(a, "raw"))(A)


def test_errors_under_jit():
    for f in (linalg.inv, linalg.eigvals, linalg.cholesky):
        with pytest.raises(ERROR):
            jit(f)(np.full((2, 2), np.nan) if f is linalg.eigvals else -np.ones((2, 2)))


def test_an_error_in_a_backward_pass_names_the_operation_and_its_line():
    raised(ERROR, of(linalg.qr, ZEROS), 'derivative of "qr"', "test_linalg.py")
    logs = of(lambda a: linalg.slogdet(a)[1], 0 * A)
    raised(ERROR, logs, 'derivative of "slogdet"', "(<lambda>)")
