"""Emit a planned program: buffers as ``out=``, groups as functions of one block."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import prod
from typing import Any, Self

import numpy as np

from ..core import Aval, Eqn, Jaxpr, Var, atom_aval
from ..ops.basic import dtype_text
from . import cost_model
from .blocks import Blocks
from .cost import nbytes
from .cost_model import in_two_threads
from .emit import NOTHING, Emitter
from .fusion import Role
from .layout import contiguous_vars, decisive_inputs, in_c_order
from .loading import load
from .numbers import number_text
from .plan import Home, Plan, plan_body
from .source import Source
from .storage import Slots, writing_text
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
        self.plain = plain
        self.given: dict[int, Var] = {}  # outputs -> arguments that they are put into
        self.buffers: dict[Buffer, str] = {}  # those of bodies as well
        self.spare = Slots(plan.slots.sizes)  # the memory of bodies, between them
        self.known = plan.known
        self.ordered: list[Var] = []  # what has to lie in C order
        self._follow(plan)

    def _follow(self, plan: Plan) -> None:
        """Take the homes of a plan."""
        self.plan = plan
        self.homes = plan.homes
        self.passing = {*plan.homes, *(v for vs in plan.dying.values() for v in vs)}
        self.ordered = [*self.ordered, *plan.written]
        for buffer in plan.buffers:
            self._name(buffer)

    def _name(self, buffer: Buffer) -> str:
        if buffer not in self.buffers:
            self.buffers[buffer] = self.numbered("t")
        return self.buffers[buffer]

    def source(self) -> Source:
        self._items(self.plan)
        results = self.results()
        if self.buffers:
            spaces = self.bind("workspaces", Workspaces(list(self.buffers)))
            whole = self.reserve("workspace")
            self.line(f"{spaces}.give({whole})")
            names = ", ".join(self.buffers.values())
            comma = "," if len(self.buffers) == 1 else ""
            self.insert(f"{names}{comma} = {whole} = {spaces}.take()")
        self._guard()
        return self.function([self.text[v] for v in self.jaxpr.invars], results)

    def _items(self, plan: Plan) -> None:
        for i, item in enumerate(plan.items):
            if isinstance(item, Blocks):
                self._blocks(item)
            else:
                self.equation(item)
            self.origin = None
            self._forget(plan.dying.get(i, ()))

    def insert(self, text: str) -> None:
        """Write a line that comes before all others."""
        self.lines.insert(0, text)
        self.origins.insert(0, None)
        for block in self.blocks:
            block.move()
        self.blocks[0].first -= 1  # which begins with this line

    # -- bodies ------------------------------------------------------------------------

    def inner(
        self,
        jaxpr: Jaxpr,
        arguments: list[str],
        numbers: bool,
        ordered: Collection[Var] = (),
    ) -> Self:
        emitter = super().inner(jaxpr, arguments, numbers)
        emitter.homes, emitter.passing = {}, set()
        emitter.given, emitter.ordered = {}, []
        emitter.known = contiguous_vars(jaxpr, ordered)
        return emitter

    def body(self, eqns: Sequence[Eqn], given: Mapping[Var, Var] = NOTHING) -> None:
        varying = {v for e in eqns for v in e.outs}
        settled = [v for e in self.jaxpr.eqns for v in e.outs if v not in varying]
        invars = (*self.jaxpr.invars, *settled, *given.values())
        program = self.jaxpr.replace(invars=invars, eqns=tuple(eqns))
        slots = self.spare.lend()
        plan = plan_body(program, given, {*self.known, *given.values()}, slots)
        if plan is None:
            super().body(eqns, given)
        else:
            self.plan.bodies.append(plan)
            self._follow(plan)
            self._items(plan)
        self.spare.receive(slots)

    def in_order(self, atom: Any) -> bool:
        """Say whether an atom certainly lies in C order."""
        return in_c_order(atom, self.known)

    def require(self, atoms: Iterable[Any]) -> None:
        """Note that atoms have to lie in C order, as `in_order` said."""
        self.ordered += [a for a in atoms if type(a) is Var]

    def decisive(self) -> list[Var]:
        """Return the inputs that have to lie in C order for what was required."""
        return decisive_inputs(self.jaxpr, self.ordered)

    def is_large(self, aval: Aval) -> bool:
        """Say whether a value is worth a buffer."""
        return bool(aval.shape) and nbytes(aval) >= cost_model.MODEL.buffered

    def pair(self, aval: Aval) -> tuple[str, str] | None:
        """Return two buffers for a carry that is large enough, of its own for good."""
        if not self.is_large(aval):
            return None
        slots = Slots(self.spare.sizes)
        pair = [Buffer(slots.take(nbytes(aval)), aval.shape, aval.dtype) for _ in "ab"]
        self.plan.swapped += pair
        return self._name(pair[0]), self._name(pair[1])

    # -- equations ---------------------------------------------------------------------

    def equation(self, eqn: Eqn) -> None:
        """Write one equation: into its output's home, if it has one."""
        home = self.homes.get(eqn.outs[0]) if len(eqn.outs) == 1 else None
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
        names = [self.array(a) for a in eqn.inputs]
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
        return type(atom) is Var and self.homes.get(atom) is x

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
        """Hand over if the layout of the arguments is not what the plan assumes."""
        guarded = [self.text[v] for v in self.decisive()]
        if guarded:
            arguments = ", ".join(self.text[v] for v in self.jaxpr.invars)
            test = f"{self.bind('contiguous', contiguous)}({', '.join(guarded)})"
            plain = self.bind("plain", self.plain)
            self.insert(f"    return {plain}({arguments})")
            self.insert(f"if not {test}:")

    def _forget(self, dying: Iterable[Var]) -> None:
        """Delete what is large and was read for the last time."""
        names = [self.text[v] for v in dying if self.text[v].isidentifier()]
        if names:
            self.line(f"del {', '.join(names)}")

    # -- groups ------------------------------------------------------------------------

    def _blocks(self, blocks: Blocks) -> None:
        """Write a group: new arrays for its outputs, a function, and its call."""
        for var in blocks.written:
            home = self.homes.get(var)
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
        text = self.outer.array(atom)
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
        text = self.outer.array(atom)
        name = text if text.isidentifier() else self.outer.fresh()
        if name in self.arrays or name in self.shared:
            name = self.outer.fresh()
        return name


def empty_text(var: Var) -> str:
    """Return an expression that makes an array for a value."""
    shape, dtype = var.aval.shape, var.aval.dtype
    return f"np.empty({shape}, {dtype_text(dtype)})"
