"""The Fourier transform under JAX's name, over ``np.fft``."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import shape_of, short_errors
from .shapes import array_of, integers


class FftType(enum.IntEnum):
    """Which Fourier transform `fft` computes."""

    FFT = 0
    IFFT = 1
    RFFT = 2
    IRFFT = 3


@short_errors
def fft(x: Any, fft_type: FftType | str, fft_lengths: Sequence[int]) -> Any:
    """Return a Fourier transform over the last axes.

    Args:
        x: an array; real for ``"RFFT"``, complex otherwise.
        fft_type: an `FftType`, or its name.
        fft_lengths: the length of each of the last axes that are transformed; of
            ``"IRFFT"`` that of the result.

    Raises:
        ValueError: if the type is unknown or lengths do not fit.

    >>> fft(np.array([1.0, 2.0, 3.0, 4.0]), "RFFT", (4,))
    array([10.+0.j, -2.+2.j, -2.+0.j])
    """
    x = array_of(x)
    name = fft_type.upper() if isinstance(fft_type, str) else FftType(fft_type).name
    if name not in FftType.__members__:
        raise ValueError(f"fft: {fft_type!r} is none of {[*FftType.__members__]}")
    lengths = integers("fft", "fft_lengths", fft_lengths)
    have = shape_of(x)[len(shape_of(x)) - len(lengths) :]
    want = (*lengths[:-1], lengths[-1] // 2 + 1) if name == "IRFFT" else lengths
    if have != tuple(want):
        raise ValueError(
            f"fft: the last axes of shape {shape_of(x)} must have lengths {want} for "
            f"{name} with fft_lengths={lengths}"
        )
    axes = tuple(range(-len(lengths), 0))
    functions: dict[str, Any] = {
        "FFT": np.fft.fftn,
        "IFFT": np.fft.ifftn,
        "RFFT": np.fft.rfftn,
        "IRFFT": np.fft.irfftn,
    }
    return functions[name](x, s=lengths, axes=axes)
