"""The array API standard: the namespace that ``x.__array_namespace__()`` gives.

Its functions that make arrays give traced ones, of the trace that ``x`` belongs to, so
that code written for the standard may write values computed from ``x`` into them. The
others are those of `fgrad.numpy`, with the standard's keywords and results where NumPy
departs from them. (https://data-apis.org/array-api/2025.12/)
"""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from ..core import Trace, Tracer, dtype_of, keep_constants
from ..errors import UnexpectedTracerError
from ..ops import elementwise as ew
from ..ops.basic import astype, imag, real
from .arrays import arraylike, lift_into, traces_of
from .table import public

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")

# -- what NumPy does in another way ----------------------------------------------------


def _count_nonzero(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    z = public(np.count_nonzero)(x, axis=axis, keepdims=keepdims)
    return np.asarray(z) if type(z) is int else z


def _floor_divide(x: Any, y: Any, /) -> Any:
    """Divide as Python does, and keep infinities: inf // 2 is inf."""
    x, y = arraylike(x), arraylike(y)
    z = ew.floor_divide(x, y)
    if dtype_of(z).kind != "f":
        return z
    return ew.where(ew.logical_and(ew.isinf(x), ew.isfinite(y)), ew.div(x, y), z)


def _finfo(type: Any, /) -> Any:
    """Return the limits of a dtype of floats as Python numbers."""
    info = np.finfo(_dtype(type))
    numbers = ("eps", "max", "min", "smallest_normal")
    facts = {name: float(getattr(info, name)) for name in numbers}
    return SimpleNamespace(bits=int(info.bits), dtype=info.dtype, **facts)


def _iinfo(type: Any, /) -> Any:
    """Return the limits of a dtype of integers as Python numbers."""
    info = np.iinfo(_dtype(type))
    return SimpleNamespace(
        bits=int(info.bits), dtype=info.dtype, max=int(info.max), min=int(info.min)
    )


def _dtype(x: Any) -> np.dtype:
    is_array = type(x) is Tracer or isinstance(x, np.ndarray | np.generic)
    return dtype_of(x) if is_array else np.dtype(x)


def _expm1(x: Any, /) -> Any:
    """Return exp(x) - 1, complex also at the ends, where NumPy has nan."""
    x = arraylike(x)
    z = ew.expm1(x)
    if dtype_of(x).kind != "c":
        return z
    a, b = real(x), imag(x)
    ends = ew.where(ew.lt(a, 0), -1.0, complex(np.inf, np.nan))
    lost = ew.logical_and(ew.isinf(a), ew.logical_not(ew.isfinite(b)))
    z = ew.where(lost, astype(ends, dtype_of(z)), z)
    odd = ew.logical_and(ew.eq(b, 0), ew.logical_not(ew.isfinite(a)))
    return ew.where(odd, astype(ew.expm1(a), dtype_of(z)), z)


def _from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """Return an array of another library; a traced value as it is, or its copy."""
    if type(x) is Tracer:
        return x.copy() if copy else x
    return np.from_dlpack(x, device=device, copy=copy)


STANDARD = {
    "count_nonzero": _count_nonzero,
    "expm1": _expm1,
    "finfo": _finfo,
    "floor_divide": _floor_divide,
    "from_dlpack": _from_dlpack,
    "iinfo": _iinfo,
}


def _complex(x: Any) -> Any:
    kind = dtype_of(x)
    return x if kind.kind == "c" else x.astype(np.result_type(kind, np.complex64))


def _eig(x: Any, /) -> Any:
    """Return eigenvalues and eigenvectors, complex also where they are real."""
    result = public(np.linalg.eig)(x)
    return type(result)(*map(_complex, result))


def _eigvals(x: Any, /) -> Any:
    """Return eigenvalues, complex also where they are real."""
    return _complex(public(np.linalg.eigvals)(x))


# -- the namespace ---------------------------------------------------------------------

_CREATION = frozenset((
    "arange", "asarray", "empty", "empty_like", "eye", "from_dlpack", "full",
    "full_like", "linspace", "nonzero", "ones", "ones_like", "tril", "triu",
    "unique_all", "unique_counts", "unique_inverse", "unique_values", "zeros",
    "zeros_like",
))  # fmt: skip
"""What makes arrays, or places and counts that are plain ones elsewhere."""


class Namespace:
    """The array API on the values of one trace.

    >>> import fgrad
    >>> def f(x):
    ...     xp = x.__array_namespace__()
    ...     y = xp.zeros(2)
    ...     y[0] = xp.sum(x)
    ...     return xp.sum(y**2)
    >>> fgrad.grad(f)(np.array([1.0, 2.0]))
    array([6., 6.])
    """

    __name__ = "fgrad.numpy"

    def __init__(self, traces: tuple[Trace, ...]) -> None:
        for trace in traces:
            keep_constants(trace)
        self._links = tuple(map(ref, traces))  # weak, as SciPy keeps namespaces
        self._hash = hash(self._links[-1])

    def _traces(self) -> list[Trace]:
        """Return the traces, none if one of them has ended."""
        traces = [link() for link in self._links]
        ended = any(trace is None or trace.ended for trace in traces)
        return [] if ended else traces  # type: ignore[return-value]

    def __getattr__(self, name: str) -> Any:
        if name in _CREATION:
            module = import_module("fgrad.numpy")
            function = STANDARD.get(name) or getattr(module, name)
            value = self._creating(function, name)
        elif name in ("linalg", "fft"):
            value = SubNamespace(self, name)
        elif name == "special":
            value = _special()
        else:
            value = STANDARD.get(name) or getattr(import_module("fgrad.numpy"), name)
        self.__dict__[name] = value
        return value

    def _creating(self, function: Any, name: str) -> Any:
        def create(*args: Any, **kwargs: Any) -> Any:
            made = function(*args, **kwargs)
            if isinstance(made, tuple):
                parts = map(self.lifted, made)
                return made._make(parts) if hasattr(made, "_make") else tuple(parts)
            theirs = name in ("asarray", "from_dlpack") and type(made) is np.ndarray
            return self.lifted(made.copy() if theirs else made)

        create.__name__ = name
        create.__doc__ = function.__doc__
        return create

    def lifted(self, x: Any) -> Any:
        """Return a new plain array as one of the trace."""
        traces = self._traces()
        if not traces:
            raise UnexpectedTracerError(
                "a namespace is used after its function has returned: ask a value of "
                "the function in progress, xp = x.__array_namespace__()"
            )
        return x if type(x) is Tracer else lift_into(np.asarray(x), traces)

    def __eq__(self, other: object) -> bool:
        """Say whether values of both may meet: one's traces are among the other's."""
        if self is other or type(other) is not Namespace:
            return self is other
        n = min(len(self._links), len(other._links))
        nested = self._links[-n:] == other._links[-n:]
        return nested and bool(self._traces() and other._traces())

    def __hash__(self) -> int:
        return self._hash

    def __dir__(self) -> list[str]:
        return sorted({*dir(import_module("fgrad.numpy")), "special"})

    def __repr__(self) -> str:
        trace = self._links[0]()
        return f"<namespace {self.__name__} of {trace.name if trace else 'the past'}>"


class SubNamespace:
    """``xp.linalg`` or ``xp.fft``."""

    def __init__(self, owner: Namespace, name: str) -> None:
        self._module = getattr(import_module("fgrad.numpy"), name)
        self.__name__ = f"{owner.__name__}.{name}"
        if name == "linalg":
            self.eig, self.eigvals = _eig, _eigvals
        else:
            for frequencies in ("fftfreq", "rfftfreq"):
                function = getattr(self._module, frequencies)
                setattr(self, frequencies, owner._creating(function, frequencies))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _special() -> Any:
    try:
        return import_module("fgrad.scipy.special")
    except ImportError as error:
        raise AttributeError("no special functions: they need SciPy") from error


def namespace(x: Tracer, *, api_version: str | None = None) -> Namespace:
    """Return the array API namespace of a traced value.

    Raises ValueError for a version of the standard that is not known.
    """
    if api_version is not None and api_version not in VERSIONS:
        raise ValueError(
            f"__array_namespace__: api_version must be one of {VERSIONS}, got "
            f"{api_version!r}"
        )
    traces = traces_of(x)
    given = _GIVEN.get(x.owner)
    if given is None or len(given._links) < len(traces):
        given = _GIVEN[x.owner] = Namespace(traces)
    return given


_GIVEN: WeakKeyDictionary[Trace, Namespace] = WeakKeyDictionary()
"""The namespaces of traces: what a trace makes belongs to those around it, too."""
