"""Schedules: functions from the number of steps taken to a learning rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core import short_errors

Schedule = Callable[[Any], Any]


def constant_schedule(value: float) -> Schedule:
    """Return the schedule that has one value always.

    >>> constant_schedule(0.1)(1000)
    0.1
    """
    return lambda count: value


@short_errors
def linear_schedule(
    init_value: float,
    end_value: float,
    transition_steps: int,
    transition_begin: int = 0,
) -> Schedule:
    """Return the schedule that goes from one value to another in a straight line.

    It begins after ``transition_begin`` steps and takes ``transition_steps``.

    Raises:
        ValueError: for ``transition_steps`` that is not positive.

    >>> falling = linear_schedule(1.0, 0.0, 10)
    >>> print(falling(0), falling(5), falling(20))
    1.0 0.5 0.0
    """
    _check_steps("linear_schedule", "transition_steps", transition_steps)

    def schedule(count: Any) -> Any:
        passed = np.clip(count - transition_begin, 0, transition_steps)
        left = 1 - passed / transition_steps
        return (init_value - end_value) * left + end_value

    return schedule


@short_errors
def exponential_decay(
    init_value: float,
    transition_steps: int,
    decay_rate: float,
    transition_begin: int = 0,
    staircase: bool = False,
    end_value: float | None = None,
) -> Schedule:
    """Return the schedule ``init_value * decay_rate ** (count / transition_steps)``.

    Decay begins after ``transition_begin`` steps. With ``staircase`` the exponent is
    rounded down, so that the value changes every ``transition_steps``. ``end_value``
    is where decay (or growth, for a rate above 1) stops.

    Raises:
        ValueError: for ``transition_steps`` that is not positive.

    >>> print(exponential_decay(1.0, transition_steps=10, decay_rate=0.5)(20))
    0.25
    """
    _check_steps("exponential_decay", "transition_steps", transition_steps)

    def schedule(count: Any) -> Any:
        passed = np.maximum(count - transition_begin, 0) / transition_steps
        value = init_value * decay_rate ** (np.floor(passed) if staircase else passed)
        if end_value is None:
            return value
        return (np.maximum if decay_rate < 1 else np.minimum)(value, end_value)

    return schedule


@short_errors
def cosine_decay_schedule(
    init_value: float, decay_steps: int, alpha: float = 0.0, exponent: float = 1.0
) -> Schedule:
    """Return the schedule that falls along half a period of the cosine.

    It ends at ``alpha * init_value`` after ``decay_steps``; the cosine, between 1 and
    0, is raised to ``exponent``. Source: Loshchilov and Hutter, "SGDR" (2017).

    Raises:
        ValueError: for ``decay_steps`` that is not positive.

    >>> falling = cosine_decay_schedule(1.0, decay_steps=10)
    >>> print(falling(0), falling(10))
    1.0 0.0
    """
    _check_steps("cosine_decay_schedule", "decay_steps", decay_steps)

    def schedule(count: Any) -> Any:
        passed = np.minimum(count, decay_steps) / decay_steps
        cosine = 0.5 * (1 + np.cos(np.pi * passed))
        return init_value * ((1 - alpha) * cosine**exponent + alpha)

    return schedule


@short_errors
def warmup_cosine_decay_schedule(
    init_value: float,
    peak_value: float,
    warmup_steps: int,
    decay_steps: int,
    end_value: float = 0.0,
    exponent: float = 1.0,
) -> Schedule:
    """Return the schedule that rises in a straight line, then falls as a cosine.

    ``decay_steps`` counts all steps, those of the warm-up among them.

    Raises:
        ValueError: for ``decay_steps`` that is not above ``warmup_steps``.

    >>> schedule = warmup_cosine_decay_schedule(0.0, 1.0, 10, 110)
    >>> print(schedule(0), schedule(5), schedule(10), schedule(60), schedule(110))
    0.0 0.5 1.0 0.5 0.0
    """
    if decay_steps <= warmup_steps:
        raise ValueError(
            "warmup_cosine_decay_schedule: decay_steps counts all steps and must be "
            f"above warmup_steps, got {decay_steps} and {warmup_steps}"
        )
    alpha = 0.0 if peak_value == 0 else end_value / peak_value
    fall = cosine_decay_schedule(
        peak_value, decay_steps - warmup_steps, alpha, exponent
    )
    if warmup_steps == 0:
        return fall
    rise = linear_schedule(init_value, peak_value, warmup_steps)
    return join_schedules([rise, fall], [warmup_steps])


@short_errors
def piecewise_constant_schedule(
    init_value: float, boundaries_and_scales: dict[int, float] | None = None
) -> Schedule:
    """Return the schedule that is multiplied by a scale at each boundary.

    Raises:
        ValueError: for a negative scale.

    >>> schedule = piecewise_constant_schedule(1.0, {100: 0.5, 200: 0.1})
    >>> print(schedule(99), schedule(100), schedule(200))
    1.0 0.5 0.05
    """
    scales = dict(boundaries_and_scales or {})
    if any(scale < 0 for scale in scales.values()):
        raise ValueError(
            "piecewise_constant_schedule: scales multiply the value and must not be "
            f"negative, got {scales}"
        )

    def schedule(count: Any) -> Any:
        value: Any = init_value
        for boundary, scale in sorted(scales.items()):
            value = value * np.where(count < boundary, 1.0, scale)[()]
        return value

    return schedule


@short_errors
def join_schedules(
    schedules: Sequence[Schedule], boundaries: Sequence[int]
) -> Schedule:
    """Return the schedule that changes from one to the next at each boundary.

    Each schedule counts its steps from its own beginning.

    Raises:
        ValueError: unless there is one boundary fewer than schedules.

    >>> both = join_schedules([constant_schedule(1.0), linear_schedule(2, 0, 10)], [5])
    >>> print(both(4), both(5), both(10))
    1.0 2.0 1.0
    """
    if len(boundaries) != len(schedules) - 1:
        raise ValueError(
            f"join_schedules: {len(schedules)} schedules need {len(schedules) - 1} "
            f"boundaries, one between each two, got {len(boundaries)}"
        )

    def schedule(count: Any) -> Any:
        value: Any = schedules[0](count)
        for boundary, following in zip(boundaries, schedules[1:]):
            later: Any = following(count - boundary)
            value = np.where(count < boundary, value, later)[()]  # a scalar
        return value

    return schedule


def _check_steps(name: str, argument: str, steps: Any) -> None:
    if not steps > 0:
        raise ValueError(f"{name}: {argument} must be positive, got {steps!r}")
