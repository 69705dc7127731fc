"""Which types are nodes of a pytree, and how each is taken apart and put together."""

from __future__ import annotations

from _thread import allocate_lock  # threading is slow to import
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .keys import DictKey, FlattenedIndexKey, GetAttrKey, SequenceKey

# A class created in a loop must not stay alive forever for having been a leaf once.
MAX_LEAF_TYPES = 512


# A user's function: an instance -> (children, static data).
Flatten = Callable[[Any], tuple[Iterable[Any], Any]]


class NodeError(ValueError):
    """One node could not be flattened; whoever knows its key path adds it."""


@dataclass(frozen=True, slots=True, eq=False)
class NodeType:
    """Everything the library knows about one type of node."""

    type: Any
    flatten: Callable[[Any], tuple[Sequence[Any], Any]]  # node -> children, aux
    unflatten: Callable[[Any, Sequence[Any]], Any]  # aux, children -> node
    keys: Callable[[Any, int], Sequence[Any]]  # aux, number of children -> keys
    flatten_with_keys: Callable[[Any], tuple[Sequence[Any], Any]] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return find_registered, (self.type,)


def _unsortable(mapping: dict[Any, Any], error: TypeError) -> NodeError:
    return NodeError(
        f"the keys of a {type(mapping).__name__} cannot be sorted, got"
        f" {list(mapping)!r} ({error}). Use keys of one sortable type, or an"
        " OrderedDict, which keeps its order"
    )


def _flatten_dict(x: dict[Any, Any]) -> tuple[Sequence[Any], Any]:
    try:
        keys = tuple(sorted(x))
    except TypeError as error:
        raise _unsortable(x, error) from None
    return tuple(map(x.__getitem__, keys)), keys


def _flatten_defaultdict(x: defaultdict[Any, Any]) -> tuple[Sequence[Any], Any]:
    values, keys = _flatten_dict(x)
    return values, (x.default_factory, keys)


def _sequence_keys(_: Any, n: int) -> Sequence[Any]:
    return tuple(map(SequenceKey, range(n)))


def _flat_keys(_: Any, n: int) -> Sequence[Any]:
    return tuple(map(FlattenedIndexKey, range(n)))


def _dict_keys(aux: Iterable[Hashable], _: int) -> Sequence[Any]:
    return tuple(map(DictKey, aux))


NONE = NodeType(
    type=type(None),
    flatten=lambda x: ((), None),
    unflatten=lambda _, children: None,
    keys=lambda _, n: (),
)
TUPLE = NodeType(
    type=tuple,
    flatten=lambda x: (x, None),
    unflatten=lambda _, children: tuple(children),
    keys=_sequence_keys,
)
LIST = NodeType(
    type=list,
    flatten=lambda x: (x, None),
    unflatten=lambda _, children: list(children),
    keys=_sequence_keys,
)
DICT = NodeType(
    type=dict,
    flatten=_flatten_dict,
    unflatten=lambda keys, children: dict(zip(keys, children, strict=True)),
    keys=_dict_keys,
)
ORDERED_DICT = NodeType(
    type=OrderedDict,
    flatten=lambda x: (tuple(x.values()), tuple(x)),
    unflatten=lambda keys, children: OrderedDict(zip(keys, children, strict=True)),
    keys=_dict_keys,
)
DEFAULT_DICT = NodeType(
    type=defaultdict,
    flatten=_flatten_defaultdict,
    unflatten=lambda aux, kids: defaultdict(aux[0], zip(aux[1], kids, strict=True)),
    keys=lambda aux, n: _dict_keys(aux[1], n),
)
# One node type serves every namedtuple class: the class itself is the static data.
NAMEDTUPLE = NodeType(
    type=namedtuple,
    flatten=lambda x: (x, type(x)),
    unflatten=lambda cls, children: cls(*children),
    keys=lambda cls, n: tuple(map(GetAttrKey, cls._fields)),
)


class PyTreeRegistry:
    """The set of node types; all other types are leaves."""

    def __init__(self, builtins: Iterable[NodeType]):
        self.nodes: dict[type, NodeType] = {node.type: node for node in builtins}
        self.leaf_types: set[type] = set()  # seen as leaves: lets flatten skip a lookup
        self._lock = allocate_lock()

    def find(self, cls: type) -> NodeType | None:
        """Return the node type of a class, or None if its instances are leaves.

        >>> default_registry.find(list).type, default_registry.find(int)
        (<class 'list'>, None)
        """
        if cls in self.leaf_types:
            return None
        if (node := self.nodes.get(cls)) is not None:
            return node
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):
            return NAMEDTUPLE
        self._learn_leaf(cls)
        return None

    def _learn_leaf(self, cls: type) -> None:
        with self._lock:  # another thread may be registering this very class
            if cls not in self.nodes and len(self.leaf_types) < MAX_LEAF_TYPES:
                self.leaf_types.add(cls)

    def register_node(self, node: NodeType) -> None:
        """Add a node type; a class can be registered only once."""
        if not isinstance(node.type, type):
            raise TypeError(
                f"only a class can be registered as a pytree node, got {node.type!r}."
                " Pass the class, not an instance"
            )
        with self._lock:
            if node.type in self.nodes:
                raise ValueError(
                    f"{node.type!r} is already registered as a pytree node. Register"
                    " each class once, for example right below its definition"
                )
            self.nodes[node.type] = node
            self.leaf_types.discard(node.type)

    def is_node(self, cls: type) -> bool:
        """Tell whether instances of a class are nodes.

        >>> default_registry.is_node(dict), default_registry.is_node(float)
        (True, False)
        """
        return self.find(cls) is not None


default_registry = PyTreeRegistry((NONE, TUPLE, LIST, DICT, ORDERED_DICT, DEFAULT_DICT))


def find_registered(cls: Any) -> NodeType:
    """Return the node type of a class that must have one, as unpickling does.

    >>> find_registered(tuple).type
    <class 'tuple'>
    """
    node = NAMEDTUPLE if cls is namedtuple else default_registry.find(cls)
    if node is None:
        raise ValueError(
            f"{cls!r} is not a pytree node, so it cannot be taken apart. Register it"
            " with register_dataclass or register_pytree_node first"
        )
    return node


def is_tree_node(typ: type) -> bool:
    """Tell whether instances of a type are pytree nodes, not leaves.

    >>> is_tree_node(dict), is_tree_node(float)
    (True, False)
    """
    return default_registry.is_node(typ)


def keyed_children(node: NodeType, x: Any) -> tuple[Sequence[Any], Sequence[Any], Any]:
    """Take one node apart into the keys and values of its children and its aux.

    >>> keyed_children(TUPLE, (5, 6))
    ((SequenceKey(idx=0), SequenceKey(idx=1)), (5, 6), None)
    """
    if node.flatten_with_keys is None:
        children, aux = node.flatten(x)
        return node.keys(aux, len(children)), children, aux
    pairs, aux = node.flatten_with_keys(x)
    return tuple(key for key, _ in pairs), tuple(child for _, child in pairs), aux


def flatten_one_level(tree: Any) -> tuple[Iterable[Any], Hashable]:
    """Take one node apart into its children and its static data.

    >>> flatten_one_level({"b": 1, "a": (2, 3)})
    (((2, 3), 1), ('a', 'b'))
    """
    return find_registered(type(tree)).flatten(tree)


def flatten_one_level_with_keys(
    tree: Any,
) -> tuple[Iterable[tuple[Any, Any]], Hashable]:
    """Take one node apart into pairs of key and child, and its static data.

    >>> flatten_one_level_with_keys([7])
    (((SequenceKey(idx=0), 7),), None)
    """
    keys, children, aux = keyed_children(find_registered(type(tree)), tree)
    return tuple(zip(keys, children, strict=True)), aux


# -- registering ---------------------------------------------------------------------


def _checked(cls: type, flatten: Flatten) -> Callable[[Any], Any]:
    """Make a user's flatten function return (children, aux) or a clear error."""

    def run(x: Any) -> tuple[Sequence[Any], Any]:
        result = flatten(x)
        try:
            children, aux = result
            return tuple(children), aux
        except (TypeError, ValueError):
            raise NodeError(
                f"the flatten function of {cls!r} must return a pair (children, aux)"
                f" with iterable children, got {result!r}"
            ) from None

    return run


def _recovered_keys(
    cls: type, unflatten: Callable[..., Any], with_keys: Callable[[Any], Any]
) -> Callable[[Any, int], Sequence[Any]]:
    """Find the keys of a node whose instance is gone, for error messages."""

    def keys(aux: Any, n: int) -> Sequence[Any]:
        try:
            pairs, _ = with_keys(unflatten(aux, (None,) * n))
            return tuple(key for key, _ in pairs)
        except Exception:  # a strict constructor: positions are the best names left
            return _flat_keys(aux, n)

    return keys


def register_pytree_node(
    nodetype: type,
    flatten_func: Flatten,
    unflatten_func: Callable[[Any, Any], Any],
    flatten_with_keys_func: Flatten | None = None,
) -> None:
    """Make a class a pytree node, given how to take it apart and put it together.

    Args:
        nodetype: the class; its subclasses stay leaves.
        flatten_func: maps an instance to (children, static data).
        unflatten_func: maps (static data, children) to an instance.
        flatten_with_keys_func: as `flatten_func`, with (key, child) for each child.

    >>> from fgrad.tree_util import tree_leaves
    >>> class Pair:
    ...     def __init__(self, *items):
    ...         self.items = items
    >>> register_pytree_node(Pair, lambda p: (p.items, None), lambda _, c: Pair(*c))
    >>> tree_leaves(Pair(1, {"a": 2}))
    [1, 2]
    """
    with_keys = None
    keys: Callable[[Any, int], Sequence[Any]] = _flat_keys
    if flatten_with_keys_func is not None:
        with_keys = _checked(nodetype, flatten_with_keys_func)
        keys = _recovered_keys(nodetype, unflatten_func, with_keys)
    flatten = _checked(nodetype, flatten_func)
    default_registry.register_node(
        NodeType(nodetype, flatten, unflatten_func, keys, with_keys)
    )


def register_pytree_with_keys(
    nodetype: type,
    flatten_with_keys: Flatten,
    unflatten_func: Callable[[Any, Any], Any],
    flatten_func: Flatten | None = None,
) -> None:
    """Make a class a pytree node whose children have keys in key paths.

    >>> from fgrad.tree_util import GetAttrKey, keystr, tree_leaves_with_path
    >>> class Box:
    ...     def __init__(self, item):
    ...         self.item = item
    >>> register_pytree_with_keys(
    ...     Box,
    ...     lambda b: ([(GetAttrKey("item"), b.item)], None),
    ...     lambda _, children: Box(*children),
    ... )
    >>> [(keystr(path), x) for path, x in tree_leaves_with_path([Box(3)])]
    [('[0].item', 3)]
    """

    def drop_keys(x: Any) -> tuple[Iterable[Any], Any]:
        pairs, aux = flatten_with_keys(x)
        return [child for _, child in pairs], aux

    register_pytree_node(
        nodetype, flatten_func or drop_keys, unflatten_func, flatten_with_keys
    )
