"""What users of NumPy code ran into: layouts, views, read-only arrays, lists."""

import numpy as np
import pytest

import fgrad.numpy as fnp
from fgrad import grad, jit, jvp, vjp, vmap
from fgrad.errors import TracerMutationError

A = np.arange(6.0).reshape(2, 3)
TRACED = [
    jit,
    lambda f: lambda x: vjp(f, x)[0],
    lambda f: lambda x: jvp(f, (x,), (x,))[0],
]


# -- memory order --------------------------------------------------------------------


@pytest.mark.parametrize("order", ["A", "K"])
@pytest.mark.parametrize("traced", TRACED)
def test_memory_order_of_a_traced_matrix_is_refused(order, traced):
    for f in (
        lambda v: v.T.ravel(order),
        lambda v: v.flatten(order),
        lambda v: np.ravel(v, order=order),
        lambda v: v.reshape(-1, order=order),
    ):
        with pytest.raises(ValueError, match=r"Write order='C'.*order='F'"):
            traced(f)(A)


@pytest.mark.parametrize("order", ["A", "K"])
def test_memory_order_of_one_long_axis_is_known(order):
    for x in (A[:1], A[:, 1:2], A[1], A[:0], A[1, ::-1]):
        assert np.array_equal(jit(lambda v: v.ravel(order))(x), x.ravel(order))
        assert np.array_equal(jit(lambda v: v.T.flatten(order))(x), x.T.flatten(order))


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
def test_copies_keep_the_places_of_elements(order):
    for f in (
        lambda v: np.copy(v.T, order=order),
        lambda v: v.T.copy(order),
        lambda v: v.T.astype(np.float32, order=order),
        lambda v: fnp.array(v.T, order=order),
    ):
        assert np.array_equal(jit(f)(A), f(A))


# -- views ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "view",
    [
        lambda y: np.meshgrid(y, copy=False)[0],
        lambda y: np.meshgrid(y, y, copy=False, sparse=True)[0],
        lambda y: fnp.require(y),
        lambda y: np.apply_over_axes(np.sum, y, []),
    ],
)
def test_writes_to_views_reach_the_array_or_are_refused(view):
    def f(x):
        y = x * 2.0
        view(y)[...] = 7.0
        return y

    assert (f(A[0]) == 7.0).all()
    try:
        assert (jit(f)(A[0]) == 7.0).all()
    except TracerMutationError:
        pass


def test_coordinates_of_meshgrid_are_copies():
    def f(x):
        a, b = np.meshgrid(x, x)
        (c,) = np.meshgrid(x)
        a[0] = c[0] = 7.0
        return a + b + c

    assert np.array_equal(jit(f)(A[0]), f(A[0]))


@pytest.mark.parametrize(
    "made",
    [
        lambda x: np.broadcast_to(x[0, 0], (3,)),
        lambda x: np.broadcast_to(x * 2.0, (2, 3)),
        lambda x: np.broadcast_to(x[0], (2, 3))[1:],
        lambda x: np.broadcast_arrays(x * 2.0, x[0])[1],
        lambda x: np.diagonal(x * 2.0),
        lambda x: np.lib.stride_tricks.sliding_window_view(x * 2.0, 2, axis=1),
    ],
)
@pytest.mark.parametrize("traced", TRACED)
def test_read_only_arrays_stay_so(made, traced):
    def assigned(x):
        y = made(x)
        y[0] = 7.0
        return y

    def added(x):
        y = made(x)
        y += 7.0
        return y

    for f in (assigned, added):
        with pytest.raises(TracerMutationError, match=r"read-only.*x\.copy\(\)"):
            traced(f)(A)


def test_copies_of_read_only_arrays_can_be_written_to():
    def f(x):
        y = np.broadcast_to(x[0, 0], (3,)).copy()
        y[0] = 7.0
        z, _ = np.broadcast_arrays(x * 2.0, x)
        z[0] = 7.0
        w = np.tile(x[0], 2)
        w[0] = 7.0
        return y, z, w, np.broadcast_to(x, (2, 2, 3)) + 1.0

    for a, b in zip(jit(f)(A), f(A), strict=True):
        assert np.array_equal(a, b)


def test_one_element_is_not_an_array_of_one():
    def f(x):
        y = x.copy()
        y[0, 1] = x[:1, 1]
        return y

    with pytest.raises(ValueError, match=r"v\.item\(\)"):
        jit(f)(A)


# -- lists of traced indices ---------------------------------------------------------

READS = [
    lambda v: v[[np.argmax(v) % 2, 0]],
    lambda v: v[np.argmax(v) % 2, [0, np.argmin(v) % 3]],
    lambda v: v[[[np.argmax(v) % 2], [0]], [1, 2]],
    lambda v: v[:, (np.argmin(v) % 3, -1)],
]


@pytest.mark.parametrize("f", READS)
def test_lists_of_traced_indices_read(f):
    assert np.array_equal(jit(f)(A), f(A))
    assert np.array_equal(vjp(f, A)[0], f(A))
    many = np.stack([A, -A, A[::-1]])
    assert np.array_equal(vmap(f)(many), np.stack([f(a) for a in many]))
    slope = grad(lambda v: (f(v) ** 2).sum())
    assert np.array_equal(jit(slope)(A), slope(A))


def test_lists_of_traced_indices_write():
    def f(v):
        v = v.copy()
        p = np.argmax(v[:, 0])
        v[[0, p]] = v[[p, 0]]
        v[p, [p, 0]] = 7.0
        return v

    assert np.array_equal(jit(f)(A), f(A))
    assert np.array_equal(vjp(f, A)[0], f(A))
    many = np.stack([A, -A])
    assert np.array_equal(vmap(f)(many), np.stack([f(a) for a in many]))


# -- norms ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_norms_add_in_the_order_of_the_memory(dtype):
    x = np.random.default_rng(0).normal(size=(40, 5)).astype(dtype)
    for f in (
        lambda v: np.linalg.norm(v.T),
        lambda v: np.linalg.norm(v[:, 0]),
        lambda v: np.linalg.norm(v[::-2, 1:], keepdims=True),
        lambda v: np.linalg.norm(v.T, "fro"),
    ):
        for traced in TRACED:
            assert np.array_equal(traced(f)(x), f(x))


def test_norms_of_zero_have_gradient_zero():
    slope = grad(np.linalg.norm)
    assert not slope(np.zeros((2, 3))).any()
    assert np.isfinite(jit(grad(lambda x: slope(x).sum()))(np.zeros(3))).all()


# -- rows that change places ---------------------------------------------------------


def test_rows_that_change_places_get_a_hint():
    def exchanged(x):
        y = x.copy()
        y[0], y[1] = y[1], y[0]
        return y

    def shuffled(x):
        y = x.copy()
        np.random.default_rng(0).shuffle(y)
        return y

    def right(x):
        y = x.copy()
        y[[0, 1]] = y[[1, 0]]
        return y

    with pytest.raises(TracerMutationError, match=r"y\[\[0, 1\]\] = y\[\[1, 0\]\]"):
        jit(exchanged)(A)
    with (
        pytest.warns(UserWarning, match="shuffling"),
        pytest.raises(TracerMutationError, match=r"x\[rng.permutation\(len\(x\)\)\]"),
    ):
        jit(shuffled)(A)
    assert np.array_equal(jit(right)(A), A[::-1])
