"""Comparing a derivative with differences, and saying where it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core import aval_of, is_inexact, shape_of
from ..pytree import (
    first_difference,
    keystr,
    tree_flatten,
    tree_flatten_with_path,
    tree_leaves,
    tree_unflatten,
)
from ..transforms.arguments import argument_names, shown
from ..transforms.pull import float0
from .differences import (
    difference,
    numerical_grad,
    paired,
    random_like,
    step_for,
    wide,
)

# How far derivatives may be from finite differences, by bytes of a real number.
TOLERANCE = {2: 1e-1, 4: 2e-3, 8: 1e-6, 16: 1e-6}


class Check(NamedTuple):
    """One comparison: of which function, at which arguments, how closely."""

    title: str
    fun: Callable[..., Any]
    args: tuple[Any, ...]
    atol: float | None
    rtol: float | None
    eps: float | None

    def flat(self) -> tuple[list[Any], Callable[..., Any], list[str]]:
        """Return the leaves of the arguments, the function of them, their names."""
        leaves, treedef = tree_flatten(self.args)
        flat = lambda *given: self.fun(*tree_unflatten(treedef, given))
        return leaves, flat, argument_names(self.fun, range(len(self.args)), self.args)

    def tolerances(self, *values: Any) -> tuple[float, float]:
        """Return atol and rtol, by default those of the least precise value."""
        sizes = [np.finfo(aval_of(x).dtype).dtype.itemsize for x in values]
        default = TOLERANCE[min(sizes, default=8)]
        return (
            default if self.atol is None else self.atol,
            default if self.rtol is None else self.rtol,
        )

    def compare(self, place: str, actual: Any, expected: Any, *values: Any) -> None:
        """Raise AssertionError unless two arrays agree to the accuracy of values."""
        actual, expected = wide(actual), wide(expected)
        if np.shape(actual) != np.shape(expected):
            self.fail(f"{place}: shape {np.shape(actual)}, not {np.shape(expected)}")
        atol, rtol = self.tolerances(*values)
        with np.errstate(invalid="ignore"):
            deviation = np.asarray(np.abs(actual - expected))
            near = deviation <= atol + rtol * np.abs(expected)
        if np.all(near):
            return
        worst = np.unravel_index(
            np.argmax(np.where(near, -1, np.nan_to_num(deviation, nan=np.inf))),
            deviation.shape,
        )
        at = f" at [{', '.join(map(str, worst))}]" if worst else ""
        self.fail(
            f"{place}{at}: the derivative is {np.asarray(actual)[worst]:.9g}, the "
            f"finite difference {np.asarray(expected)[worst]:.9g}; the largest "
            f"deviation is {deviation[worst]:.3g} (atol={atol:g}, rtol={rtol:g}). If "
            "the function has a kink here, choose other arguments"
        )

    def same_structure(self, what: str, got: Any, wanted: Any) -> None:
        """Raise AssertionError unless two trees have one structure."""
        problem = first_difference(tree_flatten(wanted)[1], tree_flatten(got)[1])
        if problem:
            self.fail(f"{what} has another structure than it should: {problem}")

    def fail(self, problem: str) -> None:
        """Raise the error, which begins with the title."""
        raise AssertionError(f"{self.title}: {problem}")


def check_forward(check: Check, f_jvp: Callable[..., Any]) -> None:
    """Compare f_jvp with differences, in a random direction for each argument."""
    leaves, flat, names = check.flat()
    treedef = tree_flatten(check.args)[1]
    eps = check.eps or step_for(leaves)
    value = check.fun(*check.args)
    for i, (x, name) in enumerate(zip(leaves, names)):
        if not is_inexact(x):
            continue
        t = random_like(x, i)
        ts = [t if j == i else zero_tangent(y) for j, y in enumerate(leaves)]
        out, t_out = f_jvp(check.args, tree_unflatten(treedef, ts))
        _same_value(check, out, value)
        check.same_structure("the tangent of the output", t_out, value)
        moved = [t if j == i else None for j in range(len(leaves))]
        expected = difference(flat, leaves, moved, eps)
        outputs = tree_flatten_with_path(value)[0]
        for (path, z), t_one, e in zip(outputs, tree_leaves(t_out), expected):
            if e is not None:
                place = f"{name}, tangent of the output{keystr(path)}"
                check.compare(place, t_one, e, x, z)


def check_reverse(check: Check, f_vjp: Callable[..., Any]) -> None:
    """Compare f_vjp with differences, for a random cotangent of the output."""
    leaves, flat, names = check.flat()
    eps = check.eps or step_for(leaves)
    out, pullback = f_vjp(*check.args)
    _same_value(check, out, check.fun(*check.args))
    ct = random_cotangent(out)
    pulled = pullback(ct)
    check.same_structure("the result of the pullback", pulled, tuple(check.args))
    floats = [z for z in tree_leaves(out) if is_inexact(z)]
    for i, (x, name) in enumerate(zip(leaves, names)):
        if not is_inexact(x):
            continue
        one = tree_leaves(pulled)[i]
        if shape_of(one) != shape_of(x):
            check.fail(f"{name}: cotangent {shown(one)}, the argument {shown(x)}")
        ts = [random_like(x, i) if j == i else None for j in range(len(leaves))]
        expected = _weighed(ct, difference(flat, leaves, ts, eps))
        # A direction tells whether there is a mistake; the elements tell where.
        try:
            check.compare(name, paired([one], [ts[i]]), expected, x, *floats)
        except AssertionError:
            alone = lambda x, i=i: _weighed(
                ct, tree_leaves(flat(*leaves[:i], x, *leaves[i + 1 :]))
            )
            elements = numerical_grad(alone, eps=check.eps)(x)
            check.compare(f"{name}, cotangent", one, elements, x, *floats)
            raise


def _same_value(check: Check, out: Any, value: Any) -> None:
    check.same_structure("the value", out, value)
    leaves = zip(tree_flatten_with_path(value)[0], tree_leaves(out))
    for (path, wanted), got in leaves:
        tol = check.tolerances(wanted)[1] if is_inexact(wanted) else 0
        if not np.allclose(got, wanted, rtol=tol, atol=tol, equal_nan=True):
            check.fail(f"the value{keystr(path)} is {got}, but f returns {wanted}")


def _weighed(ct: Any, outputs: list[Any]) -> Any:
    """Return the real pairing of a cotangent with what belongs to the outputs."""
    pairs = zip(tree_leaves(ct), outputs, strict=True)
    kept = [(c, z) for c, z in pairs if z is not None and is_inexact(z)]
    return np.float64(paired(*zip(*kept))) if kept else np.float64(0)


def zero_tangent(x: Any) -> Any:
    """Return the zero tangent of a primal; integers have a dtype of their own."""
    return np.zeros(shape_of(x), aval_of(x).dtype if is_inexact(x) else float0)[()]


def random_cotangent(out: Any) -> Any:
    """Return a random cotangent for every output that has one."""
    leaves, treedef = tree_flatten(out)
    cts = [
        random_like(z, 100 + i) if is_inexact(z) else np.zeros(shape_of(z), float0)
        for i, z in enumerate(leaves)
    ]
    return tree_unflatten(treedef, cts)
