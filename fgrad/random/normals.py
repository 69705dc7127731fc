"""Normal numbers, and what is made of them."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from ..core import shape_of
from ..ops.erf import erf_p, inverse_erf_p
from ..transforms.stop_gradient import stop_gradient
from .arguments import (
    FLOATS,
    checked_shape,
    float_dtype,
    joint_dtype,
    parameter,
    sample_shape,
)
from .keys import Key, consumed, subkeys
from .uniforms import Shape, between, signs, unit


def gaussian(key: Key, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """Return normal numbers for a key that was checked."""
    real = dtype.type
    low = np.nextafter(real(-1), real(0))
    u = unit(key, shape, dtype) * (real(1) - low) + low
    return inverse_erf_p(u) * real(sqrt(2))


def normal(key: Key, shape: Shape = (), dtype: Any = None) -> Any:
    """Return normal numbers with mean 0 and variance 1.

    Other normal numbers are ``mean + scale * normal(key, shape)``. Complex numbers have
    independent parts of variance one half each.

    >>> from fgrad import random
    >>> normal(random.key(0), (2,)).round(6)
    array([-0.205842, -0.784766])
    """
    shape = checked_shape(shape, "normal")
    found = np.dtype(np.float64 if dtype is None else dtype)
    if found in (np.dtype(np.complex64), np.dtype(np.complex128)):
        real = np.dtype(f"f{found.itemsize // 2}")
        keys = subkeys(consumed(key, "normal"), (2,))
        x, y = gaussian(keys[0], shape, real), gaussian(keys[1], shape, real)
        return (x + 1j * y) / found.type(sqrt(2))
    if found.type not in FLOATS:
        raise ValueError(
            f"normal: dtype must be a float dtype, complex64 or complex128, got {found}"
        )
    return gaussian(consumed(key, "normal"), shape, found)


def lognormal(
    key: Key, sigma: Any = 1.0, shape: Shape | None = None, dtype: Any = None
) -> Any:
    """Return numbers whose logarithms are normal with mean 0 and deviation ``sigma``.

    >>> from fgrad import random
    >>> lognormal(random.key(0), 0.5).round(6)
    np.float64(0.902198)
    """
    dtype = float_dtype(dtype, "lognormal")
    sigma = parameter(sigma, dtype, "lognormal", "sigma")
    shape = sample_shape(shape, "lognormal", sigma=sigma)
    return np.exp(gaussian(consumed(key, "lognormal"), shape, dtype) * sigma)


def truncated_normal(
    key: Key, lower: Any, upper: Any, shape: Shape | None = None, dtype: Any = None
) -> Any:
    """Return normal numbers under the condition that they are in (lower, upper).

    Derivatives with respect to both bounds exist.

    >>> from fgrad import random
    >>> truncated_normal(random.key(0), -1.0, 2.0, (2,)).round(6)
    array([ 0.003013, -0.42419 ])
    """
    name = "truncated_normal"
    dtype = float_dtype(dtype, name)
    lower = parameter(lower, dtype, name, "lower")
    upper = parameter(upper, dtype, name, "upper")
    shape = sample_shape(shape, name, lower=lower, upper=upper)
    root = dtype.type(sqrt(2))
    low, high = erf_p(lower / root), erf_p(upper / root)
    u = between(consumed(key, name), shape, dtype, low, high)
    least = np.nextafter(stop_gradient(lower), dtype.type(np.inf))
    most = np.nextafter(stop_gradient(upper), dtype.type(-np.inf))
    return np.minimum(np.maximum(inverse_erf_p(u) * root, least), most)


def maxwell(key: Key, shape: Shape = (), dtype: Any = None) -> Any:
    """Return Maxwell numbers of scale 1: lengths of normal vectors in space.

    >>> from fgrad import random
    >>> maxwell(random.key(0)).round(6)
    np.float64(1.98907)
    """
    shape, dtype = checked_shape(shape, "maxwell"), float_dtype(dtype, "maxwell")
    return _lengths(consumed(key, "maxwell"), shape, dtype)


def _lengths(key: Key, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    x = gaussian(key, (*shape, 3), dtype)
    return np.sqrt(np.sum(x * x, axis=-1))


def double_sided_maxwell(
    key: Key, loc: Any, scale: Any, shape: Shape = (), dtype: Any = None
) -> Any:
    """Return Maxwell numbers with a random sign, times ``scale``, plus ``loc``.

    The shape is ``shape``, followed by that of the parameters.

    >>> from fgrad import random
    >>> double_sided_maxwell(random.key(0), 0.0, np.ones(2), (3,)).shape
    (3, 2)
    """
    name = "double_sided_maxwell"
    dtype = float_dtype(dtype, name)
    loc, scale = (
        parameter(loc, dtype, name, "loc"),
        parameter(scale, dtype, name, "scale"),
    )
    own = sample_shape(None, name, loc=loc, scale=scale)
    shape = (*checked_shape(shape, name), *own)
    keys = subkeys(consumed(key, name), (2,))
    x = _lengths(keys[0], shape, dtype) * signs(keys[1], shape, dtype)
    return x * scale + loc


def wald(key: Key, mean: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Return numbers of the inverse Gaussian distribution of scale 1.

    Michael, Schucany and Haas, "Generating random variates using transformations with
    multiple roots" (The American Statistician 30, 1976).

    >>> from fgrad import random
    >>> wald(random.key(0), 2.0).round(6)
    np.float64(0.223279)
    """
    dtype = float_dtype(dtype, "wald")
    mean = parameter(mean, dtype, "wald", "mean")
    shape = sample_shape(shape, "wald", mean=mean)
    keys = subkeys(consumed(key, "wald"), (2,))
    y = gaussian(keys[0], shape, dtype) ** 2
    u = unit(keys[1], shape, dtype)
    root = np.sqrt(4 * mean * y + mean**2 * y**2)
    x = 2 * mean / (2 + mean * y + root)  # the smaller root, without cancellation
    return np.where(u <= mean / (mean + x), x, mean**2 / x)


def multivariate_normal(
    key: Key,
    mean: Any,
    cov: Any,
    shape: Shape | None = None,
    dtype: Any = None,
    method: str = "cholesky",
) -> Any:
    """Return normal vectors with a mean and a covariance matrix.

    ``mean`` has shape (..., n) and ``cov`` (..., n, n); ``shape`` is that of the
    leading axes of the result. ``method`` says how the covariance is taken apart:
    ``"cholesky"``, ``"eigh"``, or ``"svd"``, which admit singular matrices.

    >>> from fgrad import random
    >>> multivariate_normal(random.key(0), np.zeros(2), np.eye(2)).round(6)
    array([-0.205842, -0.784766])
    """
    name = "multivariate_normal"
    if method not in _FACTORS:
        raise ValueError(f"{name}: method must be one of {list(_FACTORS)}")
    dtype = float_dtype(joint_dtype(mean, cov) if dtype is None else dtype, name)
    mean, cov = parameter(mean, dtype, name, "mean"), parameter(cov, dtype, name, "cov")
    n = shape_of(mean)[-1:]
    if not n or shape_of(cov)[-2:] != (*n, *n):
        raise ValueError(
            f"{name}: mean must have shape (..., n) and cov (..., n, n), got "
            f"{shape_of(mean)} and {shape_of(cov)}"
        )
    batch = {"mean": np.empty(shape_of(mean)[:-1]), "cov": np.empty(shape_of(cov)[:-2])}
    shape = sample_shape(shape, name, **batch)
    x = gaussian(consumed(key, name), (*shape, *n), dtype)
    return mean + np.matmul(_FACTORS[method](cov), x[..., None])[..., 0]


def _cholesky(cov: Any) -> Any:
    return np.linalg.cholesky((cov + np.matrix_transpose(cov)) / 2)


def _eigh(cov: Any) -> Any:
    w, v = np.linalg.eigh((cov + np.matrix_transpose(cov)) / 2)
    return v * np.sqrt(w[..., None, :])


def _svd(cov: Any) -> Any:
    u, s, _ = np.linalg.svd(cov)
    return u * np.sqrt(s[..., None, :])


_FACTORS = {"cholesky": _cholesky, "eigh": _eigh, "svd": _svd}


def orthogonal(
    key: Key, n: int, shape: Shape = (), dtype: Any = None, m: int | None = None
) -> Any:
    """Return random orthogonal matrices, all directions being equally likely.

    With ``m`` they are of shape (n, m), with orthonormal columns or rows. Mezzadri,
    "How to generate random matrices from the classical compact groups" (Notices of
    the AMS 54, 2007).

    >>> from fgrad import random
    >>> q = orthogonal(random.key(0), 3)
    >>> np.allclose(q @ q.T, np.eye(3))
    True
    """
    rows, columns = checked_shape((n, n if m is None else m), "orthogonal", "n and m")
    shape = checked_shape(shape, "orthogonal")
    tall = (*shape, max(rows, columns), min(rows, columns))
    q, r = np.linalg.qr(normal(key, tall, dtype))
    q = q * np.sign(np.diagonal(r, axis1=-2, axis2=-1))[..., None, :]
    return np.matrix_transpose(q) if rows < columns else q
