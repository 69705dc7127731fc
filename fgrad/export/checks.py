"""What exported modules check their arguments with; they have copies of these."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_array(name: str, x: Any, shape: tuple[int, ...], dtype: str) -> Any:
    """Return an argument if it is an array of this shape and dtype.

    >>> check_array("x", 1.0, (), "float64")
    np.float64(1.0)
    """
    if isinstance(x, np.ndarray | np.generic):
        if x.shape == shape and x.dtype == dtype:
            return x
        got = f"{x.dtype} of shape {x.shape}"
    elif shape == () and isinstance(x, bool | int | float | complex):
        if type(x) is type(np.zeros((), dtype).item()):
            return np.dtype(dtype).type(x)
        got = f"the number {x!r}"
    else:
        got = f"{type(x).__name__}: pass np.asarray(...)"
    raise TypeError(f"{name} must be an array, {dtype} of shape {shape}; got {got}")


def check_number(name: str, x: Any, kind: str) -> Any:
    """Return an argument if it is a Python number of this kind.

    >>> check_number("x", np.float64(1.0), "float")
    1.0
    """
    if isinstance(x, np.ndarray | np.generic) and x.shape == () and x.dtype == kind:
        x = x.item()
    if type(x).__name__ != kind:
        raise TypeError(f"{name} must be a Python {kind}, got {type(x).__name__}")
    return x


def check_dict(name: str, x: Any, keys: list[Any]) -> None:
    """Raise if an argument is no dict with exactly these keys."""
    if not isinstance(x, dict):
        raise TypeError(f"{name} must be a dict, got {type(x).__name__}")
    if set(x) != set(keys):
        raise TypeError(f"{name} must have the keys {keys}, got {list(x)}")


def check_list(name: str, x: Any, length: int) -> None:
    """Raise if an argument is no list of this length."""
    if not isinstance(x, list) or len(x) != length:
        got = f"{len(x)} items" if isinstance(x, list) else type(x).__name__
        raise TypeError(f"{name} must be a list of {length} items, got {got}")


def check_tuple(name: str, x: Any, length: int) -> None:
    """Raise if an argument is no tuple of this length."""
    if not isinstance(x, tuple) or len(x) != length:
        got = f"{len(x)} items" if isinstance(x, tuple) else type(x).__name__
        raise TypeError(f"{name} must be a tuple of {length} items, got {got}")


def check_fields(name: str, x: Any, fields: list[str]) -> None:
    """Raise if an argument has not all of these attributes."""
    missing = [field for field in fields if not hasattr(x, field)]
    if missing:
        raise TypeError(
            f"{name} must have the attributes {fields}, got {type(x).__name__} "
            f"without {missing}"
        )


def check_none(name: str, x: Any) -> None:
    """Raise if an argument is not None."""
    if x is not None:
        raise TypeError(f"{name} must be None, got {type(x).__name__}")
