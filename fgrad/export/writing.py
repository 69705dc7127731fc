"""From a program to the text of a module that computes it with NumPy alone."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from ..compiler.emit import emit, identifier
from ..compiler.passes import LOWERING, optimize
from ..compiler.signature import python_names
from ..core import Eqn, Jaxpr, atom_aval, has_effects, jaxprs_in, where
from ..pytree import PyTreeDef
from . import checks
from .functions import renamed
from .module import Module, NotExportable, read
from .trees import Leaf, Packing, aval_text, leaf_paths, node_notes, unpacking

_HEAD = '''"""{title}, as a function of NumPy arrays.

Written by fgrad.export from a program for the shapes and dtypes below.
"""
'''
_LOADING = "with np.load(Path(__file__).with_suffix('.npz')) as file:"


class Signature(NamedTuple):
    """What an exported function takes and returns."""

    title: str  # as messages call the function, for example grad(loss)
    name: str  # as Python calls it
    parameters: tuple[str, ...]  # of positional arguments
    keywords: tuple[str, ...]
    in_tree: PyTreeDef
    out_tree: PyTreeDef


class Text(NamedTuple):
    """The text of a module, and the arrays that it reads from a file."""

    text: str
    arrays: dict[str, np.ndarray]


def write(jaxpr: Jaxpr, signature: Signature) -> Text:
    """Return the module of a program, which must not call Python functions."""
    return _Writer(optimize(jaxpr, LOWERING), signature).result()


def refuse_effects(jaxpr: Jaxpr, title: str) -> None:
    """Raise for a program that calls Python functions, which a module cannot have."""
    for eqn in jaxpr.eqns:
        if "target" in eqn.params:
            raise NotExportable(_calls_back(eqn, title))
        nested = list(jaxprs_in(tuple(eqn.params.values())))
        if not nested and eqn.prim.body is not None:
            nested = [eqn.prim.body(*map(atom_aval, eqn.inputs), **eqn.params)]
        for inner in nested:
            refuse_effects(inner, title)


def _calls_back(eqn: Eqn, title: str) -> str:
    does = "has an effect" if has_effects(eqn) else "calls a Python function"
    return (
        f"export({title}): {eqn.params['target']} at {where(eqn.source)} {does}, and "
        "an exported program is arrays and NumPy alone. Leave it out, or call it "
        "outside of the exported function"
    )


class _Writer:
    def __init__(self, jaxpr: Jaxpr, signature: Signature) -> None:
        self.jaxpr = jaxpr
        self.signature = signature
        self.module = Module()
        args, kwargs = signature.in_tree._spec[2:]  # type: ignore[index]
        named = all(_is_free(k) for k in signature.keywords)
        self.keywords = signature.keywords if named else ()
        self.rest = "" if named else "kwargs"
        self.parameters = _distinct(signature.parameters, {*self.keywords, self.rest})
        roots = [*self.parameters]
        roots += self.keywords or [f"kwargs[{k!r}]" for k in signature.keywords]
        self.trees = list(zip(roots, [*args[2:], *kwargs[2:]], strict=True))
        self.leaves = self._leaves()

    def _leaves(self) -> list[Leaf]:
        """Return the leaves of the arguments, under names that hide no others."""
        paths = [p for root, spec in self.trees for p in leaf_paths(spec, root)]
        own = {root for root, _ in self.trees}
        taken = {*own, "kwargs", *dir(builtins)}
        names = []
        for path, name in zip(paths, python_names(paths)):
            free = path if path in own and _is_free(path) else _like(name, taken)
            taken.add(free)
            names.append(free)
        return list(map(Leaf, paths, names, self.jaxpr.in_avals))

    def result(self) -> Text:
        source = emit(self.jaxpr, self.signature.name, [x.name for x in self.leaves])
        node = ast.parse(source.text).body[0]
        assert isinstance(node, ast.FunctionDef)
        references = read(node, source.namespace)
        called = ast.parse("\n".join(self._unpacking()))
        module = self.module
        module.refer(node, references)
        for check in _checks_in(called):
            module.add(getattr(checks, check.id), check.id)
        self.packing = Packing(self._class_name)
        self.packing.classes(self.signature.out_tree._spec)
        module.taken |= {x.name for x in self.leaves} | {r for r, _ in self.trees}
        module.taken |= {*self.parameters, *self.keywords, "kwargs", "file"}
        module.name_all([self.signature.name])
        texts = {name: module.text(value) for name, value in references.items()}
        for check in _checks_in(called):
            check.id = module.text(getattr(checks, check.id))
        body = self._body(node, called, texts)
        return Text(self._module(body), module.files)

    def _unpacking(self) -> list[str]:
        leaves = iter(self.leaves)
        lines = [x for root, spec in self.trees for x in unpacking(spec, root, leaves)]
        if self.rest:
            lines.insert(
                0, f"check_dict('kwargs', kwargs, {[*self.signature.keywords]})"
            )
        return lines

    def _class_name(self, cls: Any, name: str) -> str:
        self.module.add(cls, name)
        return self.module.text(cls)

    def _body(self, node: ast.FunctionDef, first: ast.Module, texts: Any) -> list[str]:
        """Return the lines of the function."""
        *steps, last = renamed(node, self.signature.name, texts).body
        assert isinstance(last, ast.Return)
        assert isinstance(last.value, ast.Tuple)
        outs = iter(map(ast.unparse, last.value.elts))
        out = self.packing.text(self.signature.out_tree._spec, outs, 4)
        own = [
            line for x in [*first.body, *steps] for line in ast.unparse(x).split("\n")
        ]
        return [*own, *f"return {out}".replace("\n    ", "\n").split("\n")]

    def _head(self) -> str:
        words = [*self.parameters]
        words += ["*", *self.keywords] if self.keywords else []
        words += ["**kwargs"] if self.rest else []
        return f"def {self.signature.name}({', '.join(words)}):"

    def _docstring(self) -> list[str]:
        """Return the lines that say what goes in and out."""
        takes = [f"{x.path}: {aval_text(x.aval)}" for x in self.leaves]
        outs = leaf_paths(self.signature.out_tree._spec, "result")
        gives = [
            f"{path}: {aval_text(aval)}"
            for path, aval in zip(outs, self.jaxpr.out_avals, strict=True)
        ]
        notes = [n for _, spec in self.trees for n in node_notes(spec)]
        notes += node_notes(self.signature.out_tree._spec)
        parts = {
            "Arguments:": takes,
            "Returns:": gives,
            "Nodes:": [*dict.fromkeys(notes)],
        }
        lines = [f'"""Compute {self.signature.title}.']
        for title, items in parts.items():
            lines += ["", title, *(f"    {item}" for item in items)] if items else []
        return [*(line.replace("\\", "\\\\") for line in lines), '"""']

    def _module(self, body: list[str]) -> str:
        """Return the text of the module: constants, the function, what it calls."""
        module = self.module
        constants, definitions = module.constants(), module.definitions()
        imports = [f"import {path}" for path in sorted(module.imports)]
        if module.files:
            imports.append("from pathlib import Path")
            constants = "\n".join([_LOADING, *module.loads, constants]).rstrip()
        start = _HEAD.format(title=self.signature.title)
        imports += ["", "import numpy as np"] if imports else ["import numpy as np"]
        exported = f"__all__ = ['{self.signature.name}']"
        start += "\n".join(
            ["", *imports, "", exported, *(["", constants] * bool(constants))]
        )
        own = "\n".join(f"    {x}" if x else "" for x in [*self._docstring(), *body])
        return "\n\n\n".join([start, f"{self._head()}\n{own}", *definitions]) + "\n"


def _checks_in(lines: ast.Module) -> list[ast.Name]:
    """Return the names of the functions that the first lines call, in order."""
    calls = [node for node in ast.walk(lines) if isinstance(node, ast.Call)]
    return [node.func for node in calls if isinstance(node.func, ast.Name)]


def _is_free(name: str) -> bool:
    """Say whether a name may be a parameter of a function that uses NumPy."""
    return identifier(name) == name != "kwargs"


def _like(name: str, taken: set[str]) -> str:
    names = (f"{name}_{i}" if i > 1 else name for i in count(1))
    return next(n for n in names if n not in taken)


def _distinct(names: Sequence[str], taken: set[str]) -> tuple[str, ...]:
    """Return names for parameters, none of which is taken."""
    found: list[str] = []
    for name in names:
        base = name if _is_free(name) else f"{name}_"
        found.append(_like(base, {*taken, *found}))
    return tuple(found)
