"""Donation: programs that write outputs into arrays that the caller gives away.

Everything is computed as always, except for outputs that take the place of a donated
argument: those are written at the end, in an order in which nothing is read that was
overwritten. Where the last operation of such an output is exactly rounded, so that
its bits do not depend on the layout of memory, it writes straight into the argument;
elsewhere its result is copied.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..core import Aval, Eqn, Jaxpr, Var, atom_aval
from .emit import Emitter, identifier
from .emit_planned import PlannedEmitter
from .loading import load
from .plan import Plan, plan_of, roots_of
from .runtime import Executable, Plain, compiled
from .source import Source
from .warn import warn

_UFUNCS = {
    "add": "np.add",
    "sub": "np.subtract",
    "mul": "np.multiply",
    "div": "np.divide",
    "neg": "np.negative",
    "abs": "np.abs",
    "sqrt": "np.sqrt",
    "square": "np.square",
    "maximum": "np.maximum",
    "minimum": "np.minimum",
}
"""The operations that are exactly rounded for real numbers."""


class Donating:
    """A program some of whose arguments are donated: it chooses what to write to."""

    def __init__(
        self, jaxpr: Jaxpr, name: str, arguments: Sequence[str], donated: Sequence[bool]
    ) -> None:
        self.name = f"jit({name.strip('<>')})"
        self.plain = compiled(jaxpr, name, arguments)
        self.jaxpr = self.plain.jaxpr
        self.arguments = list(arguments)
        self.pairs = matched(self.jaxpr.in_avals, self.jaxpr.out_avals, donated)
        self.variants: dict[tuple[int, ...], Executable | Variant] = {(): self.plain}
        self.warned = False
        wasted = [
            (i, str(aval))
            for i, aval in enumerate(self.jaxpr.in_avals)
            if donated[i] and _is_buffer(aval) and i not in self.pairs
        ]
        if wasted:
            self._warn(wasted, "no output has their shape and dtype")

    def __call__(self, *leaves: Any) -> Any:
        return self.variant(self._usable(leaves)).function(*leaves)

    @property
    def function(self) -> Donating:
        """What runs: this object, which looks at the arrays first."""
        return self

    @property
    def source(self) -> Source:
        """The source where all that is donated can be used."""
        return self.variant(tuple(self.pairs)).source

    @property
    def plan(self) -> Plan | None:
        """The plan where all that is donated can be used."""
        return self.variant(tuple(self.pairs)).plan

    def variant(self, places: tuple[int, ...]) -> Executable | Variant:
        """Return the program that writes to the arguments in these places."""
        found = self.variants.get(places)
        if found is None:
            pairs = {i: self.pairs[i] for i in places}
            found = Variant(self.jaxpr, self.plain.source.name, self.arguments, pairs)
            self.variants[places] = found
        return found

    def _usable(self, leaves: Sequence[Any]) -> tuple[int, ...]:
        shared = overlapping(leaves) if self.pairs else frozenset()
        reasons = {i: _unusable(leaves[i], i in shared) for i in self.pairs}
        bad = [(i, f"it {why}") for i, why in reasons.items() if why]
        if bad and not self.warned:
            self._warn(bad, "results are new arrays instead")
        return tuple(i for i, why in reasons.items() if not why)

    def _warn(self, places: Any, reason: str) -> None:
        self.warned = True
        named = ", ".join(f"{self.arguments[i]} ({why})" for i, why in places)
        warn(f"Some donated buffers were not usable in {self.name}: {named}; {reason}")


class Variant:
    """The program that writes to certain arguments."""

    __slots__ = ("function", "plan", "source")

    def __init__(
        self, jaxpr: Jaxpr, name: str, arguments: list[str], pairs: dict[int, int]
    ) -> None:
        given = {k: jaxpr.invars[i] for i, k in pairs.items()}
        self.plan = plan_of(jaxpr, _written_directly(jaxpr, given))
        emitter = DonatingEmitter(jaxpr, identifier(name), arguments)
        emitter.given = given
        if self.plan is None:
            self.source = emitter.source()
        else:
            plain = Plain(emitter.source)
            planned = PlannedEmitter(jaxpr, emitter.name, arguments, self.plan, plain)
            planned.given = given
            self.source = planned.source()
        self.function = load(self.source)


def _written_directly(jaxpr: Jaxpr, given: dict[int, Var]) -> dict[Var, Var]:
    """Return the outputs that can be made in their arguments: those of no alias."""
    roots = roots_of(jaxpr)
    shown = Counter(roots.get(a, a) for a in jaxpr.outs if type(a) is Var)
    made = {v for e in jaxpr.eqns for v in e.outs if v not in roots}
    pairs = ((jaxpr.outs[k], target) for k, target in given.items())
    return {a: x for a, x in pairs if type(a) is Var and a in made and shown[a] == 1}


def matched(
    in_avals: Sequence[Aval], out_avals: Sequence[Aval], donated: Sequence[bool]
) -> dict[int, int]:
    """Return for donated inputs the first output each that can take their place.

    >>> a, b = Aval((3,), np.dtype(float)), Aval((2,), np.dtype(float))
    >>> matched([a, b, b], [b, a, a], [True, True, True])
    {0: 1, 1: 0}
    """
    free = list(range(len(out_avals)))
    pairs: dict[int, int] = {}
    for i, aval in enumerate(in_avals):
        fitting = [k for k in free if out_avals[k] == aval]
        if donated[i] and _is_buffer(aval) and fitting:
            pairs[i] = fitting[0]
            free.remove(fitting[0])
    return pairs


def _is_buffer(aval: Aval) -> bool:
    return aval.shape != () and aval.size > 0  # results of shape () are no arrays


def _unusable(x: Any, shared: bool) -> str:
    """Say why a donated argument cannot be written to; empty if it can."""
    if type(x) is not np.ndarray:
        return "is no plain ndarray"
    if not x.flags.writeable:
        return "is read-only"
    if not x.flags.forc:
        return "is not contiguous"
    return "shares memory with another argument" if shared else ""


def overlapping(leaves: Sequence[Any]) -> frozenset[int]:
    """Return which of some arrays may share memory with another one.

    >>> a = np.zeros(4)
    >>> sorted(overlapping([a[:2], np.ones(3), a[1:], 1.0, a[3:]]))
    [0, 2, 4]
    """
    spans = []
    for i, x in enumerate(leaves):
        if isinstance(x, np.ndarray) and x.size:
            spans.append((*np.lib.array_utils.byte_bounds(x), i))
    found: set[int] = set()
    reaching: list[tuple[int, int]] = []  # ends and places of what may go on
    for low, high, i in sorted(spans):
        reaching = [(end, k) for end, k in reaching if end > low]
        if reaching:
            found.update(k for _, k in reaching)
            found.add(i)
        reaching.append((high, i))
    return frozenset(found)


# -- emission ----------------------------------------------------------------------


class Write(NamedTuple):
    """An output that takes the place of an argument, as the statement to come."""

    target: Var
    call: str  # a call of a ufunc without its out=, or the name of the finished value
    reads: frozenset[Var]  # the arguments whose memory it reads and others overwrite


class DonatingEmitter(Emitter):
    """Emission of a function that writes some outputs into its arguments."""

    given: dict[int, Var]  # place of an output -> the argument it is written to

    def source(self) -> Source:
        late = self._late()
        for eqn in self.jaxpr.eqns:
            if not any(v in late for v in eqn.outs):
                self.equation(eqn)
        taken: set[Any] = set()
        results = [
            self.text[self.given[k]]
            if k in self.given
            else self.named(self.output(atom, taken))
            for k, atom in enumerate(self.jaxpr.outs)
        ]
        writes = [
            self._write(target, self.jaxpr.outs[k], late)
            for k, target in self.given.items()
            if self.jaxpr.outs[k] is not target
        ]
        self._put(writes)
        return self.function([self.text[v] for v in self.jaxpr.invars], results)

    def _late(self) -> dict[Any, Eqn]:
        """Return the equations that write straight into an argument, at the end."""
        outs = {
            a for a in map(self.jaxpr.outs.__getitem__, self.given) if type(a) is Var
        }
        return {
            eqn.outs[0]: eqn
            for eqn in self.jaxpr.eqns
            if len(eqn.outs) == 1
            and eqn.outs[0] in outs
            and self.uses[eqn.outs[0]] == 1
            and eqn.prim.name in _UFUNCS
            and all(atom_aval(a).dtype.kind in "fiu" for a in eqn.inputs)
        }

    def _write(self, target: Var, atom: Any, late: dict[Any, Eqn]) -> Write:
        if type(atom) is Var and atom in late:
            eqn = late[atom]
            args = ", ".join(map(self.atom, eqn.inputs))
            return Write(target, f"{_UFUNCS[eqn.prim.name]}({args})", self._reads(args))
        text = self.atom(atom)
        if self.root(atom) in self.given.values():  # which will be overwritten
            text = f"{text}.copy()"
        return Write(target, self.named(text), frozenset())

    def _reads(self, text: str) -> frozenset[Var]:
        """Return the arguments to be overwritten that an expression reads."""
        names = set(re.findall(r"\w+", text))
        roots = {self.root(var) for var, name in self.text.items() if name in names}
        return frozenset(roots & set(self.given.values()))

    def _put(self, writes: list[Write]) -> None:
        """Write in an order in which nothing is read after it was overwritten."""
        while writes:
            free = [w for w in writes if not _is_read(w.target, writes, w)]
            if free:
                writes.remove(free[0])
                self.line(self._statement(free[0]))
            else:  # they read each other: compute one of them beforehand
                target, call, _ = writes[0]
                writes[0] = Write(target, self.named(call), frozenset())

    def _statement(self, write: Write) -> str:
        target = self.text[write.target]
        if write.call.isidentifier():
            return f"{target}[...] = {write.call}"
        return f"{write.call.removesuffix(')')}, out={target})"


def _is_read(target: Var, writes: list[Write], own: Write) -> bool:
    return any(target in w.reads for w in writes if w is not own)
