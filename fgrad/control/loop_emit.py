"""A loop as Python source: the body's lines, once, inside a ``for`` or a ``while``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..compiler.call import derived
from ..compiler.emit import Emitter, Source, identifier
from ..compiler.loading import load
from ..compiler.passes import LOWERING, optimize
from ..core import Aval, Eqn, Jaxpr, Var, has_effects
from .stacks import DYNAMIC, buffer, stacked

if TYPE_CHECKING:
    from .loop import Loop


def lowered(loop: Loop) -> Callable[..., Any]:
    """Return a function of the loop's arguments that runs it; made at first use."""

    def make() -> Callable[..., Any]:
        body = optimize(loop.jaxpr, LOWERING)
        source = _LoopEmitter(loop, body).source()
        return load(source, body)

    return derived(loop.jaxpr, loop.key("lowered"), make)


class _LoopEmitter(Emitter):
    """Writes a body's lines, those that do not change before the loop."""

    def __init__(self, loop: Loop, body: Jaxpr) -> None:
        names = zip("kcx", loop.divide(body.invars))
        self.groups = [[f"{k}{i}" for i in range(len(vs))] for k, vs in names]
        consts, carry, xs = self.groups
        super().__init__(body, identifier(loop.name), [*consts, *carry, *xs])
        self.loop = loop
        self.stacks = [f"{x}s" for x in xs]
        self.ys = [f"y{i}" for i in range(len(body.outs) - loop.n_carry)]
        self.taken |= {*self.stacks, *self.ys, *(f"{y}s" for y in self.ys)}
        self.taken |= {"n", "i", "given"}

    def source(self) -> Source:
        """Return the source of the function that runs the loop."""
        before, inside, outs = self._body()
        loop = self.loop
        consts, carry, _ = self.groups
        arguments = [*consts, *carry, *self.stacks]
        head = f"def {self.name}({', '.join(arguments)}):"
        given = f"given = ({''.join(f'{a}, ' for a in arguments)})"
        lines = [head, given, *(self._until() if loop.until else self._for())]
        stepped = self._step(inside, outs)
        *start, repeat = lines[2:]
        if before:  # not computed if there is no iteration
            test = repeat.replace("while", "if") if loop.until else "if n:"
            start += [test, *_indented(before)]
        lines = [*lines[:2], *start, repeat, *_indented(stepped), self._result()]
        inputs = [name for group in self.groups for name in group]
        first = len(lines) - 1 - len(stepped) + len(self.groups[2])
        effects = [(line + first - 1, names) for line, names in self.effects]
        return Source(self.name, lines, self.namespace, inputs, effects)

    def _body(self) -> tuple[list[str], list[str], list[str]]:
        """Return the lines before the loop, those inside, and the outputs' texts."""
        invariant, varying = _divided(self.jaxpr, self.loop.n_consts)
        for eqn in invariant:
            self.equation(eqn)
        for eqn in invariant:
            for var in eqn.outs:
                self.name_it(var)
        before, self.lines = self.lines, []
        for eqn in varying:
            self.equation(eqn)
        return before, self.lines, [self.atom(out) for out in self.jaxpr.outs]

    def _for(self) -> list[str]:
        loop = self.loop
        n = f"len({self.stacks[0]})" if loop.length is None else str(loop.length)
        avals = self.jaxpr.out_avals[loop.n_carry :]
        buffers = [f"{y}s = {self._buffer(a)}" for y, a in zip(self.ys, avals)]
        order = "range(n - 1, -1, -1)" if loop.reverse else "range(n)"
        return [f"n = {n}", *buffers, f"for i in {order}:"]

    def _buffer(self, aval: Aval) -> str:
        """Return an expression that makes room for the ``n`` ys of one kind."""
        if DYNAMIC in aval.shape:
            return f"{self.bind('buffer', buffer)}(n, {self.bind('aval', aval, aval)})"
        shape = "".join(f", {size}" for size in aval.shape)
        return (
            f"np.empty((n{shape or ','}), {self.bind('dtype', aval.dtype, aval.dtype)})"
        )

    def _until(self) -> list[str]:
        lists = [f"{y}s = []" for y in self.ys]
        many = self.jaxpr.in_avals[self.loop.n_consts].shape
        return [*lists, "while c0.any():" if many else "while c0:"]

    def _step(self, inside: list[str], outs: list[str]) -> list[str]:
        """Return the lines of one iteration: elements, body, new carry, ys."""
        until = self.loop.until
        _, carry, xs = self.groups
        elements = [f"{x} = {s}[i]" for x, s in zip(xs, self.stacks)]
        targets = [*carry, *(y if until else f"{y}s[i]" for y in self.ys)]
        pairs = [(t, o) for t, o in zip(targets, outs) if t != o]
        new, texts = ("".join(f"{p[j]}, " for p in pairs) for j in (0, 1))
        update = [f"{new}= {texts}"] if pairs else []
        added = [f"{y}s.append({y})" for y in self.ys] if until else []
        return [*elements, *inside, *update, *added] or ["pass"]

    def _result(self) -> str:
        carry, ys = self.groups[1], [f"{y}s" for y in self.ys]
        if self.loop.until:
            avals = self.jaxpr.out_avals[self.loop.n_carry :]
            stack = self.bind("stacked", stacked)
            ys = [f"{stack}({y}, {self.bind('aval', a, a)})" for y, a in zip(ys, avals)]
        own = self.bind("fresh", fresh)
        carried = "".join(f"{c}, " for c in carry)
        return f"return (*{own}(({carried}), given), {''.join(f'{y}, ' for y in ys)})"


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _divided(body: Jaxpr, n_consts: int) -> tuple[list[Eqn], list[Eqn]]:
    """Divide a body's equations into those that only depend on consts, and others."""
    varying = set(body.invars[n_consts:])
    parts: tuple[list[Eqn], list[Eqn]] = ([], [])
    for eqn in body.eqns:
        depends = any(a in varying for a in eqn.inputs if type(a) is Var)
        depends = depends or has_effects(eqn)
        parts[depends].append(eqn)
        if depends:
            varying.update(eqn.outs)
    return parts


def fresh(carry: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    """Return the final carry in memory of its own."""
    taken = set(map(id, given))
    outs = []
    for x in carry:
        if type(x) is np.ndarray and (id(x) in taken or x.base is not None):
            x = x.copy("K")
        taken.add(id(x))
        outs.append(x)
    return outs
