"""The operators of ``fgrad.lax`` against JAX: values and gradients."""

import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import fgrad
from fgrad import grad, jit, lax, vmap

from .messages import raised, table

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 3, 4))
V = RNG.normal(size=5)
T = RNG.normal(size=(2, 3, 4))
FAR = np.array([-np.inf, -700.0, -2.5, -0.5, -0.0, 0.0, 0.49999999999999994, 1.5,
                np.nan, np.inf])  # fmt: skip
I8 = np.array([0, 1, -1, 7, 127, -128], np.int8)
U16 = np.array([0, 1, 2**16 - 1, 300], np.uint16)
I64 = np.array([2**62, -5, 3, -(2**63), 7, 0])


@pytest.fixture
def jax():
    """Return JAX with 64-bit numbers; without it these tests are skipped."""
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        yield jax


def agree(jax, f, *xs, slopes=True, tol=1e-12):
    """Compare ``f(namespace, *xs)`` in values, dtypes and gradients."""
    leaves = jax.tree.leaves
    every = tuple(i for i, x in enumerate(xs) if np.asarray(x).dtype.kind == "f")

    def total(module):
        return lambda *xs: sum(
            (z * np.arange(1.0, np.size(z) + 1).reshape(np.shape(z))).sum()
            for z in leaves(f(module, *xs))
            if np.dtype(z.dtype).kind == "f"
        )

    @jax.jit  # one program is compiled sooner than many small ones
    def both(*xs):
        zs = leaves(f(jax.lax, *xs))
        return zs, jax.grad(total(jax.lax), every)(*xs) if slopes else ()

    theirs, their_slopes = both(*xs)
    with np.errstate(all="ignore"):
        for x, y in zip(leaves(f(lax, *xs)), theirs, strict=True):
            x, y = np.asarray(x), np.asarray(y)
            assert (x.shape, x.dtype) == (y.shape, y.dtype)
            np.testing.assert_allclose(x, y, tol, tol)
        if not slopes:
            return
        gs = grad(total(lax), every)(*xs)
        for x, y in zip(gs, their_slopes, strict=True):
            np.testing.assert_allclose(x, np.asarray(y), tol * 100, tol * 100)
        for x, y in zip(jit(grad(total(lax), every))(*xs), gs, strict=True):
            np.testing.assert_allclose(x, y, 1e-12, 1e-12)


# -- elementwise -----------------------------------------------------------------------

UNARY = (
    "abs acos acosh asin asinh atan atanh cbrt ceil cos cosh exp exp2 expm1 floor "
    "is_finite log log1p logistic neg reciprocal round rsqrt sign sin sinh sqrt square "
    "tan tanh"
).split()
BINARY = "add atan2 div max min mul nextafter pow rem sub eq ge gt le lt ne".split()
BITS = "bitwise_and bitwise_or bitwise_xor shift_left shift_right_arithmetic".split()
BITS += ["shift_right_logical", "mulhi", "div", "rem"]


@pytest.mark.parametrize("name", UNARY)
def test_unary(jax, name):
    agree(jax, lambda m, x: getattr(m, name)(x), FAR, slopes=False)
    x = np.array([0.3, 0.7, 0.9]) + (name == "acosh")
    if name not in ("is_finite",):
        agree(jax, lambda m, x: getattr(m, name)(x), x)


@pytest.mark.parametrize("name", BINARY)
def test_binary(jax, name):
    y = np.where(np.arange(FAR.size) % 2, 2.0, -3.5)
    agree(jax, lambda m, x, y: getattr(m, name)(x, y), FAR, y, slopes=False)
    if name != "nextafter":
        x = np.abs(A) + 0.1
        agree(
            jax,
            lambda m, x, y: getattr(m, name)(x, y),
            x,
            B,
            slopes=name in BINARY[:10],
        )


@pytest.mark.parametrize("name", BITS)
@pytest.mark.parametrize("x", [I8, U16, I64], ids=lambda x: x.dtype.name)
def test_integers(jax, name, x):
    y = np.roll(x, 2) if name.startswith(("bit", "mul")) else np.full_like(x, 3)
    if name == "mulhi" and not hasattr(jax.lax, "mulhi"):
        pytest.skip("this JAX has no mulhi")
    if name in ("div", "rem"):
        y = np.roll(x, 1) if name == "rem" else np.full_like(x, 3)
    agree(jax, lambda m, x, y: getattr(m, name)(x, y), x, y, slopes=False)


@pytest.mark.parametrize("name", ["clz", "population_count", "bitwise_not", "neg"])
@pytest.mark.parametrize("x", [I8, U16, I64], ids=lambda x: x.dtype.name)
def test_counts_of_bits(jax, name, x):
    agree(jax, lambda m, x: getattr(m, name)(x), x, slopes=False)


def test_mulhi_is_exact():
    for x in map(int, I64):
        for y in map(int, I64):
            assert lax.mulhi(np.int64(x), np.int64(y)) == (x * y) >> 64
            u, w = x % 2**64, y % 2**64
            assert lax.mulhi(np.uint64(u), np.uint64(w)) == (u * w) >> 64


@pytest.mark.parametrize("bits", [(5, 10), (8, 7), (4, 3), (8, 23)])
def test_reduce_precision(jax, bits):
    x = np.concatenate([RNG.normal(size=200) * 10.0 ** RNG.integers(-12, 12, 200), FAR])
    for dtype in (np.float64, np.float32):
        agree(jax, lambda m, x: m.reduce_precision(x, *bits), x.astype(dtype),
              slopes=False)  # fmt: skip
    assert grad(lambda x: lax.reduce_precision(x, *bits))(0.3) == 1.0


TERNARY = {
    "clamp": lambda m, x, y: m.clamp(-0.5, x, 0.7),
    "clamp at its ends": lambda m, x, y: m.clamp(x, x, y),
    "clamp arrays": lambda m, x, y: m.clamp(x - 0.2, y, x + 0.2),
    "select": lambda m, x, y: m.select(A > 0, x, y),
    "select_n": lambda m, x, y: m.select_n(np.int32(A > 0) + (B > 0), x, y, x * y),
    "select_n of two": lambda m, x, y: m.select_n(A > 0, x, y),
    "integer_pow": lambda m, x, y: (m.integer_pow(x, 3), m.integer_pow(y, -2)),
    "complex": lambda m, x, y: m.abs(m.complex(x, y)),
}
SHAPES = {
    "broadcast": lambda m, x, y: m.broadcast(x, (2, 1)),
    "broadcast_in_dim": lambda m, x, y: m.broadcast_in_dim(x, (3, 2, 4), (0, 2)),
    "collapse": lambda m, x, y: m.collapse(x, 0, 2),
    "concatenate": lambda m, x, y: m.concatenate([x, y], 1),
    "expand_dims": lambda m, x, y: m.expand_dims(x, (0, -1)),
    "reshape": lambda m, x, y: m.reshape(x, (2, 6), (1, 0)),
    "rev": lambda m, x, y: m.rev(x, (1,)),
    "split": lambda m, x, y: m.split(x, (1, 0, 3), 1),
    "squeeze": lambda m, x, y: m.squeeze(m.expand_dims(x, (1,)), (1,)),
    "tile": lambda m, x, y: m.tile(x, (2, 3)),
    "transpose": lambda m, x, y: m.transpose(x, (1, 0)),
    "slice": lambda m, x, y: m.slice(x, (1, 0), (3, 4), (1, 3)),
    "slice_in_dim": lambda m, x, y: m.slice_in_dim(x, -3, None, 2, 1),
    "index_in_dim": lambda m, x, y: m.index_in_dim(x, -1, 1, False),
    "index_take": lambda m, x, y: m.index_take(x, [np.array([0, -1, 5])], (1,)),
    "dynamic_slice": lambda m, x, y: m.dynamic_slice(x, (2, -1), (2, 3)),
    "dynamic_index_in_dim": lambda m, x, y: m.dynamic_index_in_dim(x, 7, 1, False),
    "dynamic_update_slice": lambda m, x, y: m.dynamic_update_slice(
        x, y[:2, :2], (5, -3)
    ),
    "dynamic_update_at": lambda m, x, y: m.dynamic_update_index_in_dim(x, y[0], 1, 0),
    "full_like": lambda m, x, y: m.full_like(x, 2.5),
    "iota": lambda m, x, y: x + m.broadcasted_iota(float, (3, 4), 1),
}
REDUCTIONS = {
    "reduce_sum": lambda m, x, y: m.reduce_sum(x, (0,)),
    "reduce_prod": lambda m, x, y: m.reduce_prod(x, (0, 1)),
    "reduce_max": lambda m, x, y: m.reduce_max(x, (1,)),
    "reduce of a sum": lambda m, x, y: m.reduce(x, 1.0, m.add, (1,)),
    "reduce of anything": lambda m, x, y: m.reduce(
        x, 0.0, lambda a, b: m.sqrt(a * a + b * b), (0,)),
    "reduce of two": lambda m, x, y: m.reduce(
        (x, y), (0.0, 1.0), lambda a, b: (a[0] + b[0], a[1] * b[1]), (1,)),
    "reduce_window": lambda m, x, y: m.reduce_window(
        x, 0.0, m.add, (2, 2), (1, 2), "SAME"),
    "cumsum": lambda m, x, y: m.cumsum(x, 1, True),
    "cumprod": lambda m, x, y: m.cumprod(x, 0),
    "cummax": lambda m, x, y: m.cummax(x, 1),
    "cummin": lambda m, x, y: m.cummin(x, 0, True),
    "cumlogsumexp": lambda m, x, y: m.cumlogsumexp(x * 9, 1),
    "sort": lambda m, x, y: m.sort(x, 0),
    "sort of two": lambda m, x, y: m.sort((m.round(x), y), num_keys=2),
    "sort_key_val": lambda m, x, y: m.sort_key_val(x, y),
    "top_k": lambda m, x, y: m.top_k(x, 3),
    "argmax": lambda m, x, y: m.argmax(x, 1, np.int32),
    "dot_general": lambda m, x, y: m.dot_general(x, y, (((1,), (1,)), ((0,), (0,)))),
    "dot": lambda m, x, y: m.dot(x, y.T),
    "ragged_dot": lambda m, x, y: m.ragged_dot(
        x, m.broadcast(y.T, (2,)), np.array([2, 1])),
}  # fmt: skip
CASES = TERNARY | SHAPES | REDUCTIONS


@pytest.mark.parametrize("name", CASES)
def test_operator(jax, name):
    agree(jax, CASES[name], A, B, slopes=name not in ("argmax", "full_like"), tol=1e-11)


@pytest.mark.parametrize("name", ["reduce_and", "reduce_or", "reduce_xor"])
@pytest.mark.parametrize("x", [A > 0, RNG.integers(0, 99, (5, 2)), I8[:, None]])
def test_bits_of_axes(jax, name, x):
    agree(jax, lambda m, x: getattr(m, name)(x, (0,)), x, slopes=False)
    staged = jit(lambda x: getattr(lax, name)(x, (0,)))(x)
    np.testing.assert_array_equal(staged, getattr(lax, name)(x, (0,)))


def test_nan_in_sorts(jax):
    x = np.array([2.0, np.nan, -np.inf, 1.0, np.nan, np.inf, 2.0])
    agree(jax, lambda m, x: (m.sort(x), m.top_k(x, 3), m.cummax(x)), x, slopes=False)
    agree(jax, lambda m, x: m.argmin(x, 0, np.int32), x, slopes=False)


def test_bitcasts(jax):
    for x, dtype in ((V, np.uint64), (V, np.int32), (I8[:4], np.int32), (U16, np.int8)):
        agree(jax, lambda m, x: m.bitcast_convert_type(x, dtype), x, slopes=False)  # noqa: B023


def test_small_integers_stay_small(jax):
    agree(jax, lambda m, x: (m.reduce_sum(x, (0,)), m.cumsum(x), m.cumprod(x)), I8,
          slopes=False)  # fmt: skip


def test_starts_may_be_traced_and_mapped():
    starts = np.array([-9, -1, 0, 2, 9])
    cut = lambda i: lax.dynamic_slice(A, (i, 1), (2, 2))
    put = lambda i: lax.dynamic_update_slice(A, B[:2, :3], (0, i))
    for f in (cut, put):
        rows = np.stack([f(i) for i in starts])
        np.testing.assert_array_equal(vmap(f)(starts), rows)
        np.testing.assert_array_equal(np.stack([jit(f)(i) for i in starts]), rows)


# -- gather and scatter ----------------------------------------------------------------


@st.composite
def gathers(draw):
    """Draw an operand, indices, dimension numbers and window lengths that fit."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rank = draw(st.integers(1, 4))
    shape = [draw(st.integers(1, 4)) for _ in range(rank)]
    kinds = [draw(st.sampled_from(["window", "collapsed", "batch"])) for _ in shape]
    batching = tuple(a for a in range(rank) if kinds[a] == "batch")
    collapsed = tuple(a for a in range(rank) if kinds[a] == "collapsed")
    sizes = [1 if kind != "window" else draw(st.integers(0, n))
             for kind, n in zip(kinds, shape)]  # fmt: skip
    free = [a for a in range(rank) if a not in batching]
    assume(free)  # without an index XLA counts repeated windows once
    targets = tuple(draw(st.permutations(free))[: draw(st.integers(1, len(free)))])
    lead = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 2)))]
    partners = []
    for a in batching:
        place = draw(st.integers(0, len(lead)))
        partners = [p + (p >= place) for p in partners] + [place]
        lead.insert(place, shape[a])
    indices = rng.integers(-2, 5, (*lead, len(targets)))
    windows = rank - len(collapsed) - len(batching)
    axes = sorted(draw(st.permutations(range(len(lead) + windows)))[:windows])
    numbers = (tuple(axes), collapsed, targets, batching, tuple(partners))
    mode = draw(st.sampled_from(["clip", "fill"]))
    return rng.normal(size=shape), indices, numbers, tuple(sizes), mode


@settings(max_examples=40, deadline=None)
@given(gathers())
def test_gather(case):
    jax = pytest.importorskip("jax")
    x, indices, numbers, sizes, mode = case
    with jax.enable_x64(True):
        theirs = lambda x: jax.lax.gather(
            x, indices, jax.lax.GatherDimensionNumbers(*numbers), sizes, mode=mode
        )
        ours = lambda x: lax.gather(
            x, indices, lax.GatherDimensionNumbers(*numbers), sizes, mode=mode
        )
        total = lambda f, m: lambda x: m.sum(m.where(m.isnan(f(x)), 0, m.sin(f(x))))
        both = lambda x: (theirs(x), jax.grad(total(theirs, jax.numpy))(x))
        value, expected = jax.jit(both)(x)
        np.testing.assert_array_equal(ours(x), np.asarray(value))
        np.testing.assert_array_equal(jit(ours)(x), ours(x))
        np.testing.assert_allclose(grad(total(ours, np))(x), expected, 1e-12, 1e-12)


@settings(max_examples=40, deadline=None)
@given(gathers(), st.sampled_from(["add", "sub", "mul", "min", "max"]))
def test_scatter(case, kind):
    jax = pytest.importorskip("jax")
    x, indices, numbers, sizes, mode = case
    with jax.enable_x64(True):
        description = jax.lax.GatherDimensionNumbers(*numbers)
        gather = lambda x: jax.lax.gather(x, indices, description, sizes)
        shape = jax.eval_shape(gather, x).shape
        y = np.random.default_rng(0).normal(size=shape)
        theirs = lambda x, y: getattr(jax.lax, f"scatter_{kind}")(
            x, indices, y, jax.lax.ScatterDimensionNumbers(*numbers), mode=mode
        )
        ours = lambda x, y: getattr(lax, f"scatter_{kind}")(
            x, indices, y, lax.ScatterDimensionNumbers(*numbers), mode=mode
        )
        total = lambda f, m: lambda *xs: m.sum(m.sin(f(*xs)))
        smooth = kind in ("add", "sub")
        slopes = (
            jax.grad(total(theirs, jax.numpy), (0, 1)) if smooth else lambda *xs: ()
        )
        both = lambda *xs: (theirs(*xs), slopes(*xs))
        value, expected = jax.jit(both)(x, y)
        np.testing.assert_allclose(ours(x, y), value, 1e-12, 1e-12)
        np.testing.assert_array_equal(jit(ours)(x, y), ours(x, y))
        if smooth:
            for a, b in zip(grad(total(ours, np), (0, 1))(x, y), expected):
                np.testing.assert_allclose(a, b, 1e-12, 1e-12)


def test_broken_promises_of_gather_raise():
    numbers = lax.GatherDimensionNumbers((), (0,), (0,))
    with pytest.raises(IndexError):
        lax.gather(V, np.array([[5]]), numbers, (1,))


@pytest.mark.parametrize("mode", ["clip", "drop"])
def test_indices_may_be_mapped(mode):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(4, 2, 3))
    places = rng.integers(-2, 8, (4, 2, 1))
    numbers = lax.ScatterDimensionNumbers((1,), (0,), (0,))
    rows = lax.GatherDimensionNumbers((1,), (0,), (0,))
    put = lambda i, y: lax.scatter_add(x, i, y, numbers, mode=mode)
    cut = lambda i, y: lax.gather(x, i, rows, (1, 3), mode=mode) * y
    for f in (put, cut):
        expected = np.stack([f(*each) for each in zip(places, y)])
        np.testing.assert_allclose(vmap(f)(places, y), expected, 1e-12)
        np.testing.assert_allclose(jit(vmap(f))(places, y), expected, 1e-12)


def test_scatter_that_replaces(jax):
    indices = np.array([[2], [0], [7], [-1]])
    numbers = ((1,), (0,), (0,))
    y = RNG.normal(size=(4, 4))
    for mode in (None, "clip"):
        picked = indices if mode is None else indices[:3]
        agree(jax, lambda m, x, y: m.scatter(
            x, picked, y, m.ScatterDimensionNumbers(*numbers), mode=mode),  # noqa: B023
            A, y[: len(picked)])  # fmt: skip


def test_scatter_apply_maps_a_function(jax):
    indices = np.array([[2], [0]])
    numbers = ((1,), (0,), (0,))
    agree(jax, lambda m, x: m.scatter_apply(
        x, indices, m.sin, m.ScatterDimensionNumbers(*numbers), update_shape=(2, 4)),
        A, slopes=False)  # fmt: skip


# -- convolutions ----------------------------------------------------------------------

LAYOUTS = {1: ("NHC", "HIO", "NHC"), 2: ("NHWC", "HWIO", "NCHW")}


@pytest.mark.parametrize("seed", range(8))
def test_patches_and_local_kernels(jax, seed):
    rng = np.random.default_rng(seed)
    d = 1 + seed % 2
    window = tuple(map(int, rng.integers(1, 4, d)))
    strides = tuple(map(int, rng.integers(1, 3, d)))
    gaps = tuple(map(int, rng.integers(1, 3, d)))
    padding = ["SAME", "VALID", [(1, 2)] * d, [(0, 1)] * d][seed % 4]
    layout = LAYOUTS[d] if seed > 3 else None
    space = tuple(map(int, rng.integers(6, 9, d)))
    shape = (2, *space, 3) if layout else (2, 3, *space)
    x = rng.normal(size=shape)
    keywords = {"rhs_dilation": gaps, "dimension_numbers": layout}
    cut = lambda m, x: m.conv_general_dilated_patches(
        x, window, strides, padding, **keywords)  # fmt: skip
    agree(jax, cut, x)
    patches = lax.conv_general_dilated_patches(
        np.moveaxis(x, -1, 1) if layout else x, window, strides, padding,
        rhs_dilation=gaps,
    )  # fmt: skip
    features, places = patches.shape[1], patches.shape[2:]
    kernel = rng.normal(size=(4, features, *places))
    kernel = np.moveaxis(kernel, (0, 1), (-1, -2)) if layout else kernel
    local = lambda m, x, w: m.conv_general_dilated_local(
        x, w, strides, padding, window, **keywords)  # fmt: skip
    agree(jax, local, x, kernel)


def test_shapes_of_convolutions():
    layout, x, w = ("NHC", "HIO", "NHC"), (2, 9, 3), (4, 3, 5)
    for padding in ("SAME", "VALID", [(2, 1)]):
        for stride in (1, 2, 3):
            z = lax.conv_general_dilated(
                np.ones(x), np.ones(w), (stride,), padding, dimension_numbers=layout
            )
            args = x, w, (stride,), padding, layout
            assert lax.conv_general_shape_tuple(*args) == z.shape
            z = lax.conv_transpose(np.ones(x), np.ones(w), (stride,), padding)
            assert lax.conv_transpose_shape_tuple(*args) == z.shape


# -- special functions, Fourier transforms ---------------------------------------------

SPECIAL = {
    "bessel_i0e": 1, "bessel_i1e": 1, "digamma": 1, "erf": 1, "erfc": 1, "erf_inv": 1,
    "lgamma": 1, "igamma": 2, "igammac": 2, "zeta": 2, "betainc": 3, "polygamma": 2,
}  # fmt: skip


@pytest.mark.parametrize("name", SPECIAL)
def test_special_function(jax, name):
    pytest.importorskip("scipy")
    x = np.array([0.2, 0.5, 0.9])
    args = [x, x + 1.5, x][: SPECIAL[name]]
    if name == "zeta":
        args = [x + 2, x]
    if name == "betainc":
        args = [x + 1, x + 2, x]
    if name == "polygamma":
        args = [np.array([0.0, 1.0, 2.0]), x]
    agree(jax, lambda m, *xs: getattr(m, name)(*xs), *args, slopes=False, tol=1e-8)
    last = lambda m, x: getattr(m, name)(*args[:-1], x)
    if name == "zeta":  # which has no derivative in JAX
        fgrad.test_util.check_grads(lambda x: last(lax, x), (args[-1],), 2)
    else:
        agree(jax, last, args[-1], tol=1e-7)


def test_special_functions_without_scipy_say_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    raised(
        ModuleNotFoundError, lambda: lax.erf(np.ones(2)), "fgrad.lax.erf needs SciPy"
    )


@pytest.mark.parametrize("kind", ["FFT", "IFFT", "RFFT", "IRFFT"])
def test_fft(jax, kind):
    x = T if kind == "RFFT" else T + 1j * np.roll(T, 1)
    lengths = (3, 6) if kind == "IRFFT" else (3, 4)
    agree(jax, lambda m, x: m.fft(x, kind, lengths), x, slopes=False)
    agree(jax, lambda m, x: m.fft(x, m.FftType[kind], lengths), x, slopes=False)


# -- messages --------------------------------------------------------------------------

ZERO = np.zeros((2, 2), int)
NUMBERS = lax.GatherDimensionNumbers((1,), (0,), (0,))
MESSAGES = {
    "round": (TypeError, lambda: lax.round(V, 1), "RoundingMethod"),
    "clamp": (ValueError, lambda: lax.clamp(V, A, 1.0), "must be a scalar"),
    "select": (TypeError, lambda: lax.select(V, V, V), "must be boolean"),
    "select_n": (ValueError, lambda: lax.select_n(A > 0, A, A, A), "one or two cases"),
    "clz": (TypeError, lambda: lax.clz(V), "integers are needed"),
    "bitcast": (ValueError, lambda: lax.bitcast_convert_type(I8, np.int16), "length 2"),
    "broadcast_in_dim": (ValueError, lambda: lax.broadcast_in_dim(V, (2, 4), (1,)),
        "lengths must be equal, or 1"),
    "axes": (ValueError, lambda: lax.broadcast_in_dim(A, (3, 4), (1, 0)),
        "increasing order"),
    "split": (ValueError, lambda: lax.split(V, (1, 2)), "must add up to 5"),
    "slice": (ValueError, lambda: lax.slice(A, (0,), (3,)), "a number for each axis"),
    "box": (ValueError, lambda: lax.dynamic_slice(A, (0, 0), (4, 1)), "does not fit"),
    "starts": (ValueError, lambda: lax.dynamic_slice(A, (0,), (1, 1)), "one for each"),
    "float start": (TypeError, lambda: lax.dynamic_slice(V, (1.0,), (2,)), "integer"),
    "gather": (ValueError, lambda: lax.gather(A, ZERO, NUMBERS, (1, 4)),
        "last axis of the indices must have length 1"),
    "window": (ValueError, lambda: lax.gather(A, ZERO[:, :1], NUMBERS, (1, 5)),
        "do not fit into the operand"),
    "mode": (ValueError, lambda: lax.gather(
        A, np.zeros((2, 1), int), NUMBERS, (1, 4), mode="wrap"), "'clip'"),
    "dot": (ValueError, lambda: lax.dot(T, A), "dot_general and batch_matmul"),
    "dot_general": (ValueError,
        lambda: lax.dot_general(A, B, (((0,), (1,)), ((), ()))), "differ in number"),
    "reduce": (ValueError, lambda: lax.reduce((A, V), (0.0, 0.0), np.add, (0,)),
        "must have one shape"),
    "top_k": (ValueError, lambda: lax.top_k(V, 6), "k=6"),
    "sort": (ValueError, lambda: lax.sort((V, A)), "of one shape"),
    "fft": (ValueError, lambda: lax.fft(V, "FFT", (4,)), "must have lengths"),
}  # fmt: skip


@table(MESSAGES)
def test_messages(case):
    raised(*case, frames=2)
