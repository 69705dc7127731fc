"""Initializers of weights, in the names and with the numbers of jax.nn.initializers.

An initializer is a function of a key, a shape and a dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any, Protocol

import numpy as np

from .. import random
from ..random.arguments import parameter
from ..transforms.arguments import shown


class Initializer(Protocol):
    """What every initializer is: ``initializer(key, shape, dtype)`` gives an array."""

    def __call__(self, key: Any, shape: Any, dtype: Any = ..., /) -> Any: ...


def _dtype(dtype: Any, default: Any) -> np.dtype:
    return np.dtype(default if dtype is None else dtype)


# -- constants ---------------------------------------------------------------------


def zeros(key: Any, shape: Any, dtype: Any = None) -> Any:
    """Return zeros; the key is not used.

    >>> zeros(None, (2,))
    array([0., 0.])
    """
    return np.zeros(shape, _dtype(dtype, float))


def ones(key: Any, shape: Any, dtype: Any = None) -> Any:
    """Return ones; the key is not used.

    >>> ones(None, (2,))
    array([1., 1.])
    """
    return np.ones(shape, _dtype(dtype, float))


def constant(value: Any, dtype: Any = None) -> Initializer:
    """Return an initializer that fills arrays with a value.

    >>> constant(3.0)(None, (2,))
    array([3., 3.])
    """

    def init(key: Any, shape: Any, dtype: Any = dtype) -> Any:
        return np.broadcast_to(value, shape).astype(_dtype(dtype, float))

    return init


# -- independent numbers -----------------------------------------------------------


def uniform(scale: Any = 1e-2, dtype: Any = None) -> Initializer:
    """Return an initializer with uniform numbers in [0, scale).

    >>> uniform(2.0)(random.key(0), (2,)).round(6)
    array([0.836914, 0.432591])
    """

    def init(key: Any, shape: Any, dtype: Any = dtype) -> Any:
        found = _dtype(dtype, float)
        numbers = random.uniform(key, shape, found)
        return numbers * parameter(scale, found, "uniform", "scale")

    return init


def normal(stddev: Any = 1e-2, dtype: Any = None) -> Initializer:
    """Return an initializer with normal numbers of mean 0.

    >>> normal(1.0)(random.key(0), (2,)).round(6)
    array([-0.205842, -0.784766])
    """

    def init(key: Any, shape: Any, dtype: Any = dtype) -> Any:
        found = _dtype(dtype, float)
        numbers = random.normal(key, shape, found)
        return numbers * parameter(stddev, found, "normal", "stddev")

    return init


def truncated_normal(
    stddev: Any = 1e-2, dtype: Any = None, lower: Any = -2.0, upper: Any = 2.0
) -> Initializer:
    """Return an initializer with normal numbers, truncated and then scaled.

    >>> bool((abs(truncated_normal(1.0)(random.key(0), (99,))) < 2).all())
    True
    """

    def init(key: Any, shape: Any, dtype: Any = dtype) -> Any:
        found = _dtype(dtype, float)
        numbers = random.truncated_normal(key, lower, upper, shape, found)
        return numbers * parameter(stddev, found, "truncated_normal", "stddev")

    return init


# -- numbers whose variance fits a layer ---------------------------------------------

_TRUNCATED = 0.87962566103423978  # deviation of a normal number truncated to (-2, 2)


def _places(axes: int | Sequence[int], rank: int) -> set[int]:
    axes = (axes,) if isinstance(axes, int) else axes
    return {axis % rank for axis in axes}


def _fans(shape: Sequence[int], in_axis: Any, out_axis: Any, batch_axis: Any) -> Any:
    """Return how many inputs and outputs a unit of a layer has."""
    rank = len(shape)
    if rank < 2:
        raise ValueError(
            f"variance_scaling needs a shape of two axes or more, got {tuple(shape)}: "
            "use normal or zeros for vectors"
        )
    ins, outs = _places(in_axis, rank), _places(out_axis, rank)
    batch = _places(batch_axis, rank)
    count = lambda axes: prod(shape[a] for a in axes)
    field = prod(shape) / max(count(ins) * count(outs) * count(batch), 1)
    return count(ins) * field, count(outs) * field


def variance_scaling(
    scale: Any,
    mode: str,
    distribution: str,
    in_axis: int | Sequence[int] = -2,
    out_axis: int | Sequence[int] = -1,
    batch_axis: int | Sequence[int] = (),
    dtype: Any = None,
) -> Initializer:
    """Return an initializer whose variance is ``scale`` over the fan of a layer.

    ``mode`` names the fan: ``"fan_in"``, ``"fan_out"``, ``"fan_avg"`` or
    ``"fan_geo_avg"``; ``distribution`` is ``"truncated_normal"``, ``"normal"`` or
    ``"uniform"``. Axes that are neither in, out nor batch are a receptive field.

    >>> variance_scaling(1.0, "fan_in", "normal")(random.key(0), (4, 2)).shape
    (4, 2)
    """

    def init(key: Any, shape: Any, dtype: Any = dtype) -> Any:
        found = _dtype(dtype, float)
        fan_in, fan_out = _fans(shape, in_axis, out_axis, batch_axis)
        means = {
            "fan_in": fan_in,
            "fan_out": fan_out,
            "fan_avg": (fan_in + fan_out) / 2,
            "fan_geo_avg": sqrt(fan_in * fan_out),
        }
        share = scale / _chosen("mode", mode, means)
        variance = parameter(share, found, "variance_scaling", "scale")
        draw = _chosen("distribution", distribution, _DISTRIBUTIONS)
        return draw(key, shape, found, variance)

    return init


def _chosen(argument: str, name: str, options: dict[str, Any]) -> Any:
    if name not in options:
        raise ValueError(
            f"variance_scaling: {argument} must be one of {', '.join(options)}, got "
            f"{shown(name)}"
        )
    return options[name]


def _scaled_truncated(key: Any, shape: Any, dtype: np.dtype, variance: Any) -> Any:
    numbers = random.truncated_normal(key, -2, 2, shape, dtype)
    return numbers * (np.sqrt(variance) / dtype.type(_TRUNCATED))


def _scaled_normal(key: Any, shape: Any, dtype: np.dtype, variance: Any) -> Any:
    return random.normal(key, shape, dtype) * np.sqrt(variance)


def _scaled_uniform(key: Any, shape: Any, dtype: np.dtype, variance: Any) -> Any:
    return random.uniform(key, shape, dtype, -1) * np.sqrt(3 * variance)


_DISTRIBUTIONS = {
    "truncated_normal": _scaled_truncated,
    "normal": _scaled_normal,
    "uniform": _scaled_uniform,
}


def _named(name: str, scale: float, mode: str, distribution: str, source: str) -> Any:
    def make(
        in_axis: int | Sequence[int] = -2,
        out_axis: int | Sequence[int] = -1,
        batch_axis: int | Sequence[int] = (),
        dtype: Any = None,
    ) -> Initializer:
        axes = in_axis, out_axis, batch_axis
        return variance_scaling(scale, mode, distribution, *axes, dtype)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"""Return the initializer of {source}.

    It is ``variance_scaling({scale}, "{mode}", "{distribution}")``.
    """
    return make


_GLOROT = "Glorot and Bengio (AISTATS 2010), also named after Xavier"
_LECUN = "LeCun, Bottou, Orr and Müller, Efficient BackProp (1998)"
_HE = "He, Zhang, Ren and Sun (ICCV 2015), also named after Kaiming"
_NORMAL = "truncated_normal"

glorot_uniform = _named("glorot_uniform", 1.0, "fan_avg", "uniform", _GLOROT)
glorot_normal = _named("glorot_normal", 1.0, "fan_avg", _NORMAL, _GLOROT)
lecun_uniform = _named("lecun_uniform", 1.0, "fan_in", "uniform", _LECUN)
lecun_normal = _named("lecun_normal", 1.0, "fan_in", _NORMAL, _LECUN)
he_uniform = _named("he_uniform", 2.0, "fan_in", "uniform", _HE)
he_normal = _named("he_normal", 2.0, "fan_in", _NORMAL, _HE)
xavier_uniform, xavier_normal = glorot_uniform, glorot_normal
kaiming_uniform, kaiming_normal = he_uniform, he_normal

# -- orthogonal matrices -------------------------------------------------------------


def orthogonal(
    scale: Any = 1.0, column_axis: int = -1, dtype: Any = None
) -> Initializer:
    """Return an initializer with matrices of orthonormal columns or rows, scaled.

    ``column_axis`` is that of the columns; all other axes together are the rows.

    >>> q = orthogonal()(random.key(0), (3, 3))
    >>> np.allclose(q.T @ q, np.eye(3))
    True
    """

    def init(key: Any, shape: Any, dtype: Any = dtype) -> Any:
        shape = tuple(shape)
        if len(shape) < 2:
            raise ValueError(f"orthogonal needs two axes or more, got shape {shape}")
        columns = shape[column_axis]
        rows = prod(shape) // max(columns, 1)
        found = _dtype(dtype, float)
        q = random.orthogonal(key, rows, (), found, columns)
        others = [n for i, n in enumerate(shape) if i != column_axis % len(shape)]
        q = np.moveaxis(np.reshape(q, (*others, columns)), -1, column_axis)
        return q * parameter(scale, found, "orthogonal", "scale")

    return init


def delta_orthogonal(
    scale: Any = 1.0, column_axis: int = -1, dtype: Any = None
) -> Initializer:
    """Return an initializer of convolutions: an orthogonal matrix at their centre.

    Xiao, Bahri, Sohl-Dickstein, Schoenholz and Pennington (ICML 2018). Shapes have 3 to
    5 axes, the last two of which are inputs and outputs: no more inputs than outputs.

    >>> delta_orthogonal()(random.key(0), (3, 2, 2)).sum(0).shape
    (2, 2)
    """

    def init(key: Any, shape: Any, dtype: Any = dtype) -> Any:
        shape = tuple(shape)
        if len(shape) not in (3, 4, 5) or shape[-1] < shape[-2]:
            raise ValueError(
                "delta_orthogonal needs a shape (..., inputs, outputs) of 3 to 5 axes "
                f"with no more inputs than outputs, got {shape}"
            )
        found = _dtype(dtype, float)
        q = orthogonal(scale, column_axis, found)(key, shape[-2:])
        centre = tuple((n - 1) // 2 for n in shape[:-2])
        around = [(c, n - 1 - c) for c, n in zip(centre, shape[:-2])]
        at = (None,) * len(centre)
        return np.pad(q[at], [*around, (0, 0), (0, 0)])

    return init


__all__ = [
    "Initializer",
    "constant",
    "delta_orthogonal",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "orthogonal",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
