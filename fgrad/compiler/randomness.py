"""A warning for random numbers that a compiled program would repeat for ever."""

from __future__ import annotations

import ctypes
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..core.source import is_internal
from ..errors import BakedRandomnessWarning

_MT19937_BYTES = 624 * 4 + 4  # the key and the position in it
_UNUSED = (624).to_bytes(4, sys.byteorder)  # the position before the first draw


@contextmanager
def watched_randomness(name: str) -> Iterator[None]:
    """Warn if a function draws from a global random generator while it is staged."""
    before = _states()
    yield
    for module, state in _states().items():
        if module not in before:  # NumPy imports np.random at its first use
            used = module == "np.random" and not state.endswith(_UNUSED)
        else:
            used = before[module] != state
        if used:
            warnings.warn(
                f"{name} drew random numbers from {module} while it was traced: the "
                "program keeps these numbers and returns them at every call. Draw "
                "them outside and pass them as an argument",
                BakedRandomnessWarning,
                stacklevel=_user_level(),
            )


def _states() -> dict[str, Any]:
    """Return what tells whether a global generator was used.

    NumPy's is read where it lies: its ``get_state`` takes 100 us, this takes 2.
    """
    found: dict[str, Any] = {}
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        generator = numpy_random.get_bit_generator()
        if type(generator).__name__ == "MT19937":
            address = generator.ctypes.state_address
            found["np.random"] = ctypes.string_at(address, _MT19937_BYTES)
    python_random = sys.modules.get("random")
    if python_random is not None:
        found["random"] = python_random.getstate()
    return found


def _user_level() -> int:
    """Return the ``stacklevel`` that makes a warning point to the user's line."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and (
        is_internal[frame.f_code.co_filename]
        or frame.f_code.co_filename.endswith("contextlib.py")
    ):
        level, frame = level + 1, frame.f_back
    return level
