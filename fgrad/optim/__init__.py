"""Optimisers as pairs of pure functions, with the names and numbers of optax.

>>> import numpy as np
>>> import fgrad
>>> from fgrad import optim
>>> optimiser = optim.adam(learning_rate=0.1)
>>> loss = lambda params: np.sum((params["w"] - 3.0) ** 2)
>>> params = {"w": np.zeros(2)}
>>> state = optimiser.init(params)
>>> for _ in range(200):
...     grads = fgrad.grad(loss)(params)
...     updates, state = optimiser.update(grads, state, params)
...     params = optim.apply_updates(params, updates)
>>> params["w"].round(2)
array([3., 3.])
"""

from __future__ import annotations

from .base import (
    EmptyState,
    GradientTransformation,
    apply_updates,
    chain,
    identity,
    scale,
)
from .moments import (
    ScaleByAdamState,
    ScaleByRmsState,
    ScaleByStddevState,
    TraceState,
    scale_by_adam,
    scale_by_rms,
    scale_by_stddev,
    trace,
)
from .optimisers import adam, adamw, momentum, rmsprop, sgd
from .schedules import (
    constant_schedule,
    cosine_decay_schedule,
    exponential_decay,
    join_schedules,
    linear_schedule,
    piecewise_constant_schedule,
    warmup_cosine_decay_schedule,
)
from .steps import (
    ScaleByScheduleState,
    add_decayed_weights,
    clip,
    clip_by_global_norm,
    global_norm,
    scale_by_learning_rate,
    scale_by_schedule,
)

__all__ = [
    "EmptyState",
    "GradientTransformation",
    "ScaleByAdamState",
    "ScaleByRmsState",
    "ScaleByScheduleState",
    "ScaleByStddevState",
    "TraceState",
    "adam",
    "adamw",
    "add_decayed_weights",
    "apply_updates",
    "chain",
    "clip",
    "clip_by_global_norm",
    "constant_schedule",
    "cosine_decay_schedule",
    "exponential_decay",
    "global_norm",
    "identity",
    "join_schedules",
    "linear_schedule",
    "momentum",
    "piecewise_constant_schedule",
    "rmsprop",
    "scale",
    "scale_by_adam",
    "scale_by_learning_rate",
    "scale_by_rms",
    "scale_by_schedule",
    "scale_by_stddev",
    "sgd",
    "trace",
    "warmup_cosine_decay_schedule",
]
