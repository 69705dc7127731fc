"""Running results along an axis under JAX's names; dtypes stay what they are.

Only booleans are counted, as in NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import dtype_of, ndim_of, shape_of, short_errors
from ..ops import elementwise as ew
from ..ops import scan as scans
from ..ops.axes import normalize_axis
from ..ops.shape import flip
from .associative import associative_scan
from .shapes import array_of


def _running(name: str, run: Any, operand: Any, axis: int, reverse: bool) -> Any:
    """Apply ``run(x, axis)``, from the end if ``reverse``."""
    x = array_of(operand)
    axis = normalize_axis(axis, ndim_of(x), name, shape_of(x))
    if not reverse:
        return run(x, axis)
    return flip(run(flip(x, axes=(axis,)), axis), axes=(axis,))


@short_errors
def cumsum(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Return running sums.

    >>> cumsum(np.array([1.0, 2.0, 3.0]), reverse=True)
    array([6., 5., 3.])
    """
    run = lambda x, axis: scans.cumsum(x, axis=axis, dtype=_summed(x))
    return _running("cumsum", run, operand, axis, reverse)


@short_errors
def cumprod(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Return running products; derivatives are exact where elements are zero."""
    run = lambda x, axis: scans.cumprod(x, axis=axis, dtype=_summed(x))
    return _running("cumprod", run, operand, axis, reverse)


def _summed(x: Any) -> Any:
    """Return the dtype of x; of booleans, which have no sums, NumPy's int."""
    return np.dtype(int) if dtype_of(x).kind == "b" else dtype_of(x)


@short_errors
def cummax(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Return running maxima.

    >>> cummax(np.array([1.0, 3.0, 2.0]))
    array([1., 3., 3.])
    """
    return _running("cummax", _by(ew.maximum), operand, axis, reverse)


@short_errors
def cummin(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Return running minima."""
    return _running("cummin", _by(ew.minimum), operand, axis, reverse)


@short_errors
def cumlogsumexp(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
    """Return the logarithm of running sums of exponentials, without overflow.

    >>> cumlogsumexp(np.array([1000.0, 1000.0])) - 1000
    array([0.        , 0.69314718])
    """
    return _running("cumlogsumexp", _by(ew.logaddexp), operand, axis, reverse)


def _by(prim: Any) -> Any:
    def run(x: Any, axis: int) -> Any:
        if not shape_of(x)[axis]:
            return np.zeros(shape_of(x), dtype_of(x))
        return associative_scan(prim, x, axis=axis)

    return run
