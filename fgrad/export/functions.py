"""The source of Python functions and classes, as syntax trees that can be renamed.

A function that a program calls is found in the file that defines it. What it refers
to, in its module or in the functions around it, comes along by name and value.
"""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

Definition = ast.FunctionDef | ast.ClassDef


class Written(NamedTuple):
    """A definition, and the values of the names in it that it does not define."""

    node: Definition
    references: dict[str, Any]


def written(value: Any) -> Written | None:
    """Return the source of a function or a class, or None if there is none.

    >>> print(ast.unparse(written(_decorated).node))
    def _decorated(node):
        return min((d.lineno for d in node.decorator_list), default=node.lineno)
    """
    value = inspect.unwrap(value) if callable(value) else value
    if isinstance(value, type):
        return _with_references(_class_text(value), [vars(inspect.getmodule(value))])
    if not isinstance(value, FunctionType):
        return None
    text = _function_text(value.__code__)
    if text is None:
        return None
    cells = zip(value.__code__.co_freevars, value.__closure__ or ())
    closed = {name: cell.cell_contents for name, cell in cells}
    return _with_references(text, [closed, value.__globals__])


@lru_cache(maxsize=256)
def _nodes(filename: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(Path(filename).read_text(encoding="utf-8"))))


@lru_cache(maxsize=256)
def _class_text(cls: type) -> str:
    nodes = _nodes(inspect.getsourcefile(cls) or "")
    own = (n for n in nodes if isinstance(n, ast.ClassDef) and n.name == cls.__name__)
    return _plain(next(own))


@lru_cache(maxsize=256)
def _function_text(code: CodeType) -> str | None:
    """Return the definition that a code object was compiled from."""
    try:
        nodes = _nodes(code.co_filename)
    except OSError:  # typed at a prompt, or made by exec
        return None
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            if code.co_firstlineno in (node.lineno, _decorated(node)):
                return _plain(node)
    lambdas = [n for n in nodes if isinstance(n, ast.Lambda) and _holds(n.body, code)]
    if code.co_name != "<lambda>" or not lambdas:
        return None
    innermost = max(lambdas, key=lambda n: (n.lineno, n.col_offset))
    body: list[ast.stmt] = [ast.Return(innermost.body)]
    return _plain(_function("function", innermost.args, body))


def _function(name: str, args: ast.arguments, body: list[ast.stmt]) -> ast.FunctionDef:
    node = ast.parse("def f(): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    node.name, node.args, node.body = name, args, body
    return node


def _decorated(node: ast.FunctionDef) -> int:
    return min((d.lineno for d in node.decorator_list), default=node.lineno)


def _holds(node: ast.expr, code: CodeType) -> bool:
    """Say whether all of a code object's places are inside an expression."""
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    own = [p for p in code.co_positions() if p[0] is not None and p[2] is not None]
    own = [p for p in own if p[3]]  # what has no width is no expression
    return bool(own) and all(start <= (p[0], p[2]) <= end for p in own)


def _plain(node: Definition) -> str:
    """Return the text of a definition without what only readers of fgrad need.

    Annotations of functions, decorators and doctests go, and so does ``__repr__``.
    """
    node = ast.fix_missing_locations(node)
    return ast.unparse(_Plain().visit(ast.parse(ast.unparse(node)).body[0]))


def _with_references(text: str, scopes: list[Any]) -> Written:
    """Return a definition, and the values that it finds in the scopes around it."""
    (node,) = ast.parse(text).body
    assert isinstance(node, Definition)
    bound = set(_bound(node))
    references = {}
    for name in used(node):
        scope = next((s for s in scopes if name in s), None)
        if name not in bound and scope is not None:
            references[name] = scope[name]
    return Written(node, references)


class _Plain(ast.NodeTransformer):
    """Takes away annotations, decorators, doctests and ``__repr__``."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        if node.name == "__repr__":
            return None
        node.returns = None
        kept = {"property", "staticmethod", "classmethod"}
        names = (d for d in node.decorator_list if isinstance(d, ast.Name))
        node.decorator_list = [d for d in names if d.id in kept]
        return self._short(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        return self._short(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def _short(self, node: Any) -> Any:
        text = ast.get_docstring(node)
        if text is not None:
            node.body[0] = ast.Expr(ast.Constant(text.partition("\n\n")[0]))
        return self.generic_visit(node)


def used(node: ast.AST) -> Iterator[str]:
    """Yield the names that code reads, in order."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            yield part.id


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that code defines inside of a definition."""
    for part in ast.walk(node):
        if isinstance(part, ast.arg):
            yield part.arg
        elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            yield part.id
        elif isinstance(part, ast.ExceptHandler) and part.name:
            yield part.name
        elif isinstance(part, ast.FunctionDef) and part is not node:
            yield part.name


def identifiers(node: ast.AST) -> set[str]:
    """Return every name in a piece of code: no new name may be one of them."""
    return {*_bound(node), *used(node)} - set(dir(builtins))


class _Renaming(ast.NodeTransformer):
    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def visit_Name(self, node: ast.Name) -> ast.AST:
        text = self.texts.get(node.id)
        if text is None or text == node.id:
            return node
        return ast.parse(text, mode="eval").body


def renamed(node: Any, name: str, texts: dict[str, str]) -> Any:
    """Return a definition under another name, with expressions in place of names.

    >>> node = ast.parse("def f(x): return scale * x").body[0]
    >>> print(ast.unparse(renamed(node, "g", {"scale": "(-2.0)"})))
    def g(x):
        return -2.0 * x
    """
    node = _Renaming(texts).visit(node)
    if isinstance(node, Definition):
        node.name = name
    return ast.fix_missing_locations(node)
