"""Families of elementwise primitives: NumPy's ufuncs, one line each.

An elementwise operation has a diagonal Jacobian, so its vjp formula is its jvp
formula: a rule ``(c, z, x, ...)`` multiplies the cotangent or tangent ``c``.
"""

from __future__ import annotations

from functools import lru_cache

from ..core import (
    Aval,
    Primitive,
    aval_of,
    broadcast_shapes,
    scalar_type,
    shape_of,
)
from .basic import fit, fit_dtype, reshape, to_front


@lru_cache(maxsize=8192)
def ufunc_aval(ufunc, operator, *avals):
    """Return the aval of a ufunc's result.

    ``operator`` is Python's, if it does the same: on Python scalars it decides.
    """
    if operator is not None and all(a.weak for a in avals):
        return aval_of(operator(*(a.dtype.type(1).item() for a in avals)))
    kinds = (*map(scalar_type, avals), *(None,) * ufunc.nout)
    dtype = ufunc.resolve_dtypes(kinds)[-1]
    try:
        shape = broadcast_shapes(*(a.shape for a in avals))
    except ValueError as error:
        raise ValueError(f"{ufunc.__name__}: {error}") from None
    return Aval(shape, dtype)


def align(args, dims):
    """Return arguments whose batch axes line up under broadcasting, and the axis.

    >>> import numpy as np
    >>> x, y = np.zeros((3, 5)), np.zeros((5, 2, 3))
    >>> [a.shape for a in align([x, y], [1, 0])[0]]
    [(5, 1, 3), (5, 2, 3)]
    """
    ranks = [len(shape_of(x)) - (d is not None) for x, d in zip(args, dims)]
    rank = max(ranks)
    mapped = {(d, r) for d, r in zip(dims, ranks) if d is not None}
    if len(mapped) == 1 and all(d is not None or r == 0 for d, r in zip(dims, ranks)):
        return args, mapped.pop()[0]
    return [_pad(*each, rank) for each in zip(args, dims, ranks)], 0


def _pad(x, dim, rank, full):
    if dim is None:
        return x
    x = to_front(x, dim)
    if rank == full:
        return x
    return reshape(x, shape=(x.shape[0], *(1,) * (full - rank), *x.shape[1:]))


def elementwise(name, impl, abstract, rules, emit, jvp=None, vjp_y=None, **fields):
    """Return an elementwise primitive with one rule per argument, or none.

    ``jvp`` is given where the Jacobian is not a diagonal matrix of numbers, ``vjp_y``
    where there is less to do if the second operand's cotangent is summed up first.
    """

    def batch(args, dims, size, **params):
        args, dim = align(args, dims)
        return prim(*args, **params), dim

    prim = Primitive(
        name,
        impl=impl,
        abstract=abstract,
        vjp=None if rules is None else _vjp_rules(rules, vjp_y),
        jvp=jvp or (None if rules is None else _jvp_rule(rules)),
        batch=batch,
        emit=emit,
        elementwise=True,
        **fields,
    )
    return prim


def _vjp_rules(rules, vjp_y):
    """Return vjp rules that sum and cast the cotangent of a broadcast operand."""
    if len(rules) == 1:
        return rules
    if len(rules) == 2:  # spelled out, for speed
        rule_x, rule_y = rules

        return (
            rule_x and (lambda ct, z, x, y: fit(rule_x(ct, z, x, y), x, z)),
            vjp_y or (rule_y and (lambda ct, z, x, y: fit(rule_y(ct, z, x, y), y, z))),
        )
    return tuple(map(_vjp_rule, range(len(rules)), rules))


def _vjp_rule(i, rule):
    if rule is None:
        return None
    return lambda ct, z, *args: fit(rule(ct, z, *args), args[i], z)


def _jvp_rule(rules):
    def jvp(tangents, z, *args):
        terms = [
            rule(t, z, *args)
            for t, rule in zip(tangents, rules, strict=True)
            if t is not None
        ]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return fit_dtype(total, z)

    return jvp


def unary(name, ufunc, rule, emit=None, impl=None, **fields):
    """Return an elementwise primitive of one argument from NumPy's ufunc and a rule."""
    return elementwise(
        name,
        impl=impl or ufunc,
        abstract=lambda x: ufunc_aval(ufunc, impl, x),
        rules=(rule,),
        emit=emit or f"np.{ufunc.__name__}({{0}})",
        **writing(ufunc),
        **fields,
    )


def binary(name, ufunc, rule_x, rule_y, emit=None, impl=None, **fields):
    """Return an elementwise primitive of two arguments from NumPy's ufunc and rules.

    ``impl`` is Python's operator where there is one.
    """
    return elementwise(
        name,
        impl=impl or ufunc,
        abstract=lambda x, y: ufunc_aval(ufunc, impl, x, y),
        rules=(rule_x, rule_y),
        emit=emit or f"np.{ufunc.__name__}({{0}}, {{1}})",
        **{**writing(ufunc), **fields},
    )


def flat(name, ufunc, emit=None, impl=None):
    """Return an elementwise primitive whose derivative is zero everywhere."""
    args = ", ".join(f"{{{i}}}" for i in range(ufunc.nin))
    return elementwise(
        name,
        impl=impl or ufunc,
        abstract=lambda *avals: ufunc_aval(ufunc, impl, *avals),
        rules=None,
        emit=emit or f"np.{ufunc.__name__}({args})",
        flat=True,
        **writing(ufunc),
    )


def writing(ufunc):
    """Return the fields of a primitive that say how a ufunc writes into an array.

    >>> import numpy as np
    >>> writing(np.hypot)["into"]
    'np.hypot({0}, {1}, out={out})'
    """
    args = ", ".join(f"{{{i}}}" for i in range(ufunc.nin))
    return {"into": f"np.{ufunc.__name__}({args}, out={{out}})", "over": None}
