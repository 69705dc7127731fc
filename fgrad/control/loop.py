"""The loop primitives, ``scan`` and ``while``: a body as a jaxpr, run many times.

A body maps ``(*consts, *carry, *xs)`` to ``(*carry, *ys)``. ``scan`` runs it for each
element of the stacked ``xs`` and stacks the ``ys``. ``while`` runs it as long as its
first carry, the predicate, holds (for any element, if it is an array). It has no
``xs``, and its ``ys`` get an axis whose length is not known before: `DYNAMIC`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from ..compiler.call import derived
from ..compiler.keeping import Iterated
from ..compiler.runtime import alone
from ..core import (
    Aval,
    Eqn,
    Jaxpr,
    Primitive,
    Var,
    aval_of,
    check_program,
    evaluate,
    user_source,
)
from ..settings import config
from .loop_emit import write
from .loop_homes import in_order
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
        outs = prim(*consts, *carry, *xs, **self.params)
        return outs[: self.n_carry], outs[self.n_carry :]

    @property
    def params(self) -> dict[str, Any]:
        """The params of the primitive."""
        params = self._asdict()
        del params["until"]
        return params

    @property
    def iterated(self) -> Iterated:
        """How the arguments of the body are divided."""
        return Iterated(self.n_consts, self.n_carry)

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


def _runs(loop: Loop, args: Any) -> Iterator[tuple[Jaxpr, Any, str]]:
    """Yield the body with the inputs of every iteration."""
    consts, carry, xs = loop.divide(args)
    n = len(xs[0]) if loop.length is None and xs else loop.length
    for done in count() if n is None else range(n):
        step = n - 1 - done if loop.reverse and n is not None else done
        if loop.until and not np.any(carry[0]):
            return
        inputs = [*consts, *carry, *(x[step] for x in xs)]
        yield loop.jaxpr, inputs, f"iteration {step} of {loop.name}"
        carry = evaluate(loop.jaxpr, inputs)[: loop.n_carry]


def _run(loop: Loop, args: Any) -> list[Any]:
    """Run the loop as a program of its own."""
    outs = list(_lowered(loop)(*args))
    if config.touched and config.checks_values:
        eqn = _equation(loop, list(map(aval_of, args)))
        check_program(Jaxpr(eqn.inputs, (eqn,), eqn.outs), args, outs, loop.name)
    return outs


def _lowered(loop: Loop) -> Callable[..., Any]:
    """Return a function of the loop's arguments that runs it."""

    def make() -> Callable[..., Any]:
        consts, carry, xs = parts = loop.divide(loop.jaxpr.in_avals)
        length = DYNAMIC if loop.length is None else loop.length
        stacks = [Aval((length, *a.shape), a.dtype) for a in xs]
        named = zip("kcx", parts, ("", "", "s"))
        names = [f"{k}{i}{s}" for k, group, s in named for i in range(len(group))]
        return alone(_equation(loop, [*consts, *carry, *stacks]), loop.name, names)

    return derived(loop.jaxpr, loop.key("lowered"), make)


def _equation(loop: Loop, avals: Sequence[Aval]) -> Eqn:
    """Return the equation of a loop over new variables."""
    prim = while_p if loop.until else scan_p
    invars, outs = tuple(map(Var, avals)), tuple(map(Var, loop.out_avals))
    return Eqn(prim, invars, loop.params, outs, user_source())


def _loop_primitive(name: str, until: bool) -> Primitive:
    def spec(params):
        return Loop(**params, until=until)

    return Primitive(
        name,
        impl=lambda *args, **params: _run(spec(params), args),
        abstract=lambda *avals, **params: spec(params).out_avals,
        batch=lambda args, dims, axis, **params: batch(spec(params), args, dims, axis),
        multi=True,
        forward=lambda needed, *args, **params: forward(spec(params), needed, args),
        dual=lambda primals, tangents, **params: dual(spec(params), primals, tangents),
        lower=lambda **params: _lowered(spec(params)),
        write=lambda emitter, eqn: write(spec(eqn.params), emitter, eqn),
        in_order=lambda flags, **params: in_order(spec(params), flags),
        runs=lambda *args, **params: _runs(spec(params), args),
    )


scan_p = _loop_primitive("scan", until=False)
while_p = _loop_primitive("while", until=True)
