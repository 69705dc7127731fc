"""The steps of both passes: what appears in a graph when an operation runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .model import Edge, Graph, Node
from .wording import short, slope


@dataclass(frozen=True)
class Appearance:
    """One step: the node that works, the edges whose numbers appear, what is said."""

    phase: str
    """``forward`` or ``backward``."""
    node: str
    edges: list[str]
    text: str


def steps_of(graph: Graph) -> list[Appearance]:
    """Return the steps forwards, and back if there are gradients.

    >>> from .model import graph_of
    >>> from .recording import record
    >>> found = record(lambda x, y: x * y, (3.0, 4.0), "draw", ["x", "y"])
    >>> [step.text for step in steps_of(graph_of(found, [1.0]))]
    ['a = x * y = 12', 'output = 12', 'the gradient of the output by itself is 1',
     'a gets 1 and hands 4 to x, 3 to y']
    """
    back = any(node.gradient is not None for node in graph.nodes)
    return [*_forward(graph), *(_backward(graph) if back else ())]


def _forward(graph: Graph, inside: bool = False) -> Iterator[Appearance]:
    """Yield what appears when each operation runs: the values that it made."""
    for node in graph.nodes:
        made = [e for e in graph.edges if e.source == node.key]
        if node.kind == "output" and not inside:
            text = f"{node.symbol} = {short(node.value)}"
            yield Appearance("forward", node.key, [], text)
        if node.kind not in ("operation", "call"):
            continue
        if node.body is not None:
            inputs = node.body.of_kind("input")
            yield _named("forward", node, _from(node.body, inputs), "begins")
            yield from _forward(node.body, inside=True)
        text = node.code
        if node.value is not None:
            text += f" = {short(node.value)}"
        yield Appearance("forward", node.key, _keys(made), text)


def _backward(graph: Graph, inside: bool = False) -> Iterator[Appearance]:
    """Yield what flows back through each operation, from the last one."""
    for node in reversed(graph.nodes):
        flows = [e for e in graph.edges if e.target == node.key]
        flows = [e for e in flows if e.gradient is not None]
        if not flows or (inside and node.kind == "output"):
            continue
        if node.body is not None:
            outs = {n.key for n in node.body.of_kind("output")}
            back = [e for e in node.body.edges if e.target in outs]
            back = [e for e in back if e.gradient is not None]
            if back:
                yield _named("backward", node, back, "is gone through backwards")
                yield from _backward(node.body, inside=True)
        yield Appearance("backward", node.key, _keys(flows), _handed(node, flows))


def _handed(node: Node, flows: list[Edge]) -> str:
    if node.kind == "output":
        return f"the gradient of the output by itself is {short(node.gradient, slope)}"
    handed = ", ".join(f"{short(e.gradient, slope)} to {e.name}" for e in flows)
    gets = "" if node.gradient is None else f" gets {short(node.gradient, slope)} and"
    return f"{node.symbol if node.kind == 'call' else node.name}{gets} hands {handed}"


def _from(graph: Graph, nodes: list[Node]) -> list[Edge]:
    keys = {n.key for n in nodes}
    return [e for e in graph.edges if e.source in keys]


def _named(phase: str, node: Node, edges: Iterable[Edge], what: str) -> Appearance:
    return Appearance(phase, node.key, _keys(edges), f"{node.symbol} {what}")


def _keys(edges: Iterable[Edge]) -> list[str]:
    return [e.key for e in edges]
