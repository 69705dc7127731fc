"""``jit``: stage a function once per signature, and run the compiled program."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

from ..core import Jaxpr, Tracer, check_program, short_errors, trimmed
from ..pytree import PyTreeDef, tree_flatten, tree_unflatten
from ..settings import config
from ..transforms.arguments import Transformed
from ..transforms.axis_names import axes_in_scope
from ..transforms.staging import captures_tracers, close, input_names, stage_call
from .aot import Lowered, Signature, Traced, check_values, executable
from .cache import programs_of
from .call import call
from .randomness import watched_randomness
from .signature import (
    Arguments,
    chosen,
    no_static,
    python_names,
    separate,
    signature_of,
    staged_signature,
    static_key,
)


class Options(NamedTuple):
    """Which arguments are static and which are donated."""

    static_argnums: tuple[int, ...]
    static_argnames: tuple[str, ...]
    donate_argnums: tuple[int, ...]
    donate_argnames: tuple[str, ...]


class Program(NamedTuple):
    """What jit keeps for one signature."""

    function: Callable[..., Any] | None
    jaxpr: Jaxpr
    out_tree: PyTreeDef


class Jit(Transformed):
    """What `jit` returns: a callable that compiles at its first call per signature."""

    transformation = "jit"

    def __init__(
        self, fun: Callable[..., Any], static: tuple[Any, Any], donate: tuple[Any, Any]
    ) -> None:
        super().__init__(fun)
        fixed = chosen(fun, *static, self.name, "static")
        given = chosen(fun, *donate, self.name, "donate")
        self.options = Options(*fixed, *given)
        self.has_static = any(fixed)
        _check_disjoint(self.options, self.name)
        self.programs = programs_of(fun, self.options)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "programs"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.programs = programs_of(self.fun, self.options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self.has_static or axes_in_scope.get():
                return self.run(args, kwargs)
            if config.touched and config.interferes:
                return super().__call__(*args, **kwargs)
            leaves, tree = tree_flatten((args, kwargs))
            program = self.programs.get((tree, *map(signature_of, leaves)))
            if program is None or program.function is None:
                return self.run(args, kwargs)
            return tree_unflatten(program.out_tree, program.function(*leaves))
        except Exception as error:
            __tracebackhide__ = True
            raise trimmed(error)

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Find or make the program for these arguments, and run or call it."""
        if config.touched and config.disable_jit:
            return self.fun(*args, **kwargs)
        arguments = self._arguments(args, kwargs)
        leaves, tree = tree_flatten((arguments.dynamic, arguments.named))
        static = [*self._static_keys(arguments), *_surroundings()]
        key = (tree, *map(staged_signature, leaves), *static)
        program = self.programs.find(key)
        if program is None:
            check_values(leaves, lambda: self._names(arguments), self.name)
            jaxpr, out_tree = self._stage(arguments, key)
            if captures_tracers(jaxpr):  # never kept: the tracers will end
                closed, consts = close(jaxpr)
                outs = call(*consts, *leaves, jaxpr=closed, name=self.__name__)
                return tree_unflatten(out_tree, outs)
            program = Program(None, jaxpr, out_tree)
            self.programs.keep(key, program)
        if any(type(x) is Tracer for x in leaves) or program.jaxpr.effectful:
            outs = call(*leaves, jaxpr=program.jaxpr, name=self.__name__)
            return tree_unflatten(program.out_tree, outs)
        function = program.function
        if function is None:
            function = self._compile(program.jaxpr, arguments, key)
            self.programs.keep(key, program._replace(function=function))
        outs = function(*leaves)
        if config.touched and config.checks_values:
            inputs = lambda i: self._names(arguments)[i]
            check_program(program.jaxpr, leaves, outs, self.name, inputs)
        return tree_unflatten(program.out_tree, outs)

    # -- the steps ---------------------------------------------------------------

    def _arguments(self, args: Any, kwargs: Any) -> Arguments:
        """Return the arguments of a call, static ones apart."""
        if not self.has_static:
            return no_static(args, kwargs)
        nums, names = self.options[:2]
        return separate(args, kwargs, nums, names)

    def _static_keys(self, arguments: Arguments) -> list[Any]:
        static = arguments.static.items()
        return [static_key(at, value, self.fun, self.name) for at, value in static]

    def _stage(self, arguments: Arguments, key: Any = None) -> tuple[Jaxpr, PyTreeDef]:
        """Return the jaxpr for a call's arguments, and the tree of the output."""
        start = perf_counter()
        if config.touched and config.explain_cache_misses and key:
            from .report import explain_miss  # few need it and logging

            names = self._names(arguments)
            explain_miss(self.fun, self.name, key, names, self.programs)
        with watched_randomness(self.name):
            target = arguments.target(self.fun)
            staged = stage_call(target, arguments.dynamic, arguments.named, self.name)
        self._log("staged", arguments, key, start)
        return staged

    def _compile(self, jaxpr: Jaxpr, arguments: Arguments, key: Any) -> Any:
        """Return the function that runs a jaxpr."""
        start = perf_counter()
        names = python_names(self._names(arguments))
        donated = self._donated(arguments)
        function = executable(jaxpr, self.__name__, names, donated).function
        self._log("compiled", arguments, key, start)
        return function

    def _log(self, what: str, arguments: Arguments, key: Any, start: float) -> None:
        if config.touched and config.log_compiles and key:
            from .report import log_compiled, signature_text

            text = signature_text(self.fun, key, self._names(arguments))
            log_compiled(self.name, what, text, start)

    def _names(self, arguments: Arguments) -> list[str]:
        """Return how messages call every leaf of the dynamic arguments."""
        target = arguments.target(self.fun)
        return input_names(target, arguments.dynamic, arguments.named)

    def _donated(self, arguments: Arguments) -> list[bool]:
        """Return whether each leaf of the dynamic arguments is donated."""
        _, _, nums, names = self.options
        count = len(arguments.places) + sum(
            isinstance(k, int) for k in arguments.static
        )
        chosen_nums = {i + count if i < 0 else i for i in nums}
        given = [
            (x, i in chosen_nums)
            for i, x in zip(arguments.places, arguments.dynamic, strict=True)
        ]
        given += [(arguments.named[k], k in names) for k in sorted(arguments.named)]
        return [flag for tree, flag in given for _ in tree_flatten(tree)[0]]

    # -- ahead of time ---------------------------------------------------------

    @short_errors
    def trace(self, *args: Any, **kwargs: Any) -> Traced:
        """Return the jaxpr for these arguments (arrays or shapes), not compiled."""
        arguments = self._arguments(args, kwargs)
        self._static_keys(arguments)  # or raise: what cannot be called is not traced
        jaxpr, out_tree = self._stage(arguments)
        _, in_tree = tree_flatten((arguments.dynamic, arguments.named))
        names = self._names(arguments)
        donated = self._donated(arguments)
        return Traced(
            Signature(
                self.__name__,
                in_tree,
                out_tree,
                names,
                python_names(names),
                donated,
                jaxpr,
            )
        )

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


def _surroundings() -> list[tuple[str, type, Any]]:
    """Return what else a program depends on, as parts of a key; mostly nothing."""
    axes = axes_in_scope.get()
    modes = config.trace_key if config.touched else ()
    found = {"axes in scope": axes, "options": modes}
    return [(name, tuple, value) for name, value in found.items() if value]


def _check_disjoint(options: Options, name: str) -> None:
    both = {*options.static_argnames} & {*options.donate_argnames}
    same: set[Any] = both or {*options.static_argnums} & {*options.donate_argnums}
    if same:
        shown = ", ".join(map(repr, sorted(same)))
        raise ValueError(
            f"{name}: argument {shown} is both static and donated; a static argument "
            "is no array, so there is nothing to donate"
        )


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
    arrays, and the values of static arguments, which have to be hashable, or arrays
    (compared by content). Usable as ``@jit`` and as ``@jit(static_argnums=0)``.

    A donated argument is given away: an output of the same shape and dtype is written
    into its memory, and that array is returned. ``docs/jit.md`` tells the rest. The
    remaining options exist for programs written for JAX: they do not change what is
    computed.

    Raises TypeError for options that are no ints or strings, and ValueError for
    arguments that do not exist or are both static and donated.

    >>> import numpy as np
    >>> f = jit(lambda x: np.sum(np.tanh(x) ** 2))
    >>> f(np.zeros(2))
    np.float64(0.0)
    >>> print(f.lower(np.zeros(2)).as_text())
    def lambda_(x):
        return (np.add.reduce(np.tanh(x) ** 2, axis=0),)
    <BLANKLINE>
    >>> w = np.zeros(2)
    >>> jit(lambda w, g: w - 0.1 * g, donate_argnums=0)(w, np.ones(2)) is w
    True
    """
    static = static_argnums, static_argnames
    donate = donate_argnums, donate_argnames
    if fun is None:
        return lambda fun: Jit(fun, static, donate)
    return Jit(fun, static, donate)
