"""The formulas of local gradients are those that the numbers beside them come from."""

import re

import numpy as np
import pytest

from fgrad.graph import backward_program, draw, explain
from fgrad.graph.formulas import LOCAL

special = pytest.importorskip("scipy.special")

_NAMES = {
    "sqrt": np.sqrt, "log": np.log, "pi": np.pi, "e": np.e, "sin": np.sin,
    "cos": np.cos, "sinh": np.sinh, "cosh": np.cosh, "sign": np.sign,
    "digamma": special.digamma, "i1": special.i1, "j1": special.j1,
}  # fmt: skip


def evaluated(formula, **values):
    """Return what a formula is, read as one reads it on paper."""
    text = formula.replace("²", "**2").replace("^", "**").replace(" · ", " * ")
    text = text.replace("√(", "sqrt(").replace("√π", "sqrt(pi)").replace("π", "pi")
    text = text.replace("ln ", "log ")
    text = re.sub(r"\b(log|sinh?|cosh?|sign|digamma|i1|j1) (\w+)", r"\1(\2)", text)
    text = re.sub(r"(?<=[\w)]) (?=[\w(])", " * ", text)
    return eval(text, _NAMES | values)


def _calls():
    inside = {"arccosh": 1.7, "gammaln": 2.3}
    for name in sorted(LOCAL):
        function = getattr(np, name, None) or getattr(special, name, None)
        if isinstance(function, np.ufunc) and name not in (
            "maximum",
            "minimum",
            "matmul",
        ):
            if not any("where" in text or "·," in text for text in LOCAL[name]):
                yield name, function, inside.get(name, 0.3)


CALLS = list(_calls())


@pytest.mark.parametrize("name, function, x", CALLS, ids=[c[0] for c in CALLS])
def test_the_formula_has_the_value_of_the_local_gradient(name, function, x):
    args = (x, 0.7)[: function.nin]
    steps = list(explain(lambda *args: function(*args))(*args))
    assert len(steps) == function.nin
    for step in steps:
        assert step.formula, name
        names = dict(zip(["args[0]", "args[1]"], "xy")) | {"a": "z"}
        formula = step.formula
        for said, meant in names.items():
            formula = re.sub(
                rf"(?<![A-Za-z0-9_]){re.escape(said)}(?![A-Za-z0-9_])", meant, formula
            )
        z = float(function(*args))
        found = evaluated(formula, x=x, y=0.7, z=z)
        np.testing.assert_allclose(found, step.local, rtol=1e-9, err_msg=step.formula)


def test_there_are_enough_of_them():
    assert len(CALLS) > 35


def test_a_negative_number_in_a_formula_has_parentheses():
    (step,) = explain(lambda x: x / -2.0)(3.0)
    assert step.formula == "1/(-2)" or step.formula == "1/(-2.0)"


def test_a_sigmoid_is_written_as_on_paper():
    from fgrad.nn import sigmoid

    (step,) = explain(lambda s: sigmoid(s))(0.5)
    assert step.formula == "a (1 - a)"
    (node,) = draw(lambda s: sigmoid(s))(0.5).graph.operations
    assert node.symbol == "σ"


def test_arguments_may_be_given_by_keyword_or_be_no_arrays():
    def scaled(x, *, mode, weights):
        return weights["w"] * (x if mode == "as it is" else np.sin(x))

    options = {"mode": "wave", "weights": {"w": 2.0}}
    inputs = draw(scaled)(0.5, **options).graph.of_kind("input")
    assert [node.symbol for node in inputs] == ["x", "weights['w']"]
    found = explain(scaled)(0.5, **options).results
    np.testing.assert_allclose(found["x"], 2 * np.cos(0.5))
    np.testing.assert_allclose(found["weights['w']"], np.sin(0.5))
    counts = backward_program(scaled)(0.5, **options).counts
    assert counts["numerical"] == 2 * 2 * counts["forward"]


def test_what_is_no_function_is_refused_at_once():
    for transformation in (draw, explain, backward_program):
        with pytest.raises(TypeError, match="needs a function, got"):
            transformation(3.0)
