"""The general gather and scatter: windows read or written at computed places.

Both are indexing by arrays, as in NumPy. What `dimension_numbers` says becomes an
`_Places`: the axes that are indexed stand in front, each with an array of indices.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..core import Tracer, dtype_of, shape_of, short_errors
from ..ops.basic import astype, broadcast_to, inverse_axes, reshape, transpose
from ..ops.index import at, fill_value_of, getitem
from ..transforms.arguments import check_callable, shown
from .shapes import array_of, integers

# -- what describes them ---------------------------------------------------------------


class GatherDimensionNumbers(NamedTuple):
    """How the axes of operand, indices and result of `gather` belong together.

    ``offset_dims``: axes of the result that lie in a window, in the order of the
    operand. ``collapsed_slice_dims``: axes of the operand that the result lacks.
    ``start_index_map``: the axis of the operand that each index of a vector is for.
    ``operand_batching_dims`` and ``start_indices_batching_dims``: axes that go
    together, element by element.
    """

    offset_dims: tuple[int, ...]
    collapsed_slice_dims: tuple[int, ...]
    start_index_map: tuple[int, ...]
    operand_batching_dims: tuple[int, ...] = ()
    start_indices_batching_dims: tuple[int, ...] = ()


class ScatterDimensionNumbers(NamedTuple):
    """How the axes of operand, indices and updates of `scatter` belong together.

    ``update_window_dims``: axes of the updates that lie in a window.
    ``inserted_window_dims``: axes of the operand that the updates lack.
    ``scatter_dims_to_operand_dims``: the axis of the operand that each index of a
    vector is for. The others are as in `GatherDimensionNumbers`.
    """

    update_window_dims: Sequence[int]
    inserted_window_dims: Sequence[int]
    scatter_dims_to_operand_dims: Sequence[int]
    operand_batching_dims: Sequence[int] = ()
    scatter_indices_batching_dims: Sequence[int] = ()


class GatherScatterMode(enum.Enum):
    """What happens to windows that are not inside the operand."""

    CLIP = 0
    FILL_OR_DROP = 1
    PROMISE_IN_BOUNDS = 2

    @staticmethod
    def from_any(s: Any) -> GatherScatterMode:
        """Return the mode for a mode, its name, or None (fill or drop)."""
        name = getattr(s, "name", s)
        found = _MODES.get(name.lower() if isinstance(name, str) else name)
        if found is None:
            raise ValueError(
                "mode must be 'clip', 'fill', 'drop', 'promise_in_bounds' or None, "
                f"got {s!r}"
            )
        return found


_MODES = {
    "clip": GatherScatterMode.CLIP,
    "fill": GatherScatterMode.FILL_OR_DROP,
    "drop": GatherScatterMode.FILL_OR_DROP,
    "fill_or_drop": GatherScatterMode.FILL_OR_DROP,
    None: GatherScatterMode.FILL_OR_DROP,
    "promise_in_bounds": GatherScatterMode.PROMISE_IN_BOUNDS,
}


class _Places(NamedTuple):
    """Where windows lie, in an operand whose axes are in another order."""

    order: tuple[int, ...]  # the operand's axes: indexed ones, then whole ones
    arrays: list[Any]  # of indices, one for each indexed axis
    valid: Any  # which windows are inside, or None: all of them
    layout: tuple[int, ...]  # axes of the result, as indexing gives them


def _places(
    name: str,
    shape: tuple[int, ...],
    indices: Any,
    numbers: GatherDimensionNumbers,
    sizes: Sequence[int],
    mode: GatherScatterMode,
) -> _Places:
    """Return the places of windows of some sizes."""
    if not isinstance(numbers, tuple) or len(numbers) != 5:
        raise TypeError(
            f"{name}: dimension_numbers must be a lax.GatherDimensionNumbers or "
            f"ScatterDimensionNumbers, got {shown(numbers)}; x[i, j] and "
            "x.at[i, j].add(v) need none"
        )
    offsets, collapsed, targets, batching, partners = map(tuple, numbers)
    lead = shape_of(indices)[:-1]
    _check(name, shape, shape_of(indices), numbers, sizes)
    window = [a for a in range(len(shape)) if a not in collapsed + batching]
    some = {*targets, *collapsed, *batching}
    indexed = [a for a, n in enumerate(shape) if a in some or sizes[a] < n]
    starts, valid = _starts(indices, shape, targets, sizes, mode)
    for a, partner in zip(batching, partners):
        line = np.arange(shape[a])
        starts[a] = line.reshape((-1,) + (1,) * (len(lead) - partner - 1))
    inner = [a for a in indexed if a in window]
    arrays = []
    for a in indexed:
        start = broadcast_to(array_of(starts.get(a, 0)), shape=lead)
        start = reshape(start, shape=lead + (1,) * len(inner))
        if a in inner:
            behind = len(inner) - inner.index(a) - 1
            start = start + np.arange(sizes[a]).reshape((-1,) + (1,) * behind)
        arrays.append(start)
    whole = [a for a in range(len(shape)) if a not in indexed]
    rank = len(lead) + len(window)
    batch_axes = [a for a in range(rank) if a not in offsets]
    layout = batch_axes + [sorted(offsets)[window.index(a)] for a in inner + whole]
    return _Places((*indexed, *whole), arrays, valid, tuple(layout))


def _check(
    name: str, shape: Any, indices: Any, numbers: GatherDimensionNumbers, sizes: Any
) -> None:
    """Raise if the description does not fit the shapes."""
    offsets, collapsed, targets, batching, partners = map(tuple, numbers)
    problem = ""
    if not indices or indices[-1] != len(targets):
        problem = f"the last axis of the indices must have length {len(targets)}"
    elif len(sizes) != len(shape):
        problem = "the windows must have a length for each axis of the operand"
    elif any(not 0 <= size <= n for size, n in zip(sizes, shape)):
        problem = f"windows of shape {tuple(sizes)} do not fit into the operand"
    elif len(offsets) + len(collapsed) + len(batching) != len(shape):
        problem = "each axis of the operand must be in a window, collapsed or a batch"
    elif any(not 0 <= a < len(shape) for a in collapsed + targets + batching):
        problem = f"an axis is out of bounds for the {len(shape)} axes of the operand"
    elif any(sizes[a] > 1 for a in collapsed + batching):
        problem = "windows must have length 1 along collapsed and batch axes"
    elif [shape[a] for a in batching] != [indices[a] for a in partners]:
        problem = "batch axes of operand and indices must have the same lengths"
    if problem:
        raise ValueError(
            f"{name}: {problem}: the operand has shape {shape}, the indices have "
            f"{indices}, and dimension_numbers are {numbers}"
        )


def _starts(
    indices: Any, shape: Any, targets: Any, sizes: Any, mode: GatherScatterMode
) -> tuple[dict[int, Any], Any]:
    """Return the start of windows along each axis, and where they are inside."""
    starts, valid = {}, None
    for k, a in enumerate(targets):
        start, last = astype(indices[..., k], np.intp), shape[a] - sizes[a]
        if mode is GatherScatterMode.CLIP:
            start = np.minimum(np.maximum(start, 0), last)
        elif mode is GatherScatterMode.FILL_OR_DROP:
            inside = (start >= 0) & (start <= last)
            start = np.where(inside, start, 0)
            valid = inside if valid is None else valid & inside
        starts[a] = start
    if valid is not None and type(valid) is not Tracer and np.all(valid):
        valid = None
    return starts, valid


def _moved(x: Any, places: _Places, lead: tuple[int, ...]) -> tuple[Any, list[Any]]:
    """Return the operand with indexed axes in front, and the arrays that index it."""
    x = transpose(x, axes=places.order)
    if places.arrays:
        return x, places.arrays
    # Nothing is indexed: every window is the whole, the only row of one more axis.
    return reshape(x, shape=(1, *shape_of(x))), [np.zeros(lead, np.intp)]


# -- gather --------------------------------------------------------------------------


@short_errors
def gather(
    operand: Any,
    start_indices: Any,
    dimension_numbers: GatherDimensionNumbers,
    slice_sizes: Sequence[int],
    *,
    unique_indices: bool = False,
    indices_are_sorted: bool = False,
    mode: Any = None,
    fill_value: Any = None,
) -> Any:
    """Read a window at each of many places.

    For most programs ``x[i, j]`` and ``x.at[i].get()`` say the same in fewer words.

    Args:
        operand: the array that is read.
        start_indices: integers; the last axis holds vectors of places.
        dimension_numbers: a `GatherDimensionNumbers`.
        slice_sizes: the lengths of windows along each axis of the operand.
        unique_indices: a promise, which is not needed.
        indices_are_sorted: a promise, which is not needed.
        mode: what becomes of windows that are not inside: ``"fill"`` gives
            ``fill_value``, ``"clip"`` moves them inside. By default, or with
            ``"promise_in_bounds"``, places are NumPy's indices: there is an IndexError.
        fill_value: by default nan; of integers the least, of unsigned ones the largest.

    Raises:
        ValueError: if shapes and numbers do not fit together.

    >>> numbers = GatherDimensionNumbers((1,), (0,), (0,))
    >>> x, places = np.arange(6.0).reshape(3, 2), np.array([[2], [5]])
    >>> gather(x, places, numbers, (1, 2), mode="fill")
    array([[ 4.,  5.],
           [nan, nan]])
    """
    x, indices = array_of(operand), array_of(start_indices)
    sizes = integers("gather", "slice_sizes", slice_sizes)
    how = GatherScatterMode.from_any("promise_in_bounds" if mode is None else mode)
    places = _places("gather", shape_of(x), indices, dimension_numbers, sizes, how)
    moved, arrays = _moved(x, places, shape_of(indices)[:-1])
    z = array_of(getitem(moved, tuple(arrays)))
    z = transpose(z, axes=inverse_axes(places.layout))
    if places.valid is None:
        return z
    fill = fill_value_of(dtype_of(x)) if fill_value is None else fill_value
    valid = np.expand_dims(places.valid, tuple(dimension_numbers.offset_dims))
    return np.where(valid, z, astype(fill, dtype_of(x)))


# -- scatter -------------------------------------------------------------------------


def _scatter(
    name: str,
    operand: Any,
    indices: Any,
    updates: Any,
    numbers: ScatterDimensionNumbers,
    mode: Any,
    write: Callable[..., Any],
) -> Any:
    """Write windows into a copy; ``write`` is given ``x.at[...]`` and the updates."""
    x, indices, y = map(array_of, (operand, indices, updates))
    shape, dtype = shape_of(x), dtype_of(x)
    windows, inserted, targets, batching, partners = map(tuple, numbers)
    lengths = iter(shape_of(y)[a] for a in sorted(windows))
    sizes = [
        1 if a in inserted + batching else next(lengths, -1) for a in range(len(shape))
    ]
    gathered = GatherDimensionNumbers(windows, inserted, targets, batching, partners)
    how = GatherScatterMode.from_any(mode)
    places = _places(name, shape, indices, gathered, sizes, how)
    lead = shape_of(indices)[:-1]
    have = [n for a, n in enumerate(shape_of(y)) if a not in windows]
    if have != [*lead]:
        raise ValueError(
            f"{name}: updates of shape {shape_of(y)} must have, beside the axes "
            f"{windows} of windows, those of the indices: {lead}"
        )
    y = transpose(y, axes=places.layout)
    moved, arrays = _moved(x, places, lead)
    if places.valid is not None:  # what is outside goes where nothing is
        inner = (1,) * (len(shape_of(arrays[0])) - len(lead))
        valid = reshape(places.valid, shape=lead + inner)
        arrays = [np.where(valid, arrays[0], shape_of(moved)[0]), *arrays[1:]]
    z = write(at(moved)[tuple(arrays)], y, None if places.valid is None else "drop")
    z = reshape(z, shape=tuple(shape[a] for a in places.order))
    return astype(transpose(z, axes=inverse_axes(places.order)), dtype)


def _operator(name: str, method: str, summary: str, detail: str) -> Any:
    """Return one of the scatters that combine updates with what is there."""

    @short_errors
    def scatter(
        operand: Any,
        scatter_indices: Any,
        updates: Any,
        dimension_numbers: ScatterDimensionNumbers,
        *,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        mode: Any = None,
    ) -> Any:
        write = lambda at, y, mode: getattr(at, method)(y, mode=mode)
        return _scatter(
            name, operand, scatter_indices, updates, dimension_numbers, mode, write
        )

    scatter.__name__ = scatter.__qualname__ = name
    scatter.__doc__ = f"""{summary}

    {detail}
    Updates that are not inside are dropped; ``mode="clip"`` moves them inside.

    Raises:
        ValueError: if shapes and numbers do not fit together.

    >>> numbers = ScatterDimensionNumbers((), (0,), (0,))
    >>> {name}(np.ones(3), np.array([[0], [9]]), np.full(2, 2.0), numbers).shape
    (3,)
    """
    return scatter


scatter = _operator(
    "scatter", "set", "Return a copy with windows replaced.",
    "Where a place is written twice, the last update stays.",
)  # fmt: skip
scatter_add = _operator(
    "scatter_add", "add", "Return a copy with updates added to windows.",
    "Where places repeat, all updates are added.",
)  # fmt: skip
scatter_sub = _operator(
    "scatter_sub", "subtract", "Return a copy with updates taken off windows.",
    "Where places repeat, all updates are taken off.",
)  # fmt: skip
scatter_mul = _operator(
    "scatter_mul", "multiply", "Return a copy with windows multiplied by updates.",
    "Where places repeat, all updates are factors.",
)  # fmt: skip
scatter_min = _operator(
    "scatter_min", "min", "Return a copy with windows at most the updates.",
    "Ties share the gradient equally.",
)  # fmt: skip
scatter_max = _operator(
    "scatter_max", "max", "Return a copy with windows at least the updates.",
    "Ties share the gradient equally.",
)  # fmt: skip


@short_errors
def scatter_apply(
    operand: Any,
    scatter_indices: Any,
    func: Callable[[Any], Any],
    dimension_numbers: ScatterDimensionNumbers,
    *,
    update_shape: Sequence[int] = (),
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Any = None,
) -> Any:
    """Return a copy with an elementwise function applied to windows.

    ``update_shape`` is the shape that updates would have. Where places repeat, the
    function is applied once (in JAX once for each time).

    >>> numbers = ScatterDimensionNumbers((), (0,), (0,))
    >>> scatter_apply(
    ...     np.array([1.0, 4.0]), np.array([[1]]), np.sqrt, numbers, update_shape=(1,)
    ... )
    array([1., 2.])
    """
    check_callable(func, "scatter_apply")
    placeholder = np.zeros(tuple(update_shape), dtype_of(array_of(operand)))
    return _scatter(
        "scatter_apply", operand, scatter_indices, placeholder, dimension_numbers,
        mode, lambda at, y, mode: at.apply(func, mode=mode),
    )  # fmt: skip
