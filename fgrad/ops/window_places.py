"""Where windows lie: lengths, padding and overlaps, along one axis or several."""

from __future__ import annotations

from numpy.lib.stride_tricks import as_strided


def dilated(n, dilation):
    """Return the length of ``n`` elements with gaps between them.

    >>> dilated(3, 2), dilated(0, 2)
    (5, 0)
    """
    return (n - 1) * dilation + 1 if n else 0


def window_count(n, size, stride, dilation=1):
    """Return how many windows fit into ``n`` elements.

    >>> window_count(7, 3, 2), window_count(2, 3, 1)
    (3, 0)
    """
    return max((n - dilated(size, dilation)) // stride + 1, 0)


def placed(n, step, offset, length):
    """Return which of ``n`` elements fall into a line of a length, and where to.

    Element ``i`` goes to place ``offset + i * step``. Both results are slices.

    >>> placed(4, 2, -3, 10)
    (slice(2, 4, None), slice(1, 4, 2))
    """
    first = max(0, -(offset // step))
    stop = min(n, (length - 1 - offset) // step + 1)
    if stop <= first:
        return slice(0, 0), slice(0, 0)
    return slice(first, stop), slice(
        offset + first * step, offset + (stop - 1) * step + 1, step
    )


def window_slice(start, count, stride):
    """Return the slice of one place in each of ``count`` windows.

    >>> window_slice(1, 3, 2)
    slice(1, 6, 2)
    """
    return slice(start, start + (count - 1) * stride + 1 if count else start, stride)


def windows_of(x, axes, counts, sizes, strides, dilations):
    """Return a view of ``x`` that has the windows along axes as more axes at its end.

    >>> import numpy as np
    >>> windows_of(np.arange(5), (0,), (2,), (3,), (2,), (1,))
    array([[0, 1, 2],
           [2, 3, 4]])
    """
    shape, steps = list(x.shape), list(x.strides)
    inner = [x.strides[a] * d for a, d in zip(axes, dilations)]
    for a, n, stride in zip(axes, counts, strides):
        shape[a], steps[a] = n, x.strides[a] * stride
    return as_strided(x, (*shape, *sizes), (*steps, *inner), writeable=False)
