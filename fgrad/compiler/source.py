"""Emitted source: a function as text, with what messages need to know about it."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

import numpy as np

from ..core import Jaxpr, atom_aval
from ..core.source import where

_WIDEST = 60  # notes stand to the right of lines up to this long


@dataclass
class Block:
    """The lines that compute a jaxpr: those of a function, or of a body in it."""

    jaxpr: Jaxpr
    inputs: list[str]  # what the jaxpr's inputs are called
    first: int
    last: int = 0
    effects: list[tuple[int, list[str]]] = field(default_factory=list)
    """The lines of effects, and what their outputs are called."""

    def move(self) -> None:
        """Note that a line was inserted above."""
        self.first += 1
        self.last += 1
        self.effects = [(line + 1, names) for line, names in self.effects]


@dataclass
class Source:
    """A function as text, and the names it uses beyond its arguments."""

    name: str
    lines: list[str]
    namespace: dict[str, Any]
    blocks: list[Block] = field(default_factory=list)
    """The jaxprs that it computes, for messages."""
    origins: list[Any] = field(default_factory=list)
    """For every line the user's line that it came from, or None."""

    @property
    def raw(self) -> str:
        """The text with more parentheses than a person would write."""
        return "\n    ".join(self.lines) + "\n"

    @property
    def text(self) -> str:
        """The text as a person would write it; the lines are those of ``raw``."""
        return readable(self.raw)

    def renamed(self, name: str) -> Source:
        """Return the same function under another name."""
        head = self.lines[0].replace(self.name, name, 1)
        return replace(self, name=name, lines=[head, *self.lines[1:]])

    @property
    def traced(self) -> str:
        """The text with the user's line at the end of every line that came from one."""
        lines = self.text.splitlines()
        notes = [f"# {where(o)}" if o is not None else "" for o in self.origins]
        width = min(max(map(len, lines)), _WIDEST)
        return "".join(
            f"{line:{width}}  {note}".rstrip() + "\n"
            for line, note in zip_longest(lines, notes, fillvalue="")
        )

    def whole(self, origins: bool = False) -> str:
        """Return the text after what its names mean, with or without user's lines."""
        return self.legend(origins) + (self.traced if origins else self.text)

    def legend(self, origins: bool = False) -> str:
        """Return what the names mean that neither Python nor NumPy defines.

        Values are described in comments; functions that were emitted as well are shown.
        """
        shown, described = "", ""
        for name, value in self.namespace.items():
            source = getattr(value, "source", None)
            if isinstance(source, Source):
                shown += f"{source.renamed(name).whole(origins)}\n"
            elif name != "np" and getattr(builtins, name, None) is not value:
                described += f"# {name}: {_meaning(value)}".replace("\n", "\n# ") + "\n"
        return shown + described


def readable(raw: str) -> str:
    """Return emitted text as a person would write it, line by line the same."""
    return ast.unparse(ast.parse(raw)) + "\n"


def _meaning(value: Any) -> str:
    if isinstance(value, np.ndarray):
        aval = str(atom_aval(value))
        shown = np.array2string(value, separator=", ", threshold=6, edgeitems=2)
        return f"{aval} {' '.join(shown.split())}" if value.size <= 6 else aval
    if callable(value) and hasattr(value, "__qualname__"):
        doc = (value.__doc__ or "").strip().partition("\n")[0]
        return f"{value.__module__}.{value.__qualname__}" + (f", {doc}" if doc else "")
    return str(value)
