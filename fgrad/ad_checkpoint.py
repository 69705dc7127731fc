"""Rematerialisation: `checkpoint`, names for its policies, and what is saved.

>>> import numpy as np
>>> import fgrad
>>> from fgrad.ad_checkpoint import checkpoint_name
>>> policy = checkpoint_policies.save_only_these_names("h")
>>> @checkpoint(policy=policy)
... def block(w, x):
...     h = checkpoint_name(np.tanh(x @ w), "h")
...     return np.sum(np.exp(h))
>>> for aval, origin in saved_residuals(block, np.ones((3, 2)), np.ones(3)):
...     print(aval, origin.partition(" at ")[0])
f64[3,2] from argument w
f64[3] from argument x
f64[2] named 'h'
"""

from .control import checkpoint_policies as checkpoint_policies
from .control.checkpoint import checkpoint as checkpoint
from .control.checkpoint import checkpoint_name as checkpoint_name
from .control.residuals import print_saved_residuals as print_saved_residuals
from .control.residuals import saved_residuals as saved_residuals

remat = checkpoint

__all__ = [
    "checkpoint",
    "checkpoint_name",
    "checkpoint_policies",
    "print_saved_residuals",
    "remat",
    "saved_residuals",
]
