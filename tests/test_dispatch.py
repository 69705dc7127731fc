"""What reaches a tracer, and the refusals: each by its class and what it teaches."""

import functools
import inspect
import math
import operator

import numpy as np
import pytest
from numpy._core.overrides import ARRAY_FUNCTIONS

import fgrad.numpy as fnp
import fgrad.numpy.rare  # noqa: F401
from fgrad.core import DISPATCH, Tracer
from fgrad.errors import (
    ConcretizationTypeError,
    NonConcreteBooleanIndexError,
    TracerArrayConversionError,
    TracerBoolConversionError,
    TracerIntegerConversionError,
    TracerMutationError,
    UntraceableError,
)
from fgrad.transforms.grad import grad
from fgrad.transforms.staging import make_jaxpr
from fgrad.transforms.vjp import vjp

A = np.arange(6.0).reshape(2, 3) / 7 + 0.1
V = np.array([0.5, -1.5, 2.5])


def under_grad(f, x=V):
    """Run a function on a tracer whose value is known."""
    return vjp(f, x)[0]


def staged(f, x=V):
    """Run a function on a tracer of which only shape and dtype are known."""
    return make_jaxpr(f)(x)


def in_place(a, x):
    a = a.copy()
    a += x
    return a


def assigned(a, index, x):
    a = a.copy()
    a[index] = x
    return a


CONVERSION, MUTATION = TracerArrayConversionError, TracerMutationError
REFUSALS = {
    "asarray": (lambda t: np.asarray(t), CONVERSION, "derivative"),
    "array": (lambda t: np.array(t), CONVERSION, "fgrad.numpy"),
    "array of tracers": (lambda t: np.array([t, t]), CONVERSION, "np.stack"),
    "ascontiguousarray": (lambda t: np.ascontiguousarray(t), CONVERSION, "as it is"),
    "full": (lambda t: np.full(3, t[0]), CONVERSION, "broadcast_to"),
    "full_like": (lambda t: np.full_like(V, t), MUTATION, "broadcast_to"),
    "nan_to_num": (lambda t: np.nan_to_num(V, nan=t[0]), MUTATION, "np.where"),
    "copyto": (lambda t: np.copyto(V.copy(), t), MUTATION, "np.where"),
    "put": (lambda t: np.put(V.copy(), [0], t[0]), MUTATION, r"at\(a\)"),
    "place": (lambda t: np.place(V.copy(), V > 0, t), MUTATION, "np.where"),
    "putmask": (lambda t: np.putmask(V.copy(), V > 0, t), MUTATION, "np.where"),
    "put_along_axis": (
        lambda t: np.put_along_axis(t, np.array([0]), 1.0, 0), MUTATION, r"copy\(\)"),
    "fill_diagonal": (lambda t: np.fill_diagonal(t[None], 0.0), MUTATION, "view of"),
    "A += t": (lambda t: in_place(V, t), MUTATION, r"A = A \+ x"),
    "out=A": (lambda t: np.add(t, 1, out=V.copy()), MUTATION, r"A = A \+ x"),
    "sum out=": (lambda t: np.sum(t, out=np.zeros(())), MUTATION, "out="),
    "add.at": (lambda t: np.add.at(V.copy(), [0], t), MUTATION, r"at\(a\)\[i\]\.add"),
    "power.reduce": (lambda t: np.power.reduce(t), UntraceableError, "lax.scan"),
    "masked subtract": (
        lambda t: np.subtract.reduce(t, where=V > 0, initial=0.0),
        UntraceableError, "neutral element"),
    "reduceat by place": (
        lambda t: np.subtract.reduceat(t, [0]), UntraceableError, "neutral element"),
    "reduceat too far": (lambda t: np.add.reduceat(t, [3]), IndexError, "not in"),
    "reduce of sin": (lambda t: np.sin.reduce(t), ValueError, "binary functions"),
    "where=": (lambda t: np.sin(t, where=t > 0), TypeError, "np.where"),
    "A[i] = t": (lambda t: assigned(V, 0, t[0]), CONVERSION, "plain array"),
    "A[:] = t": (lambda t: assigned(V, slice(None), t), CONVERSION, "derivative"),
    "t[i] = v": (lambda t: operator.setitem(t, 0, 1.0), MUTATION, r"x\.at\[index\]"),
    "A.dot(t)": (lambda t: V.dot(t), CONVERSION, "A @ x"),
    "math.exp": (lambda t: math.exp(t[0]), CONVERSION, "np.exp"),
    "float": (lambda t: float(t[0]), CONVERSION, "derivative"),
    "np.float64": (lambda t: np.float64(t[0]), CONVERSION, "derivative"),
    "complex": (lambda t: complex(t[0]), CONVERSION, "derivative"),
    "item": (lambda t: t[0].item(), CONVERSION, "derivative"),
    "tolist": (lambda t: t.tolist(), CONVERSION, "derivative"),
    "vectorize": (lambda t: np.vectorize(math.sin)(t), CONVERSION, "fgrad.vmap"),
    "frompyfunc": (
        lambda t: np.frompyfunc(math.sin, 1, 1)(t), UntraceableError, "fgrad.vmap"),
    "unlisted": (lambda t: np.is_busday(t), UntraceableError, "custom_vjp"),
    "masked": (lambda t: t + np.ma.array(V), TypeError, "masked"),
    "sort in place": (lambda t: t.sort(), MUTATION, r"copy\(\)"),
    "fill": (lambda t: t.fill(0.0), MUTATION, r"copy\(\)"),
    "method put": (lambda t: t.put(0, 1.0), MUTATION, r"copy\(\)"),
    "method resize": (lambda t: t.resize(3), MUTATION, "np.resize"),
    "view": (lambda t: t.view(np.int64), TypeError, "memory"),
    "tobytes": (lambda t: t.tobytes(), TypeError, "memory"),
    "string": (lambda t: t + "a", TypeError, "not a number"),
    "object": (lambda t: t + object(), TypeError, "unsupported operand"),
    "dict": (lambda t: t * {}, TypeError, "not a number"),
    "modulo": (lambda t: pow(t, 2, 3), TypeError, "modulo"),
    "hash": (lambda t: {t: 1}, TypeError, "unhashable"),
    "ragged": (lambda t: fnp.array([t, t[:2]]), ValueError, "different shapes"),
    "axis": (lambda t: np.sum(t, axis=3), np.exceptions.AxisError, "sum"),
    "reshape": (lambda t: np.reshape(t, (2, 2)), ValueError, "3 elements"),
    "shapes": (lambda t: t + A[:, :2], ValueError, "broadcast"),
    "strings": (lambda t: t * ["a", "b", "c"], TypeError, "not a number"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(name):
    function, error, teaches = REFUSALS[name]
    with pytest.raises(error, match=teaches):
        under_grad(function)


STAGED = {
    "if": (lambda t: t if t[0] > 0 else -t, TracerBoolConversionError, "np.where"),
    "int": (lambda t: int(t[0]), TracerIntegerConversionError, "static"),
    "range": (lambda t: range(np.argmax(t)), TracerIntegerConversionError, "static"),
    "mask": (lambda t: t[t > 0], NonConcreteBooleanIndexError, "where"),
    "nonzero": (lambda t: np.nonzero(t), ConcretizationTypeError, "np.where"),
    "where": (lambda t: np.where(t > 0), ConcretizationTypeError, "three-argument"),
    "flatnonzero": (lambda t: np.flatnonzero(t), ConcretizationTypeError, "np.where"),
    "argwhere": (lambda t: np.argwhere(t), ConcretizationTypeError, "np.where"),
    "unique": (lambda t: np.unique(t), ConcretizationTypeError, "outside"),
    "extract": (lambda t: np.extract(t > 0, t), ConcretizationTypeError, "np.where"),
    "compress": (lambda t: t.compress(t > 0), ConcretizationTypeError, "np.where"),
    "format": (lambda t: f"{t[0]:.2f}", ConcretizationTypeError, "Print"),
    "broadcast shape": (lambda t: t + A[:, :2], ValueError, "broadcast"),
    "float": (lambda t: float(t[0]), TracerArrayConversionError, "no value"),
    "A[t]": (lambda t: V[np.argsort(t)], TracerArrayConversionError, "numpy.take"),
}


@pytest.mark.parametrize("name", STAGED)
def test_staged_refusal(name):
    function, error, teaches = STAGED[name]
    with pytest.raises(error, match=teaches):
        staged(function)


# -- what plain NumPy cannot hand over ------------------------------------------------

THROUGH_FGRAD = {
    "array": lambda np, t: np.array([t[0], 2.0, t[1]]),
    "nested": lambda np, t: np.array([[t[0], 1.0], [2.0, t[1]]]),
    "asarray": lambda np, t: np.asarray(t),
    "full": lambda np, t: np.full((2, 2), t[0]),
    "full_like": lambda np, t: np.full_like(A, t[0]),
    "nan_to_num": lambda np, t: np.nan_to_num(np.array([np.nan, 1.0]), nan=t[0]),
    "take": lambda np, t: np.take(np.asarray(A), np.argsort(t), axis=1),
    "initial": lambda np, t: np.sum(np.asarray(A), initial=t[0]),
    "pad": lambda np, t: np.pad(np.asarray(A), 1, constant_values=t[0]),
    "interp": lambda np, t: np.interp([-5.0, 9.0], [0.0, 1.0], [2.0, 3.0], t[0], t[1]),
    "select": lambda np, t: np.select([A > 0.5], [A], default=t[0]),
    "nested where": lambda np, t: np.where([True, False, True], [t[0], t[1], 3.0], t),
    "atleast_2d": lambda np, t: np.atleast_2d(t),
}


@pytest.mark.parametrize("name", THROUGH_FGRAD)
def test_fgrad_numpy_takes_what_numpy_cannot_hand_over(name):
    function = THROUGH_FGRAD[name]
    expected = function(np, V)
    z = under_grad(lambda t: function(fnp, t))
    np.testing.assert_array_equal(z, expected)
    slope = grad(lambda t: function(fnp, t).sum())(V)
    step = [(function(np, V + e).sum() - function(np, V - e).sum()) / 2e-6
            for e in 1e-6 * np.eye(3)]  # fmt: skip
    np.testing.assert_allclose(slope, step, atol=1e-8)


# -- operators -------------------------------------------------------------------------

BINARY = (
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow,
    operator.mod, operator.floordiv, operator.matmul, operator.lt, operator.le,
    operator.gt, operator.ge, operator.eq, operator.ne, divmod,
)  # fmt: skip
OTHERS = {
    "array": np.array([1.5, 2.5, 3.5]),
    "list": [1.5, 2.5, 3.5],
    "tuple": (1.5, 2.5, 3.5),
    "float": 2.5,
    "int": 2,
    "numpy scalar": np.float64(2.5),
    "0-d": np.array(2.5),
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("op", BINARY, ids=lambda op: op.__name__)
def test_operator(op, other):
    y, x = OTHERS[other], np.array([0.5, 1.5, 2.5])
    if op is operator.matmul and np.ndim(y) == 0:
        pytest.skip("no matrix product with a scalar")
    with np.errstate(all="ignore"):
        for one, two in (
            (op(x, y), lambda t: op(t, y)),
            (op(y, x), lambda t: op(y, t)),
        ):
            z = under_grad(lambda t, f=two: list(f(t)) if op is divmod else f(t), x)
            np.testing.assert_array_equal(z, np.asarray(one))


@pytest.mark.parametrize("op", [operator.and_, operator.or_, operator.xor,
                                operator.lshift, operator.rshift])  # fmt: skip
def test_integer_operator(op):
    x, y = np.array([5, 6]), np.array([1, 3])
    z = under_grad(lambda t: op((t * 0).astype(int) + x, y), np.ones(2))
    np.testing.assert_array_equal(z, op(x, y))
    z = under_grad(lambda t: op(y, (t * 0).astype(int) + x), np.ones(2))
    np.testing.assert_array_equal(z, op(y, x))


def test_unary_operators():
    for op in (operator.neg, operator.pos, abs, round):
        np.testing.assert_array_equal(under_grad(op, V), np.round(V) if op is round
                                      else op(V))  # fmt: skip
    assert under_grad(lambda t: round(t, 1), 2.26) == 2.3
    np.testing.assert_array_equal(under_grad(lambda t: ~(t > 0), V), ~(V > 0))


def test_foreign_operand_answers_itself():
    class Foreign:
        def __radd__(self, other):
            return "radd"

        def __eq__(self, other):
            return "eq"

    def f(t):
        assert t + Foreign() == "radd"
        assert (t == Foreign()) == "eq"
        assert not np.any(t == None)  # noqa: E711
        assert np.all(t != None)  # noqa: E711
        return t

    under_grad(f)


def test_list_operand_with_tracers_is_stacked():
    z = under_grad(lambda t: t * [t[0], 2.0, t[1]], V)
    np.testing.assert_array_equal(z, V * [V[0], 2.0, V[1]])


# -- methods ---------------------------------------------------------------------------

METHODS = """
all() any(axis=0) argmax() argmin(1) argpartition(1) argsort() astype("f4") clip(.2,.6)
clip(min=.3) compress([True,False],axis=0) conj() conjugate() copy() cumprod()
cumsum(axis=1) diagonal() dot(A.T) flatten() flatten("F") max() max(axis=0) mean()
mean(axis=1,keepdims=True) min(1) nonzero() prod() prod(axis=0) ravel() repeat(2)
repeat(2,axis=1) reshape(3,2) reshape((3,2)) reshape(-1) reshape(3,2,order="F") round(1)
searchsorted(.3) squeeze() std() std(axis=0,ddof=1) sum() sum(axis=0)
sum(axis=0,keepdims=True) sum(0,None,None,True) swapaxes(0,1) take([0,1])
take([0,1],axis=1) transpose() transpose(1,0) transpose((1,0)) transpose(None) var()
var(axis=1) __len__() T mT real imag shape ndim size dtype itemsize nbytes
""".split()


@pytest.mark.parametrize("call", METHODS)
def test_method(call):
    x = A[0] if call.startswith("searchsorted") else A
    expected = eval(f"x.{call}", {"x": x, "A": A})
    kept = []
    under_grad(lambda t: kept.append(eval(f"t.{call}", {"t": t, "A": A})) or t * 1, x)
    values = [z.value if type(z) is Tracer else z for z in leaves(kept[0])]
    for z, y in zip(values, leaves(expected), strict=True):
        np.testing.assert_array_equal(z, y)
        assert np.asarray(z).dtype == np.asarray(y).dtype


def leaves(z):
    return [x for y in z for x in leaves(y)] if isinstance(z, tuple | list) else [z]


RECENT = pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.3.0",
    reason="names and signatures are those of a recent NumPy",
)
NOT_METHODS = {"base", "byteorder", "ctypes", "data", "flags", "newbyteorder",
               "setflags", "strides"}  # fmt: skip


@RECENT
def test_every_ndarray_attribute_is_there():
    names = {n for n in dir(np.ndarray) if not n.startswith("_")} - NOT_METHODS
    assert not {n for n in names if not hasattr(Tracer, n)}


def test_iteration_and_len():
    z = under_grad(lambda t: sum(row * i for i, row in enumerate(t)) * len(t), A)
    np.testing.assert_array_equal(z, A[1] * 2)


# -- the table -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    sorted(
        (f for f in ARRAY_FUNCTIONS if f in DISPATCH),
        key=lambda f: f"{f.__module__}.{f.__name__}",
    ),
    ids=lambda f: f"{f.__module__}.{f.__name__}",
)
@RECENT
def test_definition_takes_numpys_arguments(function):
    try:
        theirs = inspect.signature(function).parameters
    except ValueError:
        pytest.skip("NumPy does not say what it takes")
    ours = inspect.signature(DISPATCH[function]).parameters
    if any(p.kind is p.VAR_KEYWORD for p in ours.values()):
        return
    theirs = {n: p for n, p in theirs.items() if p.kind is not p.VAR_KEYWORD}
    assert [*theirs] == [n for n in ours if n in theirs]
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    for name, theirs_one in theirs.items():
        if theirs_one.kind in by_name:
            assert ours[name].kind in by_name, name


def test_every_name_of_numpy_is_there():
    for name in np.__all__:
        assert hasattr(fnp, name), name
    for name in np.linalg.__all__:
        assert hasattr(fnp.linalg, name), name
    assert set(dir(fnp)) >= set(np.__all__)
    with pytest.raises(AttributeError, match="no_such"):
        fnp.no_such_name  # noqa: B018


def test_names_without_definition_are_numpys_own():
    assert fnp.pi is np.pi
    assert fnp.float32 is np.float32
    assert fnp.newaxis is None
    assert fnp.sin is np.sin
    assert fnp.linalg.LinAlgError is np.linalg.LinAlgError


def test_public_functions_look_like_numpys():
    assert fnp.mean.__doc__ == np.mean.__doc__
    assert inspect.signature(fnp.mean) == inspect.signature(np.mean)


def test_reduce_over_tracers():
    z = under_grad(lambda t: functools.reduce(np.maximum, list(t)), V)
    assert z == V.max()


def test_creation_like_a_tracer():
    def f(t):
        for make in (np.zeros, np.ones):
            np.testing.assert_array_equal(make(3, like=t).value, make(3))
        np.testing.assert_array_equal(np.arange(3, like=t), np.arange(3))
        np.testing.assert_array_equal(np.eye(3, like=t).value, np.eye(3))
        assert np.asarray(t, like=t) is t
        return np.full(3, 2.0, like=t) * t

    np.testing.assert_array_equal(under_grad(f), 2 * V)
