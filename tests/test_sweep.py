"""Every function of every namespace: traced, differentiated, mapped, compiled."""

import warnings

import numpy as np
import pytest

import fgrad
from fgrad.test_util.differences import wide
from tests.sweep import all_calls, namespaces

CALLS = all_calls()
every_call = pytest.mark.parametrize("call", CALLS, ids=str)


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def leaves(z):
    if isinstance(z, dict):
        z = list(z.values())
    return [x for y in z for x in leaves(y)] if isinstance(z, tuple | list) else [z]


def is_array(x):
    return isinstance(x, bool) or (hasattr(x, "dtype") and hasattr(x, "shape"))


def is_float(x):
    return is_array(x) and not isinstance(x, bool) and x.dtype.kind in "fc"


def is_single(x):
    return x.dtype in (np.float32, np.complex64)


def floats(function):
    return lambda *xs: [x for x in leaves(function(*xs)) if is_float(x)]


def arrays_of(function):
    """Return the function with its arrays as a list, none of them of Python objects."""

    def only(*xs):
        found = [x for x in leaves(function(*xs)) if is_array(x)]
        assert all(isinstance(x, bool) or x.dtype != object for x in found)
        return found

    return only


def same(call, x, y):
    """Compare the bits, or to the accuracy that the table asks for."""
    if not is_array(y):
        assert x == y
        return
    x, y = np.asarray(x), np.asarray(y)
    assert (x.shape, x.dtype) == (y.shape, y.dtype)
    assert x.dtype != object
    if call.told(call.table.coarse):
        close(x, y)
    else:
        np.testing.assert_array_equal(x, y)


def close(x, y, tol=1e-9):
    x, y = np.asarray(x), np.asarray(y)
    assert (x.shape, x.dtype) == (y.shape, y.dtype)
    assert x.dtype != object
    tol = 2e-4 if is_single(x) else tol
    np.testing.assert_allclose(x, y, tol, tol)


def traced(function, arrays):
    """Return what a function gives under a reverse-mode trace, as plain values."""
    kept = []

    def watched(*xs):
        kept.append(leaves(function(*xs)))
        return [x for x in kept[0] if is_float(x)]

    outs = iter(fgrad.vjp(watched, *arrays)[0])
    return [next(outs) if is_float(x) else x for x in kept[0]]


@every_call
def test_traced_value_is_the_plain_one(call):
    where = namespaces(call.table)
    function, arrays = call.read(where.plain)
    expected = leaves(function(*arrays))
    for spelling in where.traced:
        ours = call.read(spelling)[0]
        if not call.told(call.table.refused):
            for x, y in zip(traced(ours, arrays), expected, strict=True):
                same(call, x, y)
        for x, y in zip(leaves(ours(*arrays)), expected, strict=True):
            same(call, x, y)


@every_call
def test_slopes(call):
    """Forward mode against difference quotients, reverse mode against forward mode."""
    function, arrays = call.read(call.table.ours)
    smooth = floats(function)
    if call.told((*call.table.kinked, *call.table.by_value)) or not smooth(*arrays):
        pytest.skip("no slope to measure")
    if call.told(call.table.refused):
        with pytest.raises(TypeError, match="has no derivative"):
            fgrad.vjp(smooth, *arrays)
        return
    local = np.random.default_rng(1)
    ts = [normal(local, x) for x in arrays]
    _, slopes = fgrad.jvp(smooth, tuple(arrays), tuple(ts))
    if "float32" not in call.text:  # too coarse for a difference quotient
        for slope, expected in zip(slopes, quotient(smooth, arrays, ts), strict=True):
            tol = 2e-3 if is_single(slope) else 2e-5
            np.testing.assert_allclose(slope, expected, tol, tol / 10)
    outs, pullback = fgrad.vjp(smooth, *arrays)
    cts = [normal(local, z) for z in outs]
    pulled = pullback(cts)
    left = sum(np.nansum(ct * s).real for ct, s in zip(cts, slopes, strict=True))
    right = sum(np.nansum(np.where(np.isnan(x), 0, c * t)).real
                for x, c, t in zip(arrays, pulled, ts, strict=True))  # fmt: skip
    if not any(np.isnan(x).any() for x in arrays):
        tol = 2e-3 if any(map(is_single, (*arrays, *outs))) else 1e-8
        np.testing.assert_allclose(left, right, tol, tol / 100)


def normal(local, x):
    z = local.normal(size=np.shape(x))
    z = z + 1j * local.normal(size=z.shape) if x.dtype.kind == "c" else z
    return z.astype(x.dtype)


def quotient(smooth, arrays, ts, eps=1e-6):
    ahead, behind = (
        smooth(*(wide(x) + s * eps * wide(t) for x, t in zip(arrays, ts, strict=True)))
        for s in (1, -1)
    )
    return [(p - q) / (2 * eps) for p, q in zip(ahead, behind, strict=True)]


@every_call
def test_vmap_is_a_loop(call):
    if call.told(call.table.by_value):
        pytest.skip("its shape depends on values")
    function, arrays = call.read(call.table.ours, integers=True)
    if not arrays:
        pytest.skip("nothing to map")
    only = arrays_of(function)
    local = np.random.default_rng(2)
    stacked = [np.stack([x, x * local.uniform(0.9, 1.1), x]).astype(x.dtype)
               for x in arrays]  # fmt: skip
    rows = [only(*(x[i] for x in stacked)) for i in range(3)]
    for x, *ys in zip(fgrad.vmap(only)(*stacked), *rows, strict=True):
        close(x, np.stack(ys))


@every_call
def test_compiled_value_is_the_plain_one(call):
    if call.told(call.table.by_value):
        pytest.skip("its shape depends on values")
    function, arrays = call.read(call.table.ours, integers=True)
    only = arrays_of(function)
    check = same
    if call.table.reference:  # the plain value is fgrad's as well
        check = lambda call, x, y: np.testing.assert_array_equal(x, y, strict=True)
    for x, y in zip(fgrad.jit(only)(*arrays), only(*arrays), strict=True):
        check(call, x, y)


@every_call
def test_compiled_gradient_is_the_gradient(call):
    """Reverse mode twice: the gradient of a jitted gradient's square."""
    function, arrays = call.read(call.table.ours)
    smooth = floats(function)
    told = call.told((*call.table.by_value, *call.table.refused))
    if told or not (arrays and smooth(*arrays)):
        pytest.skip("no gradient")

    def total(*xs):
        return sum(np.sum(np.real(z) + np.imag(z)) for z in smooth(*xs))

    def pulled(*xs):
        value, pullback = fgrad.vjp(total, *xs)
        return pullback(np.ones((), value.dtype)[()])

    for x, y in zip(fgrad.jit(pulled)(*arrays), pulled(*arrays), strict=True):
        close(x, y)
