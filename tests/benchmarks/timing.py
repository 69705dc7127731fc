"""Interleaved timing: every peer in every round, medians at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

Runner = Callable[[], Any]


def same(a: Any, b: Any) -> bool:
    """Say whether two results (arrays, or tuples of them) agree."""
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(np.allclose(np.asarray(a), np.asarray(b), rtol=1e-6))


def calls_per_sample(run: Runner, seconds: float) -> int:
    """Return how often to call a function so that a sample takes that long."""
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            run()
        spent = time.perf_counter() - start
        if spent > seconds / 4:
            return max(1, int(calls * seconds / spent))
        calls *= 4


def measure(runners: dict[str, Runner], rounds: int, seconds: float) -> dict[str, Any]:
    """Return the median and the minimum of each runner, in microseconds per call.

    The runners take turns (A B C A B C ...), so that a slow moment of the machine
    meets all of them.
    """
    calls = {name: calls_per_sample(run, seconds) for name, run in runners.items()}
    samples: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds + 2):  # the first two warm up
        for name, run in runners.items():
            start = time.perf_counter()
            for _ in range(calls[name]):
                run()
            samples[name].append((time.perf_counter() - start) / calls[name] * 1e6)
    return {
        name: {"median": median(found[2:]), "min": min(found[2:])}
        for name, found in samples.items()
    }
