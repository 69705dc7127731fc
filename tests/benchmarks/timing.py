"""Interleaved timing: every peer in every round, medians at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

Runner = Callable[[], Any]
Times = dict[str, dict[str, float]]


def leaves(result: Any) -> list[np.ndarray]:
    """Return the arrays of a result, which may be nested tuples."""
    if isinstance(result, tuple | list):
        return [leaf for part in result for leaf in leaves(part)]
    return [np.asarray(result)]


def disagreement(found: Any, expected: Any) -> str:
    """Say how two results differ beyond rounding, or nothing if they agree."""
    ours, theirs = leaves(expected), leaves(found)
    if len(ours) != len(theirs):
        return f"{len(theirs)} results instead of {len(ours)}"
    for place, (a, b) in enumerate(zip(theirs, ours)):
        if (a.shape, a.dtype) != (b.shape, b.dtype):
            return f"result {place}: {a.dtype}{a.shape} instead of {b.dtype}{b.shape}"
        close = 1e-8 if a.dtype == np.float64 else 5e-4
        gap, scale = np.max(np.abs(a - b), initial=0), np.max(np.abs(b), initial=0)
        if not gap <= close * scale:
            return f"result {place}: {gap:.2g} away, of {scale:.2g}"
    return ""


def check(name: str, runners: dict[str, Runner]) -> None:
    """Raise unless every peer's result is fgrad's."""
    expected = runners["fgrad"]()
    for peer, run in runners.items():
        if peer != "fgrad" and (problem := disagreement(run(), expected)):
            raise ValueError(f"{peer} disagrees with fgrad on {name}: {problem}")


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


def sampler(run: Runner, seconds: float) -> Callable[[], float]:
    """Return a function that measures one sample, in microseconds per call."""
    repeats = range(calls_per_sample(run, seconds))

    def sample() -> float:
        start = time.perf_counter()
        for _ in repeats:
            run()
        return (time.perf_counter() - start) / len(repeats) * 1e6

    return sample


def measure(
    samplers: dict[str, Callable[[], float]], rounds: int, warm_ups: int
) -> Times:
    """Return the median and the minimum of each sampler's results.

    The samplers take turns (A B C A B C ...), so that a slow moment of the machine
    meets all of them.
    """
    samples: dict[str, list[float]] = {name: [] for name in samplers}
    for turn in range(warm_ups + rounds):
        for name, sample in samplers.items():
            found = sample()
            if turn >= warm_ups:
                samples[name].append(found)
    return {
        name: {"median": median(found), "min": min(found)}
        for name, found in samples.items()
    }
