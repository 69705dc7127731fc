"""NumPy's functions that apply a Python function to parts of an array."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ..core import known_value, shape_of
from ..ops.axes import normalize_axis
from ..ops.basic import reshape
from ..ops.index import getitem
from ..transforms.vmap import vmap
from .arrays import arraylike, strong
from .joining import stack
from .shapes import broadcast_to, moveaxis
from .table import has_tracer, traceable


@traceable(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """Apply a function to the vectors along an axis.

    Known vectors are handed over one by one, as in NumPy, so that Python's ``if`` sees
    values; while a function is staged (jit, vmap), the function is mapped over them.
    """
    arr = strong(arraylike(arr))
    axis = normalize_axis(axis, arr.ndim, "apply_along_axis", arr.shape)
    lead = arr.shape[:axis] + arr.shape[axis + 1 :]
    if 0 in lead:
        raise ValueError(
            f"apply_along_axis: there are no vectors along axis {axis} of an array of "
            f"shape {arr.shape}"
        )
    rows = moveaxis(arr, axis, -1)
    rows = reshape(rows, shape=(prod(lead), arr.shape[axis]))

    def apply(row: Any) -> Any:
        return strong(arraylike(func1d(row, *args, **kwargs)))

    if known_value(arr) is None:
        z = vmap(apply)(rows)
    else:
        z = stack([apply(getitem(rows, i)) for i in range(rows.shape[0])])
    tail = shape_of(z)[1:]
    z = reshape(z, shape=(*lead, *tail))
    here = range(len(lead), len(lead) + len(tail))
    return moveaxis(z, list(here), list(range(axis, axis + len(tail))))


# -- vectorize -----------------------------------------------------------------------


class vectorize:
    """A function that is applied to the elements of arrays, or to their last axes.

    ``signature`` says what the function takes and returns, such as ``"(n),(n)->()"``;
    the other axes broadcast. Plain arrays go to `numpy.vectorize`. Traced values are
    mapped with `fgrad.vmap`, as in JAX: there, the function sees traced numbers.

    >>> import fgrad
    >>> hinge = vectorize(lambda x, y: abs(x - y))
    >>> fgrad.grad(lambda x: hinge(x, 1.0).sum())(np.array([0.0, 3.0]))
    array([-1.,  1.])
    """

    def __new__(cls, pyfunc: Any = None, *args: Any, **options: Any) -> Any:
        """Return the mapped function, or a decorator if there is none yet."""
        if pyfunc is None:
            return functools.partial(cls, **options)
        return super().__new__(cls)

    def __init__(self, pyfunc: Callable[..., Any], otypes: Any = None, doc: Any = None,
                 excluded: Any = None, cache: bool = False,
                 signature: str | None = None) -> None:  # fmt: skip
        self.excluded = frozenset(excluded or ())
        self.signature = signature
        self.pyfunc = pyfunc
        self._plain = np.vectorize(pyfunc, otypes, doc, set(self.excluded), cache,
                                   signature)  # fmt: skip
        functools.update_wrapper(self, pyfunc)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not has_tracer((*args, *kwargs.values())):
            return self._plain(*args, **kwargs)
        mapped = [i for i in range(len(args)) if i not in self.excluded]
        named = [name for name in kwargs if name not in self.excluded]
        arrays = [strong(arraylike(args[i])) for i in mapped]
        arrays += [strong(arraylike(kwargs[name])) for name in named]

        def function(*values: Any) -> Any:
            whole, rest = list(args), iter(values)
            for i in mapped:
                whole[i] = next(rest)
            return self.pyfunc(*whole, **{**kwargs, **dict(zip(named, rest))})

        return _mapped(function, arrays, self._ranks(arrays))

    def _ranks(self, arrays: list[Any]) -> list[int]:
        """Return how many last axes of each argument the function takes."""
        if self.signature is None:
            return [0] * len(arrays)
        inputs = re.findall(r"\(([^()]*)\)", self.signature.partition("->")[0])
        axes = [[n.strip() for n in names.split(",") if n.strip()] for names in inputs]
        if len(axes) != len(arrays):
            raise TypeError(
                f"vectorize: {len(arrays)} arguments for the signature "
                f"{self.signature!r}"
            )
        sizes: dict[str, int] = {}
        for x, names in zip(arrays, axes):
            own = x.shape[x.ndim - len(names) :] if x.ndim >= len(names) else ()
            fits = [sizes.setdefault(name, n) == n for name, n in zip(names, own)]
            if len(fits) < len(names) or not all(fits):
                raise ValueError(
                    f"vectorize: an argument of shape {x.shape} does not fit the axes "
                    f"({', '.join(names)}) of the signature {self.signature!r}"
                )
        return [len(names) for names in axes]


def _mapped(function: Callable[..., Any], arrays: list[Any], ranks: list[int]) -> Any:
    """Map a function over all but the last axes of arrays, which broadcast."""
    places = [x.ndim - rank for x, rank in zip(arrays, ranks)]
    lead = np.broadcast_shapes(*(x.shape[:n] for x, n in zip(arrays, places)))
    whole = [broadcast_to(x, lead + x.shape[n:]) for x, n in zip(arrays, places)]
    for _ in lead:
        function = vmap(function)
    return function(*whole)
