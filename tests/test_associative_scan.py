"""associative_scan beside a plain loop and JAX, its derivatives, and its errors."""

import numpy as np
import pytest

from fgrad import grad, jacfwd, jit, make_jaxpr, vmap
from fgrad.lax import associative_scan, scan
from fgrad.test_util import check_grads

from .messages import raised, table

LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 13]
RNG = np.random.default_rng(0)


def after(f, g):
    """Compose lines x -> a x + b: f first, then g (not commutative)."""
    return {"a": f["a"] * g["a"], "b": f["b"] * g["a"] + g["b"]}


def lines(shape):
    return {"a": RNG.normal(size=shape), "b": RNG.normal(size=shape)}


def by_loop(fn, elems, n):
    """Return the running results along axis 0, one after the other."""
    at = lambda i: {k: x[i] for k, x in elems.items()}
    rows = [at(0)]
    for i in range(1, n):
        rows.append(fn(rows[-1], at(i)))
    return {k: np.stack([row[k] for row in rows]) for k in elems}


@pytest.mark.parametrize("n", LENGTHS[1:])
def test_gives_the_running_results_of_a_loop(n):
    elems = lines((n, 2))
    result = associative_scan(after, elems)
    for key, want in by_loop(after, elems, n).items():
        np.testing.assert_allclose(result[key], want, rtol=1e-12)


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("reverse", [False, True])
def test_gives_what_jax_gives(n, axis, reverse):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    shape = [2, 3, 2]
    shape[axis] = n
    elems = lines(shape)
    given = {k: jax.numpy.asarray(x) for k, x in elems.items()}
    want = jax.lax.associative_scan(after, given, reverse, axis % 3)
    for f in (associative_scan, jit(associative_scan, static_argnums=(0, 2, 3))):
        result = f(after, elems, reverse, axis)
        for key in elems:
            assert result[key].shape == want[key].shape
            np.testing.assert_allclose(result[key], want[key], rtol=1e-12)


def test_matrices_are_multiplied_in_order():
    matrices = RNG.normal(size=(6, 3, 3))
    products = associative_scan(np.matmul, matrices)
    backwards = associative_scan(np.matmul, matrices, reverse=True)
    np.testing.assert_allclose(products[-1], np.linalg.multi_dot(matrices))
    np.testing.assert_allclose(backwards[0], np.linalg.multi_dot(matrices[::-1]))


def test_the_function_is_called_on_batches_a_few_times():
    calls = []

    def add(a, b):
        calls.append(len(a))
        return a + b

    np.testing.assert_array_equal(
        associative_scan(add, np.arange(1000)), np.cumsum(np.arange(1000))
    )
    assert len(calls) <= 2 * np.log2(1000)
    assert min(calls) > 0


def test_integers_and_booleans_keep_their_dtype():
    small = associative_scan(np.add, np.ones(5, np.int8))
    assert small.dtype == np.int8 and small.tolist() == [1, 2, 3, 4, 5]
    some = associative_scan(np.logical_or, np.array([False, True, False]))
    assert some.dtype == bool and some.tolist() == [False, True, True]


@pytest.mark.parametrize("n", [0, 1, 4])
def test_the_result_does_not_share_memory_with_the_argument(n):
    x = np.ones(n)
    assert not np.shares_memory(associative_scan(np.add, x), x)


def total(elems):
    out = associative_scan(after, elems, axis=-1)
    return np.sum(np.sin(out["a"]) * out["b"])


@pytest.mark.parametrize("n", [1, 2, 5, 6])
def test_derivatives(n):
    check_grads(total, (lines((2, n)),), order=2)


def test_gradient_is_that_of_a_scan():
    x = RNG.normal(size=7)
    one = lambda x: np.sum(associative_scan(np.multiply, x) ** 2)

    def other(x):
        step = lambda p, x: (p * x, p * x)
        return np.sum(scan(step, np.float64(1.0), x)[1] ** 2)

    np.testing.assert_allclose(grad(one)(x), grad(other)(x), rtol=1e-12)
    np.testing.assert_allclose(jit(grad(one))(x), grad(other)(x), rtol=1e-12)
    np.testing.assert_allclose(jacfwd(one)(x), grad(other)(x), rtol=1e-12)


def test_vmap_is_a_loop_over_the_elements():
    x = RNG.normal(size=(3, 5))
    f = lambda row: associative_scan(np.multiply, row, reverse=True)
    want = np.stack([f(row) for row in x])
    np.testing.assert_array_equal(vmap(f)(x), want)
    np.testing.assert_array_equal(jit(vmap(f, 1, 1))(x.T), want.T)


def test_the_program_grows_with_the_logarithm():
    count = lambda n: len(
        make_jaxpr(lambda x: associative_scan(np.add, x))(np.ones(n)).eqns
    )
    assert count(1024) - count(512) == count(512) - count(256) < 20


def run(fn, elems, **options):
    return lambda: associative_scan(fn, elems, **options)


A = np.ones(4)
ERRORS = {
    "not callable": (TypeError, run(3, A), "associative_scan needs a function"),
    "text": (TypeError, run(np.add, "abc"), "elems", "str"),
    "nothing": (ValueError, run(np.add, ()), "no arrays"),
    "scalar": (np.exceptions.AxisError, run(np.add, (A, 1.0)), "elems[1]", "axis 0"),
    "axis": (np.exceptions.AxisError, run(np.add, A, axis=1), "axis 1", "(4,)"),
    "float axis": (TypeError, run(np.add, A, axis=0.5), "axis must be an integer"),
    "lengths": (ValueError, run(after, {"a": A, "b": A[:3]}), "elems['a'] f64[4]: 4",
                "elems['b'] f64[3]: 3"),
    "tree": (TypeError, run(lambda a, b: (a, b), A), "structure of elems"),
    "shape": (ValueError, run(lambda a, b: np.sum(a + b), A), "f64[]", "f64[2]",
              "elementwise"),
    "dtype": (TypeError, run(lambda a, b: a / b, np.arange(1, 4)), "f64[1]", "i64[1]",
              "astype('float64')"),
    "no array": (TypeError, run(lambda a, b: "x", A), "returned 'x' (str)"),
}  # fmt: skip


@table(ERRORS)
def test_errors(case):
    raised(*case)


def test_the_error_of_a_traced_value_names_the_line():
    def wrong(a, b):
        return (a + b).astype(np.float32)

    with pytest.raises(TypeError, match=r"test_associative_scan\.py:\d+ \(wrong\)"):
        jit(lambda x: associative_scan(wrong, x))(A)
