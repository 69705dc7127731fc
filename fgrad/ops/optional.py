"""What belongs to SciPy, which not everyone has installed."""

from __future__ import annotations

from typing import Any


def without_scipy(what: str) -> ModuleNotFoundError:
    """Return the error of what needs SciPy, where there is none."""
    return ModuleNotFoundError(
        f"{what} needs SciPy, which is not installed: pip install scipy",
        name="scipy",
    )


def bare(function: Any) -> Any:
    """Return a function of SciPy without what SCIPY_ARRAY_API=1 wraps around it."""
    if getattr(function, "__module__", None) != "scipy.special":
        return function
    return getattr(function, "__wrapped__", function)


def scipy_special(name: str, caller: str) -> Any:
    """Return a function of ``scipy.special``; say so kindly if SciPy is missing.

    >>> scipy_special("erf", "gelu")(0.0).item()
    0.0
    """
    try:
        import scipy.special
    except ModuleNotFoundError:
        raise without_scipy(caller) from None
    return bare(getattr(scipy.special, name))
