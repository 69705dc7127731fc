"""The primitive ``custom_root``: a root found by a solver of the user's.

It takes ``(*F, *S, *T, *guess)``: what ``f``, ``solve`` and ``tangent`` closed over,
and where to start. At the root ``u`` of ``f(F, u) = 0`` the implicit function theorem
says ``J du = -dF``, where ``J`` is the derivative of ``f`` by ``u`` and ``dF`` the
change of ``f`` with its parameters. ``tangent`` solves that system; its transpose
serves reverse mode.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..compiler.call import call, derived
from ..core import Jaxpr, user_source, where
from ..ops.basic import mapped
from .halves import Flags, present
from .implicit import divided, pulled_through, pushed_through, solver_primitive
from .linear import (
    NotLinear,
    batch_of,
    fronts,
    full,
    transposed,
)


class Root(NamedTuple):
    """A system of equations and its solvers, as closed jaxprs."""

    f: Jaxpr  # (*F, *u) -> residuals
    solve: Jaxpr  # (*S, *guess) -> (*u, *aux)
    tangent: Jaxpr  # (*T, *u, *y) -> the solution of J t = y, linear in y
    name: str

    @property
    def size(self) -> int:
        """The number of arrays in ``u``."""
        return len(self.f.outs)

    def divide(self, args: Sequence[Any]) -> list[Any]:
        """Return F, S, T and the guess of the arguments."""
        return divided(args, self.f, self.solve)

    def __call__(self, f: Any, s: Any, t: Any, guess: Any) -> tuple[Any, Any]:
        """Find the root, or record that; return it and aux."""
        outs = root_p(*f, *s, *t, *guess, **self._asdict())
        return outs[: self.size], outs[self.size :]

    def transposed(self, source: Any) -> Jaxpr:
        """Return what solves the transposed system: ``(*T, *u, *ct)`` in."""
        n = len(self.tangent.invars) - self.size
        make = lambda: transposed(self.tangent, n, self.name)
        try:
            return derived(self.tangent, "transposed", make)
        except NotLinear as error:
            raise TypeError(
                f"{self.name}, called at {where(source)}, cannot be differentiated "
                "backwards (grad, vjp, jacrev): tangent_solve(g, y) is not made of "
                f"operations linear in y ({error}). Let it call "
                "custom_linear_solve(g, y, solve, transpose_solve)"
            ) from None


def _forward(
    needed: Flags, *args: Any, **params: Any
) -> tuple[list[Any], Callable[..., Any]]:
    root = Root(**params)
    f, s, t, guess = root.divide(args)
    u, aux = root(f, s, t, guess)
    moves = needed[: len(f)]
    source = user_source()

    def pullback(cts: list[Any]) -> list[Any]:
        found: dict[int, Any] = {}
        if any(moves):
            cts = full(cts[: len(u)], root.f.out_avals)
            jaxpr = root.transposed(source)
            solved = call(*t, *u, *cts, jaxpr=jaxpr, name=f"{root.name}_transposed")
            minus = [-ct for ct in solved]
            found = pulled_through(root.f, (f, u), moves, minus, root.name)
        return [found.get(i) for i in range(len(args))]

    return [*u, *aux], pullback


def _dual(primals: Any, tangents: Any, **params: Any) -> tuple[list[Any], list[Any]]:
    root = Root(**params)
    f, s, t, guess = root.divide(primals)
    u, aux = root(f, s, t, guess)
    t_f = root.divide(tangents)[0]
    t_u: list[Any] = [None] * len(u)
    if any(present(t_f)):
        changes = pushed_through(root.f, (f, u), t_f, root.name)
        y = full([None if c is None else -c for c in changes], root.f.out_avals)
        t_u = call(*t, *u, *y, jaxpr=root.tangent, name=f"{root.name}_tangent")
    return [*u, *aux], [*t_u, *[None] * len(aux)]


def _batch(args, dims, axis, **params):
    root = Root(**params)
    f, s, t, guess = root.divide(fronts(args, dims))
    d_f, d_s, d_t, d_guess = map(present, root.divide(dims))
    every = (True,) * len(guess)
    mapped_root = Root(
        batch_of(root.f, (*d_f, *every), axis, root.name),
        batch_of(root.solve, (*d_s, *every), axis, root.name),
        batch_of(root.tangent, (*d_t, *every, *every), axis, root.name),
        root.name,
    )
    guess = [
        x if flag else mapped(x, None, axis.size) for x, flag in zip(guess, d_guess)
    ]
    u, aux = mapped_root(f, s, t, guess)
    return [*u, *aux], [0] * len(root.solve.outs)


root_p = solver_primitive(
    "custom_root", Root, batch=_batch, forward=_forward, dual=_dual
)
