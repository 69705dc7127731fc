"""Products of arrays as NumPy names them: ``@``, dot, tensordot, inner, outer."""

from __future__ import annotations

import operator
from math import prod

import numpy as np

from ..core import broadcast_shapes
from .basic import broadcast_to, reshape, transpose
from .dot_general import NO_BATCH, dot_general, dot_general_p, dot_p, matmul_p
from .elementwise import conj, mul

# fmt: off
__all__ = [
    "dot", "dot_general", "dot_general_p", "dot_p", "inner", "matmul", "matmul_p",
    "outer", "tensordot", "vdot", "vecdot",
]
# fmt: on

# fmt: off
_MATMUL = {
    (1, 1): ((0,), (0,)), (2, 1): ((1,), (0,)),
    (1, 2): ((0,), (0,)), (2, 2): ((1,), (0,)),
}
# fmt: on


def matmul(x, y):
    """Return ``x @ y`` as ``np.matmul`` does: matrices in the last two axes.

    >>> matmul(np.ones((5, 2, 3)), np.ones((3, 4))).shape
    (5, 2, 4)
    """
    try:
        shape_x, shape_y = x.shape, y.shape  # once: tracers work their shape out
    except AttributeError:
        return matmul(*_arrays(x, y))
    nx, ny = ndims = (len(shape_x), len(shape_y))
    if not (nx and ny) or shape_x[-1] != shape_y[-2 if ny > 1 else 0]:
        raise ValueError(_mismatch("@", x, y))
    contract = _MATMUL.get(ndims)
    if contract is not None:
        return dot_general_p(x, y, contract=contract, batch=NO_BATCH, ndims=ndims)
    if nx <= 2 or ny <= 2:
        return matmul_p(x, y)
    try:
        lead = broadcast_shapes(x.shape[:-2], y.shape[:-2])
    except ValueError:
        raise ValueError(_mismatch("@", x, y)) from None
    x, y = _stacked(x, lead), _stacked(y, lead)
    b = len(lead)
    axes = tuple(range(b))
    return dot_general(x, y, contract=((b + 1,), (b,)), batch=(axes, axes))


def _stacked(x, lead):
    shape = lead + x.shape[-2:]
    return x if x.shape == shape else broadcast_to(x, shape=shape)


def _arrays(*xs):
    return [x if hasattr(x, "shape") else np.asarray(x) for x in xs]


def _mismatch(name, x, y):
    if not x.ndim or not y.ndim:
        return (
            f"{name}: operands of shapes {x.shape} and {y.shape}: a 0-d operand has "
            "no axis to contract; use * instead"
        )
    axis = "last" if y.ndim == 1 else "second to last"
    return (
        f"{name}: shapes {x.shape} and {y.shape} do not fit: the last axis of the "
        f"first must be as long as the {axis} of the second, and any axes before "
        "must broadcast"
    )


def dot(x, y):
    """Return ``np.dot``: the sum over the last axis of x and second to last of y.

    >>> dot(np.ones((2, 3)), np.ones((4, 3, 5))).shape
    (2, 4, 5)
    """
    try:
        shape_x, shape_y = x.shape, y.shape  # once: tracers work their shape out
    except AttributeError:
        return dot(*_arrays(x, y))
    nx, ny = len(shape_x), len(shape_y)
    if not nx or not ny:
        return mul(x, y)
    if shape_x[-1] != shape_y[-2 if ny > 1 else 0]:
        raise ValueError(_mismatch("dot", x, y))
    return dot_p(x, y)


def inner(x, y):
    """Return ``np.inner``: the sum over the last axes of x and y.

    >>> inner(np.arange(3), np.arange(3))
    np.int64(5)
    """
    x, y = _arrays(x, y)
    if not x.ndim or not y.ndim:
        return mul(x, y)
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(
            f"inner: the last axes of shapes {x.shape} and {y.shape} differ"
        )
    n = y.ndim
    return dot_p(x, y if n == 1 else transpose(y, axes=(*range(n - 2), n - 1, n - 2)))


def _raveled(x):
    return x if x.ndim == 1 else reshape(x, shape=(prod(x.shape),))


def outer(x, y):
    """Return ``np.outer``: all products of an element of x and one of y.

    >>> outer(np.array([1, 2]), np.array([1, 10]))
    array([[ 1, 10],
           [ 2, 20]])
    """
    x, y = map(_raveled, _arrays(x, y))
    return dot_general(x, y, contract=NO_BATCH)


def vdot(x, y):
    """Return ``np.vdot``: the dot product of flattened arrays, x conjugated."""
    x, y = map(_raveled, _arrays(x, y))
    if x.shape != y.shape:
        raise ValueError(f"vdot: {x.shape[0]} elements against {y.shape[0]}")
    return dot_p(conj(x) if x.dtype.kind == "c" else x, y)


def vecdot(x, y, axis=-1):
    """Return ``np.vecdot``: dot products along an axis, x conjugated.

    >>> vecdot(np.ones((4, 3)), np.arange(3.0))
    array([3., 3., 3., 3.])
    """
    x, y = _arrays(x, y)
    axis = operator.index(axis)
    for each in (x, y):
        if not -each.ndim <= axis < each.ndim:
            raise ValueError(f"vecdot: axis {axis} does not exist in {each.shape}")
    x, y = (_to_back(each, axis % each.ndim) for each in (x, y))
    x = conj(x) if x.dtype.kind == "c" else x
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(f"vecdot: shapes {x.shape} and {y.shape}, with the axis that "
                         "is summed at the end, differ along it")  # fmt: skip
    full = broadcast_shapes(x.shape, y.shape)
    x, y = (each if each.shape == full else broadcast_to(each, shape=full)
            for each in (x, y))  # fmt: skip
    lead = tuple(range(len(full) - 1))
    last = (len(full) - 1,)
    return dot_general(x, y, contract=(last, last), batch=(lead, lead))


def _to_back(x, axis):
    if axis == x.ndim - 1:
        return x
    return transpose(x, axes=(*(a for a in range(x.ndim) if a != axis), axis))


def tensordot(x, y, axes=2):
    """Return ``np.tensordot``: the sum over pairs of axes, or over ``axes`` of them.

    >>> tensordot(np.ones((2, 3, 4)), np.ones((4, 3, 5)), axes=((1, 2), (1, 0))).shape
    (2, 5)
    """
    x, y = _arrays(x, y)
    cx, cy = _tensordot_axes(x, y, axes)
    if [x.shape[a] for a in cx] != [y.shape[a] for a in cy]:
        raise ValueError(
            f"tensordot: axes {cx} of shape {x.shape} and axes {cy} of shape "
            f"{y.shape} differ in length"
        )
    fx, fy = _others(x, cx), _others(y, cy)
    rows, inner, columns = (
        tuple(each.shape[a] for a in axes) for each, axes in ((x, fx), (x, cx), (y, fy))
    )
    x = _as_matrix(x, fx + cx, (prod(rows), prod(inner)))
    y = _as_matrix(y, cy + fy, (prod(inner), prod(columns)))
    return reshape(dot_p(x, y), shape=rows + columns)


def _others(x, axes):
    return tuple(a for a in range(x.ndim) if a not in axes)


def _as_matrix(x, axes, shape):
    x = x if axes == tuple(range(x.ndim)) else transpose(x, axes=axes)
    return x if x.shape == shape else reshape(x, shape=shape)


def _tensordot_axes(x, y, axes):
    try:
        n = operator.index(axes)
    except TypeError:
        ax, ay = axes
    else:
        ax, ay = range(x.ndim - n, x.ndim), range(n)
    pairs = []
    for each, ndim in ((ax, x.ndim), (ay, y.ndim)):
        each = [each] if isinstance(each, int | np.integer) else list(each)
        if any(not -ndim <= a < ndim for a in each):
            raise ValueError(f"tensordot: axes {each} do not exist in {ndim} axes")
        pairs.append(tuple(operator.index(a) % ndim for a in each))
    if len(pairs[0]) != len(pairs[1]):
        raise ValueError(f"tensordot: {pairs[0]} and {pairs[1]} differ in number")
    return pairs
