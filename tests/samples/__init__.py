"""One sample or more for every primitive: what the table tests run.

Each file of this folder has a list ``SAMPLES`` for a family of primitives, or for a few
that are alike; its first line says for which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from fgrad.core import Primitive


@dataclass
class Sample:
    """Arguments and params that a primitive is tested with.

    Floating-point arguments are differentiated; ``smooth=False`` says that finite
    differences do not hold there (ties, edges), only the transpose identity.
    ``orders`` says how many derivatives it has: others raise.
    """

    prim: Primitive
    args: tuple[Any, ...]
    params: dict[str, Any] = field(default_factory=dict)
    smooth: bool = True
    orders: int = 9

    def __str__(self) -> str:
        shapes = "-".join(str(getattr(a, "shape", a)) for a in self.args)
        return f"{self.prim.name}-{shapes}".replace(" ", "")


def all_samples() -> list[Sample]:
    """Return the samples of all families."""
    names = sorted(p.stem for p in Path(__file__).parent.glob("[a-z]*.py"))
    return [s for n in names for s in import_module(f"{__name__}.{n}").SAMPLES]
