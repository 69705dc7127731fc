"""Functions that say themselves what `fgrad.vmap` makes of them."""

from .transforms.custom_vmap import custom_vmap, sequential_vmap

__all__ = ["custom_vmap", "sequential_vmap"]
