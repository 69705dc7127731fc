"""fgrad: JAX's function transformations for plain NumPy.

>>> import numpy as np
>>> import fgrad
>>> fgrad.grad(lambda x: np.sum(np.sin(x)))(np.array([0.0, np.pi]))
array([ 1., -1.])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import errors as errors
from . import flatten_util as flatten_util
from . import numpy as numpy
from . import tree as tree
from . import tree_util as tree_util
from .core import Array, Jaxpr, ensure_compile_time_eval, named_call, named_scope
from .settings import (
    check_tracer_leaks,
    checking_leaks,
    config,
    debug_infs,
    debug_key_reuse,
    debug_nans,
    default_matmul_precision,
    disable_jit,
    enable_checks,
    enable_x64,
    explain_cache_misses,
    log_compiles,
    num_threads,
    numpy_dtype_promotion,
    numpy_rank_promotion,
)
from .transforms.grad import grad, value_and_grad
from .transforms.pull import float0
from .transforms.stop_gradient import stop_gradient

if TYPE_CHECKING:
    from . import ad_checkpoint as ad_checkpoint
    from . import custom_batching as custom_batching
    from . import debug as debug
    from . import experimental as experimental
    from . import export as export
    from . import graph as graph
    from . import lax as lax
    from . import nn as nn
    from . import ops as ops
    from . import optim as optim
    from . import random as random
    from . import scipy as scipy
    from . import stages as stages
    from . import test_util as test_util
    from .compiler.cache import clear_caches
    from .compiler.fwd_and_bwd import fwd_and_bwd
    from .compiler.jit import jit
    from .compiler.linear_transpose import linear_transpose
    from .control import checkpoint_policies as checkpoint_policies
    from .control.callback import io_callback, pure_callback
    from .control.checkpoint import checkpoint
    from .control.checkpoint import checkpoint as remat
    from .transforms.closure_convert import closure_convert
    from .transforms.custom_gradient import custom_gradient
    from .transforms.custom_jvp import custom_jvp
    from .transforms.custom_rules import SymbolicZero
    from .transforms.custom_vjp import CustomVJPPrimal, custom_vjp
    from .transforms.jacobian import (
        hessian,
        hvp,
        jacfwd,
        jacobian,
        jacrev,
        value_and_jacobian,
    )
    from .transforms.jvp import jvp, linearize
    from .transforms.staging import ShapeDtypeStruct, eval_shape, make_jaxpr
    from .transforms.vjp import vjp
    from .transforms.vmap import vmap

__version__ = "0.1.0"

__all__ = [
    "Array",
    "CustomVJPPrimal",
    "Jaxpr",
    "ShapeDtypeStruct",
    "SymbolicZero",
    "check_tracer_leaks",
    "checking_leaks",
    "checkpoint",
    "clear_caches",
    "closure_convert",
    "config",
    "custom_gradient",
    "custom_jvp",
    "custom_vjp",
    "debug_infs",
    "debug_key_reuse",
    "debug_nans",
    "default_matmul_precision",
    "disable_jit",
    "enable_checks",
    "enable_x64",
    "ensure_compile_time_eval",
    "eval_shape",
    "explain_cache_misses",
    "float0",
    "fwd_and_bwd",
    "grad",
    "hessian",
    "hvp",
    "io_callback",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "linear_transpose",
    "linearize",
    "log_compiles",
    "make_jaxpr",
    "named_call",
    "named_scope",
    "num_threads",
    "numpy_dtype_promotion",
    "numpy_rank_promotion",
    "pure_callback",
    "remat",
    "stop_gradient",
    "value_and_grad",
    "value_and_jacobian",
    "vjp",
    "vmap",
]

# A program that does not use these need not wait for them: names and where they are.
_MODULES = {
    "ad_checkpoint": "ad_checkpoint",
    "checkpoint_policies": "control.checkpoint_policies",
    "custom_batching": "custom_batching",
    "debug": "debug",
    "experimental": "experimental",
    "export": "export",
    "graph": "graph",
    "lax": "lax",
    "nn": "nn",
    "optim": "optim",
    "scipy": "scipy",
    "random": "random",
    "stages": "stages",
    "test_util": "test_util",
}
_FUNCTIONS = {
    "checkpoint": "control.checkpoint",
    "clear_caches": "compiler.cache",
    "closure_convert": "transforms.closure_convert",
    "custom_gradient": "transforms.custom_gradient",
    "custom_jvp": "transforms.custom_jvp",
    "custom_vjp": "transforms.custom_vjp",
    "CustomVJPPrimal": "transforms.custom_vjp",
    "eval_shape": "transforms.staging",
    "fwd_and_bwd": "compiler.fwd_and_bwd",
    "hessian": "transforms.jacobian",
    "hvp": "transforms.jacobian",
    "io_callback": "control.callback",
    "jacfwd": "transforms.jacobian",
    "jacobian": "transforms.jacobian",
    "jacrev": "transforms.jacobian",
    "jit": "compiler.jit",
    "jvp": "transforms.jvp",
    "linear_transpose": "compiler.linear_transpose",
    "linearize": "transforms.jvp",
    "make_jaxpr": "transforms.staging",
    "pure_callback": "control.callback",
    "remat": "ad_checkpoint",
    "ShapeDtypeStruct": "transforms.staging",
    "SymbolicZero": "transforms.custom_rules",
    "value_and_jacobian": "transforms.jacobian",
    "vjp": "transforms.vjp",
    "vmap": "transforms.vmap",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        found = import_module(f".{_MODULES[name]}", __name__)
    elif name in _FUNCTIONS:
        found = getattr(import_module(f".{_FUNCTIONS[name]}", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_FUNCTIONS})
