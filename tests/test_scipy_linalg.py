"""SciPy's linear algebra: against JAX, what is refused, and how it says so."""

import subprocess
import sys

import numpy as np
import pytest

import fgrad
from fgrad.errors import UntraceableError

linalg = pytest.importorskip("fgrad.scipy.linalg", exc_type=ImportError)

rng = np.random.default_rng(0)
S = rng.normal(size=(3, 3)) + 3 * np.eye(3)
D = S @ S.T
B = rng.normal(size=(3, 2))
CALLS = {
    "solve_triangular": lambda la, a: la.solve_triangular(a, B, lower=True),
    "solve": lambda la, a: la.solve(a, B),
    "cholesky": lambda la, a: la.cholesky(a @ a.T, lower=True),
    "cho_solve": lambda la, a: la.cho_solve(la.cho_factor(a @ a.T), B),
    "lu_solve": lambda la, a: la.lu_solve(la.lu_factor(a), B),
    "lu": lambda la, a: la.lu(a)[1] @ la.lu(a)[2] ** 2,
    "inv": lambda la, a: la.inv(a),
    "det": lambda la, a: la.det(a),
    "expm": lambda la, a: la.expm(a / 3),
    "expm_frechet": lambda la, a: la.expm_frechet(a / 3, a.T)[1],
    "block_diag": lambda la, a: la.block_diag(a, a[:1]),
    "toeplitz": lambda la, a: la.toeplitz(a[0], a[1]),
    "eigh": lambda la, a: la.eigh(a + a.T)[1] ** 2,
}


@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients_are_those_of_jax(name):
    jax = pytest.importorskip("jax")
    import jax.scipy.linalg as theirs

    f = CALLS[name]
    with jax.enable_x64(True):
        value = jax.jit(lambda a: f(theirs, a))(S)
        weights = np.cos(np.arange(value.size)).reshape(value.shape)
        expected = jax.jit(jax.grad(lambda a: (f(theirs, a) * weights).sum()))(S)
    np.testing.assert_allclose(f(linalg, S), value, rtol=1e-9, atol=1e-10)
    loss = lambda a: np.sum(f(linalg, a) * weights)
    for gradient in (fgrad.grad(loss), fgrad.jit(fgrad.grad(loss))):
        np.testing.assert_allclose(gradient(S), expected, rtol=1e-8, atol=1e-8)


def test_a_factor_without_derivative_is_computed_but_not_differentiated():
    for function in (linalg.schur, lambda a: linalg.hessenberg(a, calc_q=True)):
        for x, y in zip(fgrad.jit(function)(S), function(S)):
            np.testing.assert_array_equal(x, y)
        rows = fgrad.vmap(function)(np.stack([S, D]))
        np.testing.assert_array_equal(rows[0][1], function(D)[0])
        with pytest.raises(TypeError, match="has no derivative in fgrad"):
            fgrad.vjp(function, S)


def test_equal_eigenvalues_have_no_nan():
    g = fgrad.grad(lambda a: np.sum(linalg.eigh(a)[1] ** 4))(np.eye(3))
    assert np.isfinite(g).all()


def test_logarithms_and_roots_undo():
    for f in (lambda a: linalg.expm(linalg.logm(a)),
              lambda a: linalg.sqrtm(a) @ linalg.sqrtm(a)):  # fmt: skip
        j = fgrad.jacobian(f)(D).reshape(9, 9)
        np.testing.assert_allclose(j, np.eye(9), atol=1e-7)


def test_spectra_over_numpy():
    names = {
        "svd": lambda a: linalg.svd(a)[1],
        "svdvals": linalg.svdvals,
        "qr": lambda a: linalg.qr(a)[1],
        "qr_multiply": lambda a: linalg.qr_multiply(a, B, "left")[0],
    }
    try:
        fgrad.eval_shape(np.linalg.svd, S)
        fgrad.eval_shape(np.linalg.qr, S)
    except UntraceableError:
        pytest.skip("NumPy's are not traceable yet")
    for f in names.values():
        np.testing.assert_allclose(fgrad.jit(f)(S), f(S), rtol=1e-12, atol=1e-12)
        fgrad.test_util.check_grads(f, (S,), 1, rtol=1e-4, atol=1e-4)


BAD = {
    "rows": (lambda a: linalg.solve(a, np.ones(2)), ValueError, "b must have 3 rows"),
    "square": (lambda a: linalg.expm(a[:2]), ValueError, "equally long"),
    "pivoting": (lambda a: linalg.qr(a, pivoting=True), ValueError, "pivoting"),
    "funm": (lambda a: linalg.funm(a, np.sin), UntraceableError, "expm"),
    "no rule": (lambda a: linalg.null_space(a), UntraceableError, "null_space"),
    "assume": (lambda a: linalg.solve(a, a, assume_a="spd"), ValueError, "'spd'"),
    "subset": (lambda a: linalg.eigh(a, subset_by_index=[0, 1]), ValueError, "index"),
}


@pytest.mark.parametrize("name", BAD)
def test_messages(name):
    function, error, words = BAD[name]
    with pytest.raises(error, match=words):
        fgrad.make_jaxpr(function)(S)


def test_a_complex_result_of_a_real_matrix_says_what_to_write():
    rotation = np.array([[-1.0, 0.0], [0.0, -2.0]])
    with pytest.raises(ValueError, match=r"a\.astype\(complex\)"):
        fgrad.jit(linalg.sqrtm)(rotation)
    z = fgrad.jit(linalg.sqrtm)(rotation.astype(complex))
    np.testing.assert_allclose(z @ z, rotation, atol=1e-12)


def test_without_scipy_the_message_says_what_to_install():
    script = """
import sys
sys.modules["scipy"] = None
import fgrad.scipy
try:
    fgrad.scipy.linalg
except ModuleNotFoundError as error:
    assert "needs SciPy, which is not installed: pip" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_importing_fgrad_imports_no_scipy():
    script = "import sys, fgrad, fgrad.scipy; assert 'scipy' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_of_lists_integers_and_nothing():
    g = fgrad.grad(lambda x: linalg.det([[x, 1.0], [2.0, 3.0]]))(2.0)
    assert g == 3.0
    z = fgrad.jit(linalg.expm)(np.arange(4).reshape(2, 2))
    np.testing.assert_array_equal(z, linalg.expm(np.arange(4).reshape(2, 2)))
    for f in (linalg.expm, linalg.inv, linalg.sqrtm, lambda a: linalg.lu(a)[1]):
        x = np.zeros((0, 3, 3))
        total = lambda x, f=f: np.sum(fgrad.vmap(f)(x))
        assert fgrad.grad(total)(x).shape == (0, 3, 3)


def test_singular_matrices_raise_as_in_scipy():
    for f in (linalg.inv, lambda a: linalg.solve(a, np.ones(2)), linalg.cholesky):
        with pytest.raises(np.linalg.LinAlgError):
            fgrad.jit(f)(np.zeros((2, 2)))
