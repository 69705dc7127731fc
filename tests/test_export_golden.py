"""Golden modules: what is written for three programs, as text.

``pytest tests/test_export_golden.py --update-golden`` writes the files anew.
"""

import numpy as np
import pytest

import fgrad
from fgrad.export import export

from .exporting import alone, bits
from .test_golden import FOLDER, PARAMS, PROGRAMS, X, Y, mlp


def rnn(params, xs):
    def step(h, x):
        h = np.tanh(params["W"] @ h + params["U"] @ x)
        return h, np.sum(h)

    h, sums = fgrad.lax.scan(step, np.zeros(2), xs)
    return np.sum(sums) + np.sum(h[::-1] * params["out"])


CELL = {"W": np.eye(2), "U": np.ones((2, 3)) / 4, "out": np.array([1.0, -2.0])}
MODULES = {
    "mlp": (fgrad.value_and_grad(mlp), (PARAMS, X, Y)),
    "rnn": (fgrad.value_and_grad(rnn), (CELL, X)),
    "per_example": PROGRAMS["per_example"],
}


@pytest.mark.parametrize("name", MODULES)
def test_golden(name, request, tmp_path):
    fun, args = MODULES[name]
    exported = export(fun)(*args)
    path = FOLDER / f"export_{name}.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(exported.text, encoding="utf-8")
    assert exported.text == path.read_text(encoding="utf-8")
    assert bits(alone(exported, tmp_path)(*args)) == bits(fgrad.jit(fun)(*args))
