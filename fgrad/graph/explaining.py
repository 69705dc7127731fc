"""`explain`: the chain rule as a table, one row per operation and argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import Var, aval_of, is_inexact, short_errors
from ..core.source import where
from ..transforms.arguments import name_of
from .gradients import Gradients, gradients_of
from .naming import names_of
from .recording import Record, record
from .wording import constant, expression, local_gradient, short


@dataclass(frozen=True)
class Step:
    """An operation, and what it hands back to one of its arguments."""

    expression: str
    """The operation as NumPy code: ``h = np.tanh(s)``."""
    value: Any
    formula: str
    """Its derivative by the argument, as a formula."""
    local: Any
    """The same as a number for each element; None where it is a matrix."""
    upstream: Any
    """The gradient that flows in: of the output by the operation's result."""
    product: Any
    """What flows on, upstream times local."""
    to: str
    """The argument that it flows to."""
    line: str
    """The user's line: ``model.py:12 (loss)``."""

    @property
    def cells(self) -> tuple[str, ...]:
        """The step as a row of the table."""
        local = self.formula
        if self.local is not None:
            number = short(self.local)
            local = f"{self.formula} = {number}" if self.formula else number
            local = number if self.formula == number else local
        flows = short(self.upstream), local, short(self.product)
        return (self.expression, short(self.value), *flows, self.to, self.line)


_HEAD = ("step", "value", "upstream", "local gradient", "product", "to", "line")


class Explanation:
    """The table of a function's backward pass; `str` shows it, and so do notebooks."""

    def __init__(self, name: str, steps: list[Step], results: dict[str, Any]) -> None:
        self.name = name
        self.steps = steps
        self.results = results
        """The gradients by the arguments, by name."""

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __str__(self) -> str:
        rows = [_HEAD, *(step.cells for step in self.steps)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        rule = "  ".join("-" * width for width in widths)
        found = [f"d{self.name}/d{k} = {short(v)}" for k, v in self.results.items()]
        return "\n".join([lines[0], rule, *lines[1:], "", *found])

    __repr__ = __str__

    def markdown(self) -> str:
        """Return the table in Markdown."""
        rows = [_HEAD, ("---",) * len(_HEAD)]
        rows += [tuple(map(_escaped, step.cells)) for step in self.steps]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def latex(self) -> str:
        """Return the table as a LaTeX tabular."""
        rows = [_HEAD, *(step.cells for step in self.steps)]
        texts = [" & ".join(map(_latex, row)) + r" \\" for row in rows]
        body = "\n".join([texts[0], r"\hline", *texts[1:]])
        columns = "l" * len(_HEAD)
        return f"\\begin{{tabular}}{{{columns}}}\n{body}\n\\end{{tabular}}\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


_LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}", "²": "$^2$", "·": r"$\cdot$",
    "ᵀ": "$^T$",
}  # fmt: skip


def _latex(text: str) -> str:
    return "".join(_LATEX.get(c, c) for c in text)


def explain(fun: Callable[..., Any]) -> Callable[..., Explanation]:
    """Return a function that tells how the gradient of ``fun`` comes about.

    It takes the arguments of ``fun``, which has to return a scalar, and returns the
    table of the backward pass: for every operation, from the last to the first, the
    gradient that flows in, the local gradient, and their product, which flows on to
    the argument named.

    >>> def area(width, height):
    ...     return width * height
    >>> print(explain(area)(3.0, 4.0))
    step                value  upstream  local gradient  product  to      line
    ------------------  -----  --------  --------------  -------  ------  -...
    a = width * height  12     1         height = 4      4        width   ...
    a = width * height  12     1         width = 3       3        height  ...
    <BLANKLINE>
    darea/dwidth = 4
    darea/dheight = 3
    """

    @short_errors
    def explained(*args: Any) -> Explanation:
        found = record(fun, args, "explain")
        avals = [aval_of(found.value(a)) for a in found.jaxpr.outs]
        if len(avals) != 1 or avals[0].shape:
            raise TypeError(
                f"explain({name_of(fun)}) needs a function that returns a scalar, got "
                f"{', '.join(map(str, avals))}. Sum it: explain(lambda x: np.sum(f(x)))"
            )
        gradients = gradients_of(found, [1.0])
        steps = list(_steps(found, gradients))
        wanted = {
            label: gradients.cotangents.get(v, np.zeros(v.aval.shape))
            for v, label in found.labels.items()
            if is_inexact(found.values[v])
        }
        return Explanation(found.name, steps, wanted)

    return explained


def _steps(found: Record, gradients: Gradients) -> Iterator[Step]:
    names = names_of(found.jaxpr, found.labels)

    def name(atom: Any) -> str:
        return names[atom] if type(atom) is Var else constant(atom)

    for eqn in reversed(found.jaxpr.eqns):
        out, inputs = eqn.outs[0], list(map(name, eqn.inputs))
        for place, atom in enumerate(eqn.inputs):
            if (out, place) in gradients.flows:
                yield Step(
                    f"{names[out]} = {expression(eqn, inputs)}",
                    found.values[out],
                    local_gradient(eqn, place, inputs, names[out]),
                    gradients.locals.get((out, place)),
                    gradients.cotangents.get(out),
                    gradients.flows[out, place],
                    name(atom),
                    where(eqn.source),
                )
