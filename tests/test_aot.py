"""Compiling ahead of time: the stages, their facts, and what they refuse."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fgrad
from fgrad import ShapeDtypeStruct, grad, jit, stages, vmap
from fgrad.tree_util import tree_structure

from .messages import raised, table

A = np.arange(3.0)
V3 = ShapeDtypeStruct((3,), float)


def model(params, x, *, scale=1.0):
    return {"out": scale * np.tanh(params["w"] @ x) + params["b"]}


PARAMS = {"w": np.ones((2, 3)), "b": np.zeros(2)}
SHAPES = {"w": ShapeDtypeStruct((2, 3), float), "b": ShapeDtypeStruct((2,), float)}


def test_stages_know_their_signature():
    traced = jit(model, donate_argnums=0).trace(SHAPES, V3, scale=2.0)
    with pytest.warns(UserWarning, match=r"params_w \(f64\[2,3\]\); no output has"):
        lowered = traced.lower()
    compiled = lowered.compile()
    assert isinstance(traced, stages.Traced)
    assert isinstance(lowered, stages.Lowered)
    assert isinstance(compiled, stages.Compiled)
    assert isinstance(jit(model), stages.Wrapped)
    weak = ShapeDtypeStruct((), float, weak_type=True)
    for stage in (traced, lowered, compiled):
        assert stage.fun_name == "model"
        assert stage.in_avals == ((SHAPES, V3), {"scale": weak})
        assert stage.out_info == {"out": ShapeDtypeStruct((2,), float)}
        assert stage.in_tree == tree_structure(((PARAMS, A), {"scale": 2.0}))
        assert stage.out_tree == tree_structure({"out": 0})
        assert stage.donate_argnums == (0, 1)
        assert stage.args_info[0][0]["w"] == stages.ArgInfo(
            (2, 3), np.dtype(float), True
        )
        assert not stage.args_info[0][1].donated
        assert "model(f64[2], f64[2,3], f64[3], float[])" in repr(stage)
    assert traced.out_avals == traced.out_info
    assert len(traced.jaxpr.invars) == len(lowered.jaxpr.invars) == 4


@pytest.mark.usefixtures("plan_usual")
def test_compiled_runs_and_does_not_stage():
    runs = []

    def f(x, y):
        runs.append(1)
        return np.sin(x) * y

    compiled = jit(f).lower(V3, ShapeDtypeStruct((), np.float32)).compile()
    y = np.float32(0.5)
    for _ in range(2):
        out = compiled(A, y)
        assert out.dtype == np.float64
        assert_array_equal(out, np.sin(A) * y)
    assert len(runs) == 1
    assert compiled.as_text() == "def f(x, y):\n    return (np.sin(x) * y,)\n"


def test_every_stage_takes_shapes_of_anything():
    class Described:
        shape = (3,)
        dtype = np.dtype(np.float32)

    f = jit(lambda x: x.T @ x)
    for given in (ShapeDtypeStruct((3,), np.float32), Described()):
        for shape in (
            f.eval_shape(given),
            f.trace(given).out_info,
            f.lower(given).out_info,
            f.lower(given).compile().out_info,
        ):
            assert shape == ShapeDtypeStruct((), np.float32)
    assert f.eval_shape(A) == ShapeDtypeStruct((), float)


def test_texts_of_a_program():
    lowered = jit(lambda x: x * 2.0 * 1.0).lower(A)
    assert lowered.as_text() == lowered.as_text("numpy")
    assert lowered.compile().as_text() == lowered.as_text()
    assert "return (x * 2.0,)" in lowered.as_text()
    assert lowered.as_text("jaxpr") == str(lowered.jaxpr)
    assert lowered.compiler_ir() is lowered.jaxpr
    assert lowered.compiler_ir("numpy") == lowered.as_text()
    assert len(lowered.jaxpr.eqns) == 1
    assert len(jit(lambda x: x * 2.0 * 1.0).trace(A).jaxpr.eqns) == 2


def test_static_arguments_are_part_of_the_program():
    f = jit(lambda x, n, mode="up": n * x if mode == "up" else x / n,
            static_argnames=("n", "mode"))  # fmt: skip
    traced = f.trace(V3, 4, mode="down")
    assert traced.in_avals == ((V3,), {})
    assert_array_equal(traced.lower().compile()(A), A / 4)
    assert_array_equal(f.lower(V3, n=4).compile()(A), 4 * A)
    assert f.eval_shape(V3, 4) == V3


@pytest.mark.parametrize("number", [2.5, np.float64(2.5), np.array(2.5)])
@pytest.mark.parametrize("given", [2.0, np.float64(2.0), np.array(2.0)])
def test_numbers_of_a_dtype_may_stand_for_each_other(given, number):
    f = jit(lambda x, s: x * s)
    x = A.astype(np.float32)
    compiled = f.lower(x, given).compile()
    out = compiled(x, number)
    assert out.dtype == compiled.out_info.dtype == f(x, given).dtype
    same = np.array(2.5) if isinstance(given, np.ndarray) else type(given)(2.5)
    assert_array_equal(out, f(x, same))


def test_transformed_functions_compile():
    loss = lambda w, x: np.sum(np.tanh(x @ w) ** 2)
    x = np.ones((4, 3))
    compiled = jit(vmap(grad(loss), (None, 0))).lower(A, x).compile()
    assert_array_equal(compiled(A, x), jit(vmap(grad(loss), (None, 0)))(A, x))


def test_compiled_is_no_part_of_the_cache():
    f = jit(lambda x: x + 1.0)
    compiled = f.lower(A).compile()
    assert not f.programs
    fgrad.clear_caches()
    assert_array_equal(compiled(A), A + 1.0)


# -- costs -------------------------------------------------------------------------

X, Y = np.ones((4, 5)), np.ones((5, 6))
S = np.eye(6) + 1.0
COSTS = {
    "matmul": (lambda x, y: x @ y, (X, Y), 2 * 4 * 5 * 6, 0, 8 * (20 + 30 + 24)),
    "outer": (np.outer, (A, A), 18, 0, 8 * (3 + 3 + 9)),
    "add": (lambda x: x + 1.0, (X,), 20, 0, 8 * 41),
    "sin": (np.sin, (X,), 0, 20, 8 * 40),
    "square": (lambda x: x**2, (X,), 20, 0, 8 * 41),
    "power": (lambda x: x**2.5, (X,), 0, 20, 8 * 41),
    "sum": (lambda x: np.sum(x, axis=0), (X,), 20, 0, 8 * 25),
    "view": (lambda x: x.T, (X,), 0, 0, 0),
    "sort": (np.sort, (X,), 0, 0, 8 * 40),
    "solve": (np.linalg.solve, (S, S), 2 * 6**3 / 3 + 2 * 6**3, 0, 8 * 3 * 36),
    "solve, vector": (np.linalg.solve, (S, np.ones(6)), 2 * 6**3 / 3 + 2 * 6**2, 0,
                      8 * 48),
    "cholesky": (np.linalg.cholesky, (S,), 6**3 / 3, 0, 8 * 72),
    "inv of a stack": (np.linalg.inv, (np.stack([S, S]),), 2 * 2 * 6**3, 0, 8 * 144),
    "a call": (lambda x: jit(np.sin)(x) + 1.0, (X,), 20, 20, 8 * (40 + 41)),
    "nothing": (lambda x: x, (X,), 0, 0, 0),
}  # fmt: skip


@table(COSTS)
def test_cost_analysis(case):
    fun, args, flops, transcendentals, moved = case
    lowered = jit(fun).lower(*args)
    cost = lowered.cost_analysis()
    assert cost["flops"] == pytest.approx(flops, rel=1e-12)
    assert cost["transcendentals"] == transcendentals
    assert cost["bytes accessed"] == moved
    assert lowered.compile().cost_analysis() == cost


@pytest.mark.usefixtures("plan_usual")
def test_memory_analysis():
    def f(w, x):
        h = np.sin(x)
        return w - h * np.cos(h), np.sum(h)

    compiled = jit(f, donate_argnums=0).lower(A, A).compile()
    memory = compiled.memory_analysis()
    assert memory.argument_size_in_bytes == 48
    assert memory.output_size_in_bytes == 32
    assert memory.alias_size_in_bytes == 24
    assert memory.temp_size_in_bytes == 3 * 24
    table = np.zeros(1000)
    big = jit(lambda x: x + table).lower(table).compile().memory_analysis()
    assert 8000 < big.generated_code_size_in_bytes < 9000
    assert big.alias_size_in_bytes == big.temp_size_in_bytes == 0


# -- mistakes ----------------------------------------------------------------------


def product(x, y):
    return x * y


COMPILED = jit(product).lower(A, 2.0).compile()
WANTED = "compiled product: argument x is", "was compiled for f64[3]"
MISTAKES = {
    "shape": (TypeError, lambda: COMPILED(np.ones(4), 2.0), *WANTED, "f64[4]"),
    "dtype": (TypeError, lambda: COMPILED(A.astype(np.float32), 2.0), "f32[3]",
              *WANTED),
    "number": (TypeError, lambda: COMPILED(A, 2), "argument y is int[]", "float[]"),
    "str": (TypeError, lambda: COMPILED(A, "2"), "argument y: '2' of type str"),
    "too few": (TypeError, lambda: COMPILED(A), "another structure",
                "tuple of length 2", "tuple of length 1"),
    "keyword": (TypeError, lambda: COMPILED(A, y=2.0), "another structure"),
    "tree": (TypeError, lambda: COMPILED({"a": A}, 2.0), "at [0][0]", "a leaf"),
    "static": (TypeError,
               lambda: jit(product, static_argnums=1).lower(A, 2.0).compile()(A, 2.0),
               "Static arguments are part of the program"),
    "shapes": (TypeError, lambda: COMPILED(V3, 2.0), "argument x is ShapeDtypeStruct",
               "no values", ".lower"),
    "jit of shapes": (TypeError, lambda: jit(product)(A, y=V3), "jit(product)",
                      "argument y is ShapeDtypeStruct", "no values", ".eval_shape"),
    "grad": (TypeError, lambda: grad(COMPILED)(1.0, 2.0), "argument x is traced",
             "jit(grad(f)).lower()"),
    "jit": (TypeError, lambda: jit(lambda x: COMPILED(x, 2.0))(A), "is traced",
            "argument x of jit(lambda)"),
    "dialect": (ValueError, lambda: jit(product).lower(A, A).as_text("stablehlo"),
                "'numpy' or 'jaxpr'", "'stablehlo'"),
    "trace": (TypeError, lambda: jit(product).trace(A, "s"), "argument y: 's'",
              "static_argnames"),
    "static list": (TypeError, lambda: jit(product, static_argnums=1).lower(A, [1]),
                    "static argument y is unhashable", "[1]"),
    "static, the other's name": (
        TypeError, lambda: jit(product, static_argnums=0)(2.0, "s"),
        "argument y: 's' of type str"),
}  # fmt: skip


@table(MISTAKES)
def test_mistakes(case):
    raised(*case)


# -- JAX ---------------------------------------------------------------------------


def test_names_are_those_of_jax():
    jax = pytest.importorskip("jax")
    other = jax.jit(lambda x, y: jax.numpy.sin(x) * y, donate_argnums=0)
    own = jit(lambda x, y: np.sin(x) * y, donate_argnums=0)
    theirs, ours = other.trace(A, 2.0), own.trace(A, 2.0)
    # what is about devices, and JAX's internals
    absent = {"lojax", "call", "input_formats", "input_shardings", "output_formats",
              "output_shardings", "runtime_executable"}  # fmt: skip
    for _ in range(3):
        missing = {n for n in dir(theirs) if n[0] != "_"} - set(dir(ours))
        assert missing <= absent
        assert theirs.in_avals[0][0].shape == ours.in_avals[0][0].shape
        assert theirs.in_avals[0][1].weak_type == ours.in_avals[0][1].weak_type
        assert theirs.out_info.shape == ours.out_info.shape
        assert theirs.donate_argnums == ours.donate_argnums
        donated = [[i.donated for i in s.args_info[0]] for s in (theirs, ours)]
        assert donated[0] == donated[1]
        last = theirs, ours
        if hasattr(theirs, "lower"):
            theirs, ours = theirs.lower(), ours.lower()
        elif hasattr(theirs, "compile"):
            theirs, ours = theirs.compile(), ours.compile()
    assert hasattr(last[0], "memory_analysis")
    assert set(stages.__all__) <= set(dir(jax.stages))


def test_flops_are_those_of_jax():
    jax = pytest.importorskip("jax")
    for fun, args in [
        (lambda x, y: x @ y, (X, Y)),
        (lambda x: x + x * x, (X,)),
        (lambda x, y: abs(x) - y, (X, X)),
    ]:
        expected = jax.jit(fun).lower(*args).cost_analysis()
        actual = jit(fun).lower(*args).cost_analysis()
        assert actual["flops"] == expected["flops"]
