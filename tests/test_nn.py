"""``fgrad.nn`` and segments against JAX: values and gradients, far out and at edges."""

import sys

import numpy as np
import pytest

import fgrad
from fgrad import grad, jit, nn, vmap

from .messages import raised, table


@pytest.fixture
def jax():
    """Return JAX with 64-bit numbers; without it these tests are skipped."""
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        yield jax


FAR = np.array([-np.inf, -800.0, -90.0, -5.0, -1.0, -1e-9, -0.0, 0.0, 1e-9, 0.3, 1.0,
                3.0, 6.0, 50.0, 800.0, np.inf, np.nan])  # fmt: skip
ACTIVATIONS = [
    "celu", "elu", "gelu", "hard_sigmoid", "hard_silu", "hard_tanh", "identity",
    "leaky_relu", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_sign", "softplus", "sparse_plus", "sparse_sigmoid", "squareplus", "swish",
    "tanh", "log1mexp",
]  # fmt: skip
INTEGERS = {"identity", "relu", "hard_tanh"}  # which keep them


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_against_jax(jax, name):
    ours, theirs = getattr(nn, name), getattr(jax.nn, name)
    with np.errstate(all="ignore"):
        z, expected = ours(FAR), np.asarray(theirs(FAR))
        slope = vmap(grad(ours))(FAR)
        expected_slope = np.asarray(jax.vmap(jax.grad(theirs))(FAR))
    np.testing.assert_allclose(z, expected, 1e-8, 1e-15)
    known = np.isfinite(FAR) & ~np.isnan(z)
    np.testing.assert_allclose(slope[known], expected_slope[known], 1e-8, 1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_keeps_float32(name):
    function, x = getattr(nn, name), np.linspace(0.1, 7.0, 9)
    z, slope = vmap(fgrad.value_and_grad(function))(x.astype(np.float32))
    assert z.dtype == slope.dtype == np.float32
    np.testing.assert_allclose(z, function(x), 1e-5, 1e-7)
    assert function(np.array([1, 2])).dtype.kind == ("i" if name in INTEGERS else "f")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_far_out_everything_stays_finite(name):
    if name == "log1mexp":
        pytest.skip("it is not defined below 0")
    function = getattr(nn, name)
    x = np.array([-800.0, 800.0, -1e4, 1e4])
    value, slope = vmap(fgrad.value_and_grad(function))(x)
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()
    assert np.isfinite(vmap(grad(grad(function)))(x)).all()


def test_slopes_at_edges():
    for name, x, slope in [
        ("relu", 0.0, 0.0), ("softplus", -800.0, 0.0), ("softplus", 800.0, 1.0),
        ("sigmoid", 0.0, 0.25), ("log_sigmoid", -800.0, 1.0), ("elu", 0.0, 1.0),
        ("celu", 0.0, 1.0), ("relu6", 6.0, 0.0), ("sparse_plus", 1.0, 1.0),
    ]:  # fmt: skip
        assert grad(getattr(nn, name))(x) == slope, name
    assert grad(grad(nn.sigmoid))(0.0) == 0.0


def test_sigmoid_keeps_its_digits_in_both_tails():
    x = np.array([-40.0, 40.0])
    np.testing.assert_allclose(nn.sigmoid(x)[0], np.exp(-40.0), 1e-15)
    np.testing.assert_allclose(vmap(grad(nn.sigmoid))(x), np.exp(-40.0), 1e-15)


# -- normalisation -------------------------------------------------------------------

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4)) * 3
MASK = RNG.random((3, 4)) < 0.6
MASK[0] = False
EXTREME = np.array([[800.0, -800.0, 0.0, 1.0], [-np.inf, 0.0, 1.0, -np.inf]])
NORMALISED = {
    "softmax": lambda m, x: m.softmax(x),
    "softmax axis 0": lambda m, x: m.softmax(x, 0),
    "softmax all": lambda m, x: m.softmax(x, None),
    "log_softmax": lambda m, x: m.log_softmax(x),
    "log_softmax axis 0": lambda m, x: m.log_softmax(x, axis=0),
    "logsumexp": lambda m, x: m.logsumexp(x),
    "logsumexp axis": lambda m, x: m.logsumexp(x, axis=1),
    "logsumexp keepdims": lambda m, x: m.logsumexp(x, axis=0, keepdims=True),
    "logsumexp sign": lambda m, x: m.logsumexp(x, 1, x * 0 - 2, False, True),
    "logsumexp b": lambda m, x: m.logsumexp(x, axis=1, b=x * 0 + 3),
    "logmeanexp": lambda m, x: m.logmeanexp(x, axis=1),
    "standardize": lambda m, x: m.standardize(x),
    "standardize stable": lambda m, x: m.standardize(x, (0, 1), algorithm="stable"),
    "glu": lambda m, x: m.glu(x),
}
WITH_MASK = {
    "softmax": lambda m, x, w: m.softmax(x, where=w),
    "log_softmax": lambda m, x, w: m.log_softmax(x, where=w),
    "logsumexp": lambda m, x, w: m.logsumexp(x, axis=1, where=w),
    "logmeanexp": lambda m, x, w: m.logmeanexp(x, axis=1, where=w),
    "standardize": lambda m, x, w: m.standardize(x, where=w),
}


def compared(jax, ours, theirs, x, gradient=True):
    tol = 1e-5 if x.dtype == np.float32 else 1e-11
    with np.errstate(all="ignore"):
        z, expected = ours(x), theirs(x)
        for a, b in zip(*map(jax.tree.leaves, (z, expected)), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, np.asarray(b), tol, tol)
        if not gradient:
            return

        def total(function):
            return lambda x: sum((y * np.arange(1.0, y.size + 1).reshape(y.shape)).sum()
                                 for y in jax.tree.leaves(function(x)))  # fmt: skip

        g = fgrad.grad(total(ours))(x)
        np.testing.assert_allclose(
            g, np.asarray(jax.grad(total(theirs))(x)), tol * 100, tol * 100
        )
        np.testing.assert_allclose(jit(fgrad.grad(total(ours)))(x), g, tol, tol)


@pytest.mark.parametrize("name", NORMALISED)
def test_normalisation_against_jax(jax, name):
    f = NORMALISED[name]
    compared(jax, lambda x: f(nn, x), lambda x: f(jax.nn, x), X)


@pytest.mark.parametrize("name", NORMALISED)
def test_normalisation_keeps_float32(name):
    z = NORMALISED[name](nn, X.astype(np.float32))
    for part in z if isinstance(z, tuple) else (z,):
        assert part.dtype == np.float32


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp", "logmeanexp"])
def test_normalisation_of_extremes(jax, name):
    f = NORMALISED[name]
    compared(
        jax, lambda x: f(nn, x), lambda x: f(jax.nn, x), EXTREME, name == "softmax"
    )


@pytest.mark.parametrize("name", WITH_MASK)
def test_masked_normalisation_against_jax(jax, name):
    f = WITH_MASK[name]
    mask = MASK if name != "standardize" else MASK | (np.arange(4) < 2)
    ours, theirs = (lambda x, m=m: f(m, x, mask) for m in (nn, jax.nn))
    compared(jax, ours, theirs, X, gradient=False)


def test_what_is_masked_out_has_no_gradient():
    kept = lambda x: np.sum(nn.logsumexp(x, axis=1, where=MASK)[1:] ** 2)
    every = lambda x: np.sum(nn.softmax(x, where=MASK) ** 2)
    for function in (kept, every):
        g = grad(function)(X)
        assert np.isfinite(g).all()
        assert (g[~MASK] == 0).all()
        assert g[MASK].any()


def test_logsumexp_of_nothing_but_minus_infinity():
    x = np.full((2, 3), -np.inf)
    assert (nn.logsumexp(x, axis=1) == -np.inf).all()
    assert (nn.logsumexp(x, axis=1, b=np.ones(3)) == -np.inf).all()
    g = grad(lambda x: nn.logsumexp(x, axis=1, b=np.ones(3)).sum())(x)
    assert np.isfinite(g).all()


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_one_hot_against_jax(jax, axis):
    x = np.array([[0, 2], [5, -1]])
    expected = np.asarray(jax.nn.one_hot(x, 3, axis=axis))
    np.testing.assert_array_equal(nn.one_hot(x, 3, axis=axis), expected)


# -- gelu ------------------------------------------------------------------------------


def test_exact_gelu_against_jax(jax):
    pytest.importorskip("scipy")
    x = np.linspace(-9.0, 9.0, 37)
    np.testing.assert_allclose(nn.gelu(x, False), jax.nn.gelu(x, False), 1e-11, 1e-300)


def test_exact_gelu_without_scipy_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    exact = lambda: nn.gelu(np.ones(2), approximate=False)
    raised(ModuleNotFoundError, exact, "gelu(approximate=False) needs SciPy")


# -- attention -------------------------------------------------------------------------

Q, KEY, VALUE = (RNG.normal(size=(2, n, h, 3)) for n, h in ((4, 4), (5, 2), (5, 2)))
ATTENTION = {
    "plain": {},
    "causal": {"is_causal": True},
    "scale": {"scale": 0.3},
    "window": {"local_window_size": 1},
    "sided window": {"local_window_size": (2, 0)},
    "bias": {"bias": RNG.normal(size=(1, 4, 4, 5))},
    "bias of all heads": {"bias": RNG.normal(size=(2, 1, 1, 5))},
    "mask": {"mask": RNG.random((2, 4, 4, 5)) < 0.7},
    "lengths": {"query_seq_lengths": np.array([2, 4], np.int32),
                "key_value_seq_lengths": np.array([5, 3], np.int32)},
    "residual": {"return_residual": True, "is_causal": True},
}  # fmt: skip


@pytest.mark.parametrize("name", ATTENTION)
def test_attention_against_jax(jax, name):
    keywords, leaves = ATTENTION[name], jax.tree.leaves
    ours = lambda *xs: nn.dot_product_attention(*xs, **keywords)
    theirs = lambda *xs: jax.nn.dot_product_attention(*xs, **keywords)
    for a, b in zip(leaves(ours(Q, KEY, VALUE)), leaves(theirs(Q, KEY, VALUE))):
        np.testing.assert_allclose(a, np.asarray(b), 1e-5, 1e-6)
    total = lambda f: lambda *xs: (leaves(f(*xs))[0] ** 2).sum()
    every = (0, 1, 2)
    gs = grad(total(ours), every)(Q, KEY, VALUE)
    for a, b in zip(gs, jax.grad(total(theirs), every)(Q, KEY, VALUE)):
        np.testing.assert_allclose(a, np.asarray(b), 1e-4, 1e-5)
    for a, b in zip(jit(grad(total(ours), every))(Q, KEY, VALUE), gs):
        np.testing.assert_allclose(a, b, 1e-12, 1e-14)


def test_attention_without_a_batch():
    whole = nn.dot_product_attention(Q, KEY, VALUE)
    alone = nn.dot_product_attention(Q[0], KEY[0], VALUE[0])
    np.testing.assert_allclose(alone, whole[0], 1e-15)
    single = nn.dot_product_attention(*(x.astype(np.float32) for x in (Q, KEY, VALUE)))
    assert single.dtype == np.float32


# -- segments --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min"])
def test_segments_against_jax(jax, name, seed):
    rng = np.random.default_rng(seed)
    n, count = int(rng.integers(0, 9)), int(rng.integers(1, 6))
    x = rng.normal(size=(n, *rng.integers(1, 3, rng.integers(0, 2))))
    ids = rng.integers(-2, count + 2, n)
    mode = [None, "clip", "drop"][seed % 3]
    ours, theirs = (getattr(m, f"segment_{name}") for m in (fgrad.ops, jax.ops))
    z = ours(x, ids, count, mode=mode)
    expected = np.asarray(theirs(x, ids, count, mode=mode))
    np.testing.assert_allclose(z, expected, 1e-12)
    keep = lambda f, m: lambda x: m.sum(m.where(m.isfinite(f(x)), f(x), 0) ** 2)
    total = keep(lambda x: ours(x, ids, count, mode=mode), np)
    g = grad(total)(x)
    if name == "sum":
        expected = jax.grad(keep(lambda x: theirs(x, ids, count), jax.numpy))(x)
        if mode != "clip":
            np.testing.assert_allclose(g, np.asarray(expected), 1e-12)
    np.testing.assert_allclose(jit(grad(total))(x), g, 1e-12)
    fgrad.test_util.check_grads(total, (x,), order=1, modes=("fwd", "rev"))


def test_segments_count_themselves_unless_staged():
    x, ids = np.arange(4.0), np.array([0, 2, 2, 0])
    np.testing.assert_array_equal(fgrad.ops.segment_sum(x, ids), [3.0, 0.0, 3.0])
    counted = jit(lambda x, ids: fgrad.ops.segment_sum(x, ids, 3))
    np.testing.assert_array_equal(counted(x, ids), [3.0, 0.0, 3.0])


MESSAGES = {
    "odd glu": (ValueError, lambda: nn.glu(np.ones(3)), "odd length"),
    "algorithm": (ValueError, lambda: nn.standardize(X, algorithm="slow"), "'stable'"),
    "axis": (np.exceptions.AxisError, lambda: nn.softmax(X, axis=2), "axis 2"),
    "attention": (ValueError, lambda: nn.dot_product_attention(Q, KEY[:1], VALUE[:1]),
        "N a multiple of K"),
    "implementation": (ValueError,
        lambda: nn.dot_product_attention(Q, KEY, VALUE, implementation="x"), "'xla'"),
    "segment ids": (ValueError, lambda: fgrad.ops.segment_sum(X, np.arange(2)),
        "must number the rows"),
    "float ids": (TypeError, lambda: fgrad.ops.segment_sum(X, np.ones(3)), "integers"),
    "staged count": (fgrad.errors.ConcretizationTypeError,
        lambda: jit(fgrad.ops.segment_sum)(X, np.arange(3)), "Give num_segments"),
}  # fmt: skip


@table(MESSAGES)
def test_messages(case):
    raised(*case, frames=2)
