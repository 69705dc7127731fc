"""Summaries of samples: ranks, the mode, the standard error of the mean."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ... import numpy as fnp
from ...core import shape_of
from ...numpy.arrays import arraylike
from ...ops.special_ranks import METHODS, mode_place, rankdata_p
from ..exponential_sums import floating


class ModeResult(NamedTuple):
    """The most frequent elements and how often they occur."""

    mode: Any
    count: Any


def _refuse_policy(function: str, nan_policy: str) -> None:
    if nan_policy != "propagate":
        raise NotImplementedError(
            f"{function}: nan_policy={nan_policy!r} depends on values. Use "
            '"propagate", and take nans out of the sample first'
        )


def rankdata(
    a: Any,
    method: str = "average",
    *,
    axis: int | None = None,
    nan_policy: str = "propagate",
) -> Any:
    """Return the ranks of the elements, from 1; they have the gradient 0.

    >>> from fgrad.scipy import stats
    >>> stats.rankdata([0.2, 0.9, 0.2])
    array([1.5, 3. , 1.5])
    """
    _refuse_policy("rankdata", nan_policy)
    if method not in METHODS:
        raise ValueError(f"rankdata: method is one of {METHODS}, got {method!r}")
    a, place = arraylike(a), METHODS.index(method)
    if axis is None:
        return rankdata_p(fnp.ravel(a), method=place)
    return fnp.moveaxis(rankdata_p(fnp.moveaxis(a, axis, -1), method=place), -1, axis)


def mode(
    a: Any, axis: int | None = 0, nan_policy: str = "propagate", keepdims: bool = False
) -> ModeResult:
    """Return the most frequent elements along an axis, the smallest of several.

    Its gradient goes to the first of the equal elements.

    >>> from fgrad.scipy import stats
    >>> stats.mode([3, 1, 1, 3])
    ModeResult(mode=np.int64(1), count=np.int64(2))
    """
    _refuse_policy("mode", nan_policy)
    a = arraylike(a)
    full = shape_of(a)
    rows = fnp.ravel(a) if axis is None else fnp.moveaxis(a, axis, -1)
    if shape_of(rows)[-1] == 0:
        raise ValueError(f"mode: axis {axis} of shape {full} has no elements")
    found = fnp.take_along_axis(rows, mode_place(rows), -1)
    count = fnp.sum((rows == found) | ((rows != rows) & (found != found)), axis=-1)
    found = found[..., 0][()]
    if keepdims:
        lost = tuple(range(len(full))) if axis is None else axis
        found, count = fnp.expand_dims(found, lost), fnp.expand_dims(count, lost)
    return ModeResult(found, count)


def sem(
    a: Any,
    axis: int | None = 0,
    ddof: int = 1,
    nan_policy: str = "propagate",
    *,
    keepdims: bool = False,
) -> Any:
    """Return the standard error of the mean.

    >>> from fgrad.scipy import stats
    >>> stats.sem([1.0, 2.0, 3.0]).round(4)
    np.float64(0.5774)
    """
    _refuse_policy("sem", nan_policy)
    a = floating(a)
    shape = shape_of(a)
    count = int(np.prod(shape)) if axis is None else shape[axis]
    deviation = fnp.std(a, axis=axis, ddof=ddof, keepdims=keepdims)
    return deviation / float(np.sqrt(count))
