"""A graph in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .model import Edge, Graph, Node
from .wording import short

FORWARD, BACKWARD = "#1a7f37", "#b42318"
_SHAPES = {
    "input": 'shape=box, style="rounded,filled", fillcolor="#eef4ff"',
    "constant": 'shape=plaintext, fontcolor="#57606a"',
    "operation": 'shape=circle, style=filled, fillcolor="#ffffff"',
    "call": 'shape=box, style="filled", fillcolor="#f6f8fa"',
    "output": "shape=plaintext",
}


def to_dot(graph: Graph) -> str:
    """Return a graph as DOT: values above the edges, gradients below, in colours."""
    lines = [
        "digraph {",
        '  rankdir=LR; bgcolor="transparent"; nodesep=0.35; ranksep=0.6;',
        '  node [fontname="Helvetica", fontsize=12, margin="0.08,0.04"];',
        '  edge [fontname="Helvetica", fontsize=10, arrowsize=0.6];',
        *_body(graph, "  "),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _body(graph: Graph, indent: str) -> Iterator[str]:
    for node in graph.nodes:
        yield from _node(node, indent)
    for edge in graph.edges:
        yield f"{indent}{edge.source} -> {edge.target} [label=<{_flow(edge)}>];"


def _node(node: Node, indent: str) -> Iterator[str]:
    tip = f"{node.name} = {node.expression}" if node.expression else node.symbol
    tip = f"{tip}\n{node.line}" if node.line else tip
    if node.body is None:
        label = f"label={_quoted(node.symbol)}, tooltip={_quoted(tip)}"
        yield f"{indent}{node.key} [{label}, {_SHAPES[node.kind]}];"
        return
    yield f"{indent}subgraph cluster_{node.key} {{"
    yield f"{indent}  label={_quoted(node.symbol)}; style=rounded; color=gray;"
    yield f"{indent}  {node.key} [label={_quoted(node.symbol)}, {_SHAPES['call']}];"
    yield from _body(node.body, indent + "  ")
    yield f"{indent}}}"


def _flow(edge: Edge) -> str:
    """Return the value above a line, and below it the gradient if there is one."""
    rows = [_row(edge.value, FORWARD)]
    if edge.gradient is not None:
        rows.append(_row(edge.gradient, BACKWARD))
    return f'<table border="0" cellspacing="0">{"".join(rows)}</table>'


def _row(value: Any, color: str) -> str:
    text = short(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<tr><td><font color="{color}">{text}</font></td></tr>'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
