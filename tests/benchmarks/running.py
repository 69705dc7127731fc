"""A run: each workload is built, checked, measured and shown in a line."""

from __future__ import annotations

import gc
import json
import platform
from argparse import Namespace
from contextlib import suppress
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from .catalogue import chosen
from .report import Row, check_markers, markdown, place, progress, summary
from .timing import check, measure, sampler
from .workload import Workload

ROUNDS, QUICK_ROUNDS = 15, 3
SECONDS, QUICK_SECONDS = 0.04, 0.005


def run_workload(workload: Workload, quick: bool) -> Row:
    """Return the numbers of one workload, whose peers agree."""
    runners = workload.build(**workload.size)
    if workload.sampled:
        samplers = runners
    else:
        check(workload.name, runners)
        seconds = QUICK_SECONDS if quick else SECONDS
        samplers = {peer: sampler(run, seconds) for peer, run in runners.items()}
    rounds = min(workload.rounds, QUICK_ROUNDS if quick else ROUNDS)
    times = measure(samplers, rounds, warm_ups=2 if rounds > 1 else 0)
    peers = {
        peer: {kind: number / workload.per for kind, number in found.items()}
        for peer, found in times.items()
    }
    return Row(workload.name, workload.family, workload.kind, workload.unit, peers)


def described() -> str:
    """Return what was measured on what, and when."""
    versions = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    for name in ("jax", "autograd", "torch"):
        with suppress(metadata.PackageNotFoundError):
            versions.append(f"{name} {metadata.version(name)}")
    return ", ".join([*versions, _processor(), str(date.today())])


def _processor() -> str:
    """Return the name of the processor, where the system tells it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def run(options: Namespace) -> None:
    """Measure what was asked for, and write it down."""
    machine = described()
    cores = {1: "one core", 2: "two cores"}[options.cores]
    print(f"{cores}, {machine}", flush=True)
    if options.markdown:
        check_markers(options.markdown, cores)
    rows, failed = [], []
    for workload in chosen(options.only):
        try:
            rows.append(run_workload(workload, options.quick))
            print(progress(rows[-1]), flush=True)
        except Exception as error:  # the other workloads need not suffer
            failed.append(workload.name)
            print(f"{workload.name}: {type(error).__name__}: {error}", flush=True)
        gc.collect()
    text = "\n".join([f"{machine}.", "", *markdown(rows), *summary(rows)])
    print(f"\n{text}")
    if options.json:
        options.json.write_text(json.dumps(as_json(cores, machine, rows), indent=1))
    if options.markdown:
        place(options.markdown, cores, text)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def as_json(cores: str, machine: str, rows: list[Row]) -> dict[str, Any]:
    """Return the results as they are written to a file."""
    workloads = {row.name: {"unit": row.unit, "peers": row.peers} for row in rows}
    return {"cores": cores, "machine": machine, "workloads": workloads}
