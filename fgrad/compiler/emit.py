"""Emit a jaxpr as the source of a Python function that calls NumPy."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from keyword import iskeyword
from typing import Any

import numpy as np

from ..core import Aval, Eqn, Jaxpr, Primitive, Tracer, Var, atom_aval, has_effects
from ..core.printing import letters
from .passes.share import content_key

_WIDTH = 72  # what is used once is written where it is used, up to this many letters
# On Python's numbers these do something else than on arrays: operators raise where
# NumPy gives inf, methods do not exist, np.abs gives an array scalar.
_OTHERWISE_ON_NUMBERS = {"div", "pow", "abs", "cast", "cast_discrete", "reshape"}
_CALLED = {"np", "complex", "len", "max", "min", "range"}  # by emitted source


@dataclass
class Source:
    """A function as text, and the names it uses beyond its arguments."""

    name: str
    lines: list[str]
    namespace: dict[str, Any]
    arguments: list[str] = field(default_factory=list)
    """What the jaxpr's inputs are called; messages need it."""
    effects: list[tuple[int, list[str]]] = field(default_factory=list)
    """The lines of effects, and what their outputs are called."""

    @property
    def raw(self) -> str:
        """The text with more parentheses than a person would write."""
        return "\n    ".join(self.lines) + "\n"

    @property
    def text(self) -> str:
        """The text as a person would write it; the lines are those of ``raw``."""
        return readable(self.raw)

    def renamed(self, name: str) -> Source:
        """Return the same function under another name."""
        head = self.lines[0].replace(self.name, name, 1)
        return replace(self, name=name, lines=[head, *self.lines[1:]])

    @property
    def legend(self) -> str:
        """What the names mean that neither Python nor NumPy defines.

        Values are described in comments; functions that were emitted as well are shown.
        """
        shown, described = "", ""
        for name, value in self.namespace.items():
            source = getattr(value, "source", None)
            if isinstance(source, Source):
                shown += f"{source.legend}{source.renamed(name).text}\n"
            elif name != "np":
                described += f"# {name}: {_meaning(value)}".replace("\n", "\n# ") + "\n"
        return shown + described


def readable(raw: str) -> str:
    """Return emitted text as a person would write it, line by line the same."""
    return ast.unparse(ast.parse(raw)) + "\n"


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
        arguments = arguments or [f"x{i}" for i in range(len(jaxpr.invars))]
        self.text: dict[Var, str] = dict(zip(jaxpr.invars, arguments, strict=True))
        self.taken = {*arguments, "np", name}
        self.letters = letters()
        self.bound: dict[Any, str] = {}  # what has a name in the namespace
        self.uses = Counter(a for e in jaxpr.eqns for a in e.inputs if type(a) is Var)
        self.uses.update(a for a in jaxpr.outs if type(a) is Var)
        self.outs = {a for a in jaxpr.outs if type(a) is Var}
        self.roots: dict[Var, Any] = {}  # views -> whose memory they show
        self.scalars: set[Var] = set()  # no arrays, if they have no axes
        self.effects: list[tuple[int, list[str]]] = []  # line, names of the outputs

    def source(self) -> Source:
        for eqn in self.jaxpr.eqns:
            self.equation(eqn)
        return self.finished(self.results())

    def results(self) -> list[str]:
        """Return the texts of the outputs, each in memory of its own."""
        taken: set[Any] = set()
        return [self.output(atom, taken) for atom in self.jaxpr.outs]

    def finished(self, results: list[str]) -> Source:
        """Return the function of the lines so far, which returns some results."""
        arguments = [self.text[v] for v in self.jaxpr.invars]
        head = f"def {self.name}({', '.join(arguments)}):"
        result = "".join(f"{text}, " for text in results)
        lines = [head, *self.lines, f"return ({result})"]
        return Source(self.name, lines, self.namespace, arguments, self.effects)

    def equation(self, eqn: Eqn) -> None:
        """Write one equation: a line of its own, or text for its one reader."""
        if eqn.prim.view:
            self.roots[eqn.outs[0]] = self.root(eqn.inputs[0])
        elif eqn.prim.elementwise and eqn.prim.name not in ("where", "sinc"):
            self.scalars.add(eqn.outs[0])
        text = self.expression(eqn)
        effect = has_effects(eqn)
        if not effect and self.is_inlined(eqn, text):
            self.text[eqn.outs[0]] = text
            return
        self.text.update((v, self.fresh()) for v in eqn.outs)
        names = [self.text[v] for v in eqn.outs]
        comma = "," if eqn.prim.multi and len(names) == 1 else ""
        self.lines.append(f"{', '.join(names)}{comma} = {text}" if names else text)
        if effect:
            self.effects.append((len(self.lines) + 1, names))  # line 1 is the head

    def is_inlined(self, eqn: Eqn, text: str) -> bool:
        """Say whether the text of an equation moves to its reader."""
        if eqn.prim.multi or len(text) > _WIDTH:
            return False
        out = eqn.outs[0]
        shown = out in self.outs and len(self.jaxpr.outs) > 1
        return self.uses[out] == 1 and not shown

    def expression(self, eqn: Eqn) -> str:
        """Return the right-hand side of an equation."""
        blanks = [f"\0{i}\0" for i in range(len(eqn.inputs))]
        text = self.template(eqn, blanks)
        for blank, atom in zip(blanks, eqn.inputs):
            if text.count(blank) > 1 and type(atom) is Var:
                self.name_it(atom)  # or it would be computed twice
            text = text.replace(blank, self.atom(atom))
        return text

    def name_it(self, var: Var) -> None:
        """Give a pending expression a line of its own."""
        self.text[var] = self.named(self.text[var])

    def named(self, text: str) -> str:
        """Return the name of a value that is computed by now."""
        if text.isidentifier():
            return text
        name = self.fresh()
        self.lines.append(f"{name} = {text}")
        return name

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
        return self.literal(atom) or self.bind("const", atom, content_key(atom))

    def literal(self, atom: Any) -> str | None:
        """Return a constant as source code, None if it has to be bound to a name."""
        return number_text(atom)

    def root(self, atom: Any) -> Any:
        return self.roots.get(atom, atom) if type(atom) is Var else None

    def output(self, atom: Any, taken: set[Any]) -> str:
        """Return the text of an output, in memory of its own."""
        root, text = self.root(atom), self.atom(atom)
        shared = root is None or root in taken or root in self.jaxpr.invars
        taken.add(root)
        if not (shared and self.has_memory(atom, root)):
            return text
        # A sum of it elsewhere takes the elements in the order that they lie in.
        order = "'K'" if len(atom_aval(atom).shape) > 1 else ""
        return f"{text}.copy({order})"

    def has_memory(self, atom: Any, root: Any) -> bool:
        """Say whether an output may be an array, not only a number."""
        if root is None:
            return isinstance(atom, np.ndarray)
        if root in self.jaxpr.invars:
            return not root.aval.weak
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


def _meaning(value: Any) -> str:
    if isinstance(value, np.ndarray):
        aval = str(atom_aval(value))
        shown = np.array2string(value, separator=", ", threshold=6, edgeitems=2)
        return f"{aval} {' '.join(shown.split())}" if value.size <= 6 else aval
    if callable(value) and hasattr(value, "__qualname__"):
        doc = (value.__doc__ or "").strip().partition("\n")[0]
        return f"{value.__module__}.{value.__qualname__}" + (f", {doc}" if doc else "")
    return str(value)


def number_text(atom: Any) -> str | None:
    """Return a scalar constant as source code, or None for an array.

    >>> number_text(2.0), number_text(np.float32(0.5)), number_text(float("-inf"))
    ('2.0', 'np.float32(0.5)', '(-np.inf)')
    """
    if isinstance(atom, np.ndarray):
        return None
    if isinstance(atom, np.generic):
        kind = "bool" if isinstance(atom, np.bool_) else type(atom).__name__
        return f"np.{kind}({number_text(atom.item())})"
    if isinstance(atom, complex):
        return f"complex({number_text(atom.real)}, {number_text(atom.imag)})"
    if isinstance(atom, float) and not np.isfinite(atom):
        return "np.nan" if atom != atom else ("np.inf" if atom > 0 else "(-np.inf)")
    text = repr(atom)
    return f"({text})" if text.startswith("-") else text


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
