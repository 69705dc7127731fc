"""Functions that are staged once per signature of their arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core import Jaxpr, Tracer, aval_of
from ..pytree import PyTreeDef, tree_flatten
from ..transforms.arguments import Transformed, argument_names, shown
from ..transforms.staging import captures_tracers, close, input_names, stage_call
from .randomness import watched_randomness
from .runtime import identifier


class Program(NamedTuple):
    """What is kept for one signature."""

    function: Callable[..., Any] | None
    jaxpr: Jaxpr
    out_tree: PyTreeDef


class PerSignature(Transformed):
    """A callable that stages its function at its first call per signature."""

    def __init__(
        self, fun: Callable[..., Any], static_argnums: Any, static_argnames: Any
    ) -> None:
        super().__init__(fun)
        self.static_argnums, self.static_argnames = _static(
            fun, static_argnums, static_argnames, self.name
        )
        self.programs: dict[Any, Program] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "programs": {}}

    def find(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, Program, list[Any]]:
        """Find or make the program of a call; return its key and its inputs as well."""
        dynamic, named, static = self._separate(args, kwargs)
        leaves, tree = tree_flatten((dynamic, named))
        key = (tree, *map(signature, leaves), *static)
        program = self.programs.get(key)
        if program is None:
            jaxpr, out_tree = self.stage(args, kwargs)
            if captures_tracers(jaxpr):  # never kept: the tracers will end
                closed, consts = close(jaxpr)
                return key, Program(None, closed, out_tree), [*consts, *leaves]
            program = self.programs[key] = Program(None, jaxpr, out_tree)
        return key, program, leaves

    def leaf_names(self, args: Any, kwargs: Any) -> list[str]:
        """Return a Python name for every leaf of the dynamic arguments."""
        dynamic, named, _ = self._separate(args, kwargs)
        static = self._static_positions(args)
        places = [i for i in range(len(args)) if i not in static]
        names = argument_names(self.fun, places, dynamic)
        names += input_names(self.fun, (), named)
        return _distinct(map(_python_name, names))

    def _static_positions(self, args: Any) -> list[int]:
        """Return which of the arguments given by position are static."""
        nums = {i + len(args) if i < 0 else i for i in self.static_argnums}
        return sorted(i for i in nums if i < len(args))

    def _separate(self, args: Any, kwargs: Any) -> tuple[Any, Any, Any]:
        """Split arguments into positional and named dynamic ones, and static ones."""
        if not self.static_argnums and not self.static_argnames:
            return args, kwargs, ()
        positions = self._static_positions(args)
        static: list[Any] = [(i, args[i]) for i in positions]
        names = sorted(k for k in kwargs if k in self.static_argnames)
        static += [(k, kwargs[k]) for k in names]
        for where, value in static:
            self._check_hashable(where, value)
        dynamic = tuple(a for i, a in enumerate(args) if i not in positions)
        named = {k: v for k, v in kwargs.items() if k not in names}
        typed = tuple((where, type(value), value) for where, value in static)
        return dynamic, named, typed

    def _check_hashable(self, where: int | str, value: Any) -> None:
        try:
            hash(value)
        except TypeError:
            if isinstance(where, int):
                where = argument_names(self.fun, [where], [None], whole=True)[0]
            got = value.describe() if type(value) is Tracer else shown(value)
            raise TypeError(
                f"{self.name}: static argument {where.removeprefix('argument ')} is "
                f"unhashable: {got}. Pass arrays and traced values as ordinary "
                "arguments, and lists as tuples"
            ) from None

    def stage(self, args: Any, kwargs: Any) -> tuple[Jaxpr, PyTreeDef]:
        """Return the jaxpr of a call, and the tree of its output."""
        dynamic, named, static = self._separate(args, kwargs)
        fixed = {where: value for where, _, value in static}
        keywords = {k: v for k, v in fixed.items() if isinstance(k, str)}

        def fun(*rest: Any, **others: Any) -> Any:
            given = iter(rest)
            full = [fixed[i] if i in fixed else next(given) for i in range(len(args))]
            return self.fun(*full, **others, **keywords)

        with watched_randomness(self.name):
            target = fun if static else self.fun
            return stage_call(target, dynamic, named, self.name)


_SCALARS = (float, int, complex, bool)


def signature(x: Any) -> Any:
    """Return what of an argument decides which program runs."""
    kind = type(x)
    if kind is np.ndarray:
        return x.shape, x.dtype
    if kind in _SCALARS:
        return kind
    try:
        return aval_of(x)
    except TypeError:
        return _Unknown


class _Unknown:
    """The signature of what is no array: staging will say so."""


def _static(
    fun: Any, argnums: Any, argnames: Any, name: str
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Infer static argnums and argnames from each other by the signature."""
    nums = () if argnums is None else _as_tuple(argnums)
    names = () if argnames is None else _as_tuple(argnames)
    for num in nums:
        if isinstance(num, bool) or not hasattr(num, "__index__"):
            raise TypeError(f"{name}: static_argnums must be ints, got {num!r}")
    for key in names:
        if not isinstance(key, str):
            raise TypeError(f"{name}: static_argnames must be strings, got {key!r}")
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
                    f"{name}: static_argnums={num} is out of range, the function has "
                    f"{len(positional)} positional parameters {positional}"
                )
    known = [p.name for p in parameters]
    for key in names:
        if key not in known and inspect.Parameter.VAR_KEYWORD not in kinds:
            raise ValueError(
                f"{name}: static_argnames has {key!r}, but the parameters are {known}"
            )
        nums = tuple(num % len(positional) for num in nums)
    nums += tuple(positional.index(k) for k in names if k in positional)
    names += tuple(positional[i] for i in nums if 0 <= i < len(positional))
    return tuple(dict.fromkeys(nums)), tuple(dict.fromkeys(names))


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _python_name(name: str) -> str:
    return identifier(name.removeprefix("argument "))


def _distinct(names: Any) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in names:
        name = f"x{name}" if name[0].isdigit() else name
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result
