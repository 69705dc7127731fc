"""Exported modules: names, trees, constants, messages, files."""

import sys
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import fgrad
from fgrad import ShapeDtypeStruct, grad, jit, vmap
from fgrad.export import NotExportable, export
from fgrad.tree_util import register_dataclass, register_pytree_node

from .exporting import alone, bits, in_another_process
from .messages import raised

X = np.array([0.3, -1.2, 2.0])


def same(fun, folder, *args, **kwargs):
    """Assert that the module computes what jit does; return its text."""
    exported = export(fun)(*args, **kwargs)
    expected = jit(fun)(*args, **kwargs)
    actual = alone(exported, folder)(*args, **kwargs)
    assert bits(actual) == bits(expected)
    assert bits(exported.call(*args, **kwargs)) == bits(expected)
    assert export(fun)(*args, **kwargs).text == exported.text
    return exported.text


# -- names -----------------------------------------------------------------------------


def test_names_that_mean_something_to_python_or_numpy(tmp_path):
    def sum(np, complex, list, a, b):
        return {"class": np * complex, "def": list["lambda"] - 1j * a, "x y": b[0]}

    given = {"lambda": X, "b_0": X}
    text = same(sum, tmp_path, X, X, given, X, [X])
    assert "def sum_(np_, complex_, list, a, b):" in text


def test_names_that_the_module_itself_has(tmp_path):
    def check_array(const, check_dict, index, constants):
        picked = const["check_array"][np.array([0, 0, 2])]
        return picked * check_dict + index + constants * np.array([1.0, 2.0, 3.0])

    same(grad(lambda *xs: np.sum(check_array(*xs))), tmp_path, {"check_array": X}, 2.0,
         X, X)  # fmt: skip
    same(check_array, tmp_path, {"check_array": X}, 2.0, X, X)


def test_leaves_whose_names_collide(tmp_path):
    def fun(a, a_b, b):
        return a["b"] * 2.0 + a_b - b["a"]["b"] / a["c"]

    same(fun, tmp_path, {"b": X, "c": X}, X, {"a": {"b": X}})


def test_keyword_arguments(tmp_path):
    def fun(x, *, scale, tree):
        return x * scale + tree["w"]

    text = same(fun, tmp_path, X, scale=2.0, tree={"w": X})
    assert "def fun(x, *, scale, tree):" in text
    text = same(lambda **kw: kw["class"] + kw["np"], tmp_path, **{"class": X, "np": X})
    assert "(**kwargs):" in text


def test_functions_without_arguments_and_with_stars(tmp_path):
    same(lambda: np.sin(X), tmp_path)
    same(lambda *xs: xs[0] * xs[1], tmp_path, X, X)
    same(lambda x, y=2.0: x * y, tmp_path, X)


def test_static_arguments_and_names(tmp_path):
    fun = jit(lambda x, n: x**n, static_argnums=1)
    exported = export(fun, name="cube")(X, 3)
    np.testing.assert_array_equal(alone(exported, tmp_path)(X), fun(X, 3))
    assert exported.fun_name == "cube"
    assert export(vmap(grad(np.sin)))(X).fun_name == "vmap_grad_sin"


# -- trees -----------------------------------------------------------------------------

Point = namedtuple("Point", ["x", "y"])


@register_dataclass
@dataclass
class Layer:
    w: object
    b: object


class Pair:
    def __init__(self, *items):
        self.items = items


register_pytree_node(Pair, lambda p: (p.items, None), lambda _, c: Pair(*c))


def test_containers_stay_what_they_are(tmp_path):
    def fun(tree, nothing):
        a, [b, (c, none)] = tree["a"], tree["b"]
        assert none is nothing is None
        outs = OrderedDict(z=a, a=(b,))
        return [outs, defaultdict(list, k=c), {}, (), None, [a, {1: b, 2.5: ()}]]

    args = ({"b": [X, (2.0, None)], "a": X + 1}, None)
    same(fun, tmp_path, *args)
    actual = alone(export(fun)(*args), tmp_path)(*args)
    assert repr(jit(fun)(*args)) == repr(actual)
    assert actual[1].default_factory is list


def test_namedtuples_and_other_nodes_become_namedtuples(tmp_path):
    def fun(point, layer, pair):
        return Point(layer.w, point.x), Layer(point.y * 2.0, layer.b), pair

    args = Point(X, 1.0), Layer(X, X), Pair(X, 3.0)
    function = alone(export(fun)(*args), tmp_path)
    point, layer, pair = function(Point(X, 1.0), Layer(X, X), (X, 3.0))
    assert repr(point) == repr(Point(X, X))
    assert repr(layer) == f"Layer(w=2.0, b={X!r})"
    assert type(pair) is tuple
    assert "Pair: a tuple of its 2 children" in function.__doc__
    assert "Layer: anything with w, b; a namedtuple" in function.__doc__


# -- constants -------------------------------------------------------------------------

BASE = np.random.default_rng(0).normal(size=(40, 12))
CONSTANTS = {
    "special": np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324]),
    "payload": np.array([0x7FF8000000000123, 0x7FF0000000000001], np.uint64).view(
        float
    ),
    "complex": np.array([complex(np.nan, -0.0), complex(-0.0, np.inf), 1 - 2j]),
    "float32": np.array([0.1, 1 / 3, 1e-45, np.nan], np.float32),
    "float16": np.array([0.1, 65504.0], np.float16),
    "bool": np.array([[True, False], [False, True]]),
    "int8": np.arange(-3, 3, dtype=np.int8),
    "uint64": np.array([2**64 - 1], np.uint64),
    "0-d": np.array(0.1),
    "empty": np.zeros((0, 3), np.float32),
    "empty, of a list": np.zeros((2, 0, 1)),
    "large": BASE,
    "large, Fortran": np.asfortranarray(BASE),
    "large, strided": BASE[::2, ::-3],
    "small, strided": BASE[4:6, :8:2],
    "reversed": BASE[0, ::-1],
    "transposed": BASE.T,
    "broadcast": np.broadcast_to(BASE[0], (40, 12)),
    "broadcast, column": np.broadcast_to(BASE[:3, :1], (3, 4)),
    "of length 1": BASE[:1, ::2],
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants(name, tmp_path):
    constant = CONSTANTS[name]
    last = -1 if constant.ndim else None
    with np.errstate(all="ignore"):
        fun = lambda x: (constant * x, np.sum(constant * x, axis=last))
        same(fun, tmp_path, np.ones((), constant.dtype))
    same(lambda: constant, tmp_path)


def test_extended_precision(tmp_path):
    third = np.array([1, -2], np.longdouble) / 3
    found = alone(export(lambda x: x + third)(third), tmp_path)(third)
    np.testing.assert_array_equal(found, third + third, strict=True)


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_keep_their_strides(name, tmp_path):
    def fun(x):
        return np.add.reduce(CONSTANTS[name], axis=None) * x

    constant = CONSTANTS[name]
    exported = export(lambda x: x + constant)(np.ones((), constant.dtype))
    function = alone(exported, tmp_path)
    found = [v for v in vars_of(function) if isinstance(v, np.ndarray)]
    if constant.ndim:
        steps = [s for n, s in zip(constant.shape, constant.strides) if n > 1]
        assert (
            any(
                v.shape == constant.shape
                and [s for n, s in zip(v.shape, v.strides) if n > 1] == steps
                for v in found
            )
            or not constant.size
        )


def vars_of(function):
    return list(function.__globals__.values())


def test_only_large_constants_take_a_file(tmp_path):
    export(lambda x: x + X)(X).save(tmp_path / "small")
    assert [p.name for p in tmp_path.iterdir()] == ["small.py"]
    export(lambda x: x + BASE)(BASE).save(tmp_path / "large.py")
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["large.npz", "large.py", "small.py"]
    first = (tmp_path / "large.npz").read_bytes()
    export(lambda x: x + BASE)(BASE).save(tmp_path / "large.py")
    assert (tmp_path / "large.npz").read_bytes() == first


def test_outputs_are_fresh(tmp_path):
    function = alone(export(lambda x: (X, x, x))(X), tmp_path)
    outs = function(X)
    for out in outs:
        out[:] = 7.0
    assert bits(function(X)) == bits((X, X, X))


# -- shapes and dtypes -----------------------------------------------------------------


def test_odd_shapes_and_dtypes(tmp_path):
    same(lambda x: (x.T, np.sum(x), x.shape[0]), tmp_path, np.zeros((0, 3)))
    same(lambda x: np.argmax(x), tmp_path, X)
    same(lambda x: x, tmp_path, np.float32(2.0))
    same(lambda x: (x, x + 1, x / 0.0), tmp_path, 2.0)
    same(lambda x: (x, ~x), tmp_path, np.array([True]))
    same(lambda x: x * 2j, tmp_path, 1 + 2j)
    same(lambda x: x + 1, tmp_path, np.arange(3, dtype=np.uint8))
    same(fgrad.hessian(lambda x: np.sum(x**4) + np.sum(x) ** 2), tmp_path, X)


def test_shapes_in_place_of_arrays(tmp_path):
    struct = ShapeDtypeStruct((3,), np.float32)
    exported = export(grad(lambda x: np.sum(np.sin(x))))({"x": struct}["x"])
    assert exported.in_avals == exported.out_avals == (struct,)
    x = X.astype(np.float32)
    assert bits(alone(exported, tmp_path)(x)) == bits(np.cos(x))


# -- what programs call ----------------------------------------------------------------


@fgrad.custom_vjp
def clipped(x):
    return x * 2.0


clipped.defvjp(lambda x: (x * 2.0, None), lambda _, ct: (np.clip(ct, -1, 1),))


def test_custom_rules_checkpoint_and_solvers(tmp_path):
    block = fgrad.checkpoint(lambda x: np.sin(np.sin(clipped(x))))
    same(grad(lambda x: np.sum(block(x) ** 2)), tmp_path, X)

    def root(a):
        f = lambda x: x * x - a
        solve = lambda f, x: fgrad.lax.fori_loop(0, 9, lambda i, x: x - f(x) / 3.0, x)
        return fgrad.lax.custom_root(f, 1.0, solve, lambda g, y: y / g(1.0))

    same(fgrad.value_and_grad(root), tmp_path, 2.0)
    same(grad(lambda x: np.sum(np.sort(x)[::-1] * x[np.array([2, 2, 0])])), tmp_path, X)
    same(vmap(lambda x: fgrad.lax.psum(x, "i") + fgrad.lax.axis_index("i"),
              axis_name="i"), tmp_path, X)  # fmt: skip
    same(lambda a: np.linalg.det(a) * np.linalg.solve(a, X), tmp_path, BASE[:3, :3])
    same(grad(lambda a: np.linalg.det(a)), tmp_path, BASE[:3, :3])


def test_another_process_that_has_no_fgrad(tmp_path):
    def loss(w, x):
        step = lambda h, row: (np.tanh(w @ h + row), np.sum(h))
        return np.sum(fgrad.lax.scan(step, np.zeros(3), x)[1]) + np.sum(BASE) * w[0, 0]

    args = BASE[:3, :3], BASE[3:9, :3]
    fun = fgrad.value_and_grad(loss)
    found = in_another_process(export(fun)(*args), args, tmp_path)
    assert [x.tobytes() for x in found] == [x.tobytes() for x in jit(fun)(*args)]


# -- messages --------------------------------------------------------------------------


def test_arguments_that_do_not_fit(tmp_path):
    def fun(params, n, rest, layer, none):
        return params["w"] * n + rest[0] + layer.w

    args = {"w": X}, 2.0, [X], Layer(X, X), None
    function = alone(export(fun)(*args), tmp_path)
    for i, wrong, text in [
        (0, {"w": X[:2]}, "params['w'] must be an array, float64 of shape (3,); got "
                          "float64 of shape (2,)"),
        (0, {"w": X.astype(np.float32)}, "got float32 of shape (3,)"),
        (0, {"w": [1.0, 2.0, 3.0]}, "got list: pass np.asarray(...)"),
        (0, {"v": X}, "params must have the keys ['w'], got ['v']"),
        (0, [X], "params must be a dict, got list"),
        (1, X, "n must be a Python float, got ndarray"),
        (1, 2, "n must be a Python float, got int"),
        (2, [X, X], "rest must be a list of 1 items, got 2 items"),
        (2, (X,), "rest must be a list of 1 items, got tuple"),
        (3, (X, X), "layer must have the attributes ['w', 'b'], got tuple"),
        (4, 1.0, "none must be None, got float"),
    ]:  # fmt: skip
        given = [*args[:i], wrong, *args[i + 1 :]]
        with pytest.raises(TypeError) as info:
            function(*given)
        assert text in str(info.value)


def test_calls_that_do_not_fit():
    exported = export(lambda x: x["a"] * 2.0)({"a": X})
    raised(TypeError, lambda: exported.call({"b": X}), "another structure", "['a']")
    raised(TypeError, lambda: exported.call({"a": X[:2]}), "f64[2]", "f64[3]")


def test_programs_that_call_python():
    struct = ShapeDtypeStruct((3,), float)

    def scanned(x):
        def step(c, y):
            fgrad.debug.print("{}", y)
            return c + y, y

        return fgrad.lax.scan(step, 0.0, x)

    for fun, text in [
        (lambda x: fgrad.pure_callback(np.sin, struct, x), "calls a Python function"),
        (lambda x: fgrad.io_callback(np.sin, struct, x), "has an effect"),
        (lambda x: (fgrad.debug.print("{x}", x=x), x)[1], "has an effect"),
        (scanned, "has an effect"),
    ]:
        raised(NotExportable, lambda f=fun: export(f)(X), text, "test_export.py:")


def test_dict_keys_that_cannot_be_written():
    raised(TypeError, lambda: export(lambda x: x)({np.int8(1): X}).text, "dict keys")


def test_exported_programs_are_functions():
    exported = export(lambda x: np.sum(np.sin(x) ** 2))(X)
    assert bits(grad(exported.call)(X)) == bits(
        grad(jit(lambda x: np.sum(np.sin(x) ** 2)))(X)
    )
    assert vmap(exported.call)(np.stack([X, X])).shape == (2,)
    assert repr(exported) == "<Exported lambda(f64[3])>"
    assert str(exported) == exported.text


def test_fgrad_does_not_import_it():
    import subprocess

    code = "import fgrad, sys; assert 'fgrad.export' not in sys.modules; fgrad.export"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_values_that_cannot_be_written():
    from fgrad.export.module import Module

    text = "a program refers to <object object"
    raised(NotExportable, lambda: Module().add(object(), "thing"), text, "as thing",
           frames=3)  # fmt: skip


def test_large_programs_are_written_plainly(tmp_path):
    """What runs may reuse memory; what is written stands alone."""
    x = np.linspace(-1.0, 2.0, 100_000)

    def chain(x):
        return np.tanh(np.sin(x) * np.exp(-x * x) + np.cos(x) * 2.0)

    def fun(x):
        x = fgrad.lax.cond(x[0] > 0, chain, lambda x: chain(x * 2.0), x)
        x = fgrad.lax.scan(lambda c, _: (chain(c), None), x, None, length=2)[0]
        return np.sum(fgrad.checkpoint(chain)(x))

    same(fun, tmp_path, x)
    same(fgrad.value_and_grad(fun), tmp_path, x)
