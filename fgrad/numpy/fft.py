"""NumPy's Fourier transforms, on arrays and on traced values alike.

>>> import fgrad.numpy as np
>>> np.fft.rfft(np.array([1.0, 0.0, 1.0, 0.0])).real
array([2., 0., 2.])
"""

from __future__ import annotations

from typing import Any

import numpy as _np

from .fourier import frequencies as _frequencies
from .table import public as _public

__all__ = list(_np.fft.__all__)
fftfreq = _frequencies(_np.fft.fftfreq)
rfftfreq = _frequencies(_np.fft.rfftfreq)


def __getattr__(name: str) -> Any:
    """Return NumPy's object of that name, able to take traced values."""
    value = _public(getattr(_np.fft, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the names of NumPy's Fourier transforms."""
    return sorted(__all__)
