"""A graph in the language of Mermaid, which GitHub and notebooks draw."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Edge, Graph, Node
from .wording import short

_BRACKETS = {
    "input": ("[", "]"),
    "constant": ("[", "]"),
    "operation": ("((", "))"),
    "call": ("[[", "]]"),
    "output": (">", "]"),
}


def to_mermaid(graph: Graph) -> str:
    """Return a graph as Mermaid text; on the edges value and gradient.

    >>> from .model import graph_of
    >>> from .recording import record
    >>> print(to_mermaid(graph_of(record(lambda x: 2.0 * x, (3.0,), "draw"), [1.0])))
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
    return "\n".join(["flowchart LR", *_body(graph, "  ")]) + "\n"


def _body(graph: Graph, indent: str) -> Iterator[str]:
    for node in graph.nodes:
        yield from _node(node, indent)
    for edge in graph.edges:
        yield f"{indent}{edge.source} -->|{_quoted(_flow(edge))}| {edge.target}"


def _node(node: Node, indent: str) -> Iterator[str]:
    left, right = _BRACKETS[node.kind]
    yield f"{indent}{node.key}{left}{_quoted(node.symbol)}{right}"
    if node.body is not None:
        yield f"{indent}subgraph {node.key}_body[{_quoted(node.symbol)}]"
        yield from _body(node.body, indent + "  ")
        yield f"{indent}end"
        yield f"{indent}{node.key} -.- {node.key}_body"


def _flow(edge: Edge) -> str:
    gradient = "" if edge.gradient is None else f"<br>∇ {short(edge.gradient)}"
    return short(edge.value) + gradient


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), "#quot;")}"'
