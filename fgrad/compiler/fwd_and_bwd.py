"""`fwd_and_bwd`: the two passes of reverse mode as two functions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..core import short_errors
from ..transforms.arguments import check_callable, checked_argnums, name_of, shown
from ..transforms.vjp import VJPFunction, named_vjp
from .jit import jit


@short_errors
def fwd_and_bwd(
    fun: Callable[..., Any],
    argnums: int | tuple[int, ...] | list[int],
    has_aux: bool = False,
    jitted: bool = True,
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the forward and the backward pass of ``fun`` as two functions.

    ``fwd(*args)`` returns ``(output, residuals)``, and with ``has_aux``
    ``(output, residuals, aux)``; ``bwd(residuals, ct)`` returns the cotangents of the
    arguments that ``argnums`` names: a tuple, or one cotangent for an int. Residuals
    are a pytree. Both functions are jitted unless ``jitted`` is False: each is
    compiled once per signature, where jitting what `vjp` returns would compile at
    every step.

    Raises:
        ValueError: for argnums that name no argument, and cotangents of another shape.
        TypeError: if ``bwd`` gets something else than what ``fwd`` returned.

    >>> fwd, bwd = fwd_and_bwd(lambda x, y: x * y, argnums=(0, 1))
    >>> out, residuals = fwd(3.0, 4.0)
    >>> out, bwd(residuals, 1.0)
    (12.0, (np.float64(4.0), np.float64(3.0)))
    """
    check_callable(fun, "fwd_and_bwd")
    name = f"fwd_and_bwd({name_of(fun)})"
    checked_argnums(argnums, 1 << 30, name)

    @functools.wraps(fun)
    def fwd(*args: Any) -> tuple[Any, ...]:
        positions = checked_argnums(argnums, len(args), name)

        def chosen(*given: Any) -> Any:
            full = list(args)
            for position, x in zip(positions, given, strict=True):
                full[position] = x
            return fun(*full)

        return named_vjp(chosen, tuple(args[p] for p in positions), has_aux, name)

    def bwd(residuals: Any, ct: Any) -> Any:
        if not isinstance(residuals, VJPFunction):
            raise TypeError(
                f"{name}: bwd takes the residuals that fwd returned and a cotangent of "
                f"the output, got {shown(residuals)} for residuals"
            )
        cts = residuals(ct)
        return cts if isinstance(argnums, tuple | list) else cts[0]

    return (jit(fwd), jit(bwd)) if jitted else (short_errors(fwd), short_errors(bwd))
