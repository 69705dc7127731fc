"""Ranks and the most frequent element: which is a matter of order, so without slope."""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive
from .basic import to_front

METHODS = ("average", "min", "max", "dense", "ordinal")
"""How equal elements are ranked; a param is the place of one here, not its name."""


def _ranks(x, *, method):
    from scipy.stats import rankdata

    return np.asarray(rankdata(x, METHODS[method], axis=-1), float)


rankdata_p = Primitive(
    "rankdata",
    impl=_ranks,
    abstract=lambda x, *, method: Aval(x.shape, np.dtype(float)),
    batch=lambda args, dims, size, *, method: (
        rankdata_p(to_front(args[0], dims[0]), method=method),
        0,
    ),
    flat=True,
)
"""The ranks of the elements along the last axis, from 1."""


def _mode_place(x):
    """Sort, and find the first of the longest runs of equal elements."""
    order = np.argsort(x, axis=-1, kind="stable")
    ordered = np.take_along_axis(x, order, -1)
    changes = np.ones(x.shape, bool)
    unequal = ordered[..., 1:] != ordered[..., :-1]
    changes[..., 1:] = unequal & (ordered[..., 1:] == ordered[..., 1:])
    places = np.arange(x.shape[-1])
    starts = np.maximum.accumulate(np.where(changes, places, 0), axis=-1)
    longest = np.argmax(places - starts, axis=-1)[..., None]
    start = np.take_along_axis(starts, longest, -1)
    return np.take_along_axis(order, start, -1)


mode_place = Primitive(
    "mode_place",
    impl=_mode_place,
    abstract=lambda x: Aval((*x.shape[:-1], 1), np.dtype(np.intp)),
    batch=lambda args, dims, size: (mode_place(to_front(args[0], dims[0])), 0),
    flat=True,
)
"""Where the smallest of the most frequent elements along the last axis comes first."""
