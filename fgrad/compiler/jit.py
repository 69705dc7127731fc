"""``jit``: stage a function once per signature, and run the compiled program."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from ..core import Tracer, check_program, short_errors, trimmed
from ..pytree import tree_flatten, tree_structure, tree_unflatten
from ..settings import config
from ..transforms.axis_names import axes_in_scope
from .aot import Lowered, Signature, Traced, executable
from .call import call
from .signature import Arguments, python_names, signature_of
from .staged import Found, Options, Staged


class Jit(Staged):
    """What `jit` returns: a callable that compiles at its first call per signature."""

    transformation = "jit"
    last_tree = tree_structure(None)  # of the last call: the next is likely to have it

    def __init__(
        self, fun: Callable[..., Any], static: tuple[Any, Any], donate: tuple[Any, Any]
    ) -> None:
        super().__init__(fun, static, donate)
        _check_disjoint(self.options, self.name)
        self.last_tree = tree_structure(
            None
        )  # of the arguments: the next are likely to have it

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if config.touched and config.interferes:
                return super().__call__(*args, **kwargs)
            if self.has_static or axes_in_scope.get():
                return self.run(args, kwargs)
            tree = self.last_tree
            leaves = tree.take((args, kwargs))
            if leaves is None:
                leaves, tree = tree_flatten((args, kwargs))
                if tree.is_warm:
                    self.last_tree = tree
            program = self.programs.get((tree, *map(signature_of, leaves)))
            if program is None or program.function is None:
                return self.run(args, kwargs)
            return program.out_tree.unflatten(program.function(*leaves))
        except Exception as error:
            __tracebackhide__ = True
            raise trimmed(error)

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Find or make the program for these arguments, and run or call it."""
        if config.touched and config.disable_jit:
            return self.fun(*args, **kwargs)
        found = self.find(args, kwargs)
        jaxpr, inputs = found.program.jaxpr, found.inputs
        traced = found.key is None or any(type(x) is Tracer for x in inputs)
        if traced or jaxpr.effectful:
            outs = call(*inputs, jaxpr=jaxpr, name=self.__name__)
            return tree_unflatten(found.program.out_tree, outs)
        outs = self._compiled(found)(*inputs)
        if config.touched and config.checks_values:
            names = lambda i: self._names(found.arguments)[i]
            check_program(jaxpr, inputs, outs, self.name, names)
        return tree_unflatten(found.program.out_tree, outs)

    def _compiled(self, found: Found) -> Callable[..., Any]:
        """Return the function that runs a program, made at its first run."""
        program, arguments = found.program, found.arguments
        if program.function is not None:
            return program.function
        start = perf_counter()
        names = python_names(self._names(arguments))
        donated = self._donated(arguments)
        function = executable(program.jaxpr, self.__name__, names, donated).function
        self._log("compiled", arguments, found.key, start)
        self.programs.keep(found.key, program._replace(function=function))
        return function

    def _donated(self, arguments: Arguments) -> list[bool]:
        """Return whether each leaf of the dynamic arguments is donated."""
        _, _, nums, names = self.options
        if config.touched and config.checks_values:
            nums, names = (), ()  # the program may be run again on its arguments
        count = len(arguments.places) + sum(
            isinstance(k, int) for k in arguments.static
        )
        chosen_nums = {i + count if i < 0 else i for i in nums}
        given = [
            (x, i in chosen_nums)
            for i, x in zip(arguments.places, arguments.dynamic, strict=True)
        ]
        given += [(arguments.named[k], k in names) for k in sorted(arguments.named)]
        return [flag for tree, flag in given for _ in tree_flatten(tree)[0]]

    # -- ahead of time ---------------------------------------------------------

    @short_errors
    def trace(self, *args: Any, **kwargs: Any) -> Traced:
        """Return the jaxpr for these arguments (arrays or shapes), not compiled."""
        arguments = self._arguments(args, kwargs)
        self._static_keys(arguments)  # or raise: what cannot be called is not traced
        jaxpr, out_tree = self._stage(arguments)
        _, in_tree = tree_flatten((arguments.dynamic, arguments.named))
        names = self._names(arguments)
        donated = self._donated(arguments)
        return Traced(
            Signature(
                self.__name__,
                in_tree,
                out_tree,
                names,
                python_names(names),
                donated,
                jaxpr,
            )
        )

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


def _check_disjoint(options: Options, name: str) -> None:
    both = {*options.static_argnames} & {*options.donate_argnames}
    same: set[Any] = both or {*options.static_argnums} & {*options.donate_argnums}
    if same:
        shown = ", ".join(map(repr, sorted(same)))
        raise ValueError(
            f"{name}: argument {shown} is both static and donated; a static argument "
            "is no array, so there is nothing to donate"
        )


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
    arrays, and the values of static arguments, which have to be hashable, or arrays
    (compared by content). Usable as ``@jit`` and as ``@jit(static_argnums=0)``.

    A donated argument is given away: an output of the same shape and dtype is written
    into its memory, and that array is returned. ``docs/jit.md`` tells the rest. The
    remaining options exist for programs written for JAX: they do not change what is
    computed.

    Raises TypeError for options that are no ints or strings, and ValueError for
    arguments that do not exist or are both static and donated.

    >>> import numpy as np
    >>> f = jit(lambda x: np.sum(np.tanh(x) ** 2))
    >>> f(np.zeros(2))
    np.float64(0.0)
    >>> print(f.lower(np.zeros(2)).as_text())
    def lambda_(x):
        return (np.add.reduce(np.tanh(x) ** 2, axis=0),)
    <BLANKLINE>
    >>> w = np.zeros(2)
    >>> jit(lambda w, g: w - 0.1 * g, donate_argnums=0)(w, np.ones(2)) is w
    True
    """
    static = static_argnums, static_argnames
    donate = donate_argnums, donate_argnames
    if fun is None:
        return lambda fun: Jit(fun, static, donate)
    return Jit(fun, static, donate)
