"""Derivatives at points where mathematics leaves a choice, as the docs promise them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fgrad import grad, hessian, jacfwd, jacrev, jit, jvp, vmap

from .edge_points import EDGES, UNUSED, Edge, page_rows, unused_rows

TINY = np.finfo(float).tiny

RUNS = {
    "grad": grad,
    "jit of grad": lambda f: jit(grad(f)),
    "grad of jit": lambda f: grad(jit(f)),
    "jacrev": jacrev,
    "jacfwd": jacfwd,
    "jit of jacfwd": lambda f: jit(jacfwd(f)),
    "vmap of grad": lambda f: lambda x: vmap(grad(f))(np.stack([x, x]))[1],
}
BY_VALUE = ("np.unique",)  # shapes that are not known when a program is compiled
every_edge = pytest.mark.parametrize("edge", EDGES, ids=lambda e: f"{e.text} at {e.x}")


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
@pytest.mark.parametrize("run", RUNS)
@every_edge
def test_gradient(edge, run):
    if edge.text.startswith(BY_VALUE) and ("jit" in run or "vmap" in run):
        pytest.skip("its shape depends on values")
    with np.errstate(all="ignore"):
        actual = RUNS[run](edge.function)(np.array(edge.x, float))
    assert_allclose(actual, edge.slopes, rtol=1e-14, atol=0)


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
@pytest.mark.parametrize("outer", [jacfwd, jacrev])
@every_edge
def test_second_derivatives_are_finite(edge, outer):
    with np.errstate(all="ignore"):
        second = outer(grad(edge.function))(np.array(edge.x, float))
    assert not edge.twice or np.all(np.isfinite(second))


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_second_derivatives_of_a_root_that_is_not_taken():
    root = Edge("np.where(x > 0, np.sqrt(x), 0)", [], []).function
    second = np.diagonal(hessian(root)(np.array([-1.0, 0.0, 4.0])))
    assert_array_equal(second, [np.nan, np.nan, -1 / 32])


def test_the_page_shows_the_table():
    page = (Path(__file__).parents[1] / "docs" / "edge_points.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [*page_rows(), *unused_rows()]


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
@pytest.mark.parametrize("text", UNUSED)
def test_branches_that_are_not_taken(text):
    branch = Edge(f"np.where(x > 0, {text}, 0)", [], []).function
    x = np.array([-1.0, 0.0])
    with np.errstate(all="ignore"):
        for run in (grad, jacrev, RUNS["jit of grad"], RUNS["vmap of grad"]):
            assert_array_equal(run(branch)(x), UNUSED[text])
        for run in (jacfwd, RUNS["jit of jacfwd"]):
            assert_array_equal(run(branch)(x), [0, 0])


@pytest.mark.parametrize("x", [800.0, -800.0, 0.0])
def test_logaddexp_is_exact(x):
    value, slope = jvp(lambda x: np.logaddexp(0.0, x), (x,), (1.0,))
    assert value == np.logaddexp(0.0, x)
    assert_allclose(slope, 1.0 / (1.0 + np.exp(-np.float64(x) if x > -700 else 709.0)),
                    atol=1e-300)  # fmt: skip


@pytest.mark.parametrize("tie", [0.0, 2.5, -700.0])
def test_higher_derivatives_of_logaddexp_at_a_tie(tie):
    """A tie is no edge: the function is smooth there (Hessians at zero weights)."""
    f = lambda x: np.logaddexp(tie, x)
    assert_allclose(grad(f)(tie), 0.5)
    assert_allclose(grad(grad(f))(tie), 0.25)
    assert_allclose(grad(grad(grad(grad(f))))(tie), -0.125)
    assert_allclose(grad(grad(np.logaddexp2), argnums=1)(tie, tie), -np.log(2) / 4)


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_equal_infinities_share_the_derivative_of_logaddexp(infinite):
    assert grad(np.logaddexp, argnums=(0, 1))(infinite, infinite) == (0.5, 0.5)


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
