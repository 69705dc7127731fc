"""The debug modes: operations are checked as they are recorded, run and pulled back.

Which traces check is decided when a trace is made, and which walks do when a walk
begins: as long as no option is set there is nothing here that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ..settings import config
from . import leaks
from .aval import aval_of, is_array
from .jaxpr import Eqn, Jaxpr, Var
from .primitive import REPEATED, Primitive
from .promotion import check_promotion
from .scopes import current_scope
from .source import MarkedPlace, Source, user_source, where
from .tracer import Tracer

_behalf: ContextVar[Source] = ContextVar("fgrad.behalf", default=None)
# Where the operation stands that an operation belongs to: that of a derivative is
# written nowhere, and that of a program was written where the program was traced.

_quiet: ContextVar[bool] = ContextVar("fgrad.quiet", default=False)
# Inside of an operation, a rule or a search: only what comes out of it is checked,
# for rules compute a nan where they select something else.


@contextmanager
def _within(place: Source, quiet: bool) -> Iterator[None]:
    tokens = _behalf.set(place), _quiet.set(quiet)
    try:
        yield
    finally:
        _behalf.reset(tokens[0])
        _quiet.reset(tokens[1])


# -- traces --------------------------------------------------------------------------


def adopt(trace: Any) -> None:
    """Make a new trace check what the options ask for."""
    if config.check_tracer_leaks:
        leaks.follow(trace)
    if config.trace_key:
        cls: Any = type(trace)
        trace.__class__ = _checking(cls)


@cache
def _checking(cls: Any) -> Any:
    return type(cls.__name__, (CheckingTrace, cls), {"__slots__": ()})


class CheckingTrace:
    """What a trace of a debug mode does on top of its own work."""

    __slots__ = ()

    def record(self, prim: Primitive, args: tuple[Any, ...], params: Any) -> Any:
        """Record an operation, mark where it stands, and check its results."""
        trace: Any = self
        place = _behalf.get() or user_source()
        check_promotion(prim, args, place, trace.name)
        if isinstance(place, tuple) and not isinstance(place, MarkedPlace):
            place = MarkedPlace(place, trace.name, current_scope())
        written = trace.written()
        start = len(written)
        if prim.body is None and prim.runs is None:
            with _within(place, quiet=True):
                out = super().record(prim, args, params)  # type: ignore[misc]
        else:  # a call: what it runs was written elsewhere
            out = super().record(prim, args, params)  # type: ignore[misc]
        for i in range(start, len(written)):
            if written[i] is not None:
                written[i] = _placed(written[i], place)
        for one in out if prim.multi else (out,):
            if type(one) is Tracer and one.owner is trace:
                one.source = place
            check_result(one, trace.name, described(prim, args, params), place, args)
        return out


def _placed(entry: Any, place: Source) -> Any:
    """Return an equation, or the entry of a record, with another source."""
    parts = (*entry[:-1], place)
    return parts if type(entry) is tuple else entry._make(parts)


# -- values and messages -------------------------------------------------------------


def trouble(x: Any) -> str:
    """Return what a plain value has that an option forbids: "nan", "inf", or "".

    >>> from fgrad import debug_nans
    >>> with debug_nans():
    ...     trouble(np.array([1.0, np.nan]))
    'nan'
    """
    if not isinstance(x, np.ndarray | np.inexact | float | complex):
        return ""
    if np.asarray(x).dtype.kind not in "fc":
        return ""
    if config.debug_nans and np.isnan(x).any():
        return "nan"
    return "inf" if config.debug_infs and np.isinf(x).any() else ""


def _parts(x: Any) -> Iterator[tuple[Any, str]]:
    """Yield the plain values below a tracer: a primal, and its tangents."""
    if type(x) is not Tracer:
        yield x, ""
        return
    yield from _parts(x.value)
    if not isinstance(x.note, int | Var | None):  # a place, a batch axis; a tangent
        for value, _ in _parts(x.note):
            yield value, "the tangent of "


def check_result(
    x: Any, name: str, subject: str, place: Source, args: Sequence[Any]
) -> None:
    """Raise if a result has a nan (an inf), unless something larger is checked."""
    if _quiet.get():
        return
    for value, what in _parts(x):
        found = trouble(value)
        if found:
            raise _error(name, what + subject, found, value, place, args)


def described(prim: Primitive, args: Sequence[Any], params: Any) -> str:
    """Return what messages call an operation: its name and its operands' avals."""
    operands = " and ".join(str(aval_of(a)) for a in args if is_array(a))
    return f"{_called(prim, params)} of {operands}"


def _called(prim: Primitive, params: Any) -> str:
    name = params.get("name") or getattr(params.get("rule"), "name", "")
    return f'"{prim.name}"' + (f" ({name})" if name else "")


def _error(
    name: str, subject: str, found: str, x: Any, place: Source, reasons: Sequence[Any]
) -> FloatingPointError:
    if isinstance(place, MarkedPlace):
        if place.operation:
            subject = f"the backward pass of {place.operation}"
        if place.transformation not in ("", name):
            subject += f" in {place.transformation}"
    bad = np.asarray(np.isnan(x) if found == "nan" else np.isinf(x))
    first = ""
    if bad.ndim:
        index = ", ".join(str(i) for i in np.argwhere(bad)[0])
        first = f" (in {bad.sum()} of {bad.size} elements, first at [{index}])"
    return FloatingPointError(
        f"{name}: {subject} gave {found}{first} at {where(place)}. {_reason(reasons)}"
    )


def _reason(reasons: Sequence[Any]) -> str:
    """Say which operand had it before; a string among them says it of an input."""
    for one in reasons:
        if isinstance(one, str):
            return one
        found = next(filter(None, (trouble(value) for value, _ in _parts(one))), "")
        if found and type(one) is Tracer:
            return f"It read {found}: {one.describe()}"
        if found:
            return f"It read {found}: {aval_of(one)} that was not traced"
    return "Guard its input, before the operation: np.where(ok, x, 1.0)"


# -- running a jaxpr, or a program made from one -------------------------------------


def replayed(prim: Primitive, source: Source) -> Callable[..., Any]:
    """Return what applies the primitive of an equation where it was written."""
    own = source if prim.body is None and prim.runs is None else None

    def run(*args: Any, **params: Any) -> Any:
        with _within(own, _quiet.get()):
            return prim(*args, **params)

    return run


def check_program(
    jaxpr: Jaxpr,
    args: Any,
    outs: Any,
    name: str,
    inputs: Callable[[int], str] = "input {}".format,
) -> None:
    """Raise if the results of a program have a nan (an inf).

    The program is then run once more, one operation at a time, to find where it came
    from. ``inputs`` says what messages call an argument.
    """
    given = set(map(id, jaxpr.invars))  # what only passes through is no operation's
    pairs = enumerate(zip(jaxpr.outs, outs, strict=True))
    bad = [i for i, (a, out) in pairs if trouble(out) and id(a) not in given]
    if _quiet.get() or not bad:
        return
    found = trouble(outs[bad[0]])
    why = "which no operation gave: it is a constant"
    token = REPEATED.set(True)
    try:
        with np.errstate(all="ignore"), _within(None, quiet=True):
            error = _Search(jaxpr, args, name, inputs).error(jaxpr.outs[bad[0]])
    except RuntimeError as impure:
        error, why = None, f"but where it came from is not known: {impure}"
    finally:
        REPEATED.reset(token)
    raise error or FloatingPointError(f"{name}: the result has {found}, {why}")


class _Search:
    """A run of a jaxpr on arrays that keeps every value."""

    def __init__(
        self, jaxpr: Jaxpr, args: Any, name: str, inputs: Callable[[int], str]
    ) -> None:
        self.name = name
        self.inputs = {v: inputs(i) for i, v in enumerate(jaxpr.invars)}
        self.env: dict[Var, Any] = dict(zip(jaxpr.invars, args, strict=True))
        self.producers: dict[Var, Eqn] = {}
        for eqn in jaxpr.eqns:
            result = eqn.prim(*map(self.read, eqn.inputs), **eqn.params)
            results = result if eqn.prim.multi else [result]
            self.env.update(zip(eqn.outs, results, strict=True))
            self.producers.update(dict.fromkeys(eqn.outs, eqn))

    def read(self, atom: Any) -> Any:
        """Return the value of an atom."""
        return self.env[atom] if type(atom) is Var else atom

    def error(self, atom: Any) -> FloatingPointError | None:
        """Return the error about the operation where an atom's nan came from."""
        eqn = self.producers.get(atom) if type(atom) is Var else None
        if eqn is None or not trouble(self.read(atom)):
            return None
        values = list(map(self.read, eqn.inputs))
        reasons: list[Any] = values
        for one, value in zip(eqn.inputs, values):
            if trouble(value):
                before = self.error(one)
                if before is not None:
                    return before
                if type(one) is Var:
                    reasons = [f"It read {trouble(value)}: {self._input(one)}"]
                break
        else:
            inside = self._inside(eqn, values)
            if inside is not None:
                return inside
        value = self.read(atom)
        subject = described(eqn.prim, values, eqn.params)
        return _error(self.name, subject, trouble(value), value, eqn.source, reasons)

    def _input(self, var: Var) -> str:
        return f"{var.aval} ({self.inputs[var]} of {self.name})"

    def _inside(self, eqn: Eqn, values: Any) -> FloatingPointError | None:
        """Search what an equation runs whose operands are in order."""
        prim, params = eqn.prim, eqn.params
        if prim.runs is not None:
            runs = prim.runs(*values, **params)
        elif prim.body is not None:
            runs = [(prim.body(*map(aval_of, values), **params), values, "")]
        else:
            return None
        for jaxpr, args, label in runs:
            name = f"{self.name}, {label}" if label else self.name
            search = _Search(jaxpr, args, name, "input {}".format)
            for out in jaxpr.outs:
                found = search.error(out)
                if found is not None:
                    return found
        return None


# -- the backward walk ---------------------------------------------------------------


def check_cotangents(cts: Any, what: str) -> None:
    """Raise if cotangents have a nan (an inf) that no operation gave."""
    for i, ct in enumerate(cts):
        found = "" if _quiet.get() else trouble(ct)
        if found:
            raise FloatingPointError(
                f"{what} {i} ({aval_of(ct)}) has {found}, which no operation gave"
            )


def checked_entries(entries: Sequence[Any]) -> list[Any]:
    """Return the entries of a record with rules that check what they give."""
    return [None if e is None else _checked_entry(e) for e in entries]


def _checked_entry(entry: Any) -> Any:
    prim, places, args, params, out, z, source = entry
    name, scope = "", ""
    if isinstance(source, MarkedPlace):
        name, scope = source.transformation, source.scope
    calls = prim.forward is not None  # then args is the pullback
    if isinstance(source, tuple):
        operation = _called(prim, params) if calls else described(prim, args, params)
        source = MarkedPlace(source, name, scope, operation)
    if calls:
        args = _checked_rule(args, source, name or "vjp", calls)
    elif prim.vjp is not None:
        rules = [r and _checked_rule(r, source, name or "vjp", calls) for r in prim.vjp]
        prim = replace(prim, vjp=tuple(rules))
    return prim, places, args, params, out, z, source


def _checked_rule(rule: Any, place: Source, name: str, calls: bool) -> Any:
    def run(cts: Any, *args: Any, **params: Any) -> Any:
        if calls:  # what it runs was written elsewhere, and is checked there
            result = rule(cts)
        else:
            with _within(place, quiet=True):
                result = rule(cts, *args, **params)
        read = [*(cts if isinstance(cts, list) else [cts]), *args]
        for one in result if isinstance(result, list | tuple) else (result,):
            check_result(one, name, "an operation", place, read)
        return result

    return run
