"""Every function of every namespace, swept: the tables and how a call of one is read.

Each file of this folder but `arrays` has a `Table` named ``TABLE``: calls such as
``linalg.svd(A)``, written with the arrays of `arrays`. ``tests/test_sweep.py`` runs
every call plainly, traced, differentiated, mapped and compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import arrays

FLOATS = {n: v for n, v in vars(arrays).items() if n.isupper() and v.dtype.kind in "fc"}
OTHERS = {n: v for n, v in vars(arrays).items() if n.isupper() and n not in FLOATS}


@dataclass(frozen=True)
class Table:
    """Calls of one namespace, and what is special about some of them.

    ``ours`` is fgrad's namespace. ``plain`` is the one whose functions take plain
    arrays and hand tracers over to fgrad (NumPy, SciPy's ufuncs), or None, and
    ``reference`` one that has the values for plain arrays only. The other fields list
    beginnings of calls: ``coarse`` ones cannot have the last bit of ``plain``,
    ``kinked`` ones have no slope that a difference quotient sees, ``by_value`` ones
    have a shape that depends on values, and ``refused`` ones raise when they are
    differentiated, for there is no derivative. ``expressions`` says that the calls are
    whole expressions, of methods and operators, not functions of the namespace.
    """

    ours: str
    calls: str
    plain: str | None = None
    reference: str | None = None
    coarse: tuple[str, ...] = ()
    kinked: tuple[str, ...] = ()
    by_value: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    names: dict[str, Any] = field(default_factory=dict)
    expressions: bool = False


@dataclass(frozen=True)
class Call:
    """One call of a table."""

    text: str
    table: Table

    def __str__(self) -> str:
        return f"{self.table.ours.removeprefix('fgrad.')}.{self.text}"

    def told(self, beginnings: tuple[str, ...]) -> bool:
        """Say whether a field of the table lists this call."""
        return self.text.startswith(beginnings)

    def read(self, namespace: str) -> tuple[Callable[..., Any], list[Any]]:
        """Return the call as a function of the float arrays it names, and these."""
        module = resolve_name(namespace)
        text = self.text if self.table.expressions else f"_.{self.text}"
        code = compile(text, str(self), "eval")
        used = [n for n in FLOATS if n in code.co_names]
        scope = {**OTHERS, **self.table.names, "np": np, "_": module, "int": int}

        def function(*values: Any) -> Any:
            return eval(code, {**scope, **dict(zip(used, values, strict=True))})

        return function, [FLOATS[n] for n in used]


def split(calls: str) -> Iterator[str]:
    """Yield the calls of a text: they are apart where space is outside of brackets."""
    depth, word = 0, ""
    for char in calls + " ":
        depth += (char in "([{") - (char in ")]}")
        if char.isspace() and depth == 0:
            if word:
                yield word
            word = ""
        else:
            word += char


def all_tables() -> list[Table]:
    """Return the tables of all namespaces."""
    names = sorted(p.stem for p in Path(__file__).parent.glob("[a-z]*.py"))
    return [import_module(f"{__name__}.{n}").TABLE for n in names if n != "arrays"]


def all_calls() -> list[Call]:
    """Return the calls of all tables, each once."""
    return [Call(c, t) for t in all_tables() for c in dict.fromkeys(split(t.calls))]


def namespaces(table: Table) -> SimpleNamespace:
    """Return the reference and every spelling that takes traced values."""
    spellings = [table.ours, table.plain] if table.plain else [table.ours]
    plain = table.plain or table.reference or table.ours
    return SimpleNamespace(plain=plain, traced=spellings)
