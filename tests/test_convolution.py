"""Convolutions, windows and padding against JAX, and against themselves."""

import operator
import tracemalloc

import numpy as np
import pytest

import fgrad
import fgrad.numpy as fnp
from fgrad import grad, jit, jvp, lax, make_jaxpr, vjp, vmap

from .messages import raised, table
from .numerics import assert_same_bits


@pytest.fixture
def jax():
    """Return JAX with 64-bit numbers; without it these tests are skipped."""
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        yield jax


# -- random configurations -----------------------------------------------------------


def draw(rng, low, high, count):
    return tuple(int(n) for n in rng.integers(low, high, count))


def stored(rng, x, source, target):
    """Return the same array with its axes in another order in memory, or not."""
    if rng.random() < 0.5:
        return x
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, source, target)), target,
                       source)  # fmt: skip


def convolution(seed):
    """Return random operands, and the keywords of a convolution of them."""
    rng = np.random.default_rng(seed)
    d = int(rng.choice([0, 1, 2, 2, 3], p=[0.05, 0.35, 0.25, 0.25, 0.1]))
    features = int(rng.choice([1, 1, 2, 3]))
    batches = 1 if features > 1 else int(rng.choice([1, 1, 2]))
    n, c = int(rng.integers(1, 3)) * batches, int(rng.integers(1, 4))
    o = int(rng.integers(1, 4)) * features * batches
    space, kernel = draw(rng, 4, 8, d), draw(rng, 1, 4, d)
    x = stored(rng, rng.standard_normal((n, c * features, *space)), 1, -1)
    w = stored(rng, rng.standard_normal((o, c, *kernel)), (0, 1), (-1, -2))
    pads = [tuple(map(int, pair)) for pair in rng.integers(-1, 4, (d, 2))]
    padding = [pads, pads, "SAME", "VALID", "SAME_LOWER"][rng.choice(5)]
    gaps = tuple(map(int, rng.choice([1, 1, 2, 3], d)))
    params = {
        "window_strides": draw(rng, 1, 4, d),
        "padding": padding,
        "lhs_dilation": gaps if padding is pads else None,
        "rhs_dilation": tuple(map(int, rng.choice([1, 1, 2], d))),
        "feature_group_count": features,
        "batch_group_count": batches,
    }
    return rng, x, w, params


def close(actual, expected):
    assert np.shape(actual) == np.shape(expected)
    assert actual.dtype == expected.dtype
    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("seed", range(30))
def test_convolution_agrees_with_jax(jax, seed):
    rng, x, w, params = convolution(seed)
    ours = lambda x, w: lax.conv_general_dilated(x, w, **params)
    theirs = lambda x, w: jax.lax.conv_general_dilated(x, w, **params)
    z = ours(x, w)
    ct = stored(rng, rng.standard_normal(z.shape), 1, -1)
    ts = rng.standard_normal(x.shape), rng.standard_normal(w.shape)
    actual = (z, *vjp(ours, x, w)[1](ct), jvp(ours, (x, w), ts)[1])
    expected = jax.jit(
        lambda *xs: (
            theirs(*xs), *jax.vjp(theirs, *xs)[1](ct), jax.jvp(theirs, xs, ts)[1]
        )
    )(x, w)  # fmt: skip
    for a, e in zip(actual, expected, strict=True):
        close(a, e)


@pytest.mark.parametrize("seed", range(100, 115))
def test_mapped_convolutions_are_loops(seed):
    rng, x, w, params = convolution(seed)
    fun = lambda x, w: lax.conv_general_dilated(x, w, **params)
    ct = rng.standard_normal(fun(x, w).shape)
    both = lambda x, w: (fun(x, w), *vjp(fun, x, w)[1](ct))
    xs = rng.standard_normal((2, *x.shape))
    ws = rng.standard_normal((2, *w.shape))
    for axes, args in [((0, None), (xs, w)), ((None, 0), (x, ws)), ((0, 0), (xs, ws))]:
        loop = [
            both(*(a if axis is None else a[i] for a, axis in zip(args, axes)))
            for i in range(2)
        ]
        for actual, *each in zip(vmap(both, axes)(*args), *loop):
            close(actual, np.stack(each))
    last = vmap(fun, (-1, 1), 2)(np.moveaxis(xs, 0, -1), np.moveaxis(ws, 0, 1))
    close(last, np.stack([fun(x, w) for x, w in zip(xs, ws)], 2))


@pytest.mark.parametrize("seed", range(200, 212))
def test_jit_of_convolutions_is_bit_for_bit(seed):
    _, x, w, params = convolution(seed)
    dtype = [np.float64, np.float32][seed % 2]
    x, w = x.astype(dtype, order="K"), w.astype(dtype, order="K")
    fun = lambda x, w: np.tanh(lax.conv_general_dilated(np.sin(x), w, **params))
    total = lambda x, w: np.sum(fun(x, w) ** 2)
    assert_same_bits(jit(fun)(x, w), fun(x, w))
    for actual, expected in zip(jit(grad(total, (0, 1)))(x, w),
                                grad(total, (0, 1))(x, w)):  # fmt: skip
        assert_same_bits(actual, expected)


# -- kinds of numbers, shapes, layouts -----------------------------------------------

LAYOUTS = [
    None,
    ("NHWC", "HWIO", "NHWC"),
    ("NCHW", "OIHW", "NHWC"),
    ("CNHW", "IOWH", "WHNC"),
    lax.ConvDimensionNumbers((0, 3, 1, 2), (3, 2, 0, 1), (1, 0, 2, 3)),
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_layouts_agree_with_jax(jax, layout):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((4, 4, 6, 4)), rng.standard_normal((4, 4, 4, 4))
    theirs = layout
    if isinstance(layout, lax.ConvDimensionNumbers):
        theirs = jax.lax.ConvDimensionNumbers(*layout)
    numbers = lax.conv_dimension_numbers(x.shape, w.shape, layout)
    assert numbers == jax.lax.conv_dimension_numbers(x.shape, w.shape, theirs)
    close(
        lax.conv_general_dilated(x, w, (1, 2), "SAME", dimension_numbers=layout),
        jax.lax.conv_general_dilated(x, w, (1, 2), "SAME", dimension_numbers=theirs),
    )


@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("padding", ["SAME", "VALID", ((1, 2), (0, -1))], ids=str)
@pytest.mark.parametrize("transpose_kernel", [False, True])
def test_conv_transpose_agrees_with_jax(jax, stride, padding, transpose_kernel):
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal((2, 4, 5, 3)), rng.standard_normal((3, 2, 3, 3))
    options = {"rhs_dilation": (1, 2), "transpose_kernel": transpose_kernel}
    args = (x, w, (stride, 2), padding)
    for consistent in {False, not isinstance(padding, str)}:
        options["use_consistent_padding"] = consistent
        expected = jax.lax.conv_transpose(*args, **options)
        close(lax.conv_transpose(*args, **options), expected)


def test_transposed_convolution_is_the_gradient_of_a_convolution():
    rng = np.random.default_rng(2)
    x, w = rng.standard_normal((2, 7, 7, 3)), rng.standard_normal((3, 3, 3, 4))
    layout = ("NHWC", "HWIO", "NHWC")
    fun = lambda x: lax.conv_general_dilated(x, w, (2, 2), "VALID", None, None, layout)
    z, pull = vjp(fun, x)
    ct = rng.standard_normal(z.shape)
    back = lax.conv_transpose(ct, w, (2, 2), "VALID", transpose_kernel=True)
    close(back, pull(ct)[0])


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.float16, np.float32, complex])
def test_dtypes(kind):
    rng = np.random.default_rng(3)
    x, w = rng.integers(-3, 4, (2, 3, 6)), rng.integers(-3, 4, (4, 3, 3))
    x, w = (x + 1j * x[::-1], w * 1j) if kind is complex else (x, w)
    exact = lax.conv(x, w, (1,), "SAME")
    z = lax.conv(x.astype(kind), w.astype(kind), (1,), "SAME")
    assert z.dtype == kind
    np.testing.assert_array_equal(z, exact.astype(kind))


def test_a_wider_result_is_summed_in_its_own_dtype():
    x, w = np.full((1, 1, 300), 100, np.int8), np.ones((1, 1, 300), np.int8)
    z = lax.conv(x, w, (1,), "VALID", preferred_element_type=np.int32)
    assert_same_bits(z, np.full((1, 1, 1), 30000, np.int32))
    z = lax.conv(x * 1.0, w, (1,), "VALID", preferred_element_type=np.float32)
    assert z.dtype == np.float32


def test_operands_promote_and_gradients_keep_their_dtypes():
    x, w = np.ones((1, 1, 4), np.float32), np.ones((1, 1, 2))
    z, pull = vjp(lambda x, w: lax.conv(x, w, (1,), "VALID"), x, w)
    assert z.dtype == np.float64
    assert [ct.dtype for ct in pull(z)] == [np.float32, np.float64]


@pytest.mark.parametrize("shapes", [((0, 2, 5), (3, 2, 2)), ((2, 0, 5), (3, 0, 2)),
                                    ((2, 2, 1), (3, 2, 2)), ((2, 2, 5), (0, 2, 2))],
                         ids=str)  # fmt: skip
def test_nothing_to_convolve(jax, shapes):
    x, w = map(np.ones, shapes)
    fun = lambda x, w: lax.conv(x, w, (1,), "VALID")
    z, pull = vjp(fun, x, w)
    assert not z.any()
    assert z.shape == jax.eval_shape(lambda: jax.lax.conv(x, w, (1,), "VALID")).shape
    for ct, like in zip(pull(z), (x, w)):
        assert_same_bits(ct, np.zeros_like(like))


def test_infinities_stay_where_they_are():
    x = np.array([[[1.0, np.inf, 2.0, 3.0, np.nan, 4.0]]])
    z = lax.conv(x, np.ones((1, 1, 2)), (1,), "VALID")
    np.testing.assert_array_equal(z[0, 0], [np.inf, np.inf, 5.0, np.nan, np.nan])


def test_second_derivatives_of_a_small_network():
    rng = np.random.default_rng(4)
    x, w = rng.standard_normal((2, 1, 8, 8)), rng.standard_normal((2, 1, 3, 3))

    def loss(x, w):
        h = np.tanh(lax.conv(x, w, (1, 1), "SAME"))
        window = (1, 1, 2, 2)
        return np.sum(lax.reduce_window(h, -np.inf, np.maximum, window, window) ** 3)

    fgrad.test_util.check_grads(loss, (x, w), order=2)
    assert_same_bits(jit(fgrad.hessian(loss, 1))(x, w), fgrad.hessian(loss, 1)(x, w))


def test_windows_are_not_all_in_memory_at_once():
    x, w = np.ones((32, 8, 32, 32)), np.ones((8, 8, 3, 3))
    fun = lambda x, w: lax.conv(x, w, (1, 1), "SAME")
    ct = fun(x, w)
    pull = vjp(fun, x, w)[1]
    for run in (lambda: fun(x, w), lambda: pull(ct)):
        tracemalloc.start()
        run()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4 * x.nbytes  # all windows at once would be 9 * x.nbytes


# -- reductions of windows -----------------------------------------------------------

REDUCTIONS = {
    "add": (np.add, 0.0),
    "max": (np.maximum, -np.inf),
    "min": (lambda x, y: np.minimum(y, x), np.inf),
    "mul": (operator.mul, 1.0),
}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reduce_window_agrees_with_jax(jax, name, seed):
    (ours, start), theirs = REDUCTIONS[name], getattr(jax.lax, name)
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 4))
    x = rng.standard_normal(draw(rng, 3, 8, d))
    x = np.round(x) if seed % 2 else x  # ties
    extremum = name in ("max", "min")
    inner = 1 if extremum else 3  # JAX has no derivative of dilated or cropped maxima
    low = 0 if extremum else -1
    pads = [tuple(map(int, pair)) for pair in rng.integers(low, 3, (d, 2))]
    args = (
        draw(rng, 1, 4, d),
        draw(rng, 1, 4, d),
        [pads, "SAME", "VALID"][seed % 3],
        draw(rng, 1, inner, d) if inner > 1 else None,
        draw(rng, 1, inner, d) if inner > 1 else None,
    )
    fun = lambda x: lax.reduce_window(x, start, ours, *args)
    reference = lambda x: jax.lax.reduce_window(x, start, theirs, *args)
    z = fun(x)
    ct, t = rng.standard_normal(z.shape), rng.standard_normal(x.shape)
    pull = lambda x: vjp(fun, x)[1](ct)[0]
    assert_same_bits(jit(fun)(x), z)
    assert_same_bits(jit(pull)(x), pull(x))
    if name == "mul":  # JAX has no derivative of products
        return close(z, reference(x))
    actual = (z, pull(x), jvp(fun, (x,), (t,))[1])
    expected = jax.jit(
        lambda x: (
            reference(x), jax.vjp(reference, x)[1](ct)[0],
            jax.jvp(reference, (x,), (t,))[1],
        )
    )(x)  # fmt: skip
    for a, e in zip(actual, expected, strict=True):
        close(a, e)


def test_the_first_of_a_window_gets_the_gradient():
    window = (2, 2)
    fun = lambda x: np.sum(lax.reduce_window(x, -np.inf, np.maximum, window, window))
    ties = np.array([[0.0, 1.0, 3.0, 3.0], [1.0, 1.0, 3.0, 3.0]])
    np.testing.assert_array_equal(grad(fun)(ties), [[0, 1, 1, 0], [0, 0, 0, 0]])


def test_infinite_cotangents_stay_out_of_other_places():
    fun = lambda x: lax.reduce_window(x, -np.inf, np.maximum, (2,), (2,))
    pull = vjp(fun, np.array([1.0, 2.0, 4.0, 3.0]))[1]
    np.testing.assert_array_equal(pull(np.array([np.inf, np.nan]))[0],
                                  [0, np.inf, np.nan, 0])  # fmt: skip


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint16, np.float16, np.float32])
@pytest.mark.parametrize("ufunc", [np.add, np.maximum, np.minimum, np.multiply])
def test_windows_keep_the_dtype(kind, ufunc):
    x = np.array([0, 1, 1, 0, 1]).astype(kind)
    start = ufunc.identity if ufunc in (np.add, np.multiply) else x[0]
    z = lax.reduce_window(x, start, ufunc, (2,))
    assert_same_bits(z, ufunc(ufunc(x[:-1], x[1:]), x.dtype.type(start)))


def test_another_initial_value_takes_part():
    x = np.array([1.0, 5.0, 2.0])
    sums = lambda x, start: lax.reduce_window(x, start, np.add, (2,), (1,), "SAME")
    np.testing.assert_array_equal(sums(x, 10.0), [16, 17, 22])
    assert grad(lambda start: np.sum(sums(x, start)))(0.0) == 4
    most = lax.reduce_window(np.array([1, 5, 2]), 3, np.maximum, (2,))
    np.testing.assert_array_equal(most, [5, 5])


@pytest.mark.parametrize("computation", [
    fnp.add, operator.add, lambda x, y: x + y, lambda x, y: fnp.add(y, x)
])  # fmt: skip
def test_computations_are_recognised(computation):
    z = lax.reduce_window(np.arange(4.0), 0.0, computation, (2,))
    np.testing.assert_array_equal(z, [1, 3, 5])


def test_pooling_without_overlap_does_not_copy_its_argument():
    x = np.ones((8, 64, 64, 16))
    window = (1, 2, 2, 1)
    tracemalloc.start()
    lax.reduce_window(x, -np.inf, np.maximum, window, window)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes


def test_sliding_windows_of_traced_values():
    slide = np.lib.stride_tricks.sliding_window_view
    x = np.random.default_rng(5).standard_normal((4, 6, 5))
    for args in [((2, 3, 2),), (3, 1), ((2, 2), (0, 2)), ((2, 2), (1, 1))]:
        fun = lambda x, args=args: np.sum(slide(x, *args) ** 2, axis=-1)
        assert_same_bits(jit(fun)(x), fun(x))
        mapped = vmap(fun)(np.stack([x, -x]))
        close(mapped, np.stack([fun(x), fun(-x)]))
        fgrad.test_util.check_grads(fun, (x,), order=2)


# -- pad -----------------------------------------------------------------------------

PADS = [
    [(1, 2, 0), (0, 0, 0)],
    [(-1, 2, 1), (0, 3, 2)],
    [(-2, -1, 0), (1, -1, 0)],
    [(-4, 0, 2), (-1, -1, 1)],
    [(0, -3, 0), (-1, -2, 0)],
]


@pytest.mark.parametrize("config", PADS, ids=str)
def test_pad_agrees_with_jax(jax, config):
    rng = np.random.default_rng(6)
    x, value = rng.standard_normal((3, 4)), np.float64(1.5)
    ours = lambda x, v: lax.pad(x, v, config)
    theirs = lambda x, v: jax.lax.pad(x, v, config)
    z = ours(x, value)
    close(z, theirs(x, value))
    ct = rng.standard_normal(z.shape)
    for a, e in zip(vjp(ours, x, value)[1](ct), jax.vjp(theirs, x, value)[1](ct)):
        np.testing.assert_allclose(a, e, atol=1e-12)
    ts = (x * 2, np.float64(3.0))
    np.testing.assert_allclose(
        jvp(ours, (x, value), ts)[1], jax.jvp(theirs, (x, value), ts)[1]
    )
    xs, values = np.stack([x, -x]), np.array([1.0, 2.0])
    close(vmap(ours)(xs, values), jax.vmap(theirs)(xs, values))
    assert_same_bits(jit(ours)(x, value), z)


@pytest.mark.parametrize("kind", ["SAME", "VALID", "SAME_LOWER", "same"])
def test_padding_strings(jax, kind):
    shapes = ((10, 9, 1, 7), (3, 2, 1, 5), (2, 1, 1, 3))
    shapes = tuple(s[:3] for s in shapes)
    expected = jax.lax.padtype_to_pads(*shapes, kind.upper())
    assert lax.padtype_to_pads(*shapes, kind) == [tuple(map(int, p)) for p in expected]


# -- programs and messages -----------------------------------------------------------


def test_a_convolution_is_one_equation():
    jaxpr = make_jaxpr(lambda x, w: lax.conv(x, w, (1,), "SAME"))(
        np.ones((1, 2, 5)), np.ones((3, 2, 3))
    )
    assert [e.prim.name for e in jaxpr.eqns] == ["conv"]


X, W = np.ones((2, 4, 5, 5)), np.ones((6, 4, 3, 3))
general = lax.conv_general_dilated

MESSAGES = {
    "features": (ValueError, lambda: lax.conv(X, W[:, :3], (1, 1), "SAME"),
                 "lhs has 4 features but the kernel takes 3", "NHWC"),
    "grouped features": (ValueError,
        lambda: general(X, W[:, :2], (1, 1), "SAME"), "feature_group_count=2"),
    "groups": (ValueError,
        lambda: general(X, W[:5, :2], (1, 1), "SAME", feature_group_count=2),
        "feature_group_count=2 does not divide the 5 features out"),
    "batch groups": (ValueError,
        lambda: general(X, W, (1, 1), "SAME", batch_group_count=3),
        "batch_group_count=3 does not divide the batch of 2"),
    "both groups": (ValueError,
        lambda: general(X, W, (1, 1), "SAME", None, None, None, 2, 2),
        "one of them must be 1"),
    "padding of gaps": (ValueError,
        lambda: general(X, W, (1, 1), "SAME", (2, 2)), "call conv_transpose"),
    "padding string": (ValueError, lambda: lax.conv(X, W, (1, 1), "FULL"),
        "'SAME', 'SAME_LOWER', 'VALID' or pairs", "'FULL'"),
    "padding pairs": (ValueError, lambda: lax.conv(X, W, (1, 1), [(1, 1)]),
        "a pair (before, after) for each of the 2 axes"),
    "rank": (ValueError, lambda: lax.conv(X[0], W, (1, 1), "SAME"),
        "lhs of shape (4, 5, 5) and rhs of shape (6, 4, 3, 3)", "x[None]"),
    "strides": (ValueError, lambda: lax.conv(X, W, (1,), "SAME"),
        "window_strides must be 2 positive integers"),
    "zero stride": (ValueError, lambda: lax.conv(X, W, (1, 0), "SAME"),
        "window_strides must be 2 positive integers"),
    "layout letters": (ValueError,
        lambda: general(X, W, (1, 1), "SAME", None, None, ("NHWC", "HWXO", "NHWC")),
        "'HWXO' of rhs", "'O' and 'I'"),
    "layout spaces": (ValueError,
        lambda: general(X, W, (1, 1), "SAME", None, None, ("NHWC", "XYIO", "NHWC")),
        "must name the same axes of space"),
    "layout type": (TypeError,
        lambda: general(X, W, (1, 1), "SAME", None, None, "NHWC"),
        "three strings"),
    "transposed padding": (ValueError,
        lambda: lax.conv_transpose(X, W, (1, 1), "SAME_LOWER"), "conv_transpose"),
    "window rank": (ValueError,
        lambda: lax.reduce_window(X, 0.0, np.add, (2, 2)),
        "window_dimensions must be 4 positive integers"),
    "computation": (TypeError,
        lambda: lax.reduce_window(X, 0.0, "sum", (1, 1, 2, 2)),
        "needs a function, got 'sum'"),
    "initial value": (ValueError,
        lambda: lax.reduce_window(X, np.zeros(2), np.add, (1, 1, 2, 2)),
        "init_value must be a scalar"),
    "pad": (ValueError, lambda: lax.pad(X, 0, [(1, 1, 0)]),
        "needs a triple (before, after, between) for each axis"),
    "between": (ValueError, lambda: lax.pad(X, 0, [(1, 1, -1)] * 4),
        "negative between"),
    "pad value": (ValueError, lambda: lax.pad(X, np.ones(2), [(1, 1, 0)] * 4),
        "scalar"),
    "too wide": (ValueError,
        lambda: grad(lambda x: np.lib.stride_tricks.sliding_window_view(x, 4).sum())(
            np.ones(3)),
        "a window of length 4 does not fit into axis 0"),
}  # fmt: skip


@table(MESSAGES)
def test_messages(case):
    raised(*case, frames=5 if "sliding" in repr(case) else 1)
