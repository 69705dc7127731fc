"""Specs: the structure of a tree as nested tuples, and the walks that use them.

The spec of a leaf is None; the spec of a node is (node type, aux, *specs of children).
Nested tuples hash and compare in C, which is what makes flatten fast enough to run at
every call of a transformed function. Each walk spends one frame per level, so that
trees may be hundreds of levels deep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .keys import KeyPath, place
from .registry import (
    DICT,
    NAMEDTUPLE,
    NodeError,
    NodeType,
    default_registry,
    keyed_children,
)

Spec = tuple[Any, ...] | None

LEAF_TYPES = default_registry.leaf_types
NODES = default_registry.nodes
STR_ONLY = {str}
EMPTY = ()
_find = default_registry.find


def walk(tree: Any, leaves: list[Any], unsafe: list[Any]) -> Spec:
    """Return the spec of a tree; append its leaves, and nodes unsafe to cache.

    >>> leaves = []
    >>> walk((5, None), leaves, [])[2], leaves
    (None, [5])
    """
    kind = type(tree)
    if kind in LEAF_TYPES or (node := NODES.get(kind) or _find(kind)) is None:
        leaves.append(tree)
        return None
    children, aux = node.flatten(tree)
    if aux is not None and not _cacheable(node, aux):
        unsafe.append(node)
    if LEAF_TYPES.issuperset(map(type, children)):
        leaves.extend(children)
        return (node, aux, *(None,) * len(children))
    spec = [node, aux]
    for child in children:
        spec.append(walk(child, leaves, unsafe))
    return tuple(spec)


def _cacheable(node: NodeType, aux: Any) -> bool:
    """Tell whether a cached spec may stand for this node.

    Other aux may keep big objects alive, or equal one of another type: 1 == True.
    """
    if node is DICT:
        return STR_ONLY.issuperset(map(type, aux))
    return aux is EMPTY or node is NAMEDTUPLE


def walk_until(tree: Any, leaves: list[Any], is_leaf: Callable[[Any], bool]) -> Spec:
    """Return the spec of a tree whose nodes for which `is_leaf` holds are leaves.

    >>> leaves = []
    >>> spec = walk_until([(1, 2), 3], leaves, lambda x: x == (1, 2))
    >>> leaves
    [(1, 2), 3]
    """
    if is_leaf(tree) or (node := _find(type(tree))) is None:
        leaves.append(tree)
        return None
    children, aux = node.flatten(tree)
    spec = [node, aux]
    for child in children:
        spec.append(walk_until(child, leaves, is_leaf))
    return tuple(spec)


def walk_paths(
    tree: Any,
    leaves: list[tuple[KeyPath, Any]],
    is_leaf: Callable[[KeyPath, Any], bool],
    path: KeyPath = (),
) -> Spec:
    """Return the spec of a tree, and append pairs of key path and leaf.

    >>> leaves = []
    >>> spec = walk_paths([7], leaves, never)
    >>> leaves
    [((SequenceKey(idx=0),), 7)]
    """
    if is_leaf(path, tree) or (node := _find(type(tree))) is None:
        leaves.append((path, tree))
        return None
    try:
        keys, children, aux = keyed_children(node, tree)
    except NodeError as error:
        raise ValueError(f"Cannot flatten a pytree {place(path)}: {error}.") from None
    spec = [node, aux]
    for key, child in zip(keys, children, strict=True):
        spec.append(walk_paths(child, leaves, is_leaf, (*path, key)))
    return tuple(spec)


def never(path: KeyPath, tree: Any) -> bool:
    """Stop `walk_paths` nowhere."""
    return False


def build(spec: Spec, leaves: Iterator[Any]) -> Any:
    """Put a tree together from its spec and its leaves.

    >>> build(walk([0, (0,)], [], []), iter("ab"))
    ['a', ('b',)]
    """
    if spec is None:
        return next(leaves)
    children = []
    for child in spec[2:]:
        children.append(next(leaves) if child is None else build(child, leaves))
    return spec[0].unflatten(spec[1], children)


def collect(spec: Spec, tree: Any, found: list[Any]) -> bool:
    """Append the subtrees at the leaves of a spec; return False if it does not fit.

    >>> found = []
    >>> collect(walk((0, 0), [], []), (1, [2, 3]), found), found
    (True, [1, [2, 3]])
    """
    if spec is None:
        found.append(tree)
        return True
    node: NodeType = spec[0]
    if _find(type(tree)) is not node:
        return False  # also where the spec has a node and the tree a leaf
    children, aux = node.flatten(tree)
    if len(children) != len(spec) - 2:
        return False
    if aux is not spec[1] and not same_aux(spec[1], aux):
        return False
    for child_spec, child in zip(spec[2:], children, strict=True):
        if child_spec is None:
            found.append(child)
        elif not collect(child_spec, child, found):
            return False
    return True


def same_aux(one: Any, other: Any) -> bool:
    """Compare static data, which must answer == with a bool.

    >>> same_aux(("a",), ("a",))
    True
    """
    try:
        return one is other or bool(one == other)
    except ValueError as error:
        raise ValueError(
            "Comparing the static data (aux) of two pytree nodes of one type failed:"
            f" {error}. Static data must be hashable and comparable; make arrays"
            " children (data_fields) of the node"
        ) from error


def substitute(spec: Spec, inner: Spec) -> Spec:
    """Put a spec in the place of every leaf of another.

    >>> substitute(None, ()), substitute((1, 2, None), ())
    ((), (1, 2, ()))
    """
    if spec is None:
        return inner
    children = []
    for child in spec[2:]:
        children.append(substitute(child, inner))
    return (*spec[:2], *children)


def strip_aux(spec: Spec) -> Spec:
    """Leave out static data, which may be unhashable.

    >>> strip_aux(("node", ["aux"], None))
    ('node', None)
    """
    if spec is None:
        return None
    children = []
    for child in spec[2:]:
        children.append(strip_aux(child))
    return (spec[0], *children)


def count(spec: Spec) -> tuple[int, int]:
    """Return the number of nodes (leaves among them) and the number of leaves.

    >>> count(walk([1, None], [], []))
    (3, 1)
    """
    nodes, leaves, stack = 0, 0, [spec]
    while stack:
        nodes += 1
        if (top := stack.pop()) is None:
            leaves += 1
        else:
            stack.extend(top[2:])
    return nodes, leaves


def show(spec: Spec) -> str:
    """Write a spec the way JAX prints a treedef.

    >>> show(walk({"a": (1, None)}, [], []))
    "{'a': (*, None)}"
    """
    if spec is None:
        return "*"
    node, aux, *children = spec
    parts = []
    for child in children:
        parts.append(show(child))
    joined = ", ".join(parts)
    if node.type is type(None):
        return "None"
    if node.type is tuple:
        return f"({joined},)" if len(parts) == 1 else f"({joined})"
    if node.type is list:
        return f"[{joined}]"
    if node is DICT:
        items = zip(aux, parts, strict=True)
        return "{" + ", ".join(f"{key!r}: {part}" for key, part in items) + "}"
    label = aux.__name__ if node is NAMEDTUPLE else aux
    return f"CustomNode({node.type.__name__}[{label}], [{joined}])"
