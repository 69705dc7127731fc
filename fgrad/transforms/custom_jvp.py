"""Functions with a derivative rule of their own, for both modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import (
    Aval,
    KnownTrace,
    Tracer,
    aval_of,
    dtype_of,
    is_array,
    is_inexact,
    shape_of,
)
from ..ops.basic import expand
from ..ops.elementwise import stop_gradient_p
from ..pytree import (
    first_difference,
    tree_flatten,
    tree_leaves,
    tree_map,
    tree_unflatten,
)
from .arguments import describe_leaf, name_of, user_pair
from .custom_rules import (
    BatchedRule,
    Custom,
    SymbolicZero,
    UserRule,
    custom_call,
    instantiated,
)
from .pull import float0, place_of, pull

Leaves = list[Any]


class JVPRule(UserRule):
    """A function with the jvp rule that the user gave it."""

    def jvp(self, args: Leaves, tangents: Leaves) -> tuple[Leaves, Leaves]:
        """Return the outputs and their tangents; a tangent of None is zero."""
        captured, leaves = self.split(args)
        perturbed = [t is not None for t in tangents]
        zero = SymbolicZero if self.owner.symbolic_zeros else instantiated
        given = [
            zero(aval_of(x)) if t is None else t
            for x, t in zip(leaves, tangents[len(captured) :], strict=True)
        ]
        in_tree = self.setting.in_tree

        def run(captured: Leaves) -> tuple[Leaves, Leaves]:
            _, jvp, nondiff = self.functions(captured)
            primals = tree_unflatten(in_tree, leaves)
            result = jvp(*nondiff, primals, tree_unflatten(in_tree, given))
            return self._checked(result, jvp)

        return self.guarded(perturbed, captured, run)

    def _checked(self, result: Any, jvp: Any) -> tuple[Leaves, Leaves]:
        out, t_out = user_pair(result, self.name, jvp, "(output, tangent)")
        which = f"the rule {name_of(jvp)}"
        outs = self.outputs(out, which)
        ts, tree = tree_flatten(t_out)
        if tree != self.out_tree:
            raise TypeError(
                f"{self.name}: {which} must return a tangent with the structure of the "
                f"output: {first_difference(self.out_tree, tree)}"
            )
        return outs, [self._tangent(t, x, which) for t, x in zip(ts, outs)]

    def _tangent(self, t: Any, x: Any, which: str) -> Any:
        if isinstance(t, SymbolicZero):
            return None
        aval = aval_of(x)
        if aval.dtype.kind not in "fc":
            if getattr(t, "dtype", None) == float0:
                return None
            raise TypeError(
                f"{self.name}: {which} must return a tangent of dtype float0 for the "
                f"output {aval}: np.zeros({aval.shape}, fgrad.float0), got "
                f"{describe_leaf(t)}"
            )
        if not is_array(t) or shape_of(t) != aval.shape or not _fits(t, aval):
            raise TypeError(
                f"{self.name}: {which} must return a tangent with the shape and dtype "
                f"of its output: expected {aval}, got {describe_leaf(t)}"
            )
        return expand(t, x)


def _fits(t: Any, aval: Aval) -> bool:
    got = aval_of(t)
    if got.weak or aval.weak:
        return got.dtype.kind != "c" or aval.dtype.kind == "c"
    return got.dtype == aval.dtype


class BatchedJVPRule(BatchedRule):
    """The rule of a mapped function: its jvp rule, mapped."""

    def jvp(self, args: Leaves, tangents: Leaves) -> tuple[Leaves, Leaves]:
        """Return the outputs and their tangents; a tangent of None is zero."""
        found: list[bool] = []

        def run(*args: Any) -> Leaves:
            given = iter(args[len(tangents) :])
            ts = [None if t is None else next(given) for t in tangents]
            outs, t_outs = self.inner.jvp(list(args[: len(tangents)]), ts)
            found.extend(t is not None for t in t_outs)
            return [*outs, *(t for t in t_outs if t is not None)]

        given = [t for t in tangents if t is not None]
        dims = [d for d, t in zip(self.dims, tangents) if t is not None]
        values = list(
            map(self.mapped, *self.run(run, [*args, *given], [*self.dims, *dims]))
        )
        n = len(found)
        rest = iter(values[n:])
        return values[:n], [next(rest) if has else None for has in found]


def _one(x: Any) -> Any:
    """Return a tangent to record with; ones take no memory and make no ``0 * inf``."""
    one = dtype_of(x).type(1)
    return np.broadcast_to(one, shape_of(x)) if shape_of(x) else one


def _forward(needed, *args, rule):
    trace = KnownTrace(rule.name)
    tangents = [
        trace.lift(_one(x)) if need and is_inexact(x) else None
        for x, need in zip(args, needed)
    ]
    outs, t_outs = rule.jvp(list(args), tangents)
    trace.end()
    avals = list(map(aval_of, args))  # what the pullback needs of them

    def pullback(cts):
        outs = [place_of(t, trace) for t in t_outs]
        inputs = [None if t is None else t.note for t in tangents]
        results = pull(list(trace.entries), outs, cts, inputs)  # a copy: it is used up
        return [ct if ct is None else expand(ct, a) for ct, a in zip(results, avals)]

    return outs, pullback


def _dual(primals, tangents, *, rule):
    full = [None if t is None else expand(t, x) for t, x in zip(tangents, primals)]
    return rule.jvp(list(primals), full)


custom_jvp_call = custom_call("custom_jvp_call", BatchedJVPRule, _forward, _dual)


class custom_jvp(Custom):
    """A function whose derivative is given by the user, for both modes.

    The rule ``jvp(*nondiff_args, primals, tangents)`` returns ``(output, tangent)``;
    the tangent must be linear in ``tangents``: reverse mode runs the rule backwards.
    Keyword arguments are resolved to positions.

    Args:
        fun: the function; its arguments and its output are trees of arrays.
        nondiff_argnums: positions of arguments that are not differentiated.
        nondiff_argnames: names of such arguments.

    >>> import numpy as np
    >>> from fgrad.transforms.grad import grad
    >>> @custom_jvp
    ... def safe_sqrt(x):
    ...     return np.sqrt(x)
    >>> @safe_sqrt.defjvp
    ... def safe_sqrt_jvp(primals, tangents):
    ...     (x,), (t,) = primals, tangents
    ...     y = safe_sqrt(x)
    ...     return y, t * 0.5 / np.maximum(y, 0.1)
    >>> grad(safe_sqrt)(0.0)
    np.float64(5.0)
    """

    transformation = "custom_jvp"
    prim = custom_jvp_call
    rule = JVPRule
    advice = "write @{}.defjvp above its rule"

    def defjvp(
        self, jvp: Callable[..., Any], symbolic_zeros: bool = False
    ) -> Callable[..., Any]:
        """Set the rule and return it; may be used as a decorator.

        With ``symbolic_zeros`` the rule gets a `SymbolicZero` for each tangent that
        is zero, and may return some.
        """
        self.define("defjvp", jvp, symbolic_zeros=symbolic_zeros)
        return jvp

    def defjvps(self, *jvps: Callable[..., Any] | None) -> None:
        """Set a rule per argument: ``jvp(tangent, output, *primals)``, None for zero.

        >>> from fgrad.transforms.grad import grad
        >>> product = custom_jvp(lambda x, y: x * y)
        >>> product.defjvps(lambda t, z, x, y: t * y, None)
        >>> grad(product, (0, 1))(2.0, 3.0)
        (np.float64(3.0), np.float64(0.0))
        """
        if self.nondiff_argnums or self.nondiff_argnames:
            raise TypeError(
                f"{self.name}: defjvps cannot be used with nondiff_argnums; use defjvp"
            )

        def rule(primals: Any, tangents: Any) -> tuple[Any, Any]:
            if len(jvps) != len(primals):
                raise ValueError(
                    f"{self.name}: defjvps got {len(jvps)} rules for "
                    f"{len(primals)} arguments; pass None for a zero derivative"
                )
            out = self(*primals)
            parts = [
                jvp(_array_tangents(t), out, *primals)
                for jvp, t in zip(jvps, tangents)
                if jvp is not None and not _is_zero(t)
            ]
            total = tree_map(lambda x: SymbolicZero(aval_of(x)), out)
            for part in parts:
                total = tree_map(_added, total, part)
            return out, total

        rules = [jvp for jvp in jvps if jvp is not None]
        self.define("defjvps", *rules, symbolic_zeros=True)  # checks that they are
        self.define("defjvps", rule, symbolic_zeros=True)

    def frozen(self, nondiff: list[Any]) -> list[Any]:
        """Return the non-differentiable arguments without their derivatives."""
        return tree_map(
            lambda x: stop_gradient_p(x) if type(x) is Tracer else x, nondiff
        )


def _is_zero(tangents: Any) -> bool:
    return all(isinstance(t, SymbolicZero) for t in tree_leaves(tangents))


def _array_tangents(tangents: Any) -> Any:
    return tree_map(
        lambda t: instantiated(t.aval) if isinstance(t, SymbolicZero) else t, tangents
    )


def _added(total: Any, part: Any) -> Any:
    if isinstance(total, SymbolicZero):
        return part
    if isinstance(part, SymbolicZero) or dtype_of(part) == float0:
        return total
    return total + part
