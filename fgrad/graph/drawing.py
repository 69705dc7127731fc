"""`draw`: the computational graph of a run, as text, picture or page."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core import aval_of, is_inexact, short_errors
from ..transforms.arguments import name_of
from .dot import to_dot
from .mermaid import to_mermaid
from .model import Graph, graph_of
from .page import to_html
from .recording import Record, record

_NEEDS_DOT = (
    "drawing a graph as {0} needs the program `dot` of Graphviz, which is not on the "
    "PATH: install it (Debian: apt install graphviz; macOS: brew install graphviz). "
    ".html(), .mermaid() and .dot() need nothing"
)


class Drawing:
    """A graph that can be written in several forms; notebooks show it as a picture."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def dot(self) -> str:
        """Return the graph in the language of Graphviz."""
        return to_dot(self.graph)

    def mermaid(self) -> str:
        """Return the graph in the language of Mermaid."""
        return to_mermaid(self.graph)

    def html(self) -> str:
        """Return a page that needs nothing else: move, zoom, hover, step."""
        return to_html(self.graph)

    def svg(self) -> str:
        """Return the graph as an SVG picture, which Graphviz draws.

        Raises RuntimeError if the program `dot` is not there.
        """
        return self._drawn("svg").decode()

    def png(self) -> bytes:
        """Return the graph as a PNG picture, which Graphviz draws."""
        return self._drawn("png")

    def _drawn(self, kind: str) -> bytes:
        program = shutil.which("dot")
        if program is None:
            raise RuntimeError(_NEEDS_DOT.format(kind.upper()))
        found = subprocess.run(
            [program, f"-T{kind}"], input=self.dot().encode(), capture_output=True
        )
        if found.returncode:
            raise RuntimeError(f"dot failed: {found.stderr.decode().strip()}")
        return found.stdout

    def save(self, path: str | Path) -> None:
        """Write the graph to a file; its name says in which form.

        .svg and .png need Graphviz; .html, .dot, .gv, .mmd and .md do not. Raises
        ValueError for other names.
        """
        path = Path(path)
        forms: dict[str, Callable[[], str | bytes]] = {
            ".svg": self.svg, ".png": self.png, ".html": self.html, ".dot": self.dot,
            ".gv": self.dot, ".mmd": self.mermaid, ".md": self._fenced,
        }  # fmt: skip
        if path.suffix not in forms:
            known = ", ".join(forms)
            raise ValueError(f"save: {path.name!r} has to end in one of {known}")
        text = forms[path.suffix]()
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def _fenced(self) -> str:
        return f"```mermaid\n{self.mermaid()}```\n"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        bundle = {"text/plain": repr(self), "text/markdown": self._fenced()}
        if shutil.which("dot"):
            bundle["image/svg+xml"] = self.svg()
        return bundle

    def __repr__(self) -> str:
        n = len(self.graph.operations)
        return f"<graph of {self.graph.name}: {n} operation{'s' * (n != 1)}>"


def draw(
    fun: Callable[..., Any], *, grad: bool | None = None, depth: int = 1
) -> Callable[..., Drawing]:
    """Return a function that draws the computational graph of ``fun``.

    It takes the arguments of ``fun``. Nodes are operations; edges carry the value that
    flows forwards and, with ``grad``, the gradient that flows back. Without ``grad``,
    gradients are shown if the output is a scalar. Programs that are called inside
    (jit, scan, cond) are boxes, ``depth`` levels deep; of a loop the first iteration is
    shown. ``fun`` may be a transformed function: ``draw(fgrad.grad(f))``.

    >>> drawing = draw(lambda x, y: x * y + x)(3.0, 4.0)
    >>> drawing
    <graph of lambda: 2 operations>
    >>> [float(node.gradient) for node in drawing.graph.nodes if node.kind == "input"]
    [5.0, 3.0]
    """

    @short_errors
    def drawn(*args: Any) -> Drawing:
        found = record(fun, args, "draw")
        return Drawing(graph_of(found, _seeds(found, fun, grad), depth))

    return drawn


def _seeds(found: Record, fun: Any, grad: bool | None) -> list[Any] | None:
    """Return what flows back into the outputs; None if nothing is to."""
    values = [found.value(atom) for atom in found.jaxpr.outs]
    scalar = len(values) == 1 and not aval_of(values[0]).shape and is_inexact(values[0])
    if grad and not scalar:
        shapes = ", ".join(str(aval_of(v)) for v in values)
        raise TypeError(
            f"draw({name_of(fun)}, grad=True) needs a function that returns a scalar, "
            f"got {shapes}. Sum it: draw(lambda x: np.sum(f(x)), grad=True)"
        )
    return [1.0] if scalar and grad is not False else None
