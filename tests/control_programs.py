"""Programs with control flow, each written once and run by whoever implements it.

A program is a function ``program(o, *args)`` of some operators (`control_operators`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

# -- the programs --------------------------------------------------------------------


@dataclass(frozen=True)
class Program:
    """A program and a batch of three values for each of its arguments."""

    run: Callable[..., Any]
    batches: tuple[np.ndarray, ...]
    jax_grad: bool = True  # JAX has no gradient of while

    @property
    def args(self) -> tuple[Any, ...]:
        """The first element of every batch."""
        return tuple(batch[0] for batch in self.batches)

    @property
    def floats(self) -> tuple[int, ...]:
        """The arguments that are differentiated."""
        return tuple(i for i, x in enumerate(self.batches) if x.dtype.kind == "f")


def cond_scalar(o, p, x, c):
    return o.cond(p > 0, lambda x: o.np.sin(x * p) * c, lambda x: x * x - p, x)


def cond_unbalanced(o, p, x):
    def keep(x, y):
        return {"a": x, "b": y}

    def change(x, y):
        return {"a": o.np.exp(y), "b": o.np.tanh(y * y) * p}

    return o.cond(o.np.sum(x) > 0, keep, change, x, x * p)


def cond_of_cond(o, p, x):
    inner = lambda x: o.cond(x < 0.5, o.np.sin, lambda x: x * p, x)
    return o.cond(p > 0, inner, lambda x: o.np.exp(x), x)


def cond_of_ratios(o, p, x):
    """Zero in place of a residual would be divided by."""
    left = lambda x: x / (1.0 + x * x)
    right = lambda x: o.np.sqrt(1.0 + o.np.exp(x)) / o.np.cosh(x)
    return o.cond(p > 0, left, right, x * p)


def scan_of_ratios(o, p, h, xs):
    left = lambda x: x / (1.0 + x * x)
    right = lambda x: o.np.sqrt(1.0 + x * x) / o.np.cosh(x)
    step = lambda h, x: (o.cond(h * p > 0.0, left, right, h * x), h)
    return o.scan(step, h, xs)


def switch_scalar(o, i, x, c):
    branches = [
        lambda x: o.np.sin(x) * c,
        lambda x: x * x * x,
        lambda x: c,
        lambda x: o.np.exp(o.np.sin(x)) + o.np.sum(x * c),
    ]
    return o.switch(i, branches, x)


def scan_rnn(o, w, h, xs):
    def step(h, x):
        h = o.np.tanh(w @ h + x)
        return h, o.np.sum(h * x)

    return o.scan(step, h, xs)


def scan_reverse(o, w, h, xs):
    def step(h, x):
        return o.np.sin(h) * w + x * x, (h, x * w)

    return o.scan(step, h, xs, reverse=True)


def scan_swaps(o, a, b, xs):
    """Carries that are swapped, pass through, or become an element or a const."""

    def step(carry, x):
        first, second, same, _ = carry
        return (second, first, same, x), (first * x, b)

    return o.scan(step, (a, b * a, b, b), xs)


def scan_without_xs(o, w, h):
    return o.scan(lambda h, _: (o.np.sin(h) + w, None), h, None, length=4)[0]


def scan_tree(o, w, h, xs):
    def step(carry, x):
        h, (n, none) = carry["h"], carry["rest"]
        h = h * x["w"] + o.np.cos(x["b"]) * w
        return {"h": h, "rest": (n + 1, none)}, {"y": h, "n": n, "none": None}

    out, ys = o.scan(step, {"h": h, "rest": (0, None)}, {"w": xs, "b": xs * w})
    return out["h"], ys["y"], ys["n"]


def scan_invariant(o, w, h, xs):
    """Most of the body does not depend on the iteration."""

    def step(h, x):
        scale = o.np.exp(w) / o.np.sum(o.np.exp(w))
        return o.np.sum(h * scale) * x + scale, h * scale

    return o.scan(step, h, xs)


def while_power(o, a, y, limit):
    """The trip count depends on every argument; the third batch never starts."""
    return o.while_loop(
        lambda v: o.np.sum(v[0]) < limit,
        lambda v: (v[0] * a + 0.1 * o.np.sin(v[0]), v[1] + 1),
        (y, 0),
    )


def while_newton(o, a, x):
    """Newton's method for the cube root, to a tolerance."""
    return o.while_loop(
        lambda x: o.np.abs(x * x * x - a) > 1e-9,
        lambda x: x - (x * x * x - a) / (3.0 * x * x),
        x,
    )


def while_counted(o, n, a, x):
    def body(v):
        k, x, y = v
        return k - 1, y * a, o.np.sin(x) + y

    return o.while_loop(lambda v: v[0] > 0, body, (n, x, x * a))


def fori_static(o, a, x):
    return o.fori_loop(0, 5, lambda i, x: o.np.sin(x) * a + i * x, x)


def fori_dynamic(o, n, a, x):
    return o.fori_loop(n - 2, n + 1, lambda i, x: o.np.sin(x) * a + i * x, x)


def map_rows(o, a, xs):
    return o.map(lambda x: (o.np.sum(x * x) * a, o.np.exp(x - a)), xs)


def scan_of_scan(o, w, h, xs):
    def outer(h, x):
        def inner(h, y):
            return o.np.sin(h * y) + w * x[0], h * x

        h, rows = o.scan(inner, h, x)
        return h, o.np.sum(rows) + x

    return o.scan(outer, h, xs)


def scan_of_while(o, w, h, xs):
    """Stacks of different lengths: the inner loop runs 0, 1, 2 ... times."""

    def step(h, x):
        h, n = o.while_loop(
            lambda v: (v[0] < 2.0 * x) & (v[1] < 9),
            lambda v: (v[0] * 1.5 + w * o.np.sin(v[0]), v[1] + 1),
            (h, 0),
        )
        return h * 0.25, h * n

    return o.scan(step, h, xs)


def scan_of_cond(o, w, h, xs):
    def step(h, x):
        h = o.cond(x > h, lambda h: o.np.tanh(h * x) * w, lambda h: h + x * x, h)
        return h, o.switch(
            h.astype(int),
            [lambda: x, lambda: h * w],
        )

    return o.scan(step, h, xs)


def while_of_while(o, n, a, x):
    def body(v):
        k, x = v
        inner = lambda v: (v[0] - 1, o.np.sin(v[1]) * a + v[1])
        return k - 1, o.while_loop(lambda v: v[0] > 0, inner, (k, x))[1] * 0.5

    return o.while_loop(lambda v: v[0] > 0, body, (n, x))[1]


def while_of_scan(o, n, a, xs):
    def body(v):
        k, xs = v
        last, ys = o.scan(lambda c, x: (o.np.sin(c) + x * a, c * x), a, xs)
        return k - 1, ys + last * 0.1

    return o.while_loop(lambda v: v[0] > 0, body, (n, xs))[1]


def while_of_cond(o, n, a, x):
    def body(v):
        k, x = v
        even = lambda x: o.np.sin(x) * a
        return k - 1, o.cond(k % 2 == 0, even, lambda x: x * x + a, x)

    return o.while_loop(lambda v: v[0] > 0, body, (n, x))[1]


def cond_of_loops(o, p, n, x):
    def by_while(x):
        body = lambda v: (v[0] - 1, o.np.sin(v[1]) * p + v[1])
        return o.while_loop(lambda v: v[0] > 0, body, (n, x))[1]

    def by_scan(x):
        last, ys = o.scan(lambda c, x: (c * p + x, o.np.sin(c)), p, x)
        return ys + last

    return o.cond(p > 0, by_while, by_scan, x)


def scan_of_cond_of_while(o, n, a, xs):
    """Stacks that are ragged in some iterations and absent in others."""

    def step(h, x):
        def loop(h):
            body = lambda v: (v[0] - 1, o.np.sin(v[1]) * x + v[1])
            return o.while_loop(lambda v: v[0] > 0, body, (n, h))[1]

        return o.cond(x > 0.3, loop, lambda h: h * a, h), h

    return o.scan(step, a, xs)


def cond_of_scan_of_while(o, p, a, xs):
    def loops(c):
        body = lambda v: v * 1.5 + o.np.sin(v) * a
        step = lambda c, x: (o.while_loop(lambda v: v < 2.0, body, c * x), x)
        return o.scan(step, c, xs)[0]

    return o.cond(p > 0, loops, lambda c: c * a * p, a)


def scan_of_cond_of_loops(o, n, a, xs):
    """Both branches leave stacks, one of arrays of different lengths."""
    grow = lambda c: o.while_loop(lambda c: c < 2.0, lambda c: c * 1.5 + a * a, c)

    def step(c, x):
        def by_scan(c):
            return o.scan(lambda c, y: (grow(c * y) * 0.5, c), c, xs)[0]

        def by_while(c):
            return o.fori_loop(0, n, lambda i, c: o.np.sin(c) + x * i, grow(c))

        return o.cond(x > 0.3, by_scan, by_while, c), c * x

    return o.scan(step, a, xs)


def scan_of_same_while(o, a, h, xs):
    """The inner loop is the same in every iteration, so it moves out of the body."""

    def step(h, x):
        grow = lambda y: y * 1.5 + o.np.sin(y)
        y = o.while_loop(lambda y: y < 2.0, grow, o.np.exp(a))
        return o.np.sin(h) * y + x, y * x

    return o.scan(step, h, xs)


def fori_of_fori(o, n, a, x):
    inner = lambda i, x: o.fori_loop(0, i, lambda j, x: x * a + o.np.cos(x) * j, x)
    return o.fori_loop(1, n, inner, x)


def map_of_while(o, a, xs):
    body = lambda x: x * 2.0 + o.np.sin(x) * a
    return o.map(lambda x: o.while_loop(lambda x: x < 3.0, body, x), xs)


def jit_inside(o, w, h, xs):
    gain = o.jit(lambda h, x: o.np.sin(h) * w + x)
    return o.scan(lambda h, x: (gain(h, x), gain(x, h)), h, xs)


def grad_inside(o, w, h, xs):
    def step(h, x):
        loss = lambda h: o.np.sum(o.np.sin(h * x) * w)
        return h - 0.5 * o.grad(loss)(h), loss(h)

    return o.scan(step, h, xs)


rng = np.random.default_rng(0)
GAIN = np.array([1.3, 0.7, -0.9])
SIGNED = np.array([0.8, -0.6, 1.2])
VECTORS = rng.normal(size=(3, 2))
MATRICES = rng.normal(size=(3, 2, 2))
ROWS = rng.normal(size=(3, 4, 2))
SERIES = rng.uniform(0.1, 1.5, size=(3, 4))
COUNTS = np.array([3, 0, 2])

PROGRAMS = {
    "cond": Program(cond_scalar, (SIGNED, VECTORS, GAIN)),
    "cond, unbalanced": Program(cond_unbalanced, (SIGNED, VECTORS)),
    "cond of cond": Program(cond_of_cond, (SIGNED, np.array([0.2, 0.9, 1.4]))),
    "cond of ratios": Program(cond_of_ratios, (SIGNED, VECTORS)),
    "scan of ratios": Program(scan_of_ratios, (SIGNED, GAIN, SERIES - 0.4)),
    "switch": Program(switch_scalar, (np.array([3, 0, 2]), VECTORS, VECTORS[::-1])),
    "switch, clamped": Program(
        switch_scalar, (np.array([7, -2, 1]), VECTORS, VECTORS[::-1])
    ),
    "scan": Program(scan_rnn, (MATRICES, VECTORS, ROWS)),
    "scan, reverse": Program(scan_reverse, (GAIN, VECTORS, ROWS)),
    "scan, swaps": Program(scan_swaps, (GAIN, SIGNED, SERIES)),
    "scan without xs": Program(scan_without_xs, (GAIN, VECTORS)),
    "scan, tree": Program(scan_tree, (GAIN, VECTORS, ROWS)),
    "scan, invariant": Program(scan_invariant, (VECTORS, VECTORS[::-1], ROWS)),
    "while": Program(
        while_power,
        (np.array([1.5, 2.5, 1.2]), np.array([0.3, 0.2, 0.7]),
         np.array([4.0, 9.0, 0.1])),
        False,
    ),
    "while, vectors": Program(
        while_power, (np.array([1.5, 2.5, 1.2]), np.abs(VECTORS) + 0.1,
                      np.array([4.0, 9.0, 0.1])), False,
    ),
    "while, Newton": Program(
        while_newton, (np.array([8.0, 2.0, 27.0]), np.array([1.0, 3.0, 3.0])), False
    ),
    "while, counted": Program(while_counted, (COUNTS, GAIN, VECTORS), False),
    "fori, static": Program(fori_static, (GAIN, VECTORS)),
    "fori, dynamic": Program(fori_dynamic, (COUNTS, GAIN, VECTORS), False),
    "map": Program(map_rows, (GAIN, ROWS)),
    "scan of scan": Program(scan_of_scan, (GAIN, SIGNED, ROWS)),
    "scan of while": Program(
        scan_of_while, (GAIN, np.array([0.3, 0.1, 0.9]), SERIES), False
    ),
    "scan of cond": Program(scan_of_cond, (GAIN, SIGNED, SERIES)),
    "while of while": Program(while_of_while, (COUNTS, GAIN, VECTORS), False),
    "while of scan": Program(while_of_scan, (COUNTS, GAIN, SERIES), False),
    "while of cond": Program(while_of_cond, (COUNTS, GAIN, SIGNED), False),
    "cond of loops": Program(cond_of_loops, (SIGNED, COUNTS, SERIES), False),
    "scan of cond of while": Program(
        scan_of_cond_of_while, (COUNTS, GAIN, SERIES - 0.4), False
    ),
    "cond of scan of while": Program(
        cond_of_scan_of_while, (SIGNED, np.array([0.4, 0.8, 1.1]), SERIES), False
    ),
    "scan of cond of loops": Program(
        scan_of_cond_of_loops, (COUNTS + 1, np.abs(GAIN), SERIES[:, :3] - 0.4), False
    ),
    "scan of same while": Program(scan_of_same_while, (-GAIN, SIGNED, SERIES), False),
    "fori of fori": Program(fori_of_fori, (COUNTS + 1, GAIN, VECTORS), False),
    "map of while": Program(map_of_while, (GAIN, SERIES), False),
    "jit inside": Program(jit_inside, (GAIN, SIGNED, SERIES)),
    "grad inside": Program(grad_inside, (GAIN, VECTORS, ROWS)),
}  # fmt: skip
