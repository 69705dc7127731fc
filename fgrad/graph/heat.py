"""Small heat maps of arrays: blue above zero, red below, white at zero, nan grey."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from typing import Any

import numpy as np

_ABOVE, _BELOW = np.array([9, 80, 180]), np.array([190, 40, 24])
_WHITE, _GREY = np.array([255, 255, 255]), np.array([140, 140, 140])


def cells(value: Any, most: int) -> np.ndarray | None:
    """Return the colours of an array, ``(rows, columns, 3)``, or None if it has none.

    Vectors and matrices of more than one real number have some. Of an array with
    more than ``most`` rows or columns, equal blocks of it are shown by their means.
    The strongest colour is the largest magnitude, and infinity; nan is grey.

    >>> cells(np.array([1.0, 0.0, -1.0]), 24).tolist()
    [[[9, 80, 180], [255, 255, 255], [190, 40, 24]]]
    >>> cells(np.zeros((100, 30)), 24).shape, cells(3.0, 24)
    ((20, 15, 3), None)
    """
    x = np.asarray(None if isinstance(value, tuple) else value)
    if x.dtype.kind not in "fiub" or x.ndim not in (1, 2) or x.size < 2:
        return None
    x = np.atleast_2d(x).astype(float)
    for axis in (0, 1):
        x = _blocks(x, axis, most)
    known = np.isfinite(x)
    largest = np.max(np.abs(x), initial=0.0, where=known)
    strength = np.where(known, x / (largest or 1.0), np.sign(x))[..., None]
    ends = np.where(strength >= 0, _ABOVE, _BELOW)
    colours = _WHITE + np.abs(strength) * (ends - _WHITE)
    colours = np.where(np.isnan(strength), _GREY, colours)
    return np.round(colours).astype(np.uint8)


def _blocks(x: np.ndarray, axis: int, most: int) -> np.ndarray:
    """Return the means of equal blocks along an axis, the last one shorter."""
    width = -(-x.shape[axis] // most)
    starts = np.arange(0, x.shape[axis], width)
    with np.errstate(invalid="ignore"):  # inf - inf
        sums = np.add.reduceat(x, starts, axis=axis)
    counts = np.diff([*starts, x.shape[axis]])
    return sums / np.expand_dims(counts, 1 - axis)


def png(colours: np.ndarray) -> str:
    """Return a picture of colours as an address that needs no file.

    >>> png(cells(np.eye(2), 24))[:40]
    'data:image/png;base64,iVBORw0KGgoAAAANSU'
    """
    height, width, _ = colours.shape
    rows = b"".join(b"\0" + row.tobytes() for row in colours)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    data = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)
    return f"data:image/png;base64,{b64encode(data).decode()}"


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def table(colours: np.ndarray) -> str:
    """Return a picture of colours as a table, which Graphviz draws.

    >>> table(cells(np.eye(2), 24)).count("<td")
    4
    """
    size = 'width="4" height="4" fixedsize="true"'
    rows = [
        "".join(f'<td {size} bgcolor="#{bytes(c).hex()}"></td>' for c in row)
        for row in colours
    ]
    cells_ = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<table border="0" cellspacing="0" cellpadding="0">{cells_}</table>'
