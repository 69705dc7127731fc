"""Indexing: NumPy's semantics, the gradients of JAX, taught errors."""

import itertools
import random

import numpy as np
import pytest

import fgrad.numpy  # noqa: F401  installs the operators of tracers
from fgrad.core import KnownTrace, StagedTrace, aval_of
from fgrad.errors import NonConcreteBooleanIndexError, TracerIntegerConversionError
from fgrad.ops.add_at import add_at
from fgrad.ops.elementwise import sin
from fgrad.ops.gather import gather_p, scatter_p, slice_p
from fgrad.ops.index import at, getitem, take
from fgrad.ops.index_spec import ARRAY, layout, make_index, parse
from fgrad.transforms.grad import grad
from fgrad.transforms.jvp import jvp
from fgrad.transforms.vmap import vmap

rng = np.random.default_rng(0)


def staged(*xs):
    trace = StagedTrace("test")
    return [trace.lift(aval_of(x)) for x in xs]


def total(x):
    return sin(x).sum()


def random_index(shape, chooser):
    """Return an index expression that fits a shape."""
    items, axis, ellipsis = [], 0, False
    lead = chooser.choice([(), (3,), (2, 3)])
    while axis < len(shape) and chooser.random() < 0.85:
        n = shape[axis]
        kind = chooser.choice(["int", "slice", "array", "none", "dots", "mask"])
        if kind == "none":
            items.append(None)
            continue
        if kind == "dots":
            if not ellipsis:
                items.append(Ellipsis)
                ellipsis = True
                axis += chooser.randint(0, len(shape) - axis)
                items += [0] * 0
                if axis < len(shape):  # what follows counts from the end
                    items += [slice(None)] * (len(shape) - axis)
                    axis = len(shape)
            continue
        if kind == "int":
            items.append(chooser.choice([0, -1, n - 1, np.int32(0)]))
        elif kind == "slice":
            bounds = [chooser.choice([None, 0, 1, -1, n]) for _ in range(2)]
            items.append(slice(*bounds, chooser.choice([None, 1, -1, 2])))
        elif kind == "mask":
            mask = np.zeros(n, bool)
            mask[: 3 if lead == () or lead[-1] == 3 else 1] = True
            items.append(mask if mask.sum() in (1, 3) and n >= 3 else 0)
        else:
            items.append(rng.integers(-n, n, lead))
        axis += 1
    return tuple(items)


@pytest.mark.parametrize("seed", range(200))
def test_any_index_is_numpys(seed):
    x = rng.normal(size=(3, 4, 5, 3))
    idx = random_index(x.shape, random.Random(seed))
    want = x[idx]
    z = getitem(x, idx)
    assert np.array_equal(z, want)
    (t,) = staged(x)
    assert getitem(t, idx).aval == aval_of(want)
    index, arrays = parse(idx, x.shape)
    assert layout(x.shape, index, *map(np.shape, arrays)).shape == want.shape
    ct = rng.normal(size=want.shape)
    expected = np.zeros_like(x)
    np.add.at(expected, idx, ct)
    g = grad(lambda x: (getitem(x, idx) * ct).sum())(x)
    np.testing.assert_allclose(g, expected, atol=1e-12)
    np.testing.assert_allclose(vmap(lambda x: getitem(x, idx))(x[None])[0], want)


def test_getitem_reads_what_numpy_reads():
    x = rng.normal(size=(4, 3))
    mask = x > 0
    for idx in (mask, mask[:, 0], (mask[:, 0], 1), (slice(None), [True, False, True]),
                [], [[0, 1], [2, 3]], (np.int8(1), np.uint8(2)), True, False,
                (Ellipsis, mask[0]), np.array(2), (None, mask)):  # fmt: skip
        z, want = getitem(x, idx), x[idx]
        assert np.array_equal(z, want)
        assert z.shape == want.shape
    assert getitem(x, slice(np.int64(1), None)).shape == (3, 3)
    assert getitem(2.0, None).shape == (1,)


def test_integer_tracers_index():
    x, i = np.arange(12.0).reshape(4, 3), np.array([2, 0, 3])
    sx, si = staged(x, i)
    assert getitem(sx, si).shape == (3, 3)
    assert getitem(sx, (slice(None), 0, None, si[0] * 0)[:2]).shape == (4,)
    np.testing.assert_array_equal(vmap(lambda i: getitem(x, i))(i), x[i])
    np.testing.assert_array_equal(vmap(lambda i: getitem(x, (slice(1, 3), i)))(i % 3),
                                  x[1:3, i % 3].T)  # fmt: skip
    np.testing.assert_array_equal(
        vmap(getitem)(x[:3], np.array([0, 2, 1])), x[[0, 1, 2], [0, 2, 1]]
    )


@pytest.mark.parametrize(
    "idx",
    [
        (ARRAY,),
        (slice(None), ARRAY),
        (0, slice(None), ARRAY),
        (ARRAY, slice(None), ARRAY),
        (Ellipsis, ARRAY),
    ],
)
@pytest.mark.parametrize("shape", [(), (2,), (2, 2)])
def test_vmap_of_everything_is_a_loop(idx, shape):
    x, i = rng.normal(size=(3, 4, 4, 4)), rng.integers(-4, 4, (3, *shape))

    def read(x, i):
        return getitem(x, tuple(i if k is ARRAY else k for k in idx))

    def write(x, i):
        return at(x)[tuple(i if k is ARRAY else k for k in idx)].add(sin(read(x, i)))

    for fun, dims in itertools.product((read, write), [(0, 0), (0, None), (None, 0)]):
        args = [a if d == 0 else a[0] for a, d in zip((x, i), dims, strict=True)]
        rows = [[a[k] if d == 0 else a for a, d in zip(args, dims, strict=True)]
                for k in range(3)]  # fmt: skip
        want = np.stack([fun(*row) for row in rows])
        np.testing.assert_allclose(vmap(fun, dims)(*args), want)
        g = grad(lambda x, i, fun=fun: total(fun(x, i)))
        np.testing.assert_allclose(
            vmap(g, dims)(*args), np.stack([g(*row) for row in rows])
        )


def test_errors_say_index_and_shape():
    x = np.ones((3, 4))
    for known in (x, KnownTrace("t").lift(x), staged(x)[0]):
        with pytest.raises(IndexError, match="index 3 is out of bounds for axis 0"):
            getitem(known, 3)
        with pytest.raises(IndexError, match=r"shape \(3, 4\)"):
            getitem(known, (0, -5))
        with pytest.raises(IndexError, match=r"too many indices.*but 3 were"):
            getitem(known, (0, 0, 0))
        with pytest.raises(IndexError, match=r"valid indices, got 1\.5"):
            getitem(known, 1.5)
        with pytest.raises(IndexError, match="valid indices, got 'a'"):
            getitem(known, "a")
        with pytest.raises(IndexError, match="float64"):
            getitem(known, np.ones(2))
        with pytest.raises(IndexError, match="more than one ellipsis"):
            getitem(known, (..., ...))
        with pytest.raises(IndexError, match="axis 1; size of axis is 4 but size of"):
            getitem(known, (slice(None), np.ones(3, bool)))
        with pytest.raises(IndexError, match=r"shapes \(2,\), \(3,\)"):
            getitem(known, ([0, 1], [0, 1, 2]))
    with pytest.raises(IndexError, match=r"index 7 is out of bounds.*shape \(3, 4\)"):
        gather_p(x, np.array([0, 7]), index=make_index((ARRAY,)))


def test_unknown_masks_and_bounds_are_taught():
    x, mask, n = staged(np.ones(3), np.ones(3, bool), 2)
    with pytest.raises(NonConcreteBooleanIndexError, match="three arguments"):
        getitem(x, mask)
    with pytest.raises(TracerIntegerConversionError):
        getitem(x, slice(n))


def test_index_is_hashable_and_prints():
    index = make_index((0, (1, None, -1), None, ..., ARRAY))
    assert repr(index) == "[0, 1::-1, None, ..., array]"
    assert hash(index) == hash(make_index((0, (1, None, -1), None, ..., ARRAY)))
    assert slice_p.emit(["x"], index=make_index(((None, 2, None), 0))) == "x[:2, 0]"
    assert gather_p.emit(["x", "i"], index=make_index((..., ARRAY))) == "x[..., i]"


def test_add_at_counts_repeats_as_numpy_does():
    for shape, count in (((5, 40), 30), ((5, 3, 4), 20), ((5,), 100)):
        i, want, z = rng.integers(-5, 5, count), np.zeros(shape), np.zeros(shape)
        y = rng.normal(size=(count, *shape[1:]))
        np.add.at(want, i, y)
        add_at(z, (i,), y)
        assert np.array_equal(z, want)
    with pytest.raises(IndexError):
        scatter_p(np.ones((100, 2)), np.full(100, 9), shape=(5, 2),
                  index=make_index((ARRAY,)))  # fmt: skip


# -- at ----------------------------------------------------------------------------


def test_at_never_mutates():
    x = np.arange(4.0)
    assert at(x)[1].set(9.0).tolist() == [0, 9, 2, 3]
    assert at(x)[[0, 0]].add([1.0, 2.0]).tolist() == [3, 1, 2, 3]
    assert at(x)[1:].subtract(1).tolist() == [0, 0, 1, 2]
    assert at(x)[[3, 3]].multiply(2).tolist() == [0, 1, 2, 12]
    assert at(x)[[3, 3]].mul(2).tolist() == [0, 1, 2, 12]
    assert at(x)[[2, 2]].divide(2).tolist() == [0, 1, 0.5, 3]
    assert at(x)[2:].power(2).tolist() == [0, 1, 4, 9]
    assert at(x)[:].min(1.5).tolist() == [0, 1, 1.5, 1.5]
    assert at(x)[:].max(1.5).tolist() == [1.5, 1.5, 2, 3]
    assert at(x)[1].apply(np.negative).tolist() == [0, -1, 2, 3]
    assert at(x)[1:3].get().tolist() == [1, 2]
    assert at(x)[x > 1].set(0).tolist() == [0, 1, 0, 0]
    assert at([1, 2])[0].set(5).tolist() == [5, 2]
    assert x.tolist() == [0, 1, 2, 3]


def test_at_keeps_the_dtype():
    assert at(np.zeros(2, np.float32))[0].set(1.5).dtype == np.float32
    assert at(np.zeros(2, int))[0].set(1.7).tolist() == [1, 0]
    (t,) = staged(1.0)
    with pytest.raises(TypeError, match=r"x.astype\(float64\)"):
        at(np.zeros(2, int))[0].set(t)
    with pytest.raises(TypeError, match="do not fit an array of int64"):
        at(np.zeros(2, int))[0].add(0.5)
    with pytest.raises(TypeError, match="quotient"):
        at(np.zeros(2, int))[0].divide(2)
    with pytest.raises(ValueError, match=r"shape \(3,\) do not broadcast.*\(2,\)"):
        at(np.zeros(2))[:].set(np.ones(3))
    with pytest.raises(ValueError, match="mode must be one of"):
        at(np.zeros(2))[0].set(0, mode="wild")


MODES = [None, "clip", "drop", "fill", "promise_in_bounds"]
METHODS = ["set", "add", "multiply", "min", "max", "divide", "power"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mode", MODES)
def test_at_is_jaxs(method, mode):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    x, y = rng.uniform(0.5, 2, (4, 3)), rng.uniform(0.5, 2, (5, 3))
    far = [0, 6, -1, -9, 2] if mode in ("clip", "drop", "fill") else [0, 1, 3, -2, -4]
    for i in (np.array(far[:3]), np.array(far)):
        if method == "set" and mode == "clip":
            i = np.array([0, 9, -3])  # which of two writes stays is not defined in JAX
        keys = {"mode": mode}
        w = y[: len(i)]
        ours = getattr(at(x)[i], method)(w, **keys)
        theirs = getattr(jax.numpy.asarray(x).at[i], method)(w, **keys)
        if len(set(i % 4)) == len(i) or method != "set":
            np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("method", ["set", "add", "min", "max", "multiply"])
def test_gradients_of_at_with_repeats(method):
    x, y = rng.uniform(0.5, 2, (4, 3)), rng.uniform(0.5, 2, (5, 3))
    i = np.array([0, 1, 0, 0, 3])

    def fun(x, y):
        return total(getattr(at(x)[i], method)(y))

    gx, gy = grad(fun, (0, 1))(x, y)
    for g, k in ((gx, 0), (gy, 1)):
        for place in np.ndindex(g.shape):
            d = np.zeros(g.shape)
            d[place] = 1e-6
            up = fun(x, y + d) if k else fun(x + d, y)
            down = fun(x, y - d) if k else fun(x - d, y)
            assert g[place] == pytest.approx((up - down) / 2e-6, abs=1e-6)


def test_multiply_by_zero_has_a_finite_gradient():
    y = np.array([0.0, 3.0, 2.0])
    g = grad(lambda y: at(np.ones(2))[[0, 0, 1]].multiply(y).sum())(y)
    assert g.tolist() == [3, 0, 1]
    y = np.array([0.0, 0.0, 2.0])
    g = grad(lambda y: at(np.ones(2))[[0, 0, 0]].multiply(y).sum())(y)
    assert g.tolist() == [0, 0, 0]


def test_at_ties_share_the_gradient():
    def fun(x, y):
        return at(x)[[0, 0]].max(y)[0]

    gx, gy = grad(fun, (0, 1))(np.ones(2), np.ones(2))
    np.testing.assert_allclose(gx, [1 / 3, 0])
    np.testing.assert_allclose(gy, [1 / 3, 1 / 3])


def test_at_modes_out_of_bounds():
    x = np.arange(3.0)
    with pytest.raises(IndexError, match="out of bounds"):
        at(x)[5].set(0)
    with pytest.raises(IndexError, match=r"out of bounds.*shape \(3,\)"):
        at(x)[[0, 5]].set(0)
    assert at(x)[5].set(9, mode="drop").tolist() == [0, 1, 2]
    assert at(x)[[-1, -4]].add(1, mode="drop").tolist() == [0, 1, 3]
    assert at(x)[7].get(mode="clip") == 2
    assert np.isnan(at(x)[7].get(mode="fill"))
    assert at(x)[[1, 7]].get(mode="fill", fill_value=-1).tolist() == [1, -1]
    assert at(np.arange(3))[9].get(mode="fill") == np.iinfo(int).min
    big = np.arange(6.0).reshape(2, 3)
    z = at(big)[:, [0, 4]].get(mode="fill", fill_value=7)
    assert z.tolist() == [[0, 7], [3, 7]]
    assert at(big)[[0, 5], [2, 1]].set(9, mode="drop").tolist() == [
        [0, 1, 9],
        [3, 4, 5],
    ]
    assert at(x)[0].get(indices_are_sorted=True, unique_indices=True) == 0


def test_second_order_and_forward_mode():
    x, i = rng.normal(size=(4,)), np.array([0, 2, 0])

    def fun(x):
        y = getitem(x, i) * x[0]
        return total(at(x * x)[i].add(y)) + total(at(x)[1:3].set(y[:2] * y[1:]))

    h = jvp(grad(fun), (x,), (np.ones(4),))[1]
    eps = 1e-6
    numeric = (grad(fun)(x + eps) - grad(fun)(x - eps)) / (2 * eps)
    np.testing.assert_allclose(h, numeric, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(
        jvp(fun, (x,), (np.ones(4),))[1], grad(fun)(x).sum(), rtol=1e-10
    )


# -- take --------------------------------------------------------------------------


def test_take_is_numpys():
    x = rng.normal(size=(3, 4))
    for axis, i in itertools.product((None, 0, 1, -1), (2, [0, -1], [[1, 1], [0, 2]])):
        assert np.array_equal(take(x, i, axis), np.take(x, i, axis))
        for mode in ("wrap", "clip"):
            j = np.asarray(i) * 7 - 3
            z, want = take(x, j, axis, mode), np.take(x, j, axis, mode=mode)
            assert np.array_equal(z, want)
    assert take(x, []).shape == (0,)
    (i,) = staged(np.array([0, 1]))
    assert take(x, i, axis=1).shape == (3, 2)
    with pytest.raises(ValueError, match="axis 2 is out of bounds"):
        take(x, 0, axis=2)
    with pytest.raises(ValueError, match="mode must be"):
        take(x, 0, mode="fill")
    with pytest.raises(TypeError, match="must be integers"):
        take(x, [0.5])
