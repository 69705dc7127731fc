"""The primitive ``linear_solve``: a linear system with a solver of the user's.

It takes ``(*A, *S, *T, *b)``: what ``matvec``, ``solve`` and ``transpose`` closed over,
and the right-hand side. The derivatives of ``x`` in ``matvec(A, x) = b`` are solutions
of systems again, with the same solver: ``matvec(A, dx) = db - dA x`` forwards, and the
transposed system backwards. So they are exact, whatever the solver does inside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..core import Jaxpr, user_source, where
from ..ops.basic import expand, mapped
from .halves import Flags, present
from .implicit import divided, pulled_through, pushed_through, solver_primitive
from .linear import (
    batch_of,
    first_outs,
    fronts,
    full,
)


class System(NamedTuple):
    """A linear system: closed jaxprs that multiply and solve, and their transposes."""

    matvec: Jaxpr  # (*A, *x) -> b
    vecmat: Jaxpr | None  # (*A, *ct) -> the transpose applied to ct
    solve: Jaxpr  # (*S, *b) -> (*x, *aux)
    transpose: Jaxpr | None  # (*T, *ct) -> the solution of the transposed system
    name: str

    @property
    def size(self) -> int:
        """The number of arrays in ``b``, and in ``x``."""
        return len(self.matvec.outs)

    def divide(self, args: Sequence[Any]) -> list[Any]:
        """Return A, S, T and b of the arguments."""
        return divided(args, self.matvec, self.solve)

    def __call__(self, a: Any, s: Any, t: Any, b: Any) -> tuple[Any, Any]:
        """Solve the system, or record that; return the solution and aux."""
        outs = linear_solve_p(*a, *s, *t, *b, **self._asdict())
        return outs[: self.size], outs[self.size :]

    def transposed(self, a: Any, s: Any, t: Any, b: Any) -> Any:
        """Solve the transposed system."""
        if self.transpose is None or self.vecmat is None:
            raise TypeError(
                f"{self.name} cannot be differentiated backwards (grad, vjp, jacrev): "
                "it does not know how to solve the transposed system. Pass "
                "transpose_solve=, or symmetric=True if the matrix is symmetric"
            )
        system = System(
            self.vecmat,
            self.matvec,
            self.transpose,
            first_outs(self.solve, self.size),
            self.name,
        )
        return system(a, t, s, b)[0]


def _forward(
    needed: Flags, *args: Any, **params: Any
) -> tuple[list[Any], Callable[..., Any]]:
    system = System(**params)
    a, s, t, b = system.divide(args)
    x, aux = system(a, s, t, b)
    moves = needed[: len(a)]
    source = user_source()

    def pullback(cts: list[Any]) -> list[Any]:
        cts = full(cts[: len(x)], system.matvec.out_avals)
        try:
            ct_b = system.transposed(a, s, t, cts)
        except TypeError as error:
            raise TypeError(f"{error}. Called at {where(source)}") from None
        minus = [-ct for ct in ct_b]
        ct_a = pulled_through(system.matvec, (a, x), moves, minus, system.name)
        none = [None] * (len(s) + len(t))
        return [*map(ct_a.get, range(len(a))), *none, *ct_b]

    return [*x, *aux], pullback


def _dual(primals: Any, tangents: Any, **params: Any) -> tuple[list[Any], list[Any]]:
    system = System(**params)
    a, s, t, b = system.divide(primals)
    ts = [None if t is None else expand(t, x) for t, x in zip(tangents, primals)]
    t_a, _, _, t_b = system.divide(ts)
    x, aux = system(a, s, t, b)
    if any(present(t_a)):
        changes = pushed_through(system.matvec, (a, x), t_a, system.name)
        t_b = list(map(_minus, t_b, changes))
    t_x: list[Any] = [None] * len(x)
    if any(present(t_b)):
        t_x, _ = system(a, s, t, full(t_b, system.matvec.out_avals))
    return [*x, *aux], [*t_x, *[None] * len(aux)]


def _minus(t: Any, change: Any) -> Any:
    if change is None:
        return t
    return -change if t is None else t - change


def _batch(args, dims, axis, **params):
    system = System(**params)
    a, s, t, b = system.divide(fronts(args, dims))
    d_a, d_s, d_t, d_b = map(present, system.divide(dims))
    every = (True,) * len(b)
    over = lambda jaxpr, flags: (
        None if jaxpr is None else batch_of(jaxpr, (*flags, *every), axis, system.name)
    )
    mapped_system = System(
        over(system.matvec, d_a),
        over(system.vecmat, d_a),
        over(system.solve, d_s),
        over(system.transpose, d_t),
        system.name,
    )
    b = [x if flag else mapped(x, None, axis.size) for x, flag in zip(b, d_b)]
    x, aux = mapped_system(a, s, t, b)
    return [*x, *aux], [0] * len(params["solve"].outs)


linear_solve_p = solver_primitive(
    "linear_solve", System, batch=_batch, forward=_forward, dual=_dual
)
