"""The command ``python -m fgrad.export``: write a function as a NumPy module."""

from __future__ import annotations

import argparse
import functools
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ..transforms.grad import grad, value_and_grad
from ..transforms.staging import ShapeDtypeStruct
from ..transforms.vmap import vmap
from .exported import export

_HELP = """\
Write a function, or a transformation of it, as a Python module that needs NumPy only.

  python -m fgrad.export model:loss --shapes "f64[3,4], f32[10]" --grad -o grad_loss.py
  python -m fgrad.export model:loss --example model:ARGS --value-and-grad
  python -m fgrad.export model:loss --shapes "f64[3], f64[32,3]" --grad --vmap \
--in-axes none,0
"""
_KINDS = {"f": "float", "c": "complex", "i": "int", "u": "uint"}
_WEAK = ("float", "int", "complex")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong."""
        print(f"fgrad.export: {message}", file=sys.stderr)
        sys.exit(2)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    found = _Parser(
        prog="python -m fgrad.export",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = found.add_argument
    add("function", metavar="module:function", help="what to export")
    inputs = found.add_mutually_exclusive_group(required=True)
    inputs.add_argument(
        "--shapes",
        help='the arguments, as "f64[3,4], i32[], float": a dtype and a shape each; '
        "float, int and complex are Python's numbers",
    )
    inputs.add_argument(
        "--example",
        metavar="module:attribute",
        help="a tuple of example arguments, for arguments that are dicts or lists",
    )
    how = found.add_mutually_exclusive_group()
    how.add_argument("--grad", action="store_true", help="export the gradient")
    how.add_argument(
        "--value-and-grad", action="store_true", help="export value and gradient"
    )
    add("--argnums", default="0", help="what to differentiate by, as 0 or 0,1")
    add(
        "--vmap",
        action="store_true",
        help="map over leading axes, after the gradient: the shapes include them",
    )
    add(
        "--in-axes", help="the axes that --vmap maps, as none,0,0; 0 for all by default"
    )
    add("--name", help="what the function is called in the module")
    add("-o", "--output", metavar="FILE", help="write there; by default, print")
    return found


def parse_shapes(text: str) -> list[ShapeDtypeStruct]:
    """Return the arguments that a text like ``f64[3,4], i32[], float`` describes.

    >>> parse_shapes("f32[3,4], bool[2]")[1]
    ShapeDtypeStruct(shape=(2,), dtype=bool)
    """
    parts = re.findall(r"[^,\[\]]+(?:\[[^\]]*\])?|\S", text.strip().rstrip(","))
    return [_struct(part.strip()) for part in parts if part.strip() not in ("", ",")]


def _struct(text: str) -> ShapeDtypeStruct:
    found = re.fullmatch(r"(\w+)\s*(?:\[\s*((?:\d+\s*,?\s*)*)\])?", text)
    if not found:
        raise ValueError(
            f"--shapes: {text!r} is no shape; write f64[3,4], i32[] or float"
        )
    name, sizes = found.groups()
    if name in _WEAK and not sizes:
        return ShapeDtypeStruct((), np.dtype(name), weak_type=True)
    short = re.fullmatch(r"([fciu])(\d+)", name)
    try:
        dtype = np.dtype(_KINDS[short[1]] + short[2] if short else name)
    except TypeError:
        raise ValueError(
            f"--shapes: {name!r} is no dtype; write f64, f32, c128, i64, u8, bool ..."
        ) from None
    return ShapeDtypeStruct(tuple(map(int, re.findall(r"\d+", sizes or ""))), dtype)


def _attribute(path: str, option: str) -> Any:
    """Return what ``module:attribute`` names."""
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise ValueError(f"{option}: write module:attribute, got {path!r}")
    try:
        return functools.reduce(getattr, name.split("."), import_module(module))
    except ModuleNotFoundError as error:
        raise ValueError(f"{option}: {error}") from None
    except AttributeError as error:
        raise ValueError(f"{option}: {error}") from None


def _numbers(text: str, option: str) -> tuple[int | None, ...]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    try:
        return tuple(None if word == "none" else int(word) for word in words)
    except ValueError:
        raise ValueError(f"{option}: write 0 or 0,1, got {text!r}") from None


def _transformed(options: argparse.Namespace) -> Callable[..., Any]:
    fun = _attribute(options.function, "module:function")
    if not callable(fun):
        raise ValueError(f"{options.function} is no function, but {type(fun).__name__}")
    argnums: Any = _numbers(options.argnums, "--argnums")
    argnums = argnums[0] if len(argnums) == 1 else argnums
    if options.grad or options.value_and_grad:
        fun = (grad if options.grad else value_and_grad)(fun, argnums)
    if options.vmap:
        axes = _numbers(options.in_axes, "--in-axes") if options.in_axes else 0
        fun = vmap(fun, in_axes=axes)
    elif options.in_axes:
        raise ValueError("--in-axes says what --vmap maps: add --vmap")
    return fun


def _arguments(options: argparse.Namespace) -> Sequence[Any]:
    if options.shapes is not None:
        return parse_shapes(options.shapes)
    found = _attribute(options.example, "--example")
    if not isinstance(found, tuple | list):
        raise ValueError(
            f"--example: {options.example} must be a tuple of arguments, got "
            f"{type(found).__name__}"
        )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    command = parser()
    options = command.parse_args(arguments)
    sys.path.insert(0, "")
    try:
        fun, args = _transformed(options), _arguments(options)
        exported = export(fun, name=options.name)(*args)
        if options.output is None:
            if exported.written.arrays:
                raise ValueError("it has large constants: write them with -o FILE")
            print(exported.text, end="")
        else:
            print(f"wrote {exported.save(Path(options.output))}", file=sys.stderr)
    except Exception as error:
        words = " ".join(str(error).split())
        command.error(
            words if type(error) is ValueError else f"{type(error).__name__}: {words}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
