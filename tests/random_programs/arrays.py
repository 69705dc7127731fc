"""Arrays by recipe: any shape, dtype, values and layout in memory, from a seed."""

from __future__ import annotations

from math import prod

import numpy as np

ODD = [np.inf, -np.inf, np.nan, -0.0, 0.0, 5e-324, -1e-310, 1e300, -1.0, 1.0]


def array(shape, dtype, seed, values="plain", layout="C"):
    """Return an array of random values, which are the same for the same recipe.

    >>> array((2, 3), "float64", 0, "unsafe", "F").flags.f_contiguous
    True
    """
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        numbers = VALUES[values](rng, prod(shape))
        return LAYOUTS[layout](numbers, shape, np.dtype(dtype))


# -- values --------------------------------------------------------------------------


def unsafe(rng, size):
    """Draw ordinary numbers with some of the values where functions have edges."""
    return np.where(
        rng.random(size) < 0.2, rng.choice(ODD, size), rng.normal(size=size)
    )


def ties(rng, size):
    """Draw few different values, so that sorts and maxima meet equal ones."""
    return rng.integers(-3, 4, size).astype(float)


VALUES = {
    "plain": lambda rng, size: rng.normal(size=size),
    "unsafe": unsafe,
    "positive": lambda rng, size: rng.uniform(0.1, 2.0, size),
    "ties": ties,
    "wide": lambda rng, size: rng.normal(size=size) * 10.0 ** rng.integers(-8, 9, size),
    "zero": lambda rng, size: np.zeros(size) * rng.choice([-1.0, 1.0], size),
}

# -- layouts -------------------------------------------------------------------------


def cast(x, dtype):
    """Return numbers in a dtype; what an integer cannot hold becomes small."""
    if dtype.kind in "iu":
        x = np.clip(np.nan_to_num(x * 4), -100, 100)
    if dtype.kind == "b":
        x = x > 0
    if dtype.kind == "c":
        return (x + 1j * np.roll(x, 1)).astype(dtype)
    return x.astype(dtype)


def compact(x, shape, dtype):
    return cast(x, dtype).reshape(shape)


def inside(place, length):
    """Return a layout that puts the array somewhere in a larger one."""

    def layout(x, shape, dtype):
        larger = np.ones(tuple(map(length, shape)), dtype)
        view = larger[(*(place for _ in shape), ...)]
        view[...] = compact(x, shape, dtype)
        return view

    return layout


def transposed(x, shape, dtype):
    """Return a view of the axes in reverse."""
    return np.ascontiguousarray(compact(x, shape, dtype).T).T


def read_only(x, shape, dtype):
    """Return an array that cannot be written to."""
    array = compact(x, shape, dtype)
    array.flags.writeable = False
    return array


def repeated(x, shape, dtype):
    """Return one row many times, all in the same memory."""
    row = compact(x, shape, dtype)
    return np.broadcast_to(row[:1], shape) if shape and shape[0] else row


def unaligned(x, shape, dtype):
    """Return an array whose elements begin at odd addresses."""
    whole = np.zeros(prod(shape) * dtype.itemsize + 1, np.uint8)
    view = whole[1:].view(dtype).reshape(shape)
    view[...] = compact(x, shape, dtype)
    return view


LAYOUTS = {
    "C": compact,
    "F": transposed,
    "evens": inside(slice(None, None, 2), lambda n: 2 * n),
    "backwards": inside(slice(None, None, -1), lambda n: n),
    "offset": inside(slice(1, None), lambda n: n + 1),
    "read-only": read_only,
    "repeated": repeated,
    "unaligned": unaligned,
}
