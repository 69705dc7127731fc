"""NumPy's index tricks and functions of plain sizes, with traced values in them.

``fgrad.numpy.r_[x, 0.0]`` and ``mgrid[0:x:5j]`` take traced values; NumPy's own objects
cannot hand them over, and raise. A traced size must be known.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..core import Tracer, ndim_of
from ..ops import elementwise as ew
from ..ops.basic import astype
from .arrays import arraylike, strong
from .calculus import linspace
from .facts import result_type
from .joining import concatenate, meshgrid, stack
from .shapes import atleast_1d, broadcast_arrays, moveaxis, swapaxes
from .shapes import reshape as reshape_
from .sized import nonzero
from .table import has_tracer, traceable

# -- sizes ---------------------------------------------------------------------------


def _size(value: Any) -> Any:
    """Return a traced integer as a plain one, or teach; others as they are."""
    if isinstance(value, list | tuple):
        return type(value)(map(_size, value))
    return operator.index(value) if type(value) is Tracer else value


def _of_sizes(function: Any) -> None:
    """Enter a function of sizes, which may be traced if they are known."""

    def definition(*args: Any, **kwargs: Any) -> Any:
        sizes = {name: _size(value) for name, value in kwargs.items()}
        return function(*map(_size, args), **sizes)

    traceable(function)(definition)


for _function in (np.indices, np.diag_indices, np.tril_indices, np.triu_indices,
                  np.fromfunction, np.broadcast_shapes):  # fmt: skip
    _of_sizes(_function)


@traceable(np.mask_indices)
def mask_indices(n, mask_func, k=0):
    """Return the indices of what a function such as `numpy.triu` leaves."""
    n = operator.index(n)
    return nonzero(ew.ne(mask_func(np.ones((n, n), int), k), 0))


@traceable(np.ix_)
def ix_(*args):
    """Return an open mesh of index vectors; masks stand for where they are true."""
    vectors = [strong(arraylike(x)) for x in args]
    for i, x in enumerate(vectors):
        if x.ndim != 1:
            raise ValueError(f"ix_: needs vectors, got shape {x.shape}")
        if x.dtype.kind == "b":
            (vectors[i],) = nonzero(x)
    return meshgrid(*vectors, copy=False, sparse=True, indexing="ij")


# -- ranges between traced bounds ----------------------------------------------------


def _is_traced(key: Any) -> bool:
    parts = key if isinstance(key, tuple) else (key,)
    slices = [(s.start, s.stop, s.step) for s in parts if isinstance(s, slice)]
    return has_tracer([*parts, *slices])


def _bounds(s: slice) -> tuple[Any, Any, Any]:
    return 0 if s.start is None else s.start, s.stop, 1 if s.step is None else s.step


def _count(start: Any, stop: Any, step: Any) -> int:
    """Return how many numbers a range has: ``step`` is a number of them, or a step."""
    if np.iscomplexobj(step):
        return int(abs(step))
    start, stop, step = (ew.positive(arraylike(v)) for v in (start, stop, step))
    length = ew.ceil((stop - start) / step)
    return max(operator.index(astype(strong(length), np.intp)), 0)


def _step(start: Any, stop: Any, step: Any) -> Any:
    if not np.iscomplexobj(step):
        return step
    n = int(abs(step))
    return (stop - start) / float(n - 1) if n != 1 else n


class _Grid:
    """What `numpy.mgrid` and `numpy.ogrid` do; bounds may be traced, counts not."""

    def __init__(self, plain: Any, sparse: bool) -> None:
        self._plain = plain
        self._sparse = sparse

    def __getitem__(self, key: Any) -> Any:
        if not _is_traced(key):
            return self._plain[key]
        many = isinstance(key, tuple)
        ranges = [_bounds(s) for s in (key if many else (key,))]
        counts = [_count(*each) for each in ranges]
        numbers = [abs(v) if isinstance(v, complex) else v for r in ranges for v in r]
        dtype = result_type(*numbers) if not many else result_type(0, *numbers)
        axes = []
        for i, (each, n) in enumerate(zip(ranges, counts, strict=True)):
            line = np.arange(n, dtype=dtype) * _step(*each) + each[0]
            shape = [1] * len(ranges)
            shape[i] = n
            axes.append(reshape_(line, tuple(shape)))
        if not many:
            return axes[0]
        if self._sparse:
            return tuple(axes)
        return stack(broadcast_arrays(*axes))


# -- joining by index ----------------------------------------------------------------


class _Joined:
    """What `numpy.r_` and `numpy.c_` do, with traced values among the parts."""

    def __init__(self, plain: Any) -> None:
        self._plain = plain

    def __len__(self) -> int:
        return 0

    def __getitem__(self, key: Any) -> Any:
        if not _is_traced(key):
            return self._plain[key]
        items = list(key) if isinstance(key, tuple) else [key]
        axis, ndmin = self._plain.axis, self._plain.ndmin
        place = self._plain.trans1d
        if isinstance(items[0], str):
            axis, ndmin, place = _directive(items.pop(0), ndmin, place)
        parts = [_part(item, ndmin, place) for item in items]
        dtype = result_type(*parts)
        parts = [astype(_wide(strong(p), ndmin), dtype) for p in parts]
        return concatenate([atleast_1d(p) for p in parts], axis)


def _directive(text: str, ndmin: int, place: int) -> tuple[int, int, int]:
    """Return axis, least rank and place of a vector from ``"axis,ndmin,place"``."""
    try:
        axis, *rest = (int(n) for n in text.split(","))
    except ValueError:
        raise ValueError(f"r_: the directive {text!r} needs plain arrays") from None
    rest = [*rest, *(ndmin, place)[len(rest) :]]
    return axis, rest[0], rest[1]


def _part(item: Any, ndmin: int, place: int) -> Any:
    """Return a slice, an array or a number as what is joined."""
    if isinstance(item, slice):
        start, stop, step = _bounds(item)
        if np.iscomplexobj(step):
            line = linspace(start, stop, int(abs(step)))
        else:
            n = _count(start, stop, step)
            line = np.arange(n) * step + start
        wide = _wide(line, ndmin)
        return swapaxes(wide, -1, place) if ndmin > 1 and place != -1 else wide
    item = arraylike(item)
    rank = ndim_of(item)
    if not rank or rank >= ndmin:
        return item
    wide = _wide(item, ndmin)
    if place == -1:
        return wide
    first = place + ndmin - rank + 1 if place < 0 else place
    own = list(range(ndmin - rank, ndmin))
    return moveaxis(wide, own, list(range(first, first + rank)))


def _wide(x: Any, ndmin: int) -> Any:
    missing = ndmin - ndim_of(x)
    return reshape_(x, (1,) * missing + x.shape) if missing > 0 and ndim_of(x) else x


r_, c_ = _Joined(np.r_), _Joined(np.c_)
mgrid, ogrid = _Grid(np.mgrid, False), _Grid(np.ogrid, True)
