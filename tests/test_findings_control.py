"""What people found who met control flow, effects and debug modes at first."""

import numpy as np
import pytest

import fgrad
from fgrad import (
    checkpoint,
    debug,
    debug_nans,
    disable_jit,
    explain_cache_misses,
    grad,
    io_callback,
    jit,
    lax,
    linearize,
    vmap,
)

from .messages import raised


@pytest.mark.parametrize("wrap", [lambda f: f, jit, lambda f: lambda *a: jit(f)(*a)])
def test_effects_inside_control_flow_are_not_repeated_by_checkpoint(wrap):
    seen = []

    def note(x):
        debug.callback(lambda v: seen.append(float(v)), x)
        return np.sin(np.sin(x))

    bodies = {
        "cond": lambda x: lax.cond(x > 0, note, np.cos, x),
        "scan": lambda x: lax.scan(lambda c, _: (note(c), None), x, None, length=1)[0],
        "while": lambda x: lax.while_loop(lambda c: c > 0.43, note, x),
    }
    for body in bodies.values():
        saved = checkpoint(body)
        for gradient in (grad(saved), grad(grad(saved))):
            seen.clear()
            wrap(gradient)(0.45)
            assert seen == [0.45]


def test_io_callbacks_do_not_run_for_elements_that_take_another_way():
    seen = []
    note = lambda x: io_callback(lambda v: seen.append(float(v)), None, x)
    branch = lambda x: lax.cond(x > 0, lambda x: (note(x), x)[1], lambda x: -x, x)
    loop = lambda x: lax.while_loop(lambda s: s < 3, lambda s: (note(s), s + 1)[1], x)
    x = np.array([1.0, -1.0])
    for fun, what in ((branch, "a branch"), (loop, "a loop")):
        for mapped in (vmap(fun), jit(vmap(fun))):
            cls = fgrad.errors.MissingRuleError
            raised(cls, lambda: mapped(x), "io_callback", what, "lax.map")  # noqa: B023
    assert not seen
    np.testing.assert_array_equal(lax.map(branch, x), [1.0, 1.0])
    assert seen == [1.0]


def test_nans_are_found_although_an_argument_is_donated():
    step = jit(lambda w, g: np.sqrt(w - g) + 1.0, donate_argnums=0)
    with debug_nans(), np.errstate(all="ignore"):
        w = np.array([2.0, 3.0])
        raised(
            FloatingPointError,
            lambda: step(w, np.array([1.0, 5.0])),
            '"sqrt" of f64[2]',
        )
        np.testing.assert_array_equal(w, [2.0, 3.0])


def logs(x):
    def body(c, t):
        c = np.log(c) + t
        return c, c

    return lax.scan(body, x, np.array([1.0, -5.0, 1.0]))[0]


NANS = {
    "scan": (lambda: logs(1.0), '"log"', "iteration 2", "(body)"),
    "jit": (lambda: jit(logs)(1.0), '"log"', "iteration 2", "(body)"),
    "grad": (lambda: grad(logs)(1.0), '"log"', "iteration 2", "(body)"),
    "vmap": (lambda: vmap(logs)(np.ones(2)), '"log"', "iteration 2", "(body)"),
    "cond": (lambda: lax.cond(True, np.sqrt, np.cos, -1.0), '"sqrt"', "branch 1"),
    "while": (
        lambda: lax.while_loop(lambda x: x == x, lambda x: np.sqrt(x - 1), 2.5),
        '"sqrt"', "iteration 2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NANS.values(), ids=NANS.keys())
def test_nans_inside_control_flow_are_named(case):
    fun, *parts = case
    with debug_nans(), np.errstate(all="ignore"):
        raised(FloatingPointError, fun, "test_findings_control.py", *parts)


def test_effects_do_not_happen_again_when_a_nan_is_searched():
    seen = []

    def shown(x):
        debug.callback(lambda v: seen.append(float(v)), x)
        return np.log(x)

    reads = iter([-1.0, 1.0])
    read = lambda x: (
        np.log(io_callback(lambda: np.array(next(reads)), np.zeros(()))) * x
    )
    with debug_nans(), np.errstate(all="ignore"):
        raised(FloatingPointError, lambda: jit(shown)(-1.0), '"log"')
        raised(FloatingPointError, lambda: jit(read)(1.0), "is not called again")
    assert seen == [-1.0]


def test_disabled_jit_leaves_unknown_predicates_to_traced_control_flow():
    x = np.array([0.4, 1.4])
    branch = lambda x: lax.cond(x > 0.5, np.sin, np.cos, x)
    loop = lambda x: lax.while_loop(lambda s: s < 3, lambda s: s * 2, x)
    with disable_jit():
        np.testing.assert_array_equal(vmap(branch)(x), [np.cos(0.4), np.sin(1.4)])
        np.testing.assert_array_equal(vmap(loop)(x), [3.2, 5.6])
        assert checkpoint(branch)(0.4) == np.cos(0.4)
        assert grad(checkpoint(loop))(0.4) == 8.0


def test_explanations_name_options_and_arguments_left_out(caplog):
    f = jit(lambda x, n=1: x * n, static_argnames="n")
    with explain_cache_misses():
        f(np.ones(2))
        with debug_nans():
            f(np.ones(2))
        f(np.ones(2), n=2)
        f(np.ones(2), n=3)
    _, option, one, other = [r.getMessage() for r in caplog.records]
    assert "fgrad.config is" in option
    assert "static argument n is 2, but not given" in one
    assert "static argument n is 3, but 2" in other


def test_linearize_knows_the_outputs_of_control_flow():
    xs = np.linspace(0.1, 1.0, 4)
    programs = (
        lambda x: lax.scan(lambda c, t: (np.sin(c) * t, c), x, xs),
        lambda x: lax.while_loop(lambda c: c < 9.0, lambda c: c * c + 1.0, x),
        lambda x: lax.cond(x > 1.0, np.sin, lambda x: x**3, x),
    )
    for f in programs:
        out, push = linearize(f, 1.2)
        tangent = fgrad.jvp(f, (1.2,), (0.7,))
        for got, expected in zip(
            fgrad.tree.leaves((out, push(0.7))), fgrad.tree.leaves(tangent), strict=True
        ):
            np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_callbacks_say_what_they_cannot_take():
    struct = fgrad.ShapeDtypeStruct((), float)
    raised(
        TypeError,
        lambda: jit(lambda x: fgrad.pure_callback(lambda v: v + x, struct, x))(1.0),
        "closes over float[] (argument x of jit(lambda))",
        "pass the value as an argument",
    )
    raised(
        TypeError,
        lambda: fgrad.pure_callback(np.sin, (3,), np.ones(3)),
        "result_shape_dtypes[0] must have a shape and a dtype, got 3",
        "fgrad.ShapeDtypeStruct(shape, dtype)",
    )


def test_gradient_of_what_only_decides_the_end_of_a_loop():
    def f(limit, x):
        return lax.while_loop(lambda v: v < limit, lambda v: v * 1.5, x)

    assert grad(f, (0, 1))(3.0, 1.0) == (0.0, 1.5**3)
    assert grad(f, 0)(3.0, 1.0) == jit(grad(f, 0))(3.0, 1.0) == 0.0


NONE = np.array(2.5, np.float32)  # an array of no axes
ALIASES = {
    "beside a loop": lambda x: (x, lax.fori_loop(0, 3, lambda i, c: c * x, x)),
    "of an argument": lambda x: lax.fori_loop(
        0, 3, lambda i, c: (c[0] * x, c[1]), (x, x)
    ),
    "of a constant": lambda x: lax.fori_loop(
        0, 3, lambda i, c: (c[0], NONE), (x, NONE)
    ),
    "of another carry": lambda x: lax.fori_loop(
        0, 3, lambda i, c: (c[1], x), (NONE, x)
    ),
    "no iteration": lambda x: lax.while_loop(lambda c: c > 100, lambda c: c * x, x),
    "some": lambda x: lax.while_loop(
        lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1]), (0, x)
    ),
    "no iteration, constant": lambda x: lax.while_loop(
        lambda c: c > 100, lambda c: c * x, NONE
    ),
    "a branch": lambda x: lax.cond(x > 9, lambda x: (x * 2, x), lambda x: (x, NONE), x),
    "a branch in a loop": lambda x: lax.fori_loop(
        0, 2, lambda i, c: lax.cond(i > 0, lambda c: c, lambda c: x, c), x
    ),
}


@pytest.mark.parametrize("name", ALIASES)
def test_outputs_of_no_axes_have_memory_of_their_own(name):
    fun, x = ALIASES[name], np.array(1.5, np.float32)
    outs = [o for o in fgrad.tree.leaves(jit(fun)(x)) if isinstance(o, np.ndarray)]
    for i, out in enumerate(outs):
        assert not any(np.shares_memory(out, a) for a in (x, NONE, *outs[:i]))


def test_constants_of_no_axes_are_copied():
    one = np.array(1.0)

    def fun(x):
        loop = lax.fori_loop(0, 3, lambda i, c: c * x + c, x)
        return fgrad.jvp(lambda x: x, (x,), (one,))[1], loop

    fast = jit(fun)
    first, second = (fast(np.float64(2.0))[0] for _ in range(2))
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(first, one)
