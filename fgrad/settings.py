"""`config`: the options of fgrad, and a context manager for each of them.

An option has a value for the process, `config.update`, and may be overridden for a
block, ``with debug_nans():``, in this thread alone. The hot paths of the library read
``config.touched``, a plain attribute, before they ask for any option.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from types import MappingProxyType
from typing import Any, NamedTuple


class Option(NamedTuple):
    """What there is to know about one option."""

    default: Any
    values: tuple[Any, ...]  # what it may be; empty: None or any string
    meaning: str
    acts: bool = True  # whether something depends on it


_BOOL = (True, False)
_NO_X64 = "nothing: dtypes are NumPy's, and 64-bit ones are always there"
_NO_PRECISION = "nothing: products are NumPy's, in the dtype of their operands"

OPTIONS: dict[str, Option] = {
    "debug_nans": Option(False, _BOOL, "raise at the operation that gave a nan"),
    "debug_infs": Option(False, _BOOL, "raise at the operation that gave an inf"),
    "disable_jit": Option(False, _BOOL, "run jitted functions as plain Python"),
    "log_compiles": Option(False, _BOOL, "log what is compiled"),
    "explain_cache_misses": Option(False, _BOOL, "log why something is compiled anew"),
    "check_tracer_leaks": Option(False, _BOOL, "raise if a tracer outlives its trace"),
    "enable_checks": Option(False, _BOOL, "check the types of every jaxpr"),
    "numpy_rank_promotion": Option(
        "allow", ("allow", "warn", "raise"), "for operands of different rank"
    ),
    "numpy_dtype_promotion": Option(
        "standard", ("standard", "strict"), "for operands of different dtypes"
    ),
    "enable_x64": Option(True, _BOOL, _NO_X64, acts=False),
    "default_matmul_precision": Option(None, (), _NO_PRECISION, acts=False),
    "debug_key_reuse": Option(
        False, _BOOL, "raise where a random key is used a second time"
    ),
    "num_threads": Option(
        2, (1, 2), "the threads that large elementwise work is shared by", acts=False
    ),
}
"""All options by name, in the order in which they are shown."""

_overrides: ContextVar[Mapping[str, Any]] = ContextVar(
    "fgrad.config", default=MappingProxyType({})
)
_TRACED = ("numpy_rank_promotion", "numpy_dtype_promotion", "debug_nans", "debug_infs")


class Config:
    """The options: read as attributes, set with `update`, shown by ``repr``.

    JAX's names, which begin with ``jax_``, are understood too.

    >>> config.disable_jit
    False
    >>> config.update("jax_enable_x64", True)
    """

    touched: bool
    debug_nans: bool
    debug_infs: bool
    disable_jit: bool
    log_compiles: bool
    explain_cache_misses: bool
    check_tracer_leaks: bool
    enable_checks: bool
    numpy_rank_promotion: str
    numpy_dtype_promotion: str
    enable_x64: bool
    default_matmul_precision: str | None
    debug_key_reuse: bool
    num_threads: int

    def __init__(self) -> None:
        set_own = object.__setattr__
        set_own(self, "touched", False)  # whether an option was ever set that acts
        set_own(self, "_globals", {name: o.default for name, o in OPTIONS.items()})

    def __getattr__(self, name: str) -> Any:
        key = _key(name)
        if key is None:
            raise AttributeError(_unknown(name))
        overrides = _overrides.get()
        return overrides[key] if key in overrides else self._globals[key]

    def __setattr__(self, name: str, value: Any) -> None:
        self.update(name, value)

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *OPTIONS]

    def update(self, name: str, value: Any) -> None:
        """Set an option for the whole process.

        Raises:
            AttributeError: if there is no such option.
            ValueError: if the option cannot have this value.

        >>> config.update("numpy_rank_promotion", "never")
        Traceback (most recent call last):
        ValueError: numpy_rank_promotion must be 'allow', 'warn' or 'raise', got 'never'
        """
        key = _key(name)
        if key is None:
            raise AttributeError(_unknown(name))
        problem = _problem(key, value)
        if problem:
            raise ValueError(problem)
        self._globals[key] = value
        self.touch(key)

    def touch(self, key: str) -> None:
        """Note that an option was set, so that hot code reads the options."""
        if OPTIONS[key].acts:
            object.__setattr__(self, "touched", True)

    @property
    def values(self) -> dict[str, Any]:
        """All options with the values that they have here."""
        return {name: getattr(self, name) for name in OPTIONS}

    # -- what the library asks ---------------------------------------------------

    @property
    def checks_values(self) -> bool:
        """Whether results are searched for nan or inf."""
        return self.debug_nans or self.debug_infs

    @property
    def trace_key(self) -> tuple[Any, ...]:
        """The options that a traced program depends on; empty if none is set."""
        found = tuple(getattr(self, name) for name in _TRACED)
        default = tuple(OPTIONS[name].default for name in _TRACED)
        return () if found == default else found

    @property
    def interferes(self) -> bool:
        """Whether calling a compiled function is more than running its program."""
        return bool(self.disable_jit or self.check_tracer_leaks or self.trace_key)

    def __repr__(self) -> str:
        lines = [f"  {name} = {value!r}" for name, value in self.values.items()]
        return "\n".join(["fgrad.config:", *lines])


def _key(name: Any) -> str | None:
    """Return the option that a name means."""
    key = name.removeprefix("jax_") if isinstance(name, str) else None
    return key if key in OPTIONS else None


def _unknown(name: Any) -> str:
    """Say that there is no such option, and which there are."""
    from difflib import get_close_matches

    near = get_close_matches(str(name).removeprefix("jax_"), OPTIONS, 1)
    hint = f"Do you mean {near[0]}? " if near else ""
    options = ", ".join(OPTIONS)
    return f"fgrad.config has no option {name!r}. {hint}The options are {options}"


def _problem(key: str, value: Any) -> str:
    """Say why an option cannot have a value; empty if it can."""
    allowed = OPTIONS[key].values
    if allowed:
        fits = any(type(value) is type(v) and value == v for v in allowed)
        *most, last = map(repr, allowed)
    else:
        fits = value is None or isinstance(value, str)
        most, last = ["None"], "a string"
    return "" if fits else f"{key} must be {', '.join(most)} or {last}, got {value!r}"


config = Config()
"""The options of the process."""


class Override:
    """A block in which an option has another value, in this thread alone."""

    def __init__(self, name: str, value: Any) -> None:
        problem = _problem(name, value)
        if problem:
            raise ValueError(problem)
        self.name = name
        self.value = value
        self._tokens: list[Token[Mapping[str, Any]]] = []

    def __enter__(self) -> None:
        config.touch(self.name)
        changed = {**_overrides.get(), self.name: self.value}
        self._tokens.append(_overrides.set(changed))

    def __exit__(self, *exception: object) -> None:
        _overrides.reset(self._tokens.pop())

    def __repr__(self) -> str:
        return f"{self.name}({self.value!r})"


def debug_nans(value: bool = True) -> Override:
    """Raise `FloatingPointError` at the first traced operation that gives a nan.

    The message names the operation, its shapes, its line and the transformation;
    in the backward pass the line of the operation that is differentiated. A jitted
    program is searched if its results have a nan. NumPy's own operations on plain
    arrays are not watched: ``np.errstate(all="raise")`` is for them.

    >>> import fgrad, numpy as np
    >>> with fgrad.debug_nans(), np.errstate(all="ignore"):
    ...     fgrad.grad(lambda x: np.log(x))(-1.0)
    Traceback (most recent call last):
    FloatingPointError: grad(lambda): "log" of float[] gave nan at ...
    """
    return Override("debug_nans", value)


def debug_infs(value: bool = True) -> Override:
    """Raise `FloatingPointError` at the first traced operation that gives an inf.

    As `debug_nans`, for infinities.

    >>> import fgrad, numpy as np
    >>> with fgrad.debug_infs(), np.errstate(all="ignore"):
    ...     fgrad.grad(lambda x: np.sqrt(x))(0.0)
    Traceback (most recent call last):
    FloatingPointError: grad(lambda): the backward pass of "sqrt" of float[] gave ...
    """
    return Override("debug_infs", value)


def disable_jit(disable: bool = True) -> Override:
    """Run jitted functions as plain Python, so that ``print`` and ``pdb`` see values.

    >>> import fgrad
    >>> f = fgrad.jit(lambda x: print("x is", x) or x)
    >>> with fgrad.disable_jit():
    ...     f(2.0)
    x is 2.0
    2.0
    """
    return Override("disable_jit", disable)


def log_compiles(value: bool = True) -> Override:
    """Log each compilation.

    >>> with log_compiles():
    ...     config.log_compiles
    True
    """
    return Override("log_compiles", value)


def explain_cache_misses(value: bool = True) -> Override:
    """Log why a jitted function is compiled once more.

    >>> with explain_cache_misses():
    ...     config.explain_cache_misses
    True
    """
    return Override("explain_cache_misses", value)


def checking_leaks(value: bool = True) -> Override:
    """Raise `UnexpectedTracerError` if a tracer outlives its transformed function.

    The message names the tracer and who keeps it. A transformation that raises, and
    what is reachable from its result, are not complained about.

    >>> import fgrad
    >>> kept = []
    >>> with fgrad.checking_leaks():
    ...     fgrad.grad(lambda x: kept.append(x) or x * x)(3.0)
    Traceback (most recent call last):
    fgrad.errors.UnexpectedTracerError: grad(lambda) leaks float[] (argument x of ...
    """
    return Override("check_tracer_leaks", value)


check_tracer_leaks = checking_leaks


def enable_checks(value: bool = True) -> Override:
    """Check the types of every jaxpr after staging and after every compiler pass.

    An error means a bug in fgrad, or in the abstract rule of a primitive of yours.

    >>> import fgrad
    >>> with fgrad.enable_checks():
    ...     fgrad.jit(lambda x: x + 1.0)(2.0)
    3.0
    """
    return Override("enable_checks", value)


def numpy_rank_promotion(value: str) -> Override:
    """Say what happens where traced operands of different rank are broadcast.

    ``"allow"`` as NumPy does, ``"warn"``, or ``"raise"`` a ValueError. It concerns
    operators and ufuncs of two operands; scalars go with every rank.

    >>> import fgrad, numpy as np
    >>> with fgrad.numpy_rank_promotion("raise"):
    ...     fgrad.grad(lambda x: np.sum(x + np.ones((2, 3))))(np.ones(3))
    Traceback (most recent call last):
    ValueError: grad(lambda): "add" of f64[3] and f64[2,3] would promote ...
    """
    return Override("numpy_rank_promotion", value)


def numpy_dtype_promotion(value: str) -> Override:
    """Say whether traced operands of different dtypes are promoted.

    ``"standard"`` as NumPy does, ``"strict"`` raises a ValueError. It concerns
    operators and ufuncs of two operands; a Python number goes with every dtype that
    can hold its kind.

    >>> import fgrad, numpy as np
    >>> with fgrad.numpy_dtype_promotion("strict"):
    ...     fgrad.grad(lambda x: np.sum(x * np.arange(3)))(np.ones(3))
    Traceback (most recent call last):
    ValueError: grad(lambda): "mul" of f64[3] and i64[3] would promote ...
    """
    return Override("numpy_dtype_promotion", value)


def enable_x64(value: bool = True) -> Override:
    """Do nothing: fgrad has NumPy's dtypes. It is there for programs written for JAX.

    >>> with enable_x64(False):
    ...     config.enable_x64
    False
    """
    return Override("enable_x64", value)


def default_matmul_precision(value: str | None) -> Override:
    """Do nothing: products are NumPy's. It is there for programs written for JAX.

    >>> with default_matmul_precision("float32"):
    ...     config.default_matmul_precision
    'float32'
    """
    return Override("default_matmul_precision", value)


def debug_key_reuse(value: bool = True) -> Override:
    """Do nothing. It is there for programs written for JAX.

    >>> with debug_key_reuse():
    ...     config.debug_key_reuse
    True
    """
    return Override("debug_key_reuse", value)


def num_threads(value: int) -> Override:
    """Say how many threads compiled programs may use for large elementwise work.

    One thread is used anyway for small arrays, and where the process has one core.

    >>> with num_threads(1):
    ...     config.num_threads
    1
    """
    return Override("num_threads", value)
