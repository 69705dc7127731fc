"""Derivatives against finite differences: a check for rules and for functions.

>>> import numpy as np
>>> check_grads(lambda x: np.sum(np.sin(x)), (np.ones(3),), order=2)
"""

from __future__ import annotations

from .checks import check_grads, check_jvp, check_vjp
from .differences import numerical_grad

__all__ = ["check_grads", "check_jvp", "check_vjp", "numerical_grad"]
