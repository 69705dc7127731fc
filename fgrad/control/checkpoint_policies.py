"""Policies of `checkpoint`: which intermediate results the backward pass may read.

A policy is a function ``policy(prim, *avals, **params) -> bool`` of an operation, the
avals of its arguments and its params. What it does not accept is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..core import Primitive, short_errors
from ..ops.dot_general import NO_BATCH, dot_general_p, dot_p, matmul_p
from ..ops.elementwise import name_p

Policy = Callable[..., bool]


def everything_saveable(prim: Primitive, *avals: Any, **params: Any) -> bool:
    """Save every result that the backward pass reads, and compute nothing again."""
    return True


def nothing_saveable(prim: Primitive, *avals: Any, **params: Any) -> bool:
    """Save nothing but the arguments; this is what no policy means."""
    return False


def dots_saveable(prim: Primitive, *avals: Any, **params: Any) -> bool:
    """Save the results of matrix products."""
    return prim in (dot_general_p, dot_p, matmul_p)


def dots_with_no_batch_dims_saveable(
    prim: Primitive, *avals: Any, **params: Any
) -> bool:
    """Save the results of matrix products, but not those of stacks of matrices.

    Products with weights are saved, and those within attention, whose number grows
    with the square of a length, are not.
    """
    return prim in (dot_p, matmul_p) or (
        prim is dot_general_p and params["batch"] == NO_BATCH
    )


checkpoint_dots = dots_saveable
checkpoint_dots_with_no_batch_dims = dots_with_no_batch_dims_saveable


@short_errors
def save_only_these_names(*names_which_can_be_saved: str) -> Policy:
    """Return the policy that saves the values with these names (`checkpoint_name`).

    >>> save_only_these_names("h")(name_p, name="h")
    True
    """
    names = _checked(names_which_can_be_saved, "save_only_these_names")

    def policy(prim: Primitive, *avals: Any, **params: Any) -> bool:
        return prim is name_p and params["name"] in names

    return policy


@short_errors
def save_any_names_but_these(*names_not_to_save: str) -> Policy:
    """Return the policy that saves all values with a name, except for these names."""
    names = _checked(names_not_to_save, "save_any_names_but_these")

    def policy(prim: Primitive, *avals: Any, **params: Any) -> bool:
        return prim is name_p and params["name"] not in names

    return policy


@short_errors
def save_anything_except_these_names(*names_not_to_save: str) -> Policy:
    """Return the policy that saves everything but the values with these names.

    A name is an operation of its own: the result that was named is a value without a
    name, and may be saved.
    """
    names = _checked(names_not_to_save, "save_anything_except_these_names")

    def policy(prim: Primitive, *avals: Any, **params: Any) -> bool:
        return prim is not name_p or params["name"] not in names

    return policy


def save_from_both_policies(policy_1: Policy, policy_2: Policy) -> Policy:
    """Return the policy that saves what either of two policies saves.

    >>> both = save_from_both_policies(dots_saveable, save_only_these_names("h"))
    >>> both(dot_p), both(name_p, name="h"), both(name_p, name="g")
    (True, True, False)
    """

    def policy(prim: Primitive, *avals: Any, **params: Any) -> bool:
        first = policy_1(prim, *avals, **params)
        return first or policy_2(prim, *avals, **params)

    return policy


def offload_dot_with_no_batch_dims(offload_src: str, offload_dst: str) -> Policy:
    """Return `dots_with_no_batch_dims_saveable`: there is one memory, the computer's.

    The arguments exist for programs written for JAX and have no effect.
    """
    return dots_with_no_batch_dims_saveable


@short_errors
def save_and_offload_only_these_names(
    *,
    names_which_can_be_saved: Iterable[str],
    names_which_can_be_offloaded: Iterable[str],
    offload_src: str,
    offload_dst: str,
) -> Policy:
    """Return the policy that saves the values with any of these names.

    There is one memory, the computer's: what would be offloaded is saved.
    """
    saved, offloaded = set(names_which_can_be_saved), set(names_which_can_be_offloaded)
    if saved & offloaded:
        raise ValueError(
            f"save_and_offload_only_these_names: {sorted(saved & offloaded)} are in "
            "both lists: a value is either saved or offloaded"
        )
    return save_only_these_names(*saved, *offloaded)


def _checked(names: tuple[Any, ...], maker: str) -> frozenset[str]:
    for name in names:
        if not isinstance(name, str):
            raise TypeError(
                f"{maker} makes a policy from names, got {name!r} of type "
                f'{type(name).__name__}: write policy={maker}("h")'
            )
    return frozenset(names)
