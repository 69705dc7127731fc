"""How operations and values are written: as code, and as short numbers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..compiler.numbers import number_text
from ..core import Eqn, atom_aval, aval_of
from ..core.printing import params_of


def expression(eqn: Eqn, names: Sequence[str]) -> str:
    """Return an operation as NumPy code over named arguments.

    What NumPy does not have in one expression is written as `at` writes it, or is a
    call by the operation's own name.

    >>> from fgrad import make_jaxpr
    >>> (eqn,) = make_jaxpr(np.sin)(1.0).eqns
    >>> expression(eqn, ["s"])
    'np.sin(s)'
    """
    name, emit = eqn.prim.name, _READ.get(eqn.prim.name, eqn.prim.emit)
    if name in _AT:
        return _at(eqn, names)
    if not emit:
        text = _called(eqn, names)
    elif callable(emit):
        text = emit(list(names), **eqn.params)
    else:
        text = emit.format(*names, **eqn.params)
    try:
        return _sums(ast.unparse(ast.parse(text, mode="eval")), eqn)
    except SyntaxError:
        return text


_READ = {
    "stop_gradient": "stop_gradient({0})",
    "name": "checkpoint_name({0}, {name!r})",
    "safe_div": "np.where({0} == 0, 0, {0} / {1})",
    "share": "np.where({1} == {3}, {0}, 0) / (1 + ({1} == {2}))",
}
"""How operations are written that compiled programs write in another way."""


def _called(eqn: Eqn, names: Sequence[str]) -> str:
    params = dict(params_of(eqn))
    if "jaxpr" in params:
        label = params.get("name", "").replace("<lambda>", "lambda")
        return f"{eqn.prim.name} {label}({', '.join(names)})"
    shown = [f"{k}={text}" for k, text in params.items() if "\n" not in text]
    return f"{eqn.prim.name}({', '.join([*names, *shown])})"


_AT = {
    "slice_set": "set", "scatter_set": "set", "scatter_add": "add",
    "scatter_mul": "multiply", "scatter_min": "min", "scatter_max": "max",
    "unslice": "set", "scatter": "add",
}  # fmt: skip
"""Operations that change elements of an array, the last two of one of zeros."""


def _at(eqn: Eqn, names: Sequence[str]) -> str:
    x, *rest = names
    if "shape" in eqn.params:
        dtype = eqn.outs[0].aval.dtype
        kind = "" if dtype == np.float64 else f", np.{dtype}"
        x, rest = f"np.zeros({eqn.params['shape']}{kind})", list(names)
    place = eqn.params["index"].text(rest[1:])
    return f"{x}.at[{place}].{_AT[eqn.prim.name]}({rest[0]})"


_REDUCTIONS = {
    "np.add.reduce(": "np.sum(", "np.multiply.reduce(": "np.prod(",
    "np.maximum.reduce(": "np.max(", "np.minimum.reduce(": "np.min(",
    "np.logical_and.reduce(": "np.all(", "np.logical_or.reduce(": "np.any(",
}  # fmt: skip


def _sums(text: str, eqn: Eqn) -> str:
    """Return code with the names of reductions that users write."""
    for quick, usual in _REDUCTIONS.items():
        if text.startswith(quick):
            text = usual + text.removeprefix(quick)
            axes = eqn.params.get("axes", ())
            if len(axes) == len(atom_aval(eqn.inputs[0]).shape):  # over all of them
                axis = axes[0] if len(axes) == 1 else tuple(axes)
                text = text.replace(f", axis={axis}", "", 1)
    return text


def constant(atom: Any) -> str:
    """Return what a constant is called: its value, or its shape if it is large."""
    single = isinstance(atom, np.generic | np.ndarray) and not atom.ndim
    value = atom.item() if single else atom
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
        widest = 160 if write is precise else 48  # letters
        if not x.shape or len(text) <= widest:
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
