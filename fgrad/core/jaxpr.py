"""Jaxprs: a function written down as a list of equations over variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .aval import Aval
from .source import Source, replays

if TYPE_CHECKING:
    from .primitive import Primitive


class Var:
    """A name for a value; its identity is its meaning."""

    __slots__ = ("aval",)

    aval: Aval

    def __init__(self, aval: Aval) -> None:
        self.aval = aval


class Eqn(NamedTuple):
    """One application of a primitive: ``outs = prim[params] inputs``.

    ``inputs`` are atoms: a `Var`, or a constant (an array, a scalar or a tracer
    of an older trace).
    """

    prim: Primitive
    inputs: tuple[Any, ...]
    params: dict[str, Any]
    outs: tuple[Var, ...]
    source: Source


class Jaxpr:
    """A function: input variables, equations in order, output atoms."""

    __slots__ = ("__weakref__", "cache", "eqns", "invars", "outs")

    def __init__(
        self, invars: tuple[Var, ...], eqns: tuple[Eqn, ...], outs: tuple[Any, ...]
    ) -> None:
        self.invars = tuple(invars)
        self.eqns = tuple(eqns)
        self.outs = tuple(outs)
        self.cache: dict[Any, Any] = {}  # what transformations derived from it

    @property
    def in_avals(self) -> tuple[Aval, ...]:
        """The avals of the inputs."""
        return tuple(v.aval for v in self.invars)

    @property
    def out_avals(self) -> tuple[Aval, ...]:
        """The avals of the outputs."""
        return tuple(map(atom_aval, self.outs))

    def replace(self, **fields: Any) -> Jaxpr:
        """Return a jaxpr with some fields exchanged (and an empty cache)."""
        kept = {"invars": self.invars, "eqns": self.eqns, "outs": self.outs}
        return Jaxpr(**{**kept, **fields})

    def __repr__(self) -> str:
        from .printing import format_jaxpr

        return format_jaxpr(self)

    __str__ = __repr__


def atom_aval(atom: Any) -> Aval:
    """Return the aval of a variable or a constant."""
    from .aval import aval_of

    return atom.aval if type(atom) is Var else aval_of(atom)


@replays
def evaluate(jaxpr: Jaxpr, args: Any) -> list[Any]:
    """Run a jaxpr on arrays or tracers, one primitive at a time."""
    env = dict(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        return env[atom] if type(atom) is Var else atom

    for prim, inputs, params, outs, source in jaxpr.eqns:  # noqa: B007
        result = prim(*map(read, inputs), **params)
        if prim.multi:
            env.update(zip(outs, result, strict=True))
        else:
            env[outs[0]] = result
    return [read(atom) for atom in jaxpr.outs]


def substitute(jaxpr: Jaxpr, env: dict[Var, Any]) -> Jaxpr:
    """Return the jaxpr with some variables replaced by other atoms."""

    def read(atom: Any) -> Any:
        return env.get(atom, atom) if type(atom) is Var else atom

    eqns = (e._replace(inputs=tuple(map(read, e.inputs))) for e in jaxpr.eqns)
    return jaxpr.replace(eqns=tuple(eqns), outs=tuple(map(read, jaxpr.outs)))
