"""Control flow and memory: what is shared, kept, traced and compiled."""

import collections
import tracemalloc

import numpy as np
import pytest

from fgrad import grad, jit, jvp, lax, value_and_grad, vjp, vmap
from fgrad.compiler import runtime
from fgrad.tree_util import tree_leaves

from .control_operators import FGRAD
from .control_programs import PROGRAMS

A = np.arange(3.0)
SQUARE = np.arange(9.0).reshape(3, 3)
COMPILED = pytest.mark.parametrize("compiled", [lambda f: f, jit], ids=["plain", "jit"])

# -- memory --------------------------------------------------------------------------

ALIASES = {
    "the carry": lambda x, m: lax.scan(lambda c, e: (c, c), x, m),
    "an element": lambda x, m: lax.scan(lambda c, e: (e, None), x, m),
    "a const": lambda x, m: lax.scan(lambda c, e: (m[0], m), x, m),
    "views": lambda x, m: lax.scan(lambda c, e: ((c[1][::-1], m[0]), e), (x, x), m),
    "no step": lambda x, m: lax.scan(lambda c, e: ((c[1], x), c), (x, x), m[:0]),
    "unrolled": lambda x, m: lax.scan(lambda c, e: ((c[1], e), e), (x, x), m, unroll=3),
    "swapped": lambda x, m: lax.while_loop(
        lambda v: v[0] < 3, lambda v: (v[0] + 1, v[2], v[1], m), (0, x, x, m)),
    "while without trip": lambda x, m: lax.while_loop(
        lambda v: v[0][0] > 9, lambda v: (v[1], v[0]), (x, x)),
    "cond": lambda x, m: lax.cond(
        x[0] < 9, lambda x: (x, x[::-1], m), lambda x: (x, x, m), x),
    "switch": lambda x, m: lax.switch(1, [lambda m: m, lambda m: m.T], m),
    "fori": lambda x, m: lax.fori_loop(0, 0, lambda i, x: x, x),
    "map": lambda x, m: lax.map(lambda e: e, m),
    "vmap of while": lambda x, m: vmap(
        lambda e: lax.while_loop(lambda e: e[0] > 99, lambda e: e * 2, e))(m),
    "vmap of cond": lambda x, m: vmap(
        lambda e: lax.cond(e[0] > 3, lambda e: e, lambda e: e, e))(m),
    "grad": lambda x, m: grad(
        lambda x, m: np.sum(lax.scan(lambda c, e: (e, c), x, m)[0]), (0, 1))(x, m),
    "vjp": lambda x, m: vjp(
        lambda y: lax.while_loop(lambda y: y[0] > 9, lambda y: y, y), x)[1](x),
    "jvp": lambda x, m: jvp(lambda y: lax.scan(lambda c, e: (c, e), y, m), (x,), (x,)),
}  # fmt: skip


@COMPILED
@pytest.mark.parametrize("name", ALIASES)
def test_outputs_are_fresh_memory(name, compiled):
    x, m = A.copy(), SQUARE.copy()
    outs = [z for z in tree_leaves(compiled(ALIASES[name])(x, m)) if np.ndim(z)]
    assert outs
    for i, z in enumerate(outs):
        assert z.flags.writeable
        assert not any(np.shares_memory(z, other) for other in (x, m, *outs[:i]))
        z[...] = -1.0
    np.testing.assert_array_equal(x, A)
    np.testing.assert_array_equal(m, SQUARE)


@pytest.mark.parametrize("name", PROGRAMS)
def test_arguments_are_not_changed(name):
    program = PROGRAMS[name]
    args = [np.array(x) for x in program.args]
    total = lambda *args: sum(
        np.sum(z) for z in tree_leaves(program.run(FGRAD, *args)))  # fmt: skip
    for run in (total, jit(total), jit(grad(total, program.floats))):
        run(*args)
    for x, old in zip(args, program.args, strict=True):
        assert x.tobytes() == np.array(old).tobytes()


def test_memory_of_a_gradient():
    """The peak is what the backward pass reads: here c and sin's argument per step."""
    n, width = 2000, 64
    xs, w = np.full((n, width), 0.1), np.full(width, 0.9)

    def loss(w, xs):
        return np.sum(lax.scan(lambda c, x: (np.sin(c * w + x), None), w, xs)[0])

    for run in (grad(loss), jit(grad(loss))):
        run(w, xs)  # compiled
        tracemalloc.start()
        run(w, xs)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        residuals = 2 * n * width * 8
        assert peak < 1.5 * residuals + 200_000


# -- compiled once -------------------------------------------------------------------


def test_a_body_is_traced_once():
    calls = collections.Counter()

    def body(c, x):
        calls["body"] += 1
        return np.sin(c) * x, c

    run = jit(lambda c, xs: lax.scan(body, c, xs)[0])
    for n in range(3):
        run(np.float64(n), A)
    assert calls["body"] == 1
    slope = jit(value_and_grad(lambda c, xs: lax.scan(body, c, xs)[0]))
    for _ in range(3):
        slope(np.float64(0.5), A)
    assert calls["body"] == 2
    grad(grad(lambda c: lax.scan(body, c, A)[0]))(np.float64(0.5))
    assert calls["body"] == 3
    lax.scan(body, 0.5, A)  # once more, for what the body makes of a number
    assert calls["body"] == 5


def test_conditions_and_branches_are_traced_once():
    calls = collections.Counter()

    def counted(name, fun):
        def call(*args):
            calls[name] += 1
            return fun(*args)

        return call

    holds, grow = counted("cond", lambda x: x < 9.0), counted("body", lambda x: x * 2.0)
    left, right = counted("left", np.sin), counted("right", np.cos)
    run = jit(lambda x: lax.cond(x > 0, left, right, lax.while_loop(holds, grow, x)))
    for x in (1.0, 2.0, -1.0):
        run(x) if x > 0 else run(30.0)
    assert calls == {"cond": 2, "body": 1, "left": 1, "right": 1}  # cond: first, next


def test_programs_are_compiled_once(monkeypatch):
    made = []
    load = runtime.load
    monkeypatch.setattr(runtime, "load", lambda *args: made.append(0) or load(*args))
    run = jit(grad(lambda w, xs: lax.scan(lambda c, x: (np.sin(c) * w, x), w, xs)[0]))
    for w in (1.0, 2.0, 3.0):
        run(w, A)
    assert len(made) == 1  # forward and backward are in one function


def sources(fun, *args):
    """Return what a program does before its loop, and what from there on."""
    return jit(fun).lower(*args).as_text().split("for ")


@jit
def softmax(w):
    return np.exp(w) / np.sum(np.exp(w))


@pytest.mark.usefixtures("plan_usual")
def test_what_does_not_change_stands_before_the_loop():
    def run(w, xs, norm):
        def body(c, x):
            return c * norm(c, w) + x, None

        return lax.scan(body, w, xs)[0]

    inner = jit(lambda c, w: softmax(w) * np.cos(c))  # recorded in the body
    before, inside = sources(lambda w, xs: run(w, xs, inner), A, SQUARE)
    assert before.count("np.exp") == 1
    assert "np.exp" not in inside
    assert "np.add.reduce" not in inside
    assert "np.cos" in inside
    outer = lambda _, w: softmax(w)  # does not meet the body's values at all
    text, loop = sources(lambda w, xs: run(w, xs, outer), A, SQUARE)
    assert text.count("np.exp") == 1
    assert "np.exp" not in loop


def test_what_does_not_change_is_not_computed_without_steps():
    inner = jit(lambda c, w: np.linalg.inv(w) @ c)
    run = lambda w, c, xs: lax.scan(lambda c, x: (inner(c, w) + x, None), c, xs)[0]
    for fun in (run, jit(run)):
        np.testing.assert_array_equal(fun(np.zeros((3, 3)), A, np.zeros((0, 3))), A)
        with pytest.raises(np.linalg.LinAlgError):
            fun(np.zeros((3, 3)), A, SQUARE)


def test_a_map_in_one_batch_gives_memory_of_its_own():
    x = np.arange(6.0).reshape(3, 2)
    assert not np.shares_memory(lax.map(lambda row: row, x, batch_size=9), x)
