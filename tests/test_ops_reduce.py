"""Reductions, scans and statistics: NumPy's bits, JAX's derivatives, edge points."""

import warnings

import numpy as np
import pytest

import fgrad.numpy  # noqa: F401  (gives tracers their operators)
from fgrad.ops import reduce as ops
from fgrad.transforms.grad import grad
from fgrad.transforms.jvp import jvp
from fgrad.transforms.vjp import vjp
from fgrad.transforms.vmap import vmap

RNG = np.random.default_rng(7)
CUBE = RNG.standard_normal((3, 4, 5))
ARRAYS = [
    CUBE,
    CUBE.astype(np.float32),
    CUBE.astype(np.float16),
    CUBE + 1j * CUBE[::-1],
    (CUBE + 1j * CUBE[::-1]).astype(np.complex64),
    (10 * CUBE).astype(np.int32),
    (10 * CUBE).astype(np.uint8),
    CUBE > 0,
    CUBE[:, ::-1, ::2],
    CUBE.T,
    RNG.standard_normal((1, 1, 1)),
    np.float64(2.5),
    np.float32(0.1),
    2.5,
    3,
]
AXES = [None, 0, -1, (0, 2), [1], ()]
PAIRS = {
    "sum": (ops.sum_, np.sum),
    "prod": (ops.prod, np.prod),
    "max": (ops.amax, np.max),
    "min": (ops.amin, np.min),
    "any": (ops.any_, np.any),
    "all": (ops.all_, np.all),
    "mean": (ops.mean, np.mean),
    "var": (ops.var, np.var),
    "std": (ops.std, np.std),
    "ptp": (ops.ptp, np.ptp),
}


def same_bits(z, expected):
    z, expected = np.asarray(z), np.asarray(expected)
    assert (z.shape, z.dtype) == (expected.shape, expected.dtype)
    assert z.tobytes() == expected.tobytes()


def fits(name, x, axis):
    """Whether NumPy takes this axis for this array: a scalar has one in some."""
    if np.ndim(x) or axis in (None, ()):
        return name != "ptp" or np.asarray(x).dtype != bool
    return axis in (0, -1) and name not in ("mean", "var", "std")


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("name", PAIRS)
def test_bits_are_those_of_numpy(name, axis):
    ours, numpys = PAIRS[name]
    for x in ARRAYS:
        if not fits(name, x, axis):
            continue
        axis_np = tuple(axis) if isinstance(axis, list) else axis
        for keepdims in (False, True):
            with np.errstate(all="ignore"):
                z = ours(x, axis, keepdims=keepdims)
                same_bits(z, numpys(x, axis_np, keepdims=keepdims))


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std"])
@pytest.mark.parametrize("dtype", [np.float64, "f4", np.float16, complex])
def test_dtype_is_that_of_numpy(name, dtype):
    ours, numpys = PAIRS[name]
    for x in ARRAYS[:3] + ARRAYS[5:9]:
        with np.errstate(over="ignore", invalid="ignore"):
            same_bits(ours(x, 1, dtype), numpys(x, 1, dtype))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64])
def test_large_and_long_statistics_have_the_bits_of_numpy(dtype):
    x = RNG.standard_normal(100_003).astype(dtype)
    for name in ("mean", "var", "std"):
        ours, numpys = PAIRS[name]
        with np.errstate(over="ignore", invalid="ignore"):
            same_bits(ours(x), numpys(x))


@pytest.mark.parametrize("ddof", [1, 2, 0.5])
def test_ddof(ddof):
    for x in ARRAYS[:6]:
        same_bits(ops.var(x, 1, ddof=ddof), np.var(x, 1, ddof=ddof))
        same_bits(ops.std(x, ddof=ddof), np.std(x, ddof=ddof))


def test_scans_and_places_have_the_bits_of_numpy():
    for x in ARRAYS:
        for axis in (None, 0, -1):
            with np.errstate(all="ignore"):
                same_bits(ops.cum_sum(x, axis), np.cumsum(x, axis))
                same_bits(ops.cum_prod(x, axis), np.cumprod(x, axis))
            for keepdims in (False, True):
                same_bits(
                    ops.arg_max(x, axis, keepdims),
                    np.argmax(x, axis, keepdims=keepdims),
                )
                same_bits(
                    ops.arg_min(x, axis, keepdims),
                    np.argmin(x, axis, keepdims=keepdims),
                )


def test_a_cumulative_sum_can_have_a_dtype():
    x = np.ones(3, np.int8)
    same_bits(ops.cum_sum(x, dtype=np.int8), np.cumsum(x, dtype=np.int8))
    same_bits(ops.cum_prod(x, dtype=float), np.cumprod(x, dtype=float))


# -- edge points -------------------------------------------------------------------


def test_prod_with_zeros():
    assert grad(ops.prod)(np.array([0.0, 2.0, 3.0])).tolist() == [6, 0, 0]
    assert grad(ops.prod)(np.array([0.0, 2.0, 0.0])).tolist() == [0, 0, 0]


def hessian(fun, x):
    columns = [jvp(grad(fun), (x,), (e,))[1] for e in np.eye(x.size)]
    return np.stack(columns, axis=1)


def test_the_hessian_of_prod_with_zeros():
    x = np.array([0.0, 2.0, 0.0])
    expected = [[0, 0, 2], [0, 0, 0], [2, 0, 0]]
    assert hessian(ops.prod, x).tolist() == expected
    assert hessian(lambda x: ops.cum_prod(x)[-1], x).tolist() == expected


def test_cumprod_with_zeros():
    x, t = np.array([0.0, 2.0, 3.0, 0.0, 5.0]), np.ones(5)
    assert jvp(ops.cum_prod, (x,), (t,))[1].tolist() == [1, 2, 6, 0, 0]
    total = lambda x: ops.sum_(ops.cum_prod(x))
    assert grad(total)(x).tolist() == [9, 0, 0, 0, 0]


@pytest.mark.filterwarnings("ignore:invalid value")
def test_cumprod_of_infinity_spoils_only_what_follows():
    x, t = np.array([np.inf, 2.0]), np.array([1.0, 0.0])
    assert jvp(ops.cum_prod, (x,), (t,))[1][0] == 1.0


@pytest.mark.parametrize("extremum", [ops.amax, ops.amin])
def test_ties_share_the_gradient(extremum):
    assert grad(extremum)(np.full(4, 3.0)).tolist() == [0.25] * 4
    t = np.array([1.0, 2.0, 3.0, 6.0])
    assert jvp(extremum, (np.full(4, 3.0),), (t,))[1] == 3.0


def test_max_of_infinities_has_a_finite_gradient():
    assert grad(ops.amax)(np.array([np.inf, 0.0, np.inf])).tolist() == [0.5, 0, 0.5]
    assert grad(ops.amax)(np.array([-np.inf, -np.inf])).tolist() == [0.5, 0.5]


@pytest.mark.filterwarnings("error")
def test_max_of_nan_does_not_warn():
    assert np.isfinite(grad(ops.amax)(np.array([np.nan, 1.0]))).all()


@pytest.mark.filterwarnings("error")
def test_the_std_of_a_constant_has_gradient_zero():
    assert grad(ops.std)(np.full(3, 2.0)).tolist() == [0, 0, 0]
    assert jvp(ops.std, (np.full(3, 2.0),), (np.arange(3.0),))[1] == 0
    assert not hessian(ops.std, np.full(3, 2.0)).any()


def test_float32_gradients_are_float32():
    x = CUBE[0].astype(np.float32)
    for name in ("sum", "prod", "max", "mean", "var", "std", "ptp"):
        assert grad(PAIRS[name][0])(x).dtype == np.float32
    assert grad(lambda x: ops.mean(x, dtype=float))(x).dtype == np.float32


@pytest.mark.filterwarnings("error")
def test_logsumexp_at_infinity():
    inf = np.inf
    assert ops.logsumexp(np.array([-inf, -inf])) == -inf
    assert ops.logsumexp(np.array([inf, 1000.0, -1000.0])) == inf
    assert ops.logsumexp(np.array([1000.0, 1000.0])) == 1000 + np.log(2)
    assert grad(ops.logsumexp)(np.array([-inf, 0.0])).tolist() == [0, 1]
    assert grad(ops.logsumexp)(np.array([-inf, -inf])).tolist() == [0, 0]
    assert np.isnan(ops.logsumexp(np.array([np.nan, 0.0])))


def test_logsumexp_agrees_with_scipy():
    special = pytest.importorskip("scipy.special")
    for x in ARRAYS[:4]:
        for axis in (None, 1, (0, 2)):
            z = ops.logsumexp(x, axis, keepdims=True)
            tol = 2e-3 if x.dtype == np.float16 else 1e-6
            expected = special.logsumexp(x, axis, keepdims=True)
            np.testing.assert_allclose(z, expected, rtol=tol)
            assert z.dtype == x.dtype


# -- derivatives -------------------------------------------------------------------


@pytest.mark.parametrize("axis", [None, 1, (0, 2)], ids=str)
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "var", "std"])
def test_gradients_are_those_of_jax(name, axis):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    ours, theirs = PAIRS[name][0], getattr(jax.numpy, name)
    weights = np.cos(np.arange(np.size(np.sum(CUBE, axis)))).reshape(
        np.shape(np.sum(CUBE, axis))
    )
    expected = jax.grad(lambda x: (weights * theirs(x, axis)).sum())(CUBE)
    actual = grad(lambda x: ops.sum_(weights * ours(x, axis)))(CUBE)
    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
@pytest.mark.parametrize("length", [1, 2, 3, 8, 13])
def test_scan_derivatives_are_those_of_jax(name, length):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    x = RNG.standard_normal((2, length))
    x[0, length // 2] = 0.0
    weights = np.cos(np.arange(2.0 * length)).reshape(2, length)
    ours = {"cumsum": ops.cum_sum, "cumprod": ops.cum_prod}[name]
    theirs = getattr(jax.numpy, name)
    expected = jax.hessian(lambda x: (weights * theirs(x, 1)).sum())(x)
    push = lambda t: jvp(grad(lambda x: ops.sum_(weights * ours(x, 1))), (x,), (t,))[1]
    actual = vmap(push)(np.eye(x.size).reshape(-1, 2, length))
    np.testing.assert_allclose(
        actual.reshape(expected.shape), expected, rtol=1e-9, atol=1e-12
    )


def test_the_variance_of_complex_numbers():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    x = CUBE + 1j * CUBE[::-1]
    (actual,), (expected,) = vjp(ops.var, x)[1](1.0), jax.vjp(jax.numpy.var, x)[1](1.0)
    np.testing.assert_allclose(actual, expected, rtol=1e-10)


# -- mistakes ----------------------------------------------------------------------


def test_the_axis_is_checked():
    with pytest.raises(np.exceptions.AxisError, match=r"max: axis 3 .* \(3, 4, 5\)"):
        ops.amax(CUBE, 3)
    with pytest.raises(ValueError, match="names an axis twice"):
        ops.sum_(CUBE, (0, -3))
    with pytest.raises(TypeError, match=r"must be an integer, got 1\.5"):
        ops.mean(CUBE, 1.5)
    with pytest.raises(IndexError):
        ops.cum_sum(CUBE, -4)
    with pytest.raises(IndexError):
        ops.arg_max(CUBE, 7)


def test_an_empty_maximum_is_refused():
    empty = np.zeros((0, 3))
    with pytest.raises(ValueError, match=r"max: axis 0 of shape \(0, 3\)"):
        ops.amax(empty, 0)
    with pytest.raises(ValueError, match="argmin: axis None"):
        ops.arg_min(empty)
    assert ops.amax(empty, 1).shape == (0,)
    assert ops.sum_(empty) == 0
    assert ops.prod(empty) == 1
    assert grad(ops.prod)(empty).shape == (0, 3)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_an_empty_mean_warns_as_in_numpy():
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        assert np.isnan(ops.mean(np.zeros(0)))
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        assert np.isnan(ops.var(np.ones(1), ddof=1))


def test_no_warning_otherwise():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ops.var(np.ones(2), ddof=1)
