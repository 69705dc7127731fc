"""einops on traced values: importing this module is enough.

``einops.rearrange``, ``reduce``, ``repeat``, ``einsum``, ``pack`` and ``unpack`` then
take traced values, as they take NumPy's arrays. (``einops.array_api`` does so without.)

    import fgrad.interop.einops
"""

from __future__ import annotations

from typing import Any

try:
    from einops._backends import AbstractBackend
except ImportError as error:  # pragma: no cover
    raise ImportError("fgrad.interop.einops needs einops: install it first") from error

import fgrad.numpy as np

from ..core import Tracer, is_inexact


class FgradBackend(AbstractBackend):
    """What einops asks of a library of arrays; it finds this class by itself."""

    framework_name = "fgrad"

    def is_appropriate_type(self, tensor: Any) -> bool:
        """Say whether a value is a traced one."""
        return type(tensor) is Tracer

    def from_numpy(self, x: Any) -> Any:
        """Return a plain array as it is: operations take both kinds."""
        return x

    def to_numpy(self, x: Any) -> Any:
        """Refuse: the derivative would be lost."""
        return x.__array__()

    def arange(self, start: int, stop: int) -> Any:
        """Return the integers of a range."""
        return np.arange(start, stop)

    def stack_on_zeroth_dimension(self, tensors: list[Any]) -> Any:
        """Stack arrays along a new first axis."""
        return np.stack(tensors)

    def tile(self, x: Any, repeats: tuple[int, ...]) -> Any:
        """Repeat an array along each axis."""
        return np.tile(x, repeats)

    def concat(self, tensors: list[Any], axis: int) -> Any:
        """Join arrays along an axis."""
        return np.concatenate(tensors, axis)

    def add_axis(self, x: Any, new_position: int) -> Any:
        """Insert an axis of length 1."""
        return np.expand_dims(x, new_position)

    def is_float_type(self, x: Any) -> bool:
        """Say whether an array has a mean in its own dtype."""
        return is_inexact(x)

    def einsum(self, pattern: str, *x: Any) -> Any:
        """Return the sum of products that a formula describes."""
        return np.einsum(pattern, *x)
