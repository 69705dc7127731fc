"""Primitives by name: what a saved program calls them."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from ..core import Primitive

_PACKAGES = ("ops", "transforms", "compiler", "control")
_WITH_SCIPY = ("fgrad.ops.scipy_ufuncs", "fgrad.ops.special")


@lru_cache(maxsize=2)
def primitives(special: bool = False) -> dict[str, Primitive]:
    """Return all primitives of fgrad; no two may have the same name.

    Those that need SciPy are among them if ``special``.

    >>> primitives()["sin"]
    sin
    """
    found: dict[str, Primitive] = {}
    for package in _PACKAGES:
        path = import_module(f"fgrad.{package}").__path__
        for info in pkgutil.walk_packages(path, f"fgrad.{package}."):
            if info.name.startswith(_WITH_SCIPY) and not special:
                continue
            for value in vars(import_module(info.name)).values():
                if isinstance(value, Primitive):
                    if found.setdefault(value.name, value) is not value:
                        raise ValueError(f'two primitives are called "{value.name}"')
    return found
