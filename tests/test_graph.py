"""Graphs, tables and programs of gradients: the numbers of the texts, in every form."""

import shutil

import numpy as np
import pytest

import fgrad
from fgrad import lax
from fgrad.graph import backward_program, draw, explain
from tests.graph_functions import (
    NEURON,
    SQUARES,
    circuit,
    neuron,
    product,
    squares,
)

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz")


def flows(graph, name):
    """Return value and gradient of the edges that carry what a name is given to."""
    return [(e.value, e.gradient) for e in graph.edges if e.name == name]


def inputs(graph):
    return {n.symbol: n.gradient for n in graph.nodes if n.kind == "input"}


def test_the_neuron_of_the_text():
    graph = draw(neuron)(*NEURON).graph
    ((s, ds),) = flows(graph, "s")
    ((out, dout),) = flows(graph, "out")
    np.testing.assert_allclose([s, out], [1.94, 0.874352143], atol=1e-9)
    np.testing.assert_allclose([ds, dout], [0.092760926, 0.844352143], atol=1e-9)
    error = graph.nodes[-1]
    np.testing.assert_allclose(error.value, 0.356465271, atol=1e-9)
    found = inputs(graph)
    np.testing.assert_allclose(found["w"], [0.009276093, 0.027828278], atol=1e-9)
    np.testing.assert_allclose(found["b"], 0.092760926, atol=1e-9)


def test_the_circuits_of_the_lecture():
    found = draw(product)(-2.0, 5.0, -4.0).graph
    assert flows(found, "q") == [(3.0, -4.0)]
    assert inputs(found) == {"x": -4.0, "y": -4.0, "z": 3.0}
    found = inputs(draw(circuit)(2.0, -1.0, -3.0, -2.0, -3.0).graph)
    rounded = {k: round(float(v), 2) for k, v in found.items()}
    assert rounded == {"w0": -0.2, "x0": 0.39, "w1": -0.39, "x1": -0.59, "w2": 0.2}
    found = inputs(draw(squares)(*SQUARES).graph)
    np.testing.assert_allclose(found["weights"], [[0.088, 0.176], [0.104, 0.208]])
    np.testing.assert_allclose(found["x"], [-0.112, 0.636])


TEXTS = ["1.94", "0.8744", "0.3565", "0.009276", "0.027828", "0.092761"]


@pytest.mark.parametrize("form", ["dot", "mermaid", "html"])
def test_every_form_shows_the_numbers(form):
    text = getattr(draw(neuron)(*NEURON), form)()
    assert [n for n in TEXTS if n not in text] == []


@needs_dot
def test_svg_and_png(tmp_path):
    drawing = draw(neuron)(*NEURON)
    assert [n for n in TEXTS if n not in drawing.svg()] == []
    drawing.save(tmp_path / "neuron.png")
    assert (tmp_path / "neuron.png").read_bytes().startswith(b"\x89PNG")
    assert "image/svg+xml" in drawing._repr_mimebundle_()


def test_without_graphviz_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    drawing = draw(neuron)(*NEURON)
    with pytest.raises(RuntimeError, match="apt install graphviz"):
        drawing.svg()
    found = {"text/plain", "text/html", "text/markdown"}
    assert set(drawing._repr_mimebundle_()) == found
    drawing.save(tmp_path / "neuron.html")


def test_unknown_file_names_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"'neuron.jpg' has to end in one of .svg"):
        draw(neuron)(*NEURON).save(tmp_path / "neuron.jpg")


def test_the_table_of_the_neuron():
    table = explain(neuron)(*NEURON)
    assert len(table) == 10
    by_name = {(s.expression.split(" = ")[0], s.to): s for s in table}
    step = by_name["out", "e"]
    np.testing.assert_allclose(step.local * step.upstream, step.product)
    assert step.formula == "-1/e²"
    assert "graph_functions.py" in step.line and "(neuron)" in step.line
    for text in (str(table), table.markdown(), table.latex(), table.html()):
        assert [n for n in TEXTS if n not in text] == []
    np.testing.assert_allclose(table.results["b"], 0.092760926, atol=1e-9)


def test_each_product_sums_to_the_gradient():
    f = lambda x: np.sum(np.sin(x) * x + np.exp(x) / (1 + x * x))
    x = np.linspace(0.1, 1, 4)
    table = explain(f)(x)
    np.testing.assert_allclose(table.results["x"], fgrad.grad(f)(x))
    handed = sum(step.product for step in table if step.to == "x")
    np.testing.assert_allclose(handed, fgrad.grad(f)(x))


def test_python_control_flow_is_seen():
    def f(x):
        while x < 10:
            x = x * x
        return x

    graph = draw(f)(2.0).graph
    assert [n.symbol for n in graph.operations] == ["×", "×"]
    assert inputs(graph) == {"x": 32.0}


def test_bodies_are_boxes():
    inner = fgrad.jit(lambda x: np.sin(x) * 2)

    def f(x):
        return inner(x) + lax.scan(lambda c, a: (c * a, c), x, np.ones(3))[0]

    graph = draw(f)(1.0).graph
    calls = [n for n in graph.nodes if n.kind == "call"]
    assert [n.symbol for n in calls] == ["lambda", "scan ×3 iterations, the first"]
    assert [n.symbol for n in calls[0].body.operations] == ["sin", "×"]
    gradient = calls[0].body.nodes[0].gradient
    np.testing.assert_allclose(gradient, 2 * np.cos(1.0))
    flat = draw(f, depth=0)(1.0).graph
    assert all(n.body is None for n in flat.nodes)
    nested = fgrad.jit(lambda x: lax.fori_loop(0, 3, lambda i, x: np.sin(x), x))
    box = draw(nested, depth=2)(1.0).graph.operations[0]
    assert box.body.operations[-1].body is not None


def test_a_transformed_function():
    graph = draw(fgrad.grad(lambda x: np.sin(x) * x), grad=False)(0.5).graph
    assert "cos" in [n.symbol for n in graph.operations]
    assert all(n.gradient is None for n in graph.nodes)


def test_parameters_by_their_path():
    params = {"W": np.ones((2, 2)), "b": [np.zeros(2)]}
    f = lambda params, x: np.sum(params["W"] @ x + params["b"][0])
    graph = draw(f)(params, np.ones(2)).graph
    assert {"params['W']", "params['b'][0]", "x"} == set(inputs(graph))


def test_vectors_out_have_no_gradient():
    assert draw(np.sin)(np.ones(3)).graph.nodes[0].gradient is None
    with pytest.raises(TypeError, match=r"grad=True\) needs a function that returns a"):
        draw(np.sin, grad=True)(np.ones(3))
    with pytest.raises(TypeError, match="needs a function that returns a scalar"):
        explain(np.sin)(np.ones(3))


@pytest.mark.parametrize("bad", [None, "text", object()])
def test_arguments_that_are_no_arrays(bad):
    with pytest.raises(TypeError, match="draw"):
        draw(lambda x: x)(bad).dot()


def test_the_backward_program():
    programs = backward_program(neuron)(*NEURON)
    assert programs.counts["forward"] == 9
    assert programs.counts["numerical"] == 2 * 3 * 9
    assert programs.shared == {"d": 1, "e": 1, "out": 1, "f": 1}
    text = str(programs)
    assert "out = 1 / e  # read by m" in text and "m = l * out  # reads out" in text
