"""SciPy's structured matrices, made of traced numbers."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from ..numpy.arrays import arraylike, arraylikes, strong
from ..numpy.joining import concatenate
from ..numpy.shapes import atleast_2d
from ..numpy.table import traceable
from ..ops.elementwise import absolute
from ..ops.index import at
from ..ops.join import pad_constant


def _vector(x, name):
    x = strong(arraylike(x))
    if x.ndim != 1:
        raise ValueError(f"{name}: needs a vector, got shape {x.shape}")
    return x


@traceable(scipy.linalg.block_diag)
def block_diag(*arrs):
    """Return a matrix with other matrices along its diagonal."""
    blocks = [atleast_2d(x) for x in arrs]
    for x in blocks:
        if x.ndim > 2:
            raise ValueError(f"block_diag: needs matrices, got shape {x.shape}")
    width, column, rows = sum(x.shape[1] for x in blocks), 0, []
    for x in blocks:
        after = width - column - x.shape[1]
        rows.append(pad_constant(x, ((0, 0), (column, after))))
        column += x.shape[1]
    return concatenate(rows, 0)


@traceable(scipy.linalg.toeplitz)
def toeplitz(c, r=None):
    """Return the matrix with constant diagonals, from its first column and row."""
    c = strong(arraylike(c)).reshape(-1)
    r = c.conj() if r is None else strong(arraylike(r)).reshape(-1)
    values = concatenate([c[::-1], r[1:]])
    m, n = c.shape[0], r.shape[0]
    return values[m - 1 - np.arange(m)[:, None] + np.arange(n)]


@traceable(scipy.linalg.hankel)
def hankel(c, r=None):
    """Return the matrix with constant anti-diagonals: first column, last row."""
    c = strong(arraylike(c)).reshape(-1)
    r = np.zeros(c.shape, c.dtype) if r is None else strong(arraylike(r)).reshape(-1)
    values = concatenate([c, r[1:]])
    return values[np.arange(c.shape[0])[:, None] + np.arange(r.shape[0])]


@traceable(scipy.linalg.circulant)
def circulant(c):
    """Return the matrices whose columns are one vector, turned."""
    c = strong(arraylike(c))
    n = c.shape[-1]
    return c[..., (np.arange(n)[:, None] - np.arange(n)) % max(n, 1)]


@traceable(scipy.linalg.companion)
def companion(a):
    """Return the companion matrix of a polynomial."""
    a = strong(arraylike(a))
    if a.shape[-1] < 2:
        raise ValueError(f"companion: needs two coefficients, got shape {a.shape}")
    n = a.shape[-1] - 1
    first = -a[..., 1:] / (1.0 * a[..., :1])
    z = np.zeros((*a.shape[:-1], n, n), first.dtype)
    z[..., np.arange(1, n), np.arange(n - 1)] = 1
    return at(z)[..., 0, :].set(first)


@traceable(scipy.linalg.convolution_matrix)
def convolution_matrix(a, n, mode="full"):
    """Return the matrix that convolves vectors of length ``n`` with ``a``."""
    a = strong(arraylike(a))
    if n <= 0 or a.shape[-1] == 0:
        raise ValueError(f"convolution_matrix: n={n}, shape {a.shape}: both positive")
    if mode not in ("full", "valid", "same"):
        raise ValueError(f"convolution_matrix: there is no mode {mode!r}")
    m = a.shape[-1]
    padded = pad_constant(a, [(0, 0)] * (a.ndim - 1) + [(0, 1)])
    index = np.arange(m + n - 1)[:, None] - np.arange(n)
    full = padded[..., np.where((index >= 0) & (index < m), index, m)]
    if mode == "full":
        return full
    if mode == "same":
        start, count = (min(n, m) - 1) // 2, max(n, m)
    else:
        start, count = min(n, m) - 1, abs(n - m) + 1
    return full[..., start : start + count, :]


@traceable(scipy.linalg.leslie)
def leslie(f, s):
    """Return a Leslie matrix, from fecundity and survival coefficients."""
    f, s = (strong(x) for x in arraylikes(f, s))
    n = f.shape[-1]
    if s.shape[-1] != n - 1:
        raise ValueError(
            f"leslie: f of shape {f.shape} needs s of length {n - 1}, got {s.shape}"
        )
    lead = np.broadcast_shapes(f.shape[:-1], s.shape[:-1])
    z = at(np.zeros((*lead, n, n), np.result_type(f.dtype, s.dtype)))[..., 0, :].set(f)
    return at(z)[..., np.arange(1, n), np.arange(n - 1)].set(s)


@traceable(scipy.linalg.fiedler)
def fiedler(a):
    """Return the matrix of absolute differences."""
    a = strong(arraylike(a))
    return absolute(a[..., :, None] - a[..., None, :])


@traceable(scipy.linalg.fiedler_companion)
def fiedler_companion(a):
    """Return the companion matrix of Fiedler, which has five diagonals."""
    a = _vector(a, "fiedler_companion")
    a = a / a[0]
    n = a.shape[0] - 1
    if n == 1:
        return -a[1:, None]
    z = at(np.zeros((n, n), a.dtype))
    column = np.arange(0, n - 2, 2)
    rows = np.arange(0, n - 1, 2)
    z = z[rows, rows + 1].set(-a[2::2][: len(rows)])
    ones = np.zeros((n, n), a.dtype)
    ones[column, column + 2] = 1
    odd = np.arange(1, n - 2, 2)
    ones[odd + 2, odd] = 1
    below = np.arange(1, n - 1, 2)
    z = at(z)[below + 1, below].set(-a[3::2][: len(below)])
    z = at(z)[0, 0].set(-a[1])
    ones[1, 0] = 1
    return z + ones
