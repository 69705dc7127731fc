"""How cost grows: time with the number of operations, memory with the depth."""

from __future__ import annotations

import tracemalloc
from math import isqrt
from typing import Any

import numpy as np

import fgrad

from .peers import Library, eager, library
from .timing import Runner
from .workload import Workload


def products(ops: int) -> dict[str, Runner]:
    """The gradient of a product after another, without ``jit``."""

    def program(lib: Library) -> Any:
        def loss(x: Any) -> Any:
            for _ in range(ops):
                x = x * 0.99999
            return x

        return lib.grad(loss)

    return eager(program, (1.5,), ("autograd",))


def memory(depth: int, n: int) -> dict[str, Runner]:
    """The most megabytes that a gradient holds, by depth."""
    x = np.linspace(0, 1, n)
    segment = isqrt(depth)

    def network(lib: Library, wrap: Any) -> Any:
        def layers(x: Any) -> Any:
            for _ in range(segment):
                x = lib.np.sin(x)
            return x

        def loss(x: Any) -> Any:
            for _ in range(depth // segment):
                x = wrap(layers)(x)
            return lib.np.sum(x)

        return lib.grad(loss)

    ours = library("fgrad")
    found = {
        "fgrad": network(ours, lambda fun: fun),
        "checkpoint": network(ours, fgrad.checkpoint),
        "jit": fgrad.jit(network(ours, lambda fun: fun)),
        "jit-checkpoint": fgrad.jit(network(ours, fgrad.checkpoint)),
    }
    if (other := library("autograd")) is not None:
        found["autograd"] = network(other, lambda fun: fun)
    return {name: lambda fun=fun: peak(fun, x) for name, fun in found.items()}


def peak(fun: Any, x: np.ndarray) -> float:
    """Return the most megabytes that are allocated at one moment of a call."""
    fun(x)  # compiles
    tracemalloc.start()
    fun(x)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


WORKLOADS = [
    *(
        Workload(
            f"growth-{name}",
            products,
            {"ops": ops},
            {"ops": 10},
            kind="growth",
            unit="us per op",
            per=ops,
            rounds=100_000 // ops,
        )
        for name, ops in {"1e3": 1000, "1e4": 10_000, "1e5": 100_000}.items()
    ),
    *(
        Workload(
            f"memory-{depth}",
            memory,
            {"depth": depth, "n": 100_000},
            {"n": 100},
            kind="growth",
            sampled=True,
            unit="MB",
            rounds=1,
        )
        for depth in (16, 64, 256)
    ),
]
