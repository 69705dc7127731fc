"""Samples of fgrad/ops/lapack.py, fgrad/ops/lu.py and fgrad/ops/matrix_functions.py."""

import numpy as np

from fgrad.ops import lapack, lu
from fgrad.ops import matrix_functions as mf

from . import Sample
from .linalg import SQUARES, SYSTEMS, TRIANGLES, array, positive, square

FULL = [a for a in SQUARES if a.size]
TALL = [array(4, 2), array(2, 4), array(2, 4, 3), array(2, 3, 4, dtype=complex)]
GENERAL = {"assume": 0, "lower": False}
HALVES = [positive(3), positive(1), positive(2, 3), positive(3, dtype="f4"),
          positive(3, dtype=complex)]  # fmt: skip
NEAR = [positive(3) + 0.1 * array(3, 3), positive(2, 3), positive(2, dtype="f4"),
        square(3, dtype=complex)]  # fmt: skip

SAMPLES = [
    *(Sample(lapack.scipy_solve, system, GENERAL) for system in SYSTEMS),
    *(Sample(lapack.scipy_solve, (positive(3), array(3, 2)),
             {"assume": k, "lower": lower}, smooth=k < 6)
      for k in (4, 5, 6, 8) for lower in (False, True)),
    Sample(lapack.scipy_solve, (positive(3, dtype=complex), array(3, 2, dtype=complex)),
           {"assume": 7, "lower": True}, smooth=False),
    *(Sample(p, (a,)) for p in (lapack.scipy_inv, lapack.scipy_det) for a in FULL),
    *(Sample(lapack.scipy_cholesky, (a,), {"upper": upper}, smooth=False)
      for a in HALVES for upper in (False, True)),
    *(Sample(lapack.scipy_triangular, SYSTEMS[4], params) for params in TRIANGLES),
    *(Sample(lapack.scipy_triangular, s, TRIANGLES[4]) for s in SYSTEMS),
    *(Sample(p, (a,)) for p in (lu.lu_p, lu.lu_factor_p) for a in FULL + TALL),
    Sample(lu.permutation, (np.array([2, 1, 2]),), {"length": 3}),
    Sample(lu.permutation, (np.array([[2, 1], [0, 1]]),), {"length": 4}),
    *(Sample(mf.expm_p, (a,)) for a in FULL),
    *(Sample(mf.expm_frechet_p, (a, a[..., ::-1, :] / 2)) for a in FULL),
    Sample(mf.expm_frechet_p, (square(3), array(2, 3, 3))),
    *(Sample(mf.sqrtm_p, (a,)) for a in NEAR),
    *(Sample(mf.logm_p, (a,)) for a in NEAR if a.dtype != np.float32),
    *(Sample(mf.sylvester_p, (a, a.conj(), a + 1)) for a in FULL),
    Sample(mf.sylvester_p, (square(3), square(2), array(3, 2))),
    Sample(mf.sylvester_p, (square(3), square(2, 2), array(2, 3, 2))),
    *(Sample(mf.polar_p, (a,)) for a in (*NEAR, array(4, 2), array(2, 4, 3))),
]  # fmt: skip
