"""What jit logs: how long it took to compile, and why a signature was new."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Sequence
from time import perf_counter
from types import CodeType
from typing import Any

import numpy as np

from ..core import user_source, where
from ..pytree import PyTreeDef, first_difference
from ..transforms.arguments import name_of, shown
from .cache import Programs
from .signature import part_text, static_name
from .staged import SURROUNDINGS

_logger = logging.getLogger("fgrad")
_seen: weakref.WeakSet[CodeType] = weakref.WeakSet()  # of functions that were staged


def log_compiled(name: str, what: str, signature: str, start: float) -> None:
    """Log how long a step took for a signature, and the user's line."""
    spent = 1e3 * (perf_counter() - start)
    _logger.warning(
        "%s: %s for (%s) in %.2f ms, called at %s",
        name, what, signature, spent, where(user_source()),
    )  # fmt: skip


def signature_text(fun: Any, key: tuple[Any, ...], names: Sequence[str]) -> str:
    """Return a signature as messages show it: names, shapes and static values."""
    parts = _parts(key, names, fun)
    return ", ".join(
        f"{name.removeprefix('argument ')}: {text}" for name, text in parts
    )


def explain_miss(
    fun: Any, name: str, key: tuple[Any, ...], names: Sequence[str], programs: Programs
) -> None:
    """Log why no program was there: what differs from the nearest signature."""
    known = [*programs.older, *programs][::-1]
    if known:
        nearest = min(known, key=lambda other: _distance(key, other, 1 + len(names)))
        which = "the earlier one" if len(known) == 1 else f"the nearest of {len(known)}"
        reason = f"{_difference(key, nearest, names, fun)} in {which}"
    else:
        reason = _never_seen(fun)
    _logger.warning("%s: cache miss at %s: %s", name, where(user_source()), reason)


def _never_seen(fun: Any) -> str:
    """Say that a function is new, and whether one of the same text was staged."""
    code = getattr(fun, "__code__", None)
    if code is None:
        return f"never seen function {name_of(fun)}"
    again = code in _seen
    _seen.add(code)
    if not again:
        return f"never seen function {name_of(fun)}"
    return (
        f"never seen function {name_of(fun)}, but another one with the same code: a "
        "new function object each call? Define it outside of the loop, and pass what "
        "it closes over as arguments"
    )


def _parts(
    key: tuple[Any, ...], names: Sequence[str], fun: Any
) -> list[tuple[str, str]]:
    """Return what each part of a key is called, and how messages show it."""
    leaves = [(n, part_text(part)) for n, part in zip(names, key[1:])]
    static = key[1 + len(names) :]
    return leaves + [
        (at, str(value))
        if at in SURROUNDINGS
        else (f"static {static_name(at, fun)}", _static_text(kind, value))
        for at, kind, value in static
    ]


def _static_text(kind: type, value: Any) -> str:
    if kind is not np.ndarray:
        return repr(value) if kind in (int, bool, float) else shown(value)
    shape, dtype, _, content = value
    return f"{part_text((shape, dtype))} with hash {hash(content) & 0xFFFF:04x}"


def _distance(key: tuple[Any, ...], other: tuple[Any, ...], first: int) -> float:
    """Return how many parts differ; static parts begin at ``first``."""
    if key[0] != other[0]:
        return float("inf")
    leaves = sum(a != b for a, b in zip(key[:first], other[:first]))
    new, old = ({part[0]: part for part in k[first:]} for k in (key, other))
    return leaves + sum(new.get(at) != old.get(at) for at in {**new, **old})


def _difference(
    key: tuple[Any, ...], other: tuple[Any, ...], names: Sequence[str], fun: Any
) -> str:
    """Say what differs between two signatures, as the start of a sentence."""
    if key[0] != other[0]:
        return _tree_difference(key[0], other[0])
    new, old = dict(_parts(key, names, fun)), dict(_parts(other, names, fun))
    found = [
        f"{name} is {new.get(name, 'not given')}, but {old.get(name, 'not given')}"
        for name in {**new, **old}
        if new.get(name) != old.get(name)
    ]
    return "; ".join(found) or "the same values, given in another way, than"


def _tree_difference(new: PyTreeDef, old: PyTreeDef) -> str:
    """Say where two trees of ``(args, kwargs)`` differ."""
    (args, kwargs), (old_args, old_kwargs) = new.children(), old.children()
    if args.num_nodes != old_args.num_nodes or args != old_args:
        given, before = args.children(), old_args.children()
        if len(given) != len(before):
            return f"called with {len(given)} positional arguments, but {len(before)}"
        i = next(i for i, (a, b) in enumerate(zip(given, before)) if a != b)
        place, pair = f"positional argument {i} is", (before[i], given[i])
    else:
        place, pair = "the keyword arguments are", (old_kwargs, kwargs)
    return f"{place} another tree ({first_difference(*pair)}) than"
