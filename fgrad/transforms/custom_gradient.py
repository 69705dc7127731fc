"""`custom_gradient`: a function that returns its own pullback."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..core import aval_of, evaluate, short_errors
from ..pytree import Partial, tree_flatten, tree_map, tree_unflatten
from .arguments import check_callable, shown, user_pair
from .custom_vjp import custom_vjp
from .staging import ShapeDtypeStruct, close, stage_call


class CustomGradient(custom_vjp):
    """What `custom_gradient` returns: a function with the rule that it computes."""

    transformation = "custom_gradient"

    def __init__(self, fun: Callable[..., Any]) -> None:
        check_callable(fun, self.transformation)

        @functools.wraps(fun)
        def value(*args: Any) -> Any:
            return user_pair(fun(*args), self.name, fun, _PAIR)[0]

        super().__init__(value)
        self.pair = fun
        self.defvjp(functools.partial(_fwd, fun, self.name), _bwd)

    def __reduce__(self) -> tuple[Any, ...]:
        return CustomGradient, (self.pair,)


_PAIR = "(output, function of its cotangent)"


def _fwd(fun: Any, name: str, *args: Any) -> tuple[Any, Any]:
    """Return the output, and the pullback as a program of residuals."""
    out, pullback = user_pair(fun(*args), name, fun, _PAIR)
    if not callable(pullback):
        raise TypeError(
            f"{name}: the second of what the function returns must be a function of "
            f"the output's cotangent, got {shown(pullback)}"
        )
    structs = tree_map(_struct, out)
    jaxpr, tree = stage_call(pullback, (structs,), {}, f"{name}, its gradient")
    jaxpr, residuals = close(jaxpr)
    return out, Partial(_Pullback(jaxpr, tree, len(args)), *residuals)


def _struct(x: Any) -> ShapeDtypeStruct:
    aval = aval_of(x)
    return ShapeDtypeStruct(aval.shape, aval.dtype)


def _bwd(pullback: Any, ct: Any) -> Any:
    return pullback(ct)


class _Pullback:
    """A staged function of residuals and a cotangent."""

    def __init__(self, jaxpr: Any, out_tree: Any, count: int) -> None:
        self.jaxpr = jaxpr
        self.out_tree = out_tree
        self.count = count

    def __call__(self, *args: Any) -> Any:
        leaves, _ = tree_flatten(args)
        cts = tree_unflatten(self.out_tree, evaluate(self.jaxpr, leaves))
        if self.count == 1 and not (isinstance(cts, tuple) and len(cts) == 1):
            return (cts,)
        return cts


@short_errors
def custom_gradient(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose gradient ``fun`` gives together with its output.

    ``fun`` returns ``(output, pullback)``. ``pullback(ct)`` takes a cotangent of the
    output and returns a tuple with a cotangent for each argument, or just the
    cotangent if there is one argument. It is staged; what it closes over is kept for
    the backward pass, and may be differentiated again. Forward mode raises, as for
    `custom_vjp`.

    Raises:
        TypeError: if ``fun`` does not return a pair, or the pullback returns something
            else than cotangents.

    >>> import numpy as np
    >>> from fgrad.transforms.grad import grad
    >>> @custom_gradient
    ... def log1pexp(x):
    ...     e = np.exp(x)
    ...     return np.log(1 + e), lambda ct: ct * (1 - 1 / (1 + e))
    >>> grad(log1pexp)(0.0)
    np.float64(0.5)
    """
    return CustomGradient(fun)
