"""What a backward pass reads, and where that comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..compiler.call import split
from ..core import Aval, Jaxpr, Var, short_errors, where
from ..ops.elementwise import name_p
from ..transforms.arguments import check_callable, name_of
from ..transforms.staging import close, input_names, stage_call


@short_errors
def saved_residuals(
    f: Callable[..., Any], *args: Any, **kwargs: Any
) -> list[tuple[Aval, str]]:
    """Return what is kept between the passes: avals, and where the values come from.

    These are what the backward pass of a jitted ``f`` reads, with respect to all of
    its float arguments. The arguments may be arrays or anything with ``shape`` and
    ``dtype``.

    >>> import numpy as np
    >>> saved_residuals(lambda x: 3.0 * x, np.ones(2))
    []
    >>> saved_residuals(lambda x: x**2, np.ones(2))
    [(f64[2], 'from argument x')]
    """
    check_callable(f, "saved_residuals")
    name = f"saved_residuals({name_of(f)})"
    jaxpr, _ = stage_call(f, args, kwargs, name)
    closed, consts = close(jaxpr)
    n = len(consts)
    needed = [i >= n and a.dtype.kind in "fc" for i, a in enumerate(closed.in_avals)]
    halves, _ = split(closed, tuple(needed), name)
    names = ["a constant"] * n + input_names(f, args, kwargs)
    early = halves.early
    atoms = (*early.invars, *early.outs)
    read = [atoms[place] for place in sorted(halves.reads)]  # the arguments come first
    return [(var.aval, _origin(var, early, names)) for var in read]


def _origin(var: Var, jaxpr: Jaxpr, names: list[str] | None) -> str:
    """Say where a variable of a jaxpr comes from."""
    if var in jaxpr.invars and names is not None:
        return f"from {names[jaxpr.invars.index(var)]}"
    eqn = next(e for e in jaxpr.eqns if var in e.outs)
    inner = eqn.params.get("jaxpr")
    if isinstance(inner, Jaxpr):  # a call: look where it was computed inside of it
        atom = inner.outs[eqn.outs.index(var)]
        if type(atom) is Var and atom not in inner.invars:
            return _origin(atom, inner, None)
    if eqn.prim is name_p:
        return f"named {eqn.params['name']!r} at {where(eqn.source)}"
    return f"output of {eqn.prim.name} at {where(eqn.source)}"


@short_errors
def print_saved_residuals(f: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Print `saved_residuals`, a line for each.

    >>> import numpy as np
    >>> f = lambda x, w: np.sum((x @ w) ** 2)
    >>> print_saved_residuals(f, np.ones((4, 3)), np.ones(3))
    f64[4,3] from argument x
    f64[3] from argument w
    f64[4] output of dot_general at <doctest ...>:1 (<lambda>)
    """
    for aval, origin in saved_residuals(f, *args, **kwargs):
        print(aval, origin)
