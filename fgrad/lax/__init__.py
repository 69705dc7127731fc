"""Control flow and collectives in the names and meanings of ``jax.lax``."""

from ..transforms.stop_gradient import stop_gradient
from .associative import associative_scan
from .branches import cond, platform_dependent, switch
from .collectives import (
    all_gather,
    all_to_all,
    axis_index,
    axis_size,
    pbroadcast,
    pmax,
    pmean,
    pmin,
    ppermute,
    pshuffle,
    psum,
    psum_scatter,
    pswapaxes,
)
from .loops import scan
from .mapping import map
from .solve import custom_linear_solve, custom_root
from .while_loops import fori_loop, while_loop

__all__ = [
    "all_gather",
    "all_to_all",
    "associative_scan",
    "axis_index",
    "axis_size",
    "cond",
    "custom_linear_solve",
    "custom_root",
    "fori_loop",
    "map",
    "pbroadcast",
    "platform_dependent",
    "pmax",
    "pmean",
    "pmin",
    "ppermute",
    "pshuffle",
    "psum",
    "psum_scatter",
    "pswapaxes",
    "scan",
    "stop_gradient",
    "switch",
    "while_loop",
]
