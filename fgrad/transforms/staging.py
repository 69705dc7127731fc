"""Staging: run a function on avals alone and get its jaxpr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import index
from typing import Any

import numpy as np

from ..core import (
    INSIDE,
    STAGING,
    Aval,
    Jaxpr,
    StagedTrace,
    Tracer,
    Var,
    aval_of,
    is_array,
    short_errors,
)
from ..pytree import (
    PyTreeDef,
    keystr,
    tree_flatten,
    tree_flatten_with_path,
    tree_unflatten,
)
from .arguments import (
    Transformed,
    argument_names,
    check_callable,
    check_live,
    name_of,
    shown,
)
from .axis_names import Axis, bound
from .collectives import axis_index_p


def stage(
    fun: Callable[..., Any],
    avals: Sequence[Aval],
    name: str,
    inputs: Callable[[int], str] | None = None,
    axes: Sequence[Axis] = (),
) -> Jaxpr:
    """Return the jaxpr of a flat function: arrays in, a list of arrays out.

    It may name ``axes`` as if it were mapped over them.

    >>> stage(lambda x: [x * 2.0], [aval_of(np.ones(3))], "doc").out_avals
    (f64[3],)
    """
    trace = StagedTrace(name)
    trace.inputs = inputs
    token, inside = STAGING.set(trace), INSIDE.set(trace.level)
    record = lambda axis: partial(trace.record, axis_index_p, (), {"axis": axis})
    try:
        with bound({axis: record(axis) for axis in axes}):
            outs = fun(*map(trace.lift, avals))
        return trace.end(outs)
    finally:
        trace.ended = True
        STAGING.reset(token)
        INSIDE.reset(inside)


def close(jaxpr: Jaxpr) -> tuple[Jaxpr, list[Any]]:
    """Make captured arrays and outer tracers the first inputs of a jaxpr.

    Numbers stay in the program. The second result holds what was captured.
    """
    captured: dict[int, tuple[Any, Var]] = {}

    def hoist(atom: Any) -> Any:
        if type(atom) is Var or not (
            type(atom) is Tracer or (type(atom) is np.ndarray and atom.size > 1)
        ):
            return atom
        if id(atom) not in captured:
            captured[id(atom)] = (atom, Var(aval_of(atom)))
        return captured[id(atom)][1]

    eqns = tuple(e._replace(inputs=tuple(map(hoist, e.inputs))) for e in jaxpr.eqns)
    outs = tuple(map(hoist, jaxpr.outs))
    consts = [atom for atom, _ in captured.values()]
    invars = (*(var for _, var in captured.values()), *jaxpr.invars)
    return Jaxpr(invars, eqns, outs), consts


def captures_tracers(jaxpr: Jaxpr) -> bool:
    """Say whether a jaxpr has outer tracers among its constants."""
    atoms = (a for e in jaxpr.eqns for a in e.inputs)
    return any(type(a) is Tracer for a in (*jaxpr.outs, *atoms))


class ShapeDtypeStruct:
    """A shape and a dtype: what `eval_shape` takes and returns in place of arrays.

    >>> ShapeDtypeStruct((2, 3), np.float32)
    ShapeDtypeStruct(shape=(2, 3), dtype=float32)
    """

    __slots__ = ("dtype", "shape", "weak_type")

    def __init__(
        self, shape: tuple[int, ...], dtype: Any, weak_type: bool = False
    ) -> None:
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)
        self.weak_type = weak_type

    @property
    def aval(self) -> Aval:
        """The aval."""
        return Aval(self.shape, self.dtype, self.weak_type)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.aval.size

    def __repr__(self) -> str:
        weak = ", weak_type=True" if self.weak_type else ""
        return f"ShapeDtypeStruct(shape={self.shape}, dtype={self.dtype.name}{weak})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShapeDtypeStruct) and self.aval == other.aval

    def __hash__(self) -> int:
        return hash(self.aval)


def input_aval(x: Any) -> Aval:
    """Return the aval of an array, or of anything that has a shape and a dtype."""
    described = hasattr(x, "shape") and hasattr(x, "dtype")
    if described and not isinstance(x, np.ndarray) and not is_array(x):
        if np.dtype(x.dtype).kind in "fiubc":
            return Aval(tuple(x.shape), np.dtype(x.dtype))
    return aval_of(x)


_ADVICE = (
    "If it is a setting rather than data, make it static (static_argnums, "
    "static_argnames)"
)
_ADVICE_SELF = (
    "For a method, register the class as a pytree, decorate with "
    "functools.partial(jit, static_argnums=0) if the object is hashable and does not "
    "change, or write jit(obj.method)"
)


def stage_call(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    name: str,
    axes: Sequence[Axis] = (),
) -> tuple[Jaxpr, PyTreeDef]:
    """Return the jaxpr of a call with pytree arguments, and the output's tree."""
    leaves, in_tree = tree_flatten((args, kwargs))
    trees: list[PyTreeDef] = []

    def flat(*tracers: Any) -> list[Any]:
        a, k = tree_unflatten(in_tree, tracers)
        outs, tree = tree_flatten(fun(*a, **k))
        trees.append(tree)
        check_staged_outputs(outs, tree, name)
        return outs

    def inputs(i: int) -> str:
        return input_names(fun, args, kwargs)[i]

    avals = []
    for i, leaf in enumerate(leaves):
        try:
            avals.append(input_aval(leaf))
        except TypeError as error:
            advice = _ADVICE_SELF if inputs(i) == "argument self" else _ADVICE
            raise TypeError(f"{name}: {inputs(i)}: {error}. {advice}") from None
    return stage(flat, avals, name, inputs, axes), trees[0]


def input_names(fun: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    """Return how messages call each leaf of a call's arguments."""
    names = argument_names(fun, range(len(args)), args)
    for key in sorted(kwargs):
        paths, _ = tree_flatten_with_path(kwargs[key])
        names += [f"argument {key}{keystr(path)}" for path, _ in paths]
    return names


def check_staged_outputs(outs: Sequence[Any], tree: PyTreeDef, name: str) -> None:
    """Raise if a staged function returned something that is no array."""
    check_live(outs, name)
    for i, out in enumerate(outs):
        if is_array(out):
            continue
        paths, _ = tree_flatten_with_path(tree_unflatten(tree, outs))
        at = keystr(paths[i][0])
        raise TypeError(
            f"{name}: the function returned {shown(out)}{f' at {at}' if at else ''}; "
            "it must return arrays, numbers, or containers of them"
        )


class MakeJaxpr(Transformed):
    """What `make_jaxpr` returns: a callable that gives a jaxpr."""

    transformation = "make_jaxpr"

    def __init__(
        self, fun: Any, static_argnums: Any, axis_env: Any, return_shape: bool
    ) -> None:
        super().__init__(fun)
        self.axes = _env_axes(axis_env)
        several = isinstance(static_argnums, tuple | list)
        self.static = tuple(static_argnums) if several else (static_argnums,)
        self.return_shape = return_shape

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Stage the function on the avals of the arguments."""
        nums = {i + len(args) if i < 0 else i for i in self.static}
        static = {i: args[i] for i in nums if i < len(args)}

        def fun(*dynamic: Any, **named: Any) -> Any:
            rest = iter(dynamic)
            full = [static[i] if i in static else next(rest) for i in range(len(args))]
            return self.fun(*full, **named)

        dynamic = tuple(a for i, a in enumerate(args) if i not in static)
        target = fun if static else self.fun
        jaxpr, tree = stage_call(target, dynamic, kwargs, self.name, self.axes)
        if not self.return_shape:
            return jaxpr
        return jaxpr, tree_unflatten(tree, list(map(_struct, jaxpr.out_avals)))


def _struct(aval: Aval) -> ShapeDtypeStruct:
    return ShapeDtypeStruct(aval.shape, aval.dtype, aval.weak)


def _env_axes(axis_env: Any) -> tuple[Axis, ...]:
    """Return the axes of ``[(name, size), ...]``; raise if it is something else."""
    try:
        return tuple(Axis(index(size), name) for name, size in axis_env or ())
    except (TypeError, ValueError):
        raise TypeError(
            "make_jaxpr: axis_env must be a list of (name, size), as in "
            f'[("batch", 8)], got {axis_env!r}'
        ) from None


@short_errors
def make_jaxpr(
    fun: Callable[..., Any],
    static_argnums: int | tuple[int, ...] = (),
    axis_env: Any = None,
    return_shape: bool = False,
) -> Callable[..., Any]:
    """Return a function that shows ``fun`` as a jaxpr: the operations it performs.

    With ``return_shape`` the result is a pair with the shapes of the output.
    ``axis_env`` is a list of ``(name, size)``: axes that collectives may name.

    >>> make_jaxpr(lambda x: x * 2.0 + 1.0)(np.ones(3))
    { lambda a:f64[3] . let
        b:f64[3] = mul a 2.0
        c:f64[3] = add b 1.0
      in (c) }
    """
    return MakeJaxpr(fun, static_argnums, axis_env, return_shape)


@short_errors
def eval_shape(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return the shapes and dtypes of a function's output without computing it.

    Arguments may be arrays or anything with ``shape`` and ``dtype``.

    >>> eval_shape(lambda x: x.T, ShapeDtypeStruct((2, 3), np.float32))
    ShapeDtypeStruct(shape=(3, 2), dtype=float32)
    """
    check_callable(fun, "eval_shape")
    name = f"eval_shape({name_of(fun)})"
    jaxpr, tree = stage_call(fun, args, kwargs, name)
    return tree_unflatten(tree, list(map(_struct, jaxpr.out_avals)))
