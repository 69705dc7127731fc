"""Donated arguments: outputs take their place, and results stay the same."""

import itertools
import random
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fgrad import grad, jit, jvp, vmap
from fgrad.tree_util import tree_leaves, tree_map

from .messages import raised, table

A, B = np.arange(3.0), np.full(3, 2.0)
UNUSABLE = "Some donated buffers were not usable"


def text(fun, *args, donate):
    return jit(fun, donate_argnums=donate).lower(*args).as_text()


def momentum(state, grads, rate=0.1):
    w, m = state
    m = tree_map(lambda m, g: 0.9 * m + g, m, grads)
    w = tree_map(lambda w, m: w - rate * m, w, m)
    return (w, m), np.sum(w["b"])


def fresh_state():
    w = {"a": np.arange(6.0).reshape(2, 3), "b": np.arange(2.0)}
    return (w, tree_map(np.ones_like, w))


@pytest.mark.parametrize(
    "options", [{"donate_argnums": 0}, {"donate_argnames": "state"}]
)
def test_a_state_is_updated_in_place(options):
    step, plain = jit(momentum, **options), jit(momentum)
    state = expected = fresh_state()
    expected = tree_map(np.copy, expected)
    leaves = tree_leaves(state)
    for _ in range(3):
        state, total = step(state, fresh_state()[0])
        expected, other = plain(expected, fresh_state()[0])
        assert total == other
        for own, leaf, e in zip(
            tree_leaves(state), leaves, tree_leaves(expected), strict=True
        ):
            assert own is leaf
            assert own.tobytes() == e.tobytes()


def test_by_keyword_and_from_the_end():
    f = lambda x, y: (x + y, y * 2.0)
    for options in ({"donate_argnames": "y"}, {"donate_argnums": -1}):
        y = B.copy()
        out = jit(f, **options)(A, y=y)
        assert out[0] is y
        assert_array_equal(out[1], [4.0, 4.0, 4.0])
        y = B.copy()
        assert jit(f, **options)(A, y)[0] is y


def test_beside_static_arguments():
    f = jit(lambda n, x, m: n * x - m, static_argnums=(0, 2), donate_argnums=1)
    x = A.copy()
    assert f(3, x, 1) is x
    assert_array_equal(x, 3 * A - 1)


def test_compiled_ahead_of_time():
    compiled = jit(lambda x: x + 1.0, donate_argnums=0).lower(A).compile()
    x = A.copy()
    assert compiled(x) is x
    assert_array_equal(x, A + 1.0)


def test_an_output_has_the_place_of_one_argument():
    x, y = A.copy(), B.copy()
    out = jit(lambda x, y: x * y, donate_argnums=(0,))(x, y)
    assert out is x
    with pytest.warns(UserWarning, match=rf"{UNUSABLE} in jit\(lambda\): y \(f64\[3\]"):
        out = jit(lambda x, y: x * y, donate_argnums=(0, 1))(x, y)
    assert out is x
    assert_array_equal(y, B)
    a, b, c = jit(lambda x: (x, x + 1.0, x), donate_argnums=0)(x)
    assert a is x
    assert not any(
        np.shares_memory(*two) for two in itertools.combinations((a, b, c), 2)
    )


# -- the program -------------------------------------------------------------------


@pytest.mark.usefixtures("plan_usual")
def test_the_last_operation_writes_straight_into_the_argument():
    program = text(lambda w, g: w - 0.1 * g, A, B, donate=0)
    assert "np.subtract(w, 0.1 * g, out=w)\n    return (w,)" in program


@pytest.mark.usefixtures("plan_usual")
def test_what_may_depend_on_the_layout_is_copied():
    program = text(lambda x: np.sin(x), A, donate=0)
    assert "a = np.sin(x)\n    x[...] = a\n" in program
    complex_ = text(lambda x: x * x, A + 1j, donate=0)
    assert "x[...] = " in complex_


@pytest.mark.usefixtures("plan_usual")
def test_nothing_is_read_after_it_was_overwritten():
    program = text(lambda x, y: (x + y, x - y), A, B, donate=(0, 1))
    assert program.index("np.add(x, y)") < program.index("np.subtract(x, y, out=y)")
    x, y = A.copy(), B.copy()
    out = jit(lambda x, y: (y, x), donate_argnums=(0, 1))(x, y)
    assert out[0] is x and out[1] is y
    assert_array_equal(out, [B, A])


def test_what_fails_leaves_the_argument_as_it_was():
    f = jit(lambda x, i: (x + 1.0, np.linalg.inv(x)), donate_argnums=0)
    x = np.zeros((2, 2))
    with pytest.raises(np.linalg.LinAlgError):
        f(x, 0)
    assert_array_equal(x, np.zeros((2, 2)))


OUTPUTS = {
    "x": lambda x, y, z: x,
    "y": lambda x, y, z: y,
    "x.T": lambda x, y, z: x.T,
    "flip": lambda x, y, z: y[::-1],
    "add": lambda x, y, z: x + y,
    "sub": lambda x, y, z: z - 0.5 * x,
    "self": lambda x, y, z: x.T + x,
    "views": lambda x, y, z: y[:, ::-1] * z.T,
    "deep": lambda x, y, z: (x * y + np.sin(z)) / (1.0 + x * x),
    "sin": lambda x, y, z: np.sin(x) * y,
    "exp": lambda x, y, z: np.exp(y - x),
    "matmul": lambda x, y, z: x @ y - z,
    "max": lambda x, y, z: np.maximum(x.T, y),
    "where": lambda x, y, z: np.where(x > y, x, z),
    "row": lambda x, y, z: x[0] + np.zeros((3, 3)),
    "rows": lambda x, y, z: x[:1] + y,
    "constant": lambda x, y, z: np.ones((3, 3)),
    "reshaped": lambda x, y, z: np.reshape(np.reshape(x, (9,))[::-1], (3, 3)) - y,
    "sum": lambda x, y, z: np.sum(x) + np.sum(y),
    "vector": lambda x, y, z: x[1] - y[:, 1],
    "integers": lambda x, y, z: np.argsort(x, axis=0),
}


@pytest.mark.parametrize("seed", range(60))
def test_results_have_the_same_bits(seed):
    """Random outputs of random donated arguments, in either layout of memory."""
    draw = random.Random(seed)
    names = draw.choices(list(OUTPUTS), k=draw.randint(1, 5))
    donate = draw.sample(range(3), k=draw.randint(1, 3))
    fun = lambda *args: [OUTPUTS[name](*args) for name in names]
    rng = np.random.default_rng(seed)
    args = [rng.normal(size=(3, 3)).copy(draw.choice("CF")) for _ in range(3)]
    given = [x.copy("K") for x in args]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f = jit(fun, donate_argnums=tuple(donate))
        expected, outs = jit(fun)(*args), f(*given)
    for out, e in zip(outs, expected, strict=True):
        assert np.array_equal(out, e), (names, donate, f.lower(*args).as_text())
        assert np.asarray(out).tobytes() == np.asarray(e).tobytes()
    for one, other in itertools.combinations(outs, 2):
        assert not np.shares_memory(one, other)
    for i in set(range(3)) - set(donate):
        assert_array_equal(given[i], args[i])
    fitting = sum(e.shape == (3, 3) and e.dtype == float for e in expected)
    used = [i for i in donate if any(out is given[i] for out in outs)]
    assert len(used) == min(fitting, len(donate))
    assert not any(out is given[i] for out in outs for i in {0, 1, 2} - set(donate))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "g", "c8", "c16", "i1", "u8", "?"])
def test_dtypes(dtype):
    x = np.arange(1, 9).astype(dtype)
    for fun in (lambda x: x + x, lambda x: x * x, lambda x: x[::-1]):
        expected, given = jit(fun)(x), x.copy()
        out = jit(fun, donate_argnums=0)(given)
        assert out is given
        assert out.dtype == expected.dtype
        assert_array_equal(out, expected)


# -- what cannot be used -----------------------------------------------------------


def read_only():
    x = A.copy()
    x.flags.writeable = False
    return x


class Sub(np.ndarray):
    pass


CANNOT = {
    "read-only": (read_only, "read-only"),
    "strided": (lambda: np.arange(6.0)[::2], "not contiguous"),
    "subclass": (lambda: A.copy().view(Sub), "no plain ndarray"),
}


@pytest.mark.parametrize("make, why", CANNOT.values(), ids=CANNOT.keys())
def test_what_cannot_be_written_to_is_left_alone(make, why):
    f = jit(lambda x, y: (x + 1.0, y + 1.0), donate_argnums=(0, 1))
    x, y = make(), B.copy()
    before = np.array(x)
    with pytest.warns(
        UserWarning, match=rf"{UNUSABLE} in .*: x \(it is {why}\)"
    ) as got:
        outs = f(x, y)
    assert got[0].filename == __file__
    assert outs[0] is not x and outs[1] is y
    assert_array_equal(x, before)
    assert_array_equal(outs[0], before + 1.0)
    f(make(), y)  # warns once


def test_memory_of_another_argument_is_left_alone():
    f = jit(lambda x, y, z: (x + y, y - z), donate_argnums=(0, 1))
    whole = np.arange(8.0)
    x, y, z = whole[:3], B.copy(), whole[2:5]
    expected = x + y, y - z
    with pytest.warns(UserWarning, match=r"x \(it shares memory with another argument"):
        outs = f(x, y, z)
    assert_array_equal(outs, expected)
    assert_array_equal(whole, np.arange(8.0))
    assert outs[1] is y
    with pytest.warns(UserWarning, match="shares memory"):
        out = jit(lambda x, y: x + y, donate_argnums=0)(x, x)
    assert_array_equal(out, 2 * x)
    assert jit(lambda x, y: x + y, donate_argnums=0)(x, whole[3:6]) is x


def test_numbers_and_empty_arrays_are_no_buffers():
    f = jit(lambda x, n, e: (x + 1.0, n + 1, e), donate_argnums=(0, 1, 2))
    x = A.copy()
    for n in (1, np.float64(2.0), np.array(3)):
        outs = f(x, n, np.zeros((0, 2)))
        assert outs[0] is x
        assert outs[1] == n + 1
        assert type(outs[1]) is type(jit(lambda n: n + 1)(n))


def test_other_dtypes_and_shapes_have_no_output():
    f = jit(lambda x: np.sum(x), donate_argnums=0)
    with pytest.warns(UserWarning, match="no output has their shape and dtype") as got:
        f(A)
        f(A)
    assert len(got) == 1
    with pytest.warns(UserWarning, match=r"f32\[3\]"):
        jit(lambda x: x + A, donate_argnums=0)(A.astype(np.float32))


def test_transformations_ignore_it():
    f = jit(lambda x, y: np.sin(x) * y, donate_argnums=0)
    x = A.copy()
    loss = lambda x: np.sum(f(x, B))
    assert_array_equal(grad(loss)(x), np.cos(A) * B)
    assert_array_equal(
        vmap(f, (None, 0))(x, np.ones((2, 3))), np.stack([np.sin(A)] * 2)
    )
    assert_array_equal(jvp(lambda x: f(x, B), (x,), (B,))[1], np.cos(A) * B * B)
    assert_array_equal(jit(lambda x: f(x, B) + x)(x), np.sin(A) * B + A)
    assert_array_equal(jit(grad(loss))(x), np.cos(A) * B)
    assert_array_equal(x, A)


# -- mistakes ----------------------------------------------------------------------


def two(x, y):
    return x * y


MISTAKES = {
    "static too": (ValueError,
                   lambda: jit(two, static_argnums=0, donate_argnums=0),
                   "jit(two)", "argument 'x' is both static and donated"),
    "static too, names": (ValueError,
                          lambda: jit(two, static_argnames="y", donate_argnums=1),
                          "argument 'y' is both"),
    "static too, no signature": (
        ValueError, lambda: jit(max, static_argnums=1, donate_argnums=1),
        "argument 1 is both"),
    "range": (ValueError, lambda: jit(two, donate_argnums=2), "donate_argnums=2",
              "['x', 'y']"),
    "float": (TypeError, lambda: jit(two, donate_argnums=1.0),
              "donate_argnums must be ints, got 1.0"),
    "name": (ValueError, lambda: jit(two, donate_argnames="z"),
             "donate_argnames has 'z'", "['x', 'y']"),
    "no name": (TypeError, lambda: jit(two, donate_argnames=0),
                "donate_argnames must be strings"),
}  # fmt: skip


@table(MISTAKES)
def test_mistakes(case):
    raised(*case)
