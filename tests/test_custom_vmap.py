"""custom_vmap, sequential_vmap, and the loop where there is no rule for batches."""

import os
import warnings

import numpy as np
import pytest

import fgrad
from fgrad import grad, hessian, jit, jvp, linearize, vjp, vmap
from fgrad.core import Aval, Primitive
from fgrad.custom_batching import custom_vmap, sequential_vmap
from fgrad.errors import VmapLoopWarning

from .messages import raised, table

X = np.array([0.5, 1.0, 2.0])
W = np.array([3.0, 4.0, 5.0])
HERE = "test_custom_vmap.py:"


@custom_vmap
def f(x, y):
    return np.sin(x) * y


@f.def_vmap
def f_rule(size, in_batched, x, y):
    """Another function, so that one sees which of the two ran."""
    seen.append((size, in_batched))
    return np.cos(x) * y**2, True


seen = []


def many(x, y):
    return np.cos(x) * y**2


def test_the_rule_runs_under_vmap_only():
    seen.clear()
    assert f(1.0, 2.0) == np.sin(1.0) * 2
    assert jit(f)(1.0, 2.0) == np.sin(1.0) * 2
    assert grad(f, 1)(1.0, 2.0) == np.sin(1.0)
    assert not seen
    np.testing.assert_array_equal(vmap(f)(X, W), many(X, W))
    np.testing.assert_array_equal(vmap(f, in_axes=(0, None))(X, 2.0), many(X, 2.0))
    np.testing.assert_array_equal(vmap(lambda x: f(y=2.0, x=x))(X), many(X, 2.0))
    assert seen == [(3, [True, True]), (3, [True, False]), (3, [True, False])]
    np.testing.assert_array_equal(vmap(lambda x: x + f(1.0, 2.0))(X), X + f(1.0, 2.0))
    assert len(seen) == 3


def test_the_mapped_axis_comes_in_front():
    g = custom_vmap(lambda x: x)
    g.def_vmap(lambda size, _, x: (x * np.arange(size)[:, None], True))
    x = np.ones((2, 3))
    np.testing.assert_array_equal(vmap(g, 1, 1)(x), x * np.arange(3))


WAYS = {
    "vmap": lambda x, w: vmap(f)(x, w),
    "jit vmap": lambda x, w: jit(vmap(f))(x, w),
    "vmap jit": lambda x, w: vmap(jit(f))(x, w),
    "vmap in vmap": lambda x, w: vmap(vmap(f))(x[None], w[None])[0],
}


@pytest.mark.parametrize("way", WAYS)
def test_values_and_derivatives_are_those_of_the_rule(way):
    mapped = WAYS[way]
    np.testing.assert_allclose(mapped(X, W), many(X, W))
    loss = lambda g: lambda x, w: np.sum(g(x, w) ** 2)
    expected = grad(loss(many), (0, 1))(X, W)
    np.testing.assert_allclose(grad(loss(mapped), (0, 1))(X, W), expected)
    np.testing.assert_allclose(jit(grad(loss(mapped), (0, 1)))(X, W), expected)
    np.testing.assert_allclose(grad(jit(loss(mapped)), (0, 1))(X, W), expected)
    ts = (W, X)
    np.testing.assert_allclose(jvp(mapped, (X, W), ts), jvp(many, (X, W), ts))
    np.testing.assert_allclose(
        linearize(mapped, X, W)[1](*ts), linearize(many, X, W)[1](*ts)
    )
    np.testing.assert_allclose(hessian(loss(mapped))(X, W), hessian(loss(many))(X, W))


@pytest.mark.parametrize("run", [lambda g: g, jit], ids=["eager", "jit"])
def test_mapped_derivatives_are_those_of_the_rule(run):
    for argnums in (0, 1, (0, 1)):
        expected = vmap(grad(many, argnums))(X, W)
        np.testing.assert_allclose(vmap(run(grad(f, argnums)))(X, W), expected)
        np.testing.assert_allclose(vmap(grad(run(f), argnums))(X, W), expected)
        np.testing.assert_allclose(run(vmap(grad(f, argnums)))(X, W), expected)
    # an argument that is shared has a gradient for each element
    np.testing.assert_allclose(
        vmap(run(grad(f, 1)), in_axes=(0, None))(X, 2.0), 4 * np.cos(X)
    )
    np.testing.assert_allclose(
        vmap(run(lambda x: jvp(f, (x, 2.0), (1.0, 0.0))[1]))(X), -np.sin(X) * 4
    )
    np.testing.assert_allclose(vmap(run(grad(grad(f))))(X, W), -np.cos(X) * W**2)
    # where no argument is mapped, the function runs
    np.testing.assert_allclose(
        vmap(run(lambda t: jvp(f, (1.0, 2.0), (t, 0.0))[1]))(X), np.cos(1.0) * 2 * X
    )
    np.testing.assert_allclose(
        vmap(lambda ct: vjp(run(f), 1.0, 2.0)[1](ct)[1])(X), np.sin(1.0) * X
    )


def test_without_vmap_the_function_is_differentiated():
    np.testing.assert_allclose(jit(grad(f))(1.0, 2.0), np.cos(1.0) * 2)
    np.testing.assert_allclose(grad(jit(f))(1.0, 2.0), np.cos(1.0) * 2)
    np.testing.assert_allclose(grad(grad(f))(1.0, 2.0), -np.sin(1.0) * 2)
    np.testing.assert_allclose(jvp(f, (1.0, 2.0), (1.0, 0.0))[1], np.cos(1.0) * 2)


def test_agrees_with_jax():
    os.environ["JAX_PLATFORMS"] = "cpu"
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    from jax.custom_batching import custom_vmap as jax_custom_vmap

    theirs = jax_custom_vmap(lambda x, y: jax.numpy.sin(x) * y)
    theirs.def_vmap(lambda size, in_batched, x, y: (jax.numpy.cos(x) * y**2, True))
    ways = lambda lib, f: [
        lib.vmap(f)(X, W),
        lib.vmap(f, in_axes=(None, 0))(2.0, W),
        lib.jit(lib.vmap(f))(X, W),
        lib.vmap(lib.jit(f))(X, W),
        lib.vmap(lib.vmap(f, in_axes=(0, None)), in_axes=(None, 0))(X, W),
        lib.grad(lambda x: lib.vmap(f)(x, W).sum())(X),
        lib.vmap(lambda x: lib.jvp(f, (x, 2.0), (1.0, 0.0))[1])(X),
        lib.jvp(f, (1.0, 2.0), (1.0, 1.0))[1],
        lib.vmap(lambda x: x * f(1.0, 2.0))(X),
    ]
    for ours, other in zip(ways(fgrad, f), ways(jax, theirs), strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-12)


def test_trees_and_outputs_that_are_not_batched():
    @custom_vmap
    def g(d, n):
        return {"sum": d["a"] + d["b"], "n": n + 1}

    @g.def_vmap
    def rule(size, in_batched, d, n):
        assert in_batched == [{"a": True, "b": False}, False]
        return {"sum": d["a"] + d["b"], "n": n + 1}, {"sum": True, "n": False}

    mapped = vmap(
        g, in_axes=({"a": 0, "b": None}, None), out_axes={"sum": 0, "n": None}
    )
    for run in (mapped, jit(mapped)):
        out = run({"a": X, "b": 1.0}, 4)
        np.testing.assert_array_equal(out["sum"], X + 1)
        assert out["n"] == 5
    slope = lambda a: grad(lambda a: g({"a": a, "b": 1.0}, 4)["sum"] ** 2)(a)
    np.testing.assert_allclose(vmap(slope)(X), 2 * (X + 1))


def test_closed_over_values():
    def scaled(c, x):
        g = custom_vmap(lambda x: x * c)
        g.def_vmap(lambda size, _, x: (x * c * 2, True))
        return g(x)

    np.testing.assert_array_equal(vmap(lambda x: scaled(3.0, x))(X), X * 6)
    slope = grad(lambda c: np.sum(vmap(lambda x: scaled(c, x))(X)))
    assert slope(3.0) == 2 * X.sum()
    assert jit(slope)(3.0) == 2 * X.sum()


@sequential_vmap
def piecewise(x, w):
    return {"a": x * w if x > 0.7 else x, "n": 1}


def test_sequential_vmap_runs_python_on_each_element():
    out = vmap(piecewise, in_axes=(0, None))(X, 10.0)
    np.testing.assert_array_equal(out["a"], [0.5, 10.0, 20.0])
    np.testing.assert_array_equal(out["n"], [1, 1, 1])
    total = lambda x: np.sum(vmap(piecewise, in_axes=(0, None))(x, 10.0)["a"])
    np.testing.assert_array_equal(grad(total)(X), [1.0, 10.0, 10.0])
    assert vmap(sequential_vmap(np.sin))(np.ones((0, 2))).shape == (0, 2)


def test_sequential_vmap_composes():
    g = sequential_vmap(lambda x, w: np.sum(np.tanh(x) * w))
    plain = lambda x, w: np.sum(np.tanh(x) * w)
    x = np.arange(12.0).reshape(2, 3, 2)
    for run in (lambda f: f, jit):
        np.testing.assert_allclose(
            run(vmap(vmap(g, (0, None)), (0, None)))(x, 2.0),
            vmap(vmap(plain, (0, None)), (0, None))(x, 2.0),
        )
        np.testing.assert_allclose(
            run(vmap(grad(g), (0, None)))(x[0], 2.0),
            vmap(grad(plain), (0, None))(x[0], 2.0),
        )


# -- without a rule ----------------------------------------------------------------

double = Primitive(
    "double",
    impl=lambda x, *, by: np.asarray(x) * by,
    abstract=lambda x, *, by: Aval(x.shape, x.dtype),
    vjp=(lambda ct, z, x, *, by: double(ct, by=by),),
    jvp=lambda ts, z, x, *, by: double(ts[0], by=by),
    linear=True,
)
both = Primitive(
    "both",
    impl=lambda x, y: [x + y, x * y],
    abstract=lambda x, y: [Aval(x.shape, x.dtype)] * 2,
    multi=True,
)


def test_a_primitive_without_a_rule_runs_element_by_element():
    x = np.arange(6.0).reshape(2, 3)
    with pytest.warns(VmapLoopWarning) as caught:
        out = vmap(lambda x: double(x, by=2.0), 1, 1)(x)
    np.testing.assert_array_equal(out, x * 2)
    (warning,) = caught
    assert warning.filename == __file__
    for part in ('"double"', HERE, "element by element", "custom_vmap"):
        assert part in str(warning.message)
    with pytest.warns(VmapLoopWarning):
        sums, products = vmap(lambda x, y: both(x, y), in_axes=(0, None))(x, X)
    np.testing.assert_array_equal(sums, x + X)
    np.testing.assert_array_equal(products, x * X)


@pytest.mark.filterwarnings("ignore::fgrad.errors.VmapLoopWarning")
def test_the_loop_composes():
    x = np.arange(6.0).reshape(2, 3)
    f = lambda x: np.sum(double(x, by=2.0) ** 2)
    np.testing.assert_array_equal(vmap(grad(f))(x), 8 * x)
    np.testing.assert_array_equal(grad(lambda x: np.sum(vmap(f)(x)))(x), 8 * x)
    np.testing.assert_array_equal(jit(vmap(grad(f)))(x), 8 * x)
    np.testing.assert_array_equal(vmap(jit(f))(x), np.sum(4 * x**2, axis=1))
    assert vmap(lambda x: double(x, by=2.0))(x[:0]).shape == (0, 3)
    assert [o.shape for o in vmap(lambda x: both(x, 1.0))(x[:0])] == [(0, 3)] * 2


def test_the_warning_comes_once_for_each_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            vmap(lambda x: double(x, by=2.0))(X)
            vmap(lambda x: double(x, by=3.0))(X)
    assert len(caught) == 2


# -- mistakes ----------------------------------------------------------------------


def ruled(rule, fun=lambda x: x * 2.0):
    g = custom_vmap(fun)
    g.def_vmap(rule)
    return vmap(g)


PAIR = lambda x: (x, x)

MISTAKES = {
    "no rule": (AttributeError, lambda: vmap(custom_vmap(np.sin))(X),
                "custom_vmap(sin) has no rule yet", "def_vmap"),
    "no pair": (TypeError, lambda: ruled(lambda n, b, x: x)(X), "(output, out_batched)",
                "got f64[3]"),
    "a flag for two": (TypeError,
                       lambda: ruled(lambda n, b, x: ((x, x), True), PAIR)(X),
                       "custom_vmap(lambda): the rule lambda", "each output",
                       "structure of the output"),
    "flags in a list": (
        TypeError, lambda: ruled(lambda n, b, x: ((x, x), [True, True]), PAIR)(X),
        "structure of the output", "list"),
    "a flag that is an int": (TypeError, lambda: ruled(lambda n, b, x: (x, 1))(X),
                              "True and False, got 1"),
    "wrong size": (ValueError, lambda: ruled(lambda n, b, x: (x[:2], True))(X),
                   "f64[2]", "batched", "size 3"),
    "no axis": (ValueError, lambda: ruled(lambda n, b, x: (1.0, True))(X), "float[]"),
    "wrong shape": (ValueError,
                    lambda: jit(lambda x: vmap(jit(shaped))(x))(X),
                    "expected f64[] for each element", "got f64[3,1] for 3 of them"),
    "wrong tree": (TypeError, lambda: vmap(jit(treed))(X), "what the function returns"),
    "closes over a mapped value": (
        TypeError, lambda: vmap(lambda c: ruled_at(c)(1.0))(X),
        "custom_vmap(lambda) closes over a mapped value", "argument c", "pass it"),
    "string": (TypeError, lambda: vmap(lambda x: f(x, "s"))(X), "argument y",
               "'s' of type str", "close over it"),
    "count": (TypeError, lambda: f(1.0), "missing a required argument"),
}  # fmt: skip


def ruled_at(c):
    g = custom_vmap(lambda x: x * c)
    g.def_vmap(lambda n, b, x: (x * c, True))
    return g


shaped = custom_vmap(lambda x: x * 2.0)
shaped.def_vmap(lambda n, b, x: (x[:, None], True))
treed = custom_vmap(lambda x: x * 2.0)
treed.def_vmap(lambda n, b, x: ((x,), (True,)))


@table(MISTAKES)
def test_mistakes(case):
    raised(*case)


def test_what_is_no_function():
    raised(TypeError, lambda: custom_vmap(3), "custom_vmap needs a function", frames=4)
    needs = "custom_vmap(sin).def_vmap needs functions, got 3"
    raised(TypeError, lambda: custom_vmap(np.sin).def_vmap(3), needs, frames=2)
