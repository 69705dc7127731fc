"""Control flow in the names and meanings of ``jax.lax``."""

from ..transforms.stop_gradient import stop_gradient
from .associative import associative_scan
from .branches import cond, platform_dependent, switch
from .loops import scan
from .mapping import map
from .solve import custom_linear_solve, custom_root
from .while_loops import fori_loop, while_loop

__all__ = [
    "associative_scan",
    "cond",
    "custom_linear_solve",
    "custom_root",
    "fori_loop",
    "map",
    "platform_dependent",
    "scan",
    "stop_gradient",
    "switch",
    "while_loop",
]
