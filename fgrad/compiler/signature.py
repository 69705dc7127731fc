"""Signatures: what of a call's arguments decides which program runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from ..core import Aval, Tracer, aval_of
from ..core.trace import frozen
from ..transforms.arguments import argument_names, shown
from ..transforms.staging import ShapeDtypeStruct
from .emit import identifier

_PYTHON = {"f": float, "i": int, "c": complex, "b": bool}
_KNOWN: dict[type, Any] = {
    **{kind: kind for kind in (*_PYTHON.values(), Tracer, ShapeDtypeStruct)},
    **{np.dtype(c).type: ((), np.dtype(c)) for c in "?bhilqBHILQefdgFDG"},
}


def signature_of(x: Any) -> Any:
    """Return what of an argument decides which program runs.

    What cannot run has a signature under which no program is kept.

    >>> signature_of(np.zeros((2, 3))), signature_of(2.0)
    (((2, 3), dtype('float64')), <class 'float'>)
    """
    kind = type(x)
    if kind is np.ndarray:
        return x.shape, x.dtype
    if kind in _KNOWN:
        return _KNOWN[kind]
    try:
        return aval_of(x)[:2]
    except TypeError:
        return _Unknown


def staged_signature(x: Any) -> Any:
    """Return the signature for staging: a tracer's is that of what it stands for."""
    if type(x) is not Tracer:
        return signature_of(x)
    aval = x.aval
    return _PYTHON[aval.dtype.kind] if aval.weak else aval[:2]


class _Unknown:
    """The signature of what is no array: staging will say so."""


def part_text(part: Any) -> str:
    """Return how messages show a part of a signature.

    >>> part_text(float), part_text(((2, 3), np.dtype("float32")))
    ('float[]', 'f32[2,3]')
    """
    if isinstance(part, type):
        return f"{part.__name__}[]" if part in _PYTHON.values() else "no array"
    return str(Aval(*part))


# -- static arguments --------------------------------------------------------------


class Arguments(NamedTuple):
    """The arguments of one call, static ones apart from those that are traced."""

    places: tuple[int, ...]  # which of the positional ones are traced
    dynamic: tuple[Any, ...]
    named: dict[str, Any]
    static: dict[int | str, Any]

    def target(self, fun: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function of the traced arguments."""
        return Bound(fun, self) if self.static else fun


class Bound:
    """A function whose static arguments are given."""

    def __init__(self, fun: Callable[..., Any], arguments: Arguments) -> None:
        self.fun = fun
        self.arguments = arguments

    def __call__(self, *rest: Any, **others: Any) -> Any:
        values = dict(zip(self.arguments.places, rest, strict=True))
        for at, value in self.arguments.static.items():
            kept = frozen(value) if type(value) is np.ndarray else value
            given: dict[Any, Any] = others if isinstance(at, str) else values
            given[at] = kept
        return self.fun(*(values[i] for i in range(len(values))), **others)

    @cached_property
    def __signature__(self) -> inspect.Signature:
        """The signature without static arguments: messages name the others by it."""
        whole = inspect.signature(self.fun)
        kept = [
            p.replace(default=p.empty)
            for i, p in enumerate(whole.parameters.values())
            if i not in self.arguments.static
        ]
        return whole.replace(parameters=kept)


def no_static(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
    """Return a call's arguments where none is static."""
    return Arguments(tuple(range(len(args))), args, kwargs, {})


def separate(
    args: tuple[Any, ...], kwargs: dict[str, Any], nums: Any, names: Any
) -> Arguments:
    """Split the arguments of a call into traced and static ones.

    >>> separate((1.0, "sum"), {"n": 3}, (1,), ("n",)).static
    {1: 'sum', 'n': 3}
    """
    fixed = positions(nums, len(args))
    static: dict[int | str, Any] = {i: args[i] for i in fixed}
    static.update((k, kwargs[k]) for k in sorted(kwargs) if k in names)
    places = tuple(i for i in range(len(args)) if i not in static)
    named = {k: v for k, v in kwargs.items() if k not in static}
    return Arguments(places, tuple(args[i] for i in places), named, static)


def positions(nums: Iterable[int], size: int) -> list[int]:
    """Return which of ``size`` positional arguments some numbers mean, in order."""
    return sorted({i + size if i < 0 else i for i in nums} & set(range(size)))


def static_key(where: int | str, value: Any, fun: Any, name: str) -> Any:
    """Return what of a static argument is in the signature: an array's content.

    Strides are a part of it: the last bits of a result may depend on them.
    """
    kind = type(value)
    if kind is np.ndarray and not value.dtype.hasobject:
        return where, kind, (value.shape, value.dtype, value.strides, value.tobytes())
    try:
        hash(value)
    except TypeError:
        got = value.describe() if kind is Tracer else shown(value)
        raise TypeError(
            f"{name}: static {static_name(where, fun)} is unhashable: {got}. Pass "
            "traced values as ordinary arguments, and lists as tuples"
        ) from None
    return where, kind, value


def static_name(where: int | str, fun: Any) -> str:
    """Return how messages call a static argument.

    >>> static_name(1, lambda x, n: x), static_name("n", lambda x, n: x)
    ('argument n', 'argument n')
    """
    if isinstance(where, str):
        return f"argument {where}"
    return argument_names(fun, [where], [None], whole=True)[0]


# -- static_argnums, static_argnames and their like --------------------------------


def chosen(
    fun: Any, argnums: Any, argnames: Any, name: str, option: str
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Infer argnums and argnames of an option from each other by the signature.

    >>> chosen(lambda x, n=1: x, 1, None, "jit(f)", "static")
    ((1,), ('n',))
    """
    nums = () if argnums is None else _as_tuple(argnums)
    names = () if argnames is None else _as_tuple(argnames)
    for num in nums:
        if isinstance(num, bool) or not hasattr(num, "__index__"):
            raise TypeError(f"{name}: {option}_argnums must be ints, got {num!r}")
    for key in names:
        if not isinstance(key, str):
            raise TypeError(f"{name}: {option}_argnames must be strings, got {key!r}")
    if not nums and not names:
        return (), ()
    try:
        parameters = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):
        return nums, names
    kinds = [p.kind for p in parameters]
    positional = [p.name for p in parameters if p.kind < 2]
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        for num in nums:
            if not -len(positional) <= num < len(positional):
                raise ValueError(
                    f"{name}: {option}_argnums={num} is out of range, the function has "
                    f"{len(positional)} positional parameters {positional}"
                )
        nums = tuple(num % len(positional) for num in nums)
    known = [p.name for p in parameters]
    for key in names:
        if key not in known and inspect.Parameter.VAR_KEYWORD not in kinds:
            raise ValueError(
                f"{name}: {option}_argnames has {key!r}, but the parameters are {known}"
            )
    nums += tuple(positional.index(k) for k in names if k in positional)
    names += tuple(positional[i] for i in nums if 0 <= i < len(positional))
    return tuple(dict.fromkeys(nums)), tuple(dict.fromkeys(names))


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


# -- the arguments of emitted functions --------------------------------------------


def python_names(names: Iterable[str]) -> list[str]:
    """Return distinct Python names for what messages call ``argument x['w']``.

    >>> python_names(["argument x['w']", "argument x['w']", "argument y"])
    ['x_w', 'x_w_2', 'y']
    """
    result: dict[str, None] = {}
    for name in names:
        name = identifier(name.removeprefix("argument "))
        name = f"x{name}" if name[0].isdigit() else name
        like_it = (f"{name}_{i}" if i > 1 else name for i in count(1))
        result[next(n for n in like_it if n not in result)] = None
    return list(result)
