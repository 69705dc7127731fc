"""What custom_vjp and custom_jvp share: one call of a function with its own rule.

A call is a primitive on flat arrays with one param, a *rule*: an object, compared by
identity, that knows the user's functions and the trees of this call. Traced values
that the user's functions close over come first among the arguments, so that the call
can be replayed when the trace that made them has gone.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..core import (
    Aval,
    Jaxpr,
    Primitive,
    Tracer,
    aval_of,
    is_array,
    is_inexact,
    not_numeric,
)
from ..ops.basic import mapped, to_front, zeros
from ..pytree import (
    PyTreeDef,
    first_difference,
    tree_flatten,
    tree_leaves,
    tree_unflatten,
)
from .arguments import Transformed, argument_names
from .axis_names import Axis
from .closures import Closure, Watch
from .pull import float0
from .staging import captures_tracers, stage
from .vjp import check_outputs
from .vmap import batched


class SymbolicZero:
    """A cotangent or tangent that is zero, given by its aval alone."""

    __slots__ = ("aval",)

    def __init__(self, aval: Aval) -> None:
        self.aval = aval

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""
        return self.aval.shape

    @property
    def dtype(self) -> np.dtype:
        """The dtype."""
        return self.aval.dtype

    def __repr__(self) -> str:
        return f"SymbolicZero({self.aval})"


def instantiated(aval: Aval) -> Any:
    """Return the zero tangent or cotangent of a value, as an array."""
    return zeros(aval) if aval.dtype.kind in "fc" else np.zeros(aval.shape, float0)


# -- rules -------------------------------------------------------------------------


class Rule:
    """What a custom call does: ``call(*arrays)`` gives its outputs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._jaxprs: dict[tuple[Aval, ...], Jaxpr] = {}

    def call(self, *args: Any) -> list[Any]:
        """Run the function itself."""
        raise NotImplementedError

    def stage(self, *avals: Aval) -> Jaxpr:
        """Return the jaxpr of the function itself."""
        if avals not in self._jaxprs:
            jaxpr = stage(self.call, avals, self.name)
            if captures_tracers(jaxpr):
                raise closes_over(self.name, "a traced value")
            self._jaxprs[avals] = jaxpr
        return self._jaxprs[avals]

    def __repr__(self) -> str:
        return f"<rule of {self.name}>"


class Setting(NamedTuple):
    """A call's arguments apart from its arrays: how to put all of them together."""

    size: int
    nondiff: tuple[int, ...]
    positions: tuple[int, ...]
    in_tree: PyTreeDef


class UserRule(Rule):
    """A rule as the user gave it, for one call: trees and non-array arguments."""

    def __init__(self, owner: Custom, setting: Setting, closure: Closure) -> None:
        super().__init__(owner.name)
        self.owner = owner
        self.setting = setting
        self.closure = closure
        self.captured = [t.describe() for t in closure.tracers]
        self.out_tree: Any = None  # as soon as the function or a rule has run
        self.out_avals: list[Aval] = []

    def split(self, args: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Return the closed-over values and the leaves of the real arguments."""
        n = len(self.captured)
        return list(args[:n]), list(args[n:])

    def functions(self, captured: Sequence[Any]) -> tuple[Any, ...]:
        """Return the function, its rules and its non-differentiable arguments."""
        return self.closure.replaced(captured)

    def arguments(self, nondiff: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
        """Return the arguments in the order of the user's function."""
        count, fixed, positions, in_tree = self.setting
        at = dict(zip(fixed, nondiff, strict=True))
        at.update(zip(positions, tree_unflatten(in_tree, leaves), strict=True))
        return [at[i] for i in range(count)]

    def argument_names(self) -> list[str]:
        """Return how messages call the leaves of the differentiable arguments."""
        _, _, positions, in_tree = self.setting
        trees = tree_unflatten(in_tree, range(in_tree.num_leaves))
        return argument_names(self.owner.fun, positions, trees)

    def call(self, *args: Any) -> list[Any]:
        """Run the function itself."""
        captured, leaves = self.split(args)
        fun, *_, nondiff = self.functions(captured)
        return self.outputs(
            fun(*self.arguments(nondiff, leaves)), "the function itself"
        )

    def outputs(self, out: Any, which: str) -> list[Any]:
        """Return the leaves of an output, which must look like earlier ones."""
        outs, tree = tree_flatten(out)
        check_outputs(outs, f"{self.name}, {which}")
        avals = list(map(aval_of, outs))
        if self.out_tree is None:
            self.out_tree, self.out_avals = tree, avals
        if tree != self.out_tree:
            raise TypeError(
                f"{self.name}: {which} must return what the function returns: "
                f"{first_difference(self.out_tree, tree)}"
            )
        for want, got in zip(self.out_avals, avals):
            if want.shape != got.shape or not (
                want.dtype == got.dtype or want.weak or got.weak
            ):
                raise TypeError(
                    f"{self.name}: {which} must return what the function returns: "
                    f"expected {want}, got {got}"
                )
        return outs

    def guarded(
        self, perturbed: Sequence[Any], captured: Sequence[Any], run: Callable[..., Any]
    ) -> tuple[list[Any], list[Any]]:
        """Run a rule, and raise if its outputs need derivatives it does not give.

        ``run(captured)`` returns outputs and other values; outputs must not depend
        on closed-over values that are being differentiated.
        """
        flags = [p and is_inexact(c) for p, c in zip(perturbed, captured)]
        if not any(flags):
            return run(captured)
        watch = Watch(self.name)
        given = [watch.lift(c) if f else c for c, f in zip(captured, flags)]
        outs, others = run(given)
        watch.ended = True
        if any(map(watch.sees, outs)):
            culprits = [text for text, f in zip(self.captured, flags) if f]
            what = f"a differentiated value: {', '.join(culprits)}"
            raise closes_over(self.name, what)
        return outs, list(map(watch.lowered, others))


def closes_over(name: str, what: str) -> TypeError:
    """Return the error about a value that has to be an argument."""
    return TypeError(
        f"{name} closes over {what}. Its rule has no derivative for that: pass it as "
        "an argument (fgrad.closure_convert finds it), or fgrad.stop_gradient of it"
    )


class BatchedRule(Rule):
    """A rule mapped over a leading axis of some arguments."""

    def __init__(self, inner: Any, dims: Sequence[int | None], axis: Axis) -> None:
        super().__init__(inner.name)
        self.inner = inner
        self.dims = [None if d is None else 0 for d in dims]
        self.axis = axis

    def run(self, fun: Any, args: Any, dims: Any) -> tuple[list[Any], list[Any]]:
        """Run a flat function on batches."""
        return batched(fun, args, dims, self.axis, f"vmap of {self.name}")

    def mapped(self, x: Any, dim: int | None) -> Any:
        """Return an array with its batch axis in front, in memory of its own."""
        x = mapped(x, dim, self.axis.size)
        return x.copy() if dim is None and type(x) is np.ndarray else x

    def call(self, *args: Any) -> list[Any]:
        """Run the function itself on batches."""
        return list(map(self.mapped, *self.run(self.inner.call, args, self.dims)))


# -- the primitive -----------------------------------------------------------------


def custom_call(
    name: str, batched_rule: type[BatchedRule], forward: Any, dual: Any
) -> Primitive:
    """Return the primitive that calls functions with a rule of their own."""

    def batch(args, dims, axis, *, rule):
        fronts = [x if d is None else to_front(x, d) for x, d in zip(args, dims)]
        outs = prim(*fronts, rule=batched_rule(rule, dims, axis))
        return outs, [0] * len(outs)

    prim = Primitive(
        name,
        impl=lambda *args, rule: rule.call(*args),
        abstract=lambda *avals, rule: list(rule.stage(*avals).out_avals),
        batch=batch,
        multi=True,
        forward=forward,
        dual=dual,
        body=lambda *avals, rule: rule.stage(*avals),
    )
    return prim


# -- the callables -----------------------------------------------------------------


class Custom(Transformed):
    """A function with its own derivative, as `custom_vjp` and `custom_jvp` make it."""

    prim: Primitive
    rule: type[UserRule]
    advice = ""
    setting_advice = "name it in nondiff_argnums"

    def __init__(
        self,
        fun: Callable[..., Any],
        nondiff_argnums: int | Sequence[int] = (),
        nondiff_argnames: str | Sequence[str] = (),
    ) -> None:
        super().__init__(fun)
        given: Any = nondiff_argnums
        several = isinstance(given, tuple | list)
        self.nondiff_argnums: tuple[int, ...] = tuple(given) if several else (given,)
        if isinstance(nondiff_argnames, str):
            nondiff_argnames = (nondiff_argnames,)
        self.nondiff_argnames = tuple(nondiff_argnames)
        self.symbolic_zeros = False
        self.rules: tuple[Callable[..., Any], ...] = ()
        self.signature: inspect.Signature | None = None
        with contextlib.suppress(TypeError, ValueError):
            self.signature = inspect.signature(fun)
        self._check_nondiff()

    def _check_nondiff(self) -> None:
        for argnum in self.nondiff_argnums:
            if isinstance(argnum, bool) or not hasattr(argnum, "__index__"):
                raise TypeError(
                    f"{self.name}: nondiff_argnums must be ints, got {argnum!r}"
                )
        parameters = list(self.signature.parameters) if self.signature else []
        for name in self.nondiff_argnames:
            if name not in parameters:
                raise ValueError(
                    f"{self.name}: nondiff_argnames names {name!r}, but the function "
                    f"has the parameters {parameters}"
                )

    def define(self, method: str, *rules: Any, symbolic_zeros: bool) -> None:
        """Set the user's rules; raise if what should be one cannot be called."""
        for rule in rules:
            if not callable(rule):
                raise TypeError(f"{self.name}.{method} needs functions, got {rule!r}")
        self.rules = rules
        self.symbolic_zeros = symbolic_zeros

    def frozen(self, nondiff: list[Any]) -> list[Any]:
        """Return the non-differentiable arguments as the rules may see them."""
        return nondiff

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function so that transformations find its rule."""
        if not self.rules:
            raise AttributeError(
                f"{self.name} has no rule yet: {self.advice.format(self.__name__)}"
            )
        args = self._resolved(args, kwargs)
        fixed = self._nondiff_positions(len(args))
        free = tuple(i for i in range(len(args)) if i not in fixed)
        leaves, in_tree = tree_flatten(tuple(args[i] for i in free))
        nondiff = self.frozen([args[i] for i in fixed])
        closure = Closure(self.fun, *self.rules, nondiff)
        if not closure.tracers and all(type(x) is not Tracer for x in leaves):
            return self._plain(args)
        rule = self.rule(self, Setting(len(args), fixed, free, in_tree), closure)
        for i, leaf in enumerate(leaves):
            if not is_array(leaf):
                raise TypeError(
                    f"{self.name}: {rule.argument_names()[i]}: {not_numeric(leaf)}. "
                    f"If it is a setting or a function, {self.setting_advice}"
                )
        outs = self.prim(*closure.tracers, *leaves, rule=rule)
        for out in outs:
            _check_levels(out, self.name)
        return tree_unflatten(rule.out_tree, outs)

    def _plain(self, args: Sequence[Any]) -> Any:
        out = self.fun(*args)
        for leaf in tree_leaves(out):
            if type(leaf) is Tracer and leaf.owner.known:
                raise closes_over(self.name, f"a traced value of {leaf.owner.name}")
        return out

    def _resolved(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.signature is None:
            if kwargs:
                raise TypeError(
                    f"{self.name}: the function has no signature, so its arguments "
                    f"must be passed by position; got {sorted(kwargs)}"
                )
            return args
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}") from None
        if bound.kwargs:
            raise TypeError(
                f"{self.name}: custom rules take arguments by position, and "
                f"{sorted(bound.kwargs)} can only be passed by keyword"
            )
        bound.apply_defaults()
        return bound.args

    def _nondiff_positions(self, count: int) -> tuple[int, ...]:
        parameters = list(self.signature.parameters) if self.signature else []
        positions = [parameters.index(name) for name in self.nondiff_argnames]
        for argnum in self.nondiff_argnums:
            if not -count <= argnum < count:
                raise ValueError(
                    f"{self.name}: nondiff_argnums names argument {argnum}, but the "
                    f"function was called with {count} arguments"
                )
            positions.append(argnum % count)
        return tuple(sorted({p for p in positions if p < count}))


def _check_levels(out: Any, name: str) -> None:
    """Raise if a value has a tracer inside that belongs outside of it."""
    while type(out) is Tracer:
        inner = out.value
        if type(inner) is Tracer and inner.owner.level >= out.owner.level:
            raise closes_over(name, f"a differentiated value: {inner.describe()}")
        out = inner
