"""Indexing as users write it: ``x[idx]``, ``take``, and ``x.at[idx].set(v)``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Tracer, broadcast_shapes, dtype_of, ndim_of, owned, shape_of
from .axes import normalize_axis
from .basic import astype, reshape
from .elementwise import div, logical_and, lt, maximum, minimum, power, where
from .gather import gather, gather_p, scatter_p, slice_p, unslice_p
from .index_spec import (
    ARRAY,
    FULL,
    Index,
    array_shapes,
    int_index,
    layout,
    make_index,
    parse,
)
from .scatter import (
    scatter_add_p,
    scatter_max_p,
    scatter_min_p,
    scatter_mul_p,
    scatter_set_p,
    set_at,
    slice_set_p,
)

__all__ = [
    "At",
    "Index",
    "at",
    "gather_p",
    "getitem",
    "scatter_add_p",
    "scatter_max_p",
    "scatter_min_p",
    "scatter_mul_p",
    "scatter_p",
    "scatter_set_p",
    "set_at",
    "slice_p",
    "slice_set_p",
    "take",
    "unslice_p",
]

# -- reading -----------------------------------------------------------------------


def getitem(x, idx):
    """Return ``x[idx]`` with NumPy's semantics, basic and advanced.

    >>> getitem(np.arange(6).reshape(2, 3), (slice(None), [0, 2]))
    array([[0, 2],
           [3, 5]])
    """
    if type(idx) is int:
        return slice_p(x, index=int_index(idx))
    if is_scalar_mask(idx):  # NumPy: a copy, with a new axis of length 1 or 0
        z = slice_p(x, index=make_index((None,)))
        z = z if idx else slice_p(z, index=make_index(((0, 0, None),)))
        return owned(z) if type(z) is Tracer else np.array(z)
    index, arrays = parse(idx, shape_of(x))
    if arrays:
        return gather(x, *arrays, index=index)
    return slice_p(x, index=index)


def is_scalar_mask(idx):
    """Say whether an index is a single boolean; its value has to be known."""
    if type(idx) is np.ndarray or type(idx) is Tracer:
        return idx.dtype.kind == "b" and not idx.ndim
    return type(idx) in (bool, np.bool)


_MODES = ("raise", "wrap", "clip")


def take(x, indices, axis=None, mode="raise"):
    """Return elements of ``x`` along an axis, or of ``x`` flattened.

    ``mode`` says what to do with indices out of bounds: ``"raise"`` an IndexError,
    ``"wrap"`` around, or ``"clip"`` to the nearest end.

    >>> take(np.array([[1, 2], [3, 4]]), [1, 0], axis=1)
    array([[2, 1],
           [4, 3]])
    """
    if mode not in _MODES:
        raise ValueError(f"take: mode must be one of {_MODES}, got {mode!r}")
    if axis is None:
        x, axis = reshape(x, shape=(int(np.prod(shape_of(x))),)), 0
    axis = normalize_axis(axis, ndim_of(x), "take", shape_of(x))
    if type(indices) is not Tracer:
        indices = np.asarray(indices)
        if not indices.size:
            indices = indices.astype(np.intp)
    if indices.dtype.kind not in "iu":
        raise TypeError(f"take: indices must be integers, got {indices.dtype}")
    size = shape_of(x)[axis]
    if mode == "wrap":
        indices = indices % size
    elif mode == "clip":
        indices = minimum(maximum(indices, 0), size - 1)
    index = make_index((*(FULL,) * axis, ARRAY))
    return gather(x, indices, index=index)


# -- indices out of bounds ---------------------------------------------------------


def _array_axes(index, ndim):
    """Return the axis that each advanced item of an index stands for."""
    consumed = sum(i is not None and i is not Ellipsis for i in index.items)
    axes, axis = [], 0
    for item in index.items:
        if item is ARRAY:
            axes.append(axis)
        axis += ndim - consumed if item is Ellipsis else item is not None
    return axes


def _with_arrays(index, arrays):
    """Return an index whose integers are index arrays too."""
    rest = iter(arrays)
    found = [
        next(rest) if i is ARRAY else np.asarray(i)
        for i in index.items
        if i is ARRAY or type(i) is int
    ]
    items = tuple(ARRAY if type(i) is int else i for i in index.items)
    return make_index(items), found


def _wrapped(i, size):
    """Return indices with negative ones counted from the end."""
    return where(lt(i, 0), i + size, i)


def _inside(arrays, sizes):
    """Return where all index arrays are within bounds."""
    valid = True
    for i, size in zip(arrays, sizes, strict=True):
        valid = logical_and(valid, logical_and(lt(-1, i), lt(i, size)))
    return valid


def fill_value_of(dtype):
    """Return what reading out of bounds gives: nan, or an integer far off."""
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return info.min if dtype.kind == "i" else info.max
    return True if dtype.kind == "b" else np.nan


# -- x.at[idx] ---------------------------------------------------------------------

_AT_MODES = (None, "promise_in_bounds", "clip", "drop", "fill")


class At:
    """The elements ``x[idx]``, to be read or changed in a copy: ``x.at[idx]``.

    Methods return a new array in the dtype of ``x`` and never mutate. Where an index
    names an element twice, ``set`` keeps the last value, and the others apply all
    values. They share JAX's keywords: ``mode`` says what happens to integer indices
    out of bounds. By default that is an IndexError, as in NumPy; ``"clip"`` moves
    them to the nearest element; ``"drop"`` and ``"fill"`` leave such updates out,
    and read ``fill_value`` there. ``indices_are_sorted`` and ``unique_indices`` are
    accepted as the promises they are in JAX, and not needed.

    >>> at(np.zeros(3))[1].set(5.0)
    array([0., 5., 0.])
    >>> at(np.zeros(3))[[0, 0, 2]].add(1.0)
    array([2., 0., 1.])
    """

    __slots__ = ("_idx", "_x")

    def __init__(self, x: Any, idx: Any) -> None:
        self._x = x
        self._idx = idx

    def __repr__(self) -> str:
        return f"at({self._x!r})[{self._idx!r}]"

    def _resolved(self, mode):
        """Return index and arrays, within bounds, and where they were so already."""
        if mode not in _AT_MODES:
            raise ValueError(f"at: mode must be one of {_AT_MODES}, got {mode!r}")
        shape = shape_of(self._x)
        index, arrays = parse(self._idx, shape)
        if mode in (None, "promise_in_bounds"):
            return index, arrays, None
        index, arrays = _with_arrays(index, arrays)
        layout(shape, index, *array_shapes(arrays))  # raises if it does not fit
        sizes = [shape[axis] for axis in _array_axes(index, len(shape))]
        arrays = list(map(_wrapped, arrays, sizes))
        if mode == "clip":
            clipped = zip(arrays, sizes, strict=True)
            return index, [minimum(maximum(i, 0), n - 1) for i, n in clipped], None
        return index, arrays, _inside(arrays, sizes) if arrays else None

    def get(self, *, indices_are_sorted: bool = False, unique_indices: bool = False,
            mode: str | None = None, fill_value: Any = None) -> Any:  # fmt: skip
        """Return ``x[idx]``."""
        x = self._x
        index, arrays, valid = self._resolved(mode)
        if valid is None:
            return _read(x, index, arrays)
        lay = layout(shape_of(x), index, *array_shapes(arrays))
        z = _read(x, index, [where(valid, i, 0) for i in arrays])
        after = len(lay.shape) - lay.place - lay.rank
        valid = reshape(valid, shape=shape_of(valid) + (1,) * after)
        if fill_value is None:
            fill_value = fill_value_of(dtype_of(x))
        return where(valid, z, astype(fill_value, dtype_of(x)))

    def _update(self, prim, values, mode, name):
        x = self._x
        index, arrays, valid = self._resolved(mode)
        slot = layout(shape_of(x), index, *array_shapes(arrays)).shape
        y = _operand(x, values, slot, name)
        if valid is None:
            return prim(x, y, *arrays, index=index)
        # indices out of bounds write into one element more, which is cut off again
        axis = _array_axes(index, ndim_of(x))[0]
        size = shape_of(x)[axis]
        longer = tuple(n + (a == axis) for a, n in enumerate(shape_of(x)))
        inside = make_index((*(FULL,) * axis, (0, size, None)))
        safe = [where(valid, i, 0 if k else size) for k, i in enumerate(arrays)]
        z = prim(unslice_p(x, shape=longer, index=inside), y, *safe, index=index)
        return slice_p(z, index=inside)

    def set(self, values: Any, *, indices_are_sorted: bool = False,
            unique_indices: bool = False, mode: str | None = None) -> Any:  # fmt: skip
        """Return a copy of ``x`` after ``x[idx] = values``."""
        return self._update(set_at, values, mode, "set")

    def add(self, values: Any, *, indices_are_sorted: bool = False,
            unique_indices: bool = False, mode: str | None = None) -> Any:  # fmt: skip
        """Return a copy of ``x`` after ``x[idx] += values``, repeats included."""
        return self._update(scatter_add_p, values, mode, "add")

    def subtract(self, values: Any, **keywords: Any) -> Any:
        """Return a copy of ``x`` after ``x[idx] -= values``, repeats included."""
        return self.add(-_as_array(values), **keywords)

    def multiply(self, values: Any, *, indices_are_sorted: bool = False,
                 unique_indices: bool = False,
                 mode: str | None = None) -> Any:  # fmt: skip
        """Return a copy of ``x`` after ``x[idx] *= values``, repeats included."""
        return self._update(scatter_mul_p, values, mode, "multiply")

    mul = multiply

    def divide(self, values: Any, **keywords: Any) -> Any:
        """Return a copy of ``x`` after ``x[idx] /= values``, repeats included."""
        x = self._x
        if dtype_of(x).kind not in "fc":
            raise TypeError(
                f"at[].divide: the quotient does not fit {dtype_of(x)}; write "
                "x.astype(float).at[...].divide(values)"
            )
        return div(x, At(_ones_like(x), self._idx).multiply(values, **keywords))

    def power(self, values: Any, **keywords: Any) -> Any:
        """Return a copy of ``x`` after ``x[idx] **= values``, repeats included."""
        x = self._x
        return power(x, At(_ones_like(x), self._idx).multiply(values, **keywords))

    def min(self, values: Any, *, indices_are_sorted: bool = False,
            unique_indices: bool = False, mode: str | None = None) -> Any:  # fmt: skip
        """Return a copy of ``x`` after ``x[idx] = minimum(x[idx], values)``."""
        return self._update(scatter_min_p, values, mode, "min")

    def max(self, values: Any, *, indices_are_sorted: bool = False,
            unique_indices: bool = False, mode: str | None = None) -> Any:  # fmt: skip
        """Return a copy of ``x`` after ``x[idx] = maximum(x[idx], values)``."""
        return self._update(scatter_max_p, values, mode, "max")

    def apply(self, func: Any, **keywords: Any) -> Any:
        """Return a copy of ``x`` after ``x[idx] = func(x[idx])``."""
        return self.set(func(self.get(**keywords)), **keywords)


class _AtProperty:
    """What ``x.at`` is, until it is indexed."""

    __slots__ = ("_x",)

    def __init__(self, x):
        self._x = x

    def __getitem__(self, idx):
        return At(self._x, idx)

    def __repr__(self):
        return f"at({self._x!r})"


def at(x: Any) -> Any:
    """Return what ``x.at`` is: index it, then change or read the elements.

    Plain arrays, which have no ``at``, are welcome.

    >>> at(np.arange(4))[1:3].multiply(10)
    array([ 0, 10, 20,  3])
    """
    return _AtProperty(_as_array(x))


def _as_array(x):
    return x if hasattr(x, "dtype") else np.asarray(x)


def _read(x, index, arrays):
    if arrays:
        return gather(x, *arrays, index=index)
    return slice_p(x, index=index)


def _ones_like(x):
    return np.broadcast_to(dtype_of(x).type(1), shape_of(x))


def _operand(x, values, slot, name):
    """Return the values of an update as something that broadcasts to the slot."""
    y = values if type(values) in (int, float, bool, complex) else _as_array(values)
    kinds, have = "buifc", shape_of(y)
    order = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}  # u and i: as NumPy casts
    lossy = order[dtype_of(y).kind] > order[dtype_of(x).kind]
    plain_set = (
        name == "set" and type(y) is not Tracer and dtype_of(y).kind in kinds[:4]
    )
    if lossy and not plain_set:
        raise TypeError(
            f"at[].{name}: values of {dtype_of(y)} do not fit an array of "
            f"{dtype_of(x)}; write x.astype({dtype_of(y)}).at[...].{name}(...)"
        )
    extra = max(len(have) - len(slot), 0)
    if have[:extra] == (1,) * extra and _broadcasts(have[extra:], slot):
        y = reshape(y, shape=have[extra:]) if extra else y
        return astype(y, dtype_of(x))
    raise ValueError(
        f"at[].{name}: values of shape {have} do not broadcast to the shape {slot} "
        "that the index selects"
    )


def _broadcasts(have, slot):
    try:
        return broadcast_shapes(have, slot) == slot
    except ValueError:
        return False
