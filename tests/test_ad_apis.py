"""linear_transpose, closure_convert, custom_gradient and fwd_and_bwd."""

import pickle
from functools import partial

import numpy as np
import pytest

import fgrad
from fgrad import (
    ShapeDtypeStruct,
    checkpoint,
    closure_convert,
    custom_gradient,
    custom_jvp,
    custom_vjp,
    fwd_and_bwd,
    grad,
    hessian,
    jacrev,
    jit,
    jvp,
    linear_transpose,
    linearize,
    value_and_grad,
    vjp,
    vmap,
)
from fgrad.errors import TracerBoolConversionError

from .messages import raised, table

HERE = "test_ad_apis.py:"
RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 4))
X = RNG.normal(size=4)
CT = RNG.normal(size=3)


@pytest.fixture(scope="module")
def jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def agree(actual, expected):
    actual, tree = fgrad.tree.flatten(actual)
    expected, expected_tree = fgrad.tree.flatten(expected)
    assert len(actual) == len(expected), (tree, expected_tree)
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, np.asarray(b), rtol=1e-12, atol=1e-12)


# -- linear_transpose --------------------------------------------------------------


@custom_vjp
def doubled(x):
    return x * 2.0


doubled.defvjp(lambda x: (x * 2.0, None), lambda _, ct: (ct * 2.0,))

LINEAR = {
    "matrix": lambda x: A @ x,
    "scaled": lambda x: np.pi * x / 7.0 - x,
    "sums": lambda x: np.cumsum(x)[::-1] + np.sum(x) - np.mean(x),
    "indexing": lambda x: x[np.array([2, 2, 0])] + x[1:] * A[0, 1:],
    "shapes": lambda x: np.concatenate([np.reshape(x, (2, 2)).T, A[:2, :2] * x[:2]]),
    "select": lambda x: np.where(A[0] > 0, x, 3.0 * x[::-1]),
    "solve": lambda x: np.linalg.solve(A @ A.T, x[:3]),
    "tree": lambda x: {"a": x[:2], "b": (x[1] * 2.0, x)},
    "jit": lambda x: jit(lambda y: y @ A.T)(x) * 2.0,
    "vmap": lambda x: vmap(lambda a: a * x)(A),
    "checkpoint": lambda x: checkpoint(lambda y: y * X)(2.0 * x),
    "custom": lambda x: doubled(x)[:3],
    "dead": lambda x: (np.sin(x), x * 3.0)[1],
    "pushed": lambda x: jvp(np.sin, (X,), (x,))[1],
    "linearized": lambda x: linearize(np.exp, X)[1](x),
    "constant": lambda x: np.ones(2),
    "identity": lambda x: x,
}


def random_like(tree, seed=1):
    rng = np.random.default_rng(seed)
    return fgrad.tree.map(lambda x: rng.normal(size=np.shape(x)), tree)


@pytest.mark.parametrize("name", LINEAR)
def test_the_transpose_is_the_pullback(name):
    f = LINEAR[name]
    ct = random_like(f(X))
    expected = vjp(f, X)[1](ct)
    transpose = linear_transpose(f, ShapeDtypeStruct((4,), float))
    agree(transpose(ct), expected)
    agree(linear_transpose(f, X)(ct), expected)
    agree(jit(transpose)(ct), expected)
    agree(jit(lambda ct: linear_transpose(f, X)(ct))(ct), expected)
    batch = fgrad.tree.map(lambda c: np.stack([c, 2.0 * c]), ct)
    agree(vmap(transpose)(batch), (np.stack([expected[0], 2.0 * expected[0]]),))
    # transposing twice gives the function, without what it adds
    back = linear_transpose(lambda ct: transpose(ct)[0], ct)
    agree(back(X)[0], f(X) if name != "constant" else 0 * f(X))


def test_several_primals_and_complex_numbers(jax):
    f = lambda x, y: {"s": x * 2.0 + y[0], "t": y[1]}
    ct = {"s": 3.0, "t": 5.0}
    agree(linear_transpose(f, 1.0, (1.0, 1.0))(ct), (6.0, (3.0, 5.0)))
    for ours, theirs, ct in [
        (lambda z: z * (1 + 2j), lambda z: z * (1 + 2j), 1 - 3j),
        (np.conj, jax.numpy.conj, 1 - 3j),
        (np.real, jax.numpy.real, 2.0),
        (np.imag, jax.numpy.imag, 2.0),
    ]:
        actual = linear_transpose(ours, 1j)(ct)
        agree(actual, jax.linear_transpose(theirs, 1j)(ct))


def test_derivatives_of_a_transpose():
    f = lambda a: np.sum(linear_transpose(lambda x: a @ x, X)(CT)[0] ** 2)
    expected = 2.0 * np.outer(CT, CT @ A)
    agree(grad(f)(A), expected)
    agree(jit(grad(f))(A), expected)
    agree(grad(lambda ct: np.sum(linear_transpose(lambda x: A @ x, X)(ct)[0] ** 2))(
        CT), 2.0 * A @ (A.T @ CT))  # fmt: skip
    agree(vmap(f)(np.stack([A, 2.0 * A])), np.array([f(A), 4.0 * f(A)]))


def test_a_transpose_returns_memory_of_its_own():
    transpose = linear_transpose(lambda x: (x, x), X)
    ct = np.ones(4)
    (first,) = transpose((ct, np.zeros(4)))
    first[:] = 7.0
    assert np.all(ct == 1.0)
    (one,) = linear_transpose(lambda x: x, X)(ct)
    assert not np.shares_memory(one, ct)


def test_float32_stays():
    x = np.ones(2, np.float32)
    (ct,) = linear_transpose(lambda x: 2.0 * x, x)(x)
    assert ct.dtype == np.float32


def square(x):
    return x * x


def absolute(x):
    return np.sum(np.abs(x) + 2.0 * x)


def nonlinear(f, x, text, name):
    return (TypeError, lambda: linear_transpose(f, x), "is not linear",
            f'"{text}" at {HERE}', name, "linearize")  # fmt: skip


TRANSPOSE = {
    "square": nonlinear(square, X, "mul", "linear_transpose(square)"),
    "the text": nonlinear(square, X, "mul", "in `x * x`"),
    "abs": nonlinear(absolute, X, "abs", "(absolute)"),
    "sign": nonlinear(lambda x: np.sign(x), X, "sign", "`np.sign(x)`"),
    "max": nonlinear(lambda x: np.max(x), X, "max", "np.max(x)"),
    "select": nonlinear(lambda x: np.where(x > 0, x, 0.0), X, "gt", "`x > 0`"),
    "divisor": nonlinear(lambda x: 1.0 / x, X, "div", "`1.0 / x`"),
    "jit": nonlinear(lambda x: jit(np.sin)(x), X, "sin", "(<lambda>)"),
    "checkpoint": nonlinear(checkpoint(absolute), X, "abs", "`np.abs(x)`"),
    "custom": nonlinear(lambda x: doubled(x) * x, X, "mul", "`doubled(x) * x`"),
    "two": (TypeError, lambda: linear_transpose(np.multiply, 1.0, 2.0), "not linear",
            '"mul"'),
    "if": (TracerBoolConversionError, lambda: linear_transpose(
        lambda x: x if x > 0 else -x, 1.0), HERE, "np.where"),
    "integer": (TypeError, lambda: linear_transpose(lambda x, n: x * n, 1.0, 2),
                "argument n is int[]", "float or complex", "astype(float)"),
    "integer output": (TypeError, lambda: linear_transpose(
        lambda x: np.argmax(x), X), "the output is i64[]", "float or complex"),
    "function": (TypeError, lambda: linear_transpose(3, X), "needs a function"),
    "str": (TypeError, lambda: linear_transpose(square, "x"), "argument x", "'x'"),
    "reduce_axes": (TypeError, lambda: linear_transpose(square, X, reduce_axes=(0,)),
                    "reduce_axes"),
    "shape": (ValueError, lambda: linear_transpose(lambda x: A @ x, X)(X),
              "linear_transpose(lambda)", "must be f64[3]", "got f64[4]"),
    "tree": (ValueError, lambda: linear_transpose(LINEAR["tree"], X)({"a": X}),
             "structure of the output", "keys"),
    "dtype": (TypeError, lambda: linear_transpose(lambda x: x, np.ones(1, np.float32))(
        np.ones(1)), "float64", "astype('float32')"),
    "two arguments": (TypeError, lambda: linear_transpose(lambda x: x, X)(X, X),
                      "one argument", "got 2"),
}  # fmt: skip


@table(TRANSPOSE)
def test_mistakes_with_linear_transpose(case):
    raised(*case)


# -- closure_convert ---------------------------------------------------------------


def test_closure_convert_hoists_what_may_be_differentiated():
    counts = []

    def f(c, x):
        converted, consts = closure_convert(lambda y: {"z": y * c + A[0]}, x)
        counts.append(len(consts))
        return np.sum(converted(x, *consts)["z"])

    plain = lambda c, x: np.sum(x * c + A[0])
    for transform in (jit, grad, hessian, lambda f: jit(grad(f)),
                      lambda f: grad(jit(f))):  # fmt: skip
        agree(transform(f)(2.0, X), transform(plain)(2.0, X))
    agree(vmap(f, (0, None))(X, X), vmap(plain, (0, None))(X, X))
    assert set(counts) == {1}
    agree(f(2.0, X), plain(2.0, X))
    agree(grad(f, 1)(2.0, X), grad(plain, 1)(2.0, X))
    assert counts[-2:] == [0, 0]  # plain values stay inside


def test_closure_convert_lets_custom_rules_close_over_values():
    @partial(custom_vjp, nondiff_argnums=0)
    def root(f, x, *consts):
        for _ in range(60):
            x = x - f(x, *consts) / jvp(lambda x: f(x, *consts), (x,), (1.0,))[1]
        return x

    def fwd(f, x, *consts):
        return root(f, x, *consts), (root(f, x, *consts), consts)

    def bwd(f, residuals, ct):
        x, consts = residuals
        slope = jvp(lambda x: f(x, *consts), (x,), (1.0,))[1]
        return 0.0, *vjp(lambda *c: f(x, *c), *consts)[1](-ct / slope)

    root.defvjp(fwd, bwd)

    def square_root(c):
        f, consts = closure_convert(lambda x: x**2 - c, 1.0)
        return root(f, 1.0, *consts)

    agree(square_root(9.0), 3.0)
    agree(grad(square_root)(9.0), 1 / 6)
    agree(jit(grad(square_root))(9.0), 1 / 6)


CONVERT = {
    "function": (TypeError, lambda: closure_convert(3, 1.0), "needs a function"),
    "argument": (TypeError, lambda: closure_convert(square, "x"), "argument x"),
    "tree": (TypeError, lambda: closure_convert(square, X)[0]((X, X)),
             "closure_convert(square)", "like the examples"),
    "count": (TypeError, lambda: closure_convert(square, X)[0](), "like the examples"),
    "shape": (TypeError, lambda: closure_convert(square, X)[0](CT),
              "must be f64[4]", "got f64[3]"),
    "dtype": (TypeError, lambda: closure_convert(square, X)[0](X.astype(int)),
              "must be f64[4]", "got i64[4]"),
}  # fmt: skip


@table(CONVERT)
def test_mistakes_with_closure_convert(case):
    raised(*case)


# -- custom_gradient ---------------------------------------------------------------


def pairs(module):
    """Return functions for custom_gradient, whose gradients are odd on purpose."""
    np = module
    return {
        "bare": lambda x: (x**2, lambda g: g * x),
        "tuple": lambda x: (np.sin(x), lambda g: (g * x * np.cos(x),)),
        "constant": lambda x: (x**2, lambda g: (g * 7.0,)),
    }


PAIRS = {
    "value": lambda F, f: f(X[0]),
    "grad": lambda F, f: F.grad(f)(X[0]),
    "grad of grad": lambda F, f: F.grad(F.grad(f))(X[0]),
    "jit": lambda F, f: F.jit(F.value_and_grad(f))(X[0]),
    "grad of jit": lambda F, f: F.grad(F.jit(f))(X[0]),
    "vmap": lambda F, f: F.vmap(F.grad(f))(X),
    "grad of vmap": lambda F, f: F.grad(lambda x: F.vmap(f)(x).sum())(X),
    "grad of checkpoint": lambda F, f: F.grad(F.checkpoint(f))(X[0]),
}


@pytest.mark.parametrize("way", PAIRS)
@pytest.mark.parametrize("name", pairs(np))
def test_custom_gradient(name, way, jax):
    ours = custom_gradient(pairs(np)[name])
    theirs = jax.custom_gradient(pairs(jax.numpy)[name])
    agree(PAIRS[way](fgrad, ours), PAIRS[way](jax, theirs))


def test_custom_gradient_of_trees_and_several_arguments():
    @custom_gradient
    def f(p, y):
        def pullback(ct):
            return {"a": ct["u"] * 7.0, "b": ct["v"] * y}, None

        return {"u": p["a"] * y, "v": p["b"]}, pullback

    p = {"a": 2.0, "b": 3.0}
    loss = lambda p, y: (lambda out: out["u"] + 10.0 * out["v"])(f(p, y))
    assert loss(p, 5.0) == 40.0
    agree(grad(loss, (0, 1))(p, 5.0), ({"a": 7.0, "b": 50.0}, 0.0))
    agree(jit(grad(loss, 0))(p, y=5.0), {"a": 7.0, "b": 50.0})
    one = custom_gradient(lambda p: (p["a"], lambda ct: {"a": ct * 2.0, "b": ct}))
    agree(grad(one)(p), {"a": 2.0, "b": 1.0})
    assert repr(one) == "<custom_gradient(lambda)>"
    assert grad(pickle.loads(pickle.dumps(custom_gradient(pair))))(1.0) == 7.0


def pair(x):
    return x * 2.0, lambda ct: 7.0 * ct


def test_custom_gradient_runs_once_forwards():
    runs = []

    @custom_gradient
    def f(x):
        runs.append("f")
        return x * 2.0, lambda ct: (runs.append("pullback"), ct)[1]

    assert value_and_grad(f)(3.0) == (6.0, 1.0)
    assert runs == ["f", "pullback"]


def gradient_of(result):
    return lambda: grad(custom_gradient(lambda x: result(x)))(1.0)


GRADIENT = {
    "function": (TypeError, lambda: custom_gradient(3), "custom_gradient needs a f"),
    "no pair": (TypeError, gradient_of(lambda x: x), "custom_gradient(lambda)",
                "must return a pair (output, function of its cotangent)", "float[]"),
    "no pair, plain": (TypeError, lambda: custom_gradient(square)(1.0),
                       "custom_gradient(square)", "a pair"),
    "triple": (TypeError, gradient_of(lambda x: (x, x, x)), "a tuple of length 3"),
    "pullback": (TypeError, gradient_of(lambda x: (x, x)), "function of", "float[]"),
    "two": (TypeError, gradient_of(lambda x: (x, lambda ct: (ct, ct))),
            "custom_gradient(lambda)", "structure of the arguments"),
    "str": (TypeError, gradient_of(lambda x: (x, lambda ct: "s")), "'s'",
            "custom_gradient(lambda), its gradient"),
    "shape": (ValueError, gradient_of(lambda x: (x, lambda ct: (ct * X,))),
              "must be float[]", "got f64[4]"),
    "jvp": (TypeError, lambda: jvp(custom_gradient(lambda x: (x, lambda c: c)),
                                   (1.0,), (1.0,)), "forward-mode"),
}  # fmt: skip


@table(GRADIENT)
def test_mistakes_with_custom_gradient(case):
    raised(*case)


# -- fwd_and_bwd -------------------------------------------------------------------


def model(w, x):
    return np.tanh(w @ x)


@pytest.mark.parametrize("jitted", [True, False])
def test_fwd_and_bwd(jitted, jax):
    for argnums in (0, 1, (0, 1), [1], (1, 0), -1):
        fwd, bwd = fwd_and_bwd(model, argnums, jitted=jitted)
        out, residuals = fwd(A, X)
        agree(out, model(A, X))
        theirs = jax.fwd_and_bwd(lambda w, x: jax.numpy.tanh(w @ x), argnums)
        agree(bwd(residuals, CT), theirs[1](theirs[0](A, X)[1], CT))
        assert isinstance(bwd(residuals, CT), tuple) == isinstance(
            theirs[1](theirs[0](A, X)[1], CT), tuple
        )
    fwd, bwd = fwd_and_bwd(lambda w, x: (w @ x, {"n": x}), 0, True, jitted)
    out, residuals, aux = fwd(A, X)
    agree((out, aux), (A @ X, {"n": X}))
    agree(bwd(residuals, CT), np.outer(CT, X))


def test_fwd_and_bwd_compile_once():
    fwd, bwd = fwd_and_bwd(model, (0, 1))
    for scale in (1.0, 2.0, 3.0):
        _, residuals = fwd(A, scale * X)
        agree(bwd(residuals, CT), vjp(model, A, scale * X)[1](CT))
    assert len(fwd.programs) == len(bwd.programs) == 1


def test_fwd_and_bwd_compose():
    fwd, bwd = fwd_and_bwd(model, 0)

    def f(x):
        out, residuals = fwd(A, x)
        return np.sum(bwd(residuals, out) ** 2)

    plain = lambda x: np.sum(vjp(model, A, x)[1](model(A, x))[0] ** 2)
    agree(grad(f)(X), grad(plain)(X))
    agree(jit(f)(X), plain(X))
    agree(vmap(f)(np.stack([X, -X])), np.array([plain(X), plain(-X)]))
    agree(jacrev(lambda x: fwd(A, x)[0])(X), jacrev(partial(model, A))(X))


FWD_BWD = {
    "function": (TypeError, lambda: fwd_and_bwd(3, 0), "fwd_and_bwd needs a function"),
    "range": (ValueError, lambda: fwd_and_bwd(model, 5)[0](A, X), "argnums=5",
              "fwd_and_bwd(model)", "with 2 of them"),
    "type": (TypeError, lambda: fwd_and_bwd(model, "w"), "argnums must be an int",
             "fwd_and_bwd(model)"),
    "twice": (ValueError, lambda: fwd_and_bwd(model, (0, 0)), "an argument twice"),
    "residuals": (TypeError, lambda: fwd_and_bwd(model, 0)[1](A, CT),
                  "fwd_and_bwd(model)", "residuals that fwd returned", "f64[3,4]"),
    "cotangent": (ValueError, lambda: (lambda fwd, bwd: bwd(fwd(A, X)[1], X))(
        *fwd_and_bwd(model, 0)), "fwd_and_bwd(model)", "must be f64[3]", "f64[4]"),
    "argument": (TypeError, lambda: fwd_and_bwd(model, 0)[0](A, "x"), "argument x",
                 "'x'"),
    "aux": (TypeError, lambda: fwd_and_bwd(model, 0, has_aux=True)[0](A, X),
            "(output, aux)"),
}  # fmt: skip


@table(FWD_BWD)
def test_mistakes_with_fwd_and_bwd(case):
    raised(*case)


# -- custom rules ------------------------------------------------------------------


def test_optimize_remat_is_accepted():
    f = custom_vjp(lambda x: x * 2.0)
    f.defvjp(lambda x: (f(x), None), lambda _, ct: (ct * 5.0,), optimize_remat=True)
    assert grad(f)(1.0) == 5.0


@pytest.mark.parametrize("make", [custom_vjp, custom_jvp])
def test_the_error_about_a_closed_over_value_says_what_helps(make):
    def loss(c):
        f = make(lambda x: x * c)
        if make is custom_vjp:
            f.defvjp(lambda x: (x * c, None), lambda _, ct: (ct * c,))
        else:
            f.defjvp(lambda p, t: (p[0] * c, t[0] * c))
        return f(2.0)

    raised(TypeError, lambda: grad(loss)(3.0), "argument c of grad(loss)",
           "fgrad.closure_convert", "stop_gradient")  # fmt: skip
