"""The debug modes: nans forwards and backwards, leaks, promotion, scopes."""

import contextlib
import threading
import warnings

import numpy as np
import pytest

import fgrad
from fgrad import grad, jit, jvp, linearize, vjp, vmap

from .messages import raised, table

N = np.array([1.0, -1.0, 0.0])
Z = np.array([1.0, 0.0])
NAN = np.array([1.0, np.nan])


@pytest.fixture(autouse=True)
def silent():
    with np.errstate(all="ignore"):
        yield


def logs(x):
    y = np.where(x > 0, x, 0.0)
    return np.sum(
        np.log(x)  # the line
        + y
    )


def roots(x):
    with fgrad.named_scope("encoder"):
        s = np.sqrt(x)  # the line
    return np.sum(s * 2.0)


def quotient(x):
    s = np.sum(x * x)
    return np.sqrt(s) / s  # nan at 0, forwards


def roots_of_zero(x):
    return np.sum(np.where(x > 0, np.sqrt(np.abs(x)), 0.0))


@fgrad.custom_vjp
def odd(x):
    return np.sqrt(x)


odd.defvjp(lambda x: (np.sqrt(x), x), lambda x, ct: (ct * np.log(-x),))


@fgrad.custom_vjp
def half(x):
    return x / 2.0


half.defvjp(lambda x: (x / 2.0, None), lambda _, ct: (ct * 0.5,))


def with_rule(x):
    return np.sum(odd(x))


def line(fun, text):
    """Return how messages name the line of a function that has a text."""
    import inspect

    lines, first = inspect.getsourcelines(fun)
    offset = next(i for i, one in enumerate(lines) if text in one)
    return f"test_debug_modes.py:{first + offset} ({fun.__name__})"


LOG = ['"log" of f64[', "3] ", "gave nan", "1 of 3 elements", line(logs, "np.log")]
GUARD = "Guard its input, before the operation: np.where(ok, x, 1.0)"
FORWARD = {
    "grad": lambda: grad(logs)(N),
    "vjp": lambda: vjp(logs, N),
    "jvp": lambda: jvp(logs, (N,), (N,)),
    "linearize": lambda: linearize(logs, N),
    "vmap": lambda: vmap(logs)(N[None]),
    "vmap(grad)": lambda: vmap(grad(logs))(N[None]),
    "grad(vmap)": lambda: grad(lambda x: np.sum(vmap(logs)(x)))(N[None]),
    "hessian": lambda: fgrad.hessian(logs)(N),
    "jit": lambda: jit(logs)(N),
    "jit(value_and_grad)": lambda: jit(fgrad.value_and_grad(logs))(N),
    "jit(vmap)": lambda: jit(vmap(logs))(N[None]),
    "grad(jit)": lambda: grad(jit(logs))(N),
    "vmap(jit)": lambda: vmap(jit(logs))(N[None]),
    "jvp(jit)": lambda: jvp(jit(logs), (N,), (N,)),
    "jit(jit)": lambda: jit(lambda x: jit(logs)(x) + 1.0)(N),
}


@pytest.mark.parametrize("name", FORWARD)
def test_a_nan_names_operation_shapes_and_line(name):
    with fgrad.debug_nans():
        raised(FloatingPointError, FORWARD[name], *LOG, GUARD, "logs)")


@pytest.mark.parametrize("name", FORWARD)
def test_no_nan_no_error(name):
    FORWARD[name]()
    with fgrad.debug_infs(False), fgrad.debug_nans(False):
        FORWARD[name]()


ROOT = [
    'the backward pass of "sqrt" of f64[2]',
    "gave inf (in 1 of 2 elements",
    line(roots, "np.sqrt"),
    "in scope encoder",
    "grad(roots)",
]
BACKWARD = {
    "grad": lambda: grad(roots)(Z),
    "vmap(grad)": lambda: vmap(grad(roots))(Z[None]),
    "jit(grad)": lambda: jit(grad(roots))(Z),
    "jit(vmap(grad))": lambda: jit(vmap(grad(roots)))(Z[None]),
    "grad(jit)": lambda: grad(jit(roots))(Z),
    "jit(grad(jit))": lambda: jit(grad(jit(roots)))(Z),
    "vmap(grad(jit))": lambda: vmap(grad(jit(roots)))(Z[None]),
}


@pytest.mark.parametrize("name", BACKWARD)
def test_an_inf_in_the_backward_pass_names_the_line_of_the_operation(name):
    parts = ROOT if "(jit" not in name else [*ROOT[:4], "roots"]
    with fgrad.debug_infs():
        raised(FloatingPointError, BACKWARD[name], *parts)
    BACKWARD[name]()


def test_a_program_compiled_before_the_mode_was_on():
    f = jit(grad(roots))
    f(Z)
    with fgrad.debug_infs():
        raised(FloatingPointError, lambda: f(Z), *ROOT)
        np.testing.assert_array_equal(f(Z + 1.0), grad(roots)(Z + 1.0))
    assert np.isinf(f(Z)[1])


MODES = {
    "the tangent of an operation": (
        lambda: jvp(roots, (Z,), (Z + 1.0,)),
        'jvp(roots): the tangent of "sqrt" of f64[2] gave inf',
    ),
    "a linear map": (
        lambda: linearize(np.sin, Z)[1](np.array([np.inf, 0.0])),
        "linearize(sin): ",
        "It read inf: f64[2] (input 1 of linearize(sin))",
    ),
    "a cotangent": (
        lambda: vjp(np.sin, 1.0)[1](np.inf),
        "the cotangent of output 0 (float[]) has inf, which no operation gave",
    ),
    "the sum of cotangents": (
        lambda: grad(lambda x: 1e308 * x + 1e308 * x)(0.5),
        "the sum of the cotangents of input 0 (",
    ),
    "a constant of a program": (
        lambda: jit(lambda x: (x, np.full(2, np.inf)))(Z),
        "jit(lambda): the result has inf, which no operation gave: it is a constant",
    ),
    "a captured array": (
        lambda: jit(lambda x: x + np.full(2, np.inf))(Z),
        '"add" of f64[2] and f64[2] gave inf (in 2 of 2',
        "It read inf: f64[2] that was not traced",
    ),
    "a rule of the user's": (
        lambda: grad(lambda x: np.sum(odd(x)))(Z + 1.0),
        'the backward pass of "custom_vjp_call" (custom_vjp(odd)) gave nan',
    ),
    "a rule of the user's, compiled": (
        lambda: jit(grad(with_rule))(Z + 1.0),
        'jit(with_rule): "log" of f64[2]',
        "(<lambda>)",
    ),
    "a function with a rule": (
        lambda: jit(with_rule)(-Z - 1.0),
        '"sqrt" of f64[2]',
        line(odd.fun, "np.sqrt"),
    ),
    "complex": (
        lambda: jit(lambda x: x / (x - x))(np.array([1j])),
        '"div" of c128[1] and c128[1] gave nan',
    ),
    "two results": (
        lambda: grad(lambda x: np.sum(np.modf(x / 0.0)[0]))(Z),
        '"div" of f64[2] and float[] gave nan',
    ),
    "a function without derivative": (
        lambda: grad(lambda x: np.sum(np.floor(x - NAN)) + x[0])(Z),
        '"sub" of f64[2] and f64[2] gave nan (in 1 of 2 elements, first at [1])',
    ),
}


@table(MODES)
def test_where_it_came_from(case):
    fun, *parts = case
    with fgrad.debug_nans(), fgrad.debug_infs():
        raised(FloatingPointError, fun, *parts)


@pytest.mark.parametrize("transform", [grad, jit, fgrad.value_and_grad, vmap])
def test_an_argument_that_already_has_a_nan_is_named(transform):
    def loss(w, x):
        return np.sum(w["a"] * x)

    def run():
        if transform is vmap:
            return vmap(loss, in_axes=None, axis_size=2)({"a": NAN}, Z)
        return transform(loss)({"a": NAN}, Z)

    named = "argument w['a'] of"
    with fgrad.debug_nans():
        if transform is vmap:
            assert np.isnan(run()[0])  # nothing is mapped: all of it is NumPy's
        else:
            raised(FloatingPointError, run, f"It read nan: f64[2] ({named}")


def test_zero_times_infinity_in_a_rule_is_no_result():
    with fgrad.debug_nans():
        for gradient in (grad, lambda f: vmap(grad(f)), lambda f: jit(grad(f))):
            assert np.all(np.isfinite(gradient(roots_of_zero)(Z[None])))


def test_nans_that_are_handled_pass():
    with fgrad.debug_nans():
        assert grad(lambda x: np.nansum(x * 1.0))(Z).tolist() == [1.0, 1.0]
        f = lambda x: np.sum(np.where(np.isnan(x), 0.0, x))
        assert grad(f)(NAN).tolist() == [1.0, 0.0]
        assert jit(lambda x: (x, 1.0 * x[0]))(NAN)[1] == 1.0
        assert jit(f)(NAN) == 1.0


def test_integers_and_the_other_option_are_left_alone():
    with fgrad.debug_nans():
        assert grad(lambda x: x / 0.0)(1.0) == np.inf
        assert jit(lambda x: x // 2)(np.array([3]))[0] == 1
    with fgrad.debug_infs():
        assert np.isnan(grad(lambda x: x * np.nan)(1.0))


def test_plain_arrays_are_not_watched():
    with fgrad.debug_nans():
        assert np.isnan(np.log(np.array(-1.0)))
        assert grad(lambda x: x if np.isnan(np.log(-1.0)) else -x)(1.0) == 1.0


def test_a_mode_in_one_thread_does_not_check_another():
    ready, done = threading.Event(), threading.Event()
    seen = []

    def other():
        ready.wait(10)
        with np.errstate(all="ignore"):  # NumPy's modes are a thread's own, too
            seen.append(grad(logs)(N))
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with fgrad.debug_nans():
        ready.set()
        assert done.wait(10)
        raised(FloatingPointError, lambda: grad(logs)(N), "log")
    thread.join()
    np.testing.assert_array_equal(seen[0], 1.0 / N + (N > 0))


@pytest.mark.parametrize("mode", ["debug_nans", "debug_infs", "checking_leaks"])
def test_the_results_are_the_same_in_a_mode(mode):
    def f(x, w):
        y = jit(lambda a: np.tanh(a @ w))(x)
        return np.sum(np.sort(y) * half(y * y + 1.0)) / np.linalg.norm(y)

    x, w = np.arange(3.0) / 3, np.eye(3) + 0.1
    runs = [
        lambda: fgrad.value_and_grad(f, (0, 1))(x, w),
        lambda: jit(grad(f))(x, w),
        lambda: vmap(grad(f), (0, None))(np.stack([x, x + 1]), w),
        lambda: fgrad.jacrev(lambda x: half(x + 2.0))(x),
        lambda: fgrad.hessian(lambda x: np.sum(np.exp(x) * np.sqrt(x + 1)))(x),
        lambda: jvp(lambda x: np.cumprod(x + 1.0), (x,), (x,)),
    ]
    for run in runs:
        want = fgrad.tree.leaves(run())
        with getattr(fgrad, mode)():
            got = fgrad.tree.leaves(run())
        for a, b in zip(want, got, strict=True):
            np.testing.assert_array_equal(a, b)


def test_as_jax_says():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)

    def outcome(library, xp, mode, program, x):
        with getattr(library, mode)(True):
            try:
                program(library, xp)(x)
            except FloatingPointError:
                return "raises"
        return "passes"

    programs = {
        "log": lambda l, xp: l.jit(lambda x: xp.log(x)),
        "sqrt'": lambda l, xp: l.grad(lambda x: xp.sqrt(x)),
        "jit(sqrt')": lambda l, xp: l.jit(l.grad(lambda x: xp.sqrt(x))),
        "x/|x|": lambda l, xp: l.grad(lambda x: xp.where(x > 0, x / xp.abs(x), 0.0)),
        "sin": lambda l, xp: l.jit(l.grad(xp.sin)),
        "unused": lambda l, xp: l.jit(lambda x: (xp.log(x), x * 2.0)[1]),
        "1/x": lambda l, xp: l.jit(lambda x: xp.divide(1.0, x)),
        "vmap": lambda l, xp: lambda x: l.vmap(xp.log)(x * xp.ones(2)),
        "jvp": lambda l, xp: lambda x: l.jvp(xp.sqrt, (x,), (1.0,)),
    }
    for mode in ("debug_nans", "debug_infs"):
        for name, program in programs.items():
            if (mode, name) == ("debug_infs", "x/|x|"):
                continue  # inf inside of a rule, nan comes out of it: no inf for us
            for x in (0.0, -1.0, 2.0):
                ours = outcome(fgrad, np, mode, program, x)
                theirs = outcome(jax, jax.numpy, mode, program, x)
                assert ours == theirs, (mode, name, x)


# -- promotion -----------------------------------------------------------------------

A, B, F = np.ones((2, 3)), np.ones(3), np.ones(3, np.float32)


def total(f):
    return grad(lambda x: np.sum(f(x)))


PROMOTES = {
    "operator": lambda: total(lambda x: x + A)(B),
    "array first": lambda: total(lambda x: A * x)(B),
    "ufunc": lambda: total(lambda x: np.maximum(A, x))(B),
    "power": lambda: jit(lambda x: x**A)(B),
    "comparison": lambda: jit(lambda x: x > A)(B),
    "vmap": lambda: vmap(lambda a, b: a + b, (0, None))(A, np.ones((4, 3))),
    "jvp": lambda: jvp(lambda x: x - A, (B,), (B,)),
}
KEEPS = {
    "scalars": lambda: total(lambda x: x * 2.0 + np.float64(1.0))(B),
    "equal ranks": lambda: total(lambda x: x + np.ones((1, 3)))(A),
    "mapped": lambda: vmap(lambda a, b: a + b, (0, None))(A, B),
    "inside of NumPy's": lambda: total(lambda x: np.var(x, axis=1) / 2)(A),
    "outer": lambda: total(lambda x: np.add.outer(x, B))(B),
    "matmul": lambda: total(lambda x: A @ x)(B),
    "derivatives": lambda: fgrad.hessian(lambda x: np.sum(x * x * B) ** 2)(B),
    "statistics": lambda: total(lambda x: np.median(x, axis=0) + np.cov(x)[0, 0])(A),
}


@pytest.mark.parametrize("name", PROMOTES)
def test_rank_promotion(name):
    PROMOTES[name]()
    with fgrad.numpy_rank_promotion("raise"):
        raised(
            ValueError,
            PROMOTES[name],
            "would promote rank 1 to 2 at test_debug_modes.py:",
            "numpy_rank_promotion is 'raise'. Write x[None, ...] for the one of rank 1",
        )
    with (
        fgrad.numpy_rank_promotion("warn"),
        pytest.warns(UserWarning, match="promote rank 1 to 2") as caught,
    ):
        PROMOTES[name]()
    assert caught[0].filename == __file__


@pytest.mark.parametrize("name", KEEPS)
def test_no_rank_promotion(name):
    with fgrad.numpy_rank_promotion("raise"):
        KEEPS[name]()


def test_rank_promotion_names_operation_and_shapes():
    with fgrad.numpy_rank_promotion("raise"):
        raised(ValueError, PROMOTES["operator"], '"add" of f64[3] and f64[2,3] would')
        f = jit(lambda x: x + A)
        with fgrad.numpy_rank_promotion("allow"):
            f(B)
        raised(ValueError, lambda: f(B), "jit(lambda)")


PAIRS = [
    (np.int32(1), 1.0),
    (np.float32(1), 1.0),
    (np.float32(1), 1),
    (F, B),
    (np.ones(3, np.int32), B),
    (F, 1j),
    (np.ones(3, bool), 1),
    (np.ones(3, bool), np.ones(3, bool)),
    (True, F),
    (B, B),
    (B, np.array([1, 2, 3])),
    (np.ones(3, np.complex64), 1.0),
    (np.ones(3, np.uint8), 1),
    (np.ones(3, np.uint8), np.ones(3, np.int8)),
    (2, 1.0),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: f"{type(p[0]).__name__}")
def test_strict_dtypes_as_jax_does(pair):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    x, y = (
        v if type(v) in (int, float, complex) else jax.numpy.asarray(v) for v in pair
    )

    def strict(manager, run):
        with manager("strict"):
            try:
                run()
            except ValueError:
                return True
        return False

    theirs = strict(jax.numpy_dtype_promotion, lambda: jax.numpy.add(x, y))
    f = jit(lambda x, y: x + y)
    f(*pair)
    assert strict(fgrad.numpy_dtype_promotion, lambda: f(*pair)) == theirs
    f(*pair)


def test_strict_dtypes_say_what_to_write():
    with fgrad.numpy_dtype_promotion("strict"):
        raised(
            ValueError,
            lambda: jit(lambda x: x == B)(F),
            'jit(lambda): "eq" of f32[3] and f64[3] would promote dtypes at test_debug',
            "numpy_dtype_promotion is 'strict'. Write x.astype(dtype)",
        )
        jit(lambda x: np.var(x) * 2 + x**2)(F)


# -- leaks ---------------------------------------------------------------------------

KEPT = []


class Model:
    hidden = None


model = Model()


def keep(where):
    def f(x):
        where(x)
        return x * 2.0

    return f


def keep_in_a_closure():
    last = None

    def f(x):
        nonlocal last
        last = x
        return x * 2.0

    return f


@pytest.fixture(autouse=True)
def nothing_kept():
    yield
    KEPT.clear()
    model.__dict__.clear()


LIST = "it is kept by a list in the global variable KEPT of tests.test_debug_modes"
LEAKS = {
    "grad": (lambda: grad(keep(KEPT.append))(1.0), "grad(f) leaks", LIST, "has_aux"),
    "vjp": (lambda: vjp(keep(KEPT.append), 1.0), "vjp(f) leaks", LIST),
    "jvp": (lambda: jvp(keep(KEPT.append), (1.0,), (1.0,)), "jvp(f) leaks", LIST),
    "vmap": (lambda: vmap(keep(KEPT.append))(np.ones(2)), "vmap(f) leaks", LIST),
    "jit": (lambda: jit(keep(KEPT.append))(1.0), "jit(f) leaks float[] (argument x"),
    "static": (
        lambda: jit(lambda n, x: keep(KEPT.append)(x), static_argnums=0)(1, 1.0),
        "leaks float[]",
    ),
    "make_jaxpr": (lambda: fgrad.make_jaxpr(keep(KEPT.append))(1.0), LIST),
    "eval_shape": (lambda: fgrad.eval_shape(keep(KEPT.append), 1.0), LIST),
    "linearize": (lambda: linearize(keep(KEPT.append), 1.0), LIST),
    "jacrev": (lambda: fgrad.jacrev(keep(KEPT.append))(np.ones(2)), LIST),
    "attribute": (
        lambda: grad(keep(lambda x: setattr(model, "hidden", x)))(1.0),
        "the attribute hidden of an object of type Model",
    ),
    "entry": (
        lambda: grad(keep(lambda x: KEPT.append({"a": x})))(1.0),
        "the entry 'a' of a dict in a list in the global variable KEPT",
    ),
    "made on the way": (
        lambda: grad(keep(lambda x: KEPT.append(x * 3.0)))(1.0),
        "made at test_debug_modes.py",
    ),
}


@table(LEAKS)
def test_a_leak_is_named(case):
    fun, *parts = case
    fun()
    KEPT.clear()
    with fgrad.checking_leaks():
        raised(
            fgrad.errors.UnexpectedTracerError,
            fun,
            "Return the value from the function instead of storing it",
            *parts,
        )


def test_a_closure_that_is_alive_leaks():
    f = keep_in_a_closure()
    with fgrad.check_tracer_leaks():
        raised(
            fgrad.errors.UnexpectedTracerError,
            lambda: grad(f)(1.0),
            "it is kept by the closure variable last of f",
        )


def swallows(x):
    try:
        raise ValueError
    except ValueError as error:
        KEPT.append(error)  # its traceback refers to the frame, and that to x
    return x * x


def cycles(x):
    around = [x]
    around.append(around)
    return x * x


def keeps_an_outer_one(x):
    kept = []
    return grad(lambda y: (kept.append(x), y * x)[1])(x)


def rule_that_closes_over(x):
    @fgrad.custom_vjp
    def f(y):
        return y * fgrad.stop_gradient(x)

    f.defvjp(lambda y: (y, None), lambda _, ct: (ct,))
    return f(x)


@fgrad.custom_jvp
def product(x, y):
    return np.sin(x) * y


@product.defjvp
def product_jvp(primals, tangents):
    (x, y), (s, t) = primals, tangents
    return product(x, y), np.cos(x) * y * s + np.sin(x) * t


SOUND = {
    "records": lambda: grad(jit(product), (0, 1))(0.7, 1.3),
    "exception": lambda: grad(swallows)(1.0),
    "cycle": lambda: grad(cycles)(1.0),
    "outer": lambda: grad(keeps_an_outer_one)(1.0),
    "returned closure": lambda: grad(lambda x: (x * x, lambda: x), has_aux=True)(1.0),
    "pullback": lambda: vjp(rule_that_closes_over, 1.0)[1](1.0),
    "rule": lambda: jit(grad(rule_that_closes_over))(1.0),
    "linear map": lambda: linearize(np.sin, 1.0)[1](1.0),
    "hessian": lambda: fgrad.hessian(lambda x: np.sum(np.sin(x) * x))(np.ones(2)),
    "pullback inside": lambda: jit(lambda x: vjp(np.sin, x)[1](x))(1.0),
    "nested": lambda: jit(grad(jit(lambda x: np.sum(x * x))))(np.ones(2)),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_no_leak(name):
    with fgrad.checking_leaks():
        SOUND[name]()


def test_the_error_of_a_function_is_not_hidden_by_a_leak():
    def f(x):
        KEPT.append(x)
        raise KeyError("mine")

    with fgrad.checking_leaks():
        raised(KeyError, lambda: grad(f)(1.0), "mine")
        KEPT.clear()
        with contextlib.suppress(KeyError):
            grad(f)(1.0)
        KEPT.clear()
        assert grad(lambda x: x * x)(1.0) == 2.0


def test_leaks_of_another_thread_are_its_own():
    raised_in = []

    def other():
        with fgrad.checking_leaks():
            raised_in.append(grad(lambda x: x * x)(1.0))

    grad(keep(KEPT.append))(1.0)
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert raised_in == [2.0]


# -- scopes --------------------------------------------------------------------------


def test_scopes_nest_and_decorate():
    @fgrad.named_scope("head")
    def head(x):
        with fgrad.named_scope("inner"):
            return np.log(x)

    runs = [grad(head), jit(head), jit(grad(lambda x: head(x) * 1.0))]
    with fgrad.debug_nans():
        for run in runs[:2]:
            raised(
                FloatingPointError, lambda run=run: run(-1.0), "in scope head/inner."
            )
        raised(
            FloatingPointError,
            lambda: grad(fgrad.named_call(np.log, name="logarithm"))(-1.0),
            "in scope logarithm.",
        )
        raised(
            FloatingPointError,
            lambda: grad(fgrad.named_call(lambda x: np.log(x)))(-1.0),
            "in scope <lambda>.",
        )
    assert np.isnan(jit(head)(-1.0))


def test_scopes_change_nothing_else():
    def f(x):
        with fgrad.named_scope("a"):
            return np.sin(x)

    assert str(fgrad.make_jaxpr(f)(1.0)) == str(fgrad.make_jaxpr(np.sin)(1.0))
    named = fgrad.named_call(f, name="g")
    assert named(1.0) == f(1.0)
    assert named.__name__ == "f"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert grad(named)(1.0) == np.cos(1.0)


def test_a_scope_ends_with_an_exception_and_recurses():
    @fgrad.named_scope("r")
    def down(x, n):
        return np.log(x) if n == 0 else down(x, n - 1)

    with pytest.raises(KeyError), fgrad.named_scope("gone"):
        raise KeyError
    with fgrad.debug_nans():
        raised(FloatingPointError, lambda: grad(down)(-1.0, 2), "in scope r/r/r.")


def test_bad_scopes():
    raised(TypeError, lambda: fgrad.named_scope(3), "named_scope needs a string, got 3")
    raised(TypeError, lambda: fgrad.named_call(3.0), "named_call needs a function")
