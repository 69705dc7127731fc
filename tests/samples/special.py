"""Samples for SciPy's special functions: arguments where each is well conditioned."""

from __future__ import annotations

import numpy as np

from fgrad.core import Primitive
from fgrad.numpy.special import FILES
from fgrad.ops.special_ranks import mode_place, rankdata_p

from . import Sample
from .elementwise import spread

FOUND = {v.name: v for f in FILES for v in vars(f).values() if isinstance(v, Primitive)}
# The intervals of the arguments; what stands in brackets are integers.
INTERVALS = {
    (-1.4, 1.6): """erf erfc erfcx erfi dawsn ndtr log_ndtr expit log_expit fresnel_s
        fresnel_c exprel cosm1 special_expm1 special_exp2 exp10 j0 j1 special_i0
        special_i1 airy_ai airy_aip airy_bi airy_bip sine_integral sinh_integral
        wrightomega sindg cosdg tandg""",
    (-0.8, 0.7): "erfinv special_log1p ellipk ellipe",
    (0.2, 0.8): "ndtri logit entr ellipkm1",
    (0.2, 1.7): "erfcinv",
    (-2.4, -0.3): "ndtri_exp",
    (0.4, 2.6): """digamma gamma gammaln loggamma rgamma special_cbrt y0 y1 k0 k1 k0e
        k1e i0e i1e exp1 expi spence cosine_integral cosh_integral cotdg""",
    (1.7, 4.2): "zetac riemann_zeta",
}
COMPLEX = """erf erfc erfcx erfi dawsn wofz ndtr log_ndtr fresnel_s fresnel_c exp1 expi
    sine_integral cosine_integral sinh_integral cosh_integral airy_ai airy_bip spence
    wrightomega""".split()
ORDER = (0.6, 2.4)
X = (0.7, 2.3)
SEVERAL = {
    "huber pseudo_huber": [(0.4, 0.9), (1.0, 2.0)],
    "xlogy rel_entr kl_div beta betaln powm1 poch": [(0.4, 2.3), (0.5, 2.1)],
    "xlog1py boxcox boxcox1p": [(0.4, 2.3), (-0.6, 0.9)],
    "inv_boxcox inv_boxcox1p": [(0.3, 0.9), (0.4, 1.7)],
    "zeta": [(1.6, 3.4), (0.7, 2.9)],
    "binom": [(2.3, 4.4), (0.6, 1.9)],
    "jv yv iv kv jve yve ive kve struve modstruve hyp0f1": [ORDER, X],
    "hyp1f1": [(0.6, 1.4), (1.6, 2.7), (-0.8, 0.9)],
    "hyp2f1": [(0.6, 1.4), (0.7, 1.5), (1.6, 2.7), (-0.6, 0.5)],
    "hyperu": [(0.6, 1.4), (1.6, 2.7), (0.7, 1.9)],
    "elliprc agm": [(0.6, 1.4), (1.6, 2.7)],
    "elliprd elliprf elliprg": [(0.6, 1.4), (1.6, 2.7), (0.8, 1.7)],
    "elliprj": [(0.6, 1.4), (1.6, 2.7), (0.8, 1.7), (1.1, 1.9)],
    "ellipkinc ellipeinc": [(0.3, 1.2), (-0.6, 0.7)],
    "owens_t": [(-1.2, 1.4), (-0.8, 0.9)],
    "gammainc gammaincc chdtr chdtrc": [ORDER, X],
    "gammaincinv gammainccinv chdtri": [ORDER, (0.2, 0.8)],
    "betainc betaincc betaincinv betainccinv": [ORDER, (0.8, 2.2), (0.2, 0.8)],
    "fdtr fdtrc gdtr gdtrc": [(0.6, 2.4), (0.8, 2.6), (0.3, 1.7)],
    "fdtri": [(0.8, 2.4), (1.8, 3.6), (0.2, 0.8)],
    "stdtr": [(1.2, 4.4), (-1.5, 1.7)],
    "stdtrit": [(1.2, 4.4), (0.2, 0.8)],
    "radian": [(10.0, 30.0), (1.0, 50.0), (1.0, 50.0)],
}
Z = np.array([0.5 + 0.3j, -0.4 + 0.6j, 0.3 - 0.8j])
N = np.array([[2, 1, 3]])

# The families are the same for all: these show that they take all kinds of arguments.
THOROUGH = """erf gammaln ndtri fresnel_s i0e exprel xlogy gammainc betainc jv stdtr
    rankdata gammasgn""".split()


def variants(name, *args):
    """Yield arguments of other shapes, layouts and dtypes; for most functions two."""
    yield args
    if name not in THOROUGH:
        yield tuple(x[0, 0] if i else x[:, ::-1] for i, x in enumerate(args[::-1]))[
            ::-1
        ]
        return
    yield tuple(x[::-1, ::-2] for x in args)
    yield tuple(x[0, 0] for x in args)
    yield tuple(float(x[1, 0]) for x in args)
    yield tuple(x.astype(np.float32) for x in args)
    yield tuple(x[:0] for x in args)
    if len(args) > 1:
        yield tuple(x[:, :1] if i % 2 else x[:1] for i, x in enumerate(args))
        yield (float(args[0][0, 0]), *args[1:])
        yield (args[0].astype(np.float32), *args[1:])


def real():
    for interval, names in INTERVALS.items():
        for name in names.split():
            for args in variants(name, spread(*interval, 2, 3)):
                yield Sample(FOUND[name], args)
    for names, intervals in SEVERAL.items():
        arrays = [spread(*each, 2, 3, seed=i) for i, each in enumerate(intervals)]
        for name in names.split():
            yield from (Sample(FOUND[name], xs) for xs in variants(name, *arrays))


def orders():
    x = spread(*X, 2, 3)
    for name in ("kn", "yn", "expn", "jv", "iv", "spherical_jn", "spherical_yn",
                 "spherical_in", "spherical_kn"):  # fmt: skip
        for args in ((N, x), (2, x[::-1]), (N, x[0, 0]), (N[0, 0], x[:0]),
                     (1, 0.7), (2, x.astype(np.float32))):  # fmt: skip
            yield Sample(FOUND[name], args)
    for name in """legendre sh_legendre chebyt chebyu chebyc chebys laguerre hermite
            hermitenorm""".split():
        for args in ((N, x), (0, x[::-1]), (N, x[0, 0])):
            yield Sample(FOUND[f"eval_{name}"], args)
    for args in ((N, x, x - 0.2), (2, x[0, 0], x), (N, 0.5, x.astype(np.float32))):
        yield Sample(FOUND["eval_gegenbauer"], args)
        yield Sample(FOUND["eval_genlaguerre"], args)
        yield Sample(FOUND["eval_jacobi"], (*args[:2], 0.4, args[2]))
    for args in ((2, 1, x, x + 0.2), (N, N - 1, x, 0.3), (1, -1, x[0, 0], x)):
        yield Sample(FOUND["sph_harm_y"], args)
    p = spread(0.2, 0.8, 2, 3)
    for q in (p, p[0, 0], 0.4, p[:0], p[:, ::-2]):
        for name in ("bdtr", "bdtrc"):
            yield Sample(FOUND[name], (1, 4, q))
            yield Sample(FOUND[name], (4, 4, q))
        for name in ("nbdtr", "nbdtrc"):
            yield Sample(FOUND[name], (2, 3, q))
        for name in ("pdtr", "pdtrc"):
            yield Sample(FOUND[name], (2.5, q))


def others():
    for name in COMPLEX:
        for z in (Z, Z[::-2], Z.astype(np.complex64), complex(Z[1])):
            if z is Z or name in ("erf", "wofz"):
                yield Sample(FOUND[name], (z,))
    for name in "hankel1 hankel2 hankel1e hankel2e kve jv iv".split():
        yield Sample(FOUND[name], (1.5, Z))
        yield Sample(FOUND[name], (np.array([0.4, 1.2, 0.9]), Z + 1))
    yield Sample(FOUND["xlogy"], (Z, Z + 1))
    yield Sample(FOUND["hyp1f1"], (0.5, 1.5, Z))
    yield Sample(FOUND["lambertw"], (Z, 0, 1e-8))
    yield Sample(FOUND["lambertw"], (spread(0.3, 2.0, 3), 0, 1e-8))
    x = spread(-1.6, 1.7, 2, 3)
    for ties in (np.round(x), np.round(x)[::-1, ::-1], np.round(x)[0], N, x[:0]):
        for method in range(5):
            yield Sample(rankdata_p, (ties,), {"method": method})
        yield Sample(mode_place, (ties,))
    for args in variants("gammasgn", x):
        yield Sample(FOUND["gammasgn"], args)
        yield Sample(FOUND["special_round"], args)


def edges():
    zero = np.array([0.0, 0.0, 1.0])
    yield Sample(FOUND["xlogy"], (zero, np.array([1.5, 0.0, 2.0])), smooth=False)
    yield Sample(FOUND["entr"], (np.array([-1.0, 0.5, 1.0]),), smooth=False)
    yield Sample(FOUND["exprel"], (np.array([0.0, 1e-9, 0.999, 1.001, -30.0]),))
    yield Sample(FOUND["rgamma"], (np.array([-2.0, 0.0, 1.5]),), smooth=False)
    yield Sample(FOUND["dawsn"], (np.array([-40.0, 24.9, 25.1, 80.0]),))
    yield Sample(FOUND["erfcx"], (np.array([24.9, 25.1, 80.0]),))
    yield Sample(FOUND["boxcox"], (np.array([0.5, 1.5]), np.array([0.0, 1e-9])))
    yield Sample(FOUND["spence"], (np.array([1.0, 1.0 + 1e-9, 3.0]),))


with np.errstate(all="ignore"):
    SAMPLES = [*real(), *orders(), *others(), *edges()]
