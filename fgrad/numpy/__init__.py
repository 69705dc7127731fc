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
from . import facts as _facts  # noqa: F401
from . import methods as _methods  # noqa: F401
from . import operators as _operators  # noqa: F401
from . import ufunc_methods as _ufunc_methods  # noqa: F401
from . import ufuncs as _ufuncs  # noqa: F401
from . import writing as _writing  # noqa: F401
from .table import public as _public

if TYPE_CHECKING:
    from . import fft as fft
    from . import linalg as linalg
    from .grids import c_ as c_
    from .grids import mgrid as mgrid
    from .grids import ogrid as ogrid
    from .grids import r_ as r_
    from .mapping import vectorize as vectorize

__all__ = [*(name for name in _np.__all__ if name != "linalg"), "at", "linalg"]
if hasattr(_np, "__array_namespace_info__"):  # since NumPy 2.1
    __array_namespace_info__ = _np.__array_namespace_info__

# A program that does not use these need not wait for them.
_LATER["numpy"] = f"{__name__}.rare"
_LATER["numpy.fft"] = f"{__name__}.fft"
_OWN = {"c_": "grids", "mgrid": "grids", "ogrid": "grids", "r_": "grids",
        "vectorize": "mapping"}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Return NumPy's object of that name, able to take traced values."""
    value: Any
    if name in ("fft", "linalg"):
        value = _import_module(f".{name}", __name__)
    elif name in _OWN:
        value = getattr(_import_module(f".{_OWN[name]}", __name__), name)
    else:
        value = _public(getattr(_np, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names: NumPy's, and `at`."""
    return sorted(__all__)
