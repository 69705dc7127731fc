"""Gradient transformations: pairs of pure functions, chained one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import numpy as np

from ..core import (
    aval_of,
    dtype_of,
    is_array,
    is_inexact,
    not_numeric,
    shape_of,
    short_errors,
)
from ..ops.basic import astype
from ..pytree import (
    PyTreeDef,
    first_difference,
    keystr,
    tree_flatten,
    tree_flatten_with_path,
    tree_map,
    tree_unflatten,
)
from ..transforms.arguments import shown

START = np.int64(0)  # the count of steps before the first


class GradientTransformation(NamedTuple):
    """A pair of pure functions that turn gradients into updates.

    ``init(params)`` returns the first state. ``update(grads, state, params=None)``
    returns ``(updates, state)``, where updates have the structure, shapes and dtypes
    of the gradients. States are pytrees of arrays.

    >>> halve = scale(0.5)
    >>> halve.update({"w": np.array([2.0, 4.0])}, halve.init(None))
    ({'w': array([1., 2.])}, EmptyState())
    """

    init: Callable[[Any], Any]
    update: Callable[..., tuple[Any, Any]]


class EmptyState(NamedTuple):
    """The state of a transformation that remembers nothing."""


def stateless(update: Callable[[Any, Any], Any]) -> GradientTransformation:
    """Return the transformation of a function of gradients and parameters.

    >>> stateless(lambda grads, params: -grads).update(3.0, EmptyState())
    (-3.0, EmptyState())
    """

    @short_errors
    def full_update(grads: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        return update(grads, params), state

    return GradientTransformation(lambda params: EmptyState(), full_update)


def identity() -> GradientTransformation:
    """Return the transformation that leaves gradients as they are.

    >>> identity().update(3.0, identity().init(1.0))
    (3.0, EmptyState())
    """
    return stateless(lambda grads, params: grads)


@short_errors
def scale(step_size: Any) -> GradientTransformation:
    """Return the transformation that multiplies gradients by a number.

    >>> scale(-0.1).update(np.array([1.0, 2.0]), EmptyState())[0]
    array([-0.1, -0.2])
    """
    factor = number("scale", "step_size", step_size)
    return stateless(
        lambda grads, params: each("scale", times, {"grads": grads}, (factor,))
    )


def times(x: Any, factor: Any) -> Any:
    """Multiply a leaf by a number."""
    return factor * x


@short_errors
def chain(*transformations: GradientTransformation) -> GradientTransformation:
    """Return the transformation that applies others in order; states are a tuple.

    Raises:
        TypeError: for an argument that is no transformation.

    >>> both = chain(scale(2.0), scale(5.0))
    >>> both.update(1.0, both.init(1.0))
    (10.0, (EmptyState(), EmptyState()))
    """
    for i, given in enumerate(transformations):
        if not (hasattr(given, "init") and hasattr(given, "update")):
            raise TypeError(
                f"chain: argument {i} must have init and update, got {given!r}: call "
                "it first, as in chain(clip(1.0), adam(0.001))"
            )

    @short_errors
    def init(params: Any) -> Any:
        return tuple(one.init(params) for one in transformations)

    @short_errors
    def update(grads: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        if not isinstance(state, tuple) or len(state) != len(transformations):
            raise ValueError(
                f"chain: the state must be a tuple of {len(transformations)} states, "
                f"one for each transformation, got {shown(state)}: start with "
                "state = optimiser.init(params), and pass on what update returned"
            )
        states = []
        for one, old in zip(transformations, state):
            grads, new = one.update(grads, old, params)
            states.append(new)
        return grads, tuple(states)

    return GradientTransformation(init, update)


@short_errors
def apply_updates(params: Any, updates: Any) -> Any:
    """Return parameters plus updates, in the dtypes of the parameters.

    Nothing is written in place: ``params`` keep their values.

    Raises:
        ValueError: if the structures or shapes differ.

    >>> apply_updates({"w": np.array([1.0, 2.0])}, {"w": np.array([0.5, -0.5])})
    {'w': array([1.5, 1.5])}
    """
    return each("apply_updates", np.add, {"params": params, "updates": updates})


def each(
    name: str,
    formula: Callable[..., Any],
    trees: dict[str, Any],
    numbers: tuple[Any, ...] = (),
) -> Any:
    """Apply a formula to the leaves of trees that have to look alike.

    The result has the dtypes of the first tree; the ``numbers`` that the formula gets
    after the leaves are in their precision, or a float64 would widen float32. The
    keys of ``trees`` are what messages call them.

    >>> each("demo", lambda x, a: a * x, {"x": np.float32(3)}, (np.float64(2),))
    np.float32(6.0)
    """
    rows, treedef = _rows(name, trees)
    results = []
    for row in rows:
        dtype = dtype_of(row[0])
        given = [in_precision(x, dtype) for x in numbers]
        results.append(in_dtype(formula(*row, *given), dtype))
    return tree_unflatten(treedef, results)


def filled(name: str, params: Any, value: Any, dtype: Any, real: bool) -> Any:
    """Return arrays of one value in the shapes of parameters, for a state.

    >>> filled("demo", [np.ones(2, np.complex64)], 0.0, None, real=True)
    [array([0., 0.], dtype=float32)]
    """
    rows, treedef = _rows(name, {"params": params})
    made = []
    for (x,) in rows:
        chosen = dtype_of(x) if dtype is None else np.dtype(dtype)
        chosen = np.finfo(chosen).dtype if real else chosen
        made.append(np.full(shape_of(x), value, chosen))
    return tree_unflatten(treedef, made)


def cast(tree: Any, dtype: Any) -> Any:
    """Return a tree in another dtype; None leaves it as it is."""
    return tree if dtype is None else tree_map(lambda x: astype(x, dtype), tree)


def _rows(name: str, trees: dict[str, Any]) -> tuple[list[Any], PyTreeDef]:
    """Return the leaves of trees side by side; raise unless the trees look alike."""
    columns, treedefs = zip(*map(tree_flatten, trees.values()))
    for other in treedefs[1:]:
        if other != treedefs[0]:
            _refuse_structure(name, trees, treedefs)
    rows = list(zip(*columns))
    for i, row in enumerate(rows):
        fit = all(is_array(x) and is_inexact(x) for x in row)
        if not fit or any(shape_of(x) != shape_of(row[0]) for x in row):
            _refuse_leaves(name, trees, i)
    return rows, treedefs[0]


def in_dtype(x: Any, dtype: np.dtype) -> Any:
    """Return a value in a dtype; Python numbers, which take any, as they are."""
    return x if type(x) in (float, int, complex) else astype(x, dtype)


def in_precision(x: Any, dtype: np.dtype) -> Any:
    """Return a real number in the precision of a float or complex dtype.

    >>> in_precision(np.float64(0.5), np.dtype("complex64"))
    np.float32(0.5)
    """
    return in_dtype(x, np.finfo(dtype).dtype)


def number(name: str, argument: str, value: Any, what: str = "a number") -> Any:
    """Return a hyperparameter; raise unless it is one real number.

    >>> number("scale", "step_size", 0.1)
    0.1
    """
    if not is_array(value) or isinstance(value, bool):
        raise TypeError(f"{name}: {argument} must be {what}, got {shown(value)}")
    aval = aval_of(value)
    if aval.shape or aval.dtype.kind not in "fiu":
        raise TypeError(
            f"{name}: {argument} must be one real number, got {aval}"
            + (f": try several with fgrad.vmap over {argument}" if aval.shape else "")
        )
    return value


def _refuse_structure(name: str, trees: dict[str, Any], treedefs: Any) -> NoReturn:
    first = next(iter(trees))
    for label, treedef in zip(trees, treedefs):
        if found := first_difference(treedefs[0], treedef):
            raise ValueError(
                f"{name}: {label} must have the structure of {first}; they differ "
                f"{found}. {_ADVICE}"
            )
    raise AssertionError("equal structures are not refused")


def _refuse_leaves(name: str, trees: dict[str, Any], position: int) -> NoReturn:
    """Raise for the leaves at one position: say which of them is wrong, and how."""
    shapes = []
    for label, tree in trees.items():
        path, leaf = tree_flatten_with_path(tree)[0][position]
        place = f"{label}{keystr(path)}"
        if not is_array(leaf):
            raise TypeError(f"{name}: {place}: {not_numeric(leaf)}")
        if dtype_of(leaf).kind not in "fc":
            raise TypeError(
                f"{name}: {place} is {aval_of(leaf)}; parameters and gradients must "
                "be floats: write x.astype(float), or 3.0 instead of 3"
            )
        shapes.append(f"{place} is {aval_of(leaf)}")
    raise ValueError(
        f"{name}: shapes must agree, but {' and '.join(shapes)}. {_ADVICE}"
    )


_ADVICE = (
    "Take gradients of the very parameters that init and update get, and call init "
    "again when their structure or shapes change"
)
