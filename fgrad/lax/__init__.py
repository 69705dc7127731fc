"""Control flow, collectives and windows in the names and meanings of ``jax.lax``."""

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
from .convolution import (
    ConvDimensionNumbers,
    conv,
    conv_dimension_numbers,
    conv_general_dilated,
    conv_transpose,
    conv_with_general_padding,
)
from .loops import scan
from .mapping import map
from .padding import pad, padtype_to_pads
from .solve import custom_linear_solve, custom_root
from .while_loops import fori_loop, while_loop
from .windows import reduce_window

__all__ = [
    "ConvDimensionNumbers",
    "all_gather",
    "all_to_all",
    "associative_scan",
    "axis_index",
    "axis_size",
    "cond",
    "conv",
    "conv_dimension_numbers",
    "conv_general_dilated",
    "conv_transpose",
    "conv_with_general_padding",
    "custom_linear_solve",
    "custom_root",
    "fori_loop",
    "map",
    "pad",
    "padtype_to_pads",
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
    "reduce_window",
    "scan",
    "stop_gradient",
    "switch",
    "while_loop",
]
