"""SciPy's functions on traced values: SciPy computes, fgrad differentiates.

>>> import numpy as np
>>> from fgrad import grad
>>> import fgrad.scipy as scipy
>>> grad(lambda a: scipy.linalg.expm(a * np.eye(2))[0, 0])(0.0).item()
1.0

Modules are imported at first use. Functions called without traced values are SciPy's.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import fft as fft
    from . import integrate as integrate
    from . import interpolate as interpolate
    from . import linalg as linalg
    from . import ndimage as ndimage
    from . import optimize as optimize
    from . import signal as signal
    from . import sparse as sparse

_SUBMODULES = {
    "fft": "fft",
    "integrate": "integrate",
    "interpolate": "interpolate",
    "linalg": "linalg",
    "ndimage": "ndimage",
    "optimize": "optimize",
    "signal": "signal",
    "sparse": "sparse",
}

__all__ = sorted(_SUBMODULES)


def __getattr__(name: str) -> Any:
    """Import a module when it is first used."""
    if name not in _SUBMODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return import_module(f".{_SUBMODULES[name]}", __name__)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "scipy":
            raise
        raise ModuleNotFoundError(
            f"fgrad.scipy.{name} needs SciPy: pip install scipy", name="scipy"
        ) from error


def __dir__() -> list[str]:
    """Return the names of the modules."""
    return __all__
