"""What a callback calls: a Python function, and what it takes and returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ..core import STAGING, Aval, Tracer, aval_of, is_array, shape_of, where
from ..pytree import (
    PyTreeDef,
    first_difference,
    keystr,
    tree_flatten,
    tree_flatten_with_path,
    tree_unflatten,
)
from ..transforms.arguments import name_of, shown

_RANK = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}  # where a Python number fits


@dataclass(frozen=True, eq=False, slots=True)
class Target:
    """A Python function, as the param of a callback primitive.

    The function gets copies of arrays, so that it may keep or change them.
    """

    kind: str  # the public function that made it
    fun: Callable[..., Any]
    source: Any
    in_tree: PyTreeDef  # of (args, kwargs)
    fixed: tuple[tuple[int, Any], ...] = ()  # leaves that are no arrays, by place
    out_tree: PyTreeDef | None = None  # None: what the function returns is ignored
    result: tuple[Aval, ...] = ()  # of one call of the function
    vmap_method: str | None = None
    ordered: bool = False
    # For each vmap, the outermost first, the dims of the arguments and the size.
    loops: tuple[tuple[tuple[int | None, ...], int], ...] = ()

    def _key(self) -> Any:
        fixed = tuple((i, id(x)) for i, x in self.fixed)
        trees = (self.in_tree, fixed, self.out_tree, self.result)
        return self.kind, id(self.fun), trees, self.vmap_method, self.loops

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Target) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"{self.kind}({name_of(self.fun)}) at {where(self.source)}"

    @property
    def avals(self) -> list[Aval]:
        """The avals of the primitive's outputs."""
        sizes = tuple(size for _, size in self.loops)
        return [Aval((*sizes, *aval.shape), aval.dtype) for aval in self.result]

    def run(self, *arrays: Any) -> list[Any]:
        """Call the function, once for each element, and return arrays."""
        return self._looped(self.loops, arrays)

    def _looped(self, loops: Any, arrays: Sequence[Any]) -> list[Any]:
        if not loops:
            return self._called(arrays)
        (dims, size), *inner = loops
        fronts = [
            x if d is None else np.moveaxis(x, d, 0) for x, d in zip(arrays, dims)
        ]
        rows = []
        for i in range(size):
            row = [x if d is None else x[i] for x, d in zip(fronts, dims)]
            rows.append(self._looped(inner, row))
        sizes = tuple(n for _, n in loops)
        return [
            np.array([row[k] for row in rows], aval.dtype).reshape(*sizes, *aval.shape)
            for k, aval in enumerate(self.result)
        ]

    def _called(self, arrays: Sequence[Any]) -> list[Any]:
        leaves: list[Any] = [np.array(x) for x in arrays]
        for place, value in self.fixed:
            leaves.insert(place, value)
        args, kwargs = tree_unflatten(self.in_tree, leaves)
        token = STAGING.set(None)  # what the function does happens now
        try:
            out = self.fun(*args, **kwargs)
        finally:
            STAGING.reset(token)
        if self.out_tree is None:
            return []
        outs, tree = tree_flatten(out)
        if tree != self.out_tree:
            raise TypeError(
                f"{self}: the callback must return what result_shape_dtypes declares: "
                f"{first_difference(self.out_tree, tree)}"
            )
        return [self._checked(i, x) for i, x in enumerate(outs)]

    def _checked(self, i: int, x: Any) -> Any:
        """Return a leaf of the result as the array that was declared."""
        aval = self.result[i]
        if type(x) is Tracer or not is_array(x):
            got = x.describe() if type(x) is Tracer else shown(x)
            self._refuse(TypeError, i, got, "return an array or a number")
        if shape_of(x) != aval.shape:
            fix = f"return the shape {aval.shape}, or declare the one it has"
            self._refuse(ValueError, i, shown(x), fix)
        if not _fits(aval_of(x), aval):
            fix = f"return x.astype(np.{aval.dtype.name}), or declare the dtype it has"
            self._refuse(TypeError, i, shown(x), fix)
        return np.array(x, aval.dtype)[()]

    def _refuse(self, error: type[Exception], i: int, got: str, fix: str) -> NoReturn:
        tree: Any = self.out_tree
        paths, _ = tree_flatten_with_path(tree_unflatten(tree, range(len(self.result))))
        raise error(
            f"{self}: the callback must return {self.result[i]}, as declared in "
            f"result_shape_dtypes{keystr(paths[i][0])}, got {got}: {fix}"
        )


def _fits(got: Aval, want: Aval) -> bool:
    if got.weak:  # a Python number takes the dtype that was declared
        return _RANK[got.dtype.kind] <= _RANK[want.dtype.kind]
    return got.dtype == want.dtype
