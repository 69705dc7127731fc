"""The passes: pure functions from jaxpr to jaxpr, and the order in which they run."""

from __future__ import annotations

from collections.abc import Callable

from ...core import Jaxpr, check_jaxpr
from ...settings import config
from .assemble import assemble_slices
from .dead import drop_dead
from .fold import fold_constants
from .inline import inline_calls, inline_custom
from .share import share_common
from .signs import carry_signs
from .simplify import drop_marks, simplify
from .views import compose_views

__all__ = [
    "HOOKS",
    "LOWERING",
    "PASSES",
    "Pass",
    "assemble_slices",
    "carry_signs",
    "compose_views",
    "drop_dead",
    "drop_marks",
    "fold_constants",
    "inline_calls",
    "inline_custom",
    "optimize",
    "share_common",
    "simplify",
]

Pass = Callable[[Jaxpr], Jaxpr]

PASSES: tuple[Pass, ...] = (
    inline_calls,
    simplify,
    fold_constants,
    compose_views,
    simplify,
    share_common,
    drop_dead,
)
"""What every program goes through; derivatives may still be taken after it."""

LOWERING: tuple[Pass, ...] = (
    inline_custom,
    drop_marks,
    *PASSES,
    carry_signs,
    assemble_slices,
    drop_dead,
)
"""What a program goes through before it is emitted."""

HOOKS: list[Callable[[Jaxpr], object]] = []
"""Called with the result of every pass; the tests put the type checker here."""


def optimize(jaxpr: Jaxpr, passes: tuple[Pass, ...] = PASSES) -> Jaxpr:
    """Run the passes in order, none on what it returned itself.

    The result is another jaxpr even if nothing changes: the given one may keep what is
    made of the result.
    """
    jaxpr = jaxpr.replace()
    results: dict[Pass, Jaxpr] = {}
    for run in passes:
        if results.get(run) is jaxpr:
            continue
        jaxpr = results[run] = run(jaxpr)
        if config.touched and config.enable_checks:
            check_jaxpr(jaxpr)
        for hook in HOOKS:
            hook(jaxpr)
    return jaxpr
