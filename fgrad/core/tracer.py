"""Tracers: what user code holds while a trace records what happens to it.

This file has what every tracer must refuse or answer about itself. Operators,
methods and NumPy functions are added by `install` and `DISPATCH`, from the layers
that define them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..errors import (
    ConcretizationTypeError,
    TracerArrayConversionError,
    TracerBoolConversionError,
    TracerIntegerConversionError,
    TracerMutationError,
    UnexpectedTracerError,
    UntraceableError,
)
from .advice import instead
from .aval import Aval
from .memory import Memory, moments
from .source import Source, expression, library_call, user_source, where

if TYPE_CHECKING:
    from .trace import Trace

DISPATCH: dict[Any, Callable[..., Any]] = {}
"""NumPy callable (function or ufunc) -> its traceable definition."""

LATER: dict[str, str] = {}
"""A module whose ufuncs may meet tracers -> the module that enters definitions.

That is imported when something without a definition meets a tracer, and the former
has been imported by then; so a program that uses neither need not wait for them.
"""


class Tracer:
    """A value inside a trace; behaves as an ndarray, and cannot become one.

    ``value`` is what the tracer stands for one level down (``None`` when staged);
    ``note`` is what its trace keeps about it: a `Var` in a record, the tangent in
    forward mode, the batch axis under vmap.
    """

    __slots__ = ("__weakref__", "frozen", "memory", "note", "owner", "source", "steps",
                 "value")  # fmt: skip

    __array_priority__ = 1000.0

    owner: Trace
    value: Any
    note: Any
    source: Source
    memory: Memory  # not set: nobody else could see a write
    steps: Any  # set if memory is: how a view was made from it, () for no view
    frozen: Tracer | None  # not set, or what records hold of it

    if TYPE_CHECKING:  # installed by the layer that defines indexing

        def __getitem__(self, index: Any) -> Any: ...

        def copy(self) -> Any: ...

    def __init__(self, trace: Trace, value: Any, note: Any, source: Source) -> None:
        self.owner = trace
        self.value = value
        self.note = note
        self.source = source

    # -- what it is ------------------------------------------------------------

    @property
    def aval(self) -> Aval:
        """The shape, dtype and weakness."""
        return self.owner.aval(self)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, known under every transformation."""
        value = self.value
        if type(value) is np.ndarray and self.owner.known:  # most calls: be quick
            return value.shape
        return self.owner.aval(self).shape

    @property
    def dtype(self) -> np.dtype:
        """The dtype."""
        return self.owner.aval(self).dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.aval.size

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.size * self.itemsize

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d traced array")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError(f"iteration over a 0-d array: {self.describe()}")
        return (self[i] for i in range(self.shape[0]))

    def __repr__(self) -> str:
        if not hasattr(self.owner, "advice"):  # its memory was written to
            return f"<traced {self.describe()}>"
        known = known_value(self)
        value = "" if known is None else f" = {known}"
        ended = ", which has ended" if self.owner.ended else ""
        if known is None:
            return f"<traced {self.aval}, {self.owner.origin(self)}{ended}>"
        return f"<traced {self.aval}{value} in {self.owner.name}{ended}>"

    def describe(self) -> str:
        """Say what this is and where it came from, for error messages."""
        return f"{self.aval} ({self.owner.origin(self)})"

    # -- what it refuses -------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self._constant("a NumPy array"), dtype)

    def _constant(self, what: str) -> Any:
        if (value := constant_value(self)) is not None:
            return value
        source, library = library_call()
        self.check_alive(f"conversion to {what}", source)
        raise TracerArrayConversionError(
            f"{self.describe()} cannot become {what}: {self.owner.plain}. At "
            f"{where(source)}, {instead(source, self.dtype.kind == 'b', library)}"
        )

    def __float__(self) -> float:
        return float(self._constant("a Python float"))

    def __complex__(self) -> complex:
        return complex(self._constant("a Python complex"))

    def item(self, *args: Any) -> Any:
        """Return a number that has no derivative, raise where one would be lost."""
        return np.asarray(self._constant("a Python number")).item(*args)

    def tolist(self) -> Any:
        """Return numbers without derivatives, raise where some would be lost."""
        return np.asarray(self._constant("a list of Python numbers")).tolist()

    def check_alive(self, what: str, source: Source) -> None:
        """Raise if this was kept until after its function had returned."""
        if self.owner.ended:
            refuse = getattr(self.owner, "refuse", None)
            if refuse is not None:
                refuse()
            raise UnexpectedTracerError(
                f"{what} got {self.describe()}, but {self.owner.name} has already "
                "returned. Return the value from the function instead of storing it"
                f"{self.owner.leak_hint}. Used at {where(source)}"
            )

    def __hash__(self) -> int:
        raise TypeError(
            f"{self.describe()} is unhashable, as arrays are: it cannot be a "
            "dictionary key, a set member or a static argument. Look values up with "
            f"fgrad.numpy.take(values, x), or use what is known of it: x.shape, x.dtype"
        )

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            f"cannot pickle {self.describe()}: it only exists while its function "
            "is traced. Return it from the function and pickle the result"
        )

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    # -- what it answers when its value is known -------------------------------

    def __bool__(self) -> bool:
        value = known_value(self)
        if value is None:
            raise TracerBoolConversionError(
                f"the truth of {self.describe()} is not known: "
                f"{unknown_trace(self).unknown}. "
                "Python's if, while, assert, and, or, in and chained comparisons "
                "need it. Use np.where(condition, a, b), np.maximum, np.logical_and, "
                f"fgrad.lax.cond, {unknown_trace(self).advice}"
            )
        return bool(value)

    def __int__(self) -> int:
        return int(self._known_integer("int()"))

    def __index__(self) -> int:
        if self.dtype.kind not in "iu" or self.shape:
            raise TypeError(
                "only integer scalars can be an index, a shape, an axis or range, got "
                f"{self.describe()}. Pass sizes as static arguments (static_argnums)"
            )
        return self._known_integer("an index, a shape, an axis or a range").__index__()

    def _known_integer(self, what: str) -> Any:
        value = known_value(self)
        if value is None:
            raise TracerIntegerConversionError(
                f"{what} needs the value of {self.describe()}, but "
                f"{unknown_trace(self).unknown}. {unknown_trace(self).advice_static}"
            )
        return value

    def __format__(self, spec: str) -> str:
        if not spec:
            return repr(self)
        value = known_value(self)
        if value is None:
            raise ConcretizationTypeError(
                f"the format {spec!r} needs the value of {self.describe()}, but "
                f"{unknown_trace(self).unknown}. Print what the function returns, or "
                "{x} without a format"
            )
        return (
            format(value[()], spec) if hasattr(value, "shape") else format(value, spec)
        )

    # -- NumPy's protocols -----------------------------------------------------

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        if method == "__call__" and not kwargs:
            fun = DISPATCH.get(ufunc)
            if fun is not None:
                if len(inputs) == 1 and hasattr(fun, "impl"):  # a primitive: be quick
                    prim: Any = fun
                    return self.owner.record(prim, inputs, {})
                return fun(*inputs)  # a new array, always
        return _ufunc_method(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        fun = DISPATCH.get(func) or definition(func)
        if fun is None:
            raise UntraceableError(untraceable(func))
        if func in CREATE:  # NumPy found this tracer in like=, and took it away
            return fun(*args, like=self, **kwargs)
        z = fun(*args, **kwargs)
        if func in VIEWS:
            return z
        return apart(z, (*args, *kwargs.values()) if kwargs else args)


CREATE: set[Any] = set()
"""NumPy functions that dispatch on their argument ``like``."""

UFUNC_METHODS: dict[str, Callable[..., Any]] = {}
"""ufunc method (``reduce``, ``outer`` ...; ``__call__``: with keywords) -> code."""


def _ufunc_method(ufunc: Any, method: str, inputs: Any, kwargs: Any) -> Any:
    if any(out is not None for out in kwargs.get("out", ())):
        source = user_source()
        text = expression(source)
        raise TracerMutationError(
            f"np.{ufunc.__name__} would write a traced value into a NumPy array at "
            f"{where(source)}{f', in `{text}`' if text else ''}. Write A = A + x for "
            "A += x, and leave out= away"
        )
    if definition(ufunc) is None and method == "__call__":
        raise UntraceableError(untraceable(ufunc))
    return UFUNC_METHODS[method](ufunc, *inputs, **kwargs)


def definition(function: Any) -> Any:
    """Return the traceable definition of a NumPy callable, or None."""
    found = DISPATCH.get(function)
    if found is None:
        for module in [m for m in LATER if m in sys.modules]:
            import_module(LATER[module])
            LATER.pop(module, None)
        found = DISPATCH.get(function)
    return found


def untraceable(func: Any) -> str:
    """Say that a NumPy function cannot be traced, and what to do."""
    module = (getattr(func, "__module__", None) or "numpy").replace("numpy", "np", 1)
    module = module.partition("._")[0]  # where users find it, not where it is written
    name = getattr(func, "__name__", str(func))
    if name.endswith(" (vectorized)"):  # what np.frompyfunc makes
        module, name = "np", f"frompyfunc({name.removesuffix(' (vectorized)')})"
    elif isinstance(func, np.ufunc) and not hasattr(np, name):
        module = "the ufunc"
    module += " " if module == "the ufunc" else "."
    return (
        f"{module}{name} has no traceable definition in "
        "fgrad. Write it with functions that have one, map a Python function with "
        "fgrad.vmap, or give it a derivative with fgrad.custom_vjp"
    )


def known_value(x: Any) -> Any:
    """Return the array below all levels of tracers, or None where one is unknown."""
    while type(x) is Tracer:
        if not x.owner.known:
            return None
        x = x.value
    return x


def constant_value(x: Any) -> Any:
    """Return the array below a tracer without derivative, None if there is none."""
    while type(x) is Tracer:
        x = x.value if x.owner.known and x.note is None else None
    return x


def unknown_trace(x: Tracer) -> Trace:
    """Return the trace in which the value below a tracer is not known."""
    while x.owner.known:
        x = x.value
    return x.owner


def install(**methods: Any) -> None:
    """Give tracers the methods that a higher layer defines."""
    for name, method in methods.items():
        setattr(Tracer, name, method)


# -- whose memory it is ----------------------------------------------------------------

VIEWS: set[Any] = set()
"""NumPy functions and methods whose result may share memory with an argument."""


def memory_of(x: Tracer) -> Memory | None:
    """Return what a tracer has in common with others, None if that is nothing."""
    return getattr(x, "memory", None)


def owned(x: Tracer) -> Tracer:
    """Return a tracer of the same value that owns its memory: a copy."""
    x.check_alive("a copy", user_source())
    copy = Tracer(x.owner, x.value, x.note, user_source())
    if x.shape:
        Memory(copy, next(moments))
    return copy


def mutable(x: Tracer) -> Tracer:
    """Return a tracer that was just made, as an array that owns its memory."""
    Memory(x, next(moments))
    return x


def apart(result: Any, args: Any) -> Any:
    """Return the result of a function that makes new arrays, not one of its arguments.

    Definitions may return what they got, or a rearrangement of it.
    """
    if type(result) is Tracer:
        memory = getattr(result, "memory", None)
        if memory is not None and memory.shared(result):
            return owned(result)
        return owned(result) if _among(result, args) else result
    if type(result) is tuple or type(result) is list:
        return type(result)([apart(one, args) for one in result])
    return result


def _among(x: Tracer, values: Any) -> bool:
    for value in values:
        kind = type(value)
        if value is x or ((kind is list or kind is tuple) and _among(x, value)):
            return True
    return False
