"""An embedding: rows of a table looked up, their gradients added back."""

from __future__ import annotations

from typing import Any

import numpy as np

from .peers import Library, runners
from .timing import Runner
from .workload import Workload


def program(lib: Library) -> Any:
    np = lib.np

    def loss(table: Any, idx: Any, target: Any) -> Any:
        return np.sum((table[idx] - target) ** 2) / 2

    return lib.jit(lib.grad(loss))


def by_hand(table: Any, idx: Any, target: Any) -> Any:
    rows = table[idx] - target
    gradient = np.zeros_like(table)
    width = table.shape[1]  # `add.at` is many times faster on a flat array
    places = (idx[:, None] * width + np.arange(width)).reshape(-1)
    np.add.at(gradient.reshape(-1), places, rows.reshape(-1))
    return gradient


def with_out(table: Any, idx: Any, target: Any) -> Any:
    gradient, rows = np.empty_like(table), np.empty_like(target)
    last, everything = np.empty(len(table), np.intp), np.arange(len(idx))

    def run(table: Any, idx: Any, target: Any) -> Any:
        np.take(table, idx, 0, rows, "clip")  # "raise" would copy into a buffer
        np.subtract(rows, target, rows)
        gradient.fill(0)
        left, where = everything, idx
        while len(left):  # indices that are all different, until none is left
            last[where] = left
            chosen = last[where] == left
            gradient[where[chosen]] += rows[left[chosen]]
            left = left[~chosen]
            where = idx[left]
        return gradient

    return run


def indexing(rows: int, width: int, indices: int) -> dict[str, Runner]:
    """Lookup of rows, and the gradient: rows added to zeros."""
    rng = np.random.default_rng(0)
    table, target = rng.normal(size=(rows, width)), rng.normal(size=(indices, width))
    args = (table, rng.integers(0, rows, indices), target)
    return runners(program, args, ("jax", "autograd"), by_hand, with_out)


WORKLOADS = [
    Workload(
        "indexing",
        indexing,
        {"rows": 10_000, "width": 64, "indices": 4096},
        {"rows": 9, "width": 3, "indices": 20},
    )
]
