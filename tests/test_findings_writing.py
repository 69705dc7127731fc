"""What a reader of the guides found: scalars, arrays to write to, and advice."""

from __future__ import annotations

import numpy as np
import pytest

import fgrad
import fgrad.numpy as fnp
from fgrad import grad, jit, vjp, vmap
from fgrad.errors import (
    TracerArrayConversionError,
    TracerMutationError,
    UntraceableError,
)

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


# -- arrays to write to ----------------------------------------------------------------


@pytest.mark.parametrize("x", [2.0, 2, True, 2j, np.float32(2.0), np.array(2.0)])
def test_arrays_like_a_number_are_plain(x):
    def f(x):
        y = fnp.zeros(3, like=x)
        y[1] = abs(x)
        return y

    assert np.array_equal(f(x), [0.0, abs(x), 0.0])
    assert type(fnp.arange(3, like=x)) is np.ndarray
    assert type(fnp.array([1.0], like=x)) is np.ndarray


def test_arrays_like_a_traced_number_hold_it():
    def f(x):
        y = fnp.zeros(3, like=x)
        y[1] = x**2
        return y

    assert np.array_equal(fgrad.jacobian(f)(3.0), [0.0, 6.0, 0.0])


# -- ufunc.at --------------------------------------------------------------------------

AT = [np.add, np.subtract, np.multiply, np.minimum, np.maximum]
INDEX = [0, 2, 2]


def _at(ufunc, indices=INDEX):
    def f(x):
        y = x * 2.0 + 1.0
        result = ufunc.at(y, indices, x)
        assert result is None
        return y

    return f


@pytest.mark.parametrize("ufunc", AT, ids=lambda u: u.__name__)
@pytest.mark.parametrize("indices", [INDEX, (np.array(INDEX),), slice(None)])
def test_ufunc_at_writes_in_place(ufunc, indices):
    f = _at(ufunc, indices)
    plain = f(X)
    assert np.array_equal(vjp(f, X)[0], plain)
    assert np.array_equal(jit(f)(X), plain)
    rows = np.stack([X, -X])
    assert np.array_equal(vmap(f)(rows), [f(row) for row in rows])
    step = 1e-6 * np.eye(3)
    slopes = np.stack([(f(X + h) - f(X - h)) / 2e-6 for h in step], axis=-1)
    assert np.allclose(fgrad.jacobian(f)(X), slopes, atol=1e-6)
    assert np.allclose(fgrad.jacfwd(f)(X), slopes, atol=1e-6)


def test_ufunc_at_takes_traced_indices():
    def f(x, i):
        y = np.zeros(4, like=x)
        np.add.at(y, i, x)
        return y

    i = np.array([3, 3, 1])
    assert np.array_equal(jit(f)(X, i), f(X, i))


def test_ufunc_at_is_refused_as_item_assignment_is():
    with pytest.raises(TracerMutationError, match="caller's array"):
        vjp(lambda x: np.add.at(x, 0, 1.0), X)
    with pytest.raises(TracerMutationError, match="shares memory"):

        def view(x):
            y = x * 2.0
            np.add.at(y[:2], 0, 1.0)
            return y

        vjp(view, X)
    with pytest.raises(TracerMutationError, match=r"at\(a\)\[i\]\.add\(-v\)"):
        vjp(lambda x: np.subtract.at(np.zeros(3), 0, x[0]), X)
    with pytest.raises(UntraceableError, match=r"divide\.at"):
        vjp(lambda x: np.divide.at(x * 2.0, 0, x[0]), X)
    with pytest.raises(UntraceableError, match=r"negative\.at"):
        vjp(lambda x: np.negative.at(x * 2.0, 0), X)
    with pytest.raises(TypeError, match="same_kind"):
        jit(lambda x: np.add.at((x * 2.0).astype(int), 0, x[0]))(X)
    with pytest.raises(IndexError):
        vjp(lambda x: np.add.at(x * 2.0, 7, x[0]), X)


def test_floats_are_written_to_plain_integers_as_the_advice_says():
    def f(x, cast=False):
        y = np.zeros_like(x, dtype=int)
        y[:] = (x * 1.7).astype(int) if cast else x * 1.7
        return y

    with pytest.raises(TracerArrayConversionError, match=r"x\.astype\(int\)"):
        vjp(f, X)
    assert np.array_equal(vjp(lambda x: f(x, True), X)[0], f(X))
    assert np.array_equal(jit(f)(X), f(X))


# -- advice ----------------------------------------------------------------------------

SCIPY = {
    "linalg.expm": lambda scipy, x: scipy.linalg.expm(np.outer(x, x)),
    "linalg.solve": lambda scipy, x: scipy.linalg.solve(np.eye(3), x),
    "stats.norm.pdf": lambda scipy, x: scipy.stats.norm.pdf(x),
    "signal.lfilter": lambda scipy, x: scipy.signal.lfilter(x, x, x),
    "ndimage.map_coordinates": lambda scipy, x: scipy.ndimage.map_coordinates(x, [x]),
    "integrate.trapezoid": lambda scipy, x: scipy.integrate.trapezoid(x),
}


def _refusal(f):
    with pytest.raises(TracerArrayConversionError) as info:
        vjp(f, X)
    message = str(info.value)
    assert "At test_findings_writing.py:" in message  # not a line of the library
    return message


@pytest.mark.parametrize("name", SCIPY)
def test_plain_scipy_is_told_of_its_counterpart(name):
    scipy = pytest.importorskip("scipy")
    message = _refusal(lambda x: SCIPY[name](scipy, x))
    assert f"write fgrad.scipy.{name}(...)" in message
    assert f"in `scipy.{name}(" in message


def test_plain_scipy_without_a_counterpart_is_told_what_else_to_do():
    distance = pytest.importorskip("scipy.spatial.distance")
    message = _refusal(lambda x: distance.cdist(x[:, None], x[:, None]))
    assert "fgrad.scipy has no such function" in message
    assert "fgrad.custom_vjp" in message


def test_what_only_takes_plain_arrays_is_no_counterpart():
    integrate = pytest.importorskip("scipy.integrate")
    message = _refusal(lambda x: integrate.quad(lambda t: t * x[0], 0, 1)[0])
    assert "fgrad.scipy has no such function" in message


def test_torch_is_told_apart():
    torch = pytest.importorskip("torch")
    assert "other libraries" in _refusal(lambda x: torch.tensor(x))


PLAIN = {
    "permutation": (lambda rng, x: rng.permutation(x), "x[rng.permutation(n)]"),
    "choice": (lambda rng, x: rng.choice(x, 2), "x[rng.choice(n, size)]"),
    "ma": (lambda rng, x: np.ma.array(x, mask=x > 2), "masked arrays cannot"),
    "ndenumerate": (lambda rng, x: list(np.ndenumerate(x)), "np.ndindex(x.shape)"),
    "as_strided": (
        lambda rng, x: np.lib.stride_tricks.as_strided(x, (2,), (8,)),
        "sliding_window_view",
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_advice_fits_the_function(name):
    f, advice = PLAIN[name]
    assert advice in _refusal(lambda x: f(np.random.default_rng(0), x))


def test_a_float_as_a_size_is_told_of_static_arguments():
    with pytest.raises(TypeError, match="static_argnums"):
        jit(lambda x: np.eye(x))(3.0)
