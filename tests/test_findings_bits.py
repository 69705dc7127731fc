"""What random programs found (`random_programs`), one small program each."""

import numpy as np
import pytest

from fgrad import jit, make_jaxpr


@pytest.mark.parametrize("fun", [
    lambda x: (x,),
    lambda x: (x + 1.0, x),
    lambda x: (np.median(x), np.median(x)),
    lambda x: (x[...], x),
])  # fmt: skip
def test_outputs_without_axes_are_fresh_memory(fun):
    x = np.array(1.5)
    outs = [x, *jit(fun)(x)]
    arrays = [z for z in outs if isinstance(z, np.ndarray)]
    for i, a in enumerate(arrays):
        assert not any(np.shares_memory(a, b) for b in arrays[i + 1 :])


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3)])
def test_partition_of_nothing_takes_any_place(shape):
    for function in (np.partition, np.argpartition):
        out = jit(lambda x, function=function: function(x, 5))(np.zeros(shape))
        assert out.shape == function(np.zeros(shape), 5).shape == shape


@pytest.mark.parametrize("fun", [
    lambda x: np.abs(np.negative(-x)) ** x,
    lambda x: np.exp(np.negative(-x)),
    lambda x: np.exp(x * 1.0),
    lambda x: np.exp((x - 0)[::2]),
    lambda x: np.sum(np.reshape(np.reshape(x, (-1,)), x.shape)),
    lambda x: np.sum(x / 1, axis=0),
])  # fmt: skip
@pytest.mark.parametrize("layout", [
    lambda x: x[::-1, ::-1], lambda x: x[:, ::2], lambda x: x.T, lambda x: x[::2, ::-1],
])  # fmt: skip
def test_an_identity_makes_a_dense_array(fun, layout):
    """NumPy's loops over strided operands round in another way."""
    for seed in range(10):
        x = layout(np.random.default_rng(seed).normal(size=(40, 40)))
        assert jit(fun)(x).tobytes() == fun(x).tobytes()


@pytest.mark.parametrize("fun", [
    lambda x: np.tanh(x) @ np.tanh(x).T,
    lambda x: np.tanh(x).T @ np.tanh(x),
    lambda x: (x + 1.0) @ np.swapaxes(1.0 + x, 0, 1),
    lambda x: np.cos(np.sin(x)) @ np.cos(np.sin(x)).T,
    lambda x: x @ x.T,
])  # fmt: skip
def test_equal_factors_of_a_product_stay_two_arrays(fun):
    """BLAS has another routine for an array and its own transpose."""
    for shape in ((4, 1000), (33, 33)):
        for dtype in (np.float32, np.float64):
            x = np.random.default_rng(0).normal(size=shape).astype(dtype)
            assert jit(fun)(x).tobytes() == fun(x).tobytes()


def test_copied_outputs_keep_their_layout():
    x = np.random.default_rng(0).normal(size=(40, 30)).T
    for out in (*jit(lambda x: (x, x.T))(x), *jit(lambda x: (x.T, x + 1.0, x.T))(x)):
        assert out.strides in (x.strides, x.T.strides)
    first = jit(lambda x: x)(x)
    assert np.sum(first) == np.sum(x)


def test_identities_before_arithmetic_go():
    text = jit(lambda x: np.sin(x * 1.0 + 2.0)).lower(np.ones(3)).as_text()
    assert "1.0" not in text


@pytest.mark.parametrize("fun", [
    np.sinc, np.round, lambda x: np.frexp(x)[0],
    lambda x: x**2, lambda x: np.power(x, 2),
])  # fmt: skip
@pytest.mark.parametrize("char", "?bhief")
def test_the_dtype_that_numpy_gives_is_known(fun, char):
    x = np.ones(2, char)
    for known in (make_jaxpr(fun)(x).out_avals[0], jit(fun)(x)):
        assert known.dtype == fun(x).dtype
