"""NumPy's functions whose results have shapes that depend on values.

They work where values are known. JAX's ``size=`` fixes the shape: what there is too
much of is left out, and ``fill_value`` fills up. Then they work under jit and vmap.
"""

from __future__ import annotations

import operator

import numpy as np

from ..core import dtype_of, known_value, shape_of
from ..errors import ConcretizationTypeError
from ..ops import elementwise as ew
from ..ops import sort as sorting
from ..ops.axes import normalize_axis
from ..ops.basic import astype, reshape
from ..ops.index import getitem
from ..ops.index import take as take_p
from ..ops.reduce import sum_
from ..ops.scan import cum_sum
from ..ops.search import search_sorted
from ..ops.shape import repeat_elements
from ..transforms.arguments import shown
from .arrays import arraylike, arraylikes, known_array, strong
from .elementwise import where as where_p
from .joining import stack
from .shapes import broadcast_to, ravel
from .table import refuse_out, traceable

SIZED = ("size", "fill_value")


def advice(name):
    """Return what to write instead of a function that needs values.

    >>> advice("nonzero")
    'Give fgrad.numpy.nonzero a size=, use three-argument np.where(condition, x, 0.0)'
    """
    return (
        f"Give fgrad.numpy.{name} a size=, use three-argument "
        "np.where(condition, x, 0.0)"
    )


def length(size, name):
    """Return the argument ``size`` of a function as a number.

    >>> length(np.int64(3), "nonzero")
    3
    """
    try:
        number = operator.index(size)
    except ConcretizationTypeError:
        raise
    except TypeError:
        raise TypeError(
            f"{name}: size must be a whole number that is known, got {shown(size)}"
        ) from None
    if number < 0:
        raise ValueError(f"{name}: size must not be negative, got {number}")
    return number


def places(mask, size):
    """Return where the first true elements of a vector are, and which places count.

    There are ``size`` places; those after the last true element are 0.
    """
    n = shape_of(mask)[0]
    if n == 0:
        return np.zeros(size, np.intp), np.zeros(size, bool)
    order = sorting.arg_sort(ew.logical_not(mask), stable=True)
    order = take_p(order, np.minimum(np.arange(size), n - 1))
    valid = ew.lt(np.arange(size), sum_(mask, dtype=np.intp))
    return ew.where(valid, order, 0), valid


def filled(values, valid, fill, axis=0):
    """Return slices along an axis, those that are not valid replaced by a value."""
    shape = [1] * len(shape_of(values))
    shape[axis] = shape_of(valid)[0]
    valid = reshape(valid, shape=tuple(shape))
    return ew.where(valid, values, astype(strong(arraylike(fill)), dtype_of(values)))


# -- where something is true ---------------------------------------------------------


def _nonzero(a, size, fill_value, name):
    """Return the indices of what is not zero, one array for each axis."""
    a = arraylike(a)
    if size is None:
        return np.nonzero(known_array(a, name, advice(name.partition("(")[0])))
    shape = shape_of(a)
    if not shape:
        raise ValueError(f"{name}: a number has no indices; see np.atleast_1d")
    flat, valid = places(ew.ne(ravel(a), 0), length(size, name))
    fills = fill_value if isinstance(fill_value, tuple) else (fill_value,) * len(shape)
    if len(fills) != len(shape):
        raise ValueError(f"{name}: fill values {fill_value} for {len(shape)} axes")
    return tuple(
        filled(index, valid, 0 if fill is None else fill)
        for index, fill in zip(unravelled(flat, shape), fills, strict=True)
    )


def unravelled(flat, shape):
    """Return the index along each axis that flat indices stand for."""
    found = []
    for n in shape[::-1]:
        found.append(ew.mod(flat, max(n, 1)))
        flat = ew.floor_divide(flat, max(n, 1))
    return tuple(found[::-1])


@traceable(np.nonzero, more=SIZED)
def nonzero(a, *, size=None, fill_value=None):
    """Return the indices of what is not zero, one array for each axis."""
    return _nonzero(a, size, fill_value, "nonzero")


@traceable(np.flatnonzero, more=SIZED)
def flatnonzero(a, *, size=None, fill_value=None):
    """Return the flat indices of what is not zero."""
    return _nonzero(ravel(a), size, fill_value, "flatnonzero")[0]


@traceable(np.argwhere, more=SIZED)
def argwhere(a, *, size=None, fill_value=None):
    """Return the indices of what is not zero as rows."""
    if size is None:
        return np.argwhere(known_array(a, "argwhere", advice("argwhere")))
    if not shape_of(arraylike(a)):
        return np.zeros((length(size, "argwhere"), 0), np.intp)
    return stack(_nonzero(a, size, fill_value, "argwhere"), 1)


@traceable(np.where, more=SIZED)
def where(condition, x=None, y=None, /, *, size=None, fill_value=None):
    """Choose from ``x`` or ``y``; with one argument it is ``nonzero``."""
    if x is None and y is None:
        return _nonzero(condition, size, fill_value, "where(condition)")
    if x is None or y is None:
        raise ValueError("where: give both x and y, or neither")
    if size is not None or fill_value is not None:
        raise ValueError("where: size and fill_value are for where(condition)")
    return where_p(condition, x, y)


# -- what is chosen by a condition ---------------------------------------------------


@traceable(np.compress, more=SIZED)
def compress(condition, a, axis=None, out=None, *, size=None, fill_value=0):
    """Return the slices along an axis where a condition is true."""
    return _compress(condition, a, axis, out, size, fill_value, "compress")


@traceable(np.extract, more=SIZED)
def extract(condition, arr, *, size=None, fill_value=0):
    """Return the elements where a condition is true."""
    condition, arr = ravel(condition), ravel(arr)
    return _compress(condition, arr, 0, None, size, fill_value, "extract")


def _compress(condition, a, axis, out, size, fill_value, name):
    refuse_out(out)
    a, condition = strong(arraylike(a)), arraylike(condition)
    if len(shape_of(condition)) != 1:
        raise ValueError(f"{name}: the condition {shape_of(condition)} is no vector")
    a, axis = (ravel(a), 0) if axis is None else (a, axis)
    axis = normalize_axis(axis, a.ndim, name, a.shape)
    if size is None:
        known = known_array(condition, name, advice(name))
        return take_p(a, np.flatnonzero(known), axis)
    index, valid = places(ew.ne(condition, 0), length(size, name))
    if 0 in a.shape:
        shape = (*a.shape[:axis], len(index), *a.shape[axis + 1 :])
        return broadcast_to(astype(strong(arraylike(fill_value)), a.dtype), shape)
    return filled(take_p(a, index, axis), valid, fill_value, axis)


@traceable(np.repeat, more=["total_repeat_length"])
def repeat(a, repeats, axis=None, *, total_repeat_length=None):
    """Repeat each element.

    ``total_repeat_length`` is the length of the result, which the last repeats are
    cut to; the last element fills up.
    """
    a = arraylike(a)
    if total_repeat_length is None:
        counts = known_array(repeats, "repeat", "Give it a total_repeat_length=")
        return repeat_elements(a, counts, axis)
    a, axis = (ravel(a), 0) if axis is None else (a, axis)
    axis = normalize_axis(axis, a.ndim, "repeat", a.shape)
    ends = cum_sum(broadcast_to(repeats, (a.shape[axis],)), 0)
    places_ = np.arange(operator.index(total_repeat_length))
    source = ew.minimum(search_sorted(ends, places_, "right"), a.shape[axis] - 1)
    return take_p(a, source, axis)


@traceable(np.trim_zeros)
def trim_zeros(filt, trim="fb", axis=None):
    """Leave out zeros at the beginning (f) and the end (b), along axes."""
    filt = filt if isinstance(filt, list | tuple) else arraylike(filt)
    x = arraylike(filt)
    trim = trim.lower()
    if trim not in ("fb", "bf", "f", "b"):
        raise ValueError(f"trim_zeros: trim is 'f', 'b' or 'fb', got {trim!r}")
    there = np.argwhere(known_array(x, "trim_zeros", "Keep the zeros"))
    rank = len(shape_of(x))
    axes = range(rank) if axis is None else np.atleast_1d(axis).tolist()
    parts = [slice(None)] * rank
    for one in axes:
        one = normalize_axis(one, rank, "trim_zeros", shape_of(x))
        n = shape_of(x)[one]
        low, high = (there[:, one].min(), there[:, one].max() + 1) if len(there) else (
            (n, n) if "f" in trim else (0, 0))  # fmt: skip
        parts[one] = slice(int(low) if "f" in trim else 0,
                           int(high) if "b" in trim else n)  # fmt: skip
    if isinstance(filt, list | tuple):
        return filt[parts[0]]
    return getitem(x, tuple(parts))


@traceable(np.unravel_index)
def unravel_index(indices, shape, order="C"):
    """Return the index along each axis that flat indices stand for."""
    indices = arraylike(indices)
    known = known_value(indices)
    shape = tuple(map(operator.index, shape if hasattr(shape, "__len__") else (shape,)))
    if known is not None:
        return np.unravel_index(known, shape, order)
    if dtype_of(indices).kind not in "iu":
        raise TypeError(f"unravel_index: indices are integers, got {indices.dtype}")
    if order not in ("C", "F"):
        raise ValueError(f"unravel_index: order is 'C' or 'F', got {order!r}")
    indices = astype(indices, np.intp)
    found = unravelled(indices, shape if order == "C" else shape[::-1])
    return found if order == "C" else found[::-1]


@traceable(np.ravel_multi_index)
def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    """Return the flat index that an index along each axis stands for."""
    parts = arraylikes(*multi_index)
    known = [known_value(part) for part in parts]
    dims = tuple(map(operator.index, dims if hasattr(dims, "__len__") else (dims,)))
    if not any(k is None for k in known):
        return np.ravel_multi_index(tuple(known), dims, mode, order)
    if len(parts) != len(dims):
        raise ValueError(f"ravel_multi_index: {len(parts)} indices for shape {dims}")
    modes = mode if isinstance(mode, tuple) else (mode,) * len(dims)
    axes = list(zip(parts, dims, modes, strict=True))
    flat = np.intp(0)
    for part, n, how in axes if order == "C" else axes[::-1]:
        flat = flat * n + _inside(astype(part, np.intp), n, how)
    return flat


def _inside(index, n, mode):
    if mode == "wrap":
        return ew.mod(index, n)
    if mode == "clip":
        return ew.minimum(ew.maximum(index, 0), n - 1)
    if mode != "raise":
        raise ValueError(f"ravel_multi_index: mode {mode!r} is not raise, wrap or clip")
    return getitem(np.arange(n), index)  # raises where it runs, if out of bounds
