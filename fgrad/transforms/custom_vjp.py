"""Functions with a reverse-mode rule of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..core import Aval, aval_of, dtype_of, is_array, shape_of, user_source, where
from ..ops.basic import expand, mapped, sum_axes
from ..pytree import (
    PyTreeDef,
    first_difference,
    tree_flatten,
    tree_map,
    tree_structure,
    tree_unflatten,
)
from .arguments import describe_leaf, kind, name_of, user_pair
from .custom_rules import (
    BatchedRule,
    Custom,
    SymbolicZero,
    UserRule,
    custom_call,
    instantiated,
)

Leaves = list[Any]


@dataclass(frozen=True, eq=False, slots=True)
class CustomVJPPrimal:
    """What ``fwd`` gets for each array under ``symbolic_zeros``."""

    value: Any
    perturbed: bool


class Residuals(NamedTuple):
    """What ``fwd`` leaves for ``bwd`` besides arrays."""

    tree: PyTreeDef
    in_avals: list[Aval]
    out_avals: list[Aval]


class VJPRule(UserRule):
    """A function with the ``fwd`` and ``bwd`` that the user gave it."""

    def fwd(self, needed: Sequence[bool], args: Leaves) -> tuple[Leaves, Leaves, Any]:
        """Return the outputs, the residual arrays, and what else `bwd` reads."""
        captured, leaves = self.split(args)
        perturbed = needed[len(captured) :]
        trees: list[PyTreeDef] = []

        def run(captured: Leaves) -> tuple[Leaves, Leaves]:
            _, fwd, _, nondiff = self.functions(captured)
            given = leaves
            if self.owner.symbolic_zeros:
                given = list(map(CustomVJPPrimal, leaves, perturbed))
            result = fwd(*self.arguments(nondiff, given))
            out, res = user_pair(result, self.name, fwd, "(output, residuals)")
            outs = self.outputs(out, f"the rule {name_of(fwd)}")
            res_leaves, tree = tree_flatten(res)
            trees.append(tree)
            return outs, res_leaves

        outs, res = self.guarded(needed, captured, run)
        static = Residuals(trees[0], list(map(aval_of, leaves)), [*map(aval_of, outs)])
        return outs, [*captured, *res], static

    def bwd(self, static: Residuals, residuals: Leaves, cts: Leaves) -> Leaves:
        """Return the cotangents of the arguments; None is zero."""
        captured, res = self.split(residuals)
        _, _, bwd, nondiff = self.functions(captured)
        lazy = self.owner.symbolic_zeros
        zero = SymbolicZero if lazy else instantiated
        given = [
            zero(a) if ct is None else ct
            for ct, a in zip(cts, static.out_avals, strict=True)
        ]
        ct = tree_unflatten(self.out_tree, given)
        result = bwd(*nondiff, tree_unflatten(static.tree, res), ct)
        found = self._leaves(result, name_of(bwd))
        none = [None] * len(captured)
        return [*none, *map(self._checked, found, static.in_avals, range(len(found)))]

    def _leaves(self, result: Any, bwd: str) -> Leaves:
        """Return a cotangent for every leaf; None stands for a tree of zeros."""
        in_tree = self.setting.in_tree
        count = len(self.setting.positions)
        if not isinstance(result, tuple | list) or len(result) != count:
            raise TypeError(
                f"{self.name}: the rule {bwd} must return a tuple with a cotangent for "
                f"each of the {count} differentiable arguments, got {kind(result)}"
            )
        wanted = tree_unflatten(in_tree, range(in_tree.num_leaves))
        leaves: Leaves = [None] * in_tree.num_leaves

        def put(ct: Any, place: Any) -> None:
            if ct is not None:
                if type(place) is not int:
                    raise ValueError
                leaves[place] = ct

        try:
            tree_map(put, tuple(result), wanted, is_leaf=lambda x: x is None)
        except ValueError:
            why = first_difference(in_tree, tree_structure(tuple(result)))
            raise TypeError(
                f"{self.name}: the rule {bwd} must return cotangents with the "
                f"structure of the arguments: {why}"
            ) from None
        return leaves

    def _checked(self, ct: Any, aval: Aval, i: int) -> Any:
        if ct is None or isinstance(ct, SymbolicZero) or aval.dtype.kind not in "fc":
            return None
        problem: type[Exception] = TypeError
        if not is_array(ct):
            got = describe_leaf(ct)
        elif shape_of(ct) != aval.shape:
            problem, got = ValueError, str(aval_of(ct))
        elif dtype_of(ct).kind == "c" and aval.dtype.kind != "c":
            got = f"{aval_of(ct)}: return its real part"
        else:
            return expand(ct, aval)
        raise problem(
            f"{self.name}: the cotangent of {self.argument_names()[i]} from bwd must "
            f"be {aval}, got {got}"
        )


class BatchedVJPRule(BatchedRule):
    """The rule of a mapped function: its ``fwd`` and ``bwd``, mapped."""

    def fwd(self, needed: Sequence[bool], args: Leaves) -> tuple[Leaves, Leaves, Any]:
        """Return the outputs, the residual arrays, and what else `bwd` reads."""
        inner: list[Any] = []

        def run(*args: Any) -> Leaves:
            outs, residuals, static = self.inner.fwd(needed, list(args))
            inner.extend((len(outs), static))
            return [*outs, *residuals]

        values, dims = self.run(run, args, self.dims)
        n, static = inner
        outs = list(map(self.mapped, values[:n], dims[:n]))
        return outs, values[n:], (static, dims[n:])

    def bwd(self, static: Any, residuals: Leaves, cts: Leaves) -> Leaves:
        """Return the cotangents of the arguments; None is zero."""
        static, dims = static
        found: list[bool] = []

        def run(*args: Any) -> Leaves:
            given = iter(args[len(residuals) :])
            full = [None if ct is None else next(given) for ct in cts]
            results = self.inner.bwd(static, list(args[: len(residuals)]), full)
            found.extend(ct is not None for ct in results)
            return [ct for ct in results if ct is not None]

        given = [ct for ct in cts if ct is not None]
        in_dims = [*dims, *[0] * len(given)]
        results = zip(*self.run(run, [*residuals, *given], in_dims))
        return [
            self._ct(*next(results), dim) if has else None
            for has, dim in zip(found, self.dims, strict=True)
        ]

    def _ct(self, ct: Any, dim: int | None, arg_dim: int | None) -> Any:
        """Return the cotangent of an argument: summed if the argument is shared."""
        if arg_dim is None and dim is None:
            return ct * float(self.axis.size)
        ct = mapped(ct, dim, self.axis.size)
        return ct if arg_dim is not None else sum_axes(ct, (0,))


def _forward(needed, *args, rule):
    outs, residuals, static = rule.fwd(needed, list(args))
    return outs, lambda cts: rule.bwd(static, residuals, cts)


def _dual(primals, tangents, *, rule):
    raise TypeError(
        f"can't apply forward-mode differentiation (jvp, linearize, jacfwd) to "
        f"{rule.name}, called at {where(user_source())}: custom_vjp only says how to "
        "go backwards. Give the function its rule with fgrad.custom_jvp, which serves "
        "both modes"
    )


custom_vjp_call = custom_call("custom_vjp_call", BatchedVJPRule, _forward, _dual)


class custom_vjp(Custom):
    """A function whose reverse-mode derivative is given by the user.

    ``fwd`` takes what the function takes and returns ``(output, residuals)``;
    ``bwd(*nondiff_args, residuals, ct)`` returns a tuple with a cotangent for each
    differentiable argument, None where it is zero. Keyword arguments are resolved to
    positions. Forward mode raises: see `custom_jvp`.

    Args:
        fun: the function; its arguments and its output are trees of arrays.
        nondiff_argnums: positions of arguments that are not differentiated.
        nondiff_argnames: names of such arguments.

    >>> import numpy as np
    >>> from fgrad.transforms.grad import grad
    >>> @custom_vjp
    ... def clip_gradient(x):
    ...     return x
    >>> clip_gradient.defvjp(lambda x: (x, None), lambda _, ct: (np.clip(ct, -1, 1),))
    >>> grad(lambda x: 5.0 * clip_gradient(x))(3.0)
    np.float64(1.0)
    """

    transformation = "custom_vjp"
    prim = custom_vjp_call
    rule = VJPRule
    advice = "call {}.defvjp(fwd, bwd)"

    def defvjp(
        self,
        fwd: Callable[..., Any],
        bwd: Callable[..., Any],
        symbolic_zeros: bool = False,
        optimize_remat: bool = False,
    ) -> None:
        """Set the rule.

        Args:
            fwd: takes the arguments and returns the output and the residuals.
            bwd: takes the residuals and the cotangent of the output.
            symbolic_zeros: ``fwd`` gets a `CustomVJPPrimal` (value, perturbed) for
                each array, and ``bwd`` a `SymbolicZero` for each zero cotangent.
            optimize_remat: has no effect; ``fwd`` only runs under differentiation.
        """
        self.define("defvjp", fwd, bwd, symbolic_zeros=symbolic_zeros)
