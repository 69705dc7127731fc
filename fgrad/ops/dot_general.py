"""The contraction: every product of arrays that sums over axes is a `dot_general`."""

from __future__ import annotations

import re
from functools import lru_cache
from math import prod

import numpy as np

from ..core import Aval, Primitive, ndim_of, promoted, shape_of
from .basic import fit_dtype, inverse_axes, reshape, to_front, transpose

# -- how to compute one: a NumPy expression, found once per layout -------------------


@lru_cache(maxsize=4096)
def free_axes(ndim, contract, batch):
    """Return the axes of an operand that are neither summed over nor batch axes."""
    return tuple(a for a in range(ndim) if a not in contract and a not in batch)


@lru_cache(maxsize=4096)
def _plan(contract, batch, ndims):
    """Return (template, function) of a contraction that `_as_product` gives."""
    (cx, cy), (bx, by), (nx, ny) = contract, batch, ndims
    fx, fy = free_axes(nx, cx, bx), free_axes(ny, cy, by)
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
    """Write a product of matrices or vectors, transposed as views."""
    x = "{0}.T" if nx == 2 and cx == 0 else "{0}"
    y = "{1}.T" if ny == 2 and cy == 1 else "{1}"
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


# -- dot_general -------------------------------------------------------------------


def _abstract(x, y, *, contract, batch, ndims):
    (cx, cy), (bx, by) = contract, batch
    if [x.shape[a] for a in cx + bx] != [y.shape[a] for a in cy + by]:
        raise ValueError(
            f"dot_general: axes {cx + bx} of shape {x.shape} and axes {cy + by} of "
            f"shape {y.shape} differ in length"
        )
    shape = [x.shape[a] for a in bx + free_axes(x.ndim, cx, bx)]
    shape += [y.shape[a] for a in free_axes(y.ndim, cy, by)]
    return Aval(tuple(shape), promoted(x, y))


@lru_cache(maxsize=4096)
def _transposed(contract, batch, ndims):
    """Return functions that contract ``ct`` with y, and x with ``ct``: the cotangents.

    ``ct_x = ct . y`` over the free axes of y and ``ct_y = x . ct`` over those of x.
    """
    (cx, cy), (bx, by), (nx, ny) = contract, batch, ndims
    fx, fy = free_axes(nx, cx, bx), free_axes(ny, cy, by)
    b, m = len(bx), len(fx)
    lead = tuple(range(b))
    rows, columns = tuple(range(b, b + m)), tuple(range(b + m, b + m + len(fy)))
    by_y = tuple(cx[k] for k in sorted(range(len(cy)), key=cy.__getitem__))
    by_x = tuple(cy[k] for k in sorted(range(len(cx)), key=cx.__getitem__))
    n = b + m + len(fy)
    return (
        _arranged((columns, fy), (lead, by), (n, ny), bx, fx, by_y),
        _arranged((fx, rows), (bx, lead), (nx, n), by, by_x, fy),
    )


def _arranged(contract, batch, ndims, lead, first, second):
    """Return a function of the operands of a product that gives a cotangent.

    The product has axes ``lead + first + second`` of an operand. If swapping puts them
    in order, the cotangent comes out in the layout of a new array.
    """
    order, ordered = lead + first + second, tuple(range(len(lead + first + second)))
    if order != ordered and lead + second + first == ordered:
        swapped = _product(contract[::-1], batch[::-1], ndims[::-1])
        return lambda x, y: swapped(y, x)
    product = _product(contract, batch, ndims)
    if order == ordered:
        return product
    axes = inverse_axes(order)
    return lambda x, y: transpose(product(x, y), axes=axes)


def _product(contract, batch, ndims):
    """Return `dot_general` with given axes; at once where one NumPy call does it."""
    params = {"contract": contract, "batch": batch}
    free = [len(free_axes(n, *axes)) for n, *axes in zip(ndims, contract, batch)]
    if len(contract[0]) > 1 or (contract[0] and max(free) > 1):
        return lambda x, y: dot_general(x, y, **params)
    run, known = _plan(contract, batch, ndims)[1], np.ndarray

    def product(x, y):
        if type(x) is known and type(y) is known:
            return run(x, y)
        return dot_general_p(x, y, **params, ndims=ndims)

    return product


def _vjp_x(ct, z, x, y, *, contract, batch, ndims):
    return fit_dtype(_transposed(contract, batch, ndims)[0](ct, y), x)


def _vjp_y(ct, z, x, y, *, contract, batch, ndims):
    return fit_dtype(_transposed(contract, batch, ndims)[1](x, ct), y)


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
    if dx is None and ndims == (2, 2) and contract == ((1,), (0,)):
        return matmul_p(x, to_front(y, dy)), 0  # as it is: nothing need be copied
    if dx is not None:
        cx, bx = _shifted(cx, dx), _shifted(bx, dx)
    if dy is not None:
        cy, by = _shifted(cy, dy), _shifted(by, dy)
    if dx is not None and dy is not None:
        z = dot_general(x, y, contract=(cx, cy), batch=((dx, *bx), (dy, *by)))
        return z, 0
    # one mapped operand: its batch axis is one more free axis of a single product
    if dx is None and not by and free_axes(ndim_of(y), cy, by) == (dy,):
        return dot_general(y, x, contract=(cy, cx)), 0  # vectors become rows
    z = dot_general(x, y, contract=(cx, cy), batch=(bx, by))
    if dx is not None:
        return z, len(bx) + free_axes(x.ndim, cx, bx).index(dx)
    free_x = ndim_of(x) - len(cx) - len(bx)
    return z, len(bx) + free_x + free_axes(y.ndim, cy, by).index(dy)


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
    (cx, cy), (bx, by) = contract, batch
    fx, fy = free_axes(ndim_of(x), cx, bx), free_axes(ndim_of(y), cy, by)
    shape = None
    if len(cx) > 1 or (cx and max(len(fx), len(fy)) > 1):
        shape = [shape_of(x)[a] for a in bx + fx] + [shape_of(y)[a] for a in fy]
        pairs = sorted(zip(cx, cy, strict=True))  # so that axes of x stand in order
        x, cx, bx = _merged(x, bx, fx, tuple(a for a, _ in pairs))
        y, cy, by = _merged(y, by, fy, tuple(a for _, a in pairs))
    ndims = (ndim_of(x), ndim_of(y))
    z = dot_general_p(x, y, contract=(cx, cy), batch=(bx, by), ndims=ndims)
    return z if shape is None else reshape(z, shape=tuple(shape))


def _merged(x, batch, free, contract):
    """Return a stack of matrices or vectors, its contracted axis and batch axes.

    Axes that stand in order are merged as they are, so that nothing is copied.
    """
    if len(contract) == 1 and len(free) <= 1:
        return x, contract, batch
    b, lengths = len(batch), shape_of(x)
    inner_first = batch + contract + free == tuple(range(len(lengths)))
    groups = (contract, free) if inner_first else (free, contract)
    axes = sum(groups, batch)
    if axes != tuple(range(len(lengths))):
        x = transpose(x, axes=axes)
    shape = [lengths[a] for a in batch]
    shape += [prod(lengths[a] for a in axes) for axes in groups if axes]
    place = b if inner_first or not free else b + 1
    return reshape(x, shape=tuple(shape)), (place,), tuple(range(b))


# -- products that NumPy adds up in its own way: np.dot, and np.matmul of stacks -----
# Their derivatives are `dot_general`, which may add up in the fastest way.


def _contract(nx, ny):
    """Return the axes that both functions sum over."""
    return (nx - 1,), (max(ny - 2, 0),)


def _as_general(rule):
    """Return a rule of `dot_general_p` for an operation that is a case of it."""

    def general(c, z, x, y):
        ndims = (ndim_of(x), ndim_of(y))
        return rule(c, z, x, y, contract=_contract(*ndims), batch=NO_BATCH, ndims=ndims)

    return general


_vjp_x, _vjp_y = map(_as_general, dot_general_p.vjp or ())


def _ranks(args, dims):
    return tuple(ndim_of(x) - (d is not None) for x, d in zip(args, dims, strict=True))


# -- dot ---------------------------------------------------------------------------


def _batch_dot(args, dims, size):
    ndims = _ranks(args, dims)
    params = {"contract": _contract(*ndims), "batch": NO_BATCH, "ndims": ndims}
    return dot_general_p.batch(args, dims, size, **params)


def _abstract_dot(x, y):
    shape = x.shape[:-1] + y.shape[:-2] + y.shape[-1:] * (y.ndim > 1)
    return Aval(shape, promoted(x, y))


# np.dot copies operands that BLAS cannot read, np.matmul adds those up by itself, and
# where an operand has more than two axes, np.dot takes one dot product at a time.
dot_p = Primitive(
    "dot",
    impl=np.dot,
    abstract=_abstract_dot,
    vjp=(_vjp_x, _vjp_y),
    jvp=_as_general(dot_general_p.jvp),
    batch=_batch_dot,
    emit="{0}.dot({1})",
    into="np.dot({0}, {1}, out={out})",
)

# -- matmul ------------------------------------------------------------------------


def _abstract_matmul(x, y):
    lead = x.shape[:-2] + y.shape[:-2]  # one of them has no such axes
    rows, columns = x.shape[-2:-1], y.shape[-1:] if y.ndim > 1 else ()
    return Aval(lead + rows + columns, promoted(x, y))


def _matmul_vjp_x(ct, z, x, y):
    if ndim_of(x) == 2:  # `dot_general` has the rows of x in front
        n = ndim_of(y)
        ct = transpose(ct, axes=(n - 2, *range(n - 2), n - 1))
    return _vjp_x(ct, z, x, y)


def _matmul_vjp_y(ct, z, x, y):
    if ndim_of(x) == 2:  # again a stack, in which nothing moves
        return fit_dtype(matmul_p(transpose(x, axes=(1, 0)), ct), y)
    return _vjp_y(ct, z, x, y)


def _matmul_jvp(ts, z, x, y):
    tx, ty = ts
    if tx is None or ty is None:
        return fit_dtype(matmul_p(x, ty) if tx is None else matmul_p(tx, y), z)
    return fit_dtype(matmul_p(tx, y) + matmul_p(x, ty), z)


def _batch_matmul(args, dims, size):
    (x, y), (dx, dy) = args, dims
    if ndim_of(x) - (dx is not None) != 2:
        return _batch_dot(args, dims, size)
    if dx is None:
        return matmul_p(x, to_front(y, dy)), 0
    z = to_front(*_batch_dot(args, dims, size))  # batch, rows, stack, columns
    n = ndim_of(z)
    return transpose(z, axes=(0, *range(2, n - 1), 1, n - 1)), 0


# np.matmul multiplies a stack of matrices by one matrix in a product for each of them.
# One product of all rows is faster, but can differ in the last bit.
matmul_p = Primitive(
    "matmul",
    impl=np.matmul,
    abstract=_abstract_matmul,
    vjp=(_matmul_vjp_x, _matmul_vjp_y),
    jvp=_matmul_jvp,
    batch=_batch_matmul,
    emit="({0} @ {1})",
    into="np.matmul({0}, {1}, out={out})",
)
