"""NumPy's norms; at zero their gradient is zero, never nan."""

from __future__ import annotations

import numpy as np

from ..core import dtype_of, ndim_of
from ..ops import elementwise as ew
from ..ops.axes import normalize_axis
from ..ops.basic import astype, imag, real, reshape
from ..ops.contract import dot
from ..ops.reduce import amin, norm_p, root, sum_
from ..ops.svd import svdvals
from .arrays import arraylike, strong
from .reductions import max as max_
from .shapes import moveaxis, ravel
from .table import traceable


@traceable(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    """Return a norm of vectors or matrices."""
    x = strong(arraylike(x))
    x = astype(x, np.float64) if dtype_of(x).kind in "iub" else x
    n = ndim_of(x)
    if axis is None and (
        ord is None or (ord in ("f", "fro") and n == 2) or (ord == 2 and n == 1)
    ):
        z = _flat_norm(x)
        return reshape(z, shape=(1,) * n) if keepdims else z
    axes = tuple(range(n)) if axis is None else axis
    axes = axes if isinstance(axes, tuple) else (axes,)
    axes = tuple(normalize_axis(a, n, "norm", x.shape) for a in axes)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(
            f"norm: axes {axis} of shape {x.shape} with ord={ord}; a norm has one axis "
            "(vectors) or two different axes (matrices)"
        )
    z = _matrix_norm(x, ord, *axes)
    return reshape(z, shape=_ones(x.shape, axes)) if keepdims else z


def _ones(shape, axes):
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def _flat_norm(x):
    if x.dtype.kind != "c":
        return norm_p(x)
    x = ravel(x)
    return root(dot(real(x), real(x)) + dot(imag(x), imag(x)))


def _squares(x):
    return real(ew.conj(x) * x) if x.dtype.kind == "c" else x * x


def _vector_norm(x, ord, axis, keepdims):
    if isinstance(ord, str):
        raise ValueError(f"norm: ord={ord!r} is not a norm of vectors")
    if ord is None or ord == 2:
        return root(sum_(_squares(x), axis, None, keepdims))
    if ord == np.inf:
        return max_(ew.absolute(x), axis, None, keepdims, 0)
    if ord == -np.inf:
        return amin(ew.absolute(x), axis, keepdims)
    if ord == 0:
        return sum_(astype(ew.ne(x, 0), np.abs(x.dtype.type(0)).dtype), axis, None,
                    keepdims)  # fmt: skip
    if ord == 1:
        return sum_(ew.absolute(x), axis, None, keepdims)
    total = sum_(ew.power(ew.absolute(x), ord), axis, None, keepdims)
    safe = ew.where(ew.eq(total, 0), 1, total)  # total**(1/ord) has no slope at 0
    power = ew.power(safe, np.reciprocal(float(ord)).astype(total.dtype))
    return ew.where(ew.eq(total, 0), _zero_power(total, ord), power)


def _zero_power(total, ord):
    return total.dtype.type(0 if ord > 0 else np.inf)


def _matrix_norm(x, ord, rows, columns):
    if ord in (None, "fro", "f"):
        return root(sum_(_squares(x), (rows, columns)))
    if ord in (2, -2, "nuc"):
        return _spectral(x, ord, rows, columns)
    if ord not in (1, -1, np.inf, -np.inf):
        raise ValueError(f"norm: ord={ord!r} is not a norm of matrices")
    first, second = (rows, columns) if ord in (1, -1) else (columns, rows)
    sums = sum_(ew.absolute(x), first)
    second -= second > first
    return max_(sums, second, None, False, 0) if ord > 0 else amin(sums, second)


def _spectral(x, ord, rows, columns):
    s = svdvals(moveaxis(x, (rows, columns), (-2, -1)))
    if ord == "nuc":
        return sum_(s, -1)
    return max_(s, -1, None, False, 0) if ord == 2 else amin(s, -1)


@traceable(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """Return the norm of vectors along any number of axes."""
    x = strong(arraylike(x))
    axes = range(x.ndim) if axis is None else axis
    axes = (axes,) if isinstance(axes, int) else axes
    axes = tuple(normalize_axis(a, x.ndim, "vector_norm", x.shape) for a in axes)
    if axis is None:
        z = norm(ravel(x), ord, 0)
    elif len(axes) == 1:
        z = norm(x, ord, axes[0])
    else:
        rest = tuple(a for a in range(x.ndim) if a not in axes)
        z = x.transpose(*axes, *rest).reshape((-1, *(x.shape[a] for a in rest)))
        z = norm(z, ord, 0)
    return reshape(z, shape=_ones(x.shape, axes)) if keepdims else z


@traceable(np.linalg.matrix_norm)
def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    """Return the norm of the matrices in the last two axes."""
    return norm(x, ord, (-2, -1), keepdims)
