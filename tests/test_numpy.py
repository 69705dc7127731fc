"""Dtypes and second derivatives of NumPy's functions on traced values."""

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
