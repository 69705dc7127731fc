"""`explain`: the chain rule as a table, one row per operation and argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from html import escape
from typing import Any

import numpy as np

from ..core import Eqn, Var, aval_of, is_inexact, short_errors
from ..core.source import where
from ..transforms.arguments import check_callable, name_of
from .boxes import box_of, code_of, is_call, is_open, texts_of
from .formulas import local_gradient
from .gradients import Gradients, gradients_of
from .naming import names_of
from .recording import (
    NO_FLOATS,
    Record,
    by_position,
    check_iteration,
    check_scalar,
    checked_count,
    record,
)
from .tables import as_html, as_latex, as_markdown, as_text
from .wording import is_number, number, short, slope, together


@dataclass(frozen=True)
class Step:
    """An operation, and what it hands back to one of its arguments."""

    expression: str
    """The operation as NumPy code: ``h = np.tanh(s)``."""
    value: Any
    """A tuple if there are several, as of a loop."""
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
    level: int = 0
    """How many calls the operation is inside of."""

    @property
    def cells(self) -> tuple[str, ...]:
        """The step as a row of the table."""
        local = self.formula
        if is_number(local):
            local = number(float(local))
        elif self.local is not None:
            local = short(self.local, slope)
            if not _says(self.formula, local, short(self.local)):
                local = f"{self.formula} = {local}"
            local += self._unusual
        code = "  " * self.level + self.expression
        upstream = "" if self.upstream is None else short(self.upstream, slope)
        product = short(self.product, slope)
        return (code, short(self.value), upstream, local, product, self.to, self.line)

    @property
    def _unusual(self) -> str:
        """Say where the product of zero and infinity is zero."""
        lost = np.equal(self.upstream, 0.0) & ~np.isfinite(self.local)
        return ", but nothing flows in" if np.any(lost) else ""


def _says(formula: str, *numbers: str) -> bool:
    """Say whether a formula is a number, or the constant that it stands for."""
    return not formula or any(n.startswith(formula) for n in numbers)


_HEAD = ("step", "value", "upstream", "local gradient", "product", "to", "line")
_STYLES = ("code", "value", "grad", "", "grad", "code", "")


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

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        return [step.cells for step in self.steps]

    @property
    def _found(self) -> list[str]:
        found = self.results.items()
        return [f"d{self.name}/d{k} = {short(v, slope)}" for k, v in found]

    def __str__(self) -> str:
        return "\n".join([as_text(_HEAD, self._rows), "", *self._found])

    __repr__ = __str__

    def markdown(self) -> str:
        """Return the table in Markdown."""
        return as_markdown(_HEAD, self._rows, code=(0, 5))

    def latex(self) -> str:
        """Return the table as a LaTeX tabular, which needs no packages."""
        return as_latex(_HEAD, self._rows)

    def html(self) -> str:
        """Return the table and the gradients in HTML, which notebooks show."""
        found = "<br>".join(map(escape, self._found))
        return f"{as_html(_HEAD, self._rows, _STYLES)}<p>{found}</p>"

    _repr_html_ = html


def explain(
    fun: Callable[..., Any], *, depth: int = 1, iteration: int = 0
) -> Callable[..., Explanation]:
    """Return a function that explains the gradient of ``fun`` as a table.

    It takes the arguments of ``fun``, which has to return a scalar. There is a row for
    each operation and each of its arguments, in the order of the backward pass: the
    operation's value, the gradient that flows in (*upstream*), the *local gradient*,
    and their *product*, which flows on to that argument. What flows to one argument
    from several operations is summed. A call (of jit, scan, cond ...) has rows of its
    own; below them, indented and ``depth`` levels deep, are those of its body: of a
    loop the ``iteration`` of that number (-1: the last; the nearest one that there is),
    of a cond the branch that is taken.

    Raises TypeError if the output is no scalar, or no argument has floats.

    >>> print(explain(lambda x, y: x * np.sin(y))(2.0, 0.5))
    step           value   upstream  local gradient   product  to  line
    -------------  ------  --------  ---------------  -------  --  ---...
    b = x * a      0.9589  1         a = 0.47943      0.47943  x   ...
    b = x * a      0.9589  1         x = 2            2        a   ...
    a = np.sin(y)  0.4794  2         cos y = 0.87758  1.7552   y   ...
    <BLANKLINE>
    dlambda/dx = 0.47943
    dlambda/dy = 1.7552
    """
    check_callable(fun, "explain")
    depth = checked_count(depth, 0, "explain: depth is a number of levels")
    check_iteration(iteration, "explain")

    name = f"explain({name_of(fun)})"

    @wraps(fun)
    @short_errors
    def explained(*args: Any, **keywords: Any) -> Explanation:
        called, values, labels = by_position(fun, args, keywords, "explain")
        found = record(called, values, "explain", labels)
        check_scalar(found.results, name, "explain(lambda x: {})")
        if found.labels and not any(is_inexact(found.values[v]) for v in found.labels):
            raise TypeError(NO_FLOATS.format(name))
        gradients = gradients_of(found, [1.0])
        steps = list(_steps(found, gradients, depth, iteration, set()))
        wanted = {
            label: gradients.cotangents.get(v, np.zeros(v.aval.shape))
            for v, label in found.labels.items()
            if is_inexact(found.values[v])
        }
        return Explanation(found.name, steps, wanted)

    return explained


def _steps(
    found: Record,
    gradients: Gradients,
    depth: int,
    iteration: int,
    taken: set[str],
    level: int = 0,
) -> Iterator[Step]:
    names = names_of(found, taken)
    if level:
        yield from _outputs(found, gradients, names, level)
    for eqn in reversed(found.jaxpr.eqns):
        texts = texts_of(eqn, names)
        outs = [names[v] for v in eqn.outs]
        rows = list(_rows(eqn, found, gradients, texts, outs, level))
        yield from rows
        if rows and depth and is_call(eqn):
            box = box_of(eqn, found, texts, gradients, iteration)
            if box is not None and box.gradients is not None:
                inner = box.found, box.gradients, depth - 1, iteration
                yield from _steps(*inner, taken, level + 1)


def _outputs(
    found: Record, gradients: Gradients, names: Mapping[Var, str], level: int
) -> Iterator[Step]:
    """Yield a row for each output of a call that a gradient flows into, if several."""
    several = sum(seed is not None for seed in gradients.seeds) > 1
    for label, atom, seed in zip(found.outputs, found.jaxpr.outs, gradients.seeds):
        if several and seed is not None:
            code, value = f"{label} = {names[atom]}", found.values[atom]
            yield Step(code, value, "1", None, seed, seed, names[atom], "", level)


def _rows(
    eqn: Eqn,
    found: Record,
    gradients: Gradients,
    texts: list[str],
    outs: list[str],
    level: int,
) -> Iterator[Step]:
    """Yield a row for each argument of an operation that a gradient flows to."""
    if not eqn.outs:  # it runs for its effect
        return
    code = code_of(eqn, found, texts)
    avals = [aval_of(found.value(a)) for a in (*eqn.inputs, *eqn.outs)]
    upstream = together([gradients.cotangents.get(v) for v in eqn.outs])
    value = together([found.values[v] for v in eqn.outs])
    line = where(eqn.source)
    for place, text in enumerate(texts):
        if (eqn.outs[0], place) not in gradients.flows:
            continue
        formula = local_gradient(eqn, place, texts, outs[0], avals, code)
        if is_call(eqn):
            formula = "of the whole call" if is_open(eqn) else "by its own rule"
        yield Step(
            f"{', '.join(outs)} = {code}",
            value,
            formula,
            gradients.locals.get((eqn.outs[0], place)),
            upstream,
            gradients.flows[eqn.outs[0], place],
            text,
            line,
            level,
        )
