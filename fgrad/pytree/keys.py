"""The entries of a key path, which names a place in a pytree."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NoReturn, TypeVar

KeyEntry = TypeVar("KeyEntry", bound=Hashable)
KeyPath = tuple[Any, ...]


class _Key:
    """An immutable value of one field; four dataclasses would be slow to import."""

    __slots__ = ()
    __match_args__: tuple[str]

    def __init__(self, field: Any) -> None:
        object.__setattr__(self, self.__match_args__[0], field)

    def _fields(self) -> tuple[type, Any]:
        return type(self), getattr(self, self.__match_args__[0])

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __reduce__(self) -> tuple[Any, ...]:
        cls, field = self._fields()
        return cls, (field,)

    def __repr__(self) -> str:
        cls, field = self._fields()
        return f"{cls.__name__}({self.__match_args__[0]}={field!r})"


class SequenceKey(_Key):
    """The position of a child in a tuple or a list.

    >>> str(SequenceKey(1))
    '[1]'
    """

    __slots__ = __match_args__ = ("idx",)

    idx: int

    def __init__(self, idx: int) -> None:
        super().__init__(idx)

    def __str__(self) -> str:
        return f"[{self.idx!r}]"


class DictKey(_Key):
    """The key of a child in a dict.

    >>> str(DictKey("w"))
    "['w']"
    """

    __slots__ = __match_args__ = ("key",)

    key: Hashable

    def __init__(self, key: Hashable) -> None:
        super().__init__(key)

    def __str__(self) -> str:
        return f"[{self.key!r}]"


class GetAttrKey(_Key):
    """The attribute name of a child in a namedtuple or a dataclass.

    >>> str(GetAttrKey("weight"))
    '.weight'
    """

    __slots__ = __match_args__ = ("name",)

    name: str

    def __init__(self, name: str) -> None:
        super().__init__(name)

    def __str__(self) -> str:
        return f".{self.name}"


class FlattenedIndexKey(_Key):
    """The position of a child in a node that was registered without keys.

    >>> str(FlattenedIndexKey(0))
    '[<flat index 0>]'
    """

    __slots__ = __match_args__ = ("key",)

    key: int

    def __init__(self, key: int) -> None:
        super().__init__(key)

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
