"""SciPy's functions on traced values: SciPy computes, fgrad differentiates and maps.

    >>> import fgrad
    >>> float(fgrad.grad(fgrad.scipy.special.gammaln)(1.0))
    -0.5772156649015...

SciPy is an extra: ``pip install 'fgrad[scipy]'``. It is imported with the first
submodule that is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import special as special
    from . import stats as stats

_MODULES = {
    "special": "special",
    "stats": "stats",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = import_module(f".{_MODULES[name]}", __name__)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
