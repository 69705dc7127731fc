"""pure_callback and io_callback: values, counts, order, and what they refuse."""

import functools
import math
import threading

import numpy as np
import pytest

import fgrad
from fgrad import (
    ShapeDtypeStruct,
    custom_jvp,
    custom_vjp,
    grad,
    io_callback,
    jit,
    jvp,
    make_jaxpr,
    pure_callback,
    vmap,
)
from fgrad.compiler.passes import drop_dead, fold_constants, share_common
from fgrad.core import Aval, Eqn, Jaxpr, Primitive, Var

from .messages import message, own_frames, raised, table

A = np.array([1.0, 2.0, 3.0])
SCALAR = ShapeDtypeStruct((), np.float64)


def recorder(fun=lambda *args: args[0]):
    """Return a callback and the list of its calls, each the tuple of arguments."""
    seen = []

    def callback(*args):
        seen.append(args)
        return fun(*args)

    return callback, seen


# -- pure_callback: values ---------------------------------------------------------


def test_trees_go_in_and_come_out():
    def callback(a, *, named):
        assert type(a["x"]) is np.ndarray and a["x"].dtype == np.float32
        assert type(named[1]) is np.ndarray and named[1].shape == ()
        return {"sum": a["x"] + named[0], "count": 3}

    def f(x, y):
        declared = {"sum": x, "count": ShapeDtypeStruct((), np.int32)}
        return pure_callback(callback, declared, {"x": x}, named=(y, 2))

    x, y = np.ones(3, np.float32), np.arange(3, dtype=np.float32)
    for run in (f, jit(f)):
        out = run(x, y)
        assert out["sum"].dtype == np.float32 and out["sum"].tolist() == [1, 2, 3]
        assert type(out["count"]) is np.int32 and out["count"] == 3


def test_python_numbers_take_the_declared_dtype():
    f = jit(lambda x: pure_callback(math.gamma, ShapeDtypeStruct((), np.float32), x))
    assert f(5.0) == 24.0
    assert type(f(5.0)) is np.float32
    wider = pure_callback(lambda: (1, True), (SCALAR, np.zeros((), complex)))
    assert wider == (1.0, 1.0 + 0j)


def test_the_callback_owns_what_it_gets_and_what_it_returns():
    mine = np.zeros(3)

    def callback(x):
        x += 1.0
        mine[:] = x
        return mine

    f = jit(lambda x: (pure_callback(callback, x, x), x * 1.0))
    x = A.copy()
    out, same = f(x)
    assert x.tolist() == same.tolist() == A.tolist()
    out[:] = 0.0
    assert mine.tolist() == [2.0, 3.0, 4.0]


def test_no_traced_argument_means_a_constant():
    callback, seen = recorder(lambda: 7.0)
    f = jit(lambda x: x + pure_callback(callback, SCALAR))
    assert (f(1.0), f(2.0), len(seen)) == (8.0, 9.0, 1)


def test_equal_calls_are_merged_and_unused_ones_dropped():
    callback, seen = recorder()
    f = jit(lambda x: pure_callback(callback, x, x) + pure_callback(callback, x, x))
    assert f(2.0) == 4.0 and len(seen) == 1
    g = jit(lambda x: (pure_callback(callback, x, x), x)[1])
    assert g(2.0) == 2.0 and len(seen) == 1


def test_other_callbacks_are_not_merged():
    f = lambda x: [pure_callback(lambda a, k=k: a * k, x, x) for k in range(3)]
    assert jit(f)(2.0) == [0.0, 2.0, 4.0]
    g = lambda x: [pure_callback(np.add, x, x, y) for y in (1.0, 2.0)]
    assert jit(g)(2.0) == [3.0, 4.0]


def test_values_pass_through_a_derivative_with_a_rule():
    @custom_vjp
    def forward_only(x):
        return pure_callback(np.sin, x, x)

    forward_only.defvjp(
        lambda x: (forward_only(x), x),
        lambda x, ct: (ct * pure_callback(np.cos, x, x),),
    )

    @custom_jvp
    def both(x):
        return pure_callback(np.sin, x, x, vmap_method="expand_dims")

    @both.defjvp
    def rule(primals, tangents):
        (x,), (t,) = primals, tangents
        return both(x), t * pure_callback(np.cos, x, x, vmap_method="sequential")

    for f in (forward_only, both):
        loss = lambda x, f=f: np.sum(f(x) ** 2)
        for g in (grad(loss), jit(grad(loss)), grad(jit(loss))):
            np.testing.assert_allclose(g(A), np.sin(2 * A), rtol=1e-15)
    _, t = jit(lambda x: jvp(both, (x,), (x,)))(A)
    np.testing.assert_allclose(t, A * np.cos(A), rtol=1e-15)
    np.testing.assert_allclose(vmap(grad(both))(A), np.cos(A), rtol=1e-15)
    np.testing.assert_allclose(fgrad.jacfwd(both)(A), np.diag(np.cos(A)), rtol=1e-15)


def test_what_has_no_derivative_needs_no_rule():
    f = lambda x: x * pure_callback(lambda a: a.astype(int), np.array(0), x)
    assert grad(f)(3.5) == 3.0
    assert grad(jit(f))(3.5) == 3.0
    assert jvp(f, (3.5,), (1.0,)) == (10.5, 3.0)
    g = lambda x: x * pure_callback(np.sin, x, fgrad.stop_gradient(x))
    assert grad(g)(2.0) == grad(jit(g))(2.0) == math.sin(2.0)


# -- vmap --------------------------------------------------------------------------

METHODS = {
    "sequential": [((), (2,))] * 3,
    "sequential_unrolled": [((), (2,))] * 3,
    "expand_dims": [((3,), (1, 2))],
    "broadcast_all": [((3,), (3, 2))],
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("compiled", [False, True])
def test_vmap_method(method, compiled):
    callback, seen = recorder(lambda x, y: x[..., None] * y)
    y = np.array([1.0, 10.0])
    f = lambda x: pure_callback(callback, y, x, y, vmap_method=method)
    run = vmap(f)
    out = (jit(run) if compiled else run)(A)
    assert [tuple(x.shape for x in args) for args in seen] == METHODS[method]
    assert out.tolist() == (A[:, None] * y).tolist()


@pytest.mark.parametrize("method", METHODS)
def test_vmap_method_as_jax_has_it(method):
    jax = pytest.importorskip("jax")
    ours, our_calls = recorder(lambda x, y: np.asarray(x) * np.asarray(y))
    theirs, their_calls = recorder(lambda x, y: np.asarray(x) * np.asarray(y))
    out = np.float32(0.0)
    f = lambda x, y: pure_callback(ours, out, x, y, vmap_method=method)
    g = lambda x, y: jax.pure_callback(theirs, out, x, y, vmap_method=method)
    x, y = np.float32([1.0, 2.0, 3.0]), np.float32(2.0)
    for axes, args in (((0, None), (x, y)), ((None, 0), (y, x)), ((0, 0), (x, x))):
        expected = jax.vmap(g, axes)(*args)
        np.testing.assert_array_equal(vmap(f, axes)(*args), expected)
    shapes = lambda calls: [tuple(np.shape(a) for a in args) for args in calls]
    assert shapes(our_calls) == shapes(their_calls)


@pytest.mark.parametrize("method", METHODS)
def test_nested_vmap(method):
    x, y = np.arange(6.0).reshape(2, 3), np.arange(3.0)
    callback, seen = recorder(lambda x, y: x - 2 * y)
    f = lambda x, y: pure_callback(callback, x, x, y, vmap_method=method)
    run = vmap(vmap(f), in_axes=(0, None), out_axes=1)
    for each in (run, jit(run), vmap(jit(vmap(f)), (0, None), 1)):
        np.testing.assert_array_equal(each(x, y), (x - 2 * y).T)
    assert len(seen) == (18 if method.startswith("seq") else 3)


def test_an_empty_batch():
    f = lambda x: pure_callback(np.sin, A, x, vmap_method="sequential")
    assert vmap(f)(np.zeros((0, 3))).shape == (0, 3)


# -- io_callback -------------------------------------------------------------------


def test_io_runs_each_time_in_order_and_is_never_merged_or_dropped():
    lines = []

    def write(tag):
        def callback(x):
            lines.append((tag, float(x)))
            return x * 10

        return callback

    def f(x):
        io_callback(write("unused"), x, x)
        one, two = write("one"), write("two")
        y = io_callback(one, x, x) + io_callback(one, x, x)
        io_callback(two, x, 7.0)
        return y

    for run in (f, jit(f), jit(jit(f)), jit(lambda x: jit(f)(x))):
        lines.clear()
        assert run(1.0) == 20.0
        once = [("unused", 1.0), ("one", 1.0), ("one", 1.0), ("two", 7.0)]
        assert lines == once
        run(1.0)
        assert lines == once * 2


def test_io_without_traced_arguments_runs_each_time():
    counter = iter(range(100))
    tick = lambda: next(counter)
    f = jit(lambda x: x + io_callback(tick, np.array(0)))
    assert [f(0), f(0), f(0)] == [0, 1, 2]
    assert "io_callback" in str(make_jaxpr(lambda: io_callback(tick, np.array(0)))())
    assert next(counter) == 3  # tracing did not run it


def test_io_under_vmap_runs_once_per_element_in_order():
    callback, seen = recorder(lambda x, y: x + y)
    f = lambda x, y: io_callback(callback, x, x, y)
    for run in (vmap(f, (0, None)), jit(vmap(f, (0, None))), vmap(jit(f), (0, None))):
        seen.clear()
        assert run(A, 1.0).tolist() == [2.0, 3.0, 4.0]
        assert seen == [(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)]
    seen.clear()
    x = np.arange(4.0).reshape(2, 2)
    vmap(vmap(f, (0, None)), (1, None))(x, 0.0)
    assert [args[0] for args in seen] == [0.0, 2.0, 1.0, 3.0]


def test_experimental_is_the_same():
    assert fgrad.experimental.io_callback is io_callback


def test_what_a_callback_does_belongs_to_the_callback():
    seen = []

    def callback(x):
        fgrad.debug.callback(seen.append, 5)
        return jit(np.sin)(x)

    f = jit(lambda: pure_callback(callback, SCALAR, 0.0))
    f()
    f()
    assert seen == [5]  # while f was traced: the call is a constant of it


def test_staging_in_another_thread_is_another_matter():
    seen, values = [], []

    def f(x):
        thread = threading.Thread(
            target=lambda: values.append(io_callback(lambda: 5.0, SCALAR))
        )
        thread.start()
        thread.join()
        io_callback(seen.append, None, x)
        return x

    jit(f)(1.0)
    assert values == [5.0] and seen == [1.0]


# -- effects and the passes --------------------------------------------------------


def _effect(name, **rules):
    return Primitive(
        name,
        impl=lambda *args: 1.0,
        abstract=lambda *avals: Aval((), np.dtype(float)),
        effect=True,
        **rules,
    )


def test_passes_leave_effects_alone():
    act = _effect("act")
    a, b = (Var(Aval((), np.dtype(float))) for _ in "ab")
    eqns = tuple(Eqn(act, (2.0,), {}, (v,), None) for v in (a, b))
    jaxpr = Jaxpr((), eqns, ())
    for run in (drop_dead, fold_constants, share_common):
        assert [e.prim for e in run(jaxpr).eqns] == [act, act]
    assert jaxpr.effectful


def test_a_single_output_is_not_moved_to_its_reader():
    act = _effect("act")
    f = lambda x: (act(x) * 2.0, act(x))[0]
    text = jit(f).lower(1.0).as_text()
    assert "a = act(x)\n" in text and text.count("= act(x)") == 2


def test_a_call_of_what_has_effects_has_them():
    f = jit(lambda x: io_callback(np.sin, x, x))
    jaxpr = make_jaxpr(lambda x: (f(x), x)[1])(1.0)
    assert [e.prim.name for e in drop_dead(jaxpr).eqns] == ["jit"]
    assert not make_jaxpr(lambda x: jit(np.sin)(x))(1.0).effectful
    held = Primitive("held", impl=None, abstract=lambda *, parts: [], multi=True)
    eqn = Eqn(held, (), {"parts": (1, (jaxpr,))}, (), None)
    assert Jaxpr((), (eqn,), ()).effectful


def test_a_custom_rule_hides_no_effect():
    callback, seen = recorder()
    f = custom_vjp(lambda x: (io_callback(callback, x, x), x)[1])
    f.defvjp(lambda x: (x, None), lambda _, ct: (ct,))
    jit(lambda x: (f(x), x * 2.0)[1])(1.0)
    assert seen == [(1.0,)]
    jit(vmap(lambda x: (f(x), x * 2.0)[1]))(A)
    assert len(seen) == 4


# -- errors ------------------------------------------------------------------------


class MineError(Exception):
    pass


def failing(x):
    raise MineError("mine")


@pytest.mark.parametrize("call", [pure_callback, io_callback])
def test_the_users_exception_arrives_unchanged(call):
    f = lambda x: call(failing, x, x)
    for run in (f, jit(f), vmap(jit(lambda x: io_callback(failing, x, x)))):
        error = raised(MineError, lambda run=run: run(A))
        assert message(error) == "mine"
        last = error.__traceback__
        while last.tb_next:
            last = last.tb_next
        assert last.tb_frame.f_code is failing.__code__


def test_a_failing_program_does_not_repeat_effects():
    callback, seen = recorder()
    after, seen_after = recorder()

    @jit
    def f(x):
        y = io_callback(callback, x, x)
        z = np.linalg.inv(y)
        io_callback(after, x, z)
        return z

    note = 'in "inv" of shapes (2, 2), written at test_callbacks.py'
    raised(np.linalg.LinAlgError, lambda: f(np.zeros((2, 2))), "Singular", note)
    assert len(seen) == 1 and not seen_after


def test_a_failing_effect_is_named_and_not_repeated():
    callback, seen = recorder(lambda x: np.linalg.inv(x))
    f = jit(lambda x: np.sin(io_callback(callback, x, x * 1.0)))
    note = 'in "io_callback" of shapes (2, 2), written at test_callbacks.py'
    raised(np.linalg.LinAlgError, lambda: f(np.zeros((2, 2))), note)
    assert len(seen) == 1


HERE = "at test_callbacks.py:"
NO_RULE = ("pure_callback(sin)", HERE, "no derivative", "custom_vjp", "custom_jvp")
NO_METHOD = ("pure_callback(sin)", HERE, "vmap_method='sequential'", "'expand_dims'")
calls = lambda fun, declared: lambda: pure_callback(fun, declared, A)
sin = lambda x: pure_callback(np.sin, x, x)

ERRORS = {
    "grad": (fgrad.errors.MissingRuleError, lambda: grad(sin)(1.0), *NO_RULE),
    "jit grad": (
        fgrad.errors.MissingRuleError,
        lambda: jit(grad(sin))(1.0),
        *NO_RULE,
    ),
    "grad jit": (
        fgrad.errors.MissingRuleError,
        lambda: grad(jit(sin))(1.0),
        *NO_RULE,
    ),
    "jvp": (
        fgrad.errors.MissingRuleError,
        lambda: jvp(sin, (1.0,), (1.0,)),
        *NO_RULE,
    ),
    "grad io": (
        fgrad.errors.MissingRuleError,
        lambda: grad(lambda x: io_callback(np.sin, x, x))(1.0),
        "io_callback(sin)",
        "no derivative",
    ),
    "vmap": (fgrad.errors.MissingRuleError, lambda: vmap(sin)(A), *NO_METHOD),
    "jit vmap": (fgrad.errors.MissingRuleError, lambda: jit(vmap(sin))(A), *NO_METHOD),
    "vmap jit": (fgrad.errors.MissingRuleError, lambda: vmap(jit(sin))(A), *NO_METHOD),
    "method": (
        ValueError,
        lambda: pure_callback(np.sin, A, A, vmap_method="loop"),
        "'sequential', 'sequential_unrolled', 'expand_dims', 'broadcast_all'",
        "'loop'",
    ),
    "ordered": (
        ValueError,
        lambda: vmap(lambda x: io_callback(np.sin, x, x, ordered=True))(A),
        "io_callback(sin)",
        "ordered=True",
        "once per element",
    ),
    "shape": (
        ValueError,
        calls(lambda x: {"a": x[:2]}, {"a": A}),
        "pure_callback(lambda)",
        HERE,
        "must return f64[3], as declared in result_shape_dtypes['a'], got f64[2]",
        "return the shape (3,)",
    ),
    "shape in a program": (
        ValueError,
        lambda: jit(lambda x: pure_callback(lambda x: x[:2], x, x))(A),
        HERE,
        "must return f64[3]",
        "got f64[2]",
    ),
    "shape of a batch": (
        ValueError,
        lambda: vmap(lambda x: pure_callback(np.sum, x, x, vmap_method="expand_dims"))(
            A
        ),
        "must return f64[3]",
        "got f64[]",
    ),
    "dtype": (
        TypeError,
        calls(np.float32, A),
        "must return f64[3]",
        "got f32[3]",
        "x.astype(np.float64)",
    ),
    "float for an int": (
        TypeError,
        calls(lambda x: 0.5, np.array(1)),
        "must return i64[]",
        "got float[]",
    ),
    "structure": (
        TypeError,
        calls(lambda x: [x], {"a": A}),
        HERE,
        "a dict with keys ['a']",
        "a list of length 1",
    ),
    "no array": (TypeError, calls(lambda x: "s", A), "must return f64[3]", "'s' (str)"),
    "a traced value": (
        TypeError,
        lambda: jit(lambda x: pure_callback(lambda _: x, x, x))(1.0),
        "closes over float[] (argument x of jit(lambda))",
        "pass the value as an argument",
    ),
    "declared": (
        TypeError,
        calls(np.sin, {"a": "float"}),
        "result_shape_dtypes['a']",
        "'float' (str)",
        "fgrad.ShapeDtypeStruct(shape, dtype)",
    ),
    "argument": (
        TypeError,
        lambda: pure_callback(lambda x, m: x, A, A, m={"k": "mean"}),
        "pure_callback(lambda): argument m['k']",
        "'mean'",
        "functools.partial",
    ),
    "not a function": (
        TypeError,
        lambda: pure_callback(np.sin(1.0), A, A),
        "pure_callback: callback must be a function, got f64[]",
    ),
}


@table(ERRORS)
def test_messages(case):
    cls, fun, *parts = case
    raised(cls, fun, *parts)


def test_a_wrong_result_is_reported_once():
    f = jit(lambda x: pure_callback(lambda x: x[:2], x, x))
    with pytest.raises(ValueError) as info:
        f(A)
    assert not hasattr(info.value, "__notes__")
    assert len(own_frames(info.value)) <= 1


def test_settings_go_into_a_partial():
    power = lambda n, x: x**n
    f = jit(lambda x: pure_callback(functools.partial(power, 3), x, x))
    assert f(2.0) == 8.0
