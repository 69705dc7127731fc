"""The options about promotion: operands of different rank, of different dtypes."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any

from ..settings import config
from .aval import Aval, aval_of
from .source import Source, is_internal, line_of, where

_KINDS = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}
# Between the user's line and the record: anything else is a function of fgrad's that
# promotes on purpose.
_DIRECT = {
    "CheckingTrace.record",
    "Primitive.__call__",
    "Tracer.__array_ufunc__",
    "_binary.<locals>.definition",
    "_equality.<locals>.method",
    "_operator.<locals>.method",
    "_pow",
    "_reflected.<locals>.method",
    "check_promotion",
    "power",
}


def check_promotion(
    prim: Any, args: Sequence[Any], place: Source, transformation: str
) -> None:
    """Warn or raise if an operation of the user's promotes what it should not."""
    if not prim.elementwise or len(args) != 2:
        return
    rank, strict = config.numpy_rank_promotion, config.numpy_dtype_promotion
    if (rank == "allow" and strict == "standard") or not _is_direct():
        return
    avals = list(map(aval_of, args))
    what = f'{transformation}: "{prim.name}" of {avals[0]} and {avals[1]} would promote'
    if rank != "allow" and len({a.ndim for a in avals if a.ndim}) > 1:
        low, high = sorted(a.ndim for a in avals)
        index = "[" + "None, " * (high - low) + "...]"
        _complain(
            f"{what} rank {low} to {high} at {where(place)}, and numpy_rank_promotion "
            f"is {rank!r}. Write x{index} for the one of rank {low}",
            place,
            warn=rank == "warn",
        )
    if strict == "strict" and _promotes(*avals):
        _complain(
            f"{what} dtypes at {where(place)}, and numpy_dtype_promotion is 'strict'. "
            "Write x.astype(dtype), with the dtype of the result that you want",
            place,
        )


def _promotes(x: Aval, y: Aval) -> bool:
    if x.weak and y.weak:
        return "b" in x.dtype.kind + y.dtype.kind and x.dtype != y.dtype
    if x.weak or y.weak:
        weak, strong = (x, y) if x.weak else (y, x)
        if "b" in weak.dtype.kind + strong.dtype.kind:
            return weak.dtype != strong.dtype
        return _KINDS[weak.dtype.kind] > _KINDS[strong.dtype.kind]
    return x.dtype != y.dtype


def _complain(message: str, place: Source, warn: bool = False) -> None:
    if not warn:
        raise ValueError(message)
    if isinstance(place, tuple):
        file, line = place[0].co_filename, line_of(place)
        warnings.warn_explicit(message, UserWarning, file, line)


def _is_direct() -> bool:
    """Say whether the user's own line asked for the operation."""
    frame = sys._getframe(1)
    while frame is not None and is_internal[frame.f_code.co_filename]:
        if frame.f_code.co_qualname not in _DIRECT:
            return False
        frame = frame.f_back  # type: ignore[assignment]
    return True
