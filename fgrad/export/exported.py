"""A transformed function as a program that stands alone."""

from __future__ import annotations

import builtins
import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..compiler.aot import Traced
from ..compiler.call import call
from ..compiler.emit import identifier
from ..compiler.jit import Jit, jit
from ..core import Aval, Jaxpr, Tracer, aval_of, short_errors, trimmed
from ..pytree import PyTreeDef, first_difference, tree_flatten, tree_unflatten
from ..transforms.arguments import Transformed, argument_names, check_callable, name_of
from ..transforms.staging import ShapeDtypeStruct
from .decode import decode
from .encode import encode
from .writing import Signature, Text, refuse_effects, write


class Exported:
    """A program for one signature: as text, as data, and as a function.

    >>> from fgrad import grad
    >>> exported = export(grad(lambda x: np.sum(x**2)))(np.ones(3))
    >>> exported.in_avals, exported.call(np.arange(3.0))
    ((ShapeDtypeStruct(shape=(3,), dtype=float64),), array([0., 2., 4.]))
    """

    def __init__(self, jaxpr: Jaxpr, signature: Signature) -> None:
        self.jaxpr = jaxpr
        self.signature = signature
        self._written: Text | None = None

    @property
    def fun_name(self) -> str:
        """What the function is called in the module."""
        return self.signature.name

    @property
    def in_tree(self) -> PyTreeDef:
        """The structure of ``(args, kwargs)``, without static arguments."""
        return self.signature.in_tree

    @property
    def out_tree(self) -> PyTreeDef:
        """The structure of the output."""
        return self.signature.out_tree

    @property
    def in_avals(self) -> tuple[ShapeDtypeStruct, ...]:
        """The shapes and dtypes of all arrays among the arguments."""
        return _structs(self.jaxpr.in_avals)

    @property
    def out_avals(self) -> tuple[ShapeDtypeStruct, ...]:
        """The shapes and dtypes of all arrays in the output."""
        return _structs(self.jaxpr.out_avals)

    # -- as text -------------------------------------------------------------------

    @property
    @short_errors
    def text(self) -> str:
        """The source of a module that needs NumPy only."""
        return self.written.text

    @property
    def written(self) -> Text:
        """The module's text, and the arrays that it reads from a file beside it."""
        if self._written is None:
            self._written = write(self.jaxpr, self.signature)
        return self._written

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        avals = ", ".join(map(str, self.jaxpr.in_avals))
        return f"<Exported {self.signature.title}({avals})>"

    def save(self, path: str | Path) -> Path:
        """Write the module, and beside it an ``.npz`` file of its large constants.

        ``path`` gets the suffix ``.py`` if it has none; it is returned.
        """
        path = Path(path)
        path = path if path.suffix == ".py" else path.with_name(f"{path.name}.py")
        text, arrays = self.written
        path.write_text(text, encoding="utf-8")
        if arrays:
            with path.with_suffix(".npz").open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
        return path

    @short_errors
    def serialize(self) -> bytes:
        """Return the program as data that `deserialize` reads: JSON and arrays."""
        return encode(self.jaxpr, self.signature)

    # -- as a function -------------------------------------------------------------

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program; transformations apply to it like to any function."""
        try:
            leaves, tree = tree_flatten((args, kwargs))
            title = self.signature.title
            if tree != self.in_tree:
                difference = first_difference(self.in_tree, tree)
                raise TypeError(
                    f"exported {title}: (args, kwargs) have another structure than the "
                    f"program was exported for, {difference}"
                )
            avals = self.jaxpr.in_avals
            inputs = [
                self._fitted(i, x, a) for i, (x, a) in enumerate(zip(leaves, avals))
            ]
            outs = call(*inputs, jaxpr=self.jaxpr, name=self.signature.name)
            return tree_unflatten(self.out_tree, outs)
        except Exception as error:
            __tracebackhide__ = True
            raise trimmed(error)

    def _fitted(self, i: int, x: Any, wanted: Aval) -> Any:
        """Return an argument as what the program was made for."""
        what = f"exported {self.signature.title}: array {i} of the arguments"
        try:
            got = aval_of(x)
        except TypeError as error:
            raise TypeError(f"{what}: {error}") from None
        if got == wanted:
            return x
        known = type(x) is not Tracer and got.shape == () == wanted.shape
        if known and got.dtype == wanted.dtype:
            return x.item() if wanted.weak else wanted.dtype.type(x)
        if type(x) is Tracer and got[:2] == wanted[:2]:
            return x
        raise TypeError(
            f"{what} is {got}, but the program was exported for {wanted}. Export it "
            "for these arguments too, or convert the argument"
        )


def _structs(avals: tuple[Aval, ...]) -> tuple[ShapeDtypeStruct, ...]:
    return tuple(ShapeDtypeStruct(a.shape, a.dtype, a.weak) for a in avals)


def title_of(fun: Any) -> str:
    """Return what messages call a function with all its transformations.

    >>> from fgrad import grad, vmap
    >>> title_of(vmap(grad(np.sin)))
    'vmap(grad(sin))'
    """
    if isinstance(fun, functools.partial):
        return title_of(fun.func)
    if isinstance(fun, Jit):
        return title_of(fun.fun)
    if isinstance(fun, Transformed):
        return f"{fun.transformation}({title_of(fun.fun)})"
    return name_of(fun)


def _traced(fun: Any, args: Any, kwargs: Any) -> tuple[Traced, tuple[str, ...]]:
    """Return a function staged for some arguments, and the names of its parameters."""
    jitted: Any = fun if isinstance(fun, Jit) else jit(fun)
    traced = jitted.trace(*args, **kwargs)
    arguments = jitted._arguments(args, kwargs)
    dynamic, target = arguments.dynamic, arguments.target(jitted.fun)
    names = argument_names(target, range(len(dynamic)), dynamic, whole=True)
    words = (re.sub(r"\W+", "_", n.removeprefix("argument ")).strip("_") for n in names)
    return traced, tuple(w if w.isidentifier() else f"x{w}" for w in words)


@short_errors
def export(
    fun: Callable[..., Any], *, name: str | None = None
) -> Callable[..., Exported]:
    """Return a function that gives ``fun`` as a program for the arguments it gets.

    Arguments may be arrays, or `ShapeDtypeStruct` in their place. A jitted function
    keeps its static arguments.

    Args:
        fun: a function of trees of arrays, transformed or not.
        name: what the function is called in the module; made from ``fun`` by default.

    >>> from fgrad import grad
    >>> loss = lambda w, x: np.sum((x @ w) ** 2)
    >>> exported = export(grad(loss), name="slope")(np.ones(3), np.ones((2, 3)))
    >>> print(exported.text[exported.text.index("    w =") :].partition("\\n\\n")[0])
        w = check_array('w', w, (3,), 'float64')
        x = check_array('x', x, (2, 3), 'float64')
        return x.T @ (2.0 * (x @ w))
    """
    check_callable(fun, "export")
    title = title_of(fun)

    @short_errors
    def exported(*args: Any, **kwargs: Any) -> Exported:
        traced, parameters = _traced(fun, args, kwargs)
        keywords = tuple(traced.in_tree._spec[3][1])  # type: ignore[index]
        own = free_name(name or title)
        trees = traced.in_tree, traced.out_tree
        signature = Signature(title, own, parameters, keywords, *trees)
        refuse_effects(traced.jaxpr, title)
        return Exported(traced.jaxpr, signature)

    return exported


@short_errors
def deserialize(data: bytes) -> Exported:
    """Return the program that `Exported.serialize` wrote; nothing in it is run.

    Classes of pytree nodes must be registered before. Raises ValueError for data that
    is damaged, or was written by a later version.

    >>> data = export(lambda x: np.sin(x) * x)(1.0).serialize()
    >>> from fgrad import grad
    >>> grad(deserialize(data).call)(0.0)
    np.float64(0.0)
    """
    return Exported(*decode(data))


def free_name(name: str) -> str:
    """Return a function's name that hides nothing that Python defines.

    >>> free_name("grad(loss)"), free_name("sum")
    ('grad_loss', 'sum_')
    """
    word = identifier(name)
    return f"{word}_" if word in dir(builtins) else word
