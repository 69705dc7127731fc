"""A loop as Python source: the body's lines, once, inside a ``for`` or a ``while``.

The lines stand in the function that is emitted. Inside of a loop, scalars are Python
numbers (`fgrad.compiler.numbers`). What only a later loop reads, as the loop of a
backward pass does, is not stacked in an array but kept in a list, a row per iteration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..compiler.emit import Emitter
from ..compiler.numbers import as_array, as_number, is_number, literal
from ..core import Aval, Eqn, Jaxpr, Var, atom_aval
from .loop_homes import Homes, homes_of, ordered_inputs
from .loop_parts import (
    MANY,
    Kept,
    body_of,
    counter_of,
    divided,
    fresh,
    head,
    is_listed,
    item,
    reads,
    without_choices,
)
from .stacks import DYNAMIC, buffer, stacked

if TYPE_CHECKING:
    from .loop import Loop


def write(loop: Loop, emitter: Emitter, eqn: Eqn) -> bool:
    """Write a loop into a function."""
    body = body_of(loop.jaxpr)
    _, _, xs = loop.divide(eqn.inputs)
    if any(x in emitter.rows for x in xs if type(x) is Var):
        emitter.written.add(body)
    elif not emitter.admits(body):
        return False
    _Writer(loop, emitter, eqn, body).write()
    return True


class _Writer:
    """Writes one loop."""

    def __init__(self, loop: Loop, outer: Emitter, eqn: Eqn, body: Jaxpr) -> None:
        self.loop, self.outer, self.eqn = loop, outer, eqn
        self.args = eqn.inputs
        self.consts, self.carry, self.xs = loop.divide(eqn.inputs)
        _, _, xs = loop.divide(body.invars)
        rows = [outer.rows.get(a) if type(a) is Var else None for a in self.xs]
        self.body = body = without_choices(
            body, [x for x, kept in zip(xs, rows) if kept and not kept.rows]
        )
        self.ys = eqn.outs[loop.n_carry :]
        self.read = {a for e in body.eqns for a in e.inputs if type(a) is Var}
        self.read.update(a for a in body.outs if type(a) is Var)
        if loop.until:
            self.read.add(body.invars[loop.n_consts])
        self.counter = counter_of(loop, body, self.carry)
        self.names = [outer.numbered("c") for _ in self.carry]
        self.elements = [outer.numbered("x") for _ in self.xs]
        self.stacks: dict[Var, str] = {}  # the ys that become arrays
        self.rows: dict[str, list[int]] = {}  # lists, and the places of their ys
        self.index = ""  # the name of the number of the iteration, if one is needed

    def write(self) -> None:
        """Write what is before the loop, the loop, and what comes of it."""
        outer, loop = self.outer, self.loop
        consts = list(map(self._const, self.consts, self.body.invars))
        arrays = [outer.operand(a) for a in filter(self._is_array, self.eqn.inputs)]
        for k, (name, atom) in enumerate(zip(self.names, self.carry)):
            if k != self.counter:
                outer.line(f"{name} = {self._given(atom)}")
        self._make_room()
        repeat, taking = self._until() if loop.until else self._for()
        inputs = [*consts, *self.names, *self.elements]
        ordered = ordered_inputs(loop, self.body, list(map(self._in_order, self.args)))
        inner = outer.inner(self.body, inputs, True, ordered)
        varying = self._invariants(inner)
        self._give_homes(homes := homes_of(loop, inner, varying))
        outer.line(repeat)
        start = len(outer.lines)
        for line in taking:
            inner.line(line)
        inner.body(varying, homes.given)
        self._keep(inner, homes)
        self._update(inner, homes)
        if len(outer.lines) == start:
            inner.line("pass")
        inner.end()
        homes.require(outer, self.args)
        self._results(inner, arrays, homes)

    # -- before the loop -------------------------------------------------------------

    def _const(self, atom: Any, var: Var) -> str:
        """Return a name for a const; a scalar becomes a number, once."""
        text = self._given(atom)
        if type(atom) is not Var or var not in self.read:
            return text
        if text == self.outer.text[atom]:
            return text
        name = self.outer.numbered("k")
        self.outer.line(f"{name} = {text}")
        return name

    def _given(self, atom: Any) -> str:
        """Return the text of what goes into the loop, as the body reads it."""
        outer = self.outer
        if type(atom) is not Var:
            return literal(atom) or outer.atom(atom)
        text = outer.operand(atom)
        return text if outer.numbers else as_number(text, atom.aval, outer.bind)

    def _make_room(self) -> None:
        """Begin a list or an array for every y that something reads."""
        outer, loop = self.outer, self.loop
        lists: dict[int, str] = {}
        for k, y in enumerate(self.ys):
            reader = self._reader(k)
            if reader is not None:
                rows = lists.get(id(reader)) or outer.numbered("rows")
                lists[id(reader)] = rows
                self.rows.setdefault(rows, []).append(k)
            elif outer.uses[y]:
                self.stacks[y] = outer.numbered("ys")
                room = "[]" if loop.until else self._buffer(y.aval)
                outer.line(f"{self.stacks[y]} = {room}")
        for rows, places in self.rows.items():
            outer.line(f"{rows} = []")
            known = [k for k in places if self._holds(k)]
            if len(known) < len(places):  # or the list would not tell the length
                for k in known:
                    places.remove(k)
                    outer.rows[self.ys[k]] = Kept("", 0, False)
            for i, k in enumerate(places):
                outer.rows[self.ys[k]] = Kept(rows, i, loop.reverse)

    def _reader(self, k: int) -> Eqn | None:
        """Return the later loop over a stack that alone reads it, or None."""
        y, aval = self.ys[k], self.body.out_avals[self.loop.n_carry + k]
        readers = self.outer.readers(y)
        if self.outer.uses[y] != 1 or not readers or readers[0].prim.name != "scan":
            return None
        params = readers[0].params
        if reads(readers[0].inputs[: params["n_consts"] + params["n_carry"]], y):
            return None
        if not aval.shape:
            many = (self.loop.length or 0) * len(self.ys) > MANY
            if many or (aval.weak and aval.dtype.char != "d"):
                return None
        return readers[0]

    def _holds(self, k: int) -> bool:
        """Say whether a y is the predicate: true wherever the body runs."""
        if not self.loop.until:
            return False
        predicate = self.body.invars[self.loop.n_consts]
        return self.body.outs[self.loop.n_carry + k] is predicate and not (
            predicate.aval.shape
        )

    def _buffer(self, aval: Aval) -> str:
        """Return an expression that makes room for the ys of one kind."""
        outer, n = self.outer, self._length()
        element = Aval(aval.shape[1:], aval.dtype)
        if DYNAMIC in element.shape:
            bound = outer.bind("aval", element, element)
            return f"{outer.bind('buffer', buffer)}({n}, {bound})"
        shape = "".join(f", {size}" for size in element.shape)
        dtype = outer.bind("dtype", aval.dtype, aval.dtype)
        return f"np.empty(({n}{shape or ','}), {dtype})"

    def _invariants(self, inner: Emitter) -> Sequence[Eqn]:
        """Write what is the same in every iteration; return the other equations."""
        loop, outer = self.loop, self.outer
        invariant, varying = divided(self.body, loop.n_consts)
        if self.counter is not None:
            out = self.body.outs[self.counter]
            if inner.uses[out] == 1:  # the loop itself counts
                varying = [e for e in varying if out not in e.outs]
        if not invariant or loop.length == 0:
            return [*invariant, *varying]
        start = len(outer.lines)
        if loop.length:
            inner.indent = outer.indent
        else:  # not computed if there is no iteration
            outer.line(f"if {self._test() if loop.until else self._length()}:")
        for eqn in invariant:
            inner.equation(eqn)
        for eqn in invariant:
            for var in eqn.outs:
                inner.name_it(var)
        if len(outer.lines) == start + 1 and not loop.length:
            inner.line("pass")
        inner.indent = outer.indent + "    "
        return varying

    def _in_order(self, atom: Any) -> bool:
        """Say whether an input certainly lies in C order, and its elements do."""
        if type(atom) is Var and atom in self.outer.rows:
            return True
        return DYNAMIC not in atom_aval(atom).shape and self.outer.in_order(atom)

    def _give_homes(self, homes: Homes) -> None:
        """Choose where the large outputs of an iteration are put."""
        loop, outs = self.loop, self.body.outs
        if not loop.until:
            for y, name in self.stacks.items():
                out = outs[loop.n_carry + self.ys.index(y)]
                homes.put(out, f"{name}[{self.index}]")
        listed = [loop.n_carry + k for places in self.rows.values() for k in places]
        if loop.until:
            listed += [loop.n_carry + self.ys.index(y) for y in self.stacks]
        kept = [*outs[: loop.n_carry], *(outs[k] for k in listed)]
        homes.swap([k for k in range(loop.n_carry) if k != self.counter], kept)
        for k in homes.updated:
            self.outer.line(f"{self.names[k]} = {self.names[k]}.copy()")

    # -- the line that begins it -----------------------------------------------------

    def _until(self) -> tuple[str, list[str]]:
        return f"while {self._test()}:", []

    def _test(self) -> str:
        many = self.body.in_avals[self.loop.n_consts].shape
        return f"{self.names[0]}.any()" if many else self.names[0]

    def _length(self) -> str:
        """Return the number of iterations."""
        if self.loop.length is not None:
            return str(self.loop.length)
        kept = self.outer.rows.get(self.xs[0])
        if kept is None:
            return f"len({self.outer.operand(self.xs[0])})"
        lists = [k.rows for k in map(self.outer.rows.get, self.xs) if k and k.rows]
        return f"len({lists[0]})"

    def _for(self) -> tuple[str, list[str]]:
        """Return the line that begins the loop, and those that take elements."""
        loop, outer = self.loop, self.outer
        pairs, taking = [], []
        lists: dict[str, dict[int, str]] = {}
        if self.counter is not None and self._is_read(self.counter):
            start = self.carry[self.counter]
            pairs.append((self.names[self.counter], self._range(start, False)))
        _, _, xs = loop.divide(self.body.invars)
        by_index = [self._is_indexed(x) for x in self.xs]
        if self.stacks or any(by_index):
            self.index = outer.numbered("i")
            pairs.append((self.index, self._range(0, loop.reverse)))
        for name, atom, var, indexed in zip(self.elements, self.xs, xs, by_index):
            kept = outer.rows.get(atom) if type(atom) is Var else None
            if kept is not None:
                lists.setdefault(kept.rows, {})[kept.place] = name
            elif var in self.read and indexed:
                element = f"{outer.operand(atom)}[{self.index}]"
                element = as_number(element, var.aval, outer.bind)
                taking.append(f"{name} = {element}")
            elif var in self.read:
                pairs.append((name, self._through(atom)))
                if is_number(var.aval) and not is_listed(atom):
                    taking.append(f"{name} = {as_number(name, var.aval, outer.bind)}")
        known = lists.pop("", {})
        self.elements = ["True" if n in known.values() else n for n in self.elements]
        pairs += [self._row(rows, names) for rows, names in lists.items()]
        return head(pairs or [("_", self._range(0, False))], outer), taking

    def _is_read(self, k: int) -> bool:
        """Say whether the body reads a carry, other than to count."""
        var, out = self.body.invars[self.loop.n_consts + k], self.body.outs[k]
        readers = [e for e in self.body.eqns if reads(e.inputs, var, out)]
        others = [*self.body.outs[:k], *self.body.outs[k + 1 :]]
        return len(readers) > 1 or reads(others, var, out)

    def _is_indexed(self, atom: Any) -> bool:
        """Say whether elements are read by number: of stacks of unknown length."""
        if type(atom) is Var and atom in self.outer.rows:
            return False
        return self.loop.length is None or DYNAMIC in atom_aval(atom).shape

    def _range(self, start: int, reverse: bool) -> str:
        every, n = self.outer.bind("range", range), self._length()
        if reverse:
            return f"{every}({n} - 1, -1, -1)"
        return f"{every}({start}, {start} + {n})" if start else f"{every}({n})"

    def _through(self, atom: Any) -> str:
        """Return what goes through the elements of an array."""
        text = f"{self.outer.operand(atom)}{'[::-1]' if self.loop.reverse else ''}"
        return f"{text}.tolist()" if is_listed(atom) else text

    def _row(self, rows: str, places: dict[int, str]) -> tuple[str, str]:
        """Return the names of the items of a row, and what goes through the rows."""
        names = ", ".join(places[i] for i in sorted(places))
        kept = next(k for k in self.outer.rows.values() if k.rows == rows)
        if kept.reverse != self.loop.reverse:
            rows = f"{self.outer.bind('reversed', reversed)}({rows})"
        return (f"({names})" if len(places) > 1 else names), rows

    # -- in the loop -----------------------------------------------------------------

    def _keep(self, inner: Emitter, homes: Homes) -> None:
        """Write the lines that keep the ys of an iteration."""
        outs = self.body.outs[self.loop.n_carry :]
        for y, name in self.stacks.items():
            out = outs[self.ys.index(y)]
            text = inner.number(out)
            if homes.holds(out) and text == f"{name}[{self.index}]":
                continue
            if self.loop.until:
                inner.line(f"{name}.append({text})")
            else:
                inner.line(f"{name}[{self.index}] = {text}")
        for rows, places in self.rows.items():
            items = [item(inner, outs[k]) for k in places]
            row = items[0] if len(items) == 1 else f"({', '.join(items)})"
            inner.line(f"{rows}.append({row})")

    def _update(self, inner: Emitter, homes: Homes) -> None:
        """Write the line that gives the carry its new value."""
        carry = self.body.invars[self.loop.n_consts :]
        pairs = [
            (name, inner.number(out))
            for k, (name, var, out) in enumerate(zip(self.names, carry, self.body.outs))
            if k != self.counter
            and out is not var
            and (var in self.read or self.outer.uses[self.eqn.outs[k]])
            and not (k in homes.updated and homes.holds(out))
        ]
        pairs += homes.exchanged()
        if pairs:
            names, texts = (", ".join(p[i] for p in pairs) for i in (0, 1))
            inner.line(f"{names} = {texts}")

    # -- after the loop --------------------------------------------------------------

    def _results(self, inner: Emitter, arrays: list[str], homes: Homes) -> None:
        """Name the outputs, and give arrays memory of their own."""
        outer, loop = self.outer, self.loop
        outer.text.update(zip(self.eqn.outs, self.names))
        outer.text.update((y, "None") for y in self.ys)
        outer.text.update(self.stacks)
        for k, (name, var) in enumerate(zip(self.names, self.eqn.outs)):
            if k == self.counter:
                outer.text[var] = f"{self.carry[k] + loop.length}"
            elif outer.uses[var] and not outer.numbers:
                scalar = as_array(name, var.aval)
                if scalar != name:
                    outer.line(f"{name} = {scalar}")
        shared = self._shared(inner, homes)
        if shared:
            outs = self.body.outs[: loop.n_carry]
            arrays += [inner.atom(a) for a in outs if isinstance(a, np.ndarray)]
            carried = zip(self.names, self.body.in_avals[loop.n_consts :])
            arrays += [c for c, a in carried if not is_number(a) and c not in shared]
            own = outer.bind("fresh", fresh)
            names, given = (", ".join(texts) for texts in (shared, arrays))
            outer.line(f"{names}, = {own}(({names},), ({given},))")
        for y, name in self.stacks.items():
            if loop.until:
                element = Aval(y.aval.shape[1:], y.aval.dtype)
                bound = outer.bind("aval", element, element)
                outer.line(
                    f"{name} = {outer.bind('stacked', stacked)}({name}, {bound})"
                )

    def _shared(self, inner: Emitter, homes: Homes) -> list[str]:
        """Return the arrays of the carry whose memory may be somebody else's, too."""
        outs = self.body.outs[: self.loop.n_carry]
        shown = Counter([*self.body.invars, *(inner.root(a) for a in outs)])
        found = []
        for name, atom, var in zip(self.names, outs, self.eqn.outs):
            root = inner.root(atom)
            own = root is not None and shown[root] == 1 and self.loop.length
            own = own and not (homes.holds(root) or inner.is_spread(atom))
            if self.outer.uses[var] and not own and self._may_be_array(atom, var):
                found.append(name)
        return found

    def _may_be_array(self, atom: Any, var: Var) -> bool:
        """Say whether a carry may be an array; of no axes, if it is one of those."""
        if var.aval.shape or isinstance(atom, np.ndarray):
            return True
        kinds = [atom_aval(a).dtype for a in filter(self._is_array, self.eqn.inputs)]
        return not is_number(var.aval) and var.aval.dtype in kinds

    def _is_array(self, atom: Any) -> bool:
        """Say whether an input may be an array, also one of no axes."""
        outer = self.outer
        return bool(atom_aval(atom).shape) or outer.has_memory(atom, outer.root(atom))
