"""The array API standard: what belongs to the trace whose namespace it is."""

import gc
import weakref

import numpy as np
import pytest

import fgrad
import fgrad.numpy as fnp
from fgrad import grad, jit, jvp, vjp, vmap
from fgrad.core import Tracer
from fgrad.errors import UnexpectedTracerError

X = np.array([[0.5, -1.25, 2.0], [0.75, 3.0, -0.5]])
P = np.array([0.3, 0.6, 0.9])


def test_created_arrays_belong_to_the_trace():
    def f(x):
        xp = x.__array_namespace__(api_version="2025.12")
        made = [xp.zeros(2), xp.ones(2), xp.full(2, 3.0), xp.arange(2.0), xp.eye(2),
                xp.linspace(0, 1, 2), xp.asarray([1.0, 2.0]), xp.empty(2),
                xp.zeros_like(P), xp.tril(np.eye(2)), xp.fft.fftfreq(2)]  # fmt: skip
        assert all(type(y) is Tracer and y.owner is x.owner for y in made)
        made[0][0] = x[0, 0]
        return made[0].sum()

    for g in (grad(f), jit(grad(f)), lambda x: vmap(grad(f))(x[None])[0]):
        assert g(X)[0, 0] == 1.0


def test_nested_traces():
    def f(x):
        def g(t):
            y = t.__array_namespace__().zeros(2)
            y[0] = t * x[0, 0]
            y[1] = t**2
            return y.sum()

        return grad(g)(x[0, 1])

    np.testing.assert_array_equal(grad(f)(X)[0], [1.0, 2.0, 0.0])
    np.testing.assert_array_equal(jit(grad(f))(X)[0], [1.0, 2.0, 0.0])


def test_namespaces_are_equal_for_one_trace():
    def f(x):
        y = x * 2
        assert x.__array_namespace__() == y.__array_namespace__()
        assert hash(x.__array_namespace__()) == hash(y.__array_namespace__())
        assert x.__array_namespace__().__name__ == "fgrad.numpy" == fnp.__name__
        assert "grad" in repr(x.__array_namespace__())
        return y.sum()

    grad(f)(X)


def test_all_is_traced_once_the_namespace_was_asked_for():
    """Values without derivative are plain before, and convert to plain ones after."""

    def f(x):
        known = type(x.value) is np.ndarray
        assert type(x > 0) is np.ndarray or not known
        xp = x.__array_namespace__()
        mask, place = x > 0, xp.argmax(x)
        made = [mask, place, ~mask, xp.sum(mask), xp.arange(3),
                mask[0], xp.isnan(x), xp.zeros(2, dtype=int), xp.floor(x),
                xp.astype(x, xp.int64)]  # fmt: skip
        assert all(type(y) is Tracer and y.owner is x.owner for y in made)
        assert all(y.__array_namespace__() == xp for y in made)
        if known:
            assert bool(xp.any(mask))
            assert (int(place), P[place % 3], float(xp.sum(mask))) == (4, 0.6, 4.0)
            np.testing.assert_array_equal(X[mask], X[X > 0])
            np.testing.assert_array_equal(np.asarray(mask), X > 0)
            assert mask.tolist() == (X > 0).tolist()
            assert xp.sum(mask).item() == 4
        mask[0, 0] = False
        counts = xp.zeros(2, dtype=int)
        counts[0] = xp.sum(mask)
        return xp.sum(xp.where(mask, x, 0.0) ** 2) * counts[0]

    want = 6 * np.where((X > 0) & (X != 0.5), X, 0.0)
    np.testing.assert_array_equal(grad(f)(X), want)
    np.testing.assert_array_equal(jit(grad(f))(X), want)
    np.testing.assert_array_equal(fgrad.hessian(f)(X)[1, 1, 1, 1], 6.0)
    tangent = jvp(f, (X,), (np.ones_like(X),))[1]
    np.testing.assert_allclose(tangent, want.sum())
    with pytest.raises(fgrad.errors.TracerArrayConversionError):
        grad(lambda x: float(x.__array_namespace__().sum(x)))(X)


def test_what_has_no_derivative_may_be_returned():
    def f(x):
        xp = x.__array_namespace__()
        return xp.sum(x), xp.argmax(x), x > 0

    out, pullback = vjp(f, X)
    assert [type(z) for z in out] == [np.float64, np.int64, np.ndarray]
    ones = (1.0, np.zeros((), fgrad.float0), np.zeros(X.shape, fgrad.float0))
    np.testing.assert_array_equal(pullback(ones)[0], 1.0)
    out, tangents = jvp(f, (X,), (np.ones_like(X),))
    assert (out[1], tangents[0]) == (4, 6.0)
    _, aux = grad(lambda x: f(x)[:2], has_aux=True)(X)
    assert type(aux) is np.int64
    assert not grad(lambda x: x.__array_namespace__().floor(x).sum())(X).any()


def test_a_namespace_keeps_no_record_alive():
    """SciPy keeps the namespaces that it was called with."""
    kept, records = [], []

    def f(x):
        kept.append(x.__array_namespace__())
        records.append(weakref.ref(x.owner))
        return x.sum()

    for _ in range(3):
        grad(f)(X)
    gc.collect()
    assert [record() for record in records] == [None] * 3
    assert len(set(kept)) == 3
    assert "past" in repr(kept[0])
    with pytest.raises(UnexpectedTracerError, match="after its function has returned"):
        kept[0].zeros(2)


def test_namespaces_of_nested_traces_are_one():
    """Code asks for the namespace of values of several levels at once."""

    def f(x):
        outer = x.__array_namespace__()

        def g(t):
            y = t * x[0, 0]
            inner = y.__array_namespace__()
            assert inner == outer
            assert inner == inner.zeros(2).__array_namespace__()
            assert hash(inner) == hash(outer) == hash(t.__array_namespace__())
            return inner.sum(y**2)

        return grad(g)(x[0, 1])

    grad(f)(X), jit(f)(X), jit(grad(f))(X)


def test_scalar_masks():
    """The standard knows arrays of no axes, no scalars."""

    def f(x):
        xp = x.__array_namespace__()
        total = xp.sum(x)
        total[total > 100.0] = 0.0
        total[total < 100.0] *= 2.0
        total[()] += 1.0
        return total + x[0][xp.any(x > 0)][0, 0]

    np.testing.assert_array_equal(grad(f)(X), [[3.0, 2.0, 2.0], [2.0, 2.0, 2.0]])
    assert f_plain(X) == vjp(f, X)[0]


def f_plain(x):
    return 2 * np.sum(x) + 1 + x[0, 0]


def test_unknown_version():
    with pytest.raises(ValueError, match=r"2025\.12"):
        grad(lambda x: x.__array_namespace__(api_version="1999.01").sum())(X)


def test_limits_are_python_numbers():
    def f(x):
        xp = x.__array_namespace__()
        for info in (xp.finfo(xp.float32), xp.finfo(x), xp.iinfo(xp.int8)):
            assert type(info.bits) is int
            assert type(info.max) in (int, float)
            assert type(info.min) is type(info.max)
        assert xp.finfo(xp.float32).eps == np.finfo(np.float32).eps
        assert xp.finfo(x).dtype == np.float64
        assert xp.isdtype(x.dtype, "real floating")
        assert xp.can_cast(xp.int32, x.dtype)
        assert xp.result_type(x, xp.float32) == np.float64
        assert xp.__array_namespace_info__().default_device() == "cpu"
        return x.sum()

    grad(f)(X)


def test_floor_division_keeps_infinities():
    def f(x):
        xp = x.__array_namespace__()
        return xp.floor_divide(x, xp.asarray([2.0, -2.0, np.inf, 0.5]))

    with np.errstate(all="ignore"):
        got = vjp(f, np.array([np.inf, np.inf, 3.0, 1.3]))[0]
        got = jit(f)(np.array([np.inf, np.inf, 3.0, 1.3]))
    np.testing.assert_array_equal(got, [np.inf, -np.inf, 0.0, 2.0])


def test_descending_sorts_of_plain_arrays():
    np.testing.assert_array_equal(fnp.sort(P, descending=True), P[::-1])
    np.testing.assert_array_equal(fnp.argsort([1, 2, 2], descending=True, stable=True),
                                  [1, 2, 0])  # fmt: skip
    np.testing.assert_array_equal(
        fnp.argsort(X, axis=None, descending=True)[:2], [4, 2]
    )
    assert fgrad.grad(lambda x: fnp.sort(x, descending=True)[0])(P)[2] == 1.0


def test_constants_have_no_tangent():
    """A tangent of zeros would be nan where a derivative is infinite."""

    def f(x):
        xp = x.__array_namespace__()
        return xp.sqrt(xp.zeros(2)) * x[0, :2] + xp.pow(xp.asarray([0.0, 1.0]), 0.5)

    tangent = jvp(f, (X,), (np.ones_like(X),))[1]
    np.testing.assert_array_equal(tangent, [0.0, 0.0])
    np.testing.assert_array_equal(grad(lambda x: f(x).sum())(X), 0 * X)


def test_arrays_are_copied_into_the_trace():
    def f(x):
        a = np.ones(3)
        b = x.__array_namespace__().asarray(a)
        z = x[0] * b
        a[:] = 7.0
        b[0] = 5.0
        return z.sum() + a.sum()

    np.testing.assert_array_equal(grad(f)(X)[0], 1.0)


def test_constants_in_functions_that_are_called():
    """Custom rules, jit, control flow and vmap take what has no derivative."""

    @fgrad.custom_vjp
    def kept(x, mask):
        return np.where(mask, x, 0.0)

    kept.defvjp(
        lambda x, mask: (kept(x, mask), mask),
        lambda mask, ct: (np.where(mask, ct * 2, 0.0), None),
    )

    def f(x):
        xp = x.__array_namespace__()
        mask = x > 0
        inner = jit(lambda a, m: np.where(m, a, 0.0).sum())(x, mask)
        count = jit(lambda m: m.sum())(mask)
        twice = fgrad.lax.cond(mask[0], lambda a: a * 2, lambda a: a, x).sum()
        again = fgrad.checkpoint(lambda a, m: np.where(m, a**2, 0.0).sum())(x, mask)
        mapped = vmap(lambda a, m: np.where(m, a**3, 0.0))(x, mask).sum()
        total = sum(x[i] for i in xp.arange(3))
        return kept(x, mask).sum() + inner + count + twice + again + mapped + total

    x = np.array([1.0, -2.0, 3.0])
    want = np.where(x > 0, 2 + 1 + 2 * x + 3 * x**2, 0.0) + 2 + 1
    np.testing.assert_allclose(grad(f)(x), want, rtol=1e-14)
