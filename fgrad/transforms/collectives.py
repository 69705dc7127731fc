"""The primitives that read across a mapped axis: psum, pmax, all_gather and the index.

Under the vmap that maps the axis, a batch rule resolves them to ordinary operations on
whole batches. What is not mapped over the axis is the same for all of its elements, and
``impl`` computes what follows from that. ``axes`` is a tuple of `Axis`.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np

from ..core import Aval, Primitive, dtype_of, is_inexact, shape_of
from ..ops.basic import astype, broadcast_to, mapped, reduce_sum, to_front
from ..ops.elementwise import where
from ..ops.index import getitem
from ..ops.reduce import reduce_max, reduce_min
from .axis_names import index_along


def _reduction(name, over, **rules):
    """Return a primitive that combines the elements along some mapped axes."""

    def batch(args, dims, axis, *, axes):
        (x,), (dim,) = args, dims
        if axis not in axes:
            return prim(x, axes=axes), dim
        z = over(x, axes=(dim,), keepdims=False)
        rest = tuple(a for a in axes if a != axis)
        return prim(z, axes=rest) if rest else z, None

    prim = Primitive(
        name,
        abstract=lambda x, *, axes: x,
        batch=batch,
        named=True,
        **rules,
    )
    return prim


# -- sums --------------------------------------------------------------------------


def _count(axes):
    return prod(axis.size for axis in axes)


def _sum(x, *, axes, keepdims):
    dtype = None if is_inexact(x) else dtype_of(x)  # NumPy widens small integers
    return reduce_sum(x, axes=axes, keepdims=keepdims, dtype=dtype)


psum_p = _reduction(
    "psum",
    _sum,
    impl=lambda x, *, axes: x * _count(axes),
    emit=lambda names, *, axes: f"({names[0]} * {_count(axes)})",
    vjp=(lambda ct, z, x, *, axes: psum_p(ct, axes=axes),),
    jvp=lambda ts, z, x, *, axes: psum_p(ts[0], axes=axes),
    linear=True,
)

# -- extrema: ties share the derivative, as in max and min -------------------------


def _shares(z, x, axes):
    """Return where ``x`` is the extremum, and in how many elements it is."""
    ties = x == z
    return ties, psum_p(astype(ties, dtype_of(z)), axes=axes)


def _extremum_vjp(ct, z, x, *, axes):
    ties, count = _shares(z, x, axes)
    return where(ties, psum_p(ct, axes=axes) / count, 0)


def _extremum_jvp(ts, z, x, *, axes):
    ties, count = _shares(z, x, axes)
    return psum_p(where(ties, ts[0] / count, 0), axes=axes)


_extremum: Any = partial(
    _reduction,
    impl=lambda x, *, axes: x,
    emit="{0}",
    view=True,
    vjp=(_extremum_vjp,),
    jvp=_extremum_jvp,
)
pmax_p = _extremum("pmax", reduce_max)
pmin_p = _extremum("pmin", reduce_min)

# -- all elements ------------------------------------------------------------------

axis_index_p = Primitive(
    "axis_index",
    impl=lambda *, axis: index_along(axis),
    abstract=lambda *, axis: Aval((), np.dtype(np.intp)),
    flat=True,
)


def _batch_all_gather(args, dims, mapped_axis, *, axis):
    (x, index), (dim, _) = args, dims
    if axis == mapped_axis:
        return mapped(x, dim, axis.size), None
    return all_gather_p(to_front(x, dim), index, axis=axis), 1


all_gather_p = Primitive(
    "all_gather",
    impl=lambda x, i, *, axis: broadcast_to(x, shape=(axis.size, *shape_of(x))),
    abstract=lambda x, i, *, axis: Aval((axis.size, *x.shape), x.dtype),
    vjp=(lambda ct, z, x, i, *, axis: getitem(psum_p(ct, axes=(axis,)), i), None),
    jvp=lambda ts, z, x, i, *, axis: all_gather_p(ts[0], i, axis=axis),
    batch=_batch_all_gather,
    named=True,
)
"""``all_gather(x, index)``: the elements along one axis, stacked in front.

``index`` is the `axis_index` there. As an operand it brings the call to the trace that
maps the axis, and is at hand for the derivative, which picks an element's own part.
"""
