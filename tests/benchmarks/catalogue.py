"""Every workload, in the order of the tables."""

from __future__ import annotations

from . import (
    attention,
    curvature,
    elementwise,
    growth,
    images,
    indexing,
    networks,
    options,
    recurrent,
    science,
    start,
)
from .workload import Workload

WORKLOADS: tuple[Workload, ...] = (
    *elementwise.WORKLOADS,
    *networks.WORKLOADS,
    *images.WORKLOADS,
    *recurrent.WORKLOADS,
    *attention.WORKLOADS,
    *options.WORKLOADS,
    *curvature.WORKLOADS,
    *science.WORKLOADS,
    *indexing.WORKLOADS,
    *recurrent.UNJITTED,
    *networks.UNJITTED,
    *start.WORKLOADS,
    *growth.WORKLOADS,
)


def chosen(only: str | None) -> list[Workload]:
    """Return the workloads whose names begin with one of those given.

    >>> [workload.name for workload in chosen("mlp-small,gp")]
    ['mlp-small-f64', 'mlp-small-f32', 'gp']
    """
    if only is None:
        return list(WORKLOADS)
    found = []
    for begin in only.split(","):
        matches = [w for w in WORKLOADS if w.name.startswith(begin)]
        if not matches:
            names = ", ".join(workload.name for workload in WORKLOADS)
            raise SystemExit(f"no workload begins with {begin!r}; there are {names}")
        found += matches
    return [workload for workload in WORKLOADS if workload in found]
