"""The error function and its inverse, without SciPy: what normal samples are made of.

SciPy's functions of the same names are other primitives, in `special`: samples must be
the same without SciPy, and whatever its version. The inverse is Giles, "Approximating
the erfinv function" (GPU Computing Gems, 2011): polynomials in ``-log(1 - x^2)``,
one set for float32 and one for float64.
"""

from __future__ import annotations

import math

import numpy as np

from ..core import Aval
from .elementwise import exp
from .families import elementwise

# fmt: off
_SINGLE = (
    (5.0, 2.5, (2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06,
                0.00021858087, -0.00125372503, -0.00417768164, 0.246640727,
                1.50140941)),
    (np.inf, 3.0, (-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844,
                   0.00573950773, -0.0076224613, 0.00943887047, 1.00167406,
                   2.83297682)),
)
_DOUBLE = (
    (6.25, 3.125, (-3.6444120640178196996e-21, -1.685059138182016589e-19,
                   1.2858480715256400167e-18, 1.115787767802518096e-17,
                   -1.333171662854620906e-16, 2.0972767875968561637e-17,
                   6.6376381343583238325e-15, -4.0545662729752068639e-14,
                   -8.1519341976054721522e-14, 2.6335093153082322977e-12,
                   -1.2975133253453532498e-11, -5.4154120542946279317e-11,
                   1.051212273321532285e-09, -4.1126339803469836976e-09,
                   -2.9070369957882005086e-08, 4.2347877827932403518e-07,
                   -1.3654692000834678645e-06, -1.3882523362786468719e-05,
                   0.0001867342080340571352, -0.00074070253416626697512,
                   -0.0060336708714301490533, 0.24015818242558961693,
                   1.6536545626831027356)),
    (16.0, 3.25, (2.2137376921775787049e-09, 9.0756561938885390979e-08,
                  -2.7517406297064545428e-07, 1.8239629214389227755e-08,
                  1.5027403968909827627e-06, -4.013867526981545969e-06,
                  2.9234449089955446044e-06, 1.2475304481671778723e-05,
                  -4.7318229009055733981e-05, 6.8284851459573175448e-05,
                  2.4031110387097893999e-05, -0.0003550375203628474796,
                  0.00095328937973738049703, -0.0016882755560235047313,
                  0.0024914420961078508066, -0.0037512085075692412107,
                  0.005370914553590063617, 1.0052589676941592334,
                  3.0838856104922207635)),
    (np.inf, 5.0, (-2.7109920616438573243e-11, -2.5556418169965252055e-10,
                   1.5076572693500548083e-09, -3.7894654401267369937e-09,
                   7.6157012080783393804e-09, -1.4960026627149240478e-08,
                   2.9147953450901080826e-08, -6.7711997758452339498e-08,
                   2.2900482228026654717e-07, -9.9298272942317002539e-07,
                   4.5260625972231537039e-06, -1.9681778105531670567e-05,
                   7.5995277030017761139e-05, -0.00021503011930044477347,
                   -0.00013871931833623122026, 1.0103004648645343977,
                   4.8499064014085844221)),
)
"""(where a piece ends, its centre, coefficients); in sqrt(w) from the second on."""
# fmt: on


def _polynomial(coefficients, w):
    p = np.full_like(w, coefficients[0])
    for c in coefficients[1:]:
        p *= w
        p += w.dtype.type(c)
    return p


def inverse_erf(x):
    """Return the inverse of the error function, in the dtype of ``x``.

    >>> inverse_erf(np.array([0.0, 0.5, 1.0]))
    array([0.        , 0.47693628,        inf])
    """
    x = np.asarray(x)
    dtype = x.dtype if x.dtype.itemsize > 2 else np.dtype(np.float32)
    narrow = x.dtype != dtype
    one = np.atleast_1d(x.astype(dtype)) if narrow else np.atleast_1d(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        w = -np.log1p(-one * one)
    (end, centre, coefficients), *tails = _SINGLE if dtype.itemsize == 4 else _DOUBLE
    z = _polynomial(coefficients, w - dtype.type(centre))
    start = end
    for end, centre, coefficients in tails:
        there = (w >= start) & (w < end)
        if there.any():
            root = np.sqrt(w[there]) - dtype.type(centre)
            z[there] = _polynomial(coefficients, root)
        start = end
    z *= one
    z[np.abs(one) == 1] = np.inf
    np.copysign(z, one, out=z, where=~np.isnan(one))
    z = z.reshape(np.shape(x))[()]
    return z.astype(x.dtype) if narrow else z


def erf(x):
    """Return the error function, in the dtype of ``x``; element by element.

    >>> float(erf(np.float64(0.0)))
    0.0
    """
    x = np.asarray(x)
    z = np.frompyfunc(math.erf, 1, 1)(x.astype(float))
    return np.asarray(z, x.dtype)[()]


inverse_erf_p = elementwise(
    "inverse_erf",
    impl=inverse_erf,
    abstract=lambda x: Aval(x.shape, x.dtype),
    rules=(lambda c, z, x: c * (math.sqrt(math.pi) / 2) * exp(z * z),),
    emit="",
)

erf_p = elementwise(
    "error_function",
    impl=erf,
    abstract=lambda x: Aval(x.shape, x.dtype),
    rules=(lambda c, z, x: c * (2 / math.sqrt(math.pi)) * exp(-(x * x)),),
    emit="",
)
