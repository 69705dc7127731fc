"""Memory by number, and what an equation may write to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..core import Aval, Eqn, Var, atom_aval
from ..ops.elementwise import power, where
from .numbers import Bind, number_text


class Slots:
    """Memory by number: taken, given back, and taken again for what fits.

    >>> slots = Slots()
    >>> a, b = slots.take(100), slots.take(100)
    >>> slots.give(a)
    >>> slots.take(80) == a, slots.take(80) == b
    (True, False)
    """

    def __init__(self, sizes: list[int] | None = None) -> None:
        self.sizes: list[int] = [] if sizes is None else sizes
        self.free: list[int] = []
        self.taken: set[int] = set()  # all that ever were

    def lend(self) -> Slots:
        """Return the free slots, for somebody who needs them for some time.

        >>> slots = Slots()
        >>> a, b = slots.take(100), slots.take(100)
        >>> slots.give(b)
        >>> lent = slots.lend()
        >>> lent.take(100) == b, lent.take(100) in (a, b), slots.free
        (True, False, [])
        >>> slots.receive(lent)
        >>> len(slots.free)
        2
        """
        lent = Slots(self.sizes)
        lent.free, self.free = self.free, []
        return lent

    def receive(self, lent: Slots) -> None:
        """Have slots back that were lent, and those that were made meanwhile."""
        self.free += {*lent.free, *lent.taken}

    def take(self, nbytes: int) -> int:
        """Return the free slot that fits best, or a new one."""
        fitting = [s for s in self.free if nbytes <= self.sizes[s] <= 2 * nbytes]
        if fitting:
            slot = min(fitting, key=self.sizes.__getitem__)
            self.free.remove(slot)
        else:
            slot = len(self.sizes)
            self.sizes.append(nbytes)
        self.taken.add(slot)
        return slot

    def give(self, slot: int) -> None:
        """Let a slot be taken again."""
        self.free.append(slot)


def can_write(eqn: Eqn) -> bool:
    """Say whether NumPy can write the output of an equation into an array."""
    prim = eqn.prim
    if not prim.into or prim.view or prim.calls or len(eqn.outs) != 1:
        return False
    first, out = atom_aval(eqn.inputs[0]), eqn.outs[0].aval
    if prim is where and (first.dtype.kind != "b" or not _fit(eqn.inputs, out)):
        return False  # a mask has to be boolean
    if prim is power and (first.dtype.kind != "f" or first.dtype != out.dtype):
        return False  # which loop `**` takes, depends on more than the exponent
    names = [number_text(a) or "x" if type(a) is not Var else "x" for a in eqn.inputs]
    return bool(writing_text(eqn, names, "out"))


def _fit(atoms: Iterable[Any], out: Aval) -> bool:
    """Say whether integers among some atoms are numbers of a dtype."""
    if out.dtype.kind not in "iu":
        return True
    info = np.iinfo(out.dtype)
    return all(info.min <= a <= info.max for a in atoms if type(a) is int)


def writing_text(
    eqn: Eqn, names: list[str], out: str, bind: Bind = lambda name, value: name
) -> str:
    """Return statements that write the output of an equation into an array.

    ``bind`` gives the name in the source of a function that they call.
    """
    into = eqn.prim.into
    called = {f.__name__: bind(f.__name__, f) for f in eqn.prim.uses}
    if callable(into):
        text = into(names, out, **eqn.params)
        return text.format(**called) if called else text
    return into.format(*names, out=out, **called, **eqn.params)


def may_overwrite(eqn: Eqn, operand: Any) -> bool:
    """Say whether the output may take the memory of an operand of its own shape."""
    over = eqn.prim.over
    places = [i for i, atom in enumerate(eqn.inputs) if atom is operand]
    return over is None or all(i in over for i in places)
