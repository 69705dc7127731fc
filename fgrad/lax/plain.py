"""Control flow as plain Python, for ``disable_jit``: print and pdb work inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..core import shape_of
from ..ops.join import stack_arrays
from ..pytree import tree_map


@contextmanager
def _taught() -> Iterator[None]:
    """Say what to write for ``.at``, which plain arrays lack and traced ones have."""
    try:
        yield
    except AttributeError as error:
        if error.name != "at" or not isinstance(error.obj, np.ndarray | np.generic):
            raise
        message = (
            f"{error}: under disable_jit functions get plain arrays. Write "
            "fgrad.numpy.at(x)[i].set(v), which takes traced arrays, too"
        )
        raise AttributeError(message, name="at", obj=error.obj) from error


@_taught()
def plain_scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    carry: Any,
    xs: Any,
    length: int,
    reverse: bool,
) -> tuple[Any, Any]:
    """Run a scan step by step.

    >>> plain_scan(lambda c, x: (c + x, c), 0.0, np.array([1.0, 2.0]), 2, False)
    (np.float64(3.0), array([0., 1.]))
    """
    rows = []
    steps = range(length)
    for i in reversed(steps) if reverse else steps:
        carry, y = f(carry, tree_map(lambda x: x[i], xs))  # noqa: B023
        rows.append(y)
    if reverse:
        rows.reverse()
    if not rows:  # what a step would have given is only known by running one
        _, y = f(carry, tree_map(lambda x: np.zeros(shape_of(x)[1:], x.dtype), xs))
        return carry, tree_map(lambda y: np.zeros((0, *shape_of(y)), y.dtype), y)
    return carry, tree_map(lambda *ys: stack_arrays(list(ys)), *rows)


@_taught()
def plain_while(
    cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], val: Any
) -> Any:
    """Run a while loop iteration by iteration.

    >>> plain_while(lambda x: x < 10, lambda x: x * 3, 1)
    27
    """
    while cond_fun(val):
        val = body_fun(val)
    return val


@_taught()
def plain_switch(
    index: Any, branches: Sequence[Callable[..., Any]], operands: Sequence[Any]
) -> Any:
    """Run one branch.

    >>> plain_switch(5, [lambda x: x, lambda x: -x], (3,))
    -3
    """
    return branches[min(max(int(index), 0), len(branches) - 1)](*operands)
