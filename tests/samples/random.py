"""Samples of fgrad/ops/threefry.py, erf.py, gamma_samples.py and count_samples.py."""

import numpy as np

from fgrad.ops.count_samples import binomial_p, poisson_p
from fgrad.ops.erf import erf_p, inverse_erf_p
from fgrad.ops.gamma_samples import log_slope_p, random_gamma_p, random_loggamma_p
from fgrad.ops.threefry import integers_p, random_p, threefry_p

from . import Sample

KEY = np.uint64(42)
KEYS = np.array([3, 2**40, 2**64 - 1], np.uint64)
NONE = np.zeros(0, np.uint64)
ALPHA = np.array([0.3, 1.0, 4.5])
U = np.array([[-0.9, 0.3, 0.0], [0.95, -0.5, 0.7]])

DRAWS = [
    Sample(random_p, (keys,), {"shape": shape, "dtype": np.dtype(dtype)})
    for keys in (KEY, KEYS, KEYS[::-2], NONE)
    for shape, dtype in [((), "u1"), ((2, 3), "f8"), ((5,), "f4"), ((4, 0), "f2")]
]
WORDS = np.array([7, 2**32 - 1, 12345], np.uint32)

SAMPLES = [
    *DRAWS,
    *(Sample(threefry_p, args)
      for args in [(KEY, KEYS), (KEYS, KEY), (KEYS[:, None], KEYS)]),
    Sample(integers_p, (WORDS, WORDS[::-1], np.int32(-5), np.int32(9), np.bool(False))),
    Sample(inverse_erf_p, (U,)),
    Sample(inverse_erf_p, (U.astype(np.float32),)),
    Sample(inverse_erf_p, (np.float64(0.3),)),
    Sample(erf_p, (U,)),
    Sample(erf_p, (U.T.astype(np.float32),)),
    *(Sample(p, args, smooth=False, orders=1)
      for p in (random_gamma_p, random_loggamma_p)
      for args in [(KEYS, ALPHA), (KEY, ALPHA), (KEYS[0], np.float64(2.5)),
                   (KEYS, ALPHA.astype(np.float32)), (NONE, NONE.astype(float))]),
    Sample(log_slope_p, (ALPHA, np.log(ALPHA)), smooth=False, orders=0),
    Sample(poisson_p, (KEY, np.array([0.5, 20.0], np.float32))),
    Sample(poisson_p, (KEYS, np.full((3, 2), 12, np.float32))),
    Sample(binomial_p, (KEY, np.array([9.0, 400.0]), np.array([0.2, 0.6]))),
    Sample(binomial_p, (KEYS, np.full((3, 2), 50.0), np.full((3, 2), 0.5))),
]  # fmt: skip
