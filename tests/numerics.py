"""Numerical references for derivatives, and what it means to agree with them."""

import numpy as np

from fgrad.core import aval_of
from fgrad.test_util import differences
from fgrad.test_util.differences import wide


def leaves(z):
    return list(z) if isinstance(z, list | tuple) else [z]


def difference(fun, args, tangents, step=1e-6):
    """Return the central difference of ``fun`` in a direction, in double precision."""
    ts = [None if t is None else wide(t) for t in tangents]
    moved = [wide(x) if t is not None else x for x, t in zip(args, ts, strict=True)]
    return differences.difference(fun, moved, ts, step)


def assert_close(actual, expected, single, scale=1.0):
    """Compare to the accuracy of finite differences in double or of float32."""
    tol = (2e-4 if single else 2e-6) * scale
    np.testing.assert_allclose(actual, expected, rtol=tol, atol=tol)


def assert_same_bits(actual, expected):
    """Compare dtype, weakness, shape and every byte."""
    assert aval_of(actual) == aval_of(expected)
    assert np.asarray(actual).tobytes() == np.asarray(expected).tobytes()
