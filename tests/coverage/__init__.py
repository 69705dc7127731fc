"""What works on traced values, function by function: found by trying.

Every public function of a namespace has calls in the tables of `tests.sweep`, or a
reason in `OUTSIDE` why it needs none. `rows` tries the calls under every
transformation; `python -m tests.coverage` writes what it finds into docs/coverage.md.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pkgutil import resolve_name
from typing import Any, NamedTuple

import numpy as np
import scipy

import fgrad
from fgrad.core import definition
from tests.sweep import Call, all_calls, all_tables

from .notes import NOTES, OUTSIDE

WORKS, ZERO, NONE, VALUES = "yes", "0", "-", "values"
RAISES, FAILS = "raises", "**no**"


class Row(NamedTuple):
    """What was found about one function."""

    name: str
    vjp: str
    jvp: str
    vmap: str
    jit: str
    note: str


def leaves(z: Any) -> list[Any]:
    """Return the arrays in a result."""
    if isinstance(z, dict):
        z = list(z.values())
    if isinstance(z, tuple | list):
        return [x for y in z for x in leaves(y)]
    return [z] if hasattr(z, "dtype") and hasattr(z, "shape") else []


def floats(z: Any) -> list[Any]:
    """Return the arrays with derivatives in a result."""
    return [x for x in leaves(z) if x.dtype.kind in "fc"]


def namespaces() -> list[str]:
    """Return the names of the modules that tables or reasons are about."""
    reasons = {f"fgrad.{n}" for n in OUTSIDE if not n.startswith("numpy.ndarray")}
    return sorted({table.ours for table in all_tables()} | reasons)


def public_names(namespace: str) -> list[str]:
    """Return the functions and distributions of a namespace, without its classes."""
    scope = resolve_name(namespace)
    offered = getattr(scope, "__all__", [n for n in dir(scope) if n[0] != "_"])
    members = {n: getattr(scope, n) for n in offered}
    return sorted(n for n, x in members.items() if _is_function(x))


def _is_function(x: Any) -> bool:
    distribution = any(hasattr(x, n) for n in ("pdf", "pmf", "logpdf", "logpmf"))
    return (callable(x) or distribution) and not isinstance(x, type)


def plain_only(namespace: str) -> list[str]:
    """Return the functions of SciPy that take no traced values, as they are."""
    if not namespace.startswith("fgrad.scipy."):
        return []
    ours = resolve_name(namespace)
    theirs = resolve_name(namespace.removeprefix("fgrad."))
    names = [n for n in public_names(namespace) if hasattr(theirs, n)]
    pairs = {n: (getattr(ours, n), getattr(theirs, n)) for n in names}
    same = [n for n, (f, g) in pairs.items() if g in (f, getattr(f, "__wrapped__", f))]
    return [n for n in same if definition(getattr(theirs, n)) is None]


def other_names(namespace: str) -> dict[str, list[str]]:
    """Return for functions with calls under what other names they stand there."""
    module = resolve_name(namespace)
    tested = {c.name for c in all_calls() if c.table.ours == namespace}
    first = {id(getattr(module, n)): n for n in sorted(tested) if hasattr(module, n)}
    found: dict[str, list[str]] = {}
    for name in public_names(namespace):
        other = first.get(id(getattr(module, name)))
        if other is not None and name not in tested:
            found.setdefault(other, []).append(name)
    return found


def rows(namespace: str) -> Iterator[Row]:
    """Yield what works of each function that has calls."""
    others = other_names(namespace)
    calls: dict[str, list[Call]] = {}
    for call in all_calls():
        if call.table.ours == namespace:
            calls.setdefault(call.name, []).append(call)
    for name in sorted(calls):
        found = [tried(call) for call in calls[name]]
        marks = [_together(column) for column in zip(*found, strict=True)]
        note = NOTES.get(f"{namespace.removeprefix('fgrad.')}.{name}", "")
        also = ", ".join(f"`{n}`" for n in others.get(name, ()))
        notes = (f"also {also}" if also else "", note)
        yield Row(name, *marks, "; ".join(filter(None, notes)))


def missing(namespace: str) -> list[str]:
    """Return the public functions without any call and without a reason."""
    tested = {c.name for c in all_calls() if c.table.ours == namespace}
    listed = {n for names in outside(namespace).values() for n in names.split()}
    listed |= {n for names in other_names(namespace).values() for n in names}
    listed |= set(plain_only(namespace))
    return [n for n in public_names(namespace) if n not in tested and n not in listed]


def single(namespace: str) -> list[str]:
    """Return the functions with one call only."""
    calls = Counter(c.name for c in all_calls() if c.table.ours == namespace)
    return sorted(name for name, count in calls.items() if count == 1)


def outside(namespace: str) -> dict[str, str]:
    """Return the functions that need no call, by the reason why."""
    return OUTSIDE.get(namespace.removeprefix("fgrad."), {})


def _together(marks: tuple[str, ...]) -> str:
    """Return what calls of one function say together."""
    for mark in (FAILS, WORKS, RAISES, VALUES, ZERO):
        if mark in marks:
            return mark
    return NONE


def tried(call: Call) -> tuple[str, str, str, str]:
    """Return the marks of one call under vjp, jvp, vmap and jit."""
    function, arrays = call.read(call.table.ours)
    everything, operands = call.read(call.table.ours, integers=True)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        staged = VALUES if call.told(call.table.by_value) else ""
        smooth = lambda *xs: floats(function(*xs))
        if not (arrays and smooth(*arrays)):
            slopes = (NONE, NONE)
        elif call.told(call.table.refused):
            slopes = (RAISES, RAISES)
        else:
            slopes = _mark(_pulled, smooth, arrays), _mark(_pushed, smooth, arrays)
        every = lambda *xs: leaves(everything(*xs))
        if not operands:
            return *slopes, NONE, NONE
        runs = [staged or _mark(run, every, operands) for run in (_mapped, _compiled)]
        return *slopes, *runs


def _mark(run: Callable[..., Any], function: Any, arrays: list[Any]) -> str:
    try:
        found = run(function, arrays)
    except Exception:
        return FAILS
    return WORKS if found is None or any(np.any(x != 0) for x in found) else ZERO


def _pulled(function: Any, arrays: list[Any]) -> Any:
    outs, pullback = fgrad.vjp(function, *arrays)
    return pullback(_directions(outs))


def _pushed(function: Any, arrays: list[Any]) -> Any:
    return fgrad.jvp(function, tuple(arrays), tuple(_directions(arrays)))[1]


def _directions(arrays: list[Any]) -> list[Any]:
    """Return for each array one in which no derivative vanishes by chance."""
    local = np.random.default_rng(0)
    phase = {"c": 0.8 + 0.6j}
    return [(local.uniform(0.5, 1.5, np.shape(x)) * phase.get(x.dtype.kind, 1))
            .astype(x.dtype)[()] for x in arrays]  # fmt: skip


def _mapped(function: Any, arrays: list[Any]) -> None:
    fgrad.vmap(function)(*(x[None] for x in arrays))


def _compiled(function: Any, arrays: list[Any]) -> None:
    fgrad.jit(function)(*arrays)


HEAD = """# What works on traced values

Written by `python -m tests.coverage`, which tries every function of every namespace, on
ordinary and awkward arguments, under `vjp`, `jvp`, `vmap` and `jit`. The same calls are
compared with NumPy or SciPy, with difference quotients and with loops by the tests.
The last section is about the methods, attributes and operators of arrays.

- **yes**: it works. **0**: it works, and the derivative is zero wherever it exists.
- **-**: there is nothing to differentiate: no float argument, or no float result; or
  nothing to map and to trace: no array among the arguments.
- **raises**: there is no derivative, and asking for it is an error.
- **values**: the shape of the result depends on values. It works where values are known
  (under un-jitted `grad`, `vjp`, `jvp`), not under `vmap` and `jit`.

Conventions at points where a derivative does not exist are in the last column, and
together in [edge_points.md](edge_points.md); what does not work is in
[limits.md](limits.md).
"""


def versions() -> str:
    """Return whose functions the page lists."""
    ours = [v.__version__.rsplit(".", 1)[0] for v in (np, scipy)]
    return "Functions are those of NumPy {} and SciPy {}.\n".format(*ours)


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, versions(), *map(section, namespaces())])


def _line(row: Row) -> str:
    """Return a row of Markdown; a bar in its name is escaped."""
    name = row.name.replace("|", "\\|")
    return f"| `{name}` | {' | '.join(row[1:])} |"


def section(namespace: str) -> str:
    """Return the part of the page about one namespace."""
    lines = [
        f"## `{namespace}`\n",
        "| function | vjp | jvp | vmap | jit | conventions and limits |",
        "|---|---|---|---|---|---|",
        *map(_line, rows(namespace)),
    ]
    reasons = dict(outside(namespace))
    if plain := plain_only(namespace):
        reasons["Without traced values only, as SciPy's own"] = " ".join(plain)
    if reasons:
        lines.append("\nNot in the table:\n")
    for reason, names in reasons.items():
        listed = ", ".join(f"`{n}`" for n in sorted(names.split()))
        lines.append(f"- {reason}: {listed}.")
    return "\n".join(lines) + "\n"
