"""What values are called: as in the user's program, or by letters."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator
from itertools import count, groupby

from ..core import Var
from ..core.printing import letters
from ..core.source import Source, expression, line_of
from .recording import Record


def names_of(found: Record, taken: set[str] | None = None) -> dict[Var, str]:
    """Return a name for every variable, each of them once.

    They are none of the names in ``taken``, to which they are added. What a line of the
    program gives a name has that one: ``s`` in ``s = w @ x``. If it is given again,
    that is ``s_2``.
    """
    names = dict(found.labels)
    taken = set() if taken is None else taken
    taken.update(names.values())
    taken.update(word for label in names.values() for word in _WORD.findall(label))
    own = [e for e in found.jaxpr.eqns if found.derived.isdisjoint(e.outs)]
    for source, eqns in groupby(own, key=lambda eqn: eqn.source):
        *_, last = eqns
        given = assigned(source)
        if len(given) == len(last.outs):
            for var, name in zip(last.outs, given):
                names[var] = next(n for n in _versions(name) if n not in taken)
                taken.add(names[var])
    free = (letter for letter in letters() if letter not in taken)
    for eqn in found.jaxpr.eqns:
        names.update((v, next(free)) for v in eqn.outs if v not in names)
    taken.update(names.values())
    return names


_WORD = re.compile(r"^\w+")


def _versions(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{i}" for i in count(2))


def assigned(source: Source) -> list[str]:
    """Return the names that a program gives to what an operation made."""
    text = expression(source)
    if not text or source is None or isinstance(source, int):
        return []
    line = linecache.getline(source[0].co_filename, line_of(source)).strip()
    try:
        statements = ast.parse(line).body
    except (SyntaxError, ValueError):
        return []
    for statement in statements:
        if isinstance(statement, ast.AugAssign):
            whole = ast.get_source_segment(line, statement)
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            whole = ast.get_source_segment(line, statement.value)
        else:
            continue
        if whole == text:
            return _targets(statement)
    return []


def _targets(statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[str]:
    if isinstance(statement, ast.Assign):
        target = statement.targets[-1]
    else:
        target = statement.target
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return [part.id for part in parts if isinstance(part, ast.Name)]
