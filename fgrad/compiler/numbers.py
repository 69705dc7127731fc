"""Scalars as Python numbers: their arithmetic takes a third of the time of NumPy's.

Where a function is on numbers, every float64 and bool scalar is a Python float or
bool. What is exactly rounded in IEEE 754 has the same bits in Python and in NumPy; all
else is NumPy's function, which takes numbers as well. Python raises where NumPy gives
inf or nan: the rules below ask NumPy there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from typing import Any

import numpy as np

from ..core import Aval, Eqn, Jaxpr, Var, atom_aval
from ..ops.elementwise import div, power

Bind = Callable[[str, Any], str]


def is_number(aval: Aval) -> bool:
    """Say whether values of an aval are Python numbers, in a function on numbers.

    >>> is_number(Aval((), np.dtype(float))), is_number(Aval((), np.dtype("float32")))
    (True, False)
    """
    if aval.shape:
        return False
    return aval.weak or (aval.dtype.char in "d?" and aval.dtype.isnative)


def as_number(text: str, aval: Aval, bind: Bind) -> str:
    """Return an expression for a NumPy scalar as a Python number, if it is one."""
    if not is_number(aval) or aval.weak:
        return text
    kind = bool if aval.dtype.kind == "b" else float
    return f"{bind(kind.__name__, kind)}({text})"


def as_array(text: str, aval: Aval) -> str:
    """Return an expression for a Python number as the NumPy scalar it stands for."""
    if not is_number(aval) or aval.weak:
        return text
    return f"np.bool({text})" if aval.dtype.kind == "b" else f"np.float64({text})"


def pays(jaxpr: Jaxpr) -> bool:
    """Say whether a program of scalars is faster on numbers, all in all.

    An operation saves 25 ns, an argument costs 16 ns and an output 55 ns. Loops are on
    numbers anyway.
    """
    avals = [*jaxpr.in_avals, *jaxpr.out_avals]
    if not jaxpr.eqns or any(a.shape for a in avals):
        return False
    strong = lambda avals: sum(is_number(a) and not a.weak for a in avals)
    if any(e.prim.write is not None for e in jaxpr.eqns):
        return True
    faster = [e for e in jaxpr.eqns if number_rule(e)]
    saved = sum(not e.outs[0].aval.weak for e in faster)
    return saved * 25 > strong(jaxpr.in_avals) * 16 + strong(jaxpr.out_avals) * 55


def reads_numbers(eqn: Eqn) -> bool:
    """Say whether an equation without a rule computes the same from Python numbers.

    NumPy's functions do, and operators if there is an array of floats as well.
    """
    prim = eqn.prim
    if not prim.elementwise or prim is power or type(prim.emit) is not str:
        return False
    avals = [atom_aval(a) for a in eqn.inputs]
    others = [a for a in avals if not is_number(a)]
    if any(a.dtype.char != "d" for a in others) or any(map(_is_bool, avals)):
        return False
    return prim.emit.startswith("np.") or bool(others)


def _is_bool(aval: Aval) -> bool:
    return aval.dtype.kind == "b"


# -- the rules ---------------------------------------------------------------------


def quotient(x: float, y: float) -> float:
    """Divide as NumPy does: by zero, too."""
    return float(np.divide(x, y))


def safe_quotient(c: float, x: float) -> float:
    """Divide a cotangent as `safe_div` does."""
    return quotient(c, x) if c else 0.0


def share(c: float, x: float, y: float, z: float) -> float:
    """Return what ``x`` gets of the cotangent of a maximum or minimum ``z``."""
    return (c * 0.5 if y == z else c) if x == z else 0.0


def root(x: float) -> float:
    """Take a square root as NumPy does: of negative numbers, too."""
    return float(np.sqrt(x))


def raised(x: float, y: float) -> float:
    """Raise to a power as NumPy does, where Python raises errors or gives complex."""
    try:
        z = x**y
    except ArithmeticError:
        z = None
    return z if type(z) is float else float(np.float64(x) ** np.float64(y))


def larger(x: float, y: float) -> float:
    """Return NumPy's maximum: of equal numbers and nan, too."""
    return float(np.maximum(x, y))


def smaller(x: float, y: float) -> float:
    """Return NumPy's minimum: of equal numbers and nan, too."""
    return float(np.minimum(x, y))


_HELPERS = {
    "abs": abs,
    "div": div.impl,
    "float": float,
    "larger": larger,
    "power": power.impl,
    "quotient": quotient,
    "raised": raised,
    "root": root,
    "safe_quotient": safe_quotient,
    "share": share,
    "smaller": smaller,
    "sqrt": sqrt,
}
# fmt: off
_FLOATS = {  # floats -> a float
    "add": "({0} + {1})",
    "sub": "({0} - {1})",
    "mul": "({0} * {1})",
    "div": "({0} / {1} if {1} else {quotient}({0}, {1}))",
    "safe_div": "({0} / {1} if {0} and {1} else {safe_quotient}({0}, {1}))",
    "share": "{share}({0}, {1}, {2}, {3})",
    "neg": "(-{0})",
    "positive": "{0}",
    "abs": "{abs}({0})",
    "fabs": "{abs}({0})",
    "square": "({0} * {0})",
    "reciprocal": "(1.0 / {0} if {0} else {quotient}(1.0, {0}))",
    "sqrt": "({sqrt}({0}) if {0} >= 0.0 else {root}({0}))",
    "pow": "{raised}({0}, {1})",
    "sign": "(1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else 0.0 if {0} == 0.0 else {0})",
    "maximum": "({0} if {0} > {1} else {1} if {0} < {1} else {larger}({0}, {1}))",
    "minimum": "({0} if {0} < {1} else {1} if {0} > {1} else {smaller}({0}, {1}))",
    "cast": "{0}",
    "weaken": "{0}",
    "stop_gradient": "{0}",
    "name": "{0}",
}
_TRUTHS = {  # floats -> a bool
    "lt": "({0} < {1})",
    "le": "({0} <= {1})",
    "gt": "({0} > {1})",
    "ge": "({0} >= {1})",
    "eq": "({0} == {1})",
    "ne": "({0} != {1})",
    "isnan": "({0} != {0})",
}
_LOGIC = {  # bools -> a bool
    "and": "({0} and {1})",
    "or": "({0} or {1})",
    "xor": "({0} != {1})",
    "invert": "(not {0})",
    "logical_and": "({0} and {1})",
    "logical_or": "({0} or {1})",
    "logical_xor": "({0} != {1})",
    "logical_not": "(not {0})",
}
_CHOICES = {  # choices between floats: the operand that decides
    "where": (0, "({1} if {0} else {2})"),
    "choose": (2, "({0} if {2} else {1})"),
}
# fmt: on


def number_rule(eqn: Eqn) -> Callable[[Sequence[str], Bind], str] | None:
    """Return how an equation is written on Python numbers, or None."""
    out = eqn.outs[0].aval if len(eqn.outs) == 1 else None
    if out is None or not is_number(out):
        return None
    template = _template(eqn, [atom_aval(a) for a in eqn.inputs], out)
    if template is None:
        return None

    def write(names: Sequence[str], bind: Bind) -> str:
        used = {k: bind(k, f) for k, f in _HELPERS.items() if f"{{{k}}}" in template}
        return template.format(*names, **used)

    return write


def _template(eqn: Eqn, avals: list[Aval], out: Aval) -> str | None:
    name, kinds = eqn.prim.name, [_kind(a) for a in avals]
    if name == "absent":
        return {"f": "0.0", "b": "False"}.get(out.dtype.kind)
    if name == "slice" and not avals[0].shape and not eqn.params["index"].items:
        return None if avals[0].weak else "{0}"  # z[()]
    if name in _LOGIC and set(kinds) == {"b"} and not out.weak:
        return _LOGIC[name]
    if name in _CHOICES and out.dtype.char == "d":
        place, template = _CHOICES[name]
        arms = [k for i, k in enumerate(kinds) if i != place]
        if kinds[place] != "b" or not set(arms) <= {"f", "i"}:
            return None
        return template if name == "choose" else _of_floats(template, kinds)
    if name in _TRUTHS and set(kinds) <= {"f", "i"}:
        exact = set(kinds) == {"f"} or _are_exact(eqn.inputs)
        return _TRUTHS[name] if exact else None
    if name not in _FLOATS or out.dtype.char != "d" or not set(kinds) <= {*"fib"}:
        return None
    if name == "cast":
        return None if out.weak else _cast(kinds[0])
    if "f" not in kinds:
        return None
    return _division(eqn, out) if name == "div" else _weakly(_FLOATS[name], out)


def _are_exact(atoms: Iterable[Any]) -> bool:
    """Say whether Python compares numbers as NumPy does: it takes integers exactly.

    That is the same if they are floats as well, or if all numbers are weak.
    """
    weak = all(atom_aval(a).weak for a in atoms)
    known = all(
        type(a) is not Var and abs(a) <= 2**53
        for a in atoms
        if atom_aval(a).dtype.kind == "i"
    )
    return weak or known


def _kind(aval: Aval) -> str:
    """Return "f", "i" or "b" for a Python number, "" for anything else."""
    return aval.dtype.kind if is_number(aval) else ""


def _of_floats(template: str, kinds: Sequence[str]) -> str:
    """Return a template that makes floats of integers."""
    for i, kind in enumerate(kinds):
        if kind == "i":
            template = template.replace(f"{{{i}}}", f"{{float}}({{{i}}})")
    return template


def _cast(kind: str) -> str:
    return "{0}" if kind == "f" else "{float}({0})"


def _division(eqn: Eqn, out: Aval) -> str:
    y = eqn.inputs[1]
    if type(y) is not Var and y != 0:
        return "({0} / {1})"
    return _weakly(_FLOATS["div"], out)


def _weakly(template: str, out: Aval) -> str:
    """Return a template that warns of nothing if the user's own numbers are meant."""
    if not out.weak:
        return template
    return template.replace("{quotient}", "{div}").replace("{raised}", "{power}")


def number_text(atom: Any) -> str | None:
    """Return a scalar constant as source code, or None for what has no such text.

    >>> number_text(2.0), number_text(np.float32(0.5)), number_text(float("-inf"))
    ('2.0', 'np.float32(0.5)', '(-np.inf)')
    """
    if isinstance(atom, np.ndarray | np.clongdouble):
        return None
    if isinstance(atom, np.longdouble):  # no Python number holds its digits
        return f'np.longdouble("{atom!s}")'
    if isinstance(atom, np.generic):
        kind = "bool" if isinstance(atom, np.bool_) else type(atom).__name__
        return f"np.{kind}({number_text(atom.item())})"
    if isinstance(atom, complex):
        return f"complex({number_text(atom.real)}, {number_text(atom.imag)})"
    if isinstance(atom, float) and not np.isfinite(atom):
        return "np.nan" if atom != atom else ("np.inf" if atom > 0 else "(-np.inf)")
    text = repr(atom)
    return f"({text})" if text.startswith("-") else text


def literal(atom: Any) -> str | None:
    """Return a constant as a Python number, or None if it stands for no number.

    >>> literal(np.float64(2.0)), literal(np.array(True)), literal(np.float32(2.0))
    ('2.0', 'True', None)
    """
    if not is_number(atom_aval(atom)):
        return None
    return number_text(atom.item() if hasattr(atom, "item") else atom)
