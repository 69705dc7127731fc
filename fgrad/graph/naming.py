"""What values are called: as in the user's program, or by letters."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import count, groupby, islice
from typing import TypeAlias

from ..core import Eqn, Var
from ..core.printing import letters
from ..core.source import Source
from .recording import Record

Place: TypeAlias = tuple[int, int, int | None, int | None]
"""Lines and columns of a piece of source: from and to."""


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
    for (source, _), eqns in groupby(own, key=lambda eqn: _moment(eqn, found)):
        *_, last = eqns
        given = assigned(source)
        if len(given) == len(last.outs):
            for var, name in zip(last.outs, given):
                names[var] = next(n for n in _versions(name) if n not in taken)
                taken.add(names[var])
    theirs = {name for eqn in found.jaxpr.eqns for name in _variables(eqn.source)}
    free = (x for x in letters() if x not in taken and x not in theirs)
    for eqn in found.jaxpr.eqns:
        names.update((v, next(free)) for v in eqn.outs if v not in names)
    taken.update(names.values())
    return names


_WORD = re.compile(r"^\w+")


def _moment(eqn: Eqn, found: Record) -> tuple[Source, int]:
    visit = found.visits.get(eqn.outs[0], 0) if eqn.outs else 0
    return eqn.source, visit


def _variables(source: Source) -> Iterator[str]:
    """Yield the variables of the function that a source is in."""
    if source is not None and not isinstance(source, int):
        code = source[0]
        yield from (*code.co_varnames, *code.co_cellvars, *code.co_freevars)
        if code.co_name == "<module>":
            yield from code.co_names


def _versions(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{i}" for i in count(2))


# -- what the program calls it ---------------------------------------------------------


@lru_cache(maxsize=4096)
def assigned(source: Source) -> tuple[str, ...]:
    """Return the names that a program gives to what an operation made."""
    if source is None or isinstance(source, int):
        return ()
    code, lasti = source
    line, end, start, stop = next(islice(code.co_positions(), lasti // 2, None))
    lines = linecache.getlines(code.co_filename)
    if line is None or end is None or start is None or end > len(lines):
        return ()
    where = line, start, end, stop
    for first in range(line, max(line - 12, 0), -1):  # where its statement begins
        for last in range(end, min(end + 3, len(lines)) + 1):
            found = _parsed(lines[first - 1 : last], first)
            if found is None:
                continue
            if not (len(found) == 1 and _is_alone(found[0], where)):
                return next(filter(None, (_names(s, where) for s in found)), ())
            break  # a part of a statement that begins further up
    return ()


def _parsed(lines: Sequence[str], first: int) -> list[ast.stmt] | None:
    """Return the statements in some lines, with their places in the file."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    text = "if 1:\n" * bool(indent) + "".join(lines)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    ast.increment_lineno(tree, first - 1 - bool(indent))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return found[1:] if indent else found


def _is_alone(statement: ast.stmt, where: Place) -> bool:
    return isinstance(statement, ast.Expr) and _at(statement.value) == where


def _at(node: ast.expr | ast.stmt) -> Place:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _names(statement: ast.stmt, where: Place) -> tuple[str, ...]:
    """Return what a statement calls the value that stands at a place of it."""
    if isinstance(statement, ast.AugAssign):
        same = _at(statement) == where
        return _targets(statement.target) if same else ()
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or not statement.value:
        return ()
    if isinstance(statement, ast.Assign):
        target = statement.targets[-1]
    else:
        target = statement.target
    pairs = [(target, statement.value)]
    if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
        pairs = list(zip(target.elts, statement.value.elts))
    for to, value in pairs:
        if any(_at(one) == where for one in _chosen(value)):
            return _targets(to)
    return ()


def _chosen(value: ast.expr) -> Iterator[ast.expr]:
    """Yield a value, and those that it is one of: ``a if p else b``."""
    yield value
    if isinstance(value, ast.IfExp):
        yield from _chosen(value.body)
        yield from _chosen(value.orelse)


def _targets(target: ast.expr) -> tuple[str, ...]:
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return tuple(part.id for part in parts if isinstance(part, ast.Name))
