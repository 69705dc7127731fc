"""Programs as data: a JSON description and arrays, nothing that runs when it is read.

Values that JSON does not have are objects with one key, which says what they are.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np

from ..compiler.passes.inline import inline
from ..compiler.passes.share import content_key
from ..control import checkpoint_policies
from ..core import Aval, Eqn, Jaxpr, Var, atom_aval
from ..ops.index_spec import ARRAY, Index
from ..pytree.registry import DEFAULT_DICT, DICT, LIST, NAMEDTUPLE, ORDERED_DICT, TUPLE
from ..pytree.registry import NONE as NONE_NODE
from ..transforms.axis_names import Axis
from ..transforms.custom_rules import Rule
from .constants import memory_of
from .rules import parts_of
from .writing import Signature

FORMAT = "fgrad.export"
VERSION = 1
NODES = {
    "none": NONE_NODE,
    "tuple": TUPLE,
    "list": LIST,
    "dict": DICT,
    "ordered dict": ORDERED_DICT,
    "default dict": DEFAULT_DICT,
}
FACTORIES = {f.__name__: f for f in (list, dict, set, tuple, int, float, bool, str)}
RULES = ("custom_vjp_call", "custom_jvp_call")


def encode(jaxpr: Jaxpr, signature: Signature) -> bytes:
    """Return a zip file with ``program.json`` and an ``.npy`` file per large array."""
    encoder = _Encoder()
    title, name, parameters, keywords, in_tree, out_tree = signature
    program = {
        "format": FORMAT,
        "version": VERSION,
        "title": title,
        "name": name,
        "parameters": list(parameters),
        "keywords": list(keywords),
        "in_tree": encoder.tree(in_tree._spec),
        "out_tree": encoder.tree(out_tree._spec),
        "program": encoder.jaxpr(jaxpr),
        "jaxprs": encoder.jaxprs,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        text = json.dumps(program, allow_nan=False, indent=1)
        file.writestr(_entry("program.json"), text)
        for i, array in enumerate(encoder.arrays):
            data = io.BytesIO()
            np.save(data, array, allow_pickle=False)
            file.writestr(_entry(f"{i}.npy"), data.getvalue())
    return buffer.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """Return a member whose date does not depend on the day."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


class _Encoder:
    def __init__(self) -> None:
        self.jaxprs: list[Any] = []
        self.arrays: list[np.ndarray] = []
        self.known: dict[Any, Any] = {}  # what is written already

    # -- programs ------------------------------------------------------------------

    def jaxpr(self, jaxpr: Jaxpr) -> int:
        """Return the number under which a jaxpr is written."""
        if id(jaxpr) not in self.known:
            program = inline(jaxpr, lambda eqn: eqn.prim.name == "custom_vmap_call")
            numbers: dict[Var, int] = {}
            for var in program.invars:
                numbers[var] = len(numbers)
            eqns = [self._eqn(eqn, numbers) for eqn in program.eqns]
            self.jaxprs.append(
                {
                    "in": list(map(_aval, program.in_avals)),
                    "eqns": eqns,
                    "out": [self._atom(a, numbers) for a in program.outs],
                }
            )
            self.known[id(jaxpr)] = (len(self.jaxprs) - 1, jaxpr)  # kept alive
        return self.known[id(jaxpr)][0]

    def _eqn(self, eqn: Eqn, numbers: dict[Var, int]) -> Any:
        inputs = [self._atom(a, numbers) for a in eqn.inputs]
        params = {k: self._param(eqn, k, v) for k, v in eqn.params.items()}
        for var in eqn.outs:
            numbers[var] = len(numbers)
        outs = [_aval(var.aval) for var in eqn.outs]
        return {"prim": eqn.prim.name, "in": inputs, "params": params, "out": outs}

    def _atom(self, atom: Any, numbers: dict[Var, int]) -> Any:
        return {"var": numbers[atom]} if type(atom) is Var else self.value(atom)

    def _param(self, eqn: Eqn, key: str, value: Any) -> Any:
        if isinstance(value, Rule):
            parts = parts_of(value, [atom_aval(a) for a in eqn.inputs])
            return {"rule": list(map(self.value, parts))}
        if key == "policy" and callable(value):  # it chooses between memory and time
            name = getattr(value, "__name__", "")
            known = getattr(checkpoint_policies, name, None) is value
            return {"policy": name} if known else None
        return self.value(value)

    # -- values --------------------------------------------------------------------

    def value(self, x: Any) -> Any:
        """Return a value as JSON."""
        if x is None or isinstance(x, bool | str) or type(x) is int:
            return x
        if isinstance(x, np.generic):
            return {"scalar": [x.dtype.str, x.tobytes().hex()]}
        if isinstance(x, np.ndarray):
            return self._array(x)
        for kind, write in _KINDS.items():
            if isinstance(x, kind):
                return write(self, x)
        if x is Ellipsis or x is ARRAY:
            return {"ellipsis" if x is Ellipsis else "place": None}
        raise TypeError(f"a program with {x!r} cannot be saved: it is no data")

    def _array(self, array: np.ndarray) -> Any:
        key = content_key(array)
        if key not in self.known:
            memory, layout = memory_of(array)
            self.arrays.append(memory)
            number = len(self.arrays) - 1
            self.known[key] = {"array": [number, layout]}
        return self.known[key]

    # -- trees ---------------------------------------------------------------------

    def tree(self, spec: Any) -> Any:
        """Return the structure of a tree as JSON; a leaf is None."""
        if spec is None:
            return None
        node, aux, *children = spec
        inner = list(map(self.tree, children))
        if node is NAMEDTUPLE:
            path = [aux.__module__, aux.__qualname__]
            return ["namedtuple", [*path, list(aux._fields)], inner]
        for name, known in NODES.items():
            if node is known:
                return [name, self._aux(node, aux), inner]
        path = [node.type.__module__, node.type.__qualname__]
        return ["node", [*path, self.value(aux)], inner]

    def _aux(self, node: Any, aux: Any) -> Any:
        if node is not DEFAULT_DICT:
            return self.value(aux)
        factory, keys = aux
        name = getattr(factory, "__name__", "")
        return [name if FACTORIES.get(name) is factory else None, self.value(keys)]


def _aval(aval: Aval) -> Any:
    return [list(aval.shape), aval.dtype.str, aval.weak]


_KINDS: dict[type, Any] = {
    float: lambda encoder, x: {"float": repr(x)},
    complex: lambda encoder, x: {"complex": [repr(x.real), repr(x.imag)]},
    np.dtype: lambda encoder, x: {"dtype": x.str},
    np.ufunc: lambda encoder, x: {"ufunc": x.__name__},
    Jaxpr: lambda encoder, x: {"jaxpr": encoder.jaxpr(x)},
    Aval: lambda encoder, x: {"aval": _aval(x)},
    Axis: lambda encoder, x: {"axis": list(map(encoder.value, x))},
    Index: lambda encoder, x: {"index": list(map(encoder.value, x.items))},
    tuple: lambda encoder, x: {"tuple": list(map(encoder.value, x))},
}
