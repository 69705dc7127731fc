"""The contraction: every product of arrays that sums over axes is a `dot_general`."""

from __future__ import annotations

import re
from functools import lru_cache
from math import prod

from ..core import Aval, Primitive, ndim_of, promoted, shape_of
from .basic import fit_dtype, inverse_axes, reshape, transpose

# -- how to compute one: a NumPy expression, found once per layout -------------------


def _free(ndim, contract, batch):
    return tuple(a for a in range(ndim) if a not in contract and a not in batch)


@lru_cache(maxsize=4096)
def _plan(contract, batch, ndims):
    """Return (template, function) of a contraction that `_is_simple`."""
    (cx, cy), (bx, by), (nx, ny) = contract, batch, ndims
    fx, fy = _free(nx, cx, bx), _free(ny, cy, by)
    if not cx:
        text = _product_text((bx, by), (fx, fy), ndims)
    elif not bx:
        text = _matmul_text(cx[0], cy[0], nx, ny)
    else:
        text = _batched_text((bx, by), (fx, fy), (cx, cy))
    return text, eval(f"lambda x, y: {text.format('x', 'y')}", {})


def _product_text(batch, free, ndims):
    """Write an outer product as a broadcast multiplication."""
    (bx, by), (fx, fy) = batch, free
    x = _permuted("{0}", bx + fx)
    y = _permuted("{1}", by + fy)
    if fy and ndims[0]:
        x += f"[{', '.join([*[':'] * ndims[0], *['None'] * len(fy)])}]"
    if fx and ndims[1]:
        inner = [*[":"] * len(by), *["None"] * len(fx), *[":"] * len(fy)]
        y += f"[{', '.join(inner)}]"
    return f"({x} * {y})"


def _matmul_text(cx, cy, nx, ny):
    """Write a contraction of one axis as a matrix product of views.

    Only layouts that `_is_simple` accepts come here: at most one operand has more
    than two axes, and that one needs no transposition, as in ``np.matmul``.
    """
    x = "{0}.T" if nx == 2 and cx == 0 else "{0}"
    y = "{1}.T" if ny == 2 and cy == 1 else "{1}"
    if nx <= 2 < ny:  # np.matmul puts the axes of a stack before the rows of x
        if nx == 2:
            return f"({x} @ {y}).transpose({(ny - 2, *range(ny - 2), ny - 1)})"
    return f"({x} @ {y})"


def _batched_text(batch, free, contract):
    """Write a stack of matrix products: at most one free axis on either side."""
    (bx, by), (fx, fy), (cx, cy) = batch, free, contract
    x, y = _permuted("{0}", bx + fx + cx), _permuted("{1}", by + cy + fy)
    x += "" if fx else "[..., None, :]"
    y += "" if fy else "[..., None]"
    picked = {(1, 1): "", (0, 1): "[..., 0, :]", (1, 0): "[..., 0]",
              (0, 0): "[..., 0, 0]"}[len(fx), len(fy)]  # fmt: skip
    return f"({x} @ {y}){picked}"


def _permuted(name, axes):
    return name if axes == tuple(range(len(axes))) else f"{name}.transpose({axes})"


@lru_cache(maxsize=4096)
def _is_simple(contract, batch, ndims):
    """Say whether one NumPy expression does a contraction, whatever the shapes."""
    (cx, cy), (bx, by), (nx, ny) = contract, batch, ndims
    if not cx:
        return True
    fx, fy = _free(nx, cx, bx), _free(ny, cy, by)
    if len(cx) > 1:
        return False
    if bx:
        return len(fx) <= 1 and len(fy) <= 1
    if nx <= 2 and ny <= 2:
        return True
    if nx > 2:
        return ny <= 2 and cx == (nx - 1,)
    return cy == (ny - 2,)


# -- dot_general -------------------------------------------------------------------


def _abstract(x, y, *, contract, batch, ndims):
    (cx, cy), (bx, by) = contract, batch
    if [x.shape[a] for a in cx + bx] != [y.shape[a] for a in cy + by]:
        raise ValueError(
            f"dot_general: axes {cx + bx} of shape {x.shape} and axes {cy + by} of "
            f"shape {y.shape} differ in length"
        )
    shape = [x.shape[a] for a in bx + _free(x.ndim, cx, bx)]
    shape += [y.shape[a] for a in _free(y.ndim, cy, by)]
    return Aval(tuple(shape), promoted(x, y))


@lru_cache(maxsize=4096)
def _transposed(contract, batch, ndims):
    """Return contract, batch and axes that give the cotangents of x and of y.

    ``ct_x = ct . y`` over the free axes of y and ``ct_y = x . ct`` over those of x;
    the axes then put the result in the order of the operand.
    """
    (cx, cy), (bx, by), (nx, ny) = contract, batch, ndims
    fx, fy = _free(nx, cx, bx), _free(ny, cy, by)
    b, m = len(bx), len(fx)
    lead = tuple(range(b))
    rows, columns = tuple(range(b, b + m)), tuple(range(b + m, b + m + len(fy)))
    by_y = sorted(range(len(cy)), key=cy.__getitem__)
    by_x = sorted(range(len(cx)), key=cx.__getitem__)
    order_x = bx + fx + tuple(cx[k] for k in by_y)
    order_y = by + tuple(cy[k] for k in by_x) + fy
    to_x = ((columns, fy), (lead, by), _axes_or_none(order_x))
    to_y = ((fx, rows), (bx, lead), _axes_or_none(order_y))
    return to_x, to_y


def _axes_or_none(order):
    axes = inverse_axes(order)
    return None if axes == tuple(range(len(axes))) else axes


def _vjp_x(ct, z, x, y, *, contract, batch, ndims):
    contract, batch, axes = _transposed(contract, batch, ndims)[0]
    ct = dot_general(ct, y, contract=contract, batch=batch)
    return fit_dtype(ct if axes is None else transpose(ct, axes=axes), x)


def _vjp_y(ct, z, x, y, *, contract, batch, ndims):
    contract, batch, axes = _transposed(contract, batch, ndims)[1]
    ct = dot_general(x, ct, contract=contract, batch=batch)
    return fit_dtype(ct if axes is None else transpose(ct, axes=axes), y)


def _jvp(tangents, z, x, y, *, contract, batch, ndims):
    tx, ty = tangents
    params = {"contract": contract, "batch": batch}
    if ty is None:
        return fit_dtype(dot_general(tx, y, **params), z)
    t = dot_general(x, ty, **params)
    if tx is not None:
        t = dot_general(tx, y, **params) + t
    return fit_dtype(t, z)


def _shifted(axes, dim):
    return tuple(a + (a >= dim) for a in axes)


def _batch(args, dims, size, *, contract, batch, ndims):
    (x, y), (dx, dy), (cx, cy), (bx, by) = args, dims, contract, batch
    if dx is not None:
        cx, bx = _shifted(cx, dx), _shifted(bx, dx)
    if dy is not None:
        cy, by = _shifted(cy, dy), _shifted(by, dy)
    if dx is not None and dy is not None:
        z = dot_general(x, y, contract=(cx, cy), batch=((dx, *bx), (dy, *by)))
        return z, 0
    # one mapped operand: its batch axis is one more free axis of a single product
    z = dot_general(x, y, contract=(cx, cy), batch=(bx, by))
    if dx is not None:
        return z, len(bx) + _free(x.ndim, cx, bx).index(dx)
    free_x = ndim_of(x) - len(cx) - len(bx)
    return z, len(bx) + free_x + _free(y.ndim, cy, by).index(dy)


def _impl(x, y, *, contract, batch, ndims):
    return _plan(contract, batch, ndims)[1](x, y)


def _emit(names, *, contract, batch, ndims):
    return _plan(contract, batch, ndims)[0].format(*names)


def _into(names, out, *, contract, batch, ndims):
    """Write a product into an array, if it is one: no transposition afterwards."""
    text = _plan(contract, batch, ndims)[0]
    match = re.fullmatch(r"\((\S+) @ (\S+)\)", text)
    if match is None:
        return ""
    return f"np.matmul({match[1]}, {match[2]}, out={{out}})".format(*names, out=out)


dot_general_p = Primitive(
    "dot_general",
    impl=_impl,
    abstract=_abstract,
    vjp=(_vjp_x, _vjp_y),
    jvp=_jvp,
    batch=_batch,
    emit=_emit,
    into=_into,
)

NO_BATCH = ((), ())
"""No batch axes in either operand."""


def dot_general(x, y, *, contract, batch=NO_BATCH):
    """Multiply ``x`` and ``y``, summing over ``contract`` axes, along ``batch`` axes.

    Both are pairs of tuples of axes, of x and of y. The result has the batch axes,
    then the free axes of x, then those of y, all in the order of the operands.

    >>> import numpy as np
    >>> x, y = np.ones((2, 3)), np.ones((4, 3))
    >>> dot_general(x, y, contract=((1,), (1,))).shape
    (2, 4)
    """
    ndims = (ndim_of(x), ndim_of(y))
    if _is_simple(contract, batch, ndims):
        return dot_general_p(x, y, contract=contract, batch=batch, ndims=ndims)
    (cx, cy), (bx, by) = contract, batch
    fx, fy = _free(ndims[0], cx, bx), _free(ndims[1], cy, by)
    shape = [shape_of(x)[a] for a in bx + fx] + [shape_of(y)[a] for a in fy]
    b = len(bx)
    x, at_x = _merged(x, bx, fx, cx)
    y, at_y = _merged(y, by, fy, cy)
    lead = tuple(range(b))
    contract, batch = ((at_x,), (at_y,)), (lead, lead)
    z = dot_general_p(x, y, contract=contract, batch=batch, ndims=(b + 2, b + 2))
    return reshape(z, shape=tuple(shape))


def _merged(x, batch, free, contract):
    """Return a stack of matrices, and which of its axes is the contracted one.

    Axes that stand in order are merged as they are, so that nothing is copied.
    """
    n, b = ndim_of(x), len(batch)
    lengths = shape_of(x)
    lead = tuple(lengths[a] for a in batch)
    inner, outer = (prod(lengths[a] for a in axes) for axes in (contract, free))
    if batch + contract + free == tuple(range(n)):
        return reshape(x, shape=(*lead, inner, outer)), b
    order = batch + free + contract
    x = x if order == tuple(range(n)) else transpose(x, axes=order)
    return reshape(x, shape=(*lead, outer, inner)), b + 1
