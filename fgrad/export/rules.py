"""Custom rules as jaxprs, so that a program can be saved with its derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..core import Aval, Jaxpr, aval_of, evaluate
from ..errors import MissingRuleError
from ..ops.basic import zeros
from ..transforms.custom_rules import BatchedRule, Rule, closes_over
from ..transforms.staging import captures_tracers, stage

Leaves = list[Any]


class Parts(NamedTuple):
    """What a rule does, as jaxprs; without derivatives if they cannot be traced."""

    name: str
    captured: int  # the first arguments, which have no derivative
    body: Jaxpr
    first: Jaxpr | None  # fwd: (*args) -> (*outs, *residuals), or the whole jvp rule
    second: Jaxpr | None  # bwd: (*residuals, *cts) -> cts
    given: tuple[bool, ...]  # the outputs with a tangent, or the arguments with a ct


def parts_of(rule: Any, avals: Sequence[Aval]) -> Parts:
    """Return the jaxprs of a custom rule for arguments of some avals."""
    if isinstance(rule, SavedRule):
        return rule.parts
    body = rule.stage(*avals)
    captured = _captured(rule)
    moves = [i >= captured and a.dtype.kind in "fc" for i, a in enumerate(avals)]
    split = _forward_mode if hasattr(rule, "jvp") else _reverse_mode
    try:
        first, second, given = split(rule, avals, moves, body.out_avals)
    except Exception:  # the rule reads values: it can only run, not be saved
        return Parts(rule.name, captured, body, None, None, ())
    if any(captures_tracers(j) for j in (first, second) if j is not None):
        return Parts(rule.name, captured, body, None, None, ())
    return Parts(rule.name, captured, body, first, second, given)


def _captured(rule: Any) -> int:
    while isinstance(rule, BatchedRule):
        rule = rule.inner
    return len(getattr(rule, "captured", ()))


def _inexact(avals: Sequence[Aval]) -> list[Aval]:
    return [a._replace(weak=False) for a in avals if a.dtype.kind in "fc"]


def _forward_mode(rule: Any, avals: Any, moves: Any, out_avals: Any) -> Any:
    given: list[bool] = []
    ts = [a._replace(weak=False) for a, m in zip(avals, moves) if m]

    def run(*args: Any) -> Leaves:
        rest = iter(args[len(avals) :])
        tangents = [next(rest) if m else None for m in moves]
        outs, t_outs = rule.jvp(list(args[: len(avals)]), tangents)
        given.extend(t is not None for t in t_outs)
        return [*outs, *(t for t in t_outs if t is not None)]

    return stage(run, [*avals, *ts], rule.name), None, tuple(given)


def _reverse_mode(rule: Any, avals: Any, moves: Any, out_avals: Any) -> Any:
    kept: list[Any] = []
    given: list[bool] = []

    def fwd(*args: Any) -> Leaves:
        outs, residuals, static = rule.fwd(moves, list(args))
        kept.extend(([aval_of(r) for r in residuals], static))
        return [*outs, *residuals]

    first = stage(fwd, avals, rule.name)
    residuals, static = kept

    def bwd(*args: Any) -> Leaves:
        rest = iter(args[len(residuals) :])
        cts = [next(rest) if a.dtype.kind in "fc" else None for a in out_avals]
        found = rule.bwd(static, list(args[: len(residuals)]), cts)
        given.extend(ct is not None for ct in found)
        return [ct for ct in found if ct is not None]

    second = stage(bwd, [*residuals, *_inexact(out_avals)], rule.name)
    return first, second, tuple(given)


class SavedRule(Rule):
    """A rule made of jaxprs."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.name)
        self.parts = parts

    def call(self, *args: Any) -> Leaves:
        """Run the function itself."""
        return evaluate(self.parts.body, args)

    def fwd(self, needed: Sequence[bool], args: Leaves) -> tuple[Leaves, Leaves, Any]:
        """Return the outputs, the residuals, and nothing else that `bwd` reads."""
        values = evaluate(self._differentiated(needed), args)
        n = len(self.parts.body.outs)
        return values[:n], values[n:], None

    def bwd(self, static: Any, residuals: Leaves, cts: Leaves) -> Leaves:
        """Return the cotangents of the arguments; None is zero."""
        assert self.parts.second is not None
        pairs = zip(cts, self.parts.body.out_avals)
        full = [zeros(a) if c is None else c for c, a in pairs if a.dtype.kind in "fc"]
        found = iter(evaluate(self.parts.second, [*residuals, *full]))
        return [next(found) if there else None for there in self.parts.given]

    def _differentiated(self, needed: Sequence[bool]) -> Jaxpr:
        """Return the jaxpr of a derivative; raise if there is none."""
        if self.parts.first is None:
            raise MissingRuleError(
                f"{self.name} was saved without its derivative, which reads values "
                "while it is traced. Use fgrad.lax.cond or np.where in the rule, or "
                "save the derivative of the function instead"
            )
        if any(needed[: self.parts.captured]):
            raise closes_over(self.name, "a differentiated value")
        return self.parts.first


class SavedJVPRule(SavedRule):
    """A rule for both modes made of jaxprs."""

    def jvp(self, args: Leaves, tangents: Leaves) -> tuple[Leaves, Leaves]:
        """Return the outputs and their tangents; a tangent of None is zero."""
        jaxpr = self._differentiated([t is not None for t in tangents])
        free = list(zip(args, tangents))[self.parts.captured :]
        avals = [(aval_of(x), t) for x, t in free]
        full = [zeros(a) if t is None else t for a, t in avals if a.dtype.kind in "fc"]
        values = evaluate(jaxpr, [*args, *full])
        n = len(self.parts.body.outs)
        rest = iter(values[n:])
        return values[:n], [next(rest) if there else None for there in self.parts.given]
