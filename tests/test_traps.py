"""The known traps of recording NumPy programs, a test for each."""

import gc
import itertools
import math
import sys
import tracemalloc
import warnings
import weakref

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fgrad import (
    custom_vjp,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jit,
    jvp,
    linearize,
    make_jaxpr,
    value_and_grad,
    vjp,
    vmap,
)
from fgrad.core import Jaxpr, aval_of
from fgrad.errors import (
    BakedRandomnessWarning,
    TracerArrayConversionError,
    TracerMutationError,
    UnexpectedTracerError,
)

A = np.arange(1.0, 4.0)


def assign(x):
    a = np.zeros(3)
    a[0] = x
    return a[0]


LOSSES = {
    "float": lambda x: float(x),
    "complex": lambda x: complex(x).real,
    "asarray": lambda x: np.asarray(x)[()],
    "array": lambda x: np.array([x])[0],
    "array of pairs": lambda x: np.array([[x, 1.0], [2.0, x]])[0, 0],
    "object array": lambda x: np.array([x], dtype=object)[0],
    "item": lambda x: x.item(),
    "tolist": lambda x: x.tolist(),
    "math": lambda x: math.sin(x),
    "float64": lambda x: np.float64(x),
    "full_like": lambda x: np.full_like(A, x)[0],
    "nan_to_num": lambda x: np.nan_to_num(A, nan=x)[0],
    "vectorize": lambda x: np.vectorize(lambda v: v * 2)(x),
    "vectorize, closure": lambda x: np.vectorize(lambda v: x * v)(A).sum(),
    "apply_along_axis": lambda x: np.apply_along_axis(lambda v: v * x, 0, A).sum(),
    "assign": assign,
    "fill": lambda x: np.empty(3).fill(x) or 0.0,
    "fromiter": lambda x: np.fromiter([x], float)[0],
}


@pytest.mark.parametrize("transform", [grad, jit, jacfwd])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_trap_01_silent_loss_of_gradient(loss, transform):
    with pytest.raises((TracerArrayConversionError, TracerMutationError)):
        transform(loss)(1.5)


def test_trap_02_seeds_baked_in():
    loss = lambda x: np.sum(np.sin(x) * 2.0)
    program = make_jaxpr(grad(loss))(np.ones((50, 40)))
    text = str(program)
    assert "broadcast" not in text, text
    assert not any(getattr(a, "size", 0) > 1 for e in program.eqns for a in e.inputs
                   if not hasattr(a, "aval"))  # fmt: skip
    assert "ones" not in jit(grad(loss)).lower(np.ones((50, 40))).as_text()


def test_trap_03_ops_on_outer_tracers_inside_an_inner_jit():
    calls = []

    @jit
    def scaled(y, scale=None):
        calls.append(1)
        return y * kept[-1] * np.cos(kept[-1])

    kept = []

    def f(x):
        kept.append(x)
        return scaled(2.0)

    for point in (0.5, 1.5):  # the tracer of the first call must not come back
        expected = 2 * (np.cos(point) - point * np.sin(point))
        assert_allclose(grad(f)(point), expected, rtol=1e-15)
        assert_allclose(jvp(f, (point,), (1.0,))[1], expected, rtol=1e-15)
    assert len(calls) == 4
    assert not scaled.programs
    assert_allclose(vmap(f)(A), 2 * A * np.cos(A))
    assert_allclose(jit(f)(0.5), 2 * 0.5 * np.cos(0.5))
    assert_allclose(jit(grad(f))(0.5), grad(f)(0.5))
    assert_allclose(grad(grad(f))(0.5), grad(jit(grad(f)))(0.5))


# -- 4: mutable arrays -------------------------------------------------------------


@pytest.mark.parametrize("size", [3, 300_000])
def test_trap_04_closed_over_array_changed_after_use(size):
    weights = np.full(size, 2.0)

    def f(x):
        y = x * weights
        if size < 1000:
            weights[:] = 100.0
        else:  # too large to copy: it is locked while grad runs
            with pytest.raises(ValueError, match="read-only"):
                weights[:] = 100.0
        return np.sum(y)

    assert_array_equal(grad(f)(np.ones(size)), np.full(size, 2.0))
    weights[:] = 5.0  # given back


@pytest.mark.parametrize("size", [3, 300_000])
def test_trap_04_input_changed_between_vjp_and_its_pullback(size):
    x, w = np.full(size, 2.0), np.full(size, 3.0)
    out, pull = vjp(lambda x: x * x * w, x)
    x[:] = 100.0
    w[:] = 100.0
    assert_array_equal(pull(np.ones(size))[0], np.full(size, 12.0))
    out[:] = 7.0
    assert_array_equal(pull(np.ones(size))[0], np.full(size, 12.0))


def test_trap_04_returned_outputs_changed():
    x = np.full(3, 2.0)
    out, pull = vjp(np.exp, x)  # the rule of exp reads its output
    expected = np.exp(x)
    out[:] = 0.0
    first = pull(np.ones(3))[0]
    assert_array_equal(first, expected)
    first[:] = 0.0
    assert_array_equal(pull(np.ones(3))[0], expected)
    value, run = linearize(np.exp, x)
    value[:] = 0.0
    assert_array_equal(run(np.ones(3)), expected)


def test_trap_04_closed_over_constant_changed_after_jit():
    table = np.arange(3.0)
    program = jit(lambda x: (x + table, table))
    total, constant = program(1.0)
    table[:] = 100.0
    total[:] = -1.0
    constant[:] = -1.0
    assert_array_equal(program(1.0)[0], [1.0, 2.0, 3.0])
    assert_array_equal(program(1.0)[1], [0.0, 1.0, 2.0])


def test_trap_04_gradients_do_not_share_memory():
    x = np.ones(3)
    dx, dy = grad(lambda x, y: np.sum(x + y), argnums=(0, 1))(x, x)
    ct = np.ones(3)
    (pulled,) = vjp(lambda x: x, x)[1](ct)
    arrays = [x, ct, dx, dy, pulled]
    for one, other in itertools.combinations(arrays, 2):
        assert not np.shares_memory(one, other)


VIEWS = {
    "identity": lambda x: x,
    "reshape": lambda x: x.reshape(3, 2),
    "transpose": lambda x: x.T,
    "slice": lambda x: x[::-1, 1:],
    "broadcast": lambda x: np.broadcast_to(x, (4, 2, 3)),
    "chain": lambda x: x.T.reshape(-1)[::2],
    "view twice": lambda x: (x.T, x[0]),
    "view and result": lambda x: (x + 1.0, (x + 1.0).T, (x + 1.0)[0]),
    "used after the view": lambda x: (np.sin(x)[0], np.cos(np.sin(x)) * 2.0, np.sin(x)),
}


@pytest.mark.parametrize("f", VIEWS.values(), ids=VIEWS.keys())
def test_trap_05_views_are_never_written_or_shared(f):
    x = np.arange(6.0).reshape(2, 3)
    program = jit(f)
    as_list = lambda out: list(out) if isinstance(out, tuple) else [out]
    expected = [np.array(out) for out in as_list(f(x))]
    for _ in range(3):
        outs = as_list(program(x))
        for out, wanted in zip(outs, expected, strict=True):
            assert_array_equal(out, wanted)
            assert not np.shares_memory(out, x)
        for one, other in itertools.combinations(outs, 2):
            assert not np.shares_memory(one, other)
        for out in outs:
            out += 1000.0
    assert_array_equal(x, np.arange(6.0).reshape(2, 3))


# -- 6, 7: memory and reference cycles ---------------------------------------------


@pytest.fixture
def no_gc():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def peak(fun):
    tracemalloc.start()
    fun()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def chain(length):
    def f(x):
        for _ in range(length):
            x = x * 1.0001 + 0.1
        return x

    return f


def test_trap_06_forward_mode_keeps_nothing(no_gc):
    x = np.ones(100_000)
    short, long = (peak(lambda n=n: jvp(chain(n), (x,), (x,))) for n in (10, 100))
    assert long < 1.2 * short


def test_trap_06_pull_frees_as_it_goes(no_gc):
    x = np.ones(100_000)

    def f(x):
        for _ in range(50):
            x = np.sin(x)
        return np.sum(x)

    # 50 arrays are residuals; the cotangents must not add 50 more
    assert peak(lambda: grad(f)(x)) < 70 * x.nbytes


def test_trap_06_linear_operations_keep_nothing(no_gc):
    x = np.ones(100_000)

    def f(x):
        for _ in range(50):
            x = 0.5 - (x + 1.0)[::-1]
        return np.sum(x)

    assert peak(lambda: grad(f)(x)) < 10 * x.nbytes


@pytest.mark.parametrize("size", [10, 300_000])
def test_trap_07_a_gradient_frees_without_the_gc(no_gc, size):
    refs = []

    def f(x):
        y = np.sin(x)
        refs.append(weakref.ref(y))
        refs.append(weakref.ref(y.value))
        refs.append(weakref.ref(y.owner)) if _weak(y.owner) else None
        return np.sum(y * y)

    grad(f)(np.ones(size))
    value_and_grad(f)(np.ones(size))
    jvp(f, (np.ones(size),), (np.ones(size),))
    vmap(f)(np.ones((2, size)))
    assert [r() for r in refs] == [None] * len(refs)


def _weak(x):
    return type(x).__weakrefoffset__ > 0


def test_trap_07_a_pullback_frees_without_the_gc(no_gc):
    refs = []

    def f(x):
        y = np.sin(x)
        refs.append(weakref.ref(y.value))
        return np.cos(y)

    _, pull = vjp(f, np.ones(1000))
    assert refs[0]() is not None
    del pull
    assert refs[0]() is None


def test_trap_07_long_chains_neither_recurse_nor_leak(no_gc):
    length = 200_000

    def f(x):
        for _ in range(length):
            x = x + 0.5
        return x

    limit = sys.getrecursionlimit()
    assert grad(f)(1.0) == 1.0
    before = len(gc.get_objects())
    assert grad(f)(1.0) == 1.0
    assert len(gc.get_objects()) - before < 1000
    assert jvp(f, (1.0,), (1.0,))[1] == 1.0
    assert len(make_jaxpr(f)(1.0).eqns) == length
    assert sys.getrecursionlimit() == limit


def test_trap_08_an_ended_trace_refuses_to_record():
    kept = []
    runs = {
        "grad": lambda f: grad(f)(1.0),
        "jit": lambda f: jit(f)(1.0),
        "vmap": lambda f: vmap(f)(A),
        "jvp": lambda f: jvp(f, (1.0,), (1.0,)),
        "vjp": lambda f: vjp(f, 1.0),
    }

    def f(x):
        kept.append(np.tanh(x))
        return x

    for name, run in runs.items():
        run(f)
        made = rf"made at test_traps.py:\d+ \(f\) in {name}\(f\)"
        with pytest.raises(UnexpectedTracerError, match=made):
            kept.pop() * 2.0


# -- 9 to 15 -----------------------------------------------------------------------


def test_trap_09_weak_scalars_and_0d_results():
    x32 = np.ones(3, np.float32)
    f = lambda x, s: x * s + 2.0
    assert jit(f)(x32, 3.0).dtype == np.float32
    assert jit(f)(x32, np.float64(3.0)).dtype == np.float64
    assert grad(lambda x: np.sum(f(x, 3.0)))(x32).dtype == np.float32
    assert grad(lambda s: np.sum(f(x32, s)))(3.0) == 3.0
    for run in (np.sum, np.max, lambda x: x[0], lambda x: x @ x):
        plain = run(x32)
        for other in (jit(run)(x32), vjp(run, x32)[0], vmap(run)(x32[None])[0]):
            assert type(other) is type(plain)
            assert other.dtype == plain.dtype
    for value in (2, 2.0, 2j, True, np.float32(2), np.int8(2)):
        plain = f(value, 3)
        assert jit(f)(value, 3) == plain
        assert aval_of(jit(f)(value, 3)).dtype == aval_of(plain).dtype
    assert isinstance(jit(lambda x: x * 2)(np.array(3.0)), np.float64)


def test_trap_10_abstract_rules_are_cached():
    from fgrad.core.aval import broadcast_shapes
    from fgrad.ops.families import ufunc_aval

    f = lambda x: np.sum(np.sin(x) * x + np.cos(x))
    make_jaxpr(f)(np.ones((7, 5)))
    misses = (ufunc_aval.cache_info().misses, broadcast_shapes.cache_info().misses)
    make_jaxpr(f)(np.ones((7, 5)))
    assert misses == (ufunc_aval.cache_info().misses,
                      broadcast_shapes.cache_info().misses)  # fmt: skip


def bad(x):
    return np.where(x > 0, np.sqrt(x), np.log(-x))


_WHERE = pytest.mark.xfail(
    reason="division: a zero cotangent is divided by zero in the unused branch"
)
FINITE = {
    "where": (bad, [-2.0, 4.0], [-0.5, 0.25]),
    "where, guarded": (lambda x: np.where(x == 0, 1.0, np.sin(x) / x), [0.0], [0.0]),
    "max": (lambda x: np.max(x), [-np.inf, 1.0], [0.0, 1.0]),
    "maximum": (lambda x: np.maximum(x, 0.0), [-np.inf, 2.0], [0.0, 1.0]),
    "x**0": (lambda x: x**0, [0.0, 2.0], [0.0, 0.0]),
    "x**0.": (lambda x: x**0.0, [0.0, 2.0], [0.0, 0.0]),
    "x**2": (lambda x: x**2, [0.0], [0.0]),
    "x**2.": (lambda x: x**2.0, [0.0, -1.0], [0.0, -2.0]),
    "norm": (lambda x: np.linalg.norm(x), [0.0, 0.0], [0.0, 0.0]),
    "prod": (lambda x: np.prod(x), [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
    "prod, two zeros": (lambda x: np.prod(x), [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
    "cumprod": (lambda x: np.cumprod(x), [0.0, 2.0, 3.0], [9.0, 0.0, 0.0]),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=_WHERE if name == "where, guarded" else [])
     for name, case in FINITE.items()],
    ids=FINITE.keys(),
)  # fmt: skip
def test_trap_11_select_do_not_multiply_by_masks(case):
    f, point, expected = case
    loss, x = (lambda x: np.sum(f(x))), np.array(point)
    assert_array_equal(grad(loss)(x), expected)
    assert_array_equal(jit(grad(loss))(x), expected)
    assert_array_equal(jacfwd(loss)(x), expected)
    assert_array_equal(grad(jit(loss))(x), expected)


def test_trap_11_sqrt_behind_where():
    safe = lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0)
    assert_array_equal(
        grad(lambda x: np.sum(safe(x)))(np.array([0.0, 4.0])), [0.0, 0.25]
    )


def test_trap_12_grad_of_jit_runs_the_forward_program_once():
    runs = []

    @custom_vjp
    def counted(x):
        return x * 2.0

    counted.defvjp(lambda x: (runs.append("fwd") or x * 2.0, None),
                   lambda _, ct: (runs.append("bwd") or ct * 2.0,))  # fmt: skip
    assert grad(lambda x: counted(x))(1.0) == 2.0
    assert runs == ["fwd", "bwd"]

    from fgrad.compiler import call

    forward = []
    impl = call._impl

    def spy(*args, jaxpr, name):
        forward.append((name, len(jaxpr.outs)))
        return impl(*args, jaxpr=jaxpr, name=name)

    object.__setattr__(call.call, "impl", spy)
    try:
        f = jit(lambda x: np.sum(np.sin(x) ** 2))
        value_and_grad(f)(A)
    finally:
        object.__setattr__(call.call, "impl", impl)
    names = [name for name, _ in forward]
    assert len(names) == 2, names
    assert names[1].endswith("backward")


def test_trap_13_known_looks_through_all_levels():
    def branch(x):
        return x * x if x > 0 else -x

    assert grad(grad(branch))(2.0) == 2.0
    assert grad(lambda x: jvp(branch, (x,), (1.0,))[1])(2.0) == 2.0
    assert jvp(grad(branch), (3.0,), (1.0,)) == (6.0, 2.0)
    assert vjp(grad(branch), -3.0)[0] == -1.0
    assert_array_equal(hessian(lambda x: np.sum(branch(x[0])) + x[1])(A[:2]),
                       [[2.0, 0.0], [0.0, 0.0]])  # fmt: skip
    staged = [
        lambda: jit(grad(branch))(2.0),
        lambda: jit(grad(grad(branch)))(2.0),
        lambda: grad(jit(branch))(2.0),
        lambda: grad(jit(grad(branch)))(2.0),
        lambda: vmap(grad(branch))(A),
        lambda: jit(lambda x: jvp(branch, (x,), (1.0,)))(2.0),
        lambda: grad(lambda x: np.sum(vmap(branch)(x)))(A),
        lambda: vmap(lambda x: jvp(grad(branch), (x,), (1.0,)))(A),
        lambda: make_jaxpr(jacrev(branch))(2.0),
    ]
    for run in staged:
        with pytest.raises(TypeError, match="the truth of bool"):
            run()
    # what is unmapped and not staged stays known inside vmap
    g = lambda x, flag: x * 2.0 if flag > 0 else x
    assert_array_equal(vmap(g, in_axes=(0, None))(A, 1.0), A * 2.0)
    assert_array_equal(grad(lambda s: np.sum(vmap(lambda x: g(x, s))(A)))(1.0), 0.0)


def test_trap_15_randomness_is_baked_in_and_says_so():
    noisy = jit(lambda x: x + np.random.normal(size=3))  # noqa: NPY002
    with pytest.warns(BakedRandomnessWarning, match=r"jit\(lambda\) drew .* np.random"):
        first = noisy(A)
    assert_array_equal(noisy(A), first)

    import random

    with pytest.warns(BakedRandomnessWarning, match="from random while"):
        jit(lambda x: x + random.random())(1.0)
    with pytest.warns(BakedRandomnessWarning) as caught:
        jit(noisy)(A[:2].sum())
    assert caught[0].filename == __file__


def test_trap_15_no_false_alarm():
    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jit(lambda x, noise: x + noise)(A, rng.normal(size=3))
        grad(lambda x: np.sum(x * np.random.normal(size=3)))(A)  # noqa: NPY002
        vmap(lambda x: x + np.random.normal())(A)  # noqa: NPY002


def test_jaxprs_are_what_make_jaxpr_returns():
    assert isinstance(make_jaxpr(np.sin)(1.0), Jaxpr)
