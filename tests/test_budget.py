"""The style budget as a test: what is measured stays."""

import ast
import inspect
from pathlib import Path

import pytest

import fgrad

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "fgrad").rglob("*.py"))
MAX_FILE = 400
MAX_FUNCTION = 50


def path_id(path):
    return path.relative_to(ROOT).as_posix()


def function_lengths(source):
    """Yield (name, first line, lines without the docstring) of every function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            if ast.get_docstring(node, clean=False) is not None:
                docstring = node.body[0]
                length -= docstring.end_lineno - docstring.lineno + 1
            yield node.name, node.lineno, length


def is_function(value):
    """Whether `value` is called as a function: a class or a module is not."""
    return callable(value) and not isinstance(value, type)


def public_functions():
    return [name for name in fgrad.__all__ if is_function(getattr(fgrad, name))]


def test_there_is_something_to_measure():
    assert FILES
    assert public_functions()


@pytest.mark.parametrize("path", FILES, ids=path_id)
def test_file_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE


@pytest.mark.parametrize("path", FILES, ids=path_id)
def test_functions_are_short(path):
    source = path.read_text(encoding="utf-8")
    too_long = [
        f"{path_id(path)}:{line} {name} has {length} lines"
        for name, line, length in function_lengths(source)
        if length > MAX_FUNCTION
    ]
    assert not too_long, "\n".join(too_long)


@pytest.mark.parametrize("name", public_functions())
def test_public_function_has_a_doctest(name):
    docstring = inspect.getdoc(getattr(fgrad, name)) or ""
    assert ">>>" in docstring, f"fgrad.{name} has no doctest"


def test_the_measure_leaves_docstrings_out():
    source = 'def f(x):\n    """One.\n\n    Two.\n    """\n    return x\n'
    assert list(function_lengths(source)) == [("f", 1, 2)]
