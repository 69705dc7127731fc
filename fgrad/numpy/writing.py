"""NumPy's functions that write into an array: with ``inplace=False`` into a copy.

``np.put(a, i, x)`` changes ``a``, which nothing can do with a traced ``x``: that
raises, unless ``a`` is traced as well. ``fgrad.numpy.put(a, i, x, inplace=False)``
returns the changed array, as in JAX.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import dtype_of, install, shape_of
from ..ops import elementwise as ew
from ..ops.basic import astype, reshape
from ..ops.index import at, take
from ..ops.scan import cum_sum
from .arrays import arraylike, strong
from .assignment import overwrite, written_to
from .shapes import ravel
from .table import traceable


def writes(function: Any, instead: str) -> Callable[[Any], Any]:
    """Return a decorator for what gives the changed array: NumPy writes it in place."""
    name = function.__name__

    def enter(changed: Any) -> Any:
        @functools.wraps(changed)
        def definition(a: Any, *args: Any, inplace: bool = True, **kwargs: Any) -> Any:
            if inplace:
                hint = f"write {instead}, or a = fgrad.numpy.{name}(..., inplace=False)"
                written_to(a, name, hint)
            new = changed(a, *args, **kwargs)
            if inplace and new is not a:
                overwrite(a, new)
            return None if inplace else new

        traceable(function, more=["inplace"])(definition)
        return definition

    return enter


@writes(np.put, "a = fgrad.numpy.at(a)[indices].set(values)")
def put(a, ind, v, mode="raise"):
    """Return an array with values at flat indices, repeated as often as needed."""
    a, ind, v = strong(arraylike(a)), ravel(ind), ravel(v)
    if not (ind.size and v.size):
        return a
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"put: mode is 'raise', 'wrap' or 'clip', got {mode!r}")
    if mode == "wrap":
        ind = ind % a.size
    elif mode == "clip":
        ind = ew.minimum(ew.maximum(ind, 0), a.size - 1)
    v = astype(take(v, np.arange(ind.size) % v.size), a.dtype)
    return reshape(at(ravel(a))[ind].set(v), shape=a.shape)


@writes(np.place, "a = np.where(mask, values, a)")
def place(arr, mask, vals):
    """Return an array with values where a mask is true, one after the other."""
    arr, mask, vals = strong(arraylike(arr)), ew.ne(ravel(mask), 0), ravel(vals)
    if mask.size != arr.size:
        raise ValueError(
            f"place: a mask of {mask.size} elements for an array of {arr.size}"
        )
    if not vals.size:
        raise ValueError("place: there are no values")
    number = ew.mod(ew.maximum(cum_sum(mask, 0, np.intp) - 1, 0), vals.size)
    values = astype(take(vals, number), arr.dtype)
    return reshape(ew.where(mask, values, ravel(arr)), shape=arr.shape)


@writes(np.put_along_axis, "a = fgrad.numpy.at(a)[indices].set(values)")
def put_along_axis(arr, indices, values, axis=-1):
    """Return an array with values at indices along an axis."""
    arr, indices = strong(arraylike(arr)), arraylike(indices)
    if axis is None:
        flat = at(ravel(arr))[indices].set(values)
        return reshape(flat, shape=arr.shape)
    if len(shape_of(indices)) != arr.ndim:
        raise ValueError(
            f"put_along_axis: indices of shape {shape_of(indices)} and an array of "
            f"shape {arr.shape} must have the same number of axes"
        )
    axis %= arr.ndim
    rest = list(np.ogrid[tuple(slice(n) for n in arr.shape)])
    rest[axis:axis + 1] = [indices]  # fmt: skip
    return at(arr)[tuple(rest)].set(values)


@writes(np.fill_diagonal, "a = np.where(np.eye(n, dtype=bool), x, a)")
def fill_diagonal(a, val, wrap=False):
    """Return an array with values on its main diagonal, repeated as often as needed.

    With ``wrap`` the diagonal of a tall matrix goes on below, as in NumPy.
    """
    a, val = strong(arraylike(a)), ravel(val)
    places = np.arange(np.prod(a.shape, dtype=np.intp)).reshape(a.shape)
    mark = np.zeros(a.shape, bool)
    np.fill_diagonal(mark, True, wrap)
    places = places[mark]
    if not places.size:
        return a
    v = astype(take(val, np.arange(places.size) % val.size), dtype_of(a))
    return reshape(at(ravel(a))[places].set(v), shape=a.shape)


install(put=put)
