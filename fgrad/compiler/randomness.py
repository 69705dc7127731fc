"""A warning for random numbers that a compiled program would repeat for ever."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import BakedRandomnessWarning
from .warn import warn

_UNUSED = 624  # the position of NumPy's generator before its first draw


@contextmanager
def watched_randomness(name: str) -> Iterator[None]:
    """Warn if a function draws from a global random generator while it is staged."""
    before = _states()
    yield
    for module, state in _states().items():
        used = before.get(module, state) != state
        if module not in before:  # NumPy imports np.random at its first use
            used = module == "np.random" and state[2] != _UNUSED
        if used:
            warn(
                f"{name} drew random numbers from {module} while it was traced: the "
                "program keeps these numbers and returns them at every call. Draw "
                "them outside and pass them as an argument",
                BakedRandomnessWarning,
            )


def _states() -> dict[str, Any]:
    """Return the states of the global generators that may have been used."""
    found: dict[str, Any] = {}
    if "random" in sys.modules:
        found["random"] = sys.modules["random"].getstate()
    if "numpy.random" in sys.modules:
        kind, key, *rest = sys.modules["numpy.random"].get_state()
        found["np.random"] = (kind, key.tobytes(), *rest)
    return found
