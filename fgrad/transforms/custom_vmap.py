"""Functions with a rule of their own for whole batches.

What is differentiated keeps the rule: the derivative of a mapped function is that of
its rule. So a derivative is a call of the same primitive, of a function (`Pulled`,
`Pushed`) that has a rule for batches itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core import KnownTrace, Primitive, Tracer, aval_of, is_inexact, shape_of
from ..ops.basic import expand, mapped, to_front, zeros
from ..pytree import (
    first_difference,
    tree_flatten,
    tree_leaves,
    tree_map,
    tree_unflatten,
)
from .arguments import name_of, user_pair
from .axis_names import Axis
from .custom_rules import Custom, Rule, UserRule
from .jvp import push
from .looping import one_by_one
from .pull import follows, place_of, pull
from .vmap import batched

Leaves = list[Any]
Flags = list[bool]


class VmapRule(UserRule):
    """A function with the rule for batches that the user gave it."""

    def mapped(self, axis: Axis, flags: Flags, args: Leaves) -> tuple[Leaves, Flags]:
        """Return the outputs for a batch, and which of them have a leading axis."""
        captured, leaves = self.split(args)
        n = len(captured)
        culprits = [text for text, flag in zip(self.captured, flags) if flag]
        if culprits:
            raise TypeError(
                f"{self.name} closes over a mapped value: {', '.join(culprits)}. Its "
                "rule would not get it: pass it as an argument"
            )
        _, rule, nondiff = self.functions(captured)
        in_batched = tree_unflatten(self.setting.in_tree, flags[n:])
        given = self.arguments(nondiff, leaves)
        result = rule(axis.size, list(in_batched), *given)
        out, out_batched = user_pair(result, self.name, rule, "(output, out_batched)")
        return self._checked(out, out_batched, axis.size, f"the rule {name_of(rule)}")

    def _checked(
        self, out: Any, out_batched: Any, size: int, which: str
    ) -> tuple[Leaves, Flags]:
        outs, tree = tree_flatten(out)
        flags, flag_tree = tree_flatten(out_batched)
        if self.out_tree is not None and tree != self.out_tree:
            raise TypeError(
                f"{self.name}: {which} must return what the function returns: "
                f"{first_difference(self.out_tree, tree)}"
            )
        if flag_tree != tree:
            raise TypeError(
                f"{self.name}: {which} must say of each output whether it is batched, "
                f"in the structure of the output: {first_difference(tree, flag_tree)}"
            )
        self.out_tree = tree
        for i, (x, flag) in enumerate(zip(outs, flags)):
            self._check_output(i, x, flag, size, which)
        return outs, list(map(bool, flags))

    def _check_output(self, i: int, x: Any, flag: Any, size: int, which: str) -> None:
        if not isinstance(flag, bool | np.bool):
            raise TypeError(
                f"{self.name}: {which} must return out_batched of True and False, got "
                f"{flag!r}"
            )
        shape = shape_of(x)
        if flag and shape[:1] != (size,):
            raise ValueError(
                f"{self.name}: {which} returned {aval_of(x)} and says that it is "
                f"batched: its first axis must have the size {size}"
            )
        inner = shape[1:] if flag else shape
        if self.out_avals and inner != self.out_avals[i].shape:
            raise ValueError(
                f"{self.name}: {which} must return what the function returns: "
                f"expected {self.out_avals[i]} for each element, got {aval_of(x)}"
                + (f" for {size} of them" if flag else "")
            )


# -- derivatives -------------------------------------------------------------------


def _pulled(
    fun: Callable[..., Any], needed: Sequence[bool], args: Sequence[Any], name: str
) -> tuple[Leaves, Callable[[Leaves], Leaves]]:
    """Return the outputs of a flat function, and its pullback."""
    trace = KnownTrace(name)
    lifted = [trace.lift(x) if need else x for x, need in zip(args, needed)]
    outs = fun(*lifted)
    trace.end()

    def pullback(cts: Leaves) -> Leaves:
        places = [place_of(out, trace) for out in outs]
        inputs = [place_of(x, trace) for x in lifted]
        found = pull(list(trace.entries), places, cts, inputs)  # a copy: it is used up
        return [
            expand(zeros(x) if ct is None else ct, x) if need else None
            for ct, x, need in zip(found, args, needed)
        ]

    return [o.value if follows(o, trace) else o for o in outs], pullback


class Pulled(Rule):
    """From arguments and cotangents of outputs to the cotangents of the arguments."""

    def __init__(self, inner: Any, needed: Flags, present: Flags) -> None:
        super().__init__(inner.name)
        self.inner = inner
        self.needed = needed
        self.present = present

    def call(self, *args: Any) -> Leaves:
        """Run the function forwards and backwards."""
        n = len(self.needed)
        _, pullback = _pulled(self.inner.call, self.needed, args[:n], self.name)
        given = iter(args[n:])
        cts = [next(given) if there else None for there in self.present]
        return [ct for ct in pullback(cts) if ct is not None]

    def mapped(self, axis: Axis, flags: Flags, args: Leaves) -> tuple[Leaves, Flags]:
        """Run the function's rule for batches forwards and backwards.

        Every element has cotangents of its own, also of an argument that is shared.
        """
        n = len(self.needed)
        if not any(flags[:n]):
            return _itself(self, axis, flags, args)
        wide = [f or need for f, need in zip(flags, self.needed)]
        given = zip(args[:n], flags, wide)
        primals = [_mapped(x, f, axis) if b else x for x, f, b in given]
        kept: Flags = []

        def run(*xs: Any) -> Leaves:
            outs, out_flags = self.inner.mapped(axis, wide, list(xs))
            kept.extend(out_flags)
            return outs

        _, pullback = _pulled(run, self.needed, primals, self.name)
        rest = (_mapped(ct, f, axis) for ct, f in zip(args[n:], flags[n:]))
        cts = [next(rest) if there else None for there in self.present]
        # what is the same for all elements does not depend on needed arguments
        found = pullback([ct if flag else None for ct, flag in zip(cts, kept)])
        grads = [ct for ct in found if ct is not None]
        return grads, [True] * len(grads)


class Pushed(Rule):
    """From arguments and tangents to outputs and tangents."""

    def __init__(self, inner: Any, moving: Flags) -> None:
        super().__init__(inner.name)
        self.inner = inner
        self.moving = moving
        self.count = 0  # of outputs, as soon as the function has run

    def call(self, *args: Any) -> Leaves:
        """Run the function, and push its tangents."""
        primals, ts = self._split(args)
        outs, t_outs, _ = push(self.inner.call, primals, ts, self.name)
        return self._joined(outs, t_outs)

    def _split(self, args: Sequence[Any]) -> tuple[Leaves, Leaves]:
        given = iter(args[len(self.moving) :])
        ts = [next(given) if moves else None for moves in self.moving]
        return list(args[: len(self.moving)]), ts

    def _joined(self, outs: Leaves, ts: Leaves) -> Leaves:
        self.count = len(outs)
        full = [
            expand(zeros(aval_of(x)) if t is None else t, x)
            for x, t in zip(outs, ts)
            if is_inexact(x)
        ]
        return [*outs, *full]

    def mapped(self, axis: Axis, flags: Flags, args: Leaves) -> tuple[Leaves, Flags]:
        """Run the function's rule for batches, and push its tangents."""
        primals, ts = self._split(args)
        x_flags, t_flags = self._split(flags)
        if not any(x_flags):
            return _itself(self, axis, flags, args)
        wide = [x or bool(t) for x, t in zip(x_flags, t_flags)]
        for i, (x, t) in enumerate(zip(primals, ts)):
            if wide[i]:
                primals[i] = _mapped(x, x_flags[i], axis)
                ts[i] = None if t is None else _mapped(t, t_flags[i], axis)
        kept: Flags = []

        def run(*xs: Any) -> Leaves:
            outs, out_flags = self.inner.mapped(axis, wide, list(xs))
            kept.extend(out_flags)
            return outs

        outs, t_outs, _ = push(run, primals, ts, self.name)
        moved = [f for f, x in zip(kept, outs) if is_inexact(x)]
        return self._joined(outs, t_outs), [*kept, *moved]


def _itself(rule: Rule, axis: Axis, flags: Flags, args: Leaves) -> tuple[Leaves, Flags]:
    """Map the derivative of the function itself: none of its arguments is mapped."""
    dims = [0 if flag else None for flag in flags]
    outs, out_dims = batched(rule.call, args, dims, axis, f"vmap of {rule.name}")
    fronts = [x if d is None else to_front(x, d) for x, d in zip(outs, out_dims)]
    return fronts, [d is not None for d in out_dims]


def _mapped(x: Any, flag: bool, axis: Axis) -> Any:
    return x if flag else mapped(x, None, axis.size)


# -- the primitive -----------------------------------------------------------------


def _batch(args, dims, axis, *, rule):
    fronts = [x if d is None else to_front(x, d) for x, d in zip(args, dims)]
    outs, flags = rule.mapped(axis, [d is not None for d in dims], fronts)
    return outs, [0 if flag else None for flag in flags]


def _forward(needed, *args, rule):
    needed = [need and is_inexact(x) for need, x in zip(needed, args)]
    if all(type(x) is not Tracer for x in args):  # nobody is left to map the function
        return _pulled(rule.call, needed, args, rule.name)
    outs = custom_vmap_call(*args, rule=rule)

    def pullback(cts):
        present = [ct is not None for ct in cts]
        given = [ct for ct in cts if ct is not None]
        pulled = Pulled(rule, needed, present)
        found = iter(custom_vmap_call(*args, *given, rule=pulled))
        return [next(found) if need else None for need in needed]

    return outs, pullback


def _dual(primals, tangents, *, rule):
    given = [expand(t, x) for t, x in zip(tangents, primals) if t is not None]
    pushed = Pushed(rule, [t is not None for t in tangents])
    results = custom_vmap_call(*primals, *given, rule=pushed)
    outs, ts = results[: pushed.count], iter(results[pushed.count :])
    return outs, [next(ts) if is_inexact(x) else None for x in outs]


custom_vmap_call = Primitive(
    "custom_vmap_call",
    impl=lambda *args, rule: rule.call(*args),
    abstract=lambda *avals, rule: list(rule.stage(*avals).out_avals),
    batch=_batch,
    multi=True,
    forward=_forward,
    dual=_dual,
    body=lambda *avals, rule: rule.stage(*avals),
)


# -- the callables -----------------------------------------------------------------


class custom_vmap(Custom):
    """A function whose meaning under `vmap` is given by the user.

    ``rule(axis_size, in_batched, *args)`` returns ``(output, out_batched)``. Arguments
    that are mapped come with the mapped axis in front; ``in_batched`` is a list that
    says of each array whether it is, and ``out_batched`` says it of the outputs. The
    derivatives of the mapped function are those of the rule. Keyword arguments are
    resolved to positions.

    Args:
        fun: the function; its arguments and its output are trees of arrays.

    Raises:
        TypeError: if the rule's result has not the structure of the function's.
        ValueError: if it has not its shapes.

    >>> from fgrad.transforms.vmap import vmap
    >>> @custom_vmap
    ... def solve(a, b):
    ...     return np.linalg.solve(a, b)
    >>> @solve.def_vmap
    ... def solve_many(size, in_batched, a, b):
    ...     a_batched, b_batched = in_batched
    ...     if a_batched or not b_batched:
    ...         b = b if b_batched else np.broadcast_to(b, (size, *b.shape))
    ...         return np.linalg.solve(a, b[..., None])[..., 0], True
    ...     return np.linalg.solve(a, b.T).T, True  # factorises the matrix once
    >>> vmap(solve, in_axes=(None, 0))(2 * np.eye(2), np.ones((3, 2)))
    array([[0.5, 0.5],
           [0.5, 0.5],
           [0.5, 0.5]])
    """

    transformation = "custom_vmap"
    prim = custom_vmap_call
    rule = VmapRule
    setting_advice = "close over it"

    def __init__(self, fun: Callable[..., Any]) -> None:
        super().__init__(fun)
        self.rules = (self._missing,)

    def _missing(self, *args: Any) -> Any:
        raise AttributeError(
            f"{self.name} has no rule yet: write @{self.__name__}.def_vmap above its "
            "rule"
        )

    def _plain(self, args: Sequence[Any]) -> Any:
        return self.fun(*args)

    def def_vmap(self, vmap_rule: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule and return it; may be used as a decorator."""
        self.define("def_vmap", vmap_rule, symbolic_zeros=False)
        return vmap_rule


def sequential_vmap(f: Callable[..., Any]) -> custom_vmap:
    """Return a function that `vmap` runs element by element, one after the other.

    Its elements may differ in what they do: Python's ``if`` may depend on the data,
    unless they are differentiated or compiled. What `jit` compiles is as long as the
    batch.

    >>> from fgrad.transforms.vmap import vmap
    >>> @sequential_vmap
    ... def halvings(x):
    ...     n = 0
    ...     while x > 1:
    ...         x, n = x / 2, n + 1
    ...     return n
    >>> vmap(halvings)(np.array([1.0, 5.0, 100.0]))
    array([0, 3, 7])
    """
    mapped = custom_vmap(f)

    @mapped.def_vmap
    def one_after_the_other(size: int, in_batched: Any, *args: Any) -> Any:
        leaves, in_tree = tree_flatten(args)
        dims = [0 if flag else None for flag in tree_leaves(in_batched)]
        trees = []

        def flat(*xs: Any) -> Leaves:
            outs, tree = tree_flatten(mapped(*tree_unflatten(in_tree, xs)))
            trees.append(tree)
            return outs

        outs = one_by_one(flat, leaves, dims, size, mapped.name)
        out = tree_unflatten(trees[0], outs)
        return out, tree_map(lambda _: True, out)

    return mapped
