"""``jit``: stage a function once per signature, and run the compiled program."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core import Jaxpr, Tracer, aval_of, check_program, short_errors, trimmed
from ..pytree import PyTreeDef, tree_flatten, tree_unflatten
from ..settings import config
from ..transforms.arguments import Transformed, argument_names, shown
from ..transforms.axis_names import axes_in_scope
from ..transforms.staging import (
    ShapeDtypeStruct,
    captures_tracers,
    close,
    input_names,
    stage_call,
)
from .call import call
from .emit import identifier
from .randomness import watched_randomness
from .runtime import Compiled, compiled


class Program(NamedTuple):
    """What jit keeps for one signature."""

    function: Callable[..., Any] | None
    jaxpr: Jaxpr
    out_tree: PyTreeDef


class Jit(Transformed):
    """What `jit` returns: a callable that compiles at its first call per signature."""

    transformation = "jit"

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

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if config.touched and config.interferes:
                return super().__call__(*args, **kwargs)
            if self.static_argnums or self.static_argnames:
                return self.run(args, kwargs)
            leaves, tree = tree_flatten((args, kwargs))
            program = self.programs.get((tree, *_axes(), *map(_signature, leaves)))
            if program is None or program.function is None:
                return self.run(args, kwargs)
            return tree_unflatten(program.out_tree, program.function(*leaves))
        except Exception as error:
            __tracebackhide__ = True
            raise trimmed(error)

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Find or make the program for these arguments, and run or call it."""
        modes: tuple[Any, ...] = ()
        if config.touched:
            if config.disable_jit:
                return self.fun(*args, **kwargs)
            modes = config.trace_key  # a program traced under options is kept apart
        dynamic, named, static = self._separate(args, kwargs)
        leaves, tree = tree_flatten((dynamic, named))
        key = (tree, *_axes(), *map(_signature, leaves), *static, *modes)
        program = self.programs.get(key)
        if program is None:
            jaxpr, out_tree = self._stage(args, kwargs)
            if captures_tracers(jaxpr):  # never kept: the tracers will end
                closed, consts = close(jaxpr)
                outs = call(*consts, *leaves, jaxpr=closed, name=self.__name__)
                return tree_unflatten(out_tree, outs)
            program = self.programs[key] = Program(None, jaxpr, out_tree)
        if any(type(x) is Tracer for x in leaves) or program.jaxpr.effectful:
            outs = call(*leaves, jaxpr=program.jaxpr, name=self.__name__)
            return tree_unflatten(program.out_tree, outs)
        function = program.function
        if function is None:
            names = self._names(args, kwargs)
            function = compiled(program.jaxpr, self.__name__, names).function
            self.programs[key] = program._replace(function=function)
        outs = function(*leaves)
        if config.touched and config.checks_values:
            inputs = lambda i: f"argument {self._names(args, kwargs)[i]}"
            check_program(program.jaxpr, leaves, outs, self.name, inputs)
        return tree_unflatten(program.out_tree, outs)

    def _names(self, args: Any, kwargs: Any) -> list[str]:
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

    def _stage(self, args: Any, kwargs: Any) -> tuple[Jaxpr, PyTreeDef]:
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

    # -- ahead of time ---------------------------------------------------------

    @short_errors
    def trace(self, *args: Any, **kwargs: Any) -> Traced:
        """Return the jaxpr for these arguments (arrays or shapes), not compiled."""
        jaxpr, out_tree = self._stage(args, kwargs)
        return Traced(jaxpr, out_tree, self.__name__, self._names(args, kwargs))

    @short_errors
    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """Return the program for these arguments; ``.as_text()`` is its source."""
        return self.trace(*args, **kwargs).lower()

    def eval_shape(self, *args: Any, **kwargs: Any) -> Any:
        """Return the shapes and dtypes of the output."""
        return self.trace(*args, **kwargs).out_info

    def clear_cache(self) -> None:
        """Forget all compiled programs."""
        self.programs.clear()


class Traced:
    """A function staged for one signature."""

    def __init__(
        self, jaxpr: Jaxpr, out_tree: PyTreeDef, fun_name: str, names: list[str]
    ) -> None:
        self.jaxpr = jaxpr
        self.out_tree = out_tree
        self.fun_name = fun_name
        self.names = names

    @property
    def out_info(self) -> Any:
        """The shapes and dtypes of the output."""
        avals = self.jaxpr.out_avals
        structs = [ShapeDtypeStruct(a.shape, a.dtype, a.weak) for a in avals]
        return tree_unflatten(self.out_tree, structs)

    def lower(self) -> Lowered:
        """Optimise the program and emit its source."""
        return Lowered(self)


class Lowered:
    """A program optimised and written as Python source."""

    def __init__(self, traced: Traced) -> None:
        self.traced = traced
        name = identifier(traced.fun_name)
        self.program = Compiled(traced.jaxpr, name, traced.names)

    @property
    def jaxpr(self) -> Jaxpr:
        """The jaxpr after all passes."""
        return self.program.jaxpr

    def as_text(self) -> str:
        """Return the NumPy source that runs, and what the names in it mean."""
        return self.program.source.legend + self.program.source.text

    def compile(self) -> Callable[..., Any]:
        """Return a function of the (dynamic) arguments that runs the program."""

        def run(*args: Any, **kwargs: Any) -> Any:
            leaves, _ = tree_flatten((args, kwargs))
            outs = self.program.function(*leaves)
            return tree_unflatten(self.traced.out_tree, outs)

        return run


_axes = axes_in_scope.get  # what a program computes may depend on them
_SCALARS = (float, int, complex, bool)


def _signature(x: Any) -> Any:
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


@short_errors
def jit(
    fun: Callable[..., Any] | None = None,
    in_shardings: Any = None,
    out_shardings: Any = None,
    static_argnums: int | tuple[int, ...] | list[int] | None = None,
    static_argnames: str | tuple[str, ...] | list[str] | None = None,
    donate_argnums: int | tuple[int, ...] | list[int] | None = None,
    donate_argnames: str | tuple[str, ...] | list[str] | None = None,
    keep_unused: bool = False,
    device: Any = None,
    backend: Any = None,
    inline: bool = False,
    compiler_options: Any = None,
) -> Callable[..., Any]:
    """Return a function that compiles ``fun`` to NumPy code, once per signature.

    A signature is the structure of the arguments, the shapes and dtypes of their
    arrays, and the values of static arguments, which have to be hashable. Usable as
    ``@jit`` and as ``@jit(static_argnums=0)``. The remaining options exist for
    programs written for JAX: they do not change what is computed.

    >>> f = jit(lambda x: np.sum(np.tanh(x) ** 2))
    >>> f(np.zeros(2))
    np.float64(0.0)
    >>> print(f.lower(np.zeros(2)).as_text())
    def lambda_(x):
        return (np.add.reduce(np.tanh(x) ** 2, axis=0),)
    <BLANKLINE>
    """
    if fun is None:
        return lambda fun: Jit(fun, static_argnums, static_argnames)
    return Jit(fun, static_argnums, static_argnames)
