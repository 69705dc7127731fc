"""Ahead of time: a function as a jaxpr, as a program, and as what runs.

``jit(f).trace(*args)`` gives a `Traced`, its ``lower()`` a `Lowered`, whose
``compile()`` gives a `Compiled`. Each knows its signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..core import Aval, Jaxpr, Tracer, aval_of, short_errors, trimmed
from ..pytree import PyTreeDef, first_difference, tree_flatten, tree_unflatten
from ..transforms.staging import ShapeDtypeStruct
from .cost import cost_of
from .donation import Donating
from .explain import explained
from .memory import MemoryStats, memory_of
from .runtime import Executable, compiled


@dataclass(frozen=True)
class ArgInfo:
    """What a stage knows of one array among the arguments."""

    shape: tuple[int, ...]
    dtype: np.dtype
    donated: bool


class Signature(NamedTuple):
    """What the stages of one function share."""

    fun_name: str
    in_tree: PyTreeDef
    out_tree: PyTreeDef
    names: list[str]  # of the leaves, in messages
    python_names: list[str]  # of the leaves, in the source
    donated: list[bool]  # whether each leaf is
    jaxpr: Jaxpr  # as it was traced


def executable(
    jaxpr: Jaxpr, name: str, names: Sequence[str], donated: Sequence[bool]
) -> Executable | Donating:
    """Return what runs a jaxpr."""
    if any(donated):
        return Donating(jaxpr, name, names, donated)
    return compiled(jaxpr, name, names)


def check_values(
    leaves: Sequence[Any], names: Callable[[], Sequence[str]], name: str
) -> None:
    """Raise if an argument to compute with has only a shape and a dtype."""
    for i, leaf in enumerate(leaves):
        if type(leaf) is ShapeDtypeStruct:
            raise TypeError(
                f"{name}: {names()[i]} is {leaf}, which has no values to compute with. "
                "Pass an array, or ask for the program alone with .trace, .lower or "
                ".eval_shape"
            )


class Stage:
    """What all stages tell: the trees, shapes and dtypes on both sides."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature

    @property
    def fun_name(self) -> str:
        """The name of the function."""
        return self._signature.fun_name

    @property
    def in_tree(self) -> PyTreeDef:
        """The structure of ``(args, kwargs)``, without static arguments."""
        return self._signature.in_tree

    @property
    def out_tree(self) -> PyTreeDef:
        """The structure of the output."""
        return self._signature.out_tree

    @property
    def in_avals(self) -> Any:
        """The shapes and dtypes of ``(args, kwargs)``, without static arguments."""
        return _structs(self.in_tree, self._signature.jaxpr.in_avals)

    @property
    def out_info(self) -> Any:
        """The shapes and dtypes of the output."""
        return _structs(self.out_tree, self._signature.jaxpr.out_avals)

    @property
    def args_info(self) -> Any:
        """What is known of each array in ``(args, kwargs)``, an `ArgInfo` each."""
        signature = self._signature
        infos = [
            ArgInfo(a.shape, a.dtype, donated)
            for a, donated in zip(signature.jaxpr.in_avals, signature.donated)
        ]
        return tree_unflatten(self.in_tree, infos)

    @property
    def donate_argnums(self) -> tuple[int, ...]:
        """The places of donated arrays among all arrays of the arguments."""
        return tuple(i for i, given in enumerate(self._signature.donated) if given)

    def __repr__(self) -> str:
        avals = ", ".join(map(str, self._signature.jaxpr.in_avals))
        return f"<{type(self).__name__} {self.fun_name}({avals})>"


class Traced(Stage):
    """A function staged for one signature: its jaxpr, nothing optimised.

    >>> import numpy as np
    >>> from fgrad import jit
    >>> jit(lambda x: 2.0 * x).trace(np.zeros(3)).out_avals
    ShapeDtypeStruct(shape=(3,), dtype=float64)
    """

    @property
    def jaxpr(self) -> Jaxpr:
        """The jaxpr as it was traced."""
        return self._signature.jaxpr

    @property
    def out_avals(self) -> Any:
        """The shapes and dtypes of the output."""
        return self.out_info

    @short_errors
    def lower(self) -> Lowered:
        """Optimise the program and emit its source."""
        return Lowered(self._signature)


class Lowered(Stage):
    """A program optimised and written as Python source.

    >>> from fgrad import jit
    >>> print(jit(lambda x: 2.0 * x * 1.0).lower(np.zeros(3)).as_text())
    def lambda_(x):
        return (2.0 * x,)
    <BLANKLINE>
    """

    def __init__(self, signature: Signature) -> None:
        super().__init__(signature)
        self._program = executable(
            signature.jaxpr,
            signature.fun_name,
            signature.python_names,
            signature.donated,
        )

    @property
    def jaxpr(self) -> Jaxpr:
        """The jaxpr after all passes."""
        return self._program.jaxpr

    def as_text(self, dialect: str | None = None, debug_info: bool = False) -> str:
        """Return the NumPy source that runs, and what the names in it mean.

        With ``debug_info`` every line says which of yours it came from. With
        ``dialect="jaxpr"`` return the optimised jaxpr instead.
        """
        if dialect == "jaxpr":
            return str(self.jaxpr)
        if dialect not in (None, "numpy"):
            raise ValueError(
                f"as_text: dialect must be 'numpy' or 'jaxpr', got {dialect!r}"
            )
        return self._program.source.whole(debug_info)

    def compiler_ir(self, dialect: str | None = None) -> Any:
        """Return the program: the optimised jaxpr, or with "numpy" the source."""
        return self.jaxpr if dialect in (None, "jaxpr") else self.as_text(dialect)

    def cost_analysis(self) -> dict[str, float]:
        """Return flops, transcendentals, bytes accessed, and bytes of memory.

        ``"buffer bytes"`` are kept between the calls; ``"peak bytes"`` are at most held
        during one, with its arguments and outputs.

        >>> from fgrad import jit
        >>> lowered = jit(lambda a, b: a @ b).lower(np.ones((2, 3)), np.ones((3, 4)))
        >>> lowered.cost_analysis()["flops"]
        48.0
        """
        return costs(self._program)

    def explain(self, details: bool = False) -> str:
        """Return what the compiler did: the passes, and what was fused and planned.

        With ``details`` every pass shows what it changed.

        >>> from fgrad import jit
        >>> print(jit(lambda x: 2.0 * x * 1.0).lower(np.zeros(3)).explain())
        staged: 2 equations
          inline_custom: no change
          drop_marks: no change
          inline_calls: no change
          simplify: 2 equations -> 1 equation
          ...
        planned: nothing, all arrays are small or of unknown layout
        <BLANKLINE>
        """
        return explained(self._signature.jaxpr, self._program.plan, details)

    def compile(self, compiler_options: Any = None) -> Compiled:
        """Return the program as a function of the (dynamic) arguments.

        Options exist for programs written for JAX; they have no effect.
        """
        return Compiled(self._signature, self._program)


class Compiled(Stage):
    """A program that runs for arguments of its signature, and for no others.

    It takes the arguments without static ones, and cannot be transformed.

    >>> from fgrad import ShapeDtypeStruct, jit
    >>> double = jit(lambda x: 2.0 * x).lower(ShapeDtypeStruct((2,), float)).compile()
    >>> double(np.ones(2))
    array([2., 2.])
    """

    def __init__(self, signature: Signature, program: Executable | Donating) -> None:
        super().__init__(signature)
        self._program = program
        self.name = f"compiled {signature.fun_name.strip('<>')}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            leaves, tree = tree_flatten((args, kwargs))
            if tree != self.in_tree:
                raise self._other_tree(tree)
            names = self._signature.names
            check_values(leaves, lambda: names, self.name)
            avals = self._signature.jaxpr.in_avals
            values = list(map(self._fitted, leaves, avals, names))
            return tree_unflatten(self.out_tree, self._program.function(*values))
        except Exception as error:
            __tracebackhide__ = True
            raise trimmed(error)

    def as_text(self) -> str:
        """Return the NumPy source that runs, and what the names in it mean."""
        return self._program.source.whole()

    def cost_analysis(self) -> dict[str, float]:
        """Return flops, transcendentals, bytes accessed, and bytes of memory."""
        return costs(self._program)

    def memory_analysis(self) -> MemoryStats:
        """Return the bytes of arguments, outputs, intermediates and constants."""
        program = self._program
        pairs = program.pairs if isinstance(program, Donating) else {}
        aliased = [program.jaxpr.in_avals[i] for i in pairs]
        return memory_of(program.jaxpr, aliased, program.source, program.plan)

    def _fitted(self, x: Any, wanted: Aval, name: str) -> Any:
        """Return an argument as what the program was compiled for."""
        if type(x) is Tracer:
            raise TypeError(
                f"{self.name}: {name} is traced: {x.describe()}, but a compiled "
                "program runs on arrays alone. Call the jitted function inside of "
                "transformations, or compile what they return, jit(grad(f)).lower()"
            )
        try:
            got = aval_of(x)
        except TypeError as error:
            raise TypeError(f"{self.name}: {name}: {error}") from None
        if got == wanted:
            return x
        if got.shape == () == wanted.shape and got.dtype == wanted.dtype:
            return x.item() if wanted.weak else wanted.dtype.type(x)
        raise TypeError(
            f"{self.name}: {name} is {got}, but the program was compiled for {wanted}. "
            "Call the jitted function, which compiles for every signature, or lower "
            "it for this one"
        )

    def _other_tree(self, tree: PyTreeDef) -> TypeError:
        difference = first_difference(self.in_tree, tree)
        return TypeError(
            f"{self.name}: (args, kwargs) have another structure than the program was "
            f"compiled for, {difference}. Static arguments are part of the program: "
            "leave them out"
        )


def costs(program: Executable | Donating) -> dict[str, float]:
    """Return what a program costs: operations, traffic and memory."""
    jaxpr, plan = program.jaxpr, program.plan
    memory = memory_of(jaxpr, [], program.source, plan)
    held = plan.nbytes if plan else 0
    peak = (
        memory.argument_size_in_bytes
        + memory.output_size_in_bytes
        + memory.temp_size_in_bytes
    )
    return {**cost_of(jaxpr), "buffer bytes": float(held), "peak bytes": float(peak)}


def _structs(tree: PyTreeDef, avals: Sequence[Aval]) -> Any:
    structs = [ShapeDtypeStruct(a.shape, a.dtype, a.weak) for a in avals]
    return tree_unflatten(tree, structs)
