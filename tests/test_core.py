"""The core: avals and promotion, jaxprs and their checker, lines, threads, memory."""

import copy
import gc
import operator
import pickle
import threading
import tracemalloc
import weakref
from itertools import product

import numpy as np
import pytest

import fgrad
from fgrad import grad, jit, make_jaxpr, vmap
from fgrad.core import Aval, Eqn, Jaxpr, Var, aval_of, check_jaxpr
from fgrad.core.source import line_of
from fgrad.errors import JaxprTypeError

# -- avals and promotion -------------------------------------------------------------

DTYPES = ["bool", "int8", "uint8", "int32", "int64", "uint64", "float16", "float32",
          "float64", "complex64", "complex128"]  # fmt: skip
SCALARS = {"Python float": 2.0, "Python int": 3, "Python complex": 1j}
OPERATORS = {
    "add": operator.add,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "lt": operator.lt,
    "where": lambda x, y: np.where(True, x, y),
    "maximum": np.maximum,
    "sin": lambda x, y: np.sin(x * y),
    "twice": lambda x, y: (x * y) * 2,
}


def operand(kind, shape):
    if kind in SCALARS:
        return SCALARS[kind]
    return np.ones(shape, kind) if shape else np.dtype(kind).type(1)


def result(fun, *args):
    """Return what a call gives, or the kind of error it raises."""
    try:
        with np.errstate(all="ignore"):
            return fun(*args)
    except (TypeError, ValueError) as error:
        return "TypeError" if "Tracer" in type(error).__name__ else type(error).__name__


OLD_NUMPY = np.lib.NumpyVersion(np.__version__) < "2.3.0"


@pytest.mark.parametrize("shape", [(), (2,)], ids=["scalar", "array"])
@pytest.mark.parametrize("name", OPERATORS)
def test_promotion_is_numpys(name, shape):
    fun = OPERATORS[name]
    wrong = []
    for a, b in product([*DTYPES, *SCALARS], repeat=2):
        if OLD_NUMPY and (name, a, b) == ("pow", "bool", "Python float"):
            continue  # computes integers there
        x, y = operand(a, shape), operand(b, shape)
        expected, actual = result(fun, x, y), result(jit(fun), x, y)
        if isinstance(expected, str) or isinstance(actual, str):
            if not (isinstance(expected, str) and isinstance(actual, str)):
                wrong.append((a, b, actual, expected))
            continue
        aval = make_jaxpr(fun)(x, y).out_avals[0]
        if aval_of(actual) != aval_of(expected):
            wrong.append((a, b, aval_of(actual), aval_of(expected)))
        elif aval[:2] != aval_of(expected)[:2]:
            wrong.append((a, b, aval, aval_of(expected)))
        elif np.asarray(actual).tobytes() != np.asarray(expected).tobytes():
            wrong.append((a, b, actual, expected))
    assert not wrong, wrong


def test_weak_scalars_stay_weak_through_arithmetic():
    f = lambda x, a: x * (a * 2.0 + 1) / a
    x = np.ones(3, np.float32)
    assert f(x, 2.0).dtype == jit(f)(x, 2.0).dtype == np.float32
    g = grad(lambda x, a: np.sum(f(x, a)), argnums=(0, 1))
    assert [v.dtype for v in g(x, 2.0)] == [np.float32, np.float64]
    assert [v.dtype for v in jit(g)(x, 2.0)] == [np.float32, np.float64]


@pytest.mark.parametrize("bad", ["text", None, object(), np.array(["a"]),
                                 np.array([None]), np.zeros(2, "M8[s]")])  # fmt: skip
def test_what_is_no_array_has_no_aval(bad):
    with pytest.raises(TypeError, match="fgrad works with"):
        aval_of(bad)


def test_aval():
    aval = Aval((2, 0), np.dtype(np.float32))
    assert (aval.ndim, aval.size, str(aval)) == (2, 0, "f32[2,0]")
    assert [str(aval_of(x)) for x in (1, 1.0, 1j, True, np.int8(1))] == [
        "int[]", "float[]", "complex[]", "bool[]", "i8[]",
    ]  # fmt: skip


# -- jaxprs --------------------------------------------------------------------------


def test_printer():
    f = lambda x, y: jit(lambda z: np.sum(z * 2.0, axis=0))(x.astype(np.float32)) + y
    assert str(make_jaxpr(f)(np.ones((2, 3)), 1.0)) == PRINTED
    wide = make_jaxpr(lambda x: x.astype(np.float64))(np.ones(3, np.float32))
    assert "cast[dtype=float64] a" in str(wide)


PRINTED = """\
{ lambda a:f64[2,3] b:float[] . let
    c:f32[2,3] = cast[dtype=float32] a
    d:f32[3] = jit[jaxpr={ lambda a:f32[2,3] . let
        b:f32[2,3] = mul a 2.0
        c:f32[3] = sum[axes=(0,)] b
      in (c) } name=<lambda>] c
    e:f32[3] = add d b
  in (e) }"""


def a_jaxpr():
    return make_jaxpr(lambda x: np.sin(x) * 2.0)(np.ones(3))


def test_checker_accepts_what_is_right():
    assert check_jaxpr(a_jaxpr()).out_avals == (Aval((3,), np.dtype(float)),)


def test_checker_finds_undefined_variables():
    jaxpr = a_jaxpr()
    with pytest.raises(JaxprTypeError, match="sin reads an undefined variable"):
        check_jaxpr(jaxpr.replace(invars=()))
    with pytest.raises(JaxprTypeError, match="mul reads an undefined"):
        check_jaxpr(jaxpr.replace(eqns=jaxpr.eqns[::-1]))
    with pytest.raises(JaxprTypeError, match="the output reads an undefined"):
        check_jaxpr(jaxpr.replace(eqns=jaxpr.eqns[:1]))


def test_checker_finds_variables_defined_twice():
    jaxpr = a_jaxpr()
    with pytest.raises(JaxprTypeError, match="from sin is reused"):
        check_jaxpr(jaxpr.replace(eqns=(jaxpr.eqns[0], *jaxpr.eqns)))
    with pytest.raises(JaxprTypeError, match="an input is reused"):
        check_jaxpr(jaxpr.replace(invars=jaxpr.invars * 2))


@pytest.mark.parametrize("aval", [Aval((4,), np.dtype(float)),
                                  Aval((3,), np.dtype(np.float32))])  # fmt: skip
def test_checker_finds_wrong_avals(aval):
    jaxpr = a_jaxpr()
    sin, mul = jaxpr.eqns
    out = Var(aval)
    eqns = (sin._replace(outs=(out,)), mul._replace(inputs=(out, 2.0)))
    with pytest.raises(JaxprTypeError, match="its abstract rule"):
        check_jaxpr(jaxpr.replace(eqns=eqns))


def test_checker_looks_into_nested_jaxprs():
    jaxpr = make_jaxpr(jit(lambda x: np.sin(x)))(np.ones(3))
    (call,) = jaxpr.eqns
    broken = call.params["jaxpr"].replace(invars=(Var(Aval((3,), np.dtype(float))),))
    bad = call._replace(params={**call.params, "jaxpr": broken})
    with pytest.raises(JaxprTypeError, match="undefined"):
        check_jaxpr(jaxpr.replace(eqns=(bad,)))


def test_jaxprs_are_made_of_plain_tuples():
    x = Var(Aval((), np.dtype(float)))
    jaxpr = Jaxpr([x], [], [x])
    assert (jaxpr.invars, jaxpr.eqns, jaxpr.outs) == ((x,), (), (x,))
    assert Eqn._fields == ("prim", "inputs", "params", "outs", "source")


def test_equations_know_the_users_line():
    def f(x):
        y = np.sin(x)
        return np.sum(y) * 2.0

    first = f.__code__.co_firstlineno
    lines = [line_of(e.source) for e in make_jaxpr(f)(np.ones(3)).eqns]
    assert lines == [first + 1, first + 2, first + 2]
    assert all(e.source[0] is f.__code__ for e in make_jaxpr(f)(np.ones(3)).eqns)


# -- threads, depth, memory ----------------------------------------------------------


def test_threads():
    compiled = jit(grad(lambda x: np.sum(np.sin(x) * x)))
    many = vmap(grad(lambda x: x**3))
    errors = []

    def work(seed):
        try:
            x = np.random.default_rng(seed).normal(size=20)
            for _ in range(30):
                nested = grad(lambda x: np.sum(x * grad(lambda y: np.sum(y * x))(x)))
                assert np.allclose(nested(x), 2 * x)
                assert np.allclose(compiled(x), np.cos(x) * x + np.sin(x))
                assert np.allclose(many(x), 3 * x * x)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def long_chain(x, n):
    for _ in range(n):
        x = x * 1.0000001
    return x


def test_a_hundred_thousand_operations():
    n = 100_000
    f = lambda x: long_chain(x, n)
    assert np.isclose(grad(f)(1.0), 1.0000001**n)
    assert np.isclose(fgrad.jvp(f, (1.0,), (1.0,))[1], 1.0000001**n)
    _, pullback = fgrad.vjp(f, 1.0)
    assert np.isclose(pullback(1.0)[0], 1.0000001**n)
    del pullback
    assert len(make_jaxpr(f)(1.0).eqns) == n


def test_a_long_program_compiles():
    n = 5_000
    f = jit(grad(lambda x: long_chain(x, n)))
    assert np.isclose(f(1.0), 1.0000001**n)


def test_nothing_is_left_behind():
    """Reference counts alone free a record: no cycles, no caches of values."""
    f = grad(lambda x: np.sum(np.sin(long_chain(x, 100))))
    x = np.ones(1000)
    f(x)
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        for _ in range(5):
            f(x)
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(20):
            f(x)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        gc.enable()
    assert grown < 50_000


def test_arguments_are_not_kept_alive():
    class Kept(np.ndarray):
        pass

    x = np.ones(10).view(Kept)
    alive = weakref.ref(x)
    gc.disable()
    try:
        grad(lambda x: np.sum(np.sin(x) * 2.0))(x)
        jit(lambda x: np.sin(x))(x)
        del x
        assert alive() is None
    finally:
        gc.enable()


def test_programs_of_one_call_leave_no_source_behind():
    import linecache

    def f(x):
        return jit(lambda y: y * x)(2.0)

    grad(f)(1.0)
    gc.collect()
    before = len(linecache.cache)
    for _ in range(10):
        grad(f)(1.0)
    gc.collect()
    assert len(linecache.cache) <= before + 2


# -- pickling ------------------------------------------------------------------------


def cube(x):
    return np.sum(x**3)


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
@pytest.mark.parametrize(
    "fun",
    [
        grad(cube),
        jit(cube),
        jit(grad(cube)),
        vmap(grad(cube)),
        fgrad.value_and_grad(cube),
        fgrad.hessian(cube),
        fgrad.jacrev(cube),
    ],
    ids=repr,
)
def test_transformed_functions_pickle(fun, protocol):
    x = np.arange(4.0).reshape(2, 2)
    fun(x)
    for other in (pickle.loads(pickle.dumps(fun, protocol)), copy.deepcopy(fun)):
        actual, expected = other(x), fun(x)
        for a, e in zip(as_tuple(actual), as_tuple(expected), strict=True):
            assert np.array_equal(a, e)


def as_tuple(x):
    return x if isinstance(x, tuple) else (x,)
