"""Joining, rearranging, sorting: NumPy's values, the permutation's derivative."""

import numpy as np
import pytest

import fgrad.numpy  # noqa: F401  (gives tracers their operators)
from fgrad.ops import shape as ops
from fgrad.ops import sort as sorting
from fgrad.transforms.grad import grad
from fgrad.transforms.jvp import jvp
from fgrad.transforms.vmap import vmap

RNG = np.random.default_rng(11)
X = RNG.standard_normal((2, 3, 4))
V = np.array([3.0, 1.0, 2.0])
INDICES = RNG.integers(-4, 4, (2, 3, 5))


def numpy_ravel_f(x):
    return np.ravel(x, "F")


# fmt: off
CASES = {
    "concat": (lambda x: ops.concat([x, x[:, :1], 2 * x], 1),
               lambda x: np.concatenate([x, x[:, :1], 2 * x], 1)),
    "concat negative": (lambda x: ops.concat((x, X), -1),
                        lambda x: np.concatenate((x, X), -1)),
    "concat flat": (lambda x: ops.concat([x, [1.0, 2.0]], None),
                    lambda x: np.concatenate([x, [1.0, 2.0]], None)),
    "concat of one array": (lambda x: ops.concat(x), np.concatenate),
    "stack": (lambda x: ops.stack_arrays([x, X], -1), lambda x: np.stack([x, X], -1)),
    "stack of one array": (lambda x: ops.stack_arrays(x, 1), lambda x: np.stack(x, 1)),
    "pad": (lambda x: ops.pad_constant(x, [(1, 2), (0, 1), (3, 0)], 7),
            lambda x: np.pad(x, [(1, 2), (0, 1), (3, 0)], constant_values=7)),
    "pad one pair": (lambda x: ops.pad_constant(x, (1, 2)),
                     lambda x: np.pad(x, (1, 2))),
    "pad one number": (lambda x: ops.pad_constant(x, 2), lambda x: np.pad(x, 2)),
    "flip": (ops.flip_axes, np.flip),
    "flip some": (lambda x: ops.flip_axes(x, (0, -1)), lambda x: np.flip(x, (0, -1))),
    "repeat": (lambda x: ops.repeat_elements(x, 2), lambda x: np.repeat(x, 2)),
    "repeat axis": (lambda x: ops.repeat_elements(x, [3], -1),
                    lambda x: np.repeat(x, [3], -1)),
    "repeat each": (lambda x: ops.repeat_elements(x, [2, 0, 1], 1),
                    lambda x: np.repeat(x, [2, 0, 1], 1)),
    "tile": (lambda x: ops.tile(x, 2), lambda x: np.tile(x, 2)),
    "tile more": (lambda x: ops.tile(x, (2, 1, 3, 2)),
                  lambda x: np.tile(x, (2, 1, 3, 2))),
    "expand": (lambda x: ops.expand_dims(x, (0, -1)),
               lambda x: np.expand_dims(x, (0, -1))),
    "expand one": (lambda x: ops.expand_dims(x, -2), lambda x: np.expand_dims(x, -2)),
    "squeeze": (lambda x: ops.squeeze(x[:1, :, :1]),
                lambda x: np.squeeze(x[:1, :, :1])),
    "squeeze axis": (lambda x: ops.squeeze(x[:1, :, :1], -1),
                     lambda x: np.squeeze(x[:1, :, :1], -1)),
    "moveaxis": (lambda x: ops.moveaxis(x, (0, -1), (1, 0)),
                 lambda x: np.moveaxis(x, (0, -1), (1, 0))),
    "moveaxis one": (lambda x: ops.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, 0, -1)),
    "swapaxes": (lambda x: ops.swapaxes(x, 0, -1), lambda x: np.swapaxes(x, 0, -1)),
    "transpose": (ops.transpose_axes, np.transpose),
    "transpose axes": (lambda x: ops.transpose_axes(x, [-1, 0, 1]),
                       lambda x: np.transpose(x, [-1, 0, 1])),
    "reshape": (lambda x: ops.reshape_to(x, (4, -1)), lambda x: np.reshape(x, (4, -1))),
    "reshape F": (lambda x: ops.reshape_to(x, (4, 6), "F"),
                  lambda x: np.reshape(x, (4, 6), "F")),
    "ravel": (ops.ravel, np.ravel),
    "ravel F": (lambda x: ops.ravel(x, "F"), numpy_ravel_f),
    "broadcast": (lambda x: ops.broadcast_to_shape(x, (5, 2, 3, 4)),
                  lambda x: np.broadcast_to(x, (5, 2, 3, 4))),
    "roll": (lambda x: ops.roll(x, 5), lambda x: np.roll(x, 5)),
    "roll axis": (lambda x: ops.roll(x, -1, 2), lambda x: np.roll(x, -1, 2)),
    "roll axes": (lambda x: ops.roll(x, (1, 2), (0, -1)),
                  lambda x: np.roll(x, (1, 2), (0, -1))),
    "roll twice": (lambda x: ops.roll(x, 1, (0, 0, 1)),
                   lambda x: np.roll(x, 1, (0, 0, 1))),
    "sort": (sorting.sort, np.sort),
    "sort axis": (lambda x: sorting.sort(x, 0, kind="stable"),
                  lambda x: np.sort(x, 0, kind="stable")),
    "sort flat": (lambda x: sorting.sort(x, None), lambda x: np.sort(x, None)),
    "partition": (lambda x: sorting.partition(x, 2), lambda x: np.partition(x, 2)),
    "partition more": (lambda x: sorting.partition(x, (0, -1), 1),
                       lambda x: np.partition(x, (0, -1), 1)),
    "take_along_axis": (lambda x: sorting.take_along_axis(x, INDICES),
                        lambda x: np.take_along_axis(x, INDICES, -1)),
    "take_along_axis broadcast": (
        lambda x: sorting.take_along_axis(x, INDICES[:1, :1, :1] % 2, 0),
        lambda x: np.take_along_axis(x, INDICES[:1, :1, :1] % 2, 0)),
    "take_along_axis flat": (
        lambda x: sorting.take_along_axis(x, INDICES[0, 0], None),
        lambda x: np.take_along_axis(x, INDICES[0, 0], None)),
}
# fmt: on


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128, np.int16])
def test_values_are_those_of_numpy(name, dtype):
    ours, numpys = CASES[name]
    for x in (X.astype(dtype), (4 * X[::-1]).astype(dtype)[..., ::-1]):
        z, expected = ours(x), numpys(x)
        assert (z.shape, z.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_array_equal(z, expected)


@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_a_linear_map(name):
    """Near ``X`` each function is affine: its Jacobian is a difference of values."""
    ours, numpys = CASES[name]
    z, expected = numpys(X), np.zeros(X.shape)
    weights = np.cos(np.arange(z.size)).reshape(z.shape)
    step = 1e-4
    for i in np.ndindex(X.shape):
        up, down = X.copy(), X.copy()
        up[i] += step
        down[i] -= step
        expected[i] = (weights * (numpys(up) - numpys(down))).sum() / (2 * step)
    actual = grad(lambda x: ops.ravel(ours(x)) @ weights.ravel())(X)
    np.testing.assert_allclose(actual, expected, atol=1e-9)
    t = np.sin(np.arange(X.size)).reshape(X.shape)
    pushed = jvp(ours, (X,), (t,))[1]
    np.testing.assert_allclose((weights * pushed).sum(), (expected * t).sum())


@pytest.mark.parametrize("name", CASES)
def test_vmap_is_a_loop(name):
    ours, numpys = CASES[name]
    batch = np.stack([X, -X, X[::-1]], axis=-1)
    expected = np.stack([numpys(batch[..., i]) for i in range(3)])
    np.testing.assert_array_equal(vmap(ours, in_axes=-1)(batch), expected)


@pytest.mark.parametrize(
    "where", [3, [1], [1, 3], [-1], [2, 9], np.array([0, 2]), np.array(2)]
)
def test_split(where):
    x = np.arange(24.0).reshape(2, 3, 4).transpose(0, 2, 1)
    ours = ops.array_split(x, where, 1)
    expected = np.array_split(x, where, 1)
    assert [a.tolist() for a in ours] == [b.tolist() for b in expected]


def test_the_gradient_through_a_split():
    second = lambda x: ops.split(x, 3)[1][0]
    assert grad(second)(V).tolist() == [0, 1, 0]


def test_the_padding_value_has_a_derivative():
    total = lambda v: ops.ravel(ops.pad_constant(V, (2, 1), v)) @ np.arange(6.0)
    assert grad(total)(4.0) == 0 + 1 + 5
    assert jvp(total, (4.0,), (2.0,))[1] == 12
    padded = vmap(lambda v: ops.pad_constant(V, (1, 0), v))(np.array([7.0, 8.0]))
    assert padded[:, 0].tolist() == [7, 8]


def test_stack_takes_scalars():
    z = ops.stack_arrays([2.0, np.float64(3.0)])
    assert z.tolist() == [2, 3]
    gradient = grad(lambda t: ops.stack_arrays([t, 1.0, t * t]) @ np.arange(3.0))
    assert gradient(3.0) == 12


def test_concatenated_float32_gets_a_float32_gradient():
    gradient = grad(lambda x: ops.concat([x, V]) @ np.arange(6.0))
    assert gradient(V.astype(np.float32)).dtype == np.float32


# -- sort --------------------------------------------------------------------------


def test_sort_puts_nan_last_as_numpy_does():
    x = np.array([2.0, np.nan, 1.0])
    np.testing.assert_array_equal(sorting.sort(x), np.sort(x))
    first = lambda x: sorting.sort(x)[0]
    assert grad(first)(x).tolist() == [0, 0, 1]


def test_ties_keep_their_order():
    x = np.array([2.0, 1.0, 2.0, 1.0])
    weights = np.array([1.0, 10.0, 100.0, 1000.0])
    assert grad(lambda x: sorting.sort(x) @ weights)(x).tolist() == [100, 1, 1000, 10]


def test_partition_gives_the_gradient_to_the_right_element():
    x = RNG.permutation(1001.0 * np.arange(300) % 97)
    weights = np.arange(300.0)
    z, t = jvp(lambda x: sorting.partition(x, 150), (x,), (x,))
    np.testing.assert_array_equal(t, z)
    ct = grad(lambda x: sorting.partition(x, 150) @ weights)(x)
    np.testing.assert_allclose(ct @ x, weights @ np.partition(x, 150))


def test_argsort_and_argpartition_are_those_of_numpy():
    for stable in (None, False, True):
        np.testing.assert_array_equal(
            sorting.arg_sort(X, 1, stable=stable), np.argsort(X, 1, stable=stable)
        )
    z = sorting.arg_partition(X, 1)
    np.testing.assert_array_equal(z, np.argpartition(X, 1))


def test_repeated_indices_add_up():
    total = lambda x: sorting.take_along_axis(x, np.array([0, 0, -1])) @ V
    assert grad(total)(V).tolist() == [4, 0, 2]


def test_sorting_derivatives_are_those_of_jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    weights = np.cos(np.arange(24.0)).reshape(X.shape)
    ours = grad(lambda x: ops.ravel(sorting.sort(x * x, 1)) @ weights.ravel())
    theirs = jax.grad(lambda x: (jax.numpy.sort(x * x, 1) * weights).sum())
    np.testing.assert_allclose(ours(X), theirs(X), rtol=1e-12)


# -- mistakes ----------------------------------------------------------------------

# fmt: off
MISTAKES = [
    (lambda: ops.reshape_to(X, (5, -1)), ValueError, r"\(2, 3, 4\).*\(5, -1\)"),
    (lambda: ops.reshape_to(X, (-1, -1)), ValueError, r"\(-1, -1\)"),
    (lambda: ops.reshape_to(X, 24, "K"), ValueError, "order must be 'C' or 'F'"),
    (lambda: ops.broadcast_to_shape(V, (3, 2)), ValueError, r"\(3,\).*\(3, 2\)"),
    (lambda: ops.broadcast_to_shape(X, (4,)), ValueError, "does not broadcast"),
    (lambda: ops.concat([]), ValueError, "at least one array"),
    (lambda: ops.concat([V, 1.0]), ValueError, "include a scalar"),
    (lambda: ops.concat([X, V]), ValueError, r"\(2, 3, 4\), \(3,\)"),
    (lambda: ops.concat(3.0), TypeError, "sequence of arrays"),
    (lambda: ops.concat([V, V], 1), IndexError, "axis 1 is out of bounds"),
    (lambda: ops.stack_arrays([V, X]), ValueError, "must be the same"),
    (lambda: ops.split(V, 2), ValueError, "array_split allows"),
    (lambda: ops.array_split(V, 0), ValueError, "must be positive"),
    (lambda: ops.squeeze(X, 1), ValueError, r"axis 1 of shape \(2, 3, 4\)"),
    (lambda: ops.moveaxis(X, (0, 1), 0), ValueError, "2 source axes for 1"),
    (lambda: ops.transpose_axes(X, (0, 1)), ValueError, "do not match"),
    (lambda: ops.transpose_axes(X, (0, 0, 1)), ValueError, "twice"),
    (lambda: ops.pad_constant(V, (-1, 0)), ValueError, "negative"),
    (lambda: ops.pad_constant(V, [(1, 1), (1, 1)]), ValueError, "do not fit"),
    (lambda: ops.pad_constant(V, 1, V), ValueError, "must be a scalar"),
    (lambda: ops.repeat_elements(V, [1, 2]), ValueError, "2 repeats for axis 0"),
    (lambda: ops.repeat_elements(V, -1), ValueError, "not negative"),
    (lambda: sorting.sort(V, kind="bubble"), ValueError, "kind must be"),
    (lambda: sorting.sort(V, kind="stable", stable=True), ValueError, "not both"),
    (lambda: sorting.sort(2.0), IndexError, "axis -1"),
    (lambda: sorting.partition(V, 3), ValueError, "kth=3 is out of bounds"),
    (lambda: sorting.take_along_axis(V, V), IndexError, "must be integers"),
    (lambda: sorting.take_along_axis(X, INDICES[0]), ValueError, "number of axes"),
]
# fmt: on


@pytest.mark.parametrize(("mistake", "error", "message"), MISTAKES)
def test_mistakes_are_explained(mistake, error, message):
    with pytest.raises(error, match=message):
        mistake()
