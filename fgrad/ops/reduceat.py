"""``ufunc.reduceat``: folds of pieces of an axis.

The rules put the pieces into rows, filled up with what a mask leaves out, and are those
of the folds of rows.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, dtype_of, shape_of
from .basic import dtype_text, fit, transpose
from .fold import FUNCTIONS, fold, fold_smooth, identity, needs_start, result_dtype
from .index import at, take
from .stacks import batch_along


def _rectangle(indices, n):
    """Return the places of each piece as a row, and which of them there are."""
    ends = [*indices, n][1:]
    lengths = [max(b - a, 1) for a, b in zip(indices, ends, strict=True)]
    columns = np.arange(max(lengths, default=1))
    places = np.minimum(np.add.outer(np.array(indices, int), columns), n - 1)
    return places, columns < np.array(lengths)[:, None]


def _pieces(x, indices, axis):
    """Return the pieces of ``x`` as rows of two last axes, with their mask."""
    places, mask = _rectangle(indices, shape_of(x)[axis])
    rows = take(_to_last(x, axis), places, x.ndim - 1)
    return rows, np.broadcast_to(mask, shape_of(rows))


def _folded(x, function, indices, axis, dtype, rule):
    """Apply a rule of the fold of rows, and return its result and the order of axes."""
    rows, mask = _pieces(x, indices, axis)
    kind = result_dtype(function, "accumulate", dtype_of(x), (1,), dtype=dtype)
    started, last = needs_start(function), rows.ndim - 1
    start = identity(function, kind) if started else 0
    params = {"function": function, "axes": (last,), "keepdims": False,
              "dtype": dtype, "started": started}  # fmt: skip
    operands = rows, mask, start
    return rule(fold(*operands, **params), operands, params)


def _to_last(x, axis):
    rest = [i for i in range(x.ndim) if i != axis]
    return transpose(x, axes=(*rest, axis))


def _from_last(x, axis):
    rest = list(range(x.ndim - 1))
    rest.insert(axis, x.ndim - 1)
    return transpose(x, axes=tuple(rest))


def _reduceat_vjp(ct, z, x, *, function, indices, axis, dtype):
    def rule(z, operands, params):
        return fold_smooth.vjp[0](_to_last(ct, axis), z, *operands, **params)

    ct_rows = _folded(x, function, indices, axis, dtype, rule)
    places = _rectangle(indices, shape_of(x)[axis])[0]
    rest = tuple(n for i, n in enumerate(shape_of(x)) if i != axis)
    zeros = np.zeros((*rest, shape_of(x)[axis]), dtype_of(x))
    return fit(_from_last(at(zeros)[..., places].add(ct_rows), axis), x, x)


def _reduceat_jvp(tangents, z, x, *, function, indices, axis, dtype):
    def rule(z, operands, params):
        t, _ = _pieces(tangents[0], indices, axis)
        return fold_smooth.jvp((t, None, None), z, *operands, **params)

    return _from_last(_folded(x, function, indices, axis, dtype, rule), axis)


def _reduceat(name, **rules):
    def emit(names, *, function, indices, axis, dtype):
        text = (
            f"np.{function.__name__}.reduceat({names[0]}, {list(indices)}, axis={axis}"
        )
        return text + (")" if dtype is None else f", dtype={dtype_text(dtype)})")

    def abstract(x, *, function, indices, axis, dtype):
        shape = (*x.shape[:axis], len(indices), *x.shape[axis + 1 :])
        kind = result_dtype(function, "accumulate", x.dtype, (1,) * x.ndim, dtype=dtype)
        return Aval(shape, kind)

    prim = Primitive(
        name,
        impl=lambda x, *, function, indices, axis, dtype: function.reduceat(
            x, list(indices), axis, dtype
        ),
        abstract=abstract,
        batch=batch_along(lambda: prim),
        emit=emit,
        **rules,
    )
    return prim


reduceat_smooth = _reduceat("reduceat", vjp=(_reduceat_vjp,), jvp=_reduceat_jvp)
reduceat_flat = _reduceat("reduceat_flat", flat=True)


def reduceat(x, *, function, indices, axis, dtype=None):
    """Return ``function.reduceat(x, indices)``: the folds of pieces of an axis."""
    prim = reduceat_smooth if function in FUNCTIONS else reduceat_flat
    return prim(x, function=function, indices=indices, axis=axis, dtype=dtype)
