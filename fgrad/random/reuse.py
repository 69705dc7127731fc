"""``debug_key_reuse``: the keys that were used, by value."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import known_value
from ..errors import KeyReuseError
from ..settings import config

_USED: set[int] = set()


def _values(keys: Any) -> list[int]:
    """Return the keys as numbers, if the switch is on and they are known."""
    if not (config.touched and config.debug_key_reuse):
        return []
    known = known_value(keys)
    return [] if known is None else np.ravel(known).tolist()


def made(keys: Any) -> Any:
    """Return keys that are new: they may be used, even if equal ones were."""
    _USED.difference_update(_values(keys))
    return keys


def used(key: Any, name: str) -> Any:
    """Return a key, and note its use; raise if it was used before."""
    for value in _values(key):
        if value in _USED:
            raise KeyReuseError(
                f"{name} got the key {value}, which was used before: its numbers "
                "would be those of the first use, or depend on them. Split it first: "
                "key, subkey = fgrad.random.split(key); what is to be repeated on "
                "purpose takes fgrad.random.clone(key)"
            )
        _USED.add(value)
    return key
