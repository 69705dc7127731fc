"""The functions on whole trees."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import field
from typing import Any, TypeVar

from .compare import misfit
from .keys import KeyPath, place
from .registry import TUPLE, default_registry
from .spec import never, walk_paths
from .treedef import LEAF, PyTreeDef, flatten, flatten_until, from_spec

T = TypeVar("T")
IsLeaf = Callable[[Any], bool] | None


class _Unspecified:
    def __repr__(self) -> str:
        return "<no value>"


_unspecified: Any = _Unspecified()


def tree_flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], PyTreeDef]:
    """Take a tree apart into its leaves and its structure.

    >>> tree_flatten({"b": (1, 2), "a": 3})
    ([3, 1, 2], PyTreeDef({'a': *, 'b': (*, *)}))
    """
    return flatten(tree) if is_leaf is None else flatten_until(tree, is_leaf)


def tree_unflatten(treedef: PyTreeDef, leaves: Iterable[Any]) -> Any:
    """Put a tree together from its structure and its leaves.

    >>> tree_unflatten(tree_structure({"a": 0, "b": (0, 0)}), [1, 2, 3])
    {'a': 1, 'b': (2, 3)}
    """
    if type(treedef) is not PyTreeDef:
        raise _not_a_treedef("tree_unflatten", treedef)
    return treedef.unflatten(leaves)


def _not_a_treedef(caller: str, got: Any) -> TypeError:
    return TypeError(
        f"{caller} needs a PyTreeDef, got a {type(got).__name__}. Get one from"
        " tree_structure(tree)"
    )


def tree_leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """Return the leaves of a tree.

    >>> tree_leaves([1, (2, None)])
    [1, 2]
    """
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: Any, is_leaf: IsLeaf = None) -> PyTreeDef:
    """Return the structure of a tree.

    >>> tree_structure([1, (2, None)])
    PyTreeDef([*, (*, None)])
    """
    return tree_flatten(tree, is_leaf)[1]


def tree_flatten_with_path(
    tree: Any,
    is_leaf: Callable[..., bool] | None = None,
    is_leaf_takes_path: bool = False,
) -> tuple[list[tuple[KeyPath, Any]], PyTreeDef]:
    """Take a tree apart into pairs of key path and leaf, and its structure.

    Args:
        tree: any tree.
        is_leaf: called with each subtree; where it holds, the subtree is a leaf.
        is_leaf_takes_path: call `is_leaf` with the key path and the subtree.

    >>> tree_flatten_with_path({"w": [5]})[0]
    [((DictKey(key='w'), SequenceKey(idx=0)), 5)]
    """
    stop: Callable[[KeyPath, Any], bool] = never
    if is_leaf is not None:
        one = is_leaf
        stop = one if is_leaf_takes_path else lambda path, x: one(x)
    leaves: list[tuple[KeyPath, Any]] = []
    spec = walk_paths(tree, leaves, stop)
    return leaves, LEAF if spec is None else PyTreeDef(spec, len(leaves))


def tree_leaves_with_path(
    tree: Any,
    is_leaf: Callable[..., bool] | None = None,
    is_leaf_takes_path: bool = False,
) -> list[tuple[KeyPath, Any]]:
    """Return the pairs of key path and leaf of a tree.

    >>> tree_leaves_with_path([5])
    [((SequenceKey(idx=0),), 5)]
    """
    return tree_flatten_with_path(tree, is_leaf, is_leaf_takes_path)[0]


# -- map -----------------------------------------------------------------------------


def tree_map(
    f: Callable[..., Any], tree: Any, *rest: Any, is_leaf: IsLeaf = None
) -> Any:
    """Apply a function to each leaf of a tree, and to the same places of others.

    Args:
        f: takes a leaf of `tree` and the subtrees of `rest` at its place.
        tree: gives the structure of the result.
        *rest: trees of that structure, which may extend below its leaves.
        is_leaf: called with each subtree; where it holds, the subtree is a leaf.

    >>> tree_map(lambda x, y: x + y, {"a": 1, "b": (2, 3)}, {"a": 10, "b": (20, 30)})
    {'a': 11, 'b': (22, 33)}
    """
    leaves, treedef = tree_flatten(tree, is_leaf)
    if not rest:
        return treedef.unflatten([*map(f, leaves)])
    others = _leaves_of_rest("tree_map", treedef, rest)
    return treedef.unflatten([*map(f, leaves, *others)])


def tree_map_with_path(
    f: Callable[..., Any],
    tree: Any,
    *rest: Any,
    is_leaf: Callable[..., bool] | None = None,
    is_leaf_takes_path: bool = False,
) -> Any:
    """Apply a function to the key path and the value of each leaf of a tree.

    Args:
        f: takes the key path, the leaf, and the subtrees of `rest` at its place.
        tree: gives the structure of the result.
        *rest: trees of that structure, which may extend below its leaves.
        is_leaf: called with each subtree; where it holds, the subtree is a leaf.
        is_leaf_takes_path: call `is_leaf` with the key path and the subtree.

    >>> from fgrad.tree_util import keystr
    >>> tree_map_with_path(lambda path, x: f"{keystr(path)}={x}", {"a": (1, 2)})
    {'a': ("['a'][0]=1", "['a'][1]=2")}
    """
    pairs, treedef = tree_flatten_with_path(tree, is_leaf, is_leaf_takes_path)
    others = _leaves_of_rest("tree_map_with_path", treedef, rest)
    paths, leaves = [path for path, _ in pairs], [leaf for _, leaf in pairs]
    return treedef.unflatten([*map(f, paths, leaves, *others)])


def _leaves_of_rest(
    caller: str, treedef: PyTreeDef, rest: tuple[Any, ...]
) -> list[list[Any]]:
    others = []
    for number, other in enumerate(rest, start=2):
        found = treedef.subtrees(other)
        if found is None:
            path, want, got = misfit(treedef._spec, other)
            raise ValueError(
                f"{caller}: the trees differ {place(path)}: tree 1 has {want}, tree"
                f" {number} has {got}. Give all trees the structure of the first;"
                " only below its leaves may they differ"
            )
        others.append(found)
    return others


def tree_broadcast(prefix_tree: Any, full_tree: Any, is_leaf: IsLeaf = None) -> Any:
    """Extend a prefix of a tree to the structure of the full tree.

    >>> tree_broadcast((0, 1), ("x", {"a": "y", "b": "z"}))
    (0, {'a': 1, 'b': 1})
    """
    leaves = broadcast_prefix(prefix_tree, full_tree, is_leaf)
    return tree_structure(full_tree).unflatten(leaves)


def broadcast_prefix(
    prefix_tree: Any, full_tree: Any, is_leaf: IsLeaf = None
) -> list[Any]:
    """Repeat each leaf of a prefix for all leaves of the full tree below it.

    >>> broadcast_prefix((0, 1), ("x", {"a": "y", "b": "z"}))
    [0, 1, 1]
    """
    leaves, treedef = tree_flatten(prefix_tree, is_leaf)
    if treedef is LEAF:
        return leaves * tree_structure(full_tree).num_leaves
    subtrees = treedef.subtrees(full_tree)
    if subtrees is None:
        path, want, got = misfit(treedef._spec, full_tree)
        raise ValueError(
            f"The prefix does not fit the tree {place(path)}: the prefix has {want},"
            f" the tree has {got}. Use the structure of the tree there, or one leaf"
            " for the whole subtree"
        )
    pairs = zip(leaves, subtrees, strict=True)
    return [x for x, sub in pairs for _ in range(tree_structure(sub).num_leaves)]


# -- reduce --------------------------------------------------------------------------


def tree_reduce(
    function: Callable[[T, Any], T],
    tree: Any,
    initializer: T = _unspecified,
    is_leaf: IsLeaf = None,
) -> T:
    """Combine the leaves of a tree from left to right.

    >>> tree_reduce(lambda x, y: x + y, {"a": 1, "b": (2, 3)})
    6
    """
    leaves = tree_leaves(tree, is_leaf)
    if initializer is not _unspecified:
        return functools.reduce(function, leaves, initializer)
    if not leaves:
        raise TypeError(
            "tree_reduce of a tree without leaves has no value. Pass an initializer"
        )
    return functools.reduce(function, leaves)


def tree_reduce_associative(
    operation: Callable[[T, T], T],
    tree: Any,
    *,
    identity: T = _unspecified,
    is_leaf: IsLeaf = None,
) -> T:
    """Combine the leaves of a tree in pairs, as a balanced tree of operations.

    >>> tree_reduce_associative(lambda x, y: f"({x}{y})", list("abcd"))
    '((ab)(cd))'
    """
    leaves = tree_leaves(tree, is_leaf)
    if leaves:
        return _reduce_halves(operation, leaves)
    if identity is _unspecified:
        raise TypeError(
            "tree_reduce_associative of a tree without leaves has no value. Pass an"
            " identity"
        )
    return identity


def _reduce_halves(operation: Callable[[T, T], T], leaves: list[T]) -> T:
    if len(leaves) == 1:
        return leaves[0]
    middle = len(leaves) // 2
    return operation(
        _reduce_halves(operation, leaves[:middle]),
        _reduce_halves(operation, leaves[middle:]),
    )


def tree_all(tree: Any, *, is_leaf: IsLeaf = None) -> bool:
    """Tell whether all leaves of a tree are true.

    >>> tree_all({"a": True, "b": (1, 0)})
    False
    """
    return all(tree_leaves(tree, is_leaf))


def all_leaves(iterable: Iterable[Any], is_leaf: IsLeaf = None) -> bool:
    """Tell whether no element is a node.

    >>> all_leaves([1, "x"]), all_leaves([1, (2,)])
    (True, False)
    """
    stop = is_leaf or (lambda x: False)
    return all(stop(x) or not default_registry.is_node(type(x)) for x in iterable)


# -- structures ----------------------------------------------------------------------


def tree_transpose(
    outer_treedef: PyTreeDef, inner_treedef: PyTreeDef | None, pytree_to_transpose: Any
) -> Any:
    """Turn a tree of trees inside out.

    Args:
        outer_treedef: the structure at the top of the tree.
        inner_treedef: the structure of each subtree; None to read it off the first.
        pytree_to_transpose: a tree of structure outer of inner.

    >>> outer, inner = tree_structure([0, 0]), tree_structure({"a": 0, "b": 0})
    >>> tree_transpose(outer, inner, [{"a": 1, "b": 2}, {"a": 3, "b": 4}])
    {'a': [1, 3], 'b': [2, 4]}
    """
    leaves, treedef = flatten(pytree_to_transpose)
    if inner_treedef is None:
        subtrees = outer_treedef.flatten_up_to(pytree_to_transpose)
        if not subtrees:
            raise ValueError(
                f"tree_transpose cannot read the inner structure off {outer_treedef},"
                " which has no leaves. Pass inner_treedef"
            )
        inner_treedef = tree_structure(subtrees[0])
    size = inner_treedef.num_leaves
    if len(leaves) != outer_treedef.num_leaves * size:
        raise TypeError(
            f"tree_transpose expects {outer_treedef.compose(inner_treedef)}, with"
            f" {outer_treedef.num_leaves} * {size} leaves, got {treedef} with"
            f" {len(leaves)}. Give every subtree the inner structure"
        )
    columns = [outer_treedef.unflatten(leaves[i::size]) for i in range(size)]
    return inner_treedef.unflatten(columns)


def treedef_children(treedef: PyTreeDef) -> list[PyTreeDef]:
    """Return the structures of the children of a structure.

    >>> treedef_children(tree_structure([1, (2,)]))
    [PyTreeDef(*), PyTreeDef((*,))]
    """
    return treedef.children()


def treedef_is_leaf(treedef: PyTreeDef) -> bool:
    """Tell whether a structure has no children: a leaf, None or an empty container.

    >>> treedef_is_leaf(tree_structure(1)), treedef_is_leaf(tree_structure((1,)))
    (True, False)
    """
    return treedef._spec is None or len(treedef._spec) == 2


def treedef_tuple(treedefs: Iterable[PyTreeDef]) -> PyTreeDef:
    """Return the structure of a tuple of trees of the given structures.

    >>> treedef_tuple([tree_structure(1), tree_structure([2])])
    PyTreeDef((*, [*]))
    """
    treedefs = tuple(treedefs)
    for treedef in treedefs:
        if type(treedef) is not PyTreeDef:
            raise _not_a_treedef("treedef_tuple", treedef)
    return from_spec((TUPLE, None, *(treedef._spec for treedef in treedefs)))


def static(**kwargs: Any) -> Any:
    """Return a dataclass field that `register_dataclass` takes as static data.

    >>> from dataclasses import dataclass
    >>> from fgrad.tree_util import register_dataclass
    >>> @register_dataclass
    ... @dataclass
    ... class Model:
    ...     w: float
    ...     depth: int = static(default=2)
    >>> tree_leaves(Model(0.5))
    [0.5]
    """
    metadata = {"static": True, **(kwargs.pop("metadata", None) or {})}
    return field(metadata=metadata, **kwargs)
