"""Normalisation along axes: softmax and its kin, standardisation, one-hot codes."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from ..core import dtype_of, ndim_of, shape_of, short_errors
from ..numpy.arrays import arraylike
from ..ops import elementwise as ew
from ..ops.axes import normalize_axes, normalize_axis
from ..ops.basic import astype, size_of, sum_axes
from ..ops.reduce import logsumexp as plain_logsumexp
from ..ops.reduce import reduce_max


def _float(x: Any) -> Any:
    """Return an argument as a float or complex array."""
    x = arraylike(x)
    x = x if hasattr(x, "shape") else np.asarray(x)
    return astype(x, np.float64) if dtype_of(x).kind in "iub" else x


def _masked(x: Any, mask: Any) -> Any:
    return x if mask is None else np.where(arraylike(mask), x, -np.inf)


def _shifted(x: Any, axes: tuple[int, ...], masked: bool) -> Any:
    """Return ``x`` less its largest element over axes, which carries no derivative."""
    if not size_of(shape_of(x), axes):
        return x
    top = ew.stop_gradient_p(reduce_max(x, axes=axes, keepdims=True))
    if masked:  # nothing is left of a row: then everything is -inf, not nan
        top = np.where(top == -np.inf, 0, top)
    return x - top


def _axes(x: Any, axis: Any, name: str) -> tuple[int, ...]:
    return normalize_axes(axis, ndim_of(x), name, shape_of(x))


@short_errors
def softmax(x: Any, axis: Any = -1, where: Any = None) -> Any:
    """Return exponentials over their sum along axes, without overflow.

    Args:
        x: an array.
        axis: an axis, several, or None for all.
        where: which elements count; the others become 0.

    >>> softmax(np.array([1000.0, 1000.0, -np.inf]))
    array([0.5, 0.5, 0. ])
    """
    x = _masked(_float(x), where)
    axes = _axes(x, axis, "softmax")
    e = np.exp(_shifted(x, axes, where is not None))
    total = sum_axes(e, axes, keepdims=True)
    return e / (total if where is None else np.where(total == 0, 1, total))


@short_errors
def log_softmax(x: Any, axis: Any = -1, where: Any = None) -> Any:
    """Return the logarithm of `softmax`, accurate where that is small.

    Args:
        x: an array.
        axis: an axis, several, or None for all.
        where: which elements count; the others become ``-inf``.

    >>> log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    x = _masked(_float(x), where)
    axes = _axes(x, axis, "log_softmax")
    shifted = _shifted(x, axes, where is not None)
    total = sum_axes(np.exp(shifted), axes, keepdims=True)
    if where is not None:
        total = np.where(total == 0, 1, total)
    return shifted - np.log(total)


@short_errors
def logsumexp(
    a: Any,
    axis: Any = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
    where: Any = None,
) -> Any:
    """Return ``log(sum(b * exp(a)))`` over axes, without overflow.

    Args:
        a: an array.
        axis: an axis, several, or None for all.
        b: factors, which broadcast to ``a``.
        keepdims: keep the axes with length 1.
        return_sign: return the logarithm of the magnitude, and the sign. Otherwise a
            negative sum gives nan.
        where: which elements count.

    >>> logsumexp(np.array([-1000.0, -1000.0])).round(4)
    np.float64(-999.3069)
    >>> logsumexp(np.array([0.0, 0.0]), b=np.array([1.0, -3.0]), return_sign=True)
    (np.float64(0.6931471805599453), np.float64(-1.0))
    """
    x = _masked(_float(a), where)
    if b is not None:
        b = arraylike(b)
        x, b = np.broadcast_arrays(np.where(b == 0, -np.inf, x), b)
    axes = _axes(x, axis, "logsumexp")
    if not size_of(shape_of(x), axes):
        total = sum_axes(x, axes, keepdims)
        return (total - np.inf, total) if return_sign else total - np.inf
    if b is None and not return_sign:
        return plain_logsumexp(x, axes, keepdims)
    key = np.real(x) if dtype_of(x).kind == "c" else x
    top = ew.stop_gradient_p(reduce_max(key, axes=axes, keepdims=True))
    shift = np.where(np.isfinite(top), top, 0)
    terms = np.exp(x - shift) if b is None else b * np.exp(x - shift)
    total = sum_axes(terms, axes, keepdims=True)
    sign = np.sign(total)
    if return_sign or dtype_of(total).kind != "c":
        size = np.abs(total)
    else:
        size = total
    z = np.where(size == 0, -np.inf, np.log(np.where(size == 0, 1, size))) + shift
    if not return_sign and dtype_of(total).kind != "c":
        z = np.where(sign < 0, np.nan, z)
    if not keepdims:
        z, sign = (np.squeeze(part, axes)[()] for part in (z, sign))
    return (z, sign) if return_sign else z


@short_errors
def logmeanexp(
    x: Any, axis: Any = None, where: Any = None, keepdims: bool = False
) -> Any:
    """Return the logarithm of the mean of exponentials over axes, without overflow.

    >>> logmeanexp(np.array([1000.0, 1000.0]))
    np.float64(1000.0)
    """
    x = _float(x)
    count = _counted(x, _axes(x, axis, "logmeanexp"), where, keepdims)
    return logsumexp(x, axis, keepdims=keepdims, where=where) - np.log(count)


def _counted(x: Any, axes: tuple[int, ...], where: Any, keepdims: bool = True) -> Any:
    """Return how many elements count, as a float."""
    dtype = np.real(np.empty(0, dtype_of(x))).dtype
    if where is None:
        return dtype.type(size_of(shape_of(x), axes))
    mask = np.broadcast_to(arraylike(where), shape_of(x))
    return sum_axes(astype(mask, dtype), axes, keepdims)


@short_errors
def standardize(
    x: Any,
    axis: Any = -1,
    mean: Any = None,
    variance: Any = None,
    epsilon: Any = 1e-5,
    where: Any = None,
    *,
    algorithm: str = "fast",
) -> Any:
    """Take off the mean along axes, and divide by the standard deviation.

    Args:
        x: an array.
        axis: an axis, several, or None for all.
        mean: what to take off, instead of the mean.
        variance: what to use instead of the variance.
        epsilon: a number that is added to the variance.
        where: which elements make up mean and variance.
        algorithm: ``"fast"`` takes the mean of squares less the square of the mean, as
            JAX does; ``"stable"`` takes the mean of squared deviations.

    Raises:
        ValueError: if the algorithm is another one.

    >>> standardize(np.array([1.0, 3.0]), epsilon=0.0)
    array([-1.,  1.])
    """
    if algorithm not in ("fast", "stable"):
        raise ValueError(
            f"standardize: algorithm must be 'fast' or 'stable', got {algorithm!r}"
        )
    x = _float(x)
    axes = _axes(x, axis, "standardize")
    if mean is None:
        mean = _mean(x, axes, where)
    if variance is None and algorithm == "stable":
        variance = _mean(np.square(x - mean), axes, where)
    elif variance is None:
        variance = _mean(np.square(x), axes, where) - np.square(mean)
        variance = np.maximum(variance, 0)
    return (x - mean) / np.sqrt(variance + epsilon)


def _mean(x: Any, axes: tuple[int, ...], where: Any) -> Any:
    kept = x if where is None else np.where(arraylike(where), x, 0)
    return sum_axes(kept, axes, keepdims=True) / _counted(x, axes, where)


@short_errors
def one_hot(x: Any, num_classes: int, *, dtype: Any = None, axis: int = -1) -> Any:
    """Return 1 at the place that each integer numbers along a new axis, else 0.

    Integers out of bounds give zeros only.

    Args:
        x: an array of integers.
        num_classes: the length of the new axis.
        dtype: the dtype of the result; float64 by default.
        axis: the place of the new axis.

    >>> one_hot(np.array([1, 0, 3]), 3)
    array([[0., 1., 0.],
           [1., 0., 0.],
           [0., 0., 0.]])
    """
    x = arraylike(x)
    n = index(num_classes)
    axis = normalize_axis(axis, ndim_of(x) + 1, "one_hot")
    classes = np.arange(n).reshape((-1,) + (1,) * (ndim_of(x) - axis))
    hits = np.expand_dims(x, axis) == classes
    return astype(hits, np.float64 if dtype is None else np.dtype(dtype))
