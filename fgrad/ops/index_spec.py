"""What an index expression says, apart from the arrays in it: hashable and static."""

from __future__ import annotations

import operator
from functools import lru_cache

import numpy as np

from ..core import Tracer, broadcast_shapes, dtype_of, known_value, ndim_of, shape_of
from ..errors import NonConcreteBooleanIndexError


class _Array:
    """The place of an index array inside an index expression."""

    __slots__ = ()

    def __repr__(self):
        return "array"


ARRAY = _Array()
FULL = (None, None, None)


class Index:
    """An index expression whose arrays are left out; `make_index` makes it.

    ``items`` are integers, None, Ellipsis, slices written as (start, stop, step)
    (Python 3.11 cannot hash a slice), and ``ARRAY`` for the next index array.

    >>> make_index((0, (1, None, None), ARRAY))
    [0, 1:, array]
    """

    __slots__ = ("basic", "count", "items")

    def __init__(self, items):
        self.items = items
        self.count = sum(item is ARRAY for item in items)
        self.basic = tuple(slice(*i) if type(i) is tuple else i for i in items)

    def __eq__(self, other):
        return type(other) is Index and self.items == other.items

    def __hash__(self):
        return hash(self.items)

    def __repr__(self):
        return f"[{self.text(['array'] * self.count)}]"

    def __reduce__(self):
        return make_index, (self.items,)

    def __call__(self, *arrays):
        """Return the index expression that has these arrays in it, for brackets."""
        if not arrays:
            return self.basic
        rest = iter(arrays)
        return tuple(next(rest) if i is ARRAY else i for i in self.basic)

    def text(self, names):
        """Return source code of the expression, arrays by name."""
        rest = iter(names)
        return ", ".join(_item_text(item, rest) for item in self.items) or "()"

    def inside(self, item):
        """Return the index that has one more axis, indexed by ``item``, in front."""
        return make_index((item, *self.items))


@lru_cache(maxsize=8192)
def make_index(items):
    """Return the `Index` of some items."""
    return Index(items)


def _item_text(item, names):
    if item is ARRAY:
        return str(next(names))
    if item is Ellipsis:
        return "..."
    if type(item) is not tuple:
        return str(item)
    start, stop, step = ("" if bound is None else str(bound) for bound in item)
    return f"{start}:{stop}" + (f":{step}" if step else "")


# -- shapes ------------------------------------------------------------------------


class Layout:
    """Where the axes of an indexed array stand.

    ``shape`` is the result's; the axes that the index arrays make together are
    ``shape[place : place + rank]``; ``front`` says that NumPy moved them there
    because a slice, None or Ellipsis stands between two of the arrays.
    """

    __slots__ = ("front", "place", "rank", "shape")

    def __init__(self, shape, place, rank, front):
        self.shape = shape
        self.place = place
        self.rank = rank
        self.front = front


@lru_cache(maxsize=8192)
def layout(shape, index, *array_shapes):
    """Return the `Layout` of an array of some shape after indexing.

    >>> layout(
    ...     (4, 5, 6), make_index((ARRAY, (None, None, None), ARRAY)), (3,), (3,)
    ... ).shape
    (3, 5)
    """
    items = index.items
    consumed = sum(item is not None and item is not Ellipsis for item in items)
    _check_count(shape, index, consumed)
    rest, places, axis = [], [], 0
    for position, item in enumerate(items):
        if item is None:
            rest.append(1)
        elif item is Ellipsis:
            skipped = len(shape) - consumed
            rest += shape[axis : axis + skipped]
            axis += skipped
        else:
            if type(item) is tuple:
                rest.append(len(range(*slice(*item).indices(shape[axis]))))
            else:
                places.append((position, len(rest)))
                _check_bounds(item, axis, shape)
            axis += 1
    rest += shape[axis:]
    if not index.count:
        return Layout(tuple(rest), 0, 0, False)
    common = _common_shape(index, array_shapes)
    apart = places[-1][0] - places[0][0] >= len(places)
    place = 0 if apart else places[0][1]
    result = (*rest[:place], *common, *rest[place:])
    return Layout(result, place, len(common), apart)


def _check_count(shape, index, consumed):
    if index.items.count(Ellipsis) > 1:
        raise IndexError(f"index {index} has more than one ellipsis (...)")
    if consumed > len(shape):
        raise IndexError(
            f"too many indices for array: array of shape {shape} is "
            f"{len(shape)}-dimensional, but {consumed} were indexed by {index}"
        )


def _check_bounds(item, axis, shape):
    if item is not ARRAY and not -shape[axis] <= item < shape[axis]:
        raise IndexError(
            f"index {item} is out of bounds for axis {axis} with size {shape[axis]} "
            f"of an array of shape {shape}"
        )


def _common_shape(index, array_shapes):
    try:
        return broadcast_shapes(*array_shapes)
    except ValueError:
        raise IndexError(
            f"index {index}: index arrays could not be broadcast together with "
            f"shapes {', '.join(map(str, array_shapes))}"
        ) from None


# -- parsing -----------------------------------------------------------------------


@lru_cache(maxsize=1024)
def int_index(i):
    """Return the `Index` of a single integer."""
    return make_index((i,))


def parse(idx, shape):
    """Return the `Index` and the index arrays of what a user wrote in brackets.

    Masks become the integer indices of their true elements.
    """
    items, arrays, masks = [], [], []
    for item in idx if type(idx) is tuple else (idx,):
        kind = type(item)
        if kind is int or item is None or item is Ellipsis:
            items.append(item)
        elif kind is slice:
            items.append(tuple(map(_bound, (item.start, item.stop, item.step))))
        else:
            item = _as_index(item)
            if type(item) is int:
                items.append(item)
            elif dtype_of(item).kind == "b":
                masks.append((len(items), item.shape))
                items += [ARRAY] * item.ndim
                arrays += item.nonzero()
            else:
                items.append(ARRAY)
                arrays.append(item)
    index = make_index(tuple(items))
    for position, mask_shape in masks:
        _check_mask(index, position, mask_shape, shape)
    return index, arrays


def _bound(bound):
    if bound is None or type(bound) is int:
        return bound
    try:
        return operator.index(bound)
    except TypeError as error:
        if type(bound) is Tracer:
            raise
        raise TypeError(
            f"slice indices must be integers or None, got {bound!r}"
        ) from error


def _as_index(item):
    """Return an int, an integer array (or tracer), or a boolean array."""
    if isinstance(item, list | tuple | range):
        item = _listed(item)
        item = item if item.size else item.astype(np.intp)
    if not hasattr(item, "dtype"):
        return _plain_index(item)
    kind = dtype_of(item).kind
    if kind == "b" and ndim_of(item):
        return _known_mask(item)
    if kind not in "iu":
        _refuse(item)
    return item if type(item) is Tracer or ndim_of(item) else int(item)


def _listed(items):
    """Return nested lists of indices as one array, which may be traced."""
    from .join import stack_arrays  # which splits arrays by indices

    parts = [_listed(p) if isinstance(p, list | tuple) else p for p in items]
    return stack_arrays(parts) if Tracer in map(type, parts) else np.asarray(parts)


def _plain_index(item):
    if type(item) is bool or isinstance(item, str):
        _refuse(item)
    try:
        return operator.index(item)
    except TypeError:
        _refuse(item)


def _known_mask(mask):
    value = known_value(mask)
    if value is None:
        raise NonConcreteBooleanIndexError(
            f"the mask {mask.describe()} selects an unknown number of elements: "
            f"{mask.owner.unknown}. Write np.where(mask, x, 0) with three arguments, "
            "or x.at[...].set with np.where, so that shapes do not depend on values"
        )
    return value


def _refuse(item):
    shown = item.describe() if type(item) is Tracer else repr(item)
    dtype = f" of dtype {item.dtype}" if hasattr(item, "dtype") else ""
    raise IndexError(
        "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and "
        f"integer or boolean arrays are valid indices, got {shown}{dtype}"
    )


def _check_mask(index, position, mask_shape, shape):
    before = index.items[:position]
    after = [i for i in index.items[position:] if i is not None]
    if Ellipsis in before:
        axis = len(shape) - len(after)
    else:
        axis = sum(i is not None for i in before)
    for offset, n in enumerate(mask_shape):
        if axis + offset < len(shape) and shape[axis + offset] != n:
            raise IndexError(
                "boolean index did not match indexed array along axis "
                f"{axis + offset}; size of axis is {shape[axis + offset]} but size "
                f"of corresponding boolean axis is {n}, indexing shape {shape} "
                f"with a mask of shape {mask_shape}"
            )


def array_shapes(arrays):
    """Return the shapes of some index arrays."""
    return tuple(map(shape_of, arrays))
