"""Every function of every namespace, swept: the tables and how a call of one is read.

Each file of this folder but `arrays` has a `Table` named ``TABLE``: calls such as
``linalg.svd(A)``, written with the arrays of `arrays`. ``tests/test_sweep.py`` runs
every call plainly, traced, differentiated, mapped and compiled. A function with one
call only gets a second one, on `STAND_INS`.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import arrays

FLOATS = {n: v for n, v in vars(arrays).items() if n.isupper() and v.dtype.kind in "fc"}
STAND_INS = {"A": "F", "B": "TURNED", "V": "BACK", "P": "FV", "S": "FS"}
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

    @property
    def name(self) -> str:
        """Return the function that this calls; methods of ufuncs count for these."""
        if self.table.expressions:
            return _expression(ast.parse(self.text, mode="eval").body)
        found = re.match(r"(emath\.|lib\.stride_tricks\.)?\w+", self.text)
        assert found
        return found[0]

    def told(self, beginnings: tuple[str, ...]) -> bool:
        """Say whether a field of the table lists this call."""
        return self.text.startswith(beginnings)

    def read(
        self, namespace: str, *, integers: bool = False
    ) -> tuple[Callable[..., Any], list[Any]]:
        """Return the call as a function of the float arrays it names, and these.

        With ``integers`` it is one of its arrays of integers, if it names no floats.
        """
        module = resolve_name(namespace)
        text = self.text if self.table.expressions else f"_.{self.text}"
        code = compile(text, str(self), "eval")
        scope = {**FLOATS, **OTHERS, **self.table.names, "np": np, "_": module}
        used = [n for n in FLOATS if n in code.co_names]
        if integers and not used:
            used = [n for n in code.co_names if isinstance(scope.get(n), np.ndarray)]

        def function(*values: Any) -> Any:
            return eval(code, {**scope, **dict(zip(used, values, strict=True))})

        return function, [scope[n] for n in used]


def _expression(node: Any) -> str:
    """Return the method that an expression calls, or its operator between ``x``."""
    x = ast.Name("x")
    match node:
        case ast.Call(func=ast.Attribute(attr=name)) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=ast.Name(id=name)):
            return f"{name}(x)"
        case ast.BinOp(op=op):
            return ast.unparse(ast.BinOp(x, op, x))
        case ast.UnaryOp(op=op):
            return ast.unparse(ast.UnaryOp(op, x))
        case ast.Compare(ops=ops):
            return ast.unparse(ast.Compare(x, ops, [x]))
    return "x[i]"


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
    """Return the calls of all tables, and an awkward one where there is only one."""
    told = [Call(c, t) for t in all_tables() for c in dict.fromkeys(split(t.calls))]
    counts = Counter((c.table.ours, c.name) for c in told)
    alone = [c for c in told if counts[c.table.ours, c.name] == 1]
    return told + [c for c in map(awkward, alone) if c not in told]


def awkward(call: Call) -> Call:
    """Return the call on arrays of the same shapes that are less easy to handle."""
    text = re.sub(r"\b[A-Z]\b", lambda m: STAND_INS.get(m[0], m[0]), call.text)
    return replace(call, text=text)


def each(names: str, *arguments: str) -> str:
    """Return the calls of every function with each of the arguments."""
    return " ".join(f"{n}({a})" for n in names.split() for a in arguments)


def namespaces(table: Table) -> SimpleNamespace:
    """Return the reference and every spelling that takes traced values."""
    spellings = [table.ours, table.plain] if table.plain else [table.ours]
    plain = table.plain or table.reference or table.ours
    return SimpleNamespace(plain=plain, traced=spellings)
