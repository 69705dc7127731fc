"""Put parts of an array in their places instead of adding up arrays of zeros."""

from __future__ import annotations

from itertools import combinations
from math import prod
from typing import Any

import numpy as np

from ...core import Eqn, Jaxpr, Primitive, Var, atom_aval
from ...ops.elementwise import add
from ...ops.gather import unslice_p
from ...ops.index_spec import Index, make_index
from .rewrite import Producers, rewrite

_SMALL = 4096  # arrays of zeros with fewer elements are added up as fast

Box = tuple[tuple[int, int], ...]


def assemble_slices(jaxpr: Jaxpr) -> Jaxpr:
    """Replace sums of ``unslice``, as gradients of slices are, by one assembled array.

    It comes last: what is assembled has no derivative. What is replaced is left to
    `drop_dead`.

    >>> from fgrad import grad, make_jaxpr
    >>> from fgrad.compiler.passes import drop_dead
    >>> f = lambda x: np.sum(np.sin(x[:2])) + np.sum(np.exp(x[2:]))
    >>> jaxpr = assemble_slices(make_jaxpr(grad(f))(np.ones(4)))
    >>> print(drop_dead(jaxpr).eqns[-1].prim)
    assemble
    """
    parts: dict[Any, list[Eqn]] = {}

    def rule(eqn: Eqn, producers: Producers) -> Eqn:
        if eqn.prim is unslice_p and eqn.outs[0].aval.dtype.kind == "f":
            parts[eqn.outs[0]] = [eqn]
        if eqn.prim is not add:
            return eqn
        left, right = (parts.get(a) if type(a) is Var else None for a in eqn.inputs)
        if not left or not right or left[0].outs[0].aval != right[0].outs[0].aval:
            return eqn
        if len(right) > 1:
            left, right = right, left
        if len(right) > 1:  # another order of additions
            return eqn
        found = _assembled(eqn, [*left, *right])
        if found is None:
            return eqn
        parts[eqn.outs[0]] = [*left, *right]
        return found

    return rewrite(jaxpr, rule)


def _assembled(eqn: Eqn, parts: list[Eqn]) -> Eqn | None:
    """Return the equation that makes a sum of parts, if they are boxes."""
    shape = eqn.outs[0].aval.shape
    if any(atom_aval(part.inputs[0]).weak for part in parts):
        return None
    boxes = [_box(part.params["index"], shape) for part in parts]
    known = [box for box in boxes if box is not None]
    if len(known) < len(boxes):
        return None
    apart = all(_are_apart(*pair) for pair in combinations(known, 2))
    rest = (make_index(()),) if apart else _rest(known, shape)
    if not apart and prod(shape) < _SMALL:
        return None
    if rest is None:
        return None
    size = sum(prod(b - a for a, b in box) for box in known)
    params = {
        "shape": shape,
        "indices": tuple(part.params["index"] for part in parts),
        "apart": apart,
        "full": apart and size == prod(shape),
        "rest": rest,
    }
    pieces = tuple(part.inputs[0] for part in parts)
    return Eqn(assemble_p, pieces, params, eqn.outs, eqn.source)


def _box(index: Index, shape: tuple[int, ...]) -> Box | None:
    """Return the first and last element along each axis; None if it is no box."""
    box = []
    for item, n in zip(index.items, shape):
        if type(item) is tuple:
            start, stop, step = slice(*item).indices(n)
            if step != 1:
                return None
            box.append((start, max(start, stop)))
        elif type(item) is int:
            box.append((item % n, item % n + 1))
        else:
            return None
    if len(index.items) > len(shape):
        return None
    return (*box, *((0, n) for n in shape[len(box) :]))


def _are_apart(x: Box, y: Box) -> bool:
    return any(a >= d or c >= b for (a, b), (c, d) in zip(x, y))


def _rest(boxes: list[Box], shape: tuple[int, ...]) -> tuple[Index, ...] | None:
    """Return what does not belong to all boxes, if they differ along one axis only."""
    axes = [i for i, sides in enumerate(zip(*boxes)) if len(set(sides)) > 1]
    if len(axes) > 1:
        return None
    for axis in axes:
        first, last = (f(box[axis][i] for box in boxes)
                       for i, f in enumerate((max, min)))  # fmt: skip
        if first >= last:
            return (make_index(()),)
        full = ((None, None, None),) * axis
        sides = ((None, first, None), (last, None, None))
        return tuple(make_index((*full, side)) for side in sides)
    return ()


def _assembler(*, shape, indices, apart, full, rest):
    """Return a function that adds up pieces, to the bit as if padded with zeros."""
    make = np.empty if full else np.zeros
    # With an ellipsis, also an element is a view, which can be added to in place.
    views = [[(*i.basic, ...) for i in group] for group in (indices, rest)]
    (first, *others), zeroed = views

    def assemble(*pieces):
        z = make(shape, pieces[0].dtype)
        z[first] = pieces[0]
        for index, piece in zip(others, pieces[1:]):
            if apart:
                z[index] = piece
            else:
                part = z[index]
                part += piece
        for index in zeroed:
            part = z[index]
            part += 0.0  # -0 and the zeros of another piece are 0
        return z

    assemble.__doc__ = f"Add up pieces at {', '.join(map(str, indices))}."
    return assemble


assemble_p = Primitive(
    "assemble",
    impl=lambda *pieces, **params: _assembler(**params)(*pieces),
    abstract=lambda *pieces, shape, **params: pieces[0]._replace(shape=shape),
    lower=_assembler,
)
"""``assemble(*pieces, ...)`` is the sum of pieces in their places, else zero."""
