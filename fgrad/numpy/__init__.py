"""NumPy's main namespace, on arrays and on traced values alike.

    >>> import fgrad.numpy as np
    >>> np.sum(np.sin(np.zeros(3))).item()
    0.0

Every name of NumPy is here. Functions of the table behind this package take traced
values (under `grad`, `jvp`, `vmap`, `jit`); plain ``numpy`` finds the same table
through its own protocols, so both spellings do the same. What NumPy itself cannot
hand over works here only: ``array([t0, t1])``, ``full(shape, t)``, an index or an
initial value that is traced.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

import numpy as _np

from ..core import LATER as _LATER
from ..ops.index import at as at
from . import assignment as _assignment  # noqa: F401
from . import bits as _bits  # noqa: F401
from . import calculus as _calculus  # noqa: F401
from . import domains as _domains  # noqa: F401
from . import facts as _facts  # noqa: F401
from . import histograms as _histograms  # noqa: F401
from . import linalg as linalg
from . import methods as _methods  # noqa: F401
from . import nan_reductions as _nan_reductions  # noqa: F401
from . import operators as _operators  # noqa: F401
from . import padding as _padding  # noqa: F401
from . import polynomials as _polynomials  # noqa: F401
from . import quantiles as _quantiles  # noqa: F401
from . import sets as _sets  # noqa: F401
from . import statistics as _statistics  # noqa: F401
from . import ufunc_methods as _ufunc_methods  # noqa: F401
from . import ufuncs as _ufuncs  # noqa: F401
from . import windows as _windows  # noqa: F401
from . import writing as _writing  # noqa: F401
from .grids import c_ as c_
from .grids import mgrid as mgrid
from .grids import ogrid as ogrid
from .grids import r_ as r_
from .mapping import vectorize as vectorize
from .standard import EXTENDED as _EXTENDED
from .table import public as _public

if TYPE_CHECKING:
    from . import fft as fft

__all__ = [*(name for name in _np.__all__ if name != "linalg"), "at", "linalg"]
if hasattr(_np, "__array_namespace_info__"):  # since NumPy 2.1
    __array_namespace_info__ = _np.__array_namespace_info__


def __getattr__(name: str) -> Any:
    """Return NumPy's object of that name, able to take traced values."""
    value: Any
    if name == "fft":  # NumPy, too, imports its own when it is used
        value = _import_module(".fft", __name__)
    else:
        value = _EXTENDED.get(name) or _public(getattr(_np, name))
    globals()[name] = value
    return value


_LATER["numpy.fft"] = f"{__name__}.fft"


def __dir__() -> list[str]:
    """Return the public names: NumPy's, and `at`."""
    return sorted(__all__)
