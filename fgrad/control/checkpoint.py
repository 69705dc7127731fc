"""`checkpoint`: compute again in the backward pass instead of keeping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..compiler.call import Calls
from ..compiler.staged import Staged
from ..core import Eqn, Primitive, Tracer, atom_aval, short_errors
from ..ops.elementwise import name_p
from ..pytree import tree_map, tree_unflatten
from ..settings import config
from ..transforms.arguments import shown


def _saves(eqn: Eqn, *, policy: Any, prevent_cse: bool) -> bool:
    if policy is None:
        return False
    answer = policy(eqn.prim, *map(atom_aval, eqn.inputs), **eqn.params)
    if not isinstance(answer, bool | np.bool_):
        raise TypeError(
            f"checkpoint: a policy must answer True or False, and {policy!r} answered "
            f"{shown(answer)} for {eqn.prim.name}. It is called as policy(prim, "
            "*avals, **params)"
        )
    return bool(answer)


def _backward(*, policy: Any, prevent_cse: bool) -> Primitive:
    return remat_p if prevent_cse else checkpoint_p


checkpoint_p = Calls("checkpoint", _saves, _backward).prim
# Its program is never merged into another one: what it computes again would be shared
# with the forward pass, and nothing would be gained.
remat_p = Calls("remat", _saves, inlined=False).prim


class Checkpoint(Staged):
    """What `checkpoint` returns: a function whose insides are not kept."""

    transformation = "checkpoint"

    def __init__(
        self,
        fun: Callable[..., Any],
        prevent_cse: bool,
        policy: Callable[..., bool] | None,
        static_argnums: Any,
        static_argnames: Any,
    ) -> None:
        super().__init__(fun, (static_argnums, static_argnames))
        if policy is not None and not (callable(policy) and _is_hashable(policy)):
            raise TypeError(
                f"{self.name}: policy must be a hashable function such as "
                f"fgrad.checkpoint_policies.dots_saveable, got {shown(policy)}"
            )
        self.how = {"policy": policy, "prevent_cse": bool(prevent_cse)}

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Find or make the program for these arguments, and call it."""
        if config.touched and config.disable_jit:
            return self.fun(*args, **kwargs)
        found = self.find(args, kwargs)
        jaxpr, out_tree = found.program[1:]
        outs = checkpoint_p(*found.inputs, jaxpr=jaxpr, name=self.__name__, **self.how)
        return tree_unflatten(out_tree, outs)


def _is_hashable(x: Any) -> bool:
    return type(x).__hash__ is not None


@short_errors
def checkpoint(
    fun: Callable[..., Any] | None = None,
    prevent_cse: bool = True,
    policy: Callable[..., bool] | None = None,
    static_argnums: int | tuple[int, ...] | list[int] = (),
    static_argnames: str | tuple[str, ...] | list[str] = (),
) -> Callable[..., Any]:
    """Return ``fun``, but its backward pass computes again what it reads.

    Between the passes only the arguments are kept, and what the policy says:
    less memory for more time. The function is staged once per signature, as under
    `jit`: shapes are known, values are not, and what it closes over is constant.
    Usable as ``@checkpoint`` and as ``@checkpoint(policy=...)``; `remat` is the same.

    Args:
        fun: a function of trees of arrays.
        prevent_cse: keep a compiler from merging the passes; without it a gradient
            under `jit` may keep results instead of computing them again.
        policy: ``policy(prim, *avals, **params) -> bool`` says which results are kept,
            see `fgrad.checkpoint_policies`; None keeps nothing.
        static_argnums: positions of arguments that are not arrays, as for `jit`.
        static_argnames: names of such arguments.

    Raises:
        TypeError: for a policy that is no function or does not answer with a bool.

    >>> from fgrad.transforms.grad import grad
    >>> block = checkpoint(lambda x: np.sin(np.sin(x)))
    >>> block(0.5), grad(block)(0.5)
    (np.float64(0.4612695550331807), np.float64(0.7786439483717796))
    """
    if fun is None:
        return lambda fun: Checkpoint(
            fun, prevent_cse, policy, static_argnums, static_argnames
        )
    return Checkpoint(fun, prevent_cse, policy, static_argnums, static_argnames)


@short_errors
def checkpoint_name(x: Any, name: str) -> Any:
    """Return ``x``, an array or a tree of arrays, with a name that policies may read.

    >>> from fgrad.transforms.staging import make_jaxpr
    >>> make_jaxpr(lambda x: checkpoint_name(x, "h") * 2.0)(1.0)
    { lambda a:float[] . let
        b:float[] = name[name=h] a
        c:float[] = mul b 2.0
      in (c) }
    """
    if not isinstance(name, str):
        raise TypeError(
            f"checkpoint_name: the name must be a string, got {shown(name)}: write "
            'checkpoint_name(x, "h")'
        )
    return tree_map(lambda v: name_p(v, name=name) if type(v) is Tracer else v, x)
