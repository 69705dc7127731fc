"""``jit``: stage a function once per signature, and run the compiled program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import Jaxpr, Tracer, short_errors, trimmed
from ..pytree import PyTreeDef, tree_flatten, tree_unflatten
from ..transforms.staging import ShapeDtypeStruct
from .call import call
from .runtime import Compiled, compiled, identifier
from .signatures import PerSignature, signature


class Jit(PerSignature):
    """What `jit` returns: a callable that compiles at its first call per signature."""

    transformation = "jit"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self.static_argnums or self.static_argnames:
                return self.run(args, kwargs)
            leaves, tree = tree_flatten((args, kwargs))
            program = self.programs.get((tree, *map(signature, leaves)))
            if program is None or program.function is None:
                return self.run(args, kwargs)
            return tree_unflatten(program.out_tree, program.function(*leaves))
        except Exception as error:
            __tracebackhide__ = True
            raise trimmed(error)

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Find or make the program for these arguments, and run or call it."""
        key, program, inputs = self.find(args, kwargs)
        function = program.function
        if any(type(x) is Tracer for x in inputs):
            outs = call(*inputs, jaxpr=program.jaxpr, name=self.__name__)
            return tree_unflatten(program.out_tree, outs)
        if function is None:
            names = self.leaf_names(args, kwargs)
            function = compiled(program.jaxpr, self.__name__, names).function
            self.programs[key] = program._replace(function=function)
        return tree_unflatten(program.out_tree, function(*inputs))

    # -- ahead of time ---------------------------------------------------------

    @short_errors
    def trace(self, *args: Any, **kwargs: Any) -> Traced:
        """Return the jaxpr for these arguments (arrays or shapes), not compiled."""
        jaxpr, out_tree = self.stage(args, kwargs)
        return Traced(jaxpr, out_tree, self.__name__, self.leaf_names(args, kwargs))

    @short_errors
    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """Return the program for these arguments; ``.as_text()`` is its source."""
        return self.trace(*args, **kwargs).lower()

    def eval_shape(self, *args: Any, **kwargs: Any) -> Any:
        """Return the shapes and dtypes of the output."""
        return self.trace(*args, **kwargs).out_info

    def clear_cache(self) -> None:
        """Forget all compiled programs."""
        self.programs.clear()


class Traced:
    """A function staged for one signature."""

    def __init__(
        self, jaxpr: Jaxpr, out_tree: PyTreeDef, fun_name: str, names: list[str]
    ) -> None:
        self.jaxpr = jaxpr
        self.out_tree = out_tree
        self.fun_name = fun_name
        self.names = names

    @property
    def out_info(self) -> Any:
        """The shapes and dtypes of the output."""
        avals = self.jaxpr.out_avals
        structs = [ShapeDtypeStruct(a.shape, a.dtype, a.weak) for a in avals]
        return tree_unflatten(self.out_tree, structs)

    def lower(self) -> Lowered:
        """Optimise the program and emit its source."""
        return Lowered(self)


class Lowered:
    """A program optimised and written as Python source."""

    def __init__(self, traced: Traced) -> None:
        self.traced = traced
        name = identifier(traced.fun_name)
        self.program = Compiled(traced.jaxpr, name, traced.names)

    @property
    def jaxpr(self) -> Jaxpr:
        """The jaxpr after all passes."""
        return self.program.jaxpr

    def as_text(self) -> str:
        """Return the NumPy source that runs, and what the names in it mean."""
        return self.program.source.legend + self.program.source.text

    def compile(self) -> Callable[..., Any]:
        """Return a function of the (dynamic) arguments that runs the program."""

        def run(*args: Any, **kwargs: Any) -> Any:
            leaves, _ = tree_flatten((args, kwargs))
            outs = self.program.function(*leaves)
            return tree_unflatten(self.traced.out_tree, outs)

        return run


@short_errors
def jit(
    fun: Callable[..., Any] | None = None,
    in_shardings: Any = None,
    out_shardings: Any = None,
    static_argnums: int | tuple[int, ...] | list[int] | None = None,
    static_argnames: str | tuple[str, ...] | list[str] | None = None,
    donate_argnums: int | tuple[int, ...] | list[int] | None = None,
    donate_argnames: str | tuple[str, ...] | list[str] | None = None,
    keep_unused: bool = False,
    device: Any = None,
    backend: Any = None,
    inline: bool = False,
    compiler_options: Any = None,
) -> Callable[..., Any]:
    """Return a function that compiles ``fun`` to NumPy code, once per signature.

    A signature is the structure of the arguments, the shapes and dtypes of their
    arrays, and the values of static arguments, which have to be hashable. Usable as
    ``@jit`` and as ``@jit(static_argnums=0)``. The remaining options exist for
    programs written for JAX: they do not change what is computed.

    >>> import numpy as np
    >>> f = jit(lambda x: np.sum(np.tanh(x) ** 2))
    >>> f(np.zeros(2))
    np.float64(0.0)
    >>> print(f.lower(np.zeros(2)).as_text())
    def lambda_(x):
        return (np.add.reduce(np.tanh(x) ** 2, axis=0),)
    <BLANKLINE>
    """
    if fun is None:
        return lambda fun: Jit(fun, static_argnums, static_argnames)
    return Jit(fun, static_argnums, static_argnames)
