"""Derivatives from values alone: central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core import aval_of, is_array, is_inexact, shape_of, short_errors
from ..pytree import tree_flatten, tree_leaves, tree_unflatten
from ..transforms.arguments import (
    Transformed,
    argument_names,
    checked_argnums,
    shown,
)


def wide(x: Any) -> Any:
    """Return a float or complex value in double precision; anything else as it is.

    >>> wide(np.float32(0.5))
    np.float64(0.5)
    """
    if not is_inexact(x):
        return x
    kind = np.complex128 if aval_of(x).dtype.kind == "c" else np.float64
    return np.asarray(x, kind)[()]


def random_like(x: Any, seed: int) -> Any:
    """Return normal numbers in the shape and dtype of an array or aval.

    >>> random_like(np.zeros((2, 3), np.float32), seed=0).shape
    (2, 3)
    """
    rng, aval = np.random.default_rng(seed), aval_of(x)
    z = rng.normal(size=aval.shape)
    if aval.dtype.kind == "c":
        z = z + 1j * rng.normal(size=aval.shape)
    return np.asarray(z, aval.dtype)[()]


def difference(
    fun: Callable[..., Any], args: Sequence[Any], tangents: Sequence[Any], eps: float
) -> list[Any]:
    """Return the central difference in a direction, for every leaf of the output.

    A tangent of None moves nothing; the difference of an integer output is None.

    >>> difference(lambda x, y: x * y, [3.0, 4.0], [1.0, None], eps=0.5)
    [np.float64(4.0)]
    """

    def shifted(by: float) -> list[Any]:
        moved = [x if t is None else x + by * t for x, t in zip(args, tangents)]
        return tree_leaves(fun(*moved))

    pairs = zip(shifted(eps), shifted(-eps), strict=True)
    return [
        (wide(hi) - wide(lo)) / (2 * eps) if is_inexact(hi) else None
        for hi, lo in pairs
    ]


def paired(cts: Sequence[Any], ts: Sequence[Any]) -> Any:
    """Return the real pairing of cotangents with tangents, which vjp preserves.

    >>> print(paired([2.0, 1j], [3.0, None]))
    6.0
    """
    pairs = zip(cts, ts, strict=True)
    return sum(np.sum(np.real(wide(c) * wide(t))) for c, t in pairs if t is not None)


def step_for(values: Sequence[Any]) -> float:
    """Return the step that balances rounding against curvature.

    >>> step_for([1.0]) < step_for([1.0, np.float32(1)]) < 0.01
    True
    """
    found = [np.finfo(aval_of(x).dtype).eps for x in values if is_inexact(x)]
    return float(max(found)) ** (1 / 3)


class NumericalGrad(Transformed):
    """What `numerical_grad` returns."""

    transformation = "numerical_grad"

    def __init__(
        self, fun: Callable[..., Any], argnums: Any, eps: float | None
    ) -> None:
        super().__init__(fun)
        checked_argnums(argnums, 1 << 30, self.name)
        self.argnums = argnums
        self.eps = eps

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Move one element at a time, up and down."""
        positions = checked_argnums(self.argnums, len(args), self.name)
        trees = tuple(args[p] for p in positions)
        leaves, treedef = tree_flatten(trees)
        for leaf, name in zip(leaves, argument_names(self.fun, positions, trees)):
            if not is_array(leaf) or not is_inexact(leaf):
                raise TypeError(
                    f"{self.name}: {name} must be float to be moved a little, got "
                    f"{shown(leaf)}: write x.astype(float), or 3.0 instead of 3"
                )

        def flat(*given: Any) -> Any:
            full = list(args)
            for p, tree in zip(positions, tree_unflatten(treedef, given)):
                full[p] = tree
            return self.fun(*full, **kwargs)

        self._check_output(flat(*leaves))
        grads = [self._of_leaf(flat, leaves, i) for i in range(len(leaves))]
        result = tree_unflatten(treedef, grads)
        return result if isinstance(self.argnums, tuple | list) else result[0]

    def _check_output(self, out: Any) -> None:
        if not is_array(out) or shape_of(out) or not is_inexact(out):
            raise TypeError(
                f"{self.name} needs one float as output, got {shown(out)}: return "
                "out.sum(), or one element of it"
            )

    def _of_leaf(self, flat: Any, leaves: list[Any], i: int) -> Any:
        x = np.asarray(leaves[i])
        found, slope = np.zeros(x.shape, np.complex128), 0.0
        for index in np.ndindex(x.shape):
            tangent = np.zeros_like(x)
            tangent[index] = 1
            ts = [tangent if j == i else None for j in range(len(leaves))]
            eps = self.eps or step_for([x]) * max(1.0, float(abs(x[index])))
            (slope,) = difference(flat, leaves, ts, eps)
            if x.dtype.kind == "c" and not np.iscomplexobj(slope):
                ts[i] = 1j * tangent
                slope = slope - 1j * difference(flat, leaves, ts, eps)[0]
            found[index] = slope
        if x.dtype.kind == "c" or np.iscomplexobj(slope):
            return found.astype(np.result_type(x.dtype, np.complex64))[()]
        return found.real.astype(x.dtype)[()]


@short_errors
def numerical_grad(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] | list[int] = 0,
    eps: float | None = None,
) -> Callable[..., Any]:
    """Return a function that computes the gradient of ``f`` by central differences.

    Each element of the arguments is moved by ``eps`` up and down: slow, and good to
    about ten digits in float64 and four in float32. The default of ``eps`` is the cube
    root of the precision, times the element's magnitude if that is above 1. The result
    looks like that of `fgrad.grad`. For a real function of a complex argument it is
    ``df/dx - 1j * df/dy``, as `fgrad.vjp` has it; a complex output is taken to be
    complex-differentiable. ``f`` need not be traceable.

    Raises:
        TypeError: for an argument that is no float, or an output that is no number.

    >>> numerical_grad(lambda p: np.sum(p["w"] ** 2))({"w": np.array([1.0, 2.0])})
    {'w': array([2., 4.])}
    """
    return NumericalGrad(f, argnums, eps)
