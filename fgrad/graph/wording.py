"""How operations and values are written: symbols, local gradients, short numbers."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compiler.emit import number_text
from ..core import Eqn, aval_of

SYMBOLS = {
    "add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "−", "pow": "^",
    "matmul": "@", "dot": "·", "dot_general": "@", "sqrt": "√", "sum": "Σ",
    "prod": "Π", "integrate": "∫", "abs": "|x|", "square": "x²", "reciprocal": "1/x",
    "maximum": "max", "minimum": "min", "getitem": "[ ]", "slice": "[ ]",
}  # fmt: skip
"""Operations that have a sign of their own; others are written by name."""

LOCAL = {
    "add": ("1", "1"),
    "sub": ("1", "-1"),
    "mul": ("{1}", "{0}"),
    "div": ("1/{1}", "-{0}/{1}²"),
    "neg": ("-1",),
    "exp": ("{z}",),
    "exp2": ("ln 2 · {z}",),
    "expm1": ("{z} + 1",),
    "log": ("1/{0}",),
    "log1p": ("1/(1 + {0})",),
    "sqrt": ("1/(2 {z})",),
    "square": ("2 {0}",),
    "reciprocal": ("-{z}²",),
    "sin": ("cos {0}",),
    "cos": ("-sin {0}",),
    "tan": ("1 + {z}²",),
    "tanh": ("1 - {z}²",),
    "sinh": ("cosh {0}",),
    "cosh": ("sinh {0}",),
    "abs": ("sign {0}",),
    "pow": ("{1} {0}^({1} - 1)", "{z} ln {0}"),
    "maximum": ("1 where {0} is larger", "1 where {1} is larger"),
    "minimum": ("1 where {0} is smaller", "1 where {1} is smaller"),
    "where": ("", "1 where {0}", "1 where not {0}"),
    "sum": ("1 for every element",),
    "dot": ("{1}", "{0}"),
    "matmul": ("· @ {1}ᵀ", "{0}ᵀ @ ·"),
    "dot_general": ("· @ {1}ᵀ", "{0}ᵀ @ ·"),
    "transpose": ("·ᵀ",),
    "reshape": ("the same elements",),
}
"""The derivative of an operation by each argument: {0}, {1} are these, {z} the result,
and · is what flows in."""


def symbol(eqn: Eqn) -> str:
    """Return what is written into the node of an operation."""
    return SYMBOLS.get(eqn.prim.name, eqn.prim.name.removesuffix("_p"))


def expression(eqn: Eqn, names: Sequence[str]) -> str:
    """Return an operation as NumPy code over named arguments.

    >>> from fgrad import make_jaxpr
    >>> (eqn,) = make_jaxpr(np.sin)(1.0).eqns
    >>> expression(eqn, ["s"])
    'np.sin(s)'
    """
    emit = eqn.prim.emit
    if callable(emit):
        text = emit(list(names), **eqn.params)
    elif emit:
        text = emit.format(*names, **eqn.params)
    else:
        text = f"{eqn.prim.name}({', '.join(names)})"
    try:
        return ast.unparse(ast.parse(text, mode="eval"))  # without needless parentheses
    except SyntaxError:
        return text


def local_gradient(eqn: Eqn, place: int, names: Sequence[str], z: str) -> str:
    """Return the derivative by one argument as a formula; empty if none is known."""
    formulas = LOCAL.get(eqn.prim.name, ())
    return formulas[place].format(*names, z=z) if place < len(formulas) else ""


def constant(atom: Any) -> str:
    """Return what a constant is called: its value, or its shape if it is large."""
    text = number_text(atom)
    return text if text else short(atom) if np.size(atom) <= 6 else str(aval_of(atom))


def short(value: Any, digits: int = 4) -> str:
    """Return a value as a person would write it: a number, a small array, a summary.

    >>> short(0.87435214), short(np.array([0.5, 0.25])), short(np.zeros((30, 40)))
    ('0.8744', '[0.5, 0.25]', 'f64[30,40], mean 0, 0 to 0')
    """
    x = np.asarray(value)
    if x.dtype.kind not in "fc" and not x.shape:
        return str(x)
    if not x.shape:
        return number(x[()], digits)
    if x.size <= 6 and x.ndim <= 2:
        return _nested(x, digits)
    aval = str(aval_of(x))
    if x.dtype.kind not in "f" or not x.size:
        return aval
    low, high, mean = (number(f(x), digits) for f in (np.min, np.max, np.mean))
    return f"{aval}, mean {mean}, {low} to {high}"


def number(x: Any, digits: int) -> str:
    """Return a number with some digits behind its leading zeros.

    >>> number(0.009276093, 4), number(1.94, 4), number(-12.0, 4), number(1e-9, 4)
    ('0.009276', '1.94', '-12', '1e-09')
    """
    return f"{x:.{digits}g}"


def _nested(x: np.ndarray, digits: int) -> str:
    if not x.shape:
        return number(x[()], digits) if x.dtype.kind in "fc" else str(x[()])
    return f"[{', '.join(_nested(row, digits) for row in x)}]"
