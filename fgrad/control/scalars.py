"""Primitives on scalars that loops need: a choice, and numbers that stay weak."""

from __future__ import annotations

from ..core import Aval, Primitive, shape_of
from ..ops.basic import expand, mapped, reshape
from ..ops.elementwise import where


def like(flag, x):
    """Return a flag per element of a batch, in a shape that broadcasts to ``x``."""
    rest = len(shape_of(x)) - len(shape_of(flag))
    return reshape(flag, shape=(*shape_of(flag), *(1,) * rest)) if rest > 0 else flag


def _batch_choose(args, dims, size):
    a, b = (mapped(x, d, size) for x, d in zip(args[:2], dims))
    if dims[2] is None:
        return choose(a, b, args[2]), 0
    return where(like(args[2], a), a, b), 0


choose = Primitive(
    "choose",
    impl=lambda a, b, p: a if p else b,
    abstract=lambda a, b, p: Aval(a.shape, a.dtype, a.weak and b.weak),
    vjp=(
        lambda ct, z, a, b, p: where(p, ct, 0),
        lambda ct, z, a, b, p: where(p, 0, ct),
        None,
    ),
    jvp=lambda ts, z, a, b, p: where(
        p, 0 if ts[0] is None else ts[0], 0 if ts[1] is None else ts[1]
    ),
    batch=_batch_choose,
    emit="({0} if {2} else {1})",
)
"""``choose(a, b, p)`` is ``a`` if the scalar ``p`` holds, else ``b``: not computed
elementwise, and not copied."""


def choose_if(p, a, b):
    """Return ``a`` if ``p`` is None or holds, else ``b``."""
    return a if p is None else choose(a, b, p)


weaken = Primitive(
    "weaken",
    impl=lambda x: x.item(),
    abstract=lambda x: Aval((), x.dtype, True),
    vjp=(lambda ct, z, x: expand(ct, x),),
    jvp=lambda ts, z, x: ts[0],
    batch=lambda args, dims, size: (args[0], dims[0]),
    emit="{0}.item()",
    linear=True,
)
"""``weaken(x)`` is the Python number that was stacked as an array's element."""
