"""NumPy's products of vectors, matrices and tensors."""

from __future__ import annotations

import warnings

import numpy as np

from ..core import dtype_of, link, ndim_of, shape_of
from ..ops import contract as ops
from ..ops import elementwise as ew
from ..ops.axes import normalize_axis
from ..ops.basic import astype, reshape
from ..ops.einsum import einsum as einsum_p
from ..ops.index import getitem
from .arrays import arraylike, arraylikes, strong
from .joining import stack
from .shapes import moveaxis, ravel
from .table import refuse_out, traceable


@traceable(np.dot)
def dot(a, b, out=None):
    """Return the dot product."""
    refuse_out(out)
    return ops.dot(*arraylikes(a, b))


@traceable(np.vdot)
def vdot(a, b, /):
    """Return the dot product of flattened arrays, the first conjugated."""
    return ops.vdot(*arraylikes(a, b))


@traceable(np.inner)
def inner(a, b, /):
    """Return the products over last axes."""
    return ops.inner(*arraylikes(a, b))


@traceable(np.outer)
def outer(a, b, out=None):
    """Return the products of all pairs of elements."""
    refuse_out(out)
    return ops.outer(*arraylikes(a, b))


@traceable(np.linalg.outer)
def vector_outer(x1, x2, /):
    """Return the products of all pairs of elements of two vectors."""
    if ndim_of(x1) != 1 or ndim_of(x2) != 1:
        raise ValueError(
            f"linalg.outer: needs vectors, got shapes {shape_of(x1)}, {shape_of(x2)}"
        )
    return ops.outer(x1, x2)


@traceable(np.tensordot)
def tensordot(a, b, axes=2):
    """Return the sum of products over axes of both arrays."""
    return ops.tensordot(*arraylikes(a, b), axes)


traceable(np.linalg.tensordot)(lambda x1, x2, /, *, axes=2: tensordot(x1, x2, axes))
traceable(np.linalg.matmul)(lambda x1, x2, /: ops.matmul(*arraylikes(x1, x2)))


@traceable(np.einsum)
def einsum(*operands, out=None, optimize=False, **kwargs):
    """Return the sum of products that a formula describes."""
    refuse_out(out)
    dtype = kwargs.pop("dtype", None)
    if set(kwargs) - {"order", "casting"}:
        raise TypeError(f"np.einsum of traced values has no {[*kwargs]}")
    operands = [o if _is_formula(o) else arraylike(o) for o in operands]
    if dtype is not None:
        dtype = np.dtype(dtype)
        operands = [o if _is_formula(o) else astype(o, dtype) for o in operands]
    z = einsum_p(*operands, optimize=optimize)
    formulas = [o for o in operands if _is_formula(o)]
    arrays = [o for o in operands if not _is_formula(o)]
    if len(arrays) == 1 and _sums_nothing(*formulas):
        link(arrays[0], z)  # in NumPy it is a view
    return z


def _sums_nothing(given, *result):
    if isinstance(given, str):
        given, arrow, after = given.replace(" ", "").partition("->")
        result = (after,) if arrow else ()
    return set(given) == set(result[0]) if result else len(set(given)) == len(given)


@traceable(np.einsum_path)
def einsum_path(*operands, optimize="greedy", einsum_call=False):
    """Return the order of contractions, which shapes decide."""
    blank = [
        o if _is_formula(o) else np.broadcast_to(0.0, shape_of(arraylike(o)))
        for o in operands
    ]
    return np.einsum_path(*blank, optimize=optimize, einsum_call=einsum_call)


def _is_formula(x):
    """Say whether an argument of einsum is subscripts, as a string or as labels."""
    if isinstance(x, list | tuple):
        return all(isinstance(i, int) or i is Ellipsis for i in x)
    return isinstance(x, str)


@traceable(np.kron)
def kron(a, b):
    """Return the Kronecker product."""
    a, b = strong(arraylike(a)), strong(arraylike(b))
    rank = max(a.ndim, b.ndim)
    first = (1,) * (rank - a.ndim) + a.shape
    second = (1,) * (rank - b.ndim) + b.shape
    x = reshape(a, shape=tuple(n for m in first for n in (m, 1)))
    y = reshape(b, shape=tuple(n for m in second for n in (1, m)))
    return reshape(
        x * y, shape=tuple(m * n for m, n in zip(first, second, strict=True))
    )


@traceable(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """Return the vectors perpendicular to pairs of vectors."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = arraylikes(a, b)
    if {shape_of(a)[axisa], shape_of(b)[axisb]} - {2, 3}:
        raise ValueError(
            f"cross: needs vectors of length 2 or 3, got shapes {shape_of(a)} and "
            f"{shape_of(b)} with axes {axisa} and {axisb}"
        )
    dtype = np.promote_types(dtype_of(a), dtype_of(b))
    a = [astype(x, dtype) for x in _components(a, axisa)]
    b = [astype(x, dtype) for x in _components(b, axisb)]
    if 2 in (len(a), len(b)):
        message = "Arrays of 2-dimensional vectors are deprecated"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
    last = a[0] * b[1] - a[1] * b[0]
    if len(a) == len(b) == 2:
        return last
    if len(a) == 2:
        z = [a[1] * b[2], -(a[0] * b[2]), last]
    elif len(b) == 2:
        z = [-(a[2] * b[1]), a[2] * b[0], last]
    else:
        z = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], last]
    return moveaxis(stack(z, -1), -1, axisc)


def _components(x, axis):
    axis = normalize_axis(axis, ndim_of(x), "cross", shape_of(x))
    lead = (slice(None),) * axis
    return [getitem(x, (*lead, i)) for i in range(shape_of(x)[axis])]


@traceable(np.linalg.cross)
def vector_cross(x1, x2, /, *, axis=-1):
    """Return the vectors perpendicular to pairs of 3-vectors."""
    x1, x2 = arraylikes(x1, x2)
    if shape_of(x1)[axis] != 3 or shape_of(x2)[axis] != 3:
        raise ValueError(
            "linalg.cross: both input arrays must be (arrays of) 3-vectors, got "
            f"shapes {shape_of(x1)} and {shape_of(x2)}"
        )
    return cross(x1, x2, axis=axis)


@traceable(np.convolve)
def convolve(a, v, mode="full"):
    """Return the discrete convolution of two vectors."""
    a, v = ravel_vectors("convolve", a, v)
    a, v = (v, a) if v.size > a.size else (a, v)
    return _correlated(a, getitem(v, slice(None, None, -1)), mode)


@traceable(np.correlate)
def correlate(a, v, mode="valid"):
    """Return the cross-correlation of two vectors."""
    a, v = ravel_vectors("correlate", a, v)
    v = ew.conj(v) if v.dtype.kind == "c" else v
    if v.size > a.size:
        z = _correlated(v, a, mode)
        return getitem(z, slice(None, None, -1))
    return _correlated(a, v, mode)


def ravel_vectors(name, *xs):
    """Return vectors (scalars count as such), or raise."""
    xs = [strong(arraylike(x)) for x in xs]
    if any(x.ndim > 1 for x in xs):
        raise ValueError(f"{name}: needs vectors, got {[x.shape for x in xs]}")
    xs = [ravel(x) for x in xs]
    if any(not x.size for x in xs):
        raise ValueError(f"{name}: a vector is empty")
    return xs


def _correlated(a, v, mode):
    """Slide the shorter ``v`` along ``a``: a matrix of windows times a vector."""
    from .joining import concatenate

    n = v.size
    before = {"full": n - 1, "same": n // 2, "valid": 0}
    if mode not in before:
        raise ValueError(f"mode must be 'full', 'same' or 'valid', got {mode!r}")
    after = {"full": n - 1, "same": n - 1 - n // 2, "valid": 0}[mode]
    parts = [np.zeros(before[mode], a.dtype), a, np.zeros(after, a.dtype)]
    padded = concatenate([p for p in parts if p.size])
    count = padded.size - n + 1
    windows = getitem(padded, np.arange(count)[:, None] + np.arange(n))
    return ops.matmul(windows, v)
