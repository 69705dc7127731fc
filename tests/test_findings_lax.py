"""What a user of JAX found in `fgrad.lax`, `fgrad.nn` and the pages about them."""

import numpy as np
import pytest

import fgrad
import fgrad.numpy as fnp
from fgrad import graph, jit, lax, nn

Z = np.array([0.3 + 1j, -0.5 - 3j, 2.0 + 0j, -2.0 + 0.5j])
FAR = np.array([-900.0 + 2j, 900.0 - 1j])


def test_the_logistic_function_of_complex_numbers_is_complex():
    want = 1 / (1 + np.exp(-Z))
    for f in (lax.logistic, nn.sigmoid):
        np.testing.assert_allclose(f(Z), want, rtol=1e-14)
        np.testing.assert_array_equal(jit(f)(Z), f(Z))
    np.testing.assert_allclose(nn.silu(Z), Z * want, rtol=1e-14)
    np.testing.assert_allclose(lax.logistic(FAR), [0, 1], atol=1e-300)
    assert lax.logistic(Z.astype(np.complex64)).dtype == np.complex64
    derivative = fgrad.grad(lax.logistic, holomorphic=True)
    for z, s in zip(Z, want):
        np.testing.assert_allclose(derivative(z), s * (1 - s), rtol=1e-13)
        assert jit(derivative)(z) == derivative(z)


@pytest.mark.parametrize("name", ["softplus", "log_sigmoid", "mish"])
def test_functions_of_real_numbers_say_that_they_are(name):
    for wrap in (lambda f: f, jit):
        with pytest.raises(TypeError, match=f"{name} is a function of real numbers"):
            wrap(getattr(nn, name))(Z)


def test_running_sums_count_booleans_as_numpy_does():
    mask = np.array([True, True, False, True])
    for f, plain in ((lax.cumsum, np.cumsum), (lax.cumprod, np.cumprod)):
        for found in (f(mask), jit(f)(mask), f(mask[::-1], reverse=True)[::-1]):
            np.testing.assert_array_equal(found, plain(mask), strict=True)
    assert lax.cumsum(np.ones(2, np.int8)).dtype == np.int8


@pytest.mark.parametrize("x", [np.inf, -np.inf, 1e308, 1e10, 101.0, -99.0, 0.5])
def test_bessel_i1e_has_a_derivative_far_out(x):
    special = pytest.importorskip("scipy.special")
    slope = fgrad.grad(lax.bessel_i1e)(x)
    ratio = 0.5 if x == 0 else special.i1e(x) / x
    want = special.i0e(x) - ratio - np.sign(x) * special.i1e(x)
    np.testing.assert_allclose(slope, want, rtol=1e-7, atol=1e-300)
    assert np.isfinite(fgrad.grad(fgrad.grad(lax.bessel_i1e))(x))


def test_precision_is_accepted_and_has_no_effect():
    x = np.arange(4.0).reshape(2, 2)
    for precision in (*lax.Precision, "high"):
        found = jit(lambda x, p=precision: lax.dot(x, x, precision=p))(x)
        np.testing.assert_array_equal(found, x @ x)
    assert [p.name for p in lax.Precision] == ["DEFAULT", "HIGH", "HIGHEST"]
    assert lax.ConvGeneralDilatedDimensionNumbers


def test_at_of_a_plain_array_is_explained_under_disable_jit():
    x = np.zeros(3)
    loops = [
        lambda: lax.fori_loop(0, 3, lambda i, v: v.at[i].set(1.0), x),
        lambda: lax.scan(lambda c, i: (c.at[i].set(1.0), i), x, np.arange(3)),
        lambda: lax.cond(True, lambda v: v.at[0].set(1.0), lambda v: v, x),
    ]
    with fgrad.disable_jit():
        for loop in loops:
            with pytest.raises(AttributeError, match=r"fgrad.numpy.at\(x\)\[i\].set"):
                loop()
        with pytest.raises(AttributeError, match=r"no attribute 'it'$"):
            lax.fori_loop(0, 3, lambda i, v: v.it, x)
        found = lax.fori_loop(0, 3, lambda i, v: fnp.at(v)[i].set(1.0), x)
    np.testing.assert_array_equal(found, np.ones(3))


X = np.arange(3.0)
MESSAGES = {
    "program of a string": (
        lambda: graph.backward_program(lambda x: x)("s"),
        r"^backward_program\(lambda\): no argument has floats",
    ),
    "program of an array": (
        lambda: graph.backward_program(lambda x: x)(X),
        r"^backward_program\(lambda\) .* got f64\[3\]. Sum it: backward_program",
    ),
    "program of two outputs": (
        lambda: graph.backward_program(lambda x: (x.sum(), x.sum()))(X),
        r"^backward_program\(lambda\) .* Choose one of them: .*f\(x\)\[0\]",
    ),
    "explain of an integer": (
        lambda: graph.explain(lambda x: np.argmax(x))(X),
        r"got i64\[\]: only floats have a derivative",
    ),
    "explain of a truth value": (
        lambda: graph.explain(lambda x: np.any(x > 1))(X),
        r"got bool\[\]: only floats have a derivative",
    ),
    "explain of two outputs": (
        lambda: graph.explain(lambda x: (x.sum(), x.sum()))(X),
        r"got f64\[\], f64\[\]. Choose one of them: explain\(lambda x: f\(x\)\[0\]\)",
    ),
    "size of unique": (
        lambda: fnp.unique(X, size=2.5),
        "unique: size must be a whole number that is known, got float",
    ),
    "size of nonzero": (
        lambda: jit(lambda x: fnp.nonzero(x, size="a"))(X),
        "nonzero: size must be a whole number that is known, got 'a'",
    ),
    "negative size of unique": (
        lambda: jit(lambda x: fnp.unique(x, size=-1))(X),
        "unique: size must not be negative, got -1",
    ),
    "negative size of intersect1d": (
        lambda: fnp.intersect1d(X, X, size=-1),
        "intersect1d: size must not be negative, got -1",
    ),
    "gather without numbers": (
        lambda: lax.gather(X, np.array([[1]]), None, (1,)),
        "gather: dimension_numbers must be a lax.GatherDimensionNumbers .* got None",
    ),
    "axis of concatenate": (
        lambda: jit(lambda x: fnp.concatenate(x, x))(X),
        r"concatenate: axis must be an integer, .*concatenate\(\(x, y\)\)",
    ),
    "convolution of matrices": (
        lambda: lax.conv_general_dilated(
            np.ones((3, 3)), np.ones((2, 2)), (1, 1), "SAME"
        ),
        r"no axes of space: write x\[None, None\]",
    ),
    "relu of nothing": (lambda: nn.relu(None), "^None .*is not a number"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_messages(name):
    call, message = MESSAGES[name]
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_only_eager_results_share_memory_as_the_limits_say():
    same = lambda x: x
    assert np.shares_memory(fgrad.vmap(same)(X), X)
    assert np.shares_memory(fgrad.jvp(same, (X,), (X,))[0], X)
    assert not np.shares_memory(jit(same)(X), X)
    value, pull = fgrad.vjp(same, X)
    assert not np.shares_memory(value, X)
    assert not np.shares_memory(pull(X)[0], X)
    assert not np.shares_memory(fgrad.grad(lambda y: y @ X)(X), X)


def test_numbers_that_do_not_fit_become_what_numpy_makes_of_them():
    x = np.array([1.5, 3.0e2], np.float64)
    with np.errstate(invalid="ignore"):
        found, plain = lax.convert_element_type(x, np.uint8), x.astype(np.uint8)
        np.testing.assert_array_equal(found, plain, strict=True)


def test_nearest_quantiles_and_periodic_interpolation_are_numpys():
    x = np.array([1.0, 2.0, 3.0, 4.0])
    for f in (
        lambda x: np.quantile(x, 0.5, method="nearest"),
        lambda x: np.interp(7.0, x, x * 2, period=3.0),
    ):
        np.testing.assert_array_equal(fgrad.vjp(f, x)[0], f(x))
        np.testing.assert_array_equal(jit(f)(x), f(x))
