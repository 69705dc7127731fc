"""SciPy's linear algebra, on arrays and on traced values alike.

>>> from fgrad import grad
>>> import numpy as np
>>> grad(lambda a: expm(a).sum())(np.zeros((2, 2)))
array([[1., 1.],
       [1., 1.]])
"""

from __future__ import annotations

import scipy.linalg as _scipy

from . import factors as _factors  # noqa: F401
from . import matrices as _matrices  # noqa: F401
from . import matrix_functions as _matrix_functions  # noqa: F401
from . import spectra as _spectra  # noqa: F401
from .naming import attributes as _attributes

__all__ = [n for n in _scipy.__all__ if not n.startswith("_")]


__getattr__ = _attributes(_scipy, globals())


def __dir__() -> list[str]:
    """Return the names of SciPy's linear algebra."""
    return sorted(__all__)
