"""Samples for the methods of ufuncs."""

from __future__ import annotations

import numpy as np

from fgrad.ops import fold, reduceat

from . import Sample

X = np.random.default_rng(0).uniform(0.3, 1.2, (3, 4))
MASK = X > 0.5
SINGLE = X.astype(np.float32)
TIES = np.array([[1.0, 3.0, 3.0], [-2.0, -2.0, -2.0]])
COMPLEX = np.array([[1 + 2j, 0.5 - 1j, 2j]])
COUNTS = np.array([[3, 5, 6], [1, 2, 12]], np.int16)
KINKED = (np.heaviside, np.remainder, np.fmod, np.copysign)


def accumulated(x, function, axis=1, dtype=None, smooth=True):
    prim = fold.accumulate_flat
    if function in fold.FUNCTIONS:
        prim = fold.accumulate_smooth
    params = {"function": function, "axis": axis, "dtype": dtype}
    return Sample(prim, (x,), params, smooth and function not in KINKED)


def accumulations():
    for function in fold.FUNCTIONS:
        yield accumulated(X, function)
    for x in (SINGLE, X[:, ::-1], X[:, :1], X[:, :0], X[:0]):
        yield accumulated(x, np.logaddexp)
        yield accumulated(x, np.maximum, 0)
    yield accumulated(TIES, np.maximum, smooth=False)
    yield accumulated(COMPLEX, np.divide)
    yield accumulated(SINGLE, np.hypot, 0, np.dtype(float))
    yield accumulated(COUNTS, np.bitwise_or)
    yield accumulated(MASK, np.logical_and)
    yield accumulated(COUNTS, np.divide)


def folded(x, function, axes=(1,), mask=True, initial=0, keepdims=False, dtype=None,
           started=False, smooth=True):  # fmt: skip
    params = {"function": function, "axes": axes, "keepdims": keepdims,
              "dtype": dtype, "started": started}  # fmt: skip
    prim = fold.fold_smooth if function in fold.FUNCTIONS else fold.fold_flat
    smooth = smooth and function not in KINKED
    return Sample(prim, (x, mask, initial), params, smooth)


def folds():
    for function in fold.FUNCTIONS:
        if function in (np.power, np.arctan2):  # NumPy does not go from left to right
            continue
        yield folded(X, function)
        yield folded(X, function, initial=0.7, started=True)
        if fold.identity(function, X.dtype) is not None:
            yield folded(X, function, mask=MASK, initial=0.6, started=True)
    for function in (np.add, np.multiply, np.maximum, np.fmin, np.logaddexp, np.hypot):
        yield folded(SINGLE, function, (0, 1), initial=np.float32(0.5), started=True)
        yield folded(X.T[::2], function, (0,), initial=0.9, started=True, keepdims=True)
        yield folded(X[:0], function, (0,), initial=0.9, started=True)
        yield folded(X, function, (), initial=0.8, started=True)
    for function in (np.add, np.multiply, np.logaddexp, np.hypot):
        yield folded(X, function, (0, 1), mask=MASK, keepdims=True)
    yield folded(TIES, np.maximum, initial=3.0, started=True, smooth=False)
    yield folded(COMPLEX, np.add, mask=np.array([[True, False, True]]))
    yield folded(SINGLE, np.add, mask=MASK, dtype=np.dtype(float))
    yield folded(COUNTS, np.gcd)
    yield folded(COUNTS, np.bitwise_xor, (0, 1), initial=1, started=True)
    yield folded(MASK, np.logical_or, mask=~MASK)
    yield folded(np.float64(0.5), np.add, (), initial=0.9, started=True)


def pieces():
    for function in (np.add, np.multiply, np.maximum, np.fmin, np.logaddexp,
                     np.bitwise_or, np.logical_and):  # fmt: skip
        whole = function is np.bitwise_or
        prim = reduceat.reduceat_smooth
        if function not in fold.FUNCTIONS:
            prim = reduceat.reduceat_flat
        for x, axis in ((COUNTS if whole else X, 1), (COUNTS if whole else SINGLE, 0)):
            for indices in ((0, x.shape[axis] - 1, 1), (1,), ()):
                params = {"function": function, "indices": indices, "axis": axis}
                yield Sample(prim, (x,), {**params, "dtype": None})
    params = {"function": np.maximum, "indices": (0, 1), "axis": 1, "dtype": None}
    yield Sample(reduceat.reduceat_smooth, (TIES,), params, smooth=False)


SAMPLES = [*accumulations(), *folds(), *pieces()]
