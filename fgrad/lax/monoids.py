"""What a computation of two scalars is: one of the known ones, or a function to map."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from ..core import Aval, dtype_of, shape_of
from ..ops import elementwise as ew
from ..ops.basic import astype, reshape
from ..ops.index import getitem
from ..ops.join import concat
from ..pytree import PyTreeDef, tree_leaves, tree_unflatten
from ..transforms.arguments import check_callable, name_of
from ..transforms.staging import stage
from ..transforms.vmap import vmap

_OPS: dict[Any, Any] = {
    np.add: ew.add, operator.add: ew.add,
    np.multiply: ew.mul, operator.mul: ew.mul,
    np.maximum: ew.maximum, builtins.max: ew.maximum,
    np.minimum: ew.minimum, builtins.min: ew.minimum,
}  # fmt: skip
KNOWN = {ew.add, ew.mul, ew.maximum, ew.minimum}
Leaves = list[Any]


def known_computation(computation: Any, dtype: np.dtype, name: str) -> Any:
    """Return which of the four a function of two scalars is, or None.

    >>> known_computation(lambda x, y: x + y, np.dtype(float), "reduce")
    add
    """
    check_callable(computation, name)
    known = _OPS.get(computation) if computation.__hash__ else None
    if known is not None:
        return known
    scalar = Aval((), dtype)
    jaxpr = stage(lambda x, y: [computation(x, y)], [scalar, scalar], name)
    if len(jaxpr.eqns) == 1:
        (eqn,) = jaxpr.eqns
        whole = {*eqn.inputs} == {*jaxpr.invars} and jaxpr.outs == eqn.outs
        if whole and eqn.prim in KNOWN:
            return eqn.prim
    return None


def identity_of(prim: Any, dtype: np.dtype) -> Any:
    """Return the number that changes nothing.

    >>> identity_of(ew.maximum, np.dtype("int8"))
    np.int8(-128)
    """
    if prim is ew.add or prim is ew.mul:
        return dtype.type(prim is ew.mul)
    least = prim is ew.maximum
    if dtype.kind == "b":
        return np.bool(not least)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return dtype.type(info.min if least else info.max)
    return dtype.type(-np.inf if least else np.inf)


def is_identity(start: Any, prim: Any, dtype: np.dtype) -> bool:
    """Say whether a plain value changes nothing.

    >>> is_identity(0.0, ew.add, np.dtype(float))
    True
    """
    plain = isinstance(start, np.ndarray | np.generic | float | int | complex)
    return plain and bool(start == identity_of(prim, dtype))


def on_leaves(computation: Any, tree: PyTreeDef, likes: Leaves) -> Any:
    """Return a computation of two trees as one of leaves, in the dtypes of others."""

    def combine(xs: Leaves, ys: Leaves) -> Leaves:
        outs = tree_leaves(
            computation(tree_unflatten(tree, xs), tree_unflatten(tree, ys))
        )
        if len(outs) != len(likes):
            raise ValueError(
                f"{name_of(computation)} must return one value for each of the "
                f"{len(likes)} operands, got {len(outs)}"
            )
        return [astype(z, dtype_of(x)) for z, x in zip(outs, likes)]

    return combine


def elementwise(computation: Callable[[Leaves, Leaves], Leaves]) -> Any:
    """Return a function of scalars as one of arrays of the same shape."""

    def apply(xs: Leaves, ys: Leaves) -> Leaves:
        shapes = [shape_of(x) for x in xs]
        flat = [[reshape(z, shape=(prod(shape_of(z)),))
                 for z in zs] for zs in (xs, ys)]  # fmt: skip
        outs = vmap(computation)(*flat)
        return [reshape(z, shape=shape) for z, shape in zip(outs, shapes)]

    return apply


def folded(
    combine: Callable[[Leaves, Leaves], Leaves], xs: Leaves, starts: Sequence[Any]
) -> Leaves:
    """Combine all rows of arrays with an associative function, neighbours first.

    ``starts`` are combined with the result, and are it where there are no rows.

    >>> folded(lambda x, y: [x[0] + y[0]], [np.array([7, 2, 1])], [10])
    [np.int64(20)]
    """
    n = shape_of(xs[0])[0]
    if n == 0:
        return [np.broadcast_to(s, shape_of(x)[1:]) for s, x in zip(starts, xs)]
    while n > 1:
        even = [getitem(x, slice(0, n - 1, 2)) for x in xs]
        odd = [getitem(x, slice(1, n, 2)) for x in xs]
        pairs = combine(even, odd)
        if n % 2:
            last = [getitem(x, slice(n - 1, n)) for x in xs]
            pairs = [concat([z, x], 0) for z, x in zip(pairs, last)]
        xs, n = pairs, (n + 1) // 2
    rows = [getitem(x, 0) for x in xs]
    starts = [np.broadcast_to(s, shape_of(x)) for s, x in zip(starts, rows)]
    return combine(starts, rows)
