"""Saved programs: what comes back is the same program, and data is never code."""

import io
import json
import zipfile
from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest

import fgrad
from fgrad import grad, jit, vmap
from fgrad.core import Primitive
from fgrad.export import CorruptError, deserialize, export
from fgrad.export.primitives import primitives
from fgrad.tree_util import register_pytree_node

from .control_operators import FGRAD
from .control_programs import PROGRAMS
from .exporting import assert_kept, bits
from .messages import raised
from .test_export import BASE, CONSTANTS, Layer, Point, X, clipped
from .test_export_samples import letters

BOTH = fgrad.value_and_grad(lambda x: np.sum(np.sin(x) * X))


# -- programs --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["scan", "while", "cond of loops", "scan of while"])
def test_loaded_programs_transform(name):
    program = PROGRAMS[name]
    fun = lambda *args: program.run(FGRAD, *args)
    loaded = deserialize(export(fun)(*program.args).serialize()).call
    table = letters(program.floats[-1])
    for letter in ("grad", "hessian"):
        actual = table[letter](loaded)(*program.args)
        expected = table[letter](jit(fun))(*program.args)
        np.testing.assert_allclose(actual, expected, rtol=1e-10)
    assert bits(jit(vmap(loaded))(*program.batches)) == bits(
        vmap(fun)(*program.batches)
    )


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants(name):
    constant = CONSTANTS[name]
    loaded = assert_kept(lambda: constant)
    (found,) = loaded.jaxpr.outs
    steps = lambda x: [s for n, s in zip(x.shape, x.strides) if n > 1]
    assert steps(found) == steps(constant) or not constant.size
    assert not found.flags.writeable


def test_trees():
    def fun(tree, none, *, scale):
        point, layer = tree["p"]
        a = OrderedDict(z=point.x * scale, a=[layer.w, ()])
        return a, defaultdict(list, {1: layer.b, 2.5: none}), Point(1.0, {}), layer

    given = {"p": (Point(X, 2), Layer(X, np.float32(1)))}
    loaded = assert_kept(fun, given, None, scale=2.0)
    out = loaded.call(given, None, scale=2.0)
    assert repr(out) == repr(jit(fun)(given, None, scale=2.0))
    assert type(out[3]) is Layer


def test_classes_that_are_not_there():
    Gone = namedtuple("Gone", ["x"])
    loaded = deserialize(export(lambda g: g)(Gone(X)).serialize())
    assert loaded.in_tree != fgrad.tree_util.tree_structure(((Gone(X),), {}))
    cls = loaded.in_tree.children()[0].children()[0].node_data()[0]
    assert (cls.__name__, cls._fields) == ("Gone", ("x",))

    class Known:
        pass

    register_pytree_node(Known, lambda k: ((X,), None), lambda _, c: Known())
    data = export(lambda k: X)(Known()).serialize()
    data = edited(data, lambda text: text.replace("<locals>.Known", "<locals>.Unknown"))
    raised(CorruptError, lambda: deserialize(data), "Unknown", "import the module")


def test_modules_of_loaded_programs():
    for name in ("scan of cond", "while", "switch"):
        program = PROGRAMS[name]
        fun = lambda *args, run=program.run: run(FGRAD, *args)
        gradient = letters(program.floats[-1])["grad"](fun)
        exported = export(gradient)(*program.args)
        assert deserialize(exported.serialize()).text == exported.text


# -- custom rules ----------------------------------------------------------------------


@fgrad.custom_jvp
def cubed(x):
    return x**3


@cubed.defjvp
def cubed_jvp(primals, tangents):
    return primals[0] ** 3, 5.0 * tangents[0]  # wrong on purpose


def test_custom_rules_are_kept():
    pair = np.stack([X, X])
    slope_of = lambda f: grad(lambda x: np.sum(f(x) * 7.0))
    for fun, slope in [(clipped, 10.0), (cubed, 350.0)]:
        loaded = assert_kept(lambda x, fun=fun: fun(x * 10.0), X).call
        assert bits(slope_of(loaded)(X)) == bits(np.full(3, slope))
        assert bits(jit(slope_of(loaded))(X)) == bits(np.full(3, slope))
        assert bits(vmap(slope_of(loaded))(pair)) == bits(np.full((2, 3), slope))
        again = assert_kept(vmap(loaded), pair).call
        assert bits(slope_of(again)(pair)) == bits(np.full((2, 3), slope))
    t = fgrad.jvp(deserialize(export(cubed)(X).serialize()).call, (X,), (X,))[1]
    np.testing.assert_array_equal(t, 5.0 * X)


def test_rules_with_trees_integers_and_what_they_close_over():
    def outer(x, scale):
        @fgrad.custom_vjp
        def fun(tree, n):
            return {"out": tree["x"] * n * scale, "n": n}

        def fwd(tree, n):
            return fun(tree, n), (tree, n)

        fun.defvjp(fwd, lambda res, ct: ({"x": ct["out"] * 100.0}, None))
        return fun({"x": x}, 3)["out"]

    loaded = assert_kept(outer, X, 2.0).call
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(loaded(x, 2.0)))(X), [100.0] * 3
    )
    raised(TypeError, lambda: grad(lambda s: np.sum(loaded(X, s)))(2.0), "closes over",
           frames=30)  # fmt: skip


def test_rules_that_cannot_be_traced_are_not_replaced_by_others():
    @fgrad.custom_vjp
    def fun(x):
        return x * 2.0

    fun.defvjp(lambda x: (x * 2.0, x), lambda x, ct: (ct if float(x[0]) > 0 else -ct,))
    loaded = assert_kept(lambda x: fun(x), X).call
    raised(fgrad.errors.MissingRuleError, lambda: grad(lambda x: np.sum(loaded(x)))(X),
           "saved without its derivative", frames=30)  # fmt: skip


def test_checkpoint_keeps_known_policies():
    dots = fgrad.checkpoint_policies.dots_saveable
    for policy in (None, dots, lambda *args, **params: True):
        fun = fgrad.checkpoint(lambda x: np.sum(np.sin(np.sin(x))), policy=policy)
        loaded = assert_kept(fun, X)
        assert bits(grad(loaded.call)(X)) == bits(grad(jit(fun))(X))
        kept = loaded.jaxpr.eqns[0].params["policy"]
        assert kept is (policy if policy is dots else None)


# -- primitives ------------------------------------------------------------------------


def test_every_primitive_has_a_name_of_its_own():
    import gc

    table = primitives(special=True)
    alive = {p for p in gc.get_objects() if type(p) is Primitive}
    modules = {p: getattr(p.impl, "__module__", None) or "" for p in alive}
    alive -= {p for p in alive if modules[p].startswith("tests.")}
    own = {p for p in alive if table.get(p.name) is p}
    assert {p.name for p in alive} == set(table)
    assert own == set(table.values())


# -- data that is damaged or hostile ---------------------------------------------------


def edited(data, change):
    """Return saved data with another description."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "program.json":
                content = change(content.decode()).encode()
            new.writestr(name, content)
    return result.getvalue()


def changed(change):
    def run(text):
        program = json.loads(text)
        change(program)
        return json.dumps(program)

    return edited(export(BOTH)(X).serialize(), run)


def first_eqn(**fields):
    return lambda p: p["jaxprs"][-1]["eqns"][0].update(fields)


DAMAGE = {
    "format": lambda p: p.update(format="zip"),
    "version": lambda p: p.update(version="1"),
    "no jaxprs": lambda p: p.pop("jaxprs"),
    "number": lambda p: p.update(program=7),
    "negative number": lambda p: p.update(program=-1),
    "itself": lambda p: p["jaxprs"][-1]["eqns"].append(
        {"prim": "jit", "in": [], "params": {"jaxpr": {"jaxpr": 99}}, "out": []}
    ),
    "primitive": first_eqn(prim="system"),
    "callback": first_eqn(prim="pure_callback", params={"target": None}),
    "avals": first_eqn(out=[[[4], "<f8", False]]),
    "variable": first_eqn(**{"in": [{"var": 99}]}),
    "object dtype": first_eqn(out=[[[3], "|O", False]]),
    "value": first_eqn(**{"in": [{"eval": "1"}]}),
    "list": first_eqn(**{"in": [[1.0]]}),
    "unknown param": first_eqn(params={"axis": 3}),
    "code in a param": first_eqn(prim="flip", params={"axes": "0) or print(1"}),
    "code in a tuple": first_eqn(prim="flip", params={"axes": {"tuple": ["0)"]}}),
    "title": lambda p: p.update(title='f"""\nimport os'),
    "name": lambda p: p.update(name="f(): pass\nimport os"),
    "parameters": lambda p: p.update(parameters=["x=print(1)", "y"]),
    "keywords": lambda p: p.update(keywords=["x"]),
    "out tree": lambda p: p.update(out_tree=None),
    "in tree": lambda p: p.update(in_tree=["list", None, [None]]),
    "node": lambda p: p.update(out_tree=["node", ["os", "system", None], [None] * 2]),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_descriptions(name):
    data = changed(DAMAGE[name])
    raised(CorruptError, lambda: deserialize(data), "deserialize: ")


def test_damaged_files():
    data = export(lambda x: x * BASE)(BASE).serialize()
    for wrong in (b"", b"no zip", data[: len(data) // 2], data[:-30]):
        raised(CorruptError, lambda d=wrong: deserialize(d), "no program that")
    raised(CorruptError, lambda: deserialize("text"), "no program that")
    for place in range(60, len(data), 97):  # a flipped bit: found, or harmless
        wrong = bytearray(data)
        wrong[place] ^= 16
        try:
            loaded = deserialize(bytes(wrong))
        except CorruptError:
            continue
        assert bits(loaded.call(BASE)) == bits(BASE * BASE)


def test_newer_versions():
    data = changed(lambda p: p.update(version=99))
    raised(CorruptError, lambda: deserialize(data), "version 99", "update fgrad")


def test_data_is_never_code(monkeypatch):
    """Arrays of objects are pickles, which would run code."""
    data = export(lambda x: x * BASE)(BASE).serialize()
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(result, "w") as new:
        new.writestr("program.json", old.read("program.json"))
        stream = io.BytesIO()
        np.save(stream, np.array([print], object), allow_pickle=True)
        new.writestr("0.npy", stream.getvalue())
    raised(CorruptError, lambda: deserialize(result.getvalue()), "allow_pickle=False")
