"""``scan``: a loop over the leading axis of arrays that carries a value along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..compiler.interning import interned
from ..control.loop import Loop
from ..control.loop_parts import fresh
from ..core import Aval, aval_of, evaluate, shape_of, short_errors
from ..ops.join import stack_arrays
from ..pytree import PyTreeDef, tree_unflatten
from ..settings import config
from ..transforms.arguments import name_of, shown
from ..transforms.staging import close, stage
from .bodies import (
    Body,
    check_function,
    checked_leaves,
    defined,
    label_of,
    leaves_of,
    paths_of,
    place,
)
from .carries import kept_type, settled_carry
from .plain import plain_scan


@short_errors
def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
    _split_transpose: bool = False,
) -> tuple[Any, Any]:
    """Carry a value along the leading axis of ``xs``, and stack an output per step.

    ``f(carry, x)`` returns ``(carry, y)``; ``x`` is an element of ``xs`` (with its
    leading axis taken away). The result is the last carry and the stacked ``y``.
    The carry keeps its structure, shapes and dtypes; Python numbers in ``init`` take
    the dtype that ``f`` gives them. Carry, ``xs`` and ``y`` may be trees, or None.

    ``f`` is traced and compiled once, whatever the length. Reverse mode stacks what
    the backward pass needs; wrap ``f`` in ``fgrad.checkpoint`` to recompute it.

    Args:
        f: the function of one step.
        init: the first carry.
        xs: arrays with leading axes of one length, or None.
        length: the number of steps, needed if ``xs`` is None.
        reverse: go from the last element to the first.
        unroll: ``True``, or the length: write every step out, without a loop. Other
            numbers change nothing.

    Raises:
        TypeError: if ``f`` does not return a pair, or the carry changes its type.
        ValueError: if the lengths disagree, or there is none.

    >>> import numpy as np
    >>> scan(lambda total, x: (total + x, total), 0.0, np.array([1.0, 2.0, 3.0]))
    (np.float64(6.0), array([0., 1., 3.]))
    """
    check_function(f, "scan", "f")
    return scanned(f, init, xs, length, reverse, unroll, f"scan({name_of(f)})")


def scanned(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any,
    length: int | None,
    reverse: bool,
    unroll: int | bool,
    name: str,
) -> tuple[Any, Any]:
    """Scan under the name of a public function."""
    carry, carry_tree = leaves_of(init, name, "init")
    x_leaves, x_tree = leaves_of(xs, name, "xs")
    n = checked_length(x_leaves, x_tree, length, name)
    unrolled = _unrolled(unroll, n, name)
    if config.touched and config.disable_jit:
        return plain_scan(f, init, xs, n, bool(reverse))
    x_avals = [Aval(shape_of(x)[1:], aval_of(x).dtype) for x in x_leaves]

    def stage_body(avals: list[Aval]) -> Body:
        return _stage_step(f, (carry_tree, avals), (x_tree, x_avals), name)

    body, carry = settled_carry(stage_body, carry, carry_tree, name)
    jaxpr, consts = close(body.jaxpr)
    kind = name.partition("(")[0]  # scan, fori_loop, map
    label = label_of(f, kind)
    label = label if kind in ("scan", label) else f"{kind} {label}"
    loop = Loop(interned(jaxpr), len(consts), len(carry), n, bool(reverse), label)
    outs, ys = (_written_out if unrolled else Loop.__call__)(
        loop, consts, carry, x_leaves
    )
    return tree_unflatten(carry_tree, outs), tree_unflatten(body.ys_tree, ys)


def checked_length(leaves: list[Any], tree: PyTreeDef, length: Any, name: str) -> int:
    """Return the number of steps; raise if it is not known or not one."""
    for i, x in enumerate(leaves):
        if not shape_of(x):
            raise ValueError(
                f"{name}: xs{paths_of(tree)[i]} is {aval_of(x)}, it has no leading "
                "axis to scan over: stack numbers with np.array, and put what is the "
                "same in every step into the carry, or close over it"
            )
    lengths = [shape_of(x)[0] for x in leaves]
    if length is not None:
        if isinstance(length, bool) or not hasattr(length, "__index__"):
            raise TypeError(f"{name}: length must be an int, got {length!r}")
        lengths.append(length.__index__())
    if not lengths:
        raise ValueError(
            f"{name}: the number of steps is not known: pass xs with a leading axis, "
            "or length="
        )
    if len(set(lengths)) > 1:
        sizes = [
            f"\n  xs{path}: {n}" for path, n in zip(paths_of(tree), lengths)
        ]  # fmt: skip
        given = "" if length is None else f"\n  length: {length}"
        raise ValueError(
            f"{name}: the lengths of what is scanned over disagree:"
            f"{''.join(sizes)}{given}"
        )
    if lengths[0] < 0:
        raise ValueError(f"{name}: length must not be negative, got {length}")
    return lengths[0]


def _stage_step(
    f: Callable[..., Any],
    carry: tuple[PyTreeDef, list[Aval]],
    xs: tuple[PyTreeDef, list[Aval]],
    name: str,
) -> Body:
    """Stage one step: leaves of the carry and of an element in, of both outputs out."""
    (carry_tree, carry_avals), (x_tree, x_avals) = carry, xs
    n = len(carry_avals)
    found: list[Any] = []

    def flat(*tracers: Any) -> list[Any]:
        result = f(
            tree_unflatten(carry_tree, tracers[:n]), tree_unflatten(x_tree, tracers[n:])
        )
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise TypeError(
                f"{name}: the function must return a pair (carry, y), but "
                f"{defined(f)} returned {_kind(result)}. Return (carry, None) "
                "if there is nothing to stack"
            )
        outs, out_tree = checked_leaves(result[0], f"{name}, carry")
        ys, ys_tree = checked_leaves(result[1], f"{name}, y")
        found.extend((out_tree, tuple(map(aval_of, outs)), tuple(map(place, outs))))
        found.append(ys_tree)
        same = out_tree == carry_tree
        kept = [kept_type(x, a) for x, a in zip(outs, carry_avals)] if same else outs
        return [*kept, *ys]

    def inputs(i: int) -> str:
        what, tree, at = ("carry", carry_tree, i) if i < n else ("x", x_tree, i - n)
        return f"{what}{paths_of(tree)[at]}"

    jaxpr = stage(flat, [*carry_avals, *x_avals], name, inputs)
    out_tree, out_avals, places, ys_tree = found
    return Body(jaxpr, out_tree, out_avals, places, ys_tree, defined(f))


def _kind(result: Any) -> str:
    if isinstance(result, tuple | list):
        return f"a {type(result).__name__} of length {len(result)}"
    return shown(result)


def _unrolled(unroll: Any, n: int, name: str) -> bool:
    """Say whether every step is to be written out."""
    if not isinstance(unroll, bool):
        if not hasattr(unroll, "__index__") or unroll.__index__() < 1:
            raise ValueError(
                f"{name}: unroll must be a positive int or a bool, got {unroll!r}"
            )
        return unroll.__index__() >= n > 1
    return unroll


def _written_out(
    loop: Loop, consts: list[Any], carry: list[Any], xs: list[Any]
) -> tuple[list[Any], list[Any]]:
    """Run a loop's body for every element without a loop primitive."""
    steps = range(loop.length or 0)
    first, rows = carry, []
    for i in reversed(steps) if loop.reverse else steps:
        outs = evaluate(loop.jaxpr, [*consts, *carry, *(x[i] for x in xs)])
        carry = outs[: loop.n_carry]
        rows.append(outs[loop.n_carry :])
    if loop.reverse:
        rows.reverse()
    if not rows:
        return loop(consts, carry, xs)
    ys = [stack_arrays(list(each)) for each in zip(*rows)]
    return fresh(carry, [*consts, *first, *xs]), ys
