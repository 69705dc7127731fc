"""Elementwise programs: the neuron, the chain of ten operations, Adam."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .peers import Library, library, runners
from .timing import Runner
from .workload import Workload, both_precisions

BLOCK = 32_768
"""Elements of a block: a handful of buffers of that length stay in the cache."""


def blocks(*arrays: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """Return views of arrays of one length, a block at a time.

    >>> [x.tolist() for (x,) in blocks(np.arange(3))]
    [[0, 1, 2]]
    """
    starts = range(0, len(arrays[0]), BLOCK)
    return [tuple(a[i : i + BLOCK] for a in arrays) for i in starts]


# -- neuron --------------------------------------------------------------------------


def neuron_program(lib: Library) -> Any:
    np = lib.np

    def loss(w: Any, b: Any, x: Any) -> Any:
        out = 1 / (1 + np.exp(-(np.dot(w, x) + b)))
        return (0.03 - out) ** 2 / 2

    return lib.jit(lib.grad(loss, (0, 1)))


def neuron_by_hand(w: np.ndarray, b: float, x: np.ndarray) -> Any:
    out = 1 / (1 + math.exp(-(float(w.dot(x)) + b)))
    db = (out - 0.03) * out * (1 - out)
    return db * x, db


def neuron_with_out(w: np.ndarray, b: float, x: np.ndarray) -> Any:
    dw, multiply, exp = np.empty_like(w), np.multiply, math.exp

    def run(w: np.ndarray, b: float, x: np.ndarray) -> Any:
        out = 1 / (1 + exp(-(float(w.dot(x)) + b)))
        db = (out - 0.03) * out * (1 - out)
        return multiply(x, db, dw), db

    return run


def neuron(inputs: int) -> dict[str, Runner]:
    """The hand-worked sigmoid neuron: pure latency."""
    w, x = np.linspace(0.5, 0.2, inputs), np.linspace(0.1, 0.3, inputs)
    args = (w, 1.83, x)
    found = runners(
        neuron_program,
        args,
        ("jax", "autograd", "torch"),
        neuron_by_hand,
        neuron_with_out,
    )
    if (jax := library("jax")) is not None:
        fun = neuron_program(jax)
        found["jax-numpy"] = lambda: jax.wait(fun(*args))
    return found


# -- chain ---------------------------------------------------------------------------


def chain_program(lib: Library) -> Any:
    np = lib.np

    def loss(x: Any) -> Any:
        y = np.tanh(np.log(np.exp(np.sin(x) * x) + 1))
        return np.sum((y**2 - x) / 2)

    return lib.jit(lib.grad(loss))


def chain_by_hand(x: np.ndarray) -> np.ndarray:
    s = np.sin(x)
    e = np.exp(s * x)
    q = e + 1
    t = np.tanh(np.log(q))
    return t * (1 - t * t) * e / q * (x * np.cos(x) + s) - 0.5


def chain_with_out(x: np.ndarray) -> Any:
    s, e, q, t = (np.empty(min(len(x), BLOCK), x.dtype) for _ in range(4))
    gradient = np.empty_like(x)

    def block(x: np.ndarray, g: np.ndarray, s: Any, e: Any, q: Any, t: Any) -> None:
        np.sin(x, s)
        np.multiply(s, x, e)
        np.exp(e, e)
        np.add(e, 1, q)
        np.log(q, t)
        np.tanh(t, t)
        np.divide(e, q, e)
        np.multiply(e, t, e)
        np.multiply(t, t, t)
        np.subtract(1, t, t)
        np.multiply(e, t, e)
        np.cos(x, g)
        np.multiply(g, x, g)
        np.add(g, s, g)
        np.multiply(g, e, g)
        np.subtract(g, 0.5, g)

    def run(x: np.ndarray) -> np.ndarray:
        if len(x) <= BLOCK:
            block(x, gradient, s, e, q, t)
            return gradient
        for part, g in blocks(x, gradient):
            n = len(part)
            block(part, g, s[:n], e[:n], q[:n], t[:n])
        return gradient

    return run


def chain(n: int, dtype: str) -> dict[str, Runner]:
    """Ten elementwise operations and a sum."""
    x = np.linspace(0.1, 3.0, n, dtype=dtype)
    libraries = ("jax", "autograd", "torch")
    return runners(chain_program, (x,), libraries, chain_by_hand, chain_with_out)


# -- adam ----------------------------------------------------------------------------

RATE, B1, B2, EPS = 1e-3, 0.9, 0.999, 1e-8


def adam_program(lib: Library) -> Any:
    np = lib.np

    def update(w: Any, m: Any, v: Any, g: Any) -> Any:
        m = B1 * m + (1 - B1) * g
        v = B2 * v + (1 - B2) * g**2
        return w - RATE * m / (np.sqrt(v) + EPS), m, v

    return lib.jit(update, donate_argnums=(0, 1, 2))


def adam_by_hand(w: Any, m: Any, v: Any, g: Any) -> Any:
    m = B1 * m + (1 - B1) * g
    v = B2 * v + (1 - B2) * (g * g)
    return w - RATE * m / (np.sqrt(v) + EPS), m, v


def adam_with_out(w: Any, m: Any, v: Any, g: Any) -> Any:
    a = np.empty(min(len(w), BLOCK), w.dtype)

    def block(w: Any, m: Any, v: Any, g: Any, a: Any) -> None:
        np.multiply(m, B1, m)
        np.multiply(g, 1 - B1, a)
        np.add(m, a, m)
        np.multiply(g, g, a)
        np.multiply(a, 1 - B2, a)
        np.multiply(v, B2, v)
        np.add(v, a, v)
        np.sqrt(v, a)
        np.add(a, EPS, a)
        np.divide(m, a, a)
        np.multiply(a, RATE, a)
        np.subtract(w, a, w)

    def run(w: Any, m: Any, v: Any, g: Any) -> Any:
        for part in blocks(w, m, v, g):
            block(*part, a[: len(part[0])])
        return w, m, v

    return run


def stepping(update: Any, state: tuple[Any, ...], g: Any, wait: Any) -> Runner:
    """Return a call that replaces the state by its update."""

    def run() -> Any:
        nonlocal state
        state = wait(update(*state, g))
        return state

    return run


def adam(n: int, dtype: str) -> dict[str, Runner]:
    """One Adam update; the old state is donated."""
    rng = np.random.default_rng(0)
    w, m, g = (rng.normal(size=n).astype(dtype) for _ in range(3))
    state = (w, m, m * m + 1)
    updates = {"hand": adam_by_hand, "hand-out": adam_with_out(*state, g)}
    found = {}
    for name in ("fgrad", "jax"):
        if (lib := library(name)) is not None:
            own = tuple(lib.put(a.copy()) for a in state)
            found[name] = stepping(adam_program(lib), own, lib.put(g), lib.wait)
    for name, update in updates.items():
        own = tuple(a.copy() for a in state)
        found[name] = stepping(update, own, g, lambda state: state)
    return found


WORKLOADS = [
    Workload("neuron", neuron, {"inputs": 2}, kind="latency"),
    *(
        workload
        for name, n in {"10": 10, "1e3": 1000, "1e5": 100_000, "1e6": 1_000_000}.items()
        for workload in both_precisions(
            f"chain-{name}", chain, {"n": n}, {"n": min(n, BLOCK + 9)}
        )
    ),
    *both_precisions("adam-1e6", adam, {"n": 1_000_000}, {"n": BLOCK + 9}),
]
