"""Laws of composition: every word over {grad, jvp, vmap, jit} up to length three.

"grad" of a function that gives an array is the gradient of its sum, "jvp" its tangent
in a fixed direction, "vmap" maps over three stacked arguments, and "jit" is jit. The
reference is the same word without jit, with loops for vmap and, at the innermost
place, finite differences; it is compared at every word for ten functions.
"""

from itertools import product

import numpy as np
import pytest

import fgrad
import fgrad.numpy as fnp
from fgrad import (
    grad,
    hessian,
    jacfwd,
    jacrev,
    jit,
    jvp,
    linearize,
    make_jaxpr,
    vjp,
    vmap,
)
from fgrad.core import where

W = np.random.default_rng(0).normal(size=(3, 3))
X = np.array([0.4, -0.7, 1.1])


@fgrad.custom_vjp
def scaled(x):
    return np.sin(x) * 3.0


scaled.defvjp(lambda x: (scaled(x), np.cos(x)), lambda c, ct: (ct * c * 3.0,))


@fgrad.custom_jvp
def cubed(x):
    return x * x * x


@cubed.defjvp
def cubed_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    return cubed(x), 3.0 * x * x * t


def closure(x):
    y = np.sin(x)
    inner = jit(lambda z: np.sum(z * y * x))
    return grad(inner)(x * x) + inner(y)


def with_tree(x):
    model = {"w": x * 2.0, "b": [np.sum(x), x[0]]}
    apply = jit(lambda m, z: {"out": m["w"] * z + m["b"][0] * m["b"][1]})
    return apply(model, np.cos(x))["out"]


FUNCTIONS = {
    "polynomial": lambda x: x**3 - 2.0 * x**2 + x / 3.0,
    "branch": lambda x: np.where(x > 0.0, np.exp(x), x * x),
    "matmul": lambda x: np.tanh(W @ x) @ W,
    "reduction": lambda x: x * np.sum(np.sin(x)) / np.sqrt(np.mean(x**2) + 1.0),
    "indexing": lambda x: (
        x[::-1] * x[np.array([0, 0, 2])] + fnp.at(x)[1].add(x[2] ** 2)
    ),
    "broadcasting": lambda x: np.sum(x[:, None] * np.cos(x) - x, axis=0),
    "closure": closure,
    "tree": with_tree,
    "custom_jvp": lambda x: cubed(np.sin(x)) * x,
    "sorting": lambda x: np.cumsum(np.sort(x) ** 2) * np.max(x),
    "custom_vjp": lambda x: scaled(x * x) + x,
}
LETTERS = {
    "grad": lambda f: grad(lambda x: np.sum(f(x))),
    "jvp": lambda f: lambda x: jvp(f, (x,), (np.cos(x) + 1.0,))[1],
    "vmap": vmap,
    "jit": jit,
}
WORDS = [word for n in (1, 2, 3) for word in product(LETTERS, repeat=n)]


def numerical(fun, x, t):
    """Return the central difference, accurate to the fourth order."""
    h = 1e-3
    at = lambda k: np.asarray(fun(x + k * h * t))
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)


def numerical_grad(fun):
    def gradient(x):
        total = lambda y: np.sum(fun(y))
        units = np.eye(x.size).reshape(-1, *x.shape)
        return np.array([numerical(total, x, u) for u in units]).reshape(x.shape)

    return gradient


# Only the first derivative is numerical: the next rest on rules checked by a word
# that is one letter shorter.
REFERENCES = {
    "grad": numerical_grad,
    "jvp": lambda f: lambda x: numerical(f, x, np.cos(x) + 1.0),
    "vmap": lambda f: lambda xs: np.stack([f(x) for x in xs]),
    "jit": lambda f: f,
}


def stacked(x, times):
    for _ in range(times):
        x = np.stack([x, x * 0.9 + 0.05, 0.3 - x])
    return x


def build(word, fun, table):
    for letter in reversed(word):
        fun = table[letter](fun)
    return fun


@pytest.mark.parametrize("word", WORDS, ids="-".join)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_word(name, word):
    forward = any(
        letter == "jvp" or (letter == "grad" and "jvp" in word) for letter in word
    )
    if name == "custom_vjp" and forward:
        pytest.skip("custom_vjp has no forward mode")
    fun, x = FUNCTIONS[name], stacked(X, word.count("vmap"))
    actual = build(word, fun, LETTERS)(x)
    # The outermost derivative is numerical, of the rest of the word without jit.
    place = next((i for i, w in enumerate(word) if w in ("grad", "jvp")), len(word))
    inner = build([w for w in word[place + 1 :] if w != "jit"], fun,
                  {**LETTERS, "vmap": REFERENCES["vmap"]})  # fmt: skip
    expected = build(word[: place + 1], inner, REFERENCES)(x)
    assert np.shape(actual) == np.shape(expected)
    np.testing.assert_allclose(actual, expected, rtol=2e-7, atol=2e-7)


@pytest.mark.parametrize("word", WORDS, ids="-".join)
@pytest.mark.parametrize("name", ["polynomial", "matmul", "indexing", "tree"])
def test_jit_outside_changes_no_bit(name, word):
    plain = tuple(w for w in word if w != "jit")
    fun, x = FUNCTIONS[name], stacked(X, word.count("vmap"))
    actual = jit(build(plain, fun, LETTERS))(x)
    expected = build(plain, fun, LETTERS)(x)
    assert actual.tobytes() == expected.tobytes()


# -- special compositions ------------------------------------------------------------


def test_perturbation_confusion():
    f = lambda x: x * grad(lambda y: x + y)(2.0)
    assert grad(f)(1.0) == 1.0
    g = lambda x: x * jvp(lambda y: x + y, (2.0,), (1.0,))[1]
    assert jvp(g, (1.0,), (1.0,)) == (1.0, 1.0)
    assert grad(g)(1.0) == 1.0
    assert jit(grad(g))(1.0) == 1.0


def test_grad_of_grad_through_a_closure():
    f = lambda x: grad(lambda y: np.sin(x * y) * x)(x)  # x² cos(x²)
    expected = 2 * 1.3 * np.cos(1.69) - 2 * 1.3**3 * np.sin(1.69)
    for g in (grad(f), grad(jit(f)), jit(grad(f)), grad(lambda x: jit(lambda: f(x))())):
        assert np.isclose(g(1.3), expected, rtol=1e-14)


def test_jit_captures_outer_tracers():
    def f(x):
        inner = jit(lambda y: x * np.sin(y))
        return inner(x) + inner(2.0 * x)

    expected = grad(lambda x: x * np.sin(x) + x * np.sin(2.0 * x))(0.7)
    assert np.isclose(grad(f)(0.7), expected, rtol=1e-15)
    assert np.isclose(jit(grad(f))(0.7), expected, rtol=1e-15)
    assert np.isclose(vmap(grad(f))(np.array([0.7]))[0], expected, rtol=1e-15)


def test_captured_tracers_are_not_kept():
    g = lambda x: outer_jit(x)
    outer = []
    outer_jit = jit(lambda y: y * outer[-1])
    for value in (2.0, 3.0):
        f = lambda x: (outer.append(x), g(1.0))[1]
        assert grad(f)(value) == 1.0
        assert outer.pop().ndim == 0


def test_unused_input_has_zero_gradient():
    for f in (grad(lambda x: 2.0), jit(grad(lambda x: 2.0)), grad(jit(lambda x: 2.0))):
        assert np.array_equal(f(X), np.zeros(3))
    first, second = grad(lambda x, y: np.sum(y), argnums=(0, 1))(X, X)
    assert np.array_equal(first, np.zeros(3))
    assert np.array_equal(second, np.ones(3))
    assert np.array_equal(jvp(lambda x: 1.0, (X,), (X,))[1], 0.0)
    assert np.array_equal(vmap(lambda x: 1.0)(X), np.ones(3))
    assert np.array_equal(jacrev(lambda x: np.ones(2))(X), np.zeros((2, 3)))
    assert np.array_equal(jacfwd(lambda x: np.ones(2))(X), np.zeros((2, 3)))


def test_aux_and_argnums_under_jit_and_vmap():
    f = lambda x, k, y: (np.sum(x * y) ** 2, {"x": x * k, "k": k})
    g = fgrad.value_and_grad(f, argnums=(2, 0), has_aux=True)
    (value, aux), (gy, gx) = g(X, 2, X + 1)
    (value_j, aux_j), (gy_j, gx_j) = jit(g)(X, 2, X + 1)
    assert value == value_j
    assert np.array_equal(gy, gy_j)
    assert np.array_equal(gx, gx_j)
    assert np.array_equal(aux["x"], aux_j["x"])
    many = vmap(g, in_axes=(0, None, None))(np.stack([X, X * 2]), 2, X + 1)
    assert np.allclose(many[1][1][0], gx)
    assert np.array_equal(many[0][1]["x"][0], aux["x"])


def test_hessian_of_vmap_and_vmap_of_hessian():
    f = lambda x: np.sum(np.sin(x) * x**2)
    h = hessian(f)(X)
    assert np.allclose(vmap(hessian(f))(np.stack([X, X]))[1], h)
    whole = hessian(lambda xs: np.sum(vmap(f)(xs)))(np.stack([X, X * 2]))
    assert whole.shape == (2, 3, 2, 3)
    assert np.allclose(whole[0, :, 0], h)
    assert not np.any(whole[0, :, 1])
    assert np.allclose(jit(hessian(jit(f)))(X), h, rtol=1e-15)
    assert np.allclose(jacrev(jacfwd(f))(X), h)
    assert np.allclose(jacfwd(jacrev(f))(X), h)
    assert np.allclose(jacrev(jacrev(f))(X), h)


def test_vjp_function_crosses_jit():
    f = lambda x: {"s": np.sin(x), "n": 3}
    out, f_vjp = jit(lambda x: vjp(f, x))(X)
    assert np.array_equal(out["s"], np.sin(X))
    ct = {"s": np.ones(3), "n": np.zeros((), fgrad.float0)}
    assert np.array_equal(f_vjp(ct)[0], np.cos(X))
    pulled = jit(lambda pull, s: pull({**ct, "s": s}))(f_vjp, np.ones(3))
    assert np.array_equal(pulled[0], np.cos(X))


def test_linearize_under_and_over_jit():
    f = lambda x: np.sin(x) * x
    expected = jvp(f, (X,), (X,))[1]
    out, f_jvp = jit(lambda x: linearize(f, x))(X)
    assert np.array_equal(out, f(X))
    assert np.allclose(f_jvp(X), expected, rtol=1e-15)
    out, f_jvp = linearize(jit(f), X)
    assert np.array_equal(out, f(X))
    assert np.allclose(f_jvp(X), expected, rtol=1e-15)
    assert np.allclose(vmap(f_jvp)(np.stack([X, X]))[1], expected, rtol=1e-15)
    assert np.allclose(jit(f_jvp)(X), expected, rtol=1e-15)
    assert np.allclose(vjp(f_jvp, X)[1](X)[0], expected, rtol=1e-15)


def test_the_equations_of_rules_and_of_replays_have_the_lines_of_the_operation():
    def f(x):
        y = np.sin(x)
        return np.sum(y)

    jaxpr = make_jaxpr(grad(jit(f)))(X)
    calls = [e.params["jaxpr"] for e in jaxpr.eqns if e.prim.name == "jit"]
    lines = {e.prim.name: where(e.source) for c in calls for e in c.eqns}
    at = f.__code__.co_firstlineno
    assert lines["cos"] == lines["mul"] == f"test_compose.py:{at + 1} (f)"
    assert lines["sum"] == f"test_compose.py:{at + 2} (f)"


def test_control_flow_on_values():
    def f(x):
        while x < 10.0:
            x = x * x if x > 1.5 else x + 1.0
        return x

    # 1.2 -> 2.2 -> 4.84 -> 23.43
    assert np.isclose(grad(f)(1.2), 4 * 2.2**3)
    assert np.isclose(jvp(f, (1.2,), (1.0,))[1], 4 * 2.2**3)
    assert np.isclose(jacrev(f)(1.2), 4 * 2.2**3)
    assert np.isclose(grad(grad(f))(1.2), 12 * 2.2**2)
    with pytest.raises(fgrad.errors.TracerBoolConversionError):
        jit(f)(1.2)
    with pytest.raises(fgrad.errors.TracerBoolConversionError):
        vmap(f)(X)
    assert np.isclose(jacfwd(f)(1.2), 4 * 2.2**3)


def test_holomorphic_and_complex():
    z = np.array([0.3 + 0.4j, 1.0 - 2.0j])
    f = lambda z: np.sum(np.exp(z) * z)
    expected = np.exp(z) * (z + 1)
    assert np.allclose(grad(f, holomorphic=True)(z), expected)
    assert np.allclose(jit(grad(f, holomorphic=True))(z), expected)
    assert np.allclose(jacfwd(f, holomorphic=True)(z), expected)
    real = lambda x, y: np.sum(np.abs(x + 1j * y) ** 2)
    gx, gy = grad(real, argnums=(0, 1))(z.real, z.imag)
    assert np.allclose(gx - 1j * gy, 2 * np.conj(z))
    assert np.allclose(
        vjp(lambda z: np.sum(np.abs(z) ** 2), z)[1](1.0)[0], 2 * z.conj()
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_derivatives_agree_with_jax(name):
    jax = pytest.importorskip("jax")
    if name not in ("polynomial", "branch", "matmul", "reduction", "broadcasting"):
        pytest.skip("it is written with fgrad's own functions")
    jnp = jax.numpy
    functions = {
        "polynomial": FUNCTIONS["polynomial"],
        "branch": lambda x: jnp.where(x > 0.0, jnp.exp(x), x * x),
        "matmul": lambda x: jnp.tanh(W @ x) @ W,
        "reduction": lambda x: x * jnp.sum(jnp.sin(x)) / jnp.sqrt(jnp.mean(x**2) + 1.0),
        "broadcasting": lambda x: jnp.sum(x[:, None] * jnp.cos(x) - x, axis=0),
    }
    with jax.enable_x64(True):
        expected = jax.jacfwd(jax.jacrev(functions[name]))(X)
    actual = jacfwd(jacrev(FUNCTIONS[name]))(X)
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-14)


def test_linearize_knows_the_value_of_a_jitted_function():
    f = jit(lambda x, y: {"a": np.sin(x) * y, "y": y})
    x = np.arange(3.0)
    out, f_jvp = linearize(lambda x: f(x, 2.0), x)
    np.testing.assert_array_equal(out["a"], np.sin(x) * 2.0)
    assert type(out["a"]) is np.ndarray and out["y"] == 2.0
    np.testing.assert_array_equal(f_jvp(x)["a"], x * np.cos(x) * 2.0)
    g = lambda x: np.sum(linearize(lambda x: f(x, 2.0)["a"], x)[1](np.ones(3)))
    np.testing.assert_allclose(jit(grad(g))(x), -2.0 * np.sin(x))
