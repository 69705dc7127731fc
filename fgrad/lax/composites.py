"""What speaks to JAX's compiler and needs little here: composites, barriers, sinks."""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from typing import Any, TypeVar

from ..core import short_errors
from ..pytree import tree_map
from ..transforms.arguments import check_callable
from .shapes import array_of

F = TypeVar("F", bound=Callable[..., Any])


class Precision(enum.Enum):
    """What ``precision=`` takes; NumPy has one precision for each dtype.

    >>> Precision("highest") is Precision.HIGHEST
    True
    """

    DEFAULT = "default"
    HIGH = "high"
    HIGHEST = "highest"


@short_errors
def composite(decomposition: F, name: str, version: int = 0) -> F:
    """Return a function that stands, under a name, for what it is made of.

    Other compilers may know the name; here the function itself runs.

    >>> composite(lambda x: x * 2, "my.double")(3.0)
    6.0
    """
    check_callable(decomposition, "composite")

    @functools.wraps(decomposition)
    def call(*args: Any, **kwargs: Any) -> Any:
        return decomposition(*args, **kwargs)

    return call  # type: ignore[return-value]


@short_errors
def optimization_barrier(operand: Any, /) -> Any:
    """Return a tree as it is: no pass of `jit` changes the bits of a result.

    >>> optimization_barrier((1.0, 2.0))
    (1.0, 2.0)
    """
    return tree_map(lambda x: x, operand)


@short_errors
def dce_sink(val: Any, *, prevent_mlir_dce: bool = False) -> None:
    """Accept a tree of values and do nothing.

    In JAX it keeps values of a compiled program alive that nothing reads. NumPy runs
    un-jitted programs whole; under `jit`, `fgrad.debug.callback` keeps what it reads.

    >>> dce_sink(1.0)
    """
    tree_map(array_of, val)


@short_errors
def stage(x: Any, /) -> Any:
    """Return a scalar or array as an array; in JAX it would become a traced value.

    A value that depends on no traced one is a constant here, computed once.

    >>> stage(2.0)
    array(2.)
    """
    return array_of(x)
