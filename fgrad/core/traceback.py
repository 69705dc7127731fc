"""Short tracebacks: fgrad's own frames are left out of the user's errors."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, ParamSpec, TypeVar

from ..errors import (
    ConcretizationTypeError,
    TracerArrayConversionError,
    TracerIntegerConversionError,
    UnexpectedTracerError,
)
from ..settings import config
from .aval import aval_of
from .jaxpr import Jaxpr, Var, has_effects
from .leaks import checked_for_leaks
from .source import is_internal, is_replaying, where

P = ParamSpec("P")
R = TypeVar("R")
_OWN = (TracerArrayConversionError, ConcretizationTypeError, UnexpectedTracerError)


def short_errors(fun: Callable[P, R]) -> Callable[P, R]:
    """Decorate a public function so that its errors leave fgrad's frames out."""

    @functools.wraps(fun)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        try:
            if config.touched and config.check_tracer_leaks:
                return checked_for_leaks(fun, args, kwargs)
            return fun(*args, **kwargs)
        except Exception as error:
            raise trimmed(error)

    return call


def trimmed(error: BaseException) -> BaseException:
    """Return an error without fgrad's frames, for raising at a public function.

    Where NumPy replaced what a tracer raised by an error of its own, the tracer's
    error is returned. An error of a compiled program gets a note that says which
    operation failed. ``FGRAD_TRACEBACK=full`` in the environment keeps all frames.
    """
    if os.environ.get("FGRAD_TRACEBACK") == "full":
        return error
    error = _of_tracer(error)
    error = _in_users_shapes(error)
    _explain(error)
    _shorten(error)
    return error


def _of_tracer(error: BaseException) -> BaseException:
    """Return the tracer's own error, if NumPy or fgrad wrapped one."""
    cause, text = error.__cause__, str(error)
    replaced = error
    if isinstance(cause, _OWN) and (
        text.startswith("setting an array element") or _raised_inside(error)
    ):
        replaced = cause
    elif "got '<traced" in text and type(error) is TypeError:
        replaced = TracerIntegerConversionError(
            f"a shape needs integers that are known, {text[text.index('got') :]}: "
            "make the argument static (static_argnums, static_argnames), or compute "
            "it from shapes"
        )
    if replaced is not error:
        replaced.__suppress_context__ = True
        replaced.__traceback__ = error.__traceback__
    return replaced


def _in_users_shapes(error: BaseException) -> BaseException:
    """Return what the abstract rule of the failing operation says, if it fails too.

    The rule speaks of the shapes that the user sees: without those that vmap adds.
    """
    frames = _chain(error.__traceback__)
    if frames and not _internal(frames[-1].tb_frame):
        return error  # the user's own
    inner = 0
    for i, one in enumerate(frames):
        inner = inner if _internal(one.tb_frame) else i
    for one in frames[inner:]:
        here = one.tb_frame.f_locals
        if one.tb_frame.f_code.co_name == "record" and "prim" in here:
            try:
                here["prim"].abstract(*map(aval_of, here["args"]), **here["params"])
            except (TypeError, ValueError, IndexError) as better:
                better.__suppress_context__ = True
                return better.with_traceback(error.__traceback__)
            return error
    return error


def _shorten(error: BaseException) -> None:
    error.__traceback__ = _user_frames(error.__traceback__)
    context = error.__context__
    if context is None or error.__suppress_context__ or context.__traceback__ is None:
        return
    if is_internal[context.__traceback__.tb_frame.f_code.co_filename]:
        error.__suppress_context__ = True  # fgrad caught it, and said it better
    else:
        context.__traceback__ = _user_frames(context.__traceback__)


def _user_frames(traceback: TracebackType | None) -> TracebackType | None:
    kept = [one for one in _chain(traceback) if not _internal(one.tb_frame)]
    chain = None
    for one in reversed(kept):
        chain = TracebackType(chain, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return chain


def _chain(traceback: TracebackType | None) -> list[TracebackType]:
    found = []
    while traceback is not None:
        found.append(traceback)
        traceback = traceback.tb_next
    return found


def _internal(frame: FrameType) -> bool:
    return is_internal[frame.f_code.co_filename]


def _raised_inside(error: BaseException) -> bool:
    frames = _chain(error.__traceback__)
    return bool(frames) and _internal(frames[-1].tb_frame)


# -- errors of compiled programs and of derivatives --------------------------------


def _explain(error: BaseException) -> None:
    """Note which operation of a compiled program failed, and where it was written.

    The program is run once more, one operation at a time, without its effects. Of an
    error in a backward pass the note names the operation whose derivative failed.
    """
    frames = _chain(error.__traceback__)
    if frames and not _internal(frames[-1].tb_frame):
        return  # a callback raised it
    for one in reversed(frames):  # the innermost program
        if is_replaying(one.tb_frame) and _explain_derivative(error, one.tb_frame):
            return
        blocks = one.tb_frame.f_globals.get("__blocks__", ())
        around = [b for b in blocks if b.first <= one.tb_lineno <= b.last]
        if not around:
            continue
        block = around[-1]  # the innermost: it begins last
        env = _inputs(block, one.tb_frame)
        found = one.tb_frame.f_locals
        done = [  # the outputs of the effects that have happened
            [found.get(name) for name in names]
            for line, names in block.effects
            if line < one.tb_lineno
        ]
        operation, place = _failing(block.jaxpr, env, done)
        if operation:
            _note(error, operation, place)
        return


def _explain_derivative(error: BaseException, frame: FrameType) -> bool:
    """Note whose rule failed, if the frame walks back; say whether it does."""
    here = frame.f_locals
    if "cts" not in here or "prim" not in here or here["prim"].calls:
        return False
    _note(error, f'in the derivative of "{here["prim"]}"', where(here["source"]))
    return True


def _note(error: BaseException, what: str, place: str) -> None:
    """Add a note to an error, unless it names that place already."""
    known = (str(error), *getattr(error, "__notes__", ()))
    if not any(place in text for text in known):
        error.add_note(f"{what}, written at {place}")


def _inputs(block: Any, frame: FrameType) -> dict[Var, Any]:
    """Return the inputs of the jaxpr that a block of lines computes."""
    env = {}
    for var, text in zip(block.jaxpr.invars, block.inputs, strict=True):
        try:
            value = eval(text, frame.f_globals, frame.f_locals)
        except NameError:
            continue  # before a loop there is no element yet
        if type(value) in (float, bool) and not var.aval.weak:
            value = var.aval.dtype.type(value)  # a scalar that is kept as a number
        env[var] = value
    return env


def _failing(
    jaxpr: Jaxpr, env: dict[Var, Any], done: list[list[Any]]
) -> tuple[str, str]:
    """Return the operation that fails and the line it was written at."""
    for eqn in jaxpr.eqns:
        prim, inputs, params, outs, source = eqn
        if any(type(a) is Var and a not in env for a in inputs):
            continue
        values = [env[a] if type(a) is Var else a for a in inputs]
        try:
            if has_effects(eqn):
                z = done.pop(0)  # the first that has not happened is what failed
            else:
                z = prim(*values, **params)
                z = z if prim.multi else [z]
        except Exception:
            shapes = " and ".join(str(getattr(v, "shape", ())) for v in values)
            return f'in "{prim.name}" of shapes {shapes}', where(source)
        env.update(zip(outs, z, strict=True))
    return "", ""
