"""A network of two layers: its gradient, and its gradient per example."""

from __future__ import annotations

from typing import Any

import numpy as np

from .peers import Library, eager, runners
from .timing import Runner
from .workload import Workload, both_precisions

PARAMS = (0, 1, 2, 3)
SMALL = {"inputs": 64, "hidden": 32, "classes": 10, "batch": 32}
LARGE = {"inputs": 784, "hidden": 256, "classes": 10, "batch": 128}
TINY = {"inputs": 7, "hidden": 5, "classes": 3, "batch": 4}


def data(
    inputs: int, hidden: int, classes: int, batch: int, dtype: str = "float64"
) -> tuple[np.ndarray, ...]:
    """Return weights, biases, a batch and its labels as rows of zeros and a one."""
    rng = np.random.default_rng(0)
    w1 = rng.normal(size=(inputs, hidden)) / inputs**0.5
    w2 = rng.normal(size=(hidden, classes)) / hidden**0.5
    b1, b2 = rng.normal(size=hidden) / 9, rng.normal(size=classes) / 9
    x, target = (
        rng.normal(size=(batch, inputs)),
        np.eye(classes)[rng.integers(0, classes, batch)],
    )
    return tuple(a.astype(dtype) for a in (w1, b1, w2, b2, x, target))


def cross_entropy(np: Any, z: Any, target: Any) -> Any:
    """Return the mean cross-entropy of a softmax, in the NumPy of any library."""
    z = z - np.max(z, axis=-1, keepdims=True)
    norm = np.log(np.sum(np.exp(z), axis=-1))
    return np.mean(norm - np.sum(target * z, axis=-1))


def mlp_loss(lib: Library) -> Any:
    """Return the loss of the network, of one example or many."""
    np = lib.np

    def loss(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, target: Any) -> Any:
        return cross_entropy(np, np.tanh(x @ w1 + b1) @ w2 + b2, target)

    return loss


def mlp_program(lib: Library) -> Any:
    return lib.jit(lib.value_and_grad(mlp_loss(lib), PARAMS))


def mlp_by_hand(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, target: Any) -> Any:
    h = x @ w1
    h += b1
    np.tanh(h, h)
    z = h @ w2
    z += b2
    z -= z.max(1, keepdims=True)
    e = np.exp(z)
    total = e.sum(1, keepdims=True)
    n = x.dtype.type(len(x))
    value = (np.log(total).sum() - np.vdot(target, z)) / n
    e /= total
    e -= target
    e /= n
    dh = e @ w2.T
    dh *= 1 - h * h
    return value, (x.T @ dh, dh.sum(0), h.T @ e, e.sum(0))


def mlp_with_out(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, target: Any) -> Any:
    h = np.empty((len(x), len(b1)), x.dtype)
    dh, z = np.empty_like(h), np.empty_like(target)
    e, total, n = np.empty_like(z), np.empty_like(z[:, :1]), x.dtype.type(len(x))
    dw1, db1, dw2, db2 = (np.empty_like(a) for a in (w1, b1, w2, b2))

    def run(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, target: Any) -> Any:
        np.matmul(x, w1, h)
        np.add(h, b1, h)
        np.tanh(h, h)
        np.matmul(h, w2, z)
        np.add(z, b2, z)
        np.maximum.reduce(z, 1, None, total, True)
        np.subtract(z, total, z)
        np.exp(z, e)
        np.add.reduce(e, 1, None, total, True)
        np.divide(e, total, e)
        np.log(total, total)
        value = (np.add.reduce(total, None) - np.vdot(target, z)) / n
        np.subtract(e, target, e)
        np.divide(e, n, e)
        np.matmul(e, w2.T, dh)
        np.matmul(h.T, e, dw2)
        np.multiply(h, h, h)
        np.subtract(1, h, h)
        np.multiply(dh, h, dh)
        np.matmul(x.T, dh, dw1)
        np.add.reduce(dh, 0, None, db1)
        np.add.reduce(e, 0, None, db2)
        return value, (dw1, db1, dw2, db2)

    return run


def mlp(**size: Any) -> dict[str, Runner]:
    """Value and gradient of a network of two layers."""
    libraries = ("jax", "autograd", "torch")
    return runners(mlp_program, data(**size), libraries, mlp_by_hand, mlp_with_out)


def eager_mlp(**size: Any) -> dict[str, Runner]:
    """The same without ``jit``."""
    return eager(mlp_program, data(**size))


# -- per-example gradients -------------------------------------------------------------


def perexample_program(lib: Library) -> Any:
    in_axes = (None, None, None, None, 0, 0)
    return lib.jit(lib.vmap(lib.grad(mlp_loss(lib), PARAMS), in_axes=in_axes))


def perexample_by_hand(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, target: Any) -> Any:
    h = np.tanh(x @ w1 + b1)
    z = h @ w2 + b2
    e = np.exp(z - z.max(1, keepdims=True))
    e /= e.sum(1, keepdims=True)
    e -= target
    dh = e @ w2.T
    dh *= 1 - h * h
    return x[:, :, None] * dh[:, None], dh, h[:, :, None] * e[:, None], e


def perexample_with_out(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, target: Any) -> Any:
    h = np.empty((len(x), len(b1)))
    e, top, dh = np.empty_like(target), np.empty((len(x), 1)), np.empty_like(h)
    dw1, dw2 = np.empty((len(x), *w1.shape)), np.empty((len(x), *w2.shape))

    def run(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, target: Any) -> Any:
        np.matmul(x, w1, h)
        np.add(h, b1, h)
        np.tanh(h, h)
        np.matmul(h, w2, e)
        np.add(e, b2, e)
        np.maximum.reduce(e, 1, None, top, True)
        np.subtract(e, top, e)
        np.exp(e, e)
        np.add.reduce(e, 1, None, top, True)
        np.divide(e, top, e)
        np.subtract(e, target, e)
        np.multiply(h[:, :, None], e[:, None], dw2)
        np.matmul(e, w2.T, dh)
        np.multiply(h, h, h)
        np.subtract(1, h, h)
        np.multiply(dh, h, dh)
        np.multiply(x[:, :, None], dh[:, None], dw1)
        return dw1, dh, dw2, e

    return run


def perexample(**size: Any) -> dict[str, Runner]:
    """The gradient of each example of a batch, by ``vmap`` of ``grad``."""
    return runners(
        perexample_program,
        data(**size),
        ("jax",),
        perexample_by_hand,
        perexample_with_out,
    )


WORKLOADS = [
    *both_precisions("mlp", mlp, LARGE, TINY),
    *both_precisions("mlp-small", mlp, SMALL, TINY),
    Workload("perexample", perexample, {**SMALL, "batch": 128}, TINY),
]
UNJITTED = [Workload("unjitted-mlp", eager_mlp, SMALL, TINY, kind="un-jitted")]
