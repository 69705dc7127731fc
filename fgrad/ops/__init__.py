"""The primitives, a family in each file; and segments, under the names of ``jax.ops``.

`segment_sum`, `segment_prod`, `segment_min` and `segment_max` are what users call.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .segment import segment_max as segment_max
    from .segment import segment_min as segment_min
    from .segment import segment_prod as segment_prod
    from .segment import segment_sum as segment_sum

__all__ = ["segment_max", "segment_min", "segment_prod", "segment_sum"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(".segment", __name__), name)
    globals()[name] = found
    return found
