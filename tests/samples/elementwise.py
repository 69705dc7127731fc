"""Samples for NumPy's ufuncs: the same shapes and layouts for all of them."""

from __future__ import annotations

import numpy as np

from fgrad.ops import elementwise as ew

from . import Sample

# The interval in which a function of one argument is smooth and well conditioned.
UNARY = {
    (-1.5, 1.7): """absolute cos cosh exp exp2 expm1 fabs negative positive sin sinh
        square tanh arcsinh arctan deg2rad rad2deg conj""",
    (-0.8, 0.7): "arcsin arccos arctanh tan log1p",
    (0.4, 2.3): "cbrt log log2 log10 reciprocal sqrt",
    (1.3, 3.1): "arccosh",
}
COMPLEX_UNARY = """absolute cos cosh exp exp2 expm1 log log2 log10 log1p neg positive
    reciprocal sin sinh sqrt square tan tanh arcsin arccos arctan arcsinh arccosh
    arctanh conj""".split()
BINARY = {
    (-1.5, 1.7): """add sub mul maximum minimum fmax fmin hypot logaddexp logaddexp2
        copysign arctan2""",
    (0.4, 2.3): "div power mod fmod safe_div",
}
COMPLEX_BINARY = "add sub mul div power safe_div".split()
FLAT_UNARY = "floor ceil trunc rint sign signbit spacing isnan isinf isfinite".split()
FLAT_BINARY = """lt le gt ge eq ne logical_and logical_or logical_xor floor_divide
    heaviside nextafter""".split()
INTEGER = """bitwise_and bitwise_or bitwise_xor left_shift right_shift gcd lcm add sub
    mul mod floor_divide maximum div lt eq power""".split()
LOGIC = "logical_and logical_or bitwise_and bitwise_or bitwise_xor mul".split()
I = np.array([[1, 2, 3], [7, 5, 4]])
J = np.array([2, 1, 3])
BOOLS = np.array([[True, False, True], [False, False, True]])
Z = np.array([0.5 + 0.3j, -0.4 + 0.6j, 0.3 - 0.8j])
OTHER = np.array([0.7 - 0.2j, 1.1 + 0.4j, 0.2 + 0.9j])


def prim(name):
    return getattr(ew, {"negative": "neg"}.get(name, name))


def spread(low, high, *shape, seed=0):
    """Return distinct numbers in an interval in no particular order."""
    n = int(np.prod(shape))
    x = np.linspace(low, high, n) if n else np.zeros(0)
    return np.random.default_rng(seed).permutation(x).reshape(shape)


def arrays(low, high):
    """Yield one array of each kind that a function of one argument may meet."""
    x = spread(low, high, 2, 3)
    yield x
    yield x[::-1, ::-2]
    yield x.T
    yield x.astype(np.float32)
    yield np.array(x[0, 0])
    yield x[0, 1]
    yield x[0, 0].astype(np.float32)
    yield float(x[1, 0])
    yield np.zeros((0, 3))
    yield x[:1, :1]


def pairs(low, high):
    """Yield the pairs of arguments that a function of two arguments may meet."""
    x, y = spread(low, high, 2, 3), spread(low + 0.13, high + 0.13, 2, 3, seed=1)
    yield x, y
    yield x[:, :1], y[0]
    yield x[0], y
    yield x[::-1, ::-1], y[:, ::-1]
    yield np.array(x[0, 0]), y
    yield x, y[1, 2]
    yield x[0, 0], y[0, 0]
    yield x, float(y[0, 1])
    yield float(x[0, 1]), y
    yield float(x[0, 1]), float(y[0, 1])
    yield x.astype(np.float32), y.astype(np.float32)[:, :1]
    yield x.astype(np.float32), float(y[0, 2])
    yield x.astype(np.float32), y
    yield np.zeros((0, 3)), y[0]
    yield x[:, :1], np.zeros((2, 0))
    yield x, J
    yield 2, y


def unary():
    for interval, names in UNARY.items():
        for name in names.split():
            yield from (Sample(prim(name), (x,)) for x in arrays(*interval))
    for name in COMPLEX_UNARY:
        for x in (Z, Z[::-2], Z.astype(np.complex64), Z[0]):
            yield Sample(prim(name), (x,))


def binary():
    for interval, names in BINARY.items():
        for name in names.split():
            yield from (Sample(prim(name), xy) for xy in pairs(*interval))
    for name in COMPLEX_BINARY:
        yield Sample(prim(name), (Z, OTHER))
        yield Sample(prim(name), (Z[:, None], OTHER.astype(np.complex64)))
        yield Sample(prim(name), (Z, np.array([0.5, 1.5, 2.5])))
        yield Sample(prim(name), (np.array([0.5, 1.5, 2.5]), OTHER))
        yield Sample(prim(name), (Z, 2.0))
        yield Sample(prim(name), (1.5 + 0.5j, OTHER.astype(np.complex64)))
    for power in (0, 1, 2, 3, -1, 0.5, 2.0):
        yield Sample(ew.power, (spread(0.4, 2.3, 3), power))
        yield Sample(ew.power_ufunc, (spread(0.4, 2.3, 3), power))
        yield Sample(ew.power, (spread(0.4, 2.3, 3).astype(np.float32), power))
    yield Sample(ew.power, (spread(-2.0, 2.3, 3), 3))
    yield Sample(ew.power, (np.array([0.0, 1.0]), np.array([2.0, 0.0])), smooth=False)
    for name in ("maximum", "minimum", "fmax", "fmin"):
        ties = (np.array([1.0, 2.0, 0.0]), np.array([1.0, 0.0, 0.0]))
        yield Sample(prim(name), ties, smooth=False)
        yield Sample(prim(name), (ties[0], 1.0), smooth=False)


def kinks():
    zero = np.array([0.0, 1.0, -0.0])
    for name in ("absolute", "fabs"):
        yield Sample(prim(name), (np.abs(zero),), smooth=False)
    yield Sample(ew.absolute, (np.array([0j, 1 + 1j]),), smooth=False)
    yield Sample(ew.hypot, (zero, zero[::-1]), smooth=False)
    yield Sample(ew.logaddexp, (np.array([0.0, -np.inf]), np.array([800.0, -np.inf])),
                 smooth=False)  # fmt: skip

    with np.errstate(all="ignore"):
        yield Sample(ew.safe_div, (zero, np.ones(3)), smooth=False)
        yield Sample(ew.safe_div, (zero, 2.0), smooth=False)
    for x, y in (*pairs(-1.5, 1.7), (zero, zero), (zero, 0.0)):
        top = np.maximum(x, y)
        for c in (np.asarray(top) + 2.0, 0.5):
            yield Sample(ew.share_p, (c, x, y, top), smooth=False)
            yield Sample(ew.share_p, (c, y, x, top), smooth=False)


def flat():
    for name in FLAT_UNARY:
        yield from (Sample(prim(name), (x,)) for x in arrays(-1.6, 1.7))
    for name in FLAT_BINARY:
        yield from (Sample(prim(name), xy) for xy in pairs(0.4, 2.3))
    for name in INTEGER:
        for xy in ((I, J), (I[:, :1], J), (I, 2), (np.int32(3), J), (I[:0], J), (5, 2)):
            yield Sample(prim(name), xy)
    for name in LOGIC:
        yield Sample(prim(name), (BOOLS, BOOLS[:, ::-1]))
        yield Sample(prim(name), (BOOLS, True))
    for x in (I, I[:, ::-1], I[:0], 5, np.int16(3), BOOLS):
        yield Sample(ew.invert, (x,))
        yield Sample(ew.logical_not, (x,))
    for x in (I, I[::-1], I[:0], np.uint8(3), 5):
        yield Sample(ew.bitwise_count, (x,))
    for decimals in (0, 1, -1):
        for x in (*arrays(-1.66, 17.7), Z):
            yield Sample(ew.around, (x,), {"decimals": decimals})


def selection():
    x, y = spread(-1.5, 1.7, 2, 3), spread(-1.0, 2.0, 2, 3, seed=1)
    yield Sample(ew.where, (BOOLS, x, y))
    yield Sample(ew.where, (BOOLS[0], x[:, :1], 0.5))
    yield Sample(ew.where, (BOOLS, 0.5, x[:, ::-1]))
    yield Sample(ew.where, (BOOLS, x.astype(np.float32), 0))
    yield Sample(ew.where, (BOOLS, x.astype(np.float32), y[:1]))
    yield Sample(ew.where, (BOOLS[:0], x[:0], y[:0]))
    yield Sample(ew.where, (True, x[0, 0], y))
    yield Sample(ew.where, (True, x, y))
    yield Sample(ew.where, (BOOLS[0], Z, 1.5))
    yield Sample(ew.where, (BOOLS[0], Z, x))
    yield Sample(ew.where, (BOOLS, 1.0, 2.0))
    yield Sample(ew.where, (True, 1.0, 2.5))
    yield Sample(ew.where, (I, x, y))
    for exponent in (J, 2, I, np.int32(-1)):
        yield Sample(ew.ldexp, (x, exponent))
    yield Sample(ew.ldexp, (x.astype(np.float32), J))
    yield Sample(ew.ldexp, (1.5, J))
    for x in arrays(-1.0, 2.0):
        yield Sample(ew.stop_gradient_p, (x,))
        yield Sample(ew.name_p, (x,), {"name": "h"})
        yield Sample(ew.mantissa, (x,), smooth=False)
        yield Sample(ew.exponent, (x,))
        yield Sample(ew.sinc, (x,))
    yield Sample(ew.sinc, (np.array([0.0, 1e-9, 0.4999, 0.5001, -1.0]),))
    yield Sample(ew.heaviside, (spread(-1.0, 2.0, 3), 0.5))
    yield Sample(ew.float_power, (spread(0.5, 1.7, 2, 3), spread(-1.0, 2.0, 3)))
    yield Sample(ew.float_power, (spread(0.5, 1.7, 3), 2))


SAMPLES = [*unary(), *binary(), *kinks(), *flat(), *selection()]
