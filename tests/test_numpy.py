"""Edge points and dtypes of NumPy's functions on traced values."""

import warnings

import numpy as np
import pytest

from fgrad.transforms.grad import grad
from fgrad.transforms.jvp import jvp

V = np.random.default_rng(0).normal(size=5)
W = np.random.default_rng(1).normal(size=5)


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


# -- values at edge points -----------------------------------------------------------

Z = np.zeros(3)
TIE = np.array([1.0, 2.0, 2.0])
EDGES = {
    "abs": (lambda x: np.abs(x).sum(), Z, [0, 0, 0]),
    "norm": (lambda x: np.linalg.norm(x), Z, [0, 0, 0]),
    "norm 3": (lambda x: np.linalg.norm(x, 3), Z, [0, 0, 0]),
    "norm inf": (lambda x: np.linalg.norm(x, np.inf), TIE, [0, 0.5, 0.5]),
    "frobenius": (lambda x: np.linalg.norm(np.outer(x, x)), Z, [0, 0, 0]),
    "norm axis": (lambda x: np.linalg.norm(x[None], axis=1).sum(), Z, [0, 0, 0]),
    "vector_norm": (lambda x: np.linalg.vector_norm(x), Z, [0, 0, 0]),
    "std": (lambda x: np.std(x), Z + 1, [0, 0, 0]),
    "nanstd": (lambda x: np.nanstd(x), Z + 1, [0, 0, 0]),
    "max": (lambda x: np.max(x), TIE, [0, 0.5, 0.5]),
    "maximum": (lambda x: np.maximum(x, 0.0).sum(), Z, [0.5, 0.5, 0.5]),
    "clip": (lambda x: np.clip(x, 0.0, 2.0).sum(), TIE, [1, 0.5, 0.5]),
    "prod": (lambda x: np.prod(x), np.array([0.0, 2.0, 3.0]), [6, 0, 0]),
    "sinc": (lambda x: np.sinc(x).sum(), Z, [0, 0, 0]),
    "logaddexp": (lambda x: np.logaddexp(0, x).sum(), np.array([-800.0, 0, 800.0]),
                  [0, 0.5, 1]),
    "where": (lambda x: np.where(x > 0, np.log(x), 0.0).sum(),
              np.array([-1.0, 1.0, 2.0]), [0, 1, 0.5]),
    "nan_to_num": (lambda x: np.nan_to_num(x).sum(), np.array([np.nan, 1.0, np.inf]),
                   [0, 1, 0]),
    "nanmean": (lambda x: np.nanmean(x), np.array([np.nan, 1.0, 3.0]), [0, 0.5, 0.5]),
    "nansum": (lambda x: np.nansum(x), np.array([np.nan, 1.0, 3.0]), [0, 1, 1]),
    "power 0": (lambda x: np.power(x, 0.0).sum(), Z, [0, 0, 0]),
    "square": (lambda x: (x**2).sum(), Z, [0, 0, 0]),
    "hypot": (lambda x: np.hypot(x, 0.0).sum(), Z, [0, 0, 0]),
    "median": (lambda x: np.median(x), np.array([3.0, 1.0, 2.0]), [0, 0, 1]),
    "unique": (lambda x: np.unique(x).sum(), TIE, [1, 1, 0]),
    "sqrt": (lambda x: np.sqrt(x).sum(), Z, [np.inf] * 3),
    "unused": (lambda x: np.argmax(x) * 1.0, TIE, [0, 0, 0]),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_gradient_at_an_edge(name):
    function, x, expected = EDGES[name]
    np.testing.assert_array_equal(grad(function)(x), expected)


FLOAT32 = {
    "std": np.std,
    "norm": np.linalg.norm,
    "mean": np.mean,
    "var": lambda a: np.var(a, 0) * 2,
    "median": np.median,
    "average": np.average,
    "logaddexp": lambda a: np.logaddexp(a, 1.0),
    "interp": lambda a: np.interp(a, [0.0, 9.0], [1.0, 2.0]),
}


@pytest.mark.parametrize("name", FLOAT32)
def test_float32_in_float32_out(name):
    x = np.outer(V, W).astype(np.float32)
    assert grad(lambda a: np.sum(FLOAT32[name](a)))(x).dtype == np.float32


def test_second_order_through_numpy():
    f = lambda x: np.sum(np.std(np.outer(x, np.sin(x)), axis=0) ** 2)
    hvp = jvp(grad(f), (V,), (W,))[1]
    eps = 1e-6
    step = (grad(f)(V + eps * W) - grad(f)(V - eps * W)) / (2 * eps)
    np.testing.assert_allclose(hvp, step, 1e-5, 1e-6)
