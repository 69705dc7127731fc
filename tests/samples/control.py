"""Samples for the scalar primitives of fgrad.control, and for batches of stacks."""

from __future__ import annotations

import numpy as np

from fgrad.control.scalars import choose, weaken
from fgrad.control.stacks import absent, masked, repeated, selected
from fgrad.core import aval_of

from . import Sample

A = np.array([[0.5, -1.5, 2.5], [3.0, 0.7, -0.4]])
FLAGS = np.array([True, False])
YES, NO = np.True_, np.False_

SAMPLES = [
    *(Sample(choose, (A, A * 2.0, p)) for p in (YES, NO)),
    Sample(choose, (A.astype(np.float32), A.astype(np.float32) + 1, NO)),
    Sample(choose, (A[::-1], A[:, ::-1], YES)),
    Sample(choose, (np.float64(0.5), np.float64(2.0), NO)),
    Sample(choose, (A + 1j, A - 2j, YES)),
    Sample(choose, (np.arange(3), np.arange(3) + 1, NO)),
    *(Sample(weaken, (x,)) for x in (np.float64(0.5), np.array(1.5), np.int64(3))),
    *(Sample(absent, (A,), {"aval": aval_of(x)}) for x in (A, A[0, 0], 1.0, 1 + 2j)),
    *(Sample(repeated, (A,), {"size": 4, "axis": axis}) for axis in (0, 1, 2)),
    Sample(repeated, (A.astype(np.float32).T,), {"size": 0, "axis": 1}),
    Sample(selected, (FLAGS, A, A * 2.0), {"axis": 0}),
    Sample(selected, (np.array([YES, NO, YES]), A, A[::-1]), {"axis": 1}),
    Sample(selected, (A > 0.0, A[::-1], A), {"axis": 0}),
    Sample(masked, (FLAGS, A), {"axis": 0}),
    Sample(masked, (np.array([YES, NO, YES]), A.astype(np.float32)), {"axis": 1}),
    Sample(masked, (A > 0.0, A[::-1]), {"axis": 0}),
]
