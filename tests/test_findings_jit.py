"""What new users found in compiled and large programs, kept as tests."""

import numpy as np
import pytest

import fgrad
import fgrad.numpy as fnp
from fgrad import grad, jit, lax

from .numerics import assert_same_bits

LARGE = np.ones((1000, 500))


@pytest.mark.parametrize(
    "fun",
    [
        lambda u, k: np.sum((u[1:] * k**2) ** 2) + np.sum(u * k * k),
        lambda u, k: np.sum(u * k * k) + np.sum((u[1:] * k**2) ** 2),
        lambda u, k: np.sum((k * u[::-1] - u * k**2) ** 2),
        lambda u, k: np.sum((u[1:] * k) * (u[:-1] * k)),
    ],
)
def test_views_and_their_base_are_given_back_writeable(fun):
    u = LARGE.copy()
    slope = grad(lambda k: fun(u, k))(0.3)
    assert u.flags.writeable and u[1:].flags.writeable
    assert np.isclose(slope, (fun(u, 0.3 + 1e-6) - fun(u, 0.3 - 1e-6)) / 2e-6, 1e-5)


def test_nested_gradients_give_views_back():
    u = LARGE.copy()
    view = u[1:]
    inner = lambda k: grad(lambda m: np.sum((view * m) ** 2))(k) + np.sum(u * k * k)
    grad(inner)(0.3)
    assert u.flags.writeable and view.flags.writeable


@pytest.mark.parametrize("dtype", ["u1", "u2", "i1", bool])
def test_integers_in_rules_do_not_overflow(dtype):
    two = np.array([1 if dtype is bool else 2]).astype(dtype)
    x = np.array([1.0])
    exact = grad(lambda x: np.sum(np.arctan2(two.astype(float), x)))(x)
    assert_same_bits(grad(lambda x: np.sum(np.arctan2(two, x)))(x), exact)
    if dtype is not bool:
        exact = grad(lambda x: np.sum(two.astype(float) ** x))(x * 2.0)
        assert np.allclose(grad(lambda x: np.sum(two**x))(x * 2.0), exact, 1e-14)


def test_arrays_made_of_numbers_share_no_memory():
    first, second = jit(lambda v: (np.ravel(v), np.ravel(v)[::-1]))(1.5)
    first[0] = 7.0
    assert second[0] == 1.5


@pytest.mark.parametrize("dtype", ["u1", "i1", "u4", "i8"])
@pytest.mark.parametrize("size", [4, 200_000])
def test_where_takes_the_same_numbers_at_any_size(dtype, size):
    x = np.arange(size).astype(dtype)
    fun = lambda x: np.where(x > 2, x, -1) * x + np.where(x > 2, 0, x)
    try:
        expected = fun(x)
    except OverflowError:  # as NumPy 2.5 has it
        with pytest.raises(OverflowError):
            jit(fun)(x)
    else:
        assert_same_bits(jit(fun)(x), expected)


def test_two_threads_become_one_where_no_thread_can_be_started(monkeypatch):
    from fgrad.compiler import workspace

    def ended():
        raise RuntimeError("cannot schedule new futures after shutdown")

    monkeypatch.setattr(workspace, "_cores", lambda: 2)
    monkeypatch.setattr(workspace, "_helper", ended)
    fun = lambda x: np.sum(np.exp(np.sin(x)) * np.tanh(x), axis=-1)
    assert "in_threads" in jit(fun).lower(np.ones((1000, 1000))).as_text()
    assert_same_bits(jit(fun)(np.ones((1000, 1000))), fun(np.ones((1000, 1000))))


def test_a_group_of_a_thousand_arrays_is_planned_like_a_small_one():
    def deep(x):
        for i in range(300):
            x = np.tanh(x + float(i))
        return np.sum(x)

    x = np.linspace(0.0, 1.0, 20_000)
    lowered = jit(grad(deep)).lower(x)
    assert "1 group" in lowered.explain()
    assert_same_bits(lowered.compile()(x), grad(deep)(x))


def test_zero_cotangents_stay_zero_in_every_guarded_rule():
    x = np.array([0.0, 1.0, -0.0, 4.0])
    with np.errstate(all="ignore"):
        for fun in (np.log, np.log2, np.log10, np.sqrt, np.cbrt):
            for make in (grad, lambda f: jit(grad(f))):
                slope = make(lambda x, f=fun: np.sum(np.where(x > 0, f(x), 0.0)))(x)
                assert slope[0] == slope[2] == 0.0 and np.all(np.isfinite(slope))
            expected = fgrad.jvp(fun, (x,), (np.array([0.0, 1.0, 0.0, 1.0]),))[1]
            assert expected[0] == expected[2] == 0.0


# -- values that play two parts, odd dtypes, one row ---------------------------------

RNG = np.random.default_rng(0)
SQUARE, DIAGONAL = RNG.random((600, 600)), RNG.random(600)


def row_last(x, d):
    e = np.exp(x)
    return (e * d) / (np.sum(e, axis=1) + d)[:, None]


def row_first(x, d):
    e = np.exp(x)
    scaled = e * d
    return scaled / (np.sum(e, axis=1) + d)[:, None]


@pytest.mark.parametrize("fun", [row_last, row_first])
def test_a_value_may_be_a_row_and_a_column(fun):
    assert_same_bits(jit(fun)(SQUARE, DIAGONAL), fun(SQUARE, DIAGONAL))
    closed = lambda x: fun(x, DIAGONAL)
    assert_same_bits(jit(closed)(SQUARE), closed(SQUARE))
    slopes = grad(lambda *args: np.sum(fun(*args) ** 2), (0, 1))
    for a, e in zip(jit(slopes)(SQUARE, DIAGONAL), slopes(SQUARE, DIAGONAL)):
        assert_same_bits(a, e)


@pytest.mark.parametrize(
    "dtype", ["i8", "i1", "u1", "u2", "f2", "f4", "f8", "c16", bool]
)
@pytest.mark.parametrize("exponent", [2, 3, 2.0, 0.5, -1.0])
def test_powers_of_large_arrays_are_those_of_small_ones(dtype, exponent):
    x = (np.arange(1, 40_001) % 100 + 1).astype(dtype)
    fun = lambda x: (x**exponent) * 2
    with np.errstate(all="ignore"):
        assert_same_bits(jit(fun)(x), fun(x))


def test_negative_powers_of_integers_raise_at_any_size():
    for size in (3, 40_000):
        with pytest.raises(ValueError, match="negative integer powers"):
            jit(lambda x: x**-1 * 2)(np.full(size, 5))


def test_large_integers_are_compared_as_numpy_does():
    x = np.float64(2.0**53)
    step = lambda i, c: c + np.where(x == 2**53 + 1, 1.0, 2.0)
    fun = lambda x: fgrad.lax.fori_loop(
        0, 3, lambda i, c: c + np.where(x == 2**53 + 1, 1.0, 2.0), 0.0 * x
    )
    expected = 0.0
    for i in range(3):
        expected = step(i, expected)
    assert jit(fun)(x) == fun(x) == expected


def test_reductions_of_a_column_of_one_row():
    def fun(x, w):
        s = np.sum(np.exp(x), axis=1, keepdims=True)
        y = (np.exp(x) / s) @ w
        return y * np.sum(s, axis=0, keepdims=True) + x / np.sum(s, axis=0)

    x, w = RNG.normal(size=(1, 300_000)), RNG.normal(size=(300_000, 1))
    assert_same_bits(jit(fun)(x, w), fun(x, w))


def test_choices_between_numbers_that_are_too_large():
    mask, a = RNG.random(10_000) < 0.5, RNG.random(10_000)
    fun = lambda m, a: np.where(m, 2**63, 0) * a
    try:
        expected = fun(mask, a)
    except OverflowError:
        pytest.skip("this NumPy does not take such numbers")
    assert_same_bits(jit(fun)(mask, a), expected)


def test_what_a_maximum_of_scalars_passes_on_is_a_scalar():
    fun = lambda x: fgrad.jvp(lambda x: [np.minimum(x[1], 2)] * 2, (x,), (x,))
    x = np.array([1.0, 0.5, 3.0], np.float32)
    for make in (lambda f: f, jit):
        _, (first, second) = make(fun)(x)
        assert type(first) is type(second) is np.float32


def test_a_row_at_a_traced_index_is_no_view_of_a_buffer():
    x = np.random.default_rng(0).normal(size=(80, 80))

    def loss(x, i):
        z = fnp.at(np.tanh(x) * x)[i].set(x[0])
        z = fnp.at(z)[7].set(z[7] * 2.0)
        return np.sum(np.sin(z[np.arange(80)[::-1]]))

    assert_same_bits(fgrad.jit(fgrad.grad(loss))(x, 3), fgrad.grad(loss)(x, 3))
    for f in (lambda x, i: x[i], lambda x, i: x[1:, i], lambda x, i: x[i, :, None]):
        out = fgrad.jit(f)(x, 3)
        assert_same_bits(np.ascontiguousarray(out), np.ascontiguousarray(f(x, 3)))
        assert not np.shares_memory(out, x)


def test_a_broadcast_result_can_be_written_to():
    x = np.arange(8.0)
    spread = lambda x, i: np.broadcast_to(x[i], (8,))
    outs = [
        fgrad.jit(spread)(x, 2),
        fgrad.jit(lambda x, i: np.reshape(spread(x, i), (2, 4)))(x, 2),
        lax.scan(lambda c, i: (spread(c, i), None), x, np.arange(2))[0],
        fgrad.jit(lambda x: lax.cond(True, lambda x: spread(x, 1), np.sin, x))(x),
    ]
    for out in outs:
        assert out.flags.writeable
        assert not np.shares_memory(out, x)


def test_carries_that_show_one_memory_are_given_back_apart():
    n, x = 80, np.random.default_rng(0).normal(size=(80, 80))
    index = np.arange(n)[::-1].copy()

    def views(c):
        t = c[1][index]
        return t.reshape(-1).reshape(n, n), t

    def two(c):
        t = c[1] + 1
        return t.T, t[::-1]

    for step in (views, two, lambda c: views(c)[::-1]):
        run = lambda x: lax.scan(lambda c, _: (step(c), None), (x, x), None, 2)[0]  # noqa: B023
        for p, q in (run(x), fgrad.jit(run)(x)):
            assert not np.shares_memory(p, q)
            assert not np.shares_memory(p, x)


def test_a_view_of_a_constant_is_given_back_as_a_copy():
    constant = np.zeros(4)
    for f in (lambda x: np.broadcast_to(constant, (3, 4)) + 0 * x[0].astype(int) * 0,
              lambda x: fgrad.jacfwd(lambda x: np.abs(x) ** 0.0)(x)):  # fmt: skip
        g = fgrad.jit(f)
        first, second = g(np.ones(4)), g(np.ones(4))
        assert first.flags.writeable
        assert not np.shares_memory(first, second)
        assert not np.shares_memory(first, constant)
