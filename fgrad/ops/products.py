"""Products that NumPy adds up in its own way: ``np.dot``, and ``np.matmul`` of stacks.

Their derivatives are `dot_general`, which may add up in the fastest way.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, ndim_of, promoted
from .basic import fit_dtype, to_front, transpose
from .dot_general import NO_BATCH, dot_general_p


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
)
