"""Primitives: the atomic operations, each with every rule fgrad knows about it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from .jaxpr import jaxprs_in
from .tracer import Tracer
from .writing import link

STAGING: ContextVar[Any] = ContextVar("fgrad staging", default=None)
"""The innermost staged trace in progress, which effects without tracers go to."""

REPEATED: ContextVar[bool] = ContextVar("fgrad repeated", default=False)
"""Whether a program runs once more to be explained: then nothing has an effect."""


@dataclass(frozen=True, eq=False, slots=True)
class Primitive:
    """An atomic operation with all of its rules.

    Arrays are positional; static, hashable facts (params) are keyword-only.
    ``z`` is the output of a call ``z = prim(*args, **params)``:

    - ``impl(*args, **params)`` computes ``z`` from arrays.
    - ``abstract(*avals, **params)`` gives the aval of ``z``.
    - ``vjp`` has a rule per argument, ``rule(ct, z, *args, **params)``, which
      gives that argument's cotangent; ``None`` in a place says that the argument
      has no derivative.
    - ``jvp(tangents, z, *args, **params)`` gives the tangent of ``z``; tangents
      that are zero are ``None``.
    - ``batch(args, dims, size, **params)`` gives ``(z, dim)``; a dim is the batch
      axis of one array, ``None`` if it has none. Primitives that are ``named`` or
      call functions get the mapped `Axis` in place of its size.
    - ``emit(names, **params)`` gives a NumPy expression; a string is a template.
    - ``into(names, out, **params)`` gives statements that write ``z`` into an array,
      an empty string if it cannot; a string is a template. The array may be the
      memory of those arguments of its shape that ``over`` numbers; None: of any. A
      template, or such statements, may name functions that are in ``uses``.
    - ``write(emitter, eqn)`` writes statements instead, and names the outputs; it
      returns False where it cannot, and then the expression is used.

    ``multi`` primitives return a list. In the rules of ``elementwise`` primitives
    a cotangent or tangent may be anything that broadcasts to its primal; other
    rules get it in full. ``linear`` primitives have rules that read the avals of
    arguments only. ``flat`` primitives have a derivative of zero everywhere.

    Primitives that call functions (jit, custom rules) have two more rules:

    - ``forward(needed, *args, **params)`` gives the outputs and a function from
      their cotangents to those of the needed arguments.
    - ``dual(primals, tangents, **params)`` gives the outputs and their tangents.
    - ``body(*avals, **params)`` gives the jaxpr that computes their value.
    - ``lower(**params)`` gives a function of arrays that compiled code calls.
    - ``in_order(flags, **params)`` says which outputs are certainly C-contiguous, if
      those inputs are that are flagged.
    - ``runs(*args, **params)`` yields the jaxprs that it runs on arrays, one by one,
      with their inputs and what messages call the run.

    The output of a ``view`` may share the memory of its first argument. An
    ``effect`` runs for what it does: it is never dropped, merged, moved or folded.
    What is ``named`` reads across mapped axes that it knows by name.
    """

    name: str
    impl: Callable[..., Any]
    abstract: Callable[..., Any]
    vjp: tuple[Callable[..., Any] | None, ...] | None = None
    jvp: Callable[..., Any] | None = None
    batch: Callable[..., Any] | None = None
    emit: str | Callable[..., str] = ""
    into: str | Callable[..., str] = ""
    over: tuple[int, ...] | None = ()
    uses: tuple[Callable[..., Any], ...] = ()
    write: Callable[..., bool] | None = None
    multi: bool = False
    linear: bool = False
    elementwise: bool = False
    flat: bool = False
    forward: Callable[..., Any] | None = None
    dual: Callable[..., Any] | None = None
    body: Callable[..., Any] | None = None
    lower: Callable[..., Any] | None = None
    in_order: Callable[..., list[bool]] | None = None
    runs: Callable[..., Any] | None = None
    view: bool = False
    effect: bool = False
    calls: bool = field(init=False)  # whether applying it may have an effect
    named: bool = False
    apart: bool = field(init=False)  # whether there is more to applying it
    reads: bool = field(init=False)  # whether the vjp rules read values
    special: bool = field(init=False)  # whether a record treats it in its own way

    def __post_init__(self) -> None:
        calls = self.effect or self.forward is not None or self.body is not None
        special = self.flat or self.multi or self.forward is not None
        object.__setattr__(self, "reads", not (self.linear or self.flat))
        object.__setattr__(self, "special", special)
        object.__setattr__(self, "calls", calls or self.dual is not None)
        object.__setattr__(self, "apart", self.calls or self.view)

    def __call__(self, *args: Any, **params: Any) -> Any:
        """Apply the primitive in the youngest trace among the arguments."""
        trace = None
        for arg in args:
            if type(arg) is Tracer and (trace is None or arg.owner.level > trace.level):
                trace = arg.owner
        if self.apart:
            if self.view and trace is not None:
                z = trace.record(self, args, params)
                link(args[0], z, self, params)
                return z
            trace = self._effects_trace(trace, params)
        if trace is None:
            return self.impl(*args, **params) if params else self.impl(*args)
        return trace.record(self, args, params)

    def _effects_trace(self, trace: Any, params: Any) -> Any:
        """Return the younger of a trace and the staged one, if there are effects."""
        if not self.calls:
            return trace
        staged = STAGING.get()
        if staged is None or (trace is not None and trace.level > staged.level):
            return trace
        nested = jaxprs_in(tuple(params.values()))
        effects = self.effect or any(jaxpr.effectful for jaxpr in nested)
        return staged if effects else trace

    def __repr__(self) -> str:
        return self.name
