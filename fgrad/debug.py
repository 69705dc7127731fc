"""Look at values while a transformed function runs: print, call back, stop.

Everything here acts when the values are known: at once in a plain function and under
un-jitted ``grad`` and ``jvp``; each time the program runs under ``jit``; once for each
element under ``vmap``. Derivatives do not repeat it.

>>> import numpy as np
>>> from fgrad import debug, jit, vmap
>>> f = jit(lambda x: (debug.print("x = {}", x), x * 2.0)[1])
>>> f(1.0)
x = 1.0
2.0
>>> vmap(f)(np.arange(2.0))
x = 0.0
x = 1.0
array([0., 2.])
"""

from __future__ import annotations

import string
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from .control.callback import debug_effect
from .core import STAGING, Tracer, aval_of, is_array, known_value, short_errors
from .core.source import is_internal
from .pytree import tree_leaves, tree_map

__all__ = ["breakpoint", "callback", "log", "print"]


@short_errors
def callback(
    callback: Callable[..., Any],
    *args: Any,
    ordered: bool = False,
    partitioned: bool = False,
    **kwargs: Any,
) -> None:
    """Call a Python function with values, for its effect.

    It gets copies of the arrays in its arguments (numbers become 0-d arrays); leaves
    that are no arrays, strings say, are passed on as they are. What it returns is
    ignored.

    Args:
        callback: a function.
        args: trees of arrays for it.
        ordered: the order is always that of the program.
        partitioned: for programs written for JAX; it has no effect.
        kwargs: trees of arrays for it, by name.

    >>> import fgrad
    >>> seen = []
    >>> loss = lambda x: (fgrad.debug.callback(seen.append, x), x**2)[1]
    >>> fgrad.jit(fgrad.grad(loss))(3.0), seen
    (np.float64(6.0), [array(3.)])
    """
    if not callable(callback):
        raise TypeError(
            f"debug.callback: callback must be a function, got {callback!r}: write "
            "debug.callback(f, x), not debug.callback(f(x))"
        )
    debug_effect("debug.callback", callback, args, kwargs)


@dataclass(frozen=True)
class _Show:
    """Formats values and hands the text on."""

    fmt: str
    write: Callable[[str], Any]

    @property
    def __name__(self) -> str:
        return repr(self.fmt)

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        self.write(self.fmt.format(*args, **kwargs))


def _to_stdout(text: str) -> None:
    sys.stdout.write(text + "\n")


def _to_log(text: str) -> None:
    import logging  # not at the top: few programs need it

    logging.getLogger("fgrad").info(text)


@short_errors
def print(
    fmt: str,
    *args: Any,
    ordered: bool = False,
    partitioned: bool = False,
    skip_format_check: bool = False,
    **kwargs: Any,
) -> None:
    """Print values when they are known: ``fmt.format(*args, **kwargs)``.

    Args:
        fmt: a format string, not an f-string: that would show the traced value.
        args: arrays, trees of arrays, or what else ``str.format`` takes.
        ordered: the order is always that of the program.
        partitioned: for programs written for JAX; it has no effect.
        skip_format_check: do not check that ``fmt`` and the values agree.
        kwargs: the same by name.

    Raises:
        ValueError: if ``fmt`` names a value that is missing, or leaves one out, or
            has a format that the value does not take (arrays take none).

    >>> import fgrad
    >>> @fgrad.jit
    ... def f(x):
    ...     fgrad.debug.print("x = {x:.2f} of shape {x.shape}", x=x)
    ...     return x * 2.0
    >>> f(1.0)
    x = 1.00 of shape ()
    2.0
    """
    _show("debug.print", fmt, args, kwargs, skip_format_check, _to_stdout)


@short_errors
def log(
    fmt: str,
    *args: Any,
    ordered: bool = False,
    partitioned: bool = False,
    skip_format_check: bool = False,
    **kwargs: Any,
) -> None:
    """Log values when they are known, at level INFO of the logger ``"fgrad"``.

    The arguments and errors are those of `print`.

    >>> import fgrad
    >>> fgrad.jit(lambda x: fgrad.debug.log("x = {}", x))(1.0)
    """
    _show("debug.log", fmt, args, kwargs, skip_format_check, _to_log)


def _show(
    kind: str, fmt: Any, args: Any, kwargs: Any, unchecked: bool, write: Any
) -> None:
    if not isinstance(fmt, str):
        raise TypeError(
            f"{kind}: fmt must be a string, got {type(fmt).__name__}: write "
            f'{kind}("x = {{}}", x)'
        )
    if not unchecked:
        _check_format(kind, fmt, args, kwargs)
    debug_effect(kind, _Show(fmt, write), args, kwargs)


# -- format and arguments agree ----------------------------------------------------


def _check_format(kind: str, fmt: str, args: Any, kwargs: Any) -> None:
    """Raise unless a format shows each value in a way that the value allows."""
    if "<traced " in fmt:
        raise ValueError(
            f"{kind}: fmt has a traced value in it already, as an f-string does: "
            f'{fmt!r}. Write {kind}("x = {{x}}", x=x)'
        )
    args, kwargs = tree_map(_blank, (args, kwargs))
    try:
        _Checker(kind).vformat(fmt, args, kwargs)
    except ValueError as error:  # raised again, without the frames of Formatter
        text = str(error)
        raise ValueError(text if kind in text else f"{kind}: {fmt!r}: {text}") from None


def _blank(x: Any) -> Any:
    """Return an array like ``x``, of zeros that take no memory."""
    if not is_array(x):
        return x
    aval = aval_of(x)
    return np.broadcast_to(np.zeros((), aval.dtype), aval.shape)


class _Checker(string.Formatter):
    """Formats as ``str.format`` does, and says what is missing or left over."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Any) -> Any:
        if key not in (range(len(args)) if isinstance(key, int) else kwargs):
            which = f"number {key}" if isinstance(key, int) else f"{key!r}"
            given = f"{len(args)} by position, {sorted(kwargs)} by name"
            raise ValueError(
                f"{self.kind}: fmt names the value {which}, which is missing; given "
                f"are {given}. Double braces that are meant as text: {{{{ }}}}"
            )
        return super().get_value(key, args, kwargs)

    def check_unused_args(self, used: Any, args: Sequence[Any], kwargs: Any) -> None:
        places = [f"number {i}" for i in range(len(args))]
        unused = [name for i, name in enumerate(places) if i not in used]
        unused += [repr(key) for key in kwargs if key not in used]
        if unused:
            raise ValueError(
                f"{self.kind}: fmt does not show the value {unused[0]}: write {{}} "
                "for values by position, {name} for values by name"
            )

    def format_field(self, value: Any, spec: str) -> Any:
        try:
            return super().format_field(value, spec)
        except (TypeError, ValueError) as error:
            got = aval_of(value) if is_array(value) else type(value).__name__
            hint = ". Arrays take no format: round them, np.round(x, 2)"
            raise ValueError(
                f"{self.kind}: the format {spec!r} does not fit {got}: {error}"
                + (hint if np.ndim(value) else "")
            ) from None


# -- breakpoints -------------------------------------------------------------------


@short_errors
def breakpoint(
    backend: str | None = None,
    filter_frames: bool = True,
    num_frames: int | None = None,
    ordered: bool = False,
    token: Any = None,
) -> None:
    """Stop in pdb, with the values of the local variables.

    Where they are known, pdb stops in your function and can step on. In a function
    that is staged (under ``jit``) or mapped it stops when the program runs, for each
    element; it then shows your line and the local variables as they were there,
    ``c`` goes on and ``q`` raises ``bdb.BdbQuit``.

    Args:
        backend: None or ``"cli"``, pdb.
        filter_frames: do not step into fgrad's own functions.
        num_frames: for programs written for JAX; it has no effect.
        ordered: the order is always that of the program.
        token: for programs written for JAX; it has no effect.

    Raises:
        ValueError: for another backend.
    """
    if backend not in (None, "cli"):
        raise ValueError(
            f"debug.breakpoint: backend must be None or 'cli' (pdb), got {backend!r}"
        )
    frame = sys._getframe()
    while is_internal[frame.f_code.co_filename] and frame.f_back is not None:
        frame = frame.f_back
    skip = ["fgrad", "fgrad.*"] if filter_frames else None
    traced = {k: v for k, v in frame.f_locals.items() if _is_traced(v)}
    tracers = [x for x in tree_leaves(traced) if type(x) is Tracer]
    if STAGING.get() is None and all(known_value(x) is not None for x in tracers):
        _debugger(skip).set_trace(frame)
        return
    debug_effect("debug.breakpoint", _Stop(frame, traced, skip), (traced,), {})


def _debugger(skip: Any) -> Any:
    import pdb  # takes longer to import than most of fgrad

    return pdb.Pdb(skip=skip)


def _is_traced(value: Any) -> bool:
    """Say whether a local variable has live tracers in it."""
    try:
        leaves = tree_leaves(value)
    except (TypeError, ValueError):  # a dict whose keys have no order is no tree
        return False
    return any(type(x) is Tracer and not x.owner.ended for x in leaves)


class _Stop:
    """Stops in pdb in a frame that looks like the user's, with values put in."""

    __name__ = "pdb"

    def __init__(self, frame: FrameType, traced: Any, skip: Any) -> None:
        code = frame.f_code
        text = "\n" * (frame.f_lineno - 1) + "__stop__()"
        place = compile(text, code.co_filename, "exec")
        self.code = place.replace(co_name=code.co_name)
        self.globals = frame.f_globals
        self.known = {k: v for k, v in frame.f_locals.items() if k not in traced}
        self.skip = skip

    def __call__(self, traced: Any) -> None:
        from bdb import BdbQuit

        values = {**self.known, **traced}

        def stop() -> None:
            del values["__stop__"]
            debugger = _debugger(self.skip)
            debugger.reset()
            debugger.interaction(sys._getframe(1), None)
            if debugger.quitting:
                raise BdbQuit

        values["__stop__"] = stop
        exec(self.code, self.globals, values)
