"""Optimisers: the chains of transformations that have a name."""

from __future__ import annotations

from typing import Any

from ..core import short_errors
from .base import GradientTransformation, chain, identity
from .moments import scale_by_adam, scale_by_rms, scale_by_stddev, trace
from .schedules import Schedule
from .steps import add_decayed_weights, scale_by_learning_rate


@short_errors
def sgd(
    learning_rate: float | Schedule,
    momentum: float | None = None,
    nesterov: bool = False,
    accumulator_dtype: Any = None,
) -> GradientTransformation:
    """Return gradient descent, with momentum if it is given.

    >>> import numpy as np
    >>> from fgrad.optim import apply_updates
    >>> optimiser, params = sgd(0.1), np.array([1.0, 2.0])
    >>> state = optimiser.init(params)
    >>> updates, state = optimiser.update(np.array([1.0, -1.0]), state)
    >>> apply_updates(params, updates)
    array([0.9, 2.1])
    """
    sum_up = identity()
    if momentum is not None:
        sum_up = trace(momentum, nesterov, accumulator_dtype)
    return chain(sum_up, scale_by_learning_rate(learning_rate))


@short_errors
def momentum(
    learning_rate: float | Schedule, decay: float = 0.9, nesterov: bool = False
) -> GradientTransformation:
    """Return gradient descent with momentum.

    >>> optimiser = momentum(0.1)
    >>> optimiser.update(1.0, optimiser.init(1.0))[0]
    np.float64(-0.1)
    """
    return sgd(learning_rate, decay, nesterov)


@short_errors
def adam(
    learning_rate: float | Schedule,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    *,
    nesterov: bool = False,
) -> GradientTransformation:
    """Return Adam; the options are those of `scale_by_adam`.

    >>> import numpy as np
    >>> optimiser = adam(0.1)
    >>> grads = np.array([100.0, -0.01])
    >>> optimiser.update(grads, optimiser.init(grads))[0].round(6)
    array([-0.1,  0.1])
    """
    rescale = scale_by_adam(b1, b2, eps, eps_root, mu_dtype, nesterov=nesterov)
    return chain(rescale, scale_by_learning_rate(learning_rate))


@short_errors
def adamw(
    learning_rate: float | Schedule,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    weight_decay: float = 1e-4,
    mask: Any = None,
    *,
    nesterov: bool = False,
) -> GradientTransformation:
    """Return Adam with decoupled weight decay; ``update`` needs the parameters.

    The decay joins after Adam's rescaling and is multiplied by the learning rate;
    ``mask`` says what decays, as in `add_decayed_weights`.
    Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).

    >>> optimiser, params = adamw(0.1, weight_decay=0.5), 4.0
    >>> updates, _ = optimiser.update(7.0, optimiser.init(params), params)
    >>> print(updates.round(6))
    -0.3
    """
    return chain(
        scale_by_adam(b1, b2, eps, eps_root, mu_dtype, nesterov=nesterov),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


@short_errors
def rmsprop(
    learning_rate: float | Schedule,
    decay: float = 0.9,
    eps: float = 1e-8,
    initial_scale: float = 0.0,
    eps_in_sqrt: bool = True,
    centered: bool = False,
    momentum: float | None = None,
    nesterov: bool = False,
    bias_correction: bool = False,
) -> GradientTransformation:
    """Return RMSProp; the options are those of `scale_by_rms` and `trace`.

    With ``centered``, gradients are divided by their standard deviation.

    >>> import numpy as np
    >>> optimiser = rmsprop(0.1, decay=0.75)
    >>> grads = np.array([100.0, -0.01])
    >>> optimiser.update(grads, optimiser.init(grads))[0].round(3)
    array([-0.2,  0.2])
    """
    rescale = scale_by_stddev if centered else scale_by_rms
    return chain(
        rescale(decay, eps, initial_scale, eps_in_sqrt, bias_correction),
        scale_by_learning_rate(learning_rate),
        identity() if momentum is None else trace(momentum, nesterov),
    )
