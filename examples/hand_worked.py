"""Backpropagation worked by hand, beside what fgrad computes.

Two texts that many newcomers meet work a gradient out with pencil and paper:

- the single neuron of "Back-Propagation Explained using Partial Derivative":
  two inputs, a sigmoid, a squared error, and one step of gradient descent;
- Stanford's CS231n, lecture 4: a product, a sigmoid neuron and a matrix.

Every gradient below comes from `fgrad.grad` or `fgrad.value_and_grad`, and every
number is checked against the one worked by hand.

Run it: python examples/hand_worked.py
"""

import numpy as np

import fgrad


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def check(name, computed, by_hand, digits=9):
    """Print a computed value beside the one worked by hand, and compare them."""
    show = lambda value: np.array2string(
        np.asarray(value),
        precision=digits,
        separator=", ",
        floatmode="fixed",
        suppress_small=True,
    ).replace("\n", "")
    print(f"  {name:<24} {show(computed):<40} {show(by_hand)}")
    np.testing.assert_allclose(computed, by_hand, rtol=0, atol=0.51 * 10.0**-digits)


def heading(text):
    print(f"\n{text}\n  {'':<24} {'fgrad':<40} by hand")


# --- The neuron: x -> s = w . x + b -> out = sigmoid(s) -> E = (target - out)^2 / 2

INPUTS = np.array([0.1, 0.3])
TARGET = 0.03
WEIGHTS = np.array([0.5, 0.2])
BIAS = 1.83
LEARNING_RATE = 0.01


def weighted_sum(weights, bias):
    return np.dot(weights, INPUTS) + bias


def squared_error(out):
    return 0.5 * (TARGET - out) ** 2


def neuron_error(weights, bias):
    return squared_error(sigmoid(weighted_sum(weights, bias)))


def neuron_forward():
    heading("The neuron, forward")
    s = weighted_sum(WEIGHTS, BIAS)
    out = sigmoid(s)
    check("s", s, 1.94)
    check("out", out, 0.874352143)
    check("E", squared_error(out), 0.356465271)
    return s, out


def neuron_backward(s, out):
    """Multiply the local gradients, then ask for the whole gradient at once."""
    heading("The neuron, backward: local gradients, then their product")
    de_dout = fgrad.grad(squared_error)(out)
    dout_ds = fgrad.grad(sigmoid)(s)
    ds_dw, ds_db = fgrad.grad(weighted_sum, argnums=(0, 1))(WEIGHTS, BIAS)
    check("dE/dout", de_dout, 0.844352143)
    check("dout/ds", dout_ds, 0.109860473)
    check("ds/dw", ds_dw, [0.1, 0.3])
    check("dE/dw, the product", de_dout * dout_ds * ds_dw, [0.009276093, 0.027828278])

    error, (dw, db) = fgrad.value_and_grad(neuron_error, argnums=(0, 1))(WEIGHTS, BIAS)
    check("E, in one call", error, 0.356465271)
    check("dE/dw, in one call", dw, [0.009276093, 0.027828278])
    check("dE/db, in one call", db, 0.092760926)
    np.testing.assert_allclose(dw, de_dout * dout_ds * ds_dw, rtol=1e-14)
    np.testing.assert_allclose(db, de_dout * dout_ds * ds_db, rtol=1e-14)
    return dw, db


def neuron_update(dw, db):
    """One step of gradient descent, with and without the bias."""
    heading("The neuron, one step of gradient descent (learning rate 0.01)")
    weights = WEIGHTS - LEARNING_RATE * dw
    bias = BIAS - LEARNING_RATE * db
    check("new w", weights, [0.499907239, 0.199721717])
    check("new b", bias, 1.829072391)
    check("new out, b left alone", sigmoid(weighted_sum(weights, BIAS)), 0.874341952)
    check("new E,   b left alone", neuron_error(weights, BIAS), 0.356456666)
    check("new out, b updated", sigmoid(weighted_sum(weights, bias)), 0.874240002)
    check("new E,   b updated", neuron_error(weights, bias), 0.356370591)
    print(
        "\n  The text leaves b out of the chain rule, as if it were a constant, and"
        "\n  says that b is updated by the learning rate only. But b is a parameter"
        "\n  like w: ds/db = 1, so dE/db = dE/ds, which is not 0. Updating it is right."
        "\n  Either way the error falls; with b it falls eleven times as much."
    )
    old = neuron_error(WEIGHTS, BIAS)
    gain_without, gain_with = (old - neuron_error(weights, b) for b in (BIAS, bias))
    assert 0 < gain_without < gain_with
    np.testing.assert_allclose(gain_with / gain_without, 11.0, atol=0.1)


# --- The worked examples of CS231n


def product(x, y, z):
    return (x + y) * z


def cs231n_scalar():
    heading("CS231n: f = (x + y) z at x = -2, y = 5, z = -4")
    value, gradient = fgrad.value_and_grad(product, argnums=(0, 1, 2))(-2.0, 5.0, -4.0)
    check("f", value, -12.0, digits=1)
    check("df/d(x, y, z)", gradient, [-4.0, -4.0, 3.0], digits=1)


def two_input_neuron(weights, x):
    return sigmoid(weights[0] * x[0] + weights[1] * x[1] + weights[2])


def cs231n_neuron():
    heading("CS231n: sigmoid(w0 x0 + w1 x1 + w2), w = (2, -3, -3), x = (-1, -2)")
    weights, x = np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0])
    value_and_grad = fgrad.value_and_grad(two_input_neuron, argnums=(0, 1))
    value, (dw, dx) = value_and_grad(weights, x)
    check("f", value, 0.73, digits=2)
    check("df/dw", dw, [-0.20, -0.39, 0.20], digits=2)
    check("df/dx", dx, [0.39, -0.59], digits=2)


def squared_norm(q):
    return np.sum(q**2)


def cs231n_matrix():
    heading("CS231n: f = |W x|^2")
    w, x = np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4])
    f = lambda w, x: squared_norm(w @ x)
    value, (dw, dx) = fgrad.value_and_grad(f, argnums=(0, 1))(w, x)
    check("q = W x", w @ x, [0.22, 0.26], digits=3)
    check("f", value, 0.116, digits=3)
    check("df/dq", fgrad.grad(squared_norm)(w @ x), [0.44, 0.52], digits=3)
    check("df/dW", dw, [[0.088, 0.176], [0.104, 0.208]], digits=3)
    check("df/dx", dx, [-0.112, 0.636], digits=3)


def main(argv=None):
    s, out = neuron_forward()
    dw, db = neuron_backward(s, out)
    neuron_update(dw, db)
    cs231n_scalar()
    cs231n_neuron()
    cs231n_matrix()
    print("\nEvery number agrees.")


if __name__ == "__main__":
    main()
