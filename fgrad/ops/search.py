"""Searching sorted vectors, by bisection as NumPy does it."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..core import Aval, Primitive, shape_of
from .basic import mapped, reshape, to_front

_SIDES: Any = ("left", "right")


def _places(a, v, **params):
    return Aval(v.shape, np.dtype(np.intp))


def _batch_search(args, dims, size, *, right):
    (a, v), (a_dim, v_dim) = args, dims
    if a_dim is None:
        return search(a, to_front(v, v_dim), right=right), 0
    a, v = mapped(a, a_dim, size), mapped(v, v_dim, size)
    flat = reshape(v, shape=(size, prod(v.shape[1:])))
    return reshape(search_rows(a, flat, right=right), shape=v.shape), 0


def _emit_search(names, *, right):
    return f'np.searchsorted({names[0]}, {names[1]}, "{_SIDES[right]}")'


search = Primitive(
    "search",
    impl=lambda a, v, *, right: np.searchsorted(a, v, _SIDES[right]),
    abstract=_places,
    batch=_batch_search,
    emit=_emit_search,
    flat=True,
)


def _search_rows(a, v, *, right):
    z = np.empty(v.shape, np.intp)
    for row, values, places in zip(a, v, z, strict=True):
        places[...] = np.searchsorted(row, values, "right" if right else "left")
    return z


def _batch_search_rows(args, dims, size, *, right):
    a, v = (mapped(x, dim, size) for x, dim in zip(args, dims, strict=True))
    rows = [reshape(x, shape=(size * x.shape[1], x.shape[2])) for x in (a, v)]
    return reshape(search_rows(*rows, right=right), shape=v.shape), 0


search_rows = Primitive(
    "search_rows",
    impl=_search_rows,
    abstract=_places,
    batch=_batch_search_rows,
    flat=True,
)


def search_sorted(a, v, side="left"):
    """Return where to insert ``v`` into a sorted vector so that it stays sorted.

    >>> search_sorted(np.array([1.0, 2.0, 3.0]), np.array([2.0, 9.0]), "right")
    array([2, 3])
    """
    if side not in _SIDES:
        raise ValueError(f"searchsorted: side must be 'left' or 'right', got {side!r}")
    if len(shape_of(a)) != 1:
        raise ValueError(
            f"searchsorted: the sorted array has shape {shape_of(a)}, not that of a "
            "vector; map over its rows with fgrad.vmap"
        )
    return search(a, v, right=side == "right")
