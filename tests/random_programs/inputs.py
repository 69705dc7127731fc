"""Random arguments and constants, as lines of source."""

from __future__ import annotations

from .arrays import LAYOUTS, VALUES

SIZES = [0, 1, 1, 2, 3, 3, 4, 5, 7, 8, 16, 33]
LARGE = [(64, 64), (100, 50), (33, 257), (16, 1000), (300, 300), (1000, 8), (8, 1000),
         (400, 500), (5000, 1), (1, 7000), (2000, 100)]  # fmt: skip
DTYPES = ["float64"] * 6 + ["float32"] * 4 + ["int64", "bool", "complex128"]
NUMBERS = ["2.5 + n", "-0.75 * (n + 1)", "3 + n", "True", "np.float64(1.25 + n)",
           "np.float32(-0.5 - n)", "np.array(0.3 + n)", "0.0"]  # fmt: skip


def argument_lines(b, large):
    """Return the lines that make the arguments, and give the builder their values."""
    sizes = b.choice(LARGE) if large or b.chance(5) else None
    sizes = sizes or (b.choice(SIZES), b.choice(SIZES))
    lines, b.scope["n"] = [], 0
    for i in range(b.between(1, 4)):
        lines.append(f"x{i} = {argument(b, i, sizes, large)}")
        b.values[f"x{i}"] = b.evaluate(lines[-1].partition(" = ")[2])
    return tuple(lines)


def argument(b, i, sizes, large):
    if i and b.chance(12):
        text = overlapping(b)
        if text:
            return text
    if b.chance(12) and not (large and i == 0):
        return b.choice(NUMBERS)
    dtype = "float64" if large and b.chance(40) else b.choice(DTYPES)
    layout = "C" if b.chance(80 if large else 50) else b.choice(list(LAYOUTS))
    return recipe(b, shape(b, sizes, large and i == 0), dtype, layout, " + n")


def overlapping(b):
    """Return a view of an earlier argument, or that argument itself."""
    names = b.names(least=1)
    if not names:
        return None
    forms = ["{0}", "{0}[::-1]", "{0}[1:]", "{0}.T", "{0}[::2]", "{0}[:]"]
    return b.choice(forms).format(b.choice(names))


def shape(b, sizes, whole=False):
    n, m = sizes
    shapes = [(n, m)] * 4 + [(m,)] * 2 + [(n, 1), (1, m), (n,), (), (n, n), (m, n)]
    shapes += [(2, n, m), (1,)]
    shapes = [s for s in shapes if not s or max(s[0] * s[-1], 2 * s[0]) <= 300_000]
    return (n, m) if whole else b.choice(shapes)


def recipe(b, shape, dtype, layout, shift=""):
    values = "plain" if b.chance(55) else b.choice(list(VALUES))
    seed = b.between(0, 999)
    return f"array({shape}, '{dtype}', {seed}{shift}, '{values}', '{layout}')"


def constant_lines(b, large):
    """Return the lines that make what the program closes over."""
    lines = []
    for i in range(b.choice([0, 0, 1, 2])):
        sizes = b.choice(LARGE) if large else (b.choice(SIZES), b.choice(SIZES))
        layout = b.choice(list(LAYOUTS))
        text = recipe(b, shape(b, sizes), b.choice(DTYPES), layout)
        lines.append(f"k{i} = {text}")
        b.constants[f"k{i}"] = b.scope[f"k{i}"] = b.evaluate(text)
    return tuple(lines)
