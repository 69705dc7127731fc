"""Samples for joining, padding, flipping and repeating."""

from __future__ import annotations

import numpy as np

from fgrad.ops.shape import concatenate, flip, pad, repeat, stack

from . import Sample

X = np.arange(6.0).reshape(2, 3) - 2.5
Y = np.linspace(-1.0, 1.0, 4).reshape(2, 2)
V = np.array([0.3, -1.2, 2.0])
COMPLEX = np.array([1 + 2j, 0.5 - 1j, 2j])
SINGLE = X.astype(np.float32)
WIDTHS = ((1, 0), (2, 3))

SAMPLES = [
    Sample(concatenate, (X, Y), {"axis": 1}),
    Sample(concatenate, (X, Y[:, ::-1], X), {"axis": 1}),
    Sample(concatenate, (V,), {"axis": 0}),
    Sample(concatenate, (V, np.zeros(0), V[::-1]), {"axis": 0}),
    Sample(concatenate, (SINGLE, X), {"axis": 0}),
    Sample(concatenate, (V, COMPLEX), {"axis": 0}),
    Sample(concatenate, (V, np.arange(2)), {"axis": 0}),
    Sample(stack, (V, V[::-1]), {"axis": 0}),
    Sample(stack, (X, SINGLE, X * X), {"axis": 2}),
    Sample(stack, (2.0, np.float32(1.5), 3), {"axis": 0}),
    Sample(stack, (X,), {"axis": 1}),
    Sample(pad, (X, 0), {"widths": WIDTHS}),
    Sample(pad, (X, 1.5), {"widths": WIDTHS}),
    Sample(pad, (SINGLE, np.float64(2.0)), {"widths": WIDTHS}),
    Sample(pad, (X.T, 1.5), {"widths": WIDTHS}),
    Sample(pad, (COMPLEX[::-1], 1.5), {"widths": ((0, 2),)}),
    Sample(pad, (np.zeros((0, 2)), 3.0), {"widths": ((1, 1), (0, 0))}),
    Sample(flip, (X,), {"axes": (0, 1)}),
    Sample(flip, (X[::-1],), {"axes": (1,)}),
    Sample(flip, (SINGLE,), {"axes": (0,)}),
    Sample(flip, (2.5,), {"axes": ()}),
    Sample(repeat, (X,), {"repeats": 3, "axis": 0}),
    Sample(repeat, (SINGLE,), {"repeats": 2, "axis": 1}),
    Sample(repeat, (X,), {"repeats": 0, "axis": 1}),
    Sample(repeat, (X,), {"repeats": (2, 0, 1), "axis": 1}),
    Sample(repeat, (COMPLEX[::-1],), {"repeats": (1, 2, 3), "axis": 0}),
]
