"""Plans inside loops and branches: the bits of a Python loop, nothing overwritten."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fgrad
from fgrad import grad, jit, lax
from fgrad.numpy import at
from tests.numerics import assert_same_bits

pytestmark = pytest.mark.usefixtures("plan_all")
rng = np.random.default_rng(0)
N = 40
X = rng.normal(size=N)
Y = rng.normal(size=(N, N))


def source(f, *args):
    return jit(f).lower(*args).as_text()


def smoothed(u):
    left, right = np.concatenate([u[1:], u[:1]]), np.concatenate([u[-1:], u[:-1]])
    return u + 0.1 * (left - 2 * u + right) + 0.01 * np.tanh(u)


def heat(u, steps=7):
    return lax.fori_loop(0, steps, lambda i, u: smoothed(u), u)


def by_hand(u, steps=7):
    for _ in range(steps):
        u = smoothed(u)
    return u


def test_a_carry_goes_back_and_forth_between_two_buffers():
    before = X.copy()
    assert_same_bits(jit(heat)(X), by_hand(X))
    np.testing.assert_array_equal(X, before)
    text = source(heat, X)
    assert "c1, t0, t1 = (t0, t1, t0)" in text
    assert "1 carries of loops in two buffers each" in jit(heat).lower(X).explain()


def test_results_of_two_calls_are_apart():
    f = jit(heat)
    first, second = f(X), f(X + 1)
    assert not np.shares_memory(first, second)
    assert_same_bits(first, by_hand(X))
    assert_same_bits(second, by_hand(X + 1))


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_few_iterations(steps):
    assert_same_bits(jit(lambda u: heat(u, steps))(X), by_hand(X, steps))


def test_gradient_of_a_planned_loop():
    loss = lambda u: np.sum(heat(u) ** 2)
    assert_same_bits(jit(grad(loss))(X), grad(lambda u: np.sum(by_hand(u) ** 2))(X))
    text = source(grad(loss), X)
    assert text.count("in_blocks") >= 2  # forwards and backwards
    assert "c2, t" in text  # the cotangent has two buffers as well


def test_stacks_are_written_row_by_row():
    def scan(h, xs):
        def body(h, x):
            h = np.tanh(h * x) + x
            return h, h * 2.0

        return lax.scan(body, h, xs)

    def python(h, xs):
        ys = []
        for x in xs:
            h = np.tanh(h * x) + x
            ys.append(h * 2.0)
        return h, np.stack(ys)

    xs = np.arange(5.0)
    for mine, hand in zip(jit(scan)(X, xs), python(X, xs), strict=True):
        assert_same_bits(mine, hand)
    text = source(scan, X, xs)
    assert "ys0[i0])" in text.replace(", ys0[i0], ", ", ys0[i0])")
    assert "ys0[i0] =" not in text


def test_a_carry_that_is_stacked_as_well():
    h, hs = jit(lambda h, xs: lax.scan(lambda h, x: 2 * (np.sin(h + x) * 2.0,), h, xs))(
        X, np.arange(4.0)
    )
    expected, rows = X, []
    for x in np.arange(4.0):
        expected = np.sin(expected + x) * 2.0
        rows.append(expected)
    assert_same_bits(h, expected)
    assert_same_bits(hs, np.stack(rows))
    h[:] = 0
    assert_same_bits(hs, np.stack(rows))


def test_filling_an_array_changes_it_in_place():
    def ours(x):
        body = lambda i, a: a.at[i].set(np.sin(a[i - 1]) + a[i - 2] * 0.5)
        return lax.fori_loop(2, N, body, x)

    def by_assignment(x):
        def body(i, a):
            a = a.copy()
            a[i] = np.sin(a[i - 1]) + a[i - 2] * 0.5
            return a

        return lax.fori_loop(2, N, body, x)

    x = X.copy()
    for i in range(2, N):
        x[i] = np.sin(x[i - 1]) + x[i - 2] * 0.5
    before = X.copy()
    for fill in (ours, by_assignment):
        assert_same_bits(jit(fill)(X), x)
        np.testing.assert_array_equal(X, before)
        text = source(fill, X)
        assert "c1[c0] = " in text and text.count("copy") == 1  # before the loop
    slope = grad(lambda x: np.sum(ours(x) ** 2))
    np.testing.assert_allclose(jit(slope)(X), slope(X), 1e-12)


CHANGES = {
    "add": lambda a, i: a.at[i].add(2.5),
    "add at": lambda a, i: a.at[[0, 0, 3]].add(a[i]),
    "multiply": lambda a, i: a.at[i].multiply(a[i - 1]),
    "smallest": lambda a, i: a.at[2:7].min(a[i]),
    "largest": lambda a, i: a.at[i].max(0.25),
    "several": lambda a, i: a.at[i].set(a[i - 1]).at[:4].add(1.0).at[i].multiply(0.5),
    "read between": lambda a, i: (lambda b: b.at[0].set(np.sum(b)))(a.at[i].add(1.0)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_one_after_the_other_are_made_in_place(name):
    change = CHANGES[name]
    looped = lambda a: lax.fori_loop(1, 9, lambda i, a: change(a, i), a)
    expected = X
    for i in range(1, 9):
        expected = jit(change, static_argnums=1)(expected, i)
    before = X.copy()
    assert_same_bits(jit(looped)(X), expected)
    np.testing.assert_array_equal(X, before)
    assert source(looped, X).count("copy") == 1  # before the loop


def test_what_reads_a_value_after_its_change_keeps_it():
    def late(a, i):
        b = a.at[i].add(1.0)
        return b.at[0].set(5.0), b  # the loop stacks what stood there before

    looped = lambda a: lax.scan(late, a, np.arange(3))
    expected, rows = X, []
    for i in range(3):
        row = expected.copy()
        row[i] += 1.0
        rows.append(row)
        expected = row.copy()
        expected[0] = 5.0
    last, stacked = jit(looped)(X)
    assert_same_bits(last, expected)
    assert_same_bits(stacked, np.stack(rows))


def test_an_index_out_of_bounds_in_a_planned_loop():
    f = jit(lambda x: lax.fori_loop(0, N + 1, lambda i, a: a.at[i].set(1.0), x))
    for _ in range(2):
        with pytest.raises(IndexError, match="out of bounds for axis 0 with size 40"):
            f(X)


SWAPS = {
    "fibonacci": lambda a, b: (b, a * 0.5 + b * 0.25),
    "crosswise": lambda a, b: (np.sin(b) + a, np.cos(a) - b),
    "same twice": lambda a, b: 2 * (np.sin(a) * b,),
    "view": lambda a, b: ((np.sin(a) * b)[::-1], np.cos(a) + b),
    "kept": lambda a, b: (a, a * b + 1.0),
    "constant": lambda a, b: (np.zeros(N), np.sin(a) + b),
    "in place": lambda a, b: (a * 0.5 + 1.0, np.exp(-b)),
}


@pytest.mark.parametrize("name", SWAPS)
@pytest.mark.parametrize("stacked", [False, True])
def test_carries_that_need_each_other(name, stacked):
    step = SWAPS[name]

    def ours(a, b):
        def body(carry, _):
            new = step(*carry)
            return new, (carry[0] if stacked else None, new[1] if stacked else None)

        return lax.scan(body, (a, b), None, 5)

    def loss(a, b):
        (a, b), ys = ours(a, b)
        return np.sum(a * b) + sum(np.sum(y**2) for y in ys if y is not None)

    a, b, olds, news = X, X[::-1].copy(), [], []
    first = b
    for _ in range(5):
        old, (a, b) = a, step(a, b)
        olds.append(old), news.append(b)
    (c, d), (ys, zs) = jit(ours)(X, first)
    assert_same_bits(c, np.ascontiguousarray(a))
    assert_same_bits(d, np.ascontiguousarray(b))
    if stacked:
        assert_same_bits(ys, np.stack(olds))
        assert_same_bits(zs, np.stack(news))

    def unrolled(a, b):
        olds, news = [], []
        for _ in range(5):
            olds.append(a)
            a, b = step(a, b)
            news.append(b)
        total = np.sum(a * b)
        return total + (np.sum(np.stack(olds) ** 2) + np.sum(np.stack(news) ** 2)
                        if stacked else 0)  # fmt: skip

    for mine, hand in zip(jit(grad(loss, (0, 1)))(X, first),
                          grad(unrolled, (0, 1))(X, first), strict=True):  # fmt: skip
        np.testing.assert_allclose(mine, hand, 1e-12, 1e-12)


def test_a_loop_until():
    def ours(u):
        cond = lambda c: np.sum(c[1] ** 2) > 1.0
        return lax.while_loop(cond, lambda c: (c[0] + 1, np.sin(c[1]) * 0.9), (0, u))

    n, u = 0, X
    while np.sum(u**2) > 1.0:
        n, u = n + 1, np.sin(u) * 0.9
    k, v = jit(ours)(X)
    assert k == n > 1
    assert_same_bits(v, u)
    assert "t0, t1" in source(ours, X)
    zero = X * 0
    assert_same_bits(jit(ours)(zero)[1], zero)
    assert not np.shares_memory(jit(ours)(zero)[1], zero)


def test_branches_are_planned():
    def ours(flag, u):
        return lax.cond(
            flag,
            lambda u: np.sum(np.tanh(np.sin(u) * 2.0 + 1.0)) * u,
            lambda u: np.exp(-np.cos(u)) * np.sum(u),
            u,
        )

    text = source(ours, True, X)
    assert text.count("out=") + text.count("in_blocks") >= 2
    plain = [np.exp(-np.cos(X)) * np.sum(X),
             np.sum(np.tanh(np.sin(X) * 2.0 + 1.0)) * X]  # fmt: skip
    for flag in (False, True):
        assert_same_bits(jit(ours)(flag, X), plain[flag])


def test_a_loop_in_a_loop():
    def ours(u, m):
        def outer(i, u):
            def inner(v, row):
                return np.tanh(v * row) + v, np.sum(v * row)

            v, sums = lax.scan(inner, u, m)
            return v * 0.5 + np.sum(sums) * u

        return lax.fori_loop(0, 3, outer, u)

    u = X
    for _ in range(3):
        v, sums = u, []
        for row in Y:
            sums.append(np.sum(v * row))
            v = np.tanh(v * row) + v
        u = v * 0.5 + np.sum(np.stack(sums)) * u
    assert_same_bits(jit(ours)(X, Y), u)


@pytest.mark.parametrize("order", ["F", "stride", "C"])
def test_arguments_of_any_layout(order):
    m = {"F": np.asfortranarray(Y), "stride": np.repeat(Y, 2, 1)[:, ::2], "C": Y}[order]
    step = lambda m: np.sin(m @ m) + m.T * 0.5
    ours = lambda m: lax.fori_loop(0, 3, lambda i, m: step(m), m)
    hand = step(step(step(m)))
    assert_same_bits(jit(ours)(m), hand)
    sums = lambda m: lax.fori_loop(
        0, 3, lambda i, v: np.sum(np.exp(-np.abs(m + v)), 0), m[0]
    )
    v = m[0]
    for _ in range(3):
        v = np.sum(np.exp(-np.abs(m + v)), 0)
    assert_same_bits(jit(sums)(m), v)


def test_scalars_of_other_dtypes_in_a_planned_body():
    x = X.astype(np.float32)

    def ours(x, s):
        def body(carry, _):
            x, s = carry
            return ((x * s).astype(np.float32) + x * 0.5, s * 1.1), np.sum(x * s)

        return lax.scan(body, (x, s), None, 4)

    s, u, sums = np.float64(0.3), x, []
    for _ in range(4):
        sums.append(np.sum(u * s))
        u, s = (u * s).astype(np.float32) + u * 0.5, s * 1.1
    (v, t), zs = jit(ours)(x, np.float64(0.3))
    assert_same_bits(v, u)
    assert t == s
    assert_same_bits(zs, np.stack(sums))


def test_threads_and_nested_calls():
    f = jit(lambda u: np.sum(heat(u)) + heat(u)[0])
    expected = [f(X + i) for i in range(8)]
    found = [None] * 8

    def run(i):
        for _ in range(20):
            found[i] = f(X + i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert found == expected


OPERATIONS = [
    lambda a, b, c: (np.sin(a) * b, b + c, c),
    lambda a, b, c: (b, a, np.tanh(c) + a),
    lambda a, b, c: (a + np.sum(c), np.exp(-np.abs(b)), a * c),
    lambda a, b, c: (a[::-1] * 2.0, b, c + a),
    lambda a, b, c: (np.where(a > 0, b, c), a, b * 0.5),
    lambda a, b, c: (np.concatenate([a[1:], b[:1]]), np.cumsum(b) * 0.1, c),
    lambda a, b, c: (np.maximum(a, b), np.minimum(a, c), a - b),
    lambda a, b, c: (at(a)[2].set(b[3] + a[1]), b, c),
    lambda a, b, c: (at(a)[1:].set(a[:-1] * 0.5), b, np.sin(c)),
    lambda a, b, c: (at(a)[:5].set(b[:5]), a, c),
    lambda a, b, c: (at(at(a)[0].set(1.0))[1].set(np.sum(a)), b + a[0], c),
    lambda a, b, c: (at(a)[3:].set(a[3:][::-1]), b, at(c)[-1].set(a[3])),
    lambda a, b, c: (a, at(b)[[1, 1, 4]].set(a[:3]), at(c)[::2].add(1.5)),
    lambda a, b, c: (at(at(a)[[1, 1, 3]].add(b[:3]))[2].multiply(b[4]), b, c),
    lambda a, b, c: (at(at(a)[2:9].max(b[0]))[[0, 5]].min(c[:2]), c, b),
    lambda a, b, c: (at(at(a)[0].add(2.0))[1].set(a[0] + b[1]), b + a[:1], c),
    lambda a, b, c: (at(at(a)[::2].multiply(0.5))[3:].add(a[3:][::-1]), a, b),
    lambda a, b, c: (a, at(c)[()].add(b), at(at(b)[1:].min(0.0))[:-1].max(-1.0)),
]


@np.errstate(all="ignore")  # some grow until they overflow, by hand as well
@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(range(len(OPERATIONS))), min_size=1, max_size=4),
       st.sampled_from(["none", "old", "new", "both"]), st.integers(0, 4))  # fmt: skip
def test_random_bodies(places, stacked, length):
    def step(carry):
        for i in places:
            carry = OPERATIONS[i](*carry)
        return carry

    def pick(old, new):
        return {"none": (), "old": (old[0],), "new": (new[1],),
                "both": (old[2], new[0], new[0] * 2.0)}[stacked]  # fmt: skip

    def ours(a, b, c):
        def body(carry, _):
            new = step(carry)
            return new, pick(carry, new)

        return lax.scan(body, (a, b, c), None, length)

    first = (X, Y[0].copy(), Y[1].copy())
    copies = [x.copy() for x in first]
    carry, rows = first, []
    for _ in range(length):
        new = step(carry)
        rows.append(pick(carry, new))
        carry = new
    outs, stacks = jit(ours)(*first)
    again, _ = fgrad.jit(ours)(*first)
    for x, y, z in zip(outs, carry, again, strict=True):
        np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(z, y)
    for k, stack in enumerate(stacks):
        hand = np.stack([r[k] for r in rows]) if rows else np.zeros((0, N))
        np.testing.assert_array_equal(stack, hand)
    for x, copy in zip(first, copies, strict=True):
        np.testing.assert_array_equal(x, copy)
    results = [*outs, *stacks]
    for i, x in enumerate(results):
        assert not any(np.shares_memory(x, y) for y in (*results[:i], *first))
