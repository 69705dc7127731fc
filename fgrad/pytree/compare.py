"""Where two tree structures differ, in words."""

from __future__ import annotations

from typing import Any

from .keys import KeyPath, place
from .registry import DEFAULT_DICT, DICT, NAMEDTUPLE, ORDERED_DICT, NodeError
from .spec import EMPTY, Spec, never, same_aux, walk_paths


def difference(
    want: Spec, got: Spec, *, prefix: bool = False, path: KeyPath = ()
) -> tuple[KeyPath, str, str] | None:
    """Return the path of the first difference, and both pieces in words.

    With `prefix`, a leaf of `want` fits any subtree of `got`.

    >>> difference(None, None) is None
    True
    """
    if want is None:
        same = prefix or got is None
        return None if same else (path, describe(want), describe(got))
    if (
        got is None
        or got[0] is not want[0]
        or len(got) != len(want)
        or not same_aux(got[1], want[1])
    ):
        return path, describe(want), describe(got)
    keys = want[0].keys(want[1], len(want) - 2)
    for key, one, other in zip(keys, want[2:], got[2:], strict=True):
        if found := difference(one, other, prefix=prefix, path=(*path, key)):
            return found
    return None


def describe(spec: Spec) -> str:
    """Describe the top of a structure in a few words.

    >>> describe(None)
    'a leaf'
    """
    if spec is None:
        return "a leaf"
    node, aux, size = spec[0], spec[1], len(spec) - 2
    if node.type is type(None):
        return "None"
    if node.type in (tuple, list):
        return f"a {node.type.__name__} of length {size}"
    if node is NAMEDTUPLE:
        return f"a namedtuple {aux.__name__} of length {size}"
    if node in (DICT, ORDERED_DICT):
        article = "a dict" if node is DICT else "an OrderedDict"
        return f"{article} with keys {list(aux)!r}"
    if node is DEFAULT_DICT:
        return f"a defaultdict({aux[0]!r}) with keys {list(aux[1])!r}"
    static = f" and static data {aux!r}" if _has_static(aux) else ""
    children = "1 child" if size == 1 else f"{size} children"
    return f"a {node.type.__name__} node with {children}{static}"


def _has_static(aux: Any) -> bool:
    return aux is not None and aux is not EMPTY  # == could ask an array for its truth


def misfit(want: Spec, tree: Any) -> tuple[KeyPath, str, str]:
    """Return where a tree does not start with a structure, and both pieces in words.

    >>> from fgrad.pytree.spec import walk
    >>> misfit(walk((1, (2, 3)), [], []), (1, 2))
    ((SequenceKey(idx=1),), 'a tuple of length 2', 'a leaf of type int')
    """
    leaves: list[tuple[KeyPath, Any]] = []
    got = walk_paths(tree, leaves, never)
    found = difference(want, got, prefix=True)
    if found is None:  # a flatten function that gives another result each time
        return (), describe(want), describe(got)
    path, wanted, piece = found
    if piece == "a leaf":
        # `difference` may know fewer keys than `walk_paths`: then do without the type
        kinds = (type(leaf).__name__ for at, leaf in leaves if at == path)
        piece = next((f"a leaf of type {kind}" for kind in kinds), piece)
    return path, wanted, piece


def locate(tree: Any, error: NodeError) -> Exception:
    """Return the error of a node that cannot be flattened, with its key path.

    >>> locate([{1: 0, "a": 0}], NodeError("")).args[0][:33]
    'Cannot flatten a pytree at [0]: t'
    """
    try:
        walk_paths(tree, [], never)
    except ValueError as located:
        return located
    return error


def sentence(found: tuple[KeyPath, str, str]) -> str:
    """Say a difference in one line.

    >>> sentence(((), "a leaf", "None"))
    'at the root: expected a leaf, got None'
    """
    path, wanted, got = found
    return f"{place(path)}: expected {wanted}, got {got}"
