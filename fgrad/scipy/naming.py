"""The public names of SciPy's modules, and functions that only SciPy can compute."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from ..control.callback import pure_callback
from ..core import dtype_of, shape_of, untraceable
from ..errors import UntraceableError
from ..numpy.table import find, has_tracer, public
from ..transforms.custom_jvp import custom_jvp
from ..transforms.staging import ShapeDtypeStruct


def exposed(module: ModuleType, name: str) -> Any:
    """Return SciPy's object of that name, able to take traced values or to refuse."""
    function = getattr(module, name)
    if not callable(function) or isinstance(function, type | np.ufunc):
        return function
    if find(function) is not None:
        return public(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if has_tracer(args) or has_tracer(kwargs.values()):
            raise UntraceableError(untraceable(function))
        return function(*args, **kwargs)

    vars(call)["plain_only"] = True  # no advice names it
    return call


def attributes(module: ModuleType, namespace: dict[str, Any]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a module that stands before one of SciPy's."""

    def find_name(name: str) -> Any:
        namespace[name] = value = exposed(module, name)
        return value

    return find_name


def computed(
    name: str,
    function: Callable[..., Any],
    *args: Any,
    tangents: Callable[..., Any] | str,
) -> Any:
    """Call a function of arrays for its value, with a rule for its derivative.

    ``function`` returns a tuple of arrays, whose shapes depend on shapes only.
    ``tangents(call, primals, tangents)`` gives outputs and their tangents; a string
    says why there is no derivative.
    """
    examples = map(_example, map(shape_of, args))
    outs = function(*(e.astype(dtype_of(x)) for e, x in zip(examples, args)))
    results = tuple(ShapeDtypeStruct(z.shape, z.dtype) for z in outs)

    @custom_jvp
    def call(*xs: Any) -> Any:
        return pure_callback(function, results, *xs, vmap_method="sequential")

    @call.defjvp
    def rule(primals: Any, ts: Any) -> Any:
        if isinstance(tangents, str):
            raise TypeError(f"{name} has no derivative in fgrad: {tangents}")
        return tangents(call, primals, ts)

    return call(*args)


def _example(shape: tuple[int, ...]) -> np.ndarray:
    """Return identity matrices, or ones in a vector: what factors of are defined."""
    if len(shape) < 2:
        return np.ones(shape)
    return np.broadcast_to(np.eye(shape[-2], shape[-1]), shape)
