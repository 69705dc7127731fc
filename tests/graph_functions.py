"""Functions of the texts, whose graphs, tables and pages are tested."""

import numpy as np

import fgrad
from fgrad import lax


def neuron(w, b):
    s = np.dot(w, np.array([0.1, 0.3])) + b
    out = 1 / (1 + np.exp(-s))
    return 0.5 * (0.03 - out) ** 2


NEURON = np.array([0.5, 0.2]), 1.83


def product(x, y, z):
    q = x + y
    return q * z


def circuit(w0, x0, w1, x1, w2):
    return 1 / (1 + np.exp(-(w0 * x0 + w1 * x1 + w2)))


def squares(weights, x):
    q = weights @ x
    return np.sum(q**2)


SQUARES = np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4])


def recurrent(params, x):
    def body(h, x):
        h = np.tanh(params["W"] @ h + x + params["b"])
        return h, np.sum(h)

    h, sums = lax.scan(body, np.zeros(2), x)
    return np.sum(h**2) + np.mean(sums)


RECURRENT = (
    {"W": np.array([[0.3, -0.2], [0.1, 0.4]]), "b": np.array([0.1, -0.1])},
    np.arange(10.0).reshape(5, 2) / 10,
)


@fgrad.custom_jvp
def with_tangent(x):
    return np.sin(x)


with_tangent.defjvp(lambda p, t: (np.sin(p[0]), np.cos(p[0]) * t[0]))


@fgrad.custom_vjp
def with_cotangent(x):
    return 2 * np.sin(x)


with_cotangent.defvjp(lambda x: (2 * np.sin(x), x), lambda x, ct: (2 * np.cos(x) * ct,))


def calls(x):
    """Every kind of call."""
    y = fgrad.checkpoint(np.square)(with_tangent(x) + with_cotangent(x))
    y = y + lax.cond(x > 0, lambda x: 3 * x, lambda x: -x, x)
    return y + lax.while_loop(lambda x: x < 10, lambda x: x * x, x)


def digits_loss(params, x, targets):
    x = np.maximum(x @ params["w0"] + params["b0"], 0)
    x = np.maximum(x @ params["w1"] + params["b1"], 0)
    logits = x @ params["w2"] + params["b2"]
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(np.sum(targets * (shifted - log_total), axis=1))


def digits_arguments():
    """Return parameters of 64, 64, 64 and 10 units, 32 pictures and their targets."""
    rng = np.random.default_rng(0)
    params = {}
    for i, (n, m) in enumerate([(64, 64), (64, 64), (64, 10)]):
        params[f"w{i}"] = rng.normal(size=(n, m)) * np.sqrt(2 / n)
        params[f"b{i}"] = np.zeros(m)
    return params, rng.random((32, 64)), np.eye(10)[rng.integers(0, 10, 32)]
