"""Python code for structures that are used again and again.

A walk over a spec costs most of a microsecond per node. What is called often is
written out instead: for ``{"b": (1, 2)}`` the leaves are ``x["b"][0], x["b"][1]``
after a few comparisons, and the tree is ``{"b": (x[0], x[1])}``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from .registry import DICT, LIST, NAMEDTUPLE, NONE, TUPLE
from .spec import LEAF_TYPES, NODES, STR_ONLY, Spec

_FILE = "<fgrad>/pytree.py"  # tracebacks leave it out
DEEPEST = 50  # beyond it Python's parser has too many brackets to count

Take = Callable[[Any], list[Any] | None]
Build = Callable[[Sequence[Any]], Any]

_BRACKETS = {TUPLE: "()", LIST: "[]"}


def never(tree: Any) -> None:
    """Take nothing: what a structure has until code was generated for it."""


def depth(spec: Spec) -> int:
    """Return how many nodes lie above the deepest leaf, one too many for None.

    >>> from .spec import walk
    >>> depth(walk([(1,), 2], [], []))
    2
    """
    return 0 if spec is None else 1 + max(map(depth, spec[2:]), default=0)


def taker(spec: Spec) -> Take:
    """Return a function that gives the leaves of a tree, if it has the structure.

    It gives None for any other tree, and for one with leaves of unknown types.

    >>> from .spec import walk
    >>> take = taker(walk({"b": (1, 2), "a": 3}, [], []))
    >>> take({"a": 5, "b": (6, 7)}), take({"a": 5, "b": [6, 7]})
    ([5, 6, 7], None)
    """
    code = _Code()
    leaves = code.take(spec, "tree")
    lines = [
        "def take(tree):",
        " try:",
        *(f"  {line}" for line in code.lines),
        f"  leaves = [{', '.join(leaves)}]",
        " except (KeyError, ValueError):",  # a dict with other keys, a user's flatten
        "  return None",
        " return leaves if LEAF_TYPES.issuperset(map(type, leaves)) else None",
    ]
    exec(compile("\n".join(lines), _FILE, "exec"), code.names)
    return code.names["take"]


def builder(spec: Spec) -> Build:
    """Return a function that puts a tree together from a sequence of its leaves.

    >>> from .spec import walk
    >>> builder(walk({"b": (1, 2), "a": 3}, [], []))([5, 6, 7])
    {'a': 5, 'b': (6, 7)}
    """
    code = _Code()
    text = code.build(spec, (f"x[{i}]" for i in count()))
    return eval(compile(f"lambda x: {text}", _FILE, "eval"), code.names)


class _Code:
    """Lines of code, and what the names in them mean."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {
            "LEAF_TYPES": LEAF_TYPES,
            "NODES": NODES,
            "STR_ONLY": STR_ONLY,
        }

    def bind(self, value: Any) -> str:
        """Return a name for a value."""
        name = f"value{len(self.names)}"
        self.names[name] = value
        return name

    def take(self, spec: Spec, at: str) -> list[str]:
        """Write checks of a subtree; return the expressions of its leaves."""
        if spec is None:
            return [at]
        node, aux, *children = spec
        found = []
        for child, place in zip(children, self._children(node, aux, at, len(children))):
            if child is not None and node is DICT:
                name = f"{at}_{len(self.lines)}"
                self.lines.append(f"{name} = {place}")
                place = name
            found += self.take(child, place)
        return found

    def _children(self, node: Any, aux: Any, at: str, size: int) -> list[str]:
        """Write the checks of one node; return the expressions of its children."""
        if node is NONE:
            self.lines.append(f"if {at} is not None: return None")
            return []
        cls = self.bind(aux if node is NAMEDTUPLE else node.type)
        kids, other = at, f"type({at}) is not {cls}"
        if node is NAMEDTUPLE:  # a class may be registered after it was used
            other += f" or {cls} in NODES"
        if node not in (TUPLE, LIST, DICT, NAMEDTUPLE):
            self.lines.append(f"if {other}: return None")
            kids, other = f"{at}_kids", f"{at}_aux != ()"
            self.lines.append(f"{kids}, {at}_aux = {self.bind(node.flatten)}({at})")
        if node is DICT:
            other += f" or not STR_ONLY.issuperset(map(type, {at}))"
        self.lines.append(f"if {other} or len({kids}) != {size}: return None")
        if node is DICT:
            return [f"{at}[{key!r}]" for key in aux]
        names = [f"{at}_{i}" for i in range(size)]
        if names:
            self.lines.append(f"{', '.join(names)}, = {kids}")
        return names

    def build(self, spec: Spec, leaves: Any) -> str:
        """Return the expression of a subtree over the expressions of its leaves."""
        if spec is None:
            return next(leaves)
        node, aux, *children = spec
        texts = [self.build(child, leaves) for child in children]
        if node is NONE:
            return "None"
        if node is DICT:
            items = zip(aux, texts, strict=True)
            return "{" + ", ".join(f"{key!r}: {text}" for key, text in items) + "}"
        joined = "".join(f"{text}, " for text in texts)
        if node is NAMEDTUPLE:
            return f"{self.bind(aux)}({joined})"
        if node in _BRACKETS:
            return joined.join(_BRACKETS[node])
        return f"{self.bind(node.unflatten)}({self.bind(aux)}, [{joined}])"
