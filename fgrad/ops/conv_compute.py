"""How a convolution is computed: one matrix product, and copies around it.

Operands are ``x: (g, n, c, *space)`` and ``w: (g, o, c, *kernel)`` for g groups, a
batch of n, c features in and o out. Two ways lead to the result:

- *gather*: copy the windows of x, one row each, and multiply these by the kernel.
- *scatter*: multiply x by one place of the kernel after the other, and add each product
  where it belongs. For kernels that make features fewer, and for dilated operands.

Both go through blocks that stay in the cache. Axes are taken in the order in which they
lie in memory: what comes in with features last is read and goes out so, without copies.
"""

from __future__ import annotations

from math import prod

import numpy as np

from .window_places import dilated, placed, window_count, windows_of

_BLOCK = 1 << 19  # bytes of windows that are copied at a time: they stay in the cache


def convolve(x, w, strides, padding, lhs_dilation, rhs_dilation):
    """Return the convolution ``(n, g * o, *counts)`` of grouped operands."""
    g, n, c, *space = x.shape
    o, kernel = w.shape[1], w.shape[3:]
    lengths = [dilated(s, d) + a + b
               for s, d, (a, b) in zip(space, lhs_dilation, padding)]  # fmt: skip
    counts = tuple(map(window_count, lengths, kernel, strides, rhs_dilation))
    if not (n and g * o and prod(counts) and c and prod(kernel) and prod(space)):
        return np.zeros((n, g * o, *counts), x.dtype)
    once = all(s == 1 for s in strides)
    if once and 3 * prod(space) * o < 2 * prod(counts) * c:
        z = _scattered(x, w, counts, padding, lhs_dilation, rhs_dilation)
    else:
        x = _padded(x, lengths, padding, lhs_dilation)
        z = _gathered(x, w, counts, strides, rhs_dilation)
    return z.reshape(n, g * o, *counts)  # a view: groups lie before their features


def _padded(x, lengths, padding, dilation):
    """Return ``x`` with zeros around and between its elements, or fewer elements."""
    pairs = [
        placed(n, d, low, length)
        for n, d, (low, _), length in zip(x.shape[3:], dilation, padding, lengths)
    ]
    source, target = zip(*pairs, strict=True) if pairs else ((), ())
    x = x[(..., *source)]
    if x.shape[3:] == tuple(lengths):
        return x
    z = np.zeros_like(x, shape=(*x.shape[:3], *lengths))
    z[(..., *target)] = x
    return z


# -- gather ------------------------------------------------------------------------


def _gathered(x, w, counts, strides, dilation):
    """Multiply the windows of ``x`` by the kernel: ``(n, g, o, *counts)``."""
    g, d, kernel = len(x), len(counts), w.shape[3:]
    space = tuple(range(3, 3 + d))
    windows = windows_of(x, space, counts, kernel, strides, dilation)
    rows = _by_stride(windows, (1, *space))
    columns = _by_stride(windows, (2, *range(3 + d, 3 + 2 * d)))
    windows = windows.transpose(0, *rows, *columns)
    w = w.transpose(0, *(a if a == 2 else a - d for a in columns), 1)
    o, shape = w.shape[-1], windows.shape[1 : 2 + d]
    z = np.empty((*shape, g, o), x.dtype)
    out = z.reshape(prod(shape), g, o).swapaxes(0, 1)
    _multiply(windows, w.reshape(g, -1, o), out, 1 + d)
    place = {a: i for i, a in enumerate(rows)}
    return z.transpose(place[1], 1 + d, 2 + d, *(place[a] for a in space))


def _by_stride(x, axes):
    """Return axes as they lie in memory, the outermost first."""
    return sorted(axes, key=lambda a: -abs(x.strides[a]))


def _multiply(windows, w, out, rank):
    """Write the product of windows ``(g, *rows, *columns)`` and a kernel into ``out``.

    ``rank`` is the number of axes of rows; the kernel is ``(g, columns, o)``.
    """
    g = len(windows)
    if windows.flags.c_contiguous:  # windows that do not overlap need no copy
        np.matmul(windows.reshape(g, out.shape[1], -1), w, out=out)
        return
    axis = _blocked_axis(windows)
    rows = _run(windows, 1, 1 + rank) > _run(windows, 1 + rank, windows.ndim)
    each = windows[(slice(None),) * axis + (slice(1),)]
    inside = axis <= rank
    m = prod(each.shape[1 : 1 + rank]) if inside else prod(each.shape[1 + rank :])
    step = max(_BLOCK // each.nbytes, 1)
    memory = np.empty(each.size * min(step, windows.shape[axis]), windows.dtype)
    partial = None if inside else np.empty(out.shape, out.dtype)
    for start in range(0, windows.shape[axis], step):
        block = windows[(slice(None),) * axis + (slice(start, start + step),)]
        matrix = _matrices(block, rank, rows, memory)
        part = slice(start * m, (start + step) * m)
        if inside:
            np.matmul(matrix, w, out=out[:, part])
        elif start == 0:
            np.matmul(matrix, w[:, part], out=out)
        else:
            out += np.matmul(matrix, w[:, part], out=partial)


def _blocked_axis(windows):
    """Return the axis along which to take blocks: the outermost in memory."""
    axes = [a for a in range(1, windows.ndim) if windows.shape[a] > 1]
    return max(axes, key=lambda a: abs(windows.strides[a]), default=1)


def _matrices(block, rank, rows_inside, memory):
    """Copy windows into matrices, in the order that has the longer runs."""
    shape = block.shape
    n, k = prod(shape[1 : 1 + rank]), prod(shape[1 + rank :])
    if rows_inside:
        order = (0, *range(1 + rank, block.ndim), *range(1, 1 + rank))
        block = block.transpose(order)
    copy = memory[: block.size].reshape(block.shape)
    copy[...] = block
    if rows_inside:
        return copy.reshape(len(copy), k, n).swapaxes(1, 2)
    return copy.reshape(len(copy), n, k)


def _run(windows, start, stop):
    """Return how many elements the last of some axes are in one run of memory."""
    run, first = 1, 0
    for axis in reversed(range(start, stop)):
        n, step = windows.shape[axis], windows.strides[axis]
        if n == 1:
            continue
        if run > 1 and step != first * run:
            break
        first = first or step
        run *= n
    return run if first == windows.itemsize else run / 2


# -- scatter -----------------------------------------------------------------------


def _scattered(x, w, counts, padding, lhs_dilation, rhs_dilation):
    """Add up the products with each place of the kernel: ``(n, g, o, *counts)``."""
    (g, n, c, *space), o, kernel = x.shape, w.shape[1], w.shape[3:]
    d = len(space)
    last = tuple(range(3, 3 + d))
    x = x.transpose(0, 1, *last, 2)
    w = np.ascontiguousarray(w.transpose(*last, 0, 2, 1))
    z = np.zeros((n, *counts, g, o), x.dtype)
    out = z.transpose(1 + d, 0, *range(1, 1 + d), 2 + d)
    each = g * prod(space) * max(c, o) * x.itemsize
    step = max(_BLOCK // each, 1)
    memory = np.empty(g * min(step, n) * prod(space) * o, x.dtype)
    for start in range(0, n, step):
        block, target = x[:, start : start + step], out[:, start : start + step]
        matrix = block.reshape(g, -1, c)
        product = memory[: g * matrix.shape[1] * o].reshape(g, -1, o)
        pieces = product.reshape(g, -1, *space, o)
        for place in np.ndindex(*kernel):
            np.matmul(matrix, w[place], out=product)
            pairs = [
                placed(s, ld, low - k * rd, length)
                for s, ld, (low, _), k, rd, length in zip(
                    space, lhs_dilation, padding, place, rhs_dilation, counts
                )
            ]
            source, to = zip(*pairs, strict=True) if pairs else ((), ())
            target[(slice(None), slice(None), *to)] += pieces[
                (slice(None), slice(None), *source)
            ]
    return z.transpose(0, 1 + d, 2 + d, *range(1, 1 + d))
