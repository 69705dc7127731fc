"""The entries of a key path, which names a place in a pytree."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

KeyEntry = TypeVar("KeyEntry", bound=Hashable)
KeyPath = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class SequenceKey:
    """The position of a child in a tuple or a list.

    >>> str(SequenceKey(1))
    '[1]'
    """

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"


@dataclass(frozen=True, slots=True)
class DictKey:
    """The key of a child in a dict.

    >>> str(DictKey("w"))
    "['w']"
    """

    key: Hashable

    def __str__(self) -> str:
        return f"[{self.key!r}]"


@dataclass(frozen=True, slots=True)
class GetAttrKey:
    """The attribute name of a child in a namedtuple or a dataclass.

    >>> str(GetAttrKey("weight"))
    '.weight'
    """

    name: str

    def __str__(self) -> str:
        return f".{self.name}"


@dataclass(frozen=True, slots=True)
class FlattenedIndexKey:
    """The position of a child in a node that was registered without keys.

    >>> str(FlattenedIndexKey(0))
    '[<flat index 0>]'
    """

    key: int

    def __str__(self) -> str:
        return f"[<flat index {self.key}>]"


def keystr(keys: KeyPath, *, simple: bool = False, separator: str = "") -> str:
    """Write a key path the way Python code would index the tree.

    >>> path = (DictKey("w"), SequenceKey(0))
    >>> keystr(path)
    "['w'][0]"
    >>> keystr(path, simple=True, separator="/")
    'w/0'
    """
    return separator.join(map(_simple_name if simple else str, keys))


def _simple_name(key: Any) -> str:
    match key:
        case SequenceKey(name) | DictKey(name) | GetAttrKey(name):
            return str(name)
        case FlattenedIndexKey(index):
            return str(index)
    return str(key)


def place(path: KeyPath) -> str:
    """Name the place of a key path in an error message.

    >>> place((DictKey("w"),)), place(())
    ("at ['w']", 'at the root')
    """
    return f"at {keystr(path)}" if path else "at the root"
