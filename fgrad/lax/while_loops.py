"""``while_loop`` and ``fori_loop``: loops that end by a condition or a count."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..compiler.interning import interned
from ..control.loop import Loop
from ..core import (
    Aval,
    Tracer,
    aval_of,
    dtype_of,
    is_array,
    known_value,
    shape_of,
    short_errors,
)
from ..ops.basic import astype
from ..pytree import PyTreeDef, tree_structure, tree_unflatten
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
    users,
)
from .carries import kept_type, settled_carry
from .loops import scanned
from .plain import plain_while


@short_errors
def while_loop(
    cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init_val: Any
) -> Any:
    """Repeat ``body_fun`` as long as ``cond_fun`` holds; return the last value.

    ``cond_fun(val)`` returns a boolean scalar, ``body_fun(val)`` the next value, which
    keeps its structure, shapes and dtypes; Python numbers in ``init_val`` take the
    dtype that the body gives them. Both are traced and compiled once.

    Reverse mode works: the loop keeps what the backward pass needs of every
    iteration, so memory grows with their number. Under `vmap` the loop runs until the
    condition has failed for every element; elements that are done do not change.

    Raises:
        TypeError: if the value changes its type, or the condition is no boolean.

    >>> while_loop(lambda x: x < 100.0, lambda x: x * 2.0, 3.0)
    192.0
    >>> from fgrad import grad
    >>> grad(lambda x: while_loop(lambda y: y < 100.0, lambda y: y * 2.0, x))(3.0)
    np.float64(64.0)
    """
    check_function(cond_fun, "while_loop", "cond_fun")
    check_function(body_fun, "while_loop", "body_fun")
    return _looped(cond_fun, body_fun, init_val, f"while_loop({name_of(body_fun)})")


def _looped(
    cond_fun: Callable[[Any], Any],
    body_fun: Callable[[Any], Any],
    init_val: Any,
    name: str,
) -> Any:
    leaves, tree = leaves_of(init_val, name, "init_val")

    def holds(val: Any) -> Any:
        return _boolean(cond_fun(val), name, defined(cond_fun))

    def stage_body(avals: list[Aval]) -> Body:
        return _stage_body(holds, body_fun, tree, avals, name)

    if config.touched and config.disable_jit:
        if known_value(holds(init_val)) is not None:
            return plain_while(holds, body_fun, init_val)
    body, carry = settled_carry(stage_body, leaves, tree, name)
    jaxpr, consts = close(body.jaxpr)
    first = holds(tree_unflatten(tree, carry))
    label = label_of(body_fun, "while_loop")
    loop = Loop(
        interned(jaxpr), len(consts), 1 + len(carry), None, False, label, until=True
    )
    (_, *outs), _ = loop(consts, [first, *carry], [])
    return tree_unflatten(tree, outs)


def _boolean(holds: Any, name: str, fun: str) -> Any:
    if not is_array(holds) or shape_of(holds) or dtype_of(holds).kind != "b":
        got = shown(holds)
        hint = "compare, as in x < 3"
        if is_array(holds) and shape_of(holds):
            hint = "reduce it with .all() or .any()"
        elif is_array(holds):
            hint = "write x != 0"
        raise TypeError(
            f"{name}: the condition {fun} must return a boolean scalar, got {got}: "
            f"{hint}"
        )
    return np.bool(holds) if type(holds) is bool else holds


def _stage_body(
    holds: Callable[[Any], Any],
    body_fun: Callable[[Any], Any],
    tree: PyTreeDef,
    avals: list[Aval],
    name: str,
) -> Body:
    """Stage the body together with the condition on what it returns."""
    found: list[Any] = []

    def flat(_: Any, *tracers: Any) -> list[Any]:
        out = body_fun(tree_unflatten(tree, tracers))
        outs, out_tree = checked_leaves(out, name)
        found.extend((out_tree, tuple(map(aval_of, outs)), tuple(map(place, outs))))
        if out_tree != tree:
            return outs
        kept = [kept_type(x, a) for x, a in zip(outs, avals)]
        return [holds(tree_unflatten(tree, kept)), *kept]

    def inputs(i: int) -> str:
        return f"the carry{paths_of(tree)[i - 1]}" if i else "the condition"

    jaxpr = stage(flat, [Aval((), np.dtype(bool)), *avals], name, inputs)
    out_tree, out_avals, places = found
    no_ys = tree_structure(())
    return Body(jaxpr, out_tree, out_avals, places, no_ys, defined(body_fun))


@short_errors
def fori_loop(
    lower: Any,
    upper: Any,
    body_fun: Callable[[Any, Any], Any],
    init_val: Any,
    *,
    unroll: int | bool | None = None,
) -> Any:
    """Repeat ``val = body_fun(i, val)`` for ``i`` from ``lower`` to ``upper - 1``.

    The bounds are integers, known or traced; the value keeps its structure, shapes and
    dtypes. With known bounds ``i`` is a Python integer, which takes the dtype of the
    arrays that it meets. Reverse mode works for both kinds of bounds.

    Args:
        lower: the first ``i``.
        upper: where to stop.
        body_fun: the function of one iteration.
        init_val: the first value.
        unroll: for known bounds, as in `scan`.

    Raises:
        TypeError: if a bound is no integer, or the value changes its type.

    >>> fori_loop(0, 5, lambda i, total: total + i, 0)
    10
    """
    check_function(body_fun, "fori_loop", "body_fun")
    name = f"fori_loop({name_of(body_fun)})"
    lower, upper = _bound(lower, "lower", name), _bound(upper, "upper", name)
    if type(lower) is int and type(upper) is int:
        return _counted(lower, upper, body_fun, init_val, unroll or 1, name)
    if unroll not in (None, 1, False):
        raise ValueError(f"{name}: unroll needs bounds that are known, not traced")

    start = lower if type(lower) is int else astype(lower, dtype_of(upper))
    init = Counted(start, init_val)
    return _looped(lambda at: at.i < upper, _advance(body_fun), init, name).val


class Counted(NamedTuple):
    """What a ``fori_loop`` carries."""

    i: Any
    val: Any


def _advance(body_fun: Callable[..., Any]) -> Callable[[Counted], Counted]:
    @functools.wraps(users(body_fun))
    def advance(at: Counted) -> Counted:
        return Counted(at.i + 1, body_fun(at.i, at.val))

    return advance


def _counted(
    lower: int,
    upper: int,
    body_fun: Callable[..., Any],
    init_val: Any,
    unroll: Any,
    name: str,
) -> Any:
    advance = _advance(body_fun)

    @functools.wraps(advance)
    def step(at: Counted, _: Any) -> tuple[Counted, None]:
        return advance(at), None

    init, length = Counted(lower, init_val), max(upper - lower, 0)
    return scanned(step, init, None, length, False, unroll, name)[0].val


def _bound(bound: Any, what: str, name: str) -> Any:
    """Return a bound as an int if it is known; raise unless it is an integer."""
    if not is_array(bound) or shape_of(bound) or dtype_of(bound).kind not in "iu":
        fix = ": write int(...)" if is_array(bound) and not shape_of(bound) else ""
        raise TypeError(f"{name}: {what} must be an integer, got {shown(bound)}{fix}")
    return bound if type(bound) is Tracer else int(bound)
