"""A graph as a page that needs nothing else: move, zoom, hover, step through it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Any

from .layout import MARGIN, Layout, Place, laid_out
from .model import Edge, Graph, Node
from .wording import short


def to_html(graph: Graph) -> str:
    """Return the page of a graph."""
    template = files(__package__).joinpath("page.html").read_text()
    layout = laid_out(graph)
    steps = [*_forward(graph), *_backward(graph)]
    parts = {
        "TITLE": escape(graph.name),
        "VIEW": f"0 0 {layout.width:.0f} {layout.height:.0f}",
        "DRAWING": "\n".join(_drawn(graph, layout)),
        "NODES": _script({n.key: _facts(n) for n in _all_nodes(graph)}),
        "STEPS": _script(steps),
    }
    for key, text in parts.items():
        template = template.replace(f"<!--{key}-->", text)
    return template


def _script(value: Any) -> str:
    """Return JSON that may stand inside of a script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _all_nodes(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes:
        yield node
        if node.body is not None:
            yield from _all_nodes(node.body)


def _facts(node: Node) -> dict[str, str]:
    """Return what is shown of a node when the pointer is over it."""
    left = f"{node.name} = {node.expression}" if node.expression else node.symbol
    facts = {"operation": left, "value": short(node.value, 6), "type": str(node.aval)}
    if node.gradient is not None:
        facts["gradient"] = short(node.gradient, 6)
    facts["local gradient"] = ", ".join(text for text in node.locals if text)
    facts["your line"] = node.line
    facts["expression"] = node.text
    return {key: text for key, text in facts.items() if text}


# -- the steps of the two passes -------------------------------------------------------


def _forward(graph: Graph) -> Iterator[dict[str, Any]]:
    """Yield what appears when each operation runs."""
    for node in graph.nodes:
        if node.kind == "operation" or node.kind == "call":
            keys = [e for e in _keys(graph) if graph.edges[e].target == node.key]
            text = f"{node.name} = {node.expression} = {short(node.value)}"
            yield _step("forward", node.key, [f"{node.key}/{graph.edges[e].place}"
                                              for e in keys], text)  # fmt: skip
        elif node.kind == "output":
            text = f"output = {short(node.value)}"
            yield _step("forward", node.key, [f"{node.key}/0"], text)


def _backward(graph: Graph) -> Iterator[dict[str, Any]]:
    """Yield what flows back through each operation, from the last one."""
    for node in reversed(graph.nodes):
        flows = [e for e in graph.edges if e.target == node.key]
        flows = [e for e in flows if e.gradient is not None]
        if not flows:
            continue
        handed = ", ".join(f"{short(e.gradient)} to {e.name}" for e in flows)
        if node.kind == "output":
            text = f"the output's gradient is {short(node.gradient)}"
        else:
            text = f"{node.name} gets {short(node.gradient)} and hands {handed}"
        yield _step(
            "backward", node.key, [f"{e.target}/{e.place}" for e in flows], text
        )


def _keys(graph: Graph) -> range:
    return range(len(graph.edges))


def _step(phase: str, node: str, edges: list[str], text: str) -> dict[str, Any]:
    return {"pass": phase, "node": node, "edges": edges, "text": text}


# -- the picture -----------------------------------------------------------------------


def _drawn(graph: Graph, layout: Layout) -> Iterator[str]:
    for node in graph.nodes:
        if node.body is not None:
            yield _node(node, layout.places[node.key])
            yield from _drawn(node.body, layout)
    for edge in graph.edges:
        yield _edge(edge, layout.places[edge.source], layout.places[edge.target])
    for node in graph.nodes:
        if node.body is None:
            yield _node(node, layout.places[node.key])


def _node(node: Node, place: Place) -> str:
    x, y = place.x - place.width / 2, place.y - place.height / 2
    round_ = place.height / 2 if node.kind == "operation" else 6
    top = y + MARGIN + 6 if node.body is not None else place.y
    return (
        f'<g class="node {node.kind}" data-key="{node.key}" tabindex="0">'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{place.width:.1f}" '
        f'height="{place.height:.1f}" rx="{round_:.0f}"/>'
        f'<text x="{place.x:.1f}" y="{top:.1f}">{escape(node.symbol)}</text></g>'
    )


def _edge(edge: Edge, start: Place, end: Place) -> str:
    x1, x2 = start.x + start.width / 2, end.x - end.width / 2
    bend = (x2 - x1) / 2
    path = f"M{x1:.1f},{start.y:.1f} C{x1 + bend:.1f},{start.y:.1f} "
    path += f"{x2 - bend:.1f},{end.y:.1f} {x2:.1f},{end.y:.1f}"
    x, y = x1 + 8, start.y + (end.y - start.y) * 0.15
    gradient = ""
    if edge.gradient is not None:
        text = escape(short(edge.gradient))
        gradient = f'<text class="gradient" x="{x:.1f}" y="{y + 13:.1f}">{text}</text>'
    return (
        f'<g class="edge" data-edge="{edge.target}/{edge.place}"><path d="{path}"/>'
        f'<text class="value" x="{x:.1f}" y="{y - 5:.1f}">{escape(short(edge.value))}'
        f"</text>{gradient}</g>"
    )
