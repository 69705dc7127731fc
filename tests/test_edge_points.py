"""Derivatives at points where mathematics leaves a choice, as the docs promise them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fgrad import grad, jacfwd, jacrev, jit, jvp

TINY = np.finfo(float).tiny

# name: function, point, gradient of the sum
POINTS = {
    "abs at 0": (np.abs, [0.0, -0.0, 2.0], [0.0, 0.0, 1.0]),
    "sign": (np.sign, [0.0, 2.0], [0.0, 0.0]),
    "maximum with 0 at 0": (lambda x: np.maximum(x, 0.0), [0.0, 1.0, -1.0],
                            [0.5, 1.0, 0.0]),
    "minimum with 0 at 0": (lambda x: np.minimum(x, 0.0), [0.0, 1.0, -1.0],
                            [0.5, 0.0, 1.0]),
    "max, tie": (np.max, [3.0, 3.0, 1.0], [0.5, 0.5, 0.0]),
    "max, triple tie": (np.max, [3.0, 3.0, 3.0], [1 / 3, 1 / 3, 1 / 3]),
    "min, tie": (np.min, [1.0, 3.0, 1.0], [0.5, 0.0, 0.5]),
    "relu by where": (lambda x: np.where(x > 0, x, 0.0), [0.0, 1.0], [0.0, 1.0]),
    "relu by product": (lambda x: x * (x > 0), [0.0, 1.0], [0.0, 1.0]),
    "clip at its edges": (lambda x: np.clip(x, -1.0, 1.0),
                          [-2.0, -1.0, 0.0, 1.0, 2.0], [0.0, 0.5, 1.0, 0.5, 0.0]),
    "sqrt at 0": (np.sqrt, [0.0, 4.0], [np.inf, 0.25]),
    "norm of 0": (np.linalg.norm, [0.0, 0.0], [0.0, 0.0]),
    "norm, order 1": (lambda x: np.linalg.norm(x, 1), [0.0, -2.0], [0.0, -1.0]),
    "std of a constant": (np.std, [2.0, 2.0, 2.0], [0.0, 0.0, 0.0]),
    "var of a constant": (np.var, [2.0, 2.0], [0.0, 0.0]),
    "x**0. at 0": (lambda x: x**0.0, [0.0, 3.0], [0.0, 0.0]),
    "x**0 at 0": (lambda x: x**0, [0.0, 3.0], [0.0, 0.0]),
    "x**1 at 0": (lambda x: x**1.0, [0.0, 3.0], [1.0, 1.0]),
    "x**2.5 at 0": (lambda x: x**2.5, [0.0], [0.0]),
    "x**0.5 at 0": (lambda x: x**0.5, [0.0], [np.inf]),
    "x**2 below 0": (lambda x: x**2.0, [-3.0], [-6.0]),
    "d/dy of 0**y": (lambda y: 0.0**y, [2.0, 1.5], [0.0, 0.0]),
    "prod, one zero": (np.prod, [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
    "prod, two zeros": (np.prod, [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]),
    "cumprod, one zero": (np.cumprod, [2.0, 0.0, 3.0], [1.0, 8.0, 0.0]),
    "sinc at 0": (np.sinc, [0.0], [0.0]),
    "logaddexp with 0": (lambda x: np.logaddexp(0.0, x), [800.0, 0.0, -800.0],
                         [1.0, 0.5, 0.0]),
    "logaddexp at -inf": (lambda x: np.logaddexp(x, x), [1.0], [1.0]),
    "hypot at 0": (lambda x: np.hypot(x, 0.0), [0.0, 2.0], [0.0, 1.0]),
    "where, no derivative in the branch": (
        lambda x: np.where(x == 0, 1.0, x), [0.0, 2.0], [0.0, 1.0]),
    "floor and rint": (lambda x: np.floor(x) + np.rint(x), [1.0, 0.5], [0.0, 0.0]),
    "sort, tie": (lambda x: np.sort(x)[0], [1.0, 1.0, 2.0], [1.0, 0.0, 0.0]),
    "median of an even number": (np.median, [1.0, 2.0, 3.0, 4.0], [0.0, 0.5, 0.5, 0.0]),
    "median, tie": (np.median, [1.0, 1.0, 2.0], [0.0, 1.0, 0.0]),
}  # fmt: skip

RUNS = {
    "grad": grad,
    "jit of grad": lambda f: jit(grad(f)),
    "grad of jit": lambda f: grad(jit(f)),
    "jacrev": jacrev,
    "jacfwd": jacfwd,
}


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("case", POINTS.values(), ids=POINTS.keys())
def test_gradient(case, run):
    f, point, expected = case
    actual = run(lambda x: np.sum(f(x)))(np.array(point))
    assert_allclose(actual, expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("x", [800.0, -800.0, 0.0])
def test_logaddexp_is_exact(x):
    value, slope = jvp(lambda x: np.logaddexp(0.0, x), (x,), (1.0,))
    assert value == np.logaddexp(0.0, x)
    assert_allclose(slope, 1.0 / (1.0 + np.exp(-np.float64(x) if x > -700 else 709.0)),
                    atol=1e-300)  # fmt: skip


def test_softplus_written_out_overflows_as_numpy_does():
    softplus = lambda x: np.log(1.0 + np.exp(x))
    with np.errstate(over="ignore", invalid="ignore"):
        value, slope = jvp(softplus, (800.0,), (1.0,))
        assert value == softplus(np.float64(800.0)) == np.inf
        assert np.isnan(slope)


def test_both_arguments_of_a_tie():
    for f in (np.maximum, np.minimum):
        assert grad(f, argnums=(0, 1))(2.0, 2.0) == (0.5, 0.5)
        assert jvp(f, (2.0, 2.0), (1.0, 0.0))[1] == 0.5


F32 = np.array([1.0, 2.0], np.float32)
CONSTANTS = [2, 2.0, np.float64(2.0), np.array(2.0), np.array([1.0, 2.0])]


@pytest.mark.parametrize("c", CONSTANTS, ids=repr)
@pytest.mark.parametrize(
    "f",
    [lambda x, c: x * c, lambda x, c: c - x, lambda x, c: x**c, lambda x, c: c / x,
     lambda x, c: np.where(x > 1, x, c), lambda x, c: np.maximum(x, c),
     lambda x, c: np.sin(x).astype(np.float64) * c],
)  # fmt: skip
def test_float32_in_float32_out(f, c):
    loss = lambda x: np.sum(f(x, c))
    for run in (
        grad(loss),
        jit(grad(loss)),
        grad(jit(loss)),
        jacrev(loss),
        jacfwd(loss),
    ):
        result = run(F32)
        assert result.shape == (2,)
    assert grad(loss)(F32).dtype == np.float32
    assert jit(grad(loss))(F32).dtype == np.float32
    assert grad(jit(loss))(F32).dtype == np.float32


def test_integer_input():
    with pytest.raises(TypeError, match=r"argument x is i64\[2\].*x\.astype\(float\)"):
        grad(lambda x: np.sum(x))(np.array([1, 2]))


def test_argmax_and_comparisons_have_no_derivative():
    x = np.array([1.0, 1.0])
    assert_array_equal(grad(lambda x: x[np.argmax(x)])(x), [1.0, 0.0])
    assert_array_equal(grad(lambda x: np.sum((x > 0) * 1.0))(x), [0.0, 0.0])


def test_denormals_stay():
    assert grad(lambda x: x * TINY)(1.0) == TINY
