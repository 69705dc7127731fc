"""Compose views, so that products read an array where it stands."""

from __future__ import annotations

from typing import Any

from ...core import Eqn, Jaxpr, Var, atom_aval
from ...ops import basic
from ...ops.dot_general import dot_general_p, free_axes
from ...ops.index import slice_p
from ...ops.index_spec import FULL, Index
from .rewrite import Producers, rewrite

_ARRAYS = ("where", "sinc")  # give arrays of no axes, other functions give scalars


def compose_views(jaxpr: Jaxpr) -> Jaxpr:
    """Let a transpose or reshape read what it had been made of, and products too.

    Only what gives the very same view, or the same copy, is replaced: BLAS and NumPy
    choose their loops, and with them the last bit, by an array's layout. That is also
    why ``(x @ y).T`` does not become ``y.T @ x.T``.

    >>> import numpy as np
    >>> from fgrad import make_jaxpr
    >>> from fgrad.compiler.passes import drop_dead
    >>> jaxpr = make_jaxpr(lambda x: x.T @ x)(np.ones((3, 2)))
    >>> drop_dead(compose_views(jaxpr))
    { lambda a:f64[3,2] . let
        b:f64[2,2] = dot_general[contract=((0,),(0,)) ndims=(2,2)] a a
      in (b) }
    """
    return rewrite(jaxpr, _compose)


def _compose(eqn: Eqn, producers: Producers) -> Eqn:
    if eqn.prim is dot_general_p:
        return _read_transposed(_read_transposed(eqn, producers, 0), producers, 1)
    if eqn.prim is slice_p and _only_adds_axes(eqn, producers):
        eqn = eqn._replace(prim=basic.reshape, params={"shape": eqn.outs[0].aval.shape})
    before = _made_by(eqn.prim, eqn.inputs[0], producers) if eqn.inputs else None
    if before is None:
        return eqn
    if eqn.prim is basic.transpose:
        axes = tuple(before.params["axes"][a] for a in eqn.params["axes"])
        return eqn._replace(inputs=before.inputs, params={"axes": axes})
    if eqn.prim is basic.reshape and _is_view(before, eqn.params["shape"]):
        return eqn._replace(inputs=before.inputs)
    return eqn


def _only_adds_axes(eqn: Eqn, producers: Producers) -> bool:
    """Say whether indexing is a reshape; ``z[()]`` makes a scalar of an array."""
    index: Index = eqn.params["index"]
    if not index.items and not eqn.outs[0].aval.shape:
        x = eqn.inputs[0]
        made = producers.get(x) if type(x) is Var else None
        return made is not None and gives_scalar(made)
    return all(i is None or i is ... or i == FULL for i in index.items)


def gives_scalar(eqn: Eqn) -> bool:
    """Say whether what an elementwise equation computes is no array, without axes."""
    prim = eqn.prim
    return prim.elementwise and not prim.view and prim.name not in _ARRAYS


def _made_by(prim: Any, atom: Any, producers: Producers) -> Eqn | None:
    found = producers.get(atom) if type(atom) is Var else None
    return found if found is not None and found.prim is prim else None


def _read_transposed(eqn: Eqn, producers: Producers, k: int) -> Eqn:
    """Contract other axes of the array that operand ``k`` is the transpose of."""
    before = _made_by(basic.transpose, eqn.inputs[k], producers)
    if before is None:
        return eqn
    order, (x,) = before.params["axes"], before.inputs
    contract, batch = list(eqn.params["contract"]), list(eqn.params["batch"])
    free = free_axes(len(order), contract[k], batch[k])
    for axes in (contract, batch):
        axes[k] = tuple(order[a] for a in axes[k])
    if free_axes(len(order), contract[k], batch[k]) != tuple(order[a] for a in free):
        return eqn  # the result would have its axes in another order
    params = eqn.params | {"contract": tuple(contract), "batch": tuple(batch)}
    return eqn._replace(
        inputs=(*eqn.inputs[:k], x, *eqn.inputs[k + 1 :]), params=params
    )


def _is_view(reshape: Eqn, later: tuple[int, ...]) -> bool:
    """Say whether a reshape before another is one that never copies.

    If it copies, what follows is a view of the copy, and not of its argument. An axis
    of length 1 has a stride, which NumPy makes anew where shapes differ.
    """
    shape = atom_aval(reshape.inputs[0]).shape
    if later == shape and 1 in shape:
        return False
    return _only_splits(shape, atom_aval(reshape.outs[0]).shape)


def _only_splits(shape: tuple[int, ...], into: tuple[int, ...]) -> bool:
    """Say whether each axis of a shape is an axis, or several in a row, of another.

    >>> _only_splits((6, 4), (2, 3, 4)), _only_splits((2, 3, 4), (6, 4))
    (True, False)
    """
    parts = [n for n in into if n != 1]
    for n in shape:
        product = 1
        while product < n and parts:
            product *= parts.pop(0)
        if product != n:
            return False
    return not parts
