"""Distributions: against SciPy and JAX, outside of the support, and in the tails."""

import sys
from math import inf, nan

import numpy as np
import pytest

from fgrad import grad, hessian, jacrev, jit, jvp, vjp, vmap
from fgrad.tree_util import tree_leaves, tree_map

scipy_stats = pytest.importorskip("scipy.stats")
ours = pytest.importorskip("fgrad.scipy.stats")


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


# -- values: far out, at the edges and outside -----------------------------------------

SHAPES = {
    "norm": (), "uniform": (), "expon": (), "laplace": (), "logistic": (),
    "cauchy": (), "gumbel_r": (), "gumbel_l": (), "gamma": (2.3,), "chi2": (3.1,),
    "beta": (1.4, 2.2), "t": (3.3,), "pareto": (1.7,), "gennorm": (1.6,),
    "truncnorm": (-0.7, 1.3), "vonmises": (1.3,), "wrapcauchy": (0.4,),
    "bernoulli": (0.3,), "binom": (5, 0.3), "poisson": (2.1,), "geom": (0.3,),
    "nbinom": (2.5, 0.4), "betabinom": (5, 1.2, 2.3),
}  # fmt: skip
DISCRETE = ("bernoulli", "binom", "poisson", "geom", "nbinom", "betabinom")
ABSENT = {
    "vonmises": ("cdf", "sf", "logcdf", "logsf", "ppf", "isf"),
    "betabinom": ("cdf", "sf", "logcdf", "logsf", "ppf"),
    "binom": ("ppf",), "poisson": ("ppf",), "nbinom": ("ppf",),
}  # fmt: skip
X = np.array([-1e3, -40, -3, -1, -0.2, 0, 0.3, 0.5, 1, 1.2, 2, 3, 6, 30, 400, 1e5,
              inf, -inf, nan])  # fmt: skip
Q = np.array([0, 1e-300, 1e-9, 0.1, 0.5, 0.7, 1 - 1e-9, 1, -1, 2, nan])
FAR = -600.0  # below this, SciPy's logarithms may be -inf where they need not be


def functions(name):
    density = "pmf logpmf" if name in DISCRETE else "pdf logpdf isf"
    names = [*density.split(), *"cdf sf logcdf logsf ppf".split()]
    return [n for n in names if n not in ABSENT.get(name, ())]


CASES = [(n, f) for n in SHAPES for f in functions(n)]


@pytest.mark.parametrize(("name", "function"), CASES)
@pytest.mark.parametrize("moved", [False, True], ids=["", "moved"])
def test_values_are_those_of_scipy(name, function, moved):
    where = {"loc": 1} if name in DISCRETE else {"loc": 0.5, "scale": 2.0}
    where = where if moved else {}
    x = Q if function in ("ppf", "isf") else X
    mine = getattr(getattr(ours, name), function)(x, *SHAPES[name], **where)
    theirs = getattr(getattr(scipy_stats, name), function)(x, *SHAPES[name], **where)
    better = (mine < FAR) & (theirs == -inf)
    np.testing.assert_allclose(mine[~better], theirs[~better], 1e-8, 1e-14)


@pytest.mark.parametrize(("name", "function"), CASES)
def test_no_gradient_is_nan_anywhere(name, function):
    x = Q[(Q >= 0) & (Q <= 1)] if function in ("ppf", "isf") else X[np.isfinite(X)]
    if function in ("ppf", "isf") and name == "t":
        x = x[x != 1e-300]  # the density underflows there
    f = getattr(getattr(ours, name), function)
    numbers = [i for i, s in enumerate(SHAPES[name]) if type(s) is float]

    def total(x, loc, scale, *shapes):
        given = list(SHAPES[name])
        for i, s in zip(numbers, shapes):
            given[i] = s
        where = {"loc": loc} if name in DISCRETE else {"loc": loc, "scale": scale}
        return f(x, *given, **where)

    shapes = [SHAPES[name][i] for i in numbers]
    full = [np.full(x.shape, s) for s in (0.0, 1.0, *shapes)]
    out, pull = vjp(total, x, *full)
    for slope in pull(np.ones_like(out)):
        assert not np.isnan(slope).any(), x[np.isnan(slope)]


@pytest.mark.parametrize("name", [n for n in SHAPES if n not in DISCRETE])
def test_outside_of_the_support_the_slope_is_zero(name):
    low, high = getattr(scipy_stats, name).support(*SHAPES[name])
    f = getattr(ours, name).logpdf
    for x in (low - 1.5, high + 1.5):
        if np.isfinite(x):
            assert f(x, *SHAPES[name]) == -inf
            assert grad(f)(x, *SHAPES[name]) == 0


@pytest.mark.parametrize("name", [n for n in SHAPES if n not in DISCRETE])
def test_a_scale_of_zero_is_no_distribution(name):
    for scale in (0.0, -1.0):
        assert np.isnan(getattr(ours, name).logpdf(0.5, *SHAPES[name], scale=scale))


# -- gradients: against JAX ------------------------------------------------------------

INSIDE = {"pareto": 2.3, "beta": 0.3, "uniform": 0.3, "truncnorm": 0.3}


@pytest.mark.parametrize("name", SHAPES)
def test_gradients_are_those_of_jax(name):
    jax = pytest.importorskip("jax.scipy.stats") and sys.modules["jax"]

    theirs = getattr(jax.scipy.stats, name)
    shapes = tuple(float(s) for s in SHAPES[name])
    x = 2.0 if name in DISCRETE else INSIDE.get(name, 0.7)
    x = 1.0 if name == "bernoulli" else x
    for function in functions(name):
        if not hasattr(theirs, function):
            continue
        at = 0.4 if function in ("ppf", "isf") else x
        first = 1 if name in DISCRETE else 0
        first = 2 if name in ("binom", "betabinom") else first
        places = tuple(range(first, 1 + len(shapes)))
        with jax.enable_x64(True):
            try:
                expected = jax.grad(getattr(theirs, function), places)(at, *shapes)
            except (TypeError, ValueError):
                continue  # JAX has no derivative, of betainc by a shape for one
            expected = [float(e) for e in expected]
        found = grad(getattr(getattr(ours, name), function), places)(at, *shapes)
        np.testing.assert_allclose(found, expected, 1e-6, 1e-9, err_msg=function)


def test_every_function_of_jax_is_here():
    jax = pytest.importorskip("jax.scipy.stats") and sys.modules["jax"]

    count = 0
    for name, theirs in vars(jax.scipy.stats).items():
        if type(theirs).__name__ == "module" and not name.startswith("_"):
            for function in vars(theirs):
                if not function.startswith("_") and callable(getattr(theirs, function)):
                    assert callable(getattr(getattr(ours, name), function))
                    assert function not in ABSENT.get(name, ())
                    count += 1
    assert count >= 112


# -- tails -----------------------------------------------------------------------------

TAILS = [
    (lambda x: ours.norm.logcdf(x), -1e5, 1e5),
    (lambda x: ours.norm.logsf(x), 1e5, -1e5),
    (lambda x: ours.logistic.logcdf(x), -900.0, 1.0),
    (lambda x: ours.gumbel_r.logsf(x), 900.0, -1.0),
    (lambda x: ours.gumbel_r.logsf(x), -900.0, 0.0),
    (lambda x: ours.laplace.logsf(x), 900.0, -1.0),
    (lambda x: ours.cauchy.logcdf(x), -1e9, 1e-9),
    (lambda x: ours.truncnorm.logpdf(x, 40.0, 50.0), 41.0, -41.0),
    (lambda x: ours.truncnorm.logcdf(x, -inf, 2.0), -40.0, 40.0249688),
    (lambda x: ours.t.logpdf(x, 3.0), 1e100, -4e-100),
    (lambda x: ours.expon.logcdf(x), 1e-20, 1e20),
]


@pytest.mark.parametrize(("f", "x", "slope"), TAILS)
def test_tails(f, x, slope):
    assert np.isfinite(f(x))
    np.testing.assert_allclose(grad(f)(x), slope, 1e-7)


def test_a_truncation_at_infinity_has_the_slope_zero():
    f = lambda a, b: ours.truncnorm.logpdf(0.3, a, b)
    found = grad(f, (0, 1))(-inf, 1.0)
    expected = grad(f, (0, 1))(-35.0, 1.0)
    np.testing.assert_allclose(found, expected, 1e-12, 1e-200)


# -- transformed -----------------------------------------------------------------------


def test_a_model_is_fitted_under_jit_and_vmap():
    data = np.random.default_rng(0).gamma(2.0, 1.5, (3, 200))

    def loss(params, x):
        return -np.mean(ours.gamma.logpdf(x, np.exp(params[0]), 0, np.exp(params[1])))

    start = np.array([0.3, 0.2])
    slopes = jit(vmap(grad(loss), in_axes=(None, 0)))(start, data)
    for row, x in zip(slopes, data):
        np.testing.assert_allclose(row, grad(loss)(start, x), 1e-12)
    curvature = hessian(loss)(start, data[0])
    assert np.linalg.eigvalsh(curvature).min() > 0
    np.testing.assert_allclose(curvature, curvature.T, 1e-9)


def test_float32_stays():
    x = np.linspace(0.1, 0.9, 4, dtype=np.float32)
    for name, shapes in SHAPES.items():
        if name in DISCRETE:
            continue
        shapes = [np.float32(s) for s in shapes]
        f = lambda x: getattr(ours, name).logpdf(x, *shapes)  # noqa: B023
        assert f(x).dtype == np.float32, name
        assert grad(lambda x: f(x).sum())(x).dtype == np.float32, name  # noqa: B023


def test_the_entropy_of_poisson():
    mu = np.array([0.0, 1e-3, 2.5, 99.0, 101.0, 400.0])
    expected = scipy_stats.poisson.entropy(mu)
    np.testing.assert_allclose(ours.poisson.entropy(mu), expected, 1e-8, 1e-12)
    slope = grad(lambda mu: ours.poisson.entropy(mu))(2.5)
    ends = ours.poisson.entropy(np.array([2.5 + 1e-6, 2.5 - 1e-6]))
    np.testing.assert_allclose(slope, (ends[0] - ends[1]) / 2e-6, 1e-6)


# -- vectors ---------------------------------------------------------------------------

rng = np.random.default_rng(0)
ROOT = rng.normal(size=(3, 3)) + 2 * np.eye(3)
COV, MEAN, POINTS = ROOT @ ROOT.T, rng.normal(size=3), rng.normal(size=(4, 3))


def test_normal_vectors_against_jax():
    jax = pytest.importorskip("jax.scipy.stats") and sys.modules["jax"]

    theirs = jax.scipy.stats.multivariate_normal.logpdf
    f = lambda x, m, c: ours.multivariate_normal.logpdf(x, m, c).sum()
    found = grad(f, (0, 1, 2))(POINTS, MEAN, COV)
    with jax.enable_x64(True):
        total = lambda x, m, c: theirs(x, m, c).sum()
        expected = jax.grad(total, (0, 1, 2))(POINTS, MEAN, COV)
        expected = [np.asarray(e) for e in expected]
    for mine, e in zip(found, expected):
        np.testing.assert_allclose(mine, e, 1e-9)


def test_normal_vectors_of_many_covariances():
    covs = np.stack([COV, 2 * COV, COV + np.eye(3)])
    f = ours.multivariate_normal.logpdf
    expected = [f(POINTS[i], MEAN, c) for i, c in enumerate(covs)]
    np.testing.assert_allclose(f(POINTS[:3], MEAN, covs), expected, 1e-12)
    np.testing.assert_allclose(vmap(f, (0, None, 0))(POINTS[:3], MEAN, covs), expected)


def test_shares_that_do_not_add_up():
    alpha = np.array([1.0, 2.0, 3.0])
    f = ours.dirichlet.logpdf
    assert f([0.5, 0.5, 0.5], alpha) == -inf
    assert grad(lambda a: f(np.array([0.5, 0.5, 0.5]), a))(alpha).tolist() == [0, 0, 0]
    x = rng.dirichlet(alpha, 4).T
    np.testing.assert_allclose(f(x, alpha), scipy_stats.dirichlet.logpdf(x, alpha))
    jac = jacrev(lambda a: f(x, a))(alpha)
    assert jac.shape == (4, 3)
    assert np.isfinite(jac).all()


def test_counts_that_do_not_add_up():
    p = np.array([0.2, 0.3, 0.5])
    assert ours.multinomial.logpmf([1, 1, 1], 4, p) == -inf
    np.testing.assert_allclose(
        grad(lambda p: ours.multinomial.logpmf([1, 0, 3], 4, p))(p), [5, 0, 6]
    )


# -- kernel density estimates ----------------------------------------------------------


def test_an_estimate_is_a_pytree():
    kde = ours.gaussian_kde(POINTS.T)
    assert len(tree_leaves(kde)) == 5
    again = tree_map(lambda x: x, kde)
    np.testing.assert_array_equal(again(POINTS.T), kde(POINTS.T))
    values = jit(lambda k, x: k.logpdf(x))(kde, POINTS.T)
    np.testing.assert_array_equal(values, kde.logpdf(POINTS.T))


def test_estimates_are_those_of_scipy_in_every_way_to_set_the_bandwidth():
    data, weights = POINTS.T, np.array([0.1, 0.4, 0.2, 0.3])
    for method in (None, "scott", "silverman", 0.7, lambda k: k.n**-0.2):
        for w in (None, weights):
            mine = ours.gaussian_kde(data, method, w)
            theirs = scipy_stats.gaussian_kde(data, method, w)
            np.testing.assert_allclose(mine.covariance, theirs.covariance, 1e-12)
            np.testing.assert_allclose(mine.inv_cov, theirs.inv_cov, 1e-9)
            np.testing.assert_allclose(mine(data + 0.1), theirs(data + 0.1), 1e-9)


def test_gradients_of_an_estimate_by_its_sample_and_its_weights():
    points = np.array([0.2, 1.4])

    def total(data, weights, width):
        kde = ours.gaussian_kde(data, width, weights)
        return kde.logpdf(points).sum() + kde.integrate_box_1d(-1.0, 0.5)

    args = (rng.normal(size=6), rng.uniform(1, 2, 6), np.array(0.5))
    ts = tuple(rng.normal(size=np.shape(a)) for a in args)
    slope = jvp(total, args, ts)[1]
    ahead, behind = (total(*(a + s * 1e-6 * t for a, t in zip(args, ts)))
                     for s in (1, -1))  # fmt: skip
    np.testing.assert_allclose(slope, (ahead - behind) / 2e-6, 1e-6)
    back = sum(np.sum(g * t) for g, t in zip(grad(total, (0, 1, 2))(*args), ts))
    np.testing.assert_allclose(slope, back, 1e-10)


def test_samples_of_an_estimate():
    kde = ours.gaussian_kde(POINTS.T)
    assert kde.resample(7, seed=0).shape == (3, 7)
    with pytest.raises(TypeError, match="resample draws from plain arrays"):
        grad(lambda x: ours.gaussian_kde(x).resample(3)[0, 0])(POINTS.T)


# -- ranks and the mode ----------------------------------------------------------------


@pytest.mark.parametrize("method", ["average", "min", "max", "dense", "ordinal"])
def test_ranks(method):
    x = np.round(rng.normal(size=(3, 6)))
    for axis in (None, 0, -1):
        mine = ours.rankdata(x, method, axis=axis)
        np.testing.assert_array_equal(mine, scipy_stats.rankdata(x, method, axis=axis))
    rows = vmap(lambda r: ours.rankdata(r, method))(x)
    np.testing.assert_array_equal(rows, ours.rankdata(x, method, axis=1))
    assert not grad(lambda x: ours.rankdata(x, method).sum())(x).any()


def test_modes():
    x = np.round(rng.normal(size=(4, 5, 6)))
    for axis in (None, 0, -1, 1):
        for keepdims in (False, True):
            mine = ours.mode(x, axis, keepdims=keepdims)
            theirs = scipy_stats.mode(x, axis, keepdims=keepdims)
            np.testing.assert_array_equal(mine.mode, theirs.mode)
            np.testing.assert_array_equal(mine.count, theirs.count)
    slope = grad(lambda x: ours.mode(x).mode)(np.array([3.0, 1.0, 3.0]))
    assert slope.tolist() == [1, 0, 0]


# -- messages --------------------------------------------------------------------------

MESSAGES = [
    (
        lambda: ours.gamma.logpdf(1.0),
        TypeError,
        r"gamma.logpdf takes \(x, a, loc=0",
    ),
    (lambda: ours.norm.cdf(1.0, 0, 1, 2), TypeError, "too many arguments"),
    (lambda: ours.norm.cdf(1.0, sigma=2), TypeError, r"unknown or repeated .*sigma"),
    (
        lambda: ours.binom.ppf(0.5, 3, 0.2),
        NotImplementedError,
        r"stats.binom.ppf",
    ),
    (lambda: ours.rankdata([1.0], "first"), ValueError, "method is one of"),
    (lambda: ours.sem([1.0], nan_policy="omit"), NotImplementedError, "depends on val"),
    (lambda: ours.mode(np.zeros((2, 0)), axis=1), ValueError, "has no elements"),
    (lambda: ours.gaussian_kde([1.0]), ValueError, "n of 2 at least"),
    (lambda: ours.gaussian_kde([1.0, 2.0], "wide"), ValueError, "bw_method is"),
    (lambda: ours.gaussian_kde([1.0, 2.0], weights=[1.0]), ValueError, "one for each"),
    (lambda: ours.gaussian_kde(POINTS)(MEAN[:2]), ValueError, "components of the data"),
    (
        lambda: ours.multivariate_normal.pdf(MEAN, None, np.eye(2)),
        ValueError,
        "do not",
    ),
    (lambda: ours.dirichlet.pdf([0.5], [1.0, 1.0, 1.0]), ValueError, "components, and"),
]


@pytest.mark.parametrize(("call", "kind", "words"), MESSAGES)
def test_messages(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
