"""What a random program is built with: names, the values they have, random choices."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

import numpy as np

from fgrad.numpy import at

from ..control_operators import PYTHON
from .arrays import array

# While a program is made, loops are Python's and nothing is jitted.
NAMESPACE = {"np": np, "at": at, "array": array, "lax": PYTHON, "fgrad": PYTHON}
LIMIT = 250_000  # elements of one array


class Dead(Exception):
    """No operation fits: the program ends here."""


@contextmanager
def silence():
    """Silence NumPy where it warns of infinite values and empty slices."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


class Builder:
    """A function that grows: its lines, and a sample of each value it names."""

    def __init__(self, random, values, constants=(), prefix="v", indent="    "):
        self.random = random
        self.values = dict(values)
        self.constants = dict(constants)
        self.prefix = prefix
        self.indent = indent
        self.lines = []
        self.scope = {**NAMESPACE, **self.constants}
        self.limit = LIMIT

    # -- choices ---------------------------------------------------------------------

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def choice(self, options):
        return options[self.random.randrange(len(options))]

    def between(self, low, high):
        return low + self.random.randrange(high - low + 1)

    def names(self, kinds="fiubc", least=0, most=32, arrays=True):
        """Return the names of values of some kinds and numbers of axes."""
        return [
            name
            for name, x in self.values.items()
            if np.asarray(x).dtype.kind in kinds
            and least <= np.ndim(x) <= most
            and (np.size(x) > 0 or self.chance(30))
            and not (arrays and type(x) in (int, float, complex, bool))
        ]

    def pick(self, kinds="fiubc", least=0, most=32, arrays=True):
        """Return the name of a value, one of the last ones rather than an early one."""
        names = self.names(kinds, least, most, arrays)
        if not names:
            raise Dead
        return self.choice(names[-3:] if self.chance(60) else names)

    def partner(self, name, kinds="fiubc"):
        """Return a name or number that broadcasts with a value."""
        shape = np.shape(self.values[name])
        fits = [
            other
            for other in [*self.names(kinds, arrays=False), *self.constants]
            if self.broadcasts(shape, np.shape(self.sample(other)))
            and np.asarray(self.sample(other)).dtype.kind in kinds
        ]
        if not fits or self.chance(20):
            return self.number(kinds)
        return self.choice(fits)

    def sample(self, name):
        return self.values[name] if name in self.values else self.constants[name]

    def broadcasts(self, one, other):
        try:
            shape = np.broadcast_shapes(one, other)
        except ValueError:
            return False
        return np.prod(shape, dtype=float) <= self.limit

    def number(self, kinds="fiubc"):
        """Return a number as text: Python's or an array scalar."""
        options = ["2", "3", "1", "0", "-1"] * ("i" in kinds)
        if "f" in kinds:
            options += ["0.5", "2.0", "1.0", "-1.5", "0.1", "0.0", "-0.0", "1e-3"]
            options += ["np.float64(0.3)", "np.float32(1.7)", "np.array(0.7)"]
        if not options:
            options = ["True", "False"]
        return self.choice(options)

    def axis(self, name):
        return self.between(-np.ndim(self.values[name]), np.ndim(self.values[name]) - 1)

    # -- growth ----------------------------------------------------------------------

    def evaluate(self, text):
        """Return what an expression gives in plain NumPy."""
        with silence():
            return eval(text, {**self.scope, **self.values})

    def fresh(self):
        return f"{self.prefix}{len(self.lines)}"

    def add(self, text):
        """Add a line that names an expression, if NumPy takes it and it is of use."""
        value = self.evaluate(text)
        if np.size(value) > self.limit or not self.is_useful(value):
            raise Dead
        return self.name(text, value)

    def name(self, text, value):
        name = self.fresh()
        self.lines.append(f"{name} = {text}")
        self.values[name] = value
        return name

    def is_useful(self, value):
        """Say whether a value is worth keeping; values of nan alone rarely are."""
        value = np.asarray(value)
        if value.dtype.kind not in "fiubc":
            return False
        lost = value.dtype.kind in "fc" and not np.isfinite(value).any()
        return not lost or self.chance(5)

    def step(self, operations):
        """Add one operation that fits, drawn from a list."""
        for _ in range(12):
            try:
                text = self.choice(operations)(self)
                return self.add(text) if isinstance(text, str) else text
            except REFUSALS:
                continue
        return None


REFUSALS = (
    Dead, MemoryError, ValueError, TypeError, IndexError, ZeroDivisionError,
    OverflowError, np.linalg.LinAlgError,
)  # fmt: skip
