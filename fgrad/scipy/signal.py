"""SciPy's signal processing, on arrays and on traced values alike.

>>> from fgrad import grad
>>> import numpy as np
>>> grad(lambda k: convolve(np.array([1.0, 2.0, 3.0]), k)[1])(np.ones(2))
array([2., 1.])
"""

from __future__ import annotations

from typing import Any

import scipy.signal as _scipy

from . import convolutions as _convolutions  # noqa: F401
from . import spectral as _spectral  # noqa: F401
from .naming import exposed as _exposed

__all__ = [n for n in _scipy.__all__ if not n.startswith("_")]


def __getattr__(name: str) -> Any:
    """Return SciPy's object of that name, able to take traced values."""
    value = _exposed(_scipy, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the names of SciPy's signal processing."""
    return sorted(__all__)
