"""What the rules of loops and branches share: flags per argument, backward halves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..compiler.call import Split
from ..core import Aval, aval_of, evaluate
from .scalars import weaken
from .stacks import zero_of

Flags = tuple[bool, ...]


def present(values: Sequence[Any]) -> Flags:
    """Say which values there are: a tangent or a cotangent of None is zero."""
    return tuple(v is not None for v in values)


def kept(values: Sequence[Any], flags: Sequence[bool]) -> list[Any]:
    """Return the values whose flag is set."""
    return [v for v, flag in zip(values, flags, strict=True) if flag]


def spread(values: Sequence[Any], flags: Sequence[bool]) -> list[Any]:
    """Undo `kept`: None where the flag is not set."""
    given = iter(values)
    return [next(given) if flag else None for flag in flags]


def strong(avals: Sequence[Aval]) -> list[Aval]:
    """Return the avals of arrays, also where there are Python numbers."""
    return [a._replace(weak=False) for a in avals]


def pull_half(
    half: Split,
    residuals: Sequence[Any],
    cts: Sequence[Any],
    ct_avals: Sequence[Aval],
    count: int,
) -> list[Any]:
    """Pull cotangents through a backward half, to ``count`` arguments.

    A cotangent of None is zero, given or returned.
    """
    anchor = next(x for x in (*cts, *residuals) if x is not None)
    residuals = [
        weaken(r) if aval.weak and not aval_of(r).weak else r
        for r, aval in zip(residuals, half.backward.in_avals)
    ]
    seeds = [
        zero_of(aval, anchor) if ct is None else ct
        for ct, aval in zip(cts, ct_avals, strict=True)
        if aval.dtype.kind in "fc"
    ]
    grads = dict(
        zip(half.reached, evaluate(half.backward, [*residuals, *seeds]), strict=True)
    )
    return [grads.get(i) for i in range(count)]
