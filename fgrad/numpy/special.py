"""SciPy's special functions on traced values: ufuncs that NumPy's protocol dispatches.

Imported when one of them meets a tracer, or with `fgrad.scipy.special`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import DISPATCH, Primitive
from ..ops import (
    special,
    special_bessel,
    special_cdfs,
    special_elementary,
    special_gamma,
    special_hypergeometric,
    special_integrals,
    special_polynomials,
)
from .arrays import arraylikes

FILES = (
    special,
    special_bessel,
    special_cdfs,
    special_elementary,
    special_gamma,
    special_hypergeometric,
    special_integrals,
    special_polynomials,
)

PARTS = {
    special.FRESNEL: (special.fresnel_s, special.fresnel_c),
    special_integrals.SICI: (
        special_integrals.sine_integral,
        special_integrals.cosine_integral,
    ),
    special_integrals.SHICHI: (
        special_integrals.sinh_integral,
        special_integrals.cosh_integral,
    ),
    special_integrals.AIRY: (
        special_integrals.airy_ai,
        special_integrals.airy_aip,
        special_integrals.airy_bi,
        special_integrals.airy_bip,
    ),
}
"""What has several outputs is a primitive for each of them."""


def on_arrays(prim: Primitive) -> Callable[..., Any]:
    """Return a function of array-likes that applies an elementwise primitive."""
    return lambda *args: prim(*arraylikes(*args))


def _each(prims: tuple[Primitive, ...]) -> Callable[..., Any]:
    return lambda *args: tuple(prim(*arraylikes(*args)) for prim in prims)


for _file in FILES:
    for _value in list(vars(_file).values()):
        if isinstance(_value, Primitive) and isinstance(_value.impl, np.ufunc):
            DISPATCH.setdefault(_value.impl, on_arrays(_value))
DISPATCH.update({ufunc: _each(prims) for ufunc, prims in PARTS.items()})
