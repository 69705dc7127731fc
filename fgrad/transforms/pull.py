"""The backward walk: pull cotangents through a record, a vjp rule per argument."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Entry, KnownTrace, Tracer, Var, require
from ..ops.basic import expand, zeros

float0 = np.dtype([("float0", np.void, 0)])
"""The dtype of the cotangents and tangents of integers: they hold nothing."""

Cotangents = dict[Var, Any]


def pull(entries: list[Entry], cts: Cotangents) -> None:
    """Walk a record backwards, from the cotangents of outputs to those of inputs.

    ``cts`` is updated in place; a missing cotangent is zero. The record is used up:
    an entry is dropped as soon as it was read, so give a copy of one that stays.
    """
    take, find = cts.pop, cts.get
    while entries:
        prim, inputs, args, params, out, z, source = entries.pop()
        if prim.multi:
            found = [None if o is None else cts.pop(o, None) for o in out]
            if any(ct is not None for ct in found):
                results = _pull_multi(prim, args, params, z, found, inputs, source)
                for var, result in zip(inputs, results):
                    if var is not None and result is not None:
                        old = cts.get(var)
                        cts[var] = result if old is None else old + result
            continue
        ct = take(out, None)
        if ct is None:
            continue
        if not prim.elementwise:
            ct = expand(ct, z)
        rules = prim.vjp or require(None, prim, "vjp", 0, source)
        for var, rule in zip(inputs, rules):
            if var is not None and rule is not None:
                result = rule(ct, z, *args, **params)
                old = find(var)
                cts[var] = result if old is None else old + result


def _pull_multi(
    prim: Any, args: Any, params: Any, z: Any, found: Any, inputs: Any, source: Any
) -> list[Any]:
    cts = [None if ct is None else expand(ct, one) for ct, one in zip(found, z)]
    if prim.forward is not None:  # the entry's args are the call's pullback
        return args(cts)
    rules = prim.vjp or require(None, prim, "vjp", 0, source)
    return [
        None if var is None or rule is None else rule(cts, z, *args, **params)
        for var, rule in zip(inputs, rules)
    ]


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
    return ct


def follows(x: Any, trace: KnownTrace) -> bool:
    """Say whether a value is a tracer of a trace."""
    return type(x) is Tracer and x.owner is trace
