"""How operations and values are written: as code, and as short numbers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..compiler.numbers import number_text
from ..core import Eqn, aval_of
from ..core.printing import params_of

_WIDEST = 48  # letters of a small array


def expression(eqn: Eqn, names: Sequence[str]) -> str:
    """Return an operation as NumPy code over named arguments.

    What NumPy does not have in one expression is a call by the operation's own name.

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
        shown = [f"{k}={text}" for k, text in params_of(eqn) if "\n" not in text]
        text = f"{eqn.prim.name}({', '.join([*names, *shown])})"
    try:
        return ast.unparse(ast.parse(text, mode="eval"))  # without needless parentheses
    except SyntaxError:
        return text


def constant(atom: Any) -> str:
    """Return what a constant is called: its value, or its shape if it is large."""
    value = atom.item() if isinstance(atom, np.generic) else atom
    text = repr(value) if isinstance(value, complex) else number_text(value)
    return text if text else short(atom) if np.size(atom) <= 6 else str(aval_of(atom))


def together(values: Sequence[Any]) -> Any:
    """Return one value as it is, several as a tuple, and None for none.

    >>> together([1.0]), together([1.0, 2.0]), together([])
    (1.0, (1.0, 2.0), None)
    """
    return tuple(values) if len(values) > 1 else values[0] if values else None


def is_number(text: str) -> bool:
    """Say whether a formula is just a number.

    >>> is_number("-1"), is_number("2 x")
    (True, False)
    """
    return text.removeprefix("-").replace(".", "", 1).isdigit()


def number(x: Any) -> str:
    """Return a value with four significant digits.

    >>> number(0.874352143), number(1.94), number(-12.0), number(1e-9)
    ('0.8744', '1.94', '-12', '1e-09')
    """
    return f"{x + 0.0:.4g}"  # + 0.0: there is no minus zero for readers


def slope(x: Any) -> str:
    """Return a gradient: six decimals, but at most five and at least four digits.

    >>> slope(0.009276093), slope(0.027828278), slope(0.844352143), slope(1.2e-9)
    ('0.009276', '0.027828', '0.84435', '1.2e-09')
    """
    return f"{x + 0.0:.5g}" if abs(x) >= 0.01 else number(x)


def precise(x: Any) -> str:
    """Return a number with nine digits.

    >>> precise(0.8743521434)
    '0.874352143'
    """
    return f"{x + 0.0:.9g}"


def short(value: Any, write: Callable[[Any], str] = number) -> str:
    """Return a value as a person would write it: a number, a small array, a summary.

    >>> short(0.87435214), short(np.array([0.5, 0.25])), short(np.zeros((30, 40)))
    ('0.8744', '[0.5, 0.25]', 'f64[30,40], mean 0, 0 to 0')
    """
    if isinstance(value, tuple):
        texts = ["none" if v is None else short(v, write) for v in value]
        return f"({', '.join(texts)})"
    return ", ".join(short_lines(value, write))


def short_lines(value: Any, write: Callable[[Any], str] = number) -> list[str]:
    """Return the same in one or two lines, the first of them the shape.

    >>> short_lines(np.arange(7.0)), short_lines(3.0)
    (['f64[7]', 'mean 3, 0 to 6'], ['3'])
    """
    x = np.asarray(value)
    if 0 < x.size <= 6 and x.ndim <= 2:
        text = _nested(x, write)
        if not x.shape or len(text) <= _WIDEST:
            return [text]
    return [text for text in (str(aval_of(x)), _statistics(x, write)) if text]


def _statistics(x: np.ndarray, write: Callable[[Any], str]) -> str:
    if x.dtype.kind not in "fiu" or not x.size:
        return ""
    with np.errstate(all="ignore"):
        mean, low, high = (write(f(x)) for f in (np.mean, np.min, np.max))
    return f"mean {mean}, {low} to {high}"


def _nested(x: np.ndarray, write: Callable[[Any], str]) -> str:
    if not x.shape:
        return write(x[()]) if x.dtype.kind in "fc" else str(x[()])
    return f"[{', '.join(_nested(row, write) for row in x)}]"
