"""The table behind it all: NumPy callable -> what it means on traced values.

``DISPATCH`` is that table. NumPy's protocols look a function up in it when a tracer
is among the arguments, and the public functions of this package do the same.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..core import CREATE, DISPATCH, VIEWS, Tracer, apart, definition, known_value
from ..errors import ConcretizationTypeError, TracerMutationError

_Number = bool | int | float | complex | np.number | np.bool
KEYWORDS: dict[Any, frozenset[str]] = {}
"""NumPy callable -> keywords that only its definition has, such as JAX's ``size=``."""


def traceable(*functions: Any, more: Iterable[str] = ()) -> Callable[[Any], Any]:
    """Return a decorator that enters a definition for some NumPy functions.

    A function that is not in every supported NumPy is given by name, and so is one
    that some NumPy deprecates. The keywords ``more`` are the definition's own: with
    them it takes plain arrays, too.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        named = [getattr(np, f, None) if isinstance(f, str) else f for f in functions]
    known = [f for f in named if f is not None]

    def enter(definition: Any) -> Any:
        DISPATCH.update(dict.fromkeys(known, definition))
        KEYWORDS.update(dict.fromkeys(known, frozenset(more)))
        return definition

    return enter


def has_tracer(values: Iterable[Any]) -> bool:
    """Say whether a tracer is among some values, or in lists and tuples of them.

    >>> has_tracer([1.0, [np.zeros(3), (2.0, "a")]])
    False
    """
    for value in values:
        kind = type(value)
        if kind is Tracer or ((kind is list or kind is tuple) and has_tracer(value)):
            return True
    return False


def public(function: Any) -> Any:
    """Return what users call: NumPy without a tracer, else NumPy's definition.

    Ufuncs, classes and functions without a definition are NumPy's own objects.
    """
    definition = find(function)
    if definition is None or isinstance(function, np.ufunc | type):
        return function

    own = KEYWORDS.get(function, frozenset())

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if has_tracer(args) or (
            kwargs and (has_tracer(kwargs.values()) or not own.isdisjoint(kwargs))
        ):
            z = definition(*args, **kwargs)
            return z if function in VIEWS else apart(z, (*args, *kwargs.values()))
        if function in CREATE and isinstance(kwargs.get("like"), _Number):
            del kwargs["like"]  # which NumPy refuses
        return function(*args, **kwargs)

    if own:  # what NumPy does not say of itself
        call.__signature__ = inspect.signature(definition)  # type: ignore[attr-defined]
    return call


def views(*functions: Any) -> None:
    """Say that the results of some NumPy functions may be views of an argument.

    The results of all others are new arrays. A function that is not in every supported
    NumPy is given by name.
    """
    named = (getattr(np, f, None) if isinstance(f, str) else f for f in functions)
    VIEWS.update(f for f in named if f is not None)


def find(function: Any) -> Any:
    """Return the definition of a NumPy object, or None."""
    return definition(function) if callable(function) else None


# -- what several definitions say ----------------------------------------------------


def refuse_out(out: Any) -> None:
    """Raise if there is an ``out=``: a traced value cannot be written anywhere."""
    outs = out if isinstance(out, tuple) else (out,)
    if any(one is not None for one in outs):
        raise TracerMutationError(
            "out= would write a traced value into an existing array: leave it out "
            "and use what the function returns"
        )


def value_needed(x: Any, what: str, instead: str) -> Any:
    """Return the plain array below a tracer, or teach what to write instead."""
    value = known_value(x)
    if value is None:
        raise ConcretizationTypeError(
            f"{what} of {x.describe()} has a shape that depends on values, but "
            f"{x.owner.unknown}. {instead}, {x.owner.advice}"
        )
    return value
