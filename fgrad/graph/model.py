"""The computational graph of a run: nodes, edges with what flows on them, boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core import Aval, Eqn, Jaxpr, Var, aval_of, variables
from ..core.source import expression as source_text
from ..core.source import where
from .gradients import Gradients, gradients_of
from .naming import names_of
from .recording import Record
from .wording import constant, expression, local_gradient, symbol


@dataclass
class Node:
    """An input, a constant, an operation, a call of a program, or an output."""

    key: str
    """What the node is called in files: ``n3``; in a box ``n3_0``."""
    kind: str
    """``input``, ``constant``, ``operation``, ``call`` or ``output``."""
    symbol: str
    """What is written into it: ``+``, ``np.exp``, the path of a parameter."""
    name: str
    """What its value is called in the program: ``s``, or a letter."""
    expression: str
    """The operation as NumPy code."""
    value: Any
    aval: Aval
    gradient: Any = None
    """That of the output by the value; None if there is none, or none was asked for."""
    locals: list[str] = field(default_factory=list)
    """The derivatives by the arguments, as formulas."""
    line: str = ""
    """The user's line: ``model.py:12 (loss)``."""
    text: str = ""
    """The expression on that line."""
    body: Graph | None = None
    """The program that a call runs: of a loop the first iteration."""


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


def graph_of(
    found: Record, seeds: Sequence[Any] | None = None, depth: int = 1, prefix: str = ""
) -> Graph:
    """Return the graph of a record.

    With ``seeds``, the cotangents of the outputs, gradients flow back. Programs that
    are called inside are boxes, ``depth`` levels deep.

    >>> from .recording import record
    >>> graph = graph_of(record(lambda x, y: x * y, (3.0, 4.0), "draw"), [1.0])
    >>> [(node.symbol, float(node.gradient)) for node in graph.nodes]
    [('x', 4.0), ('y', 3.0), ('×', 1.0), ('output', 1.0)]
    """
    gradients = None if seeds is None else gradients_of(found, list(seeds))
    return _Builder(found, gradients, depth, prefix).graph


class _Builder:
    """Turns a record into a graph."""

    def __init__(
        self, found: Record, gradients: Gradients | None, depth: int, prefix: str
    ) -> None:
        self.found = found
        self.flows = gradients or Gradients()
        self.depth = depth
        self.prefix = prefix
        self.graph = Graph(found.name)
        self.names = names_of(found.jaxpr, found.labels)
        self.places: dict[Any, str] = {}  # variables, and the nodes they come from
        read = {a for e in found.jaxpr.eqns for a in variables(e.inputs)}
        read.update(variables(found.jaxpr.outs))
        for var in found.jaxpr.invars:
            if var in read:
                label = found.labels[var]
                self.places[var] = self._node("input", label, label, "", var).key
        for eqn in found.jaxpr.eqns:
            self._operation(eqn)
        for i, atom in enumerate(found.jaxpr.outs):
            sign = f"output {i}" if len(found.jaxpr.outs) > 1 else "output"
            node = self._node("output", sign, "", "", atom)
            self._edge(atom, node, 0, node.gradient)

    def _node(self, kind: str, sign: str, name: str, code: str, atom: Any) -> Node:
        value = self.found.value(atom)
        gradient = self.flows.cotangents.get(atom) if type(atom) is Var else None
        key = f"{self.prefix}n{len(self.graph.nodes)}"
        node = Node(key, kind, sign, name, code, value, aval_of(value), gradient)
        self.graph.nodes.append(node)
        return node

    def _operation(self, eqn: Eqn) -> None:
        texts = [self.names[a] if type(a) is Var else constant(a) for a in eqn.inputs]
        body = body_of(eqn, self.found)
        kind = "operation" if body is None else "call"
        out = eqn.outs[0] if eqn.outs else None
        name = self.names[out] if out is not None else ""
        sign = symbol(eqn) if body is None else body.name
        code = f"{sign}({', '.join(texts)})" if body else expression(eqn, texts)
        node = self._node(kind, sign, name, code, out)
        node.line, node.text = where(eqn.source), source_text(eqn.source)
        node.locals = [
            local_gradient(eqn, i, texts, name) for i in range(len(eqn.inputs))
        ]
        self.places.update((v, node.key) for v in eqn.outs)
        for place, atom in enumerate(eqn.inputs):
            flow = None if out is None else self.flows.flows.get((out, place))
            self._edge(atom, node, place, flow, out)
        if body is not None and self.depth > 0:
            node.body = self._box(eqn, body, node.key)

    def _box(self, eqn: Eqn, body: Record, key: str) -> Graph:
        """Return the graph of a called program; a call's gradients flow through it."""
        seeds = None
        cts = [self.flows.cotangents.get(v) for v in eqn.outs]
        if eqn.prim.runs is None and any(ct is not None for ct in cts):
            values = map(body.value, body.jaxpr.outs)
            seeds = [
                np.zeros_like(v) if ct is None else ct for v, ct in zip(values, cts)
            ]
        return graph_of(body, seeds, self.depth - 1, f"{key}_")

    def _edge(
        self, atom: Any, node: Node, place: int, gradient: Any, out: Var | None = None
    ) -> None:
        value = self.found.value(atom)
        if type(atom) is not Var:
            text = constant(atom)
            atom_key = self._node("constant", text, text, "", atom).key
        else:
            atom_key, text = self.places[atom], self.names[atom]
        local = self.flows.locals.get((out, place)) if out is not None else None
        edge = Edge(atom_key, node.key, place, text, value, gradient, local)
        self.graph.edges.append(edge)


def body_of(eqn: Eqn, found: Record) -> Record | None:
    """Return the program that an operation calls, with the values of its first run."""
    args = [found.value(a) for a in eqn.inputs]
    if eqn.prim.runs is not None:
        for jaxpr, inputs, name in eqn.prim.runs(*args, **eqn.params):
            return rerun(jaxpr, inputs, name.removeprefix("iteration 0 of "))
        return None
    if eqn.prim.body is None:
        return None
    jaxpr = eqn.prim.body(*map(aval_of, args), **eqn.params)
    title = eqn.params.get("name") or eqn.prim.name
    return rerun(jaxpr, args, f"{title}")


def rerun(jaxpr: Jaxpr, args: Sequence[Any], name: str) -> Record:
    """Return a program with its values for some arguments."""
    values: dict[Var, Any] = dict(zip(jaxpr.invars, args))
    for eqn in jaxpr.eqns:
        inputs = [values[a] if type(a) is Var else a for a in eqn.inputs]
        made = eqn.prim(*inputs, **eqn.params)
        values.update(zip(eqn.outs, made if eqn.prim.multi else [made]))
    labels: Mapping[Var, str] = {v: f"x{i}" for i, v in enumerate(jaxpr.invars)}
    return Record(name, jaxpr, values, dict(labels))
