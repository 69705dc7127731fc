"""SciPy's optimisers of functions of trees, with derivatives by fgrad.

>>> found = minimize(lambda p: (p["x"] - 3.0) ** 2 + p["y"] ** 2, {"x": 0.0, "y": 1.0})
>>> found.success, round(found.x["x"].item(), 6)
(True, 3.0)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.optimize as _scipy

from ..core import dtype_of, short_errors
from ..flatten_util import ravel_pytree
from ..numpy.table import has_tracer
from ..pytree import tree_leaves
from ..transforms.arguments import check_callable, name_of
from ..transforms.grad import value_and_grad
from ..transforms.jacobian import hessian, hvp, jacobian
from .naming import attributes as _attributes

__all__ = ["OptimizeResults", "least_squares", "minimize", "root"]

_NO_GRADIENT = ("nelder-mead", "powell", "cobyla", "cobyqa")
_PRODUCTS = ("newton-cg", "trust-ncg", "trust-krylov", "trust-constr")
_HESSIANS = ("dogleg", "trust-exact")


class OptimizeResults(NamedTuple):
    """What an optimiser found: ``x`` and ``jac`` are trees like ``x0``."""

    x: Any
    success: bool
    status: int
    fun: Any
    jac: Any
    hess_inv: Any
    nfev: int
    njev: int
    nit: int
    message: str


@short_errors
def minimize(
    fun: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    method: str = "BFGS",
    tol: float | None = None,
    options: dict[str, Any] | None = None,
    **others: Any,
) -> OptimizeResults:
    """Minimise a function with one of SciPy's methods and fgrad's derivatives.

    Gradients are those of `value_and_grad`; methods that take Hessians get products
    with them (`hvp`), or the Hessian itself.

    Args:
        fun: ``fun(x, *args)`` returns a float; it may use Python's control flow.
        x0: where to start: an array, a float, or a tree of them.
        args: more arguments of ``fun``.
        method: a name that ``scipy.optimize.minimize`` knows.
        tol: the tolerance; ``options`` has more for each method.
        options: as SciPy takes them.
        others: ``bounds``, ``constraints`` and ``callback`` as SciPy takes them, for
            all of ``x`` as one vector.

    Raises:
        TypeError: if something is traced: the search is no differentiable function
            of its start, and its length depends on values.

    >>> rosen = lambda x: 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2
    >>> minimize(rosen, np.zeros(2), method="Newton-CG", tol=1e-8).x.round(6)
    array([1., 1.])
    """
    problem = _Problem("minimize", fun, x0, args)
    name = method.lower()
    if name not in _NO_GRADIENT:
        others.setdefault("jac", True)
    if name in _PRODUCTS:
        others.setdefault("hessp", problem.product)
    elif name in _HESSIANS:
        others.setdefault("hess", problem.hessian)
    function = problem.value_and_grad if others.get("jac") is True else problem.value
    found = _scipy.minimize(
        function, problem.start, method=method, tol=tol, options=options, **others
    )
    return problem.results(found)


@short_errors
def root(fun: Callable[..., Any], x0: Any, args: tuple[Any, ...] = (), *,
         method: str = "hybr", tol: float | None = None,
         options: dict[str, Any] | None = None) -> OptimizeResults:  # fmt: skip
    """Find where a function of trees is zero, with SciPy's methods and its Jacobian.

    ``fun(x, *args)`` returns as many numbers as ``x`` has. ``fun`` of the result is
    the residual, in one vector.

    >>> root(lambda x: x**2 - np.array([4.0, 9.0]), np.ones(2)).x.round(6)
    array([2., 3.])
    """
    problem = _Problem("root", fun, x0, args)
    jac = problem.jacobian if method in ("hybr", "lm") else None
    found = _scipy.root(
        problem.residual, problem.start, method=method, jac=jac, tol=tol,
        options=options,
    )  # fmt: skip
    return problem.results(found)


@short_errors
def least_squares(
    fun: Callable[..., Any], x0: Any, args: tuple[Any, ...] = (), **options: Any
) -> OptimizeResults:
    """Minimise a sum of squares with SciPy's methods and the Jacobian by fgrad.

    ``fun(x, *args)`` returns a tree of residuals; ``fun`` of the result is half of
    the sum of their squares. ``options`` are those of ``scipy.optimize``.

    >>> t = np.linspace(0.0, 1.0, 9)
    >>> found = least_squares(
    ...     lambda p: p[0] * np.exp(p[1] * t) - 2 * np.exp(-t), np.ones(2)
    ... )
    >>> found.x.round(6)
    array([ 2., -1.])
    """
    problem = _Problem("least_squares", fun, x0, args)
    found = _scipy.least_squares(
        problem.residual, problem.start, problem.jacobian, **options
    )
    found.fun, found.jac = found.cost, found.grad
    return problem.results(found)


class _Problem:
    """A function of a tree as SciPy wants it: of a vector, with derivatives."""

    def __init__(self, what: str, fun: Any, x0: Any, args: Any) -> None:
        check_callable(fun, what)
        self.what, self.fun = f"{what}({name_of(fun)})", fun
        self.args = args if isinstance(args, tuple) else (args,)
        self.refuse(tree_leaves((x0, self.args)))
        start, self.unravel = ravel_pytree(x0)
        if dtype_of(start).kind != "f":
            raise TypeError(
                f"{self.what}: x0 has dtype {start.dtype}, and unknowns are real "
                "floats: write x0.astype(float), or 1.0 for 1"
            )
        self.start = np.asarray(start, float)

    def refuse(self, values: Any) -> None:
        """Raise if something is traced."""
        if has_tracer(values):
            raise TypeError(
                f"{self.what}: a value is traced, but SciPy's search runs on numbers "
                "and has no derivative. Call it outside of the transformed function; "
                "to differentiate a solution, state its equations (for a minimum: the "
                "gradient is zero) with fgrad.lax.custom_root"
            )

    def value(self, x: Any) -> Any:
        """Return the value at a vector."""
        z = self.fun(self.unravel(x), *self.args)
        self.refuse([z])
        return z

    def value_and_grad(self, x: Any) -> Any:
        """Return the value and the gradient at a vector."""
        z, g = value_and_grad(lambda x: self.fun(self.unravel(x), *self.args))(x)
        self.refuse([z, g])
        return float(z), g

    def product(self, x: Any, p: Any) -> Any:
        """Return the product of the Hessian with a vector."""
        return hvp(self.value_of_traced, (x,), (p,))

    def hessian(self, x: Any) -> Any:
        """Return the Hessian."""
        return hessian(self.value_of_traced)(x)

    def value_of_traced(self, x: Any) -> Any:
        """Return the value at a vector that is differentiated."""
        return self.fun(self.unravel(x), *self.args)

    def residual(self, x: Any) -> Any:
        """Return the residuals at a vector as a vector."""
        z = ravel_pytree(self.value_of_traced(x))[0]
        self.refuse([z])
        return z

    def jacobian(self, x: Any) -> Any:
        """Return the Jacobian of the residuals."""
        return jacobian(lambda x: ravel_pytree(self.value_of_traced(x))[0])(x)

    def results(self, found: Any) -> OptimizeResults:
        """Return what SciPy found, with trees in place of vectors."""
        jac = found.get("jac")
        fits = getattr(jac, "shape", None) == self.start.shape
        return OptimizeResults(
            x=self.unravel(found.x),
            success=bool(found.success),
            status=found.get("status", 0),
            fun=found.get("fun"),
            jac=self.unravel(jac) if fits else jac,
            hess_inv=found.get("hess_inv"),
            nfev=found.get("nfev", 0),
            njev=found.get("njev", 0),
            nit=found.get("nit", 0),
            message=str(found.get("message", "")),
        )


__getattr__ = _attributes(_scipy, globals())
