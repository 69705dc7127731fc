"""numerical_grad and the checks: what they find, and what they say about it."""

import functools
import importlib
import math

import numpy as np
import pytest

import fgrad
from fgrad.test_util import check_grads, check_jvp, check_vjp, numerical_grad

from .messages import raised, table

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 3)), RNG.normal(size=3)
PARAMS = {"w": A, "b": [RNG.normal(size=2), 0.5]}


def loss(params, x):
    return np.sum(np.tanh(params["w"] @ x + params["b"][0]) * params["b"][1])


# -- numerical_grad ------------------------------------------------------------------


def test_numerical_grad_is_the_gradient():
    close = functools.partial(np.testing.assert_allclose, rtol=1e-8, atol=1e-9)
    expected = fgrad.grad(loss, argnums=(1, 0))(PARAMS, B)
    got = numerical_grad(loss, argnums=[1, 0])(PARAMS, B)
    assert isinstance(got, tuple)
    fgrad.tree.map(close, got, expected)
    close(numerical_grad(lambda x, n: x**n)(2.0, n=3), 12.0)


def test_numerical_grad_needs_no_tracing():
    np.testing.assert_allclose(numerical_grad(math.gamma)(3.0), 1.845568670, rtol=1e-8)


@pytest.mark.parametrize("dtype, tol", [(np.float32, 1e-3), (np.float64, 1e-9)])
def test_numerical_grad_keeps_the_dtype(dtype, tol):
    x = np.array([0.5, 3.0, -2.0], dtype)
    got = numerical_grad(lambda x: np.sum(x * x))(x)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, 2 * x, rtol=tol)
    assert numerical_grad(lambda x: np.sum(x))(np.zeros((0, 3), dtype)).shape == (0, 3)


def test_the_step_grows_with_the_element():
    squared = numerical_grad(lambda x: x * x)
    np.testing.assert_allclose(squared(np.float32(1e4)), 2e4, rtol=1e-4)
    np.testing.assert_allclose(squared(1e8), 2e8, rtol=1e-9)


def test_numerical_grad_uses_eps():
    cubed = numerical_grad(lambda x: x**3, eps=0.5)
    assert cubed(1.0) == pytest.approx(3 + 0.5**2)  # the error is eps**2


def test_numerical_grad_of_complex_arguments():
    z = np.array([1.0 + 2.0j, -0.5j])
    real = lambda z: np.sum(np.abs(z) ** 2)
    np.testing.assert_allclose(numerical_grad(real)(z), 2 * np.conj(z), rtol=1e-8)
    pulled = fgrad.vjp(real, z)[1](1.0)[0]
    np.testing.assert_allclose(numerical_grad(real)(z), pulled, rtol=1e-8)
    np.testing.assert_allclose(
        numerical_grad(lambda z: np.sum(z**2))(z),
        fgrad.grad(lambda z: np.sum(z**2), holomorphic=True)(z),
        rtol=1e-8,
    )


# -- what is right passes ------------------------------------------------------------


def two_outputs(x, y):
    return {"sum": x["a"] * np.sin(y), "pair": (np.exp(x["a"]), y @ y)}


RIGHT = {
    "scalar": (np.sin, (1.0,)),
    "matrix": (lambda a, b: np.tanh(a @ b), (A, B)),
    "trees": (loss, (PARAMS, B)),
    "several outputs": (two_outputs, ({"a": 0.5}, B)),
    "float32": (lambda x: np.sin(x) * np.float32(2), (B.astype(np.float32),)),
    "complex": (lambda z: z**2 + np.conj(z), (B + 1j,)),
    "real of complex": (lambda z: np.sum(np.abs(z) ** 2), (B + 1j,)),
    "integers stay": (lambda x, n: (x**n, n + 1), (2.0, 3)),
    "size zero": (lambda x: 2 * x, (np.zeros(0),)),
    "jit": (fgrad.jit(lambda a, b: np.sum(np.exp(a @ b))), (A, B)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_derivatives_pass(name):
    fun, args = RIGHT[name]
    check_grads(fun, args, order=2)
    check_grads(fun, list(args), order=1, modes=["rev"])
    check_jvp(fun, functools.partial(fgrad.jvp, fun), args)
    check_vjp(fun, functools.partial(fgrad.vjp, fun), args)


def test_order_3():
    check_grads(lambda x: np.sum(x**4), (B,), order=3)


def test_jax_is_checked_alike():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        fun = lambda x, y: jax.numpy.sin(x) * y
        args = (B, B + 1)
        for module in (fgrad.test_util, importlib.import_module("jax.test_util")):
            module.check_jvp(fun, functools.partial(jax.jvp, fun), args, 1e-5, 1e-5)
            module.check_vjp(fun, functools.partial(jax.vjp, fun), args, 1e-5, 1e-5)


# -- what is wrong is found ----------------------------------------------------------


@fgrad.custom_vjp
def wrong_vjp(x, y):
    return x * y


wrong_vjp.defvjp(
    lambda x, y: (x * y, (x, y)),
    lambda res, ct: (ct * res[1], ct * (res[0] + np.array([0.0, 0.0, 0.25]))),
)


@fgrad.custom_jvp
def wrong_jvp(x):
    return x["a"] ** 2


@wrong_jvp.defjvp
def _(primals, tangents):
    x, t = primals[0]["a"], tangents[0]["a"]
    return x**2, 2.5 * x * t


@fgrad.custom_jvp
def wrong_second(x):
    return x**3


@wrong_second.defjvp
def _(primals, tangents):
    (x,), (t,) = primals, tangents
    return x**3, 3 * fgrad.stop_gradient(x) ** 2 * t


@fgrad.custom_jvp
def wrong_value(x):
    return x


wrong_value.defjvp(lambda primals, tangents: (primals[0] + 1, tangents[0]))

NARROW = np.array([1.0, 2.0, 3.0])

WRONG = {
    "rev": (
        lambda: check_grads(wrong_vjp, (NARROW, NARROW), 1, modes=("rev",)),
        "check_grads(wrong_vjp), order 1, mode rev", "argument y", "at [2]",
        "the derivative is", "the finite difference", "largest deviation",
        "atol=1e-06"),
    "fwd": (
        lambda: check_grads(wrong_jvp, ({"a": NARROW},), 1, modes=("fwd",)),
        "check_grads(wrong_jvp), order 1, mode fwd", "argument x['a']",
        "tangent of the output at [", "kink"),
    "fwd over rev": (
        lambda: check_grads(wrong_second, (2.0,), 2, modes=("rev", "fwd")),
        "check_grads(wrong_second), order 2, mode rev over rev", "argument x",
        "the derivative is 0"),
    "value": (
        lambda: check_grads(wrong_value, (2.0,), 1, modes=("fwd",)),
        "the value is 3.0, but f returns 2.0"),
    "a kink": (
        lambda: check_grads(lambda x: np.where(x > 0, x, 0.0), (0.0,), 1, ("rev",)),
        "argument x", "choose other arguments"),
    "nan": (
        lambda: check_jvp(np.sin, lambda x, t: (np.sin(*x), t[0] * np.nan), (1.0,)),
        "the derivative is nan"),
    "one of several outputs": (
        lambda: check_jvp(
            two_outputs,
            lambda x, t: (two_outputs(*x), {"sum": B * 0, "pair": (0.0, 0.0)}),
            ({"a": 0.5}, B)),
        "argument x['a'], tangent of the output['pair'][0]", "the derivative is 0"),
    "tangent of another shape": (
        lambda: check_jvp(np.sin, lambda x, t: (np.sin(*x), np.ones((3, 1))), (B,)),
        "check_jvp(sin)", "shape (3, 1), not (3,)"),
    "tangent of another structure": (
        lambda: check_jvp(np.sin, lambda x, t: (np.sin(*x), (1.0,)), (B,)),
        "the tangent of the output has another structure", "a tuple of length 1"),
    "cotangents are no tuple": (
        lambda: check_vjp(np.sin, lambda x: (np.sin(x), lambda ct: ct), (B,)),
        "the result of the pullback", "expected a tuple of length 1"),
    "cotangent of another shape": (
        lambda: check_vjp(np.sin, lambda x: (np.sin(x), lambda ct: (1.0,)), (B,)),
        "argument x: cotangent float[], the argument f64[3]"),
    "err_msg": (
        lambda: check_vjp(
            np.sin, lambda x: (np.sin(x), lambda ct: (ct,)), (B,), err_msg="my rule"),
        "check_vjp(sin): my rule: argument x"),
}  # fmt: skip


@table(WRONG)
def test_wrong_derivatives_are_found(case):
    raised(AssertionError, *case)


def test_the_numbers_in_the_message_are_right():
    error = raised(AssertionError, WRONG["rev"][0])
    ct = str(error).split("the derivative is ")[1]
    derivative, rest = ct.split(", the finite difference ")
    # d/dy (x * y) = x = 3, and the wrong rule adds 0.25.
    assert float(derivative) / float(rest.split(";")[0]) == pytest.approx(3.25 / 3)
    deviation = abs(float(derivative) - float(rest.split(";")[0]))
    assert f"largest deviation is {deviation:.3g}" in str(error)


def test_tolerances_and_eps_are_used():
    nearly = lambda x: (x * x, lambda ct: (ct * 2.01 * x,))
    with pytest.raises(AssertionError):
        check_vjp(np.square, nearly, (B,))
    check_vjp(np.square, nearly, (B,), rtol=0.1)
    check_vjp(np.square, nearly, (B,), atol=0.1)
    cubed = lambda x: x**3
    with pytest.raises(AssertionError):
        check_grads(cubed, (B,), 1, eps=0.1)


# -- mistakes ------------------------------------------------------------------------

MISTAKES = {
    "order": (ValueError, lambda: check_grads(np.sin, (1.0,), 0), "order must be 1"),
    "modes, str": (ValueError, lambda: check_grads(np.sin, (1.0,), 1, "rev"),
                   "modes must be", "'rev'", 'modes=("rev",)'),
    "modes, unknown": (ValueError, lambda: check_grads(np.sin, (1.0,), 1, ("bwd",)),
                       "('bwd',)"),
    "modes, none": (ValueError, lambda: check_grads(np.sin, (1.0,), 1, ()), "()"),
    "args, array": (TypeError, lambda: check_grads(np.sin, B, 1),
                    "args must be a tuple", "f64[3]", "write (x,)"),
    "args, str": (TypeError, lambda: check_grads(lambda x: x, ("a",), 1),
                  "argument x", "'a'", "not a number"),
    "args, integers": (TypeError, lambda: check_grads(np.sin, (1,), 1),
                       "check_grads(sin)", "nothing to differentiate", "pass floats"),
    "not callable": (TypeError, lambda: check_grads(1.0, (1.0,), 1),
                     "check_grads needs a function"),
    "rule is not callable": (TypeError, lambda: check_jvp(np.sin, 1.0, (1.0,)),
                             "check_jvp needs a function"),
    "numerical, vector": (TypeError, lambda: numerical_grad(np.sin)(B),
                          "numerical_grad(sin) needs one float", "f64[3]", ".sum()"),
    "numerical, int output": (TypeError, lambda: numerical_grad(lambda x: 3)(1.0),
                              "int[]"),
    "numerical, int": (TypeError, lambda: numerical_grad(lambda x: x)(3),
                       "argument x", "int[]", "3.0 instead of 3"),
    "numerical, leaf": (TypeError, lambda: numerical_grad(loss)({"w": "A"}, B),
                        "argument params['w']", "'A' (str)"),
    "numerical, argnums": (ValueError, lambda: numerical_grad(loss, 3)(PARAMS, B),
                           "argnums=3"),
}  # fmt: skip


@table(MISTAKES)
def test_mistakes(case):
    raised(*case)
