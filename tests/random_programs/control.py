"""Random lines with functions of their own: loops, branches, nested jit."""

from __future__ import annotations

from textwrap import indent

import numpy as np

from .building import Builder, Dead
from .elementwise import ELEMENTWISE, safe
from .reductions import normalised, reduction
from .structure import getitem, move

BODY = [*ELEMENTWISE, *[safe] * 4, reduction, normalised, getitem, move]


def body(b, name, arguments, like=None, operations=BODY):
    """Write a function of some arguments, and of all that is known around it.

    It returns a value of the same shape and dtype as ``like``, or any.
    """
    inner = Builder(b.random, {**b.values, **arguments}, b.constants, f"{name}_")
    inner.limit = 20_000
    for _ in range(b.between(1, 5)):
        inner.step(operations)
    result = inner.pick() if like is None else same(inner, like)
    lines = "\n".join([*inner.lines, f"return {result}"])
    text = f"def {name}({', '.join(arguments)}):\n{indent(lines, '    ')}"
    exec(text, scope := {**b.scope, **b.values})
    b.scope[name] = scope[name]
    return text


def same(b, like):
    """Return the text of the last value that has, or takes, the shape and dtype."""
    real = like.dtype.kind not in "c"
    for name, x in reversed(b.values.items()):
        x = np.asarray(x)
        fits = x.dtype.kind not in "c" or not real
        whole = like.dtype.kind in "iub"
        if whole and x.dtype != like.dtype:
            continue
        if fits and x.shape == like.shape and type(b.values[name]) not in (int, float):
            return name if x.dtype == like.dtype else f"{name}.astype(np.{like.dtype})"
    raise Dead


def carried(b):
    """Return the name of a value that a loop can carry."""
    name = b.pick("fi")
    if np.size(b.values[name]) > 20_000:
        raise Dead
    return name


def call(b, text, function):
    """Add a function and a line that calls it."""
    name = b.fresh()
    value = b.evaluate(text)
    if not b.is_useful(value) or np.size(value) > b.limit:
        raise Dead
    b.lines.append(f"{function}\n{name} = {text}")
    b.values[name] = value
    return name


def fori(b):
    c, f = carried(b), f"f{len(b.lines)}"
    function = body(b, f, {"i": 1, "c": b.values[c]}, np.asarray(b.values[c]))
    return call(b, f"lax.fori_loop(0, {b.between(0, 3)}, {f}, {c})", function)


def scan(b):
    c, xs, f = carried(b), b.pick("fi", least=1), f"f{len(b.lines)}"
    if not 0 < len(b.values[xs]) < 12:
        raise Dead
    arguments = {"c": b.values[c], "x": b.values[xs][0]}
    function = body(b, f, arguments, np.asarray(b.values[c]))
    last = function.rindex("return ")
    ends = b.choice(["{0}, c", "{0}, x", "{0}, {0}"]).format(function[last + 7 :])
    function = f"{function[:last]}return {ends}"
    exec(function, scope := {**b.scope, **b.values})
    b.scope[f] = scope[f]
    reverse = b.choice(["", ", reverse=True"])
    return call(b, f"lax.scan({f}, {c}, {xs}{reverse})[{b.between(0, 1)}]", function)


def while_loop(b):
    c, f = carried(b), f"f{len(b.lines)}"
    function = body(b, f, {"c": b.values[c]}, np.asarray(b.values[c]))
    step = f"lambda kc: (kc[0] - 1, {f}(kc[1]))"
    init = f"({b.between(0, 3)}, {c})"
    return call(b, f"lax.while_loop(lambda kc: kc[0] > 0, {step}, {init})[1]", function)


def cond(b):
    c, f = carried(b), f"f{len(b.lines)}"
    like = np.asarray(b.values[c])
    one = body(b, f, {"c": b.values[c]}, like)
    other = body(b, f"{f}b", {"c": b.values[c]}, like)
    test = f"np.sum({b.pick('fib')}) > 0"
    return call(b, f"lax.cond({test}, {f}, {f}b, {c})", f"{one}\n{other}")


def nested_jit(b):
    x, y, f = b.pick(), b.pick(), f"f{len(b.lines)}"
    function = body(b, f, {"x": b.values[x], "y": b.values[y]})
    return call(b, f"fgrad.jit({f})({x}, {y})", function)


CONTROL = [fori, scan, while_loop, cond, *[nested_jit] * 2]
