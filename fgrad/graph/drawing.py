"""`draw`: the computational graph of a run, as text, picture or page."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import wraps
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Var, aval_of, is_inexact, short_errors, variables
from ..errors import MissingRuleError
from ..transforms.arguments import check_callable, name_of
from .dot import to_dot
from .mermaid import to_mermaid
from .model import Graph, graph_of
from .page import to_html
from .recording import (
    Record,
    by_position,
    check_iteration,
    check_scalar,
    checked_count,
    record,
)

_NEEDS_DOT = (
    "drawing a graph as {0} needs the program `dot` of Graphviz, which is not on the "
    "PATH: install it (Debian: apt install graphviz; macOS: brew install graphviz). "
    ".html(), .mermaid() and .dot() need nothing"
)


class Drawing:
    """A graph that can be written in several forms; notebooks show it as a picture.

    ``graph`` has the nodes and the edges, with their values and gradients. ``heat`` and
    ``direction`` are as in `draw`.
    """

    def __init__(self, graph: Graph, heat: bool = False, direction: str = "LR") -> None:
        self.graph = graph
        self.heat = heat
        self.direction = direction

    def dot(self) -> str:
        """Return the graph in the language of Graphviz; it needs no program.

        >>> draw(lambda x: 2.0 * x)(3.0).dot()[:9]
        'digraph {'
        """
        return to_dot(self.graph, self.direction, self.heat)

    def mermaid(self) -> str:
        """Return the graph in the language of Mermaid, which GitHub draws.

        Put it into a fenced block ``mermaid`` of a Markdown file.
        """
        return to_mermaid(self.graph, self.direction)

    def html(self) -> str:
        """Return a page that needs nothing else.

        Drag to move, turn the wheel to zoom, point at nodes and edges, step through
        both passes with the arrow keys, click a box to fold it up, turn it from top to
        bottom and back.
        """
        return to_html(self.graph, self.direction, self.heat)

    def svg(self) -> str:
        """Return the graph as an SVG picture, which Graphviz draws.

        Raises RuntimeError if the program `dot` is not there.
        """
        return self._drawn("svg").decode()

    def png(self) -> bytes:
        """Return the graph as a PNG picture, which Graphviz draws.

        Raises RuntimeError if the program `dot` is not there.
        """
        return self._drawn("png")

    def _drawn(self, kind: str) -> bytes:
        program = shutil.which("dot")
        if program is None:
            raise RuntimeError(_NEEDS_DOT.format(kind.upper()))
        for ports in (True, False):  # some versions fail where edges end at ports
            text = to_dot(self.graph, self.direction, self.heat, ports)
            command = [program, f"-T{kind}"]
            found = subprocess.run(command, input=text.encode(), capture_output=True)
            if not found.returncode:
                return found.stdout
        raise RuntimeError(f"dot failed: {found.stderr.decode().strip()}")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the graph to a file; its name says in which form.

        .svg, .png and .pdf need Graphviz; .html, .dot, .gv, .mmd and .md do not. Raises
        ValueError for other names.
        """
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"save: the path is a string or a Path, got {path!r}")
        path = Path(path)
        forms: dict[str, Callable[[], str | bytes]] = {
            ".svg": self.svg, ".png": self.png, ".pdf": lambda: self._drawn("pdf"),
            ".html": self.html, ".dot": self.dot, ".gv": self.dot,
            ".mmd": self.mermaid, ".md": self._fenced,
        }  # fmt: skip
        suffix = path.suffix.lower()
        if suffix not in forms:
            known = ", ".join(forms)
            raise ValueError(f"save: {path.name!r} has to end in one of {known}")
        text = forms[suffix]()
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def _fenced(self) -> str:
        return f"```mermaid\n{self.mermaid()}```\n"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Return the picture for notebooks; the page in a frame where `dot` is missing.

        Notebooks prefer HTML and Markdown to pictures, so there is only one of them.
        """
        if shutil.which("dot"):
            return {"text/plain": repr(self), "image/svg+xml": self.svg()}
        frame = f'<iframe srcdoc="{escape(self.html())}" width="100%" height="480">'
        return {
            "text/plain": repr(self),
            "text/html": f"{frame}</iframe>",
            "text/markdown": self._fenced(),
        }

    def __repr__(self) -> str:
        n = len(self.graph.operations)
        return f"<graph of {self.graph.name}: {n} operation{'s' * (n != 1)}>"


def draw(
    fun: Callable[..., Any],
    *,
    grad: bool | None = None,
    depth: int = 1,
    heat: bool = False,
    direction: str = "LR",
    iteration: int = 0,
    max_nodes: int = 1000,
) -> Callable[..., Drawing]:
    """Return a function that draws the computational graph of ``fun``.

    It takes the arguments of ``fun``, also by keyword; what is no array (a string, a
    function) is handed over as it is. An integer that has to stay one (a static
    argument, say) stands in a lambda: ``draw(lambda x: f(x, 3))``.

    Nodes are operations; edges carry the value that flows forwards and, with ``grad``,
    the gradient that flows back: by default if the output is a scalar. Arguments that
    are not used are left out. ``fun`` may be a transformed function:
    ``draw(fgrad.grad(f))``.

    Programs that are called inside (jit, checkpoint, scan, cond, functions with rules
    of their own) are boxes, ``depth`` levels deep. Of a loop the ``iteration`` of that
    number is shown (-1: the last; the nearest one that there is), of a cond the branch
    that is taken. A function with
    a rule of its own has no gradients in its box, since the rule does not look into it.

    ``heat`` shows vectors and matrices as small heat maps, the value in a green frame,
    the gradient in a red one: blue is positive, red negative, the strongest colour is
    the largest magnitude in that map. ``direction`` is ``"LR"``,
    from left to right, or ``"TB"``, from top to bottom.

    Raises TypeError for ``grad=True`` if the output is no scalar, and ValueError if the
    graph has more than ``max_nodes`` nodes.

    >>> drawing = draw(lambda x, y: x * y + x)(3.0, 4.0)
    >>> drawing
    <graph of lambda: 2 operations>
    >>> [float(node.gradient) for node in drawing.graph.nodes if node.kind == "input"]
    [5.0, 3.0]
    """
    check_callable(fun, "draw")
    if direction not in ("LR", "TB"):
        raise ValueError(f'draw: direction is "LR" or "TB", got {direction!r}')
    if grad not in (None, True, False):
        raise ValueError(f"draw: grad is True, False or None, got {grad!r}")
    depth = checked_count(depth, 0, "draw: depth is a number of levels")
    check_iteration(iteration, "draw")
    if not isinstance(heat, bool | np.bool):
        raise ValueError(f"draw: heat is True or False, got {heat!r}")
    most = checked_count(max_nodes, 1, "draw: max_nodes is a number")

    @wraps(fun)
    @short_errors
    def drawn(*args: Any, **keywords: Any) -> Drawing:
        called, values, labels = by_position(fun, args, keywords, "draw")
        found = record(called, values, "draw", labels)
        _check_size(_size(found), found.name, most)
        seeds = _seeds(found, fun, grad)
        try:
            graph = graph_of(found, seeds, depth, iteration)
        except MissingRuleError as error:
            error.add_note("draw(f, grad=False) draws the values without gradients")
            raise
        _check_size(sum(1 for _ in graph.everywhere()), found.name, most)
        return Drawing(graph, heat, direction)

    return drawn


def _size(found: Record) -> int:
    """Return how many nodes a graph has without its boxes."""
    atoms = [atom for eqn in found.jaxpr.eqns for atom in eqn.inputs]
    atoms += found.jaxpr.outs
    inputs = set(variables(atoms)).intersection(found.jaxpr.invars)
    constants = sum(type(atom) is not Var for atom in atoms)
    several = len(found.jaxpr.eqns) + len(found.jaxpr.outs)
    return several + len(inputs) + constants


def _check_size(nodes: int, name: str, most: int) -> None:
    if nodes > most:
        raise ValueError(
            f"draw({name}): the graph has {nodes} nodes, more than max_nodes={most}, "
            "and nobody can read that. Draw a smaller problem; make one box of a part "
            "with fgrad.jit, or of a Python loop with lax.scan; show fewer levels of "
            f"boxes with depth=0; or allow it: draw(f, max_nodes={nodes})"
        )


def _seeds(found: Record, fun: Any, grad: bool | None) -> list[Any] | None:
    """Return what flows back into the outputs; None if nothing is to."""
    if grad:
        call = f"draw({name_of(fun)}, grad=True)"
        check_scalar(found.results, call, "draw(lambda x: {}, grad=True)")
    values = list(found.results.values())
    scalar = len(values) == 1 and not aval_of(values[0]).shape and is_inexact(values[0])
    return [1.0] if scalar and grad is not False else None
