"""Random bodies, and programs that JAX runs too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fgrad import grad, jit, jvp, vmap
from fgrad.tree_util import tree_leaves

from .control_operators import FGRAD, PYTHON, jax_operators
from .control_programs import PROGRAMS
from .numerics import assert_same_bits

# -- random bodies -------------------------------------------------------------------

# Each takes two registers and an element, and stays within reach of float64.
OPERATIONS = {
    "sin": lambda np, a, b, x: np.sin(a + b),
    "product": lambda np, a, b, x: np.tanh(a * b),
    "element": lambda np, a, b, x: a * 0.5 + x,
    "ratio": lambda np, a, b, x: a / (1.0 + b * b),
    "max": lambda np, a, b, x: np.maximum(a, b * 1.01),
    "where": lambda np, a, b, x: np.where(a > b, a, b * x),
    "copy": lambda np, a, b, x: b,
    "take x": lambda np, a, b, x: x,
    "keep": lambda np, a, b, x: a,
    "number": lambda np, a, b, x: np.exp(-a * a) * 0.7,
}
REGISTERS = 3
places = st.integers(0, REGISTERS - 1)
lines = st.tuples(st.sampled_from(sorted(OPERATIONS)), places, places, places)
bodies = st.lists(lines, max_size=6)
START = np.array([0.3, -0.8, 1.1])
XS = np.array([0.7, -0.2, 1.3, 0.4])
property_test = settings(max_examples=40, deadline=None)


def run(o, body, registers, x):
    """Run a random body on the registers; return what it makes of them."""
    registers = list(registers)
    for name, target, a, b in body:
        operation = OPERATIONS[name]
        registers[target] = operation(o.np, registers[a], registers[b], x)
    return tuple(registers)


def random_scan(body, reverse):
    def program(o, start, xs):
        def step(carry, x):
            carry = run(o, body, carry, x)
            return carry, carry[0] * x

        return o.scan(step, tuple(start[i] for i in range(3)), xs, None, reverse)

    return program


def random_while(body):
    def program(o, start, xs):
        def step(v):
            k, *registers = v
            return (k - 1, *run(o, body, registers, xs[k]))

        trips = o.np.sum(start > 0.0) + 1
        init = (trips, *(start[i] for i in range(3)))
        return o.while_loop(lambda v: v[0] > 0, step, init)[1:]

    return program


def random_cond(left, right):
    def program(o, start, xs):
        registers = tuple(start[i] for i in range(3))
        branches = [
            lambda *args, body=body: run(o, body, args, xs[0]) for body in (left, right)
        ]
        return o.cond(start[0] > xs[1], *branches, *registers)

    return program


def check(program):
    """Compare value, gradient, jvp and vmap, plain and jitted, with Python's loops."""
    flat = lambda o: lambda *args: tree_leaves(program(o, *args))
    total = lambda o: lambda *args: sum(np.sum(np.sin(z)) for z in flat(o)(*args))
    for a, e in zip(jit(flat(FGRAD))(START, XS), flat(PYTHON)(START, XS), strict=True):
        assert_same_bits(a, e)
    slopes = lambda o: grad(total(o), (0, 1))
    push = lambda o: lambda *args: jvp(slopes(o), args, args)[1]
    batch = [np.stack([START, -START]), np.stack([XS, XS[::-1]])]
    each = [slopes(PYTHON)(*pair) for pair in zip(*batch)]
    for actual, expected in [
        (slopes(FGRAD)(START, XS), slopes(PYTHON)(START, XS)),
        (jit(slopes(FGRAD))(START, XS), slopes(PYTHON)(START, XS)),
        (push(FGRAD)(START, XS), push(PYTHON)(START, XS)),
        (vmap(slopes(FGRAD))(*batch), [np.stack(pair) for pair in zip(*each)]),
    ]:
        for a, e in zip(actual, expected, strict=True):
            np.testing.assert_allclose(a, e, 1e-10, 1e-10)


@property_test
@given(body=bodies, reverse=st.booleans())
def test_random_scan(body, reverse):
    check(random_scan(body, reverse))


@property_test
@given(body=bodies)
def test_random_while(body):
    check(random_while(body))


@property_test
@given(left=bodies, right=bodies)
def test_random_cond(left, right):
    check(random_cond(left, right))


# -- JAX -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def jax():
    module = pytest.importorskip("jax")
    with module.enable_x64(True):
        yield module


def close(actual, expected):
    for a, e in zip(tree_leaves(actual), expected, strict=True):
        assert np.shape(a) == np.shape(e)
        np.testing.assert_allclose(a, e, 1e-10, 1e-10)


# Its tracers have other methods, or its rules for Python numbers are others.
JAX_PROGRAMS = [name for name in PROGRAMS if name not in ("scan of cond",)]


@pytest.mark.parametrize("name", JAX_PROGRAMS)
def test_agrees_with_jax(name, jax):
    program = PROGRAMS[name]
    ours = lambda *args: tree_leaves(program.run(FGRAD, *args))
    operators = jax_operators(jax)
    theirs = lambda *args: jax.tree.leaves(program.run(operators, *args))
    close(ours(*program.args), theirs(*program.args))
    close(vmap(ours)(*program.batches), jax.jit(jax.vmap(theirs))(*program.batches))
    places = program.floats
    xs = [program.args[i] for i in places]
    full = lambda xs: [
        dict(zip(places, xs)).get(i, x) for i, x in enumerate(program.args)
    ]
    scored = lambda fun, np: (
        lambda *xs: sum(
            np.sum(np.sin(z)) for z in fun(*full(xs)) if np.result_type(z).kind == "f"
        )
    )
    ts = [np.cos(x) for x in xs]
    close(jvp(scored(ours, np), xs, ts)[1:],
          jax.jit(lambda xs, ts: jax.jvp(scored(theirs, jax.numpy), xs, ts)[1:])(
              tuple(xs), tuple(ts)))  # fmt: skip
    if program.jax_grad:  # it has no gradient of while
        argnums = tuple(range(len(xs)))
        expected = jax.jit(jax.grad(scored(theirs, jax.numpy), argnums))(*xs)
        close(grad(scored(ours, np), argnums)(*xs), expected)
