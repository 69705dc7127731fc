"""Emit a planned program: buffers as ``out=``, groups as functions of one block."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..core import Eqn, Jaxpr, Var, atom_aval
from ..ops.basic import dtype_text
from .blocks import Blocks
from .cost_model import in_two_threads
from .emit import Emitter, number_text
from .fusion import Role
from .loading import load
from .plan import Home, Plan
from .source import Source
from .storage import writing_text
from .workspace import Buffer, Workspaces, contiguous, in_blocks, in_threads


class PlannedEmitter(Emitter):
    """Emission of a program whose large values have homes.

    The function hands over to ``plain``, which makes no assumption, if the layout of
    its arguments is not what the plan assumes.
    """

    def __init__(
        self, jaxpr: Jaxpr, name: str, arguments: list[str], plan: Plan, plain: Any
    ) -> None:
        super().__init__(jaxpr, name, arguments)
        self.numbers = False  # large arrays read its scalars: their dtypes matter
        self.plan = plan
        self.plain = plain
        self.given: dict[int, Var] = {}  # outputs -> arguments that they are put into
        self.passing = {*plan.homes, *(v for vs in plan.dying.values() for v in vs)}
        named = enumerate(plan.buffers)
        self.buffers = {b: self.reserve(f"t{i}") for i, b in named}

    def source(self) -> Source:
        self._guard()
        spaces = Workspaces(list(self.buffers))
        if self.buffers:
            taken = self.bind("workspaces", spaces)
            names = ", ".join(self.buffers.values())
            comma = "," if len(self.buffers) == 1 else ""
            whole = self.reserve("workspace")
            self.line(f"{names}{comma} = {whole} = {taken}.take()")
        for i, item in enumerate(self.plan.items):
            if isinstance(item, Blocks):
                self._blocks(item)
            else:
                self.equation(item)
            self.origin = None
            self._forget(i)
        results = self.results()
        if self.buffers:
            self.line(f"{self.bind('workspaces', spaces)}.give({whole})")
        return self.function([self.text[v] for v in self.jaxpr.invars], results)

    def equation(self, eqn: Eqn) -> None:
        """Write one equation: into its output's home, if it has one."""
        home = self.plan.homes.get(eqn.outs[0]) if len(eqn.outs) == 1 else None
        if home is None:
            super().equation(eqn)
            return
        self.origin = eqn.source
        out = self.memory(home)
        blanks = [f"\0{i}\0" for i in range(len(eqn.inputs))]
        text = writing_text(eqn, blanks, "")
        for atom, blank in zip(eqn.inputs, blanks):
            if type(atom) is Var and text.count(blank) > 1:
                self.name_it(atom)  # or it would be computed twice
        names = [self.atom(a) for a in eqn.inputs]
        for line in writing_text(eqn, names, out, self.bind).split("\n"):
            self.line(line)
        self.text[eqn.outs[0]] = out

    def results(self) -> list[str]:
        """Return the texts of the outputs; some were put into arguments."""
        outs, given = self.jaxpr.outs, self.given
        if not given:
            return super().results()
        taken: set[Any] = set()
        texts = [
            self.text[given[k]] if k in given else self.named(self.output(a, taken))
            for k, a in enumerate(outs)
        ]
        late = [
            (x, outs[k])
            for k, x in given.items()
            if outs[k] is not x and not self._is_home(x, outs[k])
        ]
        values = [self._apart(atom) for _, atom in late]
        for (target, _), value in zip(late, values):
            self.line(f"{self.text[target]}[...] = {value}")
        return texts

    def _is_home(self, x: Var, atom: Any) -> bool:
        return type(atom) is Var and self.plan.homes.get(atom) is x

    def _apart(self, atom: Any) -> str:
        """Return the name of a value that stays when arguments are written to."""
        text, shared = self.atom(atom), self.root(atom) in self.given.values()
        return self.named(f"{text}.copy()" if shared else text)

    def memory(self, home: Home) -> str:
        """Return the name of a home."""
        return self.buffers[home] if isinstance(home, Buffer) else self.text[home]

    def is_inlined(self, eqn: Eqn, text: str) -> bool:
        """Say whether the text of an equation moves to its reader.

        What reads memory that will change or be forgotten stays where it is.
        """
        passing = any(self.root(a) in self.passing for a in eqn.inputs)
        return not (passing and not eqn.prim.view) and super().is_inlined(eqn, text)

    def _guard(self) -> None:
        guarded = [self.text[v] for v in self.plan.guarded]
        if guarded:
            arguments = ", ".join(self.text[v] for v in self.jaxpr.invars)
            test = f"{self.bind('contiguous', contiguous)}({', '.join(guarded)})"
            plain = self.bind("plain", self.plain)
            self.line(f"if not {test}:")
            self.line(f"    return {plain}({arguments})")

    def _forget(self, i: int) -> None:
        """Delete what is large and was read for the last time."""
        dying = self.plan.dying.get(i, ())
        names = [self.text[v] for v in dying if self.text[v].isidentifier()]
        if names:
            self.line(f"del {', '.join(names)}")

    # -- groups ------------------------------------------------------------------------

    def _blocks(self, blocks: Blocks) -> None:
        """Write a group: new arrays for its outputs, a function, and its call."""
        for var in blocks.written:
            home = self.plan.homes.get(var)
            if home is not None:
                self.text[var] = self.memory(home)
            else:
                self.text[var] = self.fresh()
                self.line(f"{self.text[var]} = {empty_text(var)}")
        step = StepEmitter(self, blocks)
        source = step.source()
        arrays = "".join(f"{t}, " for t in step.arrays.values())
        shared = "".join(f"{t}, " for t in step.shared.values())
        local = "".join(f"{self.buffers[b]}, " for b in blocks.buffers)
        run = in_threads if in_two_threads(blocks.group) else in_blocks
        call = self.bind(run.__name__, run)
        name = self.bind(source.name, load(source))
        self.line(f"{call}({name}, {blocks.rows}, ({arrays}), ({shared}), ({local}))")
        for eqn in blocks.after:
            self.equation(eqn)


class StepEmitter:
    """Writes the function that computes one block of a group."""

    def __init__(self, outer: PlannedEmitter, blocks: Blocks) -> None:
        self.outer = outer
        self.blocks = blocks
        self.arrays: dict[str, str] = {}  # parameter -> argument, whole
        self.shared: dict[str, str] = {}
        self.names: dict[Any, str] = {}  # what values are called in the step
        self.namespace: dict[str, Any] = {"np": np}
        self.flat = blocks.group.flat
        space = blocks.group.space
        self.inner = space[-1]
        self.count = prod(space[:-1])

    def source(self) -> Source:
        """Return the source of the step; arrays and shared are filled in."""
        blocks = self.blocks
        for eqn in blocks.eqns:
            for atom in eqn.inputs:
                self._name_input(eqn, atom)
        local = [self.outer.reserve(f"b{i}") for i in range(len(blocks.buffers))]
        for var in blocks.written:
            self.names[var] = self._array(var, blocks.group.roles[var])
        self.names.update((v, local[i]) for v, i in blocks.temporary.items())
        lines = [(line, e.source) for e in blocks.eqns for line in self._lines(e)]
        name = self.outer.reserve("block")
        parameters = [*self.arrays, *self.shared, *local]
        head = f"def {name}({', '.join(parameters)}):"
        texts, origins = [text for text, _ in lines], [origin for _, origin in lines]
        return Source(name, [head, *texts], self.namespace, [], [None, *origins])

    def _lines(self, eqn: Eqn) -> list[str]:
        names = [self._text(eqn, a) for a in eqn.inputs]
        out = self.names[eqn.outs[0]]
        if "keepdims" in eqn.params:
            params = {**eqn.params, "axes": (1,), "keepdims": True}
            eqn = eqn._replace(params=params)
        return writing_text(eqn, names, out, self._bind).split("\n")

    def _bind(self, name: str, function: Any) -> str:
        bound = self.outer.bind(name, function)
        self.namespace[bound] = function
        return bound

    def _text(self, eqn: Eqn, atom: Any) -> str:
        member = self._member(atom)
        if member is not None:
            return self.names[member]
        literal = None if type(atom) is Var else number_text(atom)
        return literal if literal is not None else self.names[self._key(eqn, atom)]

    def _member(self, atom: Any) -> Var | None:
        """Return the output of a member that an atom is, or is a view of."""
        if type(atom) is not Var:
            return None
        shown = self.blocks.shown.get(atom, atom)
        return shown if shown in self.blocks.group.roles else None

    def _key(self, eqn: Eqn, atom: Any) -> tuple[int, Role | None]:
        """Return what names a value from outside: it may be a row and a column."""
        return id(atom), self.blocks.group.role(eqn, atom)

    def _name_input(self, eqn: Eqn, atom: Any) -> None:
        """Give a value from outside a name in the step, and pass it on."""
        key = self._key(eqn, atom)
        if self._member(atom) is not None or key in self.names:
            return
        if type(atom) is Var:
            self.outer.name_it(atom)
        elif number_text(atom) is not None:
            return
        role = key[1]
        if role in (Role.FULL, Role.COLUMN):
            self.names[key] = self._array(atom, role)
            return
        name = self.names[key] = self._parameter(atom)
        text = self.outer.atom(atom)
        shape = atom_aval(atom).shape
        row = shape and role is Role.ROW and shape != (self.inner,)
        self.shared[name] = f"{text}.reshape({self.inner})" if row else text
        if shape and role is Role.SCALAR:
            self.shared[name] = f"{text}.reshape(())"

    def _array(self, atom: Any, role: Role) -> str:
        """Pass an array on whose rows are cut into blocks; return its name there."""
        shape = (self.count, self.inner if role is Role.FULL else 1)
        wanted = (self.count * self.inner,) if self.flat else shape
        text = self.outer.atom(atom)
        same = atom_aval(atom).shape == wanted
        if not same:
            text = f"{text}.reshape({', '.join(map(str, wanted))})"
        name = self._parameter(atom)
        self.arrays[name] = text
        return name

    def _parameter(self, atom: Any) -> str:
        text = self.outer.atom(atom)
        name = text if text.isidentifier() else self.outer.fresh()
        if name in self.arrays or name in self.shared:
            name = self.outer.fresh()
        return name


def empty_text(var: Var) -> str:
    """Return an expression that makes an array for a value."""
    shape, dtype = var.aval.shape, var.aval.dtype
    return f"np.empty({shape}, {dtype_text(dtype)})"
