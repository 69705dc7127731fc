"""Programs of scalars run on Python numbers, and have the bits that NumPy gives."""

import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fgrad import grad, jit, lax
from fgrad.core import aval_of

TINY = 5e-324
EDGES = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 2.0, TINY, -TINY, 1e308, -1e308]
floats = st.sampled_from(EDGES) | st.floats(allow_subnormal=True)
property_test = settings(max_examples=40, deadline=None)

UNARY = {
    "neg": operator.neg,
    "abs": abs,
    "sqrt": np.sqrt,
    "square": np.square,
    "sign": np.sign,
    "reciprocal": np.reciprocal,
    "exp": np.exp,
    "tanh": np.tanh,
    "floor": np.floor,
    "half": lambda x: x * 0.5,
    "by zero": lambda x: x / 0.0,
    "squared": lambda x: x**2,
    "rooted": lambda x: x**0.5,
    "inverse": lambda x: 1 / x,
    "cubed": lambda x: x**-3,
    "counted": lambda x: (x > 0) + x,
    "single": lambda x: (x.astype(np.float32) * x).astype(np.float64),
    "fabs": np.fabs,
    "vector": lambda x: np.sum(x * np.arange(1.0, 4.0)),
    "singles": lambda x: np.sum(x * np.ones(2, np.float32)),
    "integer": lambda x: x * np.int64(3) - np.isnan(x),
}
BINARY = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "mod": operator.mod,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "less": lambda x, y: np.where(x < y, x, y),
    "both": lambda x, y: np.where((x >= y) & ~(x == 1) | (y != x), x - y, 2),
    "logic": lambda x, y: np.where(np.logical_xor(x > 0, y > 0), x, 1) * (x <= y),
    "arctan2": np.arctan2,
    "hypot": np.hypot,
}
places = st.integers(0, 99)
lines = st.one_of(
    st.tuples(st.sampled_from(sorted(UNARY)), places),
    st.tuples(st.sampled_from(sorted(BINARY)), places, places),
)
bodies = st.lists(lines, min_size=1, max_size=8)


def run(body, *values):
    """Run a random program; each line reads the results of earlier ones."""
    values = list(values)
    for name, *at in body:
        fun = UNARY.get(name) or BINARY[name]
        values.append(fun(*(values[i % len(values)] for i in at)))
    return tuple(values[-2:])


def assert_same(actual, expected):
    """Compare dtype, shape and every bit; one nan is as good as another."""
    for a, e in zip(actual, expected, strict=True):
        assert aval_of(a) == aval_of(e)
        assert np.array_equal(np.signbit(a) & (a == a), np.signbit(e) & (e == e))
        np.testing.assert_array_equal(a, e)


def quiet(fun, *args):
    with np.errstate(all="ignore"):
        return fun(*args)


@property_test
@given(bodies, floats, floats, st.booleans())
def test_straight_programs(body, x, y, weak):
    x, y = (x, y) if weak else (np.float64(x), np.float64(y))
    program = lambda x, y: run(body, x + np.float64(0.0), y * np.float64(1.0))
    assert_same(quiet(jit(program), x, y), quiet(program, x, y))


@property_test
@given(bodies, floats, floats, st.lists(floats, min_size=1, max_size=4), st.booleans())
def test_loops(body, x, y, xs, reverse):
    def step(carry, x):
        a, b = run(body, *carry, x)
        return (b * np.float64(1), a + np.float64(0)), (a * 2.0, b > a)

    def by_hand(x, y):
        carry, ys = (x, y), []
        for each in reversed(xs) if reverse else xs:
            carry, kept = step(carry, np.float64(each))
            ys.append(kept)
        ys = ys[::-1] if reverse else ys
        return (*carry, *map(np.array, zip(*ys)))

    def program(x, y, xs):
        carry, ys = lax.scan(step, (x, y), xs, reverse=reverse)
        return (*carry, *ys)

    args = np.float64(x), np.float64(y)
    expected = quiet(by_hand, *args)
    assert_same(quiet(program, *args, np.array(xs)), expected)
    assert_same(quiet(jit(program), *args, np.array(xs)), expected)


@settings(max_examples=10, deadline=None)
@given(bodies, bodies, floats, floats)
def test_gradients_of_loops_and_branches(left, right, x, y):
    one = np.float64(1.0)

    def branch(body):
        return lambda a, b: tuple(one * z for z in run(body, a * one, b * one))

    def step(k, carry):
        return lax.cond(carry[0] > k, branch(left), branch(right), *carry)

    def program(x, y):
        a, b = lax.fori_loop(0, 3, step, (x, y))
        return a + b * 0.5

    args = np.float64(x), np.float64(y)
    gradient = grad(program, (0, 1))
    assert_same(quiet(jit(gradient), *args), quiet(gradient, *args))


@pytest.mark.parametrize("x", EDGES)
def test_loops_three_deep(x):
    def inner(a, n):
        return lax.while_loop(
            lambda s: (s[1] > 0) & (abs(s[0]) < 1e200),
            lambda s: (s[0] * s[0] / (s[0] - 1.0), s[1] - 1),
            (a, n),
        )[0]

    def middle(a):
        return lax.fori_loop(0, 3, lambda i, a: inner(a, 3) - 0.1 * i, a)

    def outer(a, xs):
        return lax.scan(lambda a, x: (middle(a) + x, a), a, xs)

    def by_hand(a, xs):
        kept = []
        for x in xs:
            kept.append(a)
            for i in range(3):
                n = 3
                while n > 0 and abs(a) < 1e200:
                    a, n = a * a / (a - 1.0), n - 1
                a = a - 0.1 * i
            a = a + x
        return a, np.array(kept)

    xs = np.array([0.5, -2.0, 1.0])
    expected = quiet(by_hand, np.float64(x), xs)
    for fun in (outer, jit(outer)):
        assert_same(quiet(fun, np.float64(x), xs), expected)
    total = grad(lambda a, xs: outer(a, xs)[0] * 1.0 + np.sum(outer(a, xs)[1]))
    assert_same([quiet(jit(total), x, xs)], [quiet(total, x, xs)])


# -- the functions that are emitted --------------------------------------------------


def nested(depth):
    """Return a loop in a loop in a loop ..., of two iterations each."""
    body = lambda x: x * 0.5 + 1.0
    for _ in range(depth):
        body = lambda x, inner=body: lax.fori_loop(0, 2, lambda _, x: inner(x), x)
    return body


def test_what_is_too_deep_for_python_is_a_function_of_its_own():
    fun = jit(nested(12))
    text = fun.lower(np.float64(3.0)).as_text()
    assert text.count("for ") == 12
    assert text.count("def ") == 2
    assert fun(np.float64(3.0)) == 2.0 + 0.5**4096


def test_a_body_is_written_once():
    @jit
    def twice(x):
        return lax.fori_loop(0, 3, lambda _, x: np.sin(x), x)

    fun = jit(lambda x: twice(x) + twice(x + 1.0))
    text = fun.lower(np.float64(3.0)).as_text()
    assert text.count("np.sin") == 2  # in the function, and in one that it calls
    assert fun(np.float64(3.0)) == twice(np.float64(3.0)) + twice(np.float64(4.0))


def test_programs_that_double_with_every_level_stay_small():
    body = lambda x: x * 0.5
    for _ in range(6):
        body = jit(lambda x, f=body: lax.cond(x > 0, lambda x: f(f(x)), np.sin, x))
    text = jit(body).lower(np.float64(1.0)).as_text()
    assert len(text.splitlines()) < 100


def test_an_error_in_a_nested_body_tells_the_users_line():
    def step(a, x):
        inverse = lambda k, m: np.linalg.inv(m * (1 - k))  # fails for k = 1
        return lax.cond(x > 0, lambda a: lax.fori_loop(0, 3, inverse, a), np.sin, a), x

    fun = jit(lambda a, xs: lax.scan(step, a * 1.0, xs)[0])
    with pytest.raises(np.linalg.LinAlgError) as info:
        fun(np.eye(2), np.array([-1.0, 1.0]))
    assert info.value.__notes__ != []
    assert '"inv" of shapes (2, 2)' in info.value.__notes__[0]
    assert "test_scalar_programs.py" in info.value.__notes__[0]


def test_loops_write_to_nothing_that_is_given():
    x = np.arange(3.0)
    swap = lambda c, e: ((c[1], c[0] + e), c[0])
    fun = lambda x, xs: lax.scan(swap, (x, x), xs)
    xs = np.ones((3, 3))
    (a, b), ys = jit(fun)(x, xs)
    for out in (a, b, ys):
        assert not np.shares_memory(out, x)
        out[...] = -1.0
    np.testing.assert_array_equal(x, np.arange(3.0))
    total = jit(grad(lambda x: np.sum(fun(x, xs)[0][1] ** 2)))
    np.testing.assert_array_equal(total(x), total(x))


def test_stacks_that_are_read_again_are_arrays():
    def fun(x):
        _, ys = lax.scan(lambda c, _: (c * 0.5, c), x, None, length=4)
        total, _ = lax.scan(lambda c, y: (c + y, None), 0.0, ys)
        return total, lax.scan(lambda c, y: (c * y, y), 1.0, ys, reverse=True)

    total, (product, ys) = jit(fun)(np.float64(8.0))
    assert (total, product) == (15.0, 64.0)
    np.testing.assert_array_equal(ys, [8.0, 4.0, 2.0, 1.0])


def test_the_way_back_through_a_while_loop_asks_no_predicate():
    shrink = lambda x: lax.while_loop(
        lambda y: abs(y) > 0.1, lambda y: y * np.sin(y), x
    )
    text = jit(grad(shrink)).lower(np.float64(0.5)).as_text()
    assert " if " not in text[text.index("reversed") :]
    assert jit(grad(shrink))(np.float64(0.5)) == grad(shrink)(np.float64(0.5))


def test_a_carry_that_was_another_one_has_memory_of_its_own():
    twice = jit(lambda c, w: w * 2.0)  # recorded in the body, and not changing
    step = lambda w: lambda c, _: ((twice(c[0], w), c[0]), None)
    fun = lambda w, x: lax.scan(step(w), (x, x), None, length=3)[0]
    for run in (fun, jit(fun)):
        assert not np.shares_memory(*run(np.ones(3), np.zeros(3)))
