"""How the values of a program lie in memory, as far as that is known.

The last bits of what NumPy computes can depend on the layout of its operands. A step
that writes into a buffer, or that goes block by block, sees C order; so it takes the
place of plain NumPy only where NumPy would have seen and made C order as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..core import Eqn, Jaxpr, Var, atom_aval
from ..ops.basic import cast, reshape, transpose
from ..ops.dot_general import dot_general_p, dot_p, matmul_p
from ..ops.index import slice_p

_COPIES = frozenset({"concatenate", "stack", "cast_discrete"})
Strides = tuple[int, ...]


def contiguous_vars(jaxpr: Jaxpr, ordered: Iterable[Var] | None = None) -> set[Var]:
    """Return the variables that are C-contiguous if some arguments are, or all.

    >>> from fgrad import make_jaxpr
    >>> jaxpr = make_jaxpr(lambda x: (np.sin(x), x.T))(np.ones((2, 3)))
    >>> [v in contiguous_vars(jaxpr) for v in jaxpr.outs]
    [True, False]
    """
    layouts = _Layouts(jaxpr, jaxpr.invars if ordered is None else ordered)
    return {v for v in layouts.strides if layouts.is_c(v)}


def in_c_order(atom: Any, known: set[Var]) -> bool:
    """Say whether an atom is a scalar or certainly a C-contiguous array."""
    if type(atom) is Var:
        return atom in known or not atom.aval.shape
    if isinstance(atom, np.ndarray):
        return bool(atom.flags.c_contiguous and atom.flags.aligned)
    return not atom_aval(atom).shape


def decisive_inputs(jaxpr: Jaxpr, wanted: Iterable[Var]) -> list[Var]:
    """Return the arguments whose layout decides that of some variables."""
    reached = set(wanted)
    for eqn in reversed(jaxpr.eqns):
        matrix = eqn.prim in (dot_general_p, dot_p) and eqn.outs[0].aval.ndim <= 2
        if not matrix and any(v in reached for v in eqn.outs):
            reached.update(a for a in eqn.inputs if type(a) is Var and a.aval.shape)
    return [v for v in jaxpr.invars if v in reached and v.aval.shape]


def c_strides(shape: tuple[int, ...]) -> Strides:
    """Return the strides of a C-contiguous array, in elements.

    >>> c_strides((2, 3, 4))
    (12, 4, 1)
    """
    strides = [1]
    for size in shape[:0:-1]:
        strides.append(strides[-1] * max(size, 1))
    return tuple(reversed(strides))[: len(shape)]


class _Layouts:
    """The strides of a program's values, in elements, where they are known."""

    def __init__(self, jaxpr: Jaxpr, ordered: Iterable[Var]) -> None:
        self.strides = {v: c_strides(v.aval.shape) for v in ordered}
        for eqn in jaxpr.eqns:
            if eqn.prim.in_order is not None:
                flags = list(map(self.is_c, eqn.inputs))
                flags = eqn.prim.in_order(flags, **eqn.params)
                made = (v for v, flag in zip(eqn.outs, flags) if flag)
                self.strides.update((v, c_strides(v.aval.shape)) for v in made)
            elif len(eqn.outs) == 1:
                strides = self._made(eqn)
                if strides is not None:
                    self.strides[eqn.outs[0]] = strides

    def is_c(self, atom: Any) -> bool:
        """Say whether an atom is certainly C-contiguous, or a scalar."""
        shape = atom_aval(atom).shape
        strides = self.of(atom)
        if strides is None or not all(shape):
            return strides is not None
        expected = c_strides(shape)
        return all(s == e or n == 1 for n, s, e in zip(shape, strides, expected))

    def of(self, atom: Any) -> Strides | None:
        """Return the strides of an atom, None if they are unknown."""
        if type(atom) is Var:
            return self.strides.get(atom) if atom.aval.shape else ()
        if isinstance(atom, np.ndarray) and not atom.flags.aligned:
            return None
        if isinstance(atom, np.ndarray):
            return tuple(s // atom.itemsize for s in atom.strides)
        return ()

    def _made(self, eqn: Eqn) -> Strides | None:
        """Return the strides of what an equation makes of known operands."""
        prim, shape = eqn.prim, eqn.outs[0].aval.shape
        if prim.view:
            return self._viewed(eqn)
        if prim is dot_p:
            return c_strides(shape)
        if prim in (dot_general_p, matmul_p):
            return c_strides(shape) if self._is_product_in_order(eqn) else None
        reduces = "keepdims" in eqn.params
        keeps = prim.elementwise or reduces or prim is cast or prim.name in _COPIES
        return c_strides(shape) if keeps and all(map(self.is_c, eqn.inputs)) else None

    def _viewed(self, eqn: Eqn) -> Strides | None:
        """Return the strides of a view, found with an array that is never read."""
        prim, (x, *arrays) = eqn.prim, eqn.inputs
        strides = self.of(x)
        if strides is None or prim not in (reshape, transpose, slice_p) or arrays:
            return None
        shown = as_strided(np.empty((), np.int8), atom_aval(x).shape, strides)
        if prim is reshape:
            return self._reshaped(shown, eqn.params["shape"], self.is_c(x))
        view = prim.impl(shown, **eqn.params)
        return view.strides if isinstance(view, np.ndarray) else None

    def _reshaped(self, shown: Any, shape: Any, in_order: bool) -> Strides | None:
        if in_order:
            return c_strides(shape)
        try:
            return np.reshape(shown, shape, copy=False).strides
        except ValueError:  # a copy, in C order
            return c_strides(shape)
        except TypeError:  # before NumPy 2.1
            return None

    def _is_product_in_order(self, eqn: Eqn) -> bool:
        """Say whether NumPy gives a product in C order.

        Matrices are; stacks of them are in the order of the operands' stacks.
        """
        stacks = _stacks(eqn)
        if stacks is None:
            return False
        for atom, axes in zip(eqn.inputs, stacks):
            strides, shape = self.of(atom), atom_aval(atom).shape
            if axes and strides is None:
                return False
            found = [strides[a] for a in axes if shape[a] != 1] if strides else []
            if found != sorted(found, reverse=True):
                return False
        return True


def _stacks(eqn: Eqn) -> tuple[Any, Any] | None:
    """Return the axes of the operands that number matrices; None if it is no product.

    A product of columns and rows, that is of broadcast arrays, is none.
    """
    x, y = (atom_aval(a).ndim for a in eqn.inputs)
    if eqn.prim is matmul_p:
        return tuple(range(x - 2)), tuple(range(y - 2))
    assert callable(eqn.prim.emit)
    text = eqn.prim.emit(["x", "y"], **eqn.params)
    plain = text.startswith("(") and text.endswith(")") and " @ " in text
    if not plain:
        return None
    batch = eqn.params["batch"]
    return batch if batch[0] else (tuple(range(x - 2)), tuple(range(y - 2)))
