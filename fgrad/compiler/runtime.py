"""From a jaxpr to a function that runs: optimise, plan, emit, exec once, keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from ..core import Eqn, Jaxpr
from .emit import Emitter, identifier
from .emit_planned import PlannedEmitter
from .loading import load
from .passes import LOWERING, optimize
from .plan import Plan, plan_of
from .source import Source


class Executable:
    """A jaxpr as a function of NumPy calls: flat arrays in, a tuple of arrays out."""

    __slots__ = ("function", "jaxpr", "plan", "source")

    def __init__(self, jaxpr: Jaxpr, name: str, arguments: Iterable[str] = ()) -> None:
        self.jaxpr = optimize(jaxpr, LOWERING)
        self.plan = plan_of(self.jaxpr)
        names = list(arguments) or [f"x{i}" for i in range(len(jaxpr.invars))]
        self.source = written(self.jaxpr, name, names, self.plan)
        self.function = load(self.source)
        self.function.jaxpr = self.jaxpr  # type: ignore[attr-defined]


class Plain:
    """A program without a plan, for arguments of any layout; compiled if it is used."""

    def __init__(self, write: Callable[[], Source]) -> None:
        self.write = write

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The program."""
        return load(self.write())

    def __repr__(self) -> str:
        return "the same program for arguments of any layout, without buffers"


def written(jaxpr: Jaxpr, name: str, names: list[str], plan: Plan | None) -> Source:
    """Return the source of a program, with a plan if it has one."""
    emitter = Emitter(jaxpr, name, names)
    if plan is None:
        return emitter.source()
    plain = Plain(emitter.source)
    return PlannedEmitter(jaxpr, name, names, plan, plain).source()


def alone(eqn: Eqn, name: str, arguments: list[str]) -> Callable[..., Any]:
    """Return a function that runs one equation, a loop or the like."""
    program = Jaxpr(eqn.inputs, (eqn,), eqn.outs)
    plan = plan_of(program)
    source = written(program, identifier(name), arguments, plan)
    del source.blocks[0]  # nothing but the equation; it would keep its own jaxpr
    function = load(source)
    if plan is not None:
        function.jaxpr = program  # type: ignore[attr-defined]
    return function


def compiled(jaxpr: Jaxpr, name: str, arguments: Iterable[str] = ()) -> Executable:
    """Return a jaxpr's compiled form, made at its first use."""
    found = jaxpr.cache.get("compiled")
    if found is None:
        found = jaxpr.cache["compiled"] = Executable(jaxpr, identifier(name), arguments)
    return found
