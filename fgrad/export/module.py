"""A module's text: what a program refers to, each thing once, under a name of its own.

Values are written where they are used if that is short (numbers, dtypes, NumPy's
functions). Arrays, functions and classes get names; functions that fgrad emitted have
their source at hand, others are found in the files that define them.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import re
import sys
from collections import namedtuple
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from ..compiler.emit import emit, identifier
from ..compiler.numbers import number_text
from ..compiler.passes.share import content_key
from ..compiler.source import Source
from ..core import Jaxpr, Primitive
from ..ops.index_spec import Index
from ..transforms.arguments import shown
from .constants import array_text, dtype_text, memory_of
from .functions import Definition, identifiers, renamed, used, written
from .trees import RESULTS


class NotExportable(TypeError):
    """A program refers to something that a module of NumPy alone cannot have."""


@dataclass
class Entry:
    """A definition of the module: its node (or text), and what that refers to."""

    hint: str
    node: Any = None
    references: dict[str, Any] = field(default_factory=dict)
    array: np.ndarray | None = None
    value: Any = None  # kept alive: entries are found by identity
    name: str = ""


class Module:
    """Collects what a program needs, then names and writes it."""

    def __init__(self) -> None:
        self.entries: dict[Any, Entry] = {}
        self.imports: set[str] = set()
        self.taken: set[str] = {"np"}
        self.files: dict[str, np.ndarray] = {}  # arrays too large for the text
        self.loads: list[str] = []  # the lines that read them

    # -- collecting ----------------------------------------------------------------

    def add(self, value: Any, hint: str) -> None:
        """Take a value in, and everything that it refers to."""
        value = _meant(value)
        if isinstance(value, tuple) and type(value) is not tuple:
            self.add(type(value), type(value).__name__)
        if isinstance(value, tuple):
            for item in value:
                self.add(item, hint)
        elif self._short(value) is None and _key(value) not in self.entries:
            entry = self.entries[_key(value)] = _entry(value, hint)
            self.refer(entry.node, entry.references)

    def refer(self, node: Any, references: dict[str, Any]) -> None:
        """Take in what a definition refers to, and keep its names free."""
        if node is not None:
            self.taken |= identifiers(node) - set(references)
        for name, value in references.items():
            self.add(value, name)

    # -- texts ---------------------------------------------------------------------

    def text(self, value: Any) -> str:
        """Return the expression for a value that was added."""
        value = _meant(value)
        short = self._short(value)
        if short is not None:
            return short
        if isinstance(value, tuple):
            items = "".join(f"{self.text(item)}, " for item in value).rstrip()
            named = type(value) is not tuple
            return f"{self.text(type(value)) if named else ''}({items})"
        return self.entries[_key(value)].name

    def _short(self, value: Any) -> str | None:
        """Return the expression for a value that needs no definition."""
        if value is None or value is Ellipsis or isinstance(value, str | bool):
            return "..." if value is Ellipsis else repr(value)
        if isinstance(value, int | float | complex | np.generic):
            return number_text(value)
        if isinstance(value, np.dtype):
            return f"np.dtype({dtype_text(value)!r})"
        if isinstance(value, Index):
            return _index_text(value)
        return self._imported(value)

    def _imported(self, value: Any) -> str | None:
        """Return the expression for what NumPy or Python's library defines."""
        if value is np:
            return "np"
        if isinstance(value, ModuleType):
            return self._module(value.__name__)
        name = getattr(value, "__name__", "")
        if not name:
            return None
        home = getattr(value, "__module__", None) or "numpy"
        for path in ("numpy", "numpy.linalg", home.lstrip("_"), home, *_UFUNCS):
            if getattr(sys.modules.get(path), name, None) is value:
                if path == "builtins":
                    return name
                module = self._module(path)
                return module and f"{module}.{name}"
        return None

    def _module(self, path: str) -> str | None:
        root = path.partition(".")[0]
        if root == "numpy":
            return "np" + path.removeprefix("numpy")
        if root not in sys.stdlib_module_names and root != "scipy":
            return None
        importlib.import_module(path)
        self.imports.add(path)
        self.taken.add(root)
        return path

    # -- names, definitions --------------------------------------------------------

    def name_all(self, taken: Iterable[str]) -> None:
        """Give every entry a name that nothing else in the module has."""
        used_names = {*self.taken, *taken}
        for entry in self.entries.values():
            base = identifier(re.sub(r"_\d+$", "", entry.hint.strip("_")) or "value")
            names = [base, *(f"{base}_{i}" for i in range(2, len(self.entries) + 3))]
            names += [f"{name}_" for name in names]
            free = (n for n in names if n not in used_names and n not in _BUILTINS)
            entry.name = next(free)
            used_names.add(entry.name)

    def constants(self) -> str:
        """Return the lines that make arrays and the classes of results."""
        arrays = [e for e in self.entries.values() if e.array is not None]
        lines = {e.name: self._array(e) for e in arrays}
        self.loads = [f"    {x}" for name, x in lines.items() if name in self.files]
        texts = [x for name, x in lines.items() if name not in self.files]
        assigned = (e for e in self.entries.values() if isinstance(e.node, ast.expr))
        return "\n".join([*texts, *map(self._defined, assigned)])

    def definitions(self) -> list[str]:
        """Return the texts of classes and functions."""
        entries = [e for e in self.entries.values() if isinstance(e.node, Definition)]
        entries.sort(key=lambda e: isinstance(e.node, ast.FunctionDef))
        return list(map(self._defined, entries))

    def _array(self, entry: Entry) -> str:
        array = entry.array
        assert array is not None
        text = array_text(array)
        if text is None:
            memory, layout = memory_of(array)
            text = array_text(memory)
            if text is None:
                self.files[entry.name] = memory
                text = f"file[{entry.name!r}]"
            text = layout.text(text) if layout else text
        return f"{entry.name} = {text}"

    def _defined(self, entry: Entry) -> str:
        texts = {name: self.text(value) for name, value in entry.references.items()}
        text = ast.unparse(renamed(entry.node, entry.name, texts))
        return f"{entry.name} = {text}" if isinstance(entry.node, ast.expr) else text


_UFUNCS = ("scipy.special", "scipy.special._ufuncs")  # a ufunc does not say its home
_BUILTINS = frozenset(dir(builtins))


def _meant(value: Any) -> Any:
    """Return what stands for a value: an implementation for a primitive."""
    return value.impl if isinstance(value, Primitive) else value


def _key(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return content_key(value)
    return id(value)


def _entry(value: Any, hint: str) -> Entry:
    """Return the definition of a value."""
    source = getattr(value, "source", None)
    if isinstance(source, Source):
        program = getattr(value, "jaxpr", None)
        if program is not None:  # the plain source, whatever it runs as
            code = value.__code__
            source = emit(program, source.name, code.co_varnames[: code.co_argcount])
        node = ast.parse(source.text).body[0]
        return Entry(source.name, node, read(node, source.namespace), value=value)
    if isinstance(value, np.ndarray):
        return Entry(hint, array=value, value=value)
    if getattr(value, "__module__", "") == RESULTS:
        text = f"namedtuple({value.__name__!r}, {value._fields})"
        made = ast.parse(text, mode="eval").body
        return Entry(value.__name__, made, {"namedtuple": namedtuple}, value=value)
    found = None if isinstance(value, Jaxpr) else written(value)
    if found is None:
        raise NotExportable(
            f"export: a program refers to {shown(value)} as {hint}, which is no array, "
            "number or function with source code"
        )
    name = getattr(value, "__name__", "function")
    own = hint if name in ("<lambda>", "impl", "function") else name
    return Entry(own, *found, value=value)


def read(node: ast.AST, namespace: dict[str, Any]) -> dict[str, Any]:
    """Return what of a namespace some code reads, in order."""
    return {name: namespace[name] for name in used(node) if name in namespace}


def _index_text(index: Index) -> str:
    """Return a function from index arrays to an index expression.

    >>> from fgrad.ops.index_spec import ARRAY
    >>> _index_text(Index((ARRAY, (1, None, None))))
    '(lambda i0: np.s_[i0, 1:])'
    """
    names = [f"i{k}" for k in range(index.count)]
    arguments = f" {', '.join(names)}" if names else ""
    comma = "," if len(index.items) == 1 else ""
    return f"(lambda{arguments}: np.s_[{index.text(names)}{comma}])"
