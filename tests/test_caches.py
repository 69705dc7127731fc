"""What jit keeps, for how long, and when it stages again."""

import functools
import gc
import logging
import weakref

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fgrad
from fgrad import grad, jit, vmap
from fgrad.compiler import cache
from fgrad.settings import explain_cache_misses, log_compiles
from fgrad.tree_util import register_pytree_node_class

from .messages import raised

A = np.arange(3.0)


def counted(fun):
    """Return a function that counts in ``.runs`` how often it is staged."""

    def run(*args, **kwargs):
        run.runs += 1
        return fun(*args, **kwargs)

    run.runs = 0
    return run


# -- how many programs -------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(cache, "MAXIMUM", 8)


def test_programs_are_bounded(small):
    f = jit(counted(lambda x: x + 1.0))
    for n in range(50):
        f(np.zeros(n))
    kept = {**f.programs.older, **f.programs}
    assert len(kept) <= 8
    assert f.fun.runs == 50
    f(np.zeros(49))
    assert f.fun.runs == 50


def test_what_is_used_stays(small):
    f = jit(counted(lambda x: x + 1.0))
    for n in range(1, 50):
        f(np.zeros(n))
        assert_array_equal(f(A), A + 1.0)
    assert f.fun.runs == 49


def test_the_maximum_is_generous():
    assert cache.MAXIMUM == 4096


def test_a_hit_is_one_lookup(monkeypatch):
    f = jit(lambda x: x + 1.0)
    f(A)
    monkeypatch.setattr(type(f), "run", None)
    assert_array_equal(f(A), A + 1.0)


def test_plain_and_traced_calls_share_what_was_staged():
    f = jit(counted(lambda x: np.sum(np.sin(x))))
    for x, runs in [(A, 1), (2.0, 2), (np.float64(2.0), 3), (np.array(2.0), 3)]:
        assert_array_equal(f(x), np.sum(np.sin(x)))
        assert_array_equal(grad(f)(x), np.cos(x))
        assert_array_equal(jit(lambda x: 2.0 * f(x))(x), 2.0 * np.sum(np.sin(x)))
        assert_array_equal(f(x), np.sum(np.sin(x)))
        assert f.fun.runs == runs


def test_subclasses_and_tracers_do_not_meet():
    class Sub(np.ndarray):
        pass

    f = jit(lambda x: np.sum(x + x))
    f(A.view(Sub))
    assert_array_equal(grad(f)(A), [2.0, 2.0, 2.0])
    assert f(A) == 6.0


def test_an_interrupt_leaves_no_half_of_a_program():
    def f(x):
        if interrupt:
            raise KeyboardInterrupt
        return x + 1.0

    g = jit(f)
    interrupt = True
    with pytest.raises(KeyboardInterrupt):
        g(A)
    assert not g.programs
    interrupt = False
    assert_array_equal(g(A), A + 1.0)


# -- shared, and forgotten ---------------------------------------------------------


def test_jits_of_one_function_share_programs():
    f = counted(lambda x, n=1: n * x)
    for _ in range(3):
        assert_array_equal(jit(f)(A), A)
    assert f.runs == 1
    jit(f, static_argnums=1)(A, 2)
    jit(f, static_argnames="n")(A, n=2)
    assert f.runs == 3  # other options, and another signature
    jit(f, donate_argnums=0)(A.copy())
    assert f.runs == 4
    assert jit(f).programs is jit(f).programs


def test_equal_callables_do_not_share():
    class Scale:
        def __init__(self, factor):
            self.factor = factor

        def __eq__(self, other):
            return True

        def __hash__(self):
            return 0

        def __call__(self, x):
            return self.factor * x

    assert jit(Scale(2.0))(3.0) == 6.0
    assert jit(Scale(5.0))(3.0) == 15.0


def test_clearing():
    f, g = jit(counted(lambda x: x + 1.0)), jit(counted(lambda x: x - 1.0))
    f(A), g(A)
    f.clear_cache()
    f(A), g(A)
    assert (f.fun.runs, g.fun.runs) == (2, 1)
    fgrad.clear_caches()
    f(A), g(A)
    assert (f.fun.runs, g.fun.runs) == (3, 2)


@pytest.fixture
def no_gc():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_jitted_function_takes_its_programs_along(no_gc):
    constant = np.arange(1000.0)
    f = jit(lambda x: np.sum(x + constant))
    f(1.0)
    grad(f)(1.0)
    (program,) = f.programs.values()
    (kept,) = [a for e in program.jaxpr.eqns for a in e.inputs if hasattr(a, "nbytes")]
    alive = [weakref.ref(x) for x in (program.jaxpr, kept, program.function)]
    del program, kept
    assert all(ref() is not None for ref in alive)
    del f
    gc.collect()  # functions of derivatives and jaxprs know each other
    assert [ref() for ref in alive] == [None] * 3


def test_without_derivatives_nothing_waits_for_the_garbage_collector(no_gc):
    f = jit(lambda x: np.sin(x) + A)
    f(1.0)
    (program,) = f.programs.values()
    alive = [weakref.ref(program.jaxpr), weakref.ref(program.function)]
    del program, f
    assert [ref() for ref in alive] == [None] * 2


def test_programs_live_as_long_as_the_function():
    f = counted(lambda x: x + 1.0)
    programs = weakref.ref(jit(f).programs)
    gc.collect()
    assert programs() is not None
    del f
    gc.collect()
    assert programs() is None


def test_temporary_functions_leave_nothing_behind():
    gc.collect()
    before = len(cache._shared), len(cache._live)
    for i in range(20):
        jit(lambda x, i=i: x + i)(1.0)
    gc.collect()
    assert (len(cache._shared), len(cache._live)) == before


# -- methods and other callables ---------------------------------------------------


class Model:
    def __init__(self, scale):
        self.scale = scale
        self.run = "not the run of a transformation"
        self.name = "model"

    @jit
    def dynamic(self, x):
        return self.scale * x

    @functools.partial(jit, static_argnums=0)
    def fixed(self, x):
        return self.scale * x

    def plain(self, x):
        return self.scale * x

    def __call__(self, x):
        return self.scale * x


@register_pytree_node_class
class Tree(Model):
    def tree_flatten(self):
        return [self.scale], None

    @classmethod
    def tree_unflatten(cls, aux, children):
        return cls(*children)


def test_methods():
    assert Model(2.0).fixed(3.0) == 6.0
    assert Model(5.0).fixed(3.0) == 15.0
    model = Tree(2.0)
    assert model.dynamic(3.0) == 6.0
    model.scale = 4.0
    assert model.dynamic(3.0) == 12.0
    assert len(Tree.dynamic.programs) == 1
    gradient = grad(lambda m, x: m.dynamic(x))(model, 3.0)
    assert gradient.scale == 3.0


def test_self_that_is_no_pytree_is_taught():
    raised(
        TypeError,
        lambda: Model(2.0).dynamic(3.0),
        "jit(dynamic): argument self:",
        "register the class as a pytree",
        "functools.partial(jit, static_argnums=0)",
        "jit(obj.method)",
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: jit(Model(2.0).plain),
        lambda: jit(Model(2.0)),
        lambda: jit(functools.partial(lambda a, x: a * x, 2.0)),
        lambda: jit(functools.partial(Model.plain, Model(2.0))),
        lambda: jit(jit(lambda x: 2.0 * x)),
        lambda: jit(jit(Model(2.0).plain)),
        lambda: jit(grad(lambda x: np.sum(x * x))),
        lambda: jit(vmap(lambda x: 2.0 * x)),
        lambda: jit(functools.partial(jit(lambda a, x: a * x), 2.0)),
    ],
)
def test_callables(make):
    f = make()
    for _ in range(2):
        assert_array_equal(f(A), 2.0 * A)
    assert len(f.programs) == 1


def test_attributes_of_objects_are_not_taken_over():
    f = jit(Model(2.0))
    assert callable(f.run)
    assert f.name == "jit(Model)"
    inner = jit(lambda x: x * x)
    assert "programs" not in vars(grad(inner))
    marked = counted(lambda x: x)
    marked.note = "kept, as functools.wraps keeps it"
    assert jit(marked).note == marked.note


def test_a_bound_self_is_closed_over():
    model = Model(2.0)
    f = jit(model.plain)
    assert f(3.0) == 6.0
    model.scale = 5.0
    assert f(3.0) == 6.0  # the program has the number that it saw
    assert jit(model.plain)(3.0) == 15.0


# -- static arrays -----------------------------------------------------------------


def test_static_arrays_count_by_content():
    f = jit(counted(lambda x, table: x * table.sum()), static_argnums=1)
    table = np.array([1.0, 2.0])
    assert f(1.0, table) == 3.0
    assert f(1.0, table.copy()) == 3.0
    assert f.fun.runs == 1
    table[0] = 5.0
    assert f(1.0, table) == 7.0
    assert f.fun.runs == 2
    assert f(1.0, np.array([1.0, 2.0])) == 3.0
    assert f.fun.runs == 2
    f(1.0, np.array([1.0, 2.0], np.float32))
    f(1.0, np.array([[1.0, 2.0]]))
    assert f.fun.runs == 4
    f(1.0, np.array([-0.0]))
    f(1.0, np.array([0.0]))
    f(1.0, np.array([np.nan]))
    f(1.0, np.array([np.nan]))
    assert f.fun.runs == 7


def test_static_arrays_are_frozen_copies():
    seen = []
    f = jit(
        lambda x, *, table: seen.append(table) or x * table, static_argnames="table"
    )
    table = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    f(1.0, table=table)
    assert not np.shares_memory(seen[0], table)
    assert seen[0].strides == table.strides
    with pytest.raises(ValueError, match="read-only"):
        seen[0][:] = 1.0
    for other in (np.array(["a", "b"]), np.zeros((0, 2)), np.array(True)):
        jit(lambda x, t: x, static_argnums=1)(1.0, other)


def test_arrays_of_objects_are_no_static_arguments():
    f = jit(lambda x, t: x, static_argnums=1)
    raised(
        TypeError, lambda: f(1.0, np.array([None])), "static argument t is unhashable"
    )
    raised(TypeError, lambda: f(1.0, (A,)), "static argument t is unhashable")


def test_negative_static_argnums_mean_parameters():
    f = jit(lambda x, n=2: n * x, static_argnums=-1)
    assert_array_equal(f(A), 2 * A)
    assert_array_equal(f(A, 3), 3 * A)
    assert jit(lambda *xs: xs[1], static_argnums=-1)(1.0, 2.0, "s") == 2.0


# -- what jit logs -----------------------------------------------------------------


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.WARNING, "fgrad")
    with explain_cache_misses():
        yield caplog


def misses(log, f, *calls):
    """Return the explanations of some calls, (args, kwargs) each."""
    explained = []
    for args, kwargs in calls:
        log.clear()
        f(*args, **kwargs)
        explained += [r.getMessage() for r in log.records if "miss" in r.getMessage()]
    return explained


def call(*args, **kwargs):
    return args, kwargs


def test_misses_are_explained(log):
    f = jit(lambda x, n=1, **more: x, static_argnames="n")
    explained = misses(
        log,
        f,
        call(A),
        call(A),
        call(np.zeros(4)),
        call(A.astype(np.float32)),
        call(2.0),
        call(np.float64(2.0)),
        call(A, n=3),
        call(A, n=4),
        call(A, 4),
        call(A, y=A),
        call({"a": A}),
        call(x=A),
        call(A, n=A),
    )
    reasons = [
        "never seen function lambda",
        "argument x is f64[4], but f64[3] in the earlier one",
        "argument x is f32[3], but f64[4] in the nearest of 2",
        "argument x is float[], but f32[3] in the nearest of 3",
        "argument x is f64[], but float[] in the nearest of 4",
        "static argument n is 3, but not given in the nearest of 5",
        "static argument n is 4, but 3 in the nearest of 6",
        "static argument n is 4, but not given in the nearest of 7",
        "keyword arguments are another tree (at the root: expected a dict with "
        "keys [], got a dict with keys ['y']) than",
        "positional argument 0 is another tree (at the root: expected a leaf, "
        "got a dict with keys ['a']) than",
        "called with 0 positional arguments, but 1",
        "static argument n is f64[3] with hash",
    ]
    assert len(explained) == len(reasons)
    for text, reason in zip(explained, reasons, strict=True):
        assert text.startswith("jit(lambda): cache miss at test_caches.py:")
        assert reason in text


def test_all_differences_are_named(log):
    f = jit(lambda d, y: y)
    *_, text = misses(log, f, call({"a": A, "b": A}, A), call({"a": A, "b": 1}, 2.0))
    assert "argument d['b'] is int[], but f64[3]; argument y is float[]" in text


def test_functions_made_in_a_loop_are_noticed(log):
    for i in range(2):
        jit(lambda x, i=i: x + i)(1.0)
    first, second = [r.getMessage() for r in log.records]
    assert "new function object" not in first
    assert "another one with the same code: a new function object each call?" in second


def test_compiles_are_logged(caplog):
    f = jit(lambda x, n: n * x, static_argnums=1)
    with log_compiles():
        f(A, 3)
        f(A, 3)
    staged, compiled = [r.getMessage() for r in caplog.records]
    assert {r.levelname for r in caplog.records} == {"WARNING"}
    assert staged.startswith(
        "jit(lambda): staged for (x: f64[3], static argument n: 3) in "
    )
    assert compiled.startswith(
        "jit(lambda): compiled for (x: f64[3], static argument n: 3) in "
    )
    assert " ms, called at test_caches.py:" in compiled
    caplog.clear()
    with log_compiles():
        grad(f)(1.0, 3)  # staged for grad: what runs are its forward and backward
    assert [r.getMessage().split(" for ")[0] for r in caplog.records] == [
        "jit(lambda): staged"
    ]


def test_nothing_is_logged_by_default(caplog):
    jit(lambda x: x)(1.0)
    assert not caplog.records
