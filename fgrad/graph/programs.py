"""`backward_program`: the program of the gradient beside the one of the function.

Backpropagation is the chain rule with dynamic programming: the backward pass reads what
the forward pass computed, where the chain rule alone would compute it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from ..core import Eqn, Var, aval_of, is_inexact, short_errors, variables
from ..pytree import tree_leaves
from ..transforms.grad import value_and_grad
from .naming import names_of
from .recording import record
from .wording import constant, expression


@dataclass(frozen=True)
class Line:
    """One operation of a program."""

    name: str
    text: str
    reads: tuple[str, ...]
    """The named values that it reads."""


class Programs:
    """A function's program and its gradient's, with what the second one reads."""

    def __init__(
        self, name: str, forward: list[Line], backward: list[Line], numbers: int
    ) -> None:
        self.name = name
        self.forward = forward
        self.backward = backward
        self.numbers = numbers
        """How many numbers the gradient has."""

    @property
    def shared(self) -> dict[str, int]:
        """What the forward pass computed, and how often the backward pass reads it."""
        read = Counter(name for line in self.backward for name in line.reads)
        return {a.name: read[a.name] for a in self.forward if read[a.name]}

    @property
    def counts(self) -> dict[str, int]:
        """The operations of each pass, and of differences in every direction."""
        once = len(self.forward)
        return {
            "forward": once,
            "backward": len(self.backward),
            "numerical": 2 * self.numbers * once,
        }

    def __str__(self) -> str:
        marks = self.shared
        left = [
            line.text + (f"   # read {_times(marks[line.name])} again"
                         if line.name in marks else "")
            for line in self.forward
        ]  # fmt: skip
        right = [line.text for line in self.backward]
        width = max(map(len, [*left, "forward"]), default=0)
        rows = zip_longest(["forward", *left], ["backward", *right], fillvalue="")
        return "\n".join(
            [*(f"{a:{width}}  | {b}".rstrip() for a, b in rows), "", self._told()]
        )

    __repr__ = __str__

    def _told(self) -> str:
        n = self.counts
        directions = f"{self.numbers} direction{'s' * (self.numbers != 1)}"
        return (
            f"{n['forward']} operations forwards and {n['backward']} backwards, which "
            f"read {len(self.shared)} values computed before. Central differences in "
            f"{directions} need {n['numerical']} operations, "
            f"2 x {self.numbers} x {n['forward']}"
        )


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def backward_program(fun: Callable[..., Any]) -> Callable[..., Programs]:
    """Return a function that shows the program of the gradient of ``fun``.

    It takes the arguments of ``fun``, which has to return a scalar. The result has the
    operations of the forward and the backward pass, what was computed once and is read
    again, and how many operations numerical differentiation needs instead.

    >>> import numpy as np
    >>> def wave(x):
    ...     s = np.sin(x)
    ...     return s * s
    >>> print(backward_program(wave)(0.5))
    forward                             | backward
    s = np.sin(x)   # read 2 times again  | b = 1.0 * s
    a = s * s                             | c = 1.0 * s
    ...
    """

    @short_errors
    def shown(*args: Any) -> Programs:
        places = tuple(i for i, arg in enumerate(args) if _has_floats(arg))
        found = record(value_and_grad(fun, places), args, "backward_program")
        names = names_of(found.jaxpr, found.labels)
        value = found.jaxpr.outs[0]
        needed = _needed(found.jaxpr.eqns, value)
        lines: tuple[list[Line], list[Line]] = ([], [])
        for eqn in found.jaxpr.eqns:
            inputs = [names[a] if type(a) is Var else constant(a) for a in eqn.inputs]
            outs = ", ".join(names[v] for v in eqn.outs)
            reads = tuple(names[v] for v in variables(eqn.inputs))
            line = Line(outs, f"{outs} = {expression(eqn, inputs)}", reads)
            lines[not needed.intersection(eqn.outs)].append(line)
        numbers = sum(
            aval_of(x).size
            for x in map(found.value, found.jaxpr.invars)
            if is_inexact(x)
        )
        return Programs(found.name, *lines, numbers)

    return shown


def _needed(eqns: tuple[Eqn, ...], out: Any) -> set[Var]:
    """Return the values that an output is made of."""
    needed = {out} if type(out) is Var else set()
    for eqn in reversed(eqns):
        if needed.intersection(eqn.outs):
            needed.update(variables(eqn.inputs))
    return needed


def _has_floats(tree: Any) -> bool:
    return any(is_inexact(x) for x in tree_leaves(tree))
