"""What belongs to SciPy, which not everyone has installed."""

from __future__ import annotations

from typing import Any


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
    except ImportError as error:
        raise ImportError(
            f"{caller} is computed by scipy.special.{name}, and SciPy is not "
            "installed: python -m pip install scipy"
        ) from error
    return bare(getattr(scipy.special, name))
