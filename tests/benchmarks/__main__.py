"""Measure fgrad beside its peers: ``python -m tests.benchmarks``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--cores", type=int, choices=(1, 2), default=1)
    parser.add_argument("--only", metavar="NAMES", help="begins of names: chain,mlp")
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="replaces the table in FILE"
    )
    options = parser.parse_args()
    if options.markdown and options.only:
        parser.error("--markdown replaces whole tables: run it without --only")
    return options


def pin() -> None:
    """Keep the process to one core: before NumPy, JAX and torch count them."""
    for name in THREADS:
        os.environ[name] = "1"
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


if __name__ == "__main__":
    options = parse()
    if options.cores == 1:
        pin()
    from .running import run

    run(options)
