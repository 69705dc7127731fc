"""Einstein summation: pairs of operands contracted one after the other."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..core import ndim_of, shape_of
from ..core.printing import ALPHABET
from .basic import reduce_sum, reshape, sum_axes, transpose
from .dot_general import dot_general
from .gather import gather
from .index_spec import ARRAY, FULL, make_index

ascii_letters = ALPHABET + ALPHABET.upper()

# -- reading the spec --------------------------------------------------------------


@lru_cache(maxsize=1024)
def _labels(spec, ndims):
    """Return the labels of every operand, a character per axis, and of the result.

    >>> _labels("...i,i->...", (2, 1))
    (('0i', 'i'), '0')
    """
    spec = spec.replace(" ", "")
    inputs, arrow, output = spec.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ndims):
        raise ValueError(
            f"the spec has {len(terms)} operands, but {len(ndims)} were given"
        )
    _check_characters(spec, arrow, output)
    hidden = [
        ndim - len(term.replace("...", ""))
        for term, ndim in zip(terms, ndims, strict=True)
    ]
    for term, ndim, n in zip(terms, ndims, hidden, strict=True):
        if n < 0 or (n and "..." not in term):
            raise ValueError(f"{term!r} does not name the axes of a {ndim}-d operand")
    most = max((n for t, n in zip(terms, hidden, strict=True) if "..." in t), default=0)
    names = "".join(chr(_HIDDEN + k) for k in range(most))
    terms = tuple(
        term.replace("...", names[most - n :] if "..." in term else "")
        for term, n in zip(terms, hidden, strict=True)
    )
    if not arrow:
        every = "".join(terms)
        once = sorted(c for c in set(every) if every.count(c) == 1 and c not in names)
        return terms, names + "".join(once)
    return terms, _output(output, names, terms)


_HIDDEN = ord("0")  # labels of the axes that an ellipsis stands for


def _check_characters(spec, arrow, output):
    for character in spec.replace("->", "", 1).replace("...", ""):
        if character not in ascii_letters and character != ",":
            raise ValueError(f"{character!r} is not a letter, an ellipsis, ',' or '->'")
    if "," in output or (arrow and "->" in output):
        raise ValueError("there can be one output")


def _output(output, names, terms):
    if names and "..." not in output:
        raise ValueError("the output must have the ellipsis of the operands")
    output = output.replace("...", names)
    for label in output:
        if output.count(label) > 1:
            raise ValueError(f"the output names {label!r} twice")
        if not any(label in term for term in terms):
            raise ValueError(f"the output has {label!r}, but no operand has")
    return output


def _from_lists(args):
    """Return spec and operands of ``einsum(x, [0, 1], y, [1, 2], [0, 2])``."""
    output = args[-1] if len(args) % 2 else None
    pairs = args[: len(args) // 2 * 2]
    spec = ",".join(map(_sublist, pairs[1::2]))
    if output is not None:
        spec += "->" + _sublist(output)
    return spec, pairs[::2]


def _sublist(labels):
    try:
        return "".join("..." if k is Ellipsis else ascii_letters[k] for k in labels)
    except (IndexError, TypeError):
        raise ValueError(
            f"einsum: {labels!r} must be a list of integers below 52 and Ellipsis"
        ) from None


# -- one operand -------------------------------------------------------------------


def _diagonal(x, labels):
    """Return an operand in which every label occurs once."""
    for label in labels:
        axes = [a for a, other in enumerate(labels) if other == label]
        if len(axes) > 1:
            items = [ARRAY if a in axes else FULL for a in range(len(labels))]
            rows = np.arange(shape_of(x)[axes[0]])
            x = gather(x, *[rows] * len(axes), index=make_index(tuple(items)))
            kept = labels.replace(label, "")
            apart = axes[-1] - axes[0] >= len(axes)  # then NumPy moves the diagonal
            place = 0 if apart else axes[0]
            return _diagonal(x, kept[:place] + label + kept[place:])
    return x, labels


def _summed(x, labels, kept):
    """Return an operand summed over the labels that nobody else has."""
    axes = tuple(a for a, label in enumerate(labels) if label not in kept)
    if not axes:
        return x, labels
    if x.dtype.kind in "fc":
        x = sum_axes(x, axes)
    else:  # np.einsum keeps small integers small, and booleans boolean
        x = reduce_sum(x, axes=axes, keepdims=False, dtype=x.dtype)
    return x, "".join(c for c in labels if c in kept)


def _squeezed(x, labels, sizes):
    """Drop the axes of length 1 that broadcast against a longer one."""
    axes = [a for a, n in enumerate(shape_of(x)) if n == 1 != sizes[labels[a]]]
    if not axes:
        return x, labels
    kept = [a for a in range(len(labels)) if a not in axes]
    shape = tuple(shape_of(x)[a] for a in kept)
    return reshape(x, shape=shape), "".join(labels[a] for a in kept)


def _sizes(terms, shapes):
    sizes = {}
    for labels, shape in zip(terms, shapes, strict=True):
        for label, n in zip(labels, shape, strict=True):
            if sizes.setdefault(label, n) in (1, n):
                sizes[label] = n
            elif n != 1:
                name = label if label in ascii_letters else "..."
                raise ValueError(f"axis {name!r} has lengths {sizes[label]} and {n}")
    return sizes


def _ordered(x, labels, output):
    axes = tuple(map(labels.index, output))
    return x if axes == tuple(range(len(axes))) else transpose(x, axes=axes)


# -- two operands ------------------------------------------------------------------


def _pair(x, x_labels, y, y_labels, kept, output):
    """Contract two operands; labels outside ``kept`` are summed over.

    They swap if that gives the axes of the ``output`` in order.
    """
    x, x_labels = _summed(x, x_labels, kept | set(y_labels))
    y, y_labels = _summed(y, y_labels, kept | set(x_labels))
    common = [c for c in x_labels if c in y_labels]
    batch = sorted((c for c in common if c in kept), key=output.find)
    contract = [c for c in common if c not in kept]
    free_x, free_y = ([c for c in e if c not in common] for e in (x_labels, y_labels))
    if "".join(batch + free_x + free_y) != output == "".join(batch + free_y + free_x):
        x, x_labels, y, y_labels = y, y_labels, x, x_labels
        free_x, free_y = free_y, free_x

    def axes(labels):
        return tuple(tuple(map(side.index, labels)) for side in (x_labels, y_labels))

    z = dot_general(x, y, contract=axes(contract), batch=axes(batch))
    return z, "".join(batch + free_x + free_y)


def _path(spec, shapes, optimize):
    """Return which operands meet at each step: their positions, the greater ones first.

    The result of a step goes to the end, as in ``np.einsum_path``.
    """
    if len(shapes) < 3:
        return ((0, 1),)
    if isinstance(optimize, list | tuple):
        if optimize and optimize[0] == "einsum_path":
            return optimize[1:]
        optimize = tuple(optimize)  # a method and a limit of memory
    if type(optimize) is bool:  # the search for the best one takes factorial time
        optimize = "optimal" if len(shapes) <= 4 else "greedy"
    return _found_path(spec, shapes, optimize)


@lru_cache(maxsize=1024)
def _found_path(spec, shapes, method):
    dummies = [np.broadcast_to(0.0, shape) for shape in shapes]
    return tuple(np.einsum_path(spec, *dummies, optimize=method)[0][1:])


def einsum(*args, optimize=False):
    """Return the Einstein summation of any number of operands.

    Operands are contracted in pairs, by matrix products, in the order that
    ``np.einsum_path`` finds: the best one of up to four, a greedy one of more.
    ``optimize`` can be a method or a path. Axes of length 1 broadcast. Rounding can
    differ from ``np.einsum``, which by default adds up one element after the other.

    >>> einsum("ij,jk->ik", np.eye(2), np.ones((2, 3)))
    array([[1., 1., 1.],
           [1., 1., 1.]])
    """
    if not args:
        raise ValueError("einsum: a spec and operands are needed")
    spec, operands = (
        (args[0], args[1:]) if isinstance(args[0], str) else _from_lists(args)
    )
    operands = [x if hasattr(x, "shape") else np.asarray(x) for x in operands]
    shapes = [shape_of(x) for x in operands]
    try:
        terms, output = _labels(spec, tuple(map(ndim_of, operands)))
        sizes = _sizes(terms, shapes)
    except ValueError as error:
        raise ValueError(
            f"einsum: {error}, in {spec!r} with operands of shapes "
            f"{', '.join(map(str, shapes))}"
        ) from None
    found = [
        _diagonal(*_squeezed(x, labels, sizes))
        for x, labels in zip(operands, terms, strict=True)
    ]
    for step in _path(spec, tuple(shapes), optimize):
        if len(found) == 1:
            break
        found = _step(found, step, output)
    ((x, labels),) = found
    return _ordered(*_summed(x, labels, set(output)), output)


def _step(found, step, output):
    """Replace the operands at the positions of one step by their contraction."""
    chosen = [found[k] for k in step]
    rest = [each for k, each in enumerate(found) if k not in step]
    z, *others = chosen
    for i, other in enumerate(others):
        later = [*others[i + 1 :], *rest]
        needed = set(output).union(*(labels for _, labels in later))
        last = "" if later else output
        z = _pair(*z, *other, needed, last)
    return [*rest, z]
