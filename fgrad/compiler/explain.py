"""What the compiler did with a program, as a text to read."""

from __future__ import annotations

from difflib import unified_diff

from ..core import Jaxpr
from ..core.printing import Names, format_jaxpr
from .blocks import Blocks
from .cost_model import in_two_threads
from .passes import LOWERING
from .plan import Plan


def explained(jaxpr: Jaxpr, plan: Plan | None, details: bool = False) -> str:
    """Return a list of the passes with what each changed, and of what was planned.

    With ``details`` every pass that changed something shows how.
    """
    return "\n".join([*_passes(jaxpr, details), *_planned(plan)]) + "\n"


def _passes(jaxpr: Jaxpr, details: bool) -> list[str]:
    names = Names()  # the same ones in all of them
    lines = [f"staged: {_count(jaxpr)}"]
    for run in LOWERING:
        after = run(jaxpr)
        before = format_jaxpr(jaxpr, "", names).splitlines()
        now = format_jaxpr(after, "", names).splitlines()
        if before == now:
            lines.append(f"  {run.__name__}: no change")
        else:
            lines.append(f"  {run.__name__}: {_count(jaxpr)} -> {_count(after)}")
        if details and before != now:
            shown = list(unified_diff(before, now, lineterm="", n=0))[2:]
            lines += [f"    {line}" for line in shown if not line.startswith("@@")]
        jaxpr = after
    return lines


def _count(jaxpr: Jaxpr) -> str:
    return f"{len(jaxpr.eqns)} equation{'s' * (len(jaxpr.eqns) != 1)}"


def _planned(plan: Plan | None) -> list[str]:
    if plan is None:
        return ["planned: nothing, all arrays are small or of unknown layout"]
    plans = list(plan.whole())
    groups = [blocks for p in plans for blocks in p.groups]
    alone = [v for p in plans for item in p.items if not isinstance(item, Blocks)
             for v in item.outs if v in p.homes]  # fmt: skip
    bodies = f" in {len(plans)} parts" if len(plans) > 1 else ""
    pairs = sum(len(p.swapped) for p in plans) // 2
    carries = f"{pairs} carries of loops in two buffers each, " if pairs else ""
    many = f"{len(groups)} group{'s' * (len(groups) != 1)}"
    return [
        f"planned{bodies}: {many} in blocks, {len(alone)} more results in buffers, "
        f"{carries}{plan.nbytes} bytes of buffers",
        *(_group(blocks) for blocks in groups),
    ]


def _group(blocks: Blocks) -> str:
    group = blocks.group
    names = [eqn.prim.name for eqn in blocks.eqns]
    space = ",".join(map(str, group.space))
    unit = "elements" if group.flat else "rows"
    threads = ", on two threads" if in_two_threads(group) else ""
    return (
        f"  {len(names)} operations on [{space}], {blocks.rows} {unit} at a time, "
        f"{len(blocks.buffers)} buffers of a block{threads}: {' '.join(names)}"
    )
