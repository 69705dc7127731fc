"""Random lines that reduce, accumulate and contract."""

from __future__ import annotations

import numpy as np

from .building import Dead

REDUCTIONS = """sum sum sum prod max min mean mean var std any all argmax argmin ptp
    count_nonzero nansum nanmean median linalg.norm""".split()
ONE_AXIS = {"argmax", "argmin", "median", "linalg.norm"}


def axes(b, x, one=False):
    n = np.ndim(b.values[x])
    options = ["None"]
    if n:
        options += [str(b.between(-n, n - 1)), "-1", "0"]
    if n > 1 and not one:
        options += [f"{tuple(sorted(b.random.sample(range(n), b.between(1, n))))}"]
    return b.choice(options)


def reduction(b):
    x = b.pick(least=0)
    name = b.choice(REDUCTIONS)
    keep = ",keepdims=True" if b.chance(40) else ""
    return f"np.{name}({x},axis={axes(b, x, name in ONE_AXIS)}{keep})"


def method(b):
    x = b.pick()
    name = b.choice("sum prod max min mean var std any all cumsum argmax".split())
    return f"{x}.{name}({axes(b, x, True)})"


def normalised(b):
    """Return one of the compositions that networks are made of."""
    x = b.pick("f", least=1)
    forms = [
        "np.exp({0}-np.max({0},axis=-1,keepdims=True))",
        "{0}/np.sum({0},axis=-1,keepdims=True)",
        "({0}-np.mean({0},axis=-1,keepdims=True))"
        "/np.sqrt(np.var({0},axis=-1,keepdims=True)+1e-5)",
        "np.log(np.sum(np.exp({0}-np.max({0})),axis=-1))+np.max({0})",
        "({0}-{0}.mean(0))/({0}.std(0)+1e-3)",
        "np.sum(np.exp({0}-np.max({0},axis=-1,keepdims=True)),axis=-1,keepdims=True)",
        "np.mean(({0}-np.mean({0}))**2)",
        "{0}/np.sqrt(np.sum({0}*{0}))",
    ]
    return b.choice(forms).format(x)


def accumulate(b):
    x = b.pick()
    name = b.choice(["cumsum", "cumsum", "cumprod"])
    return f"np.{name}({x},axis={axes(b, x, True)})"


def product(b):
    """Return a product of matrices and vectors that fit."""
    x = b.pick("fic", least=1, most=3)
    n = np.shape(b.values[x])[-1]
    ys = [y for y in b.names("fic", 1, 3) if n in np.shape(b.values[y])[-2:]]
    y = b.choice(ys or [x])
    if np.size(b.values[x]) * np.size(b.values[y]) > max(n, 1) ** 2 * b.limit:
        raise Dead
    forms = ["{0}@{1}", "{0}@{1}.T", "{0}.T@{1}", "np.matmul({0},{1})",
             "{0}@np.swapaxes({0},-1,-2)", "np.vecdot({0},{1})"]  # fmt: skip
    if all(np.asarray(b.values[z]).flags.c_contiguous for z in (x, y)):
        # Of strided operands these differ in the last bit (docs/limits.md).
        forms += ["np.dot({0},{1})", "np.inner({0},{1})", "np.tensordot({0},{1},1)"]
    return b.choice(forms).format(x, y)


def outer(b):
    x, y = b.pick(most=1), b.pick(most=1)
    if np.size(b.values[x]) * np.size(b.values[y]) > b.limit:
        raise Dead
    return b.choice(["np.outer({0},{1})", "np.multiply.outer({0},{1})"]).format(x, y)


def matrix(b):
    """Return linear algebra of a matrix made regular."""
    x = b.pick("f", 2, 3)
    n = np.shape(b.values[x])[-2]
    if not 0 < n < 20:
        x, n = f"{x}[...,:4,:]", min(n, 4)
    x = b.add(f"np.tanh({x})")
    spd = f"({x}@np.swapaxes({x},-1,-2)+{n}.0*np.eye({n}))"
    forms = ["np.linalg.inv({0})", "np.linalg.cholesky({0})", "np.linalg.det({0})",
             "np.linalg.solve({0},{1})", "np.linalg.slogdet({0})[1]",
             "np.linalg.matrix_power({0},3)", "np.trace({0})"]  # fmt: skip
    return b.choice(forms).format(spd, x)


REDUCING = [*[reduction] * 4, method, *[normalised] * 2, accumulate]
CONTRACTING = [*[product] * 3, outer, matrix]
