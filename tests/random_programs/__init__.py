"""Random programs: functions of arrays as source, which anyone can run and read.

A program comes from a source of random choices: Hypothesis's (`programs`), which then
looks for a smaller one that fails, or a seed:

    python -m tests.random_programs SEED

prints the program and runs all checks on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from textwrap import indent

import numpy as np
from hypothesis import strategies as st

import fgrad
from fgrad import lax

from .building import NAMESPACE, Builder
from .control import CONTROL
from .elementwise import ELEMENTWISE, binary, safe, where
from .inputs import argument_lines, constant_lines
from .reductions import CONTRACTING, REDUCING, normalised, reduction
from .structure import STRUCTURE, getitem, move, reshape
from .wrappers import WRAPPERS

PLAIN = [*ELEMENTWISE * 3, *STRUCTURE * 2, *REDUCING * 2, *CONTRACTING]
LARGE = [*ELEMENTWISE * 2, *[safe] * 20, *[binary, where] * 3, *[normalised] * 8,
         *[reduction] * 4, *[reshape, move, getitem] * 2, *STRUCTURE]  # fmt: skip


@dataclass(frozen=True)
class Program:
    """A program as text: its constants, its arguments, itself and what is tested."""

    constants: tuple[str, ...]
    arguments: tuple[str, ...]
    lines: tuple[str, ...]
    outs: tuple[str, ...]
    wrapper: str = "f = program"

    @property
    def parameters(self):
        return [line.partition(" = ")[0] for line in self.arguments]

    @property
    def source(self):
        """The module that defines ``f`` and its ``arguments(n)``, for any n."""
        names = ", ".join(self.parameters)
        recipe = "\n".join([*self.arguments, f"return [{names}]"])
        text = "\n".join([*self.lines, f"return ({', '.join(self.outs)},)"])
        return "\n".join([
            *self.constants,
            f"\ndef arguments(n=0):\n{indent(recipe, '    ')}",
            f"\ndef program({names}):\n{indent(text, '    ')}\n",
            self.wrapper,
        ])  # fmt: skip

    def __repr__(self):
        return f"\n{self.source}\n"

    def load(self, **names):
        """Return the namespace of the program's module, with some names changed."""
        scope = {**NAMESPACE, "fgrad": fgrad, "lax": lax, **names}
        exec(self.source, scope)
        return scope

    @property
    def is_plain(self):
        return self.wrapper == "f = program"


def random_program(random, large=False, control=None, wrapped=None):
    """Return a random program, from a source of random choices or a seed.

    Args:
      random: A ``random.Random`` or a seed of one.
      large: Take large arrays and the operations that compiled programs run on buffers.
      control: Whether there are loops, branches and nested jit, or None for sometimes.
      wrapped: Whether it is the gradient of a program, or the like; the same.
    """
    random = Random(random) if isinstance(random, int) else random
    b = Builder(random, {})
    control = b.chance(25) if control is None else control
    wrapped = b.chance(25) if wrapped is None else wrapped
    constants, arguments = constant_lines(b, large), argument_lines(b, large)
    operations = LARGE if large else PLAIN
    if control:
        operations = [*operations, *CONTROL * (len(operations) // 12)]
    for _ in range(b.between(1, b.choice([4, 10, 25]))):
        b.step(operations)
    outs = outputs(b)
    wrapper = b.choice(WRAPPERS)(b, arguments, outs) if wrapped else None
    lines, outs = tuple(b.lines), tuple(outs)
    return Program(constants, arguments, lines, outs, wrapper or "f = program")


def outputs(b):
    """Choose what is returned: arguments and views of it too, and things twice."""
    names = [*b.values]
    last = names[-3:]
    outs = [b.choice(last) for _ in range(b.between(1, 3))]
    while b.chance(50) and len(outs) < 5:
        name = b.choice(names)
        many = type(b.values[name]) is np.ndarray and b.values[name].ndim > 0
        form = b.choice(["{0}", "{0}", "{0}[::-1]", "{0}.T", "{0}.reshape(-1)"])
        outs.append(form.format(name) if many else name)
    return outs


def programs(**options):
    """Return Hypothesis's strategy for random programs."""
    randoms = st.randoms(use_true_random=False)
    return st.builds(lambda random: random_program(random, **options), randoms)
