"""Rows added where an index says, as often as it says it: the bits of np.add.at."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fgrad.numpy as fnp
from fgrad import grad, jit, jvp, vmap
from fgrad.ops import add_at as module
from fgrad.ops.add_at import add_at, add_rows

from .numerics import assert_same_bits

rng = np.random.default_rng(0)


def terms(shape, dtype):
    """Return numbers of very different sizes, zeros of both signs among them."""
    scale = 10.0 ** rng.integers(-8, 8, shape)
    y = rng.normal(size=shape) * scale * rng.choice([0.0, 1.0, 1.0], shape)
    return y.astype(dtype)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60),
    st.sampled_from([1, 3, 31, 32, 64, 383, 384, 500]),
    st.integers(1, 150),
    st.sampled_from(["f4", "f8", "c16", "i8"]),
    st.integers(1, 1 << 14),
)
def test_rows_get_the_bits_of_numpy(names, width, count, dtype, block):
    rows = rng.integers(0, names, count)
    y = terms((count, width), dtype)
    want, z = np.full((2, names, width), 0.5).astype(dtype)
    np.add.at(want, rows, y)
    before, module._BLOCK = module._BLOCK, block
    try:
        add_rows(z, rows, y)
    finally:
        module._BLOCK = before
    assert_same_bits(z, want)


I, J, K = (
    rng.integers(-6, 6, (9, 2)),
    rng.integers(-7, 7, 2),
    rng.integers(-8, 8, (9, 1)),
)
ALL = slice(None)
INDICES = [
    (I,), (ALL, J), (..., K), (I, J), (I, J, K), (3, J), (ALL, -3, K), (ALL, J, K),
    (I, ...), (I, ALL, K), (ALL, ALL, K), (I, None), (I.astype("u1") % 6,),
    (np.array(2), ALL, K), (slice(1, 4), J), (I, slice(1, 4)),
]  # fmt: skip


@pytest.mark.parametrize("idx", INDICES)
def test_every_index_gets_the_bits_of_numpy(idx, monkeypatch):
    monkeypatch.setattr(module, "_FEW", 0)
    x = rng.normal(size=(6, 7, 8))
    full = terms(x[idx].shape, float)
    for y in (full, full[..., :1], np.array(0.1), np.asfortranarray(full)):
        for base in (x, np.asfortranarray(x), x[::-1]):
            want, z = base.copy("K"), base.copy("K")
            np.add.at(want, idx, y)
            add_at(z, idx, y)
            assert_same_bits(z, want)


@pytest.mark.parametrize("idx", [(np.array([0, 6]),), (ALL, np.array([-8]))])
def test_out_of_bounds_raises_as_numpy_does(idx, monkeypatch):
    monkeypatch.setattr(module, "_FEW", 0)
    with pytest.raises(IndexError, match="out of bounds for axis"):
        add_at(np.zeros((6, 7)), idx, np.array(1.0))


def test_no_rows_and_no_columns(monkeypatch):
    monkeypatch.setattr(module, "_FEW", 0)
    for shape, i in (((3, 0), [0, 1]), ((3, 2), []), ((0, 2), [])):
        z, i = np.zeros(shape), np.array(i, int)
        add_at(z, (i,), np.ones((len(i), shape[1])))
        assert not z.any()


TABLE = rng.normal(size=(50, 40))
TOKENS = rng.integers(-50, 50, (30, 4))


@pytest.mark.parametrize(
    "read",
    [
        lambda x, i: x[i],
        lambda x, i: fnp.take(x, i, axis=0),
        lambda x, i: fnp.take(x, i % 40, axis=1),
        lambda x, i: x[i, i % 40],
        lambda x, i: vmap(lambda k: fnp.take(x, k, axis=0))(i),
        lambda x, i: vmap(lambda k: fnp.take(x, k, 0), 1)(i),
    ],
)
def test_gradient_of_a_table(read):
    loss = lambda x, i: fnp.sum(fnp.sin(read(x, i)) * 0.3)
    gradient = grad(loss)(TABLE, TOKENS)
    assert_same_bits(jit(grad(loss))(TABLE, TOKENS), gradient)
    assert_same_bits(jit(read)(TABLE, TOKENS), read(TABLE, TOKENS))
    want = np.zeros_like(TABLE)
    at = read(np.arange(TABLE.size).reshape(TABLE.shape), TOKENS).reshape(-1)
    np.add.at(want.reshape(-1), at, np.cos(TABLE.reshape(-1)[at]))
    np.testing.assert_allclose(gradient, want * 0.3, rtol=1e-12, atol=1e-14)


def test_gradient_of_a_table_is_that_of_jax():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        theirs = jax.grad(lambda x: jax.numpy.sum(jax.numpy.sin(x[TOKENS])))(TABLE)
    ours = grad(lambda x: np.sum(np.sin(x[TOKENS])))(TABLE)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_an_update_is_that_of_numpy():
    y = terms((30, 4, 40), float)
    want = TABLE.copy()
    np.add.at(want, TOKENS, y)
    add = lambda x, y: fnp.at(x)[TOKENS].add(y)
    for f in (add, jit(add)):
        assert_same_bits(f(TABLE, y), want)


def read_rows(x, i):
    return x[i]


def traced_rows(x, i):
    return jvp(lambda x: read_rows(x, i), (x,), (x,))[0]


@pytest.mark.parametrize("read", [jit(read_rows), traced_rows])
def test_rows_are_read_in_the_layout_of_numpy(read):
    for x in (TABLE, TABLE.T, TABLE[::2], TABLE[:, ::-1], np.asfortranarray(TABLE)):
        for i in (TOKENS, TOKENS.T, TOKENS[::2, 1], TOKENS[:, 0].astype("i2")):
            z, want = read(x, i % 20), x[i % 20]
            assert_same_bits(z, want)
            assert z.strides == want.strides


def test_rows_have_a_name_in_the_source():
    assert "rows(x, i)" in jit(read_rows).lower(TABLE, TOKENS).as_text()


def test_rows_out_of_bounds_say_the_shape():
    for x in (np.ones((3, 2)), np.ones((0, 2))):
        for f in (jit(read_rows), traced_rows):
            with pytest.raises(IndexError, match=r"out of bounds .*shape \(\d, 2\)"):
                f(x, np.array([5]))
