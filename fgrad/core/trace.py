"""Traces: the records of one run of a user function.

A *known* trace computes every operation at once, one level down, and keeps what
reverse mode needs. A *staged* trace only knows avals and writes down a jaxpr.
A trace is reached through the tracers it made; only effects look for the staged
trace in progress, which is the one global fact (`STAGING`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..errors import MissingRuleError
from ..settings import config
from .aval import Aval, aval_of, is_inexact
from .checking import check_jaxpr
from .debugging import adopt
from .jaxpr import Eqn, Jaxpr, Var
from .memory import moments
from .primitive import Primitive
from .source import Source, is_internal, user_source, where
from .tracer import Tracer
from .writing import held


class Trace:
    """What all traces share: a level, a name, an end."""

    __slots__ = ("__weakref__", "ended", "inputs", "level", "name")

    known = True
    keeps = False  # whether all is arrays: also what has no derivative, and no axes
    unknown = "its value is not computed yet"
    advice = "or move the decision out of the transformed function"
    advice_static = "Pass it as a static argument"
    plain = "its derivative would be lost"
    leak_hint = " (grad, vjp, jvp and linearize take has_aux=True for that)"

    def __init__(self, name: str) -> None:
        self.level = next(moments)  # a younger trace lives inside an older one
        self.name = name
        self.ended = False
        self.inputs: Callable[[int], str] | None = None  # names of the inputs
        if config.touched:
            adopt(self)

    def record(self, prim: Primitive, args: tuple[Any, ...], params: Any) -> Any:
        """Note one application of a primitive and return its result."""
        raise NotImplementedError

    def lifted(self, value: Any) -> Tracer:
        """Return a tracer of a new constant, which the function may write to."""
        raise NotImplementedError

    def constant(self, value: Any) -> Any:
        """Return what stands for a value without derivative."""
        return value

    def written(self) -> list[Any]:
        """Return the list of what was recorded; the last of each item is its source."""
        return []

    def aval(self, tracer: Tracer) -> Aval:
        """Return the aval of one of this trace's tracers."""
        return aval_of(tracer.value)

    def origin(self, tracer: Tracer) -> str:
        """Say where one of this trace's tracers was made."""
        source = tracer.source
        if isinstance(source, int):
            named = self.inputs(source) if self.inputs else f"argument {source}"
            return f"{named} of {self.name}"
        return f"made at {where(source)} in {self.name}"

    def check_alive(self, prim: Primitive, args: Sequence[Any]) -> None:
        """Raise if this trace has ended: one of its tracers was kept too long."""
        if self.ended:
            kept = next(a for a in args if type(a) is Tracer and a.owner is self)
            kept.check_alive(f'"{prim.name}"', user_source())


Entry: TypeAlias = tuple[Primitive, Any, Any, dict[str, Any], Any, Any, Source]
"""What reverse mode keeps: (prim, inputs, args, params, out, z, source).

A value that the trace follows is known by its place in the list of entries (an
input's entry is None). ``inputs`` has a place or None for each argument; ``out`` is
the output's place, a list if there are several. ``args`` and ``z`` are values; linear
primitives leave avals of what is large, and a call leaves its pullback for ``args``.
"""

_LOCK_BYTES = 1 << 20
_LONG = 1000  # beyond it lists become tuples, which the garbage collector forgets
_SPREAD = 8  # a view that spans more times its own size is copied without gaps
_SMALL = 512  # up to this size an aval costs more than keeping the array
_new = object.__new__
_ndarray = np.ndarray
_getframe = sys._getframe


class KnownTrace(Trace):
    """The record of a run whose values are known, for reverse mode."""

    __slots__ = ("entries", "lock", "locked")

    def __init__(self, name: str, *, lock: bool = False) -> None:
        super().__init__(name)
        self.entries: list[Entry | None] = []
        self.lock = lock  # large operands are made read-only, not copied
        self.locked: list[np.ndarray] = []

    def lift(self, value: Any, source: Any = None) -> Tracer:
        """Return a tracer of an input value."""
        self.entries.append(None)  # the place of its cotangent
        return Tracer(self, self.keep(value), len(self.entries) - 1, source)

    def lifted(self, value: Any) -> Tracer:
        """Return a tracer of a new constant."""
        self.entries.append(None)
        return Tracer(self, value, len(self.entries) - 1, user_source())

    def record(self, prim: Primitive, args: tuple[Any, ...], params: Any) -> Any:
        """Run the primitive one level down and keep what its vjp reads.

        This is the hottest function of the library: it is flat on purpose.
        """
        if self.ended:
            self.check_alive(prim, args)
        inputs: list[int | None] = []
        values = []
        deep = False
        for arg in args:
            kind = type(arg)
            if kind is Tracer and arg.owner is self:
                inputs.append(arg.note)
                arg = arg.value
                if type(arg) is Tracer:
                    deep = True
            else:
                inputs.append(None)
                if kind is Tracer:
                    arg = held(arg)
                    deep = True
                elif kind is _ndarray and prim.reads:
                    arg = self.keep(arg)
            values.append(arg)
        run = prim if deep else prim.impl
        if prim.special:
            return self._record_special(prim, inputs, values, params, run)
        z = run(*values, **params) if params else run(*values)
        frame = _getframe(2)  # 1 is fgrad's: an operator, a method, a primitive
        code = frame.f_code
        inside = is_internal[code.co_filename]
        source = user_source() if inside else (code, frame.f_lasti)
        entries = self.entries
        tracer = _new(Tracer)
        tracer.owner = self
        tracer.value = z
        tracer.note = out = len(entries)
        tracer.source = source
        if prim.linear:
            values, z = [*map(_light, values)], _light(z)
        if out > _LONG:
            inputs, values = tuple(inputs), tuple(values)  # type: ignore[assignment]
        entries.append((prim, inputs, values, params, out, z, source))
        return tracer

    def _record_special(
        self, prim: Primitive, inputs: Any, values: Any, params: Any, run: Any
    ) -> Any:
        """Record a primitive without derivative, with several outputs, or a call."""
        if prim.forward is not None:
            needed = tuple(place is not None for place in inputs)
            z, pullback = prim.forward(needed, *values, **params)
            entry: Any = (prim, inputs, pullback, params)
            return self._wrap(entry, z, list(map(aval_of, z)), user_source())
        z = (prim if prim.effect else run)(*values, **params)
        if prim.flat:
            return z
        return self._wrap((prim, inputs, values, params), z, z, user_source())

    def _wrap(self, entry: Any, z: Any, kept: Any, source: Source) -> list[Any]:
        """Append the entry of several outputs, each with a place of its own."""
        first = len(self.entries)
        outs = [first + i if is_inexact(one) else None for i, one in enumerate(z)]
        self.entries.extend([None] * (len(outs) - 1))
        self.entries.append((*entry, outs, kept, source))
        return [
            one if out is None else Tracer(self, one, out, source)
            for one, out in zip(z, outs)
        ]

    def written(self) -> list[Any]:
        """Return the entries."""
        return self.entries

    def keep(self, array: Any) -> Any:
        """Protect an operand from later writes: the backward pass will read it."""
        if type(array) is Tracer:
            return held(array)
        if type(array) is not _ndarray or _is_frozen(array):
            return array  # no array, or a frozen one
        flags = array.flags
        if self.lock and not flags.writeable:
            return array
        if self.lock and array.nbytes > _LOCK_BYTES and _owner(array).flags.writeable:
            flags.writeable = False
            self.locked.append(array)
            return array
        return array.copy("K") if flags.forc else copied(array)

    def end(self) -> None:
        """Refuse to record from now on, and give locked operands back."""
        self.ended = True
        owners_first = sorted(self.locked, key=lambda x: x.base is not None)
        for array in owners_first:  # a view of what is locked cannot be unlocked
            array.flags.writeable = True
        self.locked.clear()


def copied(array: np.ndarray) -> np.ndarray:
    """Return a copy with the same strides: NumPy's last bits may depend on them.

    >>> copied(np.arange(6.0)[::-2]).strides
    (-16,)
    """
    if array.flags.forc or array.size == 0:
        return array.copy("K")
    low, high = np.lib.array_utils.byte_bounds(array)
    if high - low > _SPREAD * array.nbytes:  # a sparse view: the gaps would cost more
        return array.copy("K")
    offset = array.__array_interface__["data"][0] - low
    buffer = np.empty(high - low, np.uint8)
    copy = np.ndarray(array.shape, array.dtype, buffer, offset, array.strides)
    copy[...] = array
    return copy


def _owner(array: np.ndarray) -> np.ndarray:
    return array.base if type(array.base) is _ndarray else array


def _is_frozen(array: np.ndarray) -> bool:
    base: Any = array.base
    return type(base) is bytes


def frozen(array: np.ndarray) -> np.ndarray:
    """Return a copy in memory that nobody can write to, with the same strides."""
    if _is_frozen(array):
        return array
    copy = copied(array)
    whole = copy if copy.base is None else copy.base
    low = np.lib.array_utils.byte_bounds(whole)[0]
    offset = copy.__array_interface__["data"][0] - low
    memory = whole.tobytes(order="A") if whole.flags.forc else whole.tobytes()
    return np.ndarray(copy.shape, copy.dtype, memory, offset, copy.strides)


def _same_bytes(array: np.ndarray, copy: np.ndarray) -> bool:
    """Say whether an array still is what it was when it was copied."""
    same = array.shape == copy.shape and array.dtype == copy.dtype
    return array is copy or (same and array.tobytes() == copy.tobytes())


def _light(x: Any) -> Any:
    """Return what a linear primitive keeps: a small array, or an aval."""
    return x if type(x) is _ndarray and x.size <= _SMALL else aval_of(x)


class StagedTrace(Trace):
    """The record of a run on avals alone: a jaxpr in the making."""

    __slots__ = ("captured", "eqns", "invars")

    known = False
    unknown = "only its shape and dtype are known while the function is traced"
    advice = "or make the argument static (static_argnums, static_argnames)"
    advice_static = (
        "Make the argument static (static_argnums, static_argnames), or compute it "
        "from shapes"
    )
    plain = "it has no value while the function is traced, only a shape and a dtype"
    leak_hint = ""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.eqns: list[Eqn] = []
        self.invars: list[Var] = []
        self.captured: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def lift(self, aval: Aval) -> Tracer:
        """Return a tracer of a new input."""
        var = Var(aval)
        self.invars.append(var)
        return Tracer(self, None, var, len(self.invars) - 1)

    def written(self) -> list[Any]:
        """Return the equations."""
        return self.eqns

    def aval(self, tracer: Tracer) -> Aval:
        """Return the aval of one of this trace's tracers."""
        return tracer.note.aval

    def record(self, prim: Primitive, args: tuple[Any, ...], params: Any) -> Any:
        """Write the application down as an equation."""
        if self.ended:
            self.check_alive(prim, args)
        inputs = tuple(map(self.atom, args))
        avals = [a.aval if type(a) is Var else aval_of(a) for a in inputs]
        result = prim.abstract(*avals, **params)
        source = user_source()
        outs = tuple(map(Var, result if prim.multi else (result,)))
        self.eqns.append(Eqn(prim, inputs, params, outs, source))
        made = [Tracer(self, None, out, source) for out in outs]
        return made if prim.multi else made[0]

    def atom(self, x: Any) -> Any:
        """Return the atom of a value: its var, or a constant nobody can change."""
        if type(x) is Tracer:
            if x.owner is self:
                return x.note
            if x.owner.ended:
                x.check_alive(self.name, user_source())
            return held(x)
        return self.constant(x) if type(x) is np.ndarray else x

    def constant(self, array: np.ndarray) -> np.ndarray:
        """Return a frozen copy; an array that is captured again shares the first."""
        captured = self.captured.get(id(array))
        if captured is None or not _same_bytes(array, captured[1]):
            captured = self.captured[id(array)] = (array, frozen(array))
        return captured[1]

    def end(self, outs: Sequence[Any]) -> Jaxpr:
        """Refuse to record from now on, and return what was written."""
        self.ended = True
        atoms = tuple(map(self.atom, outs))
        self.captured.clear()
        jaxpr = Jaxpr(tuple(self.invars), tuple(self.eqns), atoms)
        return check_jaxpr(jaxpr) if config.touched and config.enable_checks else jaxpr


def require(rule: Any, prim: Primitive, kind: str, argument: int, source: Any) -> Any:
    """Return a rule, or raise that the primitive has none of that kind."""
    if rule is None:
        place = f" at {where(source)}" if source is not None else ""
        raise MissingRuleError(
            f'"{prim.name}" has no {kind} rule for argument {argument}{place}. Wrap '
            "the function that calls it in fgrad.custom_vjp or fgrad.custom_jvp"
        )
    return rule
