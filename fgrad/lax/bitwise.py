"""Bits: logic, shifts, counts, and values read as another dtype, under JAX's names."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..core import aval_of, dtype_of, promoted, shape_of, short_errors
from ..numpy.arrays import arraylike, arraylikes
from ..ops.basic import astype
from ..ops.bits import bitcast_p
from ..transforms.custom_jvp import custom_jvp


@short_errors
def bitwise_and(x: Any, y: Any) -> Any:
    """Return ``x & y``."""
    return np.bitwise_and(*arraylikes(x, y))


@short_errors
def bitwise_or(x: Any, y: Any) -> Any:
    """Return ``x | y``."""
    return np.bitwise_or(*arraylikes(x, y))


@short_errors
def bitwise_xor(x: Any, y: Any) -> Any:
    """Return ``x ^ y``."""
    return np.bitwise_xor(*arraylikes(x, y))


@short_errors
def bitwise_not(x: Any) -> Any:
    """Return ``~x``."""
    return np.invert(arraylike(x))


@short_errors
def shift_left(x: Any, y: Any) -> Any:
    """Return ``x << y``; 0 if the shift is as long as the dtype."""
    return np.left_shift(*arraylikes(x, y))


@short_errors
def shift_right_arithmetic(x: Any, y: Any) -> Any:
    """Shift bits to the right and fill up with copies of the first one.

    >>> shift_right_arithmetic(np.array([-8, 8]), 1)
    array([-4,  4])
    """
    return _shift_right("shift_right_arithmetic", x, y, "i")


@short_errors
def shift_right_logical(x: Any, y: Any) -> Any:
    """Shift bits to the right and fill up with zeros.

    >>> shift_right_logical(np.int8([-8, 8]), 1)
    array([124,   4], dtype=int8)
    """
    return _shift_right("shift_right_logical", x, y, "u")


def _shift_right(name: str, x: Any, y: Any, kind: str) -> Any:
    x, y = arraylikes(x, y)
    dtype = _integer(name, promoted(aval_of(x), aval_of(y)))
    wanted = np.dtype(f"{kind}{dtype.itemsize}")
    z = np.right_shift(*(astype(astype(each, dtype), wanted) for each in (x, y)))
    return astype(z, dtype)


def _integer(name: str, dtype: np.dtype) -> np.dtype:
    if dtype.kind not in "iu":
        raise TypeError(f"{name}: bits of integers are needed, got {dtype}")
    return dtype


def _unsigned(name: str, x: Any) -> Any:
    return astype(x, f"u{_integer(name, dtype_of(x)).itemsize}")


@short_errors
def population_count(x: Any) -> Any:
    """Return how many bits are 1, of negative numbers in two's complement.

    >>> population_count(np.int8([7, -1]))
    array([3, 8], dtype=int8)
    """
    x = arraylike(x)
    count = np.bitwise_count(_unsigned("population_count", x))
    return astype(count, dtype_of(x))


@short_errors
def clz(x: Any) -> Any:
    """Return how many bits are 0 before the first that is 1.

    >>> clz(np.int8([0, 1, -1]))
    array([8, 7, 0], dtype=int8)
    """
    x = arraylike(x)
    bits = _unsigned("clz", x)
    size, step = 8 * dtype_of(bits).itemsize, 1
    while step < size:  # fill up with ones behind the first
        bits, step = bits | (bits >> step), 2 * step
    return astype(size - np.bitwise_count(bits), dtype_of(x))


@short_errors
def mulhi(x: Any, y: Any, /) -> Any:
    """Return the upper half of the product of integers.

    >>> mulhi(np.int32([2**30, -1]), np.int32([8, 1]))
    array([ 2, -1], dtype=int32)
    """
    x, y = arraylikes(x, y)
    dtype = _integer("mulhi", promoted(aval_of(x), aval_of(y)))
    x, y = astype(x, dtype), astype(y, dtype)
    size = 8 * dtype.itemsize
    if size < 64:
        wide = np.dtype(f"{dtype.kind}8")
        return astype((astype(x, wide) * astype(y, wide)) >> size, dtype)
    z = _upper(astype(x, "u8"), astype(y, "u8"))
    if dtype.kind == "i":  # a negative number is 2**64 too large as an unsigned one
        z = astype(z, dtype) - np.where(x < 0, y, 0) - np.where(y < 0, x, 0)
    return z


def _upper(x: Any, y: Any) -> Any:
    """Return the upper 64 bits of the product of unsigned integers, in halves."""
    mask = 0xFFFFFFFF
    (a, b), (c, d) = ((z >> 32, z & mask) for z in (x, y))
    low, left, right = b * d, a * d, b * c
    middle = (low >> 32) + (left & mask) + (right & mask)
    return a * c + (left >> 32) + (right >> 32) + (middle >> 32)


# -- dtypes --------------------------------------------------------------------------


@short_errors
def bitcast_convert_type(operand: Any, new_dtype: Any) -> Any:
    """Read the bits of an array as another dtype; it has no derivative.

    A narrower dtype appends an axis, a wider one takes the last axis together.

    Raises:
        ValueError: if the last axis does not make one element of the wider dtype.

    >>> bitcast_convert_type(np.float32([1.0, -2.0]), np.uint32)
    array([1065353216, 3221225472], dtype=uint32)
    """
    x = arraylike(operand)
    x = x if hasattr(x, "dtype") else np.asarray(x)
    old, new = dtype_of(x), np.dtype(new_dtype)
    count = new.itemsize // old.itemsize
    if count > 1 and shape_of(x)[-1:] != (count,):
        raise ValueError(
            f"bitcast_convert_type: the last axis of shape {shape_of(x)} must have "
            f"length {count}, for {count} elements of {old} make one of {new}"
        )
    return bitcast_p(x, dtype=new)


@short_errors
def convert_element_type(operand: Any, new_dtype: Any) -> Any:
    """Return an array in another dtype, as ``x.astype(dtype)``.

    Of complex numbers that become real the real part is left, without a warning.

    >>> convert_element_type(np.array([1.7, -1.7]), int)
    array([ 1, -1])
    """
    return astype(arraylike(operand), np.dtype(new_dtype))


@short_errors
def reduce_precision(operand: Any, exponent_bits: int, mantissa_bits: int) -> Any:
    """Round to a floating-point format with fewer bits, in the same dtype.

    What overflows becomes infinite, what would be subnormal becomes zero. Derivatives
    pass as they are (JAX rounds them too).

    Raises:
        ValueError: if there is no exponent bit, or a negative number of bits.

    >>> reduce_precision(np.array([1.0001, 70000.0]), 5, 10)  # float16
    array([ 1., inf])
    """
    if exponent_bits < 1 or mantissa_bits < 0:
        raise ValueError(
            "reduce_precision: at least one exponent bit and no negative number of "
            f"bits, got exponent_bits={exponent_bits}, mantissa_bits={mantissa_bits}"
        )
    return _reduced(arraylike(operand), exponent_bits, mantissa_bits)


@partial(custom_jvp, nondiff_argnums=(1, 2))
def _rounded(x: Any, exponent_bits: int, mantissa_bits: int) -> Any:
    mantissa, exponent = np.frexp(x)
    digits = np.rint(np.ldexp(mantissa, mantissa_bits + 1))
    z = np.ldexp(digits, exponent - (mantissa_bits + 1))
    largest = 2 ** (exponent_bits - 1) - 1
    z = np.where(np.frexp(z)[1] > largest + 1, np.copysign(np.inf, x), z)
    small = np.frexp(z)[1] < 2 - largest
    return np.where(np.isfinite(x), np.where(small, np.copysign(0.0, x), z), x)


@_rounded.defjvp
def _rounded_jvp(
    exponent_bits: int, mantissa_bits: int, primals: Any, tangents: Any
) -> Any:
    return _rounded(*primals, exponent_bits, mantissa_bits), tangents[0]


def _reduced(x: Any, exponent_bits: int, mantissa_bits: int) -> Any:
    if dtype_of(x).kind != "f":
        raise TypeError(f"reduce_precision: a float is needed, got {dtype_of(x)}")
    info = np.finfo(dtype_of(x))
    if mantissa_bits >= info.nmant and exponent_bits >= info.iexp:
        return x
    return _rounded(x, exponent_bits, mantissa_bits)
