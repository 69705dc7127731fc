"""Linear algebra: NumPy's values, the gradients of JAX, edge cases."""

import numpy as np
import pytest

import fgrad.numpy  # noqa: F401  installs the operators of tracers
from fgrad.ops.basic import real
from fgrad.ops.elementwise import sin
from fgrad.ops.linalg import cholesky, det, inv, slogdet, solve, triangular_solve
from fgrad.transforms.grad import grad
from fgrad.transforms.jvp import jvp
from fgrad.transforms.vjp import vjp
from fgrad.transforms.vmap import vmap

rng = np.random.default_rng(0)
A = rng.normal(size=(2, 3, 3)) + 3 * np.eye(3)
B = rng.normal(size=(2, 3, 2))
P = A @ A.swapaxes(-1, -2)
AC = A + 1j * rng.normal(size=A.shape)
PC = AC @ AC.conj().swapaxes(-1, -2)


def total(x):
    return sin(x).sum()


def lower_solve(a, b):
    return triangular_solve(a, b, lower=True)


def logdet(a):
    return slogdet(a)[1]


def upper(a):
    return cholesky(a, upper=True)


def turned(f, part=None):
    """Return a real function of what a complex function gives."""
    return lambda a: real((f(a) if part is None else f(a)[part]) * (1 + 2j))


CASES = {
    "solve": (solve, lambda j: j.numpy.linalg.solve, (A, B)),
    "solve a vector": (solve, lambda j: j.numpy.linalg.solve, (A[0], B[0, :, 0])),
    "inv": (inv, lambda j: j.numpy.linalg.inv, (A,)),
    "det": (det, lambda j: j.numpy.linalg.det, (A,)),
    "slogdet": (logdet, lambda j: lambda a: j.numpy.linalg.slogdet(a)[1], (A,)),
    "cholesky": (cholesky, lambda j: j.numpy.linalg.cholesky, (P,)),
    "upper cholesky": (
        upper, lambda j: lambda a: j.numpy.linalg.cholesky(a, upper=True), (P,)),
    "triangular": (
        lower_solve,
        lambda j: lambda a, b: j.scipy.linalg.solve_triangular(a, b, lower=True),
        (A, B)),
}  # fmt: skip


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


@pytest.mark.parametrize("case", CASES)
def test_first_and_second_order_are_jaxs(jax, case):
    fun, theirs, args = CASES[case]
    jfun, jnp, places = theirs(jax), jax.numpy, tuple(range(len(args)))
    direction = tuple(rng.normal(size=a.shape) for a in args)

    g = grad(lambda *a: total(fun(*a)), places)
    jg = jax.grad(lambda *a: jnp.sum(jnp.sin(jfun(*a))), places)
    for one, other in zip(g(*args), jg(*args), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)
    t, jt = jvp(fun, args, direction)[1], jax.jvp(jfun, args, direction)[1]
    np.testing.assert_allclose(t, jt, rtol=1e-8, atol=1e-10)
    h, jh = jvp(g, args, direction)[1], jax.jvp(jg, args, direction)[1]
    for one, other in zip(h, jh, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-8)
    rows = [np.stack([a, a + np.eye(*a.shape[-2:])]) if a.ndim > 1
            else np.stack([a, a]) for a in args]  # fmt: skip
    mapped = vmap(g)(*rows)
    for k in range(2):
        for one, other in zip(mapped, g(*[r[k] for r in rows]), strict=True):
            np.testing.assert_allclose(one[k], other, rtol=1e-8, atol=1e-10)


COMPLEX = {
    "inv": (inv, None, AC), "det": (det, None, AC), "cholesky": (cholesky, None, PC),
    "slogdet": (slogdet, 0, AC),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_gradients_are_jaxs(jax, name):
    fun, part, a = COMPLEX[name]
    jnp, theirs = jax.numpy, getattr(jax.numpy.linalg, name)

    def jfun(a):
        z = theirs(a) if part is None else theirs(a)[part]
        return jnp.sum(jnp.sin(jnp.real(z * (1 + 2j))))

    g = vjp(lambda a: total(turned(fun, part)(a)), a)[1](1.0)[0]
    np.testing.assert_allclose(g, jax.vjp(jfun, a)[1](jnp.ones(()))[0], rtol=1e-8)


@pytest.mark.parametrize("triangle", [cholesky, upper])
def test_cholesky_of_symmetric_matrices(triangle):
    a, t = P[0], A[0] + A[0].T
    eps = 1e-6
    numeric = (triangle(a + eps * t) - triangle(a - eps * t)) / (2 * eps)
    z, tangent = jvp(triangle, (a,), (t,))
    np.testing.assert_array_equal(z, np.linalg.cholesky(a, upper=triangle is upper))
    np.testing.assert_allclose(tangent, numeric, rtol=1e-6, atol=1e-8)
    g = grad(lambda a: total(triangle(a)))(a)
    np.testing.assert_allclose(g, g.T, rtol=1e-12)


def test_values_are_numpys():
    assert np.array_equal(solve(A, B), np.linalg.solve(A, B))
    assert np.array_equal(solve(A[0], B[0, :, 0]), np.linalg.solve(A[0], B[0, :, 0]))
    assert np.array_equal(solve(A, np.ones(3)), np.linalg.solve(A, np.ones(3)))
    assert slogdet(A).logabsdet.tolist() == np.linalg.slogdet(A).logabsdet.tolist()
    nonsymmetric = P[0] + np.triu(np.ones((3, 3)), 1)
    assert np.array_equal(cholesky(nonsymmetric), np.linalg.cholesky(nonsymmetric))
    assert inv(np.eye(2, dtype=int)).dtype == float


@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("lower", [False, True])
def test_triangular_solve_reads_one_triangle(lower, transpose, unit):
    params = {"lower": lower, "transpose": transpose, "unit": unit}
    a = np.tril(A[0]) if lower else np.triu(A[0])
    if unit:
        a[np.diag_indices(3)] = 1
    z = triangular_solve(A[0], B[0], **params)
    np.testing.assert_allclose((a.T if transpose else a) @ z, B[0])
    g = grad(lambda a: total(triangular_solve(a, B[0], **params)))(A[0])
    assert (g[np.triu_indices(3, 1) if lower else np.tril_indices(3, -1)] == 0).all()
    assert not unit or (np.diag(g) == 0).all()


def test_gradient_of_det_of_singular_matrices():
    rank_two = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0, 7.0, 9.0]])
    cofactors = [[3, -6, 3], [3, -6, 3], [-3, 6, -3]]
    np.testing.assert_allclose(grad(det)(rank_two), cofactors, atol=1e-12)
    assert grad(det)(np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]
    assert grad(det)(np.zeros((1, 1))).tolist() == [[1]]
    stack = np.stack([rank_two, np.eye(3)])
    g = grad(lambda a: det(a).sum())(stack)
    np.testing.assert_allclose(g, [cofactors, np.eye(3)], atol=1e-12)


def test_float32_stays():
    for fun in (inv, det, logdet, cholesky):
        a = P[0].astype(np.float32)
        assert grad(lambda a, f=fun: f(a).sum())(a).dtype == np.float32


@pytest.mark.parametrize("fun", [inv, det, slogdet, cholesky])
def test_errors_name_the_shape(fun):
    name = fun.__name__
    with pytest.raises(np.linalg.LinAlgError, match=rf"{name}: .*shape \(2, 3\)"):
        fun(np.ones((2, 3)))
    with pytest.raises(np.linalg.LinAlgError, match=rf"{name}: .*shape \(3,\)"):
        fun(np.ones(3))


def test_systems_that_have_no_solution():
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        grad(lambda b: solve(np.zeros((2, 2)), b).sum())(np.ones(2))
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        grad(lambda a: cholesky(a).sum())(-np.eye(2))
    with pytest.raises(ValueError, match=r"a of shape \(2, 2\) and b of shape \(3,\)"):
        solve(np.eye(2), np.ones(3))
