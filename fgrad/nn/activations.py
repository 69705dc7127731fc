"""Activations: finite far out, with definite derivatives where they bend.

They take arrays of any shape, keep float32, and give float64 for integers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import dtype_of, ndim_of, shape_of, short_errors
from ..numpy.arrays import arraylike
from ..ops.axes import normalize_axis
from ..ops.elementwise import stop_gradient_p
from ..ops.index import getitem
from ..ops.logistic import log1mexp as _log1mexp
from ..ops.logistic import logistic
from ..ops.optional import scipy_special

# -- piecewise linear ------------------------------------------------------------------


@short_errors
def identity(x: Any) -> Any:
    """Return ``x``."""
    return arraylike(x)


@short_errors
def relu(x: Any) -> Any:
    """Return ``max(x, 0)``; its derivative at 0 is 0.

    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    x = arraylike(x)
    return np.where(x <= 0, 0, x)


@short_errors
def relu6(x: Any) -> Any:
    """Return ``min(max(x, 0), 6)``; its derivative at 0 and 6 is 0."""
    x = arraylike(x)
    edge = np.minimum(np.maximum(stop_gradient_p(x), 0), 6.0)
    return np.where((x > 0) & (x < 6), x, edge)


@short_errors
def leaky_relu(x: Any, negative_slope: Any = 0.01) -> Any:
    """Return ``x``, and ``negative_slope * x`` where that is negative.

    >>> leaky_relu(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """
    x = arraylike(x)
    return np.where(x >= 0, x, negative_slope * x)


@short_errors
def hard_tanh(x: Any) -> Any:
    """Return ``x`` between -1 and 1, else the nearest of these."""
    x = arraylike(x)
    return np.where(x > 1, 1, np.where(x < -1, -1, x))


@short_errors
def hard_sigmoid(x: Any) -> Any:
    """Return ``relu6(x + 3) / 6``."""
    return relu6(arraylike(x) + 3.0) / 6.0


@short_errors
def hard_silu(x: Any) -> Any:
    """Return ``x * hard_sigmoid(x)``."""
    x = arraylike(x)
    return x * hard_sigmoid(x)


hard_swish = hard_silu

# -- exponentials ----------------------------------------------------------------------


@short_errors
def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Return ``x``, and ``alpha * (exp(x) - 1)`` where that is negative.

    >>> elu(np.array([-800.0, 2.0]))
    array([-1.,  2.])
    """
    x = arraylike(x)
    above = x > 0
    return np.where(above, x, alpha * np.expm1(np.where(above, 0.0, x)))


@short_errors
def celu(x: Any, alpha: Any = 1.0) -> Any:
    """Return ``max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1)``, smooth at 0."""
    x = arraylike(x)
    return np.maximum(x, 0.0) + alpha * np.expm1(np.minimum(x, 0.0) / alpha)


@short_errors
def selu(x: Any) -> Any:
    """Return a scaled `elu` that keeps mean 0 and variance 1 (Klambauer et al., 2017).

    >>> selu(np.array([1.0])).round(4)
    array([1.0507])
    """
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


@short_errors
def sigmoid(x: Any) -> Any:
    """Return ``1 / (1 + exp(-x))``, accurate in both tails.

    >>> sigmoid(np.array([-800.0, 0.0, 800.0]))
    array([0. , 0.5, 1. ])
    """
    return logistic(arraylike(x))


@short_errors
def silu(x: Any) -> Any:
    """Return ``x * sigmoid(x)``."""
    x = arraylike(x)
    return x * logistic(x)


swish = silu


@short_errors
def softplus(x: Any) -> Any:
    """Return ``log(1 + exp(x))`` without overflow.

    >>> softplus(np.array([-800.0, 800.0]))
    array([  0., 800.])
    """
    return _softplus(x, "softplus")


def _softplus(x: Any, name: str) -> Any:
    x = arraylike(x)
    if dtype_of(x).kind == "c":
        raise TypeError(
            f"{name} is a function of real numbers, got {dtype_of(x)}: its logarithm "
            "has branches. Write the one that you mean: np.log(1 + np.exp(x))"
        )
    return np.logaddexp(x, 0.0)


@short_errors
def log_sigmoid(x: Any) -> Any:
    """Return ``log(sigmoid(x))`` without overflow.

    >>> log_sigmoid(np.array([-800.0, 800.0]))
    array([-800.,   -0.])
    """
    return -_softplus(-arraylike(x), "log_sigmoid")


@short_errors
def mish(x: Any) -> Any:
    """Return ``x * tanh(softplus(x))``."""
    x = arraylike(x)
    return x * np.tanh(_softplus(x, "mish"))


@short_errors
def tanh(x: Any, /) -> Any:
    """Return the hyperbolic tangent."""
    return np.tanh(arraylike(x))


@short_errors
def log1mexp(x: Any) -> Any:
    """Return ``log(1 - exp(-x))`` for ``x >= 0``, accurate near 0 and far out.

    Source: M. Maechler, ``Accurately computing log(1 - exp(-|a|))``, 2012.

    >>> log1mexp(np.array([1e-20, 800.0]))
    array([-46.05170186,  -0.        ])
    """
    return _log1mexp(arraylike(x))


@short_errors
def gelu(x: Any, approximate: bool = True) -> Any:
    """Return ``x`` times the normal distribution function of ``x``.

    ``approximate`` takes a tanh for that function (Hendrycks and Gimpel, 2016), as JAX
    does by default; without it SciPy's error function is needed.

    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1588,  0.    ,  0.8412])
    """
    x = arraylike(x)
    if not approximate:
        erfc = scipy_special("erfc", "gelu(approximate=False)")
        return 0.5 * x * erfc(-x / float(np.sqrt(2.0)))
    inner = float(np.sqrt(2.0 / np.pi)) * (x + 0.044715 * x**3)
    return x * (0.5 * (1.0 + np.tanh(inner)))


@short_errors
def glu(x: Any, axis: int = -1) -> Any:
    """Return one half of an axis times the `sigmoid` of the other.

    Raises:
        ValueError: if the length of the axis is odd.

    >>> glu(np.array([3.0, 5.0, 0.0, 0.0]))
    array([1.5, 2.5])
    """
    x = arraylike(x)
    axis = normalize_axis(axis, ndim_of(x), "glu", shape_of(x))
    half, odd = divmod(shape_of(x)[axis], 2)
    if odd:
        raise ValueError(
            f"glu: axis {axis} of shape {shape_of(x)} has an odd length, and no halves"
        )
    lead = (slice(None),) * axis
    first, second = (
        getitem(x, (*lead, part)) for part in (slice(half), slice(half, None))
    )
    return first * logistic(second)


# -- roots and powers ------------------------------------------------------------------


@short_errors
def soft_sign(x: Any) -> Any:
    """Return ``x / (abs(x) + 1)``."""
    x = arraylike(x)
    return x / (np.abs(x) + 1)


@short_errors
def squareplus(x: Any, b: Any = 4) -> Any:
    """Return ``(x + sqrt(x * x + b)) / 2``.

    >>> squareplus(np.array([0.0]))
    array([1.])
    """
    x = arraylike(x)
    return (x + np.sqrt(np.square(x) + b)) / 2


@short_errors
def sparse_plus(x: Any) -> Any:
    """Return 0 below -1, ``x`` above 1, and ``(x + 1)**2 / 4`` between.

    >>> sparse_plus(np.array([-2.0, 0.0, 2.0]))
    array([0.  , 0.25, 2.  ])
    """
    x = arraylike(x)
    inner = np.where(np.abs(x) >= 1.0, 0.0, x)
    middle = (inner + 1.0) ** 2 / 4
    return np.where(x <= -1.0, 0.0, np.where(x >= 1.0, x, middle))


@short_errors
def sparse_sigmoid(x: Any) -> Any:
    """Return 0 below -1, 1 above 1, and ``(x + 1) / 2`` between: `sparse_plus`' slope.

    >>> sparse_sigmoid(np.array([-2.0, 0.0, 2.0]))
    array([0. , 0.5, 1. ])
    """
    return 0.5 * np.clip(arraylike(x) + 1.0, 0.0, 2.0)
