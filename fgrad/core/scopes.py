"""Names for parts of a program: they appear in the messages of the debug modes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_scope: ContextVar[str] = ContextVar("fgrad.scope", default="")


def current_scope() -> str:
    """Return the names of the scopes around this call, joined by slashes."""
    return _scope.get()


class named_scope(ContextDecorator):
    """Give a name to what is computed in a block, or in a function.

    It is metadata: messages of `debug_nans` and `debug_infs` say in which scope an
    operation stands. Scopes nest: ``encoder/attention``.

    >>> import fgrad, numpy as np
    >>> @named_scope("head")
    ... def head(x):
    ...     return np.log(x)
    >>> with fgrad.debug_nans(), np.errstate(all="ignore"):
    ...     fgrad.grad(head)(-1.0)
    Traceback (most recent call last):
    FloatingPointError: grad(head): "log" of float[] gave nan at ..., in scope head...
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(
                f"named_scope needs a string, got {name!r}. Write named_scope('layer')"
            )
        self.name = name
        self._tokens: list[Token[str]] = []

    def _recreate_cm(self) -> named_scope:
        return type(self)(self.name)

    def __enter__(self) -> None:
        outer = _scope.get()
        self._tokens.append(_scope.set(f"{outer}/{self.name}" if outer else self.name))

    def __exit__(self, *exception: object) -> None:
        _scope.reset(self._tokens.pop())


def named_call(fun: F, *, name: str | None = None) -> F:
    """Return a function that runs in a `named_scope`, by default of its own name.

    >>> named_call(lambda x: x + 1.0, name="increment")(1.0)
    2.0
    """
    if not callable(fun):
        raise TypeError(f"named_call needs a function, got {fun!r}")
    chosen = getattr(fun, "__name__", type(fun).__name__) if name is None else name
    scope = named_scope(chosen)

    @functools.wraps(fun)
    def call(*args: Any, **kwargs: Any) -> Any:
        with scope._recreate_cm():
            return fun(*args, **kwargs)

    return call  # type: ignore[return-value]


class ensure_compile_time_eval(ContextDecorator):
    """Mark a block whose operations on known values run while a program is traced.

    fgrad always does that: only operations on traced values are written down, so the
    block has no effect. A traced value in it stays traced, as in JAX, and raises where
    its value is needed.

    >>> import fgrad, numpy as np
    >>> @fgrad.jit
    ... def f(x):
    ...     with fgrad.ensure_compile_time_eval():
    ...         n = int(np.sum(np.arange(3)))  # a number while f is traced
    ...     return x * n
    >>> f(2.0)
    6.0
    """

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exception: object) -> None:
        return None
