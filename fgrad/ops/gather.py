"""Reading elements of an array: NumPy's basic and advanced indexing as primitives.

Reading with a static index is `slice_p`, with index arrays `gather_p`; their
transposes `unslice_p` and `scatter_p` write into zeros.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, ndim_of, shape_of
from .add_at import add_at
from .basic import inverse_axes, mapped, reshape, to_front, transpose
from .index_spec import ARRAY, FULL, array_shapes, layout, make_index

# -- basic indexing ----------------------------------------------------------------


def _slice(x, *, index):
    try:
        return x[index.basic]
    except IndexError:
        layout(shape_of(x), index)  # raises the same with the shape
        raise
    except TypeError:  # a Python scalar
        return np.asarray(x)[index.basic]


def _abstract_slice(x, *, index):
    return Aval(layout(x.shape, index).shape, x.dtype)


def _batch_slice(args, dims, size, *, index):
    x = to_front(args[0], dims[0])
    return slice_p(x, index=index.inside(FULL)), 0


def _slice_vjp(ct, z, x, *, index):
    if not index.items:  # z[()] is z, as a scalar if it has no axes
        return ct
    return unslice_p(ct, shape=x.shape, index=index)


slice_p = Primitive(
    "slice",
    impl=_slice,
    abstract=_abstract_slice,
    vjp=(_slice_vjp,),
    jvp=lambda ts, z, x, *, index: slice_p(ts[0], index=index),
    batch=_batch_slice,
    emit=lambda names, *, index: f"{names[0]}[{index.text(())}]",
    linear=True,
    view=True,
)


def _unslice(y, *, shape, index):
    z = np.zeros(shape, y.dtype)
    z[index()] = y
    return z


def _batch_unslice(args, dims, size, *, shape, index):
    y = to_front(args[0], dims[0])
    return unslice_p(y, shape=(size, *shape), index=index.inside(FULL)), 0


unslice_p = Primitive(
    "unslice",
    impl=_unslice,
    abstract=lambda y, *, shape, index: Aval(shape, y.dtype),
    vjp=(lambda ct, z, y, *, shape, index: slice_p(ct, index=index),),
    jvp=lambda ts, z, y, **params: unslice_p(ts[0], **params),
    batch=_batch_unslice,
    in_order=lambda flags, **params: [True],
    linear=True,
)

# -- batching of index arrays ------------------------------------------------------


def batched_index(shape, arrays, dims, size, index):
    """Return index, arrays and slot axes for arrays whose batch axis is in front.

    ``shape`` is the shape that one element of the batch has. The slot is what the
    index selects. ``axes`` says where its axes come from if they are counted as
    batch axis first, then those of one element; None if they stand like that.
    """
    lay = layout(shape, index, *logical_shapes(arrays, dims))
    k, p, n = lay.rank, lay.place, len(lay.shape)
    if all(dim is None for dim in dims):
        axes = (*range(1, k + 1), 0, *range(k + 1, n + 1)) if lay.front and k else None
        return index.inside(FULL), arrays, axes
    rows = np.arange(size).reshape(size, *(1,) * k)
    arrays = [rows, *_aligned(arrays, dims, k)]
    here = range(p + 1, p + k + 1)  # p > 0: a slice now stands between the arrays
    axes = (0, *here, *range(1, p + 1), *range(p + k + 1, n + 1)) if p and k else None
    return index.inside(ARRAY), arrays, axes


def logical_shapes(arrays, dims):
    """Return the shapes that arrays have in one element of the batch."""
    shapes = array_shapes(arrays)
    return tuple(
        s if d is None else s[:d] + s[d + 1 :]
        for s, d in zip(shapes, dims, strict=True)
    )


def _aligned(arrays, dims, rank):
    """Return index arrays with batch axes in front of ``rank`` common axes."""
    aligned = []
    for array, dim in zip(arrays, dims, strict=True):
        if dim is not None:
            array = to_front(array, dim)
            missing = (1,) * (rank + 1 - array.ndim)
            if missing:
                shape = (array.shape[0], *missing, *array.shape[1:])
                array = reshape(array, shape=shape)
        aligned.append(array)
    return aligned


def to_slot(y, dim, rank, axes):
    """Return an operand of a batched update, laid out like the batched slot.

    It broadcasts to a slot of ``rank`` axes in every element of the batch.
    """
    if dim is None and axes is None:
        return y
    y = reshape(y, shape=(1, *shape_of(y))) if dim is None else to_front(y, dim)
    missing = (1,) * (rank + 1 - y.ndim)
    if missing:
        y = reshape(y, shape=(y.shape[0], *missing, *y.shape[1:]))
    return y if axes is None else transpose(y, axes=axes)


# -- gather ------------------------------------------------------------------------


def _gather(x, *arrays, index):
    try:
        return x[index(*arrays)]
    except IndexError as error:
        layout(shape_of(x), index, *array_shapes(arrays))
        raise IndexError(f"{error}, indexing shape {shape_of(x)}") from None


def _abstract_gather(x, *arrays, index):
    return Aval(layout(x.shape, index, *(a.shape for a in arrays)).shape, x.dtype)


def _batch_gather(args, dims, size, *, index):
    (x, *arrays), (dim, *array_dims) = args, dims
    if dim is None:  # the batch axis becomes one more axis of the index arrays
        lay = layout(shape_of(x), index, *logical_shapes(arrays, array_dims))
        arrays = _aligned(arrays, array_dims, lay.rank)
        return gather(x, *arrays, index=index), lay.place
    x = to_front(x, dim)
    index, arrays, axes = batched_index(x.shape[1:], arrays, array_dims, size, index)
    z = gather(x, *arrays, index=index)
    if axes is None:
        return z, 0
    if axes[0]:  # the batch axis only stands elsewhere
        return z, axes.index(0)
    return transpose(z, axes=inverse_axes(axes)), 0


def _reading(name, copied, **fields):
    """Return a primitive that reads at index arrays; ``copied`` says if that copies."""

    def pull(ct, z, x, *arrays, index):
        return scatter_p(ct, *arrays, shape=x.shape, index=index)

    def push(ts, z, x, *arrays, index):
        return gather(ts[0], *arrays, index=index)

    def impl(x, *arrays, index):
        z = _gather(x, *arrays, index=index)
        return z if copied else z.copy("K")

    def emit(names, *, index):
        text = f"{names[0]}[{index.text(names[1:])}]"
        return text if copied else f"{text}.copy('K')"

    return Primitive(
        name,
        impl=_gather if copied else impl,
        abstract=_abstract_gather,
        vjp=(pull,),
        jvp=push,
        batch=_batch_gather,
        emit=emit,
        **fields,
    )


gather_p = _reading("gather", copied=True)

# Where no index array has an axis, NumPy gives a view, unless of a single element.
pick_p = _reading(
    "pick",
    copied=False,
    in_order=lambda flags, *, index: [flags[0] and set(index.items) == {ARRAY}],
)


def _is_view(x, arrays, index):
    if any(map(ndim_of, arrays)):
        return False
    single = all(item is ARRAY or type(item) is int for item in index.items)
    return not (single and len(index.items) == ndim_of(x))


ROWS = make_index((ARRAY,))


def _rows(x, i):
    """Return ``x[i]``; ``take`` is faster, and lays out contiguous rows alike."""
    plain = x.flags.c_contiguous and i.flags.c_contiguous and i.dtype.kind == "i"
    try:
        # Of an array without rows, take says no index.
        return x.take(i, axis=0) if plain and len(x) else x[i]
    except IndexError as error:
        raise IndexError(f"{error}, indexing shape {x.shape}") from None


rows_p = Primitive(
    "rows",
    impl=_rows,
    abstract=lambda x, i: Aval(i.shape + x.shape[1:], x.dtype),
    vjp=(lambda ct, z, x, i: scatter_p(ct, i, shape=x.shape, index=ROWS),),
    jvp=lambda ts, z, x, i: rows_p(ts[0], i),
    batch=lambda args, dims, size: _batch_gather(args, dims, size, index=ROWS),
    in_order=lambda flags: [all(flags)],
)


def gather(x, *arrays, index):
    """Return the elements of ``x`` at index arrays.

    >>> gather(np.array([[1, 2], [3, 4]]), np.array([1, 1]), index=ROWS)
    array([[3, 4],
           [3, 4]])
    """
    if index is ROWS and ndim_of(x) > 1 and ndim_of(arrays[0]):
        return rows_p(x, *arrays)
    prim = pick_p if _is_view(x, arrays, index) else gather_p
    return prim(x, *arrays, index=index)


def _scatter(y, *arrays, shape, index):
    z = np.zeros(shape, y.dtype)
    add_at(z, index(*arrays), y)
    return z


def _batch_scatter(args, dims, size, *, shape, index):
    (y, *arrays), (dim, *array_dims) = args, dims
    rank = len(layout(shape, index, *logical_shapes(arrays, array_dims)).shape)
    index, arrays, axes = batched_index(shape, arrays, array_dims, size, index)
    y = to_slot(mapped(y, dim, size), 0, rank, axes)
    return scatter_p(y, *arrays, shape=(size, *shape), index=index), 0


scatter_p = Primitive(
    "scatter",
    impl=_scatter,
    abstract=lambda y, *arrays, shape, index: Aval(shape, y.dtype),
    vjp=(lambda ct, z, y, *arrays, shape, index: gather(ct, *arrays, index=index),),
    jvp=lambda ts, z, y, *arrays, **params: scatter_p(ts[0], *arrays, **params),
    batch=_batch_scatter,
    in_order=lambda flags, **params: [True],
)
