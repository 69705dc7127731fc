"""Pytrees in exported source: arguments taken apart, results put together.

Dicts, lists, tuples, None and namedtuples stay what they are. Other nodes become
namedtuples of their children if those have attribute names, else plain tuples.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Callable, Iterator
from keyword import iskeyword
from typing import Any, NamedTuple

from ..core import Aval
from ..core.aval import dtype_name
from ..pytree import GetAttrKey
from ..pytree.registry import (
    DEFAULT_DICT,
    DICT,
    LIST,
    NAMEDTUPLE,
    NONE,
    ORDERED_DICT,
    TUPLE,
)
from .constants import dtype_text

_WIDTH = 88
_LITERAL = str | int | float | bool | None
Spec = Any


class Leaf(NamedTuple):
    """A leaf of an argument: where it is, in Python, and what the source calls it."""

    path: str
    name: str
    aval: Aval


def node_kind(spec: Spec) -> str:
    """Return what a node is called in the source: ``dict``, ``list``, ``tuple`` ..."""
    node = spec[0]
    if node in (DICT, ORDERED_DICT, DEFAULT_DICT):
        return "dict"
    if node in (LIST, NONE):
        return "list" if node is LIST else "None"
    return "tuple"


def keys_of(spec: Spec) -> list[Any]:
    """Return the keys of a node's children: of a dict, or positions, or attributes."""
    node, aux, *children = spec
    if node is DEFAULT_DICT:
        aux = aux[1]
    if node_kind(spec) == "dict":
        if not all(isinstance(key, _LITERAL) for key in aux):
            raise TypeError(
                f"dict keys must be strings or numbers to be exported, got {list(aux)}"
            )
        return list(aux)
    return fields_of(spec) or list(range(len(children)))


def fields_of(spec: Spec) -> list[str]:
    """Return the attribute names of a node's children, or nothing."""
    node, aux, *children = spec
    if not children and node is not NAMEDTUPLE:
        return []
    keys = node.keys(aux, len(children))
    if node in (DICT, ORDERED_DICT, DEFAULT_DICT, LIST, TUPLE, NONE):
        return []
    names = [key.name for key in keys if isinstance(key, GetAttrKey)]
    plain = all(n.isidentifier() and not n.startswith("_") for n in names)
    whole = len(names) == len(children) == len(set(names))
    return names if whole and plain and not any(map(iskeyword, names)) else []


def type_name(spec: Spec) -> str:
    """Return the name of a node's class."""
    node, aux = spec[:2]
    return aux.__name__ if node is NAMEDTUPLE else node.type.__name__


def child_path(spec: Spec, path: str, key: Any) -> str:
    """Return the expression of a child."""
    return f"{path}.{key}" if fields_of(spec) else f"{path}[{key!r}]"


# -- arguments -----------------------------------------------------------------------


def leaf_paths(spec: Spec, path: str) -> Iterator[str]:
    """Yield the expressions of all leaves below a node."""
    if spec is None:
        yield path
        return
    for key, child in zip(keys_of(spec), spec[2:]):
        yield from leaf_paths(child, child_path(spec, path, key))


def unpacking(spec: Spec, path: str, leaves: Iterator[Leaf]) -> Iterator[str]:
    """Yield the lines that check an argument and name its leaves."""
    if spec is None:
        yield _leaf_line(next(leaves))
        return
    if spec[0] is NONE:
        yield f"check_none({path!r}, {path})"
        return
    keys, kind = keys_of(spec), node_kind(spec)
    if kind == "dict":
        yield f"check_dict({path!r}, {path}, {keys!r})"
    elif fields_of(spec):
        yield f"check_fields({path!r}, {path}, {keys!r})"
    else:
        yield f"check_{kind}({path!r}, {path}, {len(keys)})"
    for key, child in zip(keys, spec[2:]):
        yield from unpacking(child, child_path(spec, path, key), leaves)


def _leaf_line(leaf: Leaf) -> str:
    path, name, aval = leaf
    if aval.weak:
        kind = {"f": "float", "i": "int", "c": "complex", "b": "bool"}[aval.dtype.kind]
        return f"{name} = check_number({path!r}, {path}, {kind!r})"
    dtype = dtype_text(aval.dtype)
    return f"{name} = check_array({path!r}, {path}, {aval.shape}, {dtype!r})"


# -- results -------------------------------------------------------------------------


class Packing:
    """Writes results as expressions; ``name_of`` gives the names of classes."""

    def __init__(self, name_of: Callable[[Any, str], str]) -> None:
        self.name_of = name_of

    def classes(self, spec: Spec) -> None:
        """Ask for the names of all classes that a tree needs."""
        if spec is None:
            return
        if fields_of(spec):
            self._class(spec)
        elif spec[0] in (ORDERED_DICT, DEFAULT_DICT):
            self.name_of(spec[0].type, spec[0].type.__name__)
        for child in spec[2:]:
            self.classes(child)

    def _class(self, spec: Spec) -> str:
        cls = _plain_class(type_name(spec), tuple(fields_of(spec)))
        return self.name_of(cls, cls.__name__)

    def text(self, spec: Spec, leaves: Iterator[str], indent: int) -> str:
        """Return the expression of a tree over the texts of its leaves."""
        if spec is None:
            return next(leaves)
        if spec[0] is NONE:
            return "None"
        deeper = [self.text(child, leaves, indent + 4) for child in spec[2:]]
        items = list(map(self._item, keys_of(spec), deeper, [spec] * len(deeper)))
        start, end = self._brackets(spec)
        comma = "," if start == "(" and len(items) == 1 else ""
        line = f"{start}{', '.join(items)}{comma}{end}"
        if not items or (len(line) + indent <= _WIDTH and "\n" not in line):
            return line
        inner = "".join(f"\n{' ' * (indent + 4)}{item}," for item in items)
        return f"{start}{inner}\n{' ' * indent}{end}"

    def _item(self, key: Any, text: str, spec: Spec) -> str:
        if spec[0] in (ORDERED_DICT, DEFAULT_DICT):
            return f"({key!r}, {text})"
        if spec[0] is DICT:
            return f"{key!r}: {text}"
        return f"{key}={text}" if fields_of(spec) else text

    def _brackets(self, spec: Spec) -> tuple[str, str]:
        node, aux = spec[:2]
        if node is ORDERED_DICT:
            return f"{self.name_of(OrderedDict, 'OrderedDict')}([", "])"
        if node is DEFAULT_DICT:
            factory = aux[0]
            known = factory in (list, dict, set, tuple, int, float, bool, str)
            made = factory.__name__ if known else "None"
            return f"{self.name_of(defaultdict, 'defaultdict')}({made}, [", "])"
        if fields_of(spec):
            return f"{self._class(spec)}(", ")"
        return {"dict": "{}", "list": "[]"}.get(node_kind(spec), "()")  # type: ignore[return-value]


RESULTS = "results"
"""The module of classes that only an exported module defines."""
_CLASSES: dict[tuple[str, tuple[str, ...]], Any] = {}


def _plain_class(name: str, fields: tuple[str, ...]) -> Any:
    """Return the namedtuple that results have in place of a node's class."""
    if (name, fields) not in _CLASSES:
        _CLASSES[name, fields] = namedtuple(name, fields, module=RESULTS)
    return _CLASSES[name, fields]


# -- descriptions --------------------------------------------------------------------


def node_notes(spec: Spec) -> Iterator[str]:
    """Yield what a reader has to know of nodes that are no dicts, lists or tuples."""
    if spec is None:
        return
    if spec[0] not in (NONE, TUPLE, LIST, DICT, ORDERED_DICT, DEFAULT_DICT):
        fields = fields_of(spec)
        if fields:
            yield f"{type_name(spec)}: anything with {', '.join(fields)}; a namedtuple"
        else:
            yield f"{type_name(spec)}: a tuple of its {len(spec) - 2} children"
    for child in spec[2:]:
        yield from node_notes(child)


def aval_text(aval: Aval) -> str:
    """Return how documentation shows an aval.

    >>> import numpy as np
    >>> aval_text(Aval((2, 3), np.dtype("float32"))), aval_text(Aval((), np.dtype(int)))
    ('float32 array of shape (2, 3)', 'int64 scalar')
    """
    if aval.weak:
        return f"Python {dtype_name(aval)}"
    name = dtype_text(aval.dtype)
    return f"{name} array of shape {aval.shape}" if aval.shape else f"{name} scalar"
