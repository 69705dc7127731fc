"""Matrices with orthonormal columns, and how they turn: what eigen, svd and qr share.

A frame ``q`` with orthonormal columns moves to ``q + dq``. Inside the space that its
columns span, ``q^H dq`` is skew-Hermitian; the rest of ``dq`` leads out of that space.
Adjoints here are those of the inner product ``Re tr(x^H y)``: a rule conjugates the
cotangents that it takes and the one that it gives.
"""

from __future__ import annotations

import numpy as np

from ..core import dtype_of, shape_of
from .basic import reshape, sum_axes
from .contract import matmul
from .elementwise import absolute, eq, le, where
from .index import getitem
from .join import concat
from .reduce import amax
from .solve import conj_of, mH

_TIED = 4  # times n * eps: LAPACK moves apart equal values by less than that


def hermitian_part(x):
    """Return the Hermitian part of every matrix."""
    return (x + mH(x)) * 0.5


def skew_part(x):
    """Return the skew-Hermitian part of every matrix."""
    return (x - mH(x)) * 0.5


def times_diagonal(x, d):
    """Return ``x @ diag(d)``: every column times a number."""
    shape = shape_of(d)
    return x * reshape(d, shape=(*shape[:-1], 1, shape[-1]))


def plus_diagonal(x, d):
    """Return ``x + diag(d)``; each of the two may be None, for zero."""
    if d is None:
        return x
    z = times_diagonal(np.eye(shape_of(d)[-1], dtype=dtype_of(d)), d)
    return z if x is None else x + z


def column_products(x, y):
    """Return the products ``x_j^H y_j`` of corresponding columns."""
    return sum_axes(conj_of(x) * y, (len(shape_of(x)) - 2,))


def diagonal_of(x):
    """Return the diagonal of every square matrix."""
    n = shape_of(x)[-1]
    return sum_axes(where(np.eye(n, dtype=bool), x, 0), (len(shape_of(x)) - 1,))


def columns(x, start, stop=None):
    """Return some columns of every matrix."""
    return getitem(x, (..., slice(start, stop)))


def pairs(x):
    """Return the elements of vectors as rows ``x_j`` and columns ``x_i``."""
    shape = shape_of(x)
    rows = reshape(x, shape=(*shape[:-1], 1, shape[-1]))
    return rows, reshape(x, shape=(*shape, 1))


def inverse_gaps(w):
    """Return ``1 / (w_j - w_i)``, which is 0 where the two are equal.

    Equal to rounding, that is: values that differ by less than ``4 n eps max|w|``.
    """
    n = shape_of(w)[-1]
    right, left = pairs(w)
    gaps = right - left
    if not n:
        return gaps
    eps = _TIED * n * np.finfo(dtype_of(w)).eps.item()
    top = pairs(amax(absolute(w), -1, keepdims=True))[0]
    tied = le(absolute(gaps), top * eps)
    return where(tied, 0, 1 / where(tied, 1, gaps))


def inverse_or_zero(x):
    """Return ``1 / x``, which is 0 where ``x`` is 0."""
    none = eq(x, 0)
    return where(none, 0, 1 / where(none, 1, x))


# -- frames ------------------------------------------------------------------------


def turned(q, k, inside, out=None):
    """Return the tangent of a frame of which the first ``k`` columns are given.

    ``inside`` is the skew-Hermitian ``q^H dq`` of those, and ``out`` a matrix whose
    part outside of their space is the rest of their tangent. Columns after them span
    the complement: they turn as little as they can.
    """
    first = columns(q, 0, k)
    t = matmul(first, inside)
    if out is None or shape_of(q)[-2] == k:
        return t
    t = t + outside(first, out)
    rest = columns(q, k)
    if not shape_of(rest)[-1]:
        return t
    back = matmul(first, mH(matmul(mH(rest), out)))
    return concat([t, -back], -1)


def turned_out(q, k, g):
    """Return the adjoint of ``turned`` in ``out``, or None where that is not read."""
    if shape_of(q)[-2] == k:
        return None
    first, rest = columns(q, 0, k), columns(q, k)
    z = outside(first, columns(g, 0, k))
    if not shape_of(rest)[-1]:
        return z
    return z - matmul(rest, matmul(mH(columns(g, k)), first))


def turned_inside(q, k, g):
    """Return the adjoint of ``turned`` in ``inside``."""
    return matmul(mH(columns(q, 0, k)), columns(g, 0, k))


def outside(q, x):
    """Return the part of ``x`` that is orthogonal to the columns of ``q``."""
    return x - matmul(q, matmul(mH(q), x))
