"""debug.print, callback, log, breakpoint: how often, in which order, with what."""

import bdb
import io
import logging

import numpy as np
import pytest

import fgrad
from fgrad import (
    custom_jvp,
    custom_vjp,
    debug,
    grad,
    jit,
    jvp,
    linearize,
    make_jaxpr,
    vjp,
    vmap,
)

from .messages import raised, table

A = np.array([1.0, 2.0, 3.0])


# -- compositions: the same function, with JAX as the oracle -----------------------


def model(lib, seen):
    """Return a function with effects before, within and after what it computes."""

    def inner(y):
        lib.debug.callback(lambda v: seen.append(("inner", float(v))), y)
        return y * y

    def f(x):
        lib.debug.callback(lambda v: seen.append(("x", float(v))), x)
        y = lib.jit(inner)(x + 1.0)
        lib.debug.callback(lambda: seen.append("end"))
        return y * x

    return f


COMPOSITIONS = {
    "plain": lambda lib, f: f(2.0),
    "jit": lambda lib, f: lib.jit(f)(2.0),
    "jit twice": lambda lib, f: [lib.jit(f)(2.0), lib.jit(f)(3.0)],
    "jit of jit": lambda lib, f: lib.jit(lambda x: lib.jit(f)(x) + 1.0)(2.0),
    "grad": lambda lib, f: lib.grad(f)(2.0),
    "value_and_grad": lambda lib, f: lib.value_and_grad(f)(2.0),
    "jit grad": lambda lib, f: lib.jit(lib.grad(f))(2.0),
    "grad jit": lambda lib, f: lib.grad(lib.jit(f))(2.0),
    "jit grad jit": lambda lib, f: lib.jit(lib.grad(lib.jit(f)))(2.0),
    "grad grad": lambda lib, f: lib.grad(lib.grad(f))(2.0),
    "grad jit grad": lambda lib, f: lib.grad(lib.jit(lib.grad(f)))(2.0),
    "vjp": lambda lib, f: list(map(lib.vjp(f, 2.0)[1], (1.0, 2.0))),
    "jvp": lambda lib, f: lib.jvp(f, (2.0,), (1.0,)),
    "jit jvp": lambda lib, f: lib.jit(lambda x: lib.jvp(f, (x,), (x,)))(2.0),
    "jvp jit": lambda lib, f: lib.jvp(lib.jit(f), (2.0,), (1.0,)),
    "linearize": lambda lib, f: lib.linearize(f, 2.0)[0],
    "linearize jit": lambda lib, f: lib.linearize(lib.jit(f), 2.0)[1](1.0),
    "hessian": lambda lib, f: lib.hessian(f)(2.0),
    "jit hessian": lambda lib, f: lib.jit(lib.hessian(f))(2.0),
    "vmap": lambda lib, f: lib.vmap(f)(A),
    "jit vmap": lambda lib, f: lib.jit(lib.vmap(f))(A),
    "vmap jit": lambda lib, f: lib.vmap(lib.jit(f))(A),
    "vmap grad": lambda lib, f: lib.vmap(lib.grad(f))(A),
    "jit vmap grad": lambda lib, f: lib.jit(lib.vmap(lib.grad(f)))(A),
    "grad vmap": lambda lib, f: lib.grad(lambda x: lib.vmap(f)(x).sum())(A),
    "jvp vmap": lambda lib, f: lib.jvp(lib.vmap(f), (A,), (A,)),
    "vmap vmap": lambda lib, f: lib.vmap(lib.vmap(f))(np.ones((2, 3))),
    "unmapped": lambda lib, f: lib.vmap(lambda a, b: f(b) * a, (0, None))(A, 2.0),
    "closed over, jit": lambda lib, f: lib.grad(lambda y: lib.jit(lambda: f(y))())(2.0),
    "closed over, vmap": lambda lib, f: lib.vmap(lambda y: lib.jit(lambda: f(y))())(A),
}


def outcome(lib, composition, flush=lambda: None):
    seen = []
    out = composition(lib, model(lib, seen))
    flush()
    return out, seen


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_composition_acts_as_jax_does(name):
    jax = pytest.importorskip("jax")
    ours, our_calls = outcome(fgrad, COMPOSITIONS[name])
    with jax.enable_x64(True):
        theirs, their_calls = outcome(jax, COMPOSITIONS[name], jax.effects_barrier)
    for a, b in zip(np.atleast_1d(ours), np.atleast_1d(theirs)):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert sorted(map(str, our_calls)) == sorted(map(str, their_calls))


ONCE = [("x", 2.0), ("inner", 3.0), "end"]
THRICE = [("x", 1.0), ("x", 2.0), ("x", 3.0)]
THRICE += [("inner", 2.0), ("inner", 3.0), ("inner", 4.0), "end"]


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_order_is_that_of_the_program(name):
    calls = outcome(fgrad, COMPOSITIONS[name])[1]
    if name == "jit twice":
        assert calls == [*ONCE, ("x", 3.0), ("inner", 4.0), "end"]
    elif name == "vmap vmap":
        assert calls == [("x", 1.0)] * 6 + [("inner", 2.0)] * 6 + ["end"]
    elif "vmap" in name:
        assert calls == THRICE
    else:
        assert calls == ONCE


# -- no omnistaging, and still --------------------------------------------------------


def recorded(*args):
    """Return a list, and a function that appends (tag, values) to it."""
    seen = []

    def note(*args):
        seen.append(tuple(a if isinstance(a, str) else float(a) for a in args))

    return seen, note


def test_a_constant_is_shown_at_each_call():
    seen, note = recorded()

    @jit
    def f(x):
        debug.callback(note, "constant", 7.0)
        jit(lambda: debug.callback(note, "nested"))()
        return x

    assert not seen
    text = f.lower(1.0).as_text()
    assert not seen and text.count("debug_callback(") == 2
    f(1.0)
    f(2.0)
    assert seen == [("constant", 7.0), ("nested",)] * 2


def test_an_outer_tracer_is_shown_at_each_call():
    seen, note = recorded()

    def loss(y):
        g = jit(lambda x: (debug.callback(note, "outer", y), x)[1])
        return g(1.0) * g(2.0) * y

    for run in (grad(loss), jit(grad(loss)), grad(jit(loss))):
        seen.clear()
        assert run(3.0) == 2.0
        assert seen == [("outer", 3.0)] * 2
    seen.clear()
    assert vmap(loss)(A).tolist() == [2.0, 4.0, 6.0]
    assert seen == [("outer", 1.0), ("outer", 2.0), ("outer", 3.0)] * 2


def test_a_gradient_of_a_constant_within_jit():
    seen, note = recorded()
    inner = lambda y: (debug.callback(note, y), y**2)[1]
    f = jit(lambda x: x * grad(inner)(3.0) + jvp(inner, (4.0,), (1.0,))[1])
    assert (f(1.0), f(2.0)) == (14.0, 20.0)
    assert seen == [(3.0,), (4.0,)] * 2


def test_shapes_alone_show_nothing():
    seen, note = recorded()
    f = lambda x: (debug.callback(note, x), x)[1]
    fgrad.eval_shape(f, 1.0)
    assert "debug_callback[target=debug.callback(note) at" in str(make_jaxpr(f)(1.0))
    jit(f).lower(1.0)
    assert not seen


def test_a_failed_trace_leaves_nothing_behind():
    seen, note = recorded()

    def f(x):
        raise KeyError

    with pytest.raises(KeyError):
        jit(f)(1.0)
    debug.callback(note, 1.0)
    assert seen == [(1.0,)]


# -- rules of the user's ---------------------------------------------------------------


def test_cotangents_in_a_backward_rule():
    seen, note = recorded()
    f = custom_vjp(lambda x: x * 1.0)

    def fwd(x):
        debug.callback(note, "fwd", x)
        return f(x), x

    def bwd(x, ct):
        debug.callback(note, "bwd", x, ct)
        return (ct,)

    f.defvjp(fwd, bwd)
    g = lambda x: 5.0 * f(x)
    once = [("fwd", 2.0), ("bwd", 2.0, 5.0)]
    for run in (grad(g), jit(grad(g)), grad(jit(g)), jit(grad(jit(g)))):
        seen.clear()
        assert run(2.0) == 5.0
        assert seen == once
    for run in (vmap(grad(g)), jit(vmap(grad(g)))):
        seen.clear()
        run(A[:2])
        assert sorted(seen) == [
            ("bwd", 1.0, 5.0), ("bwd", 2.0, 5.0), ("fwd", 1.0), ("fwd", 2.0)
        ]  # fmt: skip
    seen.clear()
    _, pull = vjp(jit(f), 2.0)
    pull(1.0), pull(3.0)
    assert seen == [("fwd", 2.0), ("bwd", 2.0, 1.0), ("bwd", 2.0, 3.0)]


def test_tangents_in_a_rule():
    seen, note = recorded()
    f = custom_jvp(lambda x: x * 1.0)

    @f.defjvp
    def rule(primals, tangents):
        debug.callback(note, *primals, *tangents)
        return f(*primals), tangents[0]

    jvp(f, (2.0,), (3.0,))
    jit(lambda x: jvp(f, (x,), (3.0,)))(2.0)
    assert seen == [(2.0, 3.0)] * 2
    seen.clear()
    _, f_jvp = linearize(f, 2.0)
    assert (f_jvp(1.0), f_jvp(4.0)) == (1.0, 4.0)
    assert seen == [(2.0, 1.0), (2.0, 4.0)]


def test_stop_gradient_and_aux_do_not_lose_it():
    seen, note = recorded()

    def f(x):
        y = fgrad.stop_gradient(x)
        debug.callback(note, y)
        return x * y, y

    for run in (grad(f, has_aux=True), jit(grad(f, has_aux=True))):
        assert run(2.0) == (2.0, 2.0)
    assert seen == [(2.0,)] * 2


# -- what a callback gets ------------------------------------------------------------


def test_arguments_are_trees_of_copies_and_other_things():
    seen = []
    x = np.ones(3)

    def callback(tree, *rest, **named):
        tree["x"][0] = 9.0
        seen.append((tree, rest, named))

    for run in (
        lambda x: debug.callback(callback, {"x": x}, "s", None, 2, k=(x, len)),
        jit(lambda x: debug.callback(callback, {"x": x}, "s", None, 2, k=(x, len))),
    ):
        run(x)
        tree, rest, named = seen.pop()
        assert tree["x"].tolist() == [9.0, 1.0, 1.0]
        assert rest == ("s", None, 2) and type(rest[2]) is np.ndarray
        assert named["k"][0].tolist() == [1.0] * 3 and named["k"][1] is len
    assert x.tolist() == [1.0] * 3


def test_other_objects_reach_each_element():
    seen = []
    f = lambda x: debug.callback(lambda *a: seen.append(a), "tag", x, [x, "t"])
    assert jit(lambda x: vmap(lambda x: (f(x), x)[1])(x))(A).tolist() == A.tolist()
    assert seen == [("tag", x, [x, "t"]) for x in A]


# -- print and log -------------------------------------------------------------------

TEXTS = {
    "plain": ("x = {}", lambda x: ((x,), {}), "x = 2.0"),
    "named": ("{x:.3f} {{}}", lambda x: ((), {"x": x}), "2.000 {}"),
    "numbers": ("{1} {0!r:>6}", lambda x: (("s", x), {}), "2.0    's'"),
    "tree": ("{t[a]} {t}", lambda x: ((), {"t": {"a": x}}), "2.0 {'a': array(2.)}"),
    "facts": ("{0.shape} {0.dtype}", lambda x: ((x,), {}), "() float64"),
    "nothing": ("here", lambda x: ((), {}), "here"),
    "width": ("{:{}}|", lambda x: ((x, "8.2f"), {}), "    2.00|"),
}


@table(TEXTS)
def test_format(case, capsys):
    fmt, given, text = case

    def f(x):
        args, kwargs = given(x)
        debug.print(fmt, *args, **kwargs)
        return x * 2.0

    for run in (f, jit(f), grad(f), jit(grad(f))):
        run(2.0)
        assert capsys.readouterr().out == text + "\n"


def test_print_in_order_and_per_element(capsys):
    def f(x):
        debug.print("a {}", x[0], ordered=True)
        debug.print("b")
        return x

    jit(vmap(f))(np.arange(4.0).reshape(2, 2))
    assert capsys.readouterr().out == "a 0.0\na 2.0\nb\n"


def test_unchecked_formats_fail_when_they_are_shown():
    f = jit(lambda x: debug.print("{:d}", x, skip_format_check=True))
    f.lower(1.0)
    raised(ValueError, lambda: f(1.0), "'d'", '"debug_callback"', "test_debug.py")


def test_log(caplog):
    f = jit(lambda x: (debug.log("x = {}", x), x)[1])
    with caplog.at_level(logging.INFO, logger="fgrad"):
        f(1.0)
    assert caplog.messages == ["x = 1.0"]
    assert caplog.records[0].name == "fgrad"


ERRORS = {
    "left over": (ValueError, lambda x: debug.print("a", x), "number 0", "write {}"),
    "left over by name": (
        ValueError,
        lambda x: debug.print("{x}", x=x, y=x),
        "does not show the value 'y'",
    ),
    "missing": (
        ValueError,
        lambda x: debug.print("{} {}", x),
        "number 1, which is missing",
        "1 by position",
    ),
    "missing name": (
        ValueError,
        lambda x: debug.print("{x}", y=x),
        "'x', which is missing",
        "['y'] by name",
    ),
    "format of an array": (
        ValueError,
        lambda x: debug.print("{:.2f}", x * A),
        "'.2f' does not fit f64[3]",
        "np.round",
    ),
    "format of a number": (
        ValueError,
        lambda x: debug.print("{:d}", x),
        "'d' does not fit f64[]",
    ),
    "braces": (ValueError, lambda x: debug.print("a {", x), "debug.print: 'a {'"),
    "fmt": (
        TypeError,
        lambda x: debug.print(1.0),
        "debug.print: fmt must be a string, got float",
    ),
    "fmt is traced": (
        TypeError,
        lambda x: debug.log(x * A),
        "debug.log: fmt must be a string",
    ),
    "callback": (
        TypeError,
        lambda x: debug.callback("f", x),
        "debug.callback: callback must be a function, got 'f'",
    ),
    "backend": (
        ValueError,
        lambda x: debug.breakpoint(backend="web"),
        "debug.breakpoint: backend must be None or 'cli' (pdb), got 'web'",
    ),
}


@table(ERRORS)
def test_messages(case, capsys):
    cls, fun, *parts = case
    for run in (fun, jit(fun)):
        raised(cls, lambda run=run: run(1.0), *parts)
    assert capsys.readouterr().out == ""


def test_an_f_string_under_jit():
    raised(
        ValueError,
        lambda: jit(lambda x: debug.print(f"x = {x}"))(1.0),
        "as an f-string does",
        'debug.print("x = {x}", x=x)',
    )


def test_a_kept_tracer():
    kept = []
    grad(lambda x: kept.append(x) or x)(1.0)
    parts = ("argument x of grad(lambda)", "has already returned", "test_debug.py")
    show = lambda: debug.print("{}", kept[0])
    raised(fgrad.errors.UnexpectedTracerError, show, *parts, frames=2)


# -- breakpoints ---------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch):
    """Return a function that types commands for pdb."""
    return lambda *lines: monkeypatch.setattr(
        "sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines))
    )


def stopping(x, offset=1.0):
    y = {"twice": x * 2.0}
    debug.breakpoint()
    return y["twice"] + offset


def test_breakpoint_with_known_values(typed, capsys):
    for run in (stopping, grad(stopping)):
        typed("p 'x is', x", "p y['twice']", "n", "p 'on', offset", "c")
        run(3.0)
        out = capsys.readouterr().out
        assert "test_debug.py" in out and "stopping()" in out
        assert "3.0" in out and "6.0" in out and "('on', 1.0)" in out


def test_breakpoint_in_a_program(typed, capsys):
    f = jit(stopping)
    f.lower(3.0)
    assert capsys.readouterr().out == ""
    for value in (3.0, 4.0):
        typed("p x.item(), y['twice'].item(), offset, A", "c")
        assert f(value) == 2 * value + 1.0
        out = capsys.readouterr().out
        assert "stopping()\n-> debug.breakpoint()" in out
        assert f"({value}, {2 * value}, 1.0, array([1., 2., 3.]))" in out


def test_breakpoint_under_vmap_stops_per_element(typed, capsys):
    for run in (vmap(stopping), jit(vmap(stopping)), vmap(grad(stopping))):
        typed(*["p ('x', x.item())", "c"] * 3)
        run(A)
        out = capsys.readouterr().out
        shown = [f"('x', {x})" in out for x in A]
        assert shown == [True] * 3 and out.count("('x'") == 3


def test_breakpoint_without_traced_locals_stops_at_each_run(typed, capsys):
    def f():
        n = 5
        debug.breakpoint()
        return 1.0 * n

    g = jit(lambda x: x + f())
    for _ in range(2):
        typed("p 'n is', n", "c")
        assert g(1.0) == 6.0
        assert "('n is', 5)" in capsys.readouterr().out


def test_quitting_a_breakpoint(typed, capsys):
    for run in (stopping, jit(stopping)):
        typed("q")
        with pytest.raises(bdb.BdbQuit):
            run(3.0)
    capsys.readouterr()
