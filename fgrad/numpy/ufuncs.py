"""NumPy's ufuncs on traced values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import DISPATCH, LATER, aval_of, dtype_of
from ..ops import elementwise as ops
from ..ops.basic import astype, reshape
from ..ops.bits import direction
from ..ops.contract import matmul, vecdot
from .arrays import NUMBERS, arraylike, as_scalar, strong
from .table import traceable

UNARY = {
    np.negative: ops.neg,
    np.positive: ops.positive,
    np.absolute: ops.absolute,
    np.fabs: ops.fabs,
    np.reciprocal: ops.reciprocal,
    np.square: ops.square,
    np.exp: ops.exp,
    np.exp2: ops.exp2,
    np.expm1: ops.expm1,
    np.log: ops.log,
    np.log2: ops.log2,
    np.log10: ops.log10,
    np.log1p: ops.log1p,
    np.sqrt: ops.sqrt,
    np.cbrt: ops.cbrt,
    np.sin: ops.sin,
    np.cos: ops.cos,
    np.tan: ops.tan,
    np.arcsin: ops.arcsin,
    np.arccos: ops.arccos,
    np.arctan: ops.arctan,
    np.sinh: ops.sinh,
    np.cosh: ops.cosh,
    np.tanh: ops.tanh,
    np.arcsinh: ops.arcsinh,
    np.arccosh: ops.arccosh,
    np.arctanh: ops.arctanh,
    np.deg2rad: ops.deg2rad,
    np.radians: ops.deg2rad,
    np.rad2deg: ops.rad2deg,
    np.degrees: ops.rad2deg,
    np.conjugate: ops.conj,
    np.signbit: ops.signbit,
    np.spacing: ops.spacing,
    np.floor: ops.floor,
    np.ceil: ops.ceil,
    np.trunc: ops.trunc,
    np.rint: ops.rint,
    np.isnan: ops.isnan,
    np.isinf: ops.isinf,
    np.isfinite: ops.isfinite,
    np.logical_not: ops.logical_not,
    np.invert: ops.invert,
    np.bitwise_count: ops.bitwise_count,
}

BINARY = {
    np.add: ops.add,
    np.subtract: ops.sub,
    np.multiply: ops.mul,
    np.divide: ops.div,
    np.float_power: ops.float_power,
    np.floor_divide: ops.floor_divide,
    np.remainder: ops.mod,
    np.fmod: ops.fmod,
    np.maximum: ops.maximum,
    np.minimum: ops.minimum,
    np.fmax: ops.fmax,
    np.fmin: ops.fmin,
    np.hypot: ops.hypot,
    np.arctan2: ops.arctan2,
    np.logaddexp: ops.logaddexp,
    np.logaddexp2: ops.logaddexp2,
    np.copysign: ops.copysign,
    np.ldexp: ops.ldexp,
    np.nextafter: ops.nextafter,
    np.heaviside: ops.heaviside,
    np.less: ops.lt,
    np.less_equal: ops.le,
    np.greater: ops.gt,
    np.greater_equal: ops.ge,
    np.equal: ops.eq,
    np.not_equal: ops.ne,
    np.logical_and: ops.logical_and,
    np.logical_or: ops.logical_or,
    np.logical_xor: ops.logical_xor,
    np.bitwise_and: ops.bitwise_and,
    np.bitwise_or: ops.bitwise_or,
    np.bitwise_xor: ops.bitwise_xor,
    np.left_shift: ops.left_shift,
    np.right_shift: ops.right_shift,
    np.gcd: ops.gcd,
    np.lcm: ops.lcm,
}


def _binary(prim: Any) -> Callable[[Any, Any], Any]:
    def definition(x: Any, y: Any) -> Any:
        if type(x) in NUMBERS and type(y) in NUMBERS:
            return prim(x, y)
        return prim(arraylike(x), arraylike(y))

    return definition


DISPATCH.update(UNARY)
DISPATCH.update({ufunc: _binary(prim) for ufunc, prim in BINARY.items()})

LATER["scipy.special"] = "fgrad.numpy.special"

# -- ufuncs made of others -----------------------------------------------------------


@traceable(np.sign)
def sign(x: Any) -> Any:
    """Return 1 or -1, or 0 at 0; of complex numbers ``x / abs(x)``."""
    x = arraylike(x)
    return direction(x) if dtype_of(x).kind == "c" else ops.sign(x)


@traceable(np.frexp)
def frexp(x: Any) -> tuple[Any, Any]:
    """Return mantissa and exponent of base two."""
    x = arraylike(x)
    return ops.mantissa(x), ops.exponent(x)


@traceable(np.power)
def power(x: Any, y: Any) -> Any:
    """Return powers as NumPy's ufunc computes them; of Python numbers, as ``**``."""
    x, y = arraylike(x), arraylike(y)
    numbers = aval_of(x).weak and aval_of(y).weak
    return (ops.power if numbers else ops.power_ufunc)(x, y)


@traceable(np.divmod)
def divmod_(x: Any, y: Any) -> tuple[Any, Any]:
    """Return the floored quotient and the remainder."""
    x, y = arraylike(x), arraylike(y)
    return ops.floor_divide(x, y), ops.mod(x, y)


@traceable(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    """Return the fractional and the integral part, each with the sign of ``x``."""
    x = arraylike(x)
    x = astype(strong(x), np.modf.resolve_dtypes((dtype_of(x), None, None))[0])
    fraction = ops.where(ops.isinf(x), ops.copysign(0.0, x), ops.fmod(x, 1.0))
    return as_scalar(fraction), ops.trunc(x)


traceable(np.matmul)(matmul)
traceable(np.vecdot)(lambda x, y, axis=-1: vecdot(arraylike(x), arraylike(y), axis))


@traceable("matvec")
def matvec(x: Any, y: Any) -> Any:
    """Return the products of matrices and vectors."""
    y = arraylike(y)
    return _drop(matmul(arraylike(x), reshape(y, shape=(*y.shape, 1))), -1)


@traceable("vecmat")
def vecmat(x: Any, y: Any) -> Any:
    """Return the products of vectors (conjugated) and matrices."""
    x = arraylike(x)
    x = ops.conj(x) if dtype_of(x).kind == "c" else x
    return _drop(matmul(reshape(x, shape=(*x.shape[:-1], 1, x.shape[-1])), y), -2)


def _drop(x: Any, axis: int) -> Any:
    shape = list(x.shape)
    del shape[axis]
    return reshape(x, shape=tuple(shape))
