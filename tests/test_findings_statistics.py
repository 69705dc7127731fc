"""What a fresh user found among NumPy's statistics, one small program each."""

import warnings

import numpy as np
import pytest

import fgrad
from fgrad import grad, jit, vjp, vmap

X = np.array([[1.0, 2.0, 4.0], [3.0, -1.0, 0.5]])
V = X[0]


def quiet(fun, *args):
    """Return a result without NumPy's warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        return fun(*args)


# -- covariances ---------------------------------------------------------------------


@pytest.mark.parametrize("fun, x", [
    (lambda x: np.cov(x, ddof=3), X),
    (lambda x: np.cov(x, ddof=5), X),
    (lambda x: np.cov(x, ddof=2, fweights=[1, 0, 1]), X),
    (lambda x: np.cov(x, ddof=7, aweights=[1.0, 0.5, 1.0]), X),
    (np.cov, np.ones(1)),
    (np.cov, np.ones((2, 1))),
    (np.corrcoef, np.ones((2, 1))),
    (np.corrcoef, np.ones(1)),
    (np.cov, np.ones((0, 3))),
])  # fmt: skip
def test_covariances_without_degrees_of_freedom_are_numpys(fun, x):
    plain = quiet(fun, x)
    np.testing.assert_array_equal(quiet(jit(fun), x), plain)
    np.testing.assert_array_equal(quiet(vjp, fun, x)[0], plain)
    np.testing.assert_array_equal(quiet(vmap(fun), x[None])[0], plain)


def test_no_degrees_of_freedom_warns_as_numpy_does():
    warned = pytest.warns(RuntimeWarning, match="Degrees of freedom")
    with np.errstate(divide="ignore", invalid="ignore"), warned:
        jit(np.cov)(np.ones(1))


def test_degrees_of_freedom_of_staged_weights():
    def fun(w):
        return np.cov(X, aweights=w, ddof=9)

    w = np.array([1.0, 0.5, 1.0])
    np.testing.assert_array_equal(quiet(jit(fun), w), quiet(fun, w))


@pytest.mark.parametrize("error, kwargs", [
    (ValueError, {"aweights": [1.0, -1.0, 2.0]}),
    (ValueError, {"fweights": [1, -1, 2]}),
    (TypeError, {"fweights": [1.0, 0.5, 2.0]}),
    (RuntimeError, {"fweights": [1, 2]}),
    (RuntimeError, {"aweights": [1.0, 2.0]}),
    (RuntimeError, {"fweights": [[1, 2, 3]]}),
    (RuntimeError, {"aweights": [[1.0, 2.0, 3.0]]}),
    (ZeroDivisionError, {"aweights": [0.0, 0.0, 0.0]}),
    (ValueError, {"ddof": 0.5}),
])  # fmt: skip
def test_covariances_check_what_is_known(error, kwargs):
    def fun(x):
        return np.cov(x, **kwargs)

    for run in (fun, jit(fun), lambda x: vmap(fun)(x[None]), lambda x: vjp(fun, x)):
        with pytest.raises(error):
            run(X)


@pytest.mark.parametrize("run", [np.cov, jit(np.cov)])
def test_covariances_have_two_axes(run):
    with pytest.raises(ValueError, match="more than 2"):
        run(np.ones((2, 3, 4)))


# -- interpolation -------------------------------------------------------------------


@pytest.mark.parametrize("fp", [
    [1.0, np.inf, 2.0], [np.inf, 1.0, 2.0], [1.0, 2.0, -np.inf], [np.inf, np.inf, 2.0],
    [np.nan, 1.0, np.inf], [np.inf, -np.inf, 0.0], [np.inf] * 3,
])  # fmt: skip
def test_interp_next_to_infinite_values(fp):
    x = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, np.nan])
    for run in (jit(np.interp), lambda *a: vmap(np.interp, (0, None, None))(*a)):
        with np.errstate(invalid="ignore"):
            traced = run(x, np.array([1.0, 2.0, 4.0]), np.array(fp))
        np.testing.assert_array_equal(traced, np.interp(x, [1.0, 2.0, 4.0], fp))


def test_interp_at_a_knot_next_to_infinity_has_finite_gradients():
    for i, at in enumerate((1.0, 4.0)):
        slopes = grad(lambda x, fp: np.interp(x, [1.0, 2.0, 4.0], fp), (0, 1))
        dx, df = quiet(slopes, at, np.array([1.0, np.inf, 2.0]))
        assert dx == 0
        np.testing.assert_array_equal(df, np.eye(3)[2 * i])


def test_interp_refuses_what_numpy_refuses():
    xp, fp = np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0])
    with pytest.raises(ValueError, match="period"):
        jit(lambda x: np.interp(x, xp, fp, period=0))(V)
    for x, known in ((V * 1j, xp), (V, xp * 1j)):
        with pytest.raises(TypeError, match="real"):
            jit(lambda x, known: np.interp(x, known, fp))(x, known)
        with pytest.raises(TypeError, match="real"):
            jit(lambda x, known: np.interp(x, known, fp, period=2))(x, known)


# -- quantiles and averages ----------------------------------------------------------


@pytest.mark.parametrize("name", [
    "quantile", "percentile", "nanquantile", "nanpercentile"
])  # fmt: skip
@pytest.mark.parametrize("q", [-0.1, 100.5, np.nan, [0.5, 101.0]])
def test_known_quantiles_out_of_range_raise(name, q):
    def fun(x):
        return getattr(np, name)(x, q)

    for run in (fun, jit(fun), lambda x: vmap(fun)(x[None]), lambda x: vjp(fun, x)):
        with pytest.raises(ValueError, match=r"\[0, 1"):
            run(V)


@pytest.mark.parametrize("name, top", [
    ("quantile", 1), ("percentile", 100), ("nanquantile", 1), ("nanpercentile", 100)
])  # fmt: skip
@pytest.mark.parametrize("method", ["linear", "inverted_cdf", "hazen", "midpoint"])
def test_staged_quantiles_out_of_range_are_nan(name, top, method):
    def fun(x, q):
        return getattr(np, name)(x, q, axis=1, method=method)

    q = np.array([0.25, -0.1, 0.5, 1.1, np.nan, 1.0]) * top
    bad = np.array([False, True, False, True, True, False])
    out = jit(fun)(X, q)
    assert np.isnan(out[bad]).all()
    np.testing.assert_array_equal(out[~bad], fun(X, q[~bad]))
    mapped = vmap(fun, (None, 0))(X, q)
    assert np.isnan(mapped[bad]).all() and np.isfinite(mapped[~bad]).all()
    assert np.isnan(jit(lambda q: fun(X, q))(1.5 * top)).all()
    slopes = jit(grad(lambda x, q: fun(x, q)[0].sum()))(X, q)
    assert np.isfinite(slopes).all()


def test_quantiles_of_mapped_arrays_keep_their_fractions():
    q = np.array([0.25, 1.5])
    out = vmap(np.quantile)(X, q)
    np.testing.assert_array_equal(out, [np.quantile(X[0], 0.25), np.nan])


def test_average_checks_known_weights():
    def fun(x):
        return np.average(x, weights=[1, -1.0, 0])

    for run in (fun, jit(fun), lambda x: vmap(fun)(x[None]), grad(fun)):
        with pytest.raises(ZeroDivisionError):
            run(V)
    assert np.isfinite(jit(lambda x: np.average(x, weights=V))(V))


@pytest.mark.parametrize("fun", [
    lambda x: np.digitize(x, [1.0, 3.0, 2.0]),
    lambda x: np.histogram(x, [1.0, 3.0, 2.0])[0],
    lambda x: np.histogram(x, 3, (2.0, 1.0))[0],
])  # fmt: skip
def test_known_bins_must_be_sorted(fun):
    for run in (fun, jit(fun), lambda x: vmap(fun)(x[None])):
        with pytest.raises(ValueError):
            run(V)


# -- other functions -----------------------------------------------------------------


@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, np.inf, "fro"])
def test_cond_of_infinite_matrices_is_infinite(p):
    def fun(m):
        return np.linalg.cond(m, p)

    m = np.stack([np.array([[np.inf, 1.0], [1.0, 2.0]]), np.diag([1.0, 2.0])])
    plain = quiet(fun, m)
    np.testing.assert_array_equal(quiet(jit(fun), m), plain)
    np.testing.assert_array_equal(quiet(vmap(fun), m), plain)


@pytest.mark.parametrize("wrap", [list, tuple, np.asarray])
def test_nan_to_num_takes_lists(wrap):
    x = np.array([[np.inf, np.nan, -np.inf], [1.0, np.inf, np.nan]])
    kwargs = {k: wrap([1.0, 2.0, 3.0]) for k in ("nan", "posinf", "neginf")}
    plain = np.nan_to_num(x, **kwargs)
    np.testing.assert_array_equal(jit(lambda x: np.nan_to_num(x, **kwargs))(x), plain)
    np.testing.assert_array_equal(vmap(lambda x: np.nan_to_num(x, **kwargs))(x), plain)
    assert fgrad.make_jaxpr(lambda x: np.nan_to_num(x, posinf=2.0))(x)
