"""Python's operators on tracers: the hottest code of the library, so it is plain."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Primitive, Tracer, install
from ..ops import elementwise as ops
from ..ops.contract import matmul
from ..ops.index import getitem
from .arrays import NUMBERS, operand
from .elementwise import around

PLAIN = NUMBERS - {Tracer}


def _operator(prim: Primitive) -> Any:
    def method(self: Tracer, other: Any) -> Any:
        kind = type(other)
        if kind in PLAIN or (kind is Tracer and other.owner is self.owner):
            return self.owner.record(prim, (self, other), {})
        other = other if kind is Tracer else operand(other)
        return other if other is NotImplemented else prim(self, other)

    return method


def _equality(prim: Primitive) -> Any:
    """Return ``==`` or ``!=``, which NumPy answers for None too: no number is None."""
    compare = _operator(prim)

    def method(self: Tracer, other: Any) -> Any:
        if other is None:
            return np.full(self.shape, prim is ops.ne)[()]
        return compare(self, other)

    return method


def _reflected(prim: Primitive) -> Any:
    def method(self: Tracer, other: Any) -> Any:
        if type(other) in PLAIN:
            return self.owner.record(prim, (other, self), {})
        other = operand(other)
        return other if other is NotImplemented else prim(other, self)

    return method


def _through(function: Any, swap: bool = False) -> Any:
    """Return the operator of a function that is no primitive."""

    def method(self: Tracer, other: Any) -> Any:
        if type(other) not in NUMBERS:
            other = operand(other)
            if other is NotImplemented:
                return other
        return function(other, self) if swap else function(self, other)

    return method


_power = _operator(ops.power)


def _pow(self: Tracer, other: Any, modulo: Any = None) -> Any:
    if modulo is not None:
        raise TypeError("pow(x, y, modulo) of a traced value: write x**y % modulo")
    if type(other) is int and other == 2 and self.aval.dtype.kind == "b":
        return _power(self, other) if self.aval.weak else ops.square(self)
    return _power(self, other)


def _divmod(x: Any, y: Any) -> Any:
    return ops.floor_divide(x, y), ops.mod(x, y)


BINARY = {
    "add": ops.add,
    "sub": ops.sub,
    "mul": ops.mul,
    "truediv": ops.div,
    "floordiv": ops.floor_divide,
    "mod": ops.mod,
    "pow": ops.power,
    "and": ops.bitwise_and,
    "or": ops.bitwise_or,
    "xor": ops.bitwise_xor,
    "lshift": ops.left_shift,
    "rshift": ops.right_shift,
}

COMPARISONS = {
    "__lt__": ops.lt,
    "__le__": ops.le,
    "__gt__": ops.gt,
    "__ge__": ops.ge,
}

EQUALITIES = {"__eq__": ops.eq, "__ne__": ops.ne}

FUNCTIONS = {"divmod": _divmod, "matmul": matmul}

install(**{f"__{name}__": _operator(prim) for name, prim in BINARY.items()})
install(**{f"__r{name}__": _reflected(prim) for name, prim in BINARY.items()})
install(**{name: _operator(prim) for name, prim in COMPARISONS.items()})
install(**{name: _equality(prim) for name, prim in EQUALITIES.items()})
install(**{f"__{name}__": _through(f) for name, f in FUNCTIONS.items()})
install(**{f"__r{name}__": _through(f, swap=True) for name, f in FUNCTIONS.items()})
install(
    __pow__=_pow,
    __neg__=lambda self: ops.neg(self),
    __pos__=lambda self: ops.positive(self),
    __abs__=lambda self: ops.absolute(self),
    __invert__=lambda self: ops.invert(self),
    __round__=lambda self, ndigits=None: around(self, ndigits or 0),
    __getitem__=lambda self, index: getitem(self, index),
)
