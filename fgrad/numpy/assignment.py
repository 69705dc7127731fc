"""Writing to traced arrays: ``x[i] = v``, ``x += v``, ``x.sort()``, ``np.copyto``.

The result of the functional form is bound to the same tracer, if NumPy would write to
memory that nobody else sees; otherwise it raises (see ``fgrad.core.memory``).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import (
    Tracer,
    dtype_of,
    install,
    known_value,
    memory_of,
    settle,
    shape_of,
    write,
    write_whole,
)
from ..errors import NonConcreteBooleanIndexError, TracerMutationError
from ..ops.basic import astype, broadcast_to, reshape
from ..ops.elementwise import where
from ..ops.index import is_scalar_mask, set_at
from ..ops.index_spec import FULL, array_shapes, layout, parse
from . import elementwise, searching
from .arrays import arraylike, lift, strong
from .table import traceable

# -- x[i] = v --------------------------------------------------------------------------


def _setitem(self: Tracer, index: Any, value: Any) -> None:
    value = arraylike(value)
    mask = _unknown_mask(index)
    if mask is not None:
        _bind(self, _masked(self, mask, value), value)
        return
    if is_scalar_mask(index):
        if not index:
            return
        index = ...
    parsed, arrays = parse(index, shape_of(self))
    if not arrays:
        settle(self, value, parsed)
    if all(item is Ellipsis or item == FULL for item in parsed.items):
        overwrite(self, value)
        return
    if shape_of(value) and len(parsed.items) == self.ndim and _one_element(parsed):
        raise ValueError(
            f"item assignment: an array of shape {shape_of(value)} is not one element "
            f"of {self.describe()}, not even if it has one: write v[0] or v.item()"
        )
    slot = layout(shape_of(self), parsed, *array_shapes(arrays)).shape
    fitted = _fitted(value, slot, dtype_of(self), "the index selects")
    if 0 in slot:
        return  # nobody could see the write
    _bind(self, set_at(self, fitted, *arrays, index=parsed), value)


def _one_element(index: Any) -> bool:
    return all(type(item) is int for item in index.items)


def overwrite(self: Tracer, value: Any) -> None:
    """Give all elements of an array new values."""
    new = strong(_fitted(value, self.shape, self.dtype, "the array has"))
    if type(new) is not Tracer:
        new = np.array(np.broadcast_to(new, self.shape), order="C")
    elif new.shape != self.shape:
        new = broadcast_to(new, shape=self.shape)
    _bind(self, new, value)


def _bind(target: Tracer, new: Any, value: Any) -> None:
    owner = target.owner
    scalar = not target.shape and memory_of(target) is None and not owner.keeps
    if scalar and type(target.source) is not int:
        raise TracerMutationError(
            f"item assignment to {target.describe()}: a scalar has no items, in NumPy "
            "either. Write x = v"
        )
    new = new if type(new) is Tracer else lift(np.asarray(new), target)
    write(target, new, value)


def _fitted(value: Any, slot: tuple[int, ...], dtype: np.dtype, what: str) -> Any:
    """Return a value in the dtype of an array, ready to broadcast to its slot."""
    have = shape_of(value)
    extra = max(len(have) - len(slot), 0)
    rest = have[extra:]
    padded = (1,) * (len(slot) - len(rest)) + rest
    if set(have[:extra]) - {1} or any(n not in (1, m) for n, m in zip(padded, slot)):
        raise ValueError(
            f"item assignment: values of shape {have} do not broadcast to the shape "
            f"{slot} that {what}"
        )
    if dtype_of(value).kind == "c" and dtype.kind != "c":
        raise TypeError(
            f"item assignment: {dtype_of(value)} values do not fit an array of "
            f"{dtype}: write v.real, or make the array complex"
        )
    value = reshape(value, shape=rest) if extra else value
    return astype(value, dtype)


def _unknown_mask(index: Any) -> Any:
    """Return an index that is a traced mask whose values are not known, else None."""
    if type(index) is not Tracer or index.dtype.kind != "b":
        return None
    return index if known_value(index) is None else None


def _masked(x: Tracer, mask: Tracer, value: Any) -> Any:
    """Return ``x`` with a value where an unknown mask is true: its shape is known."""
    rest = x.shape[mask.ndim :]
    if x.shape[: mask.ndim] != mask.shape:
        raise IndexError(
            f"the mask of shape {mask.shape} does not match an array of shape {x.shape}"
        )
    have = shape_of(value)
    if len(have) > len(rest) and set(have[: len(have) - len(rest)]) - {1}:
        raise NonConcreteBooleanIndexError(
            f"item assignment of values of shape {have} where {mask.describe()} is "
            f"true: how many that are is not known, {mask.owner.unknown}. Write one "
            "value for all, x[mask] = 0, or x = np.where(mask, values, x) with values "
            "in the shape of x"
        )
    value = _fitted(value, rest, x.dtype, "follows the axes of the mask")
    mask = reshape(mask, shape=mask.shape + (1,) * len(rest))
    return where(mask, value, x)


# -- x += v ----------------------------------------------------------------------------


def _augmented(name: str) -> Callable[[Tracer, Any], Any]:
    def method(self: Tracer, other: Any) -> Any:
        new = getattr(operator, name)(self, other)
        if not self.shape and memory_of(self) is None:
            return new  # scalars do not change in place, in NumPy either
        shape, dtype = shape_of(new), dtype_of(new)
        if shape != self.shape:
            raise ValueError(
                f"augmented assignment ({name}): the result of shape {shape} does not "
                f"fit into {self.describe()}. Write x = x + v for a new array"
            )
        if not np.can_cast(dtype, self.dtype, "same_kind"):
            raise TypeError(
                f"augmented assignment ({name}): the result is {dtype}, which cannot "
                f"be written to {self.describe()} (casting rule 'same_kind'). Write "
                f"x = x.astype(np.{dtype.name}) first"
            )
        new = astype(new, self.dtype)
        return write_whole(self, new if type(new) is Tracer else lift(new, self))

    return method


_OPERATORS = "add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift"
install(__setitem__=_setitem)
install(**{f"__i{n.rstrip('_')}__": _augmented(n) for n in _OPERATORS.split()})


# -- methods that work in place --------------------------------------------------------


def _fill(self: Tracer, value: Any) -> None:
    """Fill an array with a scalar."""
    overwrite(self, _scalar(value))


def _scalar(value: Any) -> Any:
    value = arraylike(value)
    if shape_of(value):
        raise ValueError(f"x.fill: needs a scalar, got shape {shape_of(value)}")
    return value


def _sort(self: Tracer, axis: int = -1, kind: Any = None, order: Any = None, *,
          stable: Any = None) -> None:  # fmt: skip
    """Sort an array in place."""
    overwrite(self, searching.sort(self, axis, kind, order, stable=stable))


def _partition(self: Tracer, kth: Any, axis: int = -1, kind: str = "introselect",
               order: Any = None) -> None:  # fmt: skip
    """Partition an array in place."""
    overwrite(self, searching.partition(self, kth, axis, kind, order))


install(fill=_fill, sort=_sort, partition=_partition)


# -- NumPy's functions that write to their first argument ------------------------------


def written_to(a: Any, name: str, instead: str) -> Tracer:
    """Return what a function writes to; raise unless that is traced."""
    if type(a) is not Tracer:
        raise TracerMutationError(
            f"np.{name} would write a traced value into an existing array: {instead}"
        )
    return a


@traceable(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """Copy values into a traced array, where a mask is true."""
    dst = written_to(
        dst, "copyto", "write a = np.where(mask, x, a), and np.full(shape, x) through "
        "fgrad.numpy, or np.broadcast_to(x, shape), for np.full_like"
    )  # fmt: skip
    src = arraylike(src)
    if hasattr(src, "dtype") and not np.can_cast(src.dtype, dst.dtype, casting):
        raise TypeError(
            f"np.copyto: cannot cast {src.dtype} to {dst.dtype} with "
            f"casting={casting!r}: write src.astype(np.{dst.dtype.name})"
        )
    src = _fitted(src, dst.shape, dst.dtype, "copyto writes to")
    overwrite(dst, src if where is True else elementwise.where(where, src, dst))


@traceable(np.putmask)
def putmask(a: Any, mask: Any, values: Any) -> None:
    """Set the elements where a mask is true to those of an array in their places."""
    a = written_to(a, "putmask", "write a = np.where(mask, values, a)")
    values = np.resize(arraylike(values), a.shape)
    copyto(a, values, "unsafe", np.reshape(arraylike(mask), a.shape))
