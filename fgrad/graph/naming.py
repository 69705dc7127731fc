"""What values are called: as in the user's program, or by letters."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Mapping
from itertools import count, groupby
from typing import Any

from ..core import Jaxpr, Var
from ..core.printing import letters
from ..core.source import Source, expression, line_of


def names_of(
    jaxpr: Jaxpr, labels: Mapping[Var, str], taken: set[str] | None = None
) -> dict[Var, str]:
    """Return a name for every variable, each of them once.

    They are none of the names in ``taken``, to which they are added. What a line of the
    program gives a name has that one: ``s`` in ``s = w @ x``. If another line gives the
    name again, that is ``s_2``.
    """
    names = dict(labels)
    taken = set() if taken is None else taken
    taken.update(names.values())
    seen = set()  # later operations of the same line are derivatives, or of a loop
    for source, eqns in groupby(jaxpr.eqns, key=lambda eqn: eqn.source):
        *_, last = eqns
        name = assigned(source) if source not in seen else ""
        seen.add(source)
        if name and len(last.outs) == 1:
            name = next(n for n in _versions(name) if n not in taken)
            names[last.outs[0]] = name
            taken.add(name)
    free = (letter for letter in letters() if letter not in taken)
    for eqn in jaxpr.eqns:
        names.update((v, next(free)) for v in eqn.outs if v not in names)
    taken.update(names.values())
    return names


def _versions(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{i}" for i in count(2))


def assigned(source: Source) -> str:
    """Return the name that a program gives to what an operation made, or nothing."""
    text = expression(source)
    if not text or source is None or isinstance(source, int):
        return ""
    line = linecache.getline(source[0].co_filename, line_of(source)).strip()
    try:
        statements: Any = ast.parse(line).body
    except (SyntaxError, ValueError):
        return ""
    for statement in statements:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            (target,) = statement.targets
            whole = ast.get_source_segment(line, statement.value)
            if isinstance(target, ast.Name) and whole == text:
                return target.id
    return ""
