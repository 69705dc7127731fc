"""The workloads: each builds runners of the same gradient for fgrad and its peers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

import fgrad

Runner = Callable[[], Any]


def peers() -> dict[str, tuple[Any, Any]]:
    """Return the installed libraries that differentiate eagerly: (grad, numpy)."""
    found = {"fgrad": (fgrad.grad, np)}
    try:
        autograd = import_module("autograd")
        found["autograd"] = (autograd.grad, import_module("autograd.numpy"))
    except ImportError:
        print("autograd is not installed: skipped")
    return found


def neuron() -> dict[str, Runner]:
    """The hand-worked sigmoid neuron with two inputs: pure latency."""
    x, w, b = np.array([0.1, 0.3]), np.array([0.5, 0.2]), 1.83

    def build(grad: Any, np: Any) -> Runner:
        def loss(w: Any, b: Any) -> Any:
            out = 1 / (1 + np.exp(-(np.dot(w, x) + b)))
            return (0.03 - out) ** 2 / 2

        gradient = grad(loss, (0, 1))
        return lambda: gradient(w, b)

    return {name: build(*peer) for name, peer in peers().items()}


def chain(n: int) -> dict[str, Runner]:
    """Ten elementwise operations and a sum."""
    x = np.linspace(0.1, 1.0, n)

    def build(grad: Any, np: Any) -> Runner:
        def loss(x: Any) -> Any:
            y = np.tanh(np.log(np.exp(np.sin(x) * x) + 1))
            return np.sum((y**2 - x) / 2)

        gradient = grad(loss)
        return lambda: gradient(x)

    return {name: build(*peer) for name, peer in peers().items()}


def mlp() -> dict[str, Runner]:
    """A network of two layers (64-32-10) with softmax cross-entropy, batch 32."""
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(32, 64)), rng.integers(0, 10, 32)
    target = np.eye(10)[labels]
    w1, w2 = rng.normal(size=(64, 32)) / 8, rng.normal(size=(32, 10)) / 6

    def build(grad: Any, np: Any) -> Runner:
        def loss(w1: Any, w2: Any) -> Any:
            logits = np.dot(np.tanh(np.dot(x, w1)), w2)
            top = np.max(logits, axis=1, keepdims=True)
            norm = np.log(np.sum(np.exp(logits - top), axis=1, keepdims=True)) + top
            return -np.mean(np.sum(target * (logits - norm), axis=1))

        gradient = grad(loss, (0, 1))
        return lambda: gradient(w1, w2)

    return {name: build(*peer) for name, peer in peers().items()}


def python_rnn() -> dict[str, Runner]:
    """A recurrent network of 200 steps in a Python loop."""
    rng = np.random.default_rng(0)
    w, xs = rng.normal(size=(16, 16)) / 8, rng.normal(size=(200, 16))

    def build(grad: Any, np: Any) -> Runner:
        def loss(w: Any) -> Any:
            h = xs[0]
            for x in xs:
                h = np.tanh(np.dot(w, h) + x)
            return np.sum(h**2)

        gradient = grad(loss)
        return lambda: gradient(w)

    return {name: build(*peer) for name, peer in peers().items()}


def growth(ops: int) -> dict[str, Runner]:
    """A chain of operations on a number, for the cost per operation."""

    def build(grad: Any, np: Any) -> Runner:
        def long(x: Any) -> Any:
            for _ in range(ops):
                x = x * 0.999
            return x

        gradient = grad(long)
        return lambda: gradient(1.5)

    return {name: build(*peer) for name, peer in peers().items()}


WORKLOADS: dict[str, Callable[[], dict[str, Runner]]] = {
    "neuron": neuron,
    "chain-10": lambda: chain(10),
    "chain-1000": lambda: chain(1000),
    "chain-100000": lambda: chain(100_000),
    "mlp-small": mlp,
    "rnn-200": python_rnn,
    "growth-1000": lambda: growth(1_000),
    "growth-10000": lambda: growth(10_000),
    "growth-100000": lambda: growth(100_000),
}
OPS = {"neuron": 7, "chain-10": 10, "growth-1000": 1000, "growth-10000": 10_000,
       "growth-100000": 100_000}  # fmt: skip
"""Primitives of the forward pass, for the cost per primitive."""
