"""Logarithms of sums of exponentials, without overflow or cancellation.

The largest terms are taken out of the sum, as SciPy does: the rest enters through
``log1p``, so that a sum that is nearly its largest term keeps all digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import numpy as fnp
from ..core import dtype_of, ndim_of, shape_of
from ..numpy.arrays import arraylike
from ..ops.axes import normalize_axes
from ..ops.basic import astype, reshape
from ..ops.elementwise import (
    absolute,
    exp,
    isfinite,
    log,
    log1p,
    sign,
    stop_gradient_p,
    where,
)
from ..ops.reduce import amax, sum_


def floating(x: Any) -> Any:
    """Return ``x`` as an array of floats: integers become float64."""
    x = arraylike(x)
    if not hasattr(x, "dtype"):
        x = np.asarray(x)[()]
    return astype(x, np.float64) if dtype_of(x).kind in "iub" else x


def logsumexp(
    a: Any,
    axis: Any = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    """Return ``log(sum(b * exp(a)))`` over some axes, and its sign if asked for.

    A sum that is negative has the logarithm nan, unless ``return_sign``; one that is 0
    has -inf, and the gradient 0.

    >>> from fgrad.scipy.special import logsumexp
    >>> logsumexp([1000.0, 1000.0], b=[1.0, 2.0]).round(4)
    np.float64(1001.0986)
    >>> logsumexp([0.0, 1.0], b=[1.0, -1.0], return_sign=True)[1]
    np.float64(-1.0)
    """
    a = floating(a)
    if b is not None:
        a, b = fnp.broadcast_arrays(a, floating(b))
    axes = normalize_axes(axis, ndim_of(a), "logsumexp", shape_of(a))
    if a.size == 0:
        return _of_nothing(a, axes, keepdims, return_sign)
    top, weighted, largest = _terms(a, b, axes)
    total = sum_(weighted, axes, keepdims=True)
    if dtype_of(total).kind == "c":
        out = log(where(total == 0, 1, total))
    else:
        out = _log_abs(weighted, largest, axes)
    out = where(total == 0, -np.inf, out + top)
    if dtype_of(total).kind == "c":
        signs = total / where(total == 0, 1, absolute(total))
        out = fnp.real(out) if return_sign else out
    else:
        signs = sign(total)
        out = out if return_sign else where(total < 0, np.nan, out)
    if not keepdims:
        shape = tuple(n for i, n in enumerate(shape_of(out)) if i not in axes)
        out, signs = reshape(out, shape=shape), reshape(signs, shape=shape)
    return (out[()], signs[()]) if return_sign else out[()]


def _terms(a: Any, b: Any, axes: Any) -> Any:
    """Return the exponent taken off, what is left, and which terms are the largest."""
    key = fnp.real(a)
    key = key if b is None else where(b == 0, -np.inf, key)
    top = stop_gradient_p(amax(key, axes, keepdims=True))
    # Infinities are taken off as 0 and the largest number, for inf - inf is nan.
    top = where(top == -np.inf, 0, top)
    largest = stop_gradient_p(key) == top
    shift = fnp.minimum(top, np.finfo(dtype_of(top)).max)
    if b is None:
        return top, exp(a - shift), largest
    most = np.log(np.finfo(dtype_of(top)).max)
    unused = (b == 0) & ~(fnp.real(a) - shift < most)  # 0 * inf counts as 0
    return top, b * exp(where(unused, -np.inf, a - shift)), largest


def _log_abs(weighted: Any, largest: Any, axes: Any) -> Any:
    """Return the logarithm of the size of a sum of which some terms are larger."""
    main = sum_(where(largest, weighted, 0), axes, keepdims=True)
    rest = sum_(where(largest, 0, weighted), axes, keepdims=True)
    usual = main != 0
    ratio = where(usual, rest, 0) / where(usual, main, 1)
    ratio = where(ratio < -1, -ratio - 2, ratio)
    ratio = where(ratio == -1, 0, ratio)  # the sum is 0, which the caller sees
    apart = log1p(where(isfinite(ratio), ratio, 0)) + log(
        where(usual, absolute(main), 1)
    )
    total = absolute(main + rest)
    return where(usual, apart, log(where(usual | (total == 0), 1, total)))


def _of_nothing(a: Any, axes: Any, keepdims: bool, return_sign: bool) -> Any:
    kept = [1 if i in axes else n for i, n in enumerate(shape_of(a))]
    shape = kept if keepdims else [n for i, n in enumerate(kept) if i not in axes]
    out = np.full(shape, -np.inf, dtype_of(fnp.real(a)))[()]
    return (out, np.sign(out)) if return_sign else out


def softmax(x: Any, axis: Any = None) -> Any:
    """Return ``exp(x) / sum(exp(x))`` over some axes.

    >>> from fgrad.scipy.special import softmax
    >>> softmax([0.0, 1000.0])
    array([0., 1.])
    """
    x = floating(x)
    terms = exp(x - stop_gradient_p(amax(x, axis, keepdims=True)))
    return terms / sum_(terms, axis, keepdims=True)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """Return the logarithm of `softmax`.

    >>> from fgrad.scipy.special import log_softmax
    >>> log_softmax([0.0, 1000.0])
    array([-1000.,     0.])
    """
    x = floating(x)
    top = stop_gradient_p(amax(x, axis, keepdims=True))
    shifted = x - where(isfinite(top), top, 0)
    return shifted - log(sum_(exp(shifted), axis, keepdims=True))
