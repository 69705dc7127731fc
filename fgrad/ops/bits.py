"""Values from their parts: bits read as another dtype, complex numbers from two."""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, broadcast_shapes, promoted
from .basic import astype, imag, real, to_front
from .elementwise import absolute, conj, where
from .families import elementwise, ufunc_aval, writing

# -- bits as another dtype -----------------------------------------------------------


def bitcast_shape(shape, old, new):
    """Return the shape of an array whose bits are read as another dtype.

    >>> bitcast_shape((3,), np.dtype("f8"), np.dtype("f4"))
    (3, 2)
    >>> bitcast_shape((3, 2), np.dtype("f4"), np.dtype("f8"))
    (3,)
    """
    if old.itemsize > new.itemsize:
        return (*shape, old.itemsize // new.itemsize)
    return shape if old.itemsize == new.itemsize else shape[:-1]


def bitcast(x, *, dtype):
    """Return the bits of ``x`` read as another dtype, as an array of its own.

    >>> bitcast(np.float32([1.0]), dtype=np.dtype("uint32"))
    array([1065353216], dtype=uint32)
    """
    x = np.array(x, order="C")
    shape = bitcast_shape(x.shape, x.dtype, dtype)
    return np.frombuffer(bytearray(x.tobytes()), dtype).reshape(shape)[()]


def _batch(args, dims, size, *, dtype):
    return bitcast_p(to_front(args[0], dims[0]), dtype=dtype), 0


bitcast_p = Primitive(
    "bitcast",
    impl=bitcast,
    abstract=lambda x, *, dtype: Aval(bitcast_shape(x.shape, x.dtype, dtype), dtype),
    batch=_batch,
    flat=True,
)

# -- complex numbers -----------------------------------------------------------------


def complex_of(x, y):
    """Return ``x + iy``; infinite parts stay what they are.

    >>> complex_of(np.array([0.0]), np.array([np.inf]))
    array([0.+infj])
    """
    dtype = np.result_type(x, y, np.complex64)
    z = np.empty(np.broadcast_shapes(np.shape(x), np.shape(y)), dtype)
    z.real, z.imag = x, y
    return z[()]


def _complex_jvp(tangents, z, x, y):
    tx, ty = (0.0 if t is None else t for t in tangents)
    part = z.real.dtype
    return complex_p(_as(tx, part), _as(ty, part))


def _as(t, dtype):
    return dtype.type(t) if type(t) is float else astype(t, dtype)


complex_p = elementwise(
    "complex",
    impl=complex_of,
    abstract=lambda x, y: Aval(
        broadcast_shapes(x.shape, y.shape),
        np.result_type(promoted(x, y), np.complex64),
    ),
    rules=(lambda ct, z, x, y: real(ct), lambda ct, z, x, y: -imag(ct)),
    jvp=_complex_jvp,
    emit="",
    linear=True,
)


def _direction_vjp(ct, z, x):
    size = absolute(x)
    return (ct - conj(z) * real(ct * z)) / where(size == 0, np.inf, size)


def _direction_jvp(tangents, z, x):
    (t,) = tangents
    size = absolute(x)
    return (t - z * real(t * conj(z))) / where(size == 0, np.inf, size)


direction = elementwise(
    "direction",  # z / |z|, where the sign of a real number is flat
    impl=np.sign,
    abstract=lambda x: ufunc_aval(np.sign, None, x),
    rules=(_direction_vjp,),
    jvp=_direction_jvp,
    emit="np.sign({0})",
    **writing(np.sign),
)
