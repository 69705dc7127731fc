"""What to write instead: advice that depends on the line a tracer was refused at."""

from __future__ import annotations

import ast
from importlib import import_module

import numpy as np

from .source import Source, expression

_PACKAGE = __package__.partition(".")[0]

_STATIC = "sizes must be known: make the argument static (static_argnums)"
_READ = "index a plain array by a traced value with "
_READ += "fgrad.numpy.at(A)[x].get() or fgrad.numpy.take(A, x, axis)"
_MASK = "what a traced mask selects has no known shape: write three-argument "
_MASK += "np.where(mask, A, 0.0), which keeps the shape of A"
_WRITE = "a plain array cannot hold a traced value: make it of the traced kind with "
_WRITE += "A = fnp.zeros(shape, like=x) or fnp.array(A, like=x) of fgrad.numpy as fnp, "
_WRITE += "build it with "
_WRITE += "np.stack([...]) or np.where, or write A = fgrad.numpy.at(A)[i].set(x). "
_WRITE += "If A holds integers, write A[i] = x.astype(int), which has no derivative"
_DIRECT = "use the value as it is: it has the operators and methods of an array, and "
_DIRECT += "NumPy's functions take it"
_BUILD = "build an array of traced values with np.stack([x, y]), np.concatenate, or "
_BUILD += "fgrad.numpy.array([x, y])"

_OPAQUE = "write it with NumPy's functions, or give it a derivative with "
_OPAQUE += "fgrad.custom_vjp around fgrad.pure_callback"
_PLACES = "shuffle places instead: x[rng.permutation(n)], and for a choice "
_PLACES += "x[rng.choice(n, size)], with n = len(x)"
_MASKED = "masked arrays cannot be traced: write np.where(mask, 0.0, x), and sums over "
_MASKED += "what is left as np.sum(x, where=~mask)"

_INDEX_TRICKS = ("r_", "c_", "mgrid", "ogrid")

_CALLS = {
    "array": _BUILD,
    "asarray": _DIRECT,
    "asanyarray": _DIRECT,
    "ascontiguousarray": _DIRECT,
    "float": _DIRECT,
    "complex": _DIRECT,
    "item": _DIRECT,
    "tolist": _DIRECT,
    "float64": "write x.astype(np.float64)",
    "float32": "write x.astype(np.float32)",
    "dot": "write A @ x or np.dot(A, x)",
    "take": "write fgrad.numpy.take(A, x, axis): NumPy's does not see traced indices",
    "full": "write np.broadcast_to(x, shape), or full from fgrad.numpy",
    "vectorize": "write fgrad.numpy.vectorize, or map the function with fgrad.vmap",
    "normal": "draw first: x + scale * rng.normal(size=shape)",
    "uniform": "draw first: low + (high - low) * rng.uniform(size=shape)",
    "permutation": _PLACES,
    "permuted": _PLACES,
    "shuffle": _PLACES,
    "choice": _PLACES,
    "as_strided": "write x[index] with an array of indices, or "
    "np.lib.stride_tricks.sliding_window_view(x, n)",
    "ndenumerate": "write for i in np.ndindex(x.shape), and x[i]",
    "masked_array": _MASKED,
    "MaskedArray": _MASKED,
    "masked_where": _MASKED,
    "masked_invalid": _MASKED,
    "arange": _STATIC,
    "Polynomial": "write np.polyval(coefficients[::-1], x)",
}


def instead(source: Source, mask: bool = False, library: str = "") -> str:
    """Say what to write instead of the expression at a source.

    ``mask`` says that the tracer in it is boolean, ``library`` which module of SciPy
    or PyTorch is called there.

    >>> instead(None)[:25]
    'use the value as it is: i'
    """
    text = expression(source)
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return _of_library(library, []) if library else _DIRECT
    advice = _DIRECT
    if library:
        advice = _of_library(library, _names(getattr(node, "func", node)))
    elif isinstance(node, ast.Subscript):
        advice = _WRITE if _writes(source) else _MASK if mask else _of_index(node)
    elif isinstance(node, ast.Call):
        advice = _of_call(node.func)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        advice = "print what the function returns: its value is not a plain number"
    return f"in `{text}`: {advice}" if len(text) <= 60 else advice


def _of_library(module: str, names: list[str]) -> str:
    """Say what to call in place of SciPy's function of that name, or of PyTorch's."""
    if not module.startswith("scipy"):
        return "other libraries cannot take traced values: " + _OPAQUE
    for i in range(len(names)):
        path = ".".join(names[i:])
        if _is_ours(module, path):
            return f"write {_PACKAGE}.{module}.{path}(...), which has derivatives"
    return f"plain SciPy cannot take traced values, and {_PACKAGE}.scipy has no " + (
        f"such function: {_OPAQUE}"
    )


def _is_ours(module: str, path: str) -> bool:
    first, *rest = path.split(".")
    try:
        found = import_module(f"{_PACKAGE}.{module}")
        if first not in found.__all__:
            return False
        found = getattr(found, first)
        for name in rest:
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return False
    if isinstance(found, type):  # SciPy's, unless a definition came with it
        return found.__module__.startswith(_PACKAGE)
    return callable(found) and not hasattr(found, "plain_only")


def _names(node: ast.expr) -> list[str]:
    """Return the names of a dotted expression, none of any other.

    >>> _names(ast.parse("stats.norm.pdf", mode="eval").body), _names(ast.Constant(1))
    (['stats', 'norm', 'pdf'], [])
    """
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        inner = _names(node.value)
        return [*inner, node.attr] if inner else []
    return []


def _of_index(node: ast.Subscript) -> str:
    name = getattr(node.value, "attr", getattr(node.value, "id", ""))
    if name in _INDEX_TRICKS:
        return f"write fgrad.numpy.{name}, which takes traced values"
    return _READ


def _of_call(function: ast.expr) -> str:
    while isinstance(function, ast.Call):  # np.vectorize(f)(x)
        function = function.func
    if isinstance(function, ast.Name):
        return _CALLS.get(function.id, _DIRECT)
    if not isinstance(function, ast.Attribute):
        return _DIRECT
    if isinstance(function.value, ast.Name) and function.value.id in ("math", "cmath"):
        if hasattr(np, function.attr) and function.attr != "remainder":
            return f"write np.{function.attr}(...), not math.{function.attr}(...)"
        return (
            "write it with NumPy's functions, or give it a derivative with "
            "fgrad.custom_jvp"
        )
    if _names(function)[-2:-1] == ["ma"]:
        return _MASKED
    if function.attr == "fill":
        return _WRITE
    return _CALLS.get(function.attr, _DIRECT)


def _writes(source: Source) -> bool:
    import dis

    assert isinstance(source, tuple)
    code, lasti = source
    return dis.opname[code.co_code[lasti]] in ("STORE_SUBSCR", "STORE_SLICE")
