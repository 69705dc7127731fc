"""``custom_linear_solve`` and ``custom_root``: solvers differentiated implicitly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..control.linear import NotLinear, first_outs, transposed
from ..control.linear_solve import System
from ..control.root import Root
from ..core import Aval, Jaxpr, aval_of, evaluate, short_errors
from ..ops.basic import cast
from ..pytree import PyTreeDef, first_difference, tree_unflatten
from ..transforms.arguments import check_callable, name_of, split_aux
from ..transforms.jvp import linearize
from ..transforms.staging import close, stage
from .bodies import checked_leaves, leaves_of, paths_of, place


@short_errors
def custom_linear_solve(
    matvec: Callable[[Any], Any],
    b: Any,
    solve: Callable[[Callable[[Any], Any], Any], Any],
    transpose_solve: Callable[[Callable[[Any], Any], Any], Any] | None = None,
    symmetric: bool = False,
    has_aux: bool = False,
) -> Any:
    """Solve ``matvec(x) = b`` for ``x`` with ``solve``, and differentiate the solution.

    Derivatives do not look into ``solve``: forward mode solves the same system with
    another right-hand side, and reverse mode the transposed system. Gradients reach
    ``b`` and all that ``matvec`` closes over. The functions are traced.

    Args:
        matvec: a linear function; ``matvec(x)`` looks like ``x``.
        b: the right-hand side, a tree of float or complex arrays.
        solve: ``solve(matvec, b)`` returns ``x``, which looks like ``b``.
        transpose_solve: ``transpose_solve(vecmat, b)`` solves ``vecmat(x) = b``, where
            ``vecmat`` is the transpose of ``matvec``. Reverse mode needs it.
        symmetric: promise that ``vecmat`` is ``matvec``: then ``solve`` does for both.
        has_aux: the solvers return a pair, ``(x, aux)``, and so does this function;
            ``aux`` has no derivative.

    Raises:
        TypeError: if trees, shapes or dtypes do not fit, or ``matvec`` is not linear.

    >>> import numpy as np
    >>> from fgrad import grad
    >>> def solution(a):  # of a system with a diagonal matrix
    ...     return custom_linear_solve(
    ...         lambda x: a * x, np.ones(2), lambda matvec, b: b / a, symmetric=True
    ...     )
    >>> grad(lambda a: solution(a).sum())(np.array([1.0, 2.0]))
    array([-1.  , -0.25])
    """
    for fun in (matvec, solve, transpose_solve or solve):
        check_callable(fun, "custom_linear_solve")
    name = f"custom_linear_solve({name_of(matvec)})"
    unknowns, leaves = Unknowns.of(b, name, "b")
    product, a = close(unknowns.stage(matvec, "matvec", 1))
    forth, s = _solver(unknowns, solve, "solve", matvec, has_aux)
    vecmat = transpose = None
    t: list[Any] = []
    if symmetric:
        vecmat, transpose, t = product, first_outs(forth.jaxpr, len(leaves)), s
    elif transpose_solve is not None:
        vecmat = _transpose(product, len(a), name)
    if transpose_solve is not None and vecmat is not None:
        times = unknowns.function(vecmat, a)
        back, t = _solver(unknowns, transpose_solve, "transpose_solve", times, has_aux)
        transpose = first_outs(back.jaxpr, len(leaves))
    system = System(product, vecmat, forth.jaxpr, transpose, name)
    x, aux = system(a, s, t, leaves)
    return unknowns.result(x, aux, forth.aux_tree)


@short_errors
def custom_root(
    f: Callable[[Any], Any],
    initial_guess: Any,
    solve: Callable[[Callable[[Any], Any], Any], Any],
    tangent_solve: Callable[[Callable[[Any], Any], Any], Any],
    has_aux: bool = False,
) -> Any:
    """Find ``u`` with ``f(u) = 0`` by ``solve``, and differentiate it implicitly.

    Derivatives do not look into ``solve``: they follow from the implicit function
    theorem at the root. They reach all that ``f`` closes over; the derivative by the
    initial guess is zero. The functions are traced.

    Args:
        f: the residual; ``f(u)`` looks like ``u``.
        initial_guess: where to start, a tree of float or complex arrays.
        solve: ``solve(f, initial_guess)`` returns a root.
        tangent_solve: ``tangent_solve(g, y)`` solves ``g(t) = y``, where ``g`` is the
            linear function that approximates ``f`` at the root. Reverse mode runs it
            backwards, so it must be made of operations that are linear in ``y``. For
            scalars write ``lambda g, y: y / g(1.0)``, for short vectors ``lambda g, y:
            np.linalg.solve(jacobian(g)(y), y)``, else use `custom_linear_solve`.
        has_aux: ``solve`` returns a pair, ``(root, aux)``, and so does this function;
            ``aux`` has no derivative.

    Raises:
        TypeError: if trees, shapes or dtypes do not fit.

    >>> from fgrad import grad
    >>> from fgrad.lax import fori_loop
    >>> def newton(f, x):
    ...     return fori_loop(0, 20, lambda _, x: x - f(x) / grad(f)(x), x)
    >>> def sqrt(a):
    ...     return custom_root(
    ...         lambda x: x * x - a, 1.0, newton, lambda g, y: y / g(1.0)
    ...     )
    >>> sqrt(4.0), grad(sqrt)(4.0), grad(grad(sqrt))(4.0)
    (np.float64(2.0), np.float64(0.25), np.float64(-0.03125))
    """
    for fun in (f, solve, tangent_solve):
        check_callable(fun, "custom_root")
    name = f"custom_root({name_of(f)})"
    unknowns, leaves = Unknowns.of(initial_guess, name, "initial_guess")
    equations, params = close(unknowns.stage(f, "f", 1))
    solver, s = _solver(unknowns, solve, "solve", f, has_aux)

    def tangent(u: Any, y: Any) -> Any:
        return tangent_solve(linearize(f, u)[1], y)

    tangents, t = close(unknowns.stage(tangent, "tangent_solve", 2))
    u, aux = Root(equations, solver.jaxpr, tangents, name)(params, s, t, leaves)
    return unknowns.result(u, aux, solver.aux_tree)


class Solver(NamedTuple):
    """A staged solver, and the tree of what it returns besides the solution."""

    jaxpr: Jaxpr
    aux_tree: PyTreeDef | None  # None without has_aux


class Unknowns(NamedTuple):
    """What unknowns look like: functions from unknowns to unknowns are staged."""

    tree: PyTreeDef
    avals: tuple[Aval, ...]
    name: str
    what: str  # the argument that says so

    @classmethod
    def of(cls, example: Any, name: str, what: str) -> tuple[Unknowns, list[Any]]:
        """Return what unknowns like an argument look like, and its leaves as arrays."""
        leaves, tree = leaves_of(example, name, what)
        arrays = []
        for i, x in enumerate(leaves):
            aval = aval_of(x)
            if aval.dtype.kind not in "fc":
                fix = "write x.astype(float)" if not aval.weak else "write 1.0, not 1"
                raise TypeError(
                    f"{name}: {what}{paths_of(tree)[i]} is {aval}, which has no "
                    f"derivative: {fix}"
                )
            arrays.append(cast(x, dtype=aval.dtype) if aval.weak else x)
        if not arrays:
            raise TypeError(f"{name}: {what} has no arrays, so there is no unknown")
        return cls(tree, tuple(map(aval_of, arrays)), name, what), arrays

    def stage(self, fun: Callable[..., Any], which: str, count: int) -> Jaxpr:
        """Stage a function of some unknowns; its value must look like them."""

        def flat(*tracers: Any) -> list[Any]:
            return self.checked(fun(*self._trees(tracers)), which)

        return stage(flat, self.avals * count, f"{self.name}, {which}")

    def _trees(self, leaves: Sequence[Any]) -> list[Any]:
        n = len(self.avals)
        return [
            tree_unflatten(self.tree, leaves[i : i + n])
            for i in range(0, len(leaves), n)
        ]

    def checked(self, out: Any, which: str) -> list[Any]:
        """Return the leaves of what a function returned, if they look like unknowns."""
        outs, tree = checked_leaves(out, f"{self.name}, {which}")
        if tree != self.tree:
            raise TypeError(
                f"{self.name}: {which} must return the structure of {self.what}: "
                f"{first_difference(self.tree, tree)}"
            )
        for i, (x, want) in enumerate(zip(outs, self.avals)):
            got = aval_of(x)
            if got.shape != want.shape or (got.dtype != want.dtype and not got.weak):
                path = paths_of(tree)[i]
                fix = ""
                if got.shape == want.shape:
                    fix = f": write {self.what}.astype({got.dtype.name!r})"
                raise TypeError(
                    f"{self.name}: {which} must return the shapes and dtypes of "
                    f"{self.what}, but the output{path and f' at {path}'} is {got}"
                    f"{place(x)} and {self.what}{path} is {want}{fix}"
                )
        return [
            x if aval_of(x) == want else cast(x, dtype=want.dtype)
            for x, want in zip(outs, self.avals)
        ]

    def function(self, jaxpr: Jaxpr, consts: list[Any]) -> Callable[[Any], Any]:
        """Return a closed jaxpr as a function from unknowns to unknowns."""

        def vecmat(x: Any) -> Any:
            leaves = self.checked(x, "the argument of vecmat")
            return tree_unflatten(self.tree, evaluate(jaxpr, [*consts, *leaves]))

        return vecmat

    def result(self, x: Any, aux: Any, aux_tree: PyTreeDef | None) -> Any:
        """Return a solution as the user sees it."""
        solution = tree_unflatten(self.tree, x)
        if aux_tree is None:
            return solution
        return solution, tree_unflatten(aux_tree, aux)


def _solver(
    unknowns: Unknowns, fun: Any, which: str, function: Any, has_aux: bool
) -> tuple[Solver, list[Any]]:
    """Return a closed solver and what it closed over."""
    trees: list[PyTreeDef] = []

    def flat(*tracers: Any) -> list[Any]:
        out = fun(function, tree_unflatten(unknowns.tree, tracers))
        if not has_aux:
            return unknowns.checked(out, which)
        x, aux = split_aux(out, f"{unknowns.name}, {which}", "solution")
        leaves, tree = checked_leaves(aux, f"{unknowns.name}, aux of {which}")
        trees.append(tree)
        return [*unknowns.checked(x, which), *leaves]

    jaxpr = stage(flat, unknowns.avals, f"{unknowns.name}, {which}")
    closed, consts = close(jaxpr)
    return Solver(closed, trees[0] if has_aux else None), consts


def _transpose(matvec: Jaxpr, n_fixed: int, name: str) -> Jaxpr:
    try:
        return transposed(matvec, n_fixed, name)
    except NotLinear as error:
        raise TypeError(
            f"{name}: matvec must be linear, but its derivative depends on its "
            f"argument, by {error}. Solve nonlinear equations with custom_root"
        ) from None
