"""Jaxprs: a function written down as a list of equations over variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..settings import config
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

    @property
    def effectful(self) -> bool:
        """Whether some equation runs for its effect."""
        found = self.cache.get("effectful")
        if found is None:
            found = self.cache["effectful"] = any(map(has_effects, self.eqns))
        return found

    def replace(self, **fields: Any) -> Jaxpr:
        """Return a jaxpr with some fields exchanged (and an empty cache)."""
        kept = {"invars": self.invars, "eqns": self.eqns, "outs": self.outs}
        return Jaxpr(**{**kept, **fields})

    def __repr__(self) -> str:
        from .printing import format_jaxpr

        return format_jaxpr(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Return the jaxpr in colours, for notebooks."""
        from .highlighting import highlighted

        return highlighted(repr(self))


def atom_aval(atom: Any) -> Aval:
    """Return the aval of a variable or a constant."""
    from .aval import aval_of

    return atom.aval if type(atom) is Var else aval_of(atom)


def variables(atoms: Iterable[Any]) -> list[Var]:
    """Return the variables among some atoms, in order and as often as they stand."""
    return [a for a in atoms if type(a) is Var]


def jaxprs_in(value: Any) -> Iterator[Jaxpr]:
    """Yield the jaxprs in a param: itself, or the items of a tuple."""
    if isinstance(value, Jaxpr):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from jaxprs_in(item)


def has_effects(eqn: Eqn) -> bool:
    """Say whether an equation has to run even if nothing reads its outputs.

    It does if its primitive is an effect, or calls a jaxpr that has one.
    """
    prim, inputs, params, *_ = eqn
    if not prim.calls and not params:  # mostly: be quick
        return False
    if prim.effect:
        return True
    nested = list(jaxprs_in(tuple(params.values())))
    if not nested and prim.body is not None:
        nested = [prim.body(*map(atom_aval, inputs), **params)]
    return any(jaxpr.effectful for jaxpr in nested)


@replays
def evaluate(jaxpr: Jaxpr, args: Any, name: str = "a program") -> list[Any]:
    """Run a jaxpr on arrays or tracers, one primitive at a time.

    ``name`` is what the messages of the debug modes call it.
    """
    watching = config.touched and config.checks_values
    env = dict(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        return env[atom] if type(atom) is Var else atom

    for prim, inputs, params, outs, source in jaxpr.eqns:
        run = _replayed(prim, source) if watching else prim
        result = run(*map(read, inputs), **params)
        if prim.multi:
            env.update(zip(outs, result, strict=True))
        else:
            env[outs[0]] = result
    results = [read(atom) for atom in jaxpr.outs]
    if watching:
        _check(jaxpr, args, results, name)
    return results


def _replayed(prim: Primitive, source: Source) -> Any:
    from .debugging import replayed

    return replayed(prim, source)


def _check(jaxpr: Jaxpr, args: Any, results: list[Any], name: str) -> None:
    from .debugging import check_program

    check_program(jaxpr, args, results, name)


def substitute(jaxpr: Jaxpr, env: dict[Var, Any]) -> Jaxpr:
    """Return the jaxpr with some variables replaced by other atoms."""

    def read(atom: Any) -> Any:
        return env.get(atom, atom) if type(atom) is Var else atom

    eqns = (e._replace(inputs=tuple(map(read, e.inputs))) for e in jaxpr.eqns)
    return jaxpr.replace(eqns=tuple(eqns), outs=tuple(map(read, jaxpr.outs)))
