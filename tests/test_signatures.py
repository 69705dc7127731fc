"""Every NumPy keyword is a keyword of the traceable definition, and does its work."""

import inspect
import operator

import numpy as np
import pytest

import fgrad
import fgrad.numpy
import fgrad.numpy.rare
from fgrad.core import DISPATCH, Tracer, known_value
from fgrad.errors import TracerMutationError

POSITIONAL = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)
LATER = {"descending"}  # keywords of NumPy 2.5 and later
X = np.arange(6.0).reshape(2, 3) + 0.5
Y = np.array([2.0, 1.0, 3.0])


def parameters(function):
    return inspect.signature(function).parameters


def functions():
    """Return the functions of the table that tell their signature."""
    found = {}
    for function, definition in DISPATCH.items():
        module = getattr(function, "__module__", None) or ""
        if isinstance(function, np.ufunc | type) or not module.startswith("numpy"):
            continue
        try:
            parameters(function)
        except ValueError:
            continue
        found[f"{module}.{function.__name__}"] = (function, definition)
    return found


FUNCTIONS = functions()


def test_there_are_functions():
    assert len(FUNCTIONS) > 200


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_keyword_is_accepted(name):
    function, definition = FUNCTIONS[name]
    theirs, ours = parameters(function), parameters(definition)
    kinds = {p.kind for p in ours.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        named = {p.name for p in theirs.values() if p.kind not in POSITIONAL[:1]}
        assert named - LATER <= ours.keys()
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        their_order = [p.name for p in theirs.values() if p.kind in POSITIONAL]
        our_order = [p.name for p in ours.values() if p.kind in POSITIONAL]
        assert our_order == their_order


def test_the_methods_of_arrays_are_there():
    without = {"__array_finalize__", "__array_interface__", "__array_struct__",
               "__array_wrap__", "__class_getitem__", "__dlpack__", "__dlpack_device__",
               "__setstate__", "__buffer__", "_set_dtype", "_set_shape"}  # fmt: skip
    in_place = {name for name in dir(np.ndarray) if name.startswith("__i")}
    in_place -= {"__init__", "__int__", "__invert__", "__index__", "__iter__"}
    assert set(dir(np.ndarray)) - set(dir(Tracer)) <= without | in_place


METHODS = {name for name in dir(np.ndarray) if not name.startswith("_")}


@pytest.mark.parametrize("name", sorted(METHODS))
def test_methods_have_the_keywords_of_numpy(name):
    method = getattr(Tracer, name)
    try:
        theirs = parameters(getattr(np.ndarray, name))
    except (TypeError, ValueError):
        pytest.skip("NumPy does not tell")
    ours = parameters(method)
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in ours.values()):
        return
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    named = [p.name for p in theirs.values()
             if p.kind not in (*variable, *POSITIONAL[:1])]  # fmt: skip
    assert set(named) - LATER <= ours.keys()


# -- they do what NumPy's do ---------------------------------------------------------


def traced(function):
    """Return the known value of a function of X, under a trace."""
    values = []
    fgrad.vjp(lambda x: (values.append(function(x)), np.sum(x))[1], X)
    return tuple(map(known_value, values[0])) if type(values[0]) is tuple else (
        known_value(values[0])
    )  # fmt: skip


CALLS = """
x.flat[2] | 3.5 in x | 99.0 in x | x.sum(0, float, None, True)
x.sum(axis=1, initial=2.0) | x.sum(where=x > 2) | x.mean(where=x > 2)
x.std(ddof=1, mean=0.0) | x.max(initial=3.0) | x.min(0, None, True)
x.astype("f4", order="C", casting="same_kind", copy=False) | x.argsort(0, stable=True)
x[0].searchsorted(2.0, side="right", sorter=[0, 1, 2]) | x.clip(max=3.0)
x.clip(1, 2, dtype=float) | x.clip() | x.round(-1) | x.dot(y) | x.trace(1, 0, 1, "f4")
(x > 2).choose([X, -X]) | x.cumsum(dtype="f4") | x.cumprod(0, "f4") | x.prod(1, "f4")
x.copy("F") | x.flatten("F") | x.ravel(order="C") | x.reshape(3, 2, order="F")
x.reshape((3, 2), copy=True) | x.transpose(1, 0) | x.transpose(None) | x.squeeze(None)
x.repeat(2, axis=1) | x.take([0, 5], mode="wrap") | x.compress([True, False], axis=0)
x.argmax(1, keepdims=True) | x.argpartition(1, axis=1) | x.any(where=x > 2)
x.itemsize | x.nbytes | x.size | x.ndim | x.T | x.mT | x.real | x.imag
divmod(x, 2.0) | divmod(7.0, x) | x // 2 | 7 // x | x % 2 | 7 % x | x**2 | 2**x
x @ x.T | y @ x.T | abs(x) | +x | -x | ~(x > 2) | x < 3 | 3 < x | x == None | x != None
y + x | y * x | y / x | y - x | y // x | y < x | y >= x | np.float64(2) + x
np.float64(2) < x | np.float32(2) * x | np.int64(2) ** x | [1.0, 2, 3] + x
x + [1.0, 2, 3] | [[1.0, 2, 3]] @ x.T | x @ [1.0, 2, 3] | (1, 2, 3) * x | x * 2j
2j - x | x + True | True - x | x.astype("u1") - 1 | x.astype("i4") * 2.5
x.astype("f4") * 2.5 | x.astype("f4") * np.float64(2.5) | x.astype(int) << 1
1 << x.astype(int) | x.astype(int) & 3 | x.astype(int) | 5 | x.astype(int) ^ True
x.astype(int) >> np.int8(1) | len(x) | bool(x[0, 0]) | int(x[1, 1])
"""
EXPRESSIONS = [c.strip() for c in CALLS.replace("\n", " | ").split(" | ") if c.strip()]


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("text", EXPRESSIONS)
def test_value(text):
    function = eval(f"lambda x: {text}", {"np": np, "y": Y, "X": X})
    actual, expected = traced(function), function(X)
    if type(expected) is not tuple:
        actual, expected = (actual,), (expected,)
    for z, e in zip(actual, expected, strict=True):
        assert np.asarray(z).dtype == np.asarray(e).dtype
        np.testing.assert_array_equal(z, e)


REFUSED = {
    "out=": (lambda x: x.sum(out=np.zeros(())), TracerMutationError, "out="),
    "casting": (lambda x: x.astype("i4", casting="safe"), TypeError, "cannot cast"),
    "del": (lambda x: operator.delitem(x, 0), TracerMutationError, r"np\.delete"),
    "setflags": (lambda x: x.setflags(write=False), TracerMutationError, "written"),
    "overflow": (lambda x: x.astype("i1") + 300, OverflowError, "300"),
    "clip": (lambda x: np.clip(x, 0, a_max=1, max=2), ValueError, "not both"),
    "both": (lambda x: np.var(x, ddof=1, correction=1), ValueError, "one of them"),
    "ufunc dtype": (
        lambda x: np.add(x, x, dtype="i4"), TypeError, "cast|loop"),
    "ufunc casting": (
        lambda x: np.add(x, np.float32(1), casting="no"), TypeError, "cast|no"),
    "where=": (lambda x: np.add(x, 1, where=x > 2), TypeError, "np.where"),
    "mask of numbers": (lambda x: np.sum(x, where=Y), TypeError, "boolean"),
    "no initial": (lambda x: np.max(x, where=Y > 1), ValueError, "initial"),
    "keyword": (lambda x: np.add(x, 1, axis=0), TypeError, "axis"),
    "all nan": (lambda x: np.nanargmax(x * np.nan), ValueError, "All-NaN"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refusal(name):
    function, error, teaches = REFUSED[name]
    with pytest.raises(error, match=teaches):
        traced(function)


@pytest.mark.parametrize("name", ["base", "ctypes", "data", "flags", "strides"])
def test_no_memory(name):
    assert not traced(lambda x: hasattr(x, name))
    with pytest.raises(AttributeError, match="no layout"):
        traced(lambda x: getattr(x, name))


def test_pad_by_a_function():
    def ends(vector, width, axis, kwargs):
        inner = vector[width[0] : len(vector) - width[1]]
        return np.concatenate([[kwargs["with_"]] * width[0], inner, inner[: width[1]]])

    def ends_in_place(vector, width, axis, kwargs):
        vector[:] = ends(vector, width, axis, kwargs)

    expected = np.pad(X, (1, 2), ends_in_place, with_=9.0)
    pad = lambda x: np.pad(x, (1, 2), ends, with_=9.0)
    np.testing.assert_array_equal(traced(pad), expected)
    numbers = np.pad(np.arange(6.0).reshape(2, 3), (1, 2), ends_in_place, with_=-1.0)
    uses = [np.count_nonzero(numbers == i) for i in range(6)]
    slopes = fgrad.grad(lambda x: np.sum(pad(x)))(X)
    np.testing.assert_array_equal(slopes.ravel(), uses)


@pytest.mark.parametrize(
    ("mode", "options", "error", "teaches"),
    [
        ("best", {}, ValueError, "linear_ramp"),
        ("edge", {"stat_length": 2}, ValueError, "no keyword"),
        ("reflect", {"reflect_type": "oddly"}, ValueError, "'odd'"),
        ("maximum", {"stat_length": 0}, ValueError, "stat_length"),
    ],
)
def test_pad_refuses(mode, options, error, teaches):
    with pytest.raises(error, match=teaches):
        traced(lambda x: np.pad(x, 1, mode, **options))
    with pytest.raises(ValueError, match="negative"):
        traced(lambda x: np.pad(x, -1))
    with pytest.raises(TypeError, match="integers"):
        traced(lambda x: np.pad(x, 1.5))
