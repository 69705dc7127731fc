"""Clipping, weight decay, and the size of the step."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..core import short_errors
from ..pytree import broadcast_prefix, tree_flatten, tree_leaves
from .base import (
    START,
    GradientTransformation,
    each,
    number,
    scale,
    stateless,
    times,
)
from .schedules import Schedule


class ScaleByScheduleState(NamedTuple):
    """The number of steps taken."""

    count: Any


@short_errors
def global_norm(updates: Any) -> Any:
    """Return the Euclidean norm of all arrays of a tree together.

    >>> print(global_norm({"b": 3.0, "w": np.array([0.0, 4.0])}))
    5.0
    """
    norms = [np.linalg.norm(leaf) for leaf in tree_leaves(updates)]
    return np.linalg.norm(np.stack(norms)) if norms else 0.0


@short_errors
def clip_by_global_norm(max_norm: float) -> GradientTransformation:
    """Return the transformation that shortens gradients to a global norm.

    Shorter gradients stay as they are; longer ones keep their direction.

    >>> clipping = clip_by_global_norm(1.0)
    >>> clipping.update(np.array([3.0, 4.0]), clipping.init(None))[0]
    array([0.6, 0.8])
    """
    number("clip_by_global_norm", "max_norm", max_norm)

    def update(grads: Any, params: Any) -> Any:
        # The quotient is 1 for short gradients, and never 0 / 0.
        factor = max_norm / np.maximum(global_norm(grads), max_norm)
        return each("clip_by_global_norm", times, {"grads": grads}, (factor,))

    return stateless(update)


@short_errors
def clip(max_delta: float) -> GradientTransformation:
    """Return the transformation that clips each element to ``+-max_delta``.

    >>> clipping = clip(1.0)
    >>> clipping.update(np.array([-3.0, 0.5]), clipping.init(None))[0]
    array([-1. ,  0.5])
    """
    number("clip", "max_delta", max_delta)
    clipped = lambda g, limit: np.clip(g, -limit, limit)
    return stateless(
        lambda grads, params: each("clip", clipped, {"grads": grads}, (max_delta,))
    )


@short_errors
def add_decayed_weights(
    weight_decay: float = 0.0, mask: Any = None
) -> GradientTransformation:
    """Return the addition of ``weight_decay`` times the parameters to the gradients.

    ``mask`` is a tree of booleans, or a function from the parameters to one, that says
    which parameters decay; it may be a prefix of their tree. ``update`` needs params.

    >>> decay = add_decayed_weights(0.1, mask={"b": False, "w": True})
    >>> grads, params = {"b": 1.0, "w": 1.0}, {"b": 2.0, "w": 2.0}
    >>> decay.update(grads, decay.init(params), params)[0]
    {'b': 1.0, 'w': 1.2}
    """
    number("add_decayed_weights", "weight_decay", weight_decay)

    def update(grads: Any, params: Any) -> Any:
        if params is None:
            raise ValueError(
                "add_decayed_weights: weight decay needs the parameters: write "
                "optimiser.update(grads, state, params)"
            )
        decayed = each(
            "add_decayed_weights",
            lambda g, p, decay: g + decay * p,
            {"grads": grads, "params": params},
            (weight_decay,),
        )
        if mask is None:
            return decayed
        chosen = broadcast_prefix(mask(params) if callable(mask) else mask, params)
        leaves, treedef = tree_flatten(grads)
        pairs = zip(chosen, tree_leaves(decayed), leaves)
        return treedef.unflatten(new if yes else old for yes, new, old in pairs)

    return stateless(update)


def scale_by_schedule(step_size_fn: Schedule) -> GradientTransformation:
    """Return the multiplication by a function of the number of steps taken so far.

    >>> halving = scale_by_schedule(lambda count: 0.5**count)
    >>> state = halving.init(1.0)
    >>> for _ in range(3):
    ...     updates, state = halving.update(1.0, state)
    >>> print(updates, state.count)
    0.25 3
    """

    @short_errors
    def update(grads: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        size = number(
            "scale_by_schedule", "the value of the schedule", step_size_fn(state.count)
        )
        updates = each("scale_by_schedule", times, {"grads": grads}, (size,))
        return updates, ScaleByScheduleState(state.count + 1)

    return GradientTransformation(lambda params: ScaleByScheduleState(START), update)


@short_errors
def scale_by_learning_rate(
    learning_rate: float | Schedule, *, flip_sign: bool = True
) -> GradientTransformation:
    """Return the step of descent: gradients times minus the learning rate.

    Raises:
        TypeError: for a learning rate that is neither a number nor a schedule.

    >>> descent = scale_by_learning_rate(0.1)
    >>> descent.update(1.0, descent.init(None))[0]
    -0.1
    """
    sign = -1 if flip_sign else 1
    if callable(learning_rate):
        return scale_by_schedule(lambda count: sign * learning_rate(count))
    what = "a number or a schedule (a function of the number of steps)"
    return scale(
        sign * number("scale_by_learning_rate", "learning_rate", learning_rate, what)
    )
