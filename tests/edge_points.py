"""The derivatives that fgrad promises where mathematics leaves a choice.

``docs/edge_points.md`` shows this table, and ``tests/test_edge_points.py`` holds fgrad
and the page to it. A row has an expression of ``x``, the point ``x``, the derivatives
of the sum of the expression, and what there is to say about it.
"""

from dataclasses import dataclass

import numpy as np

inf, nan = np.inf, np.nan
third = 1 / 3


@dataclass(frozen=True)
class Edge:
    """One row: ``twice`` says that second derivatives are finite there."""

    text: str
    x: list[float]
    slopes: list[float]
    note: str = ""
    twice: bool = True

    def function(self, x):
        """Return the sum of the expression at a point."""
        return np.sum(eval(self.text, {"np": np, "x": x}))


EDGES = [
    Edge("np.abs(x)", [0, -0.0, 2], [0, 0, 1], "the middle of [-1, 1]"),
    Edge("np.sign(x)", [0, 2], [0, 0]),
    Edge("np.floor(x) + np.rint(x)", [1, 0.5], [0, 0]),
    Edge("np.maximum(x, 0)", [0, 1, -1], [0.5, 1, 0], "ties share equally"),
    Edge("np.minimum(x, 0)", [0, 1, -1], [0.5, 0, 1], "ties share equally"),
    Edge("np.fmax(x, 0)", [0, 1, nan], [0.5, 1, 0], "ties share equally"),
    Edge("np.max(x)", [3, 3, 1], [0.5, 0.5, 0], "ties share equally"),
    Edge("np.max(x)", [3, 3, 3], [third, third, third], "ties share equally"),
    Edge("np.min(x)", [1, 3, 1], [0.5, 0, 0.5], "ties share equally"),
    Edge("np.max(x, initial=3.0)", [3, 1], [0.5, 0], "`initial` is one more element"),
    Edge("np.nanmax(x)", [2, nan, 2], [0.5, 0, 0.5], "ties share equally"),
    Edge("np.ptp(x)", [1, 2, 2], [-1, 0.5, 0.5], "ties share equally"),
    Edge("np.maximum.accumulate(x)[2]", [2, 2, 2], [0.25, 0.25, 0.5],
         "ties are halved one after the other"),
    Edge("np.where(x > 0, x, 0)", [0, 1], [0, 1], "relu: 0 at 0"),
    Edge("x * (x > 0)", [0, 1], [0, 1], "relu: 0 at 0"),
    Edge("np.clip(x, -1, 1)", [-2, -1, 0, 1, 2], [0, 0.5, 1, 0.5, 0],
         "as maximum and minimum"),
    Edge("np.sqrt(x)", [0, 4], [inf, 0.25], "the true limit", twice=False),
    Edge("np.linalg.norm(x)", [0, 0], [0, 0], "the subgradient of least norm"),
    Edge("np.linalg.norm(x, 1)", [0, -2], [0, -1]),
    Edge("np.linalg.norm(x, 3)", [0, 0], [0, 0]),
    Edge("np.linalg.norm(x, np.inf)", [1, 2, 2], [0, 0.5, 0.5], "ties share equally"),
    Edge("np.linalg.norm(np.outer(x, x))", [0, 0], [0, 0]),
    Edge("np.linalg.norm(x[None], axis=1)", [0, 0], [0, 0]),
    Edge("np.linalg.vector_norm(x)", [0, 0], [0, 0]),
    Edge("np.hypot(x, 0)", [0, 2], [0, 1]),
    Edge("np.hypot.reduce(x)", [0, 0], [0, 0]),
    Edge("np.std(x)", [2, 2, 2], [0, 0, 0]),
    Edge("np.nanstd(x)", [1, nan, 1], [0, 0, 0]),
    Edge("np.var(x)", [2, 2], [0, 0]),
    Edge("x**0", [0, 3], [0, 0]),
    Edge("x**0.0", [0, 3], [0, 0]),
    Edge("x**1.0", [0, 3], [1, 1]),
    Edge("x**2", [0, -3], [0, -6]),
    Edge("x**2.5", [0], [0]),
    Edge("x**0.5", [0], [inf], "the true limit", twice=False),
    Edge("np.power(x, 0.0)", [0, 3], [0, 0]),
    Edge("0.0**x", [2, 1.5], [0, 0], "0**y is flat for y > 0"),
    Edge("np.cbrt(x)", [0], [inf], "the true limit", twice=False),
    Edge("np.prod(x)", [0, 2, 3], [6, 0, 0]),
    Edge("np.prod(x)", [0, 2, 0], [0, 0, 0]),
    Edge("np.cumprod(x)", [2, 0, 3], [1, 8, 0]),
    Edge("np.multiply.reduceat(x, [0, 2])", [0, 2, 3], [2, 0, 1]),
    Edge("np.sinc(x)", [0], [0]),
    Edge("np.logaddexp(0, x)", [800, 0, -800], [1, 0.5, 0], "exact, no overflow"),
    Edge("np.logaddexp(x, x)", [-inf, 1], [1, 1]),
    Edge("np.logaddexp.reduce(x)", [-inf, 1, 1], [0, 0.5, 0.5]),
    Edge("np.where(x > 0, np.log(x), 0)", [-1, 0, 2], [0, 0, 0.5],
         "the branch that is not taken counts for nothing"),
    Edge("np.where(x > 0, np.sqrt(x), 0)", [-1, 0, 4], [0, 0, 0.25],
         "the branch that is not taken counts for nothing", twice=False),
    Edge("np.where(x > 0, x**-0.5, 0)", [-1, 0, 4], [0, 0, -0.0625],
         "the branch that is not taken counts for nothing"),
    Edge("np.where(x != 0, 1 / np.where(x != 0, x, 1), 0)", [0, 2], [0, -0.25],
         "a `np.where` inside makes the branch harmless"),
    Edge("np.where(x == 0, 1, x)", [0, 2], [0, 1]),
    Edge("np.nan_to_num(x)", [nan, 1, inf], [0, 1, 0]),
    Edge("np.nanmean(x)", [nan, 1, 3], [0, 0.5, 0.5]),
    Edge("np.nansum(x)", [nan, 1, 3], [0, 1, 1]),
    Edge("np.sort(x)[0]", [1, 1, 2], [1, 0, 0], "the first of equal elements"),
    Edge("np.median(x)", [1, 2, 3, 4], [0, 0.5, 0.5, 0]),
    Edge("np.median(x)", [1, 1, 2], [0, 1, 0], "the permutation of a stable sort"),
    Edge("np.quantile(np.array([1.0, 2, 5]), x)", [0, 0.5, 1], [2, 6, 0],
         "the piece that begins there"),
    Edge("np.unique(x)", [1, 2, 2], [1, 1, 0], "the first of equal elements"),
    Edge("np.argmax(x) * 1.0", [1, 2, 2], [0, 0, 0]),
    Edge("np.copysign(1.0, x)", [0, 2], [0, 0]),
    Edge("np.unwrap(x)", [0, np.pi, 3], [1, 1, 1], "periods are constant"),
    Edge("np.arctan2(x, 1.0)", [0], [1]),
]  # fmt: skip
"""All rows of the table."""


UNUSED = {
    "np.log(x)": (0, 0),
    "np.sqrt(x)": (0, 0),
    "np.cbrt(x)": (0, 0),
    "x**0.5": (0, 0),
    "x**-1.5": (0, 0),
    "2 * np.log(x) + x": (0, 0),
    "np.log(np.sqrt(3 * x))": (0, 0),
    "x**1.5": (nan, 0),
    "x**0.5 * x": (nan, 0),
    "x * np.sqrt(x)": (nan, 0),
    "np.exp(np.log(x))": (nan, 0),
    "1 / x": (0, nan),
    "np.sin(x) / x": (0, nan),
    "x * np.log(x)": (nan, nan),
    "np.log(x) ** 2": (nan, nan),
    "np.sin(np.log(x))": (nan, nan),
    "1 / np.sqrt(x)": (nan, nan),
}
"""The slopes of ``np.where(x > 0, branch, 0)`` at -1 and 0, in reverse mode."""


def unused_rows():
    """Return the rows on branches that are not taken as lines of Markdown."""
    for text, (below, at) in UNUSED.items():
        yield f"| `{text}` | {below} | {at} |"


def page_rows():
    """Return the rows as lines of Markdown."""
    for edge in EDGES:
        x, slopes = (", ".join(f"{v:.4g}" for v in vs) for vs in (edge.x, edge.slopes))
        yield f"| `{edge.text}` | {x} | {slopes} | {edge.note} |"
