"""Changing elements of an array as primitives: a copy of ``x`` with ``y`` written.

The operand ``y`` broadcasts to the slot, which is what the index selects.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, dtype_of, shape_of
from .add_at import add_at
from .basic import astype, broadcast_to, fit, mapped
from .elementwise import eq, where
from .gather import (
    batched_index,
    gather,
    logical_shapes,
    scatter_p,
    slice_p,
    to_slot,
    unslice_p,
)
from .index_spec import array_shapes, layout

# -- what they share -----------------------------------------------------------------


def _read(x, arrays, index):
    if arrays:
        return gather(x, *arrays, index=index)
    return slice_p(x, index=index)


def _write_new(y, x, arrays, index):
    """Return zeros like ``x`` with ``y`` added; the transpose of reading."""
    slot = layout(shape_of(x), index, *array_shapes(arrays)).shape
    y = y if shape_of(y) == slot else broadcast_to(y, shape=slot)
    if arrays:
        return scatter_p(y, *arrays, shape=shape_of(x), index=index)
    return unslice_p(y, shape=shape_of(x), index=index)


def _abstract(x, y, *arrays, index):
    return Aval(x.shape, x.dtype)


def _batch(update):
    def batch(args, dims, size, *, index):
        (x, y, *arrays), (x_dim, y_dim, *array_dims) = args, dims
        x = mapped(x, x_dim, size)
        shape = x.shape[1:]
        rank = len(layout(shape, index, *logical_shapes(arrays, array_dims)).shape)
        index, arrays, axes = batched_index(shape, arrays, array_dims, size, index)
        y = to_slot(y, y_dim, rank, axes)
        return update()(x, y, *arrays, index=index), 0

    return batch


def _update(name, write, statement, rule_x, rule_y, jvp, **fields):
    """Return an update primitive; ``write(z, idx, y)`` works on a copy of ``x``.

    ``statement`` says the same as text, of ``z`` and ``y`` and of the index, as it
    stands in brackets, or as a tuple.
    """

    def impl(x, y, *arrays, index):
        z = np.array(x)
        try:
            write(z, index(*arrays), y)
        except IndexError as error:
            raise IndexError(f"{error}, updating shape {z.shape}") from None
        return z if z.ndim else z[()]

    def into(names, out, *, index):
        x, y, *arrays = names
        copied = "" if x == out else f"np.copyto({out}, {x})\n"
        place = index.text(arrays)
        idx = f"np.s_[{place},]" if index.items else "()"
        return copied + statement.format(z=out, place=place, idx=idx, y=y)

    prim = Primitive(
        name,
        impl=impl,
        abstract=_abstract,
        vjp=(rule_x, rule_y),
        jvp=jvp,
        batch=_batch(lambda: prim),
        into=into,
        over=(0,),
        in_order=lambda flags, *, index: flags[:1],
        **fields,
    )
    return prim


def _fit_slot(ct, y):
    """Return the cotangent of an operand that broadcast to the slot of ``ct``."""
    return fit(ct, y, ct)


def _zero_like(x):
    return np.zeros((), dtype_of(x))


# -- add ---------------------------------------------------------------------------


def add_into(z, idx, y):
    """Add ``y`` to elements of ``z``, in place."""
    if any(isinstance(i, np.ndarray) for i in idx):
        add_at(z, idx, np.asarray(y))
    else:
        z[idx] += y


def _add_jvp(ts, z, x, y, *arrays, index):
    tx, ty, *_ = ts
    if ty is None:
        return tx
    if tx is None:
        return _write_new(ty, x, arrays, index)
    return scatter_add_p(tx, ty, *arrays, index=index)


scatter_add_p = _update(
    "scatter_add",
    add_into,
    "{{add_into}}({z}, {idx}, {y})",
    lambda ct, z, x, y, *arrays, index: ct,
    lambda ct, z, x, y, *arrays, index: _fit_slot(_read(ct, arrays, index), y),
    _add_jvp,
    uses=(add_into,),
)

# -- set ---------------------------------------------------------------------------


def _write_set(z, idx, y):
    z[idx] = y


def _winners(x, arrays, index):
    """Return which elements of the slot were written last, or None for all.

    Where an index array names an element twice, the last write is what stays.
    """
    shapes = array_shapes(arrays)
    lay = layout(shape_of(x), index, *shapes)
    common = lay.shape[lay.place : lay.place + lay.rank]
    if np.prod(common, dtype=int) <= 1:
        return None
    after = len(lay.shape) - lay.place - lay.rank
    order = np.arange(1, np.prod(common, dtype=int) + 1).reshape(common + (1,) * after)
    none = np.broadcast_to(0, shape_of(x))
    last = scatter_set_p(none, order, *arrays, index=index)
    return eq(gather(last, *arrays, index=index), order)


def _won(c, x, arrays, index):
    """Return a slot's cotangents or tangents, zero where another write stayed."""
    won = _winners(x, arrays, index) if arrays else None
    return c if won is None else where(won, c, 0)


def _set_vjp_x(ct, z, x, y, *arrays, index):
    return set_at(ct, _zero_like(ct), *arrays, index=index)


def _set_vjp_y(ct, z, x, y, *arrays, index):
    return _fit_slot(_won(_read(ct, arrays, index), x, arrays, index), y)


def _set_jvp(ts, z, x, y, *arrays, index):
    tx, ty, *_ = ts
    if tx is None:
        return _write_new(_won(ty, x, arrays, index), x, arrays, index)
    ty = _zero_like(x) if ty is None else ty
    return set_at(tx, ty, *arrays, index=index)


_ASSIGN = "{z}[{place}] = {y}"

scatter_set_p = _update(
    "scatter_set", _write_set, _ASSIGN, _set_vjp_x, _set_vjp_y, _set_jvp
)

# Without index arrays the rules read no values, so that records need not keep them:
# filling an array of n elements one by one would keep n arrays.
slice_set_p = _update(
    "slice_set",
    _write_set,
    _ASSIGN,
    _set_vjp_x,
    _set_vjp_y,
    _set_jvp,
    linear=True,
)


def set_at(x, y, *arrays, index):
    """Return a copy of ``x`` with ``y`` written where an index says."""
    prim = scatter_set_p if arrays else slice_set_p
    return prim(x, y, *arrays, index=index)


# -- multiply ----------------------------------------------------------------------


def _write_mul(z, idx, y):  # exported modules hold its source
    np.multiply.at(z, idx, y)


def _product(x, y, arrays, index):
    """Return, like ``x``, the product of all factors that each element gets."""
    ones = np.broadcast_to(dtype_of(x).type(1), shape_of(x))
    return scatter_mul_p(ones, y, *arrays, index=index)


def _others(x, y, arrays, index):
    """Return, for each factor, the product of the others of the same element."""
    if not arrays:
        return np.ones((), dtype_of(x))
    zero = eq(y, 0)
    safe = where(zero, 1, y)
    slot = layout(shape_of(x), index, *array_shapes(arrays)).shape
    ones = astype(broadcast_to(zero, shape=slot), int)
    zeros = gather(_write_new(ones, x, arrays, index), *arrays, index=index)
    product = gather(_product(x, safe, arrays, index), *arrays, index=index)
    alone = eq(zeros - ones, 0)
    return where(alone, product / safe, 0)


def _mul_vjp_y(ct, z, x, y, *arrays, index):
    ct = _read(ct * x, arrays, index)
    return _fit_slot(ct * _others(x, y, arrays, index), y)


def _mul_jvp(ts, z, x, y, *arrays, index):
    tx, ty, *_ = ts
    total = None
    if tx is not None:
        total = scatter_mul_p(tx, y, *arrays, index=index)
    if ty is not None:
        term = x * _write_new(ty * _others(x, y, arrays, index), x, arrays, index)
        total = term if total is None else total + term
    return total


scatter_mul_p = _update(
    "scatter_mul",
    _write_mul,
    "np.multiply.at({z}, {idx}, {y})",
    lambda ct, z, x, y, *arrays, index: scatter_mul_p(ct, y, *arrays, index=index),
    _mul_vjp_y,
    _mul_jvp,
)

# -- minimum, maximum: ties share the derivative equally -----------------------------


def _ties(z, x, y, arrays, index):
    """Return what equals ``z`` in ``x`` and in ``y``, and how many share it."""
    from_x, from_y = eq(x, z), eq(y, _read(z, arrays, index))
    count = from_x + _write_new(astype(from_y, int), x, arrays, index)
    return from_x, from_y, where(eq(count, 0), 1, count)


def _extreme_vjp_x(ct, z, x, y, *arrays, index):
    from_x, _, count = _ties(z, x, y, arrays, index)
    return astype(where(from_x, ct / count, 0), dtype_of(x))


def _extreme_vjp_y(ct, z, x, y, *arrays, index):
    _, from_y, count = _ties(z, x, y, arrays, index)
    return _fit_slot(where(from_y, _read(ct / count, arrays, index), 0), y)


def _extreme_jvp(ts, z, x, y, *arrays, index):
    tx, ty, *_ = ts
    from_x, from_y, count = _ties(z, x, y, arrays, index)
    total = None if tx is None else where(from_x, tx, 0)
    if ty is not None:
        term = _write_new(where(from_y, ty, 0), x, arrays, index)
        total = term if total is None else total + term
    return astype(total / count, dtype_of(x))


def _extreme(name, ufunc):
    def write(z, idx, y):
        ufunc.at(z, idx, y)

    statement = f"np.{ufunc.__name__}.at({{z}}, {{idx}}, {{y}})"
    rules = _extreme_vjp_x, _extreme_vjp_y, _extreme_jvp
    return _update(name, write, statement, *rules)


scatter_min_p = _extreme("scatter_min", np.minimum)
scatter_max_p = _extreme("scatter_max", np.maximum)
