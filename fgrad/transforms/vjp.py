"""`vjp`: run a function once, and keep the map from cotangents to cotangents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import (
    KnownTrace,
    aval_of,
    dtype_of,
    evaluate,
    is_array,
    is_inexact,
    not_numeric,
    shape_of,
    short_errors,
    trimmed,
)
from ..ops.basic import cast, expand, zeros
from ..pytree import (
    PyTreeDef,
    first_difference,
    keystr,
    register_pytree_node,
    tree_flatten,
    tree_flatten_with_path,
    tree_unflatten,
)
from .arguments import (
    argument_names,
    check_callable,
    check_live,
    name_of,
    own_copy,
    refuse_reduce_axes,
    shown,
    split_aux,
    unlift,
)
from .pull import finished, float0, follows, place_of, pull
from .staging import close, stage


class VJPFunction:
    """The map from an output's cotangent to the cotangents of the inputs."""

    def __init__(
        self,
        trace: KnownTrace,
        outs: list[Any],
        out_tree: PyTreeDef,
        lifted: list[Any],
        primals: list[Any],
        in_tree: PyTreeDef,
    ) -> None:
        self.name = trace.name
        self.entries = trace.entries
        self.outs = [place_of(o, trace) for o in outs]
        self.out_avals = [aval_of(o) for o in outs]
        self.out_tree = out_tree
        self.inputs = [place_of(x, trace) for x in lifted]
        self.in_avals = [aval_of(x) for x in primals]
        self.in_tree = in_tree

    def __call__(self, *cts: Any) -> tuple[Any, ...]:
        try:
            if len(cts) != 1:
                raise TypeError(
                    f"the function from {self.name} takes one argument, the cotangent "
                    f"of the output, got {len(cts)}; pass a tuple for a tuple output"
                )
            leaves = check_cotangents(cts[0], self.out_tree, self.out_avals, self.name)
            return tree_unflatten(self.in_tree, self.pull_leaves(leaves))
        except Exception as error:
            raise trimmed(error)

    def staged(self) -> tuple[Any, list[Any]]:
        """Return the pull as a jaxpr of residuals and cotangents, and the residuals."""
        inexact = [a for a in self.out_avals if a.dtype.kind in "fc"]

        def flat(*given: Any) -> list[Any]:
            cts = iter(given)
            full = [next(cts) if a.dtype.kind in "fc" else None for a in self.out_avals]
            results = self.pull_leaves(full)
            return [g for g in results if dtype_of(g) != float0]

        return close(stage(flat, inexact, self.name))

    def pull_leaves(self, leaves: list[Any]) -> list[Any]:
        """Pull flat cotangents back to the flat inputs."""
        taken = {id(ct) for ct in leaves}
        cts = pull(list(self.entries), self.outs, leaves, self.inputs)
        return [
            np.zeros(aval.shape, float0)
            if aval.dtype.kind not in "fc"
            else finished(ct, aval, taken)
            for ct, aval in zip(cts, self.in_avals)
        ]


def _flatten_vjp(pullback: VJPFunction) -> tuple[tuple[Any, ...], Any]:
    jaxpr, residuals = pullback.staged()
    facts = ("name", "out_avals", "out_tree", "in_avals", "in_tree")
    fixed = tuple((key, getattr(pullback, key)) for key in facts)
    return tuple(residuals), (jaxpr, fixed)


def _unflatten_vjp(aux: Any, residuals: Any) -> StagedVJP:
    jaxpr, fixed = aux
    return StagedVJP(jaxpr, fixed, tuple(residuals))


class StagedVJP(VJPFunction):
    """A pullback that crossed a transformation: a program and its residuals."""

    def __init__(self, jaxpr: Any, fixed: Any, residuals: tuple[Any, ...]) -> None:
        self.jaxpr = jaxpr
        self.fixed = fixed
        self.residuals = residuals
        self.__dict__.update(fixed)

    def pull_leaves(self, leaves: list[Any]) -> list[Any]:
        """Run the program on the residuals and the cotangents."""
        given = [
            expand(ct, zeros(a)) for ct, a in zip(leaves, self.out_avals)
            if a.dtype.kind in "fc"
        ]  # fmt: skip
        args = [*self.residuals, *given]
        results = iter(evaluate(self.jaxpr, args, self.name))
        taken = {id(x) for x in (*leaves, *args)}
        return [
            finished(next(results), a, taken)
            if a.dtype.kind in "fc"
            else np.zeros(a.shape, float0)
            for a in self.in_avals
        ]


register_pytree_node(VJPFunction, _flatten_vjp, _unflatten_vjp)
register_pytree_node(
    StagedVJP, lambda f: (f.residuals, (f.jaxpr, f.fixed)), _unflatten_vjp
)


def check_cotangents(
    ct: Any, tree: PyTreeDef, avals: list[Any], name: str
) -> list[Any]:
    """Return the leaves of a cotangent that has to look like an output."""
    leaves, treedef = tree_flatten(ct)
    if treedef != tree:
        raise ValueError(
            f"{name}: the cotangent must have the structure of the output: "
            f"{first_difference(tree, treedef)}"
        )
    paths, _ = tree_flatten_with_path(ct)
    for (path, leaf), aval in zip(paths, avals, strict=True):
        if aval.dtype.kind not in "fc":
            continue
        if not is_array(leaf) or shape_of(leaf) != aval.shape:
            got = shown(leaf)
            raise ValueError(
                f"{name}: the cotangent{keystr(path)} must be {aval} as the output "
                f"is, got {got}"
            )
        kinds = dtype_of(leaf).kind + aval.dtype.kind
        if dtype_of(leaf) != aval.dtype and (not aval_of(leaf).weak or kinds == "cf"):
            raise TypeError(
                f"{name}: the cotangent{keystr(path)} has dtype {dtype_of(leaf)}, the "
                f"output has {aval.dtype}: write "
                + ("ct.real" if kinds == "cf" else f"ct.astype({aval.dtype.name!r})")
            )
    return [
        (cast(x, dtype=a.dtype) if aval_of(x).weak and type(x) is not float else x)
        if a.dtype.kind in "fc"
        else None
        for x, a in zip(leaves, avals)
    ]


@short_errors
def vjp(
    fun: Callable[..., Any],
    *primals: Any,
    has_aux: bool = False,
    reduce_axes: tuple[Any, ...] = (),
) -> tuple[Any, ...]:
    """Run ``fun`` and return its output and the function that pulls cotangents back.

    ``f_vjp(ct)`` takes a cotangent with the structure, shapes and dtypes of the
    output, and returns a tuple with a cotangent for each of ``primals``. It may be
    called many times. With ``has_aux`` the result is ``(out, f_vjp, aux)``.

    >>> import numpy as np
    >>> out, f_vjp = vjp(lambda x, y: x * y, 3.0, 4.0)
    >>> f_vjp(1.0)
    (np.float64(4.0), np.float64(3.0))
    """
    check_callable(fun, "vjp")
    name = f"vjp({name_of(fun)})"
    refuse_reduce_axes(reduce_axes, name)
    return named_vjp(fun, primals, has_aux, name)


def named_vjp(fun: Any, primals: Any, has_aux: bool, name: str) -> tuple[Any, ...]:
    """Return what `vjp` returns; ``name`` is what messages call the transformation."""
    leaves, in_tree = tree_flatten(primals)
    for i, leaf in enumerate(leaves):
        if not is_array(leaf):
            which = argument_names(fun, range(len(primals)), primals)[i]
            raise TypeError(f"{name}: {which}: {not_numeric(leaf)}")
    trace = KnownTrace(name)
    trace.inputs = lambda i: argument_names(fun, range(len(primals)), primals)[i]
    lifted = [trace.lift(x, i) if is_inexact(x) else x for i, x in enumerate(leaves)]
    try:
        out, aux = fun(*tree_unflatten(in_tree, lifted)), None
        if has_aux:
            out, aux = split_aux(out, name)
        outs, out_tree = tree_flatten(out)
        check_outputs(outs, name)
    finally:
        trace.end()
    pullback = VJPFunction(trace, outs, out_tree, lifted, leaves, in_tree)
    values = [_copied(o.value) if follows(o, trace) else o for o in outs]
    result = (tree_unflatten(out_tree, values), pullback)
    return (*result, unlift(aux, trace)) if has_aux else result


def _copied(value: Any) -> Any:
    """Return memory of the caller's own: the record may still read the original."""
    return value.copy() if type(value) is np.ndarray else own_copy(value)


def check_outputs(outs: list[Any], name: str) -> None:
    """Raise if a function returned something that is no array."""
    for out in outs:
        if not is_array(out):
            raise TypeError(
                f"{name}: the function returned {shown(out)}; it must return arrays, "
                "numbers, or containers of them"
            )
    check_live(outs, name)
