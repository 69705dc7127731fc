"""Who runs a program with control flow.

Operators have the functions of `fgrad.lax` and the module ``np``: `PYTHON` runs them as
plain Python loops, `FGRAD` is what is tested, and JAX is what it is compared with.
"""

from types import SimpleNamespace

import numpy as np

import fgrad
from fgrad import lax
from fgrad.tree_util import tree_leaves, tree_map


def cond(pred, true_fun, false_fun, *operands):
    return (true_fun if pred else false_fun)(*operands)


def switch(index, branches, *operands):
    return branches[min(max(int(index), 0), len(branches) - 1)](*operands)


def scan(f, init, xs=None, length=None, reverse=False):
    steps = range(len(tree_leaves(xs)[0]) if length is None else length)
    carry, ys = init, []
    for i in reversed(steps) if reverse else steps:
        carry, y = f(carry, tree_map(lambda x, i=i: x[i], xs))
        ys.append(y)
    ys = ys[::-1] if reverse else ys
    return carry, tree_map(lambda *each: np.stack(each), *ys)


def while_loop(cond_fun, body_fun, init_val):
    val = init_val
    while cond_fun(val):
        val = body_fun(val)
    return val


def fori_loop(lower, upper, body_fun, init_val):
    val = init_val
    for i in range(int(lower), int(upper)):
        val = body_fun(i, val)
    return val


def map_(f, xs):
    return scan(lambda _, x: (None, f(x)), None, xs)[1]


PYTHON = SimpleNamespace(
    np=np, cond=cond, switch=switch, scan=scan, while_loop=while_loop,
    fori_loop=fori_loop, map=map_, jit=lambda f: f, grad=fgrad.grad,
)  # fmt: skip
FGRAD = SimpleNamespace(
    np=np, cond=lax.cond, switch=lax.switch, scan=lax.scan, map=lax.map,
    while_loop=lax.while_loop, fori_loop=lax.fori_loop, jit=fgrad.jit, grad=fgrad.grad,
)  # fmt: skip


def jax_operators(jax):
    lax = jax.lax
    return SimpleNamespace(
        np=jax.numpy, cond=lax.cond, switch=lax.switch, scan=lax.scan, map=lax.map,
        while_loop=lax.while_loop, fori_loop=lax.fori_loop, jit=jax.jit, grad=jax.grad,
    )  # fmt: skip
