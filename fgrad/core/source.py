"""Where in the user's program an equation was written.

A source is a pair of code object and instruction offset: taking it costs a
fraction of a microsecond, and the line is only worked out when somebody asks.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Callable
from itertools import islice
from types import CodeType, FrameType
from typing import Any, TypeAlias, TypeVar

import numpy as np

Place: TypeAlias = tuple[CodeType, int]
Source: TypeAlias = Place | int | None  # an int: the input of that number

_ROOTS = (
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep,
    os.path.dirname(os.path.abspath(np.__file__)) + os.sep,
    "<fgrad",
)


class MarkedPlace(tuple[Any, ...]):
    """A place, and what the messages of the debug modes say besides.

    ``operation`` is the one whose derivative stands there; empty for itself.
    """

    transformation: str
    scope: str
    operation: str

    def __new__(
        cls, place: Place, transformation: str, scope: str, operation: str = ""
    ) -> MarkedPlace:
        """Return the place with these marks."""
        self = super().__new__(cls, place)
        self.transformation = transformation
        self.scope = scope
        self.operation = operation
        return self


class _Internal(dict):
    """Remembers which file names are fgrad's, NumPy's or generated code."""

    def __missing__(self, filename: str) -> bool:
        self[filename] = inside = filename.startswith(_ROOTS)
        return inside


is_internal = _Internal()


_replaying: set[CodeType] = set()
_Function = TypeVar("_Function", bound=Callable[..., Any])


def replays(function: _Function) -> _Function:
    """Mark a function that applies again what was recorded.

    Its local variable ``source`` is the place of what it is about to apply.
    """
    _replaying.add(function.__code__)
    return function


def is_replaying(frame: FrameType) -> bool:
    """Say whether a frame runs a function that applies what was recorded."""
    return frame.f_code in _replaying


def user_source() -> Place | None:
    """Return the innermost place on the stack that is the user's, or was."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and is_internal[frame.f_code.co_filename]:
        if is_replaying(frame):
            source = frame.f_locals.get("source")
            if isinstance(source, tuple):
                return source
        frame = frame.f_back
    return None if frame is None else (frame.f_code, frame.f_lasti)


def from_a_record() -> bool:
    """Say whether what runs is applied again, as a derivative is: no line says it."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and is_internal[frame.f_code.co_filename]:
        if is_replaying(frame) and isinstance(frame.f_locals.get("source"), tuple):
            return True
        frame = frame.f_back
    return False


def entered() -> FrameType | None:
    """Return the frame of what the user's line called; all that this does shares it."""
    frame: FrameType | None = sys._getframe(2)
    inner = None
    while frame is not None and is_internal[frame.f_code.co_filename]:
        frame, inner = frame.f_back, frame
    return inner


_LIBRARIES = ("scipy", "torch")


def library_call() -> tuple[Place | None, str]:
    """Return the user's place as `user_source`, but outside of SciPy and PyTorch too.

    Besides, the public module of the library that was called there, if one was.
    """
    frame: FrameType | None = sys._getframe(2)
    called = ""
    while frame is not None:
        module = frame.f_globals.get("__name__") or ""
        library, *rest = module.split(".")
        if library in _LIBRARIES:
            if not (rest and rest[0].startswith("_")):
                called = ".".join([library, *rest[:1]])
            called = called or library
        elif is_internal[frame.f_code.co_filename]:
            source = frame.f_locals.get("source") if is_replaying(frame) else None
            if isinstance(source, tuple):
                return source, called
        else:
            return (frame.f_code, frame.f_lasti), called
        frame = frame.f_back
    return None, called


def line_of(source: Place) -> int:
    """Return the line number of a source."""
    code, lasti = source
    for start, end, line in code.co_lines():
        if start <= lasti < end and line is not None:
            return line
    return code.co_firstlineno


def expression(source: Source) -> str:
    """Return the text of the expression at a source; empty if it is not at hand."""
    if source is None or isinstance(source, int):
        return ""
    code, lasti = source
    line, end, start, stop = next(islice(code.co_positions(), lasti // 2, None))
    if line is None or line != end or start is None:
        return ""
    text = linecache.getline(code.co_filename, line).encode()
    return text[start:stop].decode()


def where(source: Source) -> str:
    """Describe a source as ``model.py:12 (loss)``, or say that it is unknown.

    >>> where(None)
    'an unknown line'
    """
    if source is None or isinstance(source, int):
        return "an unknown line"
    code = source[0]
    name = "" if code.co_name == "<module>" else f" ({code.co_name})"
    scope = getattr(source, "scope", "")
    scope = f", in scope {scope}" if scope else ""
    return f"{os.path.basename(code.co_filename)}:{line_of(source)}{name}{scope}"
