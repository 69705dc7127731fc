"""The type of everything that transformed functions take and return."""

from __future__ import annotations

from abc import ABC

import numpy as np

from .tracer import Tracer


class Array(ABC):  # noqa: B024 - its subclasses are registered
    """What tracers and ndarrays have in common: ``isinstance(x, Array)`` holds.

    >>> isinstance(np.ones(3), Array)
    True
    """


Array.register(np.ndarray)
Array.register(Tracer)
