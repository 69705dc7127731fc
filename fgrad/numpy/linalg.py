"""NumPy's linear algebra, on arrays and on traced values alike.

>>> import fgrad.numpy as np
>>> np.linalg.norm(np.array([3.0, 4.0])).item()
5.0
"""

from __future__ import annotations

from typing import Any

import numpy as _np

from . import decompositions as _decompositions  # noqa: F401
from . import norms as _norms  # noqa: F401
from . import spectra as _spectra  # noqa: F401
from .table import public as _public

__all__ = list(_np.linalg.__all__)


def __getattr__(name: str) -> Any:
    """Return NumPy's object of that name, able to take traced values."""
    value = _public(getattr(_np.linalg, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the names of NumPy's linear algebra."""
    return sorted(__all__)
