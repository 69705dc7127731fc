"""Jacobians and Hessians: vjp and jvp mapped over a standard basis."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import aval_of, dtype_of, is_array, not_numeric, shape_of, short_errors
from ..ops.basic import reshape, to_front, transpose
from ..pytree import PyTreeDef, tree_flatten, tree_unflatten
from .arguments import (
    Transformed,
    argument_names,
    checked_argnums,
    name_of,
    split_aux,
)
from .grad import grad
from .jvp import jvp, named_jvp
from .vjp import check_outputs, named_vjp
from .vmap import vmap

_EMPTY = inspect.Parameter.empty
Argnums = int | tuple[int, ...] | list[int]
_HINTS = {
    "c": "Pass holomorphic=True for a complex-differentiable function",
    "f": "Leave holomorphic=True away",
    "i": "Write x.astype(float), or 3.0 instead of 3",
}


class Jacobian(Transformed):
    """What the Jacobian functions share: chosen arguments, checks, and assembly."""

    real_output = False

    def __init__(
        self,
        fun: Callable[..., Any],
        argnums: Argnums,
        has_aux: bool,
        holomorphic: bool,
        allow_int: bool = False,
    ) -> None:
        super().__init__(fun)
        self.argnums = argnums
        self.has_aux = has_aux
        self.holomorphic = holomorphic
        self.allow_int = allow_int

    def chosen(self, args: tuple[Any, ...]) -> tuple[Any, Callable[..., Any]]:
        """Return the differentiated arguments and the function of them alone."""
        positions = checked_argnums(self.argnums, len(args), self.name)
        trees = tuple(args[p] for p in positions)
        self._check_inputs(trees, positions)

        def partial(*chosen: Any, **kwargs: Any) -> Any:
            full = list(args)
            for p, tree in zip(positions, chosen, strict=True):
                full[p] = tree
            out = self.fun(*full, **kwargs)
            main = split_aux(out, self.name)[0] if self.has_aux else out
            self.check_output(tree_flatten(main)[0])
            return out

        partial.__name__ = self.__name__
        _name_parameters(partial, self.fun, positions)
        return trees, partial

    def _check_inputs(self, trees: Any, positions: Any) -> None:
        wanted = "c" if self.holomorphic else "f"
        for i, leaf in enumerate(tree_flatten(trees)[0]):
            kind = dtype_of(leaf).kind if is_array(leaf) else ""
            hint = _HINTS.get(kind, _HINTS["i"])
            if kind == wanted or (self.allow_int and kind in ("i", "u", "b")):
                continue
            name = argument_names(self.fun, positions, trees)[i]
            need = "complex" if self.holomorphic else "real float"
            raise TypeError(
                f"{self.name}: {name} must be {need} to be differentiated; "
                + (f"it is {aval_of(leaf)}. {hint}" if kind else not_numeric(leaf))
            )
        if not tree_flatten(trees)[0]:
            raise TypeError(
                f"{self.name}: there is nothing to differentiate, argument "
                f"{trees[0] if len(trees) == 1 else trees!r} has no arrays in it"
            )

    def check_output(self, leaves: list[Any]) -> None:
        """Raise unless the outputs have a Jacobian."""
        check_outputs(leaves, self.name)
        for aval in map(aval_of, leaves):
            if self.holomorphic and aval.dtype.kind != "c":
                raise TypeError(
                    f"{self.name}: holomorphic=True needs a complex output, got {aval}"
                )
            if aval.dtype.kind == "c" and not self.holomorphic and self.real_output:
                raise TypeError(
                    f"{self.name}: the output is complex ({aval}), which reverse mode "
                    "of a real function does not cover: use fgrad.jacfwd, or return "
                    "real and imaginary parts"
                )
            if aval.dtype.kind not in "fc":
                raise TypeError(
                    f"{self.name}: the output is {aval}: integers have no derivative, "
                    "return them as extra output with has_aux=True"
                )

    def finish(self, result: Any, aux: Any) -> Any:
        """Return the Jacobian in the form that ``argnums`` and ``has_aux`` ask for."""
        return (result, aux) if self.has_aux else result


def _name_parameters(partial: Any, fun: Any, positions: tuple[int, ...]) -> None:
    """Give a function of chosen arguments the names that they have in ``fun``."""
    try:
        parameters = list(inspect.signature(fun).parameters.values())
        chosen = [parameters[p].replace(default=_EMPTY) for p in positions]
        partial.__signature__ = inspect.Signature(chosen)
    except (TypeError, ValueError, IndexError):
        return  # messages count the arguments instead


def basis(leaves: list[Any]) -> list[np.ndarray]:
    """Return the standard basis of some arrays together, one batch for each array.

    >>> [b.shape for b in basis([np.zeros(2), 1.0])]
    [(3, 2), (3,)]
    """
    sizes = [aval_of(x).size for x in leaves]
    starts = np.cumsum([0, *sizes])
    made = []
    for x, start, size in zip(leaves, starts, sizes):
        rows = np.zeros((starts[-1], size), dtype_of(x))
        rows[start : start + size] = np.eye(size, dtype=rows.dtype)
        made.append(rows.reshape(starts[-1], *shape_of(x)))
    return made


def _pieces(rows: Any, leaves: list[Any]) -> list[Any]:
    """Cut the leading axis of ``rows`` into the shapes of some arrays."""
    found, start = [], 0
    for x in leaves:
        aval = aval_of(x)
        whole = aval.size == shape_of(rows)[0]
        part = rows if whole else rows[start : start + aval.size]
        found.append(reshape(part, shape=(*aval.shape, *shape_of(rows)[1:])))
        start += aval.size
    return found


class Jacrev(Jacobian):
    """What `jacrev` returns."""

    transformation = "jacrev"
    real_output = True  # a complex cotangent would be cut to its real part

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Pull every basis cotangent back at once."""
        trees, partial = self.chosen(args)
        run = functools.wraps(partial)(lambda *chosen: partial(*chosen, **kwargs))
        out, f_vjp, *aux = named_vjp(run, trees, self.has_aux, self.name)
        outs, out_tree = tree_flatten(out)
        cts = tree_unflatten(out_tree, basis(outs))
        pulled = vmap(f_vjp)(cts)
        if not isinstance(self.argnums, tuple | list):
            (pulled,) = pulled
        rows, in_tree = tree_flatten(pulled)
        cut = [_pieces(r, outs) for r in rows]  # [input][output]
        blocks = [tree_unflatten(in_tree, list(col)) for col in zip(*cut)]
        return self.finish(tree_unflatten(out_tree, blocks), aux[0] if aux else None)


class Jacfwd(Jacobian):
    """What `jacfwd` returns."""

    transformation = "jacfwd"

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Push every basis tangent at once."""
        trees, partial = self.chosen(args)
        leaves, in_tree = tree_flatten(trees)
        kept: list[Any] = []
        run = functools.wraps(partial)(lambda *chosen: partial(*chosen, **kwargs))

        def push_one(*ts: Any) -> Any:
            out, t_out, *aux = named_jvp(
                run, leaves, ts, in_tree, self.has_aux, self.name
            )
            kept[:] = [tree_flatten(out)[0], aux]
            return t_out

        pushed = vmap(push_one, out_axes=-1)(*basis(leaves))
        aux = kept[1]
        columns, out_tree = tree_flatten(pushed)
        blocks = [self._block(c, leaves, in_tree) for c in columns]
        return self.finish(tree_unflatten(out_tree, blocks), aux[0] if aux else None)

    def _block(self, columns: Any, leaves: list[Any], in_tree: PyTreeDef) -> Any:
        rows = to_front(columns, columns.ndim - 1)
        cut = []
        for piece, x in zip(_pieces(rows, leaves), leaves, strict=True):
            inner = aval_of(x).ndim
            order = (*range(inner, piece.ndim), *range(inner))
            cut.append(transpose(piece, axes=order))
        tree = tree_unflatten(in_tree, cut)
        return tree if isinstance(self.argnums, tuple | list) else tree[0]


class Hessian(Jacfwd):
    """What `hessian` returns: forward over reverse."""

    transformation = "hessian"

    def __init__(
        self, fun: Callable[..., Any], argnums: Argnums, has_aux: bool, holo: bool
    ) -> None:
        super().__init__(fun, argnums, has_aux, holo)
        self.gradient = Jacrev(fun, argnums, has_aux, holo)
        self.fun = self.gradient


@short_errors
def jacrev(
    fun: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[..., Any]:
    """Return a function that computes the Jacobian of ``fun`` row by row (reverse).

    The result has the structure of the output, each leaf replaced by the structure
    of the arguments; shapes are those of the output followed by those of the
    argument. Best for more inputs than outputs.

    >>> jacrev(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return Jacrev(fun, argnums, has_aux, holomorphic, allow_int)


jacobian = jacrev


@short_errors
def jacfwd(
    fun: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """Return a function that computes the Jacobian column by column (forward).

    The result is that of `jacrev`. Best for more outputs than inputs.

    >>> jacfwd(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return Jacfwd(fun, argnums, has_aux, holomorphic)


@short_errors
def hessian(
    fun: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """Return a function that computes the matrix of second derivatives of ``fun``.

    >>> hessian(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    return Hessian(fun, argnums, has_aux, holomorphic)


@short_errors
def hvp(
    fun: Callable[..., Any],
    primals: tuple[Any, ...] | list[Any],
    tangents: tuple[Any, ...] | list[Any],
) -> Any:
    """Return the Hessian of a scalar ``fun`` at ``primals`` times ``tangents``.

    The Hessian is never formed: this is the derivative of the gradient in one
    direction (forward over reverse). With several primals the result is a tuple.

    >>> hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    array([ 6., 12.])
    """
    name = f"hvp({name_of(fun)})"
    if not all(isinstance(given, tuple | list) for given in (primals, tangents)):
        raise TypeError(
            f"{name}: primals and tangents must be tuples with an entry for each "
            "argument: write hvp(f, (x,), (t,))"
        )
    several = len(primals) > 1
    gradient = grad(fun, argnums=tuple(range(len(primals))) if several else 0)
    return jvp(gradient, primals, tangents)[1]


@short_errors
def value_and_jacobian(
    fun: Callable[..., Any], argnums: Argnums = 0
) -> Callable[..., Any]:
    """Return a function that computes the value of ``fun`` and its Jacobian.

    >>> value_and_jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    (array([1., 4.]), array([[2., 0.],
           [0., 4.]]))
    """

    def paired(*args: Any, **kwargs: Any) -> Any:
        out = fun(*args, **kwargs)
        return out, out

    paired.__name__ = name_of(fun)
    with_value = jacrev(paired, argnums, has_aux=True)

    @short_errors
    def value_and_jacobian_of(*args: Any, **kwargs: Any) -> Any:
        jacobian, value = with_value(*args, **kwargs)
        return value, jacobian

    return value_and_jacobian_of
