"""Samples of fgrad/ops/solve.py and fgrad/ops/linalg.py."""

import numpy as np

from fgrad.ops.linalg import (
    cholesky_p,
    cofactor_p,
    cofactor_slope_p,
    det_p,
    inv_p,
    singular_p,
    slogdet_p,
    solve_p,
    triangular_solve_p,
    tril_p,
    triu_p,
)

from . import Sample

rng = np.random.default_rng(0)


def array(*shape, dtype=float):
    x = rng.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.normal(size=shape)
    return np.asarray(x, dtype)


def square(*shape, dtype=float):
    """Return well conditioned matrices."""
    return array(*shape, shape[-1], dtype=dtype) + 3 * np.eye(shape[-1], dtype=dtype)


def positive(*shape, dtype=float):
    """Return Hermitian positive definite matrices."""
    x = square(*shape, dtype=dtype)
    return x @ x.conj().swapaxes(-1, -2) / 4


SQUARES = [
    square(3),
    square(1),
    square(2, 3),
    square(3).T,
    square(3, dtype="f4"),
    square(3, dtype=complex),
    square(2, 0, 2),
    square(0),
]
SYSTEMS = [
    (square(3), array(3, 2)),
    (square(3), array(3, 1)),
    (square(2, 3), array(2, 3, 2)),
    (square(3), array(4, 3, 2)),
    (square(4, 1, 3), array(2, 3, 1)),
    (square(3, dtype="f4"), array(3, 2, dtype="f4")),
    (square(3, dtype=complex), array(3, 2)),
    (square(3), array(3, 2, dtype=complex)),
]
TRIANGLES = [
    {"lower": lower, "transpose": transpose, "unit": unit}
    for lower in (False, True)
    for transpose in (False, True)
    for unit in (False, True)
]

# Finite differences of a matrix that stays symmetric are in test_ops_linalg.py: the
# value reads one triangle, the derivative is that for symmetric matrices.
SAMPLES = [
    *(Sample(p, (x,), {"k": k}) for p in (tril_p, triu_p) for k in (0, -1)
      for x in (array(3, 4), array(2, 3, 3, dtype=complex), array(0, 2))),
    *(Sample(solve_p, system) for system in SYSTEMS),
    *(Sample(triangular_solve_p, SYSTEMS[4], params) for params in TRIANGLES),
    *(Sample(triangular_solve_p, system, TRIANGLES[4]) for system in SYSTEMS),
    *(Sample(inv_p, (a,)) for a in SQUARES),
    *(Sample(cofactor_p, (a,)) for a in SQUARES),
    *(Sample(cofactor_slope_p, (a, a + 1)) for a in SQUARES),
    *(Sample(det_p, (a,)) for a in SQUARES),
    *(Sample(slogdet_p, (a,)) for a in SQUARES),
    *(Sample(singular_p, (a,)) for a in [*SQUARES, np.zeros((2, 2))]),
    *(Sample(cholesky_p, (a,), {"upper": upper}, smooth=False)
      for upper in (False, True)
      for a in (positive(3), positive(1), positive(2, 3), positive(3, dtype="f4"),
                positive(3, dtype=complex))),
]  # fmt: skip
