"""SciPy's Fourier and cosine transforms, on arrays and on traced values alike.

Traced values are transformed by NumPy's code where SciPy's is another.

>>> import numpy as np
>>> from fgrad.scipy.fft import dct
>>> dct(np.array([1.0, 1.0]))
array([4., 0.])
"""

from __future__ import annotations

import numpy as np
import scipy.fft as _scipy

from ..core import shape_of
from ..numpy import fourier as _fourier  # noqa: F401
from ..numpy.arrays import arraylike, strong
from ..numpy.table import find, traceable
from ..ops import fft as ops
from ..ops.axes import normalize_axis, ordered_axes
from ..ops.basic import astype
from ..ops.cosine import dct_p
from .naming import attributes as _attributes

__all__ = list(_scipy.__all__)


def _transformed(name, x, kind, n, axis, norm, inverse, orthogonalize):
    x, norm = strong(arraylike(x)), ops.norm_index(norm)
    x = x if x.dtype.kind in "fc" else astype(x, float)
    if kind not in (1, 2, 3, 4):
        raise ValueError(f"{name}: type must be 1, 2, 3 or 4, got {kind!r}")
    if orthogonalize not in (None, norm == 1):
        raise ValueError(f"{name}: orthogonalize={orthogonalize} of a traced array "
                         "must be what the norm says: leave it out")  # fmt: skip
    axis = normalize_axis(axis, x.ndim, name, x.shape)
    n = x.shape[axis] if n is None else n
    if n < 1 + (kind == 1):
        raise ValueError(f"{name}: type {kind} of {n} data points")
    if inverse:
        kind, norm = {2: 3, 3: 2}.get(kind, kind), 2 - norm
    return dct_p(ops.resized(x, axis, n), kind=kind, axis=axis, norm=norm)


@traceable(_scipy.dct)
def _dct(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None,
         orthogonalize=None):  # fmt: skip
    return _transformed("dct", x, type, n, axis, norm, False, orthogonalize)


@traceable(_scipy.idct)
def _idct(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None,
          orthogonalize=None):  # fmt: skip
    return _transformed("idct", x, type, n, axis, norm, True, orthogonalize)


def _many(name, x, kind, s, axes, norm, inverse, orthogonalize):
    rank = len(shape_of(x))
    if axes is None:
        axes = range(rank) if s is None else range(rank - len(s), rank)
    axes = tuple(axes) if hasattr(axes, "__iter__") else axes
    axes = ordered_axes(axes, rank, name, shape_of(x))
    sizes = [None] * len(axes) if s is None else s
    for n, axis in zip(sizes, axes, strict=True):
        x = _transformed(name, x, kind, n, axis, norm, inverse, orthogonalize)
    return x


@traceable(_scipy.dctn)
def _dctn(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *,
          orthogonalize=None):  # fmt: skip
    return _many("dctn", x, type, s, axes, norm, False, orthogonalize)


@traceable(_scipy.idctn)
def _idctn(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None,
           orthogonalize=None):  # fmt: skip
    return _many("idctn", x, type, s, axes, norm, True, orthogonalize)


def _as_numpy(name):
    """Enter NumPy's definition of a transform for SciPy's function of that name."""
    definition = find(getattr(np.fft, name))

    @traceable(getattr(_scipy, name))
    def transform(x, *args, overwrite_x=False, workers=None, plan=None, **options):
        return definition(x, *args, **options)


def _as_numpy_along_many(name):
    """Enter a transform along many axes: by default as many of the last as sizes."""
    definition = find(getattr(np.fft, name))

    @traceable(getattr(_scipy, name))
    def transform(x, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *,
                  plan=None):  # fmt: skip
        if axes is None and s is not None:
            axes = range(-len(s), 0)
        return definition(x, s, axes, norm)


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "ifft2",
              "rfft2", "irfft2", "fftshift", "ifftshift"):  # fmt: skip
    _as_numpy(_name)
for _name in ("fftn", "ifftn", "rfftn", "irfftn"):
    _as_numpy_along_many(_name)


__getattr__ = _attributes(_scipy, globals())
