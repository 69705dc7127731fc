"""SciPy's signal processing, on arrays and on traced values alike.

>>> from fgrad import grad
>>> import numpy as np
>>> grad(lambda k: convolve(np.array([1.0, 2.0, 3.0]), k)[1])(np.ones(2))
array([2., 1.])
"""

from __future__ import annotations

import scipy.signal as _scipy

from . import convolutions as _convolutions  # noqa: F401
from . import spectral as _spectral  # noqa: F401
from .naming import attributes as _attributes

__all__ = [n for n in _scipy.__all__ if not n.startswith("_")]


__getattr__ = _attributes(_scipy, globals())


def __dir__() -> list[str]:
    """Return the names of SciPy's signal processing."""
    return sorted(__all__)
