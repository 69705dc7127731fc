"""What custom_linear_solve and custom_root answer to mistakes."""

import numpy as np
import pytest

from fgrad import grad
from fgrad.lax import (
    custom_linear_solve,
    custom_root,
    platform_dependent,
    while_loop,
)

from .messages import raised, table

A = np.eye(3) + 1.0
B = np.array([1.0, 2.0, 3.0])
same = lambda x: x
first = lambda _, b: b


def linear(matvec=same, b=B, solve=first, transpose_solve=first, **options):
    return lambda: custom_linear_solve(matvec, b, solve, transpose_solve, **options)


def root(f=same, guess=B, solve=first, tangent_solve=first, **options):
    return lambda: custom_root(f, guess, solve, tangent_solve, **options)


def backwards(a):
    return custom_linear_solve(lambda x: a * x, B, lambda _, b: b / a).sum()


def by_loop(a):
    def tangent_solve(g, y):  # Richardson's iteration: not written as linear in y
        return while_loop(lambda t: np.sum(t) > 100.0, lambda t: t + y - g(t), y * y)

    return custom_root(lambda u: u - a, B, first, tangent_solve).sum()


HERE = "test_messages_solve.py:"
ERRORS = {
    "matvec not callable": (TypeError, linear(A), "custom_linear_solve needs a func"),
    "transpose not callable": (TypeError, linear(transpose_solve=3), "needs a func"),
    "integer b": (TypeError, linear(b=np.arange(3)), "b is i64[3]", "astype(float)"),
    "integer in b": (TypeError, linear(b={"p": 1}), "b['p'] is int[]", "write 1.0"),
    "text": (TypeError, linear(b="abc"), "b", "str"),
    "no unknown": (TypeError, linear(b=()), "no arrays"),
    "matvec shape": (TypeError, linear(lambda x: x[:2]), "matvec must return the",
                     "f64[2]", HERE, "b is f64[3]"),
    "matvec tree": (TypeError, linear(lambda x: (x,)), "matvec must return the struct"),
    "matvec dtype": (TypeError, linear(lambda x: A @ x, np.ones(3, np.float32)),
                     "f64[3]", "f32[3]", "b.astype('float64')"),
    "matvec not linear": (TypeError, linear(lambda x: x * x), "must be linear",
                          '"mul"', HERE, "custom_root"),
    "solve shape": (TypeError, linear(solve=lambda _, b: b[0]), "solve must return"),
    "transpose tree": (TypeError, linear(transpose_solve=lambda _, b: [b]),
                       "transpose_solve must return the structure of b"),
    "vecmat of another shape": (TypeError, linear(transpose_solve=lambda f, b: f(b[0])),
                                "the argument of vecmat", "f64[]"),
    "no aux": (TypeError, linear(has_aux=True), "has_aux=True", "solution, aux"),
    "no transpose": (TypeError, lambda: grad(backwards)(B), "transpose_solve=",
                     "symmetric=True", "(backwards)"),
    "f not callable": (TypeError, root(3), "custom_root needs a function"),
    "solve not callable": (TypeError, root(solve=None), "custom_root needs a function"),
    "integer guess": (TypeError, root(guess=1), "initial_guess is int[]", "1.0, not 1"),
    "f shape": (TypeError, root(np.sum), "f must return the shapes", "f64[]", "f64[3]"),
    "f tree": (TypeError, root(lambda u: [u]), "f must return the structure of"),
    "root tree": (TypeError, root(solve=lambda f, u: (u, 1)), "must return the struct"),
    "root dtype": (TypeError, root(solve=lambda f, u: u.astype(np.float32)), "f32[3]"),
    "tangent shape": (TypeError, root(tangent_solve=lambda g, y: y[:2]),
                      "tangent_solve must return", "f64[2]"),
    "tangent not linear": (TypeError, lambda: grad(by_loop)(B), "(by_loop)",
                           "linear in y", "custom_linear_solve(g, y, solve"),
    "root aux": (TypeError, root(has_aux=True), "has_aux=True", "solution, aux"),
    "returns text": (TypeError, root(lambda u: "x"), "f: the function returned 'x'"),
    "no platform": (TypeError, lambda: platform_dependent(1.0, tpu=same),
                    "['tpu']", "default="),
}  # fmt: skip


@table(ERRORS)
def test_errors(case):
    raised(*case)


def test_the_users_own_error_arrives_unchanged():
    def fails(f, u):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        root(solve=fails)()
