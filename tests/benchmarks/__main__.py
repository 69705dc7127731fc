"""Measure un-jitted gradients: ``python -m tests.benchmarks [--only NAME]``."""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import numpy as np

from .timing import measure, same
from .workloads import OPS, WORKLOADS


def run(name: str, rounds: int, seconds: float) -> dict[str, Any]:
    """Check that the peers agree on a workload, then time them."""
    runners = WORKLOADS[name]()
    expected = runners["fgrad"]()
    for peer, runner in runners.items():
        assert same(runner(), expected), f"{peer} disagrees on {name}"
    gc.collect()
    return measure(runners, rounds, seconds)


def show(name: str, times: dict[str, Any]) -> None:
    """Print one workload: medians, ratios to fgrad, cost per primitive."""
    own = times["fgrad"]["median"]
    row = f"{name:14} fgrad {own:10.1f} us"
    if name in OPS:
        row += f" ({own / OPS[name]:5.2f} us per primitive)"
    for peer, found in times.items():
        if peer != "fgrad":
            other = found["median"]
            row += f"   {peer} {other:10.1f} us = {other / own:.2f}x"
    print(row, flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(WORKLOADS), help="one workload")
    parser.add_argument("--quick", action="store_true", help="fewer, shorter rounds")
    parser.add_argument("--json", type=Path, help="write the results to a file")
    options = parser.parse_args()
    rounds, seconds = (5, 0.02) if options.quick else (15, 0.1)
    print(f"one core, {platform.python_version()}, NumPy {np.__version__}")
    results = {}
    for name in [options.only] if options.only else WORKLOADS:
        results[name] = run(name, rounds, seconds)
        show(name, results[name])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
