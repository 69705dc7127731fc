"""NumPy's polynomials, given by their coefficients, highest power first."""

from __future__ import annotations

import operator
import warnings

import numpy as np

from ..core import known_value, shape_of
from ..ops import elementwise as ew
from ..ops.basic import astype
from ..ops.index import at, getitem
from ..ops.reduce import sum_
from .arrays import arraylike, known_array, strong
from .elementwise import real
from .joining import concatenate, stack
from .linear import convolve
from .reductions import cumprod
from .shapes import atleast_1d, broadcast_to, ravel
from .table import traceable


@traceable(np.polyval)
def polyval(p, x):
    """Evaluate a polynomial by Horner's rule."""
    p, x = arraylike(p), arraylike(x)
    y = np.zeros(shape_of(x), strong(x).dtype)[()]
    for i in range(shape_of(p)[0]):
        y = y * x + getitem(p, i)
    return y


@traceable(np.polyder)
def polyder(p, m=1):
    """Differentiate a polynomial ``m`` times."""
    if m < 0:
        raise ValueError(f"polyder: cannot differentiate {m} times; see polyint")
    p = ravel(p)
    for _ in range(m):
        n = p.shape[0] - 1
        p = ew.mul(getitem(p, slice(None, -1)), np.arange(n, 0, -1))
    return p


@traceable(np.polyint)
def polyint(p, m=1, k=None):
    """Integrate a polynomial ``m`` times, with constants ``k``."""
    if m < 0:
        raise ValueError(f"polyint: cannot integrate {m} times; see polyder")
    p = ravel(p)
    constants = broadcast_to(np.zeros(()) if k is None else arraylike(k), (m,))
    for i in range(m):
        n = p.shape[0]
        p = ew.div(p, np.arange(n, 0, -1))
        p = concatenate([p, getitem(constants, slice(i, i + 1))])
    return p


def _sum(combine):
    def definition(a1, a2):
        a, b = ravel(a1), ravel(a2)
        n = max(a.size, b.size)
        return combine(*(_lengthened(x, n) for x in (a, b)))

    return definition


def _lengthened(x, n):
    missing = n - x.size
    return concatenate([np.zeros(missing, x.dtype), x]) if missing else x


traceable(np.polyadd)(_sum(ew.add))
traceable(np.polysub)(_sum(ew.sub))


def _trimmed(p):
    """Return a polynomial without leading zeros, as far as its values are known."""
    p = ravel(p)
    known = known_value(p)
    if known is None or not known.size:
        return p
    there = np.flatnonzero(known)
    return getitem(p, slice(int(there[0]) if there.size else known.size - 1, None))


@traceable(np.polymul, more=["trim_leading_zeros"])
def polymul(a1, a2, *, trim_leading_zeros=True):
    """Multiply polynomials, whose leading zeros are left out if they are known."""
    a, b = (_trimmed(p) if trim_leading_zeros else ravel(p) for p in (a1, a2))
    return convolve(a, b)


@traceable(np.polydiv, more=["trim_leading_zeros"])
def polydiv(u, v, *, trim_leading_zeros=True):
    """Divide polynomials: the quotient, and the remainder without leading zeros.

    Under jit no value is known, and the remainder has as many coefficients as ``u``.
    """
    u, v = (ew.add(atleast_1d(p), 0.0) for p in (u, v))
    first = getitem(v, 0)
    m, n = u.shape[0] - 1, v.shape[0] - 1
    dtype = np.result_type(u.dtype, v.dtype)
    r, scale, q = astype(u, dtype), 1.0 / first, []
    for k in range(m - n + 1):
        q.append(scale * getitem(r, k))
        part = slice(k, k + n + 1)
        r = at(r)[part].set(getitem(r, part) - q[-1] * v)
    q = astype(stack(q), dtype) if q else np.zeros(1, dtype)
    known = known_value(r) if trim_leading_zeros else None
    if known is not None:
        there = np.flatnonzero(~np.isclose(known, 0, rtol=1e-14))
        r = getitem(r, slice(int(there[0]) if there.size else m, None))
    return q, r


@traceable(np.roots, more=["strip_zeros"])
def roots(p, *, strip_zeros=True):
    """Return the roots, the eigenvalues of the companion matrix.

    Leading and trailing zeros are left out, so that they must be known; under jit,
    promise that there are none with ``strip_zeros=False``.
    """
    p = atleast_1d(p)
    if p.ndim != 1:
        raise ValueError(f"roots: needs a vector, got shape {p.shape}")
    zeros = 0
    if strip_zeros:
        instead = "Give fgrad.numpy.roots strip_zeros=False if it begins with no zero"
        there = np.flatnonzero(known_array(p, "roots", instead))
        if not there.size:
            return np.array([])
        zeros = p.shape[0] - int(there[-1]) - 1
        p = getitem(p, slice(int(there[0]), int(there[-1]) + 1))
    p = p if p.dtype.kind in "fc" else astype(p, np.float64)
    n = p.shape[0] - 1
    if n < 1:
        return np.zeros(zeros)
    matrix = np.diag(np.ones(n - 1, p.dtype), -1)
    top = ew.neg(getitem(p, slice(1, None))) / getitem(p, 0)
    found = np.linalg.eigvals(at(matrix)[0].set(top))
    return concatenate([found, np.zeros(zeros, found.dtype)])


@traceable(np.poly)
def poly(seq_of_zeros):
    """Return the polynomial that has these zeros, or that of a square matrix.

    If complex zeros are known to be conjugates, the coefficients are real.
    """
    x = atleast_1d(seq_of_zeros)
    if x.ndim == 2 and x.shape[0] == x.shape[1] != 0:
        x = np.linalg.eigvals(x)
    elif x.ndim != 1:
        raise ValueError(f"poly: needs a vector or a square matrix, got {x.shape}")
    if not x.shape[0]:
        return 1.0
    x = astype(x, np.mintypecode(x.dtype.char))
    z = np.ones(1, x.dtype)
    for i in range(x.shape[0]):
        z = convolve(z, concatenate([np.ones(1, x.dtype), -getitem(x, [i])]))
    known = known_value(x)
    if x.dtype.kind == "c" and known is not None:
        if np.all(np.sort(known) == np.sort(known.conjugate())):
            return real(z)
    return z


# -- fits ----------------------------------------------------------------------------


@traceable(np.polyfit)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """Return the polynomial that fits points best, by least squares."""
    x, y = ew.add(arraylike(x), 0.0), ew.add(arraylike(y), 0.0)
    order = operator.index(deg) + 1
    _check_points(x, y, order, w)
    rcond = x.size * np.finfo(x.dtype).eps if rcond is None else rcond
    left, right = vander(x, order), y
    if w is not None:
        w = ew.add(arraylike(w), 0.0)
        column = getitem(w, (slice(None), None))
        left, right = left * column, right * (column if y.ndim == 2 else w)
    scale = ew.sqrt(sum_(left * left, 0))
    left = left / scale
    c, residuals, rank, s = np.linalg.lstsq(left, right, rcond)
    c = (c.T / scale).T
    if full:
        return c, residuals, rank, s, rcond
    known = known_value(rank)
    if known is not None and known != order:
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning,
                      stacklevel=4)  # fmt: skip
    if not cov:
        return c
    if cov != "unscaled" and x.size <= order:
        raise ValueError(
            f"polyfit: the covariance needs more points than coefficients, got "
            f"{x.size} points and {order} coefficients"
        )
    base = np.linalg.inv(np.dot(left.T, left)) / np.outer(scale, scale)
    factor = 1 if cov == "unscaled" else residuals / (x.size - order)
    return c, (base if y.ndim == 1 else getitem(base, (..., None))) * factor


def _check_points(x, y, order, w):
    if order < 1:
        raise ValueError(f"polyfit: the degree must not be negative, got {order - 1}")
    if x.ndim != 1 or not x.size or y.ndim not in (1, 2) or x.shape[0] != y.shape[0]:
        raise TypeError(
            f"polyfit: needs a vector x and one value y, or one row, for each of its "
            f"elements, got shapes {x.shape} and {y.shape}"
        )
    if w is not None and shape_of(arraylike(w)) != x.shape:
        raise TypeError(
            f"polyfit: weights of shape {shape_of(arraylike(w))} for {x.size} points"
        )


@traceable(np.vander)
def vander(x, N=None, increasing=False):
    """Return the matrix of powers of a vector."""
    x = arraylike(x)
    if len(shape_of(x)) != 1:
        raise ValueError(f"vander: needs a vector, got shape {shape_of(x)}")
    n = shape_of(x)[0] if N is None else N
    x = astype(x, np.promote_types(x.dtype, int))
    ones = np.ones((x.size, min(n, 1)), x.dtype)
    powers = broadcast_to(getitem(x, (slice(None), None)), (x.size, max(n - 1, 0)))
    z = concatenate([ones, cumprod(powers, 1)], 1) if n > 1 else ones
    return z if increasing else getitem(z, (slice(None), slice(None, None, -1)))
