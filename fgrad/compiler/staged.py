"""Functions that are staged once per signature of their arguments."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

from ..core import Jaxpr
from ..pytree import PyTreeDef, tree_flatten
from ..settings import config
from ..transforms.arguments import Transformed
from ..transforms.axis_names import axes_in_scope
from ..transforms.staging import captures_tracers, close, input_names, stage_call
from .aot import check_values
from .cache import programs_of
from .randomness import watched_randomness
from .signature import (
    Arguments,
    chosen,
    no_static,
    separate,
    staged_signature,
    static_key,
)


class Options(NamedTuple):
    """Which arguments are static and which are donated."""

    static_argnums: tuple[int, ...]
    static_argnames: tuple[str, ...]
    donate_argnums: tuple[int, ...] = ()
    donate_argnames: tuple[str, ...] = ()


class Program(NamedTuple):
    """What is kept for one signature."""

    function: Callable[..., Any] | None
    jaxpr: Jaxpr
    out_tree: PyTreeDef


class Found(NamedTuple):
    """The program of a call, and what it is to be run with."""

    key: Any  # under which it is kept; None if it cannot be
    program: Program
    inputs: list[Any]
    arguments: Arguments


class Staged(Transformed):
    """A callable that stages its function at its first call per signature."""

    def __init__(
        self,
        fun: Callable[..., Any],
        static: tuple[Any, Any],
        donate: tuple[Any, Any] = (None, None),
    ) -> None:
        super().__init__(fun)
        fixed = chosen(fun, *static, self.name, "static")
        given = chosen(fun, *donate, self.name, "donate")
        self.options = Options(*fixed, *given)
        self.has_static = any(fixed)
        self._share_programs()

    def _share_programs(self) -> None:
        self.programs = programs_of(self.fun, (self.transformation, self.options))

    def __getstate__(self) -> dict[str, Any]:
        found = ("programs", "last_tree")  # by calls
        return {k: v for k, v in self.__dict__.items() if k not in found}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._share_programs()

    def find(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Found:
        """Find or make the program of a call."""
        arguments = self._arguments(args, kwargs)
        leaves, tree = tree_flatten((arguments.dynamic, arguments.named))
        static = [*self._static_keys(arguments), *_surroundings()]
        key = (tree, *map(staged_signature, leaves), *static)
        program = self.programs.find(key)
        if program is None:
            check_values(leaves, lambda: self._names(arguments), self.name)
            jaxpr, out_tree = self._stage(arguments, key)
            if captures_tracers(jaxpr):  # never kept: the tracers will end
                jaxpr, consts = close(jaxpr)
                program = Program(None, jaxpr, out_tree)
                return Found(None, program, [*consts, *leaves], arguments)
            program = Program(None, jaxpr, out_tree)
            self.programs.keep(key, program)
        return Found(key, program, leaves, arguments)

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

    def _log(self, what: str, arguments: Arguments, key: Any, start: float) -> None:
        if config.touched and config.log_compiles and key:
            from .report import log_compiled, signature_text

            text = signature_text(self.fun, key, self._names(arguments))
            log_compiled(self.name, what, text, start)

    def _names(self, arguments: Arguments) -> list[str]:
        """Return how messages call every leaf of the dynamic arguments."""
        target = arguments.target(self.fun)
        return input_names(target, arguments.dynamic, arguments.named)


def _surroundings() -> list[tuple[str, type, Any]]:
    """Return what else a program depends on, as parts of a key; mostly nothing."""
    axes = axes_in_scope.get()
    modes = config.trace_key if config.touched else ()
    parts = zip(SURROUNDINGS, (axes, modes))
    return [(name, tuple, value) for name, value in parts if value]


SURROUNDINGS = "the axes in scope", "fgrad.config"
"""What messages call the parts of a key that no argument decides."""
