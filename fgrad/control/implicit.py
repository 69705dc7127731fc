"""What a linear system and a root share: equations, and a solver of the user's.

Both take ``(*P, *S, *T, *last)``: what the equations, the solver and the solver of the
derivatives closed over, and the right-hand side or the guess. The derivatives of the
solution ``x`` come from those of the equations at ``x``, not from the solver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..compiler.call import call
from ..compiler.runtime import compiled
from ..core import Jaxpr, Primitive
from ..ops.basic import expand
from .halves import Flags, kept, present, spread
from .linear import body_of, pulled, tangents_of


def divided(args: Sequence[Any], equations: Jaxpr, solve: Jaxpr) -> list[Any]:
    """Return P, S, T and the last arguments, as many as there are equations."""
    size = len(equations.outs)
    p = len(equations.invars) - size
    s = p + len(solve.invars) - size
    t = len(args) - size
    return [args[:p], args[p:s], args[s:t], args[t:]]


def pulled_through(
    equations: Jaxpr, args: tuple[Any, Any], moves: Flags, cts: Any, name: str
) -> dict[int, Any]:
    """Return the cotangents of the P that move, by their places, at a solution.

    ``args`` are P and the solution, ``cts`` the cotangents of the equations.
    """
    if not any(moves):
        return {}
    params, x = args
    pull = pulled(equations, (*moves, *(False for _ in x)), name)
    outs = call(*params, *x, *cts, jaxpr=pull.jaxpr, name=f"{name}_vjp")
    return dict(zip(pull.reached, outs))


def pushed_through(
    equations: Jaxpr, args: tuple[Any, Any], tangents: Any, name: str
) -> list[Any]:
    """Return by what the equations change if P does and the solution does not."""
    params, x = args
    moves = present(tangents)
    flags = (*moves, *(False for _ in x))
    jaxpr, outs_move = tangents_of(equations, flags, name)
    pairs = zip(kept(tangents, moves), kept(params, moves))
    ts = [expand(t, p) for t, p in pairs]
    changes = call(*params, *x, *ts, jaxpr=jaxpr, name=f"{name}_jvp")
    return spread(changes, outs_move)


def solver_primitive(name: str, kind: Callable[..., Any], **rules: Any) -> Primitive:
    """Return the primitive of one kind of equations; its value is the solver's."""

    def impl(*args: Any, **params: Any) -> list[Any]:
        found = kind(**params)
        _, s, _, last = found.divide(args)
        return list(compiled(found.solve, found.name).function(*s, *last))

    def body(*avals: Any, **params: Any) -> Any:
        found = kind(**params)
        first = len(found.divide(avals)[0])
        return body_of(avals, found.solve, first, found.size)

    return Primitive(
        name,
        impl=impl,
        abstract=lambda *avals, **params: list(params["solve"].out_avals),
        multi=True,
        body=body,
        **rules,
    )
