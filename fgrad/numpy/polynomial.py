"""NumPy's polynomials, given by their coefficients, highest power first."""

from __future__ import annotations

import numpy as np

from ..core import shape_of
from ..ops import elementwise as ew
from ..ops.basic import astype
from ..ops.index import getitem
from .arrays import arraylike, strong
from .joining import concatenate
from .linear import convolve
from .reductions import cumprod
from .shapes import broadcast_to, ravel
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


@traceable(np.polymul)
def polymul(a1, a2):
    """Multiply polynomials."""
    return convolve(ravel(a1), ravel(a2))


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
