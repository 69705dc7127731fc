"""``cond`` and ``switch``: one of several functions, chosen by a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..compiler.interning import interned
from ..control.cond import cond_p
from ..core import (
    Aval,
    Jaxpr,
    Var,
    aval_of,
    dtype_of,
    evaluate,
    is_array,
    known_value,
    promoted,
    shape_of,
    short_errors,
)
from ..ops.basic import cast
from ..pytree import PyTreeDef, first_difference, tree_unflatten
from ..settings import config
from ..transforms.arguments import name_of, shown
from ..transforms.staging import close, stage
from .bodies import check_function, checked_leaves, defined, leaves_of, paths_of, place
from .plain import plain_switch

_NONE = object()  # None may be an operand


@short_errors
def cond(
    pred: Any,
    true_fun: Callable[..., Any],
    false_fun: Callable[..., Any],
    *operands: Any,
    operand: Any = _NONE,
) -> Any:
    """Apply ``true_fun`` to the operands if ``pred`` holds, else ``false_fun``.

    Only the branch that is taken runs, but both are traced: they must return the same
    structure, shapes and dtypes (Python numbers take the other branch's dtype).
    Reverse mode keeps what the branch that ran needs. Under `vmap` with a mapped
    ``pred`` both branches run, and each element takes its own.

    Raises:
        TypeError: if ``pred`` is no scalar, or the outputs of the branches differ.

    >>> import numpy as np
    >>> cond(True, np.sin, np.cos, 0.0)
    np.float64(0.0)
    >>> from fgrad import grad
    >>> grad(lambda x: cond(x > 0, lambda x: x**2, lambda x: -x, x))(3.0)
    np.float64(6.0)
    """
    check_function(true_fun, "cond", "true_fun")
    check_function(false_fun, "cond", "false_fun")
    if operand is not _NONE:
        operands = (operand, *operands)
    name = f"cond({name_of(true_fun)}, {name_of(false_fun)})"
    if not is_array(pred) or shape_of(pred) or dtype_of(pred).kind not in "biuf":
        hint = ""
        if is_array(pred) and shape_of(pred):
            hint = (
                ": reduce it with .all() or .any(), or use np.where to choose "
                "elementwise"
            )
        raise TypeError(
            f"{name}: pred must be a boolean scalar, got {shown(pred)}{hint}"
        )
    holds = pred if dtype_of(pred).kind == "b" else pred != 0
    return _branched(holds, [false_fun, true_fun], operands, name)


@short_errors
def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """Apply ``branches[index]`` to the operands; the index is clamped to them.

    As for `cond`, all branches are traced and one runs.

    Raises:
        TypeError: if ``index`` is no integer scalar, or the outputs differ.
        ValueError: if there is no branch.

    >>> switch(2, [lambda x: x, lambda x: 2 * x, lambda x: 3 * x], 10.0)
    30.0
    """
    if not isinstance(branches, Sequence):
        raise TypeError(
            f"switch: branches must be a list of functions, got {shown(branches)}"
        )
    if not branches:
        raise ValueError("switch: there is no branch; pass a list of functions")
    for i, branch in enumerate(branches):
        check_function(branch, "switch", f"branches[{i}]")
    name = f"switch({', '.join(map(name_of, branches))})"
    if not is_array(index) or shape_of(index) or dtype_of(index).kind not in "iu":
        fix = ""
        if is_array(index):
            one = ": one index chooses one branch, vmap chooses for each element"
            fix = one if shape_of(index) else ": write int(i), or i.astype(int)"
        raise TypeError(
            f"{name}: the index must be an integer scalar, got {shown(index)}{fix}"
        )
    return _branched(index, list(branches), operands, name)


def _branched(
    index: Any, funs: list[Callable[..., Any]], operands: tuple[Any, ...], name: str
) -> Any:
    leaves, in_tree = leaves_of(operands, name, "operands")
    if config.touched and config.disable_jit and known_value(index) is not None:
        return plain_switch(index, funs, operands)
    avals = [aval_of(x) for x in leaves]
    staged = [_stage_branch(fun, in_tree, avals, name) for fun in funs]
    jaxprs, trees, places = zip(*staged)
    for i, tree in enumerate(trees):
        if tree != trees[0]:
            raise TypeError(
                f"{name}: the branches must return the same structure, but "
                f"{defined(funs[0])} and {defined(funs[i])} differ: "
                f"{first_difference(trees[0], tree)}"
            )
    targets = _targets(jaxprs, places, trees[0], funs, name)
    branches, consts = _closed([_cast_outputs(j, targets, name) for j in jaxprs])
    branches = tuple(map(interned, branches))
    short = "cond" if dtype_of(index).kind == "b" else "switch"
    outs = cond_p(index, *consts, *leaves, branches=branches, name=short)
    return tree_unflatten(trees[0], outs)


def _stage_branch(
    fun: Callable[..., Any], in_tree: PyTreeDef, avals: list[Aval], name: str
) -> tuple[Jaxpr, PyTreeDef, list[str]]:
    found: list[Any] = []

    def flat(*tracers: Any) -> list[Any]:
        out = fun(*tree_unflatten(in_tree, tracers))
        outs, tree = checked_leaves(out, f"{name}, {name_of(fun)}")
        found.extend((tree, list(map(place, outs))))
        return outs

    def inputs(i: int) -> str:
        return f"operands{paths_of(in_tree)[i]}"

    jaxpr = stage(flat, avals, name, inputs)
    return jaxpr, *found


def _targets(
    jaxprs: Sequence[Jaxpr],
    places: Sequence[list[str]],
    tree: PyTreeDef,
    funs: list[Callable[..., Any]],
    name: str,
) -> list[Aval]:
    """Return the avals that the branches' outputs have in common."""
    targets = []
    for i, avals in enumerate(zip(*(j.out_avals for j in jaxprs))):
        strong = [a for a in avals if not a.weak] or list(avals)
        dtype = promoted(*avals)
        target = Aval(avals[0].shape, dtype, all(a.weak for a in avals))
        for other in strong:
            if other._replace(weak=target.weak) != target:
                one = avals.index(next(a for a in avals if a != other))
                two = avals.index(other)
                path = paths_of(tree)[i]
                fix = "give both the same shape"
                if avals[one].shape == avals[two].shape:
                    fix = f"cast one, as in y.astype({dtype.name!r})"
                raise TypeError(
                    f"{name}: the branches must return the same shapes and dtypes, but "
                    f"the output{path and f' at {path}'} is {avals[one]} from "
                    f"{name_of(funs[one])}{places[one][i]} and {avals[two]} from "
                    f"{name_of(funs[two])}{places[two][i]}: {fix}"
                )
        targets.append(target)
    return targets


def _cast_outputs(jaxpr: Jaxpr, targets: list[Aval], name: str) -> Jaxpr:
    """Return a branch whose Python numbers have the dtype of the other branches'."""
    if list(jaxpr.out_avals) == targets:
        return jaxpr

    def run(*args: Any) -> list[Any]:
        outs = evaluate(jaxpr, args)
        return [
            x if aval_of(x) == a else cast(x, dtype=a.dtype)
            for x, a in zip(outs, targets)
        ]

    return stage(run, jaxpr.in_avals, name)


def _closed(jaxprs: Sequence[Jaxpr]) -> tuple[tuple[Jaxpr, ...], list[Any]]:
    """Give branches common inputs: what any of them captured comes first."""
    pairs = list(map(close, jaxprs))
    consts = [x for _, captured in pairs for x in captured]
    branches = []
    for i, (jaxpr, captured) in enumerate(pairs):
        n = len(captured)
        before: list[Var] = []
        for j, (_, others) in enumerate(pairs):
            own = jaxpr.invars[:n] if i == j else (Var(aval_of(x)) for x in others)
            before.extend(own)
        branches.append(jaxpr.replace(invars=(*before, *jaxpr.invars[n:])))
    return tuple(branches), consts


@short_errors
def platform_dependent(
    *args: Any,
    default: Callable[..., Any] | None = None,
    **per_platform: Callable[..., Any],
) -> Any:
    """Apply the function for the CPU, where everything runs, or else ``default``.

    Raises:
        TypeError: if there is neither of them.

    >>> platform_dependent(2.0, cpu=lambda x: x + 1.0, cuda=lambda x: x)
    3.0
    """
    fun = per_platform.get("cpu", default)
    if fun is None:
        raise TypeError(
            "platform_dependent: programs run on the CPU, but there is neither cpu= "
            f"nor default=, only {sorted(per_platform)}"
        )
    return fun(*args)
