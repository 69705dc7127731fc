"""The loop primitives, ``scan`` and ``while``: a body as a jaxpr, run many times.

A body maps ``(*consts, *carry, *xs)`` to ``(*carry, *ys)``. ``scan`` runs it for each
element of the stacked ``xs`` and stacks the ``ys``. ``while`` runs it as long as its
first carry, the predicate, holds (for any element, if it is an array). It has no
``xs``, and its ``ys`` get an axis whose length is not known before: `DYNAMIC`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..core import Aval, Jaxpr, Primitive
from .loop_emit import lowered
from .loop_rules import batch, dual
from .loop_vjp import forward
from .stacks import DYNAMIC


class Loop(NamedTuple):
    """A loop: its body, and how its arguments are divided."""

    jaxpr: Jaxpr  # (*consts, *carry, *xs) -> (*carry, *ys)
    n_consts: int
    n_carry: int
    length: int | None  # the number of iterations, None if the xs tell it
    reverse: bool
    name: str
    until: bool = False  # a while loop

    def divide(self, args: Sequence[Any]) -> tuple[Any, Any, Any]:
        """Return consts, carry and xs of what goes into the body or the loop."""
        k, c = self.n_consts, self.n_consts + self.n_carry
        return args[:k], args[k:c], args[c:]

    def __call__(self, consts: Any, carry: Any, xs: Any) -> tuple[Any, Any]:
        """Run or record the loop; return the carry and the stacked ys."""
        prim = while_p if self.until else scan_p
        params = self._asdict()
        del params["until"]
        outs = prim(*consts, *carry, *xs, **params)
        return outs[: self.n_carry], outs[self.n_carry :]

    def key(self, *more: Any) -> tuple[Any, ...]:
        """Return what names something derived from the loop in its jaxpr's cache."""
        return ("loop", *self[1:], *more)

    @property
    def out_avals(self) -> list[Aval]:
        """The avals of the carry and of the stacked ys."""
        avals = self.jaxpr.out_avals
        length = DYNAMIC if self.length is None else self.length
        ys = [Aval((length, *a.shape), a.dtype) for a in avals[self.n_carry :]]
        return [*avals[: self.n_carry], *ys]


def _loop_primitive(name: str, until: bool) -> Primitive:
    def spec(params):
        return Loop(**params, until=until)

    return Primitive(
        name,
        impl=lambda *args, **params: list(lowered(spec(params))(*args)),
        abstract=lambda *avals, **params: spec(params).out_avals,
        batch=lambda args, dims, axis, **params: batch(spec(params), args, dims, axis),
        multi=True,
        forward=lambda needed, *args, **params: forward(spec(params), needed, args),
        dual=lambda primals, tangents, **params: dual(spec(params), primals, tangents),
        lower=lambda **params: lowered(spec(params)),
    )


scan_p = _loop_primitive("scan", until=False)
while_p = _loop_primitive("while", until=True)
