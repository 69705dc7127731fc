"""Emit a jaxpr as the source of a Python function that calls NumPy."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import count
from keyword import iskeyword
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from ..core import Aval, Eqn, Jaxpr, Primitive, Tracer, Var, atom_aval, has_effects
from ..core.printing import letters
from ..ops.basic import broadcast_to
from .numbers import (
    as_array,
    as_number,
    is_number,
    literal,
    number_rule,
    number_text,
    pays,
    reads_numbers,
)
from .passes.share import content_key
from .passes.views import gives_scalar
from .source import Block, Source

_WIDTH = 72  # what is used once is written where it is used, up to this many letters
# On Python's numbers these do something else than on arrays: operators raise where
# NumPy gives inf, methods do not exist, np.abs gives an array scalar.
_OTHERWISE_ON_NUMBERS = {"div", "pow", "abs", "cast", "cast_discrete", "reshape"}
_CALLED = {"np", "complex", "len", "max", "min", "range"}  # by emitted source
_ATOMIC = re.compile(r"\w+|\(?-?[\d.]+(e[-+]?\d+)?\)?|\(?-?np\.(inf|nan)\)?")
NOTHING: Mapping[Var, Var] = MappingProxyType({})
_DEEPEST = 8  # Python compiles up to twenty blocks inside each other


def emit(jaxpr: Jaxpr, name: str, arguments: Iterable[str] = ()) -> Source:
    """Return the source of a function that computes a jaxpr.

    >>> from fgrad import make_jaxpr
    >>> jaxpr = make_jaxpr(lambda x: np.sum(np.sin(x) * 2.0))(np.ones(3))
    >>> print(emit(jaxpr, "f", ["x"]).text)
    def f(x):
        return (np.add.reduce(np.sin(x) * 2.0, axis=0),)
    <BLANKLINE>
    """
    return Emitter(jaxpr, name, list(arguments)).source()


class Emitter:
    """The state of one emission: the texts of vars, the lines so far."""

    def __init__(self, jaxpr: Jaxpr, name: str, arguments: list[str]) -> None:
        self.jaxpr = jaxpr
        self.name = name
        self.namespace: dict[str, Any] = {"np": np}
        self.lines: list[str] = []
        self.origins: list[Any] = []  # for every line the user's that it came from
        self.origin: Any = None
        self.blocks: list[Block] = []
        arguments = arguments or [f"x{i}" for i in range(len(jaxpr.invars))]
        self.taken = {*arguments, "np", name}
        self.letters = letters()
        self.bound: dict[Any, str] = {}  # what has a name in the namespace
        self.written: set[Jaxpr] = set()  # the bodies that the function has by now
        self.counts: dict[str, Iterator[int]] = defaultdict(count)
        self.depth = 0
        self.numbers = pays(jaxpr)
        self._begin(jaxpr, arguments)

    def inner(
        self,
        jaxpr: Jaxpr,
        arguments: list[str],
        numbers: bool,
        ordered: Collection[Var] = (),
    ) -> Self:
        """Return an emitter that writes a body into the same function.

        ``ordered`` are those inputs of the body that lie in C order.
        """
        emitter = copy(self)
        emitter.depth += 1
        emitter.numbers = numbers
        emitter._begin(jaxpr, arguments)
        return emitter

    def _begin(self, jaxpr: Jaxpr, arguments: list[str]) -> None:
        self.jaxpr = jaxpr
        self.text: dict[Var, str] = dict(zip(jaxpr.invars, arguments, strict=True))
        self.uses = Counter(a for e in jaxpr.eqns for a in e.inputs if type(a) is Var)
        self.uses.update(a for a in jaxpr.outs if type(a) is Var)
        self.outs = {a for a in jaxpr.outs if type(a) is Var}
        self.roots: dict[Var, Any] = {}  # views -> whose memory they show
        self.spread: set[Var] = set()
        self.scalars: set[Var] = set()  # no arrays, if they have no axes
        self.rows: dict[Var, Any] = {}  # stacks that are lists: only loops read them
        self._readers: dict[Var, list[Eqn]] | None = None
        self.indent = "    " * self.depth
        self.block = Block(jaxpr, arguments, len(self.lines) + 2)  # line 1 is the head
        self.blocks.append(self.block)

    def body(self, eqns: Sequence[Eqn], given: Mapping[Var, Var] = NOTHING) -> None:
        """Write equations of the body.

        Outputs may be put into variables that stand for memory: ``given`` has both.
        """
        for eqn in eqns:
            self.equation(eqn)

    def in_order(self, atom: Any) -> bool:
        """Say whether an atom certainly lies in C order, and that matters."""
        return False

    def end(self) -> None:
        """End the block of the jaxpr: all of its lines are written."""
        self.block.last = len(self.lines) + 1

    def source(self) -> Source:
        arguments = [self.text[v] for v in self.jaxpr.invars]
        if self.numbers:
            for var in self.jaxpr.invars:
                self.to_number(var)
        for eqn in self.jaxpr.eqns:
            self.equation(eqn)
        return self.function(arguments, self.results())

    def results(self) -> list[str]:
        """Return the texts of the outputs, each in memory of its own."""
        taken: set[Any] = set()
        return [self.output(atom, taken) for atom in self.jaxpr.outs]

    def function(self, arguments: list[str], outs: list[str]) -> Source:
        """Return the source of a function of the lines written so far."""
        head = f"def {self.name}({', '.join(arguments)}):"
        result = "".join(f"{out}, " for out in outs)
        self.origin = None
        self.line(f"return ({result})")
        self.end()
        lines, origins = [head, *self.lines], [None, *self.origins]
        return Source(self.name, lines, self.namespace, self.blocks, origins)

    def line(self, text: str) -> None:
        """Write a line."""
        self.lines.append(self.indent + text)
        self.origins.append(self.origin)

    def equation(self, eqn: Eqn) -> None:
        """Write one equation: statements, or text for its one reader."""
        if eqn.prim.view:
            self.roots[eqn.outs[0]] = self.root(eqn.inputs[0])
            if eqn.prim is broadcast_to or self.is_spread(eqn.inputs[0]):
                self.spread.add(eqn.outs[0])
        elif gives_scalar(eqn):
            self.scalars.add(eqn.outs[0])
        self.origin = eqn.source
        effect = has_effects(eqn)
        if eqn.prim.write is None or not eqn.prim.write(self, eqn):
            text = self.expression(eqn)
            if not effect and self.is_inlined(eqn, text):
                self.text[eqn.outs[0]] = text
                return
            self.text.update((v, self.fresh()) for v in eqn.outs)
            names = [self.text[v] for v in eqn.outs]
            comma = "," if eqn.prim.multi and len(names) == 1 else ""
            self.line(f"{', '.join(names)}{comma} = {text}" if names else text)
            if self.numbers and eqn.prim.multi:
                for var in eqn.outs:
                    self.to_number(var)
        if effect:
            names = [self.text[v] for v in eqn.outs]
            self.block.effects.append((len(self.lines) + 1, names))

    def admits(self, *bodies: Jaxpr) -> bool:
        """Say whether bodies are to be written into the function, and note that.

        Each is written once, and not too deep; otherwise it is a function of its own.
        """
        if self.depth >= _DEEPEST or not self.written.isdisjoint(bodies):
            return False
        self.written.update(bodies)
        return True

    def is_inlined(self, eqn: Eqn, text: str) -> bool:
        """Say whether the text of an equation moves to its reader."""
        if eqn.prim.multi or len(text) > _WIDTH:
            return False
        if _ATOMIC.fullmatch(text):
            return True
        out = eqn.outs[0]
        shown = out in self.outs and len(self.jaxpr.outs) > 1
        return self.uses[out] == 1 and not shown

    def expression(self, eqn: Eqn) -> str:
        """Return the right-hand side of an equation."""
        blanks = [f"\0{i}\0" for i in range(len(eqn.inputs))]
        rule = number_rule(eqn) if self.numbers else None
        if rule is not None:
            text, read = rule(blanks, self.bind), self.number
        else:
            text, read = self.template(eqn, blanks), self.array
            if self.numbers and reads_numbers(eqn):
                read = self.atom
            if self.numbers and not eqn.prim.multi:
                text = as_number(text, eqn.outs[0].aval, self.bind)
        for blank, atom in zip(blanks, eqn.inputs):
            if text.count(blank) > 1 and type(atom) is Var:
                self.name_it(atom)  # or it would be computed twice
            text = text.replace(blank, read(atom))
        return text

    def name_it(self, var: Var) -> str:
        """Give a pending expression a line of its own, and return its name."""
        self.text[var] = self.named(self.text[var])
        return self.text[var]

    def named(self, text: str) -> str:
        """Return the name of a value that is computed by now, or a number."""
        if _ATOMIC.fullmatch(text):
            return text
        name = self.fresh()
        self.line(f"{name} = {text}")
        return name

    def operand(self, atom: Any) -> str:
        """Return a text for an atom that may be read any number of times."""
        if type(atom) is Var:
            return self.name_it(atom)
        return self.number(atom)

    def to_number(self, var: Var) -> None:
        """Make a Python number of a variable that holds one of NumPy's scalars."""
        name, aval = self.text[var], var.aval
        if is_number(aval) and not aval.weak and self.uses[var]:
            self.line(f"{name} = {as_number(name, aval, self.bind)}")

    def template(self, eqn: Eqn, names: list[str]) -> str:
        """Return the right-hand side over given names."""
        prim, params = eqn.prim, eqn.params
        numbers = prim.name in _OTHERWISE_ON_NUMBERS and all(
            _may_be_number(atom_aval(a)) for a in eqn.inputs
        )
        if not prim.emit or numbers:
            return self.call(prim, names, params)
        if callable(prim.emit):
            return prim.emit(names, **params)
        return prim.emit.format(*names, **params)

    def call(self, prim: Primitive, names: list[str], params: Any) -> str:
        """Call a primitive's implementation by name: no NumPy expression says it."""
        if prim.lower is not None:
            function = prim.lower(**params)
            return f"{self.bind(function.__name__, function)}({', '.join(names)})"
        named = [
            f"{k}={v!r}" if _is_literal(v) else f"{k}={self.bind(k, v)}"
            for k, v in params.items()
        ]
        return f"{self.bind(prim.name, prim.impl)}({', '.join([*names, *named])})"

    def fresh(self) -> str:
        """Return a new name for a variable."""
        return self.reserve(next(n for n in self.letters if n not in self.taken))

    def numbered(self, prefix: str) -> str:
        """Return a new name of a letter or word and a number."""
        return self.reserve(
            next(
                name
                for name in (f"{prefix}{i}" for i in self.counts[prefix])
                if name not in self.taken
            )
        )

    def reserve(self, name: str) -> str:
        """Return the name, or one like it, and never give it again."""
        like_it = (f"{name}_{i}" if i else name for i in count())
        free = next(n for n in like_it if n not in self.taken)
        self.taken.add(free)
        return free

    def bind(self, name: str, value: Any, key: Any = None) -> str:
        """Return the name in the namespace that means a value."""
        key = id(value) if key is None else key
        if key not in self.bound:
            self.bound[key] = self.reserve(name)
            self.namespace[self.bound[key]] = value
        return self.bound[key]

    def atom(self, atom: Any) -> str:
        """Return the text of a variable or a constant."""
        if type(atom) is Var:
            return self.text[atom]
        if type(atom) is Tracer:
            raise TypeError(_captured(atom))
        return number_text(atom) or self.bind("const", atom, content_key(atom))

    def array(self, atom: Any) -> str:
        """Return the text of an atom, as NumPy's scalar if it is one."""
        text = self.atom(atom)
        if self.numbers and type(atom) is Var:
            return as_array(text, atom.aval)
        return text

    def number(self, atom: Any) -> str:
        """Return the text of an atom, as a Python number where those are used."""
        if not self.numbers or type(atom) in (Var, Tracer):
            return self.atom(atom)
        return literal(atom) or self.atom(atom)

    def readers(self, var: Var) -> list[Eqn]:
        """Return the equations that read a variable."""
        if self._readers is None:
            self._readers = defaultdict(list)
            for eqn in self.jaxpr.eqns:
                for atom in {a for a in eqn.inputs if type(a) is Var}:
                    self._readers[atom].append(eqn)
        return self._readers.get(var, [])

    def root(self, atom: Any) -> Any:
        return self.roots.get(atom, atom) if type(atom) is Var else None

    def is_spread(self, atom: Any) -> bool:
        """Say whether a view shows an element many times."""
        return type(atom) is Var and atom in self.spread

    def output(self, atom: Any, taken: set[Any]) -> str:
        """Return the text of an output, in memory of its own."""
        root = self.root(atom)
        text = self.array(atom) if not self.depth else self.number(atom)
        shared = root is None or root in taken or root in self.jaxpr.invars
        shared = shared or self.is_spread(atom)
        taken.add(root)
        if not (shared and self.has_memory(atom, root)):
            return text
        # A sum of it elsewhere takes the elements in the order that they lie in.
        order = "'K'" if len(atom_aval(atom).shape) > 1 else ""
        return f"{text}.copy({order})"

    def has_memory(self, atom: Any, root: Any) -> bool:
        """Say whether an output may be an array, not only a number."""
        if self.numbers and is_number(atom_aval(atom)):  # but for a constant array
            return isinstance(atom, np.ndarray) and not self.depth
        if root is None:  # a constant, or a view of one
            return isinstance(atom, np.ndarray) or bool(atom_aval(atom).shape)
        if root in self.jaxpr.invars:
            return bool(atom.aval.shape) or not root.aval.weak
        if _may_be_number(atom.aval):
            return False
        return bool(atom.aval.shape) or atom not in self.scalars


def _captured(tracer: Tracer) -> str:
    """Say that a program cannot keep a traced value, and where that comes from."""
    return (
        f"a rule of a custom function inside jit reads {tracer.describe()}, which is "
        "no argument of it. Pass it as one. If it is axis_index, or a collective made "
        "of it, write jit outside of vmap: jit(vmap(f, axis_name=...))"
    )


def _may_be_number(aval: Aval) -> bool:
    return aval.weak or (aval.dtype.kind == "b" and not aval.shape)


def _is_literal(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_literal, value))
    return value is None or isinstance(value, bool | int | float | str)


def identifier(name: str) -> str:
    """Return a Python name that reads like a function's name.

    >>> identifier("grad(loss)"), identifier("lambda"), identifier("complex")
    ('grad_loss', 'lambda_', 'complex_')
    """
    word = re.sub(r"\W+", "_", name).strip("_") or "function"
    free = word.isidentifier() and not iskeyword(word) and word not in _CALLED
    return word if free else f"{word}_"
