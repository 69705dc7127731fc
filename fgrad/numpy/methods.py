"""The methods and attributes of ndarray on tracers.

A definition whose first argument is the array is a method as it is.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from ..core import apart, install
from ..errors import TracerMutationError
from ..ops.elementwise import conj, eq
from ..ops.index import at
from . import (
    arrays,
    elementwise,
    indexing,
    linear,
    reductions,
    searching,
    shapes,
    sized,
)
from .arrays import arraylike
from .standard import namespace


def _astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    if not np.can_cast(self.dtype, dtype, casting):
        raise TypeError(f"astype: cannot cast {self.dtype} to {np.dtype(dtype)} with "
                        f"casting={casting!r}")  # fmt: skip
    return arrays.astype(self, dtype, copy=copy)


def _sequence(args):
    """Return the arguments of ``x.reshape(2, 3)`` or ``x.reshape((2, 3))``."""
    return args[0] if len(args) == 1 else args


def _reshape(self, *shape, order="C", copy=None):
    return shapes.reshape(self, _sequence(shape), order)


def _transpose(self, *axes):
    return shapes.transpose(self, _sequence(axes) if axes else None)


def _conj(self):
    return conj(self) if self.dtype.kind == "c" else self  # as ndarray's method does


def _flatten(self, order="C"):
    return apart(shapes.ravel(self, order), (self,))


def _new(definition):
    """Return a method whose result is a new array."""

    def method(self, *args, **kwargs):
        return apart(definition(self, *args, **kwargs), (self,))

    return method


def _compress(self, condition, axis=None, out=None):
    return sized.compress(condition, self, axis, out)


def _clip(self, min=None, max=None, out=None, **kwargs):
    return elementwise.clip(self, min, max, out, **kwargs)


def _contains(self, value):
    return bool(reductions.any(eq(self, arraylike(value))))


def _to_device(self, device, /, *, stream=None):
    if device != "cpu":
        raise ValueError(f"to_device: the only device is 'cpu', got {device!r}")
    return self


def _dlpack(self, **kwargs):
    return np.asarray(self).__dlpack__(**kwargs)  # raises if a derivative is lost


def _no_write(name, instead):
    def refuse(self, *args, **kwargs) -> NoReturn:
        raise TracerMutationError(
            f"{name} would change {self.describe()} in place, and traced arrays do "
            f"not change: {instead}"
        )

    return refuse


def _no_memory(name):
    def refuse(self, *args, **kwargs) -> NoReturn:
        raise TypeError(
            f"{name} of {self.describe()}: a traced value has no memory of its own. "
            "Return it from the function and use the result"
        )

    return refuse


def _no_layout(name, instead):
    def refuse(self) -> NoReturn:
        raise AttributeError(
            f"x.{name} of {self.describe()}: a traced value has no memory of its own, "
            f"and no layout. {instead}"
        )

    return property(refuse)


install(
    T=property(shapes.transpose),
    mT=property(shapes.matrix_transpose),
    real=property(elementwise.real),
    imag=property(elementwise.imag),
    flat=property(shapes.ravel),
    at=property(lambda self: at(self), doc="Functional updates: x.at[i].set(v)."),
    device=property(lambda self: "cpu"),
    to_device=_to_device,
    __array_namespace__=namespace,
    __dlpack__=_dlpack,
    __dlpack_device__=lambda self: (1, 0),
    __contains__=_contains,
    all=reductions.all_,
    any=reductions.any,
    argmax=reductions.argmax,
    argmin=reductions.argmin,
    argpartition=searching.argpartition,
    argsort=searching.argsort,
    astype=_astype,
    choose=_new(indexing.choose),
    clip=_new(_clip),
    compress=_new(_compress),
    conj=_conj,
    conjugate=_conj,
    copy=arrays.copy,
    cumprod=_new(reductions.cumprod),
    cumsum=_new(reductions.cumsum),
    diagonal=indexing.diagonal,
    dot=linear.dot,
    flatten=_flatten,
    max=reductions.max,
    mean=reductions.mean,
    min=reductions.min,
    nonzero=sized.nonzero,
    prod=reductions.prod,
    ravel=shapes.ravel,
    repeat=_new(sized.repeat),
    reshape=_reshape,
    round=_new(elementwise.around),
    searchsorted=searching.searchsorted,
    squeeze=shapes.squeeze,
    trace=indexing.trace,
    std=reductions.std,
    sum=reductions.sum,
    swapaxes=shapes.swapaxes,
    take=_new(indexing.take),
    transpose=_transpose,
    var=reductions.var,
)
install(
    resize=_no_write("x.resize(shape)", "write x = np.resize(x, shape)"),
    itemset=_no_write("x.itemset(i, v)", "write x = x.at[i].set(v)"),
    setfield=_no_write("x.setfield()", "write x = x.at[i].set(v)"),
    setflags=_no_write("x.setflags()", "they are never written to"),
    __delitem__=_no_write("del x[i]", "write x = np.delete(x, i)"),
)
install(
    base=_no_layout("base", "Results never share memory with arguments"),
    ctypes=_no_layout("ctypes", "Call foreign code with fgrad.pure_callback"),
    data=_no_layout("data", "The value is the tracer itself"),
    flags=_no_layout("flags", "It behaves as an array in C order"),
    strides=_no_layout("strides", "Write fgrad.numpy functions, or x.shape"),
)
install(**{
    name: _no_memory(f"x.{name}")
    for name in ("byteswap", "dump", "dumps", "getfield", "tobytes", "tofile", "view")
})  # fmt: skip
