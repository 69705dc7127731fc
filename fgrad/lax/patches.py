"""Convolutions seen from their windows, and shapes and layouts of convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ..core import dtype_of, ndim_of, shape_of, short_errors
from ..ops.dot_general import dot_general
from ..ops.window_places import dilated, window_count
from .convolution import (
    ConvDimensionNumbers,
    ConvGeneralDilatedDimensionNumbers,
    conv_dimension_numbers,
    conv_general_dilated,
)
from .padding import Padding, window_pads
from .shapes import array_of


@short_errors
def conv_general_dilated_patches(
    lhs: Any,
    filter_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: ConvGeneralDilatedDimensionNumbers = None,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """Return the windows that a convolution sees, as features.

    A feature of the result is an element of a window of one feature of ``lhs``: all
    elements of the first feature come first. Arguments are those of
    `conv_general_dilated`; ``filter_shape`` is the shape of windows in space.

    >>> x = np.arange(4.0).reshape(1, 1, 4)
    >>> conv_general_dilated_patches(x, (2,), (1,), "VALID")
    array([[[0., 1., 2.],
            [1., 2., 3.]]])
    """
    x = array_of(lhs)
    shape, space = shape_of(x), tuple(filter_shape)
    # The layout of rhs is that of the kernel below; only those of lhs and out matter.
    n = len(space) + 2
    numbers = conv_dimension_numbers(shape, (1,) * n, dimension_numbers)
    features, size = shape[numbers.lhs_spec[1]], prod(space)
    kernel = np.eye(size, dtype=dtype_of(x)).reshape(size, 1, *space)
    kernel = np.tile(kernel, (features,) + (1,) * (n - 1))
    plain = numbers._replace(rhs_spec=tuple(range(n)))
    return conv_general_dilated(
        x, kernel, window_strides, padding, lhs_dilation, rhs_dilation, plain,
        feature_group_count=features, preferred_element_type=preferred_element_type,
    )  # fmt: skip


@short_errors
def conv_general_dilated_local(
    lhs: Any,
    rhs: Any,
    window_strides: Sequence[int],
    padding: Padding,
    filter_shape: Sequence[int],
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: ConvGeneralDilatedDimensionNumbers = None,
    precision: Any = None,
) -> Any:
    """Convolve with a kernel of its own at each place: weights are not shared.

    Args:
        lhs: a batch of arrays, ``(batch, features, *space)`` by default.
        rhs: kernels, ``(features out, features in * prod(filter_shape), *places)``.
        window_strides: how far apart windows are.
        padding: as in `conv_general_dilated`.
        filter_shape: the shape of windows in space.
        lhs_dilation: the distance of neighbours of ``lhs``.
        rhs_dilation: the distance of neighbours in a window.
        dimension_numbers: the layouts; see `conv_dimension_numbers`.
        precision: ignored.

    >>> x, kernels = np.ones((1, 1, 3)), np.array([[[1.0, 10.0], [2.0, 20.0]]])
    >>> conv_general_dilated_local(x, kernels, (1,), "VALID", (2,))
    array([[[ 3., 30.]]])
    """
    w = array_of(rhs)
    numbers = conv_dimension_numbers(shape_of(array_of(lhs)), shape_of(w),
                                     dimension_numbers)  # fmt: skip
    patches = conv_general_dilated_patches(
        lhs, filter_shape, window_strides, padding, lhs_dilation, rhs_dilation, numbers
    )
    batch, features, *space = numbers.out_spec
    _, columns, *places = numbers.rhs_spec
    z = dot_general(
        w, patches, contract=((columns,), (features,)),
        batch=(tuple(places), tuple(space)),
    )  # fmt: skip
    axes = [0] * ndim_of(z)  # of z: places, features out, batch
    for k, axis in enumerate((*space, features, batch)):
        axes[axis] = k
    return np.transpose(z, axes)


# -- shapes ----------------------------------------------------------------------------


@short_errors
def conv_general_permutations(
    dimension_numbers: Sequence[str],
) -> tuple[tuple[int, ...], ...]:
    """Return permutations of axes that bring layouts to batch and features first.

    >>> conv_general_permutations(("NHWC", "HWIO", "NCHW"))
    ((0, 3, 1, 2), (3, 2, 0, 1), (0, 1, 2, 3))
    """
    n = len(dimension_numbers[0])
    one = (1,) * n
    numbers = conv_dimension_numbers(one, one, tuple(dimension_numbers))
    return numbers.lhs_spec, numbers.rhs_spec, numbers.out_spec


@short_errors
def conv_shape_tuple(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    strides: Sequence[int],
    pads: Padding,
    batch_group_count: int = 1,
) -> tuple[int, ...]:
    """Return the shape of a convolution of ``(batch, features, *space)``.

    >>> conv_shape_tuple((8, 3, 28), (16, 3, 5), (2,), "SAME")
    (8, 16, 14)
    """
    space, kernel = tuple(lhs_shape[2:]), tuple(rhs_shape[2:])
    pairs = window_pads("conv_shape_tuple", pads, space, kernel, strides)
    counts = [
        window_count(n + sum(pair), size, stride)
        for n, pair, size, stride in zip(space, pairs, kernel, strides)
    ]
    return (lhs_shape[0] // batch_group_count, rhs_shape[0], *counts)


@short_errors
def conv_general_shape_tuple(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    dimension_numbers: ConvGeneralDilatedDimensionNumbers,
) -> tuple[int, ...]:
    """Return the shape of a convolution in any layout.

    >>> layouts = ("NHC", "HIO", "NHC")
    >>> conv_general_shape_tuple((8, 28, 3), (5, 3, 16), (2,), "SAME", layouts)
    (8, 14, 16)
    """
    numbers = conv_dimension_numbers(lhs_shape, rhs_shape, dimension_numbers)
    shape = conv_shape_tuple(
        [lhs_shape[a] for a in numbers.lhs_spec],
        [rhs_shape[a] for a in numbers.rhs_spec],
        window_strides,
        padding,
    )
    return _laid_out(shape, numbers)


@short_errors
def conv_transpose_shape_tuple(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    dimension_numbers: ConvGeneralDilatedDimensionNumbers,
) -> tuple[int, ...]:
    """Return the shape of a transposed convolution.

    >>> layouts = ("NHC", "HIO", "NHC")
    >>> conv_transpose_shape_tuple((8, 14, 16), (5, 16, 3), (2,), "SAME", layouts)
    (8, 28, 3)
    """
    numbers = conv_dimension_numbers(lhs_shape, rhs_shape, dimension_numbers)
    lhs = [lhs_shape[a] for a in numbers.lhs_spec]
    rhs = [rhs_shape[a] for a in numbers.rhs_spec]
    lengths = []
    for i, (n, k, stride) in enumerate(zip(lhs[2:], rhs[2:], window_strides)):
        if isinstance(padding, str):
            same = padding.upper() == "SAME"
            lengths.append(n * stride + (0 if same else max(k - stride, 0)))
        else:
            full = dilated(n, stride) + sum(padding[i])
            lengths.append(window_count(full, k, 1))
    return _laid_out((lhs[0], rhs[0], *lengths), numbers)


def _laid_out(shape: Sequence[int], numbers: ConvDimensionNumbers) -> tuple[int, ...]:
    axes = numbers.out_spec
    return tuple(shape[axes.index(a)] for a in range(len(axes)))
