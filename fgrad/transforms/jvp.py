"""Forward mode: push tangents along while the function runs, keeping nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import (
    Primitive,
    Trace,
    Tracer,
    aval_of,
    evaluate,
    is_array,
    is_inexact,
    not_numeric,
    require,
    shape_of,
    short_errors,
    trimmed,
    user_source,
)
from ..core.trace import StagedTrace
from ..ops.basic import expand, zeros
from ..pytree import (
    Partial,
    PyTreeDef,
    first_difference,
    keystr,
    tree_flatten,
    tree_flatten_with_path,
    tree_unflatten,
)
from .arguments import (
    argument_names,
    check_callable,
    name_of,
    run_in,
    split_aux,
    unlift,
)
from .pull import float0
from .staging import close
from .vjp import check_outputs


class PushTrace(Trace):
    """Forward mode: a tracer is a primal (its value) with a tangent (its note)."""

    __slots__ = ()

    def lifted(self, value: Any) -> Tracer:
        """Return a tracer of a new constant."""
        zero = np.broadcast_to(value.dtype.type(0), value.shape)
        return Tracer(self, value, zero, user_source())

    def record(self, prim: Primitive, args: tuple[Any, ...], params: Any) -> Any:
        """Run the primitive and its jvp rule one level down."""
        if self.ended:
            self.check_alive(prim, args)
        own = [type(a) is Tracer and a.owner is self for a in args]
        primals = [a.value if mine else a for a, mine in zip(args, own)]
        tangents = [a.note if mine else None for a, mine in zip(args, own)]
        if prim.dual is not None:
            return self._wrap(*prim.dual(primals, tangents, **params))
        z = prim(*primals, **params)
        if prim.flat:
            return z
        if not prim.elementwise:
            tangents = [
                None if t is None else expand(t, x) for t, x in zip(tangents, primals)
            ]
        argument = next(i for i, t in enumerate(tangents) if t is not None)
        rule = require(prim.jvp, prim, "jvp", argument, user_source())
        t = rule(tangents, z, *primals, **params)
        if prim.multi:
            return self._wrap(z, t)
        return z if t is None else Tracer(self, z, t, user_source())

    def _wrap(self, zs: Any, ts: Any) -> list[Any]:
        source = user_source()
        return [
            z if t is None else Tracer(self, z, t, source)
            for z, t in zip(zs, ts, strict=True)
        ]


def push(
    fun: Callable[..., Any],
    primals: Any,
    tangents: Any,
    name: str,
    inputs: Callable[[int], str] | None = None,
) -> Any:
    """Run a flat function on primals and tangents; a tangent may be None (zero).

    The results are a list of primals, a list of tangents, and the trace.
    """
    trace = PushTrace(name)
    trace.inputs = inputs
    return (*run_in(trace, fun, primals, tangents), trace)


@short_errors
def jvp(
    fun: Callable[..., Any],
    primals: tuple[Any, ...] | list[Any],
    tangents: tuple[Any, ...] | list[Any],
    has_aux: bool = False,
) -> tuple[Any, ...]:
    """Return the output of ``fun`` and its derivative in the direction ``tangents``.

    Tangents have the structure, shapes and dtypes of the primals (``float0`` for
    integers). With ``has_aux`` the result is ``(out, tangent_out, aux)``.

    >>> jvp(lambda x: x**2, (3.0,), (1.0,))
    (9.0, np.float64(6.0))
    """
    check_callable(fun, "jvp")
    name = f"jvp({name_of(fun)})"
    leaves, ts, in_tree = check_tangents(primals, tangents, name)
    return named_jvp(fun, leaves, ts, in_tree, has_aux, name)


def named_jvp(
    fun: Any, leaves: Any, ts: Any, in_tree: PyTreeDef, has_aux: bool, name: str
) -> tuple[Any, ...]:
    """Return what `jvp` returns, from flat primals and tangents."""
    kept: list[Any] = []

    def flat(*args: Any) -> list[Any]:
        out, aux = fun(*tree_unflatten(in_tree, args)), None
        if has_aux:
            out, aux = split_aux(out, name)
        outs, tree = tree_flatten(out)
        check_outputs(outs, name)
        kept.extend((tree, aux))
        return outs

    primals = tree_unflatten(in_tree, leaves)
    inputs = lambda i: argument_names(fun, range(len(primals)), primals)[i]
    outs, tangents_out, trace = push(flat, leaves, ts, name, inputs)
    tree, aux = kept
    result = (
        tree_unflatten(tree, outs),
        tree_unflatten(tree, list(map(_full_tangent, tangents_out, outs))),
    )
    return (*result, unlift(aux, trace)) if has_aux else result


def _full_tangent(t: Any, out: Any) -> Any:
    if not is_inexact(out):
        return np.zeros(shape_of(out), float0)
    if t is None:
        return zeros(aval_of(out))
    t = expand(t, out)
    return t.copy() if type(t) is np.ndarray and t.base is not None else t


def check_tangents(primals: Any, tangents: Any, name: str) -> tuple[Any, Any, Any]:
    """Return flat primals and tangents (None for integers) and their tree."""
    for which, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            raise TypeError(
                f"{name}: {which} must be a tuple or list with an entry for each "
                f"argument, got {type(given).__name__}: write jvp(f, (x,), (t,))"
            )
    leaves, in_tree = tree_flatten(tuple(primals))
    ts, t_tree = tree_flatten(tuple(tangents))
    if in_tree != t_tree:
        raise TypeError(
            f"{name}: primals and tangents must have the same structure: "
            f"{first_difference(in_tree, t_tree)}"
        )
    paths = [keystr(path) for path, _ in tree_flatten_with_path(tuple(primals))[0]]
    checked = [check_tangent(x, t, path, name) for x, t, path in zip(leaves, ts, paths)]
    return leaves, checked, in_tree


def check_tangent(x: Any, t: Any, path: str, name: str) -> Any:
    """Return a tangent that fits its primal; None where the primal is an integer."""
    if not is_array(x):
        raise TypeError(f"{name}: primals{path}: {not_numeric(x)}")
    aval = aval_of(x)
    if aval.dtype.kind not in "fc":
        if getattr(t, "dtype", None) == float0:
            return None
        raise TypeError(
            f"{name}: primals{path} is {aval}, which has no derivative: its tangent "
            f"must be np.zeros({aval.shape}, fgrad.float0), or make it {aval.shape} "
            "floats with x.astype(float)"
        )
    if not is_array(t):
        raise TypeError(f"{name}: tangents{path}: {not_numeric(t)}")
    got = aval_of(t)
    if got.shape != aval.shape:
        raise ValueError(
            f"{name}: tangents{path} has shape {got.shape}, its primal {aval.shape}: "
            "they must agree"
        )
    if got.dtype != aval.dtype and not got.weak:
        raise TypeError(
            f"{name}: tangents{path} has dtype {got.dtype}, its primal {aval.dtype}: "
            f"write t.astype({aval.dtype.name!r})"
        )
    if got.dtype.kind == "c" and aval.dtype.kind != "c":
        raise TypeError(f"{name}: tangents{path} is complex, its primal is real")
    return expand(t, x) if got.weak else t


@short_errors
def linearize(
    fun: Callable[..., Any], *primals: Any, has_aux: bool = False
) -> tuple[Any, ...]:
    """Return the output of ``fun`` and its linear approximation as a function.

    ``f_jvp(*tangents)`` gives the tangent of the output; it is a `Partial`, so it can
    be passed through other transformations. With ``has_aux``: ``(out, f_jvp, aux)``.

    >>> out, f_jvp = linearize(lambda x: x**2, 3.0)
    >>> out, f_jvp(1.0)
    (9.0, np.float64(6.0))
    """
    check_callable(fun, "linearize")
    name = f"linearize({name_of(fun)})"
    return _linearize(fun, primals, has_aux, name)


def _linearize(fun: Any, primals: Any, has_aux: bool, name: str) -> tuple[Any, ...]:
    leaves, in_tree = tree_flatten(primals)
    avals = []
    for (path, leaf), _ in zip(tree_flatten_with_path(primals)[0], leaves):
        if not is_array(leaf):
            raise TypeError(f"{name}: primals{keystr(path)}: {not_numeric(leaf)}")
        avals.append(aval_of(leaf)._replace(weak=False))
    program = StagedTrace(name)
    program.inputs = lambda i: f"tangent {i}"
    ts = [program.lift(a) if a.dtype.kind in "fc" else None for a in avals]
    out, t_out, *aux = named_jvp(fun, leaves, ts, in_tree, has_aux, name)
    t_leaves, out_tree = tree_flatten(t_out)
    jaxpr, consts = close(program.end(t_leaves))
    apply = LinearMap(jaxpr, in_tree, out_tree, tuple(avals), len(consts), name)
    return (out, Partial(apply, *consts), *aux)


class LinearMap:
    """A staged linear function: residuals first, then tangents."""

    def __init__(
        self,
        jaxpr: Any,
        in_tree: PyTreeDef,
        out_tree: PyTreeDef,
        avals: Any,
        residuals: int,
        name: str,
    ) -> None:
        self.jaxpr = jaxpr
        self.in_tree = in_tree
        self.out_tree = out_tree
        self.avals = avals
        self.residuals = residuals
        self.name = name

    def __call__(self, *args: Any) -> Any:
        consts, tangents = args[: self.residuals], args[self.residuals :]
        try:
            ts, tree = tree_flatten(tangents)
            if tree != self.in_tree:
                raise TypeError(
                    f"{self.name}: the tangents must have the structure of the "
                    f"primals: {first_difference(self.in_tree, tree)}"
                )
            paths = [keystr(path) for path, _ in tree_flatten_with_path(tangents)[0]]
            checked = [
                check_tangent(zeros(a), t, path, self.name)
                for a, t, path in zip(self.avals, ts, paths)
            ]
            given = [t for t in checked if t is not None]
            outs = evaluate(self.jaxpr, [*consts, *given], self.name)
            return tree_unflatten(self.out_tree, outs)
        except Exception as error:
            raise trimmed(error)
