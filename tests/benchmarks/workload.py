"""What a workload is: a name, sizes, and the calls that its peers make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Builder = Callable[..., dict[str, Callable[[], Any]]]


@dataclass(frozen=True)
class Workload:
    """A line of the table.

    ``build`` returns a call per peer. The calls of a *sampled* workload return the
    number that they measured (of a fresh process, say); all others are timed.
    """

    name: str
    build: Builder
    size: dict[str, Any] = field(default_factory=dict)
    tiny: dict[str, Any] = field(default_factory=dict)  # what the tests change in size
    kind: str = "compute"  # latency, compute, un-jitted, start or growth
    sampled: bool = False
    unit: str = "us"
    per: int = 1  # the number is divided by this: operations
    rounds: int = 1000  # at most

    @property
    def family(self) -> str:
        """What counts once in the goals: variants of a computation are one."""
        return self.name.partition("-")[0] if self.kind == "compute" else self.name


def both_precisions(
    name: str, build: Builder, size: dict[str, Any], tiny: dict[str, Any]
) -> list[Workload]:
    """Return a workload in float64 and float32."""
    return [
        Workload(f"{name}-{short}", build, {**size, "dtype": dtype}, tiny)
        for short, dtype in (("f64", "float64"), ("f32", "float32"))
    ]
