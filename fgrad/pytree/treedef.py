"""The structure of a tree as a value, and flatten, which computes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .compare import difference, locate, misfit, sentence
from .generated import DEEPEST, Build, Take, builder, depth, never, taker
from .registry import DICT, LIST, TUPLE, NodeError
from .spec import (
    LEAF_TYPES,
    STR_ONLY,
    Spec,
    build,
    collect,
    count,
    show,
    strip_aux,
    substitute,
    walk,
    walk_until,
)

MAX_CACHED = 4096
MAX_CACHED_LENGTH = 256
WARM = 16  # uses of a structure, after which code is generated for it


class PyTreeDef:
    """The structure of a pytree without its leaves: immutable, hashable, comparable.

    >>> from fgrad.tree_util import tree_structure
    >>> treedef = tree_structure({"a": 1, "b": (2, 3)})
    >>> treedef
    PyTreeDef({'a': *, 'b': (*, *)})
    >>> treedef.unflatten([7, 8, 9])
    {'a': 7, 'b': (8, 9)}
    """

    __slots__ = ("__weakref__", "_build", "_hash", "_size", "_spec", "_uses", "take")

    take: Take
    """Generated code: the leaves of a tree of this structure, or None (see `taker`)."""
    _build: Build | None
    _spec: Spec
    _size: int
    _hash: int | None
    _uses: int | None

    def __init__(self, spec: Spec, size: int):
        self._spec = spec
        self._size = size
        self._hash = None
        self._build = None
        self._uses = None  # not counted: no code is to be generated
        self.take = never

    @property
    def is_warm(self) -> bool:
        """Whether `take` may give leaves."""
        return self.take is not never

    @property
    def num_leaves(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def num_nodes(self) -> int:
        """The number of nodes, leaves among them."""
        return count(self._spec)[0]

    def unflatten(self, leaves: Iterable[Any], /) -> Any:
        """Put a tree of this structure together from its leaves.

        >>> from fgrad.tree_util import tree_structure
        >>> tree_structure((0, [0])).unflatten("xy")
        ('x', ['y'])
        """
        if type(leaves) is not list and type(leaves) is not tuple:
            leaves = list(leaves)
        if len(leaves) != self._size:
            raise ValueError(
                f"unflatten got {len(leaves)} leaves, but {_short(self)} has"
                f" {self._size}. Pass one leaf for each *, in the order of flatten"
            )
        if self._build is not None:
            return self._build(leaves)
        self._warm()
        return build(self._spec, iter(leaves))

    def _warm(self) -> None:
        """Count a use, and generate code for what is used often."""
        uses = self._uses  # read once: other threads count, too
        if uses is None:
            return
        self._uses = uses + 1
        if uses >= WARM:
            self._uses = None
            if depth(self._spec) <= DEEPEST:
                self._build = builder(self._spec)
                self.take = taker(self._spec)

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """Return the subtrees of a tree at the leaves of this structure.

        >>> from fgrad.tree_util import tree_structure
        >>> tree_structure((0, 0)).flatten_up_to((1, {"a": 2}))
        [1, {'a': 2}]
        """
        found = self.subtrees(tree)
        if found is not None:
            return found
        raise ValueError(
            f"flatten_up_to: the tree differs from {_short(self)}"
            f" {sentence(misfit(self._spec, tree))}. The tree may only extend below"
            " the leaves of the treedef"
        )

    def subtrees(self, tree: Any) -> list[Any] | None:
        """Return the subtrees of a tree at the leaves of this structure, or None.

        >>> from fgrad.tree_util import tree_structure
        >>> tree_structure((0, 0)).subtrees([1, 2]) is None
        True
        """
        found = self.take(tree)
        if found is not None:
            return found
        found = []
        try:
            return found if collect(self._spec, tree, found) else None
        except NodeError as error:
            raise locate(tree, error) from None

    def compose(self, inner: PyTreeDef, /) -> PyTreeDef:
        """Return this structure with another in the place of every leaf.

        >>> from fgrad.tree_util import tree_structure
        >>> tree_structure((0, 0)).compose(tree_structure([0]))
        PyTreeDef(([*], [*]))
        """
        spec = substitute(self._spec, inner._spec)
        return PyTreeDef(spec, self._size * inner._size)

    def children(self) -> list[PyTreeDef]:
        """Return the structures of the children; a leaf has none.

        >>> from fgrad.tree_util import tree_structure
        >>> tree_structure([0, (0,)]).children()
        [PyTreeDef(*), PyTreeDef((*,))]
        """
        return [from_spec(child) for child in (self._spec or ())[2:]]

    def node_data(self) -> tuple[type, Any] | None:
        """Return the type and the static data of the top node, or None for a leaf.

        >>> from fgrad.tree_util import tree_structure
        >>> tree_structure({"a": 0}).node_data()
        (<class 'dict'>, ['a'])
        """
        if self._spec is None:
            return None
        node, aux = self._spec[:2]
        if not isinstance(node.type, type):  # a namedtuple: its class is the aux
            return aux, None
        return node.type, list(aux) if node is DICT else aux

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, PyTreeDef):
            return NotImplemented
        try:
            return self._spec == other._spec
        except ValueError:  # static data that cannot be compared: say which
            return difference(self._spec, other._spec) is None

    def __hash__(self) -> int:
        if self._hash is None:
            try:
                self._hash = hash(self._spec)
            except TypeError:
                self._hash = hash(strip_aux(self._spec))
        return self._hash

    def __repr__(self) -> str:
        return f"PyTreeDef({show(self._spec)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return PyTreeDef, (self._spec, self._size)


def _short(treedef: PyTreeDef, width: int = 200) -> str:
    text = repr(treedef)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def from_spec(spec: Spec) -> PyTreeDef:
    """Return the treedef of a spec.

    >>> from_spec(None) is LEAF
    True
    """
    return LEAF if spec is None else PyTreeDef(spec, count(spec)[1])


def first_difference(want: PyTreeDef, got: PyTreeDef) -> str | None:
    """Say in one line where two structures differ, or return None.

    >>> from fgrad.tree_util import tree_structure
    >>> want = tree_structure({"w": {"a": 0, "b": 0}})
    >>> first_difference(want, tree_structure({"w": (0, 0)}))
    "at ['w']: expected a dict with keys ['a', 'b'], got a tuple of length 2"
    """
    found = difference(want._spec, got._spec)
    return found and sentence(found)


# -- flatten: the caches -------------------------------------------------------------

LEAF = PyTreeDef(None, 1)


class _FlatDefs(dict[int, PyTreeDef]):
    """The treedefs of tuples or lists of leaves, by length."""

    def __init__(self, node: Any):
        self.node = node

    def __missing__(self, length: int) -> PyTreeDef:
        treedef = _interned((self.node, None, *(None,) * length), length)
        treedef._build = self.node.type
        if length <= MAX_CACHED_LENGTH:
            self[length] = treedef
        return treedef


_flat_tuples = _FlatDefs(TUPLE)
_flat_lists = _FlatDefs(LIST)
_flat_dicts: dict[tuple[str, ...], PyTreeDef] = {}  # by the keys as inserted
_by_spec: dict[Spec, PyTreeDef] = {}
_guesses: dict[Any, PyTreeDef] = {}  # what a nested tree of some type and length was


def _interned(spec: Spec, size: int) -> PyTreeDef:
    """Return the one treedef of a spec: equal structures are then identical."""
    treedef = _by_spec.get(spec)
    if treedef is None:
        treedef = PyTreeDef(spec, size)
        if size <= MAX_CACHED_LENGTH:
            treedef._uses = 0
            if len(_by_spec) >= MAX_CACHED:
                _by_spec.clear()
            treedef = _by_spec.setdefault(spec, treedef)  # one winner among threads
    return treedef


def _first(leaves: Any) -> Any:
    return leaves[0]


LEAF._build = _first


def flatten(tree: Any) -> tuple[list[Any], PyTreeDef]:
    """Return the leaves and the treedef of a tree; flat trees take a shortcut.

    >>> flatten((1, 2))
    ([1, 2], PyTreeDef((*, *)))
    """
    kind = type(tree)
    if kind in LEAF_TYPES:
        return [tree], LEAF
    if kind is tuple:
        if LEAF_TYPES.issuperset(map(type, tree)):
            return [*tree], _flat_tuples[len(tree)]
    elif kind is dict:
        if STR_ONLY.issuperset(map(type, tree)) and LEAF_TYPES.issuperset(
            map(type, tree.values())
        ):
            return _flatten_flat_dict(tree)
    elif kind is list and LEAF_TYPES.issuperset(map(type, tree)):
        return [*tree], _flat_lists[len(tree)]
    return _flatten_nested(tree)


def _flatten_flat_dict(tree: dict[str, Any]) -> tuple[list[Any], PyTreeDef]:
    order = tuple(tree)
    treedef = _flat_dicts.get(order)
    if treedef is None:
        keys = tuple(sorted(tree))
        treedef = _interned((DICT, keys, *(None,) * len(keys)), len(keys))
        if len(_flat_dicts) >= MAX_CACHED:
            _flat_dicts.clear()
        if len(keys) <= MAX_CACHED_LENGTH:
            _flat_dicts[order] = treedef
    return [*map(tree.__getitem__, treedef._spec[1])], treedef  # type: ignore[index]


def _flatten_nested(tree: Any) -> tuple[list[Any], PyTreeDef]:
    kind = type(tree)
    top = (kind, len(tree)) if kind in (tuple, list, dict) else kind
    guess = _guesses.get(top)
    if guess is not None and (taken := guess.take(tree)) is not None:
        return taken, guess
    leaves: list[Any] = []
    unsafe: list[Any] = []
    try:
        spec = walk(tree, leaves, unsafe)
    except NodeError as error:
        raise locate(tree, error) from None
    if spec is None:
        return leaves, LEAF
    if unsafe:
        return leaves, PyTreeDef(spec, len(leaves))
    treedef = _interned(spec, len(leaves))
    treedef._warm()
    if treedef.is_warm:
        if len(_guesses) >= MAX_CACHED:
            _guesses.clear()
        _guesses[top] = treedef
    return leaves, treedef


def flatten_until(
    tree: Any, is_leaf: Callable[[Any], bool]
) -> tuple[list[Any], PyTreeDef]:
    """Return the leaves and the treedef of a tree, stopping where `is_leaf` holds.

    >>> flatten_until((None, 1), lambda x: x is None)
    ([None, 1], PyTreeDef((*, *)))
    """
    leaves: list[Any] = []
    try:
        spec = walk_until(tree, leaves, is_leaf)
    except NodeError as error:
        raise locate(tree, error) from None
    return leaves, LEAF if spec is None else PyTreeDef(spec, len(leaves))
