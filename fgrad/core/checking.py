"""The type checker of jaxprs, run after every transformation in tests."""

from __future__ import annotations

from typing import Any

from ..errors import JaxprTypeError
from .aval import Aval, aval_of
from .jaxpr import Eqn, Jaxpr, Var


def check_jaxpr(jaxpr: Jaxpr) -> Jaxpr:
    """Return the jaxpr if it is well formed, else raise `JaxprTypeError`.

    Every variable is defined once, before it is read; every equation's outputs
    have the avals that the primitive's abstract rule gives for its inputs; nested
    jaxprs are well formed themselves.
    """
    defined: set[Var] = set()
    _define(defined, jaxpr.invars, "an input")
    for eqn in jaxpr.eqns:
        _check_eqn(eqn, [_aval(defined, atom, eqn.prim.name) for atom in eqn.inputs])
        _define(defined, eqn.outs, eqn.prim.name)
    for atom in jaxpr.outs:
        _aval(defined, atom, "the output")
    return jaxpr


def _define(defined: set[Var], variables: Any, by: str) -> None:
    for var in variables:
        if var in defined:
            raise JaxprTypeError(f"a variable of aval {var.aval} from {by} is reused")
        defined.add(var)


def _aval(defined: set[Var], atom: Any, reader: str) -> Aval:
    if type(atom) is not Var:
        return aval_of(atom)
    if atom not in defined:
        raise JaxprTypeError(f"{reader} reads an undefined variable ({atom.aval})")
    return atom.aval


def _check_eqn(eqn: Eqn, avals: list[Aval]) -> None:
    for value in eqn.params.values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Jaxpr):
                check_jaxpr(part)
    result = eqn.prim.abstract(*avals, **eqn.params)
    expected = list(result) if eqn.prim.multi else [result]
    actual = [var.aval for var in eqn.outs]
    if expected != actual:
        raise JaxprTypeError(
            f"{eqn.prim.name} of {avals} has outputs {actual}, its abstract rule "
            f"gives {expected}"
        )
