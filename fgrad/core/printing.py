"""Printing a jaxpr so that it reads at a glance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, product
from typing import Any

import numpy as np

from .aval import aval_of
from .jaxpr import Eqn, Jaxpr, Var

ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def letters() -> Any:
    """Yield a, b, ... z, aa, ab, ...; Python keywords are left out.

    >>> names = letters()
    >>> [next(names) for _ in range(3)]
    ['a', 'b', 'c']
    """
    for length in count(1):
        for word in product(ALPHABET, repeat=length):
            name = "".join(word)
            if name not in {"as", "if", "in", "is", "or", "do", "np", "for", "def",
                            "and", "not", "try", "del"}:  # fmt: skip
                yield name


class Names(dict):
    """What variables are called: a, b, c ... in the order in which they are asked."""

    def __init__(self) -> None:
        self.fresh = letters()

    def __missing__(self, var: Var) -> str:
        self[var] = name = next(self.fresh)
        return name


def format_jaxpr(jaxpr: Jaxpr, indent: str = "", names: Names | None = None) -> str:
    """Return the text ``{ lambda a:f64[3] . let b:f64[3] = sin a in (b,) }``."""
    names = Names() if names is None else names
    inputs = " ".join(f"{names[v]}:{v.aval}" for v in jaxpr.invars)
    lines = [_format_eqn(eqn, names, indent + "    ") for eqn in jaxpr.eqns]
    outs = ", ".join(_atom(atom, names) for atom in jaxpr.outs)
    if not lines:
        return f"{{ lambda {inputs} . let in ({outs}) }}"
    head = f"{{ lambda {inputs} . let"
    body = "".join(f"\n{indent}    {line}" for line in lines)
    return f"{head}{body}\n{indent}  in ({outs}) }}"


def _format_eqn(eqn: Eqn, names: Names, indent: str) -> str:
    inputs = " ".join(_atom(atom, names) for atom in eqn.inputs)
    params = " ".join(f"{k}={text}" for k, text in params_of(eqn, indent))
    outs = " ".join(f"{names[v]}:{v.aval}" for v in eqn.outs)
    bracket = f"[{params}]" if params else ""
    left = f"{outs} = " if outs else ""
    return f"{left}{eqn.prim.name}{bracket} {inputs}".rstrip()


def params_of(eqn: Eqn, indent: str = "") -> Iterator[tuple[str, str]]:
    """Yield the parameters of an equation as text, those that say something."""
    for name, value in eqn.params.items():
        if not _is_default(value):
            yield name, _param(value, indent)


def _is_default(value: Any) -> bool:
    # NumPy finds the dtype float64 equal to None.
    return not isinstance(value, np.dtype) and value in (None, False, ((), ()))


def _param(value: Any, indent: str) -> str:
    if isinstance(value, Jaxpr):
        return format_jaxpr(value, indent)
    if isinstance(value, np.dtype):
        return value.name
    if type(value) is tuple:
        items = [_param(v, indent) for v in value]
        return f"({','.join(items)}{',' if len(items) == 1 else ''})"
    return getattr(value, "__name__", None) or str(value)


def _atom(atom: Any, names: Names) -> str:
    if type(atom) is Var:
        return names[atom]
    aval = aval_of(atom)
    if aval.size > 1 or not hasattr(atom, "item"):
        return repr(atom) if aval.weak else f"<{aval}>"
    return repr(atom.item()) + ("" if aval.weak or not aval.shape else f":{aval}")
