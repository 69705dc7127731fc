"""NumPy's matrix functions: solving, inverting, factoring, multiplying many."""

from __future__ import annotations

import operator
import warnings
from functools import reduce

import numpy as np

from ..core import Tracer, dtype_of, known_value, ndim_of, shape_of
from ..errors import UntraceableError
from ..ops import linalg as ops
from ..ops.basic import reshape
from ..ops.contract import dot, matmul, vecdot
from ..ops.index import getitem
from ..ops.least_squares import lstsq as ops_lstsq
from ..ops.least_squares import pinv as ops_pinv
from ..ops.qr import qr as orthogonal
from .arrays import arraylike, arraylikes, strong
from .indexing import diagonal as diagonal_of
from .table import refuse_out, traceable, value_needed


@traceable(np.linalg.solve)
def solve(a, b):
    """Return the solution of ``a @ x = b``."""
    return ops.solve(*arraylikes(a, b))


traceable(np.linalg.inv)(lambda a: ops.inv(arraylike(a)))
traceable(np.linalg.det)(lambda a: ops.det(arraylike(a)))
traceable(np.linalg.slogdet)(lambda a: ops.slogdet(arraylike(a)))


@traceable(np.linalg.cholesky)
def cholesky(a, /, *, upper=False):
    """Return the Cholesky factor."""
    return ops.cholesky(arraylike(a), upper=upper)


@traceable(np.linalg.qr)
def qr(a, mode="reduced"):
    """Return an orthonormal and an upper triangular factor, or the latter alone."""
    if mode in ("raw", "e", "economic"):
        raise UntraceableError(
            f"np.linalg.qr of a traced value has no mode={mode!r}, which is LAPACK's "
            "own form: write mode='reduced', 'complete' or 'r'"
        )
    if mode in ("f", "full"):
        warnings.warn("qr: write mode='reduced'", DeprecationWarning, stacklevel=2)
        mode = "reduced"
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(
            f"qr: mode must be 'reduced', 'complete', 'r' or 'raw', got {mode!r}"
        )
    a = arraylike(a)
    z = orthogonal(a, mode == "complete" and shape_of(a)[-2] > shape_of(a)[-1])
    return z.R if mode == "r" else z


@traceable(np.linalg.pinv)
def pinv(a, rcond=None, hermitian=False, *, rtol=np._NoValue):
    """Return the pseudo-inverse of matrices, at a fixed rank."""
    a = arraylike(a)
    if rcond is not None and rtol is not np._NoValue:
        raise ValueError("pinv: rtol and rcond cannot both be given")
    if rcond is None:
        rcond = 1e-15 if rtol is np._NoValue else rtol
    if rcond is None:
        rcond = max(shape_of(a)[-2:]) * np.finfo(dtype_of(a)).eps
    return ops_pinv(a, strong(arraylike(rcond)), bool(hermitian))


@traceable(np.linalg.lstsq)
def lstsq(a, b, rcond=None):
    """Return the shortest least-squares solution, residuals, rank, singular values."""
    a, b = strong(arraylike(a)), strong(arraylike(b))
    vector = b.ndim == 1
    if a.ndim != 2 or b.ndim not in (1, 2):
        raise np.linalg.LinAlgError(
            f"lstsq: needs a matrix a and a vector or matrix b, got shapes {a.shape} "
            f"and {b.shape}; use vmap for stacks"
        )
    if a.shape[0] != b.shape[0]:
        raise np.linalg.LinAlgError(
            f"lstsq: a of shape {a.shape} and b of shape {b.shape} must have the same "
            "number of rows"
        )
    if rcond is None:
        rcond = np.finfo(float).eps * max(a.shape)
    elif type(rcond) is Tracer:
        rcond = value_needed(rcond, "lstsq: rcond", "Give a number")
    x, residuals, rank, s = ops_lstsq(
        a, reshape(b, shape=(*b.shape, 1)) if vector else b, float(rcond)
    )
    if (known := known_value(rank)) is not None and known != a.shape[1]:
        residuals = getitem(residuals, slice(0, 0))
    return reshape(x, shape=x.shape[:-1]) if vector else x, residuals, rank, s


@traceable(np.linalg.matrix_power)
def matrix_power(a, n):
    """Multiply a square matrix with itself ``n`` times."""
    a = arraylike(a)
    shape = shape_of(a)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise np.linalg.LinAlgError(
            f"matrix_power: needs square matrices, got shape {shape}"
        )
    n = operator.index(n)
    if n == 0:
        return np.broadcast_to(np.eye(shape[-1], dtype=a.dtype), shape).copy()
    if n < 0:
        a, n = ops.inv(a), -n
    if n == 3:  # NumPy's order of products, to the last bit
        return matmul(matmul(a, a), a)
    z = result = None
    while n:
        z = a if z is None else matmul(z, z)
        n, bit = divmod(n, 2)
        if bit:
            result = z if result is None else matmul(result, z)
    return result


@traceable(np.linalg.multi_dot)
def multi_dot(arrays, *, out=None):
    """Multiply matrices in the cheapest order."""
    refuse_out(out)
    parts = arraylikes(*arrays)
    if len(parts) < 2:
        raise ValueError(f"multi_dot: needs two arrays or more, got {len(parts)}")
    if len(parts) == 2:
        return dot(*parts)
    first, last = ndim_of(parts[0]), ndim_of(parts[-1])
    if first == 1:
        parts[0] = reshape(parts[0], shape=(1, *shape_of(parts[0])))
    if last == 1:
        parts[-1] = reshape(parts[-1], shape=(*shape_of(parts[-1]), 1))
    if any(ndim_of(p) != 2 for p in parts):
        raise np.linalg.LinAlgError(
            f"multi_dot: needs matrices, got shapes {[shape_of(p) for p in arrays]}"
        )
    z = _multiplied(parts, _cheapest([p.shape for p in parts]), 0, len(parts) - 1)
    rows, columns = z.shape
    shape = (() if first == 1 else (rows,)) + (() if last == 1 else (columns,))
    return z if shape == z.shape else reshape(z, shape=shape)


def _cheapest(shapes):
    """Return where to split each run of matrices, by NumPy's dynamic programme."""
    n, p = len(shapes), [s[0] for s in shapes] + [shapes[-1][1]]
    cost, split = {(i, i): 0 for i in range(n)}, {}
    if n == 3:  # NumPy's own rule for three, which differs where costs are equal
        left = p[0] * p[2] * (p[1] + p[3])
        split = {(0, 2): 1 if left < p[1] * p[3] * (p[0] + p[2]) else 0}
        return {**split, (0, 1): 0, (1, 2): 1}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            options = ((cost[i, k] + cost[k + 1, j] + p[i] * p[k + 1] * p[j + 1], k)
                       for k in range(i, j))  # fmt: skip
            cost[i, j], split[i, j] = min(options)
    return split


def _multiplied(parts, split, i, j):
    if i == j:
        return parts[i]
    k = split[i, j]
    return dot(_multiplied(parts, split, i, k), _multiplied(parts, split, k + 1, j))


@traceable(np.linalg.diagonal)
def diagonal(x, /, *, offset=0):
    """Return the diagonals of the matrices in the last two axes."""
    return diagonal_of(x, offset, -2, -1)


@traceable(np.linalg.trace)
def trace(x, /, *, offset=0, dtype=None):
    """Sum the diagonals of the matrices in the last two axes."""
    from .indexing import trace as trace_of

    return trace_of(x, offset, -2, -1, dtype)


@traceable(np.linalg.vecdot)
def vecdot_(x1, x2, /, *, axis=-1):
    """Return the dot products of vectors along an axis."""
    return vecdot(*arraylikes(x1, x2), axis)


@traceable(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    """Return the inverse of a tensor as a linear map."""
    a = arraylike(a)
    if ind <= 0:
        raise ValueError(f"tensorinv: ind={ind} must be positive")
    shape = a.shape[ind:] + a.shape[:ind]
    size = reduce(operator.mul, a.shape[ind:], 1)
    square = reshape(a, shape=(a.size // max(size, 1), size))
    return reshape(ops.inv(square), shape=shape)


@traceable(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    """Solve the tensor equation ``tensordot(a, x, x.ndim) = b``."""
    a, b = arraylikes(a, b)
    if axes is not None:
        rest = [k for k in range(a.ndim) if k not in axes]
        a = a.transpose(*rest, *axes)
    shape = a.shape[ndim_of(b) - a.ndim :] if a.ndim > ndim_of(b) else ()
    size = reduce(operator.mul, shape, 1)
    if a.size != size**2:
        raise np.linalg.LinAlgError(
            f"tensorsolve: shape {a.shape} is not square for b of shape {b.shape}"
        )
    z = ops.solve(reshape(a, shape=(size, size)), reshape(b, shape=(size,)))
    return reshape(z, shape=shape)
