"""Numerical references for derivatives, and what it means to agree with them."""

import numpy as np

from fgrad.core import aval_of, is_inexact

WIDE = {"f": np.dtype(np.float64), "c": np.dtype(np.complex128)}


def leaves(z):
    return list(z) if isinstance(z, list | tuple) else [z]


def wide(x):
    """Return a float or complex value in double precision; anything else as it is."""
    if not is_inexact(x):
        return x
    return np.asarray(x, WIDE[aval_of(x).dtype.kind])[()]


def random_like(x, seed):
    """Return normal numbers in the shape and dtype of an array or aval."""
    rng, aval = np.random.default_rng(seed), aval_of(x)
    z = rng.normal(size=aval.shape)
    if aval.dtype.kind == "c":
        z = z + 1j * rng.normal(size=aval.shape)
    return np.asarray(z, aval.dtype)[()]


def difference(fun, args, tangents, step=1e-6):
    """Return the central difference of ``fun`` in a direction, for every output."""

    def shifted(by):
        moved = [
            x if t is None else wide(x) + by * wide(t)
            for x, t in zip(args, tangents, strict=True)
        ]
        return leaves(fun(*moved))

    pairs = zip(shifted(step), shifted(-step), strict=True)
    return [(np.asarray(hi) - lo) / (2 * step) if is_inexact(hi) else None
            for hi, lo in pairs]  # fmt: skip


def paired(cts, ts):
    """Return the real pairing of cotangents with tangents, which vjp preserves."""
    pairs = zip(cts, ts, strict=True)
    return sum(np.sum(np.real(wide(c) * wide(t))) for c, t in pairs if t is not None)


def assert_close(actual, expected, single, scale=1.0):
    """Compare to the accuracy of finite differences in double or of float32."""
    tol = (2e-4 if single else 2e-6) * scale
    np.testing.assert_allclose(actual, expected, rtol=tol, atol=tol)


def assert_same_bits(actual, expected):
    """Compare dtype, weakness, shape and every byte."""
    assert aval_of(actual) == aval_of(expected)
    assert np.asarray(actual).tobytes() == np.asarray(expected).tobytes()
