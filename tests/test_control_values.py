"""Control flow and what goes through it: trees, lengths, types, batches."""

import collections

import numpy as np
import pytest

from fgrad import grad, jit, jvp, lax, vjp, vmap
from fgrad.core import aval_of
from fgrad.tree_util import tree_leaves, tree_map, tree_structure

from .control_operators import FGRAD, PYTHON
from .numerics import assert_same_bits

Pair = collections.namedtuple("Pair", "first second")
A = np.arange(3.0)
SQUARE = np.arange(9.0).reshape(3, 3)
COMPILED = pytest.mark.parametrize("compiled", [lambda f: f, jit], ids=["plain", "jit"])


def assert_same_trees(actual, expected):
    assert tree_structure(actual) == tree_structure(expected)
    tree_map(assert_same_bits, actual, expected)


# -- trees ---------------------------------------------------------------------------

TREES = {
    "dict": lambda o, x: o.scan(
        lambda c, e: ({"b": c["a"], "a": c["b"] * e["x"]}, {"y": c, "z": [e]}),
        {"a": 1.0, "b": x[0]},
        {"x": x},
    ),
    "named tuple": lambda o, x: o.scan(
        lambda c, e: (Pair(c.second, c.first + e.second), Pair(None, (e.first,))),
        Pair(x[0], x[1]),
        Pair(x, x * 2.0),
    ),
    "nothing to carry": lambda o, x: o.scan(lambda c, e: ((), e * 2.0), (), x),
    "nothing to stack": lambda o, x: o.scan(lambda c, e: (c + e, None), x[0], x),
    "None to carry": lambda o, x: o.scan(lambda c, e: (c, [e, None]), [None], x),
    "nothing at all": lambda o, x: o.scan(lambda c, _: ((), None), (), None, 3),
    "while": lambda o, x: o.while_loop(
        lambda c: c["n"] < 3, lambda c: {"n": c["n"] + 1, "v": (c["v"][0] * 2.0, None)},
        {"n": 0, "v": (x, None)},
    ),
    "while of nothing": lambda o, x: o.while_loop(lambda c: False, lambda c: c, ()),
    "cond": lambda o, x: o.cond(
        x[1] > 0, lambda c: Pair(c["a"], None), lambda c: Pair(-c["a"], None), {"a": x}
    ),
    "cond without operands": lambda o, x: o.cond(x[1] > 0, lambda: x, lambda: -x),
    "fori": lambda o, x: o.fori_loop(
        0, 3, lambda i, c: Pair(c.second, c.first * i), Pair(x, x + 1.0)
    ),
    "map": lambda o, x: o.map(
        lambda e: {"s": e["a"] + e["b"][0], "n": None}, {"a": x, "b": [x]}
    ),
}  # fmt: skip


@COMPILED
@pytest.mark.parametrize("name", TREES)
def test_trees(name, compiled):
    run = TREES[name]
    actual = compiled(lambda x: run(FGRAD, x))(A)
    assert_same_trees(actual, run(PYTHON, A))


def test_none_may_be_an_operand():
    assert lax.cond(True, lambda x: 1.0, lambda x: 2.0, operand=None) == 1.0
    assert lax.cond(False, lambda x: 1.0, lambda x: 2.0, None) == 2.0
    assert lax.cond(True, lambda x: x, lambda x: 2.0, operand=3.0) == 3.0


# -- lengths and order ---------------------------------------------------------------


def step(c, x):
    return c * 0.5 + x, (c * x, c)


@COMPILED
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("unroll", [1, 2, True])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_lengths(n, unroll, reverse, compiled):
    xs = np.linspace(0.1, 1.0, n)
    run = lambda c, xs: lax.scan(step, c, xs, reverse=reverse, unroll=unroll)
    actual, expected = compiled(run)(0.5, xs), PYTHON.scan(step, 0.5, xs, None, reverse)
    assert_same_trees(actual, expected)


@COMPILED
@pytest.mark.parametrize("unroll", [1, True])
def test_length_zero(unroll, compiled):
    run = lambda c, xs: lax.scan(step, c, xs, unroll=unroll)
    c, (products, carries) = compiled(run)(A, np.zeros((0, 3)))
    np.testing.assert_array_equal(c, A)
    assert products.shape == carries.shape == (0, 3)
    total = lambda c, xs: sum(map(np.sum, tree_leaves(run(c, xs))))
    gradients = compiled(grad(total, (0, 1)))(A, np.zeros((0, 3)))
    np.testing.assert_array_equal(gradients[0], np.ones(3))
    assert gradients[1].shape == (0, 3)
    c, (products, _) = compiled(vmap(run))(A, np.zeros((3, 0)))
    assert c.shape == (3,)
    assert products.shape == (3, 0)


@COMPILED
def test_map_of_nothing(compiled):
    for size in (None, 2):
        run = lambda x, size=size: lax.map(lambda row: row * 2.0, x, batch_size=size)
        assert compiled(run)(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_map_in_batches(size):
    x = np.arange(10.0).reshape(5, 2)
    fun = lambda row: (np.sum(row), {"d": row * 2.0})
    actual = lax.map(fun, x, batch_size=size)
    assert_same_trees(actual, PYTHON.map(fun, x))
    total = lambda x: np.sum(lax.map(np.sin, x, batch_size=size))
    np.testing.assert_allclose(grad(total)(x), np.cos(x), rtol=1e-15)


@COMPILED
def test_strides(compiled):
    xs = np.arange(24.0).reshape(4, 6)
    for view in (xs[::-1], xs[::-2, ::-1], xs.T, xs[:, ::3], np.asfortranarray(xs)):
        c = np.zeros(view.shape[1])
        assert_same_trees(
            compiled(lambda c, xs: lax.scan(step, c, xs))(c, view),
            PYTHON.scan(step, c, view),
        )


# -- types ---------------------------------------------------------------------------

TYPES = ["int64", "int8", "uint16", "bool", "float32", "float64", "complex64",
         "complex128"]  # fmt: skip


@COMPILED
@pytest.mark.parametrize("dtype", TYPES)
def test_types(dtype, compiled):
    x = np.array([1, 0, 2]).astype(dtype)
    programs = [
        lambda o, x: o.scan(lambda c, e: (c * e, c), x[0], x),
        lambda o, x: o.while_loop(lambda v: v[0] < 2, lambda v: (v[0] + 1, v[1] + v[1]),
                                  (0, x)),
        lambda o, x: o.fori_loop(0, 3, lambda i, x: x * x, x),
        lambda o, x: o.cond(True, lambda x: x, lambda x: x * x, x),
        lambda o, x: o.map(lambda e: e * e, x),
    ]  # fmt: skip
    for run in programs:
        actual = compiled(lambda x, run=run: run(FGRAD, x))(x)
        assert_same_trees(actual, run(PYTHON, x))


def test_single_precision_stays():
    x = A.astype(np.float32)
    run = lambda x: lax.scan(lambda c, e: (np.sin(c) * e * 2.0, c), x[0], x)[0]
    z, t = jvp(run, (x,), (x,))
    slope = lambda x: jvp(run, (x,), (x,))[1]
    for result in (z, t, run(x), vmap(run)(np.stack([x, x])), slope(x)):
        assert result.dtype == np.float32
    for fun in (jit(run), grad(run), jit(grad(run)), grad(slope)):
        assert fun(x).dtype == np.float32
    count = lambda n, x: lax.fori_loop(0, n, lambda i, c: c * i + 0.5 * i, x)
    for n in (3, np.int64(3), np.int32(3)):
        assert count(n, x).dtype == np.float32
        assert grad(lambda x, n=n: np.sum(count(n, x)))(x).dtype == np.float32
    assert jit(count)(3, x).dtype == np.float32


def test_python_numbers_are_weak():
    single = np.ones(2, np.float32)
    assert_same_bits(lax.scan(lambda c, x: (c + 1, x), 0, single)[0], 2)
    assert_same_bits(lax.scan(lambda c, x: (c * 2.0, x), 1.5, single)[0], 6.0)
    assert_same_bits(
        lax.scan(lambda c, x: (c + x, x), 0, single)[0], np.float32(2.0)
    )  # what the body makes of it
    assert_same_bits(lax.scan(lambda c, x: (c + x, x), 0, single[:0])[0], np.float32(0))
    assert_same_bits(
        jit(lambda c: lax.fori_loop(0, 3, lambda i, c: c * 2, c))(1.5), 12.0
    )
    assert_same_bits(lax.while_loop(lambda c: c < 3, lambda c: c + 1, 0), 3)
    assert aval_of(lax.cond(True, lambda: 1.0, lambda: single[0])) == aval_of(single[0])


def test_zero_dimensional_arrays_are_scalars():
    for run in (
        lambda c: lax.scan(step, c, A)[0],
        jit(lambda c: lax.scan(step, c, A)[0]),
    ):
        assert_same_bits(
            np.asarray(run(np.array(1.0))), np.asarray(run(np.float64(1.0)))
        )


def test_complex_gradients():
    z = np.array([0.5 + 1j, 1.0 - 0.3j, 0.2j])
    run = lambda o: (
        lambda z: o.np.real(o.scan(lambda c, e: (o.np.sin(c) * e, c), z[0], z)[0])
    )
    pull = lambda o: vjp(run(o), z)[1](1.0)[0]
    np.testing.assert_allclose(pull(FGRAD), pull(PYTHON), rtol=1e-14)


# -- vmap of while -------------------------------------------------------------------


def test_elements_end_one_by_one():
    """Elements that are done stay as they are, even if the body would spoil them."""
    starts, limits = np.array([1.0, 0.0, 8.0, 3.0]), np.array([9.0, 1.0, 1.0, 4.0])

    def run(o, x, limit):  # 1 / (limit - x) is inf where x has reached the limit
        body = lambda v: (v[0] + 1.0, v[1] + 1.0 / (limit - v[0]))
        return o.while_loop(lambda v: v[0] < limit, body, (x, 0.0))

    expected = [run(PYTHON, x, m) for x, m in zip(starts, limits)]
    ours = lambda x, m: run(FGRAD, x, m)
    with np.errstate(all="ignore"):
        for mapped in (vmap(ours), jit(vmap(ours))):
            for actual, each in zip(mapped(starts, limits), zip(*expected)):
                np.testing.assert_array_equal(actual, each)


def test_no_element_starts():
    run = vmap(lambda x: lax.while_loop(lambda x: x < 0.0, lambda x: x * np.nan, x))
    np.testing.assert_array_equal(run(A), A)
    np.testing.assert_array_equal(grad(lambda x: np.sum(run(x) ** 2))(A), 2 * A)


def test_elements_that_are_done_do_not_disturb_gradients():
    def product(n, w):
        more = lambda s: s[0] > 0.5
        step = lambda s: (s[0] - 1.0, s[1] * w * np.log(s[0]))  # -inf once it is done
        return lax.while_loop(more, step, (n, 1.0))[1]

    n = np.array([2.5, 0.0, 3.5, 4.5])
    total = lambda n, w: np.sum(vmap(product)(n, w))
    w = np.array([1.0, 2.0, 3.0, 4.0])
    expected = [grad(product, (0, 1))(*each) for each in zip(n, w)]
    for got in (grad(total, (0, 1))(n, w), jit(grad(total, (0, 1)))(n, w)):
        np.testing.assert_allclose(got, np.transpose(expected), rtol=1e-12)
    shared = lambda w: np.sum(vmap(product, (0, None))(n, w))
    each = [grad(product, 1)(one, 1.5) for one in n]
    np.testing.assert_allclose(grad(shared)(1.5), np.sum(each), rtol=1e-12)
    twice = lambda n: np.sum(vmap(vmap(product, (0, None)), (0, None))(n, 1.5))
    pair = np.stack([n, n[::-1]])
    ones = [[grad(product)(one, 1.5) for one in row] for row in pair]
    np.testing.assert_allclose(grad(twice)(pair), ones, rtol=1e-12)
