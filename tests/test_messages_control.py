"""What control flow answers to mistakes."""

import traceback

import numpy as np
import pytest

import fgrad.numpy as fnp
from fgrad import grad, jit, lax, vmap
from fgrad.errors import (
    TracerBoolConversionError,
    TracerIntegerConversionError,
    TracerMutationError,
    UnexpectedTracerError,
)

from .messages import message, raised, table

A = np.arange(3.0)
SINGLE = A.astype(np.float32)
HERE = "test_messages_control.py:"


def scan(f, init=1.0, xs=A, **options):
    return lambda: lax.scan(f, init, xs, **options)


def cond(true_fun, false_fun=lambda x: x, operand=A, pred=True):
    return lambda: lax.cond(pred, true_fun, false_fun, operand)


def switch(index, *branches):
    return lambda: lax.switch(index, branches or [lambda x: x, lambda x: x], A)


def loop(body, init=A, test=lambda x: fnp.sum(x) < 3):
    return lambda: lax.while_loop(test, body, init)


def fori(body, init=A, lower=0, upper=3):
    return lambda: lax.fori_loop(lower, upper, body, init)


def same(c, x):
    return c, x


def narrow(x):
    return x.astype(np.float32)


SCAN = {
    "dtype": (TypeError, scan(lambda c, x: (c * A, x), SINGLE), "scan(lambda)",
              "f32[3]", "f64[3]", HERE, "astype('float32')", "start with float64"),
    "integer": (TypeError, scan(lambda c, x: (c + x, x), np.arange(3)), "i64[3]",
                "f64[3]", "astype('int64')"),
    "shape": (TypeError, scan(lambda c, x: (c[1:], x), A), "f64[3]", "f64[2]", HERE,
              "keep the shape"),
    "number to array": (TypeError, scan(lambda c, x: (c + A, x)), "float[]", "f64[3]"),
    "path": (TypeError, scan(lambda c, x: ({"h": [c["h"][0] + A]}, x), {"h": [1.0]}),
             "the carry at ['h'][0]", "float[]", "f64[3]", HERE),
    "container": (TypeError, scan(lambda c, x: ((c["a"],), x), {"a": 1.0}), "['a']",
                  "a tuple of length 1", HERE),
    "key": (TypeError, scan(lambda c, x: ({"a": c["a"]}, x), {"a": 1.0, "b": 2.0}),
            "keys ['a', 'b']", "keys ['a']", f"lambda ({HERE}"),
    "None": (TypeError, scan(lambda c, x: (None, x)), "a leaf, got None", HERE),
    "no pair": (TypeError, scan(lambda c, x: c + x), "pair (carry, y)", "f64[]", HERE,
                "(carry, None)"),
    "nothing": (TypeError, scan(lambda c, x: None), "pair (carry, y)", "None", HERE),
    "three": (TypeError, scan(lambda c, x: (c, c, x)), "a tuple of length 3"),
    "text in y": (TypeError, scan(lambda c, x: (c, "s")), "scan(lambda), y", "'s'"),
    "text in carry": (TypeError, scan(lambda c, x: ("s", x)), "carry", "'s' (str)"),
    "text in init": (TypeError, scan(same, {"a": ["s"]}), "scan(same)", "init['a'][0]",
                     "'s'", "str"),
    "text in xs": (TypeError, scan(same, 1.0, [A, "s"]), "xs[1]", "'s'", "str"),
    "lengths": (ValueError, scan(same, 1.0, {"a": A, "b": A[:2]}), "xs['a']: 3",
                "xs['b']: 2", "scan(same)"),
    "no length": (ValueError, scan(same, 1.0, None), "scan(same)", "length="),
    "other length": (ValueError, scan(same, length=4), "xs: 3", "length: 4"),
    "negative": (ValueError, scan(same, 1.0, None, length=-4), "negative", "-4"),
    "float length": (TypeError, scan(same, 1.0, None, length=4.0), "an int", "4.0"),
    "traced length": (TracerIntegerConversionError,
                      lambda: jit(lambda n: lax.scan(same, 1.0, None, n))(3),
                      "argument n of jit(lambda)", "static_argnums"),
    "scalar xs": (ValueError, scan(same, 1.0, 3.0), "xs is float[]", "no leading axis"),
    "numbers": (ValueError, scan(same, 1.0, [1.0, 2.0]), "xs[0]", "np.array"),
    "unroll": (ValueError, scan(same, unroll=0), "unroll", "positive", "0"),
    "float unroll": (ValueError, scan(same, unroll=1.5), "unroll", "1.5"),
    "not callable": (TypeError, scan(3), "scan: f must be a function", "3 of type int"),
    "arguments": (TypeError, scan(lambda c: (c, c)), "takes 1 positional argument"),
}  # fmt: skip

BRANCHES = {
    "dtype": (TypeError, cond(narrow), "cond(narrow, lambda)", "f32[3] from narrow",
              "f64[3] from lambda", HERE, "astype('float64')"),
    "shape": (TypeError, cond(lambda x: x[0]), "f64[]", "f64[3]", HERE, "same shape"),
    "path": (TypeError, cond(lambda x: {"a": [x]}, lambda x: {"a": [x[:1]]}),
             "the output at ['a'][0]", "f64[3]", "f64[1]", HERE),
    "container": (TypeError, cond(lambda x: (x, x), lambda x: [x, x]), "same structure",
                  "a list of length 2", "a tuple of length 2", f"lambda ({HERE}"),
    "None": (TypeError, cond(lambda x: None), "same structure", "None", HERE),
    "numbers": (TypeError, cond(lambda x: 1, lambda x: 2.5), "int[]", "float[]"),
    "text": (TypeError, cond(lambda x: "a"), "cond(lambda, lambda), lambda", "'a'"),
    "arrays of predicates": (TypeError, cond(same, same, A, A > 0), "cond(same, same)",
                             "boolean scalar", "bool[3]", ".any()", "np.where"),
    "no predicate": (TypeError, cond(same, same, A, None), "pred", "got None"),
    "text as predicate": (TypeError, cond(same, same, A, "yes"), "'yes' (str)"),
    "complex predicate": (TypeError, cond(same, same, A, 1j), "complex[]"),
    "text as operand": (TypeError, cond(same, same, {"k": [A, "s"]}),
                        "operands[0]['k'][1]", "'s'"),
    "not callable": (TypeError, cond(3), "cond: true_fun must be a function", "3"),
    "not callable either": (TypeError, cond(narrow, A), "false_fun must be a function"),
    "if inside": (TracerBoolConversionError, cond(lambda x: x if x[0] > 0 else -x),
                  "cond(lambda, lambda)", HERE),
    "empty switch": (ValueError, lambda: lax.switch(0, [], A), "no branch"),
    "a function": (TypeError, lambda: lax.switch(0, narrow, A), "list of functions",
                   "narrow"),
    "float index": (TypeError, switch(1.0), "switch(lambda, lambda)", "integer scalar",
                    "float[]", "int(i)"),
    "traced index": (TypeError, lambda: jit(lambda i: switch(i)())(1.0), "float[]"),
    "boolean index": (TypeError, switch(True), "bool[]", "astype(int)"),
    "many indices": (TypeError, switch(np.arange(3)), "i64[3]", "vmap"),
    "text as index": (TypeError, switch("a"), "'a' (str)"),
    "later branch": (TypeError, switch(0, lambda x: x, lambda x: x, narrow),
                     "f64[3] from lambda", "f32[3] from narrow", HERE),
    "switch of no function": (TypeError, switch(0, narrow, 3), "branches[1]", "3"),
}  # fmt: skip

LOOPS = {
    "dtype": (TypeError, loop(lambda x: x * A, SINGLE), "while_loop(lambda)", "f32[3]",
              "f64[3]", HERE, "astype('float32')"),
    "shape": (TypeError, loop(lambda x: x[1:]), "f64[3]", "f64[2]", HERE),
    "tree": (TypeError, loop(lambda x: x[0], (A, A), lambda x: True), HERE,
             "expected a tuple of length 2, got a leaf"),
    "text": (TypeError, loop(lambda x: "s"), "'s' (str)"),
    "integer condition": (TypeError, loop(lambda x: x - 1, 3, lambda x: x), "int[]",
                          "boolean scalar", "write x != 0", f"lambda ({HERE}"),
    "many conditions": (TypeError, loop(narrow, SINGLE, lambda x: x < 3), "bool[3]",
                        ".all() or .any()"),
    "no condition": (TypeError, loop(narrow, SINGLE, lambda x: None), "None", "x < 3"),
    "and": (TracerBoolConversionError, loop(narrow, 1.0, lambda x: x > 0 and x < 3),
            "while_loop(narrow)", "np.logical_and", HERE),
    "not callable": (TypeError, loop(3), "body_fun must be a function", "3"),
    "no condition function": (TypeError, loop(narrow, A, None), "cond_fun must be a"),
    "float bound": (TypeError, fori(same, upper=3.0), "fori_loop(same): upper",
                    "float[]", "int(...)"),
    "lower float bound": (TypeError, fori(same, lower=0.0), "lower must be an integer"),
    "traced bound": (TypeError, lambda: jit(lambda n: fori(same, upper=n)())(3.0),
                     "upper must be an integer", "float[]"),
    "many bounds": (TypeError, fori(same, upper=np.arange(2)), "i64[2]"),
    "boolean bound": (TypeError, fori(same, upper=True), "bool[]"),
    "fori shape": (TypeError, fori(lambda i, x: {"a": x["a"][1:]}, {"a": A}),
                   "fori_loop(lambda)", ".val['a']", "f64[3]", "f64[2]", HERE),
    "fori tree": (TypeError, fori(lambda i, x: (x, x)), "fori_loop(lambda)", HERE,
                  "expected a leaf, got a tuple of length 2"),
    "traced fori": (TypeError, lambda: jit(
        lambda n: fori(lambda i, x: x[1:], A, 0, n)())(3), "fori_loop(lambda)"),
    "index": (TracerIntegerConversionError, fori(lambda i, x: x + [1, 2][i]),
              "carry.i of fori_loop(lambda)"),
    "assignment": (TracerMutationError, fori(lambda i, x: x.__setitem__(i, 1.0)),
                   "carry.val of fori_loop(lambda)", ".at[index]"),
    "unroll": (ValueError, lambda: jit(lambda n: lax.fori_loop(
        0, n, same, A, unroll=2))(3), "unroll needs bounds that are known"),
    "not callable fori": (TypeError, fori(3), "body_fun must be a function"),
    "map": (TypeError, lambda: lax.map(3, A), "map: f must be a function"),
    "map of a scalar": (ValueError, lambda: lax.map(narrow, 1.0), "map(narrow)",
                        "xs is float[]"),
    "map of nothing": (ValueError, lambda: lax.map(narrow, None), "number of steps"),
    "batch size": (ValueError, lambda: lax.map(narrow, A, batch_size=0), "positive"),
    "float batch size": (TypeError, lambda: lax.map(narrow, A, batch_size=1.5), "1.5"),
}  # fmt: skip


@table(SCAN)
def test_scan(case):
    raised(*case)


@table(BRANCHES)
def test_branches(case):
    raised(*case)


@table(LOOPS)
def test_loops(case):
    raised(*case)


# -- traced values that are kept too long --------------------------------------------

KEPT = []


def keep(x, *_):
    KEPT.append(x)
    return x + 1.0


LEAKS = {
    "scan": (lambda: lax.scan(lambda c, x: (keep(c), x), 1.0, A),
             "carry of scan(lambda)"),
    "while": (lambda: lax.while_loop(lambda x: x < 3, keep, 1.0),
              "the carry of while_loop(keep)"),
    "cond": (lambda: lax.cond(True, keep, lambda x: x, 1.0),
             "operands[0] of cond(keep, lambda)"),
    "map": (lambda: lax.map(keep, A), "x of map(keep)"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKS)
def test_leak(name):
    run, origin = LEAKS[name]
    KEPT.clear()
    run()
    for use in (lambda: KEPT[0] + 1.0, lambda: np.sin(KEPT[0])):
        raised(UnexpectedTracerError, use, origin, "already returned", HERE, frames=5)


def test_leak_into_another_loop():
    KEPT.clear()
    lax.scan(lambda c, x: (keep(c), x), 1.0, A)
    again = scan(lambda c, x: (c + KEPT[0], x))
    raised(UnexpectedTracerError, again, "carry of scan(lambda)", HERE)


# -- errors while a program runs -----------------------------------------------------

OUTSIDE = np.array([0, 1, 5])


def total(a, i):
    return lax.scan(lambda c, i: (c + a[i], c), 0.0, i)[0]


def nested(a, i):
    def row(c, i):
        return lax.cond(i > 3, lambda: c + a[i], lambda: c), None

    step = lambda c, i: lax.scan(row, c, i)
    body = lambda c: lax.scan(step, c, i[:, None])[0] + 1.0
    return lax.while_loop(lambda c: c < 9.0, body, 0.0)


RUNS = {
    "jit": lambda: jit(total)(A, OUTSIDE),
    "plain": lambda: lax.scan(lambda c, i: (c + fnp.take(A, i), c), 0.0, OUTSIDE),
    "grad": lambda: grad(total)(A, OUTSIDE),
    "vmap": lambda: vmap(total)(np.stack([A, A]), np.stack([OUTSIDE, OUTSIDE])),
    "nested": lambda: jit(nested)(A, OUTSIDE),
    "grad of nested": lambda: jit(grad(nested))(A, OUTSIDE),
    "fori": lambda: lax.fori_loop(0, 9, lambda i, c: c + fnp.take(A, i), 0.0),
    "cond": lambda: jit(lambda i: lax.cond(
        i > 0, lambda: fnp.take(A, i), lambda: 1.0))(7),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_index_out_of_bounds(name):
    raised(IndexError, RUNS[name], "out of bounds for axis", "size 3", ", written at",
           HERE)  # fmt: skip


def test_a_line_that_moved_out_of_the_loop():
    total = lambda a, i: lax.scan(lambda c, x: (c + a[i] * x, x), 0.0, a)[0]
    for run in (jit(total), jit(grad(total))):
        raised(IndexError, lambda run=run: run(A, 7), "size 3", "written at", HERE)


def test_linear_algebra():
    invert = lambda c, m: (c + np.linalg.inv(m)[0, 0], c)
    run = lambda: lax.scan(invert, 0.0, np.zeros((2, 3, 3)))
    error = raised(np.linalg.LinAlgError, run, "Singular", '"inv"', "(3, 3)", HERE)
    assert message(error).count("written at") == 1


# -- the user's own errors -----------------------------------------------------------


class MineError(Exception):
    pass


def fails(*_):
    raise MineError("mine", 3)


OWN = {
    "scan": scan(fails),
    "while": loop(fails),
    "condition": loop(narrow, SINGLE, fails),
    "cond": cond(fails),
    "switch": switch(0, narrow, fails),
    "fori": fori(fails),
    "traced fori": lambda: jit(lambda n: fori(fails, A, 0, n)())(3),
    "map": lambda: lax.map(fails, A),
    "map in batches": lambda: lax.map(fails, A, batch_size=2),
    "nested": lambda: jit(grad(lambda x: vmap(lambda y: lax.scan(
        lambda c, _: (cond(fails, operand=c)(), 1.0), y, A)[0])(x).sum()))(A),
}  # fmt: skip


@pytest.mark.parametrize("run", OWN.values(), ids=OWN.keys())
def test_the_users_exception(run):
    error = raised(MineError, run)
    assert error.args == ("mine", 3)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert [f.name for f in traceback.extract_tb(error.__traceback__)][-1] == "fails"
