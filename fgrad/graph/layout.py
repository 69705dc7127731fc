"""Where the nodes of a graph are drawn: layers from left to right, boxes in boxes.

The layout is a simple form of that of Sugiyama, Tagawa and Toda (1981): a node is one
layer to the right of the last of its inputs, and the order within a layer is that of
the mean places of its neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from .model import Graph, Node

LETTER, LINE = 7.5, 34.0  # pixels
GAP_X, GAP_Y = 96.0, 22.0  # room for what is written on edges
MARGIN = 14.0
_SWEEPS = 6


@dataclass
class Place:
    """A rectangle, by its middle."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Layout:
    """The places of all nodes of a graph, and of those inside of its boxes."""

    places: dict[str, Place] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


def laid_out(graph: Graph) -> Layout:
    """Return the places of the nodes.

    >>> from .model import graph_of
    >>> from .recording import record
    >>> layout = laid_out(graph_of(record(lambda x, y: x * y, (3.0, 4.0), "draw")))
    >>> x, y, times, out = layout.places.values()
    >>> x.x == y.x < times.x < out.x, x.y < times.y < y.y
    (True, True)
    """
    inner = {n.key: laid_out(n.body) for n in graph.nodes if n.body is not None}
    sizes = {n.key: _size(n, inner.get(n.key)) for n in graph.nodes}
    layers = _ordered(graph, _layers(graph))
    layout = Layout()
    x = MARGIN
    for layer in layers:
        width = max(sizes[key][0] for key in layer)
        height = sum(sizes[key][1] + GAP_Y for key in layer) - GAP_Y
        y = -height / 2
        for key in layer:
            layout.places[key] = Place(
                x + width / 2, y + sizes[key][1] / 2, *sizes[key]
            )
            y += sizes[key][1] + GAP_Y
        layout.height = max(layout.height, height + 2 * MARGIN)
        x += width + GAP_X
    layout.width = x - GAP_X + MARGIN
    for place in layout.places.values():
        place.y += layout.height / 2
    for key, body in inner.items():
        _shift(layout, layout.places[key], body)
    return layout


def _size(node: Node, inner: Layout | None) -> tuple[float, float]:
    if inner is not None:
        title = len(node.symbol) * LETTER + 2 * MARGIN
        return max(inner.width, title), inner.height + LINE
    return max(LINE, len(node.symbol) * LETTER + MARGIN), LINE


def _layers(graph: Graph) -> dict[str, int]:
    """Return the layer of every node; inputs stand right before their first reader."""
    layer = {n.key: 0 for n in graph.nodes}
    before, readers = defaultdict(list), defaultdict(list)
    for edge in graph.edges:
        before[edge.target].append(edge.source)
        readers[edge.source].append(edge.target)
    for node in graph.nodes:
        if before[node.key]:
            found = [layer[k] for k in before[node.key] if k in layer]
            layer[node.key] = max(found) + 1
    for node in graph.nodes:  # constants are made after what reads them
        if node.kind in ("input", "constant") and readers[node.key]:
            layer[node.key] = min(layer[k] for k in readers[node.key]) - 1
    return layer


def _ordered(graph: Graph, layer: dict[str, int]) -> list[list[str]]:
    """Return the keys of each layer, ordered so that few edges cross."""
    rows: dict[int, list[str]] = defaultdict(list)
    for node in graph.nodes:
        rows[layer[node.key]].append(node.key)
    layers = [rows[i] for i in sorted(rows)]
    near = defaultdict(list)
    for edge in graph.edges:
        near[edge.target].append(edge.source)
        near[edge.source].append(edge.target)
    for _ in range(_SWEEPS):
        rank = {k: i - len(row) / 2 for row in layers for i, k in enumerate(row)}
        for row in layers:
            row.sort(key=lambda k: _mean([rank[n] for n in near[k]], rank[k]))
            rank.update((k, i - len(row) / 2) for i, k in enumerate(row))
    return layers


def _mean(places: list[float], own: float) -> float:
    return sum(places) / len(places) if places else own


def _shift(layout: Layout, box: Place, body: Layout) -> None:
    """Put the layout of a body into its box, below the title."""
    left = box.x - body.width / 2
    top = box.y - box.height / 2 + LINE
    for key, place in body.places.items():
        moved = Place(place.x + left, place.y + top, place.width, place.height)
        layout.places[key] = moved
