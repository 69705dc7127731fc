"""Compiled gradients do no superfluous work, and compute what un-jitted ones do."""

from collections import Counter

import numpy as np
import pytest

import fgrad
from fgrad import checkpoint, grad, hessian, jit, jvp, lax, make_jaxpr, vmap
from fgrad.ad_checkpoint import saved_residuals
from fgrad.compiler.passes import LOWERING, optimize

from .numerics import assert_close, assert_same_bits, leaves

RNG = np.random.default_rng(0)
V, A, B = RNG.normal(size=8), RNG.normal(size=(4, 6)), RNG.normal(size=(4, 6))
LONG = RNG.normal(size=5000)  # parts that overlap are put together from some size on
ODD = np.array([0.0, -0.0, 1.5, -2.0, np.inf, -np.inf, 5e-324, 3.0])


def program(fun, *args):
    return optimize(make_jaxpr(fun)(*args), LOWERING)


def count(fun, *args):
    return Counter(eqn.prim.name for eqn in program(fun, *args).eqns)


def check(fun, *args):
    """Compare a compiled function with the function, to the bit."""
    with np.errstate(all="ignore"):
        for actual, expected in zip(leaves(jit(fun)(*args)), leaves(fun(*args))):
            assert_same_bits(_one_nan(actual), _one_nan(expected))


def _one_nan(x):
    """Any nan is like any other: its sign says nothing."""
    return np.where(np.isnan(x), np.nan, x)


# -- signs -------------------------------------------------------------------------

SIGNS = {
    "of what is subtracted": (lambda x: x - -np.sin(x), 0),
    "of what is added": (lambda x: x + -np.sin(x), 0),
    "of what is added to": (lambda x: -np.sin(x) + x, 0),
    "of both factors": (lambda x: -np.sin(x) * -np.cos(x), 0),
    "through a quotient": (lambda x: x - -np.sin(x) / np.cos(x), 0),
    "through a transposition": (lambda x: 1.5 - (-np.sin(x)).T, 0),
    "into a number": (lambda x: -np.sin(x) * 3.0, 0),
    "of a product with a number": (lambda x: -(np.sin(x) * 3.0), 0),
    "twice": (lambda x: -(-np.sin(x) * x), 0),
    "of a difference": (lambda x: -(x - x * 2.0), 1),  # 0 - 0 is 0 and not -0
    "of a sum": (lambda x: -(np.sin(x) + x), 1),
    "through a sum of products": (lambda x: -np.sin(x) @ x, 1),
    "of an argument, which may be laid out in any way": (lambda x: x * x + -x, 1),
    "of few numbers": (lambda x: -np.sin(x[:1]) * x, 1),  # not taken to many
}


@pytest.mark.parametrize("case", SIGNS)
def test_signs(case):
    fun, negations = SIGNS[case]
    assert count(fun, V)["neg"] == negations
    check(fun, V)
    check(fun, ODD)


# -- gradients of slices -----------------------------------------------------------

SLICES = {
    "apart": lambda x: np.sum(np.sin(x[:3])) + np.sum(np.exp(x[3:])),
    "with a gap": lambda x: np.sum(np.sin(x[:3])) + np.sum(np.exp(x[5:])),
    "overlapping": lambda x: np.sum((x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
    "three": lambda x: np.sum(x[2:] * x[1:-1] * x[:-2]),
    "the same": lambda x: np.sum(x[2:4] ** 2) + np.sum(np.sin(x[2:4])),
    "elements": lambda x: x[0] * x[1] + np.sin(x[-1]),
    "zeros": lambda x: np.sum(x[:4] * -0.0) + np.sum(x[2:] * -0.0),
    "gates": lambda x: np.sum(np.multiply(*np.split(np.sin(x), 2))),
}


@pytest.mark.parametrize("case", SLICES)
def test_slices(case):
    fun = SLICES[case]
    assert count(grad(fun), LONG)["unslice"] == 0
    for x in (V, ODD, LONG):
        check(grad(fun), x)
    check(vmap(grad(fun)), np.stack([LONG, -LONG]))
    check(lambda x: jvp(grad(fun), (x,), (np.cos(x),)), V)
    odd = LONG.copy()
    odd[:8] = odd[-8:] = ODD
    odd[2000:3000] = -0.0
    check(grad(fun), odd)


def test_slices_along_several_axes():
    boxes = lambda x: x[:2, :3].sum() * x[2:, :3].sum() * x[:, 3:].prod()
    assert count(grad(boxes), A)["unslice"] == 0
    check(grad(boxes), A)
    corners = lambda x: np.sum(np.sin(x[:3, :3])) * np.sum(np.exp(x[1:, 1:]))
    assert count(grad(corners), A)["unslice"] == 2
    check(grad(corners), A)


# -- what rules leave out ----------------------------------------------------------


def softmax(x):
    z = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return z / np.sum(z, axis=-1, keepdims=True)


def test_softmax():
    found = count(grad(lambda x: np.sum(softmax(x) * B)), A)
    assert (found["reshape"], found["cast"], found["where"]) == (0, 0, 1)
    assert found["div"] == 4  # z, its cotangent, and two of rows
    check(grad(lambda x: np.sum(softmax(x) * B)), A)


def test_a_quotient_is_computed_once():
    fun = grad(lambda x, y: np.sum(x / y * B), argnums=(0, 1))
    assert count(fun, A, B)["div"] == 2
    check(fun, A, B)
    assert_close(fun(A, B)[1], -A / B, False)


def test_what_is_subtracted_from_rows_is_summed_before_it_is_negated():
    eqns = program(grad(lambda m: np.sum((A - m) ** 2)), A[0]).eqns
    assert [e.outs[0].aval.shape for e in eqns if e.prim.name == "neg"] in ([(6,)], [])


def test_a_dot_product_with_a_seed_of_one():
    assert count(grad(lambda x: x @ x), V) == {"add": 1}
    assert count(grad(lambda x: 0.5 * x @ V), V)["dot_general"] == 0


def test_transposes_are_composed():
    fun = lambda x: x.transpose(0, 2, 1).transpose(1, 0, 2) * 2.0
    assert count(fun, np.ones((2, 3, 4)))["transpose"] == 1
    check(fun, RNG.normal(size=(2, 3, 4)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_ties_are_counted_in_any_precision(dtype):
    x = np.zeros((2, 3000), dtype)
    x[1, 0] = np.nan
    g = grad(lambda x: np.sum(np.max(x, axis=1)))(x)
    np.testing.assert_allclose(g[0], np.full(3000, 1 / 3000), rtol=1e-3)
    assert not g[1].any()


# -- what backward passes read -----------------------------------------------------


def read(fun, *args):
    return sorted(str(aval) for aval, _ in saved_residuals(fun, *args))


@pytest.mark.parametrize(
    ("fun", "kept"),
    [
        (lambda x: np.tanh(x), ["f64[8]"]),  # not 1 - tanh**2
        (lambda x: np.sin(x), ["f64[8]"]),  # x: the cosine is only read late
        (lambda x: np.sin(x) * np.cos(x), ["f64[8]"] * 3),  # computed early anyway
        (lambda x: np.exp(x * 2.0), ["f64[8]"]),
        (lambda x: np.maximum(x, 0.0), ["bool[8]"] * 2),
        (lambda x: 1 / (1 + np.exp(-x)), ["f64[8]"] * 3),
    ],
)
def test_residuals_of_programs(fun, kept):
    assert len(read(fun, V)) <= len(kept)
    assert_same_bits(grad(lambda x: np.sum(jit(fun)(x)))(V),
                     grad(lambda x: np.sum(fun(x)))(V))  # fmt: skip


def test_a_policy_keeps_what_it_accepts():
    cosines = lambda prim, *avals, **params: prim.name == "cos"
    f = checkpoint(lambda x: np.tanh(np.sin(x)), policy=cosines)
    origins = [origin for _, origin in saved_residuals(f, V)]
    assert any("cos" in origin for origin in origins)


def cell(p, h, x):
    return np.tanh(x @ p[0] + h @ p[1] + p[2])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gated(p, h, x):
    a, c = x @ p[0] + p[2], h @ p[1]
    n = h.shape[-1]
    r, z = (sigmoid((a + c)[..., i * n : i * n + n]) for i in (0, 1))
    new = np.tanh(a[..., 2 * n :] + r * c[..., 2 * n :])
    return (1 - z) * new + z * h


def scanned(step, xs, reverse=False):
    def run(p, h):
        def body(h, x):
            h = step(p, h, x)
            return h, h

        h, ys = lax.scan(body, h, xs, reverse=reverse)
        return np.sum(ys**2) + np.sum(np.sin(h))

    return run


def unrolled(step, xs):
    def run(p, h):
        total = 0.0
        for x in xs:
            h = step(p, h, x)
            total = total + np.sum(h**2)
        return total + np.sum(np.sin(h))

    return run


def weights(gates=1):
    normal = lambda *shape: np.random.default_rng(1).normal(size=shape)
    return normal(3, 5 * gates), normal(5, 5 * gates), normal(5 * gates)


XS, H = RNG.normal(size=(7, 2, 3)), RNG.normal(size=(2, 5))
CELLS = {"rnn": (cell, 1, 2), "gated": (gated, 3, 6)}


def scans(fun, *args):
    return [e for e in make_jaxpr(fun)(*args).eqns if e.prim.name == "scan"]


@pytest.mark.parametrize("name", CELLS)
def test_stacks_of_a_loop(name):
    step, gates, stacks = CELLS[name]
    early, _ = scans(grad(scanned(step, XS)), weights(gates), H)
    assert len(early.outs) - 1 == stacks


def test_stacks_of_a_runge_kutta_step():
    def run(y):
        def step(_, y):
            k1 = np.sin(y) * y
            k2 = np.sin(y + 0.1 * k1) * y
            return y + 0.05 * (k1 + 2 * k2)

        return lax.fori_loop(0, 10, step, y)

    early, _ = scans(grad(run), 0.5)
    assert len(early.outs) - 2 <= 4


# -- cotangents of weights ---------------------------------------------------------


@pytest.mark.parametrize("name", CELLS)
def test_weights_are_summed_up_after_the_loop(name):
    step, gates, _ = CELLS[name]
    _, late = scans(grad(scanned(step, XS)), weights(gates), H)
    assert late.params["n_carry"] == 1
    found = count(grad(scanned(step, XS)), weights(gates), H)
    assert found["dot_general"] == 2


def test_large_factors_are_not_stacked():
    xs = RNG.normal(size=(4, 500, 3))
    _, late = scans(grad(scanned(cell, xs)), weights(), np.ones((500, 5)))
    assert late.params["n_carry"] == 4


WAYS = {
    "grad": grad,
    "both": lambda f: grad(f, argnums=(0, 1)),
    "jit": lambda f: jit(grad(f)),
    "grad of jit": lambda f: grad(jit(f)),
    "hvp": lambda f: lambda p, h: jvp(lambda p: grad(f)(p, h), (p,), (p,))[1],
    "vmap": lambda f: (
        lambda p, h: [
            np.sum(g, axis=0)
            for g in vmap(grad(f), in_axes=(None, 0))(p, np.stack([h, -h]))
        ]
    ),
    "vmap of weights": lambda f: (
        lambda p, h: vmap(grad(f), in_axes=(0, None))(
            tuple(np.stack([w, 2 * w]) for w in p), h
        )
    ),
    "grad of grad": lambda f: grad(
        lambda p, h: sum(np.sum(g**2) for g in grad(f)(p, h))
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("shape", [(7, 2, 3), (1, 2, 3), (0, 2, 3), (3, 3)])
def test_sums_over_iterations(name, way, shape):
    step, gates, _ = CELLS[name]
    xs = RNG.normal(size=shape)
    h = H if len(shape) == 3 else H[0]
    p, wrap = weights(gates), WAYS[way]
    expected = leaves(wrap(unrolled(step, xs))(p, h))
    actual = leaves(wrap(scanned(step, xs))(p, h))
    compiled = leaves(jit(wrap(scanned(step, xs)))(p, h))
    for a, c, e in zip(_flat(actual), _flat(compiled), _flat(expected), strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-9, atol=1e-9)
        if way != "grad of jit":  # its two programs may round differently
            assert_same_bits(c, a)


def _flat(values):
    return fgrad.tree.leaves(values)


def test_sums_over_iterations_backwards():
    p = weights()
    expected = grad(unrolled(cell, XS[::-1]))(p, H)
    for a, e in zip(grad(scanned(cell, XS, reverse=True))(p, H), expected):
        np.testing.assert_allclose(a, e, rtol=1e-10)


def test_a_weight_used_twice_and_transposed():
    def run(w, loop):
        def body(h, x):
            h = np.tanh(x @ w + np.sin(h) @ w.T @ w)
            return h, None

        h = np.ones((2, 3))
        if loop:
            return np.sum(lax.scan(body, h, XS)[0])
        for x in XS:
            h, _ = body(h, x)
        return np.sum(h)

    w = RNG.normal(size=(3, 3))
    np.testing.assert_allclose(
        grad(run)(w, True), grad(run)(w, False), rtol=1e-9, atol=1e-12
    )


def test_while_loops_add_up_in_the_loop():
    w = RNG.normal(size=(3, 3)) / 3

    def run(w, n):
        step = lambda c: (c[0] + 1, np.tanh(w @ c[1]))
        return np.sum(lax.while_loop(lambda c: c[0] < n, step, (0, np.ones(3)))[1])

    def plain(w, n):
        h = np.ones(3)
        for _ in range(n):
            h = np.tanh(w @ h)
        return np.sum(h)

    ns = np.array([0, 1, 4])
    mapped = vmap(grad(run), in_axes=(None, 0))(w, ns)
    for n, g in zip(ns, mapped):
        np.testing.assert_allclose(g, grad(plain)(w, n), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(grad(run)(w, n), g, rtol=1e-12, atol=1e-14)


def test_a_steady_cotangent_is_no_carry():
    def loss(w):
        body = lambda total, x: (total + np.sum((x @ w) ** 2), None)
        return lax.scan(body, 0.0, XS)[0]

    w = RNG.normal(size=(3, 4))
    _, late = scans(grad(loss), w)
    assert late.params["n_carry"] == 0
    flat = XS.reshape(-1, 3)
    np.testing.assert_allclose(grad(loss)(w), 2 * flat.T @ (flat @ w), rtol=1e-12)
    assert_close(hessian(loss)(w).reshape(12, 12),
                 np.kron(2 * flat.T @ flat, np.eye(4)), False, 10)  # fmt: skip
