"""NumPy's functions that write into an array: with ``inplace=False`` into a copy.

``np.put(a, i, x)`` changes ``a``, which nothing can do with a traced ``x``: that
raises. ``fgrad.numpy.put(a, i, x, inplace=False)`` returns the changed array, as in
JAX, and differentiates.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from ..core import dtype_of, shape_of
from ..errors import TracerMutationError
from ..ops import elementwise as ew
from ..ops.basic import astype, reshape
from ..ops.index import at, take
from ..ops.scan import cum_sum
from .arrays import arraylike, strong
from .shapes import ravel
from .table import refuse_write, traceable

refuse_write(np.copyto, "write a = np.where(mask, x, a), and np.full(shape, x) through "
             "fgrad.numpy, or np.broadcast_to(x, shape), for np.full_like")  # fmt: skip
refuse_write(np.putmask, "write a = np.where(mask, values, a)")


def _refuse(name, instead) -> NoReturn:
    raise TracerMutationError(
        f"np.{name} would write a traced value into an existing array: write "
        f"{instead}, or a = fgrad.numpy.{name}(..., inplace=False)"
    )


@traceable(np.put, more=["inplace"])
def put(a, ind, v, mode="raise", *, inplace=True):
    """Return an array with values at flat indices, repeated as often as needed."""
    if inplace:
        _refuse("put", "a = fgrad.numpy.at(a)[indices].set(values)")
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


@traceable(np.place, more=["inplace"])
def place(arr, mask, vals, *, inplace=True):
    """Return an array with values where a mask is true, one after the other."""
    if inplace:
        _refuse("place", "a = np.where(mask, values, a)")
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


@traceable(np.put_along_axis, more=["inplace"])
def put_along_axis(arr, indices, values, axis, inplace=True):
    """Return an array with values at indices along an axis."""
    if inplace:
        _refuse("put_along_axis", "a = fgrad.numpy.at(a)[indices].set(values)")
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


@traceable(np.fill_diagonal, more=["inplace"])
def fill_diagonal(a, val, wrap=False, *, inplace=True):
    """Return an array with values on its main diagonal, repeated as often as needed.

    With ``wrap`` the diagonal of a tall matrix goes on below, as in NumPy.
    """
    if inplace:
        _refuse("fill_diagonal", "a = np.where(np.eye(n, dtype=bool), x, a)")
    a, val = strong(arraylike(a)), ravel(val)
    places = np.arange(np.prod(a.shape, dtype=np.intp)).reshape(a.shape)
    mark = np.zeros(a.shape, bool)
    np.fill_diagonal(mark, True, wrap)
    places = places[mark]
    if not places.size:
        return a
    v = astype(take(val, np.arange(places.size) % val.size), dtype_of(a))
    return reshape(at(ravel(a))[places].set(v), shape=a.shape)
