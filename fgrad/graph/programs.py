"""`backward_program`: the program of the gradient beside the one of the function.

Backpropagation is the chain rule with dynamic programming. The chain rule alone writes
the gradient as a product of local gradients along every path, and computes factors that
paths share again for each of them. The backward pass goes through the operations once,
from the last to the first: the gradient of each value is computed once, for all paths
behind it, and what the forward pass computed is read instead of computed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from html import escape
from itertools import zip_longest
from typing import Any

import numpy as np

from ..compiler.passes import drop_dead, inline_calls, share_common
from ..core import (
    Aval,
    Eqn,
    Var,
    aval_of,
    is_array,
    is_inexact,
    short_errors,
    variables,
)
from ..pytree import tree_leaves
from ..transforms.arguments import check_callable, name_of
from ..transforms.vjp import vjp
from .boxes import code_of, operations, operations_in, rerun, texts_of
from .gradients import like
from .naming import names_of
from .recording import (
    NO_FLOATS,
    Record,
    by_position,
    check_scalar,
    once_more,
    record,
)
from .tables import as_html, as_markdown
from .wording import constant


@dataclass(frozen=True)
class Line:
    """One operation of a program."""

    names: tuple[str, ...]
    """What it computes."""
    text: str
    reads: tuple[str, ...]
    """The named values that it reads."""
    weight: int = 1
    """How many operations it runs: of a call, those of its body."""


class Programs:
    """A function's program and its gradient's, with what the second one reads.

    `str` shows them side by side, and so do notebooks.
    """

    def __init__(
        self,
        name: str,
        forward: list[Line],
        backward: list[Line],
        gradients: dict[str, str],
        numbers: int,
        own: int,
    ) -> None:
        self.name = name
        self.forward = forward
        self.backward = backward
        self.gradients = gradients
        """What the gradient by each argument is called in the backward program."""
        self.numbers = numbers
        """How many numbers the gradient has."""
        self.own = own
        """How many operations the function itself runs."""

    @property
    def shared(self) -> dict[str, int]:
        """What the forward pass computed, and how often the backward pass reads it."""
        read = Counter(name for line in self.backward for name in line.reads)
        made = [name for line in self.forward for name in line.names]
        return {name: read[name] for name in made if read[name]}

    @property
    def reused(self) -> dict[str, int]:
        """What is computed once and read more than once, in both passes together."""
        lines = [*self.forward, *self.backward]
        read = Counter(name for line in lines for name in line.reads)
        made = [name for line in lines for name in line.names]
        return {name: read[name] for name in made if read[name] > 1}

    @property
    def counts(self) -> dict[str, int]:
        """The operations of each pass, and of differences in every direction."""
        once = sum(line.weight for line in self.forward)
        return {
            "forward": once,
            "backward": sum(line.weight for line in self.backward),
            "numerical": 2 * self.numbers * self.own,
        }

    @property
    def _columns(self) -> list[tuple[str, str]]:
        """The lines of both passes; each says what it shares with the other one."""
        shared = self.shared
        left = [_noted(line, self._readers(line), "read by") for line in self.forward]
        right = [
            _noted(line, [name for name in dict.fromkeys(line.reads) if name in shared],
                   "reads")
            for line in self.backward
        ]  # fmt: skip
        right += [f"d{self.name}/d{k} = {v}" for k, v in self.gradients.items()]
        return list(zip_longest(left, right, fillvalue=""))

    def _readers(self, line: Line) -> list[str]:
        """Return what the backward pass computes from a line of the forward pass."""
        made = set(line.names)
        return [", ".join(b.names) for b in self.backward if made & set(b.reads)]

    def __str__(self) -> str:
        rows = [("forward", "backward"), *self._columns]
        width = max(len(left) for left, _ in rows)
        lines = (f"{left:{width}}  | {right}".rstrip() for left, right in rows)
        return "\n".join([*lines, "", *self._told()])

    __repr__ = __str__

    def markdown(self) -> str:
        """Return both programs as a table in Markdown."""
        table = as_markdown(("forward", "backward"), self._columns, code=(0, 1))
        return f"{table}\n{' '.join(self._told())}\n"

    def html(self) -> str:
        """Return both programs as a table in HTML, which notebooks show."""
        table = as_html(("forward", "backward"), self._columns, ("code", "code"))
        return f"{table}<p>{escape(' '.join(self._told()))}</p>"

    _repr_html_ = html

    def _told(self) -> Iterator[str]:
        n = self.counts
        forward = _counted(n["forward"], "operation")
        shared = _counted(len(self.shared), "value")
        yield (
            f"{forward} forwards and {n['backward']} backwards, which read {shared} "
            "that the forward pass computed."
        )
        if self.reused:
            twice = ", ".join(f"{k} ({v} times)" for k, v in self.reused.items())
            yield f"Computed once and read more often: {twice}."
        yield (
            f"Central differences in {_counted(self.numbers, 'direction')} need "
            f"{n['numerical']} operations, 2 x {self.numbers} x {self.own}."
        )


def _noted(line: Line, names: Iterable[str], what: str) -> str:
    names = ", ".join(names)
    return f"{line.text}  # {what} {names}" if names else line.text


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def backward_program(fun: Callable[..., Any]) -> Callable[..., Programs]:
    """Return a function that shows the program of the gradient of ``fun``.

    It takes the arguments of ``fun``, which has to return a scalar (and nothing
    besides). The result has the operations of the forward and the backward pass side by
    side. This is the dynamic programming in backpropagation: each line says which
    results of the forward pass the backward pass reads instead of computing them again,
    and the text below what is computed once and read several times, and how many
    operations numerical differentiation needs instead. Functions under jit are looked
    into; other calls (scan, cond) are one line, and count as what they run.

    Raises TypeError if the output is no scalar, or no argument is a float.

    >>> import numpy as np
    >>> def wave(x):
    ...     s = np.sin(x)
    ...     return s * s
    >>> print(backward_program(wave)(0.5))
    forward                     | backward
    s = np.sin(x)  # read by b  | b = 1.0 * s  # reads s
    a = s * s                   | c = b + b
                                | d = np.cos(x)
                                | e = c * d
                                | dwave/dx = e
    <BLANKLINE>
    2 operations forwards and 4 backwards, which read 1 value that the forward pass ...
    Computed once and read more often: s (3 times), b (2 times).
    Central differences in 1 direction need 4 operations, 2 x 1 x 2.
    """
    check_callable(fun, "backward_program")
    name = f"backward_program({name_of(fun)})"

    @wraps(fun)
    @short_errors
    def shown(*args: Any, **keywords: Any) -> Programs:
        called, values, labels = by_position(fun, args, keywords, "backward_program")
        leaves = tree_leaves(values)
        places = [i for i, x in enumerate(leaves) if is_array(x) and is_inexact(x)]
        if leaves and not places:
            raise TypeError(NO_FLOATS.format(name))

        found = record(called, values, "backward_program", labels)
        check_scalar(found.results, name, "backward_program(lambda x: {})")
        with once_more():
            both = record(_with_gradient(found), leaves, "backward_program", labels)
            jaxpr = drop_dead(share_common(inline_calls(both.jaxpr)))
            arrays = [both.values[v] for v in both.jaxpr.invars]
            texts = [both.labels[v] for v in both.jaxpr.invars]
            both = rerun(jaxpr, arrays, found.name, texts)
            wanted = [labels[i].removeprefix("argument ") for i in places]
            return _programs(both, wanted, operations(found))

    return shown


def _with_gradient(found: Record) -> Callable[..., Any]:
    """Return a function of what a record lifted, to its output and its gradient."""
    inputs = found.jaxpr.invars
    moving = [i for i, var in enumerate(inputs) if is_inexact(found.values[var])]

    def both(*leaves: Any) -> Any:
        arrays = [x for x in leaves if is_array(x)]

        def scalar(*floats: Any) -> Any:
            filled = dict(zip(moving, floats))
            args = [filled.get(i, x) for i, x in enumerate(arrays)]
            again = rerun(found.jaxpr, args, outside=found.values)
            return again.value(found.jaxpr.outs[0])

        out, pullback = vjp(scalar, *(arrays[i] for i in moving))
        return out, pullback(like(1.0, out))

    return both


def _programs(found: Record, wanted: Sequence[str], own: int) -> Programs:
    out, *gradients = (_uncast(atom, found) for atom in found.jaxpr.outs)
    found.jaxpr = drop_dead(found.jaxpr.replace(outs=(out, *gradients)))
    late = _late(found.jaxpr.eqns, out)
    found.derived = {
        v for e, is_late in zip(found.jaxpr.eqns, late) if is_late for v in e.outs
    }
    names = names_of(found)
    lines: tuple[list[Line], list[Line]] = ([], [])
    for line, is_late in zip(_lines(found, names), late):
        lines[is_late].append(line)
    texts = [names[a] if type(a) is Var else constant(a) for a in gradients]
    numbers = sum(_directions(aval_of(found.value(a))) for a in gradients)
    return Programs(found.name, *lines, dict(zip(wanted, texts)), numbers, own)


def _uncast(atom: Any, found: Record) -> Any:
    """Return what a last cast changes the dtype of alone, not the value."""
    made = {v: e for e in found.jaxpr.eqns for v in e.outs}
    eqn = made.get(atom) if type(atom) is Var else None
    if eqn is None or eqn.prim.name != "cast":
        return atom
    weak = aval_of(found.value(eqn.inputs[0])).weak
    return eqn.inputs[0] if weak and atom.aval.dtype == np.float64 else atom


def _lines(found: Record, names: Mapping[Var, str]) -> Iterable[Line]:
    for eqn in found.jaxpr.eqns:
        code = code_of(eqn, found, texts_of(eqn, names))
        outs = tuple(names[v] for v in eqn.outs)
        reads = tuple(names[v] for v in variables(eqn.inputs))
        text = f"{', '.join(outs)} = {code}" if outs else code
        yield Line(outs, text, reads, operations_in(eqn, found))


def _directions(aval: Aval) -> int:
    """Return in how many directions an array can be moved."""
    return aval.size * (2 if aval.dtype.kind == "c" else 1)


def _late(eqns: tuple[Eqn, ...], out: Any) -> list[bool]:
    """Say of each operation whether it belongs to the backward pass.

    It does if the value of the function is not made of what it makes; what makes
    nothing (it prints, say) does if it reads from there.
    """
    needed = {out} if type(out) is Var else set()
    for eqn in reversed(eqns):
        if needed.intersection(eqn.outs):
            needed.update(variables(eqn.inputs))
    made: set[Var] = set()
    late = []
    for eqn in eqns:
        watched = eqn.outs or variables(eqn.inputs)
        is_late = bool(eqn.outs or made.intersection(watched))
        is_late = is_late and not needed.intersection(watched)
        made.update(eqn.outs if is_late else ())
        late.append(is_late)
    return late
