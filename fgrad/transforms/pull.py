"""The backward walk: pull cotangents through a record, a vjp rule per argument."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..core import (
    Entry,
    KnownTrace,
    Tracer,
    check_cotangents,
    checked_entries,
    require,
)
from ..core.source import replays
from ..ops.basic import expand, zeros
from ..settings import config
from .arguments import own_copy

float0 = np.dtype([("float0", np.void, 0)])
"""The dtype of the cotangents and tangents of integers: they hold nothing."""


@replays
def pull(
    entries: list[Entry | None],
    outs: Iterable[int | None],
    cts: Iterable[Any],
    inputs: Iterable[int | None],
) -> list[Any]:
    """Walk a record backwards: from the cotangents of outputs to those of inputs.

    Outputs and inputs are places in the record; a missing cotangent (None) is zero. The
    record is used up, an entry is dropped as soon as it was read: give a copy of one
    that stays.
    """
    watching = config.touched and config.checks_values
    if watching:
        cts = list(cts)
        check_cotangents(cts, "the cotangent of output")
        entries = checked_entries(entries)
    found: list[Any] = [None] * len(entries)
    for out, ct in zip(outs, cts):
        if out is not None and ct is not None:
            found[out] = ct if found[out] is None else found[out] + ct
    while entries:
        entry = entries.pop()
        if entry is None:
            continue
        prim, places, args, params, out, z, source = entry
        if prim.multi:
            _pull_multi(entry, found)
            continue
        ct = found[out]
        if ct is None:
            continue
        found[out] = None
        if not prim.elementwise:
            ct = expand(ct, z)
        rules = prim.vjp or require(None, prim, "vjp", 0, source)
        for place, rule in zip(places, rules):
            if place is not None and rule is not None:
                if params:
                    result = rule(ct, z, *args, **params)
                else:
                    result = rule(ct, z, *args)
                old = found[place]
                found[place] = result if old is None else old + result
    grads = [None if place is None else found[place] for place in inputs]
    if watching:
        check_cotangents(grads, "the sum of the cotangents of input")
    return grads


@replays
def _pull_multi(entry: Entry, found: list[Any]) -> None:
    prim, places, args, params, outs, z, source = entry
    cts = [None if out is None else found[out] for out in outs]
    if all(ct is None for ct in cts):
        return
    cts = [None if ct is None else expand(ct, one) for ct, one in zip(cts, z)]
    if prim.forward is not None:  # the entry's args are the call's pullback
        results = args(cts)
    else:
        rules = prim.vjp or require(None, prim, "vjp", 0, source)
        results = [
            None if place is None or rule is None else rule(cts, z, *args, **params)
            for place, rule in zip(places, rules)
        ]
    for place, result in zip(places, results):
        if place is not None and result is not None:
            old = found[place]
            found[place] = result if old is None else old + result


def place_of(x: Any, trace: KnownTrace) -> int | None:
    """Return the place of a value in a record, None if the trace does not follow it."""
    return x.note if type(x) is Tracer and x.owner is trace else None


def finished(ct: Any, primal: Any, taken: set[int]) -> Any:
    """Return a cotangent as the caller may keep it: full shape, dtype, own memory."""
    if ct is None:
        return zeros(primal)
    ct = expand(ct, primal)
    if type(ct) is np.ndarray:
        if ct.base is not None or id(ct) in taken or not ct.flags.writeable:
            ct = ct.copy()
        taken.add(id(ct))
        return ct if ct.shape else ct[()]
    return own_copy(ct)


def follows(x: Any, trace: KnownTrace) -> bool:
    """Say whether a value is a tracer of a trace."""
    return type(x) is Tracer and x.owner is trace
