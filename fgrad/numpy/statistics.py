"""NumPy's covariances and correlations."""

from __future__ import annotations

import numpy as np

from ..core import dtype_of, ndim_of, shape_of
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
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = [strong(arraylike(w)) for w in (fweights, aweights) if w is not None]
    w = None
    for one in weights:
        w = astype(one, np.float64) if w is None else w * one
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
    return _squeezed(z * (1 / count))


def _squeezed(z):
    return z.reshape(tuple(n for n in z.shape if n != 1))


def _variables(m, y, rowvar, dtype):
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
