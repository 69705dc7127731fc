"""Vectorisation: run the function once on whole batches, a rule per primitive."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from ..core import (
    INSIDE,
    Aval,
    Primitive,
    Trace,
    Tracer,
    aval_of,
    is_array,
    not_numeric,
    shape_of,
    short_errors,
    user_source,
)
from ..ops.basic import mapped, moved
from ..pytree import broadcast_prefix, tree_flatten, tree_unflatten
from .arguments import Transformed, check_live, run_in, shown
from .axis_names import Axis, bound, new_axis
from .looping import looped
from .staging import input_names


class BatchTrace(Trace):
    """Vectorisation: a tracer is a whole batch (its value) and its dim (its note)."""

    __slots__ = ("axis",)

    known = False
    unknown = "it differs between the elements that vmap maps over"
    advice_static = "Pass it unmapped (in_axes=None) or compute it from shapes"
    plain = "it stands for all elements that vmap maps over at once"
    leak_hint = ""

    def __init__(self, name: str, axis: Axis) -> None:
        super().__init__(name)
        self.axis = axis

    def aval(self, tracer: Tracer) -> Aval:
        """Return the aval of one element of the batch."""
        shape, dim = tracer.value.shape, tracer.note
        return Aval(shape[:dim] + shape[dim + 1 :], tracer.value.dtype)

    def lifted(self, value: Any) -> Tracer:
        """Return a tracer of a new constant."""
        batch = np.array(
            np.broadcast_to(value, (self.axis.size, *value.shape)), order="C"
        )
        return Tracer(self, batch, 0, user_source())

    def record(self, prim: Primitive, args: tuple[Any, ...], params: Any) -> Any:
        """Run the primitive's batch rule one level down; without one, a loop."""
        if self.ended:
            self.check_alive(prim, args)
        own = [type(a) is Tracer and a.owner is self for a in args]
        values = [a.value if mine else a for a, mine in zip(args, own)]
        dims = [a.note if mine else None for a, mine in zip(args, own)]
        source = user_source()
        named = prim.named or prim.forward is not None
        axis: Any = self.axis if named else self.axis.size
        if prim.batch is None:
            z, dim = looped(prim, values, dims, self.axis.size, params, source)
        else:
            z, dim = prim.batch(values, dims, axis, **params)
        if prim.multi:
            return [self._wrap(*each, source) for each in zip(z, dim, strict=True)]
        return self._wrap(z, dim, source)

    def _wrap(self, z: Any, dim: int | None, source: Any) -> Any:
        return z if dim is None else Tracer(self, z, dim, source)

    def index(self) -> Tracer:
        """Return the place of an element along the mapped axis."""
        return Tracer(self, np.arange(self.axis.size), 0, user_source())


def batched(
    fun: Callable[..., Any],
    args: Sequence[Any],
    dims: Sequence[int | None],
    axis: Axis,
    name: str,
    inputs: Callable[[int], str] | None = None,
) -> tuple[list[Any], list[int | None]]:
    """Run a flat function on batches; return its outputs and their dims.

    The axis has its name in scope while the function runs.
    """
    trace = BatchTrace(name, axis)
    trace.inputs = inputs
    token = INSIDE.set(trace.level)
    try:
        if axis.name is None:
            return run_in(trace, fun, args, dims)
        with bound({axis: trace.index}):
            return run_in(trace, fun, args, dims)
    finally:
        INSIDE.reset(token)


class Vmap(Transformed):
    """What `vmap` returns: a callable that maps over an axis of its arguments."""

    transformation = "vmap"

    def __init__(
        self, fun: Any, in_axes: Any, out_axes: Any, axis_name: Any, axis_size: Any
    ) -> None:
        super().__init__(fun)
        self.in_axes = tuple(in_axes) if isinstance(in_axes, list) else in_axes
        self.out_axes = out_axes
        self.axis_name = _checked_name(axis_name, self.name)
        self.axis_size = _checked_size(axis_size, self.name)
        _check_axes_type(self.in_axes, f"{self.name}: in_axes")
        _check_axes_type(self.out_axes, f"{self.name}: out_axes")

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Map the function over its batched arguments."""
        leaves, in_tree = tree_flatten((args, kwargs))
        names = lambda i: input_names(self.fun, args, kwargs)[i]
        dims = self._dims(leaves, args, kwargs, names)
        size = self._size(leaves, dims, names)
        trees = []

        def flat(*tracers: Any) -> list[Any]:
            a, k = tree_unflatten(in_tree, tracers)
            outs, tree = tree_flatten(self.fun(*a, **k))
            trees.append(tree)
            return outs

        axis = new_axis(size, self.axis_name)
        outs, out_dims = batched(flat, leaves, dims, axis, self.name, names)
        axes = self._out_axes(tree_unflatten(trees[0], outs))
        done = [
            self._place(out, dim, axis, size)
            for out, dim, axis in zip(outs, out_dims, axes, strict=True)
        ]
        return tree_unflatten(trees[0], done)

    def _dims(self, leaves: Any, args: Any, kwargs: Any, names: Any) -> list[Any]:
        dims = self._axes_of(args, kwargs)
        for i, (leaf, dim) in enumerate(zip(leaves, dims, strict=True)):
            if dim is None:
                continue
            if not is_array(leaf):
                raise TypeError(
                    f"{self.name}: {names(i)} is mapped over axis {dim}, but "
                    f"{not_numeric(leaf)}. Pass in_axes=None for it"
                )
            aval = aval_of(leaf)
            if not -aval.ndim <= dim < aval.ndim:
                what = "a scalar" if not aval.ndim else f"{aval}"
                raise ValueError(
                    f"{self.name}: {names(i)} is {what}, it has no axis {dim} to map "
                    "over: pass in_axes=None for it, or another axis"
                )
            dims[i] = dim % aval.ndim
        return dims

    def _axes_of(self, args: Any, kwargs: Any) -> list[Any]:
        in_axes = self.in_axes
        named = dict.fromkeys(kwargs, 0)
        if isinstance(in_axes, dict):
            in_axes, named = self._axes_by_name(args, kwargs)
        if isinstance(in_axes, tuple) and len(in_axes) != len(args):
            raise ValueError(
                f"{self.name}: in_axes has {len(in_axes)} entries, but the function "
                f"was called with {len(args)} positional arguments: give an axis for "
                "each, None for what is not mapped"
            )
        prefix = (in_axes, named)
        return _broadcast(prefix, (args, kwargs), f"{self.name}: in_axes={in_axes}")

    def _axes_by_name(self, args: Any, kwargs: Any) -> tuple[Any, Any]:
        parameters = inspect.signature(self.fun).parameters
        unknown = [key for key in self.in_axes if key not in parameters]
        if unknown:
            raise ValueError(
                f"{self.name}: in_axes names {unknown[0]!r}, but the function has the "
                f"parameters {list(parameters)}"
            )
        axes: dict[str, Any] = self.in_axes  # type: ignore[assignment]
        axis = lambda key: axes.get(key, 0)
        positional = list(parameters)[: len(args)]
        return tuple(map(axis, positional)), {key: axis(key) for key in kwargs}

    def _size(self, leaves: Any, dims: Any, names: Any) -> int:
        sizes = {
            i: shape_of(leaf)[dim]
            for i, (leaf, dim) in enumerate(zip(leaves, dims))
            if dim is not None
        }
        found = set(sizes.values())
        if self.axis_size is not None:
            found.add(self.axis_size)
        if len(found) == 1:
            return found.pop()
        if not found:
            why = "no argument has an array" if not leaves else "all in_axes are None"
            raise ValueError(
                f"{self.name}: there is nothing to map over ({why}): map an argument, "
                "or pass axis_size="
            )
        lines = "".join(
            f"\n  {names(i)} {aval_of(leaves[i])}: axis {dims[i]} has size {n}"
            for i, n in sizes.items()
        )
        given = "" if self.axis_size is None else f" from axis_size={self.axis_size}"
        raise ValueError(
            f"{self.name}: mapped axes differ in size{given}:{lines}\nPass in_axes= to "
            "choose other axes, or None for what is not mapped"
        )

    def _out_axes(self, out: Any) -> list[Any]:
        prefix = self.out_axes
        prefix = tuple(prefix) if isinstance(prefix, list) else prefix
        return _broadcast(
            prefix, out, f"{self.name}: out_axes={self.out_axes}", "the output"
        )

    def _place(self, out: Any, dim: Any, axis: Any, size: int) -> Any:
        if not is_array(out):
            raise TypeError(
                f"{self.name}: the function returned {shown(out)}; it must return "
                "arrays, numbers, or containers of them"
            )
        check_live((out,), self.name)
        if axis is None:
            if dim is not None:
                raise ValueError(
                    f"{self.name}: out_axes is None for an output that differs "
                    "between mapped elements: give it an axis, or reduce over them"
                )
            return out
        ndim = len(shape_of(out)) + (dim is None)
        if not -ndim <= axis < ndim:
            raise ValueError(
                f"{self.name}: out_axes has {axis} for an output with {ndim} axes, "
                f"the mapped one included: write {-ndim} to {ndim - 1}"
            )
        if dim is None:
            out, dim = mapped(out, None, size), 0
            out = out.copy() if type(out) is np.ndarray else out
        return moved(out, dim, axis % ndim)


def _broadcast(
    prefix: Any, tree: Any, what: str, whole: str = "the arguments"
) -> list[Any]:
    try:
        return broadcast_prefix(prefix, tree, is_leaf=lambda x: x is None)
    except ValueError as error:
        raise ValueError(f"{what} does not fit {whole}: {error}") from None


def _check_axes_type(axes: Any, what: str) -> None:
    leaves, _ = tree_flatten(axes, is_leaf=lambda x: x is None)
    for axis in leaves:
        if isinstance(axis, bool) or not (axis is None or hasattr(axis, "__index__")):
            raise TypeError(f"{what} must have ints or None, got {axis!r}")


def _checked_name(name: Any, what: str) -> Any:
    if isinstance(name, tuple | list) or not isinstance(name, Hashable):
        raise TypeError(
            f"{what}: axis_name must be one name, such as a string, got {name!r}: to "
            "map over several axes, nest vmap"
        )
    return name


def _checked_size(size: Any, what: str) -> int | None:
    if size is None:
        return None
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        raise TypeError(f"{what}: axis_size must be an int, got {size!r}")
    if size.__index__() < 0:
        raise ValueError(f"{what}: axis_size must not be negative, got {size}")
    return size.__index__()


@short_errors
def vmap(
    fun: Callable[..., Any],
    in_axes: Any = 0,
    out_axes: Any = 0,
    axis_name: Any = None,
    axis_size: int | None = None,
    spmd_axis_name: Any = None,
    sum_match: bool = False,
) -> Callable[..., Any]:
    """Return a function that maps ``fun`` over an axis of its arguments at once.

    ``in_axes`` is an axis, None for an argument that is not mapped, a tuple with an
    entry for each positional argument, trees of those, or a dict by parameter name.
    Keyword arguments are mapped over axis 0. ``out_axes`` says where the mapped axis
    stands in the output; None is for an output that does not depend on it.

    Args:
        fun: a function of pytrees of arrays, written for one element.
        in_axes: which axis of each argument is mapped.
        out_axes: where the mapped axis goes in each output.
        axis_name: a name for the collectives in `fgrad.lax` (``psum`` ...).
        axis_size: the number of elements; needed where no argument is mapped.
        spmd_axis_name: has no effect, nor has ``sum_match``: they tell JAX how to
            place batches on many devices, and change no result.
        sum_match: see ``spmd_axis_name``.

    Raises:
        TypeError: if an axis is no int, or an argument or output no array.
        ValueError: if mapped axes differ in size or do not exist.

    >>> vmap(lambda x, y: x @ y, in_axes=(0, None))(np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """
    return Vmap(fun, in_axes, out_axes, axis_name, axis_size)
