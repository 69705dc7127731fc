"""A graph as a page that needs nothing else: move, zoom, point, step, fold boxes."""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape
from importlib.resources import files
from typing import Any

from .heat import cells, png
from .model import Edge, Graph, Node
from .steps import steps_of
from .wording import is_number, precise, short, short_lines, slope

_MAP_SIZE = 24


def to_html(graph: Graph, direction: str = "LR", heat: bool = False) -> str:
    """Return the page of a graph; its scripts place the nodes and draw them."""
    template = _read("page.html")
    parts = {
        "TITLE": escape(graph.name),
        "STYLE": _read("page.css"),
        "DIRECTION": direction,
        "GRAPH": _script(_graph(graph, heat)),
        "STEPS": _script([asdict(step) for step in steps_of(graph)]),
        "LAYOUT": _read("page_layout.js"),
        "PAGE": _read("page.js"),
    }
    for key, text in parts.items():
        template = template.replace(f"<!--{key}-->", text)
    return template


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _script(value: Any) -> str:
    """Return JSON that may stand inside of a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _graph(graph: Graph, heat: bool) -> dict[str, Any]:
    nodes = {node.key: node for node in graph.nodes}
    return {
        "nodes": [_node(node, graph, heat) for node in graph.nodes],
        "edges": [_edge(edge, nodes[edge.target]) for edge in graph.edges],
    }


def _node(node: Node, graph: Graph, heat: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "key": node.key,
        "kind": node.kind,
        "symbol": node.symbol,
        "card": _facts(node, [e for e in graph.edges if e.target == node.key]),
    }
    if node.body is not None:
        found["body"] = _graph(node.body, heat)
    if heat and node.kind in ("input", "operation", "call"):
        arrays = {"value": node.value, "gradient": node.gradient}
        maps = {name: cells(x, _MAP_SIZE) for name, x in arrays.items()}
        found["maps"] = {k: png(map_) for k, map_ in maps.items() if map_ is not None}
    return found


def _facts(node: Node, arguments: list[Edge]) -> dict[str, str]:
    """Return what is shown of a node when the pointer is over it."""
    found = [(edge.name, _local(edge, node)) for edge in arguments]
    facts = {
        "operation": node.code,
        "value": "" if node.value is None else short(node.value, precise),
        "type": node.type,
        "gradient": _slope(node.gradient),
        "local gradient": "; ".join(f"by {k}: {text}" for k, text in found if text),
        "your line": node.line,
        "expression": node.text,
    }
    return {key: text for key, text in facts.items() if text}


def _edge(edge: Edge, target: Node) -> dict[str, Any]:
    return {
        "key": edge.key,
        "source": edge.source,
        "out": edge.out,
        "target": edge.target,
        "place": edge.place,
        "value": short_lines(edge.value),
        # the shape is that of the value
        "gradient": []
        if edge.gradient is None
        else short_lines(edge.gradient, slope)[-1:],
        "card": _edge_facts(edge, target),
    }


def _edge_facts(edge: Edge, target: Node) -> dict[str, str]:
    """Return what is shown of an edge: how upstream and local make the gradient."""
    facts = {"value": f"{edge.name} = {short(edge.value, precise)}"}
    if edge.gradient is not None and target.kind != "output":
        if target.kind == "operation":
            facts["upstream"] = f"gradient of {target.name}: {_slope(target.gradient)}"
        facts["local gradient"] = _local(edge, target)
    facts["handed back"] = _slope(edge.gradient)
    return {key: text for key, text in facts.items() if text}


def _local(edge: Edge, target: Node) -> str:
    """Return the local gradient as a formula and a number; empty for a constant."""
    if not target.locals or edge.gradient is None:
        return ""
    formula = target.locals[edge.place]
    number = "" if edge.local is None else short(edge.local, precise)
    if is_number(formula) or formula == number:
        return formula
    return " = ".join(filter(None, [formula, number]))


def _slope(gradient: Any) -> str:
    return "" if gradient is None else short(gradient, precise)
