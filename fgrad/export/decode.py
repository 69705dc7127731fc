"""Programs from data. What is read is checked and never run as code.

Primitives are looked up by name, classes among those that are imported already.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
import zlib
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np

from ..compiler.emit import identifier
from ..control import checkpoint_policies
from ..core import Aval, Eqn, Jaxpr, Var, atom_aval, check_jaxpr
from ..ops.index_spec import ARRAY, make_index
from ..pytree import PyTreeDef, default_registry
from ..pytree.registry import DEFAULT_DICT, NAMEDTUPLE
from ..pytree.treedef import from_spec
from ..transforms.axis_names import Axis
from .constants import Layout
from .encode import FACTORIES, FORMAT, NODES, RULES, VERSION
from .primitives import primitives
from .rules import Parts, SavedJVPRule, SavedRule
from .writing import Signature

_FAULTS = (
    *(LookupError, TypeError, ValueError, AttributeError, OSError, ArithmeticError),
    *(RecursionError, MemoryError, EOFError, NotImplementedError),
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error),
)


class CorruptError(ValueError):
    """Data is no exported program, or not one that this version of fgrad can read."""


def decode(data: bytes) -> tuple[Jaxpr, Signature]:
    """Return the program that some data describes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            program = json.loads(file.read("program.json"))
            kind, version = program["format"], program["version"]
            if kind != FORMAT or type(version) is not int:
                raise ValueError(f"its format is {kind!r}")
            if version > VERSION:
                raise CorruptError(
                    f"deserialize: the program was saved in version {version} of the "
                    f"format, and this fgrad reads up to {VERSION}: update fgrad, or "
                    "save the program with this one"
                )
            return _Decoder(file, program["jaxprs"]).program(program)
    except CorruptError:
        raise
    except _FAULTS as error:
        raise CorruptError(
            "deserialize: the data is no program that Exported.serialize wrote, or it "
            f"is damaged ({type(error).__name__}: {error})"
        ) from None


def _expect(holds: Any, what: str) -> None:
    if not holds:
        raise ValueError(what)


class _Decoder:
    def __init__(self, file: zipfile.ZipFile, jaxprs: list[Any]) -> None:
        self.file = file
        self.described = jaxprs
        self.jaxprs: list[Jaxpr] = []
        self.arrays: dict[int, np.ndarray] = {}

    def program(self, program: Any) -> tuple[Jaxpr, Signature]:
        """Return the program, and what it takes and returns."""
        for described in self.described:  # each refers to earlier ones only
            self.jaxprs.append(self._jaxpr(described))
        jaxpr = self.jaxprs[_natural(program["program"])]
        in_tree, out_tree = (
            self.tree(program["in_tree"]),
            self.tree(program["out_tree"]),
        )
        _expect(in_tree.num_leaves == len(jaxpr.invars), "the arguments do not fit")
        _expect(out_tree.num_leaves == len(jaxpr.outs), "the outputs do not fit")
        title, name = program["title"], program["name"]
        _expect(re.fullmatch(r"[\w.()<>]+", title), f"the title {title!r}")
        _expect(identifier(name) == name, f"the name {name!r}")
        words, keys = (tuple(program[key]) for key in ("parameters", "keywords"))
        _expect(all(isinstance(x, str) for x in (*words, *keys)), "the parameters")
        _expect(all(x.isidentifier() for x in words), "the parameters")
        args, kwargs = in_tree.children()
        _expect(args.node_data() == (tuple, None), "the parameters")
        _expect(len(args.children()) == len(words), "the parameters")
        _expect(kwargs.node_data() == (dict, list(keys)), "the keywords")
        return jaxpr, Signature(title, name, words, keys, in_tree, out_tree)

    # -- programs ------------------------------------------------------------------

    def _jaxpr(self, described: Any) -> Jaxpr:
        invars = [Var(_aval(a)) for a in described["in"]]
        variables = list(invars)
        eqns = [self._eqn(d, variables) for d in described["eqns"]]
        outs = [self._atom(a, variables) for a in described["out"]]
        return check_jaxpr(Jaxpr(tuple(invars), tuple(eqns), tuple(outs)))

    def _eqn(self, described: Any, variables: list[Var]) -> Eqn:
        name = described["prim"]
        prim = primitives().get(name) or primitives(special=True).get(name)
        if prim is None:
            raise CorruptError(
                f'deserialize: the program calls "{name}", which this fgrad does not '
                "know: it was saved by another version"
            )
        inputs = tuple(self._atom(a, variables) for a in described["in"])
        params = {k: self._param(name, k, v) for k, v in described["params"].items()}
        _expect("target" not in params, "a program that calls a Python function")
        _expect(("rule" in params) == (name in RULES), f"the rule of {name}")
        outs = tuple(Var(_aval(a)) for a in described["out"])
        variables.extend(outs)
        return Eqn(prim, inputs, params, outs, None)

    def _atom(self, described: Any, variables: list[Var]) -> Any:
        if isinstance(described, dict) and "var" in described:
            return variables[_natural(described["var"])]
        value = self.value(described)
        atom_aval(value)  # or raise
        return value

    def _param(self, prim: str, key: str, described: Any) -> Any:
        """Return a param. Only what is called a name may be a string: others are
        written into source code."""
        if key == "policy":
            return described and _policy(described["policy"])
        if key == "rule":
            parts = Parts(*map(self.value, described["rule"]))
            return (SavedJVPRule if prim == RULES[1] else SavedRule)(parts)
        value = self.value(described)
        _expect(key == "name" or not _has_text(value), f"the param {key} of {prim}")
        return value

    # -- values --------------------------------------------------------------------

    def value(self, described: Any) -> Any:
        """Return the value that JSON describes."""
        if not isinstance(described, dict):
            _expect(not isinstance(described, list | float), f"the value {described}")
            return described
        (kind, content), *rest = described.items()
        _expect(not rest, f"the value {described}")
        return _READ[kind](self, content)

    def index(self, items: list[Any]) -> Any:
        """Return an index expression, which has nothing but numbers in it."""
        found = tuple(map(self.value, items))
        for item in found:
            parts = item if type(item) is tuple and len(item) == 3 else (item,)
            plain = all(p is None or type(p) is int for p in parts)
            _expect(plain or item is ARRAY or item is Ellipsis, f"the index {item!r}")
        return make_index(found)

    def array(self, content: Any) -> np.ndarray:
        """Return a constant, which nobody can write to."""
        number, layout = content
        if number not in self.arrays:
            data = io.BytesIO(self.file.read(f"{_natural(number)}.npy"))
            array = np.load(data, allow_pickle=False)
            _expect(array.dtype.kind in "fiubc", f"an array of dtype {array.dtype}")
            self.arrays[number] = array
        array = self.arrays[number]
        if layout is not None:
            shape, dtype, offset, strides = layout
            array = Layout(tuple(shape), dtype, offset, tuple(strides)).view(array)
            _expect(array.dtype.kind in "fiubc", f"an array of dtype {array.dtype}")
        array.flags.writeable = False
        return array

    # -- trees ---------------------------------------------------------------------

    def tree(self, described: Any) -> PyTreeDef:
        """Return the structure of a tree."""
        return from_spec(self._spec(described))

    def _spec(self, described: Any) -> Any:
        if described is None:
            return None
        name, content, inner = described
        children = list(map(self._spec, inner))
        if name == "namedtuple":
            cls = _namedtuple(*content)
            _expect(len(cls._fields) == len(children), "the fields of a namedtuple")
            return (NAMEDTUPLE, cls, *children)
        if name == "node":
            module, path, aux = content
            return (_registered(module, path), self.value(aux), *children)
        node, aux = NODES[name], content
        if node is DEFAULT_DICT:
            factory, keys = content
            return (node, (factory and FACTORIES[factory], self.value(keys)), *children)
        return (node, self.value(aux), *children)


def _ufunc(name: Any) -> np.ufunc:
    found = getattr(np, name, None)
    _expect(isinstance(found, np.ufunc), f"the ufunc {name!r}")
    return found  # type: ignore[return-value]


def _natural(number: Any) -> int:
    _expect(type(number) is int and number >= 0, f"the number {number!r}")
    return number


def _aval(described: Any) -> Aval:
    shape, dtype, weak = described
    found = Aval(tuple(map(_natural, shape)), np.dtype(dtype), weak is True)
    _expect(found.dtype.kind in "fiubc", f"the dtype {dtype}")
    return found


def _scalar(content: Any) -> Any:
    dtype, text = content
    return np.frombuffer(bytes.fromhex(text), np.dtype(dtype))[0]


def _has_text(value: Any) -> bool:
    if type(value) is tuple:
        return any(map(_has_text, value))
    return isinstance(value, str)


def _policy(name: str) -> Callable[..., Any]:
    found = vars(checkpoint_policies)[name]
    _expect(name.endswith("_saveable") and callable(found), f"the policy {name}")
    return found


_READ: dict[str, Any] = {
    "float": lambda decoder, x: float(x),
    "complex": lambda decoder, x: complex(*map(float, x)),
    "dtype": lambda decoder, x: np.dtype(x),
    "ufunc": lambda decoder, x: _ufunc(x),
    "scalar": lambda decoder, x: _scalar(x),
    "array": _Decoder.array,
    "jaxpr": lambda decoder, x: decoder.jaxprs[_natural(x)],
    "aval": lambda decoder, x: _aval(x),
    "axis": lambda decoder, x: Axis(*map(decoder.value, x)),
    "index": _Decoder.index,
    "tuple": lambda decoder, x: tuple(map(decoder.value, x)),
    "ellipsis": lambda decoder, x: Ellipsis,
    "place": lambda decoder, x: ARRAY,
}


# -- classes -------------------------------------------------------------------------


def _registered(module: str, path: str) -> Any:
    """Return the node type of a class that is registered as a pytree node."""
    for cls, node in default_registry.nodes.items():
        if (cls.__module__, cls.__qualname__) == (module, path):
            return node
    raise CorruptError(
        f"deserialize: the program takes or returns a {module}.{path}, and no such "
        "class is registered as a pytree node: import the module that defines it first"
    )


def _namedtuple(module: str, path: str, fields: list[str]) -> Any:
    """Return a namedtuple class that is imported already, or one like it."""
    found = vars(sys.modules[module]).get(path) if module in sys.modules else None
    if isinstance(found, type) and issubclass(found, tuple):
        if getattr(found, "_fields", None) == tuple(fields):
            return found
    return namedtuple(path.rpartition(".")[2], fields)
