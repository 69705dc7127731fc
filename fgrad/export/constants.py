"""Arrays as source code: bit for bit the same, with the same strides."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

MOST = 64
"""Arrays with more elements than this are written into a file beside the module."""


def dtype_text(dtype: np.dtype) -> str:
    """Return how source code names a dtype, as a string.

    >>> dtype_text(np.dtype("float32")), dtype_text(np.dtype(">f8"))
    ('float32', '>f8')
    """
    return dtype.name if np.dtype(dtype.name) == dtype else dtype.str


def array_text(array: np.ndarray) -> str | None:
    """Return an expression that makes an array, or None if it takes a file.

    >>> print(array_text(np.array([[1.0, np.nan], [-0.0, np.inf]]).T))
    np.array([[1.0, -0.0], [np.nan, np.inf]], dtype='float64', order='F')
    """
    if array.size > MOST:
        return None
    for text in _candidates(array):
        if same(eval(text, {"np": np}), array):
            return text
    return None


def _candidates(array: np.ndarray) -> list[str]:
    order = ", order='F'" if array.ndim > 1 and array.flags.fnc else ""
    dtype = dtype_text(array.dtype)
    made = f"({array.shape}, dtype={dtype!r}{order})" if array.size != 1 else ""
    texts = [f"np.{name}{made}" for name in ("zeros", "ones") if made]
    texts.append(f"np.array({_values(array)}, dtype={dtype!r}{order})")
    if array.size:
        one = _values(array.flat[:1][0])
        texts.append(
            f"np.broadcast_to(np.array({one}, dtype={dtype!r}), {array.shape})"
        )
    return texts


def _values(array: Any) -> str:
    """Return nested lists of numbers, the shortest that give the same bits."""
    if array.shape:
        return f"[{', '.join(map(_values, array))}]"
    x = array.item()
    if isinstance(x, complex):
        return f"complex({_real(x.real)}, {_real(x.imag)})"
    return _real(x)


def _real(x: Any) -> str:
    if isinstance(x, float) and not np.isfinite(x):
        return "np.nan" if x != x else ("np.inf" if x > 0 else "-np.inf")
    return repr(x)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Say whether two arrays have the same dtype, shape, strides and bits."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return _steps(one) == _steps(other) and one.tobytes() == other.tobytes()


def _steps(array: np.ndarray) -> list[int]:
    """Return the strides that matter."""
    pairs = zip(array.shape, array.strides)
    return [step for n, step in pairs if n > 1] if array.size else []


class Layout(NamedTuple):
    """How an array lies in the memory of another one."""

    shape: tuple[int, ...]
    dtype: str
    offset: int
    strides: tuple[int, ...]

    def view(self, memory: np.ndarray) -> np.ndarray:
        """Return the array that lies in some memory like this."""
        shape, dtype, offset, strides = self
        return np.ndarray(shape, dtype, memory, offset, strides)

    def text(self, memory: str) -> str:
        """Return the expression of that array."""
        shape, dtype, offset, strides = self
        return f"np.ndarray({shape}, {dtype!r}, {memory}, {offset}, {strides})"


def memory_of(array: np.ndarray) -> tuple[np.ndarray, Layout | None]:
    """Return an array that a file can keep, and how this one lies in it.

    Files keep the orders of C and Fortran. Of other arrays they get the memory.

    >>> memory, layout = memory_of(np.arange(4.0)[::-2])
    >>> memory, layout.text("memory")
    (array([1., 0., 3.]), "np.ndarray((2,), 'float64', memory, 16, (-16,))")
    """
    if array.flags.forc:
        return array, None
    low, high = np.lib.array_utils.byte_bounds(array)
    whole = (high - low) % array.itemsize == 0
    dtype = array.dtype if whole else np.dtype(np.uint8)
    memory = np.zeros((high - low) // dtype.itemsize, dtype)
    offset = array.__array_interface__["data"][0] - low
    layout = Layout(array.shape, dtype_text(array.dtype), offset, array.strides)
    layout.view(memory)[...] = array
    return memory, layout
