"""Element by element: what vmap does where there is no rule for whole batches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ..core import Aval, Primitive, aval_of, where
from ..core.source import Source, line_of
from ..errors import VmapLoopWarning
from ..ops.basic import zeros
from ..ops.index import getitem
from ..ops.join import stack_arrays
from .staging import stage

_warned: dict[Any, Any] = {}  # lets Python's filters tell repetitions


def element(x: Any, dim: int | None, i: int) -> Any:
    """Return one element of a batch."""
    return x if dim is None else getitem(x, (slice(None),) * dim + (i,))


def element_aval(x: Any, dim: int | None) -> Aval:
    """Return the aval of one element of a batch."""
    aval = aval_of(x)
    if dim is None:
        return aval
    return Aval(aval.shape[:dim] + aval.shape[dim + 1 :], aval.dtype)


def one_by_one(
    fun: Callable[..., Sequence[Any]],
    args: Sequence[Any],
    dims: Sequence[int | None],
    size: int,
    name: str,
) -> list[Any]:
    """Run a flat function on every element; return outputs, stacked in front."""
    if size == 0:
        avals = list(map(element_aval, args, dims))
        outs = stage(fun, avals, name).out_avals
        return [zeros(Aval((0, *a.shape), a.dtype)) for a in outs]
    rows = [fun(*(element(x, d, i) for x, d in zip(args, dims))) for i in range(size)]
    return [stack_arrays(column) for column in zip(*rows)]


def looped(
    prim: Primitive,
    args: Sequence[Any],
    dims: Sequence[int | None],
    size: int,
    params: Any,
    source: Source,
) -> tuple[Any, Any]:
    """Do what a batch rule does for a primitive that has none, and warn of it."""
    _warn(prim.name, source)

    def run(*xs: Any) -> Any:
        z = prim(*xs, **params)
        return z if prim.multi else [z]

    outs = one_by_one(run, args, dims, size, prim.name)
    return (outs, [0] * len(outs)) if prim.multi else (outs[0], 0)


def _warn(op: str, source: Source) -> None:
    """Warn, once per operation and line of the user's."""
    place = source if isinstance(source, tuple) else None
    warnings.warn_explicit(
        f'vmap runs "{op}" at {where(source)} element by element, in a Python loop: '
        "it has no batch rule. Give the primitive one (batch=), or the function that "
        "calls it a rule of its own (fgrad.custom_batching.custom_vmap)",
        VmapLoopWarning,
        place[0].co_filename if place else "<unknown>",
        line_of(place) if place else 1,
        registry=_warned,
    )
