"""A graph in the language of Graphviz."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape
from typing import Any

from .heat import cells, table
from .model import Edge, Graph, Node
from .wording import short_lines, slope

FORWARD, BACKWARD = "#1a7f37", "#b42318"
_SHAPES = {
    "input": 'shape=box, style="rounded,filled", fillcolor="#ddf4ff"',
    "constant": 'shape=plaintext, fontcolor="#57606a", width=0.1, height=0.2',
    "operation": 'shape=ellipse, style=filled, fillcolor="#ffffff", margin="0.02,0.02"',
    "call": 'shape=box, style="filled,dashed", fillcolor="#f6f8fa"',
    "output": "shape=plaintext, width=0.1, height=0.2",
}
_ROUND = "shape=circle, style=filled, fillcolor=white, width=0.4, fixedsize=true"
_LINE = "#57606a"
_NUMBERS = "shape=plain, fontsize=10, margin=0, width=0, height=0"
_MAP_SIZE = 16


def to_dot(
    graph: Graph, direction: str = "LR", heat: bool = False, ports: bool = True
) -> str:
    """Return a graph as DOT: values above the edges, gradients below, in colours.

    With ``ports``, the first of two operands ends above or left of the second one.
    """
    space = f"nodesep=0.15; ranksep={0.2 if direction == 'LR' else 0.13}"
    lines = [
        "digraph {",
        f'  rankdir={direction}; bgcolor="white"; {space};',
        '  node [fontname="Helvetica", fontsize=12, margin="0.08,0.04", height=0.3];',
        f'  edge [fontname="Helvetica", fontsize=10, arrowsize=0.6, color="{_LINE}"];',
        *_body(graph, "  ", heat, direction == "LR", ports),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _body(
    graph: Graph, indent: str, heat: bool, across: bool, ports: bool
) -> Iterator[str]:
    for node in graph.nodes:
        if node.body is None:
            yield f"{indent}{node.key} [{_node(node, heat)}];"
        else:
            yield f"{indent}subgraph cluster_{node.key} {{"
            yield from _box(node, node.body, indent + "  ", across)
            yield from _body(node.body, indent + "  ", heat, across, ports)
            yield f"{indent}}}"
    inputs = Counter(edge.target for edge in graph.edges)
    for source, target, edge in graph.joined():
        if ports and inputs[target] == 2:
            target += (":nw", ":sw" if across else ":ne")[edge.place]
        for text in _edge(edge, source, target, across):
            yield indent + text


def _box(node: Node, body: Graph, indent: str, across: bool) -> Iterator[str]:
    """Yield how a box looks, and that inputs and outputs stand at its borders."""
    where = "labeljust=l" if across else "labeljust=r; labelloc=b"
    yield f"{indent}label={_quoted(node.symbol)}; {where};"
    yield f'{indent}fontsize=11; fontname="Helvetica"; color="#8c959f";'
    yield f'{indent}style="rounded,filled,dashed"; fillcolor="#f6f8fa";'
    yield f"{indent}tooltip={_quoted(_tip(node))};"
    inputs, outputs = ([n.key for n in body.of_kind(k)] for k in ("input", "output"))
    yield f"{indent}{{ rank=same; {' '.join(f'{key};' for key in inputs)} }}"
    if not across:  # room for the title, right of where edges leave the box
        wide = f"width={0.085 * len(node.symbol):.1f}"
        yield f'{indent}{node.key}_title [label="", shape=none, height=0, {wide}];'
        outputs.append(f"{node.key}_title")
        yield f"{indent}{' -> '.join(outputs)} [style=invis];"
    yield f"{indent}{{ rank=same; {' '.join(f'{key};' for key in outputs)} }}"


def _node(node: Node, heat: bool) -> str:
    shape = _SHAPES[node.kind]
    if node.kind == "operation" and len(node.symbol) <= 2:
        shape = _ROUND
    shown = {FORWARD: node.value, BACKWARD: node.gradient} if heat else {}
    maps = {colour: cells(x, _MAP_SIZE) for colour, x in shown.items()}
    pictures = [
        f'<td border="1" color="{colour}">{table(found)}</td>'
        for colour, found in maps.items()
        if found is not None
    ]
    label = _quoted(node.symbol)
    if pictures and node.kind not in ("constant", "output"):
        row = f'<tr><td colspan="{len(pictures)}">{_text(node.symbol)}</td></tr>'
        label = f'<<table border="0">{row}<tr>{"".join(pictures)}</tr></table>>'
        shape = _SHAPES[node.kind]
    return f"label={label}, tooltip={_quoted(_tip(node))}, {shape}"


def _tip(node: Node) -> str:
    return f"{node.code}\n{node.line}" if node.line else node.code


def _edge(edge: Edge, source: str, target: str, across: bool) -> Iterator[str]:
    """Yield an edge, and its numbers: the value above, the gradient below.

    Graphviz writes labels beside edges. So an edge goes through a node of its own; from
    left to right that is a table whose rule is a part of the line.
    """
    above = [_row(text, FORWARD) for text in short_lines(edge.value)]
    # the shape is that of the value
    gradient = [] if edge.gradient is None else short_lines(edge.gradient, slope)[-1:]
    below = [_row(text, BACKWARD) for text in gradient]
    key, rows = _quoted(edge.key), [*above, *below]
    if across:
        empty = ["<tr><td> </td></tr>"] * (len(above) - len(below))
        rows = [*above, "<hr/>", *below, *empty]
    before, after = ("w", "e") if across else ("n", "s")
    label = f"label=<{_table(rows)}>, tooltip={_quoted(edge.name)}"
    yield f"{key} [{label}, {_NUMBERS}];"
    yield f"{source} -> {key}:{before} [dir=none];"
    yield f"{key}:{after} -> {target};"


def _table(rows: list[str]) -> str:
    look = f'border="0" cellspacing="0" cellpadding="1" color="{_LINE}"'
    return f"<table {look}>{''.join(rows)}</table>"


def _row(text: str, colour: str) -> str:
    return f'<tr><td><font color="{colour}">{_text(text)}</font></td></tr>'


def _text(text: Any) -> str:
    return escape(str(text), quote=False)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
