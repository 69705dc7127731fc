"""The linear primitives that every other rule leans on: cast, shape, sum."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from ..core import Aval, Primitive, aval_of, dtype_of, is_inexact, shape_of


def dtype_text(dtype):
    """Return how source code names a dtype.

    >>> dtype_text(np.dtype("float32"))
    'np.float32'
    """
    return "np.bool" if dtype.kind == "b" else f"np.{dtype.name}"


# -- cast --------------------------------------------------------------------------


def _cast(x, *, dtype):
    return x.astype(dtype) if hasattr(x, "astype") else dtype.type(x)


def _emit_cast(names, *, dtype):
    return f"{names[0]}.astype({dtype_text(dtype)})"


def _cast_into(names, out, *, dtype):
    return f'np.copyto({out}, {names[0]}, casting="unsafe")'


def _abstract_cast(x, *, dtype):
    return Aval(x.shape, dtype)


cast = Primitive(
    "cast",
    impl=_cast,
    abstract=_abstract_cast,
    vjp=(lambda ct, z, x, *, dtype: fit(ct, x, z),),
    jvp=lambda ts, z, x, *, dtype: cast(ts[0], dtype=dtype),
    batch=lambda args, dims, size, *, dtype: (cast(args[0], dtype=dtype), dims[0]),
    emit=_emit_cast,
    into=_cast_into,
    linear=True,
)

cast_discrete = Primitive(
    "cast_discrete",
    impl=_cast,
    abstract=_abstract_cast,
    batch=lambda args, dims, size, *, dtype: (
        cast_discrete(args[0], dtype=dtype),
        dims[0],
    ),
    emit=_emit_cast,
    into=_cast_into,
    flat=True,
)


def astype(x, dtype):
    """Return ``x`` as another dtype; integers and booleans carry no derivative."""
    dtype = np.dtype(dtype)
    if dtype.kind not in "fiubc":
        raise TypeError(f"astype: a traced value cannot have dtype {dtype}: traced "
                        "arrays hold numbers and booleans")  # fmt: skip
    if dtype == dtype_of(x) and not aval_of(x).weak:
        return x
    if is_inexact(x) and dtype.kind not in "fc":
        return cast_discrete(x, dtype=dtype)
    if dtype_of(x).kind == "c" and dtype.kind == "f":
        x = real(x)
    return cast(x, dtype=dtype)


# -- real and imaginary parts ------------------------------------------------------


def real_dtype(dtype):
    """Return the dtype of the parts of a complex number; of others their own."""
    return np.empty(0, dtype).real.dtype


real = Primitive(
    "real",
    impl=lambda x: np.real(x),
    abstract=lambda x: Aval(x.shape, real_dtype(x.dtype), x.weak),
    vjp=(lambda ct, z, x: astype(ct, x.dtype),),
    jvp=lambda ts, z, x: real(ts[0]),
    batch=lambda args, dims, size: (real(args[0]), dims[0]),
    emit="np.real({0})",
    linear=True,
    view=True,
)

imag = Primitive(
    "imag",
    impl=lambda x: np.imag(x),
    abstract=lambda x: Aval(x.shape, real_dtype(x.dtype), x.weak),
    vjp=(lambda ct, z, x: ct * -1j,),
    jvp=lambda ts, z, x: imag(ts[0]),
    batch=lambda args, dims, size: (imag(args[0]), dims[0]),
    emit="np.imag({0})",
    linear=True,
    view=True,
)


# -- reshape, transpose, broadcast_to ----------------------------------------------


def _batch_reshape(args, dims, size, *, shape):
    return reshape(to_front(args[0], dims[0]), shape=(size, *shape)), 0


reshape = Primitive(
    "reshape",
    impl=lambda x, *, shape: np.reshape(x, shape),
    abstract=lambda x, *, shape: Aval(shape, x.dtype),
    vjp=(lambda ct, z, x, *, shape: reshape(ct, shape=x.shape),),
    jvp=lambda ts, z, x, *, shape: reshape(ts[0], shape=shape),
    batch=_batch_reshape,
    emit="{0}.reshape({shape})",
    linear=True,
    view=True,
)


@lru_cache(maxsize=1024)
def inverse_axes(axes):
    """Return the permutation that undoes ``axes``.

    >>> inverse_axes((2, 0, 1))
    (1, 2, 0)
    """
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


def _batch_transpose(args, dims, size, *, axes):
    (x,), (dim,) = args, dims
    rest = [a for a in range(x.ndim) if a != dim]
    return transpose(x, axes=(dim, *(rest[a] for a in axes))), 0


def _emit_transpose(names, *, axes):
    plain = tuple(reversed(range(len(axes))))
    return f"{names[0]}.T" if axes == plain else f"{names[0]}.transpose({axes})"


transpose = Primitive(
    "transpose",
    impl=lambda x, *, axes: x.transpose(axes),
    abstract=lambda x, *, axes: Aval(tuple(x.shape[a] for a in axes), x.dtype),
    vjp=(lambda ct, z, x, *, axes: transpose(ct, axes=inverse_axes(axes)),),
    jvp=lambda ts, z, x, *, axes: transpose(ts[0], axes=axes),
    batch=_batch_transpose,
    emit=_emit_transpose,
    linear=True,
    view=True,
)


def _batch_broadcast_to(args, dims, size, *, shape):
    (x,), (dim,) = args, dims
    x = to_front(x, dim)
    middle = (1,) * (len(shape) - (x.ndim - 1))
    x = reshape(x, shape=(size, *middle, *x.shape[1:])) if middle else x
    return broadcast_to(x, shape=(size, *shape)), 0


broadcast_to = Primitive(
    "broadcast_to",
    impl=lambda x, *, shape: np.broadcast_to(x, shape),
    abstract=lambda x, *, shape: Aval(shape, x.dtype),
    vjp=(lambda ct, z, x, *, shape: fit(ct, x, z),),
    jvp=lambda ts, z, x, *, shape: broadcast_to(ts[0], shape=shape),
    batch=_batch_broadcast_to,
    emit="np.broadcast_to({0}, {shape})",
    linear=True,
    view=True,
    elementwise=True,
)


def to_front(x, dim):
    """Return ``x`` with axis ``dim`` moved to the front."""
    if dim == 0:
        return x
    rest = (a for a in range(x.ndim) if a != dim)
    return transpose(x, axes=(dim, *rest))


def moved(x, dim, axis):
    """Return ``x`` with its batch axis, if it has one, at another place."""
    if dim is None or dim == axis:
        return x
    order = [a for a in range(x.ndim) if a != dim]
    order.insert(axis, dim)
    return transpose(x, axes=tuple(order))


def mapped(x, dim, size):
    """Return ``x`` with its batch axis in front, broadcast if it has none."""
    if dim is None:
        return broadcast_to(x, shape=(size, *shape_of(x)))
    return to_front(x, dim)


# -- sum ---------------------------------------------------------------------------


def kept_shape(shape, axes):
    """Return the shape of a reduction that keeps its axes with length 1.

    >>> kept_shape((2, 3, 4), (1,))
    (2, 1, 4)
    """
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def reduced_shape(shape, axes, keepdims):
    """Return the shape of a reduction."""
    if keepdims:
        return kept_shape(shape, axes)
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def batch_axes(axes, dim):
    """Return where logical axes are once a batch axis stands at ``dim``."""
    return tuple(a + (a >= dim) for a in axes)


def batch_reduction(reduction):
    """Return the batch rule of a reduction over ``axes``."""

    def batch(args, dims, size, *, axes, keepdims, **params):
        (x,), (dim,) = args, dims
        inner = batch_axes(axes, dim)
        z = reduction(x, axes=inner, keepdims=keepdims, **params)
        return z, dim if keepdims else dim - sum(a < dim for a in inner)

    return batch


def emit_reduction(function):
    """Return the emit rule of a reduction: ``np.add.reduce(x, axis=0)``."""

    def emit(names, *, axes, keepdims, dtype=None):
        axis = axes[0] if len(axes) == 1 else axes
        text = f"{function}({names[0]}, axis={axis}"
        text += f", dtype={dtype_text(dtype)}" if dtype is not None else ""
        return text + (", keepdims=True)" if keepdims else ")")

    return emit


def reduction_into(function):
    """Return the rule that writes a reduction into an array."""
    emit = emit_reduction(function)

    def into(names, out, **params):
        return f"{emit(names, **params)[:-1]}, out={out})"

    return into


_add: Any = np.add.reduce


@lru_cache(maxsize=1024)
def _sum_dtype(dtype):
    return np.add.reduce(np.zeros(1, dtype)).dtype


def _sum_vjp(ct, z, x, *, axes, keepdims, dtype):
    if not keepdims and shape_of(ct):  # that it broadcasts to x is enough
        ct = reshape(expand(ct, z), shape=kept_shape(x.shape, axes))
    return fit_dtype(ct, x)


reduce_sum = Primitive(
    "sum",
    impl=lambda x, *, axes, keepdims, dtype: _add(x, axes, dtype, None, keepdims),
    abstract=lambda x, *, axes, keepdims, dtype: Aval(
        reduced_shape(x.shape, axes, keepdims), dtype or _sum_dtype(x.dtype)
    ),
    vjp=(_sum_vjp,),
    jvp=lambda ts, z, x, **params: reduce_sum(expand(ts[0], x), **params),
    batch=lambda args, dims, size, **params: batch_reduction(reduce_sum)(
        args, dims, size, **params
    ),
    emit=emit_reduction("np.add.reduce"),
    into=reduction_into("np.add.reduce"),
    linear=True,
    elementwise=True,  # cotangents may be smaller than what they stand for
)


def sum_axes(x, axes, keepdims=False):
    """Sum over some axes of ``x``, given as non-negative numbers."""
    return reduce_sum(x, axes=axes, keepdims=keepdims, dtype=None)


# -- what cotangents need ----------------------------------------------------------


def fit(ct, x, z):
    """Return the cotangent of an operand ``x`` that broadcast to ``z``.

    ``ct`` has the shape of ``z``, or one that broadcasts to it (a scalar stands for
    an array full of it). Broadcast axes are summed; the dtype becomes that of ``x``.
    """
    if type(ct) is np.ndarray and type(x) in _SHAPED and type(z) in _SHAPED:
        if ct.shape == x.shape == z.shape and ct.dtype is x.dtype:
            return ct  # most calls: be quick
    shape, full = shape_of(x), shape_of(z)
    if shape != full:
        ct = _sum_to(ct, shape, full)
    return ct if type(ct) is float else fit_dtype(ct, x)


_SHAPED = {np.ndarray, Aval}


def fit_dtype(ct, x):
    """Return a cotangent (or tangent) in the dtype of its primal ``x``."""
    if type(ct) is float:
        return ct
    if type(ct) is np.ndarray and type(x) in _SHAPED and ct.dtype is x.dtype:
        return ct  # most calls: be quick
    aval, dtype = aval_of(ct), dtype_of(x)
    if aval.dtype is dtype or (aval.weak and aval.dtype.kind == "f"):
        return ct
    if aval.dtype.kind == "c" and dtype.kind != "c":
        ct = real(ct)
    return ct if dtype_of(ct) == dtype else cast(ct, dtype=dtype)


def _sum_to(ct, shape, full):
    """Sum a stand-in for an array of shape ``full`` down to ``shape``."""
    have, offset, lead = shape_of(ct), len(full) - len(shape_of(ct)), len(full)
    lead -= len(shape)
    axes, factor, target = [], 1, []
    for i, n in enumerate(full):
        present = have[i - offset] if i >= offset else 1
        reduced = n != 1 and (i < lead or shape[i - lead] == 1)
        if reduced and present == n:
            axes.append(i - offset)
        elif reduced:
            factor *= n
        if i >= max(lead, offset):
            target.append(1 if reduced else present)
    if axes:
        ct = sum_axes(ct, tuple(axes), keepdims=len(have) == len(target))
    if shape_of(ct) != tuple(target):
        ct = reshape(ct, shape=tuple(target))
    return ct if factor == 1 else ct * float(factor)


def expand(ct, x):
    """Return a cotangent or tangent in the full shape and dtype of its primal."""
    if type(ct) is np.ndarray and type(x) in _SHAPED:
        if ct.shape == x.shape and ct.dtype is x.dtype:
            return ct  # most calls: be quick
    shape, dtype = shape_of(x), dtype_of(x)
    if type(ct) is float or not hasattr(ct, "shape"):
        ct = dtype.type(ct)
    elif dtype_of(ct) != dtype or aval_of(ct).weak:
        ct = astype(fit_dtype(ct, x), dtype)
    return ct if ct.shape == shape else broadcast_to(ct, shape=shape)


def zeros(x):
    """Return a zero with the shape and dtype of an array, a tracer or an aval."""
    return np.zeros(shape_of(x), dtype_of(x))[()]


def size_of(shape, axes):
    """Return how many elements a reduction over ``axes`` combines."""
    return prod(shape[a] for a in axes)
