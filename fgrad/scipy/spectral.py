"""SciPy's spectra of signals on traced values: windows, transformed one by one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import scipy.signal

from ..core import dtype_of, is_inexact
from ..numpy.arrays import arraylike, strong
from ..numpy.fourier import fft, ifft, irfft, rfft
from ..numpy.joining import concatenate
from ..numpy.quantiles import median
from ..numpy.shapes import moveaxis
from ..numpy.table import traceable
from ..ops.axes import normalize_axis
from ..ops.basic import astype, reshape
from ..ops.contract import matmul
from ..ops.elementwise import conj
from ..ops.index import at
from ..ops.join import pad_constant
from ..ops.reduce import mean
from ..ops.shape import flip


@traceable(scipy.signal.detrend)
def detrend(data, axis=-1, type="linear", bp=0, overwrite_data=False):
    """Take the mean away, or the straight lines that fit best between breakpoints."""
    x = strong(arraylike(data))
    axis = normalize_axis(axis, x.ndim, "detrend", x.shape)
    if type in ("constant", "c"):
        return x - mean(x, axis, keepdims=True)
    if type not in ("linear", "l"):
        raise ValueError(f"detrend: type is 'linear' or 'constant', not {type!r}")
    n = x.shape[axis]
    ends = np.unique(np.concatenate([np.atleast_1d(bp), [0, n]]).astype(int))
    if ends[-1] > n:
        raise ValueError(f"detrend: breakpoint {ends[-1]} is beyond the {n} samples")
    x = moveaxis(x if is_inexact(x) else astype(x, float), axis, -1)
    parts = []
    for start, stop in pairwise(ends):
        count = stop - start
        lines = np.stack([np.arange(1, count + 1) / count, np.ones(count)])
        basis = np.linalg.qr(lines.T)[0].astype(np.empty(0, x.dtype).real.dtype)
        part = x[..., start:stop]
        parts.append(part - matmul(matmul(part, basis), basis.T))
    return moveaxis(concatenate(parts, -1), -1, axis)


class _Segments(NamedTuple):
    """How a signal is cut: windows of some length, how far apart, transformed."""

    window: Any
    length: int
    step: int
    points: int

    @classmethod
    def of(cls, window: Any, nperseg: Any, noverlap: Any, nfft: Any, total: int,
           default: int = 256) -> _Segments:  # fmt: skip
        """Return the segments that SciPy's arguments describe."""
        if isinstance(window, str | tuple):
            length = min(default if nperseg is None else int(nperseg), total)
            window = scipy.signal.get_window(window, length)
        else:
            window = strong(arraylike(window))
            (length,) = window.shape
            if nperseg not in (None, length) or length > total:
                raise ValueError(
                    f"a window of length {length} for nperseg={nperseg} and a signal "
                    f"of {total} samples"
                )
        points = length if nfft is None else int(nfft)
        overlap = length // 2 if noverlap is None else int(noverlap)
        if length < 1 or overlap >= length or points < length:
            raise ValueError(
                f"needs noverlap < nperseg <= nfft, got noverlap={overlap}, "
                f"nperseg={length}, nfft={points}"
            )
        return cls(window, length, length - overlap, points)

    def transformed(self, x: Any, trend: Any, one_sided: bool) -> Any:
        """Return the transforms of the windows of a signal along its last axis."""
        count = (x.shape[-1] - self.length) // self.step + 1
        starts = np.arange(count)[:, None] * self.step
        pieces = x[..., starts + np.arange(self.length)]
        if trend:
            pieces = trend(pieces) if callable(trend) else detrend(pieces, -1, trend)
        function = rfft if one_sided else fft
        return function(pieces * self.window.astype(_real(x)), self.points)

    def frequencies(self, fs: Any, one_sided: bool) -> Any:
        """Return the frequencies of a transform."""
        return (np.fft.rfftfreq if one_sided else np.fft.fftfreq)(self.points, 1 / fs)

    def scale(self, fs: Any, scaling: str) -> Any:
        """Return the factor of a power spectrum."""
        if scaling in ("density", "psd"):
            return 1.0 / (fs * (self.window * self.window).sum())
        if scaling == "spectrum":
            return 1.0 / self.window.sum() ** 2
        raise ValueError(f"there is no scaling {scaling!r}")


def _real(x):
    return np.empty(0, dtype_of(x)).real.dtype


def _like(scale, x):
    """Return a factor in the precision of what it scales."""
    return astype(strong(arraylike(scale)), _real(x))


def _signal(x, axis, name):
    x = strong(arraylike(x))
    x = x if x.dtype.kind in "fc" else astype(x, float)
    return moveaxis(x, normalize_axis(axis, x.ndim, name, x.shape), -1)


@traceable(scipy.signal.csd)
def csd(x, y, fs=1.0, window="hann", nperseg=None, noverlap=None, nfft=None,
        detrend="constant", return_onesided=True, scaling="density", axis=-1,
        average="mean"):  # fmt: skip
    """Return frequencies, and the cross power spectrum by Welch's method."""
    same = x is y
    x, y = _signal(x, axis, "csd"), _signal(y, axis, "csd")
    total = max(x.shape[-1], y.shape[-1])
    x, y = (_longer(v, total) for v in (x, y))
    parts = _Segments.of(window, nperseg, noverlap, nfft, total)
    one_sided = return_onesided and "c" not in (x.dtype.kind, y.dtype.kind)
    fx = parts.transformed(x, detrend, one_sided)
    fy = fx if same else parts.transformed(y, detrend, one_sided)
    p = conj(fx) * fy
    p = (p.real if same else p) * _like(parts.scale(fs, scaling), p)
    if one_sided:
        twice = np.full(p.shape[-1], 2, _real(p))
        twice[0] = 1
        if parts.points % 2 == 0:
            twice[-1] = 1
        p = p * twice
    p = moveaxis(_averaged(p, average), -1, axis)
    return parts.frequencies(fs, one_sided), p


def _longer(x, n):
    return pad_constant(x, [(0, 0)] * (x.ndim - 1) + [(0, n - x.shape[-1])])


def _averaged(p, average):
    if average == "mean":
        return mean(p, -2)
    if average != "median":
        raise ValueError(f"average must be 'mean' or 'median', got {average!r}")
    count = p.shape[-2]
    steps = np.arange(1.0, (count - 1) // 2 + 1)
    bias = 1 + np.sum(1.0 / (2 * steps + 1) - 1.0 / (2 * steps))
    if p.dtype.kind != "c":
        return median(p, -2) / bias
    return (median(p.real, -2) + median(p.imag, -2) * 1j) / bias


@traceable(scipy.signal.welch)
def welch(x, fs=1.0, window="hann", *args, **options):
    """Return frequencies, and the power spectrum by Welch's method."""
    return csd(x, x, fs, window, *args, **options)


def _extended(x, boundary, n):
    """Return a signal with ``n`` samples more at both ends."""
    if boundary is None or n < 1:
        return x
    if boundary == "zeros":
        return pad_constant(x, [(0, 0)] * (x.ndim - 1) + [(n, n)])
    first, last = x[..., :1], x[..., -1:]
    before, after = x[..., 1 : n + 1], x[..., -n - 1 : -1]
    before, after = (flip(v, axes=(x.ndim - 1,)) for v in (before, after))
    if boundary == "odd":
        before, after = 2 * first - before, 2 * last - after
    elif boundary == "constant":
        before, after = first + 0 * before, last + 0 * after
    elif boundary != "even":
        raise ValueError(f"stft: there is no boundary {boundary!r}")
    return concatenate([before, x, after], -1)


@traceable(scipy.signal.stft)
def stft(x, fs=1.0, window="hann", nperseg=256, noverlap=None, nfft=None,
         detrend=False, return_onesided=True, boundary="zeros", padded=True, axis=-1,
         scaling="spectrum"):  # fmt: skip
    """Return frequencies, times, and the transforms of windows of a signal."""
    x = _signal(x, axis, "stft")
    parts = _Segments.of(window, nperseg, noverlap, nfft, x.shape[-1])
    half = 0 if boundary is None else parts.length // 2
    x = _extended(x, boundary, half)
    if padded:
        x = _longer(x, x.shape[-1] + -(x.shape[-1] - parts.length) % parts.step)
    one_sided = return_onesided and x.dtype.kind != "c"
    z = parts.transformed(x, detrend, one_sided)
    z = z * _like(np.sqrt(parts.scale(fs, scaling)), x)
    middle = parts.length / 2
    times = np.arange(middle, x.shape[-1] - middle + 1, parts.step) / float(fs)
    if boundary is not None:
        times = times - middle / fs
    z = moveaxis(z, -1, axis - 1 if axis < 0 else axis)
    return parts.frequencies(fs, one_sided), times, z


@traceable(scipy.signal.istft)
def istft(Zxx, fs=1.0, window="hann", nperseg=None, noverlap=None, nfft=None,
          input_onesided=True, boundary=True, time_axis=-1, freq_axis=-2,
          scaling="spectrum"):  # fmt: skip
    """Return times, and the signal whose windows have these transforms."""
    z = strong(arraylike(Zxx))
    if z.ndim < 2:
        raise ValueError(f"istft: needs two axes or more, got shape {z.shape}")
    freq, time = (normalize_axis(a, z.ndim, "istft") for a in (freq_axis, time_axis))
    if freq == time:
        raise ValueError("istft: freq_axis and time_axis must differ")
    z = moveaxis(z, (time, freq), (-2, -1))
    count, n = z.shape[-2], z.shape[-1]
    n = 2 * (n - 1) if input_onesided else n
    if nfft is None and input_onesided and nperseg == n + 1:
        n = nperseg
    nfft = n if nfft is None else nfft
    parts = _Segments.of(window, n if nperseg is None else nperseg, noverlap, nfft,
                         nfft)  # fmt: skip
    x = (irfft if input_onesided else ifft)(z, nfft)[..., : parts.length]
    scale = 1 / np.sqrt(parts.scale(fs, scaling))
    win = parts.window.astype(_real(x))
    x = _overlapped(x * (win * _like(scale, x)), parts, count)
    norm = _overlapped(np.broadcast_to(win**2, (count, parts.length)), parts, count)
    half = parts.length // 2 if boundary else 0
    x, norm = (v[..., half : v.shape[-1] - half] for v in (x, norm))
    x = moveaxis(x / np.where(norm > 1e-10, norm, 1.0), -1, time - (freq < time))
    return np.arange(x.shape[0]) / float(fs), x


def _overlapped(x, parts, count):
    """Return the sum of windows, each at its place."""
    places = np.arange(count)[:, None] * parts.step + np.arange(parts.length)
    total = parts.length + (count - 1) * parts.step
    zero = np.zeros((*x.shape[:-2], total), x.dtype)
    flat = reshape(x, shape=(*x.shape[:-2], count * parts.length))
    return at(zero)[..., places.reshape(-1)].add(flat)
