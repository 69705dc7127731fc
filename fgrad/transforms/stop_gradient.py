"""Cut a value off from differentiation."""

from __future__ import annotations

from typing import Any

from ..core import Tracer, is_inexact
from ..ops.elementwise import stop_gradient_p
from ..pytree import tree_map


def stop_gradient(x: Any) -> Any:
    """Return ``x``, an array or a tree of arrays, as a constant for derivatives.

    >>> from fgrad.transforms.grad import grad
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    return tree_map(_stopped, x)


def _stopped(x: Any) -> Any:
    return stop_gradient_p(x) if type(x) is Tracer and is_inexact(x) else x
