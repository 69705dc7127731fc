"""What jit and its tracers answer to mistakes, and what leaked tracers answer."""

import copy
import math
import pickle

import numpy as np
import pytest

import fgrad.numpy as fnp
from fgrad import grad, jit, jvp, linearize, make_jaxpr, vjp, vmap
from fgrad.errors import (
    ConcretizationTypeError,
    NonConcreteBooleanIndexError,
    TracerArrayConversionError,
    TracerBoolConversionError,
    TracerIntegerConversionError,
    TracerMutationError,
    UnexpectedTracerError,
)

from .messages import raised, table

A = np.arange(3.0)
M = np.ones((2, 3))
HERE = "test_messages_jit.py:"


def countdown(x):
    while x > 0:
        x = x - 1
    return x


def asserting(x):
    assert x > 0
    return x


def two(x, y):
    return x * y


def generator(x):
    yield x


async def coroutine(x):
    return x


async def stream(x):
    yield x


def run(f, *args):
    return lambda: jit(f)(*args)


BOOL = TracerBoolConversionError
TRUTH = {
    "if": (BOOL, run(lambda x: x if x > 0 else -x, 1.0), "bool[]", HERE,
           "in jit(lambda)", "np.where(condition, a, b)", "static_argnums"),
    "while": (BOOL, run(countdown, 1.0), "countdown", "jit(countdown)"),
    "assert": (BOOL, run(asserting, 1.0), "asserting", "assert"),
    "and": (BOOL, run(lambda x: (x > 0) and (x < 1), 1.0), "np.logical_and"),
    "or": (BOOL, run(lambda x: (x > 0) or (x < 1), 1.0), "np.logical_and"),
    "not": (BOOL, run(lambda x: not x, 1.0), "argument x of jit(lambda)"),
    "chained": (BOOL, run(lambda x: 0 < x < 1, 1.0), "chained comparisons"),
    "in": (BOOL, run(lambda x: x in [1, 2], 1.0), "in and chained"),
    "max": (BOOL, run(max, 1.0, 2.0), "np.maximum"),
}  # fmt: skip

INT = TracerIntegerConversionError
STATIC = "static_argnums, static_argnames"
INTEGERS = {
    "range": (INT, run(lambda n: sum(range(n)), 3), "int[]", "argument n of jit",
              STATIC),
    "float range": (TypeError, run(lambda n: range(n), 3.0), "integer scalars",
                    "float[]"),
    "int": (INT, run(lambda x: int(x), 1.0), "int()", "argument x", STATIC),
    "list index": (INT, run(lambda i: [1, 2, 3][i], 1), "an index", "argument i",
                   STATIC),
    "slice": (INT, run(lambda x, i: x[:i], A, 1), "argument i", STATIC),
    "slice of an ndarray": (INT, run(lambda i: A[:i], 1), "argument i", STATIC),
    "zeros": (INT, run(lambda n: np.zeros(n), 3), "a shape", "argument n of jit",
              STATIC),
    "zeros, tuple": (INT, run(lambda n: np.zeros((n, 2)), 3), "a shape", "argument n"),
    "reshape": (INT, run(lambda x, n: x.reshape(n, -1), A, 3), "argument n", STATIC),
    "reshape an ndarray": (INT, run(lambda n: A.reshape(n), 3), "argument n", STATIC),
    "np.reshape": (INT, run(lambda n: np.reshape(A, n), 3), "argument n", STATIC),
    "broadcast_to": (INT, run(lambda x, n: np.broadcast_to(x, (n, 3)), A, 2),
                     "argument n"),
    "axis": (INT, run(lambda x, n: x.sum(axis=n), A, 0), "an axis", "argument n",
             STATIC),
    "axis of an ndarray": (INT, run(lambda n: A.sum(axis=n), 0), "an axis", STATIC),
    "linspace": (INT, run(lambda n: np.linspace(0, 1, n), 3), "argument n"),
    "eye": (INT, run(lambda n: np.eye(n), 3), "argument n"),
    "arange": (TracerArrayConversionError, run(lambda n: np.arange(n), 3),
               "argument n", "`np.arange(n)`", "static_argnums", HERE),
    "fnp.arange": (TracerArrayConversionError, run(lambda n: fnp.arange(n), 3),
                   "static_argnums"),
}  # fmt: skip

CONVERSION = TracerArrayConversionError
VALUES = {
    "float": (CONVERSION, run(lambda x: float(x), 1.0),
              "no value while the function is traced", "`float(x)`", HERE),
    "item": (CONVERSION, run(lambda x: x.item(), 1.0), "`x.item()`"),
    "math": (CONVERSION, run(lambda x: math.sqrt(x), 1.0), "np.sqrt"),
    "%": (CONVERSION, run(lambda x: "%.2f" % x, 1.0),  # noqa: UP031
          "print what the function returns"),
    "format": (ConcretizationTypeError, run(lambda x: f"{x:.2f}", 1.0),
               "'.2f'", "argument x", "{x} without a format"),
    "key": (TypeError, run(lambda i: {1: 2}[i], 1), "int[]", "argument i of jit",
            "dictionary key", "fgrad.numpy.take(values, x)"),
    "set": (TypeError, run(lambda i: {i}, 1), "unhashable", "set member"),
    "pickle": (TypeError, run(pickle.dumps, 1.0), "cannot pickle float[]",
               "pickle the result"),
    "ndarray index": (CONVERSION, run(lambda i: A[i], 1), "argument i", "`A[i]`",
                      "fgrad.numpy.take(A, x", "fgrad.numpy.at(A)[x].get()", HERE),
    "ndarray, array index": (CONVERSION, run(lambda i: A[i], np.array([0, 1])),
                             "i64[2]"),
    "ndarray, tuple": (CONVERSION, run(lambda i: M[0, i], 1), "`M[0, i]`"),
    "ndarray, mask": (CONVERSION, run(lambda x: A[x > 0], A),
                      "bool[3]", "three-argument np.where"),
    "mask": (NonConcreteBooleanIndexError, run(lambda x: x[x > 0].sum(), A),
             "bool[3]", HERE, "np.where(mask, x, 0)"),
    "set by mask": (NonConcreteBooleanIndexError,
                    run(lambda x: x.at[x > 0].set(0.0), A),
                    "bool[3]", "np.where"),
    "nonzero": (ConcretizationTypeError, run(np.nonzero, A),
                "np.nonzero of f64[3]", "three-argument np.where"),
    "one-argument where": (ConcretizationTypeError, run(lambda x: np.where(x > 0), A),
                           "np.where(condition)", "three-argument np.where"),
    "unique": (ConcretizationTypeError, run(np.unique, A), "np.unique", "outside"),
    "iteration": (TypeError, run(list, 1.5), "0-d", "float[]"),
    "x[0] = 1": (TracerMutationError, run(lambda x: x.__setitem__(0, 1.0), A),
                 "f64[3] (argument x of jit(lambda))", "x.at[index].set"),
}  # fmt: skip

SETTING = "make it static (static_argnums, static_argnames)"
ARGUMENTS = {
    "str": (TypeError, run(lambda x, m: x, 1.0, "mean"),
            "jit(lambda): argument m: 'mean' of type str", SETTING),
    "object": (TypeError, run(lambda x, m: x, 1.0, object()), "argument m",
               "object", SETTING),
    "function": (TypeError, run(lambda x, m: x, 1.0, np.sin), "<ufunc 'sin'>", SETTING),
    "in a tree": (TypeError, run(lambda d: d, {"a": 1.0, "mode": "x"}),
                  "argument d['mode']"),
    "object array": (TypeError, run(two, A, np.array([1, None])), "argument y",
                     "object"),
    "str array": (TypeError, run(lambda x: x, np.array(["a"])), "argument x", "<U1"),
    "dates": (TypeError, run(lambda x: x, np.array(["2020"], "M8[D]")),
              "datetime64[D]"),
    "returns a str": (TypeError, run(lambda x: "s", 1.0), "returned 's' (str)"),
    "returns an object": (TypeError, run(lambda x: {"a": x, "b": object()}, 1.0),
                          "(object) at ['b']", "must return arrays"),
    "returns a function": (TypeError, run(lambda x: lambda: x, 1.0), "(function)"),
    "unhashable static": (TypeError, lambda: jit(two, static_argnums=1)(1.0, [1]),
                          "static argument y", "[1] (list)", "lists as tuples"),
    "unhashable by name": (TypeError, lambda: jit(two, static_argnames="y")(1.0, y=[1]),
                           "static argument y", "[1] (list)"),
    "traced static": (TypeError, run(lambda x: jit(two, static_argnums=1)(x, x), 1.0),
                      "static argument y", "argument x of jit(lambda)"),
    "static_argnums, range": (ValueError, lambda: jit(two, static_argnums=4),
                              "static_argnums=4", "2 positional", "['x', 'y']"),
    "static_argnums, float": (TypeError, lambda: jit(two, static_argnums=0.0),
                              "got 0.0"),
    "static_argnames": (ValueError, lambda: jit(two, static_argnames="z"), "'z'",
                        "['x', 'y']"),
    "static_argnames, int": (TypeError, lambda: jit(two, static_argnames=3), "got 3"),
    "not callable": (TypeError, lambda: jit(3), "jit needs a function, got 3"),
    "called": (TypeError, lambda: jit(two(1.0, 2.0)), "jit(f)(x), not jit(f(x))"),
    "generator": (TypeError, lambda: jit(generator), "generator is a generator"),
    "coroutine": (TypeError, lambda: jit(coroutine), "async function"),
    "async generator": (TypeError, lambda: jit(stream), "async function"),
    "too few": (TypeError, run(two, 1.0),
                "two() missing 1 required positional argument: 'y'"),
    "too many": (TypeError, run(two, 1.0, 2.0, 3.0),
                 "two() takes 2 positional arguments but 3 were given"),
    "unknown keyword": (TypeError, lambda: jit(two)(1.0, z=1.0),
                        "two() got an unexpected keyword argument 'z'"),
    "too few, static": (TypeError, lambda: jit(two, static_argnums=1)(1.0),
                        "two() missing 1"),
}  # fmt: skip


@table(TRUTH)
def test_truth(case):
    raised(*case)


@table(INTEGERS)
def test_integers(case):
    raised(*case)


@table(VALUES)
def test_values(case):
    raised(*case)


@table(ARGUMENTS)
def test_arguments(case):
    raised(*case)


def test_what_is_no_mistake(capsys):
    assert jit(lambda x: copy.deepcopy(x) + copy.copy(x))(1.0) == 2.0
    seen = []
    assert jit(lambda x: seen.append(copy.deepcopy(x) is not x) or x)(1.0) == 1.0
    assert seen == [True]
    assert jit(lambda x: round(x))(1.5) == 2.0
    assert jit(lambda x: print(f"{x}") or x)(1.0) == 1.0
    assert "argument x of jit(lambda)" in capsys.readouterr().out
    assert grad(lambda x: print(f"{x:.1f}") or x)(2.0) == 1.0
    assert capsys.readouterr().out == "2.0\n"


# -- tracers that outlive their function -------------------------------------------

MAKERS = {
    "jit": lambda f: jit(f)(A),
    "make_jaxpr": lambda f: make_jaxpr(f)(A),
    "grad": lambda f: grad(f)(A),
    "vjp": lambda f: vjp(f, A),
    "jvp": lambda f: jvp(f, (A,), (A,)),
    "linearize": lambda f: linearize(f, A),
    "vmap": lambda f: vmap(f)(np.ones((2, 3))),
}
USES = {
    "ufunc": np.sin,
    "function": np.sum,
    "operator": lambda x: x + 1.0,
    "comparison": lambda x: x > 0,
    "index": lambda x: x[0],
    "float": float,
    "asarray": np.asarray,
    "argument of jit": jit(lambda y: y + 1.0),
    "inside jit": lambda x: jit(lambda y: y + x)(1.0),
    "returned from jit": lambda x: jit(lambda y: x)(1.0),
    "inside grad": lambda x: grad(lambda y: np.sum(y * x))(1.0),
    "returned from grad": lambda x: grad(lambda y: x)(1.0),
    "returned from vjp": lambda x: vjp(lambda y: x, 1.0),
    "returned from jvp": lambda x: jvp(lambda y: x, (1.0,), (1.0,)),
    "inside vmap": lambda x: vmap(lambda y: y * x)(A),
    "returned from vmap": lambda x: vmap(lambda y: x)(A),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
@pytest.mark.parametrize("maker", MAKERS)
def test_leak(maker, use):
    kept = []

    def keeping(x):
        kept.append(x * 2.0)
        return np.sum(x)

    MAKERS[maker](keeping)
    made = f"(keeping) in {maker}(keeping)"
    parts = (made, "already returned", HERE, "Return the value", f"Used at {HERE}")
    raised(UnexpectedTracerError, lambda: use(kept[0]), *parts, frames=9)


def test_leaked_argument_is_named():
    kept = []
    jit(lambda width: kept.append(width) or width)(A)
    wanted = "f64[3] (argument width of jit(lambda))"
    raised(UnexpectedTracerError, lambda: kept[0] + 1, wanted, frames=9)
    assert "which has ended" in repr(kept[0])


def test_leak_through_a_failed_function():
    kept = []

    def failing(x):
        kept.append(x * 2.0)
        raise KeyError("mine")

    for run in MAKERS.values():
        kept.clear()
        with pytest.raises(KeyError, match="mine"):
            run(failing)
        raised(UnexpectedTracerError, lambda: kept[0] + 1, "(failing)", frames=9)
