"""`check_grads`, `check_jvp` and `check_vjp`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ..core import is_array, is_inexact, not_numeric, short_errors
from ..pytree import tree_flatten, tree_leaves, tree_unflatten
from ..transforms.arguments import argument_names, check_callable, name_of, shown
from ..transforms.jvp import jvp
from ..transforms.vjp import vjp
from .compare import (
    Check,
    check_forward,
    check_reverse,
    random_cotangent,
    zero_tangent,
)
from .differences import random_like


@short_errors
def check_jvp(
    f: Callable[..., Any],
    f_jvp: Callable[..., Any],
    args: Sequence[Any],
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
    err_msg: str = "",
) -> None:
    """Check a forward derivative of ``f`` against central differences.

    ``f_jvp(primals, tangents)`` returns ``(out, tangent_out)``. Arguments get random
    tangents, one leaf of ``args`` at a time. ``atol`` and ``rtol`` default to 1e-6 in
    float64 and to 2e-3 in float32; ``eps`` is the step.

    Raises:
        AssertionError: with the argument, both numbers, and where they differ most.

    >>> import numpy as np
    >>> check_jvp(np.sin, lambda x, t: (np.sin(*x), np.cos(*x) * t[0]), (1.0,))
    """
    check = _checked("check_jvp", f, f_jvp, args, (atol, rtol, eps), err_msg)
    check_forward(check, f_jvp)


@short_errors
def check_vjp(
    f: Callable[..., Any],
    f_vjp: Callable[..., Any],
    args: Sequence[Any],
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
    err_msg: str = "",
) -> None:
    """Check a reverse derivative of ``f`` against central differences.

    ``f_vjp(*args)`` returns ``(out, pullback)``; ``pullback(ct)`` returns a tuple with
    the cotangent of each argument. The other options are those of `check_jvp`.

    Raises:
        AssertionError: with the argument, both numbers, and where they differ most.

    >>> import numpy as np
    >>> check_vjp(np.sin, lambda x: (np.sin(x), lambda ct: (ct * np.cos(x),)), (1.0,))
    """
    check = _checked("check_vjp", f, f_vjp, args, (atol, rtol, eps), err_msg)
    check_reverse(check, f_vjp)


@short_errors
def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int,
    modes: Sequence[str] = ("fwd", "rev"),
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
) -> None:
    """Check what fgrad makes of ``f`` against central differences, up to an order.

    With both ``modes``, order 2 checks fwd over fwd, fwd over rev, rev over fwd and
    rev over rev. ``args`` is a tuple of arguments, each an array or a tree; integers
    stay as they are. The other options are those of `check_jvp`.

    Raises:
        AssertionError: with mode, order, argument, both numbers, and where they
            differ most.

    >>> import numpy as np
    >>> check_grads(lambda x, y: x["a"] * np.exp(y), ({"a": 2.0}, 1.0), order=2)
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"check_grads: order must be 1 or more, got {order!r}")
    if isinstance(modes, str) or not modes or not {"fwd", "rev"}.issuperset(modes):
        raise ValueError(
            f'check_grads: modes must be a tuple of "fwd" and "rev", got {modes!r}: '
            'write modes=("rev",)'
        )
    check = _checked("check_grads", f, f, args, (atol, rtol, eps), "")
    _all_orders(check, order, modes, ())


def _all_orders(
    check: Check, order: int, modes: Sequence[str], below: tuple[str, ...]
) -> None:
    """Check one order in all modes, and the orders above on the derivatives."""
    fun, args = check.fun, check.args
    at = 1 + len(below)
    for mode in modes:
        path = " over ".join((mode, *below))
        title = f"check_grads({name_of(fun)}), order {at}, mode {path}"
        now = check._replace(title=title)
        if mode == "fwd":
            check_forward(now, functools.partial(jvp, fun))
        else:
            check_reverse(now, functools.partial(vjp, fun))
        if at < order:
            derivative = _pushed(fun, args) if mode == "fwd" else _pulled(fun, args)
            higher = check._replace(fun=derivative)
            _all_orders(higher, order, modes, (mode, *below))


def _pushed(fun: Callable[..., Any], args: tuple[Any, ...]) -> Callable[..., Any]:
    """Return the derivative in one random direction, as a function of arguments."""
    leaves, treedef = tree_flatten(args)
    ts = [
        random_like(x, i) if is_inexact(x) else zero_tangent(x)
        for i, x in enumerate(leaves)
    ]
    tangents = tree_unflatten(treedef, ts)
    return functools.wraps(fun)(lambda *given: _floats(jvp(fun, given, tangents)[1]))


def _pulled(fun: Callable[..., Any], args: tuple[Any, ...]) -> Callable[..., Any]:
    """Return the pullback of one random cotangent, as a function of arguments."""
    ct = random_cotangent(fun(*args))
    return functools.wraps(fun)(lambda *given: _floats(vjp(fun, *given)[1](ct)))


def _floats(tree: Any) -> list[Any]:
    return [x for x in tree_leaves(tree) if is_array(x)]  # a float0 is none


def _checked(
    caller: str, f: Any, rule: Any, args: Any, accuracy: Any, err_msg: str
) -> Check:
    """Return the check; raise for arguments that cannot be checked."""
    check_callable(f, caller)
    check_callable(rule, caller)
    if not isinstance(args, tuple | list):
        raise TypeError(
            f"{caller}: args must be a tuple with an entry for each argument, got "
            f"{shown(args)}: write (x,)"
        )
    args = tuple(args)
    names = argument_names(f, range(len(args)), args)
    leaves = tree_leaves(args)
    for leaf, name in zip(leaves, names):
        if not is_array(leaf):
            raise TypeError(f"{caller}({name_of(f)}): {name}: {not_numeric(leaf)}")
    if not any(map(is_inexact, leaves)):
        raise TypeError(
            f"{caller}({name_of(f)}): there is nothing to differentiate in {args!r}: "
            "pass floats"
        )
    title = f"{caller}({name_of(f)})" + (f": {err_msg}" if err_msg else "")
    return Check(title, f, args, *accuracy)
