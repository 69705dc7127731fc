"""The methods of ufuncs: slopes as JAX's, ties, masks, what is empty."""

import numpy as np
import pytest

import fgrad
from fgrad import grad, jit, vmap
from fgrad.test_util import check_grads

X = np.random.default_rng(0).uniform(0.2, 2.0, (3, 4))
CALLS = """
logaddexp.reduce(x) logaddexp.accumulate(x,axis=1) maximum.accumulate(x)
minimum.accumulate(x,axis=1) multiply.accumulate(x) add.reduceat(x,np.array([0,2]))
multiply.reduce(x,axis=1) maximum.reduce(x,axis=0) subtract.reduce(x)
logaddexp2.reduce(x,axis=1) subtract.accumulate(x) add.outer(x,x)
""".split()


def loss(text, namespace):
    return lambda x: eval(f"(_.{text}**2).sum()", {"_": namespace, "np": np, "x": x})


@pytest.mark.parametrize("text", CALLS)
def test_against_jax(text):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    theirs = jax.grad(loss(text, jax.numpy))(X)
    np.testing.assert_allclose(grad(loss(text, np))(X), theirs, 1e-12)
    np.testing.assert_allclose(jit(grad(loss(text, np)))(X), theirs, 1e-12)


def test_a_long_scan_is_stable():
    x = np.linspace(-800.0, 800.0, 500)
    last = grad(lambda x: np.logaddexp.accumulate(x)[-1])(x)
    top = grad(lambda x: np.logaddexp.reduce(x))(x)
    softmax = np.exp(x - 800) / np.sum(np.exp(x - 800))
    np.testing.assert_allclose(last, softmax, 1e-9, 1e-300)
    np.testing.assert_allclose(top, softmax, 1e-9, 1e-300)


def test_a_traced_initial_value():
    f = lambda x, s: np.sum(fgrad.numpy.sum(x, axis=1, initial=s) ** 2)
    check_grads(f, (X, 0.3), order=2)
    g = lambda x, s: np.sum(fgrad.numpy.max(x, axis=1, initial=s, where=X < 1.5))
    check_grads(g, (X, 0.9), order=1)
    starts = np.array([0.1, 0.9, 3.0])
    rows = [g(X, s) for s in starts]
    np.testing.assert_allclose(vmap(g, in_axes=(None, 0))(X, starts), rows)


def test_masks_mapped():
    masks = np.random.default_rng(1).random((5, 3, 4)) > 0.4
    f = lambda x, mask: np.sum(x, axis=1, where=mask)
    expected = [f(X, mask) for mask in masks]
    np.testing.assert_array_equal(vmap(f, in_axes=(None, 0))(X, masks), expected)
    only = lambda x, mask: np.sum(X, where=mask) + np.sum(x * 0)
    np.testing.assert_allclose(
        vmap(only, in_axes=(None, 0))(X, masks), [only(X, m) for m in masks]
    )


def test_what_is_masked_has_no_slope_even_where_it_is_infinite():
    x = np.array([1.0, -1.0, 0.0])
    mask = np.array([True, False, False])
    slope = grad(lambda x: np.sum(np.log(x), where=mask))
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(slope(x), [1.0, 0.0, 0.0])


FOLDS = {
    "logaddexp": lambda x: np.logaddexp.reduce(x, axis=0),
    "max": lambda x: np.max(x, axis=0, initial=2.0),
    "hypot": lambda x: np.hypot.reduce(x, axis=0),
}


@pytest.mark.parametrize("name", FOLDS)
def test_nothing_to_fold(name):
    f, empty = FOLDS[name], np.zeros((0, 3))
    np.testing.assert_array_equal(jit(f)(empty), f(empty))
    assert grad(lambda x: np.sum(f(x)))(empty).shape == (0, 3)


def test_pieces_overlap():
    x, starts = np.array([1.0, 2.0, 3.0, 4.0]), [0, 2, 1, 1]
    slope = grad(lambda x: np.sum(np.add.reduceat(x, starts)))(x)
    np.testing.assert_array_equal(slope, [1.0, 3.0, 2.0, 1.0])
    traced = vmap(lambda x: np.maximum.reduceat(x, starts))(np.stack([x, -x]))
    np.testing.assert_array_equal(
        traced, [np.maximum.reduceat(y, starts) for y in (x, -x)]
    )


@pytest.mark.parametrize("name", ["multiply", "logaddexp", "maximum"])
def test_pieces_by_difference(name):
    ufunc = getattr(np, name)
    check_grads(lambda x: ufunc.reduceat(x, [0, 3, 1], axis=1), (X,), order=2)
