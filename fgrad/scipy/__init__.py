"""SciPy's functions on traced values: SciPy computes, fgrad differentiates and maps.

    >>> import fgrad
    >>> float(fgrad.grad(fgrad.scipy.special.gammaln)(1.0))
    -0.5772156649015...

They need SciPy, ``pip install scipy``. It is imported with the first submodule that is
used. Functions called without traced values are SciPy's.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..ops.optional import without_scipy

if TYPE_CHECKING:
    from . import fft as fft
    from . import integrate as integrate
    from . import interpolate as interpolate
    from . import linalg as linalg
    from . import ndimage as ndimage
    from . import optimize as optimize
    from . import signal as signal
    from . import sparse as sparse
    from . import special as special
    from . import stats as stats

__all__ = [
    "fft",
    "integrate",
    "interpolate",
    "linalg",
    "ndimage",
    "optimize",
    "signal",
    "sparse",
    "special",
    "stats",
]


def __getattr__(name: str) -> Any:
    """Import a module when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return import_module(f".{name}", __name__)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "scipy":
            raise
        raise without_scipy(f"fgrad.scipy.{name}") from None


def __dir__() -> list[str]:
    """Return the names of the modules."""
    return __all__
