"""Fourier transforms: against JAX, at the edges, and with kind messages."""

import subprocess
import sys

import numpy as np
import pytest

import fgrad
import fgrad.numpy as fnp

rng = np.random.default_rng(0)
X = rng.normal(size=(3, 6))
Z = X + 1j * rng.normal(size=(3, 6))
CALLS = {
    "fft": lambda fft, x: fft.fft(x, 8, 0, "ortho"),
    "ifft": lambda fft, x: fft.ifft(x, 4),
    "rfft odd": lambda fft, x: fft.rfft(x.real, 5),
    "rfft even, padded": lambda fft, x: fft.rfft(x.real, 8, norm="forward"),
    "irfft odd": lambda fft, x: fft.irfft(x, 9, norm="ortho"),
    "irfft even, cut": lambda fft, x: fft.irfft(x, 6),
    "hfft": lambda fft, x: fft.hfft(x, 7),
    "ihfft": lambda fft, x: fft.ihfft(x.real, axis=0),
    "fft2": lambda fft, x: fft.fft2(x),
    "rfftn": lambda fft, x: fft.rfftn(x.real, (4, 3), (0, 1)),
    "irfftn": lambda fft, x: fft.irfftn(x, axes=(1, 0)),
}


@pytest.mark.parametrize("name", CALLS)
def test_values_and_cotangents_are_those_of_jax(name):
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        theirs, pull = jax.vjp(lambda x: CALLS[name](jax.numpy.fft, x), Z)
        local = np.random.default_rng(1)
        ct = local.normal(size=theirs.shape).astype(theirs.dtype)
        expected = pull(jax.numpy.asarray(ct))[0]
    ours, pull = fgrad.vjp(lambda x: CALLS[name](np.fft, x), Z)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(pull(ct)[0], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("in_axes", [0, 1, -1])
def test_any_axis_can_be_mapped(in_axes):
    x = rng.normal(size=(4, 4, 4))
    got = fgrad.vmap(lambda m: np.fft.rfft(m, 5, 0), in_axes, 1)(x)
    rows = [np.fft.rfft(m, 5, 0) for m in np.moveaxis(x, in_axes, 0)]
    np.testing.assert_array_equal(got, np.stack(rows, 1))


def test_single_precision_stays():
    x = X.astype(np.float32)
    g = fgrad.grad(lambda x: np.sum(np.abs(np.fft.rfft(x)) ** 2))(x)
    assert g.dtype == np.float32
    assert fgrad.jit(np.fft.fft)(x).dtype == np.complex64


def test_of_integers_and_numbers_in_lists():
    g = fgrad.grad(lambda x: fnp.fft.fft([x, 2.0, 3 * x]).real[0])(1.0)
    assert g == 4.0
    got = fgrad.vmap(np.fft.rfft)(np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(got, np.fft.rfft(np.arange(6).reshape(2, 3)))


def test_of_the_sizes_without_axes_numpy_warns():
    with pytest.warns(DeprecationWarning, match="axes"):
        fgrad.jit(lambda x: np.fft.fftn(x, (2, 2)))(X)


BAD = {
    "no points": (lambda x: np.fft.fft(x[:0]), ValueError, "data point"),
    "n=0": (lambda x: np.fft.irfft(x, 0), ValueError, "n=0 along axis 0"),
    "axis": (lambda x: np.fft.fft(x, axis=1), np.exceptions.AxisError, "axis 1"),
    "norm": (lambda x: np.fft.fft(x, norm="orto"), ValueError, "'orto'"),
    "complex": (lambda x: np.fft.rfft(x + 0j), TypeError, r"rfft\(x.real\)"),
    "lengths": (lambda x: np.fft.fftn(x, (2,), (0, 0)), ValueError, "lengths"),
    "None": (lambda x: np.fft.fftn(x, (None,), (0,)), ValueError, "write -1"),
    "out": (lambda x: np.fft.fft(x, out=np.zeros(3, complex)), TypeError, "out="),
}


@pytest.mark.parametrize("name", BAD)
def test_messages(name):
    function, error, words = BAD[name]
    with pytest.raises(error, match=words):
        fgrad.make_jaxpr(function)(np.ones(3))


def test_numpy_fft_waits_until_it_is_used():
    """NumPy imports its ``fft`` late, and so do fgrad's definitions."""
    script = """
import sys, numpy as np, fgrad
assert "numpy.fft" not in sys.modules
assert fgrad.grad(lambda x: np.fft.fft(x).real[0])(np.ones(2)).tolist() == [1.0, 1.0]
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
