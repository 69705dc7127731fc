"""The computational graph of a run: nodes, edges with what flows on them, boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core import Eqn, Var, aval_of, variables
from ..core.source import expression as source_text
from ..core.source import where
from .boxes import Box, box_of, code_of, is_call, texts_of, title
from .formulas import local_gradient, symbol
from .gradients import Gradients, gradients_of
from .naming import names_of
from .recording import Record
from .wording import constant, together


@dataclass
class Node:
    """An input, a constant, an operation, a call of a program, or an output."""

    key: str
    """What the node is called in files: ``n3``; in a box ``n3_n0``."""
    kind: str
    """``input``, ``constant``, ``operation``, ``call`` or ``output``."""
    symbol: str
    """What is written into it: ``+``, ``exp``, the path of a parameter."""
    name: str
    """What its value is called in the program: ``s``, or a letter."""
    expression: str
    """The operation as NumPy code."""
    value: Any
    """A tuple if it makes several; None if it makes nothing: it runs for its effect."""
    type: str
    """Dtype and shape of the value: ``f64[3]``."""
    gradient: Any = None
    """That of the output by the value; None if there is none, or none was asked for.

    Of an output, what flows into it. A tuple if there are several values."""
    locals: list[str] = field(default_factory=list)
    """The derivatives by the arguments, as formulas."""
    line: str = ""
    """The user's line: ``model.py:12 (loss)``."""
    text: str = ""
    """The expression on that line."""
    body: Graph | None = None
    """The program that a call runs: of a loop one iteration."""

    @property
    def code(self) -> str:
        """The operation with what it makes: ``s = a + b``."""
        if not self.expression:
            return self.symbol
        return f"{self.name} = {self.expression}" if self.name else self.expression


@dataclass
class Edge:
    """What flows from one node to another."""

    source: str
    target: str
    place: int
    """Which argument of the target it is."""
    name: str
    value: Any
    gradient: Any = None
    """What the target hands back."""
    local: Any = None
    """The local gradient, where it is a number for each element."""
    out: int = 0
    """Which of the source's outputs it is."""

    @property
    def key(self) -> str:
        """What the edge is called: its end."""
        return f"{self.target}/{self.place}"


@dataclass
class Graph:
    """The nodes in the order in which they ran, and the edges."""

    name: str
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    @property
    def operations(self) -> list[Node]:
        """The nodes that compute something."""
        return [n for n in self.nodes if n.kind in ("operation", "call")]

    def of_kind(self, kind: str) -> list[Node]:
        """Return the nodes of one kind, in their order."""
        return [n for n in self.nodes if n.kind == kind]

    def everywhere(self) -> Iterator[Node]:
        """Yield the nodes, and those in the boxes."""
        for node in self.nodes:
            yield node
            if node.body is not None:
                yield from node.body.everywhere()

    def joined(self) -> Iterator[tuple[str, str, Edge]]:
        """Yield the edges with the nodes that they join in a picture.

        Into a box they go to its inner input, and they leave it at its inner output.
        """
        bodies = {n.key: n.body for n in self.nodes if n.body is not None}
        for edge in self.edges:
            start, end = edge.source, edge.target
            if start in bodies:
                start = bodies[start].of_kind("output")[edge.out].key
            if end in bodies:
                end = bodies[end].of_kind("input")[edge.place].key
            yield start, end, edge


def graph_of(
    found: Record,
    seeds: Sequence[Any] | None = None,
    depth: int = 1,
    iteration: int = 0,
) -> Graph:
    """Return the graph of a record.

    With ``seeds``, the cotangents of the outputs, gradients flow back. Programs that
    are called inside are boxes, ``depth`` levels deep, of loops one iteration.

    >>> from .recording import record
    >>> graph = graph_of(
    ...     record(lambda x, y: x * y, (3.0, 4.0), "draw", ["x", "y"]), [1.0]
    ... )
    >>> [(node.symbol, float(node.gradient)) for node in graph.nodes]
    [('x', 4.0), ('y', 3.0), ('×', 1.0), ('output', 1.0)]
    """
    gradients = None if seeds is None else gradients_of(found, list(seeds))
    return _Builder(Box(found, gradients), depth, iteration, set()).graph


class _Builder:
    """Turns a record into a graph; a box shows all of its inputs, read or not."""

    def __init__(
        self,
        box: Box,
        depth: int,
        iteration: int,
        taken: set[str],
        prefix: str = "",
    ) -> None:
        self.found = found = box.found
        self.flows = box.gradients or Gradients()
        self.depth = depth
        self.iteration = iteration
        self.prefix = prefix
        self.graph = Graph(found.name)
        self.taken = taken
        self.names = names_of(found, taken)
        self.places: dict[Any, tuple[str, int]] = {}  # node and output of variables
        self._inputs(box)
        for eqn in found.jaxpr.eqns:
            self._operation(eqn)
        seeds = self.flows.seeds or [None] * len(found.jaxpr.outs)
        for sign, atom, seed in zip(found.outputs, found.jaxpr.outs, seeds):
            node = self._node("output", sign, "", "", [atom])
            node.gradient = seed  # the value itself may have other readers
            self._edge(atom, node, 0, seed)

    def _inputs(self, box: Box) -> None:
        found = box.found
        read = {a for e in found.jaxpr.eqns for a in variables(e.inputs)}
        read.update(variables(found.jaxpr.outs))
        for value in box.choice:
            self._node("input", "which branch", "", "", [value])
        for var in found.jaxpr.invars:
            if var in read or self.prefix:
                label = found.labels[var]
                node = self._node("input", label, label, "", [var])
                self.places[var] = node.key, 0

    def _node(
        self, kind: str, sign: str, name: str, code: str, atoms: Sequence[Any]
    ) -> Node:
        values = [self.found.value(a) for a in atoms]
        found = self.flows.cotangents
        gradients = [found.get(a) if type(a) is Var else None for a in atoms]
        key = f"{self.prefix}n{len(self.graph.nodes)}"
        types = ", ".join(str(aval_of(value)) for value in values)
        gradient = None if all(g is None for g in gradients) else together(gradients)
        node = Node(key, kind, sign, name, code, together(values), types, gradient)
        self.graph.nodes.append(node)
        return node

    def _operation(self, eqn: Eqn) -> None:
        texts = texts_of(eqn, self.names)
        out = eqn.outs[0] if eqn.outs else None
        name = ", ".join(self.names[v] for v in eqn.outs)
        calls = is_call(eqn)
        kind, code = "call" if calls else "operation", code_of(eqn, self.found, texts)
        sign = title(eqn, self.found) if calls else symbol(eqn, code)
        node = self._node(kind, sign, name, code, eqn.outs)
        node.line, node.text = where(eqn.source), source_text(eqn.source)
        avals = [aval_of(self.found.value(a)) for a in (*eqn.inputs, *eqn.outs)]
        node.locals = [
            local_gradient(eqn, i, texts, name, avals, code)
            for i in range(len(eqn.inputs))
        ]
        self.places.update((v, (node.key, i)) for i, v in enumerate(eqn.outs))
        for place, atom in enumerate(eqn.inputs):
            flow = None if out is None else self.flows.flows.get((out, place))
            self._edge(atom, node, place, flow, out)
        if calls and self.depth:
            box = box_of(eqn, self.found, texts, self.flows, self.iteration)
            self._open(node, box)

    def _open(self, node: Node, box: Box | None) -> None:
        if box is None:
            return
        how = self.depth - 1, self.iteration, self.taken
        node.body = _Builder(box, *how, f"{node.key}_").graph
        node.symbol = box.found.name

    def _edge(
        self, atom: Any, node: Node, place: int, gradient: Any, out: Var | None = None
    ) -> None:
        value = self.found.value(atom)
        if type(atom) is not Var:
            text = constant(atom)
            source = self._node("constant", text, text, "", [atom]).key, 0
        else:
            source, text = self.places[atom], self.names[atom]
        local = self.flows.locals.get((out, place)) if out is not None else None
        edge = Edge(source[0], node.key, place, text, value, gradient, local, source[1])
        self.graph.edges.append(edge)
