"""Convolutions under JAX's names, for any layout of the axes."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ..core import (
    aval_of,
    dtype_of,
    is_array,
    ndim_of,
    promoted,
    shape_of,
    short_errors,
)
from ..ops.basic import astype, inverse_axes, transpose
from ..ops.conv import conv as conv_p
from ..ops.shape import flip
from ..ops.window_places import dilated
from .padding import Padding, steps, window_pads


class ConvDimensionNumbers(NamedTuple):
    """Which axes of the operands and of the result of a convolution are what.

    ``lhs_spec`` and ``out_spec`` list the axis of the batch, that of the features, and
    those of space; ``rhs_spec`` lists features out, features in, and space.
    """

    lhs_spec: tuple[int, ...]
    rhs_spec: tuple[int, ...]
    out_spec: tuple[int, ...]


ConvGeneralDilatedDimensionNumbers: TypeAlias = (
    ConvDimensionNumbers | tuple[str, str, str] | Sequence[str] | None
)


@short_errors
def conv_dimension_numbers(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    dimension_numbers: ConvGeneralDilatedDimensionNumbers,
) -> ConvDimensionNumbers:
    """Return the axes that a layout means, as numbers.

    A layout is three strings, of lhs, rhs and the result: ``N`` is the batch, ``C`` the
    features, ``O`` and ``I`` a kernel's features out and in; any other letters are the
    axes of space. Without one, batch and features come first.

    >>> conv_dimension_numbers((8, 28, 28, 1), (3, 3, 1, 16), ("NHWC", "HWIO", "NHWC"))
    ConvDimensionNumbers(lhs_spec=(0, 3, 1, 2), rhs_spec=(3, 2, 0, 1),
                         out_spec=(0, 3, 1, 2))
    """
    return _dimension_numbers(
        "conv_dimension_numbers", tuple(lhs_shape), tuple(rhs_shape), dimension_numbers
    )


def _dimension_numbers(
    name: str, lhs: tuple[int, ...], rhs: tuple[int, ...], numbers: Any
) -> ConvDimensionNumbers:
    rank = len(lhs)
    if len(rhs) != rank or rank < 2:
        raise ValueError(
            f"{name}: lhs of shape {lhs} and rhs of shape {rhs} must both have an axis "
            "of the batch (of features out), one of features and the same number of "
            "axes of space: add axes of length 1 with x[None]"
        )
    if isinstance(numbers, ConvDimensionNumbers):
        return numbers
    if numbers is None:
        plain = tuple(range(rank))
        return ConvDimensionNumbers(plain, plain, plain)
    if len(numbers) != 3 or not all(isinstance(s, str) for s in numbers):
        raise TypeError(
            f"{name}: dimension_numbers must be three strings such as ('NHWC', 'HWIO', "
            f"'NHWC'), got {numbers!r}"
        )
    for spec, letters, what in zip(
        numbers, ("NC", "OI", "NC"), ("lhs", "rhs", "the result")
    ):
        _check_layout(name, spec, letters, what, rank)
    space = [s for s in numbers[1] if s not in "OI"]
    if any({*s} - {*"NC"} != {*space} for s in (numbers[0], numbers[2])):
        raise ValueError(
            f"{name}: the layouts {numbers} must name the same axes of space"
        )
    order = lambda spec, pair: tuple(map(spec.index, (*pair, *space)))
    return ConvDimensionNumbers(
        order(numbers[0], "NC"), order(numbers[1], "OI"), order(numbers[2], "NC")
    )


def _check_layout(name: str, spec: str, letters: str, what: str, rank: int) -> None:
    if len(spec) != rank or len({*spec}) != rank or not {*letters} <= {*spec}:
        raise ValueError(
            f"{name}: the layout {spec!r} of {what} must be {rank} different letters, "
            f"among them {letters[0]!r} and {letters[1]!r}"
        )


@short_errors
def conv_general_dilated(
    lhs: Any,
    rhs: Any,
    window_strides: Sequence[int],
    padding: Padding,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: ConvGeneralDilatedDimensionNumbers = None,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """Convolve a batch of arrays with a kernel, with strides, padding and dilation.

    As everywhere in machine learning the kernel is not flipped: each output is the sum
    of the products of the kernel and a window of ``lhs``.

    Args:
        lhs: a batch of arrays, ``(batch, features, *space)``.
        rhs: the kernel, ``(features out, features in, *space)``.
        window_strides: how far apart windows are, along each axis of space.
        padding: ``"SAME"``, ``"SAME_LOWER"``, ``"VALID"``, or a pair (before, after)
            for each axis of space; negative numbers drop elements.
        lhs_dilation: the distance of neighbours of ``lhs``, with zeros in between.
        rhs_dilation: the distance of neighbours in a window.
        dimension_numbers: other layouts, such as ``("NHWC", "HWIO", "NHWC")``; see
            `conv_dimension_numbers`.
        feature_group_count: the features are in so many groups, and each group of
            features out is made of its group of features in.
        batch_group_count: the batch is in so many groups, and each group of features
            out is made of its group of the batch.
        precision: ignored; products are as precise as their dtype.
        preferred_element_type: the dtype of the result.

    Raises:
        ValueError: if shapes, groups, layouts or padding do not fit.

    >>> x = np.arange(6.0).reshape(1, 1, 6)
    >>> conv_general_dilated(x, np.array([[[1.0, 0.0, -1.0]]]), (1,), "VALID")
    array([[[-2., -2., -2., -2.]]])
    >>> images, kernel = np.ones((8, 28, 28, 3)), np.ones((5, 5, 3, 16))
    >>> layout = ("NHWC", "HWIO", "NHWC")
    >>> conv_general_dilated(images, kernel, (2, 2), "SAME", None, None, layout).shape
    (8, 14, 14, 16)
    """
    name = "conv_general_dilated"
    lhs, rhs = (x if is_array(x) else np.asarray(x) for x in (lhs, rhs))
    numbers = _dimension_numbers(name, shape_of(lhs), shape_of(rhs), dimension_numbers)
    dtype = promoted(aval_of(lhs), aval_of(rhs))
    wanted = np.dtype(preferred_element_type or dtype)
    wide = np.result_type(dtype, wanted)
    if wide != dtype:
        lhs, rhs = astype(lhs, wide), astype(rhs, wide)
    x, w = _laid_out(lhs, numbers.lhs_spec), _laid_out(rhs, numbers.rhs_spec)
    d = ndim_of(x) - 2
    groups = index(feature_group_count), index(batch_group_count)
    _check_features(name, shape_of(x), shape_of(w), *groups)
    strides = steps(name, "window_strides", window_strides, d)
    lhs_gaps = steps(name, "lhs_dilation", lhs_dilation, d)
    rhs_gaps = steps(name, "rhs_dilation", rhs_dilation, d)
    _check_dilated(name, padding, lhs_gaps)
    sizes = list(map(dilated, shape_of(w)[2:], rhs_gaps))
    z = conv_p(
        x,
        w,
        window_strides=strides,
        padding=window_pads(name, padding, shape_of(x)[2:], sizes, strides),
        lhs_dilation=lhs_gaps,
        rhs_dilation=rhs_gaps,
        feature_group_count=groups[0],
        batch_group_count=groups[1],
    )
    z = _laid_out(z, inverse_axes(numbers.out_spec))
    return z if dtype_of(z) == wanted else astype(z, wanted)


def _check_dilated(name: str, padding: Padding, dilation: tuple[int, ...]) -> None:
    if isinstance(padding, str) and any(d != 1 for d in dilation):
        raise ValueError(
            f"{name}: padding={padding!r} is not defined for a dilated lhs: give pairs "
            "(before, after), or call conv_transpose"
        )


def _laid_out(x: Any, axes: tuple[int, ...]) -> Any:
    return x if axes == tuple(range(len(axes))) else transpose(x, axes=axes)


def _check_features(
    name: str, x: tuple[int, ...], w: tuple[int, ...], features: int, batches: int
) -> None:
    if features < 1 or batches < 1 or (features > 1 and batches > 1):
        raise ValueError(
            f"{name}: feature_group_count={features} and batch_group_count={batches} "
            "must be positive, and one of them must be 1"
        )
    if x[1] != w[1] * features:
        each = f" in each of {features} groups" if features > 1 else ""
        hint = (
            f": {x[1]} features fit feature_group_count={x[1] // w[1]}"
            if (w[1] and not x[1] % w[1] and x[1] != w[1] and batches == 1)
            else ": the kernel's features in must be those of lhs divided by the groups"
        )
        if len(x) == 2:
            hint = ", and there are no axes of space: write x[None, None] for one image"
        raise ValueError(
            f"{name}: lhs has {x[1]} features but the kernel takes {w[1]}{each} (as "
            f"(batch, features, *space), lhs is {x} and rhs {w}){hint}; or give the "
            "layouts with dimension_numbers=('NHWC', 'HWIO', 'NHWC')"
        )
    for count, what, n in (
        (features, "feature_group_count", w[0]),
        (batches, "batch_group_count", w[0]),
    ):
        if n % count:
            raise ValueError(
                f"{name}: {what}={count} does not divide the {n} features out of rhs"
            )
    if x[0] % batches:
        raise ValueError(
            f"{name}: batch_group_count={batches} does not divide the batch of {x[0]}"
        )


@short_errors
def conv(
    lhs: Any,
    rhs: Any,
    window_strides: Sequence[int],
    padding: Padding,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """Convolve ``(batch, features, *space)`` with ``(features out, in, *space)``.

    Arguments are those of `conv_general_dilated`.

    >>> conv(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), (1, 1), "SAME")
    array([[[[4., 4., 2.],
             [4., 4., 2.],
             [2., 2., 1.]]]])
    """
    return conv_general_dilated(
        lhs, rhs, window_strides, padding, preferred_element_type=preferred_element_type
    )


@short_errors
def conv_with_general_padding(
    lhs: Any,
    rhs: Any,
    window_strides: Sequence[int],
    padding: Padding,
    lhs_dilation: Sequence[int] | None,
    rhs_dilation: Sequence[int] | None,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """Convolve as `conv` does, with dilations.

    Arguments are those of `conv_general_dilated`.

    >>> x, w = np.ones((1, 1, 4)), np.ones((1, 1, 2))
    >>> conv_with_general_padding(x, w, (1,), [(0, 1)], None, (3,))
    array([[[2., 1.]]])
    """
    return conv_general_dilated(
        lhs, rhs, window_strides, padding, lhs_dilation, rhs_dilation,
        preferred_element_type=preferred_element_type,
    )  # fmt: skip


# -- transposed ----------------------------------------------------------------------

_LAST = {2: ("NC", "IO", "NC"), 3: ("NHC", "HIO", "NHC"), 4: ("NHWC", "HWIO", "NHWC"),
         5: ("NHWDC", "HWDIO", "NHWDC")}  # fmt: skip


@short_errors
def conv_transpose(
    lhs: Any,
    rhs: Any,
    strides: Sequence[int],
    padding: Padding,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: ConvGeneralDilatedDimensionNumbers = None,
    transpose_kernel: bool = False,
    precision: Any = None,
    preferred_element_type: Any = None,
    use_consistent_padding: bool = False,
) -> Any:
    """Convolve with fractional strides: what undoes the shape of a strided convolution.

    Args:
        lhs: a batch of arrays, with features last unless ``dimension_numbers`` says so.
        rhs: the kernel, ``(*space, features in, features out)`` by default.
        strides: how many times longer the axes of space become.
        padding: ``"SAME"`` or ``"VALID"``, which undo the shapes of such a convolution,
            or pairs (before, after) around the dilated ``lhs``.
        rhs_dilation: the distance of neighbours in a window.
        dimension_numbers: the layouts; see `conv_dimension_numbers`.
        transpose_kernel: flip the kernel and exchange its features, which makes this
            the gradient of a convolution.
        precision: ignored.
        preferred_element_type: the dtype of the result.
        use_consistent_padding: read explicit padding as that of the convolution that is
            undone.

    >>> x, kernel = np.ones((1, 2, 1)), np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1)
    >>> conv_transpose(x, kernel, (2,), "VALID").ravel()
    array([3., 2., 4., 2., 1.])
    """
    name = "conv_transpose"
    lhs, rhs = (x if is_array(x) else np.asarray(x) for x in (lhs, rhs))
    layouts = (
        _LAST.get(ndim_of(lhs)) if dimension_numbers is None else dimension_numbers
    )
    numbers = _dimension_numbers(name, shape_of(lhs), shape_of(rhs), layouts)
    spec = numbers.rhs_spec
    d = len(spec) - 2
    strides = steps(name, "strides", strides, d)
    gaps = steps(name, "rhs_dilation", rhs_dilation, d)
    sizes = [dilated(shape_of(rhs)[a], gap) for a, gap in zip(spec[2:], gaps)]
    if isinstance(padding, str):
        padding = [
            _undone(name, padding, k, stride) for k, stride in zip(sizes, strides)
        ]
    elif use_consistent_padding:
        padding = [(k - 1 - a, k - 1 - b) for k, (a, b) in zip(sizes, padding)]
    if transpose_kernel:
        rhs = flip(rhs, axes=tuple(sorted(spec[2:]))) if d else rhs
        numbers = numbers._replace(rhs_spec=(spec[1], spec[0], *spec[2:]))
    return conv_general_dilated(
        lhs, rhs, (1,) * d, padding, strides, gaps, numbers,
        preferred_element_type=preferred_element_type,
    )  # fmt: skip


def _undone(name: str, padding: str, k: int, stride: int) -> tuple[int, int]:
    """Return the padding that restores the length before a strided convolution."""
    kind = padding.upper()
    if kind == "SAME":
        total = k + stride - 2
        before = k - 1 if stride > k - 1 else -(-total // 2)
    elif kind == "VALID":
        total, before = k + stride - 2 + max(k - stride, 0), k - 1
    else:
        raise ValueError(
            f"{name}: padding must be 'SAME', 'VALID' or pairs, got {padding!r}"
        )
    return before, total - before
