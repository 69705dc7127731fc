"""Quantiles by all of NumPy's methods: values to the last bit, slopes, nan, weights."""

import warnings

import numpy as np
import pytest

import fgrad
from fgrad.core import known_value
from fgrad.numpy.quantiles import METHODS
from fgrad.test_util import check_grads

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 4))
HOLES = X.copy()
HOLES[1, 2] = HOLES[:, 3] = HOLES[2:, 0] = np.nan
HOLED = np.where(np.arange(4) == 3, X, HOLES)
ARRAYS = {
    "f64": X, "f32": X.astype(np.float32), "f16": X.astype(np.float16),
    "int": RNG.integers(0, 9, (5, 4)), "nan": HOLES, "row": X[:1],
    "only nan": HOLES[:, 3],
    "strided": X.T[::2],
}  # fmt: skip
SHARES = [0.3, 0.0, 1.0, 0, np.float32(0.4), np.array([0.1, 0.5, 1.0]),
          np.array([0.2, 0.7], np.float32), [0.25, 0.75]]  # fmt: skip
WAYS = [{}, {"axis": 0}, {"axis": (0, 1), "keepdims": True}, {"axis": -1}]


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def calling(name, *args, **options):
    return lambda x: getattr(np, name)(x, *args, **options)


def ways(x):
    return WAYS if x.ndim == 2 else WAYS[:2]


def traced(function, x, compiled=True):
    """Return the value under a trace, and that of the compiled function."""
    values = []
    if x.dtype.kind == "f":
        fgrad.vjp(lambda x: (values.append(function(x)), np.sum(x))[1], x)
    return [known_value(v) for v in values] + (
        [fgrad.jit(function)(x)] if compiled or not values else []
    )


def assert_same(actual, expected):
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("method", METHODS)
def test_values_are_numpys(method, kind):
    x = ARRAYS[kind]
    for name in ("quantile", "nanquantile"):
        for q in SHARES:
            for way in ways(x):
                f = calling(name, q, method=method, **way)
                for value in traced(f, x, compiled=way == {"axis": 0}):
                    assert_same(value, f(x))


@pytest.mark.parametrize("q", [30.0, 100, np.float32(40), np.array([10.0, 75.0])])
@pytest.mark.parametrize("name", ["percentile", "nanpercentile"])
def test_percent(name, q):
    for x in (X, ARRAYS["f32"], ARRAYS["int"], HOLES):
        f = calling(name, q, axis=0)
        for value in traced(f, x):
            assert_same(value, f(x))


WEIGHTS = [(RNG.uniform(size=5), 0), (np.array([0.0, 0, 1, 2, 0]), 0),
           (RNG.uniform(size=(5, 4)), None), (RNG.uniform(size=(5, 4)), 1),
           (RNG.uniform(size=(4, 5)), (1, 0)),
           (np.array([1, 2, 0, 3]), -1)]  # fmt: skip


@pytest.mark.parametrize("number", range(len(WEIGHTS)))
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_weights(name, number):
    w, axis = WEIGHTS[number]
    if name == "nanquantile" and np.shape(w) != X.shape and axis != (1, 0):
        w = np.broadcast_to(w if axis == -1 else w[:, None], X.shape)  # NumPy needs it
    for x in (X, ARRAYS["f32"], ARRAYS["int"], HOLED if number != 1 else X):
        for q in (0.0, 0.3, 1.0, np.array([0.2, 0.6])):
            f = calling(name, q, axis=axis, weights=w, method="inverted_cdf")
            for value in traced(f, x):
                assert_same(value, f(x))
    f = calling("quantile", 0.3, axis, weights=w, method="inverted_cdf")
    check_grads(f, (X,), order=1)


@pytest.mark.parametrize("method", METHODS)
def test_slopes(method):
    check_grads(lambda x: np.quantile(x, 0.33, 0, method=method), (X,), order=2)
    check_grads(calling("nanquantile", [0.2, 0.83], 1, method=method), (X,), order=2)
    for q in (np.array([0.33, 0.71]), 0.33):
        check_grads(lambda q: np.quantile(X, q, 0, method=method), (q,), order=1)


def test_what_is_nan_has_no_slope():
    slope = fgrad.grad(lambda x: np.sum(np.nanquantile(x, 0.5, axis=0)))(HOLED)
    assert np.all(np.isfinite(slope))
    np.testing.assert_array_equal(slope.sum(0), 1.0)
    np.testing.assert_array_equal(slope[np.isnan(HOLED)], 0.0)


def test_at_a_knot_the_piece_that_begins_there_counts():
    x = np.array([1.0, 2.0, 5.0])
    slope = fgrad.grad(lambda q: np.quantile(x, q))
    assert [float(slope(q)) for q in (0.0, 0.5, 1.0)] == [2.0, 6.0, 0.0]


def test_mapped_over_both():
    f = lambda x, q: np.quantile(x, q, method="hazen")
    q = np.linspace(0, 1, 5)
    rows = [f(x, s) for x, s in zip(X, q, strict=True)]
    np.testing.assert_allclose(fgrad.vmap(f)(X, q), rows)


@pytest.mark.parametrize(
    ("call", "error", "teaches"),
    [
        (lambda x: np.quantile(x, 1.5), ValueError, r"\[0, 1\]"),
        (lambda x: np.percentile(x, -1), ValueError, r"\[0, 100\]"),
        (lambda x: np.quantile(x, 0.5, method="best"), ValueError, "hazen"),
        (lambda x: np.quantile(x, 0.5, weights=X), ValueError, "inverted_cdf"),
        (lambda x: np.quantile(x, 0.5, weights=-X, method="inverted_cdf"), ValueError,
         "negative"),
        (lambda x: np.quantile(x, 0.5, weights=abs(X[0]), method="inverted_cdf"),
         TypeError, "axis"),
        (lambda x: np.quantile(x * 1j, 0.5), TypeError, "complex"),
        (lambda x: np.quantile(x, np.full((2, 2), 0.5)), ValueError, "vector"),
        (lambda x: np.quantile(x, 0.5, out=np.zeros(())), TypeError, "out="),
    ],
)  # fmt: skip
def test_refusals(call, error, teaches):
    with pytest.raises(error, match=teaches):
        fgrad.grad(lambda x: np.sum(call(x)))(X)


def test_against_jax():
    jax = pytest.importorskip("jax")
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)
    for method in ("linear", "lower", "higher", "midpoint", "nearest"):
        for q in (0.3, np.array([0.1, 0.85])):
            ours, theirs = (
                grad(lambda x, m, q, way: m.sum(m.quantile(x, q, 0, **way) ** 2))(
                    X, m, q, {"method": method}
                )
                for m, grad in ((np, fgrad.grad), (jnp, jax.grad))
            )
            np.testing.assert_allclose(ours, theirs)
