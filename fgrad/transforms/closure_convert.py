"""`closure_convert`: what a function closes over, as arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import Jaxpr, Tracer, evaluate, is_inexact, short_errors, trimmed
from ..pytree import PyTreeDef, first_difference, tree_flatten, tree_unflatten
from .arguments import check_callable, name_of, shown
from .staging import close, input_aval, stage_call


class Converted:
    """A function that takes what it closed over after its own arguments."""

    def __init__(
        self,
        name: str,
        jaxpr: Jaxpr,
        consts: list[Any],
        hoisted: list[bool],
        trees: tuple[PyTreeDef, PyTreeDef],
    ) -> None:
        self.name = name
        self.jaxpr = jaxpr
        self.kept = [None if h else c for c, h in zip(consts, hoisted)]
        self.hoisted = hoisted
        self.in_tree, self.out_tree = trees

    def __call__(self, *args: Any) -> Any:
        try:
            count = len(args) - sum(self.hoisted)
            leaves = self._checked(args[: max(count, 0)])
            given = iter(args[count:])
            consts = [
                next(given) if hoisted else const
                for const, hoisted in zip(self.kept, self.hoisted)
            ]
            outs = evaluate(self.jaxpr, [*consts, *leaves])
            return tree_unflatten(self.out_tree, outs)
        except Exception as error:
            __tracebackhide__ = True
            raise trimmed(error)

    def _checked(self, args: tuple[Any, ...]) -> list[Any]:
        leaves, tree = tree_flatten(args)
        if tree != self.in_tree:
            raise TypeError(
                f"{self.name}: the converted function takes arguments like the "
                f"examples, and then the {sum(self.hoisted)} consts: "
                f"{first_difference(self.in_tree, tree)}"
            )
        avals = self.jaxpr.in_avals[len(self.kept) :]
        for i, (x, want) in enumerate(zip(leaves, avals)):
            got = input_aval(x)
            if got.shape != want.shape or (got.dtype != want.dtype and not got.weak):
                raise TypeError(
                    f"{self.name}: argument leaf {i} of the converted function must "
                    f"be {want} as in the examples, got {shown(x)}"
                )
        return leaves


@short_errors
def closure_convert(
    fun: Callable[..., Any], *example_args: Any
) -> tuple[Callable[..., Any], list[Any]]:
    """Return ``fun`` with what it closes over as further arguments, and those.

    The first result is called as ``converted(*args, *consts)``. ``consts`` has the
    float and complex traced values that ``fun`` closes over, through which a
    derivative may be taken; plain arrays stay inside. The function is staged for
    arguments like ``example_args``. Functions with a rule of their own
    (`custom_vjp`) get derivatives with respect to closed-over values in this way.

    Raises:
        TypeError: if ``converted`` is called with arguments unlike the examples.

    >>> from fgrad.transforms.grad import grad
    >>> def f(c):
    ...     converted, consts = closure_convert(lambda x: x * c, 1.0)
    ...     return converted(2.0, *consts) + len(consts)
    >>> f(3.0), grad(f)(3.0)
    (6.0, np.float64(2.0))
    """
    check_callable(fun, "closure_convert")
    name = f"closure_convert({name_of(fun)})"
    jaxpr, out_tree = stage_call(fun, example_args, {}, name)
    closed, consts = close(jaxpr)
    hoisted = [type(c) is Tracer and is_inexact(c) for c in consts]
    trees = (tree_flatten(example_args)[1], out_tree)
    converted = Converted(name, closed, consts, hoisted, trees)
    return converted, [c for c, h in zip(consts, hoisted) if h]
