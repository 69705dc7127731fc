"""Collectives: what an element of a mapped axis can learn of the other elements."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from operator import index
from typing import Any

import numpy as np

from ..core import dtype_of, ndim_of, shape_of, short_errors
from ..ops.axes import normalize_axis
from ..ops.elementwise import div, where
from ..ops.index import getitem
from ..ops.reduce import reduce_max, reduce_min
from ..transforms.collectives import pmax_p, pmin_p
from .members import Members, check_split, each, part, placed

AxisName = Hashable | tuple[Hashable, ...]
Groups = Sequence[Sequence[int]] | None

# -- reductions --------------------------------------------------------------------


@short_errors
def psum(x: Any, axis_name: AxisName, *, axis_index_groups: Groups = None) -> Any:
    """Return the sum of ``x`` over the elements of a mapped axis.

    ``x`` is a tree of arrays; what is the same for all elements counts as often as
    there are elements, so that ``psum(1, axis_name)`` is their number.

    Args:
        x: a tree of arrays.
        axis_name: the name of an axis of an enclosing `vmap`, or a tuple of names.
        axis_index_groups: lists of indices; each group has a sum of its own.

    Raises:
        NameError: if no enclosing `vmap` gave an axis that name.

    >>> import fgrad
    >>> share = lambda x: x / psum(x, "i")
    >>> fgrad.vmap(share, axis_name="i")(np.array([1.0, 2.0, 5.0]))
    array([0.125, 0.25 , 0.625])
    """
    members = Members(axis_name, axis_index_groups, "psum")
    return each(members.sum, x, "psum")


@short_errors
def pmean(x: Any, axis_name: AxisName, *, axis_index_groups: Groups = None) -> Any:
    """Return the mean of ``x`` over the elements of a mapped axis.

    Arguments are those of `psum`.

    >>> import fgrad
    >>> fgrad.vmap(lambda x: x - pmean(x, "i"), axis_name="i")(np.array([1.0, 3.0]))
    array([-1.,  1.])
    """
    members = Members(axis_name, axis_index_groups, "pmean")
    return each(lambda leaf: div(members.sum(leaf), members.size), x, "pmean")


@short_errors
def pmax(x: Any, axis_name: AxisName, *, axis_index_groups: Groups = None) -> Any:
    """Return the largest ``x`` among the elements of a mapped axis.

    Arguments are those of `psum`. Elements that attain it share the gradient.

    >>> import fgrad
    >>> fgrad.vmap(lambda x: x / pmax(x, "i"), axis_name="i")(np.array([1.0, 4.0]))
    array([0.25, 1.  ])
    """
    members = Members(axis_name, axis_index_groups, "pmax")
    return each(lambda leaf: members.reduce(leaf, pmax_p, reduce_max), x, "pmax")


@short_errors
def pmin(x: Any, axis_name: AxisName, *, axis_index_groups: Groups = None) -> Any:
    """Return the smallest ``x`` among the elements of a mapped axis.

    Arguments are those of `psum`. Elements that attain it share the gradient.

    >>> import fgrad
    >>> fgrad.vmap(lambda x: x - pmin(x, "i"), axis_name="i")(np.array([1.0, 4.0]))
    array([0., 3.])
    """
    members = Members(axis_name, axis_index_groups, "pmin")
    return each(lambda leaf: members.reduce(leaf, pmin_p, reduce_min), x, "pmin")


# -- where an element is -----------------------------------------------------------


@short_errors
def axis_index(axis_name: AxisName) -> Any:
    """Return the place of an element along a mapped axis, counted from 0.

    Of several names the last one counts fastest.

    >>> import fgrad
    >>> fgrad.vmap(lambda x: x * axis_index("i"), axis_name="i")(np.ones(3))
    array([0., 1., 2.])
    """
    return Members(axis_name, None, "axis_index").place()


@short_errors
def axis_size(axis_name: AxisName) -> int:
    """Return how many elements a mapped axis has, as a Python int.

    >>> import fgrad
    >>> fgrad.vmap(lambda x: x / axis_size("i"), axis_name="i")(np.ones(4))
    array([0.25, 0.25, 0.25, 0.25])
    """
    return Members(axis_name, None, "axis_size").size


# -- moving values between elements ------------------------------------------------


@short_errors
def all_gather(
    x: Any,
    axis_name: AxisName,
    *,
    axis_index_groups: Groups = None,
    axis: int = 0,
    tiled: bool = False,
) -> Any:
    """Return the values that ``x`` has for all elements of a mapped axis.

    They are stacked along a new ``axis``, or with ``tiled`` joined along that axis.
    Other arguments are those of `psum`.

    >>> import fgrad
    >>> rank = lambda x: np.sum(all_gather(x, "i") < x)
    >>> fgrad.vmap(rank, axis_name="i")(np.array([5.0, 9.0, 2.0]))
    array([1, 2, 0])
    """
    members = Members(axis_name, axis_index_groups, "all_gather")

    def gather(leaf: Any) -> Any:
        ndim = ndim_of(leaf) + (not tiled)
        at = normalize_axis(axis, ndim, "all_gather", shape_of(leaf) if tiled else None)
        return placed(members.of(leaf), at, tiled)

    return each(gather, x, "all_gather")


@short_errors
def all_to_all(
    x: Any,
    axis_name: AxisName,
    split_axis: int,
    concat_axis: int,
    *,
    axis_index_groups: Groups = None,
    tiled: bool = False,
) -> Any:
    """Give every element of a mapped axis a part of ``x``, and collect its parts.

    ``split_axis`` has a part for each element; it vanishes, and the parts that an
    element gets are stacked along a new ``concat_axis``. With ``tiled`` the parts may
    be longer than 1 and are joined along ``concat_axis``. It transposes the mapped axis
    with an axis of the array. Other arguments are those of `psum`.

    Raises:
        ValueError: if the split axis does not have a part for each element.

    >>> import fgrad
    >>> x = np.array([[1, 2], [3, 4]])
    >>> fgrad.vmap(lambda row: all_to_all(row, "i", 0, 0), axis_name="i")(x)
    array([[1, 3],
           [2, 4]])
    """
    members = Members(axis_name, axis_index_groups, "all_to_all")

    def exchange(leaf: Any) -> Any:
        shape = shape_of(leaf)
        split = normalize_axis(split_axis, len(shape), "all_to_all", shape)
        concat = normalize_axis(concat_axis, len(shape), "all_to_all", shape)
        check_split(leaf, split, members, tiled, "all_to_all", "split_axis")
        rows = members.of(leaf)
        return placed(part(rows, split + 1, members, tiled), concat, tiled)

    return each(exchange, x, "all_to_all")


@short_errors
def pswapaxes(
    x: Any, axis_name: AxisName, axis: int, *, axis_index_groups: Groups = None
) -> Any:
    """Swap a mapped axis with an axis of ``x`` of the same size.

    Arguments and errors are those of `all_to_all`.

    >>> import fgrad
    >>> x = np.array([[1, 2], [3, 4]])
    >>> fgrad.vmap(lambda row: pswapaxes(row, "i", 0), axis_name="i")(x)
    array([[1, 3],
           [2, 4]])
    """
    return all_to_all(x, axis_name, axis, axis, axis_index_groups=axis_index_groups)


@short_errors
def psum_scatter(
    x: Any,
    axis_name: AxisName,
    *,
    scatter_dimension: int = 0,
    axis_index_groups: Groups = None,
    tiled: bool = False,
) -> Any:
    """Sum ``x`` over a mapped axis and give every element a part of the sum.

    ``scatter_dimension`` has a part for each element; it vanishes, or with ``tiled`` it
    gets shorter. Other arguments are those of `psum`.

    Raises:
        ValueError: if that axis does not have a part for each element.

    >>> import fgrad
    >>> x = np.array([[1, 2], [3, 4]])
    >>> fgrad.vmap(lambda row: psum_scatter(row, "i"), axis_name="i")(x)
    array([4, 6])
    """
    members = Members(axis_name, axis_index_groups, "psum_scatter")

    def scatter(leaf: Any) -> Any:
        shape = shape_of(leaf)
        axis = normalize_axis(scatter_dimension, len(shape), "psum_scatter", shape)
        name = "scatter_dimension"
        check_split(leaf, axis, members, tiled, "psum_scatter", name)
        return part(members.sum(leaf), axis, members, tiled)

    return each(scatter, x, "psum_scatter")


@short_errors
def ppermute(x: Any, axis_name: AxisName, perm: Sequence[tuple[int, int]]) -> Any:
    """Send ``x`` between elements of a mapped axis: pairs of source and destination.

    An element that gets nothing has zeros.

    Args:
        x: a tree of arrays.
        axis_name: the name of an axis of an enclosing `vmap`, or a tuple of names.
        perm: pairs ``(source, destination)`` of indices, each index at most once.

    >>> import fgrad
    >>> f = lambda x: ppermute(x, "i", [(0, 1), (1, 2)])
    >>> fgrad.vmap(f, axis_name="i")(np.array([5.0, 6.0, 7.0]))
    array([0., 5., 6.])
    """
    members = Members(axis_name, None, "ppermute")
    sources = _sources(perm, members.size)

    def send(leaf: Any) -> Any:
        place = members.place()
        got = getitem(members.of(leaf), getitem(np.maximum(sources, 0), place))
        if (sources >= 0).all():
            return got
        return where(getitem(sources >= 0, place), got, dtype_of(leaf).type(0))

    return each(send, x, "ppermute")


def _sources(perm: Any, count: int) -> np.ndarray:
    """Return for every destination its source, or -1."""
    sources = np.full(count, -1)
    try:
        pairs = [(index(a), index(b)) for a, b in perm]
    except (TypeError, ValueError):
        raise TypeError(
            "ppermute: perm must be a list of pairs (source, destination) of ints, got "
            f"{perm!r}"
        ) from None
    for ends in zip(*pairs):
        if len(set(ends)) < len(ends) or not set(ends) <= set(range(count)):
            raise ValueError(
                "ppermute: perm must name each source and each destination at most "
                f"once, from 0 to {count - 1}, got {perm!r}"
            )
    for source, destination in pairs:
        sources[destination] = source
    return sources


@short_errors
def pshuffle(x: Any, axis_name: AxisName, perm: Sequence[int]) -> Any:
    """Give element ``i`` of a mapped axis the ``x`` of element ``perm[i]``.

    Raises:
        ValueError: if ``perm`` does not have every index once.

    >>> import fgrad
    >>> f = lambda x: pshuffle(x, "i", [2, 0, 1])
    >>> fgrad.vmap(f, axis_name="i")(np.array([5.0, 6.0, 7.0]))
    array([7., 5., 6.])
    """
    count = Members(axis_name, None, "pshuffle").size
    if sorted(perm) != list(range(count)):
        raise ValueError(
            f"pshuffle: perm must have every index from 0 to {count - 1} once, got "
            f"{perm!r}"
        )
    return ppermute(x, axis_name, list(zip(perm, range(count))))


@short_errors
def pbroadcast(x: Any, axis_name: AxisName, source: int) -> Any:
    """Give all elements of a mapped axis the ``x`` of one of them.

    Raises:
        ValueError: if there is no element ``source``.

    >>> import fgrad
    >>> fgrad.vmap(lambda x: x - pbroadcast(x, "i", 0), axis_name="i")(np.arange(3.0))
    array([0., 1., 2.])
    """
    members = Members(axis_name, None, "pbroadcast")
    if not 0 <= index(source) < members.size:
        raise ValueError(
            f"pbroadcast: source is {source}, but the indices of {axis_name!r} go from "
            f"0 to {members.size - 1}"
        )
    return each(lambda leaf: getitem(members.of(leaf), source), x, "pbroadcast")
