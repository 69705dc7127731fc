"""Signs of operations, and their derivatives as one writes them on paper."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from ..core import Aval, Eqn
from .wording import is_number, number

SYMBOLS = {
    "add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "−", "pow": "^",
    "power": "^", "float_power": "^", "matmul": "@", "dot": "·", "dot_general": "@",
    "sqrt": "√", "root": "√", "cbrt": "∛", "sum": "Σ", "prod": "Π", "integrate": "∫",
    "abs": "|x|", "fabs": "|x|", "square": "x²", "reciprocal": "1/x", "maximum": "max",
    "minimum": "min", "fmax": "max", "fmin": "min", "logistic": "σ", "expit": "σ",
    "norm": "‖x‖", "getitem": "[ ]", "slice": "[ ]", "pick": "[ ]", "gather": "[ ]",
    "eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥",
}  # fmt: skip
"""Operations that have a sign of their own; others are written by name."""

_SAME, _CHOSEN = "the same elements", "1 where chosen"
_LARGER = tuple(f"1 where {x} is larger, ½ if equal" for x in ("{0}", "{1}"))
_SMALLER = tuple(f"1 where {x} is smaller, ½ if equal" for x in ("{0}", "{1}"))

LOCAL: dict[str, str | tuple[str, ...]] = {
    # arithmetic
    "add": ("1", "1"),
    "sub": ("1", "-1"),
    "mul": ("{1}", "{0}"),
    "div": ("1/{1}", "-{0}/{1}²"),
    "neg": ("-1",),
    "positive": ("1",),
    "square": ("2 {0}",),
    "reciprocal": ("-{z}²",),
    "sqrt": ("1/(2 {z})",),
    "root": ("1/(2 {z})",),
    "cbrt": ("1/(3 {z}²)",),
    "pow": ("{1} {0}^({1} - 1)", "{z} ln {0}"),
    "power": ("{1} {0}^({1} - 1)", "{z} ln {0}"),
    "float_power": ("{1} {0}^({1} - 1)", "{z} ln {0}"),
    "hypot": ("{0}/{z}", "{1}/{z}"),
    # exponentials and logarithms
    "exp": ("{z}",),
    "exp2": ("ln 2 · {z}",),
    "expm1": ("{z} + 1",),
    "log": ("1/{0}",),
    "log2": ("1/({0} ln 2)",),
    "log10": ("1/({0} ln 10)",),
    "log1p": ("1/(1 + {0})",),
    "logaddexp": ("e^({0} - {z})", "e^({1} - {z})"),
    "logistic": ("{z} (1 - {z})",),
    "expit": ("{z} (1 - {z})",),
    "logit": ("1/({0} (1 - {0}))",),
    "log_expit": ("1 - e^{z}",),
    "xlogy": ("ln {1}", "{0}/{1}"),
    # circles and hyperbolas
    "sin": ("cos {0}",),
    "cos": ("-sin {0}",),
    "tan": ("1 + {z}²",),
    "arcsin": ("1/√(1 - {0}²)",),
    "arccos": ("-1/√(1 - {0}²)",),
    "arctan": ("1/(1 + {0}²)",),
    "arctan2": ("{1}/({0}² + {1}²)", "-{0}/({0}² + {1}²)"),
    "sinh": ("cosh {0}",),
    "cosh": ("sinh {0}",),
    "tanh": ("1 - {z}²",),
    "arcsinh": ("1/√({0}² + 1)",),
    "arccosh": ("1/√({0}² - 1)",),
    "arctanh": ("1/(1 - {0}²)",),
    "deg2rad": ("π/180",),
    "rad2deg": ("180/π",),
    # special functions
    "erf": ("2/√π · e^(-{0}²)",),
    "erfc": ("-2/√π · e^(-{0}²)",),
    "ndtr": ("e^(-{0}²/2)/√(2 π)",),
    "gammaln": ("digamma {0}",),
    "i0": ("i1 {0}",),
    "j0": ("-j1 {0}",),
    # choices
    "abs": ("sign {0}",),
    "fabs": ("sign {0}",),
    "maximum": (
        "1 where {0} is larger, ½ if equal",
        "1 where {1} is larger, ½ if equal",
    ),
    "minimum": (
        "1 where {0} is smaller, ½ if equal",
        "1 where {1} is smaller, ½ if equal",
    ),
    "fmax": _LARGER,
    "fmin": (
        "1 where {0} is smaller, ½ if equal",
        "1 where {1} is smaller, ½ if equal",
    ),
    "where": ("", "1 where {0}", "1 where not {0}"),
    "max": ("1 at the largest, shared if several",),
    "min": ("1 at the smallest, shared if several",),
    # sums and products of elements
    "sum": ("1 for every element",),
    "prod": ("{z}/{0}: the product of the others",),
    "cumsum": ("1 for every sum from there on",),
    "norm": ("{0}/{z}",),
    "dot": ("{1}", "{0}"),
    # matrices
    "inv": ("-{z}ᵀ @ · @ {z}ᵀ",),
    "solve": ("-inv({0}ᵀ) @ · @ {z}ᵀ", "inv({0}ᵀ) @ ·"),
    "det": ("{z} inv({0}ᵀ)",),
    # elements in other places
    "reshape": _SAME,
    "flip": _SAME,
    "sort": ("the same elements, back in their order",),
    "cast": ("1",),
    "repeat": "summed over the copies",
    "pad": "its part",
    "real": ("1",),
    "conj": ("·, conjugated",),
    "slice_set": ("0 where it was written", "its part"),
    "scatter_set": ("0 where it was written", "its part"),
    "scatter_add": ("1", "its part"),
    "unslice": _CHOSEN,
    "scatter": _CHOSEN,
    "concatenate": "its part",
    "stack": "its part",
    "slice": _CHOSEN,
    "pick": _CHOSEN,
    "gather": _CHOSEN,
    "take_along": _CHOSEN,
}
"""The derivative of an operation by each argument: {0}, {1} are these, {z} the result,
and · is what flows in. One text is that of every argument."""

_POWERS = ("pow", "power", "float_power")


def symbol(eqn: Eqn, code: str) -> str:
    """Return what is written into the node of an operation: of ``x[0]`` the index."""
    sign = SYMBOLS.get(eqn.prim.name, eqn.prim.name)
    if sign == "[ ]" and code.endswith("]"):
        tree: Any = ast.parse(code, mode="eval").body
        inner = ast.unparse(tree.slice) if type(tree) is ast.Subscript else " "
        return f"[{_bare(inner)}]" if len(inner) <= 12 else sign
    if found := _CHANGE.search(code):
        index = f"[{found[1]}]" if len(found[1]) <= 12 else "[ ]"
        return index + _CHANGES[found[2]]
    return sign


_CHANGE = re.compile(r"\.at\[(.*)\]\.(\w+)\([^()]*\)$")
_CHANGES = {"set": " =", "add": " +=", "multiply": " *=", "min": " min", "max": " max"}


def _bare(index: str) -> str:
    """Return an index of several axes as one writes it: ``0, 1``, not ``(0, 1)``."""
    return index[1:-1] if index.startswith("(") and index.endswith(")") else index


def local_gradient(
    eqn: Eqn,
    place: int,
    names: Sequence[str],
    z: str,
    avals: Sequence[Aval],
    code: str,
) -> str:
    """Return the derivative by one argument as a formula; empty if none is known.

    ``avals`` are those of the arguments and the output, ``code`` is the operation. If
    the argument was broadcast to the shape of the output, the formula says over which
    axes its gradient is summed.
    """
    name = eqn.prim.name
    if eqn.prim.flat:
        return "0"
    if name in ("matmul", "dot_general"):
        return _of_product(code, place, names, avals)
    if name == "transpose":
        swapped = tuple(eqn.params["axes"]) == (1, 0)
        return "·ᵀ" if swapped else "the same elements, axes back in their order"
    if name == "abs" and avals[place].dtype.kind == "c":
        return ""
    formula = _formula(name, place, list(map(_plain, names)), z)
    if formula and avals[-1].dtype.kind == "c" != avals[place].dtype.kind:
        formula += ", the real part"
    if not eqn.prim.elementwise:
        return formula
    axes = _broadcast_axes(avals[place].shape, avals[-1].shape)
    if not axes:
        return formula
    what = f"over axis {axes[0]}" if len(axes) == 1 else f"over axes {axes}"
    return f"{formula}, summed {what}: it was broadcast".removeprefix(", ")


def _formula(name: str, place: int, names: Sequence[str], z: str) -> str:
    formulas = LOCAL.get(name, ())
    if isinstance(formulas, str):
        return formulas
    if place >= len(formulas):
        return ""
    if name in _POWERS and place == 0 and is_number(names[1]):
        less = number(float(names[1]) - 1)
        power = "" if less == "1" else f"^({less})" if less[0] == "-" else f"^{less}"
        return f"{names[1]} {names[0]}{power}"
    formula = formulas[place]
    if formula in ("{0}", "{1}"):
        return formula.format(*names)
    within = [f"({text})" if text.startswith("-") else text for text in names]
    return formula.format(*within, z=z)


def _of_product(
    code: str, place: int, names: Sequence[str], avals: Sequence[Aval]
) -> str:
    """Return the derivative of a product of matrices by one of its factors."""
    left, sign, right = code.partition(" @ ")
    if not sign or [s.removesuffix(".T") for s in (left, right)] != list(names):
        return ""
    x, y, out = avals
    if len(x.shape) == 1 or len(y.shape) == 1:  # only without stacks and transposes
        if max(len(x.shape), len(y.shape)) > 2 or ".T" in left + right:
            return ""
        if len(avals[place].shape) == 2:
            return f"outer({names[0]}, ·)" if place else f"outer(·, {names[1]})"
        if not out.shape:
            return names[1 - place]
        return f"{names[0]}ᵀ @ ·" if place else f"· @ {names[1]}ᵀ"
    if place == 0:
        turned = left.endswith(".T")
        formula = f"{_upright(right)} @ ·ᵀ" if turned else f"· @ {_turned(right)}"
    else:
        turned = right.endswith(".T")
        formula = f"·ᵀ @ {_upright(left)}" if turned else f"{_turned(left)} @ ·"
    stacked = avals[place].shape[:-2] != out.shape[:-2]
    return f"{formula}, summed over the stack" if stacked else formula


def _turned(factor: str) -> str:
    return factor.removesuffix(".T") if factor.endswith(".T") else f"{factor}ᵀ"


def _upright(factor: str) -> str:
    return f"{factor.removesuffix('.T')}ᵀ" if factor.endswith(".T") else factor


def _plain(text: str) -> str:
    """Return a negative number without the parentheses that it has in code."""
    inner = text.removeprefix("(").removesuffix(")")
    return inner if is_number(inner) else text


def _broadcast_axes(shape: tuple[int, ...], out: tuple[int, ...]) -> list[int]:
    """Return the axes of an output along which an argument was repeated."""
    padded = (1,) * (len(out) - len(shape)) + shape
    new = len(out) - len(shape)
    return [
        i for i, (n, m) in enumerate(zip(padded, out)) if i < new or (n == 1 and m != 1)
    ]
