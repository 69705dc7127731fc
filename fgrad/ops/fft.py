"""Discrete Fourier transforms along one axis, which are linear.

With w = exp(-2 pi i / n), ``fft`` is ``z[k] = sum_j x[j] w**(jk)``; the inverse has the
conjugate of w. The matrix w**(jk) is symmetric, so that a transform of complex numbers
is its own transpose. Cotangents are not conjugated.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..core import Aval, Primitive, dtype_of, ndim_of, shape_of
from .axes import normalize_axis
from .basic import fit_dtype
from .elementwise import conj
from .join import pad_constant, slice_axis

# A norm is a number in params: an index of NORMS, 2 minus it for the other direction.
NORMS = ("backward", "ortho", "forward")


def norm_index(norm):
    """Return the number of a norm.

    >>> norm_index(None), norm_index("ortho")
    (0, 1)
    """
    if norm is None or norm in NORMS:
        return NORMS.index(norm or "backward")
    raise ValueError(f'norm must be "backward", "ortho" or "forward", got {norm!r}')


@lru_cache(maxsize=64)
def _dtype_of(name, dtype):
    """Return the dtype of a transform's result."""
    return getattr(np.fft, name)(np.ones(2, dtype)).dtype


def resized(x, axis, n):
    """Return ``x`` cut or padded with zeros to length ``n`` along an axis."""
    have = shape_of(x)[axis]
    if have >= n:
        return x if have == n else slice_axis(x, axis, 0, n)
    widths = [(0, 0)] * ndim_of(x)
    widths[axis] = (0, n - have)
    return pad_constant(x, widths)


def _transform(name, length, vjp):
    """Return the primitive of NumPy's transform of that name.

    ``length(n)`` is how many elements it gives for ``n`` data points.
    """

    def batch(args, dims, size, *, n, axis, norm):
        (x,), (dim,) = args, dims
        return prim(x, n=n, axis=axis + (dim <= axis), norm=norm), dim

    def abstract(x, *, n, axis, norm):
        shape = (*x.shape[:axis], length(n), *x.shape[axis + 1 :])
        return Aval(shape, _dtype_of(name, x.dtype))

    prim = Primitive(
        name,
        impl=lambda x, *, n, axis, norm: getattr(np.fft, name)(x, n, axis, NORMS[norm]),
        abstract=abstract,
        vjp=(vjp,),
        jvp=lambda ts, z, x, **params: fit_dtype(prim(ts[0], **params), z),
        batch=batch,
        emit=lambda names, *, n, axis, norm: (
            f"np.fft.{name}({names[0]}, {n}, {axis}, {NORMS[norm]!r})"
        ),
        linear=True,
    )
    return prim


def _same_again(prim):
    def vjp(ct, z, x, *, n, axis, norm):
        ct = prim()(ct, n=n, axis=axis, norm=norm)
        return fit_dtype(resized(ct, axis, x.shape[axis]), x)

    return vjp


def _weights(z, n, axis, middle):
    """Return 1 for frequencies that occur once in ``n``, ``middle`` for the others."""
    weights = np.full(n // 2 + 1, middle, np.empty(0, dtype_of(z)).real.dtype)
    weights[0] = 1.0
    if n % 2 == 0:
        weights[-1] = 1.0
    return weights.reshape((-1,) + (1,) * (ndim_of(z) - 1 - axis))


# rfft: Re sum_k ct[k] w**(jk) is an irfft of conj(ct), which counts the frequencies in
# the middle twice. irfft: it reads a frequency in the middle and its mirror image, so
# the cotangent is 2 conj(rfft(ct)) there. The norm that is swapped keeps the scale.
def _rfft_vjp(ct, z, x, *, n, axis, norm):
    half = _weights(z, n, axis, 0.5)
    ct = irfft(conj(ct) * half, n=n, axis=axis, norm=2 - norm)
    return fit_dtype(resized(ct, axis, x.shape[axis]), x)


def _irfft_vjp(ct, z, x, *, n, axis, norm):
    twice = _weights(z, n, axis, 2.0)
    ct = rfft(ct, n=n, axis=axis, norm=2 - norm)
    return fit_dtype(resized(conj(ct) * twice, axis, x.shape[axis]), x)


fft = _transform("fft", lambda n: n, _same_again(lambda: fft))
ifft = _transform("ifft", lambda n: n, _same_again(lambda: ifft))
rfft = _transform("rfft", lambda n: n // 2 + 1, _rfft_vjp)
irfft = _transform("irfft", lambda n: n, _irfft_vjp)


def along(prim, x, n=None, axis=-1, norm=0):
    """Apply a transform along any axis, with ``n`` by default the whole of it.

    >>> along(rfft, np.ones(4)).real
    array([4., 0., 0.])
    """
    axis = normalize_axis(axis, ndim_of(x), prim.name, shape_of(x))
    if n is None:
        n = shape_of(x)[axis]
        n = 2 * (n - 1) if prim is irfft else n
    n = n.__index__()
    if n < 1:
        raise ValueError(
            f"{prim.name}: an array of shape {shape_of(x)} with n={n} along axis "
            f"{axis}: there must be a data point at least"
        )
    if prim is rfft and dtype_of(x).kind == "c":
        raise TypeError(
            f"rfft: x is complex ({dtype_of(x)}), and rfft and ihfft take real "
            "numbers: write fft(x), or rfft(x.real)"
        )
    return prim(x, n=n, axis=axis, norm=norm)
