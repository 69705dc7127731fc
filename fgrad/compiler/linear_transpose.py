"""`linear_transpose`: the backward half of a linear function, which reads no primal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..core import Eqn, Jaxpr, Var, atom_aval, short_errors, where
from ..core.source import expression
from ..ops.basic import zeros
from ..pytree import tree_structure
from ..transforms.arguments import check_callable, name_of, refuse_reduce_axes
from ..transforms.staging import close, input_names, stage_call
from ..transforms.vjp import StagedVJP
from .call import split
from .halves import Halves
from .passes import drop_dead, inline_calls


@short_errors
def linear_transpose(
    fun: Callable[..., Any], *primals: Any, reduce_axes: tuple[Any, ...] = ()
) -> Callable[[Any], tuple[Any, ...]]:
    """Return the transpose of a linear function: from cotangents to cotangents.

    It takes a cotangent with the structure, shapes and dtypes of the output of
    ``fun``, and returns a tuple with a cotangent for each of ``primals``. These only
    say what the arguments look like: they may be arrays, or anything with ``shape``
    and ``dtype``. ``fun`` is staged, not run on values. A constant that it adds to its
    output is ignored.

    Raises:
        TypeError: for a function that is not linear, with the operation and the line,
            and for arguments or outputs that are neither float nor complex.

    >>> import numpy as np
    >>> transpose = linear_transpose(lambda x: 2.0 * np.cumsum(x), np.zeros(3))
    >>> transpose(np.array([0.0, 1.0, 0.0]))
    (array([2., 2., 0.]),)
    """
    check_callable(fun, "linear_transpose")
    name = f"linear_transpose({name_of(fun)})"
    refuse_reduce_axes(reduce_axes, name)
    jaxpr, out_tree = stage_call(fun, primals, {}, name)
    _check_dtypes(jaxpr, input_names(fun, primals, {}), name)
    jaxpr, consts = close(drop_dead(inline_calls(jaxpr)))
    n = len(consts)
    moving = tuple(i >= n for i in range(len(jaxpr.invars)))
    _check_linear(jaxpr, moving, name)
    halves, reached = _split(jaxpr, moving, name)
    found = dict(zip(reached, halves.late.outs, strict=True))
    avals = jaxpr.in_avals[n:]
    outs = (found.get(i, zeros(a)) for i, a in enumerate(avals, n))
    facts = {
        "name": name,
        "out_avals": list(jaxpr.out_avals),
        "out_tree": out_tree,
        "in_avals": list(avals),
        "in_tree": tree_structure(primals),
    }
    residuals = tuple(consts[i] for i in halves.reads)
    return StagedVJP(
        halves.late.replace(outs=tuple(outs)), tuple(facts.items()), residuals
    )


def _split(
    jaxpr: Jaxpr, moving: tuple[bool, ...], name: str
) -> tuple[Halves, tuple[int, ...]]:
    """Split a program so that the late half reads nothing but arguments."""
    return split(jaxpr, moving, name, lambda eqn: False)


def _check_dtypes(jaxpr: Jaxpr, names: Sequence[str], name: str) -> None:
    avals = [*zip(names, jaxpr.in_avals), *(("the output", a) for a in jaxpr.out_avals)]
    for which, aval in avals:
        if aval.dtype.kind not in "fc":
            raise TypeError(
                f"{name}: {which} is {aval}; transposes exist from float or complex to "
                "float or complex values. Make it float with x.astype(float), or close "
                "over an integer argument"
            )


def _check_linear(jaxpr: Jaxpr, moving: Sequence[bool], name: str) -> None:
    """Raise if an equation is not linear in what depends on moving inputs."""
    eqn = _nonlinear(jaxpr, moving, name)
    if eqn is not None:
        text = expression(eqn.source)
        raise TypeError(
            f'{name}: the function is not linear, because of "{eqn.prim.name}" at '
            f"{where(eqn.source)}{f', in `{text}`' if text else ''}. Transpose what "
            "fgrad.linearize gives, or use fgrad.vjp"
        )


def _nonlinear(jaxpr: Jaxpr, moving: Sequence[bool], name: str) -> Eqn | None:
    """Return the first equation that is not linear in what moves."""
    follows = {v for v, moves in zip(jaxpr.invars, moving) if moves}
    for eqn in jaxpr.eqns:
        inputs = tuple(dict.fromkeys(a for a in eqn.inputs if type(a) is Var))
        flags = tuple(v in follows for v in inputs)
        if not any(flags):
            continue
        follows.update(eqn.outs)
        if eqn.prim.linear:
            continue
        if eqn.prim.flat or _reads(Jaxpr(inputs, (eqn,), eqn.outs), flags, name):
            return _inside(eqn, follows, name) or eqn
    return None


def _reads(jaxpr: Jaxpr, moving: tuple[bool, ...], name: str) -> bool:
    """Say whether the pullback of a program reads an input that moves."""
    halves, _ = _split(jaxpr, moving, name)
    return any(moving[i] for i in halves.reads)


def _inside(eqn: Eqn, follows: set[Var], name: str) -> Eqn | None:
    """Return the equation inside of a call that is to blame."""
    if eqn.prim.body is None:
        return None
    body = eqn.prim.body(*map(atom_aval, eqn.inputs), **eqn.params)
    moving = [type(a) is Var and a in follows for a in eqn.inputs]
    return _nonlinear(body, moving, name)
