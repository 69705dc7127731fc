"""fgrad: JAX's function transformations for plain NumPy.

>>> import numpy as np
>>> import fgrad
>>> fgrad.grad(lambda x: np.sum(np.sin(x)))(np.array([0.0, np.pi]))
array([ 1., -1.])
"""

from . import ad_checkpoint as ad_checkpoint
from . import errors as errors
from . import flatten_util as flatten_util
from . import numpy as numpy
from . import tree as tree
from . import tree_util as tree_util
from .compiler.fwd_and_bwd import fwd_and_bwd
from .compiler.jit import jit
from .compiler.linear_transpose import linear_transpose
from .control import checkpoint_policies as checkpoint_policies
from .control.checkpoint import checkpoint
from .core import Array, Jaxpr
from .transforms.closure_convert import closure_convert
from .transforms.custom_gradient import custom_gradient
from .transforms.custom_jvp import custom_jvp
from .transforms.custom_rules import SymbolicZero
from .transforms.custom_vjp import CustomVJPPrimal, custom_vjp
from .transforms.grad import grad, value_and_grad
from .transforms.jacobian import (
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    value_and_jacobian,
)
from .transforms.jvp import jvp, linearize
from .transforms.pull import float0
from .transforms.staging import ShapeDtypeStruct, eval_shape, make_jaxpr
from .transforms.stop_gradient import stop_gradient
from .transforms.vjp import vjp
from .transforms.vmap import vmap

remat = checkpoint

__version__ = "0.1.0"

__all__ = [
    "Array",
    "CustomVJPPrimal",
    "Jaxpr",
    "ShapeDtypeStruct",
    "SymbolicZero",
    "checkpoint",
    "closure_convert",
    "custom_gradient",
    "custom_jvp",
    "custom_vjp",
    "eval_shape",
    "float0",
    "fwd_and_bwd",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "linear_transpose",
    "linearize",
    "make_jaxpr",
    "remat",
    "stop_gradient",
    "value_and_grad",
    "value_and_jacobian",
    "vjp",
    "vmap",
]
