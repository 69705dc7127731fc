"""The functions on pytrees under their short names, as in `jax.tree`.

Some names are those of builtins: write `tree.map`, and do not import them singly.

>>> from fgrad import tree
>>> tree.map(abs, {"a": -1, "b": (-2, None)})
{'a': 1, 'b': (2, None)}
"""

from __future__ import annotations

from .pytree import static
from .pytree import tree_all as all
from .pytree import tree_broadcast as broadcast
from .pytree import tree_flatten as flatten
from .pytree import tree_flatten_with_path as flatten_with_path
from .pytree import tree_leaves as leaves
from .pytree import tree_leaves_with_path as leaves_with_path
from .pytree import tree_map as map
from .pytree import tree_map_with_path as map_with_path
from .pytree import tree_reduce as reduce
from .pytree import tree_reduce_associative as reduce_associative
from .pytree import tree_structure as structure
from .pytree import tree_transpose as transpose
from .pytree import tree_unflatten as unflatten

__all__ = [
    "all",
    "broadcast",
    "flatten",
    "flatten_with_path",
    "leaves",
    "leaves_with_path",
    "map",
    "map_with_path",
    "reduce",
    "reduce_associative",
    "static",
    "structure",
    "transpose",
    "unflatten",
]
