"""Every ufunc and reduction on every dtype: traced and compiled as plain NumPy."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import fgrad
from fgrad.core import known_value
from fgrad.numpy.ufuncs import BINARY, UNARY

CODES = "?bBhHiIlLqQefdgFDG"
PAIRED = [*BINARY, np.power, np.divmod]
REDUCTIONS = ["sum", "prod", "max", "min", "mean", "var", "std", "any", "all", "ptp",
              "cumsum", "cumprod", "argmax", "argmin", "count_nonzero", "median",
              "nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd",
              "nancumsum", "nanmedian", "average", "sort", "argsort", "round",
              "cumulative_sum", "cumulative_prod"]  # fmt: skip
METHODS = [(np.add, "reduce"), (np.multiply, "accumulate"), (np.maximum, "accumulate"),
           (np.logaddexp, "reduce"), (np.hypot, "accumulate"), (np.subtract, "reduce"),
           (np.bitwise_or, "reduce"), (np.logical_and, "accumulate"),
           (np.fmin, "reduce"), (np.divide, "reduce")]  # fmt: skip


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def values(code, shape=(2, 3)):
    x = np.arange(1, 1 + np.prod(shape, dtype=int)).reshape(shape)
    x = (x * 0.37 if np.dtype(code).kind in "fc" else x).astype(code)
    return x - np.dtype(code).type(1j) / 3 if np.dtype(code).kind == "c" else x


def outcome(function, *args):
    """Return what a function gives, or that NumPy's types forbid it."""
    try:
        return function(*args)
    except (TypeError, ValueError):
        return None


def leaves(z):
    return list(z) if isinstance(z, tuple) else [z]


def assert_same(actual, expected, rtol=0.0):
    for z, e in zip(leaves(actual), leaves(expected), strict=True):
        z, e = np.asarray(z), np.asarray(e)
        assert (z.dtype, z.shape) == (e.dtype, e.shape)
        np.testing.assert_allclose(z, e, rtol, 0)


def traced(function, *args):
    """Return the known value of a function under a trace."""
    kept = []

    def run(s):
        tracers = [fgrad.numpy.asarray(x + s.astype(x.dtype) * 0 if x.dtype.kind != "b"
                                       else x & (s < 1)) for x in args]  # fmt: skip
        kept.append(function(*tracers))
        return s

    fgrad.vjp(run, np.float64(0.0))
    return tuple(map(known_value, leaves(kept[0])))


def check(function, *args):
    expected = outcome(function, *args)
    if expected is None:
        with pytest.raises((TypeError, ValueError)):
            traced(function, *args)
        return
    assert_same(traced(function, *args), expected)
    assert_same(fgrad.jit(function)(*args), expected)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("ufunc", [*UNARY, np.modf, np.frexp], ids=lambda u: u.__name__)
def test_unary(ufunc, code):
    check(ufunc, values(code))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "ufunc", [*BINARY, np.power, np.divmod], ids=lambda u: u.__name__
)
def test_binary(ufunc, code):
    check(ufunc, values(code), values(code, (3,)))
    check(lambda x: ufunc(x, 2), values(code))
    check(lambda x: ufunc(2.0, x), values(code))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", [n for n in REDUCTIONS if hasattr(np, n)])
def test_reduction(name, code):
    function = getattr(np, name)
    check(function, values(code, (4,)))
    if not name.startswith(("cumulative", "round")):
        check(lambda x: function(x, axis=0), values(code))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("ufunc", "method"), METHODS)
def test_method(ufunc, method, code):
    check(lambda x: getattr(ufunc, method)(x, axis=1), values(code))


SHAPES = hnp.array_shapes(max_dims=2, max_side=3, min_dims=0)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_pairs_of_dtypes(data):
    ufunc = data.draw(st.sampled_from(PAIRED[:-1]))
    x, y = (
        data.draw(hnp.arrays(np.int8, SHAPES, elements=st.integers(0, 4))).astype(code)
        for code in data.draw(st.tuples(*[st.sampled_from(CODES)] * 2))
    )  # fmt: skip
    if outcome(np.broadcast_shapes, x.shape, y.shape) is None:
        return
    expected = outcome(ufunc, x, y)
    if expected is not None:
        assert_same(fgrad.jit(ufunc)(x, y), expected)
