"""Stacks of matrices for functions of one; batch rules of stacks and of one axis."""

from __future__ import annotations

import numpy as np

from ..core import Aval, ndim_of
from .basic import mapped, reshape, to_front


def over_stack(function, *arrays):
    """Call a function of matrices for each of a stack; one or more results each.

    >>> over_stack(np.linalg.inv, 2 * np.eye(2))
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    lead = np.broadcast_shapes(*(x.shape[:-2] for x in arrays))
    if not lead:
        return function(*arrays)
    wide = [np.broadcast_to(x, lead + x.shape[-2:]) for x in arrays]
    found = [function(*(x[i] for x in wide)) for i in np.ndindex(lead)]
    if not found:  # an empty stack: its results have the shapes of any other's
        one = function(*(np.eye(*x.shape[-2:], dtype=x.dtype) for x in arrays))
        parts = one if isinstance(one, list) else [one]
        zeros = [np.zeros(lead + p.shape, p.dtype) for p in parts]
        return zeros if isinstance(one, list) else zeros[0]
    if isinstance(found[0], list):
        return [np.stack(p).reshape(lead + p[0].shape) for p in zip(*found)]
    return np.stack(found).reshape(lead + found[0].shape)


def batch_last(prim, count):
    """Return the batch rule of a primitive of stacks over the last ``count`` axes."""

    def batch(args, dims, size, **params):
        ranks = [ndim_of(x) - (d is not None) for x, d in zip(args, dims)]
        rank = max(*ranks, count)
        args = [
            x if d is None else _with_axes(to_front(x, d), rank - own)
            for x, d, own in zip(args, dims, ranks)
        ]
        return prim()(*args, **params), 0

    return batch


def batch_along(prim):
    """Return the batch rule of a primitive along one ``axis``.

    ``prim`` returns the primitive, which is made after its rule.
    """

    def batch(args, dims, size, *, axis, **params):
        args = [mapped(x, dim, size) for x, dim in zip(args, dims, strict=True)]
        return prim()(*args, axis=axis + 1, **params), 0

    return batch


def batch_stacks(prim):
    """Return the batch rule of a primitive of stacks of matrices."""
    return batch_last(prim, 2)


def _with_axes(x, count):
    return reshape(x, shape=(x.shape[0], *(1,) * count, *x.shape[1:])) if count else x


def stacked_like(a, z):
    """Return the aval of ``a`` stacked as often as the result is."""
    return Aval(z.shape[:-2] + a.shape[-2:], z.dtype)


def double(a):
    """Return the dtype of what SciPy computes in double precision."""
    return np.result_type(a.dtype, np.float64)
