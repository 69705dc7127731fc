"""A graph in the language of Mermaid, which GitHub and notebooks draw."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .model import Edge, Graph, Node
from .wording import short, slope

_BRACKETS = {
    "input": ("[", "]"),
    "constant": ("[", "]"),
    "operation": ("((", "))"),
    "call": ("[[", "]]"),
    "output": (">", "]"),
}
# Letters that mean something to Mermaid, to HTML or to Markdown, which Mermaid also
# reads; an underscore only at the edge of a word, a minus only as the sign of a list.
_MEANING = re.compile(r'["#$<>&*+`~|\\]|(?<!\w)_|_(?!\w)|^-(?=\s|$)')


def to_mermaid(graph: Graph, direction: str = "LR") -> str:
    """Return a graph as Mermaid text; on the edges value and gradient.

    >>> from .model import graph_of
    >>> from .recording import record
    >>> found = record(lambda x: 2.0 * x, (3.0,), "draw", ["x"])
    >>> print(to_mermaid(graph_of(found, [1.0])))
    flowchart LR
      n0["x"]
      n1(("×"))
      n2["2.0"]
      n3>"output"]
      n2 -->|"2"| n1
      n0 -->|"3<br>∇ 2"| n1
      n1 -->|"6<br>∇ 1"| n3
    <BLANKLINE>
    """
    return "\n".join([f"flowchart {direction}", *_body(graph, "  ")]) + "\n"


def _body(graph: Graph, indent: str) -> Iterator[str]:
    for node in graph.nodes:
        yield from _node(node, indent)
    for source, target, edge in graph.joined():
        yield f"{indent}{source} -->|{_flow(edge)}| {target}"


def _node(node: Node, indent: str) -> Iterator[str]:
    if node.body is None:
        left, right = _BRACKETS[node.kind]
        yield f"{indent}{node.key}{left}{_quoted(node.symbol)}{right}"
        return
    yield f"{indent}subgraph {node.key}[{_quoted(node.symbol)}]"
    yield from _body(node.body, indent + "  ")
    yield f"{indent}end"


def _flow(edge: Edge) -> str:
    lines = [short(edge.value)]
    if edge.gradient is not None:
        lines.append(f"∇ {short(edge.gradient, slope)}")
    return f'"{"<br>".join(map(_escaped, lines))}"'


def _escaped(text: str) -> str:
    """Write what means something to Mermaid by its number.

    >>> _escaped("p['W_1'] < _b + 3"), _escaped("-1.5"), _escaped("-")
    ("p['W_1'] #60; #95;b #43; 3", '-1.5', '#45;')
    """
    return _MEANING.sub(lambda found: f"#{ord(found[0])};", text)


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'
