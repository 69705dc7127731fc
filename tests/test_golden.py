"""Golden programs: what the compiler makes of small functions, as text.

``pytest tests/test_golden.py --update-golden`` writes the files anew; the diff then
shows what a change of a rule or a pass does to programs.
"""

from pathlib import Path

import numpy as np
import pytest

import fgrad

FOLDER = Path(__file__).parent / "golden"


def neuron(w, x):
    """The hand-worked neuron: a * b + c through tanh."""
    a, b, c = w
    return np.tanh(a * x + b * x + c)


def chain(x):
    return np.sum((np.tanh(np.log(np.exp(np.sin(x) * x) + 1)) ** 2 - x) / 2)


def mlp(params, x, y):
    h = np.tanh(x @ params["W1"] + params["b1"])
    out = h @ params["W2"] + params["b2"]
    return np.mean((out - y) ** 2)


def cross_entropy(logits, labels):
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    logs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(np.sum(labels * logs, axis=1))


def quartic(x):
    return np.sum(x**4) + np.sum(x) ** 2


def squared_error(w, x, y):
    return (x @ w - y) ** 2


def rnn(params, xs, h):
    """A recurrent network: its backward pass reads what the loop has kept."""
    Wx, Wh, b = params
    step = lambda h, x: (np.tanh(x @ Wx + h @ Wh + b), None)
    return np.mean(fgrad.lax.scan(step, h, xs)[0] ** 2)


def ode(p):
    """Euler's method for predators and prey: a loop over scalars."""

    def step(_, state):
        x, y = state
        return x + 0.01 * (p[0] * x - x * y), y + 0.01 * (x * y - p[1] * y)

    x, y = fgrad.lax.fori_loop(0, 1000, step, (1.0, 1.0))
    return (x - 1.0) ** 2 + (y - 2.0) ** 2


PARAMS = {
    "W1": np.ones((3, 4)),
    "b1": np.zeros(4),
    "W2": np.ones((4, 2)),
    "b2": np.zeros(2),
}
X, Y = np.ones((5, 3)), np.ones((5, 2))
RNN_STATE = np.zeros((5, 4))
PROGRAMS = {
    "neuron": (fgrad.value_and_grad(neuron), ((2.0, -3.0, 6.9), 0.5)),
    "chain": (fgrad.grad(chain), (np.ones(1000),)),
    "mlp": (fgrad.value_and_grad(mlp), (PARAMS, X, Y)),
    "cross_entropy": (fgrad.value_and_grad(cross_entropy), (Y, Y)),
    "per_example": (
        fgrad.vmap(fgrad.grad(squared_error), in_axes=(None, 0, 0)),
        (np.ones(3), X, Y[:, 0]),
    ),
    "rnn": (
        fgrad.grad(rnn),
        ((np.ones((3, 4)), np.ones((4, 4)), np.ones(4)), np.ones((9, 5, 3)), RNN_STATE),
    ),
    "ode": (fgrad.value_and_grad(ode), ((np.float64(1.5), np.float64(3.0)),)),
    "hessian": (fgrad.hessian(quartic), (np.ones(3),)),
}


@pytest.mark.usefixtures("plan_usual")
@pytest.mark.parametrize("name", PROGRAMS)
def test_golden(name, request):
    fun, args = PROGRAMS[name]
    text = f"{fgrad.make_jaxpr(fun)(*args)}\n\n{fgrad.jit(fun).lower(*args).as_text()}"
    path = FOLDER / f"{name}.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_computes_what_it_should(name):
    fun, args = PROGRAMS[name]
    actual, expected = fgrad.jit(fun)(*args), fun(*args)
    leaves, treedef = fgrad.tree_util.tree_flatten(expected)
    others, other = fgrad.tree_util.tree_flatten(actual)
    assert treedef == other
    for a, e in zip(others, leaves, strict=True):
        assert np.asarray(a).tobytes() == np.asarray(e).tobytes()
