"""`grad` and `value_and_grad`: record a scalar function, pull the seed 1.0 back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from ..core import (
    KnownTrace,
    aval_of,
    dtype_of,
    is_array,
    is_inexact,
    not_numeric,
    shape_of,
    short_errors,
)
from ..pytree import tree_flatten, tree_unflatten
from .arguments import (
    Transformed,
    argument_names,
    check_live,
    checked_argnums,
    refuse_reduce_axes,
    shown,
    split_aux,
    unlift,
)
from .pull import finished, float0, follows, place_of, pull


class ValueAndGrad(Transformed):
    """What `value_and_grad` returns: a callable that gives value and gradient."""

    transformation = "value_and_grad"
    with_value = True

    def __init__(
        self,
        fun: Callable[..., Any],
        argnums: int | tuple[int, ...] | list[int] = 0,
        has_aux: bool = False,
        holomorphic: bool = False,
        allow_int: bool = False,
        reduce_axes: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(fun)
        refuse_reduce_axes(reduce_axes, self.name)
        checked_argnums(argnums, 1 << 30, self.name)
        self.argnums = argnums
        self.several = isinstance(argnums, tuple | list)
        self.has_aux = has_aux
        self.holomorphic = holomorphic
        self.kind = "c" if holomorphic else "f"
        self.allow_int = allow_int

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record the function, pull the seed 1.0 back, and give both results."""
        positions = checked_argnums(self.argnums, len(args), self.name)
        chosen: Any = [args[p] for p in positions]
        leaves, treedef = tree_flatten(tuple(chosen) if self.several else chosen[0])
        trace = KnownTrace(self.name, lock=True)
        trace.inputs = lambda i: argument_names(self.fun, positions, chosen)[i]
        lifted = []
        for i, x in enumerate(leaves):
            if type(x) is not np.ndarray or x.dtype.kind != self.kind:
                self._check_leaf(x, i, positions, chosen)
                if not is_inexact(x):
                    lifted.append(x)
                    continue
            lifted.append(trace.lift(x, i))
        if not leaves:
            self._refuse_nothing(chosen)
        full = list(args)
        given = tree_unflatten(treedef, lifted)
        for p, tree in zip(positions, given if self.several else (given,)):
            full[p] = tree
        try:
            out, aux = self.fun(*full, **kwargs), None
            if self.has_aux:
                out, aux = split_aux(out, self.name, "value")
            value, grads = self._differentiate(trace, out, lifted, leaves)
        finally:
            trace.end()
        gradient = tree_unflatten(treedef, grads)
        if not self.with_value:
            return (gradient, unlift(aux, trace)) if self.has_aux else gradient
        return ((value, unlift(aux, trace)) if self.has_aux else value), gradient

    def _differentiate(
        self, trace: KnownTrace, out: Any, lifted: list[Any], leaves: list[Any]
    ) -> tuple[Any, list[Any]]:
        followed = follows(out, trace)
        if not followed or type(out.value) is not np.float64 or self.holomorphic:
            check_live((out,), self.name)
            check_scalar(out, self)
        trace.ended = True
        places = [place_of(x, trace) for x in lifted]
        cts = pull(trace.entries, (place_of(out, trace),), (1.0,), places)
        taken: set[int] = set()
        grads = [
            np.zeros(shape_of(leaf), float0)
            if place is None
            else finished(ct, leaf, taken)
            for place, ct, leaf in zip(places, cts, leaves)
        ]
        return (out.value if followed else out), grads

    def _check_leaf(self, leaf: Any, i: int, positions: Any, chosen: Any) -> None:
        kind = dtype_of(leaf).kind if is_array(leaf) else None
        if kind == self.kind:
            return
        if kind in ("i", "u", "b") and self.allow_int:
            return
        name = argument_names(self.fun, positions, chosen)[i]
        raise TypeError(f"{self.name}: {name} {_leaf_problem(leaf, kind, self)}")

    def _refuse_nothing(self, chosen: Any) -> NoReturn:
        raise TypeError(
            f"{self.name}: there is nothing to differentiate, argument "
            f"{chosen[0] if len(chosen) == 1 else chosen!r} has no arrays in it: "
            "pass floats, or choose another argnums"
        )


def _leaf_problem(leaf: Any, kind: str | None, self: ValueAndGrad) -> str:
    if kind is None:
        return f"cannot be differentiated: {not_numeric(leaf)}"
    if kind == "c":
        return (
            f"is complex ({aval_of(leaf)}): pass holomorphic=True for a complex-"
            "differentiable function, or differentiate real and imaginary parts"
        )
    if self.holomorphic:
        return f"is {aval_of(leaf)}, but holomorphic=True needs complex inputs"
    return (
        f"is {aval_of(leaf)}; derivatives need float inputs: write x.astype(float) "
        "or 3.0 instead of 3, choose another argnums, or pass allow_int=True"
    )


class Grad(ValueAndGrad):
    """What `grad` returns: a callable that gives the gradient."""

    transformation = "grad"
    with_value = False


def check_scalar(out: Any, owner: ValueAndGrad) -> None:
    """Raise unless the output of a function under `grad` is one float."""
    name = owner.name
    if not is_array(out):
        hint = ""
        if isinstance(out, tuple | list):
            hint = ". Return one number; if the rest is extra output, pass has_aux=True"
        elif out is None:
            hint = ". Is a return statement missing?"
        raise TypeError(f"{name} needs a scalar output, got {shown(out)}{hint}")
    aval = aval_of(out)
    if aval.shape:
        one = aval.size == 1
        hint = f"[{', '.join('0' * aval.ndim)}]" if one else ".sum() or .mean()"
        raise TypeError(
            f"{name} needs a scalar output, got {aval}: return out{hint}"
            + ("" if one else ", or use fgrad.jacobian for all its derivatives")
        )
    if aval.dtype.kind == "c" and not owner.holomorphic:
        raise TypeError(
            f"{name} needs a real output, got {aval}: return its .real or np.abs(...), "
            "or pass holomorphic=True"
        )
    if aval.dtype.kind not in "fc" or (owner.holomorphic and aval.dtype.kind != "c"):
        wanted = "complex" if owner.holomorphic else "float"
        raise TypeError(
            f"{name} needs a {wanted} output, got {aval}"
            + (
                " (holomorphic=True)"
                if owner.holomorphic
                else ": integers have no derivative"
            )
        )


@short_errors
def grad(
    fun: Callable[..., Any],
    argnums: int | tuple[int, ...] | list[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    reduce_axes: tuple[Any, ...] = (),
) -> Callable[..., Any]:
    """Return a function that computes the gradient of a scalar-valued ``fun``.

    The gradient has the container, shapes and dtypes of the argument. With a
    sequence of ``argnums`` it is a tuple. With ``has_aux``, ``fun`` returns
    ``(value, aux)`` and the result is ``(gradient, aux)``. ``holomorphic`` promises
    complex differentiability; ``allow_int`` gives integer arguments gradients of
    dtype ``float0``.

    Raises:
        TypeError: for an output that is no scalar, or an argument that is no float.

    >>> import numpy as np
    >>> grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return Grad(fun, argnums, has_aux, holomorphic, allow_int, reduce_axes)


@short_errors
def value_and_grad(
    fun: Callable[..., Any],
    argnums: int | tuple[int, ...] | list[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    reduce_axes: tuple[Any, ...] = (),
) -> Callable[..., Any]:
    """Return a function that computes the value of ``fun`` and its gradient.

    The options are those of `grad`. The result is ``(value, gradient)``, with
    ``has_aux`` it is ``((value, aux), gradient)``.

    >>> import numpy as np
    >>> value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """
    return ValueAndGrad(fun, argnums, has_aux, holomorphic, allow_int, reduce_axes)
