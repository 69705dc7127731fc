"""Make a class a pytree node from what the class itself says."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from .keys import GetAttrKey
from .registry import (
    NodeType,
    default_registry,
    register_pytree_node,
    register_pytree_with_keys,
)

Cls = TypeVar("Cls", bound=type)


def _require_methods(cls: type, decorator: str, *names: str) -> None:
    missing = [name for name in names if not hasattr(cls, name)]
    if missing:
        raise TypeError(
            f"{decorator} needs a class with the methods {' and '.join(names)}, but"
            f" {cls!r} has no {' and no '.join(missing)}. Define them, or use"
            " register_pytree_node and pass functions"
        )


def register_pytree_node_class(cls: Cls) -> Cls:
    """Make a class with tree_flatten and tree_unflatten methods a pytree node.

    >>> from fgrad.tree_util import tree_map
    >>> @register_pytree_node_class
    ... class Point:
    ...     def __init__(self, x, y):
    ...         self.x, self.y = x, y
    ...
    ...     def tree_flatten(self):
    ...         return (self.x, self.y), None
    ...
    ...     @classmethod
    ...     def tree_unflatten(cls, aux, children):
    ...         return cls(*children)
    >>> tree_map(lambda v: v + 1, Point(1, 2)).y
    3
    """
    names = "tree_flatten", "tree_unflatten"
    _require_methods(cls, "register_pytree_node_class", *names)
    methods: Any = cls
    register_pytree_node(cls, methods.tree_flatten, methods.tree_unflatten)
    return cls


def register_pytree_with_keys_class(cls: Cls) -> Cls:
    """Make a class with tree_flatten_with_keys and tree_unflatten a pytree node.

    >>> from fgrad.tree_util import GetAttrKey, keystr, tree_leaves_with_path
    >>> @register_pytree_with_keys_class
    ... class Cell:
    ...     def __init__(self, x):
    ...         self.x = x
    ...
    ...     def tree_flatten_with_keys(self):
    ...         return ((GetAttrKey("x"), self.x),), None
    ...
    ...     @classmethod
    ...     def tree_unflatten(cls, aux, children):
    ...         return cls(*children)
    >>> [keystr(path) for path, _ in tree_leaves_with_path(Cell(1))]
    ['.x']
    """
    names = "tree_flatten_with_keys", "tree_unflatten"
    _require_methods(cls, "register_pytree_with_keys_class", *names)
    methods: Any = cls
    register_pytree_with_keys(
        cls,
        methods.tree_flatten_with_keys,
        methods.tree_unflatten,
        getattr(cls, "tree_flatten", None),
    )
    return cls


def register_static(cls: Cls) -> Cls:
    """Make a class a pytree node without leaves: each instance is static data.

    Instances must be hashable and comparable, for they become part of the treedef.

    >>> from fgrad.tree_util import tree_leaves
    >>> @register_static
    ... class Mode(str):
    ...     pass
    >>> tree_leaves((Mode("train"), 1))
    [1]
    """
    register_pytree_node(cls, lambda x: ((), x), lambda x, _: x)
    return cls


def register_dataclass(
    nodetype: Cls,
    data_fields: Sequence[str] | None = None,
    meta_fields: Sequence[str] | None = None,
    drop_fields: Sequence[str] = (),
) -> Cls:
    """Make a dataclass a pytree node, as a decorator or a call.

    Args:
        nodetype: the class, rebuilt by calling it with its fields as keywords.
        data_fields: fields that hold arrays or pytrees of them. By default every
            field without `metadata=dict(static=True)`.
        meta_fields: fields of hashable static data. By default the others.
        drop_fields: fields left to their default when an instance is rebuilt.

    >>> from dataclasses import dataclass, field
    >>> from fgrad.tree_util import tree_flatten
    >>> @register_dataclass
    ... @dataclass
    ... class Layer:
    ...     w: float
    ...     name: str = field(default="dense", metadata=dict(static=True))
    >>> tree_flatten(Layer(2.0))
    ([2.0], PyTreeDef(CustomNode(Layer[('dense',)], [*])))
    """
    if (data_fields is None) != (meta_fields is None):
        raise TypeError(
            "register_dataclass needs both data_fields and meta_fields, or neither,"
            f" got data_fields={data_fields!r} and meta_fields={meta_fields!r}"
        )
    if data_fields is None or meta_fields is None:
        data_fields, meta_fields = _infer_fields(nodetype, drop_fields)
    data, meta = tuple(data_fields), tuple(meta_fields)
    _check_fields(nodetype, data, meta, drop_fields)
    default_registry.register_node(_dataclass_node(nodetype, data, meta))
    return nodetype


def _infer_fields(cls: Any, drop: Sequence[str]) -> tuple[list[str], list[str]]:
    if not isinstance(cls, type) or not dataclasses.is_dataclass(cls):
        raise TypeError(
            f"register_dataclass got {cls!r}, which is not a dataclass. Decorate the"
            " class with dataclasses.dataclass first (below register_dataclass), or"
            " pass data_fields and meta_fields"
        )
    data: list[str] = []
    meta: list[str] = []
    for field in dataclasses.fields(cls):
        if field.name not in drop:
            (meta if field.metadata.get("static", False) else data).append(field.name)
    return data, meta


def _check_fields(
    cls: type, data: Sequence[str], meta: Sequence[str], drop: Sequence[str]
) -> None:
    """Raise unless data and meta together are exactly the fields of `__init__`."""
    if both := sorted(set(data) & set(meta)):
        raise ValueError(
            f"register_dataclass of {cls!r}: {both} are in data_fields and in"
            " meta_fields. List each field once"
        )
    if not dataclasses.is_dataclass(cls):
        return  # the caller named the attributes; there is nothing to check against
    wanted = {field.name for field in dataclasses.fields(cls) if field.init}
    if unknown := sorted(({*data, *meta}) - wanted):
        raise ValueError(
            f"register_dataclass of {cls!r}: {unknown} are not fields of its __init__,"
            f" which takes {sorted(wanted)}. Correct the name, or put a field with"
            " init=False in drop_fields"
        )
    if missing := sorted(wanted - {*data, *meta, *drop}):
        raise ValueError(
            f"register_dataclass of {cls!r}: the fields {missing} are missing. Add"
            " each to data_fields, meta_fields or drop_fields"
        )


def _dataclass_node(cls: Any, data: tuple[str, ...], meta: tuple[str, ...]) -> NodeType:
    read_data, read_meta = _reader(data), _reader(meta)
    keys = tuple(map(GetAttrKey, data))
    names = data + meta

    def unflatten(aux: tuple[Any, ...], children: Sequence[Any]) -> Any:
        return cls(**dict(zip(names, (*children, *aux), strict=True)))

    return NodeType(
        cls, lambda x: (read_data(x), read_meta(x)), unflatten, lambda aux, n: keys
    )


def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that reads attributes into a tuple, in C where it can."""
    match names:
        case ():
            return lambda x: ()
        case (name,):
            return lambda x: (getattr(x, name),)
    return attrgetter(*names)
