"""Which tracers NumPy would let share memory, and what a write to one means.

A tracer stands for an array that changes by being bound anew: an item assignment gives
the same Python object another value, so that all names of it see the write. What
NumPy would have written through to (views, arguments, values of an outer function) is
known here, and raises. See ``docs/decisions/0022-item-assignment.md``.
"""

from __future__ import annotations

from typing import Any, NoReturn
from weakref import ref

from ..errors import TracerMutationError
from .memory import INSIDE, READ_ONLY, Memory, read_only
from .source import expression, user_source, where
from .tracer import Tracer, memory_of


def link(base: Any, view: Any, prim: Any = None, params: Any = None) -> None:
    """Note that NumPy would have made a view; an element is a scalar, and none.

    The primitive says which elements the view shows, if one alone made it.
    """
    if type(base) is not Tracer or type(view) is not Tracer:
        return
    index = params.get("index") if params else None
    if index is not None and Ellipsis not in index.items and not view.shape:
        return
    memory = getattr(base, "memory", None)
    if memory is None:
        memory = Memory(base)
        if type(base.source) is int:
            memory.argument = (base.owner, None, None, base.source)
    elif len(memory.members) >= memory.crowd:
        memory.thin()
    memory.members.append(ref(view))
    view.memory = memory
    view.steps = (base.steps, prim, params)


def protected(x: Any) -> Any:
    """Return a view of all elements that NumPy would let nobody write to."""
    if type(x) is not Tracer or not x.shape:
        return x
    view = Tracer(x.owner, x.value, x.note, user_source())
    link(x, view, None, READ_ONLY)
    return view


def held(x: Tracer) -> Tracer:
    """Return a tracer of what another is now, for a record: nobody writes to it."""
    frozen = getattr(x, "frozen", None)
    if frozen is None:
        frozen = x.frozen = Tracer(x.owner, x.value, x.note, x.source)
    return frozen


# -- writing -------------------------------------------------------------------------


def write(target: Tracer, new: Tracer, value: Any = None) -> None:
    """Give a tracer the value after the item assignment of ``value``."""
    source = user_source()
    _refuse_read_only(target, "item assignment")
    _refuse_argument(target, "item assignment")
    memory = memory_of(target)
    others = [] if memory is None else memory.others(target)
    if memory is not None and target.steps:
        others_than_value = [one for one in others if one is not value]
        if others_than_value:
            _refuse_view(target, others_than_value[0], source)
    if _outside(target, new):
        raise TracerMutationError(
            f"item assignment on {target.describe()} inside a function that does not "
            "run as often as it would in NumPy (jit, vmap, a loop body): the array is "
            "one of an outer function, or was computed from its values. Write "
            "x = x.copy() first, assign to the copy, and return it"
        )
    _outdate(others, target, None, source)
    _rebind(target, new, source)


def write_whole(target: Tracer, new: Tracer) -> Tracer:
    """Return what a name is bound to after an augmented assignment to an array."""
    source = user_source()
    _refuse_read_only(target, "augmented assignment")
    _refuse_argument(target, "augmented assignment")
    memory = memory_of(target)
    if _outside(target, new):  # who else holds the array must not see the old value
        _outdate([target], target, None, source)
        return new
    if memory is not None:
        base, _, params = target.steps or (None, None, None)
        index = params.get("index") if params else None
        writer = None if index is None else (ref(target), base, index)
        _outdate(memory.others(target), target, writer, source)
    _rebind(target, new, source)
    return target


def settle(target: Tracer, value: Any, index: Any) -> None:
    """Let an array be written to if it waits for just that.

    ``y[i] += v`` first changes the view ``y[i]``, then assigns it to its place.
    """
    stale: Any = target.owner
    if type(stale) is Outdated and stale.writer is not None:
        view, base, at = stale.writer
        if view() is value and base is target.steps and at == index:
            target.owner, target.value = stale.trace, stale.value
    if type(value) is Tracer and memory_of(value) is memory_of(target) is not None:
        late: Any = value.owner
        if type(late) is Outdated:  # y[0], y[1] = y[1], y[0]
            late.refuse(f". {_exchange()}")


def _exchange() -> str:
    if "shuffle(" in expression(user_source()):
        return "To shuffle rows write x = x[rng.permutation(len(x))]"
    return "To exchange rows write y[[0, 1]] = y[[1, 0]]"


def _rebind(target: Tracer, new: Tracer, source: Any) -> None:
    target.owner, target.value, target.note = new.owner, new.value, new.note
    target.source = source
    target.frozen = None


def _outside(target: Tracer, new: Tracer) -> bool:
    """Say whether a write may reach an array of an outer function, from inside."""
    memory = memory_of(target)
    born = -1 if memory is None else memory.born
    inside = INSIDE.get()
    return new.owner.level <= target.owner.level < inside > born


def _refuse_read_only(target: Tracer, action: str) -> None:
    if memory_of(target) is not None and read_only(target):
        raise TracerMutationError(
            f"{action} to {target.describe()} at {where(user_source())}: the array is "
            "read-only, since one element of the memory may stand in many places: "
            "NumPy refuses the write to what np.broadcast_to, np.broadcast_arrays and "
            "np.diagonal return. Write x = x.copy() first"
        )


def _refuse_argument(target: Tracer, action: str) -> None:
    memory = memory_of(target)
    if type(target.source) is int:
        whose = target
    elif memory is not None and memory.argument is not None:
        whose = Tracer(*memory.argument)
    else:
        return
    view = "" if whose is target else "a view of "
    instead = "x = x.copy() first, or x = x.at[index].set(value)"
    if action.startswith("augmented"):
        instead = "x = x.copy() first" if view else "x = x + v"
    raise TracerMutationError(
        f"{action} to {target.aval} ({view}{whose.owner.origin(whose)}) at "
        f"{where(user_source())}: NumPy would change the caller's array, which a "
        f"transformation never does. Write {instead}"
    )


def _refuse_view(target: Tracer, other: Tracer, source: Any) -> NoReturn:
    raise TracerMutationError(
        f"item assignment to a view at {where(source)}: {target.describe()} shares "
        f"memory with {other.describe()}, which NumPy would change too. Write to the "
        "array itself (y[0, 1] = v, not y[0][1] = v), or to a copy: x = x.copy()"
    )


# -- views that are out of date ------------------------------------------------------


class Outdated:
    """What owns a tracer whose memory was written to through another.

    Any use of such a tracer raises. It plays the part of a trace that is younger than
    all others, so that each of them asks it.
    """

    __slots__ = ("aval_", "line", "made", "trace", "value", "writer", "written")

    level = float("inf")
    ended = True
    name = "a function"
    leak_hint = ""
    inputs = None

    def __init__(self, x: Tracer, written: Tracer, writer: Any, source: Any) -> None:
        self.aval_, self.made = x.aval, x.owner.origin(x)
        self.trace, self.value = x.owner, x.value
        self.written = written.owner.origin(written)
        self.writer = writer
        self.line = where(source)

    @property
    def known(self) -> NoReturn:
        """Raise: the value is not known any more."""
        self.refuse()

    def aval(self, tracer: Tracer) -> Any:
        """Return the aval, which no write changes."""
        return self.aval_

    def origin(self, tracer: Tracer) -> str:
        """Say where the tracer was made, and what changed its memory."""
        return f"{self.made}, written to at {self.line}"

    def record(self, prim: Any, args: Any, params: Any) -> NoReturn:
        """Raise: this is a use."""
        self.refuse()

    def refuse(self, hint: str = "") -> NoReturn:
        """Raise that a tracer is out of date."""
        raise TracerMutationError(
            f"{self.aval_} ({self.made}) is used at {where(user_source())}, after the "
            f"memory that it shares in NumPy was written to at {self.line}, through "
            f"the array {self.written}. NumPy shows the new values here: write to the "
            "array itself (y[i] = v, y[i] += v), and take views after writing, or "
            f"x.copy() before{hint}"
        )


def _outdate(tracers: list[Tracer], written: Tracer, writer: Any, source: Any) -> None:
    for x in tracers:
        owner: Any = x.owner
        if type(owner) is not Outdated:
            stale: Any = Outdated(x, written, writer, source)
            x.owner, x.value, x.frozen = stale, None, None
