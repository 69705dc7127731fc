"""SciPy's convolutions, correlations and filters on traced values."""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.signal

from ..core import dtype_of, ndim_of, shape_of
from ..numpy.arrays import arraylikes, strong
from ..numpy.fourier import fftn, ifftn, irfftn, rfftn
from ..numpy.padding import pad
from ..numpy.shapes import moveaxis
from ..numpy.table import traceable
from ..ops.axes import normalize_axis, ordered_axes
from ..ops.basic import astype, reshape
from ..ops.conv import conv
from ..ops.filters import filter_p
from ..ops.shape import flip
from ..ops.solve import conj_of

_MODES = ("full", "same", "valid")


def _operands(name, in1, in2, mode):
    """Return two arrays of the same number of axes."""
    x, y = (strong(v) for v in arraylikes(in1, in2))
    if mode not in _MODES:
        raise ValueError(f"{name}: mode must be one of {_MODES}, got {mode!r}")
    if x.ndim != y.ndim:
        raise ValueError(
            f"{name}: in1 of shape {x.shape} and in2 of shape {y.shape}: both must "
            "have the same number of axes"
        )
    return x, y


def _is_swapped(name, mode, x, y, axes):
    """Say whether the second array is the larger one, for the mode "valid"."""
    if mode != "valid":
        return False
    pairs = [(x.shape[a], y.shape[a]) for a in axes]
    if all(m >= n for m, n in pairs):
        return False
    if all(m <= n for m, n in pairs):
        return True
    raise ValueError(
        f'{name}: for mode "valid" one of the shapes {x.shape} and {y.shape} must be '
        "at least as large as the other along every axis"
    )


def _kept(mode, m, n):
    """Return which part of the full convolution of lengths m and n a mode keeps."""
    if mode == "full":
        return 0, m + n - 1
    count = m if mode == "same" else m - n + 1
    return (m + n - 1 - count) // 2, count


def _slid(x, y, mode):
    """Return the sums of windows of ``x`` times ``y``, which is not reversed."""
    pads = []
    for m, n in zip(x.shape, y.shape):
        start, count = _kept(mode, m, n)
        low = n - 1 - start
        pads.append((low, count + n - 1 - m - low))
    rank, dtype = x.ndim, np.result_type(x.dtype, y.dtype)
    z = conv(
        reshape(astype(x, dtype), shape=(1, 1, *x.shape)),
        reshape(astype(y, dtype), shape=(1, 1, *y.shape)),
        window_strides=(1,) * rank, padding=tuple(pads), lhs_dilation=(1,) * rank,
        rhs_dilation=(1,) * rank, feature_group_count=1, batch_group_count=1,
    )  # fmt: skip
    return reshape(z, shape=z.shape[2:])


def _turned(y):
    return flip(y, axes=tuple(range(ndim_of(y)))) if ndim_of(y) else y


def _direct(x, y, mode):
    return _slid(x, _turned(y), mode)


def _uses_fft(name, x, y, mode, method):
    """Say whether SciPy would use Fourier transforms."""
    if method == "auto":
        like = (np.zeros(v.shape, v.dtype) for v in (x, y))
        method = scipy.signal.choose_conv_method(*like, mode=mode)
    if method not in ("direct", "fft"):
        raise ValueError(
            f"{name}: method must be 'auto', 'direct' or 'fft', got {method!r}"
        )
    return method == "fft"


@traceable(scipy.signal.convolve)
def convolve(in1, in2, mode="full", method="auto"):
    """Return the convolution of two arrays."""
    x, y = _operands("convolve", in1, in2, mode)
    if x.ndim == 0:
        return x * y
    if _is_swapped("convolve", mode, x, y, range(x.ndim)):
        x, y = y, x
    if _uses_fft("convolve", x, y, mode, method):
        return fftconvolve(x, y, mode)
    return _direct(x, y, mode)


@traceable(scipy.signal.correlate)
def correlate(in1, in2, mode="full", method="auto"):
    """Return the cross-correlation of two arrays."""
    x, y = _operands("correlate", in1, in2, mode)
    if x.ndim == 0:
        return x * conj_of(y)
    if _uses_fft("correlate", x, y, mode, method):
        return convolve(x, _turned(conj_of(y)), mode, "fft")
    if _is_swapped("correlate", mode, x, y, range(x.ndim)):
        return _turned(_slid(conj_of(y), x, mode))
    return _slid(x, conj_of(y), mode)


_BOUNDARIES = {"fill": "constant", "wrap": "wrap", "circular": "wrap",
               "symm": "symmetric", "symmetric": "symmetric"}  # fmt: skip


def _plane(name, in1, in2, mode, boundary, fillvalue, swap):
    """Convolve matrices beyond whose edges are other values than zero."""
    x, y = _operands(name, in1, in2, mode)
    if x.ndim != 2:
        raise ValueError(f"{name}: needs matrices, got shapes {x.shape}, {y.shape}")
    if boundary not in (*_BOUNDARIES, "pad"):
        raise ValueError(f"{name}: there is no boundary {boundary!r}")
    swapped = _is_swapped(name, mode, x, y, (0, 1))
    if swapped:
        x, y = y, x
    if mode == "valid":
        z = _direct(x, y, mode)
    else:
        how = _BOUNDARIES.get(boundary, "constant")
        options = {"constant_values": fillvalue} if how == "constant" else {}
        wide = pad(x, [(n - 1, n - 1) for n in y.shape], how, **options)
        z = _direct(wide, y, "valid")
        if mode == "same":
            starts = [(n - 1) // 2 for n in y.shape]
            z = z[tuple(slice(s, s + m) for s, m in zip(starts, x.shape))]
    return _turned(z) if swapped and swap else z


@traceable(scipy.signal.convolve2d)
def convolve2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    """Return the convolution of two matrices."""
    return _plane("convolve2d", in1, in2, mode, boundary, fillvalue, False)


@traceable(scipy.signal.correlate2d)
def correlate2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    """Return the cross-correlation of two matrices."""
    x, y = _operands("correlate2d", in1, in2, mode)
    if _is_swapped("correlate2d", mode, x, y, range(x.ndim)):
        z = _plane("correlate2d", conj_of(y), _turned(x), mode, boundary, fillvalue, 0)
        return _turned(z)
    y = _turned(conj_of(y))
    if mode == "same" and any(n % 2 == 0 for n in shape_of(y)):
        return _shifted_same(x, y, boundary, fillvalue)
    return _plane("correlate2d", x, y, mode, boundary, fillvalue, True)


def _shifted_same(x, y, boundary, fillvalue):
    """Return the middle as SciPy's correlation has it for kernels of even length."""
    z = _plane("correlate2d", x, y, "full", boundary, fillvalue, True)
    starts = [n // 2 for n in y.shape]
    return z[tuple(slice(s, s + m) for s, m in zip(starts, x.shape))]


@traceable(scipy.signal.fftconvolve, scipy.signal.oaconvolve)
def fftconvolve(in1, in2, mode="full", axes=None):
    """Return the convolution of two arrays, by Fourier transforms."""
    x, y = _operands("fftconvolve", in1, in2, mode)
    if x.ndim == 0:
        return x * y
    if 0 in x.shape or 0 in y.shape:
        return np.zeros(0)
    axes = range(x.ndim) if axes is None else axes
    chosen = ordered_axes(tuple(axes) if hasattr(axes, "__iter__") else axes, x.ndim,
                          "fftconvolve", x.shape)  # fmt: skip
    axes = [a for a in chosen if x.shape[a] != 1 and y.shape[a] != 1]
    if any(m != n and 1 not in (m, n) for a, (m, n) in enumerate(zip(x.shape, y.shape))
           if a not in axes):  # fmt: skip
        raise ValueError(f"fftconvolve: shapes {x.shape} and {y.shape} do not fit")
    if _is_swapped("fftconvolve", mode, x, y, axes):
        x, y = y, x
    z = _by_fft(x, y, axes)
    parts = [slice(None)] * x.ndim
    for a in axes if mode != "full" else ():
        start, count = _kept(mode, x.shape[a], y.shape[a])
        parts[a] = slice(start, start + count)
    return z[tuple(parts)]


def _by_fft(x, y, axes):
    if not axes:
        return x * y
    real = "c" not in (dtype_of(x).kind, dtype_of(y).kind)
    full = [x.shape[a] + y.shape[a] - 1 for a in axes]
    sizes = [scipy.fft.next_fast_len(n, real) for n in full]
    there, back = (rfftn, irfftn) if real else (fftn, ifftn)
    z = back(there(x, sizes, axes) * there(y, sizes, axes), sizes, axes)
    parts = [slice(None)] * x.ndim
    for a, n in zip(axes, full):
        parts[a] = slice(n)
    return z[tuple(parts)]


@traceable(scipy.signal.lfilter)
def lfilter(b, a, x, axis=-1, zi=None):
    """Return a signal filtered by a rational function of the delay."""
    if zi is not None:
        raise ValueError(
            "lfilter: zi= with traced values: put the earlier samples in front of x"
        )
    b, a, x = (strong(v) for v in arraylikes(b, a, x))
    if b.ndim != 1 or a.ndim != 1:
        raise ValueError(
            f"lfilter: b and a must be vectors, got shapes {b.shape} and {a.shape}"
        )
    axis = normalize_axis(axis, x.ndim, "lfilter", x.shape)
    b, a, x = (v if v.dtype.kind in "fc" else astype(v, float) for v in (b, a, x))
    return moveaxis(filter_p(b, a, moveaxis(x, axis, -1)), -1, axis)
