"""NumPy's discrete Fourier transforms: those along many axes are made of one each."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np

from ..core import shape_of
from ..ops import fft as ops
from ..ops import shape
from ..ops.elementwise import conj
from .arrays import arraylike, strong
from .table import public, refuse_out, traceable


def _single(prim, x, n, axis, norm, swap, out):
    refuse_out(out)
    norm = ops.norm_index(norm)
    return ops.along(prim, strong(arraylike(x)), n, axis, 2 - norm if swap else norm)


@traceable(np.fft.fft)
def fft(a, n=None, axis=-1, norm=None, out=None):
    """Return the discrete Fourier transform along an axis."""
    return _single(ops.fft, a, n, axis, norm, False, out)


@traceable(np.fft.ifft)
def ifft(a, n=None, axis=-1, norm=None, out=None):
    """Return the inverse discrete Fourier transform along an axis."""
    return _single(ops.ifft, a, n, axis, norm, False, out)


@traceable(np.fft.rfft)
def rfft(a, n=None, axis=-1, norm=None, out=None):
    """Return the non-negative frequencies of real numbers."""
    return _single(ops.rfft, a, n, axis, norm, False, out)


@traceable(np.fft.irfft)
def irfft(a, n=None, axis=-1, norm=None, out=None):
    """Return the real numbers whose non-negative frequencies are given."""
    return _single(ops.irfft, a, n, axis, norm, False, out)


@traceable(np.fft.hfft)
def hfft(a, n=None, axis=-1, norm=None, out=None):
    """Return the real spectrum of a Hermitian signal, given by its first half."""
    a = strong(arraylike(a))
    return _single(ops.irfft, conj(a), n, axis, norm, True, out)


@traceable(np.fft.ihfft)
def ihfft(a, n=None, axis=-1, norm=None, out=None):
    """Return the first half of the Hermitian signal with a real spectrum."""
    return conj(_single(ops.rfft, a, n, axis, norm, True, out))


# -- many axes -----------------------------------------------------------------------


def _sizes(a, s, axes, inverse_real=False):
    """Return the length of the transform along each axis, and the axes."""
    given = s is not None
    if given and axes is None:
        warnings.warn(  # as NumPy does
            "`axes` should not be `None` if `s` is not `None`: pass [0, ..., k-1]",
            DeprecationWarning,
            stacklevel=4,
        )
        axes = range(-len(s), 0)
    axes = list(range(len(shape_of(a))) if axes is None else axes)
    shape = shape_of(a)
    sizes = list(s) if given else [shape[axis] for axis in axes]
    if len(sizes) != len(axes):
        raise ValueError(f"s={s} and axes={axes} have different lengths")
    if inverse_real and not given:
        sizes[-1] = 2 * (sizes[-1] - 1)
    if None in sizes:
        raise ValueError(f"s={s}: write -1 for the whole length, not None")
    return [shape[x] if n == -1 else n for n, x in zip(sizes, axes)], axes


def _many(prim, a, s, axes, norm, out):
    refuse_out(out)
    a, norm = strong(arraylike(a)), ops.norm_index(norm)
    for n, axis in reversed(list(zip(*_sizes(a, s, axes)))):
        a = ops.along(prim, a, n, axis, norm)
    return a


@traceable(np.fft.fftn)
def fftn(a, s=None, axes=None, norm=None, out=None):
    """Return the discrete Fourier transform along many axes."""
    return _many(ops.fft, a, s, axes, norm, out)


@traceable(np.fft.ifftn)
def ifftn(a, s=None, axes=None, norm=None, out=None):
    """Return the inverse discrete Fourier transform along many axes."""
    return _many(ops.ifft, a, s, axes, norm, out)


@traceable(np.fft.rfftn)
def rfftn(a, s=None, axes=None, norm=None, out=None):
    """Return the transform of real numbers, without the mirrored frequencies."""
    refuse_out(out)
    a, norm = strong(arraylike(a)), ops.norm_index(norm)
    (*lengths, n), (*others, last) = _sizes(a, s, axes)
    a = ops.along(ops.rfft, a, n, last, norm)
    for n, axis in reversed(list(zip(lengths, others))):
        a = ops.along(ops.fft, a, n, axis, norm)
    return a


@traceable(np.fft.irfftn)
def irfftn(a, s=None, axes=None, norm=None, out=None):
    """Return the real numbers whose transform by `rfftn` is given."""
    refuse_out(out)
    a, norm = strong(arraylike(a)), ops.norm_index(norm)
    (*lengths, n), (*others, last) = _sizes(a, s, axes, inverse_real=True)
    for size, axis in zip(lengths, others):
        a = ops.along(ops.ifft, a, size, axis, norm)
    return ops.along(ops.irfft, a, n, last, norm)


def _in_the_plane(function, definition):
    @traceable(function)
    def plane(a, s=None, axes=(-2, -1), norm=None, out=None):
        return definition(a, s, axes, norm, out)


_in_the_plane(np.fft.fft2, fftn)
_in_the_plane(np.fft.ifft2, ifftn)
_in_the_plane(np.fft.rfft2, rfftn)
_in_the_plane(np.fft.irfft2, irfftn)


# -- the order of frequencies --------------------------------------------------------


def _shifted(x, axes, sign):
    x = arraylike(x)
    if axes is None:
        axes = range(len(shape_of(x)))
    axes = tuple(axes) if hasattr(axes, "__iter__") else (axes,)
    shift = tuple(sign * (shape_of(x)[a] // 2) for a in axes)
    return shape.roll(x, shift, axes)


@traceable(np.fft.fftshift)
def fftshift(x, axes=None):
    """Move the frequency zero to the middle."""
    return _shifted(x, axes, 1)


@traceable(np.fft.ifftshift)
def ifftshift(x, axes=None):
    """Undo `fftshift`."""
    return _shifted(x, axes, -1)


def frequencies(function: Any) -> Any:
    """Return a function of NumPy's with the standard's keyword ``dtype``."""

    @functools.wraps(function)
    def definition(n: int, d: Any = 1.0, device: Any = None, *,
                   dtype: Any = None) -> Any:  # fmt: skip
        z = public(function)(n, d)
        return z if dtype is None else z.astype(dtype)

    return definition
