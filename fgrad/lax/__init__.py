"""Control flow in the names and meanings of ``jax.lax``."""

from .branches import cond, switch
from .loops import scan
from .mapping import map
from .while_loops import fori_loop, while_loop

__all__ = ["cond", "fori_loop", "map", "scan", "switch", "while_loop"]
