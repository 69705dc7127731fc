"""Callbacks: Python functions that a program calls while it runs.

A call is a primitive on flat arrays with one param, the `Target`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ..core import (
    REPEATED,
    Aval,
    Jaxpr,
    Primitive,
    is_array,
    is_inexact,
    jaxprs_in,
    not_numeric,
    shape_of,
    short_errors,
    user_source,
)
from ..errors import MissingRuleError
from ..ops.basic import mapped, reshape, to_front
from ..pytree import (
    PyTreeDef,
    keystr,
    tree_flatten,
    tree_flatten_with_path,
    tree_unflatten,
)
from ..transforms.arguments import name_of, shown
from ..transforms.closures import Closure
from ..transforms.staging import input_aval, input_names
from .target import Target

_PER_ELEMENT = ("sequential", "sequential_unrolled")
_METHODS = (*_PER_ELEMENT, "expand_dims", "broadcast_all")


# -- the primitives ----------------------------------------------------------------


def _per_element(prim: Primitive, args: Any, dims: Any, size: int, target: Any) -> Any:
    """Call the function once for each element of a batch, in order."""
    looped = replace(target, loops=((tuple(dims), size), *target.loops))
    return prim(*args, target=looped), [0] * len(target.result)


def _batch_pure(args, dims, axis, *, target):
    size = axis.size
    method = target.vmap_method
    if method is None:
        raise MissingRuleError(
            f"{target} cannot be mapped without vmap_method: pass "
            "vmap_method='sequential' for a call per element, or, if the callback "
            "takes arrays with a leading batch axis, 'expand_dims' or 'broadcast_all'"
        )
    if method in _PER_ELEMENT:
        return _per_element(pure_callback_p, args, dims, size, target)
    if method == "broadcast_all":
        arrays = [mapped(x, d, size) for x, d in zip(args, dims)]
    else:
        arrays = [
            reshape(x, shape=(1, *shape_of(x))) if d is None else to_front(x, d)
            for x, d in zip(args, dims)
        ]
    result = tuple(Aval((size, *a.shape), a.dtype) for a in target.result)
    outs = pure_callback_p(*arrays, target=replace(target, result=result))
    return outs, [0] * len(result)


def _batch_io(args, dims, axis, *, target):
    if target.ordered:
        raise ValueError(
            f"{target} with ordered=True cannot be mapped: vmap has no order between "
            "elements. Leave ordered=True away: it is then called once per element"
        )
    return _per_element(io_callback_p, args, dims, axis.size, target)


def _batch_debug(args, dims, size, *, target):
    return _per_element(debug_callback_p, args, dims, size, target)


def _check_derivative(target):
    if any(map(is_inexact, target.result)):
        raise MissingRuleError(
            f"{target} has no derivative: fgrad does not see what a Python callback "
            "computes. Wrap the function that calls it in fgrad.custom_vjp or "
            "fgrad.custom_jvp, or pass fgrad.stop_gradient of its arguments"
        )


def _forward(prim):
    def forward(needed, *args, target):
        _check_derivative(target)
        return prim()(*args, target=target), lambda cts: [None] * len(args)

    return forward


def _dual(prim):
    def dual(primals, tangents, *, target):
        _check_derivative(target)
        return prim()(*primals, target=target), [None] * len(target.result)

    return dual


def _impl(name, effect=True):
    def run(*args, target):
        """Call the target."""
        if effect and REPEATED.get():
            if target.avals:
                raise RuntimeError(f"{target} is not called again to explain it")
            return []
        return target.run(*args)

    run.__qualname__ = name  # programs have a legend
    return run


def _abstract(*avals, target):
    return target.avals


pure_callback_p: Primitive = Primitive(
    "pure_callback",
    impl=_impl("pure_callback", effect=False),
    abstract=_abstract,
    batch=_batch_pure,
    multi=True,
    forward=_forward(lambda: pure_callback_p),
    dual=_dual(lambda: pure_callback_p),
)

io_callback_p: Primitive = Primitive(
    "io_callback",
    impl=_impl("io_callback"),
    abstract=_abstract,
    batch=_batch_io,
    multi=True,
    forward=_forward(lambda: io_callback_p),
    dual=_dual(lambda: io_callback_p),
    effect=True,
)


def refuse_io(jaxprs: Iterable[Jaxpr], what: str) -> None:
    """Raise if a program that runs for all elements calls out for some of them."""
    for jaxpr in jaxprs:
        for eqn in jaxpr.eqns:
            if eqn.prim is io_callback_p:
                raise MissingRuleError(
                    f"{eqn.params['target']} is inside of {what} that differs between "
                    "the elements of a vmap: it would be called for all of them. Loop "
                    "over the elements with fgrad.lax.map, or call it outside"
                )
            refuse_io(jaxprs_in(tuple(eqn.params.values())), what)


debug_callback_p = Primitive(
    "debug_callback",
    impl=_impl("debug_callback"),
    abstract=_abstract,
    batch=_batch_debug,
    multi=True,
    flat=True,
    effect=True,
)


# -- the functions -----------------------------------------------------------------


def _declared(kind: str, result: Any) -> tuple[PyTreeDef, tuple[Aval, ...]]:
    """Return the tree and the avals of a declared result."""
    leaves, tree = tree_flatten(result)
    avals = []
    for i, leaf in enumerate(leaves):
        try:
            if isinstance(leaf, int):  # of a shape without a dtype
                raise TypeError
            avals.append(input_aval(leaf)._replace(weak=False))
        except TypeError:
            path = keystr(tree_flatten_with_path(result)[0][i][0])
            raise TypeError(
                f"{kind}: result_shape_dtypes{path} must have a shape and a dtype, got "
                f"{leaf if type(leaf) is int else shown(leaf)}: write "
                "fgrad.ShapeDtypeStruct(shape, dtype)"
            ) from None
    return tree, tuple(avals)


def _call(prim: Primitive, result: Any, args: Any, kwargs: Any, **facts: Any) -> Any:
    """Apply a primitive to pytrees of arrays."""
    kind, fun = prim.name, facts["fun"]
    if not callable(fun):
        raise TypeError(
            f"{kind}: callback must be a function, got {shown(fun)}: write "
            f"{kind}(f, result_shape_dtypes, x), not {kind}(f(x), ...)"
        )
    traced = Closure(fun).tracers
    if traced:
        raise TypeError(
            f"{kind}: {name_of(fun)} closes over {traced[0].describe()}, but callbacks "
            "run on arrays, when the program runs: pass the value as an argument"
        )
    out_tree, avals = _declared(kind, result)
    leaves, in_tree = tree_flatten((args, kwargs))
    for i, leaf in enumerate(leaves):
        if not is_array(leaf):
            raise TypeError(
                f"{kind}({name_of(fun)}): {input_names(fun, args, kwargs)[i]}: "
                f"{not_numeric(leaf)}. If it is a setting, let the callback close "
                "over it: functools.partial(callback, setting)"
            )
    target = Target(
        kind=kind,
        source=user_source(),
        in_tree=in_tree,
        out_tree=out_tree,
        result=avals,
        **facts,
    )
    return tree_unflatten(out_tree, prim(*leaves, target=target))


def debug_effect(kind: str, fun: Any, args: Any, kwargs: Any) -> None:
    """Call a function for its effect: now, or whenever the program runs.

    Leaves of the arguments that are no arrays are passed on as they are.
    """
    leaves, in_tree = tree_flatten((args, kwargs))
    fixed = tuple((i, x) for i, x in enumerate(leaves) if not is_array(x))
    arrays = [x for x in leaves if is_array(x)]
    target = Target(kind, fun, user_source(), in_tree, fixed)
    debug_callback_p(*arrays, target=target)


@short_errors
def pure_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: Any,
    *args: Any,
    sharding: Any = None,
    vmap_method: str | None = None,
    **kwargs: Any,
) -> Any:
    """Call a pure Python function, also from within ``jit`` and ``vmap``.

    ``callback(*args, **kwargs)`` gets copies of the arrays in its arguments (numbers
    become 0-d arrays) and returns arrays with the structure, shapes and dtypes of
    ``result_shape_dtypes``; numbers take the declared dtype. As it is pure, it may be
    called any number of times, or never. It has no derivative: give the function
    that calls it a rule with `custom_vjp` or `custom_jvp`.

    Args:
        callback: a function without side effects.
        result_shape_dtypes: a tree of `ShapeDtypeStruct`, or of arrays like them.
        args: trees of arrays for the callback.
        sharding: for programs written for JAX; it has no effect.
        vmap_method: what ``vmap`` does. ``"sequential"``, ``"sequential_unrolled"``:
            a call per element. ``"expand_dims"``, ``"broadcast_all"``: one call on
            arrays with a leading batch axis, where arguments that are not mapped
            have length 1, or are repeated.
        kwargs: trees of arrays for the callback, by name.

    Raises:
        TypeError, ValueError: if the result is not what was declared.
        MissingRuleError: under ``vmap`` without a method; if its float result would
            be differentiated.

    >>> import math
    >>> from fgrad.compiler.jit import jit
    >>> f = jit(lambda x: 2.0 * pure_callback(math.gamma, x, x))
    >>> f(5.0)
    np.float64(48.0)
    """
    if vmap_method is not None and vmap_method not in _METHODS:
        raise ValueError(
            f"pure_callback: vmap_method must be one of {list(_METHODS)} or None, got "
            f"{vmap_method!r}"
        )
    return _call(
        pure_callback_p,
        result_shape_dtypes,
        args,
        kwargs,
        fun=callback,
        vmap_method=vmap_method,
    )


@short_errors
def io_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: Any,
    *args: Any,
    sharding: Any = None,
    ordered: bool = False,
    **kwargs: Any,
) -> Any:
    """Call a Python function that does something: reads, writes, counts.

    It is called each time the program runs, as often as it was written and in the
    order of the program, whether or not its result is used; under ``vmap`` once for
    each element, in order. Arguments and results are those of `pure_callback`; None
    declares that there is no result.

    Args:
        callback: a function.
        result_shape_dtypes: a tree of `ShapeDtypeStruct`, or of arrays like them.
        args: trees of arrays for the callback.
        sharding: for programs written for JAX; it has no effect.
        ordered: the order is always that of the program; with True, ``vmap`` raises.
        kwargs: trees of arrays for the callback, by name.

    Raises:
        TypeError, ValueError: if the result is not what was declared; for an ordered
            callback under ``vmap``.
        MissingRuleError: if its float result would be differentiated.

    >>> from fgrad.compiler.jit import jit
    >>> seen = []
    >>> f = jit(lambda x: (io_callback(lambda x: seen.append(float(x)), None, x), x)[1])
    >>> f(1.0), f(2.0), seen
    (1.0, 2.0, [1.0, 2.0])
    """
    return _call(
        io_callback_p,
        result_shape_dtypes,
        args,
        kwargs,
        fun=callback,
        ordered=ordered,
    )
