"""Samples of fgrad/ops/eigen.py, svd.py, qr.py and least_squares.py.

Finite differences hold for real vectors, whose sign LAPACK keeps; the phase of complex
ones is arbitrary. Functions that read one triangle have the derivative for Hermitian
matrices. Both are in tests/test_linalg.py, in functions that are free of the choice.
"""

import numpy as np

from fgrad.ops.eigen import eig_p, eigh_p, eigvals_p, eigvalsh_p
from fgrad.ops.least_squares import hermitian_p, lstsq_p, pinv_p
from fgrad.ops.qr import qr_p
from fgrad.ops.svd import svd_p, svdvals_p

from . import Sample
from .linalg import array, positive, square

HERMITIAN = [
    positive(3),
    positive(1),
    positive(2, 3),
    positive(3, dtype="f4"),
    positive(3, dtype=complex),
    positive(0),
    positive(2, 0, 2),
]
REAL_SPECTRUM = np.array([[4.0, 1.0, 0.5], [0.3, 2.0, 0.2], [0.1, 0.4, -1.0]])
SQUARES = [
    square(3),
    square(3, dtype=complex),
    square(1),
    square(2, 3),
    square(3, dtype="f4"),
    square(0),
    square(2, 0, 2),
]
MATRICES = [
    array(3, 2),
    array(2, 4),
    square(3),
    square(3).T,
    array(2, 4, 3),
    array(3, 2, dtype="f4"),
    array(3, 2, dtype=complex),
    array(2, 3, dtype=complex),
    square(3, dtype=complex),
    array(1, 1),
    array(0, 2),
    array(2, 0),
]
LOW = array(4, 2) @ array(2, 3)  # rank two
ZERO = np.zeros((2, 3))
RTOL = np.float64(1e-15)
SYSTEMS = [
    (array(4, 2), array(4, 3)),
    (array(2, 4), array(2, 1)),
    (square(3), array(3, 2)),
    (array(4, 2, dtype="f4"), array(4, 3, dtype="f4")),
    (array(4, 2, dtype=complex), array(4, 3)),
    (array(4, 2), array(4, 3, dtype=complex)),
    (array(2, 4, 2), array(4, 3)),
    (array(3, 1, 4, 2), array(2, 4, 1)),
    (array(4, 2), array(4, 0)),
]


def is_smooth(a):
    """Say whether the vectors of a decomposition have no arbitrary phase."""
    return a.dtype.kind == "f"


SAMPLES = [
    *(Sample(hermitian_p, (a,), smooth=a.shape == (1, 1)) for a in HERMITIAN),
    *(Sample(eigh_p, (a,), {"upper": u}, smooth=a.shape == (1, 1))
      for a in HERMITIAN for u in (False, True)),
    *(Sample(eigvalsh_p, (a,), {"upper": u}, smooth=a.shape == (1, 1))
      for a in HERMITIAN for u in (False, True)),
    Sample(eig_p, (REAL_SPECTRUM,)),
    *(Sample(eig_p, (a,), smooth=False) for a in SQUARES),
    *(Sample(eigvals_p, (a,)) for a in [REAL_SPECTRUM, *SQUARES]),
    *(Sample(svd_p, (a,), {"full": False}, smooth=is_smooth(a)) for a in MATRICES),
    *(Sample(svd_p, (a,), {"full": True}, smooth=a.shape == (3, 3)) for a in MATRICES
      if a.dtype.kind == "f"),
    *(Sample(svd_p, (a,), {"full": True}, smooth=False) for a in MATRICES
      if a.dtype.kind == "c"),
    Sample(svd_p, (ZERO,), {"full": True}, smooth=False),
    *(Sample(svdvals_p, (a,)) for a in MATRICES),
    Sample(svdvals_p, (ZERO,), smooth=False),
    *(Sample(qr_p, (a,), {"full": False}) for a in MATRICES),
    *(Sample(qr_p, (a,), {"full": True}, smooth=False) for a in MATRICES
      if a.shape[-2] > a.shape[-1]),
    *(Sample(pinv_p, (a, RTOL), {"hermitian": False}) for a in MATRICES),
    Sample(pinv_p, (LOW, np.float64(1e-10)), {"hermitian": False}, smooth=False),
    Sample(pinv_p, (array(2, 4, 3), np.array([1e-15, 0.5])), {"hermitian": False},
           smooth=False),
    *(Sample(pinv_p, (a, RTOL), {"hermitian": True}, smooth=False) for a in HERMITIAN),
    *(Sample(lstsq_p, system, {"rtol": 1e-15}) for system in SYSTEMS),
    Sample(lstsq_p, (LOW, array(4, 1)), {"rtol": 1e-10}, smooth=False),
]  # fmt: skip
