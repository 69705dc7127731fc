"""Random lines that move, join and index elements."""

from __future__ import annotations

from math import prod

import numpy as np


def shape_of(b, x):
    return np.shape(b.values[x])


def factors(b, size):
    """Return a random shape of a given size."""
    if size == 0:
        return b.choice([(0,), (0, 1), (2, 0)])
    shape, left = [], size
    for _ in range(b.between(0, 3)):
        divisors = [d for d in (1, 2, 3, 4, 5, 7, 8, 16, 64, 100) if left % d == 0]
        shape.append(b.choice(divisors))
        left //= shape[-1]
    shape.insert(b.between(0, len(shape)), left)
    return tuple(shape)


def reshape(b):
    x = b.pick()
    shape = factors(b, prod(shape_of(b, x)))
    forms = [f"{x}.reshape({shape})", f"np.reshape({x},{shape})", f"{x}.ravel()",
             f"{x}.reshape(-1)", f"np.ravel({x})", f"{x}.flatten()"]  # fmt: skip
    if not b.values[x].flags.c_contiguous:  # else they copy (docs/limits.md)
        forms = forms[:2]
    return b.choice(forms)


def move(b):
    """Move axes and elements."""
    x = b.pick(least=1)
    n, i, j = len(shape_of(b, x)), b.axis(x), b.axis(x)
    axes = tuple(b.random.sample(range(n), n))
    forms = [
        f"{x}.T", f"np.transpose({x},{axes})", f"np.swapaxes({x},{i},{j})",
        f"np.moveaxis({x},{i},{j})", f"np.flip({x},{i})", f"np.flip({x})",
        f"np.roll({x},{b.between(-2, 3)},{i})", f"np.roll({x},1)",
        f"np.expand_dims({x},{i})", f"{x}[...,None]", f"np.squeeze({x})",
        f"np.rot90({x})", f"{x}[::-1]", f"np.atleast_2d({x})",
    ]  # fmt: skip
    return b.choice(forms)


def grow(b):
    """Repeat elements."""
    x = b.pick(most=3)
    n = len(shape_of(b, x))
    lead = (b.between(1, 3), *shape_of(b, x))
    width = [(b.between(0, 2), b.between(0, 1)) for _ in range(n)]
    forms = [f"np.broadcast_to({x},{lead})", f"np.tile({x},{b.between(1, 3)})",
             f"np.tile({x},(2,1))", f"np.repeat({x},2)"]  # fmt: skip
    if n:
        forms += [f"np.repeat({x},2,axis={b.axis(x)})", f"np.pad({x},{width})",
                  f"np.pad({x},{width},mode='edge')",
                  f"np.pad({x},1,constant_values=0.5)",
                  f"np.repeat({x},3,axis={b.axis(x)})"]  # fmt: skip
    return b.choice(forms)


def join(b):
    x = b.pick(least=1)
    same = [n for n in b.names() if shape_of(b, n) == shape_of(b, x)]
    y, z, i = b.choice(same or [x]), b.choice(same or [x]), b.axis(x)
    forms = [f"np.concatenate([{x},{y}],axis={i})", f"np.stack([{x},{y},{z}])",
             f"np.concatenate([{x},{y},{x}])", f"np.stack([{x},{y}],axis=-1)",
             f"np.hstack([{x},{y}])", f"np.concatenate([{x},{y}],axis=None)",
             f"np.append({x},{y})"]  # fmt: skip
    return b.choice(forms)


def split(b):
    x = b.pick(least=1)
    i = b.axis(x)
    n = b.choice([2, 3, [1], [1, 2]])
    k = b.between(0, 1)
    forms = [f"np.split({x},{n},axis={i})[{k}]", f"np.array_split({x},2,axis={i})[{k}]"]
    return b.choice(forms)


def one_slice(b, n):
    """Return a slice of an axis of length n."""
    step = b.choice(["", "", "::2", "::-1", "1::2", "::-2", "::3"])
    if step:
        return step
    start, stop = b.between(0, n), b.between(0, n)
    return b.choice([":", f"{start}:", f":{stop}", f"{min(start, stop)}:", ":-1", "1:"])


def index(b, x):
    """Return a basic index into a value."""
    parts = []
    for n in shape_of(b, x):
        if n and b.chance(25):
            parts.append(str(b.between(-n, n - 1)))
        else:
            parts.append(one_slice(b, n))
        if b.chance(8):
            parts.append("None")
    if parts and b.chance(20):
        parts[b.between(0, len(parts) - 1)] = "..."
    parts = parts[: b.between(1, max(len(parts), 1))]
    return ",".join(parts) or "..."


def advanced(b, x):
    """Return an advanced index into a value with an axis."""
    n = shape_of(b, x)[0]
    some = [b.between(-n, n - 1) for _ in range(b.between(1, 4))] if n else []
    options = [f"{some}", f"np.array({some},int)", f"np.array([{some},{some}],int)"]
    options += [f"np.arange({n})[::-1]", f"np.arange({n})%2==0"]
    wholes = [i for i in b.names("i", most=2) if np.size(b.values[i]) < 1000]
    if wholes and n:
        whole = b.choice(wholes)
        options += [f"np.abs({whole})%{n}"] * 4
    first = b.choice(options)
    if len(shape_of(b, x)) > 1 and b.chance(40):
        return b.choice([f"{first},::2", f"{first},...,0", f":,{first}", f"{first},1:"])
    return first


def getitem(b):
    x = b.pick(least=1)
    if b.chance(65):
        return f"{x}[{index(b, x)}]"
    place = advanced(b, x)  # which only a traced array takes if it is traced
    return f"at({x})[{place}].get()" if "np.abs" in place else f"{x}[{place}]"


def take(b):
    x = b.pick(least=1)
    i, n = b.axis(x), shape_of(b, x)[0]
    some = [b.between(0, n - 1) for _ in range(3)] if n else []
    forms = [f"np.take({x},{some},axis=0)", f"np.take({x},{some})",
             f"np.take_along_axis({x},np.argsort({x},axis={i}),axis={i})",
             f"np.diagonal({x})", f"np.trace({x})",
             f"np.diff({x},axis={i})", f"np.tril({x})", f"np.triu({x})",
             f"np.compress([True,False,True],{x},axis={i})"]  # fmt: skip
    if len(shape_of(b, x)) > 1 or n < 100:
        forms.append(f"np.diag({x})")
    return b.choice(forms)


def update(b):
    x = b.pick("fi", least=1)
    place = index(b, x) if b.chance(50) else advanced(b, x)
    slot = b.evaluate(f"{x}[{place}]")
    kind = b.values[x].dtype.kind
    fits = [n for n in b.names(kind) if shape_of(b, n) == np.shape(slot)]
    value = b.choice([*fits, b.number(kind)])
    if b.values[x].dtype == np.float32 and fits:
        value = f"({value})"
    name = b.choice(["set", "add", "add", "multiply", "max", "min"])
    return f"at({x})[{place}].{name}({value})"


def order(b):
    x = b.pick("fiub", least=1)
    i = b.axis(x)
    forms = [f"np.sort({x},axis={i})", f"np.argsort({x},axis={i})",
             f"np.sort({x},axis=None)", f"np.argsort({x},axis={i},kind='stable')",
             f"np.partition({x},1,axis={i})"]  # fmt: skip
    if np.size(b.values[x]) < 500:  # on traced values it compares all with all
        forms.append(f"np.searchsorted(np.sort({x}.ravel()),{x})")
    return b.choice(forms)


STRUCTURE = [*[reshape] * 2, *[move] * 3, grow, join, split, *[getitem] * 4, take,
             update, order]  # fmt: skip
