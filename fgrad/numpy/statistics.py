"""NumPy's covariances and correlations."""

from __future__ import annotations

import warnings

import numpy as np

from ..core import dtype_of, known_value, ndim_of, shape_of
from ..ops import elementwise as ew
from ..ops.basic import astype
from ..ops.contract import dot
from ..ops.index import getitem
from ..ops.reduce import sum_
from .arrays import arraylike, strong
from .elementwise import complex_of
from .joining import concatenate
from .reductions import average
from .shapes import atleast_2d
from .table import traceable


@traceable(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *,
        dtype=None):  # fmt: skip
    """Return the covariance matrix of variables in rows."""
    x = _variables(m, y, rowvar, dtype)
    if not x.shape[0]:
        return np.zeros((0, 0))
    ddof = (0 if bias else 1) if ddof is None else ddof
    if ddof != int(ddof):
        raise ValueError(f"cov: ddof must be an integer, got {ddof}")
    fweights, aweights = (
        None if w is None else _weights(name, w, x.shape[1])
        for name, w in (("fweights", fweights), ("aweights", aweights))
    )
    w = aweights if fweights is None else fweights
    if fweights is not None and aweights is not None:
        w = fweights * aweights
    middle, total = average(x, 1, w, returned=True)
    if w is None:
        count = x.shape[1] - ddof
    elif ddof == 0:
        count = getitem(total, 0)
    elif aweights is None:
        count = getitem(total, 0) - ddof
    else:
        total = getitem(total, 0)
        count = total - ddof * sum_(w * aweights) / total
    x = x - getitem(middle, (slice(None), None))
    other = x if w is None else x * w
    z = dot(x, ew.conj(other.T) if other.dtype.kind == "c" else other.T)
    return _squeezed(z * ew.div(1, _positive(count)))


def _weights(name, w, n):
    """Return a weight for each of the samples, checked as far as values are known."""
    w = astype(strong(arraylike(w)), np.float64)
    if w.shape != (n,):
        raise RuntimeError(f"cov: {name} of shape {w.shape} for {n} samples")
    known = known_value(w)
    if known is None:
        return w
    if name == "fweights" and (known != np.around(known)).any():
        raise TypeError(f"cov: fweights must be whole numbers, got {known}")
    if (known < 0).any():
        raise ValueError(f"cov: {name} must not be negative, got {known}")
    return w


def _positive(count):
    """Return the degrees of freedom, 0 where there are none."""
    known = known_value(count)
    if known is not None:
        if known > 0:
            return count
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, 3)
        return np.float64(0)
    return ew.where(ew.le(count, 0), 0.0, count)


def _squeezed(z):
    return z.reshape(tuple(n for n in z.shape if n != 1))


def _variables(m, y, rowvar, dtype):
    for name, x in (("m", m), ("y", y)):
        if x is not None and ndim_of(x) > 2:
            raise ValueError(f"cov: {name} of shape {shape_of(x)} has more than 2 axes")
    rows = [atleast_2d(x) for x in (m, y) if x is not None]
    if dtype is None:
        dtype = np.result_type(*(dtype_of(x) for x in rows), np.float64)
    if not rowvar and ndim_of(m) > 1:
        rows[0] = rows[0].T
    if not rowvar and y is not None and rows[1].shape[0] != 1:
        rows[1] = rows[1].T
    rows = [astype(x, dtype) for x in rows]
    return concatenate(rows, 0) if len(rows) > 1 else rows[0]


@traceable(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """Return correlation coefficients of variables in rows."""
    c = cov(x, y, rowvar, dtype=dtype)
    if not shape_of(c):
        return c / c
    d = getitem(c, (np.arange(c.shape[0]),) * 2)
    s = ew.sqrt(d.real)
    c = c / getitem(s, (slice(None), None)) / getitem(s, (None, slice(None)))
    if c.dtype.kind == "c":
        parts = (ew.minimum(ew.maximum(part, -1), 1) for part in (c.real, c.imag))
        return complex_of(*parts, c.dtype)
    return ew.minimum(ew.maximum(c, -1), 1)
