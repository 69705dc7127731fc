"""SciPy's signal processing: gradients against JAX, inverses, kind messages."""

import numpy as np
import pytest

import fgrad

signal = pytest.importorskip("fgrad.scipy.signal", exc_type=ImportError)

rng = np.random.default_rng(0)
X, K = rng.normal(size=(6, 7)), rng.normal(size=(2, 3))
LONG = rng.normal(size=64)
CALLS = {
    "convolve": (lambda s, x: s.convolve(x, K, "same"), X),
    "correlate": (lambda s, x: s.correlate(x, K, "valid"), X),
    "convolve2d": (lambda s, x: s.convolve2d(x, K), X),
    "correlate2d": (lambda s, x: s.correlate2d(x, K, "full"), X),
    "fftconvolve": (lambda s, x: s.fftconvolve(x, K, "same"), X),
    "detrend": (lambda s, x: s.detrend(x, type="linear"), X),
    "welch": (lambda s, x: s.welch(x, nperseg=16)[1], LONG),
    "csd": (lambda s, x: abs(s.csd(x, x**2, nperseg=16)[1]), LONG),
    "stft": (lambda s, x: abs(s.stft(x, nperseg=16)[2]), LONG),
    "istft": (lambda s, x: s.istft(x + 2j * x, nperseg=10)[1], X),
}


@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients_are_those_of_jax(name):
    jax = pytest.importorskip("jax")
    import jax.scipy.signal as theirs

    f, x = CALLS[name]
    with jax.enable_x64(True):
        value = jax.jit(lambda x: f(theirs, x))(x)
        weights = np.cos(np.arange(value.size)).reshape(value.shape)
        expected = jax.jit(jax.grad(lambda x: (f(theirs, x) * weights).sum()))(x)
    np.testing.assert_allclose(f(signal, x), value, rtol=1e-6, atol=1e-7)
    loss = lambda x: np.sum(f(signal, x) * weights)
    for gradient in (fgrad.grad(loss), fgrad.jit(fgrad.grad(loss))):
        np.testing.assert_allclose(gradient(x), expected, rtol=1e-6, atol=1e-7)


def test_a_transform_and_its_inverse():
    f = lambda x: signal.istft(signal.stft(x, nperseg=16)[2], nperseg=16)[1]
    np.testing.assert_allclose(fgrad.jit(f)(LONG), LONG, atol=1e-12)
    np.testing.assert_allclose(fgrad.jacobian(f)(LONG), np.eye(64), atol=1e-12)


def test_a_filter_is_a_scan():
    b, a = np.array([0.5, 0.2]), np.array([1.0, -0.3, 0.1])

    def loop(b, a, x):
        y = []
        for n in range(len(x)):
            ahead = sum(b[k] * x[n - k] for k in range(2) if n >= k)
            y.append(ahead - sum(a[k] * y[n - k] for k in (1, 2) if n >= k))
        return fgrad.numpy.array(y)

    total = lambda f: lambda *args: np.sum(f(*args) ** 2)
    ours = fgrad.grad(total(signal.lfilter), (0, 2))(b, a, LONG[:9])
    expected = fgrad.grad(total(loop), (0, 2))(b, a, LONG[:9])
    for x, y in zip(ours, expected):
        np.testing.assert_allclose(x, y, rtol=1e-12)
    g = fgrad.grad(total(signal.lfilter), 1)(b, a, LONG[:9])
    np.testing.assert_allclose(g[1:], fgrad.grad(total(loop), 1)(b, a, LONG[:9])[1:])


BAD = {
    "rank": (lambda x: signal.convolve(x, x[0]), "same number of axes"),
    "mode": (lambda x: signal.fftconvolve(x, x, "half"), "'half'"),
    "valid": (lambda x: signal.convolve2d(x[:2], x[:, :2], "valid"), "every axis"),
    "boundary": (lambda x: signal.convolve2d(x, x, boundary="glue"), "'glue'"),
    "zi": (lambda x: signal.lfilter([1.0], [1.0], x, zi=x[0, :0]), "zi="),
    "overlap": (lambda x: signal.stft(x[0], nperseg=4, noverlap=4), "noverlap=4"),
    "boundary of stft": (lambda x: signal.stft(x[0], boundary="x"), "'x'"),
    "detrend": (lambda x: signal.detrend(x, type="cubic"), "'cubic'"),
    "no rule": (lambda x: signal.hilbert(x), r"^scipy\.signal\.hilbert has no"),
}


@pytest.mark.parametrize("name", BAD)
def test_messages(name):
    function, words = BAD[name]
    with pytest.raises((ValueError, TypeError), match=words):
        fgrad.make_jaxpr(function)(X)
