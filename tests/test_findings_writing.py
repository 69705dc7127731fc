"""What a reader of the guides found: scalars, arrays to write to, and advice."""

from __future__ import annotations

import numpy as np
import pytest

from fgrad import grad, jit, vmap

X = np.array([1.0, 2.0, 3.5])

# -- scalars and arrays of no axes ----------------------------------------------------

SCALARS = {
    "median": lambda x: np.median(x),
    "percentile": lambda x: np.percentile(x, 30),
    "quantile": lambda x: np.quantile(x, 0.3),
    "nanpercentile": lambda x: np.nanpercentile(x, 30),
    "cond": lambda x: np.linalg.cond(np.outer(x, x) + np.eye(3)),
    "cond 1": lambda x: np.linalg.cond(np.outer(x, x) + np.eye(3), 1),
    "nan_to_num": lambda x: np.nan_to_num(x[2] / 0.0),
    "choose": lambda x: np.choose(1, [x[0], x[1]]),
    "modf": lambda x: np.modf(x[0])[0],
    "digitize": lambda x: np.digitize(x[0], [0.0, 1.0]),
    "interp": lambda x: np.interp(x[0], [0.0, 1.0], [0.0, 1.0]),
    "where": lambda x: np.where(x[0] > 0, x[0], x[1]),
    "where, item": lambda x: np.where(x[0] > 0, x[0], x[1])[()],
    "reshape, item": lambda x: x[:1].reshape(())[()],
    "reshape": lambda x: (2 * x[:1]).reshape(()),
}


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("name", SCALARS)
def test_jit_gives_a_scalar_where_numpy_does(name):
    function = SCALARS[name]
    plain, jitted = function(X), jit(function)(X)
    assert type(jitted) is type(plain)
    assert np.array_equal(jitted, plain)


def test_jit_gives_scalars_where_scipy_does():
    special = pytest.importorskip("scipy.special")
    import fgrad.scipy.special
    import fgrad.scipy.stats

    assert type(jit(fgrad.scipy.special.logsumexp)(X)) is type(special.logsumexp(X))
    logpdf = jit(fgrad.scipy.stats.dirichlet.logpdf)
    assert type(logpdf(X / X.sum(), X)) is np.float64


def test_what_makes_a_scalar_of_an_array_has_derivatives():
    def f(x):
        return np.where(x > 1, x**2, x)[()] * 3.0

    for g in (grad(f), jit(grad(f))):
        assert g(2.0) == 12.0
    assert grad(grad(f))(2.0) == 6.0
    assert np.array_equal(vmap(grad(f))(X), np.where(X > 1, 6 * X, 3.0))
