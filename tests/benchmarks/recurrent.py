"""A recurrent network: a scan compiled, a Python loop where nothing is."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import chain_program
from .peers import Library, eager, runners
from .timing import Runner
from .workload import Workload

SIZE = {"steps": 100, "hidden": 64, "batch": 32}


def data(steps: int, hidden: int, batch: int) -> tuple[np.ndarray, ...]:
    """Return the weights of input and state, the bias, and a batch of sequences."""
    rng = np.random.default_rng(0)
    w, u = (rng.normal(size=(hidden, hidden)) / hidden**0.5 for _ in range(2))
    return w, u, rng.normal(size=hidden) / 9, rng.normal(size=(steps, batch, hidden))


def rnn_program(lib: Library) -> Any:
    np = lib.np

    def loss(w: Any, u: Any, b: Any, xs: Any) -> Any:
        def step(h: Any, x: Any) -> Any:
            return np.tanh(x @ w + h @ u + b), None

        h, _ = lib.lax.scan(step, np.zeros(xs.shape[1:]), xs)
        return np.sum(h**2) / 2

    return lib.jit(lib.grad(loss, (0, 1, 2)))


def rnn_by_hand(w: Any, u: Any, b: Any, xs: Any) -> Any:
    pre = xs @ w  # of all steps at once
    pre += b
    h = np.zeros(pre.shape[1:])
    hs = [h]
    for p in pre:
        h = np.tanh(p + h @ u)
        hs.append(h)
    dh, back = h, []
    for h in hs[:0:-1]:
        d = dh * (1 - h * h)
        back.append(d)
        dh = d @ u.T
    return weights_by_hand(np.stack(back[::-1]), np.stack(hs[:-1]), xs)


def weights_by_hand(d: np.ndarray, hs: np.ndarray, xs: np.ndarray) -> Any:
    """Return the gradient by the weights: one product over steps and batch."""
    d, hs, xs = (a.reshape(-1, a.shape[-1]) for a in (d, hs, xs))
    return xs.T @ d, hs.T @ d, d.sum(0)


def rnn_with_out(w: Any, u: Any, b: Any, xs: Any) -> Any:
    steps, batch, hidden = xs.shape
    hs, slopes = np.zeros((steps + 1, batch, hidden)), np.empty(xs.shape)
    d, dh = np.empty_like(slopes), np.empty(xs.shape[1:])
    flat = [a.reshape(-1, hidden) for a in (hs[1:], hs[:-1], d)]
    dw, du, db = np.empty_like(w), np.empty_like(u), np.empty_like(b)

    def run(w: Any, u: Any, b: Any, xs: Any) -> Any:
        inputs = xs.reshape(-1, hidden)
        after, before, ds = flat
        np.matmul(inputs, w, after)
        np.add(after, b, after)
        last = hs[0]
        for h in hs[1:]:
            np.matmul(last, u, dh)
            np.add(h, dh, h)
            last = np.tanh(h, h)
        np.multiply(hs[1:], hs[1:], slopes)
        np.subtract(1, slopes, slopes)
        np.multiply(last, slopes[-1], d[-1])
        for i in range(steps - 2, -1, -1):
            np.matmul(d[i + 1], u.T, dh)
            np.multiply(dh, slopes[i], d[i])
        np.matmul(inputs.T, ds, dw)
        np.matmul(before.T, ds, du)
        return dw, du, np.add.reduce(ds, 0, None, db)

    return run


def rnn(**size: int) -> dict[str, Runner]:
    """Gradient of a scan (autograd, which has none, loops in Python)."""
    return runners(
        rnn_program, data(**size), ("jax", "autograd"), rnn_by_hand, rnn_with_out
    )


# -- without jit -----------------------------------------------------------------------


def loop_program(lib: Library) -> Any:
    np = lib.np

    def loss(w: Any, xs: Any) -> Any:
        h = xs[0]
        for x in xs:
            h = np.tanh(w @ h + x)
        return np.sum(h**2)

    return lib.jit(lib.grad(loss))


def eager_rnn(steps: int, hidden: int) -> dict[str, Runner]:
    """The gradient of a Python loop."""
    w, _, _, xs = data(steps, hidden, 1)
    return eager(loop_program, (w, xs[:, 0]))


def eager_chain(n: int) -> dict[str, Runner]:
    """The chain of ten operations."""
    return eager(chain_program, (np.linspace(0.1, 1.0, n),))


WORKLOADS = [Workload("rnn", rnn, SIZE, {"steps": 4, "hidden": 3, "batch": 2})]
UNJITTED = [
    Workload("unjitted-chain-10", eager_chain, {"n": 10}, kind="un-jitted"),
    Workload(
        "unjitted-rnn-200",
        eager_rnn,
        {"steps": 200, "hidden": 16},
        {"steps": 5, "hidden": 3},
        kind="un-jitted",
    ),
]
