"""Traces that keep hold of what has no derivative, as code for a standard expects.

Under `grad` and `jvp`, ``x > 0`` is a plain array: it has no derivative. Code for the
array API asks for the namespace of all of its arrays at once, and would find two. So a
trace whose namespace was asked for gives tracers from then on, whose note is None.
See ``docs/decisions/0024-constants-for-the-array-api.md``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .source import user_source
from .trace import Trace
from .tracer import Tracer

if TYPE_CHECKING:
    from .primitive import Primitive


class _Keeping(Trace):
    """What such a trace does before, and instead of, what its kind does."""

    __slots__ = ()

    def record(self, prim: Primitive, args: tuple[Any, ...], params: Any) -> Any:
        """Return tracers always; without a derivative nothing is recorded."""
        mine = [type(a) is Tracer and a.owner is self for a in args]
        if any(own and a.note is not None for own, a in zip(mine, args)):
            z = super().record(prim, args, params)
        else:
            if self.ended:
                self.check_alive(prim, args)
            z = prim(*(a.value if own else a for own, a in zip(mine, args)), **params)
        return [*map(self.constant, z)] if prim.multi else self.constant(z)

    def constant(self, value: Any) -> Tracer:
        """Return a tracer of a value without derivative."""
        if type(value) is Tracer and value.owner is self:
            return value
        return Tracer(self, value, None, user_source())


@cache
def _keeping(kind: Any) -> Any:
    bases = (_Keeping, kind) if kind.known else (kind,)
    return type(kind.__name__, bases, {"__slots__": (), "keeps": True})


def keep_constants(trace: Trace) -> None:
    """Let a trace give tracers also of what has no derivative, none of them a scalar.

    The class changes, so that all other traces pay nothing for it.
    """
    if not trace.keeps:
        kind: Any = type(trace)
        trace.__class__ = _keeping(kind)
