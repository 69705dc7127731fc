"""``map``: a function applied to one element of the leading axis after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import shape_of, short_errors
from ..ops.join import concat
from ..pytree import tree_map
from ..transforms.arguments import name_of
from ..transforms.vmap import vmap
from .bodies import check_function, leaves_of
from .loops import checked_length, scanned


@short_errors
def map(f: Callable[[Any], Any], xs: Any, *, batch_size: int | None = None) -> Any:
    """Apply a function to each element of the leading axis, and stack the results.

    Unlike `vmap`, the elements are computed one after the other, so that memory does
    not grow with their number. With ``batch_size``, that many go through `vmap` at a
    time, and the rest at the end.

    >>> import numpy as np
    >>> map(lambda row: row / row.sum(), np.array([[1.0, 3.0], [2.0, 2.0]]))
    array([[0.25, 0.75],
           [0.5 , 0.5 ]])
    """
    check_function(f, "map", "f")
    name = f"map({name_of(f)})"
    if batch_size is None:
        step = lambda _, x: (None, f(x))
        return scanned(step, None, xs, None, False, 1, name)[1]
    if isinstance(batch_size, bool) or not hasattr(batch_size, "__index__"):
        raise TypeError(f"map: batch_size must be an int, got {batch_size!r}")
    if batch_size < 1:
        raise ValueError(f"map: batch_size must be positive, got {batch_size}")
    leaves, tree = leaves_of(xs, name, "xs")
    n = checked_length(leaves, tree, None, name)
    whole = n // batch_size * batch_size
    parts = []
    if whole or not n:
        rows = (n // batch_size, batch_size)
        first = tree_map(lambda x: x[:whole].reshape(*rows, *shape_of(x)[1:]), xs)
        out = map(vmap(f), first)
        parts.append(tree_map(lambda y: y.reshape(whole, *shape_of(y)[2:]), out))
    if whole < n:
        parts.append(vmap(f)(tree_map(lambda x: x[whole:], xs)))
    return tree_map(lambda *ys: concat(ys), *parts)
