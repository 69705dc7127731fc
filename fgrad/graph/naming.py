"""What values are called: as in the user's program, or by letters."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Mapping
from typing import Any

from ..core import Jaxpr, Var
from ..core.printing import letters
from ..core.source import Source, expression, line_of


def names_of(jaxpr: Jaxpr, labels: Mapping[Var, str]) -> dict[Var, str]:
    """Return a name for every variable, each of them once.

    What a line of the program gives a name has that one: ``s`` in ``s = w @ x``.
    """
    names = dict(labels)
    taken = set(names.values())
    for eqn in jaxpr.eqns:
        name = assigned(eqn.source)
        if name and len(eqn.outs) == 1 and name not in taken:
            names[eqn.outs[0]] = name
            taken.add(name)
    free = (letter for letter in letters() if letter not in taken)
    for eqn in jaxpr.eqns:
        names.update((v, next(free)) for v in eqn.outs if v not in names)
    return names


def assigned(source: Source) -> str:
    """Return the name that a program gives to what an operation made, or nothing."""
    text = expression(source)
    if not text or source is None or isinstance(source, int):
        return ""
    line = linecache.getline(source[0].co_filename, line_of(source)).strip()
    try:
        (statement,) = ast.parse(line).body
    except (SyntaxError, ValueError):
        return ""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return ""
    target: Any = statement.targets[0]
    whole = ast.get_source_segment(line, statement.value)
    return target.id if isinstance(target, ast.Name) and whole == text else ""
