"""Averages of gradients: momentum, and the rescaling of Adam and RMSProp."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..core import dtype_of, short_errors
from .base import START, GradientTransformation, cast, each, filled, number


class TraceState(NamedTuple):
    """The decaying sum of past gradients."""

    trace: Any


class ScaleByAdamState(NamedTuple):
    """The number of steps, and averages of gradients and of their squares."""

    count: Any
    mu: Any
    nu: Any


class ScaleByRmsState(NamedTuple):
    """The number of steps, and the average of squared gradients."""

    count: Any
    nu: Any


class ScaleByStddevState(NamedTuple):
    """The number of steps, and averages of gradients and of their squares."""

    count: Any
    mu: Any
    nu: Any


@short_errors
def trace(
    decay: float, nesterov: bool = False, accumulator_dtype: Any = None
) -> GradientTransformation:
    """Return momentum: the transformation to a decaying sum of all gradients so far.

    With ``nesterov`` the sum looks one step ahead. ``accumulator_dtype`` is the dtype
    of the state, by default that of the parameters.

    >>> momentum = trace(decay=0.9)
    >>> state = momentum.init(0.0)
    >>> for _ in range(2):
    ...     updates, state = momentum.update(1.0, state)
    >>> print(updates)
    1.9
    """
    number("trace", "decay", decay)
    added = lambda g, t, decay: g + decay * t

    @short_errors
    def init(params: Any) -> TraceState:
        return TraceState(filled("trace", params, 0.0, accumulator_dtype, real=False))

    @short_errors
    def update(grads: Any, state: Any, params: Any = None) -> tuple[Any, TraceState]:
        last = {"grads": grads, "state.trace": state.trace}
        total = ahead = each("trace", added, last, (decay,))
        if nesterov:
            both = {"grads": grads, "state.trace": total}
            ahead = each("trace", added, both, (decay,))
        return ahead, TraceState(cast(total, accumulator_dtype))

    return GradientTransformation(init, update)


@short_errors
def scale_by_adam(
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    *,
    nesterov: bool = False,
) -> GradientTransformation:
    """Return Adam's rescaling: the mean gradient over its root mean square.

    Both are averages with the decay ``b1`` and ``b2``, corrected for their start at
    zero. ``eps_root`` is added under the root: to differentiate through the optimiser,
    give one (1e-8), or the derivative where a gradient is 0 is ``1 / eps``.
    ``mu_dtype`` is the dtype of the mean's state.
    Source: Kingma and Ba, "Adam" (2015); ``nesterov``: Dozat (2016).

    >>> adam = scale_by_adam()
    >>> updates, state = adam.update(np.array([0.1, -9.0]), adam.init(np.zeros(2)))
    >>> updates.round(6), state.count
    (array([ 1., -1.]), np.int64(1))
    """
    name = "scale_by_adam"
    for key, value in (("b1", b1), ("b2", b2), ("eps", eps), ("eps_root", eps_root)):
        number(name, key, value)

    @short_errors
    def init(params: Any) -> ScaleByAdamState:
        mu = filled(name, params, 0.0, mu_dtype, real=False)
        return ScaleByAdamState(START, mu, filled(name, params, 0.0, None, real=True))

    @short_errors
    def update(grads: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        count = state.count + 1
        mu = _mean(name, b1, grads, state.mu)
        nu = _mean_square(name, b2, grads, state.nu)
        corrections = [1 - b1**count, 1 - b1**count, 1 - b2**count]
        if nesterov:
            corrections[1] = 1 - b1 ** (count + 1)

        def rescaled(m: Any, g: Any, v: Any, *numbers: Any) -> Any:
            now, ahead, of_square, b1, eps, eps_root = numbers
            m = b1 * (m / ahead) + (1 - b1) * (g / now) if nesterov else m / now
            return m / (np.sqrt(v / of_square + eps_root) + eps)

        trees = {"state.mu": mu, "grads": grads, "state.nu": nu}
        updates = each(name, rescaled, trees, (*corrections, b1, eps, eps_root))
        return updates, ScaleByAdamState(count, cast(mu, mu_dtype), nu)

    return GradientTransformation(init, update)


@short_errors
def scale_by_rms(
    decay: float = 0.9,
    eps: float = 1e-8,
    initial_scale: float = 0.0,
    eps_in_sqrt: bool = True,
    bias_correction: bool = False,
) -> GradientTransformation:
    """Return the division by the root mean square of the gradients so far.

    The mean starts at ``initial_scale``; ``bias_correction`` corrects for a start at
    zero. ``eps`` goes under the root, or is added to it.
    Source: Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning".

    >>> rms = scale_by_rms(decay=0.75)
    >>> rms.update(np.array([0.1, -9.0]), rms.init(np.zeros(2)))[0].round(3)
    array([ 2., -2.])
    """
    name = "scale_by_rms"
    _check_rms(name, decay, eps, initial_scale)

    @short_errors
    def init(params: Any) -> ScaleByRmsState:
        nu = filled(name, params, initial_scale, None, real=True)
        return ScaleByRmsState(START, nu)

    def rescaled(g: Any, v: Any, correction: Any, eps: Any) -> Any:
        return g / _root(v / correction, eps, eps_in_sqrt)

    @short_errors
    def update(grads: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        count = state.count + 1
        nu = _mean_square(name, decay, grads, state.nu)
        correction = 1 - decay**count if bias_correction else 1.0
        trees = {"grads": grads, "state.nu": nu}
        updates = each(name, rescaled, trees, (correction, eps))
        return updates, ScaleByRmsState(count, nu)

    return GradientTransformation(init, update)


@short_errors
def scale_by_stddev(
    decay: float = 0.9,
    eps: float = 1e-8,
    initial_scale: float = 0.0,
    eps_in_sqrt: bool = True,
    bias_correction: bool = False,
) -> GradientTransformation:
    """Return the division by the standard deviation of the gradients so far.

    The options are those of `scale_by_rms`.

    >>> centred = scale_by_stddev(decay=0.5)
    >>> centred.update(np.array([0.1, -9.0]), centred.init(np.zeros(2)))[0].round(3)
    array([ 2., -2.])
    """
    name = "scale_by_stddev"
    _check_rms(name, decay, eps, initial_scale)

    @short_errors
    def init(params: Any) -> ScaleByStddevState:
        mu = filled(name, params, 0.0, None, real=False)
        nu = filled(name, params, initial_scale, None, real=True)
        return ScaleByStddevState(START, mu, nu)

    def rescaled(g: Any, m: Any, v: Any, correction: Any, eps: Any) -> Any:
        variance = v / correction - _square(m / correction)
        return g / _root(variance, eps, eps_in_sqrt)

    @short_errors
    def update(grads: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        count = state.count + 1
        mu = _mean(name, decay, grads, state.mu)
        nu = _mean_square(name, decay, grads, state.nu)
        correction = 1 - decay**count if bias_correction else 1.0
        trees = {"grads": grads, "state.mu": mu, "state.nu": nu}
        updates = each(name, rescaled, trees, (correction, eps))
        return updates, ScaleByStddevState(count, mu, nu)

    return GradientTransformation(init, update)


def _check_rms(name: str, decay: Any, eps: Any, initial_scale: Any) -> None:
    number(name, "decay", decay)
    number(name, "eps", eps)
    number(name, "initial_scale", initial_scale)


def _mean(name: str, decay: Any, grads: Any, mean: Any) -> Any:
    trees = {"grads": grads, "state.mu": mean}
    return each(name, lambda g, m, decay: decay * m + (1 - decay) * g, trees, (decay,))


def _mean_square(name: str, decay: Any, grads: Any, mean: Any) -> Any:
    def averaged(v: Any, g: Any, decay: Any) -> Any:
        return decay * v + (1 - decay) * _square(g)

    return each(name, averaged, {"state.nu": mean, "grads": grads}, (decay,))


def _square(x: Any) -> Any:
    """Return the squared magnitude, which is real."""
    return x.real**2 + x.imag**2 if dtype_of(x).kind == "c" else x * x


def _root(square: Any, eps: Any, eps_in_sqrt: bool) -> Any:
    return np.sqrt(square + eps) if eps_in_sqrt else np.sqrt(square) + eps
