"""What grad, the Jacobians, vjp, jvp and linearize answer to mistakes."""

import math

import numpy as np
import pytest

from fgrad import (
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    value_and_grad,
    vjp,
)
from fgrad.errors import (
    TracerArrayConversionError,
    TracerMutationError,
    UntraceableError,
)

from .messages import raised, table

A = np.arange(3.0)
HERE = "test_messages_grad.py:"


def loss(x):
    return x**2


def total(params):
    return params["w"].sum()


def two(x, y):
    return x * y


def nothing(x):
    pass


OUTPUTS = {
    "not scalar": (TypeError, lambda: grad(loss)(A),
                   "grad(loss)", "f64[3]", "return out.sum()", "fgrad.jacobian"),
    "shape (1,)": (TypeError, lambda: grad(loss)(np.ones(1)), "f64[1]",
                   "return out[0]"),
    "shape (1, 1)": (TypeError, lambda: grad(loss)(np.ones((1, 1))),
                     "return out[0, 0]"),
    "complex": (TypeError, lambda: grad(lambda x: x * 1j)(1.0),
                "real output", "complex", ".real", "holomorphic=True"),
    "holomorphic, real": (TypeError,
                          lambda: grad(lambda x: x.real, holomorphic=True)(1j),
                          "complex output", "holomorphic=True"),
    "integer": (TypeError, lambda: grad(lambda x: np.argmax(x))(A),
                "float output", "i64[]", "integers have no derivative"),
    "integer constant": (TypeError, lambda: grad(lambda x: 3)(1.0), "float output"),
    "tuple": (TypeError, lambda: grad(lambda x: (x, x))(1.0), "(tuple)",
              "has_aux=True"),
    "dict": (TypeError, lambda: grad(lambda x: {"loss": x})(1.0), "scalar", "(dict)"),
    "aux is missing": (TypeError, lambda: grad(loss, has_aux=True)(1.0),
                       "pair (value, aux)", "got float[]", "return value, aux"),
    "three for aux": (TypeError, lambda: grad(lambda x: (x, x, x), has_aux=True)(1.0),
                      "pair (value, aux)"),
    "None": (TypeError, lambda: grad(nothing)(1.0),
             "grad(nothing)", "got None", "return statement"),
    "str": (TypeError, lambda: grad(lambda x: "abc")(1.0), "got 'abc' (str)"),
    "value_and_grad": (TypeError, lambda: value_and_grad(loss)(A),
                       "value_and_grad(loss)"),
}  # fmt: skip

INPUTS = {
    "integer": (TypeError, lambda: grad(loss)(3),
                "argument x is int[]", "x.astype(float)", "3.0 instead of 3"),
    "bool": (TypeError, lambda: grad(loss)(True), "argument x is bool[]"),
    "str": (TypeError, lambda: grad(loss)("abc"), "argument x", "'abc' of type str"),
    "None": (TypeError, lambda: grad(loss)(None), "nothing to differentiate", "None"),
    "empty tree": (TypeError, lambda: grad(loss)({}), "nothing to differentiate", "{}"),
    "leaf of a tree": (TypeError,
                       lambda: grad(total)({"b": 1.0, "w": np.arange(3)}),
                       "argument params['w'] is i64[3]"),
    "list of numbers": (TypeError, lambda: grad(loss)([[1.0, 2.0], [3]]),
                        "argument x[1][0] is int[]"),
    "object array": (TypeError, lambda: grad(loss)(np.array([1.0, None])),
                     "argument x", "dtype object"),
    "complex": (TypeError, lambda: grad(loss)(1j),
                "argument x is complex", "holomorphic=True"),
    "holomorphic, real": (TypeError, lambda: grad(loss, holomorphic=True)(1.0),
                          "argument x is float[]", "holomorphic=True needs complex"),
    "jacrev of an integer": (TypeError, lambda: jacrev(loss)(3),
                             "jacrev(loss)", "argument x", "int[]", "x.astype(float)"),
    "jacfwd of an integer": (TypeError, lambda: jacfwd(loss)(np.arange(3)),
                             "jacfwd(loss)", "argument x", "i64[3]", "x.astype(float)"),
    "hessian of an integer": (TypeError, lambda: hessian(loss)(np.arange(3)),
                              "hessian(loss)", "argument x", "i64[3]"),
    "jacobian of complex": (TypeError, lambda: jacobian(loss)(1j), "holomorphic=True"),
    "jacobian of a str": (TypeError, lambda: jacobian(loss)("x"),
                          "argument x", "'x' of type str"),
    "jacobian of None": (TypeError, lambda: jacobian(loss)(None),
                         "jacrev(loss)", "nothing to differentiate"),
}  # fmt: skip

CHOICES = {
    "out of range": (ValueError, lambda: grad(loss, argnums=3)(1.0),
                     "argnums=3", "called with 1"),
    "float": (TypeError, lambda: grad(loss, argnums=0.0), "must be an int", "got 0.0"),
    "repeated": (ValueError, lambda: grad(two, argnums=(0, 0))(1.0, 2.0),
                 "(0, 0)", "twice"),
    "repeated by sign": (ValueError, lambda: grad(two, argnums=(0, -2))(1.0, 2.0),
                         "(0, -2)", "twice"),
    "by keyword": (ValueError, lambda: grad(loss)(x=1.0), "argnums=0", "by position"),
    "jacobian by keyword": (ValueError, lambda: jacobian(loss)(x=1.0), "by position"),
    "not callable": (TypeError, lambda: grad(3.0),
                     "needs a function, got 3.0", "grad(f)(x), not grad(f(x))"),
    "hessian of None": (TypeError, lambda: hessian(None), "hessian needs a function"),
    "wrong count": (TypeError, lambda: grad(two)(1.0),
                    "two() missing 1 required positional argument: 'y'"),
}  # fmt: skip

JACOBIANS = {
    "jacrev of a str": (TypeError, lambda: jacrev(lambda x: "s")(1.0),
                        "jacrev", "returned 's' (str)"),
    "jacfwd of a str": (TypeError, lambda: jacfwd(lambda x: "s")(1.0),
                        "jacfwd", "returned 's' (str)"),
    "jacrev to integers": (TypeError, lambda: jacrev(np.argmax)(A),
                           "jacrev", "i64[]", "has_aux=True"),
    "jacfwd to integers": (TypeError, lambda: jacfwd(np.argmax)(A), "jacfwd", "i64[]"),
    "aux is missing": (TypeError, lambda: jacrev(loss, has_aux=True)(1.0),
                       "pair (output, aux)", "return output, aux"),
    "holomorphic, real": (TypeError,
                          lambda: jacrev(lambda x: x.real, holomorphic=True)(1j),
                          "jacrev", "complex output"),
    "hvp without tuples": (TypeError, lambda: hvp(np.sum, A, A),
                           "hvp(sum)", "hvp(f, (x,), (t,))"),
}  # fmt: skip


@table(OUTPUTS)
def test_output(case):
    raised(*case)


@table(INPUTS)
def test_input(case):
    raised(*case)


@table(CHOICES)
def test_choice_of_arguments(case):
    raised(*case)


@table(JACOBIANS)
def test_jacobian(case):
    raised(*case)


def test_what_is_no_mistake():
    assert grad(two, argnums=-1)(2.0, 3.0) == 2.0
    assert grad(lambda x: 1.0)(2.0) == 0.0
    np.testing.assert_array_equal(grad(lambda x: 0.0)(A), np.zeros(3))
    assert grad(lambda x: int(x) * x)(1.5) == 1.0  # int() is a step: derivative zero


# -- inside the function -----------------------------------------------------------


def in_place(x):
    a = np.zeros(3)
    a += x
    return a.sum()


def write(x):
    a = np.zeros(3)
    a[0] = x
    return a.sum()


def write_slice(x):
    a = np.zeros(3)
    a[:] = x
    return a.sum()


def change(x):
    x[0] = 1.0
    return x.sum()


CONVERSION = TracerArrayConversionError
INSIDE = {
    "math.sin": (CONVERSION, lambda: grad(lambda x: math.sin(x))(1.0),
                 "float[] (argument x of grad(lambda))", "`math.sin(x)`",
                 "np.sin", HERE),
    "float": (CONVERSION, lambda: grad(lambda x: float(x))(1.0), "`float(x)`", HERE),
    "complex": (CONVERSION, lambda: grad(lambda x: complex(x))(1.0), "complex", HERE),
    "item": (CONVERSION, lambda: grad(lambda x: x.item())(1.0), "`x.item()`", HERE),
    "tolist": (CONVERSION, lambda: grad(lambda x: x.tolist())(A), "`x.tolist()`", HERE),
    "asarray": (CONVERSION, lambda: grad(lambda x: np.asarray(x).sum())(A),
                "f64[3]", "its derivative would be lost", "`np.asarray(x)`", HERE),
    "array": (CONVERSION, lambda: grad(lambda x: np.array([x, x]).sum())(1.0),
              "`np.array([x, x])`", "np.stack([x, y])", HERE),
    "array of mixed": (CONVERSION, lambda: grad(lambda x: np.array([1.0, x]))(1.0),
                       "np.stack([x, y])"),
    "object array": (CONVERSION,
                     lambda: grad(lambda x: np.array([x, None], dtype=object))(1.0),
                     "np.stack"),
    "float64": (CONVERSION, lambda: grad(lambda x: np.float64(x))(1.0), "x.astype"),
    "write": (CONVERSION, lambda: grad(write)(1.0),
              "argument x of grad(write)", "`a[0]`", "np.stack", ".set(x)", HERE),
    "write a slice": (CONVERSION, lambda: grad(write_slice)(A), "`a[:]`", "np.where"),
    "fill": (CONVERSION, lambda: grad(lambda x: np.zeros(3).fill(x))(1.0), "np.where"),
    "index": (CONVERSION, lambda: grad(lambda x: A[x])(1.0), "`A[x]`",
              "fgrad.numpy.take(A, x"),
    "dot": (CONVERSION, lambda: grad(lambda x: A.dot(x))(A), "`A.dot(x)`", "A @ x"),
    "vectorize": (CONVERSION, lambda: grad(lambda x: np.vectorize(loss)(x).sum())(A),
                  "np.vectorize", "fgrad.vmap"),
    "normal": (CONVERSION,
               lambda: grad(lambda x: np.random.default_rng(0).normal(x))(1.0),
               "x + scale * rng.normal"),
    "polynomial": (CONVERSION,
                   lambda: grad(lambda x: np.polynomial.Polynomial([1, 2])(x))(1.0),
                   "np.polyval"),
    "a += x": (TracerMutationError, lambda: grad(in_place)(A),
               "np.add", "`a += x`", "A = A + x", HERE),
    "out=": (TracerMutationError, lambda: grad(lambda x: np.sin(x, out=np.ones(3)))(A),
             "np.sin", "out=", HERE),
    "sum to out=": (TracerMutationError,
                    lambda: grad(lambda x: np.sum(x, out=np.ones(())))(A), "out="),
    "x[0] = 1": (TracerMutationError, lambda: grad(change)(A),
                 "f64[3] (argument x of grad(change))", "x = x.copy() first"),
    "copyto": (TracerMutationError,
               lambda: grad(lambda x: np.copyto(np.zeros(3), x))(A), "np.copyto"),
    "full_like": (TracerMutationError,
                  lambda: grad(lambda x: np.full_like(A, x).sum())(1.0),
                  "np.full_like", "np.broadcast_to"),
    "nan_to_num": (TracerMutationError,
                   lambda: grad(lambda x: np.nan_to_num(A, nan=x).sum())(1.0),
                   "np.where"),
    "frompyfunc": (UntraceableError,
                   lambda: grad(lambda x: np.frompyfunc(loss, 1, 1)(x).sum())(A),
                   "np.frompyfunc(loss)", "fgrad.vmap", "fgrad.custom_vjp"),
}  # fmt: skip


@table(INSIDE)
def test_inside_the_function(case):
    raised(*case)


@pytest.mark.parametrize("transform", [jacrev, jacfwd, hessian])
def test_a_jacobian_names_itself_and_the_argument(transform):
    name = transform.__name__.replace("hessian", "jacrev")
    f = lambda scale, x: np.sum(np.asarray(x)) * scale
    wanted = f"argument x of {name}(lambda)"
    raised(TracerArrayConversionError, lambda: transform(f, argnums=1)(2.0, A), wanted)


# -- vjp, jvp, linearize -----------------------------------------------------------


def pull(f, *primals):
    return vjp(f, *primals)[1]


F32 = np.ones(3, np.float32)
VJP = {
    "shape": (ValueError, lambda: pull(loss, A)(np.ones(2)),
              "vjp(loss)", "must be f64[3]", "got f64[2]"),
    "tree": (ValueError, lambda: pull(lambda x: {"a": x, "b": (x, x)}, A)({
                 "a": A, "b": (A,)}), "['b']", "tuple of length 2", "length 1"),
    "path": (ValueError, lambda: pull(lambda x: {"a": x, "b": x}, A)({
                 "a": A, "b": np.ones(2)}), "cotangent['b']", "f64[3]", "f64[2]"),
    "dtype": (TypeError, lambda: pull(loss, F32)(np.ones(3)),
              "float64", "float32", "ct.astype('float32')"),
    "integer": (TypeError, lambda: pull(loss, A)(np.ones(3, int)), "astype('float64')"),
    "complex": (TypeError, lambda: pull(loss, 1.0)(1j), "complex", "ct.real"),
    "str": (ValueError, lambda: pull(loss, 1.0)("a"), "'a' (str)"),
    "None": (ValueError, lambda: pull(loss, 1.0)(None), "structure", "got None"),
    "two arguments": (TypeError, lambda: pull(loss, A)(A, A), "one argument", "tuple"),
    "primal": (TypeError, lambda: vjp(loss, "a"), "argument x", "'a' of type str"),
    "output": (TypeError, lambda: vjp(lambda x: "a", 1.0), "returned 'a' (str)"),
    "not callable": (TypeError, lambda: vjp(1.0, 1.0), "vjp needs a function"),
    "aux": (TypeError, lambda: vjp(loss, 1.0, has_aux=True), "(output, aux)",
            "float[]"),
    "count": (TypeError, lambda: vjp(loss, 1.0, 2.0), "loss() takes 1 positional"),
}  # fmt: skip

JVP = {
    "no tuple": (TypeError, lambda: jvp(loss, 1.0, 1.0), "jvp(f, (x,), (t,))", "float"),
    "tree": (TypeError, lambda: jvp(loss, (1.0,), (1.0, 2.0)), "same structure"),
    "inner tree": (TypeError, lambda: jvp(total, ({"w": A},), ({"v": A},)),
                   "[0]", "['w']", "['v']"),
    "shape": (ValueError, lambda: jvp(loss, (A,), (np.ones(2),)),
              "tangents[0]", "(2,)", "(3,)"),
    "path": (ValueError, lambda: jvp(total, ({"w": A},), ({"w": np.ones(2)},)),
             "tangents[0]['w']"),
    "dtype": (TypeError, lambda: jvp(loss, (F32,), (np.ones(3),)), "astype('float32')"),
    "integer": (TypeError, lambda: jvp(loss, (3,), (1.0,)),
                "primals[0] is int[]", "float0", "x.astype(float)"),
    "complex": (TypeError, lambda: jvp(loss, (3.0,), (1j,)), "complex", "real"),
    "str": (TypeError, lambda: jvp(loss, ("a",), ("a",)), "primals[0]", "'a'"),
    "None": (TypeError, lambda: jvp(loss, (1.0,), (None,)), "[0]", "got None"),
    "not callable": (TypeError, lambda: jvp(None, (1.0,), (1.0,)), "needs a function"),
    "linearize, tree": (TypeError, lambda: linearize(loss, 1.0)[1](1.0, 2.0),
                        "linearize(loss)", "structure", "length 1", "length 2"),
    "linearize, shape": (ValueError, lambda: linearize(loss, A)[1](np.ones(2)),
                         "linearize(loss)", "(2,)", "(3,)"),
    "linearize, dtype": (TypeError, lambda: linearize(loss, F32)[1](np.ones(3)),
                         "astype('float32')"),
    "linearize a str": (TypeError, lambda: linearize(loss, "a"), "'a' of type str"),
}  # fmt: skip


@table(VJP)
def test_vjp(case):
    raised(*case)


@table(JVP)
def test_jvp_and_linearize(case):
    raised(*case)
